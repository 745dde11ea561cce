//! What surrounds every page: the tenant's look, the app that asks, the language, the footer.

use super::language::words;
use super::static_files::StaticBase;
use super::{Href, Language};

/// Everything the layout needs.
#[derive(Clone, Debug)]
pub struct Chrome {
    /// Whose page this is.
    pub tenant: TenantLook,
    /// The app that sent the person here, always shown while signing in.
    pub app: Option<AppLook>,
    /// The language of the page.
    pub language: Language,
    /// Where stylesheets and scripts are.
    pub static_base: StaticBase,
    /// The request's id, shown where a person may have to quote it.
    pub request_id: String,
    /// The address that shows this page again in the language given by `ui_locales`. `None` hides the language switch, as on
    /// the answer to a POST, which a link cannot repeat.
    pub language_switch: Option<Href>,
}

/// How a tenant presents itself.
#[derive(Clone, Debug)]
pub struct TenantLook {
    /// The hospital's name.
    pub name: String,
    /// The address of its logo, on this server.
    pub logo: Option<Href>,
    /// Whom to ask: a web address, an e-mail address, a telephone number, or words such as "Service desk, extension 4400".
    pub help_contact: Option<String>,
    /// The hospital's privacy notice.
    pub privacy: Option<Href>,
    /// The address of the stylesheet with its colours, see [`crate::web::branding::Branding::stylesheet`].
    pub look: Option<Href>,
}

impl TenantLook {
    /// The look of pages that belong to no tenant.
    pub fn platform() -> Self {
        Self {
            name: "Wardkey".to_owned(),
            logo: None,
            help_contact: None,
            privacy: None,
            look: None,
        }
    }

    /// The letter shown in place of a logo.
    pub(in crate::web) fn initial(&self) -> String {
        self.name
            .chars()
            .find(|letter| letter.is_alphanumeric())
            .map_or_else(String::new, |letter| letter.to_uppercase().collect())
    }

    /// A link for the help contact, when it is an address rather than words.
    pub(in crate::web) fn help_href(&self) -> Option<String> {
        let contact = self.help_contact.as_deref()?.trim();
        if contact.starts_with("https://") {
            return Href::external(contact).map(|href| href.to_string());
        }
        if let Some((user, domain)) = contact.split_once('@') {
            let plain = |part: &str| {
                !part.is_empty()
                    && part
                        .bytes()
                        .all(|byte| byte.is_ascii_alphanumeric() || b".-_+".contains(&byte))
            };
            return (plain(user) && plain(domain)).then(|| format!("mailto:{contact}"));
        }
        let digits: String = contact.chars().filter(|letter| !" -()./".contains(*letter)).collect();
        let dialled = digits.strip_prefix('+').unwrap_or(&digits);
        (dialled.len() >= 3 && dialled.bytes().all(|byte| byte.is_ascii_digit())).then(|| format!("tel:{digits}"))
    }
}

/// How an app is shown to people.
#[derive(Clone, Debug)]
pub struct AppLook {
    /// The app's name.
    pub name: String,
    /// Who makes it.
    pub publisher: Option<String>,
    /// Whether the hospital has checked that the app is what it says.
    pub verified: bool,
}

words! {
    /// The layout's own words.
    ChromeWords {
        skip_to_content { "Skip to content" "Ir al contenido" }
        signing_in_to { "Signing in to" "Inicio de sesión en" }
        verified { "Verified by the hospital" "Verificada por el hospital" }
        help { "Help" "Ayuda" }
        privacy { "Privacy" "Privacidad" }
        language { "Language" "Idioma" }
        copy { "Copy" "Copiar" }
        copied { "Copied" "Copiado" }
        please_wait { "One moment…" "Un momento…" }
        long_wait {
            "This is taking longer than usual. You can keep waiting, or reload this page to start this step again."
            "Esto tarda más de lo habitual. Puede seguir esperando o recargar la página para repetir este paso."
        }
    }
}

impl Chrome {
    pub(in crate::web) const fn words(&self) -> ChromeWords {
        ChromeWords(self.language)
    }

    /// The languages of the switch: name, tag, address, whether it is the current one.
    pub(in crate::web) fn languages(&self) -> Vec<LanguageLink> {
        let Some(switch) = &self.language_switch else {
            return Vec::new();
        };
        Language::ALL
            .into_iter()
            .map(|language| LanguageLink {
                language,
                href: switch.with_language(language.tag()),
                current: language == self.language,
            })
            .collect()
    }
}

pub(in crate::web) struct LanguageLink {
    pub(in crate::web) language: Language,
    pub(in crate::web) href: Href,
    pub(in crate::web) current: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn help(contact: &str) -> Option<String> {
        TenantLook {
            help_contact: Some(contact.to_owned()),
            ..TenantLook::platform()
        }
        .help_href()
    }

    #[test]
    fn a_help_contact_becomes_the_link_it_is() {
        assert_eq!(help("help@north.example").as_deref(), Some("mailto:help@north.example"));
        assert_eq!(help("+1 (555) 010-4400").as_deref(), Some("tel:+15550104400"));
        assert_eq!(
            help("https://help.north.example/").as_deref(),
            Some("https://help.north.example/")
        );
    }

    #[test]
    fn a_help_contact_in_words_or_with_tricks_is_no_link() {
        for contact in [
            "Service desk, extension 4400",
            "javascript:alert(1)",
            "a@b?bcc=c@d",
            "x@",
            "12",
        ] {
            assert_eq!(help(contact), None, "{contact}");
        }
    }
}
