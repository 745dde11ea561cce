//! Choosing a product, what to enter there, and what comes back.

use super::super::frame::ConsoleFrame;
use super::words::MethodWords;
use super::{Choice, MethodHead};
use crate::web::{Chrome, Csrf, Href, Page};
use askama::Template;

/// The first step: which product, which protocol, which name.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/console/sign_in/new.html")]
pub struct NewMethodPage {
    /// Navigation and the rest.
    pub frame: ConsoleFrame,
    /// The list, for those who may see it.
    pub back: Option<Href>,
    /// Where the form leads.
    pub action: Href,
    /// The products.
    pub products: Vec<Choice>,
    /// Whether SAML is chosen.
    pub saml: bool,
    /// The words on the button.
    pub name: String,
    /// The name in addresses, and whether it is settled.
    pub alias: (String, bool),
    /// What is wrong with what was sent.
    pub error: Option<String>,
}

impl NewMethodPage {
    const fn words(&self) -> MethodWords {
        MethodWords(self.frame.chrome.language)
    }
}

impl Page for NewMethodPage {
    fn chrome(&self) -> &Chrome {
        &self.frame.chrome
    }
}

/// A field at the product.
#[derive(Clone, Debug)]
pub struct FieldRow {
    /// Its name there.
    pub field: &'static str,
    /// What is entered.
    pub value: String,
    /// Whether it is copied letter by letter.
    pub copy: bool,
    /// Whether sign-in works without it.
    pub optional: bool,
}

/// What comes back, as it was typed or is stored.
#[derive(Clone, Debug)]
pub enum BringBackForm {
    /// For OpenID Connect.
    Oidc {
        /// The issuer.
        issuer: String,
        /// How it looks at this product.
        issuer_example: &'static str,
        /// Our client id there.
        client_id: String,
        /// What the product calls it.
        client_id_name: &'static str,
        /// What the product calls the secret.
        secret_name: &'static str,
        /// Whether a secret is stored.
        has_secret: bool,
        /// How we prove who we are.
        proofs: Vec<&'static str>,
        /// The one that is chosen.
        proof: String,
    },
    /// For SAML.
    Saml {
        /// The address of the metadata.
        url: String,
        /// How it looks at this product.
        url_example: Option<&'static str>,
        /// The metadata that were pasted.
        text: String,
        /// What the product calls them.
        metadata_name: &'static str,
        /// The entity id, where metadata describe several.
        entity_id: String,
    },
}

/// What to enter at the product, and the form for what comes back.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/console/sign_in/connect.html")]
pub struct ConnectPage {
    /// Navigation and the rest.
    pub frame: ConsoleFrame,
    /// The connection; `None` for one that is being made.
    pub head: Option<MethodHead>,
    /// The list, for those who may see it.
    pub back: Option<Href>,
    /// Where to begin at the product.
    pub place: &'static str,
    /// What to enter there.
    pub fields: Vec<FieldRow>,
    /// What goes wrong most often.
    pub caution: Option<&'static str>,
    /// What comes back.
    pub form: BringBackForm,
    /// The products, whose words can be shown instead.
    pub products: Vec<Choice>,
    /// What else the form sends.
    pub carried: Vec<(&'static str, String)>,
    /// Protects the form.
    pub csrf: Csrf,
    /// Where it goes.
    pub action: Href,
    /// What is wrong with what was sent.
    pub error: Option<String>,
}

impl ConnectPage {
    const fn words(&self) -> MethodWords {
        MethodWords(self.frame.chrome.language)
    }

    fn proof_in_words(&self, proof: &str) -> &'static str {
        let words = self.words();
        match proof {
            "client_secret_post" => words.proof_post(),
            "private_key_jwt" => words.proof_key(),
            "none" => words.proof_none(),
            _ => words.proof_basic(),
        }
    }
}

impl Page for ConnectPage {
    fn chrome(&self) -> &Chrome {
        &self.frame.chrome
    }
}
