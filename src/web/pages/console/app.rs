//! One app: its state, what is known of it, what can be done with it; and its secret, which is shown once.

use super::apps::{AppKind, AppWords, status_text};
use super::changes::{MemberRow, UndoOffer, UndoWords};
use super::frame::ConsoleFrame;
use crate::kernel::{Secret, Timestamp};
use crate::oauth::AskConsent;
use crate::oauth::client::ClientStatus;
use crate::web::dates::moment_in_words;
use crate::web::language::words;
use crate::web::{Chrome, Csrf, Href, Language, Page};
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
    /// A page about it.
    pub client_uri: Option<Href>,
    /// Addresses of responsible people.
    pub contacts: Vec<String>,
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
    /// Whether it came from the platform's directory.
    pub of_directory: bool,
    /// For whom it is, and how long.
    pub users: AppUsers,
    /// Its secrets: since when, until when.
    pub secrets: Vec<(Timestamp, Option<Timestamp>)>,
    /// Where to go on from here.
    pub links: AppLinks,
    /// What it asks for, while it waits for approval.
    pub request: Option<AppRequest>,
    /// What can be done; `None` for those who may only look.
    pub actions: Option<AppActions>,
    /// What was just done.
    pub done: Option<AppDone>,
    /// Taking that back.
    pub undo: Option<UndoOffer>,
}

/// For whom an app is.
#[derive(Clone, Debug)]
pub struct AppUsers {
    /// The roles; everybody when empty.
    pub roles: Vec<String>,
    /// The sign-in methods, by alias; all when empty.
    pub identity_providers: Vec<String>,
    /// How often they are asked for consent; as the tenant decides when absent.
    pub consent: Option<AskConsent>,
    /// When the app's permission ends.
    pub ends: Option<Timestamp>,
}

/// Pages about an app, for those who may open them.
#[derive(Clone, Debug)]
pub struct AppLinks {
    /// Changing it.
    pub edit: Option<Href>,
    /// A look at its keys.
    pub keys: Option<Href>,
    /// Trying a launch.
    pub launch: Option<Href>,
    /// Its changes.
    pub history: Option<Href>,
}

/// What an app asks for that waits for approval.
#[derive(Clone, Debug)]
pub struct AppRequest {
    /// What differs from what was approved before; `None` for an app that never was.
    pub members: Option<Vec<MemberRow>>,
    /// What deserves a second look, with its scopes.
    pub attention: Vec<(SecondLook, Vec<String>)>,
}

/// Why a scope deserves a second look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecondLook {
    /// It changes data.
    Changes,
    /// It reaches beyond one patient.
    EveryPatient,
    /// It works while the person is away.
    Away,
    /// It is a power over this server.
    Powers,
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
    /// Its registration was changed.
    Saved,
    /// What was sent is what was there.
    Unchanged,
    /// A change was taken back.
    Undone,
}

impl AppDone {
    /// The name in addresses.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Registered => "registered",
            Self::Enabled => "enabled",
            Self::Disabled => "disabled",
            Self::Saved => "saved",
            Self::Unchanged => "unchanged",
            Self::Undone => "undone",
        }
    }

    /// What has this name.
    pub fn parse(name: &str) -> Option<Self> {
        let all = [
            Self::Registered,
            Self::Enabled,
            Self::Disabled,
            Self::Saved,
            Self::Unchanged,
            Self::Undone,
        ];
        all.into_iter().find(|done| done.as_str() == name)
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
            "Its users can no longer sign in with it, and every token it holds stops working. The registration can be brought back from the change history; what people allowed it cannot."
            "Sus usuarios ya no podrán iniciar sesión con ella y todos sus tokens dejarán de funcionar. El registro se puede recuperar desde el historial de cambios; lo que las personas le permitieron, no."
        }
        confirm(id: &str) { "Type {id} to confirm" "Escriba {id} para confirmar" }
        not_confirmed { "This is not the client id. Nothing was deleted." "Este no es el identificador. No se ha eliminado nada." }
        done_registered { "The app is registered." "La aplicación está registrada." }
        done_enabled { "The app can be used." "La aplicación se puede usar." }
        done_disabled { "The app is switched off." "La aplicación está desactivada." }
        done_saved { "Saved." "Guardado." }
        done_unchanged { "Nothing was different, so nothing was changed." "No había diferencias: no se ha cambiado nada." }
        edit { "Edit" "Editar" }
        check_keys { "Check keys" "Comprobar claves" }
        test_launch { "Test launch" "Probar un lanzamiento" }
        history { "Change history" "Historial de cambios" }
        pages { "More about this app" "Más sobre esta aplicación" }
        website { "Website" "Sitio web" }
        contacts { "Contacts" "Contactos" }
        of_directory {
            "From the platform's app directory: its maker looks after the registration, you decide the terms."
            "Del directorio de aplicaciones de la plataforma: quien la hace mantiene el registro, usted decide las condiciones."
        }
        who { "Who may use it" "Quién puede usarla" }
        everybody { "Everybody who can sign in" "Toda persona que pueda iniciar sesión" }
        holders(roles: &str) { "Holders of: {roles}" "Personas con el rol: {roles}" }
        by_way { "Sign-in methods" "Métodos de acceso" }
        every_way { "All" "Todos" }
        consent { "Asks for consent" "Pide consentimiento" }
        ends { "Permitted until" "Permitida hasta" }
        request { "What it asks for" "Qué solicita" }
        never_approved { "It was never approved here." "Nunca se ha aprobado aquí." }
        since_approval { "What differs from what was approved before" "Qué cambia respecto a lo aprobado antes" }
        nothing_new { "Nothing differs from what was approved before." "Nada cambia respecto a lo aprobado antes." }
        attention { "Look twice at these" "Mire esto dos veces" }
        changes_data { "Changes data" "Cambia datos" }
        every_patient { "Not limited to one patient" "No se limita a un paciente" }
        away { "Works while the person is away" "Funciona aunque la persona no esté" }
        powers { "Has powers over this server" "Tiene poderes sobre este servidor" }
    }
}

impl ConsoleApp {
    const fn words(&self) -> OneAppWords {
        OneAppWords(self.frame.chrome.language)
    }

    const fn app_words(&self) -> AppWords {
        AppWords(self.frame.chrome.language)
    }

    fn who_in_words(&self) -> String {
        if self.users.roles.is_empty() {
            self.words().everybody().to_owned()
        } else {
            self.words().holders(&self.users.roles.join(", "))
        }
    }

    fn ways_in_words(&self) -> String {
        if self.users.identity_providers.is_empty() {
            self.words().every_way().to_owned()
        } else {
            self.users.identity_providers.join(", ")
        }
    }

    const fn consent_in_words(&self) -> &'static str {
        consent_in_words(self.users.consent, self.frame.chrome.language)
    }

    fn has_users(&self) -> bool {
        matches!(self.kind, AppKind::Browser | AppKind::Web)
    }

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "templates pass what they loop over")]
    const fn attention_in_words(&self, attention: &SecondLook) -> &'static str {
        let words = self.words();
        match attention {
            SecondLook::Changes => words.changes_data(),
            SecondLook::EveryPatient => words.every_patient(),
            SecondLook::Away => words.away(),
            SecondLook::Powers => words.powers(),
        }
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
            AppDone::Saved => words.done_saved(),
            AppDone::Unchanged => words.done_unchanged(),
            AppDone::Undone => UndoWords(self.frame.chrome.language).undone(),
        })
    }
}

impl Page for ConsoleApp {
    fn chrome(&self) -> &Chrome {
        &self.frame.chrome
    }
}

words! {
    /// How often an app's users are asked, in words.
    ConsentModeWords {
        usual { "As the hospital's settings say" "Según los ajustes del hospital" }
        once { "Once, until it is withdrawn" "Una vez, hasta que se retire" }
        own_record { "Each time from people who open their own record, once from others" "Cada vez a quien abre su propio expediente; una vez a los demás" }
        each_time { "Each time, from everybody" "Cada vez, a todo el mundo" }
        never { "Never: an app of the hospital's own" "Nunca: es una aplicación del propio hospital" }
    }
}

/// How often an app's users are asked.
pub(super) const fn consent_in_words(mode: Option<AskConsent>, language: Language) -> &'static str {
    let words = ConsentModeWords(language);
    match mode {
        None => words.usual(),
        Some(AskConsent::Once) => words.once(),
        Some(AskConsent::OwnRecordEachTime) => words.own_record(),
        Some(AskConsent::EachTime) => words.each_time(),
        Some(AskConsent::Never) => words.never(),
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
