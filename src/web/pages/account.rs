//! The user's own account: what proves who they are, and where they are signed in.

use crate::kernel::Timestamp;
use crate::web::dates::moment_in_words;
use crate::web::language::words;
use crate::web::{Chrome, Csrf, Href, Page};
use askama::Template;

/// The overview.
#[derive(Template)]
#[template(path = "pages/account.html")]
pub struct AccountPage {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// The signed-in person's name.
    pub person: String,
    /// The token of the page's forms.
    pub csrf: Csrf,
    /// What was done just now.
    pub done: Option<AccountDone>,
    /// What proves who they are, for an account of the hospital's own.
    pub security: Option<SecurityFacts>,
    /// The sign-in service of everybody else, in the hospital's words.
    pub provider: String,
    /// The sessions, newest first.
    pub sessions: Vec<SessionItem>,
    /// Where other sessions are ended.
    pub end_sessions: Href,
    /// The apps that have access.
    pub apps: Href,
    /// Where one signs out; takes a token of its own.
    pub sign_out: Href,
    /// That token.
    pub sign_out_csrf: Csrf,
}

/// What is set up.
#[derive(Clone, Debug)]
pub struct SecurityFacts {
    /// Whether this is an account for emergencies.
    pub emergency: bool,
    /// Whether there is a password.
    pub has_password: bool,
    /// When it was chosen, if that is known.
    pub password_changed: Option<Timestamp>,
    /// Where the password is changed.
    pub change_password: Href,
    /// Whether an authenticator app is set up.
    pub has_app: bool,
    /// Where one is set up.
    pub set_up_app: Href,
    /// Where it is removed.
    pub remove_app: Href,
    /// The passkeys.
    pub passkeys: Vec<PasskeyItem>,
    /// Where one is added; none where this server's address does not allow them.
    pub add_passkey: Option<Href>,
    /// Where one is removed.
    pub remove_passkey: Href,
    /// Recovery codes left.
    pub recovery_codes: u32,
    /// Where new ones are made.
    pub new_recovery_codes: Href,
}

impl SecurityFacts {
    /// Whether recovery codes would be of any use.
    fn needs_recovery_codes(&self) -> bool {
        self.has_app || !self.passkeys.is_empty()
    }
}

/// A passkey.
#[derive(Clone, Debug)]
pub struct PasskeyItem {
    /// The name its owner gave it.
    pub label: String,
    /// What it is named by in the form.
    pub handle: String,
    /// When it was added.
    pub created: Timestamp,
    /// When it was last used.
    pub last_used: Option<Timestamp>,
}

/// A session.
#[derive(Clone, Copy, Debug)]
pub struct SessionItem {
    /// Since when.
    pub since: Option<Timestamp>,
    /// Until when, unless it is used.
    pub until: Timestamp,
    /// Whether it is this one.
    pub this: bool,
}

/// What was done just now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccountDone {
    /// The password was changed.
    Password,
    /// An authenticator app was set up.
    AppAdded,
    /// It was removed.
    AppRemoved,
    /// A passkey was added.
    PasskeyAdded,
    /// One was removed.
    PasskeyRemoved,
    /// The other sessions were ended.
    SessionsEnded,
}

impl AccountDone {
    /// Every one.
    pub const ALL: [Self; 6] = [
        Self::Password,
        Self::AppAdded,
        Self::AppRemoved,
        Self::PasskeyAdded,
        Self::PasskeyRemoved,
        Self::SessionsEnded,
    ];

    /// The word in the page's address.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::AppAdded => "app-added",
            Self::AppRemoved => "app-removed",
            Self::PasskeyAdded => "passkey-added",
            Self::PasskeyRemoved => "passkey-removed",
            Self::SessionsEnded => "sessions-ended",
        }
    }

    /// From the page's address.
    pub fn read(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|done| done.as_str() == text)
    }
}

words! {
    AccountWords {
        title { "Your account" "Su cuenta" }
        signed_in { "Signed in as" "Sesión iniciada como" }
        emergency {
            "This is an emergency account. The hospital's owners were told by mail that it is in use."
            "Esta es una cuenta de emergencia. Se ha avisado por correo a los responsables del hospital de que está en uso."
        }
        elsewhere(provider: &str) {
            "You sign in through “{provider}”. Password and second factor are changed there."
            "Usted inicia sesión a través de «{provider}». La contraseña y el segundo factor se cambian allí."
        }
        password { "Password" "Contraseña" }
        password_changed { "Changed" "Cambiada" }
        password_set { "Set" "Establecida" }
        password_none { "You have none." "No tiene ninguna." }
        change { "Change password" "Cambiar la contraseña" }
        app { "Authenticator app" "Aplicación de autenticación" }
        app_on { "Set up" "Configurada" }
        app_off { "Not set up. It shows a code that is asked for after your password." "Sin configurar. Muestra un código que se pide después de la contraseña." }
        app_set_up { "Set up an authenticator app" "Configurar una aplicación de autenticación" }
        app_replace { "Set up another one" "Configurar otra" }
        app_remove { "Remove the app" "Quitar la aplicación" }
        passkeys { "Passkeys" "Llaves de acceso" }
        passkeys_none {
            "None. A passkey is a key on your phone, computer or security key: you sign in with your finger, face or PIN."
            "Ninguna. Una llave de acceso está en su teléfono, ordenador o llave de seguridad: inicia sesión con su dedo, su cara o un PIN."
        }
        passkey_add { "Add a passkey" "Añadir una llave de acceso" }
        passkey_remove { "Remove" "Quitar" }
        added { "Added" "Añadida" }
        last_used { "Last used" "Último uso" }
        never { "Never" "Nunca" }
        recovery { "Recovery codes" "Códigos de recuperación" }
        recovery_left(count: &str) { "{count} left" "Quedan {count}" }
        recovery_about {
            "Each lets you in once when your phone or key is lost."
            "Cada uno le permite entrar una vez si pierde su teléfono o su llave."
        }
        recovery_new { "Make new codes" "Crear códigos nuevos" }
        sessions { "Where you are signed in" "Dónde tiene la sesión iniciada" }
        this_session { "This browser" "Este navegador" }
        other_session { "Another browser" "Otro navegador" }
        since { "Since" "Desde" }
        end_others { "Sign out everywhere else" "Cerrar las demás sesiones" }
        apps { "Apps with access" "Aplicaciones con acceso" }
        sign_out { "Sign out" "Cerrar sesión" }
        done_password {
            "Your password was changed, and you are signed out everywhere else."
            "Se ha cambiado su contraseña y se han cerrado sus demás sesiones."
        }
        done_app_added { "Your authenticator app is set up." "Su aplicación de autenticación está configurada." }
        done_app_removed { "Your authenticator app was removed." "Se ha quitado su aplicación de autenticación." }
        done_passkey_added { "Your passkey was added." "Se ha añadido su llave de acceso." }
        done_passkey_removed { "The passkey was removed." "Se ha quitado la llave de acceso." }
        done_sessions { "You are signed out everywhere else." "Se han cerrado sus demás sesiones." }
    }
}

impl AccountPage {
    const fn words(&self) -> AccountWords {
        AccountWords(self.chrome.language)
    }

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "templates pass what they loop over")]
    fn moment_of(&self, moment: &Timestamp) -> String {
        moment_in_words(*moment, self.chrome.language)
    }

    fn done_in_words(&self) -> Option<&'static str> {
        let words = self.words();
        Some(match self.done? {
            AccountDone::Password => words.done_password(),
            AccountDone::AppAdded => words.done_app_added(),
            AccountDone::AppRemoved => words.done_app_removed(),
            AccountDone::PasskeyAdded => words.done_passkey_added(),
            AccountDone::PasskeyRemoved => words.done_passkey_removed(),
            AccountDone::SessionsEnded => words.done_sessions(),
        })
    }

    fn codes_left(&self) -> String {
        self.security
            .as_ref()
            .map_or_else(String::new, |security| security.recovery_codes.to_string())
    }

    fn has_other_sessions(&self) -> bool {
        self.sessions.iter().any(|session| !session.this)
    }
}

impl Page for AccountPage {
    fn chrome(&self) -> &Chrome {
        &self.chrome
    }
}
