//! The question before access is withdrawn.

use crate::web::language::words;
use crate::web::{AppLook, Chrome, Csrf, Href, Page};
use askama::Template;

/// One question, with the way back as plain as the way on.
#[derive(Template)]
#[template(path = "pages/withdraw_app.html")]
pub struct WithdrawApp {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// The form's token.
    pub csrf: Csrf,
    /// Where the form posts to.
    pub action: Href,
    /// The app.
    pub app: AppLook,
    /// Back to the list.
    pub back: Href,
}

words! {
    WithdrawAppWords {
        title { "Withdraw access?" "¿Retirar el acceso?" }
        question(app: &str) {
            "{app} will be signed out everywhere it uses your sign-in, and will have to ask you again."
            "Se cerrará la sesión de {app} en todos los lugares donde usa su acceso, y tendrá que volver a pedírselo."
        }
        stays {
            "What the app received before stays with it. To have that deleted, ask the app's maker."
            "La aplicación conserva lo que ya recibió. Para que lo elimine, diríjase a su fabricante."
        }
        withdraw { "Withdraw access" "Retirar el acceso" }
        back { "Keep access" "Conservar el acceso" }
    }
}

impl WithdrawApp {
    const fn words(&self) -> WithdrawAppWords {
        WithdrawAppWords(self.chrome.language)
    }
}

impl Page for WithdrawApp {
    fn chrome(&self) -> &Chrome {
        &self.chrome
    }
}
