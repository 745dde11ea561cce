//! A chart of the last 24 hours with a bar for each hour and contract, drawn here so that it needs no script, with the same
//! numbers as a table.

use crate::kernel::Timestamp;
use crate::web::Language;
use crate::web::language::words;

/// Width of an hour and of the space around its bars, in units of the drawing.
const HOUR: usize = 16;
const GAP: usize = 4;
/// Height of the tallest bar.
const HEIGHT: usize = 120;

/// What is counted or measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hourly {
    /// People who signed in.
    SignIns,
    /// Answers with tokens.
    Tokens,
    /// Answers that failed.
    Failures,
    /// Milliseconds within which 95 of 100 answers came.
    Latency,
}

/// What happened in each of the last hours, oldest first.
#[derive(Clone, Debug)]
pub struct HourChart {
    /// What.
    pub what: Hourly,
    /// What is told apart: nothing, or the contracts, by their names in the API.
    pub series: Vec<&'static str>,
    /// The beginning of the hour, and a number for each of the series.
    pub hours: Vec<(Timestamp, Vec<u64>)>,
}

/// A bar of the drawing.
pub(in crate::web) struct HourBar {
    pub(in crate::web) x: usize,
    pub(in crate::web) y: usize,
    pub(in crate::web) width: usize,
    pub(in crate::web) height: usize,
    pub(in crate::web) series: usize,
}

words! {
    /// The words of these charts.
    HourChartWords {
        sign_ins { "Sign-ins by hour" "Inicios de sesión por hora" }
        tokens { "Answers with tokens by hour" "Respuestas con tokens por hora" }
        failures { "Failed answers by hour" "Respuestas fallidas por hora" }
        latency { "Time of 95 in 100 answers, by hour, in milliseconds" "Tiempo de 95 de cada 100 respuestas, por hora, en milisegundos" }
        hour { "Hour (UTC)" "Hora (UTC)" }
        number { "Number" "Número" }
        as_table { "The same as a table" "Lo mismo en una tabla" }
        sum(total: u64, most: u64) {
            "{total} in 24 hours, at most {most} in one."
            "{total} en 24 horas, como máximo {most} en una."
        }
        worst(most: u64) { "At most {most} ms." "Como máximo {most} ms." }
        nothing { "Nothing in the last 24 hours." "Nada en las últimas 24 horas." }
        standard { "Standard" "Estándar" }
        enterprise { "Enterprise" "Empresa" }
        all { "All" "Todo" }
    }
}

impl HourChart {
    pub(in crate::web) const fn words(language: Language) -> HourChartWords {
        HourChartWords(language)
    }

    pub(in crate::web) const fn id(&self) -> &'static str {
        match self.what {
            Hourly::SignIns => "chart-sign-ins-by-hour",
            Hourly::Tokens => "chart-tokens-by-hour",
            Hourly::Failures => "chart-failures-by-hour",
            Hourly::Latency => "chart-latency-by-hour",
        }
    }

    pub(in crate::web) const fn title(&self, language: Language) -> &'static str {
        let words = HourChartWords(language);
        match self.what {
            Hourly::SignIns => words.sign_ins(),
            Hourly::Tokens => words.tokens(),
            Hourly::Failures => words.failures(),
            Hourly::Latency => words.latency(),
        }
    }

    pub(in crate::web) fn label(&self, series: usize, language: Language) -> &'static str {
        let words = HourChartWords(language);
        match self.series.get(series) {
            Some(&"standard") => words.standard(),
            Some(&"enterprise") => words.enterprise(),
            _ if self.series.len() > 1 => words.all(),
            _ => words.number(),
        }
    }

    fn numbers(&self) -> impl Iterator<Item = u64> {
        self.hours.iter().flat_map(|(_, numbers)| numbers.iter().copied())
    }

    fn most(&self) -> u64 {
        self.numbers().max().unwrap_or(0)
    }

    pub(in crate::web) fn is_empty(&self) -> bool {
        self.most() == 0
    }

    pub(in crate::web) fn top(&self) -> String {
        self.most().to_string()
    }

    pub(in crate::web) fn summary(&self, language: Language) -> String {
        let words = HourChartWords(language);
        match self.what {
            _ if self.is_empty() => words.nothing().to_owned(),
            Hourly::Latency => words.worst(self.most()),
            _ => words.sum(self.numbers().sum(), self.most()),
        }
    }

    pub(in crate::web) fn width(&self) -> usize {
        self.hours.len() * HOUR
    }

    pub(in crate::web) fn bars(&self) -> Vec<HourBar> {
        let most = self.most().max(1);
        let width = (HOUR - GAP) / self.series.len().max(1);
        let mut bars = Vec::new();
        for (place, (_, numbers)) in self.hours.iter().enumerate() {
            for (series, number) in numbers.iter().enumerate().filter(|(_, number)| **number > 0) {
                let height = number.saturating_mul(HEIGHT as u64).div_ceil(most);
                let height = usize::try_from(height).unwrap_or(HEIGHT).min(HEIGHT);
                bars.push(HourBar {
                    x: place * HOUR + GAP / 2 + series * width,
                    y: HEIGHT - height,
                    width: width.saturating_sub(1),
                    height,
                    series,
                });
            }
        }
        bars
    }

    pub(in crate::web) fn hour(at: Timestamp) -> String {
        at.to_rfc3339().chars().skip(11).take(5).collect()
    }

    pub(in crate::web) fn first(&self) -> String {
        self.hours.first().map_or_else(String::new, |(at, _)| Self::hour(*at))
    }

    pub(in crate::web) fn last(&self) -> String {
        self.hours.last().map_or_else(String::new, |(at, _)| Self::hour(*at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chart(numbers: &[[u64; 2]]) -> HourChart {
        HourChart {
            what: Hourly::Tokens,
            series: vec!["standard", "enterprise"],
            hours: numbers
                .iter()
                .map(|pair| (Timestamp::from_seconds(0), pair.to_vec()))
                .collect(),
        }
    }

    #[test]
    fn bars_stand_beside_each_other_on_the_axis() {
        let bars = chart(&[[2, 4], [0, 1]]).bars();
        assert_eq!(bars.len(), 3);
        assert!(bars.iter().all(|bar| bar.y + bar.height == HEIGHT));
        assert!(bars.windows(2).all(|pair| pair[0].x + pair[0].width <= pair[1].x));
        assert_eq!(bars[1].height, HEIGHT);
    }

    #[test]
    fn hours_without_anything_are_said_in_words() {
        let quiet = chart(&[[0, 0]]);
        assert!(quiet.is_empty() && quiet.bars().is_empty());
        assert_eq!(quiet.summary(Language::English), "Nothing in the last 24 hours.");
    }
}
