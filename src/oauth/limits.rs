//! Lifetimes and limits: defaults, hard caps, and the values a tenant may choose between them. One place to change.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::time::Duration;
use thiserror::Error;

/// Longest body of the token, revocation, introspection and pushed request endpoints, in bytes.
pub const FORM_BODY: usize = 64 * 1024;
/// Longest query of an authorization request, in bytes.
pub const AUTHORIZE_QUERY: usize = 16 * 1024;
/// Longest path and query of any request, in bytes: an authorization request and the path before it.
pub const URL: usize = AUTHORIZE_QUERY + 1024;
/// Most header lines of a request; a request with more is answered 431 (RFC 6585 section 5).
pub const HEADER_COUNT: usize = 100;
/// Longest header of a request, in bytes.
pub const HEADER_BYTES: usize = 64 * 1024;
/// Longest life of a client assertion (SMART App Launch 2.2 asymmetric authentication: five minutes).
pub const CLIENT_ASSERTION: Duration = Duration::from_mins(5);
/// Longest life of an assertion of a client outside that profile.
pub const CLIENT_ASSERTION_ELSEWHERE: Duration = Duration::from_hours(1);
/// How far a client's clock may differ in an assertion. Test kits sign for exactly five minutes by their own clock.
pub const CLIENT_ASSERTION_SKEW: Duration = Duration::from_mins(1);
/// How far clocks may differ elsewhere.
pub const CLOCK_SKEW: Duration = Duration::from_mins(1);
/// How old a DPoP proof may be (RFC 9449 section 11.1).
pub const DPOP_PROOF_AGE: Duration = Duration::from_mins(5);
/// How far a DPoP proof may lie in the future.
pub const DPOP_PROOF_AHEAD: Duration = Duration::from_mins(1);
/// Time a fetch of a client's keys may take.
pub const JWKS_FETCH_TIMEOUT: Duration = Duration::from_secs(5);
/// Longest document of a client's keys, in bytes.
pub const JWKS_FETCH_SIZE: usize = 256 * 1024;
/// Shortest time between two fetches of one client's keys, however many unknown key ids arrive.
pub const JWKS_FETCH_COOL_DOWN: Duration = Duration::from_mins(1);
/// Time fetched keys are kept.
pub const JWKS_CACHE: Duration = Duration::from_mins(10);

/// Longest life of a refresh token: for practical purposes as long as it is used.
const TEN_YEARS: Duration = Duration::from_hours(3660 * 24);

/// How long things live at a tenant. In JSON each is a whole number of seconds; absent members have their default.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Lifetimes {
    /// Authorization code.
    #[serde(with = "seconds")]
    pub authorization_code: Duration,
    /// Pushed authorization request.
    #[serde(with = "seconds")]
    pub pushed_request: Duration,
    /// The way from authorization request to code: sign-in, context choice, consent.
    #[serde(with = "seconds")]
    pub interaction: Duration,
    /// Access token of a user.
    #[serde(with = "seconds")]
    pub access_token: Duration,
    /// Access token of a client acting for itself (SMART Backend Services: at most five minutes recommended).
    #[serde(with = "seconds")]
    pub system_access_token: Duration,
    /// ID token.
    #[serde(with = "seconds")]
    pub id_token: Duration,
    /// Refresh token that is not used.
    #[serde(with = "seconds")]
    pub refresh_idle: Duration,
    /// Refresh token, however often it is used.
    #[serde(with = "seconds")]
    pub refresh_absolute: Duration,
    /// Time in which a rotated refresh token yields the same successor again.
    #[serde(with = "seconds")]
    pub refresh_grace: Duration,
    /// Browser session that is not used.
    #[serde(with = "seconds")]
    pub session_idle: Duration,
    /// Browser session, however much it is used.
    #[serde(with = "seconds")]
    pub session_absolute: Duration,
    /// Device code.
    #[serde(with = "seconds")]
    pub device_code: Duration,
}

impl Default for Lifetimes {
    fn default() -> Self {
        Self {
            authorization_code: Duration::from_mins(1),
            pushed_request: Duration::from_mins(1),
            interaction: Duration::from_mins(15),
            access_token: Duration::from_mins(15),
            system_access_token: Duration::from_mins(5),
            id_token: Duration::from_mins(10),
            // 45 CFR 170.315(g)(10)(v)(A): good for three months, and for three more after each use.
            refresh_idle: Duration::from_hours(100 * 24),
            refresh_absolute: TEN_YEARS,
            refresh_grace: Duration::from_secs(30),
            session_idle: Duration::from_mins(30),
            session_absolute: Duration::from_hours(12),
            device_code: Duration::from_mins(10),
        }
    }
}

/// A lifetime out of its bounds.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum InvalidLifetime {
    /// Zero, or above the hard cap.
    #[error("{name} is {seconds} seconds; it has to be 1 to {cap}")]
    OutOfBounds {
        /// The member.
        name: &'static str,
        /// What was asked for.
        seconds: u64,
        /// The hard cap in seconds.
        cap: u64,
    },
    /// An idle time that can never be reached.
    #[error("{idle} is longer than {absolute}")]
    IdleBeyondAbsolute {
        /// The idle member.
        idle: &'static str,
        /// The absolute member.
        absolute: &'static str,
    },
}

impl Lifetimes {
    /// Hard cap of an access token (RFC 9068 tokens cannot be recalled from those who verify them offline).
    pub const ACCESS_TOKEN_CAP: Duration = Duration::from_hours(1);

    /// Each lifetime with its name and hard cap.
    pub fn bounds(&self) -> [(&'static str, Duration, Duration); 12] {
        let month = Duration::from_hours(31 * 24);
        [
            ("authorization_code", self.authorization_code, Duration::from_mins(1)),
            ("pushed_request", self.pushed_request, Duration::from_secs(599)), // FAPI 2.0: below ten minutes
            ("interaction", self.interaction, Duration::from_hours(1)),
            ("access_token", self.access_token, Self::ACCESS_TOKEN_CAP),
            ("system_access_token", self.system_access_token, Self::ACCESS_TOKEN_CAP),
            ("id_token", self.id_token, Duration::from_hours(1)),
            ("refresh_idle", self.refresh_idle, TEN_YEARS),
            ("refresh_absolute", self.refresh_absolute, TEN_YEARS),
            ("refresh_grace", self.refresh_grace, Duration::from_mins(1)),
            ("session_idle", self.session_idle, month),
            ("session_absolute", self.session_absolute, month),
            ("device_code", self.device_code, Duration::from_mins(30)),
        ]
    }

    /// Checks every lifetime against its hard cap, and idle times against absolute ones.
    pub fn check(&self) -> Result<(), Vec<InvalidLifetime>> {
        let outside = |(name, value, cap): (&'static str, Duration, Duration)| {
            let bad = value < Duration::from_secs(1) || value > cap;
            bad.then_some(InvalidLifetime::OutOfBounds {
                name,
                seconds: value.as_secs(),
                cap: cap.as_secs(),
            })
        };
        let mut faults: Vec<_> = self.bounds().into_iter().filter_map(outside).collect();
        if self.refresh_idle > self.refresh_absolute {
            faults.push(InvalidLifetime::IdleBeyondAbsolute {
                idle: "refresh_idle",
                absolute: "refresh_absolute",
            });
        }
        if self.session_idle > self.session_absolute {
            faults.push(InvalidLifetime::IdleBeyondAbsolute {
                idle: "session_idle",
                absolute: "session_absolute",
            });
        }
        if faults.is_empty() { Ok(()) } else { Err(faults) }
    }
}

mod seconds {
    use super::{Deserialize, Deserializer, Duration, Serializer};

    pub(super) fn serialize<S: Serializer>(value: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(value.as_secs())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
        u64::deserialize(deserializer).map(Duration::from_secs)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_defaults_are_within_the_caps() {
        assert_eq!(Lifetimes::default().check(), Ok(()));
    }

    #[test]
    fn every_lifetime_has_a_cap_and_a_floor() {
        let defaults = serde_json::to_value(Lifetimes::default()).unwrap();
        for name in defaults.as_object().unwrap().keys() {
            for value in [0, 4000 * 24 * 3600_u64] {
                let lifetimes: Lifetimes = serde_json::from_value(json!({ name: value })).unwrap();
                let faults = lifetimes.check().unwrap_err();
                assert!(
                    faults.iter().any(|fault| fault.to_string().contains(name.as_str())),
                    "{name} {value}"
                );
            }
        }
    }

    #[test]
    fn the_cap_itself_is_allowed_and_one_second_more_is_not() {
        let check = |value: u64| {
            serde_json::from_value::<Lifetimes>(json!({"access_token": value}))
                .unwrap()
                .check()
        };
        assert_eq!(check(3600), Ok(()));
        assert_eq!(
            check(3601),
            Err(vec![InvalidLifetime::OutOfBounds {
                name: "access_token",
                seconds: 3601,
                cap: 3600
            }])
        );
    }

    #[test]
    fn an_idle_time_is_not_longer_than_the_absolute_one() {
        let lifetimes: Lifetimes =
            serde_json::from_value(json!({"session_idle": 7200, "session_absolute": 3600})).unwrap();
        let fault = InvalidLifetime::IdleBeyondAbsolute {
            idle: "session_idle",
            absolute: "session_absolute",
        };
        assert_eq!(lifetimes.check(), Err(vec![fault]));
    }

    #[test]
    fn misspelt_members_are_refused() {
        assert!(serde_json::from_value::<Lifetimes>(json!({"acces_token": 60})).is_err());
    }
}
