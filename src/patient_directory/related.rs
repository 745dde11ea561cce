//! Whose records a RelatedPerson or Person may open: looked up at the FHIR server, for users whose identity provider does
//! not say it.

use super::answer::{Identifier, Period, Person, RelatedPerson};
use super::client::Question;
use super::credential::Purpose;
use super::{DirectoryError, PatientDirectory};
use crate::kernel::Timestamp;
use crate::smart::search_restriction::escape;
use crate::smart::{FhirId, Reference};
use crate::tenant::TenantCx;

/// Most records of one user, and most resources asked for one look-up.
const MOST: usize = 20;

impl PatientDirectory {
    /// The patients whose records `user` may open, in the order found.
    ///
    /// A `RelatedPerson` acts for its patient, and for the patients of every other RelatedPerson with the same business
    /// identifier (system and value), which is how FHIR says that they are one human. A `Person` acts for the patients it
    /// links to, directly or through a RelatedPerson. Inactive ones, and those outside their period, act for nobody.
    pub async fn records_of(&self, cx: &TenantCx, user: &Reference) -> Result<Vec<FhirId>, DirectoryError> {
        let question = self.ask(cx, Purpose::Relations)?;
        let look_up = async {
            match user.resource.as_str() {
                "RelatedPerson" => of_related_person(&question, &user.id).await,
                "Person" => of_person(&question, &user.id).await,
                _ => Ok(Vec::new()),
            }
        };
        let mut patients = self.in_time(look_up).await?;
        patients.truncate(MOST);
        Ok(patients)
    }
}

fn is_current(now: Timestamp, active: Option<bool>, period: Option<&Period>) -> bool {
    let today = now.to_rfc3339();
    let today = today.get(..10).unwrap_or_default();
    // Compared to the precision that the record has: `2026` covers the whole year.
    let to_precision = |date: &str| {
        let date = date.get(..10).unwrap_or(date).to_owned();
        let day = today.get(..date.len()).unwrap_or(today).to_owned();
        (date, day)
    };
    let begun = period.and_then(|period| period.start.as_deref()).map(to_precision);
    let ended = period.and_then(|period| period.end.as_deref()).map(to_precision);
    active != Some(false) && begun.is_none_or(|(date, day)| date <= day) && ended.is_none_or(|(date, day)| date >= day)
}

fn add(patients: &mut Vec<FhirId>, person: &RelatedPerson, now: Timestamp) {
    let patient = person.patient.id_of("Patient");
    if let Some(patient) = patient.filter(|_| is_current(now, person.active, person.period.as_ref()))
        && !patients.contains(&patient)
    {
        patients.push(patient);
    }
}

async fn of_related_person(question: &Question<'_>, id: &FhirId) -> Result<Vec<FhirId>, DirectoryError> {
    let now = question.cx.now();
    let Some(person) = question.read::<RelatedPerson>("RelatedPerson", id).await? else {
        return Ok(Vec::new());
    };
    let mut patients = Vec::new();
    if !is_current(now, person.active, person.period.as_ref()) {
        return Ok(patients);
    }
    add(&mut patients, &person, now);
    for identifier in person.identifier.iter().filter_map(as_token).take(MOST) {
        let criteria = vec![("identifier".to_owned(), identifier.clone())];
        let bundle = question.search("RelatedPerson", &criteria, true).await?;
        for other in bundle.resources::<RelatedPerson>("RelatedPerson").take(MOST) {
            // A server that searched by something else must not make strangers into relatives.
            if other
                .identifier
                .iter()
                .filter_map(as_token)
                .any(|own| own == identifier)
            {
                add(&mut patients, &other, now);
            }
        }
    }
    Ok(patients)
}

/// `system|value` of an identifier that names one human: both parts, and not a former one.
fn as_token(identifier: &Identifier) -> Option<String> {
    let (system, value) = identifier.system.as_deref().zip(identifier.value.as_deref())?;
    let lasting = !matches!(identifier.r#use.as_deref(), Some("old" | "temp"));
    let given = !system.is_empty() && !value.is_empty();
    (lasting && given).then(|| format!("{}|{}", escape(system), escape(value)))
}

async fn of_person(question: &Question<'_>, id: &FhirId) -> Result<Vec<FhirId>, DirectoryError> {
    let now = question.cx.now();
    let person = question.read::<Person>("Person", id).await?;
    let Some(person) = person.filter(|person| person.active != Some(false)) else {
        return Ok(Vec::new());
    };
    let mut patients: Vec<FhirId> = Vec::new();
    for link in person.link.iter().take(MOST) {
        if let Some(patient) = link.target.id_of("Patient") {
            if !patients.contains(&patient) {
                patients.push(patient);
            }
        } else if let Some(related) = link.target.id_of("RelatedPerson")
            && let Some(related) = question.read::<RelatedPerson>("RelatedPerson", &related).await?
        {
            add(&mut patients, &related, now);
        }
    }
    Ok(patients)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_relation_holds_within_its_period_and_while_active() {
        let now = Timestamp::from_seconds(1_795_223_600); // 2026-11-21
        let period = |start: Option<&str>, end: Option<&str>| Period {
            start: start.map(str::to_owned),
            end: end.map(str::to_owned),
        };
        for (start, end, holds) in [
            (None, None, true),
            (Some("2020-01-01"), None, true),
            (Some("2026-11-22"), None, false),
            (None, Some("2026-11-20T10:00:00Z"), false),
            (None, Some("2026-11-21"), true),
            (None, Some("2026"), true),
            (None, Some("2025"), false),
        ] {
            assert_eq!(
                is_current(now, None, Some(&period(start, end))),
                holds,
                "{start:?} {end:?}"
            );
        }
        assert!(!is_current(now, Some(false), None));
        assert!(is_current(now, Some(true), None));
    }
}
