//! Sample data for the page of usage.

use super::*;
use crate::kernel::Timestamp;
use crate::web::pages::console::Section;
use crate::web::pages::console::samples::{at, frame};
use crate::web::pages::console::{Measure, Series};
use crate::web::pages::samples::{Collection, NOW};
use std::time::Duration;

impl Collection {
    pub(crate) fn add_usage(&mut self) {
        for (name, span, scale) in [
            ("day", ChartSpan::Day, 7),
            ("month", ChartSpan::Month, 4_217),
            ("none", ChartSpan::Day, 0),
        ] {
            let slots: u32 = if span == ChartSpan::Day { 24 } else { 30 };
            let width = if span == ChartSpan::Day { 1 } else { 24 };
            let times = || {
                let at = |slot: u32| -> Timestamp { NOW - Duration::from_hours(u64::from((slots - slot) * width)) };
                (0..slots).map(at).collect::<Vec<_>>()
            };
            let numbers = |series: Series, factor: u64| {
                let value = |slot: u32| scale * factor * u64::from((slot * 7) % 11);
                (series, (0..slots).map(value).collect::<Vec<_>>())
            };
            let pair = |measure: Measure, factor: u64| {
                let refused = Some(numbers(Series::Refused, 1));
                Chart::new(measure, span, times(), numbers(Series::Succeeded, factor), refused)
            };
            let single =
                |measure: Measure, factor: u64| Chart::new(measure, span, times(), numbers(Series::All, factor), None);
            let page = ConsoleUsage {
                frame: frame(self, Section::Usage),
                action: at("/usage"),
                span,
                spans: ChartSpan::ALL.map(|span| (span, at("/usage?span=x"))).to_vec(),
                app: self.flavour.of("growth-chart").to_owned(),
                charts: vec![
                    pair(Measure::SignIns, 3),
                    pair(Measure::Access, 2),
                    single(Measure::Tokens, 9),
                    single(Measure::Refusals, 1),
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
