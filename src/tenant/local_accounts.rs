//! What a tenant decides about accounts of its own.

use serde::{Deserialize, Serialize};

/// Longest user name, in bytes.
pub const LONGEST_USERNAME: usize = 255;

/// Most people who are told of the use of an emergency account.
const MAX_OWNERS: usize = 20;

/// Whose local account may sign in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LocalSignIn {
    /// Everybody's while the tenant has no other identity provider, from then on only those named for emergencies.
    #[default]
    Automatic,
    /// Everybody's.
    Everyone,
    /// Only those named for emergencies.
    BreakGlass,
}

/// Whether a password is enough.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SecondFactor {
    /// Whoever has set one up is asked for it.
    #[default]
    Optional,
    /// Everybody has one, or sets one up at the next sign-in.
    Required,
}

/// The tenant's rules for accounts of its own.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LocalAccountsDocument {
    /// Whose account may sign in.
    pub sign_in: LocalSignIn,
    /// Whether a password is enough.
    pub second_factor: SecondFactor,
    /// Roles for which it is not, whatever `second_factor` says.
    pub second_factor_roles: Vec<String>,
    /// The address from which mail to account holders comes. None: the one of the installation.
    pub mail_sender: Option<String>,
    /// Who is told by mail when an emergency account was used.
    pub owners: Vec<String>,
}

impl LocalAccountsDocument {
    /// Whether holders of `roles` need more than a password.
    pub fn needs_second_factor(&self, roles: &[String]) -> bool {
        self.second_factor == SecondFactor::Required || roles.iter().any(|role| self.second_factor_roles.contains(role))
    }

    /// Checks the addresses; an error names the member and the problem.
    pub(super) fn check(&self) -> Result<(), (&'static str, String)> {
        if let Some(sender) = &self.mail_sender
            && !is_address(sender)
        {
            let problem = format!("{sender} is not an e-mail address");
            return Err(("local_accounts.mail_sender", problem));
        }
        if self.owners.len() > MAX_OWNERS {
            return Err(("local_accounts.owners", format!("has more than {MAX_OWNERS} entries")));
        }
        match self.owners.iter().find(|owner| !is_address(owner)) {
            Some(owner) => Err(("local_accounts.owners", format!("{owner} is not an e-mail address"))),
            None => Ok(()),
        }
    }
}

/// Whether mail can be sent to `text`: one `@`, a dot behind it, nothing that could end a header. What a mail server thinks
/// of it shows when mail is sent.
pub fn is_address(text: &str) -> bool {
    let fits = |letter: char| letter.is_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.".contains(letter);
    let Some((user, domain)) = text.split_once('@') else {
        return false;
    };
    let host = |letter: char| letter.is_alphanumeric() || "-.".contains(letter);
    text.len() <= 254
        && !user.is_empty()
        && user.chars().all(fits)
        && domain.chars().all(host)
        && !domain.is_empty()
        && !domain.starts_with('.')
        && !domain.ends_with('.')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_cannot_smuggle_a_second_one_or_a_header() {
        for good in ["ada@north.example", "a.b+c@mail.north.example", "root@localhost"] {
            assert!(is_address(good), "{good}");
        }
        for bad in [
            "",
            "ada",
            "@north.example",
            "ada@",
            "a@b@c",
            "a b@c.example",
            "a@b.example\r\nBcc: x@y.example",
            "<a@b.example>",
            "a@b,c@d",
            "a@.example",
        ] {
            assert!(!is_address(bad), "{bad}");
        }
    }

    #[test]
    fn a_second_factor_can_be_required_of_everyone_or_of_some_roles() {
        let roles = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let some = LocalAccountsDocument {
            second_factor_roles: roles(&["physician"]),
            ..LocalAccountsDocument::default()
        };
        assert!(some.needs_second_factor(&roles(&["clerk", "physician"])));
        assert!(!some.needs_second_factor(&roles(&["clerk"])));
        let all = LocalAccountsDocument {
            second_factor: SecondFactor::Required,
            ..LocalAccountsDocument::default()
        };
        assert!(all.needs_second_factor(&[]));
    }

    #[test]
    fn bad_addresses_are_refused_with_the_member() {
        let document: LocalAccountsDocument =
            serde_json::from_str(r#"{"owners": ["it@north.example", "nobody"]}"#).unwrap();
        assert_eq!(document.check().unwrap_err().0, "local_accounts.owners");
        let document: LocalAccountsDocument =
            serde_json::from_str(r#"{"mail_sender": "North <a@b.example>"}"#).unwrap();
        assert_eq!(document.check().unwrap_err().0, "local_accounts.mail_sender");
    }
}
