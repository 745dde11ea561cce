//! A bar chart: numbers in stretches of time, laid out for a drawing of 360 by 190 units, with the same numbers as a table. Drawn
//! here, so that it needs no script.

use crate::kernel::Timestamp;
use crate::web::Language;
use crate::web::dates::{PartialDate, clock_in_words};
use crate::web::language::words;
use std::fmt::Write as _;

/// Where the plot is in the drawing: its left, right, top and bottom edge.
const LEFT: f64 = 44.0;
const RIGHT: f64 = 354.0;
const TOP: f64 = 12.0;
const BOTTOM: f64 = 160.0;

/// Over what time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChartSpan {
    /// 24 hours, hour by hour.
    Day,
    /// 30 days, day by day.
    Month,
}

impl ChartSpan {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Day, Self::Month];

    /// The name in addresses.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Month => "month",
        }
    }

    /// The time with this name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|span| span.as_str() == name)
    }
}

/// What a chart shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measure {
    /// People signed in.
    SignIns,
    /// Apps were given access.
    Access,
    /// Tokens were issued.
    Tokens,
    /// Something was refused.
    Refusals,
    /// Answers failed.
    Failures,
    /// Milliseconds within which 95 of 100 answers came.
    Latency,
}

impl Measure {
    /// Whether numbers of different times or series can be added up.
    const fn adds_up(self) -> bool {
        !matches!(self, Self::Latency)
    }
}

/// What the numbers of a series have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Series {
    /// Nothing is told apart.
    All,
    /// It was done.
    Succeeded,
    /// It was refused.
    Refused,
    /// Of tenants with the standard contract.
    Standard,
    /// Of tenants with the enterprise contract.
    Enterprise,
}

/// A chart of one series, or of two: stacked where they add up, else side by side.
#[derive(Clone, Debug)]
pub struct Chart {
    measure: Measure,
    span: ChartSpan,
    times: Vec<Timestamp>,
    first: (Series, Vec<u64>),
    second: Option<(Series, Vec<u64>)>,
    top: u64,
}

/// A bar.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Bar {
    /// Which series: 1 or 2.
    series: u8,
    x: f64,
    y: f64,
    width: f64,
    height: f64,
}

/// A line of the scale with its number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::web) struct Line {
    pub(in crate::web) y: f64,
    pub(in crate::web) value: u64,
}

/// A time below the plot.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::web) struct Mark {
    pub(in crate::web) x: f64,
    /// `start`, `middle` or `end`.
    pub(in crate::web) anchor: &'static str,
    pub(in crate::web) text: String,
}

/// One row of the table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::web) struct NumberRow {
    pub(in crate::web) from: String,
    pub(in crate::web) first: u64,
    pub(in crate::web) second: Option<u64>,
}

words! {
    /// The words of charts.
    ChartWords {
        sign_ins { "Sign-ins" "Inicios de sesión" }
        access { "Access given to apps" "Acceso dado a aplicaciones" }
        tokens { "Tokens issued" "Tokens emitidos" }
        refusals { "Refusals of every kind" "Rechazos de todo tipo" }
        failures { "Failed answers" "Respuestas fallidas" }
        latency { "Time of 95 in 100 answers" "Tiempo de 95 de cada 100 respuestas" }
        number { "Number" "Cantidad" }
        milliseconds { "Milliseconds" "Milisegundos" }
        succeeded { "Succeeded" "Con éxito" }
        refused { "Refused" "Rechazados" }
        standard { "Standard" "Estándar" }
        enterprise { "Enterprise" "Empresa" }
        per_hour { "per hour" "por hora" }
        per_day { "per day" "por día" }
        total(total: u64) { "{total} in all" "{total} en total" }
        most(most: u64) { "at most {most} ms" "como máximo {most} ms" }
        no_answers { "no answers" "ninguna respuesta" }
        nothing { "Nothing in this time." "Nada en este periodo." }
        as_table { "The numbers as a table" "Los números en una tabla" }
        from { "From" "Desde" }
    }
}

/// The smallest of 2, 4, 10, 20, 40, 100 ... that is not below a number: an even end of the scale.
fn round_up(number: u64) -> u64 {
    let mut step: u64 = 1;
    loop {
        for factor in [2, 4, 10] {
            let candidate = step.saturating_mul(factor);
            if candidate >= number {
                return candidate;
            }
        }
        step = step.saturating_mul(10);
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a chart is not exact to more digits than a float has"
)]
const fn float(number: u64) -> f64 {
    number as f64
}

/// Two digits after the point are more than anybody sees.
fn rounded(number: f64) -> f64 {
    (number * 100.0).round() / 100.0
}

impl Chart {
    /// A chart of these numbers, one of each series for each time.
    pub fn new(
        measure: Measure,
        span: ChartSpan,
        times: Vec<Timestamp>,
        first: (Series, Vec<u64>),
        second: Option<(Series, Vec<u64>)>,
    ) -> Self {
        let beside = second
            .as_ref()
            .map(|(_, numbers)| numbers.as_slice())
            .unwrap_or_default();
        let highest = first.1.iter().enumerate().map(|(index, number)| {
            let other = beside.get(index).copied().unwrap_or_default();
            if measure.adds_up() {
                number.saturating_add(other)
            } else {
                other.max(*number)
            }
        });
        let top = round_up(highest.max().unwrap_or_default());
        Self {
            measure,
            span,
            times,
            first,
            second,
            top,
        }
    }

    pub(in crate::web) const fn words(language: Language) -> ChartWords {
        ChartWords(language)
    }

    /// Its name on a page, where there may be one of each measure and span.
    pub(in crate::web) fn id(&self) -> String {
        let measure = match self.measure {
            Measure::SignIns => "sign-ins",
            Measure::Access => "access",
            Measure::Tokens => "tokens",
            Measure::Refusals => "refusals",
            Measure::Failures => "failures",
            Measure::Latency => "latency",
        };
        format!("chart-{measure}-{}", self.span.as_str())
    }

    pub(in crate::web) const fn title(&self, language: Language) -> &'static str {
        let words = ChartWords(language);
        match self.measure {
            Measure::SignIns => words.sign_ins(),
            Measure::Access => words.access(),
            Measure::Tokens => words.tokens(),
            Measure::Refusals => words.refusals(),
            Measure::Failures => words.failures(),
            Measure::Latency => words.latency(),
        }
    }

    /// What the numbers of a series are called.
    const fn name(&self, series: Series, language: Language) -> &'static str {
        let words = ChartWords(language);
        match series {
            Series::All if self.measure.adds_up() => words.number(),
            Series::All => words.milliseconds(),
            Series::Succeeded => words.succeeded(),
            Series::Refused => words.refused(),
            Series::Standard => words.standard(),
            Series::Enterprise => words.enterprise(),
        }
    }

    pub(in crate::web) const fn first_name(&self, language: Language) -> &'static str {
        self.name(self.first.0, language)
    }

    pub(in crate::web) fn second_name(&self, language: Language) -> Option<&'static str> {
        Some(self.name(self.second.as_ref()?.0, language))
    }

    /// Whether the second series is what went wrong.
    pub(in crate::web) fn tells_refusals(&self) -> bool {
        matches!(self.second, Some((Series::Refused, _)))
    }

    fn second_numbers(&self) -> &[u64] {
        self.second
            .as_ref()
            .map(|(_, numbers)| numbers.as_slice())
            .unwrap_or_default()
    }

    pub(in crate::web) fn is_empty(&self) -> bool {
        self.first
            .1
            .iter()
            .chain(self.second_numbers())
            .all(|number| *number == 0)
    }

    fn sum(&self, numbers: &[u64], language: Language) -> String {
        let words = ChartWords(language);
        if self.measure.adds_up() {
            words.total(numbers.iter().sum())
        } else {
            match numbers.iter().copied().max() {
                None | Some(0) => words.no_answers().to_owned(),
                Some(most) => words.most(most),
            }
        }
    }

    /// What the numbers of each series come to, for the legend.
    pub(in crate::web) fn first_sum(&self, language: Language) -> String {
        self.sum(&self.first.1, language)
    }

    pub(in crate::web) fn second_sum(&self, language: Language) -> String {
        self.sum(self.second_numbers(), language)
    }

    /// The numbers in a few words.
    pub(in crate::web) fn summary(&self, language: Language) -> String {
        let words = ChartWords(language);
        let unit = match self.span {
            ChartSpan::Day => words.per_hour(),
            ChartSpan::Month => words.per_day(),
        };
        if self.is_empty() {
            words.nothing().to_owned()
        } else if self.second.is_some() {
            // The legend has the sums.
            unit.to_owned()
        } else {
            format!("{unit}, {}", self.first_sum(language))
        }
    }

    fn height(&self, number: u64) -> f64 {
        (BOTTOM - TOP) * float(number) / float(self.top)
    }

    fn slot_width(&self) -> f64 {
        (RIGHT - LEFT) / float(u64::try_from(self.first.1.len()).unwrap_or(u64::MAX).max(1))
    }

    /// The bars, from the left; none for what did not happen.
    fn bars(&self) -> Vec<Bar> {
        let slot = self.slot_width();
        let stacked = self.measure.adds_up();
        let width = if stacked || self.second.is_none() {
            slot * 0.7
        } else {
            slot * 0.35
        };
        let mut bars = Vec::new();
        let mut left = LEFT;
        for (index, number) in self.first.1.iter().enumerate() {
            let second = self.second_numbers().get(index).copied().unwrap_or_default();
            let (mut x, mut bottom) = (left + slot * 0.15, BOTTOM);
            for (series, number) in [(1, *number), (2, second)] {
                let height = self.height(number);
                if number > 0 {
                    bars.push(Bar {
                        series,
                        x: rounded(x),
                        y: rounded(bottom - height),
                        width: rounded(width),
                        height: rounded(height),
                    });
                }
                if stacked {
                    bottom -= height;
                } else {
                    x += width;
                }
            }
            left += slot;
        }
        bars
    }

    /// The bars of one series as the data of a path.
    pub(in crate::web) fn path(&self, series: u8) -> String {
        let mut path = String::new();
        for bar in self.bars().iter().filter(|bar| bar.series == series) {
            let _ = write!(
                path,
                "M{} {}h{}v{}h-{}z",
                bar.x, bar.y, bar.width, bar.height, bar.width
            );
        }
        path
    }

    /// The scale: nothing, half, everything.
    pub(in crate::web) fn lines(&self) -> [Line; 3] {
        [0, self.top / 2, self.top].map(|value| Line {
            y: rounded(BOTTOM - self.height(value)),
            value,
        })
    }

    /// The first time, one in the middle, the last.
    pub(in crate::web) fn marks(&self, language: Language) -> Vec<Mark> {
        let slot = self.slot_width();
        let last = self.times.len().saturating_sub(1);
        let places = [(0, "start"), (last / 2, "middle"), (last, "end")];
        let mark = |(index, anchor): (usize, &'static str)| {
            let at = self.times.get(index)?;
            let left = LEFT + slot * float(u64::try_from(index).ok()?);
            let x = match anchor {
                "start" => left,
                "middle" => left + slot / 2.0,
                _ => left + slot,
            };
            Some(Mark {
                x: rounded(x),
                anchor,
                text: self.short(*at, language),
            })
        };
        places.into_iter().filter_map(mark).collect()
    }

    /// A time as it stands below the plot.
    fn short(&self, at: Timestamp, language: Language) -> String {
        match self.span {
            ChartSpan::Day => clock_in_words(at),
            ChartSpan::Month => {
                let day = at.to_rfc3339();
                let day = PartialDate::parse(&day).map(|day| day.without_year(language));
                day.unwrap_or_default()
            }
        }
    }

    /// The numbers, for the table.
    pub(in crate::web) fn rows(&self, language: Language) -> Vec<NumberRow> {
        let numbers = self.times.iter().zip(&self.first.1).enumerate();
        numbers
            .map(|(index, (at, number))| NumberRow {
                from: match self.span {
                    ChartSpan::Day => format!("{}, {}", day_in_words(*at, language), clock_in_words(*at)),
                    ChartSpan::Month => day_in_words(*at, language),
                },
                first: *number,
                second: self.second_numbers().get(index).copied(),
            })
            .collect()
    }
}

fn day_in_words(at: Timestamp, language: Language) -> String {
    let day = at.to_rfc3339();
    PartialDate::parse(&day).map_or(day, |day| day.in_words(language))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn chart(measure: Measure, first: &[u64], second: Option<(Series, &[u64])>) -> Chart {
        let at = |index: usize| Timestamp::from_seconds(1_763_650_800 + 3_600 * i64::try_from(index).unwrap());
        let times = (0..first.len()).map(at).collect();
        let first = (Series::Succeeded, first.to_vec());
        let second = second.map(|(series, numbers)| (series, numbers.to_vec()));
        Chart::new(measure, ChartSpan::Day, times, first, second)
    }

    #[test]
    fn the_scale_ends_at_a_round_number_that_can_be_halved() {
        let ends = [0, 1, 2, 3, 5, 11, 41, 999, 4_000_001].map(round_up);
        assert_eq!(ends, [2, 2, 2, 4, 10, 20, 100, 1_000, 10_000_000]);
    }

    #[test]
    fn nothing_that_happened_is_said_in_words() {
        let quiet = chart(Measure::Tokens, &[0; 24], None);
        assert!(quiet.is_empty() && quiet.bars().is_empty());
        assert_eq!(quiet.summary(Language::English), "Nothing in this time.");
        assert_eq!(quiet.lines().map(|line| line.value), [0, 1, 2]);
        assert_eq!(chart(Measure::Tokens, &[], None).bars(), []);
    }

    #[test]
    fn a_second_series_that_adds_up_stands_on_the_first() {
        let chart = chart(Measure::SignIns, &[3, 0], Some((Series::Refused, &[1, 0])));
        let bars = chart.bars();
        assert_eq!(bars.len(), 2);
        assert!((bars[0].y - (bars[1].y + bars[1].height)).abs() < 0.05, "{bars:?}");
        assert!((bars[1].y - TOP).abs() < 0.05, "four of four fill the plot");
        assert_eq!(chart.first_sum(Language::English), "3 in all");
        assert_eq!(chart.second_sum(Language::English), "1 in all");
    }

    #[test]
    fn series_that_do_not_add_up_stand_side_by_side() {
        let chart = chart(Measure::Latency, &[4, 0], Some((Series::Enterprise, &[2, 1])));
        let bars = chart.bars();
        assert!(
            bars.iter().all(|bar| (bar.y + bar.height - BOTTOM).abs() < 0.05),
            "{bars:?}"
        );
        assert!((bars[0].y - TOP).abs() < 0.05, "the highest fills the plot: {bars:?}");
        assert!(bars[0].x + bars[0].width <= bars[1].x + 0.02, "{bars:?}");
        assert_eq!(chart.first_sum(Language::English), "at most 4 ms");
        let idle = self::chart(Measure::Latency, &[4, 0], Some((Series::Enterprise, &[0, 0])));
        assert_eq!(idle.second_sum(Language::English), "no answers");
    }

    proptest! {
        #[test]
        fn every_bar_lies_in_the_plot(
            first in proptest::collection::vec(0_u64..1_000_000_000, 0..40),
            second in proptest::collection::vec(0_u64..1_000_000_000, 0..40),
            latency: bool,
        ) {
            let measure = if latency { Measure::Latency } else { Measure::Access };
            let chart = chart(measure, &first, Some((Series::Refused, second.as_slice())));
            for bar in chart.bars() {
                prop_assert!(bar.x >= LEFT && bar.x + bar.width <= RIGHT + 0.1, "{bar:?}");
                prop_assert!(bar.y >= TOP - 0.1 && bar.y + bar.height <= BOTTOM + 0.1, "{bar:?}");
            }
        }
    }
}
