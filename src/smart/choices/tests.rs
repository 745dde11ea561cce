use super::*;
use crate::smart::{Narrowing, Reason};
use proptest::prelude::*;

const LAB: &str =
    "patient/Observation.rs?category=http://terminology.hl7.org/CodeSystem/observation-category|laboratory";

fn set(text: &str) -> ScopeSet {
    ScopeSet::parse_strictly(text).unwrap()
}

/// What is granted of `asked` when these boxes are not ticked.
fn without(asked: &str, unticked: &[&str]) -> String {
    let choices = Choices::of(&set(asked));
    let mut ticked = choices.keys();
    for key in unticked {
        assert!(ticked.remove(key), "{key} is none of {ticked:?}");
    }
    granted(&set(asked), &choices.allowed(&ticked).unwrap()).print()
}

/// What is granted of `asked` when these boxes alone are ticked.
fn only(asked: &str, ticked: &[&str]) -> String {
    let allowed = Choices::of(&set(asked))
        .allowed(&ticked.iter().copied().collect())
        .unwrap();
    granted(&set(asked), &allowed).print()
}

fn granted(asked: &ScopeSet, allowed: &ScopeSet) -> ScopeSet {
    Narrowing::of(asked.clone())
        .with_data_within(allowed, Reason::Consent)
        .granted()
        .clone()
}

#[test]
fn every_box_ticked_leaves_what_was_asked_literally() {
    for asked in [
        "patient/*.read user/*.*",
        "patient/Condition.rs patient/Observation.read openid",
        "patient/*.r patient/Observation.rs patient/Goal.cud",
        LAB,
    ] {
        assert_eq!(without(asked, &[]), asked);
    }
}

#[test]
fn a_wildcard_without_a_type_becomes_the_other_types_by_name() {
    let left = without("patient/*.read", &["patient.read.Observation"]);
    assert!(
        left.starts_with("patient/Patient.read patient/Condition.read "),
        "{left}"
    );
    assert!(!left.contains("Observation") && !left.contains('*'), "{left}");
}

#[test]
fn a_wildcard_without_the_future_becomes_types_by_name() {
    let left = without("patient/*.rs", &["patient.read.*"]);
    assert!(left.contains("patient/Observation.rs") && !left.contains('*'), "{left}");
}

#[test]
fn three_types_of_a_wildcard_are_three_scopes() {
    let condition = [
        "patient.read.Condition",
        "patient.read.Condition.problem-list-item",
        "patient.read.Condition.other",
    ];
    let ticked = ["patient.read.Patient", "patient.read.*"];
    let kinds: Vec<&str> = condition.into_iter().chain(ticked).collect();
    let expected = "patient/Patient.rs \
                    patient/Condition.rs?category=http://terminology.hl7.org/CodeSystem/condition-category|problem-list-item";
    assert_eq!(only("patient/*.rs", &kinds), expected);
}

#[test]
fn a_type_without_its_other_kinds_becomes_its_categories() {
    let left = without(
        "patient/Condition.rs patient/Patient.rs",
        &["patient.read.Condition.other"],
    );
    assert_eq!(set(&left).len(), 4, "{left}");
    assert!(left.ends_with("|health-concern patient/Patient.rs"), "{left}");
    assert!(!left.contains("Condition.rs "), "{left}");
}

#[test]
fn a_type_whose_box_is_not_ticked_is_left_out_whatever_its_kinds_say() {
    assert_eq!(
        without("patient/Condition.rs patient/Goal.rs", &["patient.read.Condition"]),
        "patient/Goal.rs"
    );
}

#[test]
fn the_other_kinds_cannot_be_had_without_all_the_named_ones() {
    let ticked = [
        "patient.read.Observation",
        "patient.read.Observation.laboratory",
        "patient.read.Observation.other",
    ];
    assert_eq!(only("patient/Observation.rs", &ticked), LAB);
    assert_eq!(
        only(
            "patient/Observation.rs",
            &["patient.read.Observation", "patient.read.Observation.other"]
        ),
        ""
    );
}

#[test]
fn reading_and_changing_are_chosen_apart() {
    let asked = "patient/Goal.cruds patient/Task.*";
    assert_eq!(
        without(asked, &["patient.change.Goal"]),
        "patient/Goal.rs patient/Task.*"
    );
    assert_eq!(
        without(asked, &["patient.change.Goal", "patient.change.Task"]),
        "patient/Goal.rs patient/Task.read"
    );
    assert_eq!(
        without(asked, &["patient.read.Goal"]),
        "patient/Goal.cud patient/Task.*"
    );
}

#[test]
fn a_wildcard_keeps_reading_whole_while_changing_is_left_out() {
    let asked = "user/*.cruds";
    let changing: Vec<String> = Choices::of(&set(asked))
        .keys()
        .into_iter()
        .filter(|key| key.starts_with("user.change."))
        .map(str::to_owned)
        .collect();
    let changing: Vec<&str> = changing.iter().map(String::as_str).collect();
    assert_eq!(without(asked, &changing), "user/*.rs");
}

#[test]
fn granular_scopes_have_a_box_each_unless_a_wider_one_makes_them_moot() {
    let other = "patient/Observation.rs?category=x|y";
    let keys = |asked: &str| {
        Choices::of(&set(asked))
            .groups
            .iter()
            .map(|group| group.choices.len())
            .sum::<usize>()
    };
    assert_eq!(keys(&format!("{LAB} {other}")), 2);
    assert_eq!(keys(&format!("{LAB} patient/Observation.rs")), 1);
    let key = format!("patient.read.{LAB}");
    assert_eq!(without(&format!("{LAB} {other}"), &[&key]), other);
}

#[test]
fn a_value_that_no_box_sends_is_refused() {
    let choices = Choices::of(&set("patient/Goal.rs"));
    for key in [
        "patient.read.Observation",
        "patient.change.Goal",
        "patient.read.*",
        "offline_access",
        "",
        "user.read.Goal",
    ] {
        assert_eq!(choices.allowed(&BTreeSet::from([key])), Err(UnknownChoice), "{key}");
    }
}

fn asked() -> impl Strategy<Value = ScopeSet> {
    const ENDS: [&str; 9] = ["rs", "r", "s", "cruds", "cud", "read", "write", "*", "rs?category=a|b"];
    const TYPES: [&str; 4] = ["*", "Goal", "Observation", "Basic"];
    let token = (0_usize..2, 0..TYPES.len(), 0..ENDS.len())
        .prop_map(|(level, name, end)| format!("{}/{}.{}", ["patient", "user"][level], TYPES[name], ENDS[end]));
    proptest::collection::vec(token, 1..5).prop_map(|tokens| set(&tokens.join(" ")))
}

proptest! {
    #[test]
    fn all_ticked_changes_nothing(asked in asked()) {
        let choices = Choices::of(&asked);
        prop_assert_eq!(granted(&asked, &choices.allowed(&choices.keys()).unwrap()), asked);
    }

    #[test]
    fn no_choice_gives_more_than_was_asked_or_what_was_left_out(asked in asked(), coins in proptest::collection::vec(any::<bool>(), 300)) {
        let choices = Choices::of(&asked);
        let keys = choices.keys();
        let ticked: BTreeSet<&str> = keys.iter().zip(&coins).filter(|(_, coin)| **coin).map(|(key, _)| *key).collect();
        let granted = granted(&asked, &choices.allowed(&ticked).unwrap());
        prop_assert!(asked.covers(&granted));
        for group in &choices.groups {
            for choice in group.choices.iter().filter(|choice| choice.kinds.is_empty() || !ticked.contains(choice.key.as_str())) {
                let reached = granted.resources().any(|scope| {
                    scope.level() == group.level
                        && scope.reaches(&choice.scope)
                        && !(scope.permissions() & group.permissions).is_empty()
                });
                // A box that is ticked gives what it says; one that is not is left out unless its scope is constrained and part of another.
                if ticked.contains(choice.key.as_str()) {
                    prop_assert!(reached, "{:?} in {}", choice, granted);
                } else if choice.scope.constraints().is_empty() {
                    prop_assert!(!reached, "{:?} in {}", choice, granted);
                }
            }
        }
    }
}
