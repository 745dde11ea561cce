//! Token requests that are spoilt before the hospital sees them.

use super::{Scene, damaged, handed_on};
use crate::demo::backstage::{BackstageError, post_form};
use crate::demo::keyed_client::JWT_BEARER;
use crate::outbound::OutboundRequest;
use crate::web::pages::DemoFault;
use axum::Json;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use std::time::Duration;

/// How long the slow answer takes: longer than people wait without a word, shorter than apps do.
const SLOW: Duration = Duration::from_secs(8);
/// A code and a refresh token of the right form that nobody was given.
const MADE_UP_CODE: &str = "wkc_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
const MADE_UP_REFRESH_TOKEN: &str = "wkr_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// What the app sent.
struct Sent {
    form: Vec<(String, String)>,
    authorization: Option<HeaderValue>,
}

impl Sent {
    fn find(&self, name: &str) -> Option<&str> {
        let mut pairs = self.form.iter();
        pairs.find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Gives a parameter another value. One that was not sent stays away.
    fn replace(&mut self, name: &str, value: &str) {
        for (_, old) in self.form.iter_mut().filter(|(known, _)| known == name) {
            value.clone_into(old);
        }
    }

    fn request(&self, address: &str) -> Result<OutboundRequest, BackstageError> {
        let mut request = post_form(address, &self.form)?;
        if let Some(value) = &self.authorization {
            request.headers.insert(header::AUTHORIZATION, value.clone());
        }
        Ok(request)
    }
}

pub(super) async fn post(scene: Scene<'_>, headers: &HeaderMap, body: &str) -> Response {
    if scene.fault == DemoFault::TokenDown {
        return out_of_order();
    }
    let mut sent = Sent {
        form: url::form_urlencoded::parse(body.as_bytes()).into_owned().collect(),
        authorization: headers.get(header::AUTHORIZATION).cloned(),
    };
    match exchange(scene, &mut sent).await {
        Ok(response) => response,
        Err(error) => {
            tracing::warn!(%error, "a token request could not be passed on");
            out_of_order()
        }
    }
}

fn out_of_order() -> Response {
    let body = json!({ "error": "temporarily_unavailable", "error_description": "The demonstration's token endpoint is out of order." });
    (StatusCode::SERVICE_UNAVAILABLE, Json(body)).into_response()
}

async fn exchange(scene: Scene<'_>, sent: &mut Sent) -> Result<Response, BackstageError> {
    let backstage = scene.backstage;
    let endpoint = backstage.population.token_endpoint(scene.slug);
    let refreshing = sent.find("grant_type") == Some("refresh_token");
    match scene.fault {
        DemoFault::WrongCredentials => spoil_credentials(sent),
        DemoFault::ExpiredAssertion => {
            let entropy = backstage.directory().entropy().as_ref();
            let expired = backstage.app.expired_assertion(&endpoint, backstage.now(), entropy)?;
            sent.replace("client_assertion", &expired);
        }
        DemoFault::ExpiredCode => sent.replace("code", MADE_UP_CODE),
        DemoFault::WrongVerifier => sent.replace("code_verifier", &"A".repeat(64)),
        DemoFault::ExpiredRefresh => sent.replace("refresh_token", MADE_UP_REFRESH_TOKEN),
        DemoFault::WiderRefresh if refreshing => {
            sent.form.retain(|(name, _)| name != "scope");
            sent.form.push(("scope".to_owned(), "user/*.cruds".to_owned()));
        }
        // What is sent below is the second time.
        DemoFault::UsedCode if !refreshing => {
            backstage.send(sent.request(&endpoint)?).await?;
            // With an assertion of its own, or the answer would be about that.
            if sent.find("client_assertion_type") == Some(JWT_BEARER) {
                let again = backstage.assertion(&backstage.app, scene.slug)?;
                sent.replace("client_assertion", &again);
            }
        }
        DemoFault::UsedAssertion if sent.find("client_assertion").is_some() => {
            // The first time for something that uses up nothing else.
            let mut first = Sent {
                form: sent.form.clone(),
                authorization: None,
            };
            first.replace("grant_type", "refresh_token");
            first
                .form
                .push(("refresh_token".to_owned(), MADE_UP_REFRESH_TOKEN.to_owned()));
            backstage.send(first.request(&endpoint)?).await?;
        }
        DemoFault::SlowToken => tokio::time::sleep(SLOW).await,
        _ => {}
    }
    Ok(handed_on(backstage.send(sent.request(&endpoint)?).await?))
}

/// Whatever the app authenticates with is another one.
fn spoil_credentials(sent: &mut Sent) {
    let basic = sent.authorization.as_ref().and_then(|value| {
        let encoded = value.to_str().ok()?.strip_prefix("Basic ")?;
        let pair = String::from_utf8(STANDARD.decode(encoded).ok()?).ok()?;
        let (id, secret) = pair.split_once(':')?;
        let spoilt = STANDARD.encode(format!("{id}:{}", damaged(secret)));
        HeaderValue::from_str(&format!("Basic {spoilt}")).ok()
    });
    if basic.is_some() {
        sent.authorization = basic;
        return;
    }
    for name in ["client_secret", "client_assertion"] {
        if let Some(spoilt) = sent.find(name).map(damaged) {
            sent.replace(name, &spoilt);
            return;
        }
    }
    // A public client has nothing but its name.
    sent.replace("client_id", "nobody");
}
