//! Choosing among the records that are the user's.

use super::patient_picker::{PatientRow, PickerProblem, RowInWords, rows_in_words};
use crate::web::language::words;
use crate::web::{Chrome, Csrf, Href, Page};
use askama::Template;
use axum::http::StatusCode;

/// The records of somebody who has several, such as a parent: no search, only these.
///
/// The form posts to `action` with `csrf` and `patient`.
#[derive(Template)]
#[template(path = "pages/record_choice.html")]
pub struct RecordChoice {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// The form's token.
    pub csrf: Csrf,
    /// Where the form posts to.
    pub action: Href,
    /// Where to try again.
    pub again: Href,
    /// What there is.
    pub state: RecordChoiceState,
}

/// What the page has to show.
pub enum RecordChoiceState {
    /// The records.
    Choice(Vec<PatientRow>),
    /// They cannot be shown, or the one that was chosen may not be opened.
    Problem(PickerProblem),
}

words! {
    RecordChoiceWords {
        title { "Choose whose record" "Elija la historia clínica" }
        intro(app: &str) {
            "{app} opens one record at a time. These are the records that you may open."
            "{app} abre una sola historia clínica a la vez. Estas son las que usted puede abrir."
        }
        intro_without_app { "These are the records that you may open." "Estas son las historias clínicas que usted puede abrir." }
        records { "Your records" "Sus historias clínicas" }
        again { "Try again" "Intentar de nuevo" }
        show_again { "Show the records again" "Mostrar de nuevo las historias clínicas" }
        failed_heading { "The records cannot be shown" "No se pueden mostrar las historias clínicas" }
        failed {
            "The hospital's record system did not answer. Wait a moment, then try again."
            "El sistema de historias clínicas del hospital no respondió. Espere un momento e inténtelo de nuevo."
        }
        out_of_order {
            "Something is set up wrongly at the hospital. Trying again will not help: please tell its service desk."
            "Algo está mal configurado en el hospital. Volver a intentarlo no ayudará: avise a su servicio técnico."
        }
        not_allowed_heading { "You may not open this record here" "No puede abrir esta historia clínica" }
        not_allowed {
            "You can open your own records here, and those of the people you act for."
            "Aquí puede abrir sus propias historias clínicas y las de las personas en cuyo nombre actúa."
        }
    }
}

impl RecordChoice {
    const fn words(&self) -> RecordChoiceWords {
        RecordChoiceWords(self.chrome.language)
    }

    const fn row_words(&self) -> super::patient_picker::PickerWords {
        super::patient_picker::PickerWords(self.chrome.language)
    }

    fn rows(&self) -> Vec<RowInWords<'_>> {
        match &self.state {
            RecordChoiceState::Choice(rows) => rows_in_words(rows, self.chrome.language),
            RecordChoiceState::Problem(_) => Vec::new(),
        }
    }

    const fn problem_words(&self) -> (&'static str, &'static str) {
        let words = self.words();
        match self.state {
            RecordChoiceState::Problem(PickerProblem::OutOfOrder) => (words.failed_heading(), words.out_of_order()),
            RecordChoiceState::Problem(PickerProblem::NotAllowed | PickerProblem::Gone) => {
                (words.not_allowed_heading(), words.not_allowed())
            }
            _ => (words.failed_heading(), words.failed()),
        }
    }
}

impl Page for RecordChoice {
    fn chrome(&self) -> &Chrome {
        &self.chrome
    }

    fn status(&self) -> StatusCode {
        match self.state {
            RecordChoiceState::Problem(problem) => problem.status(),
            RecordChoiceState::Choice(_) => StatusCode::OK,
        }
    }
}
