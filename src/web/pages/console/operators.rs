//! Who runs the platform: operators, auditors and support.

use super::frame::ConsoleFrame;
use super::role_words::role_in_words;
use crate::kernel::{Secret, Timestamp};
use crate::web::dates::moment_in_words;
use crate::web::language::words;
use crate::web::{Chrome, Csrf, Href, Page};
use askama::Template;

/// The page.
#[derive(Clone, Template)]
#[template(path = "pages/console/operators.html")]
pub struct Operators {
    /// Navigation and the rest.
    pub frame: ConsoleFrame,
    /// Who has a role.
    pub rows: Vec<OperatorRow>,
    /// What can be done, for those who may.
    pub acts: Option<OperatorActs>,
    /// What was done just now.
    pub done: Option<OperatorDone>,
    /// What was typed.
    pub typed: TypedOperator,
    /// What is wrong: the field, and administration's words for it.
    pub problem: Option<(String, String)>,
}

/// A role of somebody.
#[derive(Clone, Debug)]
pub struct OperatorRow {
    /// The account, or a service's client id.
    pub principal: String,
    /// Their name and what they sign in as, for those who may see it.
    pub name: Option<(String, String)>,
    /// The role's name in the API.
    pub role: String,
    /// When it was given, RFC 3339.
    pub since: String,
    /// Whether it is the one who looks.
    pub own: bool,
    /// Whether they are a person, who can get a link.
    pub person: bool,
}

/// The forms.
#[derive(Clone, Debug)]
pub struct OperatorActs {
    /// Protects them.
    pub csrf: Csrf,
    /// Lets somebody in.
    pub invite: Href,
    /// Takes a role.
    pub withdraw: Href,
    /// Gives a role back.
    pub assign: Href,
    /// Makes a link.
    pub link: Href,
}

/// What was done.
#[derive(Clone)]
pub enum OperatorDone {
    /// Somebody was let in, or got a new link, which is shown this once. None: they have a password already.
    Link(Option<(Secret<String>, Timestamp)>),
    /// A role was taken: whose, which.
    Withdrawn(String, String),
    /// It was given back.
    Assigned,
}

/// What was typed into the form.
#[derive(Clone, Debug, Default)]
pub struct TypedOperator {
    /// E-mail address and user name.
    pub email: String,
    /// Full name.
    pub name: String,
    /// The role's name in the API.
    pub role: String,
}

words! {
    /// This page's words.
    OperatorsWords {
        title { "Operators" "Personal de la plataforma" }
        lead {
            "Who may work here, and as what. All of them sign in with a second factor; what they do at a tenant stands in its log."
            "Quién puede trabajar aquí y con qué rol. Todos usan un segundo factor al entrar; lo que hacen en una organización consta en su registro."
        }
        who { "Who" "Quién" }
        role { "Role" "Rol" }
        since { "Since" "Desde" }
        actions { "Actions" "Acciones" }
        you { "You" "Usted" }
        none { "Nobody has a role yet." "Nadie tiene un rol todavía." }
        withdraw { "Take the role" "Retirar el rol" }
        withdraw_of(who: &str) { "Take the role of {who}" "Retirar el rol de {who}" }
        new_link { "New link" "Enlace nuevo" }
        new_link_for(who: &str) { "New link for {who}" "Enlace nuevo para {who}" }
        invite { "Let somebody in" "Dar acceso a alguien" }
        email { "E-mail address, which is the user name too" "Correo electrónico, que es también el usuario" }
        name { "Full name" "Nombre completo" }
        operator_hint { "Everything, at every tenant." "Todo, en todas las organizaciones." }
        auditor_hint { "Sees what is done and changes nothing; no users' names." "Ve lo que se hace y no cambia nada; sin nombres de usuarios." }
        support_hint { "Finds out why something does not work; no secrets, no personal data." "Averigua por qué algo no funciona; sin secretos ni datos personales." }
        do_invite { "Make the link" "Crear el enlace" }
        problem { "Nothing was done" "No se hizo nada" }
        link { "The link" "El enlace" }
        link_text(until: &str) {
            "Send it by a way that only they read. It is shown this once and works until {until}. Then they choose a password and set up a second factor."
            "Envíelo por un medio que solo esa persona lea. Se muestra esta única vez y sirve hasta {until}. Con él elige una contraseña y configura un segundo factor."
        }
        no_link { "They have the role now, and sign in as before: no link is needed." "Ya tiene el rol y entra como hasta ahora: no hace falta enlace." }
        withdrawn(role: &str) { "The role {role} was taken. It ends at once, also where they are signed in." "Se retiró el rol {role}. Termina enseguida, también donde haya iniciado sesión." }
        undo { "Give it back" "Devolverlo" }
        assigned { "The role was given back." "Se devolvió el rol." }
        read_only { "Your role lets you see this, not change it." "Su rol le permite verlo, no cambiarlo." }
    }
}

impl Operators {
    const fn words(&self) -> OperatorsWords {
        OperatorsWords(self.frame.chrome.language)
    }

    fn role(&self, role: &str) -> &'static str {
        role_in_words(role, self.frame.chrome.language)
    }

    fn roles(&self) -> [(&'static str, &'static str, &'static str); 3] {
        let words = self.words();
        [
            ("platform_operator", words.operator_hint()),
            ("platform_auditor", words.auditor_hint()),
            ("platform_support", words.support_hint()),
        ]
        .map(|(role, hint)| (role, self.role(role), hint))
    }

    fn is_chosen(&self, role: &str) -> bool {
        self.typed.role == role || (self.typed.role.is_empty() && role == "platform_support")
    }

    /// A field as the form calls it.
    fn label_of(&self, field: &str) -> &'static str {
        let words = self.words();
        match field {
            "name" => words.name(),
            "role" => words.role(),
            _ => words.email(),
        }
    }

    fn is_wrong(&self, field: &str) -> bool {
        self.problem.as_ref().is_some_and(|(wrong, _)| wrong == field)
    }

    fn link_text(&self, until: Timestamp) -> String {
        let until = moment_in_words(until, self.frame.chrome.language);
        self.words().link_text(&until)
    }
}

impl OperatorRow {
    fn who(&self) -> &str {
        self.name.as_ref().map_or(&self.principal, |(name, _)| name)
    }
}

impl Page for Operators {
    fn chrome(&self) -> &Chrome {
        &self.frame.chrome
    }
}
