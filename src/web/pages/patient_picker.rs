//! Choosing the patient whose record an app is to open.

use crate::web::dates::{Age, Born, PartialDate};
use crate::web::language::words;
use crate::web::{Chrome, Csrf, Href, Page};
use askama::Template;
use axum::http::StatusCode;
use std::collections::HashSet;

/// Search and choice on one page.
///
/// Both forms post to `action` with `csrf`: the search sends `step=search`, `query` and `birthdate` (`YYYY-MM-DD` or empty), the
/// choice sends `step=choose` and `patient`. Searching is a POST so that names stay out of addresses, history and logs.
#[derive(Template)]
#[template(path = "pages/patient_picker.html")]
pub struct PatientPicker {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// The token of both forms.
    pub csrf: Csrf,
    /// Where both forms post to.
    pub action: Href,
    /// What was searched for: a name or a record number.
    pub query: String,
    /// The birth date searched for, as sent by the form.
    pub birth_date: String,
    /// What the search gave.
    pub state: PickerState,
}

/// What the picker has to show.
pub enum PickerState {
    /// Nothing was searched yet.
    FirstVisit,
    /// The search was empty or too short to be run.
    QueryTooShort,
    /// Patients found. An empty list says so in its own words.
    Results(Vec<PatientRow>),
    /// More patients than can be shown; these are the first.
    TooMany(Vec<PatientRow>),
    /// The hospital's records could not be reached.
    Failed,
    /// The signed-in person may not open the chosen record, or may not search.
    NotAllowed,
}

/// One patient. Holds health data, therefore no `Debug`.
#[derive(Clone)]
pub struct PatientRow {
    /// The id sent when this patient is chosen.
    pub id: String,
    /// The name to show.
    pub name: String,
    /// The birth date, as exact as the record has it.
    pub birth_date: Option<PartialDate>,
    /// The age today, or at death.
    pub age: Option<Age>,
    /// The administrative gender.
    pub sex: Option<Sex>,
    /// The last digits of the record number.
    pub identifier_ending: Option<String>,
    /// Whether and when the patient died.
    pub deceased: Option<Deceased>,
}

/// FHIR `Patient.gender`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sex {
    /// `female`
    Female,
    /// `male`
    Male,
    /// `other`
    Other,
    /// `unknown`
    Unknown,
}

/// FHIR `Patient.deceased[x]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deceased {
    /// The day is not recorded.
    Yes,
    /// Died on this day.
    On(PartialDate),
}

words! {
    PickerWords {
        title { "Choose a patient" "Elija un paciente" }
        intro(app: &str) {
            "{app} opens one record at a time. Whose record should it open?"
            "{app} abre una sola historia clínica a la vez. ¿De qué paciente debe abrirla?"
        }
        intro_without_app { "Whose record should be opened?" "¿De qué paciente debe abrirse la historia clínica?" }
        query { "Name or record number" "Nombre o número de historia" }
        birth_date { "Birth date (if known)" "Fecha de nacimiento (si la conoce)" }
        search { "Search" "Buscar" }
        searching { "Searching…" "Buscando…" }
        search_takes_long {
            "The hospital's records are slow to answer. You can keep waiting or search again with more letters of the name."
            "El sistema de historias clínicas tarda en responder. Puede seguir esperando o buscar de nuevo con más letras del nombre."
        }
        results { "Patients found" "Pacientes encontrados" }
        one_found { "1 patient found" "1 paciente encontrado" }
        some_found(number: &str) { "{number} patients found" "{number} pacientes encontrados" }
        first_found(number: &str) { "The first {number} patients" "Los primeros {number} pacientes" }
        first_visit {
            "Search by name, by record number, or by name and birth date."
            "Busque por nombre, por número de historia, o por nombre y fecha de nacimiento."
        }
        too_short {
            "Enter at least two letters of the name, or a record number."
            "Escriba al menos dos letras del nombre o un número de historia."
        }
        empty_heading { "No patient found" "No se encontró ningún paciente" }
        empty {
            "Check the spelling, try the family name alone, or leave the birth date out."
            "Revise la ortografía, pruebe solo con el apellido o deje vacía la fecha de nacimiento."
        }
        too_many {
            "There are more. Add a first name or a birth date to narrow the list."
            "Hay más. Añada el nombre de pila o la fecha de nacimiento para acortar la lista."
        }
        failed_heading { "The records cannot be reached" "No se puede acceder a las historias clínicas" }
        failed {
            "The hospital's record system did not answer. Nothing is wrong with what you typed. Wait a moment, then search again."
            "El sistema de historias clínicas del hospital no respondió. Lo que escribió es correcto. Espere un momento y busque de nuevo."
        }
        not_allowed_heading { "You may not open this record here" "No puede abrir esta historia clínica" }
        not_allowed {
            "Your account does not give you access to this patient. Choose another patient, or ask your hospital for access."
            "Su cuenta no le da acceso a este paciente. Elija otro paciente o solicite acceso a su hospital."
        }
        born { "Born" "Nacimiento" }
        born_unknown { "Birth date not recorded" "Sin fecha de nacimiento" }
        record_ending { "Record no. ending" "N.º de historia terminado en" }
        same_name {
            "Same name as another patient. Check birth date and record number."
            "Otro paciente se llama igual. Compruebe la fecha de nacimiento y el número de historia."
        }
        deceased { "Deceased" "Fallecimiento" }
        female { "Female" "Mujer" }
        male { "Male" "Hombre" }
        other { "Other sex" "Otro sexo" }
        unknown { "Sex unknown" "Sexo desconocido" }
        keys { "You can move through the list with the arrow keys." "Puede recorrer la lista con las flechas del teclado." }
    }
}

impl PatientPicker {
    const fn words(&self) -> PickerWords {
        PickerWords(self.chrome.language)
    }

    fn found(&self) -> &[PatientRow] {
        match &self.state {
            PickerState::Results(rows) | PickerState::TooMany(rows) => rows,
            _ => &[],
        }
    }

    const fn query_is_too_short(&self) -> bool {
        matches!(self.state, PickerState::QueryTooShort)
    }

    const fn there_are_more(&self) -> bool {
        matches!(self.state, PickerState::TooMany(_))
    }

    fn summary(&self) -> String {
        let words = self.words();
        match self.found().len() {
            number if self.there_are_more() => words.first_found(&number.to_string()),
            1 => words.one_found().to_owned(),
            number => words.some_found(&number.to_string()),
        }
    }

    fn rows(&self) -> Vec<RowInWords<'_>> {
        let (words, language) = (self.words(), self.chrome.language);
        let mut seen = HashSet::new();
        let shared: HashSet<_> = self
            .found()
            .iter()
            .map(folded_name)
            .filter(|name| !seen.insert(name.clone()))
            .collect();
        self.found()
            .iter()
            .map(|row| RowInWords {
                id: &row.id,
                name: &row.name,
                born: row.birth_date.map(|date| Born::new(date, row.age, language)),
                sex: row.sex.map(|sex| sex.in_words(words)),
                identifier_ending: row.identifier_ending.as_deref(),
                deceased: row.deceased.map(|deceased| match deceased {
                    Deceased::Yes => words.deceased().to_owned(),
                    Deceased::On(date) => format!("{}: {}", words.deceased(), date.in_words(language)),
                }),
                shares_name: shared.contains(&folded_name(row)),
            })
            .collect()
    }
}

impl Sex {
    const fn in_words(self, words: PickerWords) -> &'static str {
        match self {
            Self::Female => words.female(),
            Self::Male => words.male(),
            Self::Other => words.other(),
            Self::Unknown => words.unknown(),
        }
    }
}

/// A row as the template shows it.
struct RowInWords<'a> {
    id: &'a str,
    name: &'a str,
    born: Option<Born>,
    sex: Option<&'static str>,
    identifier_ending: Option<&'a str>,
    deceased: Option<String>,
    /// Another row shows the same name, without regard to case and spacing.
    shares_name: bool,
}

fn folded_name(row: &PatientRow) -> String {
    row.name.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

impl Page for PatientPicker {
    fn chrome(&self) -> &Chrome {
        &self.chrome
    }

    fn status(&self) -> StatusCode {
        match self.state {
            PickerState::Failed => StatusCode::BAD_GATEWAY,
            PickerState::NotAllowed => StatusCode::FORBIDDEN,
            _ => StatusCode::OK,
        }
    }
}
