//! A chart of the last days: one bar for each, drawn here so that it needs no script, with the same numbers as a table.

use crate::web::Language;
use crate::web::language::words;

/// Width of a day and of the space around its bar, in units of the drawing.
const DAY: usize = 13;
const GAP: usize = 3;
/// Height of the tallest bar.
const HEIGHT: usize = 120;

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counted {
    /// Completed sign-ins to apps.
    SignIns,
    /// Requests that were refused.
    Refusals,
}

/// How often something happened, by day, oldest first.
#[derive(Clone, Debug)]
pub struct DayChart {
    /// What.
    pub counted: Counted,
    /// The day, as `2026-01-31`, and how often.
    pub days: Vec<(String, u64)>,
}

/// A bar of the drawing.
pub(in crate::web) struct Bar {
    pub(in crate::web) x: usize,
    pub(in crate::web) y: usize,
    pub(in crate::web) width: usize,
    pub(in crate::web) height: usize,
}

words! {
    /// The words of charts.
    ChartWords {
        sign_ins { "Sign-ins to apps by day" "Accesos a aplicaciones por día" }
        refusals { "Refused requests by day" "Peticiones rechazadas por día" }
        day { "Day" "Día" }
        count { "Count" "Cantidad" }
        as_table { "The same as a table" "Lo mismo en una tabla" }
        sum(total: u64, most: u64) {
            "{total} in these days, at most {most} on one day (UTC)."
            "{total} en estos días, como máximo {most} en un día (UTC)."
        }
        nothing { "Nothing on these days." "Nada en estos días." }
    }
}

impl DayChart {
    pub(in crate::web) const fn words(language: Language) -> ChartWords {
        ChartWords(language)
    }

    pub(in crate::web) const fn id(&self) -> &'static str {
        match self.counted {
            Counted::SignIns => "chart-sign-ins",
            Counted::Refusals => "chart-refusals",
        }
    }

    pub(in crate::web) const fn title(&self, language: Language) -> &'static str {
        match self.counted {
            Counted::SignIns => ChartWords(language).sign_ins(),
            Counted::Refusals => ChartWords(language).refusals(),
        }
    }

    fn most(&self) -> u64 {
        self.days.iter().map(|(_, count)| *count).max().unwrap_or(0)
    }

    pub(in crate::web) fn is_empty(&self) -> bool {
        self.most() == 0
    }

    pub(in crate::web) fn top(&self) -> String {
        self.most().to_string()
    }

    pub(in crate::web) fn summary(&self, language: Language) -> String {
        let total = self.days.iter().map(|(_, count)| *count).sum();
        ChartWords(language).sum(total, self.most())
    }

    pub(in crate::web) fn width(&self) -> usize {
        self.days.len() * DAY
    }

    pub(in crate::web) fn bars(&self) -> Vec<Bar> {
        let most = self.most().max(1);
        self.days
            .iter()
            .enumerate()
            .map(|(place, (_, count))| {
                let height = count.saturating_mul(HEIGHT as u64).div_ceil(most);
                let height = usize::try_from(height).unwrap_or(HEIGHT).min(HEIGHT);
                Bar {
                    x: place * DAY + GAP / 2,
                    y: HEIGHT - height,
                    width: DAY - GAP,
                    height,
                }
            })
            .collect()
    }

    pub(in crate::web) fn first(&self) -> &str {
        self.days.first().map_or("", |(day, _)| day)
    }

    pub(in crate::web) fn last(&self) -> &str {
        self.days.last().map_or("", |(day, _)| day)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_stand_on_the_axis_and_the_tallest_fills_the_height() {
        let days = [0, 3, 6].map(|count| ("2026-01-31".to_owned(), count)).to_vec();
        let chart = DayChart {
            counted: Counted::SignIns,
            days,
        };
        let heights: Vec<usize> = chart.bars().iter().map(|bar| bar.height).collect();
        assert_eq!(heights, [0, HEIGHT / 2, HEIGHT]);
        assert!(chart.bars().iter().all(|bar| bar.y + bar.height == HEIGHT));
    }

    #[test]
    fn days_without_anything_are_no_division_by_nothing() {
        let chart = DayChart {
            counted: Counted::Refusals,
            days: vec![("2026-01-31".to_owned(), 0)],
        };
        assert!(chart.is_empty());
        assert_eq!(chart.bars().first().map(|bar| bar.height), Some(0));
    }
}
