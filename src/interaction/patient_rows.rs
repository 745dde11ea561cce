//! From patients found to lines of a picker that can be told apart.

use crate::kernel::Timestamp;
use crate::patient_directory::FoundPatient;
use crate::web::dates::PartialDate;
use crate::web::pages::{PatientRow, RecordNumber};
use std::collections::HashMap;

/// Digits of a record number that are shown when they suffice.
const ENDING: usize = 4;

/// The lines. Of a record number only the end is shown, unless two lines would then look alike.
pub(super) fn rows(patients: &[FoundPatient], now: Timestamp) -> Vec<PatientRow> {
    let mut alike: HashMap<_, usize> = HashMap::new();
    for patient in patients {
        *alike.entry(look(patient)).or_default() += 1;
    }
    let unique = |patient: &FoundPatient| alike.get(&look(patient)).is_none_or(|number| *number == 1);
    patients
        .iter()
        .map(|patient| row(patient, unique(patient), now))
        .collect()
}

/// What people see of a line.
fn look(patient: &FoundPatient) -> (String, Option<&str>, String) {
    let name = patient
        .name
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
        .to_lowercase();
    let number = patient.identifier.as_deref().unwrap_or(patient.id.as_str());
    (name, patient.birth_date.as_deref(), ending(number))
}

fn ending(text: &str) -> String {
    let skipped = text.chars().count().saturating_sub(ENDING);
    text.chars().skip(skipped).collect()
}

fn row(patient: &FoundPatient, unique: bool, now: Timestamp) -> PatientRow {
    let birth_date = patient.birth_date.as_deref().and_then(PartialDate::parse);
    let number = match &patient.identifier {
        // Two lines that look alike up to here are told apart by what certainly differs.
        _ if !unique && patient.identifier.is_none() => RecordNumber::RecordId(patient.id.as_str().to_owned()),
        Some(number) if unique => RecordNumber::Ending(ending(number)),
        Some(number) => RecordNumber::Whole(number.clone()),
        None => RecordNumber::RecordId(ending(patient.id.as_str())),
    };
    PatientRow {
        id: patient.id.as_str().to_owned(),
        name: patient.name.clone(),
        birth_date,
        age: birth_date.and_then(|date| date.age_at(now)),
        sex: patient.sex,
        number: Some(number),
        deceased: patient.deceased,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::smart::FhirId;

    fn patient(id: &str, name: &str, identifier: Option<&str>) -> FoundPatient {
        FoundPatient {
            id: FhirId::parse(id).unwrap(),
            name: name.to_owned(),
            birth_date: Some("1984-03-12".to_owned()),
            sex: None,
            identifier: identifier.map(str::to_owned),
            deceased: None,
        }
    }

    fn numbers(patients: &[FoundPatient]) -> Vec<RecordNumber> {
        let rows = rows(patients, Timestamp::from_seconds(1_795_223_600));
        rows.into_iter().filter_map(|row| row.number).collect()
    }

    #[test]
    fn of_a_record_number_the_end_suffices() {
        let found = [
            patient("1", "Ana", Some("MRN-204100")),
            patient("2", "Ana", Some("MRN-209999")),
        ];
        let expected = [RecordNumber::Ending("4100".into()), RecordNumber::Ending("9999".into())];
        assert_eq!(numbers(&found), expected);
    }

    #[test]
    fn two_who_look_alike_up_to_the_end_show_the_whole_number() {
        let found = [
            patient("1", "Ana", Some("A-4100")),
            patient("2", "ana ", Some("B-4100")),
        ];
        let expected = [
            RecordNumber::Whole("A-4100".into()),
            RecordNumber::Whole("B-4100".into()),
        ];
        assert_eq!(numbers(&found), expected);
    }

    #[test]
    fn records_without_a_number_are_told_apart_by_their_id() {
        let found = [patient("north-0001", "Ana", None), patient("south-0001", "Ana", None)];
        let expected = [
            RecordNumber::RecordId("north-0001".into()),
            RecordNumber::RecordId("south-0001".into()),
        ];
        assert_eq!(numbers(&found), expected);
    }
}
