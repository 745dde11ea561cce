//! Sample data for every page: ordinary, long, right-to-left and hostile.

mod account;
mod consent;
mod demo;
mod endings;
mod records;
mod sign_in;

use consent::consent;
pub(crate) use sign_in::trace;

use super::*;
use crate::kernel::{Secret, Timestamp};
use crate::web::dates::PartialDate;
use crate::web::short_codes;
use crate::web::static_files::StaticBase;
use crate::web::{AppLook, Chrome, Csrf, Href, Language, Page, TenantLook};

/// 2026-11-21T01:13:20Z
pub(crate) const NOW: Timestamp = Timestamp::from_seconds(1_795_223_600);

/// What an attacker would put into a name.
pub(crate) const HOSTILE: &str = "<script>alert(1)</script> \"'><img src=x onerror=alert(2)> & Söhne";
const LONG: &str = "Wolfeschlegelsteinhausenbergerdorff Hospital of Saint Bartholomew and All Angels";
const RIGHT_TO_LEFT: &str = "عبد الرحمن بن محمد الأنصاري";

/// One rendered sample.
pub(crate) struct Sample {
    pub(crate) name: String,
    pub(crate) language: Language,
    pub(crate) tenant: String,
    pub(crate) html: String,
}

pub(crate) fn platform_chrome(language: Language) -> Chrome {
    Chrome {
        tenant: TenantLook::platform(),
        app: None,
        language,
        static_base: StaticBase::new(""),
        request_id: "req_01jd7v0x8m6k".to_owned(),
        language_switch: None,
    }
}

#[derive(Clone, Copy)]
pub(crate) enum Flavour {
    Ordinary,
    Long,
    Hostile,
}

impl Flavour {
    pub(crate) fn of(self, ordinary: &str) -> &str {
        match self {
            Self::Ordinary => ordinary,
            Self::Long => LONG,
            Self::Hostile => HOSTILE,
        }
    }
}

fn chrome(flavour: Flavour, language: Language) -> Chrome {
    Chrome {
        tenant: TenantLook {
            name: flavour.of("Northfield General Hospital").to_owned(),
            logo: matches!(flavour, Flavour::Ordinary).then(|| Href::local("/northfield/auth/look/1/logo")),
            help_contact: Some(flavour.of("helpdesk@northfield.example").to_owned()),
            privacy: Href::external("https://northfield.example/privacy"),
            look: matches!(flavour, Flavour::Ordinary).then(|| Href::local("/northfield/auth/look/1.css")),
        },
        app: Some(AppLook {
            name: flavour.of("Growth Chart").to_owned(),
            publisher: Some(flavour.of("Paediatric Tools Ltd").to_owned()),
            verified: !matches!(flavour, Flavour::Hostile),
        }),
        language_switch: Some(Href::local("/northfield/auth/interact/1")),
        ..platform_chrome(language)
    }
}

fn csrf(purpose: &str) -> Csrf {
    Csrf::derive(&Secret::new("sample interaction secret".to_owned()), purpose)
}

pub(crate) struct Collection {
    pub(crate) flavour: Flavour,
    pub(crate) language: Language,
    samples: Vec<Sample>,
}

impl Collection {
    pub(crate) fn chrome(&self) -> Chrome {
        chrome(self.flavour, self.language)
    }

    pub(crate) fn add(&mut self, name: &str, page: &impl Page) {
        let flavour = match self.flavour {
            Flavour::Ordinary => "",
            Flavour::Long => "-long",
            Flavour::Hostile => "-hostile",
        };
        self.samples.push(Sample {
            name: format!("{name}{flavour}"),
            language: self.language,
            tenant: page.chrome().tenant.name.clone(),
            html: page.render().unwrap(),
        });
    }
}

/// Every page, in every state, in every language, with each kind of data.
pub(crate) fn all() -> Vec<Sample> {
    let mut samples = Vec::new();
    for language in Language::ALL {
        for flavour in [Flavour::Ordinary, Flavour::Long, Flavour::Hostile] {
            let mut collection = Collection {
                flavour,
                language,
                samples: Vec::new(),
            };
            collection.add_sign_in();
            collection.add_picker();
            collection.add_record_choice();
            collection.add_encounters();
            let page = consent(flavour, collection.chrome());
            collection.add("consent", &page);
            collection.add_endings();
            collection.add_codes();
            collection.add_upstream();
            collection.add_tests();
            collection.add_account();
            collection.add_demo();
            collection.add_console();
            collection.add_operators();
            collection.add_developers();
            samples.append(&mut collection.samples);
        }
    }
    samples
}
