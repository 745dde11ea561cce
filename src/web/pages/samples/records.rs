//! Patients, records and encounters to choose from.

use super::*;

pub(super) fn row(id: &str, name: &str, birth_date: &str, sex: Sex, ending: &str) -> PatientRow {
    let birth_date = PartialDate::parse(birth_date);
    PatientRow {
        id: id.to_owned(),
        name: name.to_owned(),
        birth_date,
        age: birth_date.and_then(|date| date.age_at(NOW)),
        sex: Some(sex),
        number: Some(RecordNumber::Ending(ending.to_owned())),
        deceased: None,
    }
}

pub(super) fn encounters(flavour: Flavour) -> Vec<EncounterRow> {
    let row = |id: &str, kind: Option<&str>, class: &str, status: &str, days: (&str, Option<&str>)| EncounterRow {
        id: id.to_owned(),
        kind: kind.map(|kind| flavour.of(kind).to_owned()),
        class: Some(class.to_owned()),
        class_words: None,
        status: Some(status.to_owned()),
        in_progress: status == "in-progress",
        start: PartialDate::parse(days.0),
        time: Some("09:30".to_owned()),
        end: days.1.and_then(PartialDate::parse),
        place: Some(flavour.of("Ward 7").to_owned()),
    };
    vec![
        row(
            "e1",
            Some("Hip replacement"),
            "IMP",
            "in-progress",
            ("2026-11-19", None),
        ),
        row(
            "e2",
            Some("Follow-up visit"),
            "AMB",
            "finished",
            ("2026-10-02", Some("2026-10-02")),
        ),
        row("e3", None, "EMER", "finished", ("2025-12-30", Some("2026-01-02"))),
    ]
}

pub(super) fn results(rows: Vec<PatientRow>, paged: bool) -> PickerState {
    let page = || paged.then(|| "AbCdEf0123".to_owned());
    PickerState::Results {
        rows,
        next: page(),
        previous: page(),
    }
}

pub(super) fn rows(flavour: Flavour) -> Vec<PatientRow> {
    vec![
        row(
            "1",
            flavour.of("Maria García Fernández"),
            "1979-07-04",
            Sex::Female,
            "4471",
        ),
        row(
            "2",
            flavour.of("Maria García Fernández"),
            "1979-07-14",
            Sex::Female,
            "9028",
        ),
        row("3", RIGHT_TO_LEFT, "2026-10-30", Sex::Male, "1180"),
        PatientRow {
            deceased: PartialDate::parse("2024-02-29").map(Deceased::On),
            ..row(
                "4",
                "Hubert Blaine Wolfeschlegelsteinhausenbergerdorff",
                "1931",
                Sex::Other,
                "0007",
            )
        },
        PatientRow {
            number: None,
            sex: None,
            ..row("5", "Baby Okafor", "", Sex::Unknown, "")
        },
    ]
}

impl Collection {
    pub(super) fn add_picker(&mut self) {
        let states = [
            ("first", PickerState::FirstVisit),
            ("short", PickerState::QueryTooShort),
            ("results", results(rows(self.flavour), false)),
            ("one", results(rows(self.flavour).into_iter().take(1).collect(), false)),
            ("empty", results(Vec::new(), false)),
            ("many", results(rows(self.flavour), true)),
            ("failed", PickerState::Problem(PickerProblem::Unreachable)),
            ("slow", PickerState::Problem(PickerProblem::Slow)),
            ("out-of-order", PickerState::Problem(PickerProblem::OutOfOrder)),
            ("not-allowed", PickerState::Problem(PickerProblem::NotAllowed)),
            ("gone", PickerState::Problem(PickerProblem::Gone)),
        ];
        for (name, state) in states {
            let page = PatientPicker {
                chrome: self.chrome(),
                csrf: csrf("picker"),
                action: Href::local("/northfield/auth/interact/1"),
                query: self.flavour.of("García").to_owned(),
                birth_date: String::new(),
                identifier: String::new(),
                state,
            };
            self.add(&format!("patient_picker-{name}"), &page);
        }
    }

    pub(super) fn add_record_choice(&mut self) {
        let states = [
            ("choice", RecordChoiceState::Choice(rows(self.flavour))),
            ("failed", RecordChoiceState::Problem(PickerProblem::Unreachable)),
            ("slow", RecordChoiceState::Problem(PickerProblem::Slow)),
            ("out-of-order", RecordChoiceState::Problem(PickerProblem::OutOfOrder)),
            ("not-allowed", RecordChoiceState::Problem(PickerProblem::NotAllowed)),
        ];
        for (name, state) in states {
            let page = RecordChoice {
                chrome: self.chrome(),
                csrf: csrf("record"),
                action: Href::local("/northfield/auth/interact/1/record"),
                again: Href::local("/northfield/auth/interact/1"),
                state,
            };
            self.add(&format!("record_choice-{name}"), &page);
        }
    }

    pub(super) fn add_encounters(&mut self) {
        let results = |rows: Vec<EncounterRow>, paged: bool| EncounterPickerState::Results {
            rows,
            next: paged.then(|| "AbCdEf0123".to_owned()),
            previous: paged.then(|| "AbCdEf0123".to_owned()),
        };
        let states = [
            ("results", results(encounters(self.flavour), false)),
            ("many", results(encounters(self.flavour), true)),
            ("empty", results(Vec::new(), false)),
            ("failed", EncounterPickerState::Problem(PickerProblem::Unreachable)),
            ("slow", EncounterPickerState::Problem(PickerProblem::Slow)),
            ("out-of-order", EncounterPickerState::Problem(PickerProblem::OutOfOrder)),
            ("gone", EncounterPickerState::Problem(PickerProblem::Gone)),
        ];
        for (name, state) in states {
            let page = EncounterPicker {
                chrome: self.chrome(),
                csrf: csrf("encounter"),
                action: Href::local("/northfield/auth/interact/1/encounter"),
                again: Href::local("/northfield/auth/interact/1"),
                patient: Some(self.flavour.of("Ana García").to_owned()),
                state,
            };
            self.add(&format!("encounter_picker-{name}"), &page);
        }
    }
}
