//! The pages of a test of a sign-in service: before it, and what came of it.

use super::trace::TraceLook;
use crate::web::language::words;
use crate::web::{Chrome, Href, Page};
use askama::Template;

/// Where a test stands.
#[derive(Clone, Debug)]
pub enum TestSignInState {
    /// It can begin.
    Ready {
        /// Where it begins.
        start: Href,
        /// How long the link works.
        minutes: u16,
    },
    /// The link is used, too old or none.
    Gone,
    /// It is over.
    Result(Box<TraceLook>),
}

/// A test of a sign-in service with this browser. Nobody is signed in by it.
#[derive(Template)]
#[template(path = "pages/test_sign_in.html")]
pub struct TestSignIn {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// The service, in the hospital's words.
    pub provider: String,
    /// Where the test stands.
    pub state: TestSignInState,
}

words! {
    TestSignInWords {
        title { "Test the sign-in" "Probar el inicio de sesión" }
        result_title { "Result of the test" "Resultado de la prueba" }
        gone_title { "This test link does not work any more" "Este enlace de prueba ya no funciona" }
        about(provider: &str) {
            "You are about to sign in at “{provider}” with your own account, to see whether the connection works."
            "Va a iniciar sesión en «{provider}» con su propia cuenta, para ver si la conexión funciona."
        }
        nothing {
            "You will not be signed in to anything here, and no account is made. What your sign-in service sends is shown to you; whoever sent you this link sees whether it worked and which fields came, not their contents."
            "No se iniciará su sesión en nada aquí ni se creará ninguna cuenta. Se le mostrará lo que envíe su servicio de inicio de sesión; quien le envió este enlace ve si funcionó y qué campos llegaron, no su contenido."
        }
        begin { "Begin the test" "Empezar la prueba" }
        lasts(minutes: &u16) {
            "The link works once, for another {minutes} minutes."
            "El enlace funciona una vez, durante otros {minutes} minutos."
        }
        gone {
            "It was used already, or it is too old. Ask whoever sent it for a new one."
            "Ya se usó o es demasiado antiguo. Pida uno nuevo a quien se lo envió."
        }
        close {
            "You can close this page. Whoever sent you the link sees the result too."
            "Puede cerrar esta página. Quien le envió el enlace también ve el resultado."
        }
    }
}

impl TestSignIn {
    const fn words(&self) -> TestSignInWords {
        TestSignInWords(self.chrome.language)
    }

    fn title(&self) -> &'static str {
        match &self.state {
            TestSignInState::Ready { .. } => self.words().title(),
            TestSignInState::Gone => self.words().gone_title(),
            TestSignInState::Result(_) => self.words().result_title(),
        }
    }
}

impl Page for TestSignIn {
    fn chrome(&self) -> &Chrome {
        &self.chrome
    }
}
