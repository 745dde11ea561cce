//! The operators' form that creates a tenant, and the page that shows what became of it.

use super::frame::ConsoleFrame;
use super::tenant_words::TenantWords;
use crate::kernel::Secret;
use crate::web::language::words;
use crate::web::{Chrome, Csrf, Href, Page};
use askama::Template;

/// The form. Nothing that was typed is lost.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/console/operator_new_tenant.html")]
pub struct OperatorNewTenant {
    /// Navigation and the rest.
    pub frame: ConsoleFrame,
    /// Protects the form.
    pub csrf: Csrf,
    /// Where it goes.
    pub action: Href,
    /// Back to the list.
    pub back: Href,
    /// What was typed.
    pub typed: TypedTenant,
    /// What is wrong: the field, and administration's words for it.
    pub problem: Option<(String, String)>,
    /// The address before the tenant's part.
    pub base: String,
}

/// What was typed into the form.
#[derive(Clone, Debug, Default)]
pub struct TypedTenant {
    /// The name.
    pub name: String,
    /// The address part.
    pub slug: String,
    /// The contract's name in the API.
    pub tier: String,
    /// The place's name in the API.
    pub placement: String,
    /// The FHIR server's address; may be empty.
    pub fhir_base: String,
    /// The owner's address.
    pub owner_email: String,
    /// The owner's name.
    pub owner_name: String,
}

/// A step of onboarding.
#[derive(Clone, Debug)]
pub struct StepRow {
    /// The step's name in the API.
    pub step: &'static str,
    /// The state's name in the API.
    pub state: &'static str,
    /// What there is to say.
    pub detail: Option<String>,
}

/// What became of it.
#[derive(Clone, Template)]
#[template(path = "pages/console/operator_tenant_created.html")]
pub struct OperatorTenantCreated {
    /// Navigation and the rest.
    pub frame: ConsoleFrame,
    /// The tenant's name.
    pub name: String,
    /// Its page.
    pub tenant: Href,
    /// Its issuer.
    pub issuer: String,
    /// The owner's link, shown this once, and until when it works.
    pub invitation: Option<(Secret<String>, String)>,
    /// The steps.
    pub steps: Vec<StepRow>,
}

words! {
    /// These pages' words.
    NewTenantWords {
        title { "Create a tenant" "Crear una organización" }
        back { "Tenants" "Organizaciones" }
        lead {
            "A hospital with its own issuer, keys and data. Its owner gets a link and does the rest."
            "Un hospital con emisor, claves y datos propios. La persona responsable recibe un enlace y hace el resto."
        }
        name { "Name of the organisation" "Nombre de la organización" }
        name_hint { "As its people know it." "Tal como la conoce su personal." }
        slug { "Address part" "Parte de la dirección" }
        slug_hint(base: &str) {
            "Small letters, digits and single hyphens. It becomes part of {base}/… and never changes."
            "Minúsculas, cifras y guiones sueltos. Pasa a formar parte de {base}/… y nunca cambia."
        }
        tier { "Contract" "Contrato" }
        placement { "Where its data lives" "Dónde están sus datos" }
        fhir_base { "FHIR server" "Servidor FHIR" }
        fhir_base_hint {
            "The address below which /metadata answers. May stay empty: the owner can name it later."
            "La dirección bajo la que responde /metadata. Puede quedar vacío: la persona responsable puede indicarlo después."
        }
        owner { "Who answers for it" "Quién responde de ella" }
        owner_email { "E-mail address, which is the user name too" "Correo electrónico, que es también el usuario" }
        owner_name { "Full name" "Nombre completo" }
        optional { "May stay empty." "Puede quedar vacío." }
        create { "Create and invite" "Crear e invitar" }
        problem { "It was not created" "No se creó" }
        created(name: &str) { "{name} is ready" "{name} está lista" }
        created_text { "Every step is done; people can sign in as soon as the owner connects how." "Todos los pasos están hechos; se podrá iniciar sesión en cuanto la persona responsable conecte cómo." }
        link { "The owner's link" "El enlace de la persona responsable" }
        link_text(until: &str) {
            "Send it to the owner by a way that only they read. It is shown this once and works until {until}."
            "Envíelo a la persona responsable por un medio que solo ella lea. Se muestra esta única vez y sirve hasta {until}."
        }
        no_link { "There is no new link: no owner was named, or they have a password already." "No hay enlace nuevo: no se nombró a nadie responsable o ya tiene contraseña." }
        steps { "Steps" "Pasos" }
        open { "Open the tenant's page" "Abrir la página de la organización" }
        issuer { "Issuer" "Emisor" }
    }
}

impl OperatorNewTenant {
    const fn words(&self) -> NewTenantWords {
        NewTenantWords(self.frame.chrome.language)
    }

    const fn common(&self) -> TenantWords {
        TenantWords(self.frame.chrome.language)
    }

    /// A field as the form calls it.
    fn label_of(&self, field: &str) -> &'static str {
        let words = self.words();
        match field {
            "slug" => words.slug(),
            "email" => words.owner_email(),
            "fhir_base" => words.fhir_base(),
            _ => words.name(),
        }
    }

    fn is_wrong(&self, field: &str) -> bool {
        self.problem.as_ref().is_some_and(|(wrong, _)| wrong == field)
    }
}

impl OperatorTenantCreated {
    const fn words(&self) -> NewTenantWords {
        NewTenantWords(self.frame.chrome.language)
    }

    const fn common(&self) -> TenantWords {
        TenantWords(self.frame.chrome.language)
    }
}

impl StepRow {
    pub(in crate::web) fn is_done(&self) -> bool {
        matches!(self.state, "done" | "skipped")
    }

    pub(in crate::web) fn class(&self) -> &'static str {
        match self.state {
            "done" => "good",
            "failed" => "danger",
            "running" => "warning",
            _ => "plain",
        }
    }
}

impl Page for OperatorNewTenant {
    fn chrome(&self) -> &Chrome {
        &self.frame.chrome
    }
}

impl Page for OperatorTenantCreated {
    fn chrome(&self) -> &Chrome {
        &self.frame.chrome
    }
}
