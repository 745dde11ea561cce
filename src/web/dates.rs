//! Dates and times as people read them.

use super::Language;
use crate::kernel::Timestamp;
use time::{Date, Month, OffsetDateTime};

/// A FHIR `date`: a year, a month of a year, or a day. Records are often no more exact than a year.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PartialDate {
    /// `YYYY`
    Year(i32),
    /// `YYYY-MM`
    Month(i32, Month),
    /// `YYYY-MM-DD`
    Day(Date),
}

impl PartialDate {
    /// Reads the FHIR form (also the date part of a `dateTime`); `None` when it is not one.
    pub fn parse(text: &str) -> Option<Self> {
        let date = text.split('T').next().unwrap_or_default();
        let mut parts = date.split('-').map(|part| {
            let digits = part.len() == 4 || part.len() == 2;
            part.parse::<u16>()
                .ok()
                .filter(|_| digits && part.bytes().all(|byte| byte.is_ascii_digit()))
        });
        let year = i32::from(parts.next()??);
        if date.split('-').next().is_none_or(|year| year.len() != 4) {
            return None;
        }
        let Some(month) = parts.next() else {
            return Some(Self::Year(year));
        };
        let month = Month::try_from(u8::try_from(month?).ok()?).ok()?;
        let Some(day) = parts.next() else {
            return Some(Self::Month(year, month));
        };
        let date = Date::from_calendar_date(year, month, u8::try_from(day?).ok()?).ok()?;
        parts.next().is_none().then_some(Self::Day(date))
    }

    /// The date in words. The month is spelled out: 4/7 is a different day on each side of the Atlantic.
    pub fn in_words(self, language: Language) -> String {
        match (self, language) {
            (Self::Year(year), _) => year.to_string(),
            (Self::Month(year, month), Language::English) => format!("{month} {year}"),
            (Self::Month(year, month), Language::Spanish) => format!("{} de {year}", spanish(month)),
            (Self::Day(date), Language::English) => format!("{} {} {}", date.day(), date.month(), date.year()),
            (Self::Day(date), Language::Spanish) => {
                format!("{} de {} de {}", date.day(), spanish(date.month()), date.year())
            }
        }
    }

    /// A day without its year, where the year goes without saying; the month is short.
    pub fn without_year(self, language: Language) -> String {
        match (self, language) {
            (Self::Day(date), Language::English) => {
                let month: String = date.month().to_string().chars().take(3).collect();
                format!("{} {month}", date.day())
            }
            (Self::Day(date), Language::Spanish) => {
                let month: String = spanish(date.month()).chars().take(3).collect();
                format!("{} {month}", date.day())
            }
            _ => self.in_words(language),
        }
    }

    /// The FHIR form again, for the `datetime` attribute.
    pub fn in_digits(self) -> String {
        match self {
            Self::Year(year) => format!("{year:04}"),
            Self::Month(year, month) => format!("{year:04}-{:02}", u8::from(month)),
            Self::Day(date) => format!("{:04}-{:02}-{:02}", date.year(), u8::from(date.month()), date.day()),
        }
    }

    /// The age on the (UTC) day of `now`, for a birth date known to the day and not in the future.
    pub fn age_at(self, now: Timestamp) -> Option<Age> {
        let Self::Day(birth) = self else { return None };
        let today = OffsetDateTime::from_unix_timestamp(now.seconds()).ok()?.date();
        let days = u16::try_from((today - birth).whole_days().min(i64::from(u16::MAX))).ok()?;
        let months_of = |date: Date| date.year() * 12 + i32::from(u8::from(date.month()));
        let begun = i32::from(today.day() < birth.day());
        let months = u16::try_from(months_of(today) - months_of(birth) - begun).ok()?;
        Some(match (months, days) {
            (0, days) => Age::Days(days),
            (months @ 1..24, _) => Age::Months(months),
            (months, _) => Age::Years(months / 12),
        })
    }
}

/// An age in the unit that says most: days below a month, months below two years, then years.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Age {
    /// Whole days.
    Days(u16),
    /// Whole months.
    Months(u16),
    /// Whole years.
    Years(u16),
}

impl Age {
    /// The age in words.
    pub fn in_words(self, language: Language) -> String {
        let (number, unit) = match (self, language) {
            (Self::Days(1), Language::English) => (1, "day"),
            (Self::Days(number), Language::English) => (number, "days"),
            (Self::Months(1), Language::English) => (1, "month"),
            (Self::Months(number), Language::English) => (number, "months"),
            (Self::Years(number), Language::English) => (number, "years"),
            (Self::Days(1), Language::Spanish) => (1, "día"),
            (Self::Days(number), Language::Spanish) => (number, "días"),
            (Self::Months(1), Language::Spanish) => (1, "mes"),
            (Self::Months(number), Language::Spanish) => (number, "meses"),
            (Self::Years(number), Language::Spanish) => (number, "años"),
        };
        format!("{number} {unit}")
    }
}

/// A birth date and an age as a page shows them.
pub(in crate::web) struct Born {
    /// The `datetime` attribute.
    pub(in crate::web) digits: String,
    /// The date in words.
    pub(in crate::web) date: String,
    /// The age in words.
    pub(in crate::web) age: Option<String>,
}

impl Born {
    pub(in crate::web) fn new(date: PartialDate, age: Option<Age>, language: Language) -> Self {
        Self {
            digits: date.in_digits(),
            date: date.in_words(language),
            age: age.map(|age| age.in_words(language)),
        }
    }
}

/// A moment in words, in UTC and saying so.
pub fn moment_in_words(moment: Timestamp, language: Language) -> String {
    let Ok(utc) = OffsetDateTime::from_unix_timestamp(moment.seconds()) else {
        return moment.to_rfc3339();
    };
    let day = PartialDate::Day(utc.date()).in_words(language);
    format!("{day}, {:02}:{:02}:{:02} UTC", utc.hour(), utc.minute(), utc.second())
}

/// The time of day of a moment, in UTC.
pub fn clock_in_words(moment: Timestamp) -> String {
    OffsetDateTime::from_unix_timestamp(moment.seconds())
        .map(|utc| format!("{:02}:{:02}", utc.hour(), utc.minute()))
        .unwrap_or_default()
}

const fn spanish(month: Month) -> &'static str {
    match month {
        Month::January => "enero",
        Month::February => "febrero",
        Month::March => "marzo",
        Month::April => "abril",
        Month::May => "mayo",
        Month::June => "junio",
        Month::July => "julio",
        Month::August => "agosto",
        Month::September => "septiembre",
        Month::October => "octubre",
        Month::November => "noviembre",
        Month::December => "diciembre",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> PartialDate {
        PartialDate::parse(text).unwrap()
    }

    /// 2025-11-20T14:46:40Z
    const NOW: Timestamp = Timestamp::from_seconds(1_763_650_000);

    #[test]
    fn every_precision_is_read_and_written_back() {
        for text in ["1979", "1979-07", "1979-07-04"] {
            assert_eq!(date(text).in_digits(), text);
        }
        assert_eq!(date("2020-01-02T03:04:05Z").in_digits(), "2020-01-02");
    }

    #[test]
    fn what_is_not_a_date_is_refused() {
        for text in [
            "",
            "79",
            "1979-13",
            "1979-02-30",
            "1979-07-04-01",
            "19790704",
            "1979-7-4",
            "+979",
            "today",
        ] {
            assert_eq!(PartialDate::parse(text), None, "{text}");
        }
    }

    #[test]
    fn the_month_is_spelled_out_in_each_language() {
        assert_eq!(date("1979-07-04").in_words(Language::English), "4 July 1979");
        assert_eq!(date("1979-07-04").in_words(Language::Spanish), "4 de julio de 1979");
        assert_eq!(date("1979-07").in_words(Language::Spanish), "julio de 1979");
    }

    #[test]
    fn a_birthday_adds_a_year_on_its_day() {
        assert_eq!(date("1979-11-20").age_at(NOW), Some(Age::Years(46)));
        assert_eq!(date("1979-11-21").age_at(NOW), Some(Age::Years(45)));
    }

    #[test]
    fn infants_are_counted_in_months_and_newborns_in_days() {
        assert_eq!(date("2025-11-01").age_at(NOW), Some(Age::Days(19)));
        assert_eq!(date("2025-10-20").age_at(NOW), Some(Age::Months(1)));
        assert_eq!(date("2023-11-20").age_at(NOW), Some(Age::Years(2)));
        assert_eq!(date("2023-11-21").age_at(NOW), Some(Age::Months(23)));
    }

    #[test]
    fn an_inexact_or_future_birth_date_has_no_age() {
        assert_eq!(date("1979").age_at(NOW), None);
        assert_eq!(date("2026-01-01").age_at(NOW), None);
    }

    #[test]
    fn a_day_without_its_year_is_short() {
        assert_eq!(date("1979-07-04").without_year(Language::English), "4 Jul");
        assert_eq!(date("1979-07-04").without_year(Language::Spanish), "4 jul");
        assert_eq!(clock_in_words(NOW), "14:46");
    }

    #[test]
    fn a_moment_names_its_time_zone() {
        assert_eq!(
            moment_in_words(NOW, Language::English),
            "20 November 2025, 14:46:40 UTC"
        );
    }
}
