//! One app: its state, what is known of it, what can be done with it; and its secret, which is shown once.

use super::apps::{AppKind, AppWords, status_text};
use super::frame::ConsoleFrame;
use crate::kernel::{Secret, Timestamp};
use crate::oauth::client::ClientStatus;
use crate::web::dates::moment_in_words;
use crate::web::language::words;
use crate::web::{Chrome, Csrf, Href, Page};
use askama::Template;

/// An app.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/console/app.html")]
pub struct ConsoleApp {
    /// Navigation and the rest.
    pub frame: ConsoleFrame,
    /// The list.
    pub back: Href,
    /// The name users see.
    pub name: String,
    /// Its id.
    pub client_id: String,
    /// What sort of app.
    pub kind: AppKind,
    /// Its state.
    pub status: ClientStatus,
    /// Who makes it.
    pub publisher: Option<String>,
    /// How it authenticates, in the standard's own words.
    pub authentication: &'static str,
    /// Where it takes answers.
    pub redirect_uris: Vec<String>,
    /// Where an EHR starts it.
    pub launch_uris: Vec<String>,
    /// What it may ask for at most.
    pub scopes: Vec<String>,
    /// Where its keys are.
    pub jwks_uri: Option<String>,
    /// Its secrets: since when, until when.
    pub secrets: Vec<(Timestamp, Option<Timestamp>)>,
    /// What can be done; `None` for those who may only look.
    pub actions: Option<AppActions>,
    /// What was just done.
    pub done: Option<AppDone>,
}

/// What can be done with an app.
#[derive(Clone, Debug)]
pub struct AppActions {
    /// Protects the change of state.
    pub status_csrf: Csrf,
    /// Where it goes.
    pub status: Href,
    /// Protects the new secret, for apps that have one.
    pub secret_csrf: Option<Csrf>,
    /// Where it goes.
    pub secret: Href,
    /// Protects deleting.
    pub delete_csrf: Csrf,
    /// Where it goes.
    pub delete: Href,
    /// What was typed to confirm was something else.
    pub not_confirmed: bool,
}

/// What was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AppDone {
    /// It was registered.
    Registered,
    /// It may be used now.
    Enabled,
    /// It may not be used any more.
    Disabled,
}

impl AppDone {
    /// The name in addresses.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Registered => "registered",
            Self::Enabled => "enabled",
            Self::Disabled => "disabled",
        }
    }

    /// What has this name.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Registered, Self::Enabled, Self::Disabled]
            .into_iter()
            .find(|done| done.as_str() == name)
    }
}

words! {
    /// This page's words.
    OneAppWords {
        title(name: &str) { "App “{name}”" "Aplicación «{name}»" }
        back { "All apps" "Todas las aplicaciones" }
        waiting {
            "This app asked to be let in. Nobody can use it until you approve it. Check who makes it and what it may ask for."
            "Esta aplicación ha pedido ser admitida. Nadie puede usarla hasta que usted la apruebe. Compruebe quién la hace y qué puede pedir."
        }
        off { "Nobody can use this app, and its tokens are not accepted here." "Nadie puede usar esta aplicación y sus tokens no se aceptan aquí." }
        facts { "What is known of it" "Qué se sabe de ella" }
        client_id { "Client id" "Identificador" }
        kind { "Kind" "Tipo" }
        publisher { "Made by" "Hecha por" }
        authentication { "Authentication" "Autenticación" }
        redirect_uris { "Redirect URIs" "Direcciones de retorno" }
        launch_uris { "Launch URIs" "Direcciones de lanzamiento" }
        scopes { "May ask for at most" "Puede pedir como máximo" }
        jwks { "Keys" "Claves" }
        none { "None" "Ninguna" }
        secret { "Secret" "Secreto" }
        since { "Since" "Desde" }
        until { "until" "hasta" }
        new_secret { "Make a new secret" "Crear un nuevo secreto" }
        new_secret_text {
            "The new secret is shown once. Choose how long the one before goes on working, so that the app's maker has time to change it."
            "El nuevo secreto se muestra una sola vez. Elija cuánto tiempo seguirá funcionando el anterior, para que quien hace la aplicación pueda cambiarlo."
        }
        overlap { "The one before works for another" "El anterior sigue funcionando" }
        overlap_none { "Not at all: it is in other hands" "Nada: está en otras manos" }
        overlap_day { "1 day" "1 día" }
        overlap_week { "7 days" "7 días" }
        overlap_month { "30 days" "30 días" }
        approve { "Approve" "Aprobar" }
        enable { "Switch on" "Activar" }
        disable { "Switch off" "Desactivar" }
        delete { "Delete this app" "Eliminar esta aplicación" }
        delete_text {
            "Its users can no longer sign in with it, and every token it holds stops working. This cannot be undone here."
            "Sus usuarios ya no podrán iniciar sesión con ella y todos sus tokens dejarán de funcionar. Aquí no se puede deshacer."
        }
        confirm(id: &str) { "Type {id} to confirm" "Escriba {id} para confirmar" }
        not_confirmed { "This is not the client id. Nothing was deleted." "Este no es el identificador. No se ha eliminado nada." }
        done_registered { "The app is registered." "La aplicación está registrada." }
        done_enabled { "The app can be used." "La aplicación se puede usar." }
        done_disabled { "The app is switched off." "La aplicación está desactivada." }
    }
}

impl ConsoleApp {
    const fn words(&self) -> OneAppWords {
        OneAppWords(self.frame.chrome.language)
    }

    const fn app_words(&self) -> AppWords {
        AppWords(self.frame.chrome.language)
    }

    const fn state(&self) -> (&'static str, &'static str) {
        status_text(self.status, self.app_words())
    }

    const fn kind_in_words(&self) -> &'static str {
        self.kind.text(self.app_words()).0
    }

    fn is_waiting(&self) -> bool {
        self.status == ClientStatus::AwaitingApproval
    }

    fn is_enabled(&self) -> bool {
        self.status == ClientStatus::Enabled
    }

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "templates pass what they loop over")]
    fn moment(&self, at: &Timestamp) -> String {
        moment_in_words(*at, self.frame.chrome.language)
    }

    fn done_in_words(&self) -> Option<&'static str> {
        let words = self.words();
        Some(match self.done? {
            AppDone::Registered => words.done_registered(),
            AppDone::Enabled => words.done_enabled(),
            AppDone::Disabled => words.done_disabled(),
        })
    }
}

impl Page for ConsoleApp {
    fn chrome(&self) -> &Chrome {
        &self.frame.chrome
    }
}

/// A new secret. It is on this page and nowhere else.
#[derive(Clone, Template)]
#[template(path = "pages/console/app_secret.html")]
pub struct ConsoleAppSecret {
    /// Navigation and the rest.
    pub frame: ConsoleFrame,
    /// The name users see.
    pub name: String,
    /// The app's id.
    pub client_id: String,
    /// The secret.
    pub secret: Secret<String>,
    /// The app.
    pub next: Href,
}

words! {
    /// This page's words.
    SecretWords {
        title { "Copy the new secret now" "Copie ahora el nuevo secreto" }
        about {
            "This is the only time it is shown: only a fingerprint of it is kept. Give it to the app's maker over a safe way."
            "Solo se muestra esta vez: aquí solo se guarda una huella. Entréguelo a quien hace la aplicación por una vía segura."
        }
        app { "App" "Aplicación" }
        client_id { "Client id" "Identificador" }
        secret { "Secret" "Secreto" }
        next { "I have copied it" "Lo he copiado" }
    }
}

impl ConsoleAppSecret {
    const fn words(&self) -> SecretWords {
        SecretWords(self.frame.chrome.language)
    }
}

impl Page for ConsoleAppSecret {
    fn chrome(&self) -> &Chrome {
        &self.frame.chrome
    }
}
