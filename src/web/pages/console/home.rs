//! The home page of a tenant's console: what is still to do until the first sign-in works, and what happened lately.

use super::event_words::event_in_words;
use super::frame::ConsoleFrame;
use crate::kernel::Timestamp;
use crate::web::dates::moment_in_words;
use crate::web::language::words;
use crate::web::{Chrome, Href, Page};
use askama::Template;

/// How things stand.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/console/home.html")]
pub struct ConsoleHome {
    /// Navigation and the rest.
    pub frame: ConsoleFrame,
    /// What is to be set up, in order.
    pub steps: Vec<SetupStepState>,
    /// Apps that await approval, and where they are.
    pub waiting: Option<(u32, Href)>,
    /// What happened lately, newest first; `None` for those who may not read it.
    pub recent: Option<Vec<ActivityRow>>,
    /// Everything that happened.
    pub activity: Option<Href>,
}

/// One thing to set up.
#[derive(Clone, Debug)]
pub struct SetupStepState {
    /// What.
    pub step: SetupStep,
    /// Whether it is done.
    pub done: bool,
    /// Where it is done, for those who may do it.
    pub href: Option<Href>,
}

/// What has to be set up until people can sign in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SetupStep {
    /// Name, logo, whom to ask.
    Branding,
    /// The server with the data.
    FhirServer,
    /// A way to sign in.
    SignIn,
    /// An app that may be used.
    App,
    /// Somebody who used an app.
    FirstSignIn,
}

/// Something that happened.
#[derive(Clone, Debug)]
pub struct ActivityRow {
    /// When.
    pub at: Timestamp,
    /// The event's name.
    pub event: String,
    /// Whether it succeeded.
    pub succeeded: bool,
    /// `success`, or the short code of the refusal.
    pub outcome: String,
    /// Who did it: an account's id, or `machine`.
    pub who: Option<String>,
    /// What it was about: an app, what was administered.
    pub about: Option<String>,
}

impl ActivityRow {
    pub(in crate::web) fn words(&self, language: crate::web::Language) -> &str {
        event_in_words(&self.event, language).unwrap_or(&self.event)
    }

    pub(in crate::web) fn moment(&self, language: crate::web::Language) -> String {
        moment_in_words(self.at, language)
    }
}

words! {
    /// This page's words.
    HomeWords {
        title { "Home" "Inicio" }
        ready { "Everything is set up" "Todo está configurado" }
        ready_text {
            "People sign in and apps work. What happens is listed below."
            "Las personas inician sesión y las aplicaciones funcionan. Abajo se ve lo que ocurre."
        }
        set_up { "Until the first sign-in works" "Hasta que funcione el primer acceso" }
        set_up_text(done: usize, all: usize) { "{done} of {all} steps are done." "Hechos {done} de {all} pasos." }
        done { "Done" "Hecho" }
        to_do { "To do" "Pendiente" }
        branding { "Show people where they are" "Mostrar a las personas dónde están" }
        branding_text {
            "Your logo or colours, and whom to ask when something does not work."
            "Su logotipo o colores, y a quién preguntar cuando algo no funciona."
        }
        fhir_server { "Name your FHIR server" "Indicar su servidor FHIR" }
        fhir_server_text {
            "Where your patients' data is, so that apps get access to it and to nothing else."
            "Dónde están los datos de sus pacientes, para que las aplicaciones accedan a ellos y a nada más."
        }
        sign_in { "Connect a way to sign in" "Conectar un método de acceso" }
        sign_in_text {
            "Your hospital's own sign-in service, or accounts that are kept here."
            "El servicio de acceso de su hospital, o cuentas que se guardan aquí."
        }
        app { "Let an app in" "Admitir una aplicación" }
        app_text { "Register one, or approve one that asks." "Registre una o apruebe una que lo solicite." }
        first { "See the first sign-in work" "Ver funcionar el primer acceso" }
        first_text {
            "Open the app and sign in. This step is done by itself as soon as somebody got through."
            "Abra la aplicación e inicie sesión. Este paso se completa solo en cuanto alguien lo consiga."
        }
        go { "Open" "Abrir" }
        waiting_one { "1 app is waiting for approval" "1 aplicación espera aprobación" }
        waiting(count: u32) { "{count} apps are waiting for approval" "{count} aplicaciones esperan aprobación" }
        look { "Look at them" "Verlas" }
        recent { "What happened lately" "Lo más reciente" }
        recent_none { "Nothing has happened yet." "Todavía no ha ocurrido nada." }
        all { "All activity" "Toda la actividad" }
    }
}

impl SetupStep {
    const fn text(self, words: HomeWords) -> (&'static str, &'static str) {
        match self {
            Self::Branding => (words.branding(), words.branding_text()),
            Self::FhirServer => (words.fhir_server(), words.fhir_server_text()),
            Self::SignIn => (words.sign_in(), words.sign_in_text()),
            Self::App => (words.app(), words.app_text()),
            Self::FirstSignIn => (words.first(), words.first_text()),
        }
    }
}

impl ConsoleHome {
    const fn words(&self) -> HomeWords {
        HomeWords(self.frame.chrome.language)
    }

    fn done(&self) -> usize {
        self.steps.iter().filter(|step| step.done).count()
    }

    fn is_ready(&self) -> bool {
        self.done() == self.steps.len()
    }

    fn waiting_in_words(&self) -> Option<(String, &Href)> {
        let (count, href) = self.waiting.as_ref()?;
        let words = if *count == 1 {
            self.words().waiting_one().to_owned()
        } else {
            self.words().waiting(*count)
        };
        Some((words, href))
    }
}

impl Page for ConsoleHome {
    fn chrome(&self) -> &Chrome {
        &self.frame.chrome
    }
}
