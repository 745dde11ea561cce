//! Which keys a tenant signs with, and how long.

use crate::keys::signing::DEFAULT_ALGORITHMS;
use crate::oauth::jose::SigningAlgorithm;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Longest time between two rotations, in days.
const LONGEST: u32 = 3660;

/// The policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SigningKeysDocument {
    /// The algorithms there are keys for: RS256 always, since ID tokens are signed with it unless an app asks for another.
    pub algorithms: Vec<SigningAlgorithm>,
    /// The algorithm of access tokens.
    pub access_token_algorithm: SigningAlgorithm,
    /// Days after which the successor signs. 0: never by itself.
    pub rotate_after_days: u32,
}

impl Default for SigningKeysDocument {
    fn default() -> Self {
        Self {
            algorithms: DEFAULT_ALGORITHMS.to_vec(),
            access_token_algorithm: SigningAlgorithm::ES256,
            rotate_after_days: 90,
        }
    }
}

impl SigningKeysDocument {
    /// Checks the policy; an error is the problem.
    pub fn check(&self) -> Result<(), String> {
        // OpenID Connect Discovery section 3: RS256 must be among the algorithms of ID tokens. ES256 signs what this server says
        // to a tenant's own FHIR server and picker page.
        if let Some(missing) = DEFAULT_ALGORITHMS.iter().find(|one| !self.algorithms.contains(one)) {
            return Err(format!("algorithms has to hold {missing}"));
        }
        let mut seen = Vec::new();
        for algorithm in &self.algorithms {
            if seen.contains(algorithm) {
                return Err(format!("algorithms holds {algorithm} twice"));
            }
            seen.push(*algorithm);
        }
        if !self.algorithms.contains(&self.access_token_algorithm) {
            let wanted = self.access_token_algorithm;
            return Err(format!(
                "access_token_algorithm is {wanted}, which algorithms does not hold"
            ));
        }
        if self.rotate_after_days > LONGEST {
            return Err(format!("rotate_after_days is more than {LONGEST}"));
        }
        Ok(())
    }

    /// Time after which the successor signs, if it ever does by itself.
    pub fn rotate_after(&self) -> Option<Duration> {
        let days = u64::from(self.rotate_after_days);
        (days > 0).then(|| Duration::from_hours(24 * days))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_policy_is_in_order() {
        assert_eq!(SigningKeysDocument::default().check(), Ok(()));
    }

    #[test]
    fn a_policy_that_could_not_sign_is_refused() {
        for (text, problem) in [
            (r#"{"algorithms": ["ES256"]}"#, "RS256"),
            (r#"{"algorithms": ["RS256"]}"#, "ES256"),
            (r#"{"algorithms": ["RS256", "ES256", "ES256"]}"#, "twice"),
            (r#"{"access_token_algorithm": "PS256"}"#, "does not hold"),
            (r#"{"rotate_after_days": 99999}"#, "more than"),
        ] {
            let policy: SigningKeysDocument = serde_json::from_str(text).unwrap();
            let fault = policy.check().unwrap_err();
            assert!(fault.contains(problem), "{text}: {fault}");
        }
    }

    #[test]
    fn zero_days_is_never() {
        let never: SigningKeysDocument = serde_json::from_str(r#"{"rotate_after_days": 0}"#).unwrap();
        assert_eq!(never.rotate_after(), None);
        assert_eq!(
            SigningKeysDocument::default().rotate_after(),
            Some(Duration::from_hours(90 * 24))
        );
    }
}
