//! Every rule between the scope an app asks a user for and the scope that user may be shown, in one place and in order.

use super::ceilings::GranularParameters;
use super::resource::Level;
use super::{Narrowing, ParsedScopes, Reason, Scope, ScopeSet};

/// What holds for one request of one app by one user.
#[derive(Debug, Clone, Copy)]
pub struct UserRules<'a> {
    /// The search parameters that may restrict a scope.
    pub offered: &'a GranularParameters,
    /// What the app is registered for.
    pub client_ceiling: &'a ScopeSet,
    /// What the tenant allows to any app.
    pub tenant_ceiling: &'a ScopeSet,
    /// What data the user's roles allow to pass on.
    pub user_ceiling: &'a ScopeSet,
    /// Whether an EHR launched the app.
    pub launched: bool,
    /// Whether the user has a FHIR resource.
    pub has_fhir_user: bool,
}

impl UserRules<'_> {
    /// Applies the rules. Each can only take away.
    pub fn apply(&self, request: ParsedScopes) -> Narrowing {
        Narrowing::of_request(request)
            // Before the ceilings: a restriction that a ceiling brings along is the administrator's own decision.
            .with_parameters(self.offered)
            .within(self.client_ceiling, Reason::ClientCeiling)
            .within(self.tenant_ceiling, Reason::TenantCeiling)
            // A user acts for patients and for themselves, never for the system or with a service's powers.
            .keeping(Reason::GrantType, |scope| {
                !scope.is_service_power() && scope.as_resource().is_none_or(|data| data.level() != Level::System)
            })
            // Patient and encounter can be asked of the user; anything else only an EHR can have open.
            .keeping(Reason::NotLaunched, |scope| match scope {
                Scope::LaunchContext { context, .. } => {
                    self.launched || matches!(context.as_str(), "patient" | "encounter")
                }
                _ => true,
            })
            .with_data_within(self.user_ceiling, Reason::User)
            .with_identity_rules(self.has_fhir_user)
    }
}

#[cfg(test)]
mod tests {
    use super::super::UserCeilings;
    use super::*;
    use proptest::prelude::*;

    const TENANT: &str = "openid fhirUser profile launch launch/patient launch/encounter offline_access patient/*.cruds user/*.cruds \
                          system/*.cruds __introspect";
    const LAB: &str = "category=http://terminology.hl7.org/CodeSystem/observation-category|laboratory";

    fn set(text: &str) -> ScopeSet {
        ScopeSet::parse_strictly(text).unwrap()
    }

    /// What is granted of `request` to an app registered for `client`, and why the rest is not.
    fn negotiate(request: &str, client: &str) -> (String, Vec<(String, Reason)>) {
        let rules = UserRules {
            offered: &GranularParameters::parse(["category", "Observation?code:in"]).unwrap(),
            client_ceiling: &set(client),
            tenant_ceiling: &set(TENANT),
            user_ceiling: &UserCeilings::parse("patient/*.cruds user/*.cruds").unwrap(),
            launched: false,
            has_fhir_user: true,
        };
        let (scope, removals) = rules.apply(ScopeSet::parse(request).unwrap()).into_parts();
        let reasons = removals.into_iter().map(|removal| (removal.requested, removal.reason));
        (scope.print(), reasons.collect())
    }

    #[test]
    fn what_is_granted_whole_is_returned_as_it_was_written() {
        for request in [
            "patient/*.read",
            "patient/*.rs",
            "patient/Observation.read patient/Observation.rs",
            "patient/Observation.r patient/Observation.s",
            "patient/*.* user/*.cruds",
            "user/Patient.write patient/Condition.rs openid fhirUser launch/patient offline_access",
            "launch/encounter patient/Observation.rs?category=a|b&category=c|d",
            "patient/Observation.rs?code:in=http://vs.example/v",
            "launch/patient?role=https://x.example/r launch/patient?role=https://x.example/s",
        ] {
            assert_eq!(
                negotiate(request, TENANT),
                (request.to_owned(), Vec::new()),
                "{request}"
            );
        }
    }

    #[test]
    fn versions_1_and_2_meet_in_every_combination() {
        for (request, client, granted) in [
            ("patient/*.read", "patient/*.rs", "patient/*.read"),
            ("patient/*.rs", "patient/*.read", "patient/*.rs"),
            ("patient/*.*", "patient/*.read", "patient/*.read"),
            ("patient/*.cruds", "patient/*.read", "patient/*.rs"),
            ("patient/*.*", "patient/*.write", "patient/*.write"),
            ("patient/*.read", "patient/*.r", "patient/*.r"),
            ("patient/*.*", "patient/*.cr", "patient/*.cr"),
            (
                "patient/*.read",
                "patient/Patient.read patient/Goal.cruds",
                "patient/Patient.read patient/Goal.read",
            ),
            ("patient/*.rs patient/*.read", "patient/Goal.read", "patient/Goal.rs"),
            (
                "patient/Goal.read patient/Goal.write",
                "patient/Goal.rs",
                "patient/Goal.read",
            ),
            (
                "patient/Goal.cruds patient/Goal.cru",
                "patient/Goal.cu",
                "patient/Goal.cu",
            ),
            (
                "patient/Observation.read",
                &format!("patient/Observation.rs?{LAB}"),
                &format!("patient/Observation.rs?{LAB}"),
            ),
            (
                &format!("patient/Observation.rs?{LAB}"),
                "patient/*.read",
                &format!("patient/Observation.rs?{LAB}"),
            ),
            (
                &format!("patient/Observation.rs?{LAB}"),
                "patient/Observation.r",
                &format!("patient/Observation.r?{LAB}"),
            ),
        ] {
            assert_eq!(negotiate(request, client).0, granted, "{request} by {client}");
        }
    }

    #[test]
    fn each_rule_says_what_it_took() {
        for (request, client, granted, lost, reason) in [
            (
                "openid patient/Foo.xyz",
                TENANT,
                "openid",
                "patient/Foo.xyz",
                Reason::Unknown,
            ),
            ("openid nonsense", TENANT, "openid", "nonsense", Reason::Unknown),
            (
                "openid patient/Goal.rs",
                "openid",
                "openid",
                "patient/Goal.rs",
                Reason::ClientCeiling,
            ),
            ("openid email", "openid email", "openid", "email", Reason::TenantCeiling),
            ("openid system/*.rs", TENANT, "openid", "system/*.rs", Reason::GrantType),
            (
                "openid __introspect",
                TENANT,
                "openid",
                "__introspect",
                Reason::GrantType,
            ),
            (
                "openid launch/imagingstudy",
                TENANT,
                "openid",
                "launch/imagingstudy",
                Reason::NotLaunched,
            ),
            (
                "patient/Goal.rs fhirUser",
                TENANT,
                "patient/Goal.rs",
                "fhirUser",
                Reason::NoOpenId,
            ),
            (
                "openid patient/Goal.rs?code=1",
                TENANT,
                "openid",
                "patient/Goal.rs?code=1",
                Reason::ParameterNotOffered,
            ),
            (
                "openid patient/Condition.rs?code:in=http://vs.example/v",
                TENANT,
                "openid",
                "patient/Condition.rs?code:in=http://vs.example/v",
                Reason::ParameterNotOffered,
            ),
            (
                "openid patient/Observation.rs?subject.name=x",
                TENANT,
                "openid",
                "patient/Observation.rs?subject.name=x",
                Reason::ParameterNotOffered,
            ),
            (
                "openid patient/Observation.rs?_filter=x",
                TENANT,
                "openid",
                "patient/Observation.rs?_filter=x",
                Reason::ParameterNotOffered,
            ),
        ] {
            let expected = (granted.to_owned(), vec![(lost.to_owned(), reason)]);
            assert_eq!(negotiate(request, client), expected, "{request}");
        }
    }

    #[test]
    fn roles_limit_data_and_nothing_else() {
        let rules = UserRules {
            offered: &GranularParameters::parse(["category"]).unwrap(),
            client_ceiling: &set(TENANT),
            tenant_ceiling: &set(TENANT),
            user_ceiling: &set("user/Appointment.cruds"),
            launched: true,
            has_fhir_user: false,
        };
        let request = "openid fhirUser launch launch/imagingstudy offline_access user/*.rs patient/*.rs";
        let (scope, removals) = rules.apply(ScopeSet::parse(request).unwrap()).into_parts();
        assert_eq!(
            scope.print(),
            "openid launch launch/imagingstudy offline_access user/Appointment.rs"
        );
        let told: Vec<_> = removals
            .iter()
            .map(|removal| (removal.requested.as_str(), removal.reason))
            .collect();
        let expected = [
            ("user/*.rs", Reason::User),
            ("patient/*.rs", Reason::User),
            ("fhirUser", Reason::NoFhirUser),
        ];
        assert_eq!(told, expected);
    }

    fn token() -> impl Strategy<Value = String> {
        const OTHERS: [&str; 9] = [
            "openid",
            "fhirUser",
            "offline_access",
            "launch/patient",
            "launch/imagingstudy",
            "__introspect",
            "nonsense",
            "patient/a.b",
            "urn:x:y",
        ];
        const ENDS: [&str; 9] = [
            "rs",
            "r",
            "cruds",
            "cud",
            "read",
            "write",
            "*",
            "rs?category=a|b",
            "rs?code=1",
        ];
        let data = (0_usize..3, 0_usize..3, 0_usize..ENDS.len()).prop_map(|(level, name, end)| {
            let (level, name) = (["patient", "user", "system"][level], ["*", "Goal", "Observation"][name]);
            format!("{level}/{name}.{}", ENDS[end])
        });
        prop_oneof![3 => data, 1 => proptest::sample::select(&OTHERS[..]).prop_map(str::to_owned)]
    }

    fn text() -> impl Strategy<Value = String> {
        proptest::collection::vec(token(), 0..6).prop_map(|tokens| tokens.join(" "))
    }

    proptest! {
        #[test]
        fn what_is_granted_is_within_the_request_and_every_ceiling(
            request in text(), client in text(), tenant in text(), user in text(), launched in any::<bool>(), known in any::<bool>(),
        ) {
            let scopes = |text: &str| ScopeSet::parse(text).unwrap().scopes;
            let (client, tenant, user) = (scopes(&client), scopes(&tenant), scopes(&user));
            let offered = GranularParameters::parse(["category"]).unwrap();
            let rules = UserRules {
                offered: &offered, client_ceiling: &client, tenant_ceiling: &tenant, user_ceiling: &user, launched, has_fhir_user: known,
            };
            let parsed = ScopeSet::parse(&request).unwrap();
            let requested = parsed.scopes.clone();
            let (granted, removals) = rules.apply(parsed).into_parts();
            prop_assert!(requested.covers(&granted) && client.covers(&granted) && tenant.covers(&granted));
            prop_assert!(user.covers(&granted.filter(|scope| scope.as_resource().is_some())));
            prop_assert!(!granted.has_level(Level::System));
            // What is printed reads back as the same, without a token twice.
            let printed = granted.print();
            let tokens: std::collections::BTreeSet<_> = printed.split(' ').filter(|token| !token.is_empty()).collect();
            prop_assert_eq!(tokens.len(), granted.len());
            prop_assert_eq!(ScopeSet::parse_strictly(&printed).unwrap(), granted.clone());
            // Whatever is not there as it was asked for has a reason.
            for token in request.split(' ').filter(|token| !token.is_empty() && !tokens.contains(token)) {
                prop_assert!(removals.iter().any(|removal| removal.requested == token), "{} in {:?}", token, removals);
            }
        }
    }
}
