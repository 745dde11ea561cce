//! Whether it is this device, and this app on it (RFC 8628 section 5.4).

use crate::web::language::words;
use crate::web::{Chrome, Csrf, Href, Page};
use askama::Template;

/// The question. Posts `csrf`, `user_code` and `decision` (`continue` or `refuse`) to `action`.
#[derive(Template)]
#[template(path = "pages/device_confirm.html")]
pub struct DeviceConfirm {
    /// What surrounds the page, with the app.
    pub chrome: Chrome,
    /// The form's token.
    pub csrf: Csrf,
    /// Where the form posts to.
    pub action: Href,
    /// The code, to be compared with the device.
    pub user_code: String,
}

words! {
    DeviceConfirmWords {
        title { "Is this your device?" "¿Es este su dispositivo?" }
        asks(app: &str) {
            "{app} on a device asks to sign in as you. The device has to show this code:"
            "{app}, en un dispositivo, pide iniciar sesión en su nombre. El dispositivo debe mostrar este código:"
        }
        warning {
            "Go on only if you have the device in front of you and started this yourself. If somebody sent you the code or a link, do not go on: they would get your access."
            "Continúe solo si tiene el dispositivo delante y lo ha iniciado usted. Si alguien le envió el código o un enlace, no continúe: obtendría su acceso."
        }
        refuse { "It is not mine" "No es mío" }
        proceed { "Continue" "Continuar" }
    }
}

impl DeviceConfirm {
    const fn words(&self) -> DeviceConfirmWords {
        DeviceConfirmWords(self.chrome.language)
    }

    fn app(&self) -> &str {
        self.chrome.app.as_ref().map_or("", |app| &app.name)
    }
}

impl Page for DeviceConfirm {
    fn chrome(&self) -> &Chrome {
        &self.chrome
    }
}
