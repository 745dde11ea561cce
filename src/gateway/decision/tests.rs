use super::*;
use crate::gateway::interaction::{Unrecognised, batch_entries};
use serde_json::json;

/// Decides a request for a token with these scopes, with patient `p1` in context and `Practitioner/me` as the user.
fn decide_text(scopes: &str, request: &str) -> Decision {
    let (method, address) = request.split_once(' ').unwrap();
    let (path, query) = address.split_once('?').unwrap_or((address, ""));
    let interaction = Interaction::parse(method, path, query).unwrap();
    let scopes = ScopeSet::parse_strictly(scopes).unwrap();
    let (patient, user) = (
        FhirId::parse("p1").unwrap(),
        FhirUser::parse_relative("Practitioner/me").unwrap(),
    );
    let granted = Granted {
        scopes: &scopes,
        patient: Some(&patient),
        fhir_user: Some(&user),
    };
    decide(&granted, &interaction, &rules())
}

fn rules() -> Vec<OperationRule> {
    let patient = TypeName::parse("Patient").unwrap();
    let rule = |name: &str, place| OperationRule {
        name: name.to_owned(),
        place,
        needs: vec![(ResourceType::Any, Permissions::READ_AND_SEARCH)],
    };
    vec![
        rule("everything", OperationPlace::Instance(patient)),
        rule("export", OperationPlace::System),
    ]
}

/// A short form for tables: `allow`, `if`, or the denial.
fn verdict(scopes: &str, request: &str) -> String {
    match decide_text(scopes, request) {
        Decision::Allow => "allow".to_owned(),
        Decision::AllowIfMatches(_) => "if".to_owned(),
        Decision::Deny(denial) => format!("{denial:?}"),
    }
}

fn check_table(rows: &[(&str, &str, &str)]) {
    for (scopes, request, wanted) in rows {
        assert_eq!(verdict(scopes, request), *wanted, "{scopes} | {request}");
    }
}

#[test] // SMART App Launch 2.2, "Scopes for requesting FHIR Resources": one row per interaction of each letter
fn each_letter_allows_its_interactions_and_no_other() {
    let interactions = [
        ("c", "POST Goal"),
        ("r", "GET Goal/1"),
        ("r", "HEAD Goal/1"),
        ("r", "GET Goal/1/_history/2"),
        ("r", "GET Goal/1/_history"),
        ("u", "PUT Goal/1"),
        ("u", "PATCH Goal/1"),
        ("u", "PUT Goal?status=active"),
        ("u", "PATCH Goal?status=active"),
        ("d", "DELETE Goal/1"),
        ("d", "DELETE Goal?status=active"),
        ("s", "GET Goal?status=active"),
        ("s", "POST Goal/_search"),
        ("s", "GET Goal/_history"),
        ("s", "GET Patient/7/Goal"),
        ("s", "GET ?_type=Goal"),
        ("s", "POST _search?_type=Goal"),
    ];
    for (letter, request) in interactions {
        for other in ["c", "r", "u", "d", "s"] {
            let wanted = if other == letter { "allow" } else { "Scope" };
            assert_eq!(
                verdict(&format!("user/Goal.{other}"), request),
                wanted,
                "{other} | {request}"
            );
        }
    }
}

#[test]
fn system_wide_interactions_need_the_wildcard() {
    check_table(&[
        ("user/*.s", "GET _history", "allow"),
        ("user/*.s", "GET ", "allow"),
        ("user/*.r", "GET _history", "Scope"),
        ("user/Goal.s user/Task.s", "GET _history", "Scope"),
        ("user/Goal.s user/Task.s", "GET ?name=x", "Scope"),
        ("user/Goal.s user/Task.s", "GET ?_type=Goal,Task", "allow"),
        ("user/Goal.s", "GET ?_type=Goal,Task", "Scope"),
        ("user/Goal.s", "GET ?_type=Goal&_type=Task", "Scope"),
        ("user/Goal.s", "GET Patient/7/*", "Scope"),
    ]);
}

#[test]
fn version_1_words_allow_what_they_mean() {
    check_table(&[
        ("user/Goal.read", "GET Goal/1", "allow"),
        ("user/Goal.read", "GET Goal", "allow"),
        ("user/Goal.read", "PUT Goal/1", "Scope"),
        ("user/Goal.write", "GET Goal/1", "Scope"),
        ("user/Goal.write", "DELETE Goal/1", "allow"),
        ("user/*.*", "POST Task", "allow"),
    ]);
}

#[test]
fn a_patient_scope_is_bound_to_the_patient_in_context() {
    check_table(&[
        ("patient/*.cruds", "GET Patient/p1", "allow"),
        ("patient/*.cruds", "GET Patient/p2", "OtherPatient"),
        ("patient/*.cruds", "PUT Patient/p2", "OtherPatient"),
        ("patient/*.cruds", "GET Patient/p2/_history", "OtherPatient"),
        ("patient/*.cruds", "POST Patient", "OtherPatient"),
        ("patient/*.cruds", "GET Goal/1", "if"),
        ("patient/*.cruds", "GET Goal?patient=p2", "if"),
        ("patient/*.cruds", "POST Goal", "if"),
        ("patient/*.cruds", "GET Task/1", "if"),
        ("patient/*.cruds", "GET Device/1", "if"),
        ("patient/*.cruds", "GET Patient/p1/Goal", "if"),
        ("patient/*.cruds", "GET Patient/p2/Goal", "OtherPatient"),
        ("patient/*.cruds", "GET Patient/p2/Practitioner", "OtherPatient"),
        ("patient/*.cruds user/Goal.s", "GET Patient/p2/Goal", "allow"),
        ("patient/*.cruds user/Patient.r", "GET Patient/p2", "allow"),
    ]);
}

#[test]
fn the_condition_names_patient_and_constraints() {
    let decision = decide_text("patient/Observation.rs?category=a", "GET Observation/1");
    let Decision::AllowIfMatches(conditions) = decision else {
        panic!("{decision:?}")
    };
    let observation = TypeName::parse("Observation").unwrap();
    let ways: Vec<&Permitted> = conditions.alternatives(&observation).collect();
    assert_eq!(ways.len(), 1);
    assert_eq!(ways[0].patient.as_ref().map(FhirId::as_str), Some("p1"));
    assert_eq!(ways[0].constraints, [Constraint::parse("category=a").unwrap()]);
    assert_eq!(conditions.alternatives(&TypeName::parse("Goal").unwrap()).count(), 0);
}

#[test]
fn constraints_hold_at_every_level_and_a_free_scope_makes_them_moot() {
    check_table(&[
        ("user/Observation.rs?category=a", "GET Observation/1", "if"),
        ("user/Observation.rs?category=a", "GET Observation", "if"),
        (
            "user/Observation.rs?category=a user/Observation.r",
            "GET Observation/1",
            "allow",
        ),
        (
            "user/Observation.rs?category=a user/Observation.r",
            "GET Observation",
            "if",
        ),
        ("patient/Patient.r?active=true", "GET Patient/p1", "if"),
    ]);
}

#[test]
fn without_a_patient_in_context_a_patient_scope_allows_nothing() {
    let scopes = ScopeSet::parse_strictly("patient/*.cruds").unwrap();
    let granted = Granted {
        scopes: &scopes,
        patient: None,
        fhir_user: None,
    };
    for (method, path) in [
        ("GET", "Goal/1"),
        ("GET", "Goal"),
        ("GET", "Practitioner/1"),
        ("POST", "Goal"),
        ("GET", ""),
    ] {
        let interaction = Interaction::parse(method, path, "").unwrap();
        assert_eq!(
            decide(&granted, &interaction, &[]),
            Decision::Deny(Denial::NoPatient),
            "{method} {path}"
        );
    }
}

#[test]
fn staff_places_and_medicines_are_readable_under_a_patient_scope_and_never_writable() {
    check_table(&[
        ("patient/Practitioner.rs", "GET Practitioner/1", "allow"),
        ("patient/*.cruds", "GET Organization?name=x", "allow"),
        ("patient/*.cruds", "PUT Organization/1", "Scope"),
        ("patient/*.cruds", "POST Location", "Scope"),
        ("patient/*.cruds", "DELETE Medication/1", "Scope"),
        ("user/*.cruds", "PUT Organization/1", "allow"),
    ]);
}

#[test]
fn the_users_own_resource_is_readable_with_fhir_user() {
    check_table(&[
        ("openid fhirUser patient/Goal.rs", "GET Practitioner/me", "allow"),
        ("openid fhirUser patient/Goal.rs", "GET Practitioner/other", "Scope"),
        ("openid fhirUser patient/Goal.rs", "PUT Practitioner/me", "Scope"),
        ("openid patient/Goal.rs", "GET Practitioner/me", "Scope"),
    ]);
}

#[test]
fn what_a_search_brings_along_must_be_granted_too() {
    check_table(&[
        (
            "user/Goal.rs user/Provenance.rs",
            "GET Goal?_revinclude=Provenance:target",
            "allow",
        ),
        ("user/Goal.rs", "GET Goal?_revinclude=Provenance:target", "Scope"),
        ("user/Goal.rs", "GET Goal?_include=Goal:subject:Patient", "Scope"),
        (
            "user/Goal.rs",
            "GET Goal?_include:iterate=Goal:subject:Patient",
            "Scope",
        ),
        (
            "user/Goal.rs user/Patient.r",
            "GET Goal?_include=Goal:subject:Patient",
            "allow",
        ),
        ("user/Goal.rs", "GET Goal?_include=Goal:subject", "if"),
        ("user/Goal.rs", "GET Goal?_include=*", "if"),
        ("user/Goal.rs", "GET Goal?_contained=true", "if"),
        ("user/*.rs", "GET Goal?_include=*", "allow"),
        ("user/Goal.rs", "GET Goal?%5Frevinclude=Provenance:target", "Scope"),
    ]);
}

#[test]
fn criteria_on_other_resources_need_access_to_all() {
    check_table(&[
        (
            "user/Patient.rs",
            "GET Patient?_has:Condition:patient:code=x",
            "Criteria",
        ),
        ("user/Goal.rs", "GET Goal?subject.name=x", "Criteria"),
        ("user/Goal.rs", "GET Goal?subject:Patient.name=x", "Criteria"),
        ("user/Goal.rs", "GET Goal?_filter=x", "Criteria"),
        (
            "patient/*.rs",
            "GET Practitioner?_has:Condition:asserter:code=x",
            "Criteria",
        ),
        ("user/*.rs", "GET Goal?subject.name=x", "allow"),
    ]);
}

#[test]
fn a_write_by_criteria_needs_a_scope_without_conditions() {
    check_table(&[
        ("patient/Goal.cruds", "DELETE Goal?status=x", "Criteria"),
        ("user/Goal.u?status=draft", "PUT Goal?identifier=x", "Criteria"),
    ]);
}

#[test]
fn an_operation_is_refused_unless_it_is_listed_for_that_place() {
    check_table(&[
        ("user/*.cruds", "POST Goal/$purge", "Operation"),
        ("user/*.cruds", "GET $everything", "Operation"),
        ("user/*.rs", "GET Patient/p2/$everything", "allow"),
        ("user/*.r user/*.s", "GET Patient/p2/%24everything", "allow"),
        ("user/*.r", "GET Patient/p2/$everything", "Scope"),
        ("patient/*.rs", "GET Patient/p1/$everything", "if"),
        ("patient/*.rs", "GET Patient/p2/$everything", "OtherPatient"),
        ("system/*.rs", "GET $export", "allow"),
        ("system/Goal.rs", "GET $export", "Scope"),
    ]);
}

#[test]
fn discovery_is_public() {
    check_table(&[
        ("openid", "GET metadata", "allow"),
        ("openid", "GET /.well-known/smart-configuration", "allow"),
    ]);
}

#[test] // SMART App Launch 2.2, "Batches and transactions"
fn each_entry_of_a_batch_is_decided_by_itself() {
    let entry = |method: &str, url: &str| json!({"request": {"method": method, "url": url}});
    let bundle = json!({"entry": [entry("GET", "Goal/1"), entry("DELETE", "Goal/1"), entry("GET", "Goal?_revinclude=Task:focus")]});
    let entries = batch_entries(&bundle).unwrap();
    let scopes = ScopeSet::parse_strictly("user/Goal.rs").unwrap();
    let granted = Granted {
        scopes: &scopes,
        patient: None,
        fhir_user: None,
    };
    let denied = Decision::Deny(Denial::Scope);
    assert_eq!(
        decide_entries(&granted, &entries, &[]),
        [Decision::Allow, denied.clone(), denied]
    );
    assert_eq!(
        decide(&granted, &Interaction::Batch, &[]),
        Decision::Deny(Denial::Batch)
    );
}

#[test]
fn a_batch_entry_that_cannot_be_read_makes_the_bundle_unreadable() {
    for (method, url) in [
        ("POST", ""),
        ("GET", "https://fhir.example.org/r4/Goal/1"),
        ("GET", "/Goal/1"),
        ("GET", "../other/Goal/1"),
        ("get", "Goal/1"),
    ] {
        let bundle = json!({"entry": [{"request": {"method": method, "url": url}}]});
        assert!(batch_entries(&bundle).is_err(), "{method} {url}");
    }
    assert_eq!(
        batch_entries(&json!({"entry": [{"resource": {}}]})),
        Err(Unrecognised::Entry)
    );
    assert_eq!(batch_entries(&json!({"entry": {}})), Err(Unrecognised::Entry));
}

#[test]
fn paths_that_could_be_read_in_two_ways_are_refused() {
    for path in [
        "Goal/..",
        "Goal/../Task/1",
        "Goal/.",
        "Goal//1",
        "//Goal",
        "Goal/1//",
        "Goal%2F1",
        "Goal/%31",
        "goal/1",
        "Goal/1;x",
        "Goal/a_b",
        "Goal/1/_history/2/3",
        "Goal/1/2/3",
        "Goal/1\\..",
        "Goal/$",
        "Goal/$a/b",
        "_search",
        "metadata/x",
        "*",
        "Goal/*",
        "Goal/1#x",
        "Goal/ 1",
        ".well-known",
        "Göal",
    ] {
        assert!(Interaction::parse("GET", path, "").is_err(), "{path}");
    }
}

#[test]
fn methods_that_do_not_go_with_the_path_are_refused() {
    for (method, path) in [
        ("POST", "Goal/1"),
        ("PUT", ""),
        ("DELETE", "_history"),
        ("DELETE", "Goal/1/_history"),
        ("DELETE", "Goal/1/_history/2"),
        ("PUT", "metadata"),
        ("DELETE", "Goal/$x"),
        ("OPTIONS", "Goal"),
        ("get", "Goal"),
    ] {
        assert_eq!(
            Interaction::parse(method, path, ""),
            Err(Unrecognised::Method),
            "{method} {path}"
        );
    }
}

#[test]
fn a_type_in_the_query_that_cannot_be_read_is_refused() {
    for query in [
        "_type=goal",
        "_type=",
        "_type:not=Goal",
        "_revinclude=goal:x",
        "_revinclude=",
        "_include=Goal:x:*y",
    ] {
        assert_eq!(
            Interaction::parse("GET", "", query),
            Err(Unrecognised::Query),
            "{query}"
        );
    }
}

mod laws {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn no_request_makes_the_parser_panic(method in "GET|POST|PUT|.{0,3}", path in ".{0,40}", query in ".{0,40}") {
            let _ = Interaction::parse(&method, &path, &query);
        }

        #[test]
        fn fewer_scopes_never_allow_more(
            letters in proptest::sample::select(&["r", "s", "rs", "cud", "cruds", "rs?category=a"][..]),
            name in proptest::sample::select(&["*", "Goal", "Patient", "Practitioner"][..]),
            level in proptest::sample::select(&["patient", "user"][..]),
            request in proptest::sample::select(&[
                "GET Goal/1", "GET Goal", "GET Patient/p1", "GET Patient/p2", "PUT Practitioner/1", "POST Goal",
                "GET Goal?_include=Goal:subject", "GET Patient/p1/*", "DELETE Goal?x=1", "GET _history",
            ][..]),
        ) {
            let rank = |decision: &str| match decision { "allow" => 2, "if" => 1, _ => 0 };
            let few = format!("{level}/{name}.{letters}");
            let many = format!("{few} user/Goal.cruds");
            prop_assert!(rank(&verdict(&few, request)) <= rank(&verdict(&many, request)), "{} | {}", few, request);
        }
    }
}
