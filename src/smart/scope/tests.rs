use super::*;
use proptest::prelude::*;
use std::collections::BTreeSet;

fn set(text: &str) -> ScopeSet {
    ScopeSet::parse_strictly(text).unwrap()
}

fn refusal(text: &str) -> RefusedScope {
    Scope::parse(text).unwrap_err()
}

mod grammar {
    use super::*;

    #[test]
    fn every_form_of_the_grammar_is_read_and_printed_literally() {
        for text in [
            "patient/Observation.rs",
            "user/*.cruds",
            "system/Patient.d",
            "patient/Observation.read",
            "patient/*.write",
            "user/Patient.*",
            "patient/Observation.rs?category=http://terminology.hl7.org/CodeSystem/observation-category|laboratory",
            "patient/Observation.s?category=a,b&code=x",
            "patient/Observation.rs?code:in=http://valueset.example/v",
            "patient/Observation.r?subject.name=x",
            "patient/Observation.r?_filter=status%20eq%20final",
            "patient/Observation.r?code=a%5C,b",
            "launch",
            "launch/patient",
            "launch/imagingstudy",
            "launch/observation?role=https://x.example/role",
            "launch/observation?role=launch",
            "openid",
            "fhirUser",
            "profile",
            "email",
            "offline_access",
            "online_access",
            "__introspect",
            "https://x.example/scope",
            "urn:x:scope",
        ] {
            assert_eq!(Scope::parse(text).map(|scope| scope.to_string()), Ok(text.to_owned()));
        }
    }

    #[test]
    fn letters_out_of_order_repeated_or_unknown_are_refused() {
        for letters in [
            "dus",
            "rc",
            "rr",
            "sr",
            "x",
            "rsx",
            "RS",
            "readwrite",
            "Read",
            "r s",
            "read*",
            "**",
        ] {
            assert_eq!(
                refusal(&format!("patient/Observation.{letters}")),
                RefusedScope::Permissions,
                "{letters}"
            );
        }
    }

    #[test]
    fn missing_letters_are_refused() {
        for text in [
            "patient/Observation",
            "patient/Observation.",
            "patient/Observation.?category=x",
            "patient/",
        ] {
            assert_eq!(refusal(text), RefusedScope::NoPermissions, "{text}");
        }
    }

    #[test]
    fn the_type_must_have_fhirs_spelling() {
        for text in [
            "patient/observation.rs",
            "patient/OBSERVATION.rs",
            "patient/.rs",
            "patient/Obs*.rs",
            "patient/**.rs",
        ] {
            assert_eq!(refusal(text), RefusedScope::ResourceType, "{text}");
        }
    }

    #[test]
    fn the_level_must_be_one_of_three() {
        for text in [
            "patients/Observation.rs",
            "Patient/Observation.rs",
            "/Observation.rs",
            "clinician/*.read",
            "patient",
        ] {
            assert_eq!(refusal(text), RefusedScope::Unknown, "{text}");
        }
    }

    #[test]
    fn version_1_words_take_no_constraints() {
        assert_eq!(
            refusal("patient/Observation.read?category=x"),
            RefusedScope::ConstraintOnVersion1
        );
        assert_eq!(
            refusal("patient/Observation.*?category=x"),
            RefusedScope::ConstraintOnVersion1
        );
    }

    #[test]
    fn a_constraint_has_a_parameter_and_a_value() {
        for query in [
            "",
            "category",
            "=x",
            "cat egory=x",
            "a&b=c",
            "b=c&",
            "1a=x",
            ":in=x",
            "a:=x",
            ".a=x",
            "a.=x",
            "a.b.c=x",
        ] {
            assert_eq!(
                refusal(&format!("patient/Observation.rs?{query}")),
                RefusedScope::ConstraintParameter,
                "{query}"
            );
        }
        for query in [
            "category=",
            "category=a,",
            "category=,a",
            "category=%",
            "category=%4",
            "category=%zz",
            "a=%ff",
        ] {
            assert_eq!(
                refusal(&format!("patient/Observation.rs?{query}")),
                RefusedScope::ConstraintValue,
                "{query}"
            );
        }
    }

    #[test]
    fn a_parameter_that_restricts_nothing_is_no_constraint() {
        for query in [
            "_count=1",
            "_include=Observation:subject",
            "category=x&_sort=date",
            "_include:iterate=*",
        ] {
            assert_eq!(
                refusal(&format!("patient/Observation.rs?{query}")),
                RefusedScope::ConstraintRestrictsNothing,
                "{query}"
            );
        }
    }

    #[test]
    fn too_many_constraints_are_refused() {
        let query = ["a=b"; ResourceScope::MAX_CONSTRAINTS + 1].join("&");
        assert_eq!(
            refusal(&format!("patient/Observation.rs?{query}")),
            RefusedScope::TooManyConstraints
        );
    }

    #[test]
    fn a_launch_context_is_a_type_in_small_letters() {
        for text in [
            "launch/",
            "launch/Patient",
            "launch/patient/1",
            "launch/*",
            "launch/?role=launch",
        ] {
            assert_eq!(refusal(text), RefusedScope::LaunchContext, "{text}");
        }
        assert_eq!(refusal("launch?role=https://x.example/r"), RefusedScope::Unknown);
    }

    #[test]
    fn a_launch_scope_has_one_role_and_it_is_a_uri() {
        for query in [
            "",
            "role=",
            "role=mother",
            "x=1",
            "role=https://a.example/r&role=https://b.example/r",
        ] {
            assert_eq!(
                refusal(&format!("launch/patient?{query}")),
                RefusedScope::LaunchRole,
                "{query}"
            );
        }
    }

    #[test]
    fn an_extension_is_a_uri_or_begins_with_two_underscores() {
        for text in [
            "admin", "__", "_x", "fhiruser", "OpenID", "x:", "https://", ":x", "1a:b", "a:b",
        ] {
            assert_eq!(refusal(text), RefusedScope::Unknown, "{text}");
        }
    }

    #[test] // RFC 6749 section 3.3
    fn a_character_outside_scope_token_makes_the_parameter_malformed() {
        for text in ["a\"b", "a\\b", "a\tb", "a\nb", "ä", "a\u{7f}", "\0"] {
            assert!(
                matches!(ScopeSet::parse(text), Err(InvalidScopeSet::Malformed { .. })),
                "{text:?}"
            );
        }
    }

    #[test]
    fn more_scopes_than_the_limit_are_refused() {
        let text = |count: usize| {
            (0..count)
                .map(|number| format!("__{number}"))
                .collect::<Vec<_>>()
                .join(" ")
        };
        assert_eq!(
            ScopeSet::parse(&text(ScopeSet::MAX_SCOPES)).unwrap().scopes.len(),
            ScopeSet::MAX_SCOPES
        );
        assert!(matches!(
            ScopeSet::parse(&text(ScopeSet::MAX_SCOPES + 1)),
            Err(InvalidScopeSet::TooMany { .. })
        ));
    }

    #[test]
    fn a_longer_text_than_the_limit_is_refused() {
        let long = format!("__{}", "x".repeat(ScopeSet::MAX_BYTES));
        assert!(matches!(ScopeSet::parse(&long), Err(InvalidScopeSet::TooMany { .. })));
    }

    #[test]
    fn order_is_kept_and_repetitions_are_dropped() {
        let parsed = ScopeSet::parse(" openid  launch openid patient/*.read launch ").unwrap();
        assert_eq!(parsed.scopes.print(), "openid launch patient/*.read");
        assert_eq!(parsed.refused, []);
    }

    #[test]
    fn what_is_refused_is_reported_beside_what_is_taken() {
        let parsed = ScopeSet::parse("openid patient/Observation.dus patient/Patient.r").unwrap();
        assert_eq!(parsed.scopes.print(), "openid patient/Patient.r");
        assert_eq!(
            parsed.refused,
            [("patient/Observation.dus".to_owned(), RefusedScope::Permissions)]
        );
    }

    #[test]
    fn strict_reading_names_the_bad_token() {
        let error = ScopeSet::parse_strictly("openid patient/Observation.dus").unwrap_err();
        assert!(
            error
                .to_string()
                .starts_with("`patient/Observation.dus`: the permissions must be"),
            "{error}"
        );
    }
}

mod algebra {
    use super::*;

    #[test]
    fn letters_of_several_scopes_add_up() {
        assert!(set("patient/Observation.r patient/Observation.s").covers(&set("patient/Observation.rs")));
        assert!(set("patient/*.r patient/Observation.s").covers(&set("patient/Observation.rs")));
        assert!(!set("patient/*.r patient/Observation.s").covers(&set("patient/Condition.rs")));
    }

    #[test]
    fn levels_do_not_cover_each_other() {
        assert!(!set("user/*.cruds system/*.cruds").covers(&set("patient/Observation.r")));
    }

    #[test]
    fn no_list_of_types_covers_the_wildcard() {
        assert!(set("patient/*.rs").covers(&set("patient/Observation.rs")));
        assert!(!set("patient/Observation.rs patient/Condition.rs").covers(&set("patient/*.rs")));
    }

    #[test]
    fn version_1_words_mean_version_2_letters() {
        for (v1, v2) in [("read", "rs"), ("write", "cud"), ("*", "cruds")] {
            assert!(set(&format!("patient/Goal.{v1}")).is_equivalent_to(&set(&format!("patient/Goal.{v2}"))));
        }
    }

    #[test]
    fn a_scope_covers_its_constrained_forms_and_not_the_reverse() {
        let (free, bound) = (set("patient/Observation.rs"), set("patient/Observation.rs?category=a"));
        assert!(free.covers(&bound));
        assert!(!bound.covers(&free));
        assert!(set("patient/*.rs?category=a").covers(&bound));
    }

    #[test]
    fn all_constraints_of_a_scope_apply_together() {
        assert!(set("patient/Observation.r?a=1").covers(&set("patient/Observation.r?b=2&a=1")));
        assert!(!set("patient/Observation.r?a=1&b=2").covers(&set("patient/Observation.r?a=1")));
    }

    #[test]
    fn a_comma_is_an_or() {
        assert!(set("patient/Observation.r?a=1,2").covers(&set("patient/Observation.r?a=2")));
        assert!(set("patient/Observation.r?a=1,2").is_equivalent_to(&set("patient/Observation.r?a=2,1")));
        assert!(!set("patient/Observation.r?a=1").covers(&set("patient/Observation.r?a=1,2")));
    }

    #[test]
    fn an_escaped_comma_is_no_or() {
        assert!(!set("patient/Observation.r?a=1%5C,2").covers(&set("patient/Observation.r?a=2")));
        assert!(set("patient/Observation.r?a=1%2C2").covers(&set("patient/Observation.r?a=2")));
    }

    #[test]
    fn a_modifier_may_turn_alternatives_round_so_only_the_same_ones_count() {
        assert!(!set("patient/Observation.r?a:not=1,2").covers(&set("patient/Observation.r?a:not=1")));
        assert!(!set("patient/Observation.r?a:not=1").covers(&set("patient/Observation.r?a=1")));
    }

    #[test]
    fn a_role_is_only_a_label() {
        let (plain, role) = (set("launch/patient"), set("launch/patient?role=https://x.example/r"));
        assert!(plain.covers(&role));
        assert!(!role.covers(&plain));
    }

    #[test]
    fn granted_unchanged_is_literal() {
        let request = set("openid patient/Observation.read patient/Goal.rs?b=2&a=1");
        assert_eq!(
            request.intersect(&set("patient/*.cruds openid")).print(),
            request.print()
        );
    }

    #[test]
    fn a_part_of_version_1_that_version_1_cannot_say_comes_as_version_2() {
        assert_eq!(
            set("patient/Observation.read").intersect(&set("patient/*.r")).print(),
            "patient/Observation.r"
        );
    }

    #[test]
    fn a_part_of_version_1_that_version_1_can_say_stays_version_1() {
        assert_eq!(
            set("patient/Observation.*").intersect(&set("patient/*.rs")).print(),
            "patient/Observation.read"
        );
        let ceiling = set("patient/Observation.r patient/Observation.s patient/Goal.rs");
        assert_eq!(
            set("patient/*.read").intersect(&ceiling).print(),
            "patient/Observation.read patient/Goal.read"
        );
    }

    #[test]
    fn a_wildcard_becomes_the_types_of_the_ceiling() {
        let granted = set("patient/*.cruds").intersect(&set("patient/Observation.rs patient/Goal.rus user/Task.r"));
        assert_eq!(granted.print(), "patient/Observation.rs patient/Goal.rus");
    }

    #[test]
    fn an_unconstrained_request_gets_the_constraints_of_the_ceiling() {
        let ceiling = set("patient/Observation.rs?category=a patient/Observation.rs?category=b");
        let granted = set("patient/Observation.rs").intersect(&ceiling);
        assert_eq!(granted.print(), ceiling.print());
    }

    #[test]
    fn constraints_of_both_sides_apply_together() {
        let granted = set("patient/Observation.rs?category=a").intersect(&set("patient/Observation.r?status=final"));
        assert_eq!(granted.print(), "patient/Observation.r?category=a&status=final");
    }

    #[test]
    fn no_level_is_granted_that_was_not_asked_for() {
        assert!(set("user/*.rs").intersect(&set("patient/*.rs")).is_empty());
    }

    #[test]
    fn normalise_joins_letters_and_drops_what_is_covered() {
        let scopes = set("patient/Goal.s patient/Goal.r patient/*.r patient/Task.r user/Goal.read openid");
        assert_eq!(
            scopes.normalise().print(),
            "openid patient/*.r patient/Goal.rs user/Goal.rs"
        );
    }

    #[test]
    fn a_constrained_scope_beside_the_free_one_is_moot() {
        let scopes = set("patient/Observation.rs?category=a patient/Observation.rs");
        assert_eq!(scopes.normalise().print(), "patient/Observation.rs");
    }
}

mod narrowing {
    use super::*;

    #[test]
    fn each_loss_has_its_rule() {
        let (granted, removals) = Narrowing::of(set("openid fhirUser offline_access patient/*.read user/Task.cruds"))
            .within(
                &set("openid fhirUser patient/*.cruds user/*.cruds"),
                Reason::ClientCeiling,
            )
            .within(&set("openid fhirUser patient/Goal.rs user/*.rs"), Reason::TenantCeiling)
            .with_identity_rules(false)
            .into_parts();
        assert_eq!(granted.print(), "openid patient/Goal.read user/Task.rs");
        let told: Vec<_> = removals
            .iter()
            .map(|r| (r.requested.as_str(), r.granted.join(" "), r.reason))
            .collect();
        assert_eq!(
            told,
            [
                ("offline_access", String::new(), Reason::ClientCeiling),
                ("patient/*.read", "patient/Goal.read".to_owned(), Reason::TenantCeiling),
                ("user/Task.cruds", "user/Task.rs".to_owned(), Reason::TenantCeiling),
                ("fhirUser", String::new(), Reason::NoFhirUser),
            ]
        );
    }

    #[test]
    fn nothing_lost_leaves_no_removal() {
        let narrowing = Narrowing::of(set("openid fhirUser patient/*.read"))
            .within(&set("openid fhirUser patient/*.rs"), Reason::ClientCeiling)
            .with_identity_rules(true);
        assert_eq!(narrowing.removals(), []);
    }

    #[test]
    fn fhir_user_needs_openid() {
        let narrowing = Narrowing::of(set("fhirUser patient/*.rs")).with_identity_rules(true);
        assert_eq!(narrowing.granted().print(), "patient/*.rs");
        assert_eq!(narrowing.removals()[0].reason, Reason::NoOpenId);
    }

    #[test]
    fn letters_can_be_taken_from_every_scope() {
        let narrowing = Narrowing::of(set("openid user/*.* user/Goal.c user/Task.rs"))
            .without_permissions(Permissions::WRITE, Reason::Compliance);
        assert_eq!(narrowing.granted().print(), "openid user/*.read user/Task.rs");
        assert_eq!(narrowing.removals().len(), 2);
    }
}

/// What a set means over a small world: every level, a few types and one that FHIR has not invented yet, five letters,
/// and resources that differ in whether they meet the constraint `a=1`, `a=2` or neither.
fn meaning(scopes: &ScopeSet) -> BTreeSet<(Level, &'static str, usize, Option<&'static str>)> {
    let mut found = BTreeSet::new();
    for scope in scopes.resources() {
        for name in TYPES.into_iter().chain(["NotYetInvented"]) {
            let named = crate::smart::TypeName::parse(name).unwrap();
            for (letter, (_, permission)) in Permissions::LETTERS.into_iter().enumerate() {
                for value in [Some("1"), Some("2"), None] {
                    let meets = |c: &Constraint| value.is_some_and(|value| c.alternatives().contains(value));
                    if scope.resource().includes(&named)
                        && scope.permissions().contains(permission)
                        && scope.constraints().iter().all(meets)
                    {
                        found.insert((scope.level(), name, letter, value));
                    }
                }
            }
        }
    }
    found
}

const TYPES: [&str; 3] = ["Goal", "Observation", "Task"];

prop_compose! {
    fn letters()(bits in 1_u8..32) -> String {
        Permissions::LETTERS.iter().enumerate().filter(|(i, _)| bits & (1 << i) != 0).map(|(_, (c, _))| *c).collect()
    }
}

fn access() -> impl Strategy<Value = String> {
    let constraint = prop_oneof![4 => Just(""), 1 => Just("?a=1"), 1 => Just("?a=2"), 1 => Just("?a=1,2")];
    prop_oneof![
        1 => prop_oneof![Just("read"), Just("write"), Just("*")].prop_map(str::to_owned),
        3 => (letters(), constraint).prop_map(|(letters, constraint)| letters + constraint),
    ]
}

prop_compose! {
    fn resource_scope()(level in 0_usize..3, name in 0_usize..4, access in access()) -> String {
        format!("{}/{}.{access}", ["patient", "user", "system"][level], ["*", "Goal", "Observation", "Task"][name])
    }
}

fn any_scope() -> impl Strategy<Value = String> {
    const OTHERS: [&str; 6] = [
        "launch",
        "launch/patient",
        "launch/patient?role=https://x.example/r",
        "openid",
        "__x",
        "urn:x:y",
    ];
    prop_oneof![4 => resource_scope(), 1 => proptest::sample::select(&OTHERS[..]).prop_map(str::to_owned)]
}

fn scope_set() -> impl Strategy<Value = ScopeSet> {
    proptest::collection::vec(any_scope(), 0..7).prop_map(|scopes| set(&scopes.join(" ")))
}

/// Sets without constraints, for which comparing texts and comparing meanings must agree exactly.
fn plain_set() -> impl Strategy<Value = ScopeSet> {
    scope_set().prop_map(|set| set.filter(|scope| scope.as_resource().is_none_or(|r| r.constraints().is_empty())))
}

proptest! {
    #[test]
    fn printing_and_reading_again_changes_nothing(scopes in scope_set()) {
        prop_assert_eq!(set(&scopes.print()), scopes);
    }

    #[test]
    fn no_text_makes_the_parser_panic(text in any::<String>()) {
        let _ = ScopeSet::parse(&text);
        let _ = Scope::parse(&text);
    }

    #[test]
    fn whatever_scope_like_text_is_accepted_prints_as_it_was(text in "(patient|user|launch|x)?[/.:?=&*a-cA-Crs%_,]{0,12}") {
        if let Ok(scope) = Scope::parse(&text) {
            prop_assert_eq!(scope.to_string(), text);
        }
    }

    #[test]
    fn covers_is_reflexive(scopes in scope_set()) {
        prop_assert!(scopes.covers(&scopes));
    }

    #[test]
    fn covers_is_transitive(a in scope_set(), b in scope_set(), c in scope_set()) {
        // Intersections make chains that random sets would hardly hit.
        let (b, c) = (a.intersect(&b), a.intersect(&b).intersect(&c));
        prop_assert!(a.covers(&b) && b.covers(&c) && a.covers(&c));
    }

    #[test]
    fn covers_is_transitive_for_unrelated_sets(a in scope_set(), b in scope_set(), c in scope_set()) {
        prop_assert!(!(a.covers(&b) && b.covers(&c)) || a.covers(&c));
    }

    #[test]
    fn covers_never_says_yes_to_more_than_is_meant(a in scope_set(), b in scope_set()) {
        prop_assert!(!a.covers(&b) || meaning(&b).is_subset(&meaning(&a)));
    }

    #[test]
    fn covers_decides_exactly_without_constraints(a in plain_set(), b in plain_set()) {
        let others = b.iter().filter(|s| s.as_resource().is_none()).all(|s| a.covers_scope(s));
        prop_assert_eq!(a.covers(&b), others && meaning(&b).is_subset(&meaning(&a)));
    }

    #[test]
    fn an_intersection_is_within_both(a in scope_set(), b in scope_set()) {
        let both = a.intersect(&b);
        prop_assert!(a.covers(&both) && b.covers(&both));
    }

    #[test]
    fn an_intersection_loses_nothing_that_both_allow(a in scope_set(), b in scope_set()) {
        let wanted: BTreeSet<_> = meaning(&a).intersection(&meaning(&b)).copied().collect();
        prop_assert_eq!(meaning(&a.intersect(&b)), wanted);
    }

    #[test]
    fn an_intersection_with_itself_is_literal(a in scope_set()) {
        prop_assert_eq!(a.intersect(&a), a);
    }

    #[test]
    fn normalise_keeps_the_meaning(scopes in scope_set()) {
        let normal = scopes.normalise();
        prop_assert_eq!(meaning(&normal), meaning(&scopes));
        prop_assert!(normal.is_equivalent_to(&scopes));
    }

    #[test]
    fn normalise_is_idempotent_and_ignores_order(scopes in scope_set()) {
        let normal = scopes.normalise();
        prop_assert_eq!(normal.normalise(), normal.clone());
        let reversed: ScopeSet = scopes.iter().rev().cloned().collect();
        prop_assert_eq!(reversed.normalise(), normal);
    }

    #[test]
    fn version_1_and_2_are_equivalent(level in 0_usize..3, name in 0_usize..4, word in 0_usize..3) {
        let start = format!("{}/{}", ["patient", "user", "system"][level], ["*", "Goal", "Observation", "Task"][name]);
        let (v1, v2) = ([".read", ".write", ".*"][word], [".rs", ".cud", ".cruds"][word]);
        let (v1, v2) = (set(&format!("{start}{v1}")), set(&format!("{start}{v2}")));
        prop_assert_eq!(v1.normalise(), v2.normalise());
        prop_assert_eq!(v1.resources().next().unwrap().spelling(), Spelling::V1);
        prop_assert_eq!(v2.resources().next().unwrap().spelling(), Spelling::V2);
    }

    #[test]
    fn narrowing_never_adds(request in scope_set(), first in scope_set(), second in scope_set()) {
        let narrowing = Narrowing::of(request.clone())
            .within(&first, Reason::ClientCeiling)
            .within(&second, Reason::User)
            .without_permissions(Permissions::DELETE, Reason::Compliance);
        let granted = narrowing.granted();
        prop_assert!(request.covers(granted) && first.covers(granted) && second.covers(granted));
    }
}
