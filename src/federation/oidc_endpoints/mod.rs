//! The endpoints of an OpenID Connect relying party, one set per tenant and identity provider.

mod back_channel_logout;
mod front_channel_logout;
mod jwks;
mod signed_out;

use super::provider::OidcProvider;
use super::{Federation, IdentityProvider, ProviderKind};
use crate::store::StoreError;
use crate::tenant::{TenantCx, TenantDirectory};
use crate::web::route_table::RouteTable;
use axum::extract::FromRef;
use std::sync::Arc;

/// The routes. They need the session layer.
pub(super) fn routes<S>() -> RouteTable<S>
where
    S: Clone + Send + Sync + 'static,
    TenantDirectory: FromRef<S>,
    Federation: FromRef<S>,
{
    RouteTable::new()
        .get("/{tenant}/auth/federation/{provider}/jwks", jwks::get)
        .post(
            "/{tenant}/auth/federation/{provider}/backchannel-logout",
            back_channel_logout::post,
        )
        .get(
            "/{tenant}/auth/federation/{provider}/frontchannel-logout",
            front_channel_logout::get,
        )
        .get("/{tenant}/auth/federation/{provider}/signed-out", signed_out::get)
}

/// The OpenID Connect provider with this alias.
async fn find(
    cx: &TenantCx,
    federation: &Federation,
    alias: &str,
) -> Result<Option<Arc<IdentityProvider>>, StoreError> {
    let found = federation.find_provider(cx, alias).await?;
    Ok(found.filter(|provider| oidc_of(provider).is_some()))
}

fn oidc_of(provider: &IdentityProvider) -> Option<&OidcProvider> {
    match &provider.kind {
        ProviderKind::Oidc(oidc) => Some(oidc),
        _ => None,
    }
}
