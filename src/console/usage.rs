//! `/<tenant>/admin/usage`: how the tenant is used, as charts, as tables and as a file.

use super::Visit;
use super::activity::cell;
use super::respond::ConsoleFault;
use crate::control::usage::{UsageCounts, UsageOverTime, UsagePeriod};
use crate::web::Href;
use crate::web::pages::console::{Chart, ConsoleUsage, Section, Series, UsageAppRow, UsageSpan};
use axum::extract::Query;
use axum::extract::rejection::QueryRejection;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use std::fmt::Write as _;

/// Over what time, and with which app.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct Which {
    span: String,
    app: String,
}

impl Which {
    fn span(&self) -> UsageSpan {
        UsageSpan::parse(&self.span).unwrap_or(UsageSpan::Day)
    }

    fn app(&self) -> Option<&str> {
        Some(self.app.trim()).filter(|app| !app.is_empty())
    }

    async fn count(&self, visit: &Visit) -> Result<UsageOverTime, ConsoleFault> {
        let period = match self.span() {
            UsageSpan::Day => UsagePeriod::Day,
            UsageSpan::Month => UsagePeriod::Month,
        };
        Ok(visit.admin.usage_over_time(period, self.app()).await?)
    }

    fn query(&self, span: UsageSpan) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.append_pair("span", span.as_str());
        if let Some(app) = self.app() {
            query.append_pair("app", app);
        }
        query.finish()
    }
}

/// `GET usage`.
pub(super) async fn get(visit: Visit, which: Result<Query<Which>, QueryRejection>) -> Response {
    let which = which.map(|Query(which)| which).unwrap_or_default();
    let shown = async {
        let usage = which.count(&visit).await?;
        Ok(page(&visit, &which, &usage))
    };
    visit.answer(shown.await)
}

/// A number of a stretch of time.
type Count = fn(&UsageCounts) -> u64;

fn page(visit: &Visit, which: &Which, usage: &UsageOverTime) -> Response {
    let span = which.span();
    let series = |series: Series, count: Count| {
        let values = usage.slots.iter().map(|slot| (slot.at, count(&slot.counts)));
        (series, values.collect::<Vec<_>>())
    };
    let mut charts = Vec::new();
    // A sign-in belongs to no app: it is there before any.
    if which.app().is_none() {
        let done = series(Series::SignIns, |counts| counts.sign_ins);
        let refused = series(Series::SignInsRefused, |counts| counts.sign_ins_refused);
        charts.push(Chart::new(span, done, Some(refused)));
    }
    let access = series(Series::Access, |counts| counts.access);
    let refused = series(Series::AccessRefused, |counts| counts.access_refused);
    charts.push(Chart::new(span, access, Some(refused)));
    charts.push(Chart::new(span, series(Series::Tokens, |counts| counts.tokens), None));
    charts.push(Chart::new(span, series(Series::Refused, UsageCounts::refused), None));
    let place = |span: UsageSpan| Href::local(&format!("{}?{}", visit.path("usage"), which.query(span)));
    let page = ConsoleUsage {
        frame: visit.frame(Section::Usage),
        action: visit.href("usage"),
        span,
        spans: UsageSpan::ALL.map(|span| (span, place(span))).to_vec(),
        app: which.app.trim().to_owned(),
        charts,
        apps: usage
            .apps
            .iter()
            .map(|(client_id, counts)| UsageAppRow {
                client_id: client_id.clone(),
                access: counts.access,
                tokens: counts.tokens,
                refused: counts.refused(),
            })
            .collect(),
        export: Href::local(&format!("{}?{}", visit.path("usage.csv"), which.query(span))),
    };
    visit.page(&page)
}

/// `GET usage.csv`: the same numbers.
pub(super) async fn export(visit: Visit, which: Result<Query<Which>, QueryRejection>) -> Response {
    let which = which.map(|Query(which)| which).unwrap_or_default();
    let file = which.count(&visit).await.map(|usage| {
        let mut text =
            "from,app,sign_ins,sign_ins_refused,access_given,access_refused,tokens_issued,replays\r\n".to_owned();
        for slot in &usage.slots {
            let counts = &slot.counts;
            let numbers = [
                counts.sign_ins,
                counts.sign_ins_refused,
                counts.access,
                counts.access_refused,
                counts.tokens,
                counts.replays,
            ];
            let numbers: Vec<String> = numbers.iter().map(u64::to_string).collect();
            let app = cell(which.app().unwrap_or_default());
            let _ = write!(text, "{},{app},{}\r\n", slot.at.to_rfc3339(), numbers.join(","));
        }
        csv("usage.csv", text)
    });
    visit.answer(file)
}

/// A file to download.
fn csv(name: &'static str, text: String) -> Response {
    let mut response = text.into_response();
    let disposition = format!("attachment; filename=\"{name}\"");
    let headers = response.headers_mut();
    let set = [
        (
            header::CONTENT_TYPE,
            HeaderValue::from_static("text/csv; charset=utf-8"),
        ),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    ];
    for (name, value) in set {
        headers.insert(name, value);
    }
    if let Ok(value) = HeaderValue::from_str(&disposition) {
        headers.insert(header::CONTENT_DISPOSITION, value);
    }
    response
}
