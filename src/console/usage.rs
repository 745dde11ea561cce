//! `/<tenant>/admin/usage`: how the tenant is used, as charts, as tables and as a file.

use super::Visit;
use super::activity::cell;
use super::respond::ConsoleFault;
use crate::control::usage::{UsageCounts, UsageOverTime, UsagePeriod};
use crate::web::Href;
use crate::web::pages::console::{Chart, ChartSpan, ConsoleUsage, Measure, Section, Series, UsageAppRow};
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
    fn span(&self) -> ChartSpan {
        ChartSpan::parse(&self.span).unwrap_or(ChartSpan::Day)
    }

    fn app(&self) -> Option<&str> {
        Some(self.app.trim()).filter(|app| !app.is_empty())
    }

    async fn count(&self, visit: &Visit) -> Result<UsageOverTime, ConsoleFault> {
        let period = match self.span() {
            ChartSpan::Day => UsagePeriod::Day,
            ChartSpan::Month => UsagePeriod::Month,
        };
        Ok(visit.admin.usage_over_time(period, self.app()).await?)
    }

    fn query(&self, span: ChartSpan) -> String {
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

/// The charts of a tenant, or of one of its apps.
pub(super) fn charts(span: ChartSpan, usage: &UsageOverTime, of_one_app: bool) -> Vec<Chart> {
    let chart = |measure: Measure, counts: [fn(&UsageCounts) -> u64; 2]| {
        let [done, refused] =
            counts.map(|count| usage.slots.iter().map(|slot| count(&slot.counts)).collect::<Vec<u64>>());
        let (first, second) = match measure {
            Measure::SignIns | Measure::Access => ((Series::Succeeded, done), Some((Series::Refused, refused))),
            _ => ((Series::All, done), None),
        };
        let times = usage.slots.iter().map(|slot| slot.at).collect();
        Chart::new(measure, span, times, first, second)
    };
    let mut charts = Vec::new();
    // A sign-in belongs to no app: it is there before any.
    if !of_one_app {
        charts.push(chart(
            Measure::SignIns,
            [|counts| counts.sign_ins, |counts| counts.sign_ins_refused],
        ));
    }
    charts.extend([
        chart(
            Measure::Access,
            [|counts| counts.access, |counts| counts.access_refused],
        ),
        chart(Measure::Tokens, [|counts| counts.tokens, |_| 0]),
        chart(Measure::Refusals, [UsageCounts::refused, |_| 0]),
    ]);
    charts
}

fn page(visit: &Visit, which: &Which, usage: &UsageOverTime) -> Response {
    let span = which.span();
    let place = |span: ChartSpan| Href::local(&format!("{}?{}", visit.path("usage"), which.query(span)));
    let page = ConsoleUsage {
        frame: visit.frame(Section::Usage),
        action: visit.href("usage"),
        span,
        spans: ChartSpan::ALL.map(|span| (span, place(span))).to_vec(),
        app: which.app.trim().to_owned(),
        charts: charts(span, usage, which.app().is_some()),
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
