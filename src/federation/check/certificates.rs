//! How long certificates last.

use super::{CheckItem, CheckSubject};
use crate::federation::IdentityProvider;
use crate::federation::saml::end_of_certificate;
use crate::kernel::{Sha256Hash, Timestamp};
use crate::store::StoreError;
use crate::tenant::TenantCx;
use std::time::Duration;

const DAY: Duration = Duration::from_hours(24);
/// Days before its end when a certificate of the web is worth a warning: those that renew themselves have done so by then.
const TLS_NOTICE_DAYS: u64 = 14;
/// Days before its end when a certificate of a signing key is worth a warning.
const KEY_NOTICE_DAYS: u64 = 90;

/// Whole days from `now` to `end`; none when that has passed.
fn days_until(end: Timestamp, now: Timestamp) -> Option<u64> {
    (end > now).then(|| end.since(now).as_secs() / DAY.as_secs())
}

/// When a certificate ends, and how far off that is.
fn ends(end: Timestamp, left: Option<u64>) -> String {
    let when = left.map_or_else(|| "which has passed".to_owned(), days);
    format!("the certificate ends on {}, {when}", end.to_rfc3339())
}

fn days(count: u64) -> String {
    match count {
        0 => "in less than a day".to_owned(),
        1 => "in 1 day".to_owned(),
        more => format!("in {more} days"),
    }
}

/// The certificate of a host. An expired one has failed the connection already, so it is not seen here.
pub(super) fn tls(host: &str, end: Timestamp, now: Timestamp) -> CheckItem {
    let left = days_until(end, now);
    let finding = ends(end, left);
    match left {
        Some(left) if left >= TLS_NOTICE_DAYS => CheckItem::ok(CheckSubject::Tls, finding).of(host),
        _ => CheckItem::warning(
            CheckSubject::Tls,
            finding,
            "Ask who runs the provider to renew the certificate of this host: afterwards nothing there can be reached.",
        )
        .of(host),
    }
}

/// A certificate that carries a signing key of the provider. Its key stays trusted while the metadata name it.
pub(super) fn of_provider(fingerprint: &str, end: Timestamp, now: Timestamp, followed: bool) -> CheckItem {
    let left = days_until(end, now);
    let mend = if followed {
        "Nothing, if the provider publishes the next certificate ahead: the metadata are fetched regularly. Ask when it will \
         change it."
    } else {
        "Ask the provider for metadata with the next certificate and enter them, or give the address of its metadata so that \
         they are fetched."
    };
    match left {
        Some(days) if days >= KEY_NOTICE_DAYS => {
            CheckItem::ok(CheckSubject::ProviderKeys, ends(end, left)).of(fingerprint)
        }
        Some(_) => CheckItem::warning(CheckSubject::ProviderKeys, ends(end, left), mend).of(fingerprint),
        None => CheckItem::warning(
            CheckSubject::ProviderKeys,
            format!(
                "the certificate ended on {}; its key is still accepted",
                end.to_rfc3339()
            ),
            mend,
        )
        .of(fingerprint),
    }
}

/// A certificate of ours that the provider knows.
pub(super) fn of_ours(
    state: &'static str,
    purpose: &str,
    fingerprint: &str,
    end: Timestamp,
    now: Timestamp,
) -> CheckItem {
    let end_of_it = end.to_rfc3339();
    let left = days_until(end, now);
    let when = left.map_or_else(|| "which has passed".to_owned(), days);
    let finding = format!("{state} {purpose} certificate ends on {end_of_it}, {when}");
    match left {
        Some(left) if left >= KEY_NOTICE_DAYS || state == "previous" => {
            CheckItem::ok(CheckSubject::OurKeys, finding).of(fingerprint)
        }
        None if state == "previous" => CheckItem::ok(
            CheckSubject::OurKeys,
            format!("{state} {purpose} certificate ends on {end_of_it}"),
        )
        .of(fingerprint),
        _ => CheckItem::warning(
            CheckSubject::OurKeys,
            finding,
            "Let the provider take in our next certificate (`wardkey idp show`), then switch to it (`wardkey idp roll-keys`).",
        )
        .of(fingerprint),
    }
}

/// Our keys at a provider that knows us by keys.
pub(super) async fn ours(cx: &TenantCx, provider: &IdentityProvider) -> Result<Vec<CheckItem>, StoreError> {
    let keys = cx.read().await?.list_federation_keys(provider.id).await?;
    if keys.is_empty() {
        return Ok(vec![CheckItem::failed(
            CheckSubject::OurKeys,
            "we have no key at this provider",
            "Save the connection again: a key is made then.",
        )]);
    }
    let items = keys.iter().filter_map(|key| {
        let end = end_of_certificate(&key.certificate).ok()?;
        let fingerprint = Sha256Hash::of(&key.certificate).to_hexadecimal();
        Some(of_ours(
            key.state.as_str(),
            key.purpose.as_str(),
            &fingerprint,
            end,
            cx.now(),
        ))
    });
    Ok(items.collect())
}

#[cfg(test)]
mod tests {
    use super::super::CheckOutcome;
    use super::*;

    const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);

    #[test]
    fn a_hosts_certificate_is_worth_a_warning_two_weeks_before_its_end() {
        assert_eq!(tls("h", NOW + DAY * 14, NOW).outcome, CheckOutcome::Ok);
        assert_eq!(tls("h", NOW + DAY * 13, NOW).outcome, CheckOutcome::Warning);
        assert_eq!(tls("h", NOW, NOW).outcome, CheckOutcome::Warning);
    }

    #[test]
    fn certificates_of_keys_are_worth_a_warning_ninety_days_before_their_end_and_never_fail() {
        for (days_left, outcome) in [
            (90, CheckOutcome::Ok),
            (89, CheckOutcome::Warning),
            (0, CheckOutcome::Warning),
        ] {
            assert_eq!(of_provider("f", NOW + DAY * days_left, NOW, true).outcome, outcome);
            assert_eq!(
                of_ours("current", "signing", "f", NOW + DAY * days_left, NOW).outcome,
                outcome
            );
        }
        assert_eq!(
            of_ours("previous", "encryption", "f", NOW, NOW).outcome,
            CheckOutcome::Ok
        );
    }
}
