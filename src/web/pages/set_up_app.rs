//! Setting up an authenticator app: a picture to scan, the same as text, and a code that proves it worked.

use crate::web::language::words;
use crate::web::{Chrome, Csrf, Href, Page};
use askama::Template;
use axum::http::StatusCode;

/// The page. Posts `csrf`, `ceremony` and `code` to `action`.
#[derive(Template)]
#[template(path = "pages/set_up_app.html")]
pub struct SetUpApp {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// The form's token.
    pub csrf: Csrf,
    /// Where the form posts to.
    pub action: Href,
    /// What the server keeps the secret under.
    pub ceremony: String,
    /// The picture.
    pub picture: QrPicture,
    /// The secret as text, in groups.
    pub key: String,
    /// Whether the last code did not fit.
    pub wrong_code: bool,
    /// Whether the hospital demands it, and sign-in goes on afterwards.
    pub demanded: bool,
    /// Back, or another way.
    pub back: Href,
}

/// A picture of squares, as the path of an SVG.
#[derive(Clone, Debug)]
pub struct QrPicture {
    /// Squares per side, with the quiet zone of four that ISO/IEC 18004 demands.
    pub size: usize,
    /// The dark squares.
    pub path: String,
}

impl QrPicture {
    /// The picture of squares that are dark or not, in rows of `width`.
    pub fn new(width: usize, dark: impl Iterator<Item = bool>) -> Self {
        const QUIET: usize = 4;
        let width = width.max(1);
        let squares: Vec<bool> = dark.collect();
        let mut path = String::new();
        for (y, row) in squares.chunks(width).enumerate() {
            let mut x = 0;
            for run in row.chunk_by(|one, other| one == other) {
                if run.first() == Some(&true) {
                    use std::fmt::Write as _;
                    let length = run.len();
                    // Writing to a string cannot fail.
                    let _ = write!(path, "M{} {}h{length}v1h-{length}z", x + QUIET, y + QUIET);
                }
                x += run.len();
            }
        }
        Self {
            size: width + 2 * QUIET,
            path,
        }
    }
}

words! {
    SetUpAppWords {
        title { "Set up an authenticator app" "Configurar una aplicación de autenticación" }
        demanded {
            "A second proof beside your password is asked for here. Set it up once; it takes a minute."
            "Aquí se pide una segunda prueba además de la contraseña. Configúrela una vez; tarda un minuto."
        }
        first {
            "Scan this picture with an authenticator app on your phone."
            "Escanee esta imagen con una aplicación de autenticación en su teléfono."
        }
        picture { "Picture with the key" "Imagen con la clave" }
        cannot { "No camera? Type this key into the app:" "¿Sin cámara? Escriba esta clave en la aplicación:" }
        second { "Then type the code that the app shows." "Después escriba el código que muestra la aplicación." }
        code { "Code" "Código" }
        submit { "Finish" "Terminar" }
        back { "Back" "Volver" }
        wrong {
            "This code does not fit. Check that the clock of your phone is right, then type the next code."
            "Este código no encaja. Compruebe que el reloj de su teléfono es correcto y escriba el código siguiente."
        }
    }
}

impl SetUpApp {
    const fn words(&self) -> SetUpAppWords {
        SetUpAppWords(self.chrome.language)
    }
}

impl Page for SetUpApp {
    fn chrome(&self) -> &Chrome {
        &self.chrome
    }

    fn status(&self) -> StatusCode {
        if self.wrong_code {
            StatusCode::BAD_REQUEST
        } else {
            StatusCode::OK
        }
    }
}
