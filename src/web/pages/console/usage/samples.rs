//! Sample data for the page of usage.

use super::*;
use crate::kernel::Timestamp;
use crate::web::pages::console::Section;
use crate::web::pages::console::samples::{at, frame};
use crate::web::pages::samples::{Collection, NOW};
use std::time::Duration;

impl Collection {
    pub(crate) fn add_usage(&mut self) {
        for (name, span, scale) in [
            ("day", UsageSpan::Day, 7),
            ("month", UsageSpan::Month, 4_217),
            ("none", UsageSpan::Day, 0),
        ] {
            let slots: u32 = if span == UsageSpan::Day { 24 } else { 30 };
            let width = if span == UsageSpan::Day { 1 } else { 24 };
            let numbers = |series: Series, factor: u64| {
                let value = |slot: u32| {
                    let at: Timestamp = NOW - Duration::from_hours(u64::from((slots - slot) * width));
                    (at, scale * factor * u64::from((slot * 7) % 11))
                };
                (series, (0..slots).map(value).collect::<Vec<_>>())
            };
            let page = ConsoleUsage {
                frame: frame(self, Section::Usage),
                action: at("/usage"),
                span,
                spans: UsageSpan::ALL.map(|span| (span, at("/usage?span=x"))).to_vec(),
                app: self.flavour.of("growth-chart").to_owned(),
                charts: vec![
                    Chart::new(
                        span,
                        numbers(Series::SignIns, 3),
                        Some(numbers(Series::SignInsRefused, 1)),
                    ),
                    Chart::new(
                        span,
                        numbers(Series::Access, 2),
                        Some(numbers(Series::AccessRefused, 1)),
                    ),
                    Chart::new(span, numbers(Series::Tokens, 9), None),
                    Chart::new(span, numbers(Series::Refused, 1), None),
                ],
                apps: if scale == 0 {
                    Vec::new()
                } else {
                    vec![UsageAppRow {
                        client_id: "growth-chart".to_owned(),
                        access: 12,
                        tokens: 90,
                        refused: 1,
                    }]
                },
                export: at("/usage.csv"),
            };
            self.add(&format!("console_usage-{name}"), &page);
        }
    }
}
