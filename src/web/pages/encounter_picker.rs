//! Choosing the encounter that an app is to open.

use super::patient_picker::PickerProblem;
use crate::web::dates::PartialDate;
use crate::web::language::words;
use crate::web::{Chrome, Csrf, Href, Language, Page};
use askama::Template;
use axum::http::StatusCode;

/// The patient's encounters, those in progress first.
///
/// All forms post to `action` with `csrf`: `step=choose` with `encounter`, `step=none`, or `step=page` with `page`.
#[derive(Template)]
#[template(path = "pages/encounter_picker.html")]
pub struct EncounterPicker {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// The token of all forms.
    pub csrf: Csrf,
    /// Where they post to.
    pub action: Href,
    /// Where to try again.
    pub again: Href,
    /// The patient's name, where it is known.
    pub patient: Option<String>,
    /// What there is.
    pub state: EncounterPickerState,
}

/// What the page has to show.
pub enum EncounterPickerState {
    /// The encounters of one page. An empty list says so in its own words.
    Results {
        /// The encounters.
        rows: Vec<EncounterRow>,
        /// The page after, opaque.
        next: Option<String>,
        /// The page before, opaque.
        previous: Option<String>,
    },
    /// They cannot be shown, or the one that was chosen is not there.
    Problem(PickerProblem),
}

/// One encounter. Holds health data, therefore no `Debug`.
#[derive(Clone)]
pub struct EncounterRow {
    /// The id sent when it is chosen.
    pub id: String,
    /// The type in the record's words.
    pub kind: Option<String>,
    /// The code of the class, such as `AMB` (HL7 ActCode).
    pub class: Option<String>,
    /// The class in the record's words.
    pub class_words: Option<String>,
    /// FHIR `Encounter.status`.
    pub status: Option<String>,
    /// Whether the patient is there now.
    pub in_progress: bool,
    /// The day it began.
    pub start: Option<PartialDate>,
    /// The time it began, `HH:MM`.
    pub time: Option<String>,
    /// The day it ended.
    pub end: Option<PartialDate>,
    /// Where.
    pub place: Option<String>,
}

words! {
    EncounterWords {
        title { "Choose a visit" "Elija una visita" }
        intro(app: &str) { "{app} asks which visit or stay it is about." "{app} pregunta de qué visita o ingreso se trata." }
        intro_without_app { "Which visit or stay is it about?" "¿De qué visita o ingreso se trata?" }
        of(patient: &str) { "Visits of {patient}" "Visitas de {patient}" }
        visits { "Visits and stays" "Visitas e ingresos" }
        none { "No particular visit" "Ninguna visita en particular" }
        none_hint {
            "The app then opens the record without a visit."
            "La aplicación abrirá entonces la historia clínica sin una visita."
        }
        empty_heading { "No visits recorded" "No hay visitas registradas" }
        empty { "You can go on without a visit." "Puede continuar sin una visita." }
        again { "Try again" "Intentar de nuevo" }
        failed_heading { "The visits cannot be shown" "No se pueden mostrar las visitas" }
        failed {
            "The hospital's record system did not answer. Try again, or go on without a visit."
            "El sistema de historias clínicas del hospital no respondió. Inténtelo de nuevo o continúe sin una visita."
        }
        slow {
            "The hospital's record system took too long. Try again, or go on without a visit."
            "El sistema de historias clínicas tardó demasiado. Inténtelo de nuevo o continúe sin una visita."
        }
        out_of_order {
            "Something is set up wrongly at the hospital. You can go on without a visit; please tell the service desk."
            "Algo está mal configurado en el hospital. Puede continuar sin una visita; avise al servicio técnico."
        }
        gone_heading { "This visit is not in the record" "Esta visita no está en la historia clínica" }
        gone { "Choose another one, or go on without a visit." "Elija otra o continúe sin una visita." }
        next { "Earlier visits" "Visitas anteriores" }
        previous { "Later visits" "Visitas más recientes" }
        pages { "Pages of the list" "Páginas de la lista" }
        now { "In progress" "En curso" }
        no_date { "Date not recorded" "Sin fecha" }
        until(date: &str) { "until {date}" "hasta el {date}" }
        untitled { "Visit" "Visita" }
        ambulatory { "Outpatient" "Consulta externa" }
        emergency { "Emergency" "Urgencias" }
        inpatient { "Inpatient" "Hospitalización" }
        home { "Home visit" "Visita a domicilio" }
        virtual_visit { "Video or telephone" "Vídeo o teléfono" }
        short_stay { "Short stay" "Estancia corta" }
        planned { "Planned" "Prevista" }
        finished { "Finished" "Terminada" }
        keys { "You can move through the list with the arrow keys." "Puede recorrer la lista con las flechas del teclado." }
    }
}

/// A row as the template shows it.
struct EncounterInWords<'a> {
    id: &'a str,
    title: &'a str,
    /// Class, when the title does not say it already.
    class: Option<&'a str>,
    status: Option<&'static str>,
    in_progress: bool,
    digits: Option<String>,
    start: Option<String>,
    time: Option<&'a str>,
    until: Option<String>,
    place: Option<&'a str>,
}

impl EncounterPicker {
    const fn words(&self) -> EncounterWords {
        EncounterWords(self.chrome.language)
    }

    fn heading(&self) -> String {
        let of_patient = self.patient.as_deref().map(|patient| self.words().of(patient));
        of_patient.unwrap_or_else(|| self.words().visits().to_owned())
    }

    fn rows(&self) -> Vec<EncounterInWords<'_>> {
        let language = self.chrome.language;
        match &self.state {
            EncounterPickerState::Results { rows, .. } => rows.iter().map(|row| row.in_words(language)).collect(),
            EncounterPickerState::Problem(_) => Vec::new(),
        }
    }

    const fn next(&self) -> Option<&String> {
        match &self.state {
            EncounterPickerState::Results { next, .. } => next.as_ref(),
            EncounterPickerState::Problem(_) => None,
        }
    }

    const fn previous(&self) -> Option<&String> {
        match &self.state {
            EncounterPickerState::Results { previous, .. } => previous.as_ref(),
            EncounterPickerState::Problem(_) => None,
        }
    }

    const fn problem_words(&self) -> (&'static str, &'static str) {
        let words = self.words();
        match self.state {
            EncounterPickerState::Problem(PickerProblem::Slow) => (words.failed_heading(), words.slow()),
            EncounterPickerState::Problem(PickerProblem::OutOfOrder) => (words.failed_heading(), words.out_of_order()),
            EncounterPickerState::Problem(PickerProblem::Gone | PickerProblem::NotAllowed) => {
                (words.gone_heading(), words.gone())
            }
            _ => (words.failed_heading(), words.failed()),
        }
    }
}

impl EncounterRow {
    fn in_words(&self, language: Language) -> EncounterInWords<'_> {
        let words = EncounterWords(language);
        let class = match self.class.as_deref() {
            Some("AMB") => Some(words.ambulatory()),
            Some("EMER") => Some(words.emergency()),
            Some("IMP" | "ACUTE" | "NONAC") => Some(words.inpatient()),
            Some("HH") => Some(words.home()),
            Some("VR") => Some(words.virtual_visit()),
            Some("SS" | "OBSENC") => Some(words.short_stay()),
            _ => self.class_words.as_deref(),
        };
        let title = self.kind.as_deref().or(class).unwrap_or_else(|| words.untitled());
        let until = self.end.filter(|end| Some(*end) != self.start);
        EncounterInWords {
            id: &self.id,
            title,
            class: class.filter(|class| *class != title),
            status: match self.status.as_deref() {
                _ if self.in_progress => Some(words.now()),
                Some("planned") => Some(words.planned()),
                Some("finished") => Some(words.finished()),
                _ => None,
            },
            in_progress: self.in_progress,
            digits: self.start.map(PartialDate::in_digits),
            start: self.start.map(|start| start.in_words(language)),
            time: self.time.as_deref(),
            until: until.map(|end| words.until(&end.in_words(language))),
            place: self.place.as_deref(),
        }
    }
}

impl Page for EncounterPicker {
    fn chrome(&self) -> &Chrome {
        &self.chrome
    }

    fn status(&self) -> StatusCode {
        match self.state {
            EncounterPickerState::Problem(problem) => problem.status(),
            EncounterPickerState::Results { .. } => StatusCode::OK,
        }
    }
}
