//! Whether a connection works, asked of the provider itself, without anybody signing in: each finding with its mend.
//!
//! Nothing is stored and nothing changes. Requests go past the breakers, so that an open one does not hide what is the matter, and
//! a check never opens one.

mod certificates;
mod exchange;
mod oidc;
mod saml;

use super::saml::ServiceProvider;
use super::service::upstream_key;
use super::{Federation, IdentityProvider, ProviderKind};
use crate::outbound::BreakerState;
use crate::store::StoreError;
use crate::tenant::TenantCx;
use serde::Serialize;
use std::borrow::Cow;
use url::Url;

/// How something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CheckOutcome {
    /// As it should be.
    Ok,
    /// It works, and something should be done before it does not.
    Warning,
    /// Nobody can sign in until it is mended.
    Failed,
}

/// What is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CheckSubject {
    /// The settings of the connection.
    Settings,
    /// Whether an address of the provider answers.
    Reachability,
    /// The certificate with which a host of the provider proves who it is.
    Tls,
    /// The provider's metadata: SAML metadata or the discovery document.
    Metadata,
    /// The keys with which the provider signs, and how long their certificates last.
    ProviderKeys,
    /// Algorithms and methods that both sides know.
    Algorithms,
    /// How far the provider's clock is from ours.
    Clock,
    /// Our keys at the provider, and how long their certificates last.
    OurKeys,
    /// Whether requests to the provider are let through.
    Breaker,
}

/// One finding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CheckItem {
    /// What was looked at.
    pub check: CheckSubject,
    /// How it is.
    pub outcome: CheckOutcome,
    /// Which of several: a host, an address without its query, the fingerprint of a certificate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub of: Option<String>,
    /// What was found.
    pub finding: Cow<'static, str>,
    /// What to do about it; none when nothing is to be done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mend: Option<Cow<'static, str>>,
}

impl CheckItem {
    fn ok(check: CheckSubject, finding: impl Into<Cow<'static, str>>) -> Self {
        Self {
            check,
            outcome: CheckOutcome::Ok,
            of: None,
            finding: finding.into(),
            mend: None,
        }
    }

    fn warning(check: CheckSubject, finding: impl Into<Cow<'static, str>>, mend: impl Into<Cow<'static, str>>) -> Self {
        Self {
            outcome: CheckOutcome::Warning,
            mend: Some(mend.into()),
            ..Self::ok(check, finding)
        }
    }

    fn failed(check: CheckSubject, finding: impl Into<Cow<'static, str>>, mend: impl Into<Cow<'static, str>>) -> Self {
        Self {
            outcome: CheckOutcome::Failed,
            mend: Some(mend.into()),
            ..Self::ok(check, finding)
        }
    }

    /// Settings that cannot be read or cannot work.
    pub fn unusable_settings(why: impl Into<Cow<'static, str>>) -> Self {
        Self::failed(
            CheckSubject::Settings,
            why,
            "Correct the settings of this identity provider; until then it is not offered to anybody.",
        )
    }

    fn of(mut self, which: impl Into<String>) -> Self {
        self.of = Some(which.into());
        self
    }
}

/// A value that the provider must have, to the letter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RegisteredValue {
    /// What it is called in the standard: `redirect_uri`, `assertion_consumer_service`.
    pub name: &'static str,
    /// The value.
    pub value: String,
    /// Whether sign-in fails without it.
    pub required: bool,
}

/// What the provider's administrator must have entered.
pub fn registered_values(cx: &TenantCx, alias: &str, kind: &ProviderKind) -> Vec<RegisteredValue> {
    let urls = cx.urls();
    let value = |name, value, required| RegisteredValue { name, value, required };
    match kind {
        ProviderKind::Oidc(oidc) => {
            let mut values = vec![
                value("redirect_uri", urls.federation_callback(alias), true),
                value("post_logout_redirect_uri", urls.federation(alias, "signed-out"), false),
                value(
                    "backchannel_logout_uri",
                    urls.federation(alias, "backchannel-logout"),
                    false,
                ),
                value(
                    "frontchannel_logout_uri",
                    urls.federation(alias, "frontchannel-logout"),
                    false,
                ),
            ];
            if oidc.config.authentication == super::oidc::ClientAuthentication::PrivateKeyJwt {
                values.push(value("jwks_uri", urls.federation(alias, "jwks"), true));
            }
            values
        }
        ProviderKind::Saml(_) => {
            let sp = ServiceProvider::new(cx.issuer(), alias);
            vec![
                value("entity_id", sp.entity_id.clone(), true),
                value("assertion_consumer_service", sp.acs_url, true),
                value("single_logout_service", sp.slo_url, false),
                value("metadata_url", sp.entity_id, false),
            ]
        }
        ProviderKind::Local => Vec::new(),
    }
}

impl Federation {
    /// Looks at a connection. Takes at most twice the time that one request may take.
    pub async fn check_connection(
        &self,
        cx: &TenantCx,
        provider: &IdentityProvider,
    ) -> Result<Vec<CheckItem>, StoreError> {
        let mut items = match &provider.kind {
            ProviderKind::Oidc(oidc) => oidc::check(self, cx, provider, oidc).await?,
            ProviderKind::Saml(saml) => saml::check(self, cx, provider, saml).await?,
            ProviderKind::Local => {
                return Ok(vec![CheckItem::ok(
                    CheckSubject::Settings,
                    "these are accounts of the tenant's own: there is nobody else to ask",
                )]);
            }
        };
        items.sort_by_key(|item| std::cmp::Reverse(item.outcome));
        Ok(items)
    }

    /// Whether requests to the provider's host of `address` are let through, as this node knows.
    pub fn breaker(&self, cx: &TenantCx, provider: &IdentityProvider, address: &Url) -> BreakerState {
        self.outbound().breaker(&upstream_key(cx, provider).scope(), address)
    }

    fn breaker_item(&self, cx: &TenantCx, provider: &IdentityProvider, address: &Url) -> CheckItem {
        let host = address.host_str().unwrap_or("?").to_owned();
        match self.breaker(cx, provider, address) {
            BreakerState::Closed => CheckItem::ok(CheckSubject::Breaker, "closed: requests are sent"),
            BreakerState::HalfOpen => CheckItem::warning(
                CheckSubject::Breaker,
                "half-open: the next request finds out whether the host works again",
                "Nothing, if the host answers here: it closes by itself.",
            ),
            BreakerState::Open { retry_after } => CheckItem::failed(
                CheckSubject::Breaker,
                format!(
                    "open: requests failed several times in a row; none is sent for {} s",
                    retry_after.as_secs().max(1)
                ),
                "Mend what the other findings name; it closes by itself with the first request that succeeds.",
            ),
        }
        .of(host)
    }
}
