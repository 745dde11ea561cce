//! One person: who they are, how they sign in, what they may do, where they are signed in, and helping them.

use super::super::frame::ConsoleFrame;
use super::super::home::ActivityRow;
use super::super::role_words::role_in_words;
use super::words::PersonWords;
use crate::kernel::Timestamp;
use crate::web::dates::moment_in_words;
use crate::web::language::words;
use crate::web::{Chrome, Csrf, Href, Page};
use askama::Template;

/// A person. What the one who looks may not see is `None`.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/console/people/person.html")]
pub struct ConsolePerson {
    /// Navigation and the rest.
    pub frame: ConsoleFrame,
    /// The list.
    pub back: Href,
    /// Who they are.
    pub facts: PersonFacts,
    /// How they sign in with an account of the tenant's own.
    pub local: Option<LocalFacts>,
    /// Until when they have to wait after wrong passwords.
    pub locked_until: Option<Timestamp>,
    /// Their roles in administration.
    pub roles: Option<Vec<RoleRow>>,
    /// Where they are signed in.
    pub sessions: Option<Vec<SessionRow>>,
    /// What they allowed to apps.
    pub consents: Option<Vec<ConsentRow>>,
    /// What happened lately.
    pub events: Option<Vec<ActivityRow>>,
    /// What can be done.
    pub actions: PersonActions,
    /// What was just done.
    pub done: Option<PersonDone>,
    /// What was typed to confirm was something else.
    pub unconfirmed: Option<Unconfirmed>,
    /// Everything that this person did or that was done to them.
    pub activity: Option<Href>,
}

/// An act whose confirmation was something else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unconfirmed {
    /// Removing second factors.
    Factors,
    /// Deleting the person.
    Deletion,
}

/// Who somebody is. Personal data.
#[derive(Clone, Debug)]
pub struct PersonFacts {
    /// The account's id.
    pub id: String,
    /// Full name, else what they sign in as.
    pub title: String,
    /// What they sign in as.
    pub username: String,
    /// Where they sign in; `None` when that was removed.
    pub provider: Option<String>,
    /// E-mail address.
    pub email: Option<String>,
    /// Their FHIR resource.
    pub fhir_user: Option<String>,
    /// Patient records that they may open.
    pub patients: Vec<String>,
    /// National Provider Identifier.
    pub npi: Option<String>,
    /// Roles by the tenant's mapping.
    pub roles: Vec<String>,
    /// Whether they may no longer sign in.
    pub disabled: bool,
    /// Since when they are known.
    pub since: Option<Timestamp>,
    /// When they last signed in.
    pub last_sign_in: Option<Timestamp>,
}

/// What an account of the tenant's own has.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub struct LocalFacts {
    /// A password.
    pub password: bool,
    /// An authenticator app.
    pub authenticator: bool,
    /// Passkeys.
    pub passkeys: u32,
    /// Recovery codes left.
    pub recovery_codes: u32,
    /// Named for emergencies.
    pub break_glass: bool,
    /// Whether there is a second factor to remove.
    pub has_second_factor: bool,
}

/// A role in administration.
#[derive(Clone, Debug)]
pub struct RoleRow {
    /// Its name in the API.
    pub role: &'static str,
    /// Whether it was given; else it comes from a rule about roles at the identity provider.
    pub given: bool,
    /// Whether it can be taken by whoever looks.
    pub can_take: bool,
}

/// A session.
#[derive(Clone, Debug)]
pub struct SessionRow {
    /// Its id in administration.
    pub id: String,
    /// Since when.
    pub since: Option<Timestamp>,
    /// When it was last used.
    pub last_used: Option<Timestamp>,
    /// When it ends.
    pub until: Option<Timestamp>,
    /// How they proved who they are (RFC 8176).
    pub methods: Vec<String>,
}

/// What was allowed to an app.
#[derive(Clone, Debug)]
pub struct ConsentRow {
    /// The app's id.
    pub client_id: String,
    /// The scopes.
    pub scopes: Vec<String>,
    /// When.
    pub at: Option<Timestamp>,
}

/// A form of the page.
#[derive(Clone, Debug)]
pub struct PersonForm {
    /// Protects it.
    pub csrf: Csrf,
    /// Where it goes.
    pub action: Href,
}

/// What can be done; `None` for what the one who looks may not do, or what there is nothing to do about.
#[derive(Clone, Debug, Default)]
pub struct PersonActions {
    /// Trying again at once.
    pub unlock: Option<PersonForm>,
    /// A link to choose a password.
    pub link: Option<PersonForm>,
    /// The link can go by mail.
    pub link_by_mail: bool,
    /// The link can be shown.
    pub link_shown: bool,
    /// Giving and taking roles.
    pub roles: Option<PersonForm>,
    /// The roles that can be given.
    pub can_give: Vec<&'static str>,
    /// Ending one session.
    pub end_session: Option<PersonForm>,
    /// Signing out everywhere.
    pub sign_out: Option<PersonForm>,
    /// Withdrawing what an app was allowed.
    pub withdraw: Option<PersonForm>,
    /// Removing second factors.
    pub second_factors: Option<PersonForm>,
    /// Shutting out and letting in.
    pub status: Option<PersonForm>,
    /// Deleting.
    pub delete: Option<PersonForm>,
}

/// What was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PersonDone {
    /// They can try again.
    Unlocked,
    /// A link is on its way.
    LinkMailed,
    /// One session ended.
    SessionEnded,
    /// All sessions ended.
    SignedOut,
    /// A role was given.
    RoleGiven,
    /// A role was taken.
    RoleTaken,
    /// What an app was allowed was withdrawn.
    Withdrawn,
    /// Second factors were removed.
    FactorsRemoved,
    /// They are shut out.
    Disabled,
    /// They may sign in again.
    Enabled,
}

impl PersonDone {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::Unlocked,
        Self::LinkMailed,
        Self::SessionEnded,
        Self::SignedOut,
        Self::RoleGiven,
        Self::RoleTaken,
        Self::Withdrawn,
        Self::FactorsRemoved,
        Self::Disabled,
        Self::Enabled,
    ];

    /// The name in addresses.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unlocked => "unlocked",
            Self::LinkMailed => "link_mailed",
            Self::SessionEnded => "session_ended",
            Self::SignedOut => "signed_out",
            Self::RoleGiven => "role_given",
            Self::RoleTaken => "role_taken",
            Self::Withdrawn => "withdrawn",
            Self::FactorsRemoved => "factors_removed",
            Self::Disabled => "disabled",
            Self::Enabled => "enabled",
        }
    }

    /// What has this name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|done| done.as_str() == name)
    }

    const fn text(self, words: OnePersonWords) -> &'static str {
        match self {
            Self::Unlocked => words.done_unlocked(),
            Self::LinkMailed => words.done_link(),
            Self::SessionEnded => words.done_session(),
            Self::SignedOut => words.done_signed_out(),
            Self::RoleGiven => words.done_given(),
            Self::RoleTaken => words.done_taken(),
            Self::Withdrawn => words.done_withdrawn(),
            Self::FactorsRemoved => words.done_factors(),
            Self::Disabled => words.done_disabled(),
            Self::Enabled => words.done_enabled(),
        }
    }
}

words! {
    /// This page's words.
    OnePersonWords {
        title(name: &str) { "Person “{name}”" "Persona «{name}»" }
        facts { "Who this is" "Quién es" }
        id { "Account id" "Identificador de la cuenta" }
        patients { "Patient records" "Fichas de pacientes" }
        app_roles { "Roles for apps" "Roles para aplicaciones" }
        since { "Known since" "Se conoce desde" }
        disabled_text {
            "This person cannot sign in, and apps that act for them get nothing."
            "Esta persona no puede iniciar sesión y las aplicaciones que actúan por ella no reciben nada."
        }
        locked_text(until: &str) {
            "Too many wrong passwords or codes were given. This person may have to wait until {until}."
            "Se han dado demasiadas contraseñas o códigos incorrectos. Es posible que esta persona deba esperar hasta {until}."
        }
        unlock { "Let them try again now" "Permitir que lo intente ya" }
        signs_in { "How they sign in" "Cómo inicia sesión" }
        elsewhere {
            "Passwords and second factors are kept by the sign-in service and changed there."
            "Las contraseñas y los segundos factores los guarda el servicio de acceso y se cambian allí."
        }
        password { "Password" "Contraseña" }
        chosen { "Chosen" "Elegida" }
        not_chosen { "Not chosen yet" "Todavía sin elegir" }
        authenticator { "Authenticator app" "Aplicación de códigos" }
        set_up { "Set up" "Configurada" }
        none { "None" "Ninguna" }
        passkeys { "Passkeys" "Llaves de acceso" }
        recovery_codes { "Recovery codes left" "Códigos de recuperación restantes" }
        emergency { "Emergency account" "Cuenta de emergencia" }
        yes { "Yes" "Sí" }
        link { "A link to choose a password" "Un enlace para elegir contraseña" }
        link_text {
            "It works once. Links from before stop working; the present password works until another is chosen."
            "Funciona una sola vez. Los enlaces anteriores dejan de funcionar; la contraseña actual sirve hasta que se elija otra."
        }
        link_mail { "Send it by mail" "Enviarlo por correo" }
        link_show { "Show it to me" "Mostrármelo" }
        link_cannot {
            "It can only go by mail, and this person has no address or no mail server is set up. Ask an identity administrator."
            "Solo puede enviarse por correo, y esta persona no tiene dirección o no hay servidor de correo. Pídalo a la administración de identidades."
        }
        roles_title { "Roles in this administration" "Roles en esta administración" }
        roles_none { "None: this person does not administer anything here." "Ninguno: esta persona no administra nada aquí." }
        given { "Given here" "Dado aquí" }
        by_rule { "By a rule, from the sign-in service" "Por una regla, desde el servicio de acceso" }
        how { "How" "Cómo" }
        role { "Role" "Rol" }
        take { "Take away" "Retirar" }
        give { "Give a role" "Dar un rol" }
        sessions { "Signed in" "Sesiones abiertas" }
        sessions_none { "Not signed in anywhere." "Sin sesiones abiertas." }
        session_since { "Since" "Desde" }
        last_used { "Last used" "Último uso" }
        until { "Ends" "Termina" }
        methods { "Proved by" "Demostrado con" }
        end { "End" "Cerrar" }
        end_of(since: &str) { "the session since {since}" "la sesión desde {since}" }
        sign_out { "Sign out everywhere" "Cerrar todas las sesiones" }
        sign_out_text {
            "Every session ends, and apps lose what they were given in it."
            "Se cierran todas las sesiones y las aplicaciones pierden lo que recibieron en ellas."
        }
        offline { "Also end access that apps have while this person is away" "Terminar también el acceso que las aplicaciones tienen sin la persona presente" }
        consents { "Apps with access" "Aplicaciones con acceso" }
        consents_none { "This person has not allowed anything to an app." "Esta persona no ha permitido nada a ninguna aplicación." }
        app { "App" "Aplicación" }
        allowed { "Allowed" "Permitido" }
        when { "When" "Cuándo" }
        withdraw { "Withdraw" "Retirar" }
        events { "What happened lately" "Lo más reciente" }
        events_none { "Nothing is recorded." "No hay nada registrado." }
        factors { "Remove second factors" "Quitar los segundos factores" }
        factors_text {
            "For somebody who lost them all. The authenticator app, passkeys and recovery codes are gone for good, every session ends, and the person is told by mail. Make sure first that it is really them."
            "Para quien los ha perdido todos. La aplicación de códigos, las llaves y los códigos de recuperación desaparecen para siempre, se cierran todas las sesiones y se avisa a la persona por correo. Asegúrese antes de que es realmente ella."
        }
        confirm(word: &str) { "Type {word} to confirm" "Escriba {word} para confirmar" }
        not_confirmed { "This is something else. Nothing was removed." "No coincide. No se ha quitado nada." }
        disable { "Shut this person out" "Quitar el acceso a esta persona" }
        disable_text {
            "They are signed out at once and cannot sign in until somebody lets them in again."
            "Se cierra su sesión de inmediato y no podrá iniciar otra hasta que alguien le devuelva el acceso."
        }
        enable { "Let this person in again" "Devolver el acceso a esta persona" }
        delete { "Delete this person" "Eliminar a esta persona" }
        delete_text {
            "For good: they are signed out, apps lose their access, and what is known of them is erased. What they did stays in the activity under their account id. Whoever signs in again later is somebody new."
            "Para siempre: se cierran sus sesiones, las aplicaciones pierden el acceso y se borra lo que se sabe de la persona. Lo que hizo queda en la actividad con su identificador. Si vuelve a iniciar sesión, será una persona nueva."
        }
        not_deleted { "This is something else. Nobody was deleted." "No coincide. No se ha eliminado a nadie." }
        all_activity { "All activity of this person" "Toda la actividad de esta persona" }
        done_unlocked { "This person can try again now." "Esta persona ya puede intentarlo de nuevo." }
        done_link { "The link is on its way by mail." "El enlace va en camino por correo." }
        done_session { "The session has ended." "La sesión se ha cerrado." }
        done_signed_out { "This person is signed out everywhere." "Se han cerrado todas las sesiones de esta persona." }
        done_given { "The role was given." "Se ha dado el rol." }
        done_taken { "The role was taken." "Se ha retirado el rol." }
        done_withdrawn { "The app's access was withdrawn." "Se ha retirado el acceso de la aplicación." }
        done_factors { "The second factors were removed." "Se han quitado los segundos factores." }
        done_disabled { "This person is shut out." "Esta persona ya no tiene acceso." }
        done_enabled { "This person may sign in again." "Esta persona puede iniciar sesión de nuevo." }
    }
}

impl ConsolePerson {
    const fn words(&self) -> OnePersonWords {
        OnePersonWords(self.frame.chrome.language)
    }

    const fn person_words(&self) -> PersonWords {
        PersonWords(self.frame.chrome.language)
    }

    /// The state in words, and the class of its badge.
    const fn state(&self) -> (&'static str, &'static str) {
        let words = self.person_words();
        if self.facts.disabled {
            (words.disabled(), "danger")
        } else if self.locked_until.is_some() {
            (words.locked(), "warning")
        } else {
            (words.active(), "good")
        }
    }

    fn is_unconfirmed(&self, act: Unconfirmed) -> bool {
        self.unconfirmed == Some(act)
    }

    fn done_in_words(&self) -> Option<&'static str> {
        Some(self.done?.text(self.words()))
    }

    fn role(&self, role: &str) -> &'static str {
        role_in_words(role, self.frame.chrome.language)
    }

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "templates pass what they loop over")]
    fn moment(&self, at: &Timestamp) -> String {
        moment_in_words(*at, self.frame.chrome.language)
    }

    /// What is said of one of several buttons of the same name.
    fn session_in_words(&self, session: &SessionRow) -> String {
        let since = session.since.map(|since| self.moment(&since)).unwrap_or_default();
        self.words().end_of(&since)
    }
}

impl Page for ConsolePerson {
    fn chrome(&self) -> &Chrome {
        &self.frame.chrome
    }
}
