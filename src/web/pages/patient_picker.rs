//! Choosing the patient whose record an app is to open.

use crate::web::dates::{Age, Born, PartialDate};
use crate::web::language::words;
use crate::web::{Chrome, Csrf, Href, Language, Page};
use askama::Template;
use axum::http::StatusCode;
use std::collections::HashSet;

/// Search and choice on one page.
///
/// All forms post to `action` with `csrf`: the search sends `step=search`, `query`, `birthdate` (`YYYY-MM-DD` or empty) and
/// `identifier`, a further page also `page`, the choice sends `step=choose` and `patient`. Searching is a POST so that names
/// stay out of addresses, history and logs.
#[derive(Template)]
#[template(path = "pages/patient_picker.html")]
pub struct PatientPicker {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// The token of both forms.
    pub csrf: Csrf,
    /// Where both forms post to.
    pub action: Href,
    /// The name searched for.
    pub query: String,
    /// The birth date searched for, as sent by the form.
    pub birth_date: String,
    /// The record number searched for.
    pub identifier: String,
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
    Results {
        /// The patients of this page.
        rows: Vec<PatientRow>,
        /// The page after, opaque.
        next: Option<String>,
        /// The page before, opaque.
        previous: Option<String>,
    },
    /// Nothing can be shown.
    Problem(PickerProblem),
}

/// Why a picker has nothing to show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PickerProblem {
    /// The hospital's records could not be reached; trying again may help.
    Unreachable,
    /// The hospital's records did not answer in time.
    Slow,
    /// The hospital's records refused us or answered nonsense; trying again does not help.
    OutOfOrder,
    /// The signed-in person may not open the chosen record, or may choose nobody.
    NotAllowed,
    /// What was chosen is no longer there.
    Gone,
}

impl PickerProblem {
    /// The status of a page that says so.
    pub(super) const fn status(self) -> StatusCode {
        match self {
            Self::Unreachable | Self::OutOfOrder => StatusCode::BAD_GATEWAY,
            Self::Slow => StatusCode::GATEWAY_TIMEOUT,
            Self::NotAllowed => StatusCode::FORBIDDEN,
            Self::Gone => StatusCode::NOT_FOUND,
        }
    }

    /// Whether the tone is that of a failure, and not of a wrong choice.
    pub(super) const fn is_failure(self) -> bool {
        matches!(self, Self::Unreachable | Self::Slow | Self::OutOfOrder)
    }
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
    /// The record number, as much of it as is needed.
    pub number: Option<RecordNumber>,
    /// Whether and when the patient died.
    pub deceased: Option<Deceased>,
}

/// What tells records apart that look alike otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RecordNumber {
    /// The last characters of the record number.
    Ending(String),
    /// The whole record number.
    Whole(String),
    /// The id of the record, where it has no number.
    RecordId(String),
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
        query { "Name" "Nombre" }
        birth_date { "Birth date" "Fecha de nacimiento" }
        identifier { "Record number" "Número de historia" }
        identifier_hint {
            "If numbers repeat, write the numbering system first: system|number"
            "Si los números se repiten, escriba primero el sistema de numeración: sistema|número"
        }
        search { "Search" "Buscar" }
        searching { "Searching…" "Buscando…" }
        search_takes_long {
            "The hospital's records are slow to answer. You can keep waiting or search again with more letters of the name."
            "El sistema de historias clínicas tarda en responder. Puede seguir esperando o buscar de nuevo con más letras del nombre."
        }
        results { "Patients found" "Pacientes encontrados" }
        one_found { "1 patient found" "1 paciente encontrado" }
        some_found(number: &str) { "{number} patients found" "{number} pacientes encontrados" }
        some_on_page(number: &str) { "{number} patients on this page" "{number} pacientes en esta página" }
        next { "Next patients" "Pacientes siguientes" }
        previous { "Previous patients" "Pacientes anteriores" }
        pages { "Pages of the list" "Páginas de la lista" }
        first_visit {
            "Search by name, birth date or record number. One is enough; two find fewer."
            "Busque por nombre, fecha de nacimiento o número de historia. Basta uno; con dos encontrará menos."
        }
        too_short {
            "Enter at least two letters of the name, a birth date, or a record number."
            "Escriba al menos dos letras del nombre, una fecha de nacimiento o un número de historia."
        }
        empty_heading { "No patient found" "No se encontró ningún paciente" }
        empty {
            "Check the spelling, try the family name alone, or leave the birth date out."
            "Revise la ortografía, pruebe solo con el apellido o deje vacía la fecha de nacimiento."
        }
        too_many {
            "There are more. Turn the page, or add a first name or a birth date to narrow the list."
            "Hay más. Pase la página, o añada el nombre de pila o la fecha de nacimiento para acortar la lista."
        }
        failed_heading { "The records cannot be reached" "No se puede acceder a las historias clínicas" }
        failed {
            "The hospital's record system did not answer. Nothing is wrong with what you typed. Wait a moment, then search again."
            "El sistema de historias clínicas del hospital no respondió. Lo que escribió es correcto. Espere un momento y busque de nuevo."
        }
        slow_heading { "The records take too long" "Las historias clínicas tardan demasiado" }
        slow {
            "The hospital's record system did not answer in time. Search again; more letters of the name make it quicker."
            "El sistema de historias clínicas no respondió a tiempo. Busque de nuevo; con más letras del nombre será más rápido."
        }
        out_of_order_heading { "The records cannot be searched" "No se puede buscar en las historias clínicas" }
        out_of_order {
            "This sign-in and the hospital's record system do not understand each other. Trying again will not help: please tell your hospital's service desk."
            "Este inicio de sesión y el sistema de historias clínicas no se entienden. Volver a intentarlo no ayudará: avise al servicio técnico de su hospital."
        }
        gone_heading { "This record is no longer there" "Esta historia clínica ya no existe" }
        gone {
            "It may have been merged with another one. Search again and choose the record that is shown."
            "Puede que se haya unido a otra. Busque de nuevo y elija la historia que aparezca."
        }
        not_allowed_heading { "You may not open this record here" "No puede abrir esta historia clínica" }
        not_allowed {
            "Your account does not give you access to this patient. Choose another patient, or ask your hospital for access."
            "Su cuenta no le da acceso a este paciente. Elija otro paciente o solicite acceso a su hospital."
        }
        born { "Born" "Nacimiento" }
        born_unknown { "Birth date not recorded" "Sin fecha de nacimiento" }
        record_ending { "Record no. ending" "N.º de historia terminado en" }
        record_number { "Record no." "N.º de historia" }
        record_id { "Record id" "Identificador de la historia" }
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
            PickerState::Results { rows, .. } => rows,
            _ => &[],
        }
    }

    const fn next(&self) -> Option<&String> {
        match &self.state {
            PickerState::Results { next, .. } => next.as_ref(),
            _ => None,
        }
    }

    const fn previous(&self) -> Option<&String> {
        match &self.state {
            PickerState::Results { previous, .. } => previous.as_ref(),
            _ => None,
        }
    }

    const fn has_pages(&self) -> bool {
        self.next().is_some() || self.previous().is_some()
    }

    const fn problem_words(&self) -> (&'static str, &'static str) {
        let words = self.words();
        let PickerState::Problem(problem) = self.state else {
            return ("", "");
        };
        match problem {
            PickerProblem::Unreachable => (words.failed_heading(), words.failed()),
            PickerProblem::Slow => (words.slow_heading(), words.slow()),
            PickerProblem::OutOfOrder => (words.out_of_order_heading(), words.out_of_order()),
            PickerProblem::NotAllowed => (words.not_allowed_heading(), words.not_allowed()),
            PickerProblem::Gone => (words.gone_heading(), words.gone()),
        }
    }

    const fn query_is_too_short(&self) -> bool {
        matches!(self.state, PickerState::QueryTooShort)
    }

    fn summary(&self) -> String {
        let words = self.words();
        match self.found().len() {
            number if self.has_pages() => words.some_on_page(&number.to_string()),
            1 => words.one_found().to_owned(),
            number => words.some_found(&number.to_string()),
        }
    }

    fn rows(&self) -> Vec<RowInWords<'_>> {
        rows_in_words(self.found(), self.chrome.language)
    }
}

/// The rows as templates show them.
pub(super) fn rows_in_words(rows: &[PatientRow], language: Language) -> Vec<RowInWords<'_>> {
    let words = PickerWords(language);
    let mut seen = HashSet::new();
    let shared: HashSet<_> = rows
        .iter()
        .map(folded_name)
        .filter(|name| !seen.insert(name.clone()))
        .collect();
    rows.iter()
        .map(|row| RowInWords {
            id: &row.id,
            name: &row.name,
            born: row.birth_date.map(|date| Born::new(date, row.age, language)),
            sex: row.sex.map(|sex| sex.in_words(words)),
            number: row.number.as_ref().map(|number| match number {
                RecordNumber::Ending(text) => (words.record_ending(), text.as_str()),
                RecordNumber::Whole(text) => (words.record_number(), text.as_str()),
                RecordNumber::RecordId(text) => (words.record_id(), text.as_str()),
            }),
            deceased: row.deceased.map(|deceased| match deceased {
                Deceased::Yes => words.deceased().to_owned(),
                Deceased::On(date) => format!("{}: {}", words.deceased(), date.in_words(language)),
            }),
            shares_name: shared.contains(&folded_name(row)),
        })
        .collect()
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
pub(super) struct RowInWords<'a> {
    pub(super) id: &'a str,
    pub(super) name: &'a str,
    pub(super) born: Option<Born>,
    pub(super) sex: Option<&'static str>,
    pub(super) number: Option<(&'static str, &'a str)>,
    pub(super) deceased: Option<String>,
    /// Another row shows the same name, without regard to case and spacing.
    pub(super) shares_name: bool,
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
            PickerState::Problem(problem) => problem.status(),
            _ => StatusCode::OK,
        }
    }
}
