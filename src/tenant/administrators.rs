//! Which roles at an identity provider make somebody an administrator of the tenant.

use super::roles::{Permissions, Role};
use serde::{Deserialize, Serialize};

/// Most rules of a tenant.
const MAX_RULES: usize = 100;

/// One rule: who signs in at this provider and has this role there, by the provider's mapping, has these roles here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AdministratorRule {
    /// The alias of the identity provider.
    pub identity_provider: String,
    /// The role as the provider's mapping yields it.
    pub role: String,
    /// The roles in the administration of the tenant.
    pub grants: Vec<Role>,
}

impl AdministratorRule {
    /// What the rule lets its people do.
    pub fn permissions(&self) -> Permissions {
        self.grants
            .iter()
            .fold(Permissions::default(), |all, role| all.union(role.permissions()))
    }
}

/// Checks the rules; an error says what is wrong.
pub fn check(rules: &[AdministratorRule]) -> Result<(), String> {
    if rules.len() > MAX_RULES {
        return Err(format!("has more than {MAX_RULES} entries"));
    }
    for rule in rules {
        if rule.identity_provider.is_empty() || rule.role.is_empty() || rule.grants.is_empty() {
            return Err("every entry needs identity_provider, role and grants".to_owned());
        }
        // Whoever runs a hospital's identity provider must not become an operator of the platform, nor the other way round
        // by a name alone.
        if let Some(role) = rule.grants.iter().find(|role| role.is_of_platform()) {
            return Err(format!("{role} is given at the platform's issuer, to single accounts"));
        }
    }
    Ok(())
}
