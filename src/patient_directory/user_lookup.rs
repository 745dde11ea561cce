//! Which resource a user is: found at the FHIR server by a business identifier.

use super::answer::Identified;
use super::credential::Purpose;
use super::{DirectoryError, PatientDirectory};
use crate::smart::FhirId;
use crate::smart::search_restriction::escape;
use crate::tenant::TenantCx;

/// Most resources that are asked for: more than one is as good as none.
const MOST: &str = "10";

/// Who has an identifier.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IdentifiedUser {
    /// Exactly one.
    One(FhirId),
    /// Nobody.
    Nobody,
    /// More than one, or so many that the answer has several pages.
    Several,
}

impl PatientDirectory {
    /// The active resource of type `kind` with this identifier. A former identifier (`use` is `old`) names nobody.
    ///
    /// # Errors
    /// When the FHIR server gives no answer, or `kind` cannot be a user.
    pub async fn find_user(
        &self,
        cx: &TenantCx,
        kind: &str,
        system: &str,
        value: &str,
    ) -> Result<IdentifiedUser, DirectoryError> {
        let purpose = Purpose::finding(kind).ok_or(DirectoryError::Settings("no user is of this type"))?;
        let question = self.ask(cx, purpose)?;
        let criteria = vec![
            ("identifier".to_owned(), format!("{}|{}", escape(system), escape(value))),
            ("_count".to_owned(), MOST.to_owned()),
        ];
        let look_up = async {
            let bundle = question.search(kind, &criteria, true).await?;
            if bundle.link(&["next"]).is_some() {
                return Ok(IdentifiedUser::Several);
            }
            // A server that searched by something else must not make somebody into a stranger.
            let mut found = bundle
                .resources::<Identified>(kind)
                .filter(|resource| resource.active != Some(false) && resource.has(system, value));
            Ok(match (found.next(), found.next()) {
                (None, _) => IdentifiedUser::Nobody,
                (Some(one), None) => IdentifiedUser::One(one.id),
                (Some(_), Some(_)) => IdentifiedUser::Several,
            })
        };
        self.in_time(look_up).await
    }
}
