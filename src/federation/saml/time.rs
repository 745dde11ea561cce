//! Times of SAML: `xs:dateTime` in UTC (SAML Core 2.0 section 1.3.3).

use crate::kernel::Timestamp;
use std::time::Duration;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// Reads a time; it must name its offset.
pub(super) fn read(text: &str) -> Option<Timestamp> {
    let moment = OffsetDateTime::parse(text, &Rfc3339).ok()?;
    let micros = i64::try_from(moment.unix_timestamp_nanos() / 1_000).ok()?;
    Some(Timestamp::from_micros(micros))
}

/// Writes a time in whole seconds: some providers cannot read fractions.
pub(super) fn write(at: Timestamp) -> String {
    Timestamp::from_seconds(at.seconds()).to_rfc3339()
}

/// Reads an `xs:duration` of years, months, days, hours, minutes and whole seconds. `None` when it is none or negative.
pub(super) fn read_duration(text: &str) -> Option<Duration> {
    let rest = text.strip_prefix('P')?;
    let (date, clock) = match rest.split_once('T') {
        Some((date, clock)) if !clock.is_empty() => (date, clock),
        Some(_) => return None,
        None => (rest, ""),
    };
    let mut seconds = 0_u64;
    for (part, units) in [
        (date, [('Y', 31_536_000), ('M', 2_592_000), ('D', 86_400)]),
        (clock, [('H', 3_600), ('M', 60), ('S', 1)]),
    ] {
        let mut number = String::new();
        let mut units = units.into_iter();
        for character in part.chars() {
            if character.is_ascii_digit() || character == '.' {
                number.push(character);
                continue;
            }
            let (_, weight) = units.find(|(unit, _)| *unit == character)?;
            let whole = number.split('.').next()?;
            seconds = seconds.checked_add(whole.parse::<u64>().ok()?.checked_mul(weight)?)?;
            number.clear();
        }
        if !number.is_empty() {
            return None;
        }
    }
    (!rest.is_empty()).then(|| Duration::from_secs(seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_without_offset_or_with_another_calendar_is_none() {
        assert_eq!(
            read("2026-11-21T10:00:00Z"),
            Some(Timestamp::from_seconds(1_795_255_200))
        );
        assert_eq!(
            read("2026-11-21T10:00:00.123456789Z").map(Timestamp::seconds),
            Some(1_795_255_200)
        );
        assert_eq!(read("2026-11-21T11:00:00+01:00"), read("2026-11-21T10:00:00Z"));
        for text in [
            "2026-11-21T10:00:00",
            "2026-11-21",
            "",
            "2026-13-01T00:00:00Z",
            " 2026-11-21T10:00:00Z",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn durations_are_added_up() {
        assert_eq!(read_duration("PT1H"), Some(Duration::from_hours(1)));
        assert_eq!(
            read_duration("P1DT0H30M2.5S"),
            Some(Duration::from_secs(86_400 + 1_802))
        );
        for text in ["", "P", "PT", "1H", "-PT1H", "P1H", "PT1", "PT99999999999999999999S"] {
            assert_eq!(read_duration(text), None, "{text}");
        }
    }
}
