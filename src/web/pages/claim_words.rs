//! What the members of tokens and token responses mean, in a sentence each.

use crate::web::language::words;

words! {
    ClaimWords {
        iss { "Who issued the token: this hospital's own server." "Quién ha emitido el token: el servidor propio de este hospital." }
        sub { "Who signed in, as a name that only this hospital knows." "Quién ha iniciado sesión, con un nombre que solo conoce este hospital." }
        aud {
            "For whom it is: the FHIR server in an access token, the app in an ID token."
            "Para quién es: el servidor FHIR en un token de acceso, la aplicación en un token de identidad."
        }
        azp { "The app for which it was issued." "La aplicación para la que se ha emitido." }
        client_id { "The app that holds the token." "La aplicación que tiene el token." }
        scope { "What the token allows." "Lo que el token permite." }
        exp { "When it ends." "Cuándo caduca." }
        iat { "When it was issued." "Cuándo se ha emitido." }
        jti { "Its own number, by which it can be revoked." "Su propio número, con el que se puede revocar." }
        tenant_id { "The hospital. Every other one refuses the token." "El hospital. Todos los demás rechazan el token." }
        patient { "The patient whose record the token opens." "El paciente cuya historia abre el token." }
        encounter { "The visit that was on screen." "La visita que estaba en pantalla." }
        fhir_user { "Who signed in, as a FHIR resource." "Quién ha iniciado sesión, como recurso FHIR." }
        profile { "The same, for older apps." "Lo mismo, para aplicaciones antiguas." }
        roles { "What they do at the hospital." "Qué hace en el hospital." }
        npi { "Their National Provider Identifier." "Su número nacional de profesional (NPI)." }
        data_regions { "Where the data may be processed." "Dónde se pueden tratar los datos." }
        auth_time { "When they signed in." "Cuándo inició sesión." }
        acr { "How strongly they signed in." "Con qué nivel de seguridad inició sesión." }
        amr { "By what means they signed in." "Por qué medios inició sesión." }
        nonce {
            "The number this page sent along, so that the answer is to its own question."
            "El número que envió esta página, para que la respuesta sea a su propia pregunta."
        }
        sid { "The session, by which the app is told of a sign-out." "La sesión, con la que se avisa a la aplicación del cierre." }
        at_hash { "Ties the ID token to the access token." "Une el token de identidad al token de acceso." }
        fhir_context { "More resources that belong to the task." "Más recursos que pertenecen a la tarea." }
        intent { "What the app is meant to do." "Qué se espera que haga la aplicación." }
        tenant { "The ward or unit that launched the app." "La planta o unidad que lanzó la aplicación." }
        need_patient_banner { "Whether the app has to show who the patient is." "Si la aplicación debe mostrar quién es el paciente." }
        smart_style_url { "Where the EHR's colours are." "Dónde están los colores de la HCE." }
        cnf { "The key without which the token is worth nothing." "La clave sin la que el token no vale nada." }
    }
}

impl ClaimWords {
    /// By the names that the members have on the wire.
    pub(in crate::web) fn by_name(self) -> Vec<(&'static str, &'static str)> {
        vec![
            ("iss", self.iss()),
            ("sub", self.sub()),
            ("aud", self.aud()),
            ("azp", self.azp()),
            ("client_id", self.client_id()),
            ("scope", self.scope()),
            ("exp", self.exp()),
            ("iat", self.iat()),
            ("jti", self.jti()),
            ("tenant_id", self.tenant_id()),
            ("patient", self.patient()),
            ("encounter", self.encounter()),
            ("fhirUser", self.fhir_user()),
            ("profile", self.profile()),
            ("roles", self.roles()),
            ("npi", self.npi()),
            ("data_regions", self.data_regions()),
            ("auth_time", self.auth_time()),
            ("acr", self.acr()),
            ("amr", self.amr()),
            ("nonce", self.nonce()),
            ("sid", self.sid()),
            ("at_hash", self.at_hash()),
            ("fhirContext", self.fhir_context()),
            ("intent", self.intent()),
            ("tenant", self.tenant()),
            ("need_patient_banner", self.need_patient_banner()),
            ("smart_style_url", self.smart_style_url()),
            ("cnf", self.cnf()),
        ]
    }
}
