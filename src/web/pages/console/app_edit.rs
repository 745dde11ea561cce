//! Changing an app: the fields that its kind has, each with what is wrong with it.

use super::app::consent_in_words;
use super::app_form::{FieldFault, FormWords};
use super::apps::AppKind;
use super::frame::ConsoleFrame;
use crate::oauth::AskConsent;
use crate::web::language::words;
use crate::web::{Chrome, Csrf, Href, Page};
use askama::Template;

/// The form.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/console/app_edit.html")]
pub struct ConsoleAppEdit {
    /// Navigation and the rest.
    pub frame: ConsoleFrame,
    /// The app.
    pub back: Href,
    /// The name it has.
    pub name: String,
    /// What sort of app.
    pub kind: AppKind,
    /// Whether only the terms of an app of the platform's directory can be changed.
    pub of_directory: bool,
    /// Protects the form.
    pub csrf: Csrf,
    /// Where it goes.
    pub action: Href,
    /// The version of the app that is changed.
    pub version: String,
    /// The tenant's sign-in methods: alias and name.
    pub methods: Vec<(String, String)>,
    /// What was typed.
    pub values: AppEditValues,
    /// What is wrong with it.
    pub faults: Vec<FieldFault>,
}

/// What is typed into the form. Lists have one entry in a line.
#[derive(Clone, Debug, Default)]
pub struct AppEditValues {
    /// The name users see.
    pub name: String,
    /// Who makes it.
    pub publisher: String,
    /// A page about it.
    pub client_uri: String,
    /// Addresses of responsible people.
    pub contacts: String,
    /// Where it takes answers.
    pub redirect_uris: String,
    /// Where an EHR starts it.
    pub launch_uris: String,
    /// Where the browser may go after a logout.
    pub post_logout_redirect_uris: String,
    /// Where its keys are.
    pub jwks_uri: String,
    /// Its keys, as JSON.
    pub jwks: String,
    /// What it may ask for at most.
    pub scope: String,
    /// The roles whose holders it is for.
    pub user_roles: String,
    /// The sign-in methods whose users it is for, by alias.
    pub identity_providers: Vec<String>,
    /// The one that its sign-ins begin with.
    pub default_identity_provider: String,
    /// How often its users are asked.
    pub ask_consent: Option<AskConsent>,
    /// Whether the tenant says that it knows the app.
    pub verified: bool,
    /// Whether its access tokens are handles.
    pub opaque_tokens: bool,
    /// The last day of its permission.
    pub ends: String,
}

words! {
    /// This page's words.
    EditWords {
        title(name: &str) { "Edit “{name}”" "Editar «{name}»" }
        back { "The app" "La aplicación" }
        terms_only {
            "This app is from the platform's directory. Its maker looks after the registration; here you decide on what terms your hospital lets it in."
            "Esta aplicación es del directorio de la plataforma. Quien la hace mantiene el registro; aquí decide en qué condiciones la admite su hospital."
        }
        about { "About the app" "Sobre la aplicación" }
        client_uri { "Website (optional)" "Sitio web (opcional)" }
        contacts { "Contacts, one in each line (optional)" "Contactos, uno por línea (opcional)" }
        verified { "Our hospital knows this app" "Nuestro hospital conoce esta aplicación" }
        addresses { "Addresses" "Direcciones" }
        launch_uris { "Launch URLs, one in each line (optional)" "Direcciones de lanzamiento, una por línea (opcional)" }
        post_logout { "After signing out, one in each line (optional)" "Tras cerrar sesión, una por línea (opcional)" }
        post_logout_hint { "Where the browser may go when the app signs somebody out." "Adónde puede ir el navegador cuando la aplicación cierra una sesión." }
        keys { "Keys" "Claves" }
        keys_hint {
            "An address is better than pasted keys: the app's maker can then change them. Leave both empty to authenticate by a secret."
            "Una dirección es mejor que claves pegadas: así quien hace la aplicación puede cambiarlas. Deje ambas vacías para autenticar con un secreto."
        }
        keys_needed_hint {
            "An address is better than pasted keys: the app's maker can then change them."
            "Una dirección es mejor que claves pegadas: así quien hace la aplicación puede cambiarlas."
        }
        jwks { "Or the keys themselves (JWK Set, JSON)" "O las propias claves (JWK Set, JSON)" }
        access { "What it may do" "Qué puede hacer" }
        format { "Access tokens" "Tokens de acceso" }
        format_jwt { "Signed (JWT): servers check them by themselves" "Firmados (JWT): los servidores los comprueban solos" }
        format_opaque { "Opaque: servers ask this one (introspection)" "Opacos: los servidores preguntan a este (introspección)" }
        ends { "Permitted until the end of this day, UTC (optional)" "Permitida hasta el final de este día, UTC (opcional)" }
        ends_hint { "From then on it is treated as unknown. Empty: without end." "A partir de entonces se trata como desconocida. Vacío: sin fin." }
        who { "Who may use it" "Quién puede usarla" }
        roles { "Roles, one in each line (optional)" "Roles, uno por línea (opcional)" }
        roles_hint {
            "As your mapping rules give them. Whoever has one of them may use the app; empty: everybody."
            "Tal como los dan sus reglas de asignación. Quien tenga uno puede usar la aplicación; vacío: todo el mundo."
        }
        methods { "Only people who sign in by" "Solo personas que acceden por" }
        methods_hint { "None ticked: every sign-in method." "Ninguno marcado: todos los métodos de acceso." }
        first_method { "Begin the sign-in with" "Empezar el acceso con" }
        no_first_method { "What the person chooses" "Lo que la persona elija" }
        consent { "Asks for consent" "Pide consentimiento" }
        lifetimes {
            "How long tokens live is one setting for all apps of the hospital."
            "La duración de los tokens es un ajuste común a todas las aplicaciones del hospital."
        }
        save { "Save" "Guardar" }
    }
}

/// The ways to ask, each with its name in the form.
const CONSENT_MODES: [(&str, Option<AskConsent>); 5] = [
    ("", None),
    ("once", Some(AskConsent::Once)),
    ("own_record_each_time", Some(AskConsent::OwnRecordEachTime)),
    ("each_time", Some(AskConsent::EachTime)),
    ("never", Some(AskConsent::Never)),
];

impl ConsoleAppEdit {
    const fn words(&self) -> EditWords {
        EditWords(self.frame.chrome.language)
    }

    const fn form_words(&self) -> FormWords {
        FormWords(self.frame.chrome.language)
    }

    fn has_users(&self) -> bool {
        matches!(self.kind, AppKind::Browser | AppKind::Web)
    }

    fn may_have_keys(&self) -> bool {
        self.kind != AppKind::Browser && !self.of_directory
    }

    fn needs_keys(&self) -> bool {
        matches!(self.kind, AppKind::Backend | AppKind::Ehr)
    }

    /// The ways to ask for consent: name, words, whether it is chosen.
    fn consent_modes(&self) -> Vec<(&'static str, &'static str, bool)> {
        let language = self.frame.chrome.language;
        CONSENT_MODES
            .iter()
            .map(|(name, mode)| {
                (
                    *name,
                    consent_in_words(*mode, language),
                    *mode == self.values.ask_consent,
                )
            })
            .collect()
    }

    fn is_for(&self, alias: &str) -> bool {
        self.values.identity_providers.iter().any(|chosen| chosen == alias)
    }

    /// The fault of one field.
    fn fault(&self, member: &str) -> Option<&str> {
        let fault = self.faults.iter().find(|fault| fault.member == member)?;
        Some(&fault.problem)
    }

    /// The field of a fault, to be linked to; none for what has no field here.
    fn field_of(&self, member: &str) -> Option<&'static str> {
        let shown: &[&'static str] = match (self.of_directory, self.has_users(), self.may_have_keys()) {
            (true, _, _) => &["scope", "user_roles", "client_expires_at"],
            (false, true, true) => &[
                "client_name",
                "publisher",
                "client_uri",
                "contacts",
                "redirect_uris",
                "launch_uris",
                "post_logout_redirect_uris",
                "jwks_uri",
                "jwks",
                "scope",
                "user_roles",
                "client_expires_at",
            ],
            (false, true, false) => &[
                "client_name",
                "publisher",
                "client_uri",
                "contacts",
                "redirect_uris",
                "launch_uris",
                "post_logout_redirect_uris",
                "scope",
                "user_roles",
                "client_expires_at",
            ],
            (false, false, _) => &[
                "client_name",
                "publisher",
                "client_uri",
                "contacts",
                "jwks_uri",
                "jwks",
                "scope",
                "client_expires_at",
            ],
        };
        shown.iter().find(|name| **name == member).copied()
    }

    /// The attributes that tie a field to its hint and its fault.
    fn described(&self, member: &str, hint: bool) -> FieldAttributes {
        FieldAttributes {
            hint: hint.then(|| format!("{member}-hint")),
            wrong: self.fault(member).map(|_| format!("{member}-wrong")),
        }
    }
}

/// What stands in a field's tag so that a screen reader says its hint and what is wrong.
struct FieldAttributes {
    hint: Option<String>,
    wrong: Option<String>,
}

impl FieldAttributes {
    fn invalid(&self) -> bool {
        self.wrong.is_some()
    }

    fn ids(&self) -> String {
        let ids: Vec<&str> = [&self.hint, &self.wrong]
            .into_iter()
            .filter_map(Option::as_deref)
            .collect();
        ids.join(" ")
    }
}

impl Page for ConsoleAppEdit {
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
