//! The demonstration's SMART app: a static page and a script of our own.

use super::claim_words::ClaimWords;
use crate::web::language::words;
use crate::web::{Chrome, Page};
use askama::Template;

/// The app's only page, which is also its redirect URI and its launch address. Its policy must allow `connect` to every issuer
/// and FHIR base, and forms to every issuer.
#[derive(Template)]
#[template(path = "pages/sample_app.html")]
pub struct SampleApp {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// The app's registered redirect URI: this page's absolute address.
    pub redirect_uri: String,
    /// The scopes the app asks for.
    pub scope: String,
    /// The hospitals where the app is registered.
    pub hospitals: Vec<SampleHospital>,
    /// The client id under which the app's server has a key.
    pub keyed_client: String,
    /// How the addresses of FHIR servers begin that break requests on purpose and end in `/SLUG/fhir`.
    pub faults: String,
}

/// A hospital as the app knows it.
#[derive(Clone, Debug)]
pub struct SampleHospital {
    /// Its slug.
    pub slug: String,
    /// Its name.
    pub name: String,
    /// Its FHIR base.
    pub fhir_base: String,
    /// The app's client id there.
    pub client_id: String,
}

words! {
    SampleWords {
        title { "Sample app" "Aplicación de ejemplo" }
        intro {
            "A small SMART app. It runs in this page, talks to the hospital you choose, and explains what it is given."
            "Una pequeña aplicación SMART. Funciona en esta página, habla con el hospital que usted elija y explica lo que recibe."
        }
        choose { "Choose a hospital" "Elija un hospital" }
        open_at(hospital: &str) { "Open at {hospital}" "Abrir en {hospital}" }
        with_key { "As an app whose server proves itself with a key" "Como aplicación cuyo servidor se identifica con una clave" }
        needs_script { "This sample app runs in the browser and needs JavaScript." "Esta aplicación de ejemplo se ejecuta en el navegador y necesita JavaScript." }
        needs_secure {
            "The browser offers its cryptography only on https and on localhost. Open the demonstration at http://localhost or http://127.0.0.1."
            "El navegador solo ofrece su criptografía en https y en localhost. Abra la demostración en http://localhost o http://127.0.0.1."
        }
        steps { "What happened" "Qué ha ocurrido" }
        patient { "Patient" "Paciente" }
        context { "Launch context" "Contexto del lanzamiento" }
        no_context { "The app was given no context." "La aplicación no ha recibido ningún contexto." }
        style { "The EHR's style" "El estilo de la HCE" }
        granted { "What the app was given" "Qué ha recibido la aplicación" }
        access_token { "Access token, decoded" "Token de acceso, decodificado" }
        id_token { "ID token, decoded" "Token de identidad, decodificado" }
        response { "Token response" "Respuesta con el token" }
        raw { "As it stands in the token" "Tal como figura en el token" }
        refresh { "Refresh the token" "Renovar el token" }
        compared { "Before and after" "Antes y después" }
        before { "Old token" "Token anterior" }
        after { "New token" "Token nuevo" }
        read_again { "Read the patient again" "Leer de nuevo al paciente" }
        sign_out { "Sign out" "Cerrar sesión" }
        signed_out { "Signed out" "Sesión cerrada" }
        try_other(hospital: &str) { "Try this token at {hospital}" "Probar este token en {hospital}" }
        start_over { "Start over" "Empezar de nuevo" }
        data { "Try the scopes" "Probar los alcances" }
        data_hint { "The FHIR server gives what the token's scopes allow, and nothing else." "El servidor FHIR entrega lo que permiten los alcances del token, y nada más." }
        try_observations { "Observations" "Observaciones" }
        try_conditions { "Conditions" "Diagnósticos" }
        try_medicines { "Prescriptions" "Recetas" }
        try_other_patient { "Another patient" "Otro paciente" }
        try_groups { "Groups" "Grupos" }
        data_found { "Found" "Encontrados" }
        data_read { "Read" "Leído" }
        data_refused { "Refused" "Rechazado" }
        data_all { "The whole answer" "La respuesta completa" }
        banner_by_ehr { "The EHR shows who the patient is, so this app does not repeat it." "La HCE muestra quién es el paciente, así que esta aplicación no lo repite." }
        discovering { "Reading what the hospital's server can do" "Leyendo qué ofrece el servidor del hospital" }
        redirecting { "Going to the hospital to sign in" "Yendo al hospital para iniciar sesión" }
        state_checked { "The answer belongs to the question this page asked" "La respuesta corresponde a la pregunta de esta página" }
        state_unknown { "This answer belongs to no question this page asked. Start over." "Esta respuesta no corresponde a ninguna pregunta de esta página. Empiece de nuevo." }
        issuer_wrong { "The answer came from another issuer than the one asked. It was not used." "La respuesta procede de un emisor distinto del consultado. No se ha usado." }
        exchanging { "Exchanging the code for a token" "Canjeando el código por un token" }
        exchanged { "Token received" "Token recibido" }
        refreshed { "New token received" "Nuevo token recibido" }
        reading { "Reading the patient" "Leyendo al paciente" }
        patient_read { "Patient read" "Paciente leído" }
        no_patient { "No patient in context" "Sin paciente en el contexto" }
        refused { "Refused, as it must be" "Rechazado, como debe ser" }
        accepted { "ACCEPTED. This must never happen" "ACEPTADO. Esto no debe ocurrir nunca" }
        inconclusive { "No verdict: the answer is neither a refusal nor a success" "Sin conclusión: la respuesta no es un rechazo ni un éxito" }
        denied { "The hospital said no" "El hospital ha dicho que no" }
        failed { "That did not work" "No ha funcionado" }
        opaque { "This token is opaque: only its issuer can read it." "Este token es opaco: solo su emisor puede leerlo." }
        unknown_hospital { "The app is not registered at this hospital" "La aplicación no está registrada en este hospital" }
        born { "Born" "Nacimiento" }
    }
}

impl SampleApp {
    const fn words(&self) -> SampleWords {
        SampleWords(self.chrome.language)
    }

    /// What the script says, by the name it uses.
    fn spoken(&self) -> [(&'static str, &'static str); 30] {
        let words = self.words();
        [
            ("needs_secure", words.needs_secure()),
            ("discovering", words.discovering()),
            ("redirecting", words.redirecting()),
            ("state_checked", words.state_checked()),
            ("state_unknown", words.state_unknown()),
            ("issuer_wrong", words.issuer_wrong()),
            ("exchanging", words.exchanging()),
            ("exchanged", words.exchanged()),
            ("refreshed", words.refreshed()),
            ("reading", words.reading()),
            ("patient_read", words.patient_read()),
            ("no_patient", words.no_patient()),
            ("no_context", words.no_context()),
            ("banner_by_ehr", words.banner_by_ehr()),
            ("data_found", words.data_found()),
            ("data_read", words.data_read()),
            ("data_refused", words.data_refused()),
            ("data_all", words.data_all()),
            ("before", words.before()),
            ("after", words.after()),
            ("raw", words.raw()),
            ("signed_out", words.signed_out()),
            ("refused", words.refused()),
            ("accepted", words.accepted()),
            ("inconclusive", words.inconclusive()),
            ("denied", words.denied()),
            ("failed", words.failed()),
            ("opaque", words.opaque()),
            ("unknown_hospital", words.unknown_hospital()),
            ("born", words.born()),
        ]
    }

    /// What the members of tokens and token responses mean, by their names.
    fn meanings(&self) -> Vec<(&'static str, &'static str)> {
        ClaimWords(self.chrome.language).by_name()
    }
}

impl Page for SampleApp {
    fn chrome(&self) -> &Chrome {
        &self.chrome
    }
}
