use super::*;
use proptest::prelude::*;
use serde_json::json;

fn claims(value: Value) -> Map<String, Value> {
    let Value::Object(map) = value else {
        panic!("claims are an object")
    };
    map
}

fn rules(value: Value) -> MappingRules {
    serde_json::from_value(value).unwrap()
}

fn apply(rules_json: Value, claims_json: Value) -> MappingOutcome {
    CompiledMapping::compile(&rules(rules_json))
        .unwrap()
        .apply(&claims(claims_json), "hospital")
}

fn outcome_of(outcome: &MappingOutcome, rule: RuleName) -> RuleOutcome {
    outcome
        .trace
        .iter()
        .find(|line| line.rule == rule)
        .unwrap()
        .outcome
        .clone()
}

fn compile_error(expression: &str) -> String {
    let failed = CompiledMapping::compile(&rules(json!({ "name": expression }))).unwrap_err();
    assert_eq!((failed.len(), failed[0].rule), (1, RuleName::Name), "{failed:?}");
    failed[0].message.clone()
}

#[test]
fn without_rules_the_subject_is_the_upstream_subject() {
    let identity = apply(json!({}), json!({ "sub": "u1" })).identity.unwrap();
    assert_eq!(
        identity,
        Identity {
            subject: "u1".into(),
            ..Identity::default()
        }
    );
}

#[test]
fn every_field_is_mapped() {
    let outcome = apply(
        json!({
            "subject": "claims.oid",
            "name": "claims.given_name + ' ' + claims.family_name",
            "email": "claims.email.lowerAscii()",
            "fhirUser": "'Practitioner/' + claims.ehr_id",
            "roles": "claims.groups.filter(g, g.startsWith('fhir-')).map(g, g.substring(5))",
            "npi": "string(claims.npi)",
            "patient": "has(claims.patient) ? claims.patient : null"
        }),
        json!({
            "oid": "o-7", "given_name": "Ada", "family_name": "Ng", "email": "Ada@Example.org", "ehr_id": "p-1",
            "groups": ["fhir-nurse", "staff", "fhir-nurse", "fhir-admin"], "npi": 1_234_567_893
        }),
    );
    let identity = outcome.identity.clone().unwrap();
    assert_eq!(identity.subject, "o-7");
    assert_eq!(identity.name.as_deref(), Some("Ada Ng"));
    assert_eq!(identity.email.as_deref(), Some("ada@example.org"));
    assert_eq!(identity.fhir_user.as_deref(), Some("Practitioner/p-1"));
    assert_eq!(identity.roles, ["nurse", "admin"]);
    assert_eq!(identity.npi.as_deref(), Some("1234567893"));
    assert_eq!(outcome_of(&outcome, RuleName::Patient), RuleOutcome::Empty);
    assert_eq!(outcome.trace.len(), 7);
}

#[test]
fn the_provider_is_visible_to_rules() {
    let outcome = apply(
        json!({ "roles": "idp == 'hospital' ? ['clinician'] : ['guest']" }),
        json!({ "sub": "u" }),
    );
    assert_eq!(outcome.identity.unwrap().roles, ["clinician"]);
}

#[test]
fn a_missing_claim_is_empty_and_not_an_error() {
    let outcome = apply(json!({ "email": "claims.email" }), json!({ "sub": "u" }));
    assert_eq!(outcome_of(&outcome, RuleName::Email), RuleOutcome::Empty);
    assert_eq!(outcome.identity.unwrap().email, None);
}

#[test]
fn a_required_rule_that_yields_nothing_refuses_the_sign_in() {
    let outcome = apply(
        json!({ "npi": "claims.npi", "required": ["npi"] }),
        json!({ "sub": "u" }),
    );
    assert_eq!(outcome.identity, Err(MappingRefusal::RequiredEmpty(RuleName::Npi)));
}

#[test]
fn the_subject_is_always_required() {
    for claims in [json!({}), json!({ "sub": "" }), json!({ "sub": null })] {
        assert_eq!(
            apply(json!({}), claims).identity,
            Err(MappingRefusal::RequiredEmpty(RuleName::Subject))
        );
    }
}

#[test]
fn a_type_error_is_reported_without_the_value() {
    let outcome = apply(
        json!({ "name": "claims.given + 1" }),
        json!({ "sub": "u", "given": "Secretname" }),
    );
    let RuleOutcome::Failed(reason) = outcome_of(&outcome, RuleName::Name) else {
        panic!("{outcome:?}")
    };
    assert!(reason.contains("string") && !reason.contains("Secretname"), "{reason}");
    assert!(
        outcome.identity.is_ok(),
        "an optional rule that fails does not end the sign-in"
    );
}

#[test]
fn unusable_values_fail_with_what_is_needed() {
    for (rule, value) in [
        (RuleName::Email, json!("no-at-sign")),
        (RuleName::Email, json!("a@b@c")),
        (RuleName::FhirUser, json!("https://fhir.example.org/Practitioner/1")),
        (RuleName::FhirUser, json!("Device/1")),
        (RuleName::FhirUser, json!("Practitioner/../1")),
        (RuleName::Npi, json!("1234567890")),
        (RuleName::Npi, json!("123")),
        (RuleName::Patient, json!("Practitioner/1")),
        (RuleName::Roles, json!(["ok", 5])),
        (RuleName::Roles, json!({ "a": 1 })),
        (RuleName::Name, json!("line\nbreak")),
        (RuleName::Name, json!(7)),
        (RuleName::Subject, json!("x".repeat(256))),
    ] {
        let outcome = apply(
            json!({ rule.as_str(): "claims.value" }),
            json!({ "sub": "u", "value": value }),
        );
        assert!(
            matches!(outcome_of(&outcome, rule), RuleOutcome::Failed(_)),
            "{rule}: {value}"
        );
    }
}

#[test]
fn all_faults_of_all_rules_are_reported_together() {
    let failed = CompiledMapping::compile(&rules(json!({
        "name": "claims.", "email": "user.email", "required": ["npi"]
    })))
    .unwrap_err();
    let faulty: Vec<_> = failed.iter().map(|error| error.rule).collect();
    assert_eq!(faulty, [RuleName::Name, RuleName::Email, RuleName::Npi]);
}

#[test]
fn unknown_names_functions_and_rules_are_refused_when_entered() {
    assert!(compile_error("user.name").contains("claims and idp"));
    assert!(compile_error("claims.name.replace('a', 'b')").contains("unknown function replace"));
    assert!(compile_error("duration('1s')").contains("unknown function"));
    assert!(serde_json::from_value::<MappingRules>(json!({ "fhiruser": "claims.x" })).is_err());
}

#[test]
fn oversized_expressions_are_refused() {
    assert!(compile_error(&format!("'{}'", "x".repeat(1024))).contains("bytes"));
    assert!(compile_error(&format!("claims{}", ".a".repeat(400))).contains("deep"));
    assert!(compile_error(&format!("{}1{}", "(".repeat(400), ")".repeat(400))).contains("Recursion"));
    assert!(compile_error(&format!("{}1", "1+".repeat(300))).contains("deep"));
}

#[test]
fn nested_and_doubling_loops_are_refused() {
    let nested = "claims.g.map(a, claims.g.map(b, claims.g.map(c, a)))";
    assert!(compile_error(nested).contains("nested"));
    let doubling = format!("['x']{}[0]", ".map(a, a + a)".repeat(9));
    assert!(compile_error(&doubling).contains("additions"));
}

#[test]
fn loops_over_too_many_values_fail_instead_of_running() {
    let many: Vec<String> = (0..5_000).map(|number| format!("group-{number}")).collect();
    let outcome = apply(
        json!({ "roles": "claims.groups.filter(a, claims.groups.exists(b, b == a + 'x'))" }),
        json!({ "sub": "u", "groups": many }),
    );
    assert!(matches!(outcome_of(&outcome, RuleName::Roles), RuleOutcome::Failed(reason) if reason.contains("many")));
}

#[test]
fn one_loop_over_many_groups_works() {
    let many: Vec<String> = (0..5_000).map(|number| format!("group-{number}")).collect();
    let outcome = apply(
        json!({ "roles": "claims.groups.filter(g, g.endsWith('-17'))" }),
        json!({ "sub": "u", "groups": many }),
    );
    assert_eq!(outcome.identity.unwrap().roles, ["group-17"]);
}

#[test]
fn deeply_nested_claims_are_refused_without_harm() {
    let mut deep = json!("end");
    for _ in 0..100 {
        deep = json!([deep]);
    }
    let outcome = apply(json!({}), json!({ "sub": "u", "deep": deep }));
    assert!(matches!(outcome.identity, Err(MappingRefusal::RequiredFailed { .. })));
}

#[test]
fn debug_output_shows_no_value() {
    let outcome = apply(
        json!({ "name": "claims.name" }),
        json!({ "sub": "subject-1", "name": "Ada" }),
    );
    let shown = format!("{outcome:?}");
    assert!(!shown.contains("Ada") && !shown.contains("subject-1"), "{shown}");
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::vec(("[a-z]{1,4}", inner), 0..5)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn no_claims_make_the_mapping_panic(sub in any_json(), first in any_json(), second in any_json()) {
        let mapping = CompiledMapping::compile(&rules(json!({
            "name": "claims.a + ' ' + claims.b",
            "email": "claims.a.split('@')[1].lowerAscii()",
            "fhirUser": "'Practitioner/' + string(claims.a)",
            "roles": "claims.b.map(x, x.substring(2, 1)) + claims.a.filter(y, y in claims.b)",
            "npi": "claims.a.b[claims.b]",
            "patient": "claims.a.matches(claims.b) ? claims.a.charAt(99) : idp"
        }))).unwrap();
        let outcome = mapping.apply(&claims(json!({ "sub": sub, "a": first, "b": second })), "x");
        prop_assert_eq!(outcome.trace.len(), 7);
        if let Ok(identity) = outcome.identity {
            prop_assert!(!identity.subject.is_empty() && identity.subject.len() <= 255);
        }
    }

    #[test]
    fn no_text_makes_the_compiler_panic(text in "[a-z.()\\[\\]{}+,'\"?:!<>=& 0-9-]{0,60}") {
        let _compiled = CompiledMapping::compile(&MappingRules { name: Some(text), ..MappingRules::default() });
    }
}
