//! The operators' page about the platform as a whole.

use super::chart::Chart;
use super::frame::ConsoleFrame;
use crate::kernel::Timestamp;
use crate::web::dates::moment_in_words;
use crate::web::language::words;
use crate::web::{Chrome, Href, Page};
use askama::Template;

/// The page.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/console/operator_health.html")]
pub struct OperatorHealth {
    /// Navigation and the rest.
    pub frame: ConsoleFrame,
    /// The last 24 hours.
    pub charts: Vec<Chart>,
    /// Tenants with most failed answers: the tenant, how many failed, of how many.
    pub failing: Vec<(TenantLink, u64, u64)>,
    /// Tenants with most slow answers, in the same way.
    pub slow: Vec<(TenantLink, u64, u64)>,
    /// Servers that are left alone: whose, host, since when.
    pub breakers: Vec<(TenantLink, String, Timestamp)>,
    /// Sign-in services whose data could not be fetched: whose, alias, the check that failed, when it was last tried.
    pub unreachable: Vec<(TenantLink, String, String, Timestamp)>,
    /// What ends: whose, alias, the kind's name in the API, when, whole days until then.
    pub ending: Vec<EndRow>,
    /// Running nodes: id, version, started, last seen.
    pub nodes: Vec<(String, String, Timestamp, Timestamp)>,
    /// The program's version.
    pub version: &'static str,
    /// The schema it brings databases to.
    pub schema_version: i64,
    /// Own databases with it, and all own databases.
    pub schema: (u64, u64),
}

/// A tenant, with its page.
#[derive(Clone, Debug)]
pub struct TenantLink {
    /// Its name.
    pub name: String,
    /// Its page.
    pub href: Href,
}

/// Something that ends.
#[derive(Clone, Debug)]
pub struct EndRow {
    /// Whose.
    pub tenant: TenantLink,
    /// The sign-in service.
    pub alias: String,
    /// The kind's name in the API.
    pub kind: String,
    /// When.
    pub at: Timestamp,
    /// Whole days until then; 0 when it has passed.
    pub days: u64,
}

words! {
    /// This page's words.
    HealthWords {
        title { "Health" "Estado" }
        lead {
            "Every node writes its sums once a minute. Times are UTC."
            "Cada nodo escribe sus sumas una vez por minuto. Las horas son UTC."
        }
        traffic { "The last 24 hours" "Las últimas 24 horas" }
        standing_out { "Tenants that stand out" "Organizaciones que destacan" }
        standing_out_text { "In this hour and the one before." "En esta hora y la anterior." }
        failing { "Most failed answers" "Más respuestas fallidas" }
        slow { "Most answers slower than a second" "Más respuestas de más de un segundo" }
        none_failing { "No answer failed." "Ninguna respuesta falló." }
        none_slow { "No answer took longer than a second." "Ninguna respuesta tardó más de un segundo." }
        tenant { "Tenant" "Organización" }
        failed { "Failed" "Fallidas" }
        slower { "Slow" "Lentas" }
        answers { "Answers" "Respuestas" }
        breakers { "Servers left alone" "Servidores que se dejan en paz" }
        breakers_text {
            "They failed several times in a row. They are tried again by themselves every half minute."
            "Fallaron varias veces seguidas. Se vuelven a probar solos cada medio minuto."
        }
        no_breakers { "None: every server answers." "Ninguno: todos los servidores responden." }
        host { "Server" "Servidor" }
        since { "Since" "Desde" }
        providers { "Sign-in services" "Servicios de acceso" }
        unreachable { "Data that could not be fetched" "Datos que no se pudieron obtener" }
        none_unreachable { "Everything could be fetched." "Todo se pudo obtener." }
        service { "Sign-in service" "Servicio de acceso" }
        check { "Failed check" "Comprobación fallida" }
        tried { "Last tried" "Último intento" }
        ending { "Certificates and dates within 90 days" "Certificados y fechas en los próximos 90 días" }
        none_ending { "Nothing ends within 90 days." "Nada caduca en los próximos 90 días." }
        what { "What" "Qué" }
        ends { "Ends" "Caduca" }
        provider_certificate { "The service's certificate" "El certificado del servicio" }
        metadata_validity { "The service's metadata" "Los metadatos del servicio" }
        our_certificate { "Our certificate there" "Nuestro certificado allí" }
        other { "A date" "Una fecha" }
        passed { "passed" "vencido" }
        days(days: u64) { "in {days} days" "en {days} días" }
        versions { "Version and databases" "Versión y bases de datos" }
        version { "This node's version" "Versión de este nodo" }
        of_node { "Version" "Versión" }
        schema { "Schema of tenants' databases" "Esquema de las bases de datos" }
        own(current: u64, all: u64) {
            "{current} of {all} databases of tenants' own were opened with it."
            "{current} de {all} bases de datos propias se han abierto con él."
        }
        own_note {
            "The registry and the shared database have it since the node started; a database of a tenant's own gets it when it is opened."
            "El registro y la base compartida lo tienen desde que arrancó el nodo; una base propia lo recibe al abrirse."
        }
        no_own { "No tenant has a database of its own." "Ninguna organización tiene base de datos propia." }
        nodes { "Running nodes" "Nodos en marcha" }
        no_nodes { "None has reported in the last five minutes." "Ninguno ha informado en los últimos cinco minutos." }
        node { "Node" "Nodo" }
        started { "Started" "Iniciado" }
        seen { "Last report" "Último informe" }
    }
}

impl OperatorHealth {
    const fn words(&self) -> HealthWords {
        HealthWords(self.frame.chrome.language)
    }

    fn moment(&self, at: Timestamp) -> String {
        moment_in_words(at, self.frame.chrome.language)
    }

    fn kind(&self, kind: &str) -> &'static str {
        let words = self.words();
        match kind {
            "provider_certificate" => words.provider_certificate(),
            "metadata_validity" => words.metadata_validity(),
            "our_certificate" => words.our_certificate(),
            _ => words.other(),
        }
    }

    fn until(&self, days: u64) -> String {
        if days == 0 {
            self.words().passed().to_owned()
        } else {
            self.words().days(days)
        }
    }
}

impl Page for OperatorHealth {
    fn chrome(&self) -> &Chrome {
        &self.frame.chrome
    }
}
