use super::*;
use crate::smart::scope::ScopeSet;

fn words(scopes: &str, language: Language) -> ScopeWords {
    describe(&ScopeSet::parse_strictly(scopes).unwrap(), language)
}

fn groups(scopes: &str) -> Vec<(String, Vec<String>)> {
    let item = |item: &AccessItem| match &item.restriction {
        None => item.words.clone(),
        Some(restriction) => format!("{} ({restriction})", item.words),
    };
    let groups = words(scopes, Language::English).groups;
    groups
        .iter()
        .map(|group| (group.heading.clone(), group.items.iter().map(item).collect()))
        .collect()
}

const CERTIFIED: [&str; 21] = [
    "AllergyIntolerance",
    "CarePlan",
    "CareTeam",
    "Condition",
    "Coverage",
    "Device",
    "DiagnosticReport",
    "DocumentReference",
    "Encounter",
    "Goal",
    "Immunization",
    "Location",
    "MedicationDispense",
    "MedicationRequest",
    "Observation",
    "Organization",
    "Patient",
    "Practitioner",
    "Procedure",
    "Provenance",
    "ServiceRequest",
];

#[test]
fn every_certified_type_has_words_in_every_language() {
    for language in Language::ALL {
        for name in CERTIFIED {
            assert!(
                language.phrases().resource(name).is_some(),
                "{name} in {}",
                language.tag()
            );
        }
    }
}

#[test]
fn both_languages_know_the_same_types_and_say_different_things() {
    // The lists are read from the sources, so a type added to one language only is found.
    let names = |source: &str| -> Vec<String> {
        let arms = source
            .lines()
            .filter_map(|line| line.trim().strip_prefix('"')?.split_once("\" => \""));
        arms.map(|(name, _)| name.to_owned())
            .filter(|name| name.starts_with(char::is_uppercase))
            .collect()
    };
    let english = names(include_str!("english.rs"));
    assert_eq!(english, names(include_str!("spanish.rs")));
    assert!(english.len() > CERTIFIED.len());
    for name in &english {
        assert_ne!(
            Language::English.phrases().resource(name),
            Language::Spanish.phrases().resource(name)
        );
    }
}

#[test]
fn reading_and_changing_are_separate_groups() {
    assert_eq!(
        groups("patient/Goal.cruds patient/Immunization.rs"),
        [
            (
                "See information in the patient's record".to_owned(),
                vec!["Health goals".to_owned(), "Vaccinations".to_owned()]
            ),
            (
                "Add, change and delete information in the patient's record".to_owned(),
                vec!["Health goals".to_owned()]
            ),
        ]
    );
}

#[test]
fn version_1_and_version_2_read_the_same() {
    assert_eq!(
        groups("patient/Goal.read user/Task.write"),
        groups("patient/Goal.rs user/Task.cud")
    );
}

#[test]
fn different_letters_have_different_words() {
    let mut seen = std::collections::HashSet::new();
    for language in Language::ALL {
        for level in ["patient", "user", "system"] {
            for letters in ["r", "s", "rs", "c", "u", "d", "cu", "cd", "ud", "cud"] {
                let described = words(&format!("{level}/Goal.{letters}"), language);
                assert!(
                    seen.insert(described.groups[0].heading.clone()),
                    "{level}/Goal.{letters}"
                );
            }
        }
    }
}

#[test]
fn the_wildcard_says_that_it_includes_the_future() {
    let group = words("patient/*.rs patient/Goal.r", Language::English).groups.remove(0);
    assert!(group.all_types);
    assert_eq!(group.items.len(), 1);
    assert!(group.items[0].words.contains("in future"));
    assert_eq!(group.technical, ["patient/*.rs", "patient/Goal.r"]);
}

#[test]
fn letters_beyond_the_wildcard_are_listed() {
    assert_eq!(groups("patient/*.rs patient/Goal.rus")[1].1, ["Health goals"]);
}

#[test]
fn known_categories_have_their_own_words() {
    let laboratory = "category=http://terminology.hl7.org/CodeSystem/observation-category|laboratory";
    assert_eq!(
        groups(&format!("patient/Observation.rs?{laboratory}"))[0].1,
        ["Lab results"]
    );
    assert_eq!(
        groups(&format!("patient/Observation.rs?status=final&{laboratory}"))[0].1,
        ["Lab results (only where status is final)"]
    );
}

#[test]
fn unknown_restrictions_are_told_not_hidden() {
    assert_eq!(
        groups("patient/Observation.rs?category=x,y&code:in=urn:v")[0].1,
        [
            "Lab results, vital signs and other observations (only where category is x or y; only what meets the condition code:in=urn:v)"
        ]
    );
}

#[test]
fn unknown_types_are_taken_apart() {
    assert_eq!(groups("user/SupplyDelivery.rs")[0].1, ["Supply delivery"]);
    let spanish = words("user/SupplyDelivery.rs", Language::Spanish);
    assert_eq!(spanish.groups[0].items[0].words, "Datos del tipo «Supply delivery»");
}

#[test]
fn identity_is_one_sentence_that_names_each_part() {
    let notices = words("openid profile fhirUser", Language::English).notices;
    assert_eq!(notices.len(), 1);
    assert_eq!(
        notices[0].words,
        "Know who you are: that it is you who signed in, your name and profile and which entry in the health record system is yours"
    );
    assert_eq!(notices[0].technical, ["openid", "profile", "fhirUser"]);
}

#[test] // SMART App Launch 2.2: people are told when access goes on without them
fn offline_access_is_told_in_words_of_its_own() {
    let notices = words("offline_access patient/*.rs launch/patient", Language::Spanish).notices;
    assert_eq!(
        notices.iter().map(|notice| notice.kind).collect::<Vec<_>>(),
        [NoticeKind::Context, NoticeKind::Offline]
    );
    assert!(notices[1].words.contains("hasta que usted lo retire"));
}

#[test]
fn no_scope_is_lost() {
    let text = "launch launch/patient openid email online_access __x urn:a:b patient/*.rs patient/Goal.r user/Task.d system/Group.r";
    let scopes = ScopeSet::parse(text).unwrap().scopes;
    let described = describe(&scopes, Language::English);
    for scope in &scopes {
        let text = scope.to_string();
        let grouped = described.groups.iter().any(|group| group.technical.contains(&text));
        let noticed = described.notices.iter().any(|notice| notice.technical.contains(&text));
        assert!(grouped || noticed, "{text}");
    }
}

#[test]
fn languages_are_found_by_their_tag() {
    assert_eq!(Language::from_tag("es-MX"), Some(Language::Spanish));
    assert_eq!(Language::from_tag("EN"), Some(Language::English));
    assert_eq!(Language::from_tag("fr"), None);
}
