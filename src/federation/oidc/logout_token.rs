//! A provider's word that a session is over (OpenID Connect Back-Channel Logout 1.0 sections 2.4 and 2.6).

use super::config::OidcProviderConfig;
use super::directory::Provider;
use super::failure::{Check, SignInFailure};
use super::id_token::{MAX_AGE, MAX_SUBJECT, check_algorithm, numeric_date, split};
use super::signature::verifies;
use super::{CLOCK_SKEW, RelyingParty, UpstreamKey};
use crate::kernel::Timestamp;
use serde_json::{Map, Value};

/// The one event.
const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

/// A logout token that passed every check but one: whether its `jti` is new.
#[derive(Clone)]
pub struct LogoutToken {
    /// `jti`.
    pub id: String,
    /// Until when it could be presented again.
    pub replay_until: Timestamp,
    /// Whose sessions.
    pub subject: Option<String>,
    /// Which session; all of the subject's when absent. One of the two is there.
    pub session: Option<String>,
}

impl RelyingParty {
    /// Verifies a logout token; when no key fits, fetches the keys once more, since the provider may just have rotated.
    pub async fn read_logout_token(
        &self,
        upstream: &UpstreamKey,
        config: &OidcProviderConfig,
        raw: &str,
        now: Timestamp,
    ) -> Result<LogoutToken, SignInFailure> {
        let provider = self.directory.provider(upstream, config, now).await?;
        match verify(&provider, config, raw, now) {
            Err(failure) if failure.check == Check::LogoutTokenSignature => {
                let refreshed = self
                    .directory
                    .refetch_keys(upstream, &provider, now)
                    .await?
                    .ok_or(failure)?;
                let verified = verify(&refreshed, config, raw, now);
                if verified.is_ok() {
                    self.directory.refetch_helped(upstream).await;
                }
                verified
            }
            other => other,
        }
    }
}

fn refuse<T>(detail: &'static str) -> Result<T, SignInFailure> {
    Err(SignInFailure::new(Check::LogoutToken, detail))
}

fn verify(
    provider: &Provider,
    config: &OidcProviderConfig,
    raw: &str,
    now: Timestamp,
) -> Result<LogoutToken, SignInFailure> {
    let (header, claims) = split(raw).map_err(|_| SignInFailure::new(Check::LogoutToken, "not a signed JWT"))?;
    // Section 2.4 recommends the type; providers from before it send `JWT` or none. Nothing else may pass for one.
    let typed = match header.get("typ") {
        None => true,
        Some(Value::String(typ)) => {
            let typ = typ.to_ascii_lowercase();
            matches!(typ.strip_prefix("application/").unwrap_or(&typ), "logout+jwt" | "jwt")
        }
        Some(_) => false,
    };
    if !typed || header.contains_key("crit") {
        return refuse("typ or crit of the header is not that of a logout token");
    }
    check_algorithm(&header, config).map_err(|failure| SignInFailure::new(Check::LogoutToken, failure.detail))?;
    // Cheap checks first: junk costs no signature.
    let token = read(&claims, config, now)?;
    if verifies(provider, config, &header, raw) {
        Ok(token)
    } else {
        Err(SignInFailure::new(
            Check::LogoutTokenSignature,
            "no key of the provider verifies the signature",
        ))
    }
}

/// Section 2.6, item by item.
fn read(
    claims: &Map<String, Value>,
    config: &OidcProviderConfig,
    now: Timestamp,
) -> Result<LogoutToken, SignInFailure> {
    let text = |name: &str| match claims.get(name) {
        None => Ok(None),
        Some(Value::String(text)) if (1..=MAX_SUBJECT).contains(&text.len()) => Ok(Some(text.clone())),
        Some(_) => refuse("sub, sid or jti is no string of 1 to 255 bytes"),
    };
    if claims.get("iss").and_then(Value::as_str) != Some(&config.issuer) {
        return refuse("iss is not the pinned issuer");
    }
    let audiences: Vec<&Value> = match claims.get("aud") {
        Some(Value::Array(items)) => items.iter().collect(),
        Some(one) => vec![one],
        None => Vec::new(),
    };
    let trusted = |audience: &&Value| {
        audience.as_str().is_some_and(|audience| {
            audience == config.client_id || config.trusted_audiences.iter().any(|t| t == audience)
        })
    };
    let ours = audiences.iter().any(|audience| *audience == config.client_id.as_str());
    if !ours || !audiences.iter().all(trusted) {
        return refuse("aud lacks our client id, or holds another audience that is not trusted");
    }
    let issued = numeric_date(claims, "iat")
        .ok_or_else(|| SignInFailure::new(Check::LogoutToken, "iat is missing or no number of seconds"))?;
    if issued > now + CLOCK_SKEW || now.since(issued) > MAX_AGE + CLOCK_SKEW {
        return refuse("iat lies in the future or too long ago; compare the clocks");
    }
    // Required since the final specification; older providers send none, and `iat` bounds those.
    if claims.contains_key("exp") && numeric_date(claims, "exp").is_none_or(|end| now >= end + CLOCK_SKEW) {
        return refuse("the logout token has expired");
    }
    if !claims
        .get("events")
        .and_then(|events| events.get(EVENT))
        .is_some_and(Value::is_object)
    {
        return refuse("events does not hold the event of a logout");
    }
    // An ID token must never pass for a logout token.
    if claims.contains_key("nonce") {
        return refuse("a logout token has no nonce");
    }
    let (subject, session) = (text("sub")?, text("sid")?);
    if subject.is_none() && session.is_none() {
        return refuse("neither sub nor sid");
    }
    let id = text("jti")?.ok_or_else(|| SignInFailure::new(Check::LogoutToken, "jti is missing"))?;
    Ok(LogoutToken {
        id,
        replay_until: issued + MAX_AGE + CLOCK_SKEW + CLOCK_SKEW,
        subject,
        session,
    })
}
