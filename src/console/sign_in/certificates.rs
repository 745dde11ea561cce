//! `GET /<tenant>/admin/certificates`: when certificates end.

use crate::console::desk::Desk;
use crate::web::Href;
use crate::web::pages::console::{CertificateRow, CertificatesPage};
use axum::response::Response;

/// The page.
pub(super) async fn get(desk: Desk) -> Response {
    let shown = async {
        let certificates = desk.admin().list_provider_certificates().await?;
        let list = desk.list();
        Ok(desk.page(&CertificatesPage {
            frame: desk.frame(),
            back: list.unwrap_or_else(|| Href::local("/")),
            now: desk.cx().now(),
            certificates: certificates
                .into_iter()
                .map(|certificate| CertificateRow {
                    href: desk.href(&certificate.alias, ""),
                    name: certificate.display_name,
                    ours: certificate.ours,
                    purpose: certificate.purpose,
                    stage: certificate.stage,
                    ends: certificate.not_after,
                    fingerprint: certificate.fingerprint,
                })
                .collect(),
        }))
    };
    desk.answer(Box::pin(shown).await)
}
