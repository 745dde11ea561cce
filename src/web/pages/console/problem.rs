//! When a page of a console cannot be shown, or its act not done: what happened and what to do.

use crate::web::administration::Said;
use crate::web::language::words;
use crate::web::{Chrome, Href, Page};
use askama::Template;
use axum::http::StatusCode;

/// Something that cannot be shown or done. Without navigation: it comes also to those who have none.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/console/problem.html")]
pub struct ConsoleProblemPage {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// What happened.
    pub problem: ConsoleProblem,
    /// Whoever is signed in, so that they see whether it is the right account.
    pub person: Option<String>,
    /// What exactly, in the words of administration.
    pub detail: Option<String>,
    /// Where to go on.
    pub next: Option<Href>,
}

/// What can happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConsoleProblem {
    /// Signed in, without a role in administration.
    NoRole,
    /// An operator who signed in with a password alone.
    SecondFactor,
    /// Roles that do not reach this far.
    Forbidden,
    /// Nothing is there, or not any more.
    NotFound,
    /// The form is from an earlier session, or forged.
    FormOutdated,
    /// Somebody else changed it meanwhile.
    Changed,
    /// It contradicts what is there.
    Conflict,
    /// The sign-in service did not ask again although it was told to.
    NotAskedAgain,
    /// A dangerous act, and a sign-in that was not just now.
    SignInAgain,
}

impl ConsoleProblem {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::NoRole,
        Self::SecondFactor,
        Self::Forbidden,
        Self::NotFound,
        Self::FormOutdated,
        Self::Changed,
        Self::Conflict,
        Self::NotAskedAgain,
        Self::SignInAgain,
    ];

    /// The status of the page.
    pub const fn status(self) -> StatusCode {
        match self {
            Self::NoRole
            | Self::SecondFactor
            | Self::Forbidden
            | Self::FormOutdated
            | Self::NotAskedAgain
            | Self::SignInAgain => StatusCode::FORBIDDEN,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::Changed | Self::Conflict => StatusCode::CONFLICT,
        }
    }
}

words! {
    /// This page's words.
    ProblemWords {
        no_role { "You have no role in this administration" "No tiene ningún rol en esta administración" }
        no_role_what {
            "You are signed in, and nobody has given you a role here yet. Nothing is wrong with your account."
            "Ha iniciado sesión, pero todavía nadie le ha dado un rol aquí. Su cuenta no tiene ningún problema."
        }
        no_role_do {
            "Ask an owner of this hospital's administration to give you a role. Tell them the account below."
            "Pida a una persona responsable de la administración de este hospital que le dé un rol. Indíquele la cuenta que ve abajo."
        }
        second_factor { "A password alone does not open this console" "Una contraseña sola no abre esta consola" }
        second_factor_what {
            "Operators of the platform prove who they are with a passkey or a one-time code as well."
            "Quienes operan la plataforma demuestran su identidad también con una llave de acceso o un código de un solo uso."
        }
        second_factor_do {
            "Set one up in your account, then sign in with it."
            "Configure uno en su cuenta y después inicie sesión con él."
        }
        forbidden { "Your role does not allow this" "Su rol no permite esto" }
        forbidden_what { "Nothing was changed." "No se ha cambiado nada." }
        forbidden_do {
            "Ask an owner of this hospital's administration, who can do it or give you the role for it."
            "Pídalo a una persona responsable de la administración de este hospital: puede hacerlo o darle el rol necesario."
        }
        not_found { "There is nothing here" "Aquí no hay nada" }
        not_found_what {
            "What you are looking for does not exist, or somebody removed it."
            "Lo que busca no existe, o alguien lo ha eliminado."
        }
        not_found_do { "Go back and look for it in its list." "Vuelva atrás y búsquelo en su lista." }
        outdated { "This form was out of date" "Este formulario ya no era válido" }
        outdated_what {
            "It belongs to an earlier session, so we did not act on it."
            "Pertenece a una sesión anterior, por lo que no lo hemos procesado."
        }
        outdated_do {
            "Open the page again and repeat the step. If you did not send a form, you need not do anything."
            "Abra la página de nuevo y repita el paso. Si usted no envió ningún formulario, no tiene que hacer nada."
        }
        changed { "Somebody else changed this meanwhile" "Otra persona lo ha cambiado entretanto" }
        changed_what { "Your change was not made." "Su cambio no se ha realizado." }
        changed_do { "Look at it as it is now, then try again." "Mire cómo está ahora e inténtelo de nuevo." }
        conflict { "This cannot be done" "No se puede hacer" }
        not_asked { "Your sign-in service did not ask you again" "Su servicio de acceso no le ha vuelto a preguntar" }
        not_asked_what {
            "This step needs a sign-in from the last 15 minutes. We asked for one, and got an older one back."
            "Este paso necesita un inicio de sesión de los últimos 15 minutos. Lo hemos pedido y hemos recibido uno más antiguo."
        }
        not_asked_do {
            "Sign out, sign in again, and repeat the step. If that does not help, tell whoever runs the sign-in service that it has to heed ForceAuthn or max_age."
            "Cierre la sesión, vuelva a iniciarla y repita el paso. Si no ayuda, indique a quien gestiona el servicio de acceso que debe respetar ForceAuthn o max_age."
        }
        again { "Sign in once more" "Inicie sesión otra vez" }
        again_what {
            "This step cannot be taken back, and you signed in more than 15 minutes ago. Nothing was done yet."
            "Este paso no se puede deshacer y usted inició sesión hace más de 15 minutos. Todavía no se ha hecho nada."
        }
        again_do {
            "Prove once more that it is you, then repeat the step on the page to which you come back."
            "Demuestre otra vez que es usted y repita el paso en la página a la que volverá."
        }
        signed_in_as { "Signed in as" "Sesión iniciada como" }
        detail { "In detail" "En detalle" }
        next { "Go on" "Continuar" }
    }
}

impl ConsoleProblemPage {
    const fn words(&self) -> ProblemWords {
        ProblemWords(self.chrome.language)
    }

    fn said(&self, detail: &str) -> Said {
        Said::new(detail, self.chrome.language)
    }

    /// Whether the detail is what happened, and not one more.
    const fn says_why(&self) -> bool {
        matches!(self.problem, ConsoleProblem::Conflict)
    }

    /// Title, what happened, what to do.
    const fn text(&self) -> (&'static str, &'static str, &'static str) {
        let words = self.words();
        match self.problem {
            ConsoleProblem::NoRole => (words.no_role(), words.no_role_what(), words.no_role_do()),
            ConsoleProblem::SecondFactor => (
                words.second_factor(),
                words.second_factor_what(),
                words.second_factor_do(),
            ),
            ConsoleProblem::Forbidden => (words.forbidden(), words.forbidden_what(), words.forbidden_do()),
            ConsoleProblem::NotFound => (words.not_found(), words.not_found_what(), words.not_found_do()),
            ConsoleProblem::FormOutdated => (words.outdated(), words.outdated_what(), words.outdated_do()),
            ConsoleProblem::Changed => (words.changed(), words.changed_what(), words.changed_do()),
            ConsoleProblem::Conflict => (words.conflict(), words.changed_what(), words.changed_do()),
            ConsoleProblem::SignInAgain => (words.again(), words.again_what(), words.again_do()),
            ConsoleProblem::NotAskedAgain => (words.not_asked(), words.not_asked_what(), words.not_asked_do()),
        }
    }
}

impl Page for ConsoleProblemPage {
    fn chrome(&self) -> &Chrome {
        &self.chrome
    }

    fn status(&self) -> StatusCode {
        self.problem.status()
    }
}
