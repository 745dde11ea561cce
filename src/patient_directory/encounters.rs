//! A patient's encounters.

use super::answer::{Bundle, Encounter};
use super::client::Question;
use super::credential::Purpose;
use super::paging::{self, PageOf, Pages};
use super::{DirectoryError, PatientDirectory};
use crate::smart::FhirId;
use crate::tenant::TenantCx;

/// Encounters on one page.
const PAGE: usize = 20;

/// An encounter, as far as a picker shows one. Health data, therefore no `Debug`.
#[derive(Clone)]
pub struct FoundEncounter {
    /// The id.
    pub id: FhirId,
    /// FHIR `Encounter.status`.
    pub status: Option<String>,
    /// The code of the class, such as `AMB`.
    pub class: Option<String>,
    /// The class in the record's words.
    pub class_words: Option<String>,
    /// The type in the record's words.
    pub kind: Option<String>,
    /// When it began, as FHIR writes it.
    pub start: Option<String>,
    /// When it ended, as FHIR writes it.
    pub end: Option<String>,
    /// Where it takes place, in the record's words.
    pub place: Option<String>,
}

impl FoundEncounter {
    /// Whether the patient is there at present.
    pub fn is_in_progress(&self) -> bool {
        matches!(
            self.status.as_deref(),
            Some("in-progress" | "arrived" | "triaged" | "onleave")
        )
    }
}

impl From<Encounter> for FoundEncounter {
    fn from(encounter: Encounter) -> Self {
        let place = encounter
            .location
            .iter()
            .find_map(|place| place.location.display.clone());
        let (start, end) = encounter
            .period
            .map_or((None, None), |period| (period.start, period.end));
        Self {
            class: encounter.class.code().map(str::to_owned),
            class_words: encounter.class.shown(),
            kind: encounter.r#type.iter().find_map(super::answer::CodeableConcept::shown),
            place: place.or_else(|| encounter.service_provider.and_then(|provider| provider.display)),
            status: encounter.status,
            start,
            end,
            id: encounter.id,
        }
    }
}

impl PatientDirectory {
    /// A page of a patient's encounters, those in progress first, then the newest; the first page without `sealed`.
    pub async fn encounters(
        &self,
        cx: &TenantCx,
        patient: &FhirId,
        sealed: Option<&str>,
        of: PageOf<'_>,
    ) -> Result<(Vec<FoundEncounter>, Pages), DirectoryError> {
        let question = self.ask(cx, Purpose::Pick)?;
        let bundle = match sealed {
            Some(sealed) => {
                let address = paging::open(cx, of, sealed).ok_or(DirectoryError::UnknownPage)?;
                self.in_time(question.page("Encounter", address, false)).await?
            }
            None => self.in_time(first_page(&question, patient)).await?,
        };
        let pages = paging::beside(cx, question.base, of, &bundle);
        let mut found: Vec<FoundEncounter> = bundle
            .resources::<Encounter>("Encounter")
            // Whatever the server sent: another patient's encounter is not offered.
            .filter(|encounter| is_of(encounter, patient))
            .filter(|encounter| !matches!(encounter.status.as_deref(), Some("entered-in-error" | "cancelled")))
            .map(FoundEncounter::from)
            .collect();
        found.sort_by(|one, other| {
            let key = |encounter: &FoundEncounter| (encounter.is_in_progress(), encounter.start.clone());
            key(other).cmp(&key(one))
        });
        Ok((found, pages))
    }

    /// One encounter of this patient. `None` when there is none, or it is another patient's.
    pub async fn find_encounter(
        &self,
        cx: &TenantCx,
        patient: &FhirId,
        id: &FhirId,
    ) -> Result<Option<FoundEncounter>, DirectoryError> {
        let question = self.ask(cx, Purpose::Pick)?;
        let found = self.in_time(question.read::<Encounter>("Encounter", id)).await?;
        Ok(found
            .filter(|encounter| encounter.id == *id && is_of(encounter, patient))
            .map(FoundEncounter::from))
    }
}

async fn first_page(question: &Question<'_>, patient: &FhirId) -> Result<Bundle, DirectoryError> {
    let criteria = vec![
        ("patient".to_owned(), patient.as_str().to_owned()),
        ("_sort".to_owned(), "-date".to_owned()),
        ("_count".to_owned(), PAGE.to_string()),
    ];
    question.search("Encounter", &criteria, false).await
}

fn is_of(encounter: &Encounter, patient: &FhirId) -> bool {
    let subject = encounter.subject.as_ref().and_then(|subject| subject.id_of("Patient"));
    subject.as_ref() == Some(patient)
}
