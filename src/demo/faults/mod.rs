//! Launches that go wrong: a FHIR server whose requests are changed on their way.
//!
//! An app is told this server instead of the hospital's. It passes everything on to the hospital, except that it spoils the one
//! thing that its fault says. So the app meets the real server's real answer, and that server has no part in the deception.

mod authorize;
mod fhir;
mod token;

use super::backstage::Backstage;
use super::fhir::with_cors;
use super::world::HOSPITALS;
use crate::app::App;
use crate::outbound::OutboundResponse;
use crate::web::pages::DemoFault;
use crate::web::route_table::RouteTable;
use axum::extract::{Path, RawQuery};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::map_response;
use axum::response::{IntoResponse, Response};
use std::sync::Arc;

/// Which fault, at which hospital.
#[derive(Clone, Copy)]
struct Scene<'a> {
    backstage: &'a Backstage,
    fault: DemoFault,
    slug: &'static str,
}

impl<'a> Scene<'a> {
    fn find(backstage: &'a Backstage, fault: &str, slug: &str) -> Option<Self> {
        let hospital = HOSPITALS.iter().find(|known| known.slug == slug)?;
        Some(Self {
            backstage,
            fault: DemoFault::find(fault)?,
            slug: hospital.slug,
        })
    }

    /// Another hospital.
    fn elsewhere(&self) -> &'static str {
        let other = HOSPITALS.iter().find(|known| known.slug != self.slug);
        other.map_or(self.slug, |other| other.slug)
    }
}

pub(super) fn routes(backstage: &Arc<Backstage>) -> RouteTable<App> {
    let for_authorize = (backstage.clone(), backstage.clone());
    let for_token = backstage.clone();
    let for_fhir = (backstage.clone(), backstage.clone());
    let preflight = async || StatusCode::NO_CONTENT;
    let open =
        RouteTable::new()
            .post(
                "/demo/faults/{fault}/{tenant}/token",
                move |Path((fault, slug)): Path<(String, String)>, headers: HeaderMap, body: String| async move {
                    match Scene::find(&for_token, &fault, &slug) {
                        Some(scene) => token::post(scene, &headers, &body).await,
                        None => StatusCode::NOT_FOUND.into_response(),
                    }
                },
            )
            .options("/demo/faults/{fault}/{tenant}/token", preflight)
            .get(
                "/demo/faults/{fault}/{tenant}/fhir/{*path}",
                move |Path((fault, slug, path)): Path<(String, String, String)>,
                      RawQuery(query),
                      headers: HeaderMap| async move {
                    match Scene::find(&for_fhir.0, &fault, &slug) {
                        Some(scene) => fhir::answer(scene, &path, query.as_deref(), &headers, None).await,
                        None => StatusCode::NOT_FOUND.into_response(),
                    }
                },
            )
            .post(
                "/demo/faults/{fault}/{tenant}/fhir/{*path}",
                move |Path((fault, slug, path)): Path<(String, String, String)>,
                      RawQuery(query),
                      headers: HeaderMap,
                      body: String| async move {
                    match Scene::find(&for_fhir.1, &fault, &slug) {
                        Some(scene) => fhir::answer(scene, &path, query.as_deref(), &headers, Some(body)).await,
                        None => StatusCode::NOT_FOUND.into_response(),
                    }
                },
            )
            .options("/demo/faults/{fault}/{tenant}/fhir/{*path}", preflight)
            .map(|router| router.route_layer(map_response(with_cors)));
    RouteTable::new()
        .get(
            "/demo/faults/{fault}/{tenant}/authorize",
            move |Path((fault, slug)): Path<(String, String)>, RawQuery(query)| async move {
                authorize::forward(&for_authorize.0, &fault, &slug, &query.unwrap_or_default())
            },
        )
        // SMART App Launch 2.2, "authorize-post".
        .post(
            "/demo/faults/{fault}/{tenant}/authorize",
            move |Path((fault, slug)): Path<(String, String)>, body: String| async move {
                authorize::forward(&for_authorize.1, &fault, &slug, &body)
            },
        )
        .merge(open)
}

/// The hospital's answer, handed on: status, body, and the headers that an app looks at.
fn handed_on(answer: OutboundResponse) -> Response {
    let mut response = (answer.status, answer.body).into_response();
    for name in [
        header::CONTENT_TYPE,
        header::CACHE_CONTROL,
        header::PRAGMA,
        header::WWW_AUTHENTICATE,
        header::ETAG,
    ] {
        response.headers_mut().remove(&name);
        for value in answer.headers.get_all(&name) {
            response.headers_mut().append(name.clone(), value.clone());
        }
    }
    response
}

/// The same credential with its last characters changed: a signature that does not fit, or a secret that nobody has.
fn damaged(credential: &str) -> String {
    let kept = credential.len().saturating_sub(8);
    let begin: String = credential.chars().take(kept).collect();
    let end: String = credential
        .chars()
        .skip(kept)
        .map(|letter| if letter == 'A' { 'B' } else { 'A' })
        .collect();
    begin + &end
}

#[cfg(test)]
mod tests {
    use super::damaged;

    #[test]
    fn a_damaged_credential_is_as_long_and_another_one() {
        for credential in ["AAAAAAAAAAAA", "wks_secret", "short", ""] {
            let spoilt = damaged(credential);
            assert_eq!(spoilt.len(), credential.len());
            assert!(credential.is_empty() || spoilt != credential, "{spoilt}");
        }
    }
}
