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

#[test]
fn groups_become_roles_by_the_table_beside_the_roles_rule() {
    let mapping = json!({
        "roles": "claims.roles", "groups": "claims.groups",
        "groupRoles": { "CN=Nurses,OU=x": "nurse", "heads": ["approver", "nurse"], "unused": "boss" }
    });
    let said =
        json!({ "sub": "u", "roles": ["clinician"], "groups": ["heads", "CN=Nurses,OU=x", "cn=nurses,ou=x", "other"] });
    let outcome = apply(mapping.clone(), said);
    assert_eq!(
        outcome.identity.clone().unwrap().roles,
        ["clinician", "approver", "nurse"]
    );
    let line = outcome.trace.iter().find(|line| line.rule == RuleName::Groups).unwrap();
    assert_eq!(line.note.as_deref(), Some("4 groups sent, of which 2 in the table"));
    // One group may come as a text.
    let outcome = apply(mapping, json!({ "sub": "u", "groups": "heads" }));
    assert_eq!(outcome.identity.unwrap().roles, ["approver", "nurse"]);
}

#[test]
fn groups_that_are_not_in_the_table_give_nothing() {
    let mapping = json!({ "groups": "claims.groups", "groupRoles": { "nurses": "nurse" }, "required": ["roles"] });
    for groups in [json!(["other"]), json!([]), json!(null)] {
        let outcome = apply(mapping.clone(), json!({ "sub": "u", "groups": groups }));
        assert_eq!(outcome_of(&outcome, RuleName::Groups), RuleOutcome::Empty);
        assert_eq!(outcome.identity, Err(MappingRefusal::RequiredEmpty(RuleName::Roles)));
    }
    for groups in [json!([1]), json!({ "nurses": true }), json!(7)] {
        let outcome = apply(mapping.clone(), json!({ "sub": "u", "groups": groups }));
        assert!(matches!(outcome_of(&outcome, RuleName::Groups), RuleOutcome::Failed(_)));
        assert!(matches!(outcome.identity, Err(MappingRefusal::RequiredFailed { .. })));
    }
}

#[test]
fn what_several_rules_fill_is_there_when_one_of_them_yields_it() {
    let mapping = json!({
        "roles": "claims.roles", "groups": "claims.groups", "groupRoles": { "nurses": "nurse" }, "required": ["roles"]
    });
    for said in [
        json!({ "sub": "u", "roles": ["a"] }),
        json!({ "sub": "u", "groups": ["nurses"] }),
    ] {
        assert!(apply(mapping.clone(), said).identity.is_ok());
    }
}

#[test]
fn tables_and_look_ups_that_cannot_work_are_refused_when_entered() {
    for (document, rule, words) in [
        (json!({ "groupRoles": { "a": "b" } }), RuleName::Groups, "add groups"),
        (
            json!({ "groups": "claims.g", "groupRoles": { "": "b" } }),
            RuleName::Groups,
            "every entry",
        ),
        (
            json!({ "groups": "claims.g", "groupRoles": { "a": [] } }),
            RuleName::Groups,
            "every entry",
        ),
        (
            json!({ "groups": "claims.g", "groupRoles": { "a": "x\ny" } }),
            RuleName::Groups,
            "every entry",
        ),
        (
            json!({ "fhirUserTable": { "list": "Staff List", "value": "claims.a" } }),
            RuleName::FhirUserTable,
            "name",
        ),
        (
            json!({ "fhirUserTable": { "list": "a", "value": "nobody.a" } }),
            RuleName::FhirUserTable,
            "unknown name",
        ),
        (
            json!({ "fhirUserLookup": { "system": "npi", "value": "claims.a" } }),
            RuleName::FhirUserLookup,
            "URI",
        ),
        (
            json!({ "fhirUserLookup": { "resource": "Device", "system": "urn:x", "value": "claims.a" } }),
            RuleName::FhirUserLookup,
            "one of",
        ),
        (
            json!({ "fhirUserTable": { "list": "a", "value": "claims.a" }, "required": ["fhirUserTable"] }),
            RuleName::FhirUserTable,
            "require fhirUser",
        ),
    ] {
        let faults = CompiledMapping::compile(&rules(document.clone())).unwrap_err();
        assert!(
            faults
                .iter()
                .any(|fault| fault.rule == rule && fault.message.contains(words)),
            "{document}: {faults:?}"
        );
    }
}

#[test]
fn a_document_of_rules_is_written_as_it_is_read() {
    let document = json!({
        "subject": "claims.oid", "groups": "claims.groups", "groupRoles": { "a": ["b"] },
        "fhirUserTable": { "list": "staff", "value": "claims.oid" },
        "fhirUserLookup": { "resource": "Practitioner", "system": "urn:x", "value": "claims.npi" },
        "required": ["fhirUser"]
    });
    assert_eq!(serde_json::to_value(rules(document.clone())).unwrap(), document);
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
