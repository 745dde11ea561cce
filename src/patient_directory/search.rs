//! Searching patients, and reading the one who was chosen.

use super::answer::{Bundle, HumanName, Patient};
use super::client::{Criteria, Question};
use super::credential::Purpose;
use super::paging::{self, PageOf, Pages};
use super::{DirectoryError, PatientDirectory};
use crate::smart::search_restriction::{Asker, escape};
use crate::smart::{FhirId, SearchRestriction};
use crate::tenant::TenantCx;
use crate::web::dates::PartialDate;
use crate::web::pages::{Deceased, Sex};
use url::Url;

/// Patients on one page.
const PAGE: usize = 20;

/// What is searched for; at least one of the three.
#[derive(Clone, Default)]
pub struct PatientSearch {
    /// The beginnings of names.
    pub name: Option<String>,
    /// The birth date, `YYYY-MM-DD`.
    pub birth_date: Option<String>,
    /// A record number, or `system|number`.
    pub identifier: Option<String>,
}

impl PatientSearch {
    fn criteria(&self) -> Criteria {
        let mut criteria = Vec::new();
        let mut add = |name: &str, value: String| criteria.push((name.to_owned(), value));
        if let Some(name) = &self.name {
            // Each word on its own: `ana lopez` finds Ana Lopez also on servers that take one value as one word.
            for word in name.split_whitespace() {
                add("name", escape(word));
            }
        }
        if let Some(date) = &self.birth_date {
            add("birthdate", date.clone());
        }
        if let Some(identifier) = &self.identifier {
            let token = match identifier.split_once('|') {
                Some((system, value)) => format!("{}|{}", escape(system), escape(value)),
                None => escape(identifier),
            };
            add("identifier", token);
        }
        criteria
    }
}

/// A page of patients.
pub struct Found {
    /// The patients, in the server's order.
    pub patients: Vec<FoundPatient>,
    /// The pages beside this one.
    pub pages: Pages,
}

/// A patient, as far as a picker shows one. Health data, therefore no `Debug`.
#[derive(Clone)]
pub struct FoundPatient {
    /// The id.
    pub id: FhirId,
    /// The name to show.
    pub name: String,
    /// As FHIR writes it.
    pub birth_date: Option<String>,
    /// The administrative gender.
    pub sex: Option<Sex>,
    /// The record number, else another identifier.
    pub identifier: Option<String>,
    /// Whether and when they died.
    pub deceased: Option<Deceased>,
}

impl FoundPatient {
    /// A patient of whom somebody else told what to show.
    pub fn named(id: FhirId, name: String, birth_date: Option<String>) -> Self {
        Self {
            id,
            name,
            birth_date,
            sex: None,
            identifier: None,
            deceased: None,
        }
    }
}

impl From<Patient> for FoundPatient {
    fn from(patient: Patient) -> Self {
        let by_use = |wanted: &str| patient.name.iter().find(|name| name.r#use.as_deref() == Some(wanted));
        let name = by_use("official")
            .or_else(|| by_use("usual"))
            .or_else(|| patient.name.first());
        let deceased = match (patient.deceased_date_time.as_deref(), patient.deceased_boolean) {
            (Some(moment), _) => {
                let day = moment.split('T').next().and_then(PartialDate::parse);
                Some(day.map_or(Deceased::Yes, Deceased::On))
            }
            (None, Some(true)) => Some(Deceased::Yes),
            _ => None,
        };
        let numbers = || {
            patient
                .identifier
                .iter()
                .filter(|identifier| identifier.r#use.as_deref() != Some("old"))
        };
        let number = numbers()
            .find(|identifier| identifier.is_record_number())
            .or_else(|| numbers().next());
        Self {
            // A record without a name is still told apart by its number.
            name: name.and_then(HumanName::shown).unwrap_or_else(|| "—".to_owned()),
            birth_date: patient.birth_date,
            sex: patient.gender.as_deref().map(|gender| match gender {
                "female" => Sex::Female,
                "male" => Sex::Male,
                "other" => Sex::Other,
                _ => Sex::Unknown,
            }),
            identifier: number.and_then(|identifier| identifier.value.clone()),
            deceased,
            id: patient.id,
        }
    }
}

/// The tenant's restriction for one user.
struct Restricted<'a> {
    rule: Option<&'a SearchRestriction>,
    criteria: Criteria,
}

impl<'a> Restricted<'a> {
    fn new(cx: &'a TenantCx, asker: Asker<'_>) -> Result<Self, DirectoryError> {
        let rule = cx.document().directory().restriction.as_ref();
        let criteria = match rule {
            Some(rule) => rule.for_user(asker).ok_or(DirectoryError::NobodyForUser)?,
            None => Vec::new(),
        };
        Ok(Self { rule, criteria })
    }

    /// FHIR servers leave out parameters they do not know and say so in the `self` link. An answer that was not restricted
    /// is not shown.
    fn check(&self, bundle: &Bundle) -> Result<(), DirectoryError> {
        let Some(rule) = self.rule else { return Ok(()) };
        let Some(own) = bundle.link(&["self"]).and_then(|link| link.split_once('?')) else {
            return Ok(()); // a server that does not tell was asked to be strict
        };
        let known: Vec<String> = url::form_urlencoded::parse(own.1.as_bytes())
            .map(|(name, _)| name.into_owned())
            .collect();
        if rule.names().all(|name| known.iter().any(|known| known == name)) {
            Ok(())
        } else {
            Err(DirectoryError::RestrictionIgnored)
        }
    }
}

impl PatientDirectory {
    /// The first page of patients who match and whom the user may choose.
    pub async fn search(
        &self,
        cx: &TenantCx,
        asker: Asker<'_>,
        search: &PatientSearch,
        of: PageOf<'_>,
    ) -> Result<Found, DirectoryError> {
        let restricted = Restricted::new(cx, asker)?;
        let mut criteria = search.criteria();
        criteria.extend(restricted.criteria.iter().cloned());
        criteria.push(("_count".to_owned(), PAGE.to_string()));
        let question = self.ask(cx, Purpose::Pick)?;
        let answer = question.search("Patient", &criteria, restricted.rule.is_some());
        let bundle = self.in_time(answer).await?;
        found(&question, &restricted, bundle, of)
    }

    /// Another page of a search, by what [`Self::search`] gave for it.
    pub async fn page(
        &self,
        cx: &TenantCx,
        asker: Asker<'_>,
        sealed: &str,
        of: PageOf<'_>,
    ) -> Result<Found, DirectoryError> {
        let restricted = Restricted::new(cx, asker)?;
        let address: Url = paging::open(cx, of, sealed).ok_or(DirectoryError::UnknownPage)?;
        let question = self.ask(cx, Purpose::Pick)?;
        let answer = question.page("Patient", address, restricted.rule.is_some());
        let bundle = self.in_time(answer).await?;
        found(&question, &restricted, bundle, of)
    }

    /// The patient with this id, if the user may choose them: the restriction is asked again, since an id can come from
    /// anywhere. `None` for a patient who is not there or not within it.
    pub async fn choose(
        &self,
        cx: &TenantCx,
        asker: Asker<'_>,
        id: &FhirId,
    ) -> Result<Option<FoundPatient>, DirectoryError> {
        let restricted = Restricted::new(cx, asker)?;
        let question = self.ask(cx, Purpose::Pick)?;
        if restricted.rule.is_none() {
            return self
                .in_time(question.read::<Patient>("Patient", id))
                .await
                .map(|found| found.filter(|patient| patient.id == *id).map(FoundPatient::from));
        }
        let mut criteria = vec![("_id".to_owned(), id.as_str().to_owned())];
        criteria.extend(restricted.criteria.iter().cloned());
        let bundle = self.in_time(question.search("Patient", &criteria, true)).await?;
        restricted.check(&bundle)?;
        let mut patients = bundle.resources::<Patient>("Patient");
        Ok(patients.find(|patient| patient.id == *id).map(FoundPatient::from))
    }

    /// These patients, for showing them to somebody whose records they are. No restriction: it is not for them.
    pub async fn patients(&self, cx: &TenantCx, ids: &[FhirId]) -> Result<Vec<FoundPatient>, DirectoryError> {
        let question = self.ask(cx, Purpose::Pick)?;
        let wanted: Vec<&str> = ids.iter().map(FhirId::as_str).collect();
        let criteria = vec![
            ("_id".to_owned(), wanted.join(",")),
            ("_count".to_owned(), ids.len().to_string()),
        ];
        let bundle = self.in_time(question.search("Patient", &criteria, false)).await?;
        let mut patients: Vec<FoundPatient> = bundle.resources::<Patient>("Patient").map(FoundPatient::from).collect();
        patients.retain(|patient| ids.contains(&patient.id));
        // In the order given, whatever the server's.
        patients.sort_by_key(|patient| ids.iter().position(|id| *id == patient.id));
        Ok(patients)
    }

    /// Whether the server searches by the restriction, found out with a user who cannot be.
    pub(super) async fn honours_restriction(&self, cx: &TenantCx) -> Result<bool, DirectoryError> {
        let nobody = Asker {
            fhir_user: Some("Practitioner/nobody-by-this-id"),
            npi: Some("0000000000"),
        };
        let restricted = Restricted::new(cx, nobody)?;
        let question = self.ask(cx, Purpose::Pick)?;
        let bundle = self
            .in_time(question.search("Patient", &restricted.criteria, true))
            .await?;
        restricted.check(&bundle)?;
        Ok(bundle.resources::<Patient>("Patient").next().is_none())
    }
}

fn found(
    question: &Question<'_>,
    restricted: &Restricted<'_>,
    bundle: Bundle,
    of: PageOf<'_>,
) -> Result<Found, DirectoryError> {
    restricted.check(&bundle)?;
    let pages = paging::beside(question.cx, question.base, of, &bundle);
    let patients = bundle.resources::<Patient>("Patient").map(FoundPatient::from).collect();
    Ok(Found { patients, pages })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_word_of_a_name_is_searched_and_special_characters_are_themselves() {
        let search = PatientSearch {
            name: Some(" ana  lo,pez ".into()),
            birth_date: Some("1984-03-12".into()),
            identifier: Some("urn:x|7,8".into()),
        };
        let expected = [
            ("name", "ana"),
            ("name", r"lo\,pez"),
            ("birthdate", "1984-03-12"),
            ("identifier", r"urn:x|7\,8"),
        ];
        let criteria = search.criteria();
        assert!(
            criteria
                .iter()
                .map(|(name, value)| (name.as_str(), value.as_str()))
                .eq(expected)
        );
    }
}
