//! How the tenant is used: charts with their numbers as tables.

mod chart;

#[cfg(test)]
mod samples;

pub use chart::{Chart, Series, UsageSpan};

use super::frame::ConsoleFrame;
use crate::web::language::words;
use crate::web::{Chrome, Href, Language, Page};
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
    pub span: UsageSpan,
    /// The times to choose from.
    pub spans: Vec<(UsageSpan, Href)>,
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
        sign_ins { "Sign-ins" "Inicios de sesión" }
        succeeded { "Succeeded" "Con éxito" }
        sign_ins_refused { "Refused" "Rechazados" }
        access { "Access given to apps" "Acceso dado a aplicaciones" }
        given { "Given" "Dado" }
        access_refused { "Refused" "Negado" }
        tokens { "Tokens issued" "Tokens emitidos" }
        refused { "Refusals of every kind" "Rechazos de todo tipo" }
        per_hour { "per hour" "por hora" }
        per_day { "per day" "por día" }
        total(total: u64) { "{total} in all" "{total} en total" }
        numbers { "The numbers as a table" "Los números en una tabla" }
        from { "From" "Desde" }
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

    const fn language(&self) -> Language {
        self.frame.chrome.language
    }

    /// The times to choose from: words, address, whether it is chosen.
    fn choices(&self) -> Vec<(&'static str, &Href, bool)> {
        let words = self.words();
        self.spans
            .iter()
            .map(|(span, href)| {
                let text = match span {
                    UsageSpan::Day => words.day(),
                    UsageSpan::Month => words.month(),
                };
                (text, href, *span == self.span)
            })
            .collect()
    }

    const fn unit(&self) -> &'static str {
        match self.span {
            UsageSpan::Day => self.words().per_hour(),
            UsageSpan::Month => self.words().per_day(),
        }
    }
}

impl Series {
    /// What the chart is called whose first series this is.
    const fn chart_title(self, words: UsageWords) -> &'static str {
        match self {
            Self::SignIns | Self::SignInsRefused => words.sign_ins(),
            Self::Access | Self::AccessRefused => words.access(),
            Self::Tokens => words.tokens(),
            Self::Refused => words.refused(),
        }
    }

    /// What the series is called beside another.
    const fn name(self, words: UsageWords) -> &'static str {
        match self {
            Self::SignIns => words.succeeded(),
            Self::SignInsRefused => words.sign_ins_refused(),
            Self::Access => words.given(),
            Self::AccessRefused => words.access_refused(),
            Self::Tokens => words.tokens(),
            Self::Refused => words.refused(),
        }
    }
}

impl Page for ConsoleUsage {
    fn chrome(&self) -> &Chrome {
        &self.frame.chrome
    }
}
