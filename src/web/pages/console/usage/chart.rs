//! A bar chart: numbers in stretches of time, laid out for a drawing of 360 by 190 units.

use crate::kernel::Timestamp;
use crate::web::Language;
use crate::web::dates::{PartialDate, clock_in_words};

/// Where the plot is in the drawing: its left, right, top and bottom edge.
const LEFT: f64 = 44.0;
const RIGHT: f64 = 354.0;
const TOP: f64 = 12.0;
const BOTTOM: f64 = 160.0;

/// Over what time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UsageSpan {
    /// 24 hours, hour by hour.
    Day,
    /// 30 days, day by day.
    Month,
}

impl UsageSpan {
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

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Series {
    /// People signed in.
    SignIns,
    /// Sign-ins were refused.
    SignInsRefused,
    /// Apps were given access.
    Access,
    /// Apps were refused access.
    AccessRefused,
    /// Tokens were issued.
    Tokens,
    /// Something was refused.
    Refused,
}

/// Numbers of one series, in order of time.
type Numbers = (Series, Vec<(Timestamp, u64)>);

/// A chart of one series, or of two that are stacked.
#[derive(Clone, Debug)]
pub struct Chart {
    span: UsageSpan,
    first: Numbers,
    second: Option<Numbers>,
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
    /// A chart of these numbers; the second series stands on the first.
    pub fn new(span: UsageSpan, first: Numbers, second: Option<Numbers>) -> Self {
        let of_second = |index: usize| {
            second
                .as_ref()
                .and_then(|(_, numbers)| numbers.get(index))
                .map_or(0, |(_, n)| *n)
        };
        let highest = first
            .1
            .iter()
            .enumerate()
            .map(|(index, (_, number))| number.saturating_add(of_second(index)))
            .max();
        let top = round_up(highest.unwrap_or_default());
        Self {
            span,
            first,
            second,
            top,
        }
    }

    pub(in crate::web) const fn series(&self) -> Series {
        self.first.0
    }

    pub(in crate::web) fn second_series(&self) -> Option<Series> {
        Some(self.second.as_ref()?.0)
    }

    pub(in crate::web) fn total(&self) -> u64 {
        self.first.1.iter().map(|(_, number)| number).sum()
    }

    pub(in crate::web) fn second_total(&self) -> u64 {
        let numbers = self.second.iter().flat_map(|(_, numbers)| numbers);
        numbers.map(|(_, number)| number).sum()
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
        let mut bars = Vec::new();
        let mut left = LEFT;
        for (index, (_, number)) in self.first.1.iter().enumerate() {
            let second = self.second.as_ref().and_then(|(_, numbers)| numbers.get(index));
            let mut bottom = BOTTOM;
            for (series, number) in [(1, *number), (2, second.map_or(0, |(_, number)| *number))] {
                if number > 0 {
                    let height = self.height(number);
                    bottom -= height;
                    bars.push(Bar {
                        series,
                        x: rounded(left + slot * 0.15),
                        y: rounded(bottom),
                        width: rounded(slot * 0.7),
                        height: rounded(height),
                    });
                }
            }
            left += slot;
        }
        bars
    }

    /// The bars of one series as the data of a path.
    pub(in crate::web) fn path(&self, series: u8) -> String {
        let bars = self.bars();
        let of_series = bars.iter().filter(|bar| bar.series == series);
        of_series
            .map(|bar| format!("M{} {}h{}v{}h-{}z", bar.x, bar.y, bar.width, bar.height, bar.width))
            .collect()
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
        let last = self.first.1.len().saturating_sub(1);
        let places = [(0, "start"), (last / 2, "middle"), (last, "end")];
        let mark = |(index, anchor): (usize, &'static str)| {
            let (at, _) = self.first.1.get(index)?;
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
            UsageSpan::Day => clock_in_words(at),
            UsageSpan::Month => {
                let day = at.to_rfc3339();
                let day = PartialDate::parse(&day).map(|day| day.without_year(language));
                day.unwrap_or_default()
            }
        }
    }

    /// The numbers, for the table.
    pub(in crate::web) fn rows(&self, language: Language) -> Vec<NumberRow> {
        let numbers = self.first.1.iter().enumerate();
        numbers
            .map(|(index, (at, number))| NumberRow {
                from: match self.span {
                    UsageSpan::Day => format!("{}, {}", day_in_words(*at, language), clock_in_words(*at)),
                    UsageSpan::Month => day_in_words(*at, language),
                },
                first: *number,
                second: self
                    .second
                    .as_ref()
                    .and_then(|(_, numbers)| Some(numbers.get(index)?.1)),
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

    fn numbers(series: Series, values: &[u64]) -> Numbers {
        let at = |index: usize| Timestamp::from_seconds(1_763_650_800 + 3_600 * i64::try_from(index).unwrap());
        (
            series,
            values
                .iter()
                .enumerate()
                .map(|(index, value)| (at(index), *value))
                .collect(),
        )
    }

    #[test]
    fn the_scale_ends_at_a_round_number_that_can_be_halved() {
        let ends = [0, 1, 2, 3, 5, 11, 41, 999, 4_000_001].map(round_up);
        assert_eq!(ends, [2, 2, 2, 4, 10, 20, 100, 1_000, 10_000_000]);
    }

    #[test]
    fn nothing_that_happened_is_an_empty_plot_with_a_scale() {
        let chart = Chart::new(UsageSpan::Day, numbers(Series::Tokens, &[0; 24]), None);
        assert!(chart.bars().is_empty());
        assert_eq!(chart.lines().map(|line| line.value), [0, 1, 2]);
        assert_eq!(chart.marks(Language::English).len(), 3);
        assert_eq!(
            Chart::new(UsageSpan::Day, numbers(Series::Tokens, &[]), None).bars(),
            []
        );
    }

    #[test]
    fn the_second_series_stands_on_the_first() {
        let refused = numbers(Series::SignInsRefused, &[1, 0]);
        let chart = Chart::new(UsageSpan::Day, numbers(Series::SignIns, &[3, 0]), Some(refused));
        let bars = chart.bars();
        assert_eq!(bars.len(), 2);
        assert!((bars[0].y - (bars[1].y + bars[1].height)).abs() < 0.05, "{bars:?}");
        assert!((bars[1].y - TOP).abs() < 0.05, "four of four fill the plot");
        assert_eq!((chart.total(), chart.second_total()), (3, 1));
    }

    proptest! {
        #[test]
        fn every_bar_lies_in_the_plot(
            first in proptest::collection::vec(0_u64..1_000_000_000, 0..40),
            second in proptest::collection::vec(0_u64..1_000_000_000, 0..40),
        ) {
            let second = numbers(Series::AccessRefused, &second);
            let chart = Chart::new(UsageSpan::Month, numbers(Series::Access, &first), Some(second));
            for bar in chart.bars() {
                prop_assert!(bar.x >= LEFT && bar.x + bar.width <= RIGHT + 0.1, "{bar:?}");
                prop_assert!(bar.y >= TOP - 0.1 && bar.y + bar.height <= BOTTOM + 0.1, "{bar:?}");
            }
        }
    }
}
