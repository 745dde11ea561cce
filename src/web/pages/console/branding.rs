//! Name, logo and colours, with what they look like and how well they can be read.

use super::app_form::FieldFault;
use super::changes::UndoOffer;
use super::frame::ConsoleFrame;
use crate::web::branding::{ContrastPair, Pair};
use crate::web::language::words;
use crate::web::{Chrome, Csrf, Href, Language, Page};
use askama::Template;

/// The form.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/console/branding.html")]
pub struct ConsoleBranding {
    /// Navigation and the rest.
    pub frame: ConsoleFrame,
    /// Protects the form.
    pub csrf: Csrf,
    /// Where it goes.
    pub action: Href,
    /// The pages that can be looked at, with their addresses.
    pub previews: [(PreviewPage, Href); 2],
    /// What the frame shows first.
    pub preview: Href,
    /// Earlier looks.
    pub history: Href,
    /// The version of the look that is changed.
    pub version: String,
    /// What was typed.
    pub values: BrandingValues,
    /// The logo as it would be.
    pub logo: Option<Href>,
    /// A logo that was sent and is not saved yet, base64.
    pub logo_draft: Option<String>,
    /// How well the colours can be read; `None` when they are no colours.
    pub contrast: Option<Vec<ContrastRow>>,
    /// What is wrong with what was typed.
    pub faults: Vec<FieldFault>,
    /// Whether it was just saved.
    pub saved: bool,
    /// Whether a change was just taken back.
    pub undone: bool,
    /// Taking back what was just saved.
    pub undo: Option<UndoOffer>,
}

/// What is typed into the form.
#[derive(Clone, Debug, Default)]
pub struct BrandingValues {
    /// The hospital's name.
    pub display_name: String,
    /// The colour of buttons and links.
    pub primary: String,
    /// The colour of the page.
    pub tint: String,
    /// Whom to ask.
    pub help_contact: String,
    /// The privacy notice.
    pub privacy_url: String,
    /// Whether the logo is to go.
    pub remove_logo: bool,
}

/// A page that can be looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PreviewPage {
    /// Signing in.
    SignIn,
    /// Asking for consent.
    Consent,
}

impl PreviewPage {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::SignIn, Self::Consent];

    /// The name in addresses.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SignIn => "sign-in",
            Self::Consent => "consent",
        }
    }

    /// The page of this name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|page| page.as_str() == name)
    }
}

/// One pair of colours, measured.
#[derive(Clone, Debug)]
pub struct ContrastRow {
    pair: Pair,
    ratio: String,
    passes: bool,
    instead: Option<String>,
    corrected: bool,
}

impl ContrastRow {
    /// The pair in figures. Cut off, not rounded: 4.49 is not 4.5.
    pub fn of(pair: ContrastPair) -> Self {
        Self {
            pair: pair.pair,
            ratio: format!("{:.2}", (pair.ratio * 100.0).floor() / 100.0),
            passes: pair.passes(),
            instead: pair.instead.map(|colour| colour.to_string()),
            corrected: pair.corrected,
        }
    }
}

words! {
    /// The words of what is looked at.
    PreviewWords {
        app { "Growth Chart" "Curva de crecimiento" }
        publisher { "Sample app" "Aplicación de ejemplo" }
        person { "Ana Ruiz" "Ana Ruiz" }
        no_name { "Hospital" "Hospital" }
    }
}

/// Who and what is shown where nobody signs in and no app asks.
#[derive(Clone, Copy, Debug)]
pub struct PreviewSample {
    /// The app's name.
    pub app: &'static str,
    /// Its maker.
    pub publisher: &'static str,
    /// The person.
    pub person: &'static str,
    /// The hospital, while it has no name.
    pub hospital: &'static str,
}

impl PreviewSample {
    /// In a language.
    pub const fn of(language: Language) -> Self {
        let words = PreviewWords(language);
        Self {
            app: words.app(),
            publisher: words.publisher(),
            person: words.person(),
            hospital: words.no_name(),
        }
    }
}

words! {
    /// This page's words.
    BrandingWords {
        title { "Branding" "Imagen" }
        lead {
            "What people see when they sign in and when an app asks for consent. Look at it before you save."
            "Lo que ven las personas al iniciar sesión y cuando una aplicación pide permiso. Mírelo antes de guardar."
        }
        saved { "Saved. People see it from now on." "Guardado. Las personas lo ven desde ahora." }
        undone { "Taken back: it looks as it did before." "Deshecho: se ve como antes." }
        wrong { "Something has to be corrected" "Hay que corregir algo" }
        form { "Name, logo and colours" "Nombre, logotipo y colores" }
        name { "Name of the hospital" "Nombre del hospital" }
        primary { "Colour of buttons and links" "Color de botones y enlaces" }
        colour_hint { "Written #rrggbb, as your style guide gives it." "Escrito #rrggbb, como en su manual de imagen." }
        tint { "Colour of the page (optional)" "Color de la página (opcional)" }
        tint_hint { "Pale, so that text can be read on it. Empty: light grey." "Claro, para que se lea el texto. Vacío: gris claro." }
        pick(name: &str) { "Pick: {name}" "Elegir: {name}" }
        logo { "Logo" "Logotipo" }
        logo_hint { "PNG or SVG, at most 64 KB; shown 40 pixels high." "PNG o SVG, 64 KB como máximo; se muestra con 40 píxeles de alto." }
        logo_now { "The logo as it would be" "El logotipo tal como quedaría" }
        remove_logo { "Show no logo" "No mostrar logotipo" }
        help { "Whom to ask (optional)" "A quién preguntar (opcional)" }
        help_hint { "An address, e-mail, telephone number, or words. It stands below every page." "Una dirección, un correo, un teléfono o unas palabras. Aparece al pie de cada página." }
        privacy { "Privacy notice (optional)" "Aviso de privacidad (opcional)" }
        privacy_hint { "Its https address." "Su dirección https." }
        check { "Check colours" "Comprobar colores" }
        save { "Save" "Guardar" }
        history { "Earlier looks" "Imágenes anteriores" }
        preview { "Preview" "Vista previa" }
        preview_text { "With sample data; nothing here is saved, and nothing can be sent." "Con datos de ejemplo; aquí no se guarda ni se envía nada." }
        preview_sign_in { "Sign-in page" "Página de acceso" }
        preview_consent { "Consent page" "Página de permisos" }
        contrast { "Can it be read?" "¿Se puede leer?" }
        contrast_text {
            "Text needs a contrast of 4.5 to 1 (WCAG 2.2). Where a colour falls short a little, pages show the nearest one that does; where it falls short by far, it is refused."
            "El texto necesita un contraste de 4,5 a 1 (WCAG 2.2). Si a un color le falta poco, las páginas muestran el más cercano que cumple; si le falta mucho, se rechaza."
        }
        no_colours { "These are no colours yet: write them #rrggbb." "Todavía no son colores: escríbalos #rrggbb." }
        pair { "Where" "Dónde" }
        ratio { "Contrast" "Contraste" }
        verdict { "Result" "Resultado" }
        good { "Can be read" "Se lee" }
        short { "Too little" "Insuficiente" }
        instead(colour: &str) { "Use {colour}" "Use {colour}" }
        adjusted { "Adjusted" "Ajustado" }
        shown_as(colour: &str) { "Shown as {colour}" "Se muestra como {colour}" }
        link_on_surface { "Links and headings on white" "Enlaces sobre blanco" }
        link_on_page { "Links on the page" "Enlaces sobre la página" }
        button_text { "Text on buttons" "Texto de los botones" }
        text_on_page { "Text on the page" "Texto sobre la página" }
        footer_on_page { "Small print on the page" "Letra pequeña sobre la página" }
        dark_link { "Links, for people who prefer dark pages" "Enlaces, para quien prefiere páginas oscuras" }
        dark_button { "Text on buttons, for people who prefer dark pages" "Texto de los botones, para quien prefiere páginas oscuras" }
    }
}

impl ConsoleBranding {
    const fn words(&self) -> BrandingWords {
        BrandingWords(self.frame.chrome.language)
    }

    const fn pair_in_words(&self, row: &ContrastRow) -> &'static str {
        let words = self.words();
        match row.pair {
            Pair::LinkOnSurface => words.link_on_surface(),
            Pair::LinkOnPage => words.link_on_page(),
            Pair::ButtonText => words.button_text(),
            Pair::TextOnPage => words.text_on_page(),
            Pair::FooterOnPage => words.footer_on_page(),
            Pair::DarkLinkOnSurface => words.dark_link(),
            Pair::DarkButtonText => words.dark_button(),
        }
    }

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "templates pass what they loop over")]
    const fn preview_in_words(&self, page: &PreviewPage) -> &'static str {
        let words = self.words();
        match page {
            PreviewPage::SignIn => words.preview_sign_in(),
            PreviewPage::Consent => words.preview_consent(),
        }
    }

    /// The fault of one field.
    fn fault(&self, member: &str) -> Option<&str> {
        let fault = self.faults.iter().find(|fault| fault.member == member)?;
        Some(&fault.problem)
    }

    /// The field of a fault, to be linked to.
    fn field_of(member: &str) -> Option<&'static str> {
        let shown = [
            "display_name",
            "primary_colour",
            "background_tint",
            "logo",
            "help_contact",
            "privacy_url",
        ];
        shown.into_iter().find(|name| *name == member)
    }

    /// The picker next to a text field starts with its colour; browsers take nothing but six digits there.
    fn picked(text: &str) -> &str {
        if text.parse::<crate::web::branding::Colour>().is_ok() {
            text
        } else {
            "#f3f5f7"
        }
    }
}

impl Page for ConsoleBranding {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::branding::Colour;

    #[test]
    fn a_contrast_that_falls_short_by_a_hair_is_not_rounded_up() {
        let row = ContrastRow::of(ContrastPair {
            pair: Pair::LinkOnPage,
            foreground: Colour::BLACK,
            background: Colour::WHITE,
            ratio: crate::web::branding::TEXT_CONTRAST - 0.001,
            instead: None,
            corrected: false,
        });
        assert_eq!((row.ratio.as_str(), row.passes), ("4.49", false));
    }
}
