//! What a short code means: one page per code, and the list of all.

use crate::web::language::words;
use crate::web::short_codes::{FAMILIES, Family, ShortCode, of_pages};
use crate::web::{Chrome, Href, Page};
use askama::Template;

/// The meaning of one code: where `error_uri` leads.
#[derive(Template)]
#[template(path = "pages/error_code.html")]
pub struct ErrorCodePage {
    /// What surrounds the page; always the platform's look.
    pub chrome: Chrome,
    /// The code.
    pub short: ShortCode,
    /// The list of all codes.
    pub all: Href,
}

/// Every code, by family.
#[derive(Template)]
#[template(path = "pages/error_codes.html")]
pub struct ErrorCodesPage {
    /// What surrounds the page; always the platform's look.
    pub chrome: Chrome,
}

words! {
    ErrorCodeWords {
        title(code: &str) { "What {code} means" "Qué significa {code}" }
        cause { "Cause" "Causa" }
        mend { "What to do" "Qué hacer" }
        explain {
            "Whoever runs this server can see which check refused your request. Give them the request id: it is the header X-Request-Id of the answer, or stands on the page you saw."
            "Quien administra este servidor puede ver qué comprobación rechazó su petición. Déle el identificador de la petición: está en la cabecera X-Request-Id de la respuesta, o en la página que vio."
        }
        list { "All codes" "Todos los códigos" }
        codes { "Codes of refusals" "Códigos de rechazo" }
        lead {
            "Each refusal of this server has one of these codes, at the end of error_description or on the error page."
            "Cada rechazo de este servidor tiene uno de estos códigos, al final de error_description o en la página de error."
        }
        of_pages { "Pages" "Páginas" }
    }
}

impl ErrorCodePage {
    const fn words(&self) -> ErrorCodeWords {
        ErrorCodeWords(self.chrome.language)
    }

    const fn cause(&self) -> &'static str {
        self.short.cause(self.chrome.language)
    }

    const fn mend(&self) -> &'static str {
        self.short.mend(self.chrome.language)
    }
}

impl Page for ErrorCodePage {
    fn chrome(&self) -> &Chrome {
        &self.chrome
    }
}

/// A heading and the codes below it.
struct Section {
    title: &'static str,
    codes: Vec<ShortCode>,
}

impl ErrorCodesPage {
    const fn words(&self) -> ErrorCodeWords {
        ErrorCodeWords(self.chrome.language)
    }

    fn sections(&self) -> Vec<Section> {
        let of_family = |family: &Family| Section {
            title: family.title(self.chrome.language),
            codes: family.codes.to_vec(),
        };
        let pages = Section {
            title: self.words().of_pages(),
            codes: of_pages().collect(),
        };
        FAMILIES.iter().map(of_family).chain([pages]).collect()
    }

    fn cause(&self, short: &ShortCode) -> &'static str {
        short.cause(self.chrome.language)
    }
}

impl Page for ErrorCodesPage {
    fn chrome(&self) -> &Chrome {
        &self.chrome
    }
}
