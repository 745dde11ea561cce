//! `authorization_details` (RFC 9396) of the one type that SMART has: `smart_on_fhir` (SMART App Launch 2.2, "Launch context
//! arrives with your access token", experimental), which says at which FHIR servers which scopes hold.
//!
//! A server that a detail describes gives what that detail asks for, and no more; every other server gives what the parameter
//! `scope` asks for. So a detail can give an app less at one server than at another, and never more than was granted in all.

use super::scope::{Scope, ScopeSet};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use thiserror::Error;

/// The type.
pub const SMART_ON_FHIR: &str = "smart_on_fhir";
/// Most details of one request.
pub const MAX_DETAILS: usize = 20;
/// Most entries of a list in a detail.
pub const MAX_ENTRIES: usize = 20;

/// Why `authorization_details` are refused (RFC 9396 section 5).
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum InvalidAuthorizationDetails {
    /// No JSON array of objects, or one that is empty or too long.
    #[error("authorization_details has to be a JSON array of 1 to {MAX_DETAILS} objects.")]
    Form,
    /// A type that nobody here knows.
    #[error("The type in authorization_details[{0}] is not supported. Use {SMART_ON_FHIR}.")]
    Type(usize),
    /// A member that the type does not have, or that does not have the form of the type.
    #[error("{member} in authorization_details[{position}] {problem}")]
    Member {
        /// Which detail.
        position: usize,
        /// The member.
        member: &'static str,
        /// What is wrong.
        problem: &'static str,
    },
    /// A location that is no FHIR server of the tenant.
    #[error("locations in authorization_details[{0}] has to name FHIR servers of this tenant.")]
    Location(usize),
    /// None of the FHIR versions that are wanted is spoken there.
    #[error("None of fhirVersions in authorization_details[{0}] is spoken at all of its locations.")]
    Version(usize),
}

/// A FHIR server that a detail may name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FhirLocation {
    /// Its base URL, as the tenant spells it.
    pub base: String,
    /// The versions of FHIR that it speaks, such as `4.0.1`.
    pub versions: Vec<String>,
}

/// One detail of a request, checked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Detail {
    /// FHIR servers, as the tenant spells them.
    locations: Vec<String>,
    /// The versions that the app can use; any when empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    versions: Vec<String>,
    /// Scopes for resources; those of the parameter `scope` when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    scope: Option<ScopeSet>,
}

impl Detail {
    fn names(&self, location: &str) -> bool {
        self.locations.iter().any(|named| named == location)
    }
}

/// One detail of an access token, as the token, the token response and introspection carry it. Patient and encounter are those
/// beside it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GrantedDetail {
    /// `smart_on_fhir`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Where it holds: the server that the token is for.
    pub locations: Vec<String>,
    /// The versions of FHIR there.
    #[serde(rename = "fhirVersions")]
    pub fhir_versions: Vec<String>,
    /// What is allowed there.
    pub scope: String,
}

/// The `authorization_details` of a request. Empty when there were none.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct AuthorizationDetails {
    /// What the parameter `scope` asks for beside them.
    elsewhere: ScopeSet,
    details: Vec<Detail>,
}

/// Where a request's text is read: the tenant's servers by any spelling of their base.
pub type FindLocation<'a> = &'a dyn Fn(&str) -> Option<FhirLocation>;

impl AuthorizationDetails {
    /// Reads the parameter beside the parameter `scope`.
    pub fn read(text: &str, scope: ScopeSet, find: FindLocation<'_>) -> Result<Self, InvalidAuthorizationDetails> {
        let Ok(Value::Array(list)) = serde_json::from_str(text) else {
            return Err(InvalidAuthorizationDetails::Form);
        };
        if !(1..=MAX_DETAILS).contains(&list.len()) {
            return Err(InvalidAuthorizationDetails::Form);
        }
        let read = |(position, value)| match value {
            Value::Object(members) => read_detail(position, &members, find),
            _ => Err(InvalidAuthorizationDetails::Form),
        };
        Ok(Self {
            elsewhere: scope,
            details: list.into_iter().enumerate().map(read).collect::<Result<_, _>>()?,
        })
    }

    /// The same details, where those that name no scope inherit `scope`.
    #[must_use]
    pub fn beside(mut self, scope: ScopeSet) -> Self {
        self.elsewhere = scope;
        self
    }

    /// Whether there are none.
    pub const fn is_empty(&self) -> bool {
        self.details.is_empty()
    }

    /// The servers that they name, each once.
    pub fn locations(&self) -> Vec<&str> {
        let mut all = Vec::new();
        for location in self.details.iter().flat_map(|detail| &detail.locations) {
            if !all.contains(&location.as_str()) {
                all.push(location);
            }
        }
        all
    }

    /// Every scope that is asked for, here or in the parameter `scope`, in the order of the request.
    pub fn requested(&self) -> ScopeSet {
        let scopes = self.details.iter().filter_map(|detail| detail.scope.as_ref());
        scopes.fold(self.elsewhere.clone(), |all, scope| all.union(scope))
    }

    /// What of `granted` an access token for the server at `location` carries: all of it that is not about data there, and of the
    /// data what the request asks for at this server.
    pub fn scope_at(&self, location: &str, granted: &ScopeSet) -> ScopeSet {
        if self.is_empty() {
            return granted.clone();
        }
        let mut described = self.details.iter().filter(|detail| detail.names(location)).peekable();
        let wanted = if described.peek().is_none() {
            self.elsewhere.clone()
        } else {
            described.fold(ScopeSet::default(), |all, detail| {
                all.union(detail.scope.as_ref().unwrap_or(&self.elsewhere))
            })
        };
        let others = granted.filter(|scope| !matches!(scope, Scope::Resource(_)));
        granted.intersect(&others.union(&data(&wanted)))
    }

    /// The details that go with an access token for `location` whose scope is `scope` (RFC 9396 section 7). Details of which
    /// nothing was granted are left out.
    pub fn at(&self, location: &FhirLocation, scope: &ScopeSet) -> Vec<GrantedDetail> {
        let named = self.details.iter().filter(|detail| detail.names(&location.base));
        let granted = named.filter_map(|detail| {
            let wanted = detail.scope.as_ref().unwrap_or(&self.elsewhere);
            let left = data(wanted).intersect(scope);
            let spoken = |version: &&String| detail.versions.is_empty() || detail.versions.contains(version);
            (!left.is_empty()).then(|| GrantedDetail {
                kind: SMART_ON_FHIR.to_owned(),
                locations: vec![location.base.clone()],
                fhir_versions: location.versions.iter().filter(spoken).cloned().collect(),
                scope: left.print(),
            })
        });
        granted.collect()
    }

    /// Whether all that they ask for lies within `scope`: what a client that asks for a token may still choose (RFC 9396
    /// section 6).
    pub fn are_within(&self, scope: &ScopeSet) -> bool {
        self.details
            .iter()
            .filter_map(|detail| detail.scope.as_ref())
            .all(|wanted| scope.covers(wanted))
    }
}

/// The scopes for resources.
fn data(scopes: &ScopeSet) -> ScopeSet {
    scopes.filter(|scope| matches!(scope, Scope::Resource(_)))
}

fn read_detail(
    position: usize,
    members: &Map<String, Value>,
    find: FindLocation<'_>,
) -> Result<Detail, InvalidAuthorizationDetails> {
    let fault = |member, problem| InvalidAuthorizationDetails::Member {
        position,
        member,
        problem,
    };
    if members.get("type").and_then(Value::as_str) != Some(SMART_ON_FHIR) {
        return Err(InvalidAuthorizationDetails::Type(position));
    }
    for name in members.keys() {
        match name.as_str() {
            "type" | "locations" | "fhirVersions" | "scope" => {}
            // They are in the answer. Who is in context is for the user and the EHR to say.
            "patient" | "encounter" | "fhirContext" => {
                return Err(fault(
                    "The launch context",
                    "is not for the app to choose: leave it out.",
                ));
            }
            _ => return Err(fault("A member", "is not known to its type.")),
        }
    }
    let texts = |member: &'static str| match members.get(member) {
        None => Ok(None),
        Some(Value::Array(list)) if (1..=MAX_ENTRIES).contains(&list.len()) => {
            let texts: Option<Vec<&str>> = list.iter().map(Value::as_str).collect();
            texts.map(Some).ok_or_else(|| fault(member, "has to hold texts."))
        }
        Some(_) => Err(fault(member, "has to be a list of 1 to 20 texts.")),
    };
    let named = texts("locations")?.ok_or_else(|| fault("locations", "is missing."))?;
    let found = named.into_iter().map(find).collect::<Option<Vec<_>>>();
    let found = found.ok_or(InvalidAuthorizationDetails::Location(position))?;
    let versions: Vec<String> = texts("fhirVersions")?
        .unwrap_or_default()
        .into_iter()
        .map(str::to_owned)
        .collect();
    let spoken = |server: &FhirLocation| server.versions.iter().any(|version| versions.contains(version));
    if !versions.is_empty() && !found.iter().all(spoken) {
        return Err(InvalidAuthorizationDetails::Version(position));
    }
    let scope = match members.get("scope") {
        None => None,
        Some(Value::String(text)) => {
            let scope = ScopeSet::parse_strictly(text).map_err(|_| fault("scope", "holds what is no scope."))?;
            if scope.is_empty() || scope.iter().any(|scope| !matches!(scope, Scope::Resource(_))) {
                let problem = "has to hold scopes for FHIR resources. Ask for others in the parameter scope.";
                return Err(fault("scope", problem));
            }
            Some(scope)
        }
        Some(_) => return Err(fault("scope", "has to be a text.")),
    };
    let mut locations: Vec<String> = Vec::new();
    for server in found {
        if !locations.contains(&server.base) {
            locations.push(server.base);
        }
    }
    Ok(Detail {
        locations,
        versions,
        scope,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    const R4: &str = "https://f/r4";
    const R5: &str = "https://f/r5";

    fn server(base: &str) -> Option<FhirLocation> {
        let version = match base.trim_end_matches('/') {
            R4 => "4.0.1",
            R5 => "5.0.0",
            _ => return None,
        };
        Some(FhirLocation {
            base: base.trim_end_matches('/').to_owned(),
            versions: vec![version.to_owned()],
        })
    }

    fn scopes(text: &str) -> ScopeSet {
        ScopeSet::parse_strictly(text).unwrap()
    }

    fn read(scope: &str, details: &Value) -> AuthorizationDetails {
        AuthorizationDetails::read(&details.to_string(), scopes(scope), &server).unwrap()
    }

    fn refusal(details: &Value) -> InvalidAuthorizationDetails {
        AuthorizationDetails::read(&details.to_string(), ScopeSet::default(), &server).unwrap_err()
    }

    #[test]
    fn a_server_that_is_described_gives_what_its_detail_says_and_others_what_scope_says() {
        let details = read(
            "openid patient/Patient.rs",
            &json!([{"type": SMART_ON_FHIR, "locations": [R5], "scope": "patient/ImagingStudy.rs"}]),
        );
        assert_eq!(
            details.requested(),
            scopes("openid patient/Patient.rs patient/ImagingStudy.rs")
        );
        let granted = details.requested();
        assert_eq!(details.scope_at(R4, &granted).print(), "openid patient/Patient.rs");
        assert_eq!(details.scope_at(R5, &granted).print(), "openid patient/ImagingStudy.rs");
        assert!(details.at(&server(R4).unwrap(), &granted).is_empty());
        let told = serde_json::to_value(details.at(&server(R5).unwrap(), &granted)).unwrap();
        let expected = json!([{
            "type": SMART_ON_FHIR, "locations": [R5], "fhirVersions": ["5.0.0"], "scope": "patient/ImagingStudy.rs"
        }]);
        assert_eq!(told, expected);
    }

    #[test]
    fn a_detail_without_scope_inherits_and_several_add_up() {
        let details = read(
            "patient/Patient.rs",
            &json!([
                {"type": SMART_ON_FHIR, "locations": [R4, format!("{R4}/")]},
                {"type": SMART_ON_FHIR, "locations": [R4], "scope": "patient/Observation.r"},
            ]),
        );
        assert_eq!(details.locations(), [R4]);
        let granted = details.requested();
        let at = details.scope_at(R4, &granted);
        assert!(at.is_equivalent_to(&scopes("patient/Patient.rs patient/Observation.r")));
        assert_eq!(details.at(&server(R4).unwrap(), &granted).len(), 2);
    }

    #[test]
    fn what_was_not_granted_is_in_no_detail() {
        let details = read(
            "openid",
            &json!([
                {"type": SMART_ON_FHIR, "locations": [R4], "scope": "patient/*.rs"},
                {"type": SMART_ON_FHIR, "locations": [R4], "scope": "patient/Observation.cud"},
            ]),
        );
        let granted = scopes("openid patient/Patient.rs");
        assert_eq!(details.scope_at(R4, &granted).print(), "openid patient/Patient.rs");
        let told = details.at(&server(R4).unwrap(), &granted);
        assert_eq!(told.len(), 1);
        assert_eq!(told.first().unwrap().scope, "patient/Patient.rs");
    }

    #[test]
    fn whatever_does_not_have_the_form_of_the_type_is_refused() {
        use InvalidAuthorizationDetails as Refused;
        for form in [
            json!({}),
            json!([]),
            json!(["x"]),
            json!("x"),
            json!(vec![json!({}); 21]),
        ] {
            assert_eq!(refusal(&form), Refused::Form, "{form}");
        }
        let detail = |change: Value| {
            let mut detail = json!({"type": SMART_ON_FHIR, "locations": [R4]});
            for (name, value) in change.as_object().unwrap() {
                detail[name] = value.clone();
            }
            refusal(&json!([detail]))
        };
        assert_eq!(detail(json!({"type": "payment_initiation"})), Refused::Type(0));
        assert_eq!(detail(json!({"type": null})), Refused::Type(0));
        assert_eq!(
            detail(json!({"locations": [R4, "https://elsewhere/r4"]})),
            Refused::Location(0)
        );
        assert_eq!(detail(json!({"fhirVersions": ["5.0.0"]})), Refused::Version(0));
        for change in [
            json!({"locations": []}),
            json!({"locations": R4}),
            json!({"locations": [4]}),
            json!({"locations": vec![R4; 21]}),
            json!({"fhirVersions": "4.0.1"}),
            json!({"fhirVersions": []}),
            json!({"scope": ""}),
            json!({"scope": 7}),
            json!({"scope": "openid"}),
            json!({"scope": "patient/*.rs offline_access"}),
            json!({"scope": "patient/Nothing.zz"}),
            json!({"patient": "1"}),
            json!({"fhirContext": []}),
            json!({"actions": ["read"]}),
        ] {
            assert!(matches!(detail(change.clone()), Refused::Member { .. }), "{change}");
        }
        let missing = json!([{"type": SMART_ON_FHIR}]);
        assert!(matches!(
            refusal(&missing),
            Refused::Member {
                member: "locations",
                ..
            }
        ));
    }

    #[test]
    fn the_second_of_two_details_is_checked_like_the_first() {
        let good = json!({"type": SMART_ON_FHIR, "locations": [R4]});
        assert_eq!(
            refusal(&json!([good, {"type": "other"}])),
            InvalidAuthorizationDetails::Type(1)
        );
    }

    #[test]
    fn what_is_stored_reads_back_the_same() {
        let details = read(
            "openid",
            &json!([{"type": SMART_ON_FHIR, "locations": [R5], "fhirVersions": ["5.0.0"], "scope": "patient/*.rs"}]),
        );
        let text = serde_json::to_string(&details).unwrap();
        assert_eq!(serde_json::from_str::<AuthorizationDetails>(&text).unwrap(), details);
    }

    const SOME: [&str; 5] = [
        "patient/*.rs",
        "patient/Observation.rs",
        "user/*.cruds",
        "openid",
        "patient/Observation.rs?category=laboratory",
    ];

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in any::<String>()) {
            drop(AuthorizationDetails::read(&text, ScopeSet::default(), &server));
        }

        #[test]
        fn no_token_carries_more_than_was_granted(
            beside in prop::sample::subsequence(SOME.to_vec(), 0..5),
            asked in prop::sample::subsequence(vec![SOME[0], SOME[1], SOME[2], SOME[4]], 1..4),
            granted in prop::sample::subsequence(SOME.to_vec(), 0..5),
        ) {
            let details = read(&beside.join(" "), &json!([{"type": SMART_ON_FHIR, "locations": [R5], "scope": asked.join(" ")}]));
            let granted = scopes(&granted.join(" "));
            for location in [R4, R5] {
                let at = details.scope_at(location, &granted);
                prop_assert!(granted.covers(&at), "{at} at {location}");
                for detail in details.at(&server(location).unwrap(), &at) {
                    prop_assert!(at.covers(&scopes(&detail.scope)));
                }
            }
            prop_assert!(scopes(&asked.join(" ")).covers(&data(&details.scope_at(R5, &granted))));
            prop_assert!(scopes(&beside.join(" ")).covers(&data(&details.scope_at(R4, &granted))));
        }
    }
}
