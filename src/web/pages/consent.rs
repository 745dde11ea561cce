//! Asking whether an app may have what it asked for.

use crate::web::dates::{Age, Born, PartialDate};
use crate::web::language::words;
use crate::web::{Chrome, Csrf, Href, Page};
use askama::Template;

/// Who asks, for whom, about whom, for what; Allow and Deny look the same.
///
/// Posts `csrf`, `decision` (`allow` or `deny`) and one `item` for each ticked box to `action`.
#[derive(Template)]
#[template(path = "pages/consent.html")]
pub struct Consent {
    /// What surrounds the page. Its `app` is who asks.
    pub chrome: Chrome,
    /// The form's token.
    pub csrf: Csrf,
    /// Where the form posts to.
    pub action: Href,
    /// The signed-in person's name.
    pub person: String,
    /// The patient in context.
    pub patient: Option<PatientSummary>,
    /// Whether health data are asked for, and not only who the person is.
    pub opens_data: bool,
    /// What is asked for, in words, by kind.
    pub groups: Vec<ConsentGroup>,
    /// What of it at which server, when the app asks for that one by one.
    pub servers: Vec<ConsentServer>,
    /// Access while the person is away, when the app asks for it.
    pub offline: Option<ConsentOffline>,
    /// The host, or the native app's scheme, to which the browser returns.
    pub return_to: Option<String>,
    /// Where access can be withdrawn later.
    pub withdraw_at: Option<Href>,
    /// What the app says of itself at addresses of its own.
    pub about: AboutApp,
}

/// What an app registered about itself (OpenID Connect Dynamic Client Registration section 2). Addresses are links that people may
/// follow; nothing behind them is loaded by the page.
#[derive(Clone, Debug, Default)]
pub struct AboutApp {
    /// Its own page.
    pub home: Option<AppLink>,
    /// How it uses what it learns.
    pub policy: Option<AppLink>,
    /// Its terms.
    pub terms: Option<AppLink>,
    /// Whom to ask about it.
    pub contacts: Vec<String>,
}

/// An address of an app, with the host that it leads to.
#[derive(Clone, Debug)]
pub struct AppLink {
    href: Href,
    host: String,
}

impl AppLink {
    /// `None` for anything but an https address.
    pub fn of(address: &str) -> Option<Self> {
        let url = url::Url::parse(address).ok().filter(|url| url.scheme() == "https")?;
        Some(Self {
            href: Href::external(address)?,
            host: url.host_str()?.to_owned(),
        })
    }
}

impl AboutApp {
    /// Whether there is nothing to show.
    pub const fn is_empty(&self) -> bool {
        self.home.is_none() && self.policy.is_none() && self.terms.is_none() && self.contacts.is_empty()
    }
}

/// The patient in a line. Holds health data, therefore no `Debug`.
#[derive(Clone)]
pub struct PatientSummary {
    /// The name to show.
    pub name: String,
    /// The birth date.
    pub birth_date: Option<PartialDate>,
    /// The age today.
    pub age: Option<Age>,
    /// Whether the patient is the signed-in person.
    pub is_self: bool,
}

/// Items of one kind, such as "See" or "Change".
#[derive(Clone, Debug)]
pub struct ConsentGroup {
    /// The heading.
    pub heading: String,
    /// The sentence that says it all, when the app asks for every kind of information. The items are then folded away.
    pub everything: Option<String>,
    /// What falls under it.
    pub items: Vec<ConsentItem>,
}

/// A server that holds records, and what the app asks for there.
#[derive(Clone, Debug)]
pub struct ConsentServer {
    /// Its address.
    pub address: String,
    /// In plain words, such as "See information in the patient's record: Lab results".
    pub allowed: Vec<String>,
}

/// One thing the app asks for.
#[derive(Clone, Debug)]
pub struct ConsentItem {
    /// In plain words, such as "Lab results and vital signs".
    pub words: String,
    /// The scopes behind it.
    pub technical: Vec<String>,
    /// Present where the person may leave this item out.
    pub checkbox: Option<ConsentCheckbox>,
    /// Parts of it that may be left out one by one, folded away.
    pub kinds: Vec<ConsentKind>,
    /// Whether it can be had only together with all items above it.
    pub needs_all: bool,
}

/// A part of an item.
#[derive(Clone, Debug)]
pub struct ConsentKind {
    /// In plain words, such as "Lab results".
    pub words: String,
    /// Its box.
    pub checkbox: ConsentCheckbox,
}

/// Access while the person is away.
#[derive(Clone, Debug)]
pub struct ConsentOffline {
    /// The sentence.
    pub words: String,
    /// The scope behind it.
    pub technical: Vec<String>,
    /// Its box.
    pub checkbox: ConsentCheckbox,
}

/// A box that narrows what is granted.
#[derive(Clone, Debug)]
pub struct ConsentCheckbox {
    /// The value of the form field `item`.
    pub value: String,
    /// Whether it is ticked at first.
    pub ticked: bool,
}

words! {
    ConsentWords {
        title { "Allow access?" "¿Permitir el acceso?" }
        asks(app: &str) { "{app} asks for access to health information." "{app} solicita acceso a información de salud." }
        asks_identity(app: &str) { "{app} asks to know who you are." "{app} solicita saber quién es usted." }
        asks_without_app { "An app asks for access to health information." "Una aplicación solicita acceso a información de salud." }
        app { "App" "Aplicación" }
        by(publisher: &str) { "by {publisher}" "de {publisher}" }
        verified { "Verified by the hospital" "Verificada por el hospital" }
        not_verified { "Not verified by the hospital" "No verificada por el hospital" }
        you { "You" "Usted" }
        hospital { "Hospital" "Hospital" }
        patient { "Patient" "Paciente" }
        yourself { "you" "usted" }
        about { "About this app" "Sobre esta aplicación" }
        about_home { "Its own page" "Su página" }
        about_policy { "How it uses your information" "Cómo usa su información" }
        about_terms { "Terms of use" "Condiciones de uso" }
        about_contacts { "Contact" "Contacto" }
        will_be_able { "This app will be able to" "Esta aplicación podrá" }
        nothing { "It asks for nothing beyond signing you in." "No pide nada más que identificarle." }
        choose { "You can untick what you do not want to share." "Puede desmarcar lo que no desee compartir." }
        choose_kinds { "Choose what to share" "Elegir qué compartir" }
        only_some { "Share only some of it" "Compartir solo una parte" }
        of_what(what: &str) { ": {what}" ": {what}" }
        needs_all { "Possible only while everything above is ticked." "Solo es posible con todo lo anterior marcado." }
        tick_all { "Tick all" "Marcar todo" }
        untick_all { "Untick all" "Desmarcar todo" }
        servers { "Where" "Dónde" }
        servers_hint {
            "The app asks for different things at different systems of the hospital. What you untick above is not shared at any."
            "La aplicación pide cosas distintas en distintos sistemas del hospital. Lo que desmarque arriba no se comparte en ninguno."
        }
        technical { "Technical detail" "Detalles técnicos" }
        offline { "Also when you are away" "También cuando usted no esté" }
        allow { "Allow" "Permitir" }
        deny { "Deny" "Denegar" }
        returns(host: &str) { "Either way you go back to {host}." "En ambos casos volverá a {host}." }
        withdraw { "You can withdraw access at any time" "Puede retirar el acceso en cualquier momento" }
    }
}

impl Consent {
    const fn words(&self) -> ConsentWords {
        ConsentWords(self.chrome.language)
    }

    fn patient_born(&self) -> Option<Born> {
        let patient = self.patient.as_ref()?;
        Some(Born::new(patient.birth_date?, patient.age, self.chrome.language))
    }

    fn can_narrow(&self) -> bool {
        self.groups
            .iter()
            .flat_map(|group| &group.items)
            .any(|item| item.checkbox.is_some())
    }

    fn has_technical_detail(&self) -> bool {
        self.groups
            .iter()
            .flat_map(|group| &group.items)
            .any(|item| !item.technical.is_empty())
            || self.offline.is_some()
    }
}

impl ConsentItem {
    /// Whether only some of its parts are ticked: they are then in view.
    fn is_narrowed(&self) -> bool {
        self.checkbox.as_ref().is_some_and(|whole| whole.ticked) && self.kinds.iter().any(|kind| !kind.checkbox.ticked)
    }
}

impl ConsentGroup {
    /// Whether something is not ticked, because the person left it out before. The boxes are then in view, and nothing says that
    /// all of it is asked for.
    fn is_narrowed(&self) -> bool {
        let unticked = |item: &ConsentItem| item.checkbox.as_ref().is_some_and(|whole| !whole.ticked);
        self.items.iter().any(|item| unticked(item) || item.is_narrowed())
    }

    /// Boxes enough for two buttons that tick and untick them all.
    fn has_many(&self) -> bool {
        self.items.iter().filter(|item| item.checkbox.is_some()).count() > 4
    }
}

impl Page for Consent {
    fn chrome(&self) -> &Chrome {
        &self.chrome
    }
}
