//! The parameter `claims`: single claims that an app wants, and where (OpenID Connect Core section 5.5).

use super::OAuthError;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// Most claims that one request may name.
const LIMIT: usize = 100;

/// The claims about a person that can be delivered one by one, with the scope that consent to them is asked under.
pub const DELIVERABLE: [(&str, &str); 4] = [
    ("name", "profile"),
    ("profile", "profile"),
    ("email", "email"),
    ("fhirUser", "fhirUser"),
];

/// What is asked for. Names that nobody knows are left out at once: they change nothing (section 5.5).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ClaimsRequest {
    /// Claims for userinfo.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub userinfo: BTreeSet<String>,
    /// Claims for the ID token.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub id_token: BTreeSet<String>,
    /// The authentication contexts of which one is demanded; empty when none is (section 5.5.1.1).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub required_acr: Vec<String>,
    /// The authentication contexts that are wanted, without being demanded.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub wanted_acr: Vec<String>,
    /// The only subject that is acceptable (section 5.5.1).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
}

fn malformed(description: &'static str) -> OAuthError {
    OAuthError::invalid_request("claims_malformed", description)
}

/// One member: `null`, or an object of which three members mean something.
struct Wanted {
    essential: bool,
    values: Vec<String>,
}

impl Wanted {
    fn of(value: &Value) -> Result<Self, OAuthError> {
        let none = Map::new();
        let members = match value {
            Value::Null => &none,
            Value::Object(members) => members,
            _ => return Err(malformed("A claim in parameter claims has to be null or an object.")),
        };
        let essential = match members.get("essential") {
            None => false,
            Some(Value::Bool(essential)) => *essential,
            Some(_) => {
                return Err(malformed(
                    "Member essential in parameter claims has to be true or false.",
                ));
            }
        };
        let mut values: Vec<String> = members
            .get("value")
            .and_then(Value::as_str)
            .map(str::to_owned)
            .into_iter()
            .collect();
        match members.get("values") {
            None => {}
            Some(Value::Array(list)) => values.extend(list.iter().filter_map(Value::as_str).map(str::to_owned)),
            Some(_) => return Err(malformed("Member values in parameter claims has to be a list.")),
        }
        Ok(Self { essential, values })
    }
}

impl ClaimsRequest {
    /// Reads the parameter.
    pub fn from_request(text: Option<&str>) -> Result<Self, OAuthError> {
        let Some(text) = text else { return Ok(Self::default()) };
        let document: Map<String, Value> =
            serde_json::from_str(text).map_err(|_| malformed("Parameter claims is not a JSON object."))?;
        let mut request = Self::default();
        for (place, value) in &document {
            let members = match (place.as_str(), value) {
                ("userinfo" | "id_token", Value::Object(members)) => members,
                ("userinfo" | "id_token", Value::Null) => continue,
                ("userinfo" | "id_token", _) => {
                    return Err(malformed(
                        "Members userinfo and id_token of parameter claims have to be objects.",
                    ));
                }
                _ => continue, // section 5.5: other members are ignored
            };
            if members.len() > LIMIT {
                return Err(malformed("Parameter claims names too many claims."));
            }
            for (name, value) in members {
                request.add(place == "id_token", name, Wanted::of(value)?);
            }
        }
        Ok(request)
    }

    fn add(&mut self, in_id_token: bool, name: &str, wanted: Wanted) {
        match name {
            // Userinfo says nothing of the sign-in.
            "acr" if in_id_token && wanted.essential => self.required_acr = wanted.values,
            "acr" if in_id_token => self.wanted_acr = wanted.values,
            "sub" => self.subject = wanted.values.into_iter().next().or(self.subject.take()),
            name if DELIVERABLE.iter().any(|(known, _)| *known == name) => {
                let place = if in_id_token {
                    &mut self.id_token
                } else {
                    &mut self.userinfo
                };
                place.insert(name.to_owned());
            }
            _ => {}
        }
    }

    /// Leaves those claims whose scope satisfies `allowed`.
    #[must_use]
    pub fn within(mut self, allowed: impl Fn(&str) -> bool) -> Self {
        let keep = |name: &String| {
            let scope = DELIVERABLE.iter().find(|(known, _)| known == name);
            scope.is_some_and(|(_, scope)| allowed(scope))
        };
        self.userinfo.retain(keep);
        self.id_token.retain(keep);
        self
    }

    /// The scopes under which users are asked for the claims.
    pub fn scopes(&self) -> String {
        let named = |(name, _): &&(&str, &str)| self.userinfo.contains(*name) || self.id_token.contains(*name);
        let scopes: BTreeSet<&str> = DELIVERABLE.iter().filter(named).map(|(_, scope)| *scope).collect();
        scopes.into_iter().collect::<Vec<_>>().join(" ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(text: &str) -> ClaimsRequest {
        ClaimsRequest::from_request(Some(text)).unwrap()
    }

    #[test]
    fn claims_are_wanted_by_place() {
        let request =
            read(r#"{"userinfo":{"name":{"essential":true},"shoe_size":null},"id_token":{"email":null},"x":7}"#);
        assert!(request.userinfo.contains("name") && request.userinfo.len() == 1);
        assert!(request.id_token.contains("email"));
        assert_eq!(request.scopes(), "email profile");
        assert_eq!(request.within(|scope| scope == "email").scopes(), "email");
    }

    #[test]
    fn an_essential_acr_is_demanded_and_another_is_wanted() {
        let demanded = read(r#"{"id_token":{"acr":{"essential":true,"values":["a","b"]}}}"#);
        assert_eq!(demanded.required_acr, ["a", "b"]);
        let wanted = read(r#"{"id_token":{"acr":{"values":["a"]}}}"#);
        assert_eq!(
            (wanted.required_acr.len(), wanted.wanted_acr),
            (0, vec!["a".to_owned()])
        );
        // Essential without values: that there is one.
        assert!(
            read(r#"{"id_token":{"acr":{"essential":true}}}"#)
                .required_acr
                .is_empty()
        );
        assert_eq!(
            read(r#"{"userinfo":{"acr":{"essential":true,"value":"a"}}}"#),
            ClaimsRequest::default()
        );
    }

    #[test]
    fn a_subject_may_be_demanded() {
        assert_eq!(
            read(r#"{"id_token":{"sub":{"value":"acc_1"}}}"#).subject.as_deref(),
            Some("acc_1")
        );
        assert_eq!(read(r#"{"userinfo":{"sub":null}}"#).subject, None);
    }

    #[test]
    fn what_is_no_such_document_is_refused() {
        for text in [
            "",
            "null",
            "[]",
            "{",
            r#"{"userinfo":[]}"#,
            r#"{"id_token":{"name":true}}"#,
            r#"{"id_token":{"name":{"essential":"yes"}}}"#,
            r#"{"id_token":{"acr":{"values":"a"}}}"#,
        ] {
            let error = ClaimsRequest::from_request(Some(text)).unwrap_err();
            assert_eq!(error.reason, "claims_malformed", "{text}");
        }
        assert_eq!(ClaimsRequest::from_request(None), Ok(ClaimsRequest::default()));
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in any::<String>()) {
            drop(ClaimsRequest::from_request(Some(&text)));
        }
    }
}
