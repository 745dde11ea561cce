//! The demonstration's EHR: choose whom, what and how to launch.

use super::{DemoFault, DemoFaultStep};
use crate::web::language::words;
use crate::web::{Chrome, Href, Page};
use askama::Template;

/// The launcher. Without script, and with its whole setting in the address, so that a launch can be kept as a bookmark.
#[derive(Template)]
#[template(path = "pages/demo_launcher.html")]
pub struct DemoLauncher {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// The hospitals; one is chosen.
    pub hospitals: Vec<LauncherHospital>,
    /// The apps that can be launched there, by client id.
    pub apps: Vec<(String, String)>,
    /// Who can be at the screen, by user name.
    pub people: Vec<(String, String)>,
    /// The patients, by id.
    pub patients: Vec<(String, String)>,
    /// What is chosen.
    pub settings: LauncherSettings,
    /// What came of it, once something was launched.
    pub outcome: Option<LaunchOutcome>,
}

/// A hospital to launch at.
#[derive(Clone)]
pub struct LauncherHospital {
    /// The name.
    pub name: String,
    /// The page for this hospital.
    pub href: Href,
    /// Whether this is the page.
    pub current: bool,
}

/// The fields of the form, as they stand in its address.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LauncherSettings {
    /// The hospital's slug.
    pub tenant: String,
    /// The app's client id.
    pub app: String,
    /// `ehr`, `portal` or `standalone`.
    pub kind: String,
    /// The user name of who is at the screen; empty for nobody in particular.
    pub user: String,
    /// How the hospital comes to know them: `form`, `bound` or `vouched`.
    pub sign_in: String,
    /// The patient's id; empty for none.
    pub patient: String,
    /// `visit`, `checkup`, or empty.
    pub encounter: String,
    /// `intent`.
    pub intent: String,
    /// `tenant` of the launch context.
    pub unit: String,
    /// `fhirContext`, as JSON.
    pub fhir_context: String,
    /// `needed`, `shown`, or empty to say nothing.
    pub banner: String,
    /// `dusk` for the EHR's own style, or empty for the hospital's.
    pub style: String,
    /// How the sample app sends its request: `get` or `post`.
    pub method: String,
    /// The name of a [`DemoFault`], or empty.
    pub fault: String,
}

/// What came of a launch.
#[derive(Clone)]
pub enum LaunchOutcome {
    /// It can be opened.
    Ready(ReadyLaunch),
    /// The hospital refused it.
    Refused {
        /// The request, to be typed.
        commands: String,
        /// Its answer.
        answer: String,
    },
    /// It could not be asked for.
    Impossible(LauncherProblem),
}

/// Why a launch cannot be asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LauncherProblem {
    /// `fhirContext` is no JSON.
    FhirContext,
    /// The app has no launch address.
    NoLaunchAddress,
    /// Only a patient, or somebody who acts for one, has a portal.
    NotAPatient,
    /// Somebody has to be named.
    NobodyNamed,
    /// The hospital cannot be reached.
    Unreachable,
}

/// A launch that waits to be opened.
#[derive(Clone)]
pub struct ReadyLaunch {
    /// The address.
    pub href: Href,
    /// The commands that make another one; empty for a standalone launch.
    pub commands: String,
    /// The hospital's answer; empty for a standalone launch.
    pub answer: String,
    /// What the EHR's header shows around the frame: user, patient, visit.
    pub header: Vec<String>,
}

words! {
    LauncherWords {
        title { "EHR launcher" "Lanzador de HCE" }
        intro {
            "Plays the hospital's electronic health record: it registers the context below at the hospital's server and opens the app with a one-time handle."
            "Hace de historia clínica electrónica del hospital: registra el contexto de abajo en el servidor del hospital y abre la aplicación con un identificador de un solo uso."
        }
        hospital { "Hospital" "Hospital" }
        app { "App" "Aplicación" }
        kind { "Launch" "Lanzamiento" }
        kind_ehr { "From the EHR, by staff" "Desde la HCE, por el personal" }
        kind_portal { "From the patient portal" "Desde el portal del paciente" }
        kind_standalone { "Standalone, by the app itself" "Independiente, por la propia aplicación" }
        user { "Who is at the screen" "Quién está ante la pantalla" }
        nobody { "Nobody in particular" "Nadie en particular" }
        sign_in { "How they sign in" "Cómo inicia sesión" }
        sign_in_form { "As usual" "Como siempre" }
        sign_in_bound { "As usual, and it must be them" "Como siempre, y debe ser esa persona" }
        sign_in_vouched { "The EHR vouches for them" "La HCE responde por esa persona" }
        context { "Context" "Contexto" }
        patient { "Patient" "Paciente" }
        no_patient { "None: chosen during the launch" "Ninguno: se elige durante el lanzamiento" }
        encounter { "Visit" "Visita" }
        no_encounter { "None" "Ninguna" }
        visit { "5 January 2026" "5 de enero de 2026" }
        checkup { "16 June 2025" "16 de junio de 2025" }
        intent { "Intent" "Intención (intent)" }
        unit { "Unit (tenant)" "Unidad (tenant)" }
        fhir_context { "More resources (fhirContext, JSON)" "Más recursos (fhirContext, JSON)" }
        fhir_context_hint { "For example:" "Por ejemplo:" }
        banner { "Patient banner" "Cabecera del paciente" }
        banner_unsaid { "Not said" "Sin indicar" }
        banner_needed { "The app must show it" "La aplicación debe mostrarla" }
        banner_shown { "The EHR shows it" "La HCE la muestra" }
        style { "Style" "Estilo" }
        style_hospital { "The hospital's" "El del hospital" }
        style_dusk { "The EHR's own, dusk" "El propio de la HCE, crepúsculo" }
        method { "The sample app's request" "La petición de la aplicación de ejemplo" }
        method_get { "By redirect (GET)" "Por redirección (GET)" }
        method_post { "By form (POST)" "Por formulario (POST)" }
        fault { "Something goes wrong" "Algo sale mal" }
        no_fault { "Nothing" "Nada" }
        at_authorize { "On the way to the sign-in" "De camino al inicio de sesión" }
        at_token { "At the token endpoint" "En el punto de tokens" }
        at_fhir { "At the FHIR server" "En el servidor FHIR" }
        fault_hint {
            "The request is changed on its way. The answer is the server's own."
            "La petición se altera por el camino. La respuesta es la del propio servidor."
        }
        launch { "Prepare the launch" "Preparar el lanzamiento" }
        ready { "Ready to open" "Listo para abrir" }
        once { "The handle works once, within five minutes." "El identificador sirve una vez, durante cinco minutos." }
        standalone_ready {
            "No handle: the app is told the FHIR server and begins by itself."
            "Sin identificador: se le indica a la aplicación el servidor FHIR y empieza por sí misma."
        }
        new_window { "Open in a new window" "Abrir en una ventana nueva" }
        in_frame { "Open in the frame below" "Abrir en el marco de abajo" }
        address { "Launch address" "Dirección de lanzamiento" }
        by_hand { "The same by typing" "Lo mismo por línea de comandos" }
        by_hand_hint { "The assertion in it works once, for five minutes." "La aserción que contiene sirve una vez, durante cinco minutos." }
        answer { "The hospital's answer" "La respuesta del hospital" }
        refused { "The hospital refused the launch" "El hospital ha rechazado el lanzamiento" }
        frame { "The EHR's screen" "La pantalla de la HCE" }
        problem_fhir_context { "“More resources” has to be a JSON list." "«Más recursos» tiene que ser una lista JSON." }
        problem_no_address { "This app has no launch address." "Esta aplicación no tiene dirección de lanzamiento." }
        problem_not_patient {
            "A portal is for patients and those who act for them: choose Maria Lopez or Rosa Adeyemi."
            "El portal es para pacientes y quienes actúan por ellos: elija a Maria Lopez o a Rosa Adeyemi."
        }
        problem_nobody { "Say who is at the screen." "Indique quién está ante la pantalla." }
        problem_unreachable { "The hospital's server did not answer. Try again." "El servidor del hospital no ha respondido. Inténtelo de nuevo." }
    }
}

/// Faults of one step, with their names and labels.
pub(in crate::web) type FaultGroup = (&'static str, Vec<(&'static str, &'static str)>);

impl DemoLauncher {
    const fn words(&self) -> LauncherWords {
        LauncherWords(self.chrome.language)
    }

    /// Whether an option is the one that is chosen.
    #[expect(clippy::unused_self, reason = "templates call methods only")]
    fn is_chosen(&self, value: &str, chosen: &str) -> bool {
        value == chosen
    }

    fn kinds(&self) -> [(&'static str, &'static str); 3] {
        let words = self.words();
        [
            ("ehr", words.kind_ehr()),
            ("portal", words.kind_portal()),
            ("standalone", words.kind_standalone()),
        ]
    }

    fn sign_ins(&self) -> [(&'static str, &'static str); 3] {
        let words = self.words();
        [
            ("form", words.sign_in_form()),
            ("bound", words.sign_in_bound()),
            ("vouched", words.sign_in_vouched()),
        ]
    }

    fn encounters(&self) -> [(&'static str, &'static str); 3] {
        let words = self.words();
        [
            ("", words.no_encounter()),
            ("visit", words.visit()),
            ("checkup", words.checkup()),
        ]
    }

    fn banners(&self) -> [(&'static str, &'static str); 3] {
        let words = self.words();
        [
            ("", words.banner_unsaid()),
            ("needed", words.banner_needed()),
            ("shown", words.banner_shown()),
        ]
    }

    fn styles(&self) -> [(&'static str, &'static str); 2] {
        let words = self.words();
        [("", words.style_hospital()), ("dusk", words.style_dusk())]
    }

    fn methods(&self) -> [(&'static str, &'static str); 2] {
        let words = self.words();
        [("get", words.method_get()), ("post", words.method_post())]
    }

    fn faults(&self) -> [FaultGroup; 3] {
        let words = self.words();
        let of = |step: DemoFaultStep| {
            DemoFault::ALL
                .into_iter()
                .filter(|fault| fault.step() == step)
                .map(|fault| (fault.name(), fault.label(self.chrome.language)))
                .collect()
        };
        [
            (words.at_authorize(), of(DemoFaultStep::Authorize)),
            (words.at_token(), of(DemoFaultStep::Token)),
            (words.at_fhir(), of(DemoFaultStep::Fhir)),
        ]
    }

    fn problem(&self, problem: &LauncherProblem) -> &'static str {
        let words = self.words();
        match problem {
            LauncherProblem::FhirContext => words.problem_fhir_context(),
            LauncherProblem::NoLaunchAddress => words.problem_no_address(),
            LauncherProblem::NotAPatient => words.problem_not_patient(),
            LauncherProblem::NobodyNamed => words.problem_nobody(),
            LauncherProblem::Unreachable => words.problem_unreachable(),
        }
    }
}

impl Page for DemoLauncher {
    fn chrome(&self) -> &Chrome {
        &self.chrome
    }
}
