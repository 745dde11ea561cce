//! Identifiers: distinct types over a time-ordered 128-bit value, with a prefix that says what they name.

use super::{Entropy, Timestamp, entropy};
use std::fmt;
use thiserror::Error;
use uuid::Uuid;

/// Why a text is not an identifier of the wanted kind.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("not a valid {expected} identifier")]
pub struct InvalidId {
    /// The prefix the text should have had.
    pub expected: &'static str,
}

/// A time-ordered 128-bit value (RFC 9562 version 7) from the injected clock and entropy.
pub fn time_ordered(now: Timestamp, source: &dyn Entropy) -> Uuid {
    let millis = u64::try_from(now.millis()).unwrap_or(0);
    uuid::Builder::from_unix_timestamp_millis(millis, &entropy::bytes(source)).into_uuid()
}

/// The smallest time-ordered value of that time: every one made since is greater.
pub fn earliest(time: Timestamp) -> Uuid {
    let millis = u64::try_from(time.millis()).unwrap_or(0);
    uuid::Builder::from_unix_timestamp_millis(millis, &[0; 10]).into_uuid()
}

/// The lower-case hexadecimal form behind the prefix.
pub(super) fn render(prefix: &str, value: Uuid, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    write!(f, "{prefix}_{}", value.simple())
}

/// Reads `prefix_<32 hexadecimal digits>`; other prefixes, lengths and cases are refused.
pub(super) fn parse(prefix: &'static str, text: &str) -> Result<Uuid, InvalidId> {
    let invalid = InvalidId { expected: prefix };
    let Some(digits) = text.strip_prefix(prefix).and_then(|rest| rest.strip_prefix('_')) else {
        return Err(invalid);
    };
    let plain = digits.len() == 32 && digits.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    if !plain {
        return Err(invalid);
    }
    Uuid::try_parse(digits).map_err(|_| invalid)
}

macro_rules! id {
    ($($(#[$doc:meta])* $name:ident = $prefix:literal;)+) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, sqlx::Type)]
        #[sqlx(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// The prefix of the written form.
            pub const PREFIX: &'static str = $prefix;

            /// A new identifier, ordered by time.
            pub fn new(now: Timestamp, entropy: &dyn Entropy) -> Self {
                Self(time_ordered(now, entropy))
            }

            /// From a stored value.
            pub const fn from_uuid(value: Uuid) -> Self {
                Self(value)
            }

            /// The stored value.
            pub const fn uuid(self) -> Uuid {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                render(Self::PREFIX, self.0, f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl std::str::FromStr for $name {
            type Err = InvalidId;
            fn from_str(text: &str) -> Result<Self, InvalidId> {
                parse(Self::PREFIX, text).map(Self)
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <std::borrow::Cow<'de, str> as serde::Deserialize>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    )+};
}

id! {
    /// A tenant. Immutable; appears in tokens as `tenant_id`.
    TenantId = "ten";
    /// An identity provider configured at a tenant.
    IdentityProviderId = "idp";
    /// A user's account at a tenant: one per (tenant, identity provider, subject).
    AccountId = "acc";
    /// A group that a directory keeps (RFC 7643 section 4.2).
    ScimGroupId = "grp";
    /// A grant: what one user gave one client at one time. Every token of a code belongs to one.
    GrantId = "gra";
    /// A key of ours at an identity provider.
    FederationKeyId = "fdk";
    /// A link to the setting up of one identity provider.
    SetupLinkId = "lnk";
    /// A test of an identity provider.
    SignInTestId = "tst";
    /// A signing key's row.
    SigningKeyId = "key";
    /// A data encryption key.
    DataKeyId = "dek";
    /// A browser session.
    SessionId = "ses";
    /// News of an ended session on its way to an app.
    LogoutNoticeId = "not";
    /// A mail on its way.
    MailId = "mai";
    /// An entry of a tenant's audit log.
    EventId = "evt";
    /// The trace of a sign-in.
    SignInTraceId = "trc";
    /// One HTTP request, for logs and error pages.
    RequestId = "req";
    /// A running server process, from its start to its end.
    NodeId = "nod";
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::SeededEntropy;

    #[test]
    fn text_form_round_trips_and_names_its_kind() {
        let id = TenantId::new(Timestamp::from_seconds(1), &SeededEntropy::new(1));
        assert!(id.to_string().starts_with("ten_"));
        assert_eq!(id.to_string().parse::<TenantId>(), Ok(id));
        assert_eq!(id.to_string().parse::<GrantId>(), Err(InvalidId { expected: "gra" }));
    }

    #[test]
    fn later_ids_sort_later() {
        let entropy = SeededEntropy::new(2);
        let early = GrantId::new(Timestamp::from_seconds(10), &entropy);
        let late = GrantId::new(Timestamp::from_seconds(11), &entropy);
        assert!(early < late);
    }

    #[test]
    fn upper_case_and_short_forms_are_refused() {
        for text in [
            "ten_",
            "ten_00",
            "ten_0000000000000000000000000000000G",
            "TEN_00000000000000000000000000000000",
            "",
        ] {
            assert!(text.parse::<TenantId>().is_err(), "{text}");
        }
    }
}
