//! Registering an app: first what sort of app, then only what that sort needs.

use super::apps::{AppKind, AppWords};
use super::frame::ConsoleFrame;
use crate::web::language::words;
use crate::web::{Chrome, Csrf, Href, Page};
use askama::Template;

/// What sort of app is to be registered.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/console/app_kinds.html")]
pub struct ConsoleAppKinds {
    /// Navigation and the rest.
    pub frame: ConsoleFrame,
    /// The list.
    pub back: Href,
    /// Each sort with its form.
    pub kinds: Vec<(AppKind, Href)>,
}

/// The form of one sort.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/console/app_form.html")]
pub struct ConsoleAppForm {
    /// Navigation and the rest.
    pub frame: ConsoleFrame,
    /// Choosing another sort.
    pub back: Href,
    /// What sort.
    pub kind: AppKind,
    /// Protects the form.
    pub csrf: Csrf,
    /// Where it goes.
    pub action: Href,
    /// What was typed.
    pub values: AppFormValues,
    /// What is wrong with it.
    pub faults: Vec<FieldFault>,
}

/// What is typed into the form.
#[derive(Clone, Debug, Default)]
pub struct AppFormValues {
    /// The name users see.
    pub name: String,
    /// Its id.
    pub client_id: String,
    /// Who makes it.
    pub publisher: String,
    /// Where it takes answers, one in a line.
    pub redirect_uris: String,
    /// Where an EHR starts it.
    pub launch_uri: String,
    /// What it may ask for at most.
    pub scope: String,
    /// Where its keys are.
    pub jwks_uri: String,
}

/// What is wrong with one field.
#[derive(Clone, Debug)]
pub struct FieldFault {
    /// The member of the metadata.
    pub member: String,
    /// What is wrong and what to do.
    pub problem: String,
}

words! {
    /// The words of these pages, and of changing an app.
    FormWords {
        title { "Register an app" "Registrar una aplicación" }
        which { "What sort of app is it?" "¿Qué tipo de aplicación es?" }
        back_to_apps { "All apps" "Todas las aplicaciones" }
        back { "Choose another kind" "Elegir otro tipo" }
        title_of(kind: &str) { "Register: {kind}" "Registrar: {kind}" }
        wrong { "Something has to be corrected" "Hay que corregir algo" }
        name { "Name" "Nombre" }
        name_hint { "As people will see it when they sign in." "Como lo verán las personas al iniciar sesión." }
        client_id { "Client id" "Identificador" }
        client_id_hint {
            "The app's maker enters it in the app. Letters, digits, hyphens; it never changes."
            "Quien hace la aplicación lo introduce en ella. Letras, dígitos y guiones; no cambia nunca."
        }
        publisher { "Made by (optional)" "Hecha por (opcional)" }
        redirect_uris { "Redirect URIs, one in each line" "Direcciones de retorno, una por línea" }
        redirect_hint {
            "Where the app takes its answers, exactly as the app sends it."
            "Donde la aplicación recibe las respuestas, exactamente como las envía."
        }
        launch_uri { "Launch URI (optional)" "Dirección de lanzamiento (opcional)" }
        launch_hint { "Where your EHR starts it." "Desde donde su historia clínica la inicia." }
        jwks { "JWKS URL" "URL de las claves (JWKS)" }
        jwks_optional { "JWKS URL (optional)" "URL de las claves (JWKS, opcional)" }
        jwks_hint {
            "Where its public keys are. Without it, the app gets a secret."
            "Donde están sus claves públicas. Sin ella, la aplicación recibe un secreto."
        }
        jwks_needed { "Where its public keys are (https)." "Donde están sus claves públicas (https)." }
        scope { "May ask for at most" "Puede pedir como máximo" }
        scope_hint {
            "SMART scopes with a space between them. What is granted is never more than this, and often less."
            "Alcances SMART separados por espacios. Nunca se concede más que esto, y a menudo menos."
        }
        save { "Register the app" "Registrar la aplicación" }
    }
}

impl ConsoleAppKinds {
    const fn words(&self) -> FormWords {
        FormWords(self.frame.chrome.language)
    }

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "templates pass what they loop over")]
    fn text(&self, kind: &AppKind) -> (&'static str, &'static str) {
        kind.text(AppWords(self.frame.chrome.language))
    }
}

impl Page for ConsoleAppKinds {
    fn chrome(&self) -> &Chrome {
        &self.frame.chrome
    }
}

impl ConsoleAppForm {
    const fn words(&self) -> FormWords {
        FormWords(self.frame.chrome.language)
    }

    const fn text(&self) -> (&'static str, &'static str) {
        self.kind.text(AppWords(self.frame.chrome.language))
    }

    fn title(&self) -> String {
        self.words().title_of(self.text().0)
    }

    /// Whether people sign in with it.
    fn has_users(&self) -> bool {
        matches!(self.kind, AppKind::Browser | AppKind::Web)
    }

    fn may_have_keys(&self) -> bool {
        self.kind != AppKind::Browser
    }

    fn needs_keys(&self) -> bool {
        matches!(self.kind, AppKind::Backend | AppKind::Ehr)
    }

    /// The fault of one field.
    fn fault(&self, member: &str) -> Option<&str> {
        let fault = self.faults.iter().find(|fault| fault.member == member)?;
        Some(&fault.problem)
    }

    /// The field of a fault, to be linked to; none for what has no field here.
    fn field_of(&self, member: &str) -> Option<&'static str> {
        Some(match member {
            "client_name" => "client_name",
            "client_id" => "client_id",
            "publisher" => "publisher",
            "redirect_uris" if self.has_users() => "redirect_uris",
            "launch_uris" if self.has_users() => "launch_uris",
            "jwks" | "jwks_uri" if self.may_have_keys() => "jwks_uri",
            "scope" => "scope",
            _ => return None,
        })
    }
}

impl Page for ConsoleAppForm {
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
