//! Inviting somebody: an account of the tenant's own, and a link to choose its password.

use super::super::app_form::FieldFault;
use super::super::frame::ConsoleFrame;
use super::words::PersonWords;
use crate::web::administration::Said;
use crate::web::language::words;
use crate::web::{Chrome, Csrf, Href, Page};
use askama::Template;

/// The form.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/console/people/invite.html")]
pub struct ConsoleInvite {
    /// Navigation and the rest.
    pub frame: ConsoleFrame,
    /// The list.
    pub back: Href,
    /// Protects the form.
    pub csrf: Csrf,
    /// Where it goes.
    pub action: Href,
    /// The tenant's own accounts: alias, words on the button. Without any, nobody can be invited here.
    pub providers: Vec<(String, String)>,
    /// Where accounts are switched on, for those who may.
    pub sign_in_methods: Option<Href>,
    /// Whether only accounts that are named for emergencies sign in with a password.
    pub emergency_only: bool,
    /// Whether mail can be sent.
    pub mail: bool,
    /// What was typed.
    pub values: InviteValues,
    /// What is wrong with it.
    pub faults: Vec<FieldFault>,
}

/// What is typed into the form.
#[derive(Clone, Debug, Default)]
pub struct InviteValues {
    /// The alias of the accounts.
    pub provider: String,
    /// What they will sign in as.
    pub username: String,
    /// Full name.
    pub name: String,
    /// E-mail address.
    pub email: String,
    /// Their FHIR resource.
    pub fhir_user: String,
    /// National Provider Identifier.
    pub npi: String,
    /// Roles for the mapping of scopes, with spaces or commas between them.
    pub roles: String,
    /// Whether the link goes by mail.
    pub by_mail: bool,
    /// Whether the account is named for emergencies.
    pub break_glass: bool,
}

words! {
    /// This page's words.
    InviteWords {
        title { "Invite somebody" "Invitar a alguien" }
        lead {
            "Makes an account that is kept here, and a link with which its holder chooses the password. Whoever signs in through your hospital's own service needs none."
            "Crea una cuenta que se guarda aquí y un enlace con el que su titular elige la contraseña. Quien inicia sesión con el servicio de su hospital no la necesita."
        }
        closed { "There are no accounts of your own here" "Aquí no hay cuentas propias" }
        closed_text {
            "People sign in through your hospital's service and appear here after their first sign-in. To keep accounts here as well, connect “accounts kept here” as a sign-in method."
            "Las personas inician sesión con el servicio de su hospital y aparecen aquí tras su primer acceso. Para guardar también cuentas aquí, conecte «cuentas propias» como método de acceso."
        }
        sign_in_methods { "Sign-in methods" "Métodos de acceso" }
        accounts { "Accounts" "Cuentas" }
        wrong { "Something has to be corrected" "Hay que corregir algo" }
        username_hint { "What they type to sign in, often the e-mail address." "Lo que escribirá para iniciar sesión, a menudo el correo." }
        name_optional { "Full name (optional)" "Nombre completo (opcional)" }
        email_optional { "E-mail (optional)" "Correo electrónico (opcional)" }
        fhir_optional { "FHIR resource (optional)" "Recurso FHIR (opcional)" }
        fhir_hint { "Who they are in your records, such as Practitioner/123." "Quién es en sus registros, por ejemplo Practitioner/123." }
        npi_optional { "NPI (optional)" "NPI (opcional)" }
        roles_optional { "Roles for apps (optional)" "Roles para aplicaciones (opcional)" }
        roles_hint {
            "Names of your own, such as nurse, with a space between them: they decide what apps may be allowed. Roles of this console are given on the person's page."
            "Nombres propios, como nurse, separados por espacios: deciden qué se puede permitir a las aplicaciones. Los roles de esta consola se dan en la página de la persona."
        }
        emergency_only {
            "People sign in through your hospital's service here. An account with a password works beside it only when it is named for emergencies; each use is recorded and told to the owners."
            "Aquí se inicia sesión con el servicio de su hospital. Junto a él, una cuenta con contraseña solo funciona si se designa para emergencias; cada uso queda registrado y se avisa a las personas propietarias."
        }
        break_glass { "Name this account for emergencies" "Designar esta cuenta para emergencias" }
        delivery { "How the link gets there" "Cómo llega el enlace" }
        by_mail { "By mail, to the address above" "Por correo, a la dirección indicada" }
        shown { "Show it to me, and I hand it over" "Mostrármelo, y yo lo entrego" }
        no_mail { "No mail server is set up here, so the link is shown to you." "Aquí no hay servidor de correo, así que el enlace se le mostrará a usted." }
        save { "Invite" "Invitar" }
    }
}

impl ConsoleInvite {
    const fn words(&self) -> InviteWords {
        InviteWords(self.frame.chrome.language)
    }

    const fn person_words(&self) -> PersonWords {
        PersonWords(self.frame.chrome.language)
    }

    fn said(&self, problem: &str) -> Said {
        Said::new(problem, self.frame.chrome.language)
    }

    /// The fault of one field.
    fn fault(&self, member: &str) -> Option<Said> {
        let fault = self.faults.iter().find(|fault| fault.member == member)?;
        Some(self.said(&fault.problem))
    }

    /// What the list of faults calls a field, and the field.
    fn field_of(&self, member: &str) -> (&'static str, Option<&'static str>) {
        let (words, person) = (self.words(), self.person_words());
        match member {
            "username" => (person.username(), Some("username")),
            "name" => (person.name(), Some("name")),
            "email" => (person.email(), Some("email")),
            "fhir_user" => (person.fhir_user(), Some("fhir_user")),
            "npi" => (person.npi(), Some("npi")),
            "roles" => (words.roles_optional(), Some("roles")),
            _ => (words.accounts(), None),
        }
    }
}

impl Page for ConsoleInvite {
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
