//! Which of a tenant's ways to sign in somebody takes. Pure: what is known in, the way or a question out.

use super::{IdentityProvider, ProviderKind};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use thiserror::Error;
use url::Host;

/// Longest line below a button, in characters.
const LONGEST_REMARK: usize = 120;
/// Most domains of one provider.
const MOST_DOMAINS: usize = 200;

/// When a way to sign in is offered. Part of each provider's stored settings.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Offer {
    /// Whoever gives an e-mail address of one of these domains signs in here. Whole domains: `hospital.example` says nothing about
    /// `clinic.hospital.example`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub email_domains: Vec<String>,
    /// A line below the button, such as "Badge number and network password".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remark: Option<String>,
    /// Has no button: it is reached by e-mail domain, by link, or because an app names it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub hidden: bool,
    /// Nobody signs in here yet, or any more: it can be set up and tried out, and is offered to nobody.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub off: bool,
}

/// Why an offer cannot work.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum InvalidOffer {
    /// Not the name of a domain.
    #[error("{0} is not the domain of an e-mail address, such as hospital.example")]
    Domain(String),
    /// Too many.
    #[error("a provider has at most {MOST_DOMAINS} e-mail domains")]
    TooManyDomains,
    /// The line below the button.
    #[error("the line below the button has at most {LONGEST_REMARK} characters")]
    Remark,
}

/// A domain as it is compared: lower case, and in ASCII whatever its script.
fn domain(text: &str) -> Option<String> {
    match Host::parse(text).ok()? {
        Host::Domain(domain) if domain.contains('.') => Some(domain),
        _ => None,
    }
}

/// The domain of an e-mail address.
fn domain_of(address: &str) -> Option<String> {
    let (user, after) = address.trim().rsplit_once('@')?;
    domain(after).filter(|_| !user.is_empty())
}

impl Offer {
    /// Whether the offer can work at all.
    pub fn check(&self) -> Result<(), InvalidOffer> {
        if self.email_domains.len() > MOST_DOMAINS {
            return Err(InvalidOffer::TooManyDomains);
        }
        for text in &self.email_domains {
            domain(text).ok_or_else(|| InvalidOffer::Domain(text.clone()))?;
        }
        match &self.remark {
            Some(remark) if remark.chars().count() > LONGEST_REMARK => Err(InvalidOffer::Remark),
            _ => Ok(()),
        }
    }

    /// A domain that this offer and another both claim.
    pub fn shared_domain(&self, other: &Self) -> Option<String> {
        let theirs: Vec<String> = other.email_domains.iter().filter_map(|text| domain(text)).collect();
        self.email_domains
            .iter()
            .filter_map(|text| domain(text))
            .find(|own| theirs.contains(own))
    }

    fn claims(&self, wanted: &str) -> bool {
        self.email_domains
            .iter()
            .any(|text| domain(text).as_deref() == Some(wanted))
    }
}

/// What is known before somebody signs in.
#[derive(Clone, Copy, Debug, Default)]
pub struct Wishes<'a> {
    /// The aliases that the app is for; all when empty.
    pub allowed: &'a [String],
    /// The alias that the app begins with.
    pub first: Option<&'a str>,
    /// The alias in a link (`idp_hint`).
    pub hint: Option<&'a str>,
    /// Who is expected, as the app or the user says; counts when it is an e-mail address.
    pub person: Option<&'a str>,
    /// The user wants to choose (`prompt=select_account`).
    pub asks: bool,
    /// Of the tenant's own accounts only those named for emergencies sign in: they get no button beside another way, until the
    /// user wants to choose or that way fails.
    pub emergency_only: bool,
}

/// What comes of it.
#[derive(Clone, Debug)]
pub enum Choice {
    /// Straight there.
    Go(Arc<IdentityProvider>),
    /// The user is asked.
    Ask(Question),
}

/// What the user can choose from.
#[derive(Clone, Debug, Default)]
pub struct Question {
    /// The ways that have a button, in the tenant's order.
    pub buttons: Vec<Arc<IdentityProvider>>,
    /// Whether an e-mail address can tell.
    pub by_address: bool,
}

/// Whether an app that is for these providers (for all when there are none) can be signed in to at this one.
pub fn is_offered(allowed: &[String], alias: &str) -> bool {
    allowed.is_empty() || allowed.iter().any(|allowed| allowed == alias)
}

/// The provider that the domain of an e-mail address leads to.
pub fn find_by_address(
    providers: &[Arc<IdentityProvider>],
    allowed: &[String],
    address: &str,
) -> Option<Arc<IdentityProvider>> {
    let domain = domain_of(address)?;
    providers
        .iter()
        .find(|provider| provider.is_on() && is_offered(allowed, &provider.alias) && provider.offer.claims(&domain))
        .cloned()
}

/// Decides. What names no provider of this tenant and app is as if it were not there.
pub fn choose(providers: &[Arc<IdentityProvider>], wishes: &Wishes<'_>) -> Choice {
    let offered: Vec<&Arc<IdentityProvider>> = providers
        .iter()
        .filter(|provider| provider.is_on() && is_offered(wishes.allowed, &provider.alias))
        .collect();
    let named = |alias: Option<&str>| {
        let found = offered.iter().find(|provider| Some(provider.alias.as_str()) == alias);
        found.map(|provider| Arc::clone(provider))
    };
    let by_address = || find_by_address(providers, wishes.allowed, wishes.person?);
    if let Some(provider) = named(wishes.hint).or_else(by_address) {
        return Choice::Go(provider);
    }
    if let [only] = offered.as_slice() {
        return Choice::Go(Arc::clone(only));
    }
    let is_own = |provider: &IdentityProvider| matches!(provider.kind, ProviderKind::Local);
    let other_button = offered
        .iter()
        .any(|provider| !(provider.offer.hidden || is_own(provider)));
    let without_own = wishes.emergency_only && !wishes.asks && other_button;
    let buttons: Vec<Arc<IdentityProvider>> = offered
        .iter()
        .filter(|provider| !(provider.offer.hidden || without_own && is_own(provider)))
        .map(|provider| Arc::clone(provider))
        .collect();
    let by_address = offered.iter().any(|provider| !provider.offer.email_domains.is_empty());
    if let Some(first) = named(wishes.first).filter(|_| !wishes.asks) {
        return Choice::Go(first);
    }
    // A domain leads to a hidden one; without any, the only button leaves no choice.
    match buttons.as_slice() {
        [only] if !by_address => Choice::Go(Arc::clone(only)),
        _ => Choice::Ask(Question { buttons, by_address }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::id::IdentityProviderId;
    use crate::kernel::{SeededEntropy, Timestamp};

    fn provider(alias: &str, domains: &[&str], hidden: bool) -> Arc<IdentityProvider> {
        Arc::new(IdentityProvider {
            id: IdentityProviderId::new(Timestamp::EPOCH, &SeededEntropy::new(1)),
            alias: alias.to_owned(),
            display_name: alias.to_owned(),
            offer: Offer {
                email_domains: domains.iter().map(|domain| (*domain).to_owned()).collect(),
                hidden,
                ..Offer::default()
            },
            provisioning: crate::federation::Provisioning::default(),
            kind: ProviderKind::Local,
        })
    }

    /// Staff by domain, patients, and a hidden one for a partner.
    fn hospital() -> Vec<Arc<IdentityProvider>> {
        vec![
            provider("staff", &["Hospital.example"], false),
            provider("patients", &[], false),
            provider("partner", &["partner.example"], true),
        ]
    }

    /// The alias, or the buttons.
    fn outcome(providers: &[Arc<IdentityProvider>], wishes: &Wishes<'_>) -> String {
        match choose(providers, wishes) {
            Choice::Go(provider) => provider.alias.clone(),
            Choice::Ask(question) => {
                let buttons: Vec<&str> = question.buttons.iter().map(|button| button.alias.as_str()).collect();
                format!("{}?{}", buttons.join(","), if question.by_address { "@" } else { "" })
            }
        }
    }

    #[test]
    fn the_only_way_needs_no_question() {
        assert_eq!(outcome(&[provider("staff", &[], false)], &Wishes::default()), "staff");
        assert_eq!(
            outcome(&[provider("staff", &["a.example"], true)], &Wishes::default()),
            "staff"
        );
        let with_hidden = [provider("staff", &[], false), provider("breakglass", &[], true)];
        assert_eq!(outcome(&with_hidden, &Wishes::default()), "staff");
    }

    #[test]
    fn several_ways_are_a_question_and_hidden_ones_have_no_button() {
        assert_eq!(outcome(&hospital(), &Wishes::default()), "staff,patients?@");
        assert_eq!(outcome(&[], &Wishes::default()), "?");
    }

    #[test]
    fn emergency_accounts_keep_their_buttons_where_there_is_no_other_way() {
        let closed = Wishes {
            emergency_only: true,
            ..Wishes::default()
        };
        assert_eq!(outcome(&hospital(), &closed), "staff,patients?@");
        assert_eq!(
            outcome(&[provider("administrators", &[], false)], &closed),
            "administrators"
        );
    }

    #[test]
    fn a_way_that_is_switched_off_is_reached_by_nothing() {
        let mut off = provider("new", &["new.example"], false);
        Arc::get_mut(&mut off).unwrap().offer.off = true;
        let providers = [provider("staff", &[], false), off];
        let wishes = [
            Wishes::default(),
            Wishes {
                hint: Some("new"),
                ..Wishes::default()
            },
            Wishes {
                first: Some("new"),
                ..Wishes::default()
            },
            Wishes {
                person: Some("ada@new.example"),
                ..Wishes::default()
            },
        ];
        for wishes in wishes {
            assert_eq!(outcome(&providers, &wishes), "staff", "{wishes:?}");
        }
        assert!(find_by_address(&providers, &[], "ada@new.example").is_none());
    }

    #[test]
    fn the_domain_of_an_address_leads_to_its_provider_hidden_or_not() {
        let person = |person| Wishes {
            person: Some(person),
            ..Wishes::default()
        };
        for address in ["ada@hospital.example", "ADA@HOSPITAL.EXAMPLE", " a@b@hospital.example "] {
            assert_eq!(outcome(&hospital(), &person(address)), "staff", "{address}");
        }
        assert_eq!(outcome(&hospital(), &person("x@partner.example")), "partner");
        for other in [
            "ada",
            "@hospital.example",
            "ada@clinic.hospital.example",
            "ada@xhospital.example",
            "ada@",
            "",
        ] {
            assert_eq!(outcome(&hospital(), &person(other)), "staff,patients?@", "{other}");
        }
    }

    #[test]
    fn a_domain_in_another_script_is_the_same_in_ascii() {
        let providers = [provider("a", &["bücher.example"], false), provider("b", &[], false)];
        let person = Some("x@xn--bcher-kva.example");
        assert_eq!(
            outcome(
                &providers,
                &Wishes {
                    person,
                    ..Wishes::default()
                }
            ),
            "a"
        );
    }

    #[test]
    fn a_link_names_a_way_and_an_unknown_one_is_ignored() {
        let hint = |hint| Wishes {
            hint: Some(hint),
            ..Wishes::default()
        };
        assert_eq!(outcome(&hospital(), &hint("partner")), "partner");
        assert_eq!(outcome(&hospital(), &hint("elsewhere")), "staff,patients?@");
        let both = Wishes {
            hint: Some("patients"),
            person: Some("ada@hospital.example"),
            ..Wishes::default()
        };
        assert_eq!(outcome(&hospital(), &both), "patients", "the link is the clearer word");
    }

    #[test]
    fn an_app_begins_with_its_own_unless_the_user_wants_to_choose() {
        let first = Wishes {
            first: Some("patients"),
            ..Wishes::default()
        };
        assert_eq!(outcome(&hospital(), &first), "patients");
        assert_eq!(
            outcome(&hospital(), &Wishes { asks: true, ..first }),
            "staff,patients?@"
        );
    }

    #[test]
    fn an_app_for_some_ways_is_never_led_to_another() {
        let allowed = ["patients".to_owned()];
        let only = Wishes {
            allowed: &allowed,
            ..Wishes::default()
        };
        assert_eq!(outcome(&hospital(), &only), "patients");
        for wishes in [
            Wishes {
                hint: Some("staff"),
                ..only
            },
            Wishes {
                person: Some("ada@hospital.example"),
                ..only
            },
            Wishes {
                first: Some("staff"),
                ..only
            },
        ] {
            assert_eq!(outcome(&hospital(), &wishes), "patients", "{wishes:?}");
        }
        let gone = ["gone".to_owned()];
        assert_eq!(
            outcome(
                &hospital(),
                &Wishes {
                    allowed: &gone,
                    ..Wishes::default()
                }
            ),
            "?"
        );
    }

    #[test]
    fn only_domains_are_taken_and_shared_ones_are_seen() {
        let offer = |domains: &[&str]| provider("a", domains, false).offer.clone();
        for refused in [
            "hospital",
            "https://hospital.example",
            "a b.example",
            "10.0.0.1",
            "",
            "@hospital.example",
        ] {
            assert!(offer(&[refused]).check().is_err(), "{refused}");
        }
        assert!(offer(&["hospital.example", "Krankenhaus.example"]).check().is_ok());
        let shared = offer(&["A.example", "b.example"]).shared_domain(&offer(&["a.EXAMPLE"]));
        assert_eq!(shared.as_deref(), Some("a.example"));
        assert_eq!(offer(&["a.example"]).shared_domain(&offer(&["b.example"])), None);
    }
}
