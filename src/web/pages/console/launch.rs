//! Trying a launch: what the app would get, in full, and a real launch to open.

use super::app_form::FieldFault;
use super::frame::ConsoleFrame;
use crate::kernel::Secret;
use crate::web::language::words;
use crate::web::{Chrome, Csrf, Href, Page};
use askama::Template;

/// The form, and what came of it. Holds ids of patients, therefore no `Debug`.
#[derive(Clone, Template)]
#[template(path = "pages/console/launch.html")]
pub struct ConsoleLaunch {
    /// Navigation and the rest.
    pub frame: ConsoleFrame,
    /// Protects both ways to send the form.
    pub csrf: Csrf,
    /// Where the rehearsal goes.
    pub action: Href,
    /// Where the real launch goes.
    pub start: Href,
    /// Apps to propose: id and name.
    pub apps: Vec<(String, String)>,
    /// What was typed.
    pub values: LaunchValues,
    /// What would come of it.
    pub forecast: Option<Forecast>,
    /// What is wrong with what was typed.
    pub faults: Vec<FieldFault>,
}

/// What is typed into the form. Holds ids of patients, therefore no `Debug`.
#[derive(Clone, Default)]
pub struct LaunchValues {
    /// The app's id.
    pub app: String,
    /// Whether the person opens the app by itself.
    pub standalone: bool,
    /// The person's FHIR resource.
    pub fhir_user: String,
    /// Their own record.
    pub own_record: String,
    /// Their roles, one in a line.
    pub roles: String,
    /// The patient.
    pub patient: String,
    /// The encounter.
    pub encounter: String,
    /// What the app is to do.
    pub intent: String,
    /// What the app asks for.
    pub scope: String,
}

/// What would come of a launch. Holds claims, therefore no `Debug`.
#[derive(Clone)]
pub struct Forecast {
    /// How it would end.
    pub end: ForecastEnd,
    /// Whether the person would be asked for consent.
    pub asks_consent: bool,
    /// The FHIR server.
    pub audience: String,
    /// What would be granted.
    pub granted: Vec<String>,
    /// What would not.
    pub withheld: Vec<WithheldRow>,
    /// The response of the token endpoint, JSON.
    pub response: Option<String>,
    /// The claims of the access token, JSON.
    pub access_token: Option<String>,
    /// Those of the ID token, JSON.
    pub id_token: Option<String>,
}

/// How a launch would end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ForecastEnd {
    /// With tokens.
    Granted,
    /// The person would choose a patient first.
    ChoosePatient,
    /// The person would choose an encounter first.
    ChooseEncounter,
    /// With an error for the app.
    Refused {
        /// Its code.
        error: String,
        /// What is wrong.
        description: String,
    },
}

/// One scope that would not be granted as it was asked for.
#[derive(Clone, Debug)]
pub struct WithheldRow {
    /// The scope.
    pub scope: String,
    /// What is left of it.
    pub left: Vec<String>,
    /// Why.
    pub because: String,
    /// How to have it granted.
    pub change: String,
}

words! {
    /// This page's words.
    LaunchWords {
        title { "Launch tester" "Probar un lanzamiento" }
        lead {
            "See exactly what an app would get, for which person and which patient, without anybody signing in. Nothing is stored or issued."
            "Vea exactamente qué recibiría una aplicación, para qué persona y qué paciente, sin que nadie inicie sesión. No se guarda ni se emite nada."
        }
        wrong { "Something has to be corrected" "Hay que corregir algo" }
        what { "What is tried" "Qué se prueba" }
        app { "App (client id)" "Aplicación (identificador)" }
        way { "How it is opened" "Cómo se abre" }
        way_launched { "From the EHR, with a patient open" "Desde la historia clínica, con un paciente abierto" }
        way_standalone { "By itself; the person chooses the patient" "Por sí sola; la persona elige el paciente" }
        person { "Who opens it" "Quién la abre" }
        fhir_user { "FHIR resource of the person" "Recurso FHIR de la persona" }
        fhir_user_hint { "Practitioner/123 for staff, Patient/123 for a patient. Empty: none." "Practitioner/123 para personal, Patient/123 para un paciente. Vacío: ninguno." }
        own_record { "Their own patient record (optional)" "Su propio expediente (opcional)" }
        own_record_hint { "The id alone, for people who see their own data." "Solo el identificador, para quien ve sus propios datos." }
        roles { "Roles, one in each line (optional)" "Roles, uno por línea (opcional)" }
        roles_hint { "As your mapping rules give them." "Tal como los dan sus reglas de asignación." }
        patient { "Patient id (optional)" "Identificador del paciente (opcional)" }
        encounter { "Encounter id (optional)" "Identificador del encuentro (opcional)" }
        intent { "Intent (optional)" "Intención (opcional)" }
        intent_hint { "What the app is to do, such as reconcile-medications." "Lo que la aplicación debe hacer, como reconcile-medications." }
        scope { "Scopes it asks for (optional)" "Alcances que pide (opcional)" }
        scope_hint { "Empty: everything it is registered for." "Vacío: todo para lo que está registrada." }
        submit { "Show what it would get" "Mostrar qué recibiría" }
        start { "Make a real launch" "Crear un lanzamiento real" }
        start_text { "A real launch waits five minutes for whoever opens it and signs in." "Un lanzamiento real espera cinco minutos a quien lo abra e inicie sesión." }
        outcome { "What would come of it" "Qué resultaría" }
        granted { "The app gets its tokens" "La aplicación recibe sus tokens" }
        choose_patient { "The person is asked to choose a patient. Enter one below to see what follows." "Se pide a la persona que elija un paciente. Indique uno abajo para ver qué sigue." }
        choose_encounter { "The person is asked to choose an encounter. Enter one below to see what follows." "Se pide a la persona que elija un encuentro. Indique uno abajo para ver qué sigue." }
        refused { "The app gets an error" "La aplicación recibe un error" }
        asks { "The person is asked for consent first; this is what comes when they allow everything." "Antes se pide consentimiento a la persona; esto resulta si lo permite todo." }
        asks_not { "The person is not asked for consent." "No se pide consentimiento a la persona." }
        server { "FHIR server" "Servidor FHIR" }
        scopes { "Granted" "Concedido" }
        withheld { "Withheld" "No concedido" }
        withheld_none { "Nothing is withheld." "Se concede todo." }
        asked_for { "Asked for" "Pedido" }
        left { "Left of it" "Lo que queda" }
        nothing { "Nothing" "Nada" }
        why { "Why" "Por qué" }
        change { "To have it granted" "Para que se conceda" }
        response { "Token response" "Respuesta del token" }
        access_token { "Claims of the access token" "Datos del token de acceso" }
        id_token { "Claims of the ID token" "Datos del token de identidad" }
    }
}

impl ConsoleLaunch {
    const fn words(&self) -> LaunchWords {
        LaunchWords(self.frame.chrome.language)
    }

    /// The fault of one field.
    fn fault(&self, member: &str) -> Option<&str> {
        let fault = self.faults.iter().find(|fault| fault.member == member)?;
        Some(&fault.problem)
    }

    /// The field of a fault, to be linked to.
    fn field_of(member: &str) -> Option<&'static str> {
        let shown = [
            "app",
            "fhir_user",
            "own_record",
            "roles",
            "patient",
            "encounter",
            "intent",
            "scope",
        ];
        shown.into_iter().find(|name| *name == member)
    }
}

impl Page for ConsoleLaunch {
    fn chrome(&self) -> &Chrome {
        &self.frame.chrome
    }

    fn status(&self) -> axum::http::StatusCode {
        if self.faults.is_empty() {
            axum::http::StatusCode::OK
        } else {
            axum::http::StatusCode::UNPROCESSABLE_ENTITY
        }
    }
}

/// A real launch that waits. Holds the id of a patient, therefore no `Debug`.
#[derive(Clone, Template)]
#[template(path = "pages/console/launch_ready.html")]
pub struct ConsoleLaunchReady {
    /// Navigation and the rest.
    pub frame: ConsoleFrame,
    /// The form.
    pub back: Href,
    /// The app's name.
    pub name: String,
    /// The app.
    pub app: Href,
    /// The address that opens it; none when it registered no launch URL.
    pub open: Option<Href>,
    /// The launch, for an app that is opened by hand.
    pub handle: Secret<String>,
    /// How long it waits.
    pub minutes: u64,
    /// The patient.
    pub patient: Option<String>,
    /// What happened with the app.
    pub events: Option<Href>,
}

words! {
    /// This page's words.
    LaunchReadyWords {
        title(name: &str) { "Launch of “{name}” is ready" "El lanzamiento de «{name}» está listo" }
        back { "Launch tester" "Probar un lanzamiento" }
        waits(minutes: u64) { "It works once, within {minutes} minutes, for whoever opens it." "Funciona una vez, en {minutes} minutos, para quien lo abra." }
        open(name: &str) { "Open “{name}”" "Abrir «{name}»" }
        new_tab { "opens in a new tab" "se abre en una pestaña nueva" }
        by_hand { "The app has no launch URL. Give it this launch by hand:" "La aplicación no tiene dirección de lanzamiento. Indíquele este lanzamiento a mano:" }
        next { "What to see next" "Qué debe verse" }
        first { "The app opens and sends you here to sign in, with its name above the form." "La aplicación se abre y le envía aquí a iniciar sesión, con su nombre sobre el formulario." }
        second { "You are asked for consent, unless the app is set to do without." "Se le pide consentimiento, salvo que la aplicación esté configurada sin él." }
        third(patient: &str) { "The app shows the patient {patient}, without asking which." "La aplicación muestra el paciente {patient}, sin preguntar cuál." }
        third_none { "The app opens without a patient." "La aplicación se abre sin paciente." }
        otherwise { "If it goes another way, the activity says where it ended." "Si va de otra manera, la actividad dice dónde terminó." }
        events { "Activity of this app" "Actividad de esta aplicación" }
        app { "The app" "La aplicación" }
    }
}

impl ConsoleLaunchReady {
    const fn words(&self) -> LaunchReadyWords {
        LaunchReadyWords(self.frame.chrome.language)
    }
}

impl Page for ConsoleLaunchReady {
    fn chrome(&self) -> &Chrome {
        &self.frame.chrome
    }
}
