//! The way in: a bearer token of the platform or of the tenant, verified, and what its holder may do.

use super::ApiState;
use super::input::dry_run;
use super::problem::Problem;
use crate::control::{Actor, Caller, ControlError, Origin, Platform, TenantAdmin, reach_of};
use crate::issuer::{BearerRefusal, VerifiedAccessToken, authorise_request, claimed_issuer, presented_token};
use crate::kernel::id::RequestId;
use crate::tenant::{Slug, TenantCx, TenantRefusal};
use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::Method;
use axum::http::request::Parts;

/// Somebody who administers the platform, or asks who they are: not bound to one tenant.
#[derive(Clone)]
pub(super) struct Entry {
    /// Who.
    pub(super) actor: Actor,
    /// Where to.
    pub(super) platform: Platform,
    /// The issuer that vouches for them.
    pub(super) issuer: TenantCx,
    /// Whether nothing is to be changed.
    pub(super) dry_run: bool,
}

/// Somebody who administers the tenant that the path names. The only way to its rows.
pub(super) struct Admin(pub(super) TenantAdmin);

/// A request that this very program makes of its own router, without a network between: the command line beside the database.
/// Nothing that arrives from outside can carry it.
#[derive(Clone, Copy, Debug)]
pub struct MachineCaller;

/// Somebody of the platform.
pub(super) struct Operator(pub(super) Entry);

struct Way<'a> {
    state: &'a ApiState,
    parts: &'a Parts,
    request_id: RequestId,
}

impl Way<'_> {
    /// The tenant as this node knows it, which may be a second old.
    async fn tenant(&self, slug: &str) -> Result<TenantCx, TenantRefusal> {
        let directory = self.state.platform.directory();
        let tenant = directory.resolve(slug, directory.clock().now()).await?;
        Ok(TenantCx::for_request(tenant, directory.clone(), self.request_id))
    }

    /// The tenant as it is to be judged and changed: who changes something is judged by what is stored now. Asked for only once
    /// the caller is known, because loading a tenant anew costs everybody who uses it.
    async fn current(&self, slug: &str) -> Result<TenantCx, TenantRefusal> {
        if self.parts.method != Method::GET
            && let Ok(slug) = Slug::of_address(slug)
        {
            self.state.platform.directory().forget(&slug).await;
        }
        self.tenant(slug).await
    }

    /// Whoever can run the program. Nobody vouches for them; a tenant of their own stands in where one is asked for.
    async fn machine_entry(&self) -> Result<Entry, Problem> {
        let issuer = match self.current(Slug::platform().as_str()).await {
            Ok(cx) => cx,
            Err(TenantRefusal::Unknown) => {
                self.state.platform.provision_platform_tenant().await?;
                self.tenant(Slug::platform().as_str()).await?
            }
            Err(other) => return Err(other.into()),
        };
        Ok(Entry {
            actor: Actor::machine(),
            platform: self.state.platform.clone(),
            issuer,
            dry_run: dry_run(self.parts)?,
        })
    }

    /// Who asks, by a token of this issuer, and the issuer as it is now.
    async fn actor(&self, cx: &TenantCx) -> Result<(TenantCx, Actor), Problem> {
        let url = format!("{}{}", cx.urls().base(), self.parts.uri.path());
        let token = authorise_request(cx, &self.parts.headers, self.parts.method.as_str(), &url).await?;
        let VerifiedAccessToken { claims, grant } = token;
        // RFC 8707: a token for a FHIR server was shown to that server. RFC 8693: nobody administers on behalf of others.
        if claims.aud != cx.urls().admin_api() || claims.act.is_some() {
            return Err(BearerRefusal::Invalid("token_for_another_server").into());
        }
        let reach = reach_of(&claims.scope);
        if reach.is_empty() {
            return Err(BearerRefusal::InsufficientScope(crate::smart::Scope::ADMIN).into());
        }
        let account = grant.as_ref().map(|grant| grant.account);
        let principal = account.map_or_else(|| claims.client_id.to_string(), |account| account.to_string());
        let caller = Caller {
            principal: &principal,
            account,
            client_id: Some(claims.client_id.as_str()),
            reach,
            amr: &claims.amr,
        };
        let cx = self.current(cx.tenant().slug.as_str()).await?;
        let actor = Actor::decide(&cx, &caller).await?;
        Ok((cx, actor))
    }

    /// The slug of the issuer that the token claims to be from. A handle claims nothing.
    fn claimed_slug(&self) -> Result<Option<String>, Problem> {
        let (_, token) = presented_token(&self.parts.headers)?.ok_or(BearerRefusal::Missing)?;
        let base = self.state.platform.directory().public_url().as_str();
        Ok(claimed_issuer(token).and_then(|issuer| {
            let path = issuer.strip_prefix(base)?.strip_prefix('/')?;
            path.strip_suffix("/auth").map(str::to_owned)
        }))
    }
}

fn request_id(parts: &Parts, state: &ApiState) -> RequestId {
    let directory = state.platform.directory();
    let named = parts.extensions.get::<RequestId>().copied();
    named.unwrap_or_else(|| RequestId::new(directory.clock().now(), directory.entropy().as_ref()))
}

impl FromRequestParts<ApiState> for Entry {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &ApiState) -> Result<Self, Problem> {
        if let Some(entry) = parts.extensions.get::<Self>() {
            return Ok(entry.clone());
        }
        let way = Way {
            state,
            parts,
            request_id: request_id(parts, state),
        };
        if parts.extensions.get::<MachineCaller>().is_some() {
            return way.machine_entry().await;
        }
        let platform = Slug::platform();
        let slug = way.claimed_slug()?.unwrap_or_else(|| platform.to_string());
        // An issuer that is not there vouches for nobody.
        let issuer = match way.tenant(&slug).await {
            Ok(cx) => cx,
            Err(TenantRefusal::Unknown | TenantRefusal::Suspended { .. }) => {
                return Err(BearerRefusal::Invalid("token_unknown").into());
            }
            Err(other) => return Err(other.into()),
        };
        let (issuer, actor) = Box::pin(way.actor(&issuer)).await?;
        let entry = Self {
            actor,
            platform: state.platform.clone(),
            issuer,
            dry_run: dry_run(parts)?,
        };
        parts.extensions.insert(entry.clone());
        Ok(entry)
    }
}

impl FromRequestParts<ApiState> for Operator {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &ApiState) -> Result<Self, Problem> {
        let entry = Box::pin(Entry::from_request_parts(parts, state)).await?;
        match entry.actor.origin() {
            Origin::Platform | Origin::Machine => Ok(Self(entry)),
            Origin::Tenant | Origin::SetupLink => {
                Err(ControlError::Forbidden(crate::tenant::roles::Permission::ReadTenants).into())
            }
        }
    }
}

/// The context of the path's tenant and who asks, found once per request.
#[derive(Clone)]
pub(super) struct Found {
    pub(super) cx: TenantCx,
    pub(super) actor: Actor,
}

impl FromRequestParts<ApiState> for Found {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &ApiState) -> Result<Self, Problem> {
        if let Some(found) = parts.extensions.get::<Self>() {
            return Ok(found.clone());
        }
        let params = RawPathParams::from_request_parts(parts, state).await.ok();
        let slug = params
            .as_ref()
            .and_then(|params| params.iter().find(|(name, _)| *name == "tenant"))
            .map_or_else(String::new, |(_, value)| value.to_owned());
        let way = Way {
            state,
            parts,
            request_id: request_id(parts, state),
        };
        let found = if parts.extensions.get::<MachineCaller>().is_some() {
            Found {
                cx: way.current(&slug).await?,
                actor: Actor::machine(),
            }
        } else {
            Box::pin(find(&way, &slug)).await?
        };
        tracing::Span::current().record("tenant_id", tracing::field::display(found.cx.id()));
        parts.extensions.insert(found.clone());
        Ok(found)
    }
}

async fn find(way: &Way<'_>, slug: &str) -> Result<Found, Problem> {
    let claimed = way.claimed_slug()?;
    if let Some(claimed) = &claimed
        && claimed != slug
        && claimed != Slug::platform().as_str()
    {
        // Whether or not the path's tenant exists: nothing is learnt of it.
        return Err(BearerRefusal::TenantMismatch.into());
    }
    // A token of the tenant's own, or a handle, which is looked for there first.
    if claimed.as_deref() == Some(slug) || claimed.is_none() {
        match way.tenant(slug).await {
            Ok(cx) => match Box::pin(way.actor(&cx)).await {
                Ok((cx, actor)) => return Ok(Found { cx, actor }),
                Err(refused) if claimed.is_some() => return Err(refused),
                Err(refused) => return Box::pin(by_platform(way, slug, refused)).await,
            },
            Err(TenantRefusal::Unavailable(error)) => return Err(error.into()),
            Err(_) if claimed.is_some() => return Err(BearerRefusal::Invalid("token_unknown").into()),
            Err(_) => {}
        }
    }
    let unknown = BearerRefusal::Invalid("token_unknown").into();
    Box::pin(by_platform(way, slug, unknown)).await
}

/// By a token of the platform. Only who has one is told whether there is such a tenant.
async fn by_platform(way: &Way<'_>, slug: &str, otherwise: Problem) -> Result<Found, Problem> {
    let platform = match way.tenant(Slug::platform().as_str()).await {
        Ok(platform) => platform,
        Err(TenantRefusal::Unknown) => return Err(otherwise),
        Err(other) => return Err(other.into()),
    };
    let (_, actor) = Box::pin(way.actor(&platform)).await?;
    Ok(Found {
        cx: way.current(slug).await?,
        actor,
    })
}

impl FromRequestParts<ApiState> for Admin {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &ApiState) -> Result<Self, Problem> {
        let Found { cx, actor } = Box::pin(Found::from_request_parts(parts, state)).await?;
        let dry_run = dry_run(parts)?;
        let admin = TenantAdmin::entered_by(cx, &state.platform, actor).await?;
        Ok(Self(admin.dry(dry_run)))
    }
}
