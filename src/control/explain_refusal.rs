//! Which check refused a request, told to an operator by the request's id. Codes, a route, a time and a client: nothing that
//! the request said, and nobody's name.

use super::{ControlError, TenantAdmin};
use crate::kernel::id::RequestId;
use crate::tenant::refused::UPSTREAM;
use crate::tenant::roles::Permission;
use crate::web::administration::Said;
use crate::web::{Language, short_codes};
use serde::Serialize;

/// Why a request was refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RefusalExplanation {
    /// The request.
    pub request_id: String,
    /// When it was refused, RFC 3339.
    pub at: String,
    /// The check that failed, by its short code; one of an upstream sign-in begins with `upstream/`.
    pub failed_check: String,
    /// What that means.
    pub cause: String,
    /// What to do.
    pub mend: String,
    /// The short code that the caller was shown.
    pub shown: String,
    /// The error of the protocol, if the caller was told one.
    pub error: Option<String>,
    /// The route, as its template.
    pub route: String,
    /// The status of the answer.
    pub status: u16,
    /// The registered client that the request named.
    pub client_id: Option<String>,
    /// That client's name; `None` when it is registered no more.
    pub client_name: Option<String>,
}

impl TenantAdmin {
    /// Explains the refusal of a request to this tenant. Refusals are kept for a week, and of each check the newest.
    pub async fn explain_refusal(&self, request: RequestId) -> Result<RefusalExplanation, ControlError> {
        self.explain_refusal_in(request, Language::English).await
    }

    /// The same in a language.
    pub async fn explain_refusal_in(
        &self,
        request: RequestId,
        language: Language,
    ) -> Result<RefusalExplanation, ControlError> {
        self.require(Permission::ReadUsage)?;
        let mut rows = self.cx.read().await?;
        let found = rows.find_refusal(request, self.cx.now()).await?;
        rows.commit().await?;
        let refusal = found.ok_or_else(|| ControlError::NotFound {
            what: "refusal",
            name: format!(
                "of {request} at {}; it may be another tenant's, more than a week old, displaced by later refusals, or \
                 the request was not refused",
                self.cx.tenant().slug
            ),
        })?;
        let client_name = match &refusal.client_id {
            Some(client_id) => self.client_name(client_id).await?,
            None => None,
        };
        // What failed upstream is told by its check's name; its page says what the person was told.
        let meaning = short_codes::find(&refusal.failed_check).or_else(|| short_codes::find(&refusal.shown));
        let upstream = refusal.failed_check.strip_prefix(UPSTREAM);
        let said = |english: &str| Said::new(english, language).text;
        let (cause, mend) = match (upstream, meaning) {
            (Some(check), _) => (
                said(&format!("The check {check} of the upstream sign-in failed.")),
                said(
                    "Compare the identity provider's settings with what it sends; the log has the detail under the request id.",
                ),
            ),
            (None, Some(short)) => (short.cause(language).to_owned(), short.mend(language).to_owned()),
            (None, None) => (
                said("The check was recorded by another version of the server."),
                said("Look it up in that version's documentation of errors."),
            ),
        };
        Ok(RefusalExplanation {
            request_id: request.to_string(),
            at: refusal.refused_at.to_rfc3339(),
            failed_check: refusal.failed_check,
            cause,
            mend,
            shown: refusal.shown,
            error: refusal.error,
            route: refusal.route,
            status: refusal.status,
            client_id: refusal.client_id,
            client_name,
        })
    }
}
