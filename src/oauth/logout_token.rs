//! What an app is told when a session ends (OpenID Connect Back-Channel Logout 1.0 section 2.4).

use super::client::ClientId;
use crate::kernel::Timestamp;
use serde::Serialize;
use serde_json::{Value, json};
use std::time::Duration;

/// How long a logout token may be used (section 2.4: at most two minutes recommended).
const LIFETIME: Duration = Duration::from_mins(2);
/// The one event.
const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

/// The claims of a logout token. There is no `nonce`, so that it never passes for an ID token.
#[derive(Clone, Debug, Serialize)]
pub struct LogoutTokenClaims {
    iss: String,
    sub: String,
    aud: ClientId,
    iat: i64,
    exp: i64,
    jti: String,
    sid: String,
    events: Value,
}

impl LogoutTokenClaims {
    /// That the session `sid` of the user `subject` is over, for `client`. `id` makes the token unique.
    pub fn new(issuer: &str, client: &ClientId, subject: String, sid: String, id: String, now: Timestamp) -> Self {
        Self {
            iss: issuer.to_owned(),
            sub: subject,
            aud: client.clone(),
            iat: now.seconds(),
            exp: (now + LIFETIME).seconds(),
            jti: id,
            sid,
            events: json!({ EVENT: {} }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_logout_token_says_who_and_which_session_and_has_no_nonce() {
        let now = Timestamp::from_seconds(1_800_000_000);
        let client = ClientId::parse("app").unwrap();
        let claims = LogoutTokenClaims::new(
            "https://host/t/auth",
            &client,
            "acc_1".into(),
            "s".into(),
            "1".into(),
            now,
        );
        assert_eq!(
            serde_json::to_value(claims).unwrap(),
            json!({
                "iss": "https://host/t/auth", "sub": "acc_1", "aud": "app", "iat": 1_800_000_000, "exp": 1_800_000_120,
                "jti": "1", "sid": "s", "events": { "http://schemas.openid.net/event/backchannel-logout": {} }
            })
        );
    }
}
