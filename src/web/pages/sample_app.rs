//! The demonstration's SMART app: a static page and a script of our own.

use crate::web::language::words;
use crate::web::{Chrome, Page};
use askama::Template;

/// The app's only page, which is also its redirect URI. Its policy must allow `connect` to every issuer and FHIR base.
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
}

/// A hospital as the app knows it.
#[derive(Clone, Debug)]
pub struct SampleHospital {
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
            "A small SMART app without a server. It runs in this page and talks to the hospital you choose."
            "Una pequeña aplicación SMART sin servidor. Funciona en esta página y habla con el hospital que usted elija."
        }
        choose { "Choose a hospital" "Elija un hospital" }
        open_at(hospital: &str) { "Open at {hospital}" "Abrir en {hospital}" }
        needs_script { "This sample app runs in the browser and needs JavaScript." "Esta aplicación de ejemplo se ejecuta en el navegador y necesita JavaScript." }
        needs_secure {
            "The browser offers its cryptography only on https and on localhost. Open the demonstration at http://localhost or http://127.0.0.1."
            "El navegador solo ofrece su criptografía en https y en localhost. Abra la demostración en http://localhost o http://127.0.0.1."
        }
        steps { "What happened" "Qué ha ocurrido" }
        patient { "Patient" "Paciente" }
        granted { "What the app was given" "Qué ha recibido la aplicación" }
        access_token { "Access token, decoded" "Token de acceso, decodificado" }
        id_token { "ID token, decoded" "Token de identidad, decodificado" }
        response { "Token response" "Respuesta con el token" }
        refresh { "Refresh the token" "Renovar el token" }
        read_again { "Read the patient again" "Leer de nuevo al paciente" }
        try_other(hospital: &str) { "Try this token at {hospital}" "Probar este token en {hospital}" }
        start_over { "Start over" "Empezar de nuevo" }
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
}

impl Page for SampleApp {
    fn chrome(&self) -> &Chrome {
        &self.chrome
    }
}
