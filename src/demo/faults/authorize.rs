//! Authorization requests that are spoilt before the hospital sees them.

use super::Scene;
use crate::demo::backstage::Backstage;
use crate::web::pages::DemoFault;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};

/// A handle of the right form that nobody was given.
const STALE_HANDLE: &str = "wkl_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

type Pairs = Vec<(String, String)>;

/// Sends the browser on to the hospital.
pub(super) fn forward(backstage: &Backstage, fault: &str, slug: &str, query: &str) -> Response {
    let Some(scene) = Scene::find(backstage, fault, slug) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let asked: Pairs = url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    let population = &backstage.population;
    let mut request = with(asked, "aud", &population.fhir_base(scene.slug));
    request = match scene.fault {
        DemoFault::UnknownClient => with(request, "client_id", "nobody"),
        DemoFault::OtherRedirect => with(
            request,
            "redirect_uri",
            &format!("{}/demo/elsewhere", population.base()),
        ),
        DemoFault::UnusableScope => with(request, "scope", "patient/everything"),
        DemoFault::FewerScopes => {
            let less = less(&request);
            with(request, "scope", &less)
        }
        DemoFault::WrongAudience => with(request, "aud", &population.fhir_base(scene.elsewhere())),
        DemoFault::StaleLaunch => with(request, "launch", STALE_HANDLE),
        DemoFault::NoChallenge => {
            request.retain(|(name, _)| !name.starts_with("code_challenge"));
            request
        }
        DemoFault::NoSignIn => with(request, "prompt", "none"),
        _ => request,
    };
    let query = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(&request)
        .finish();
    Redirect::to(&format!("{}?{query}", population.authorization_endpoint(scene.slug))).into_response()
}

fn with(mut request: Pairs, name: &str, value: &str) -> Pairs {
    request.retain(|(known, _)| known != name);
    request.push((name.to_owned(), value.to_owned()));
    request
}

/// What is asked for, without more data than the patient's own entry and without offline access.
fn less(request: &Pairs) -> String {
    let asked = request.iter().find(|(name, _)| name == "scope");
    let asked = asked.map(|(_, scope)| scope.as_str()).unwrap_or_default();
    let is_data = |scope: &str| ["patient/", "user/"].iter().any(|level| scope.starts_with(level));
    let mut kept: Vec<&str> = asked
        .split_whitespace()
        .filter(|scope| !is_data(scope) && !scope.ends_with("_access"))
        .collect();
    kept.push("patient/Patient.r");
    kept.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn less_keeps_the_launch_and_the_identity() {
        let request = vec![(
            "scope".to_owned(),
            "launch openid patient/*.rs user/*.rs offline_access".to_owned(),
        )];
        assert_eq!(less(&request), "launch openid patient/Patient.r");
    }
}
