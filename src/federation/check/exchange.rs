//! Requests to the provider's addresses, and what each tells besides its answer: reachability, TLS, the clock.

use super::{CheckItem, CheckSubject, certificates};
use crate::federation::saml::end_of_certificate;
use crate::kernel::Timestamp;
use crate::outbound::{Outbound, OutboundError, OutboundRequest, OutboundResponse};
use reqwest::header::{AGE, DATE};
use std::collections::BTreeSet;
use std::time::Duration;
use url::Url;

/// Resolution of the header: a whole second is no difference.
const RESOLUTION: Duration = Duration::from_secs(2);

/// Who goes to an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Visitor {
    /// This server: nobody can sign in when it cannot.
    Server,
    /// Users' browsers, which may be in another network than this server.
    Browser,
}

/// One request, and how it went.
pub(super) struct Probe {
    /// What the address is for, in words.
    pub(super) purpose: &'static str,
    pub(super) address: Url,
    visitor: Visitor,
    pub(super) answer: Result<OutboundResponse, OutboundError>,
}

impl Probe {
    /// Asks once.
    pub(super) async fn send(
        outbound: &Outbound,
        purpose: &'static str,
        visitor: Visitor,
        request: OutboundRequest,
    ) -> Self {
        let address = request.url.clone();
        let answer = outbound.probe(request).await;
        Self {
            purpose,
            address,
            visitor,
            answer,
        }
    }

    fn host(&self) -> &str {
        self.address.host_str().unwrap_or("?")
    }

    /// Host and path: a query may hold what is nobody's business.
    fn place(&self) -> String {
        let mut place = self.address.clone();
        place.set_query(None);
        place.set_fragment(None);
        place.into()
    }

    fn reachability(&self) -> CheckItem {
        let purpose = self.purpose;
        let item = match &self.answer {
            // Where browsers go, any answer will do: without parameters it can only be a complaint.
            Ok(answer) if answer.status.is_server_error() => self.unreachable(format!(
                "{purpose}: the provider is in trouble, it answered {}",
                answer.status.as_u16()
            )),
            Ok(answer) if answer.status.as_u16() == 404 => CheckItem::warning(
                CheckSubject::Reachability,
                format!("{purpose}: the provider knows nothing at this address (404)"),
                "Compare the address with the provider's documentation; it may have moved.",
            ),
            Ok(answer) => CheckItem::ok(
                CheckSubject::Reachability,
                format!("{purpose}: it answers ({})", answer.status.as_u16()),
            ),
            Err(OutboundError::Redirected { status, .. }) if self.visitor == Visitor::Browser => {
                CheckItem::ok(CheckSubject::Reachability, format!("{purpose}: it answers ({status})"))
            }
            Err(OutboundError::TooLarge { .. }) if self.visitor == Visitor::Browser => {
                CheckItem::ok(CheckSubject::Reachability, format!("{purpose}: it answers"))
            }
            Err(error) => self.unreachable(format!("{purpose}: {error}")),
        };
        item.of(self.place())
    }

    fn unreachable(&self, finding: String) -> CheckItem {
        match self.visitor {
            Visitor::Server => CheckItem::failed(CheckSubject::Reachability, finding, self.mend_of_connection()),
            Visitor::Browser => CheckItem::warning(
                CheckSubject::Reachability,
                finding,
                "Only users' browsers go there. If this provider is reachable from inside the hospital's network alone, that is in \
                 order; else ask who runs it.",
            ),
        }
    }

    fn mend_of_connection(&self) -> &'static str {
        match &self.answer {
            Err(OutboundError::ForbiddenUrl(_)) => {
                "Enter an address that begins with https://, without user name and password."
            }
            Err(OutboundError::ForbiddenAddress { .. }) => {
                "The server never connects to private addresses. Give the provider a public name, or enter its metadata and \
                 endpoints by hand where that is enough."
            }
            Err(OutboundError::Unresolvable { .. }) => {
                "Check the name for a typing error, and that public DNS knows it."
            }
            Err(OutboundError::Connect { reason, .. }) if reason.contains("certificate") => {
                "Ask who runs the provider to install a certificate that browsers trust, with its intermediate certificates and \
                 for this name, and to renew it in time."
            }
            Err(OutboundError::Redirected { .. }) => "Enter the final address: a redirect is not followed.",
            Err(OutboundError::TooLarge { .. }) => {
                "Enter the address of this provider's own document, not of a whole federation."
            }
            _ => "Ask who runs the provider whether it works, and whether a firewall lets this server through.",
        }
    }

    /// How far the provider's clock is before or behind ours, in seconds; none when it does not say.
    fn clock_difference(&self) -> Option<i64> {
        let answer = self.answer.as_ref().ok()?;
        let text = |name| answer.headers.get(name)?.to_str().ok();
        // RFC 9111 section 5.1: a cache says how old its answer is.
        let age = text(AGE).and_then(|age| age.parse().ok()).unwrap_or(0);
        let theirs = Timestamp::from_http_date(text(DATE)?)? + Duration::from_secs(age);
        Some(theirs.seconds() - answer.received_at.seconds())
    }
}

/// What the answers tell besides their contents: each address once, each host once.
pub(super) fn findings(probes: &[&Probe], tolerance: Duration, now: Timestamp) -> Vec<CheckItem> {
    let mut items: Vec<CheckItem> = probes.iter().map(|probe| probe.reachability()).collect();
    let mut hosts = BTreeSet::new();
    for probe in probes {
        if !hosts.insert(probe.host()) {
            continue;
        }
        if probe.address.scheme() == "http" {
            items.push(
                CheckItem::warning(
                    CheckSubject::Tls,
                    "no TLS: possible to this machine and for development only",
                    "Use https:// in production.",
                )
                .of(probe.host()),
            );
        } else if let Ok(answer) = &probe.answer
            && let Some(end) = answer
                .certificate
                .as_deref()
                .and_then(|der| end_of_certificate(der).ok())
        {
            items.push(certificates::tls(probe.host(), end, now));
        }
        if let Some(difference) = probe.clock_difference() {
            items.push(clock(difference, tolerance).of(probe.host()));
        }
    }
    items
}

fn clock(difference: i64, tolerance: Duration) -> CheckItem {
    let apart = Duration::from_secs(difference.unsigned_abs());
    let direction = if difference < 0 { "behind" } else { "ahead of" };
    let finding = if apart <= RESOLUTION {
        "the provider's clock and ours agree".to_owned()
    } else {
        format!(
            "the provider's clock is {} s {direction} ours; {} s are tolerated",
            apart.as_secs(),
            tolerance.as_secs()
        )
    };
    if apart > tolerance {
        CheckItem::failed(
            CheckSubject::Clock,
            finding,
            "Let both machines take their time from NTP. What this provider signs is refused as expired or as from the future.",
        )
    } else if apart > tolerance / 2 {
        CheckItem::warning(
            CheckSubject::Clock,
            finding,
            "Let both machines take their time from NTP before the difference grows.",
        )
    } else {
        CheckItem::ok(CheckSubject::Clock, finding)
    }
}

#[cfg(test)]
mod tests {
    use super::super::CheckOutcome;
    use super::*;

    #[test]
    fn a_clock_may_differ_by_the_tolerance_and_warns_at_half_of_it() {
        let tolerance = Duration::from_mins(1);
        for (difference, outcome) in [
            (0, CheckOutcome::Ok),
            (-30, CheckOutcome::Ok),
            (31, CheckOutcome::Warning),
            (-60, CheckOutcome::Warning),
            (61, CheckOutcome::Failed),
            (-3600, CheckOutcome::Failed),
        ] {
            assert_eq!(clock(difference, tolerance).outcome, outcome, "{difference}");
        }
    }
}
