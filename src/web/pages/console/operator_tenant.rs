//! The operators' page of one tenant: how it stands, what it has, what happened, and what can be done.

use super::chart::Chart;
use super::frame::ConsoleFrame;
use super::home::ActivityRow;
use super::keys::KeyWords;
use super::operator_new_tenant::StepRow;
use super::tenant_words::{TenantWords, status_class, status_in_words};
use crate::kernel::Timestamp;
use crate::web::dates::moment_in_words;
use crate::web::language::words;
use crate::web::{Chrome, Csrf, Href, Page};
use askama::Template;

/// The page.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/console/operator_tenant.html")]
pub struct OperatorTenant {
    /// Navigation and the rest.
    pub frame: ConsoleFrame,
    /// Back to the list.
    pub back: Href,
    /// The name.
    pub name: String,
    /// The address part.
    pub slug: String,
    /// The immutable id.
    pub id: String,
    /// The issuer.
    pub issuer: String,
    /// The state's name in the API.
    pub status: &'static str,
    /// The contract's name in the API.
    pub tier: &'static str,
    /// The place's name in the API.
    pub placement: &'static str,
    /// When it was created.
    pub created_at: Timestamp,
    /// What it answered in the last 24 hours.
    pub hours: Vec<Chart>,
    /// How its sign-in services did when they were last looked after: alias, the check that failed, what ends when.
    pub services: Vec<ServiceRow>,
    /// Running the steps is under way; the page can be looked at again.
    pub again: Href,
    /// The steps of its onboarding; none for a tenant that is older than them.
    pub steps: Vec<StepRow>,
    /// What only an open store tells; `None` while the tenant is not served, or its store does not answer.
    pub inside: Option<TenantInside>,
    /// Whether its store did not answer.
    pub store_failed: bool,
    /// What was done just now.
    pub done: Option<TenantDone>,
    /// Name and contract before they were changed just now: it can be undone.
    pub before: Option<(String, &'static str)>,
    /// What can be done, for those who may.
    pub acts: Option<TenantActs>,
    /// Whether the typed name was another.
    pub wrong_name: bool,
    /// What is wrong with the new name.
    pub problem: Option<String>,
}

/// What a tenant has.
#[derive(Clone, Debug)]
pub struct TenantInside {
    /// Its ways to sign in: alias, kind, words on the button.
    pub providers: Vec<(String, String, String)>,
    /// Its signing keys: key id, algorithm, state.
    pub keys: Vec<(String, String, String)>,
    /// What happened in the last thirty days.
    pub charts: Vec<Chart>,
    /// The last events.
    pub events: Vec<ActivityRow>,
    /// The request that is asked about, as it was typed.
    pub asked: String,
    /// What is known of it.
    pub refusal: Option<AskedRequest>,
}

/// A request that was asked about.
#[derive(Clone, Debug)]
pub enum AskedRequest {
    /// It was refused, and why.
    Refused(RefusedRow),
    /// It is not known here.
    Unknown,
}

/// Why a request was refused. Codes, a route and an app; nothing that the request said, and nobody's name.
#[derive(Clone, Debug)]
pub struct RefusedRow {
    /// When.
    pub at: Timestamp,
    /// The check that failed, by its short code.
    pub failed_check: String,
    /// What that means.
    pub cause: String,
    /// What to do.
    pub mend: String,
    /// The route, as its template.
    pub route: String,
    /// The status of the answer.
    pub status: u16,
    /// The error of the protocol, if the caller was told one.
    pub error: Option<String>,
    /// The registered client that the request named.
    pub app: Option<String>,
}

/// How a sign-in service did.
#[derive(Clone, Debug)]
pub struct ServiceRow {
    /// Its name in addresses.
    pub alias: String,
    /// The check that what it publishes failed.
    pub failed_check: Option<String>,
    /// What ends first, by its name in the API, and when.
    pub end: Option<(String, Timestamp)>,
    /// When it was looked at.
    pub checked_at: Timestamp,
}

/// The forms.
#[derive(Clone, Debug)]
pub struct TenantActs {
    /// Protects them.
    pub csrf: Csrf,
    /// Suspends; after the name was typed.
    pub suspend: Href,
    /// Resumes.
    pub resume: Href,
    /// Finishes the onboarding.
    pub continue_onboarding: Href,
    /// Changes name and contract.
    pub contract: Href,
}

/// What was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TenantDone {
    /// It is suspended.
    Suspended,
    /// It is served again.
    Resumed,
}

impl TenantDone {
    /// The name in the address.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Suspended => "suspended",
            Self::Resumed => "resumed",
        }
    }

    /// By that name.
    pub fn read(name: &str) -> Option<Self> {
        [Self::Suspended, Self::Resumed]
            .into_iter()
            .find(|done| done.as_str() == name)
    }
}

words! {
    /// This page's words.
    OperatorTenantWords {
        back { "Tenants" "Organizaciones" }
        address { "Address part" "Parte de la dirección" }
        id { "Tenant id" "Identificador" }
        issuer { "Issuer" "Emisor" }
        contract { "Contract" "Contrato" }
        place { "Data" "Datos" }
        created { "Created" "Creada" }
        copy_id { "Copy the tenant id" "Copiar el identificador" }
        steps { "How it was made" "Cómo se creó" }
        unfinished {
            "It is not finished: the tenant is not served yet. Run the steps again; what is done stays."
            "No está terminada: la organización aún no presta servicio. Ejecute los pasos de nuevo; lo hecho queda."
        }
        look_again { "Look again" "Mirar de nuevo" }
        under_way { "A step is under way, or was cut off." "Un paso está en curso, o se interrumpió." }
        run_again { "Run the steps again" "Ejecutar los pasos de nuevo" }
        explain { "Why did a request fail?" "¿Por qué falló una petición?" }
        explain_text {
            "The person sees a number beginning with req_ on the error page; an app finds it in the header X-Request-Id. Refusals are kept for a week, without anything that the request said."
            "La persona ve un número que empieza por req_ en la página de error; una aplicación lo encuentra en la cabecera X-Request-Id. Los rechazos se guardan una semana, sin nada de lo que decía la petición."
        }
        request { "Request number" "Número de la petición" }
        find_request { "Explain" "Explicar" }
        failed_check { "Failed check" "Comprobación fallida" }
        cause { "What it means" "Qué significa" }
        mend { "What to do" "Qué hacer" }
        route { "Where" "Dónde" }
        app { "App" "Aplicación" }
        request_unknown {
            "No refusal with this number is known here. It may be another tenant's, more than a week old, or the request was not refused."
            "Aquí no se conoce ningún rechazo con este número. Puede ser de otra organización, de hace más de una semana, o la petición no fue rechazada."
        }
        providers { "Ways to sign in" "Métodos de acceso" }
        no_providers { "None yet: nobody can sign in." "Ninguno todavía: nadie puede iniciar sesión." }
        keys { "Signing keys" "Claves de firma" }
        key { "Key id" "Clave" }
        algorithm { "Algorithm" "Algoritmo" }
        state { "State" "Estado" }
        kind { "Kind" "Tipo" }
        name { "Name" "Nombre" }
        traffic { "The last 24 hours" "Las últimas 24 horas" }
        fetched { "Fetched" "Obtenido" }
        fetch_failed { "Could not be fetched" "No se pudo obtener" }
        looked_at { "Looked at" "Comprobado" }
        data { "Its data" "Sus datos" }
        ends { "Ends" "Caduca" }
        nothing_ends { "Nothing" "Nada" }
        rename { "Name and contract" "Nombre y contrato" }
        rename_text { "The address part never changes: it is in every token." "La parte de la dirección nunca cambia: está en cada token." }
        save { "Save" "Guardar" }
        was_changed { "Name and contract are changed." "El nombre y el contrato se han cambiado." }
        undo { "Undo" "Deshacer" }
        usage { "Usage in the last 30 days" "Uso en los últimos 30 días" }
        events { "Last events" "Últimos sucesos" }
        when { "When" "Cuándo" }
        announced {
            "That you looked at this page stands in the tenant's own audit log."
            "Que usted ha consultado esta página consta en el registro de auditoría de la organización."
        }
        closed {
            "While it is not served, its sign-in services, keys and events are not read."
            "Mientras no presta servicio no se leen sus servicios de acceso, claves ni sucesos."
        }
        store_failed {
            "The tenant's database does not answer. Other tenants are not affected."
            "La base de datos de la organización no responde. Las demás no se ven afectadas."
        }
        suspend_text {
            "Nobody can sign in and every token is refused until it is resumed. Nothing is lost."
            "Nadie podrá iniciar sesión y se rechazará todo token hasta que se reanude. No se pierde nada."
        }
        type_name(slug: &str) { "Type {slug} to confirm" "Escriba {slug} para confirmar" }
        wrong_name { "That is not the tenant's address part." "Esa no es la parte de la dirección de la organización." }
        suspend { "Suspend" "Suspender" }
        resume_text { "Sign-ins and tokens work again at once." "Los accesos y los tokens vuelven a funcionar enseguida." }
        resume { "Resume" "Reanudar" }
        was_suspended { "The tenant is suspended." "La organización está suspendida." }
        was_resumed { "The tenant is served again." "La organización vuelve a prestar servicio." }
    }
}

impl OperatorTenant {
    const fn words(&self) -> OperatorTenantWords {
        OperatorTenantWords(self.frame.chrome.language)
    }

    const fn common(&self) -> TenantWords {
        TenantWords(self.frame.chrome.language)
    }

    fn status_words(&self) -> &'static str {
        status_in_words(self.common(), self.status)
    }

    fn status_class(&self) -> &'static str {
        status_class(self.status)
    }

    fn key_state(&self, state: &str) -> (&'static str, &'static str) {
        KeyWords(self.frame.chrome.language).state_of(state)
    }

    fn moment(&self, at: Timestamp) -> String {
        moment_in_words(at, self.frame.chrome.language)
    }

    /// Whether a step is under way, so that the page is watched.
    pub fn is_running(&self) -> bool {
        self.steps.iter().any(|step| step.state == "running")
    }

    fn is_unfinished(&self) -> bool {
        self.steps.iter().any(|step| !step.is_done())
    }

    fn done_words(&self) -> Option<&'static str> {
        self.done.map(|done| match done {
            TenantDone::Suspended => self.words().was_suspended(),
            TenantDone::Resumed => self.words().was_resumed(),
        })
    }
}

impl Page for OperatorTenant {
    fn chrome(&self) -> &Chrome {
        &self.frame.chrome
    }
}
