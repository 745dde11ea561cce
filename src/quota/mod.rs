//! How much one tenant, one address, one client or one account may ask for in a time. This says how much; [`MemoryBudgets`]
//! keeps those of which each node has its own, and the store those on which all nodes agree.
//!
//! A budget is a bucket: it holds so many requests, and fills again evenly over its time. Nobody is shut out for good: who
//! waits as long as `Retry-After` says may ask again, and no account is ever switched off by it.

mod allowance;
mod memory;
mod reference;

pub use allowance::{Allowance, InvalidAllowance};
pub use memory::MemoryBudgets;
pub use reference::reference;

use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Time to wait until the next request of a spent budget.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spent {
    /// The wait.
    pub wait: Duration,
}

impl Spent {
    /// Whole seconds for `Retry-After` (RFC 9110 section 10.2.3), at least one.
    pub fn seconds(self) -> u64 {
        self.wait.as_secs() + u64::from(self.wait.subsec_nanos() > 0)
    }
}

/// Declares every budget once: its name in settings, its default, its documentation, and where it is kept.
macro_rules! budgets {
    ($($(#[doc = $doc:literal])+ $variant:ident $member:ident: $requests:literal per $seconds:literal $kept:ident;)+) => {
        /// A budget.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Budget {
            $($(#[doc = $doc])+ $variant,)+
        }

        /// How large a tenant's budgets are. Absent members have their default.
        #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(default, deny_unknown_fields)]
        pub struct Budgets {
            $($(#[doc = $doc])+ pub $member: Allowance,)+
        }

        impl Default for Budgets {
            fn default() -> Self {
                Self { $($member: Allowance { requests: $requests, seconds: $seconds },)+ }
            }
        }

        impl Budget {
            /// Every budget.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The name in settings.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => stringify!($member),)+ }
            }

            /// Whether all nodes spend from one budget, kept in the database.
            pub const fn is_shared(self) -> bool {
                match self { $(Self::$variant => budgets!(@shared $kept),)+ }
            }

            /// Whether it counts attempts on one account, so that an administrator can let its holder try again at once.
            pub const fn is_of_account(self) -> bool {
                matches!(
                    self,
                    Self::SignInPerAccountAndAddress | Self::SignInPerAccount | Self::SignInCodePerAccount
                )
            }

            const fn documentation(self) -> &'static [&'static str] {
                match self { $(Self::$variant => &[$($doc,)+],)+ }
            }
        }

        impl Budgets {
            /// How large a budget is.
            pub const fn allowance(&self, budget: Budget) -> Allowance {
                match budget { $(Budget::$variant => self.$member,)+ }
            }
        }
    };
    (@shared node) => { false };
    (@shared everywhere) => { true };
}

budgets! {
    /// Authorization, pushed, device authorization and launch requests at a tenant.
    AuthorizePerTenant authorize_per_tenant: 30_000 per 60 node;
    /// The same from one address.
    AuthorizePerAddress authorize_per_address: 1_200 per 60 node;
    /// Token and revocation requests at a tenant.
    TokenPerTenant token_per_tenant: 300_000 per 60 node;
    /// The same from one address.
    TokenPerAddress token_per_address: 60_000 per 60 node;
    /// Introspection and userinfo requests at a tenant.
    IntrospectPerTenant introspect_per_tenant: 600_000 per 60 node;
    /// The same from one address.
    IntrospectPerAddress introspect_per_address: 120_000 per 60 node;
    /// Pages of a tenant: sign-in, patient and consent forms, the page of connected apps, logout, answers of identity providers, the console.
    PagesPerTenant pages_per_tenant: 60_000 per 60 node;
    /// The same from one address.
    PagesPerAddress pages_per_address: 3_000 per 60 node;
    /// Requests of the admin API at a tenant; at the platform's own tenant, those that name no tenant.
    AdminPerTenant admin_per_tenant: 12_000 per 60 node;
    /// The same from one address.
    AdminPerAddress admin_per_address: 3_000 per 60 node;
    /// Requests of directories that provision users at a tenant (SCIM).
    ScimPerTenant scim_per_tenant: 12_000 per 60 node;
    /// The same from one address.
    ScimPerAddress scim_per_address: 6_000 per 60 node;
    /// Requests that one client authenticated, at all endpoints together. Not spent by a public client, whose id anybody can
    /// send.
    RequestsPerClient requests_per_client: 300_000 per 60 node;
    /// Wrong passwords for one account from one address.
    SignInPerAccountAndAddress sign_in_per_account_and_address: 10 per 600 everywhere;
    /// Wrong passwords for one account from all addresses together.
    SignInPerAccount sign_in_per_account: 100 per 3_600 everywhere;
    /// Wrong passwords from one address, whatever the account.
    SignInPerAddress sign_in_per_address: 300 per 600 everywhere;
    /// Wrong codes of the second factor for one account, from all addresses together. Whoever tries them knows the password.
    SignInCodePerAccount sign_in_code_per_account: 5 per 3_600 everywhere;
    /// Mails with a link to choose another password that one user name can be made to get.
    SignInMailPerAccount sign_in_mail_per_account: 3 per 3_600 everywhere;
    /// Device codes entered from one address that nobody was given (RFC 8628 section 5.1).
    DeviceCodePerAddress device_code_per_address: 10 per 600 everywhere;
    /// The same from all addresses together.
    DeviceCodePerTenant device_code_per_tenant: 1_000 per 600 everywhere;
    /// Apps that register themselves from one address.
    RegistrationPerAddress registration_per_address: 300 per 3_600 everywhere;
    /// The same from all addresses together.
    RegistrationPerTenant registration_per_tenant: 1_000 per 3_600 everywhere;
}

impl Budgets {
    /// Checks every allowance; an error names the member and the problem.
    pub fn check(&self) -> Result<(), (&'static str, InvalidAllowance)> {
        for budget in Budget::ALL {
            self.allowance(*budget)
                .check()
                .map_err(|fault| (budget.as_str(), fault))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_in_order() {
        assert_eq!(Budgets::default().check(), Ok(()));
    }

    #[test]
    fn every_budget_has_a_member_of_its_name() {
        let members = serde_json::to_value(Budgets::default()).unwrap();
        for budget in Budget::ALL {
            assert!(members.get(budget.as_str()).is_some(), "{}", budget.as_str());
        }
        assert_eq!(members.as_object().unwrap().len(), Budget::ALL.len());
    }

    #[test]
    fn a_budget_of_nothing_is_refused_by_name() {
        assert!(serde_json::from_str::<Budgets>(r#"{"tokens": {"requests": 1, "seconds": 1}}"#).is_err());
        let budgets: Budgets =
            serde_json::from_str(r#"{"sign_in_per_account": {"requests": 0, "seconds": 60}}"#).unwrap();
        assert_eq!(budgets.check().unwrap_err().0, "sign_in_per_account");
    }

    #[test]
    fn what_security_depends_on_is_counted_by_all_nodes_together() {
        let shared: Vec<_> = Budget::ALL.iter().filter(|budget| budget.is_shared()).collect();
        assert!(shared.iter().all(|budget| {
            let name = budget.as_str();
            name.starts_with("sign_in") || name.starts_with("device_code") || name.starts_with("registration")
        }));
        assert_eq!(shared.len(), 9);
    }

    #[test]
    fn a_wait_is_told_in_whole_seconds_and_never_too_short() {
        let seconds = |millis| {
            Spent {
                wait: Duration::from_millis(millis),
            }
            .seconds()
        };
        assert_eq!([seconds(1), seconds(1000), seconds(1001)], [1, 1, 2]);
    }
}
