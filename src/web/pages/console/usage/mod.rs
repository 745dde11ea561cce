//! How the tenant is used: charts with their numbers as tables.

#[cfg(test)]
mod samples;

use super::chart::{Chart, ChartSpan};
use super::frame::ConsoleFrame;
use crate::web::language::words;
use crate::web::{Chrome, Href, Page};
use askama::Template;

/// Usage over a time.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/console/usage.html")]
pub struct ConsoleUsage {
    /// Navigation and the rest.
    pub frame: ConsoleFrame,
    /// Where the filter goes.
    pub action: Href,
    /// Over what time.
    pub span: ChartSpan,
    /// The times to choose from.
    pub spans: Vec<(ChartSpan, Href)>,
    /// The app that is looked at; empty for all.
    pub app: String,
    /// The charts.
    pub charts: Vec<Chart>,
    /// The busiest apps; empty when one app is looked at.
    pub apps: Vec<UsageAppRow>,
    /// The same as a file.
    pub export: Href,
}

/// How much one app does.
#[derive(Clone, Debug)]
pub struct UsageAppRow {
    /// The app.
    pub client_id: String,
    /// How often it was given access.
    pub access: u64,
    /// Tokens that it got.
    pub tokens: u64,
    /// How often it was refused.
    pub refused: u64,
}

words! {
    /// This page's words.
    UsageWords {
        title { "Usage" "Uso" }
        lead {
            "How often people signed in, and what apps were given. Times are in UTC; the last stretch is not over yet."
            "Cuántas veces se inició sesión y qué recibieron las aplicaciones. Las horas son UTC; el último tramo aún no ha terminado."
        }
        span { "Time" "Periodo" }
        day { "Last 24 hours" "Últimas 24 horas" }
        month { "Last 30 days" "Últimos 30 días" }
        app { "App (client id)" "Aplicación (identificador)" }
        show { "Show" "Mostrar" }
        export { "Download as CSV" "Descargar como CSV" }
        by_app { "The busiest apps" "Las aplicaciones con más actividad" }
        by_app_none { "No app was used in this time." "Ninguna aplicación se usó en este periodo." }
        app_column { "App" "Aplicación" }
        access_column { "Access given" "Acceso dado" }
        tokens_column { "Tokens" "Tokens" }
        refused_column { "Refused" "Rechazos" }
    }
}

impl ConsoleUsage {
    const fn words(&self) -> UsageWords {
        UsageWords(self.frame.chrome.language)
    }

    /// The times to choose from: words, address, whether it is chosen.
    fn choices(&self) -> Vec<(&'static str, &Href, bool)> {
        let words = self.words();
        self.spans
            .iter()
            .map(|(span, href)| {
                let text = match span {
                    ChartSpan::Day => words.day(),
                    ChartSpan::Month => words.month(),
                };
                (text, href, *span == self.span)
            })
            .collect()
    }
}

impl Page for ConsoleUsage {
    fn chrome(&self) -> &Chrome {
        &self.frame.chrome
    }
}
