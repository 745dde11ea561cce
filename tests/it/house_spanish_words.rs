//! What administration says in English has words in Spanish, wherever a page can show it.

use crate::support::source::SourceFile;
use wardkey::web::Language;
use wardkey::web::administration::Said;

/// Where sentences are written that a page can show, and of how many words one has there at least: what is shorter are names.
const ROOMS: [(&str, usize); 19] = [
    ("console/", 4),
    ("control/", 3),
    ("federation/", 2),
    ("oauth/client.rs", 3),
    ("oauth/client_registration.rs", 3),
    ("oauth/jose/algorithm.rs", 3),
    ("oauth/limits.rs", 3),
    ("oauth/redirect_uri.rs", 3),
    ("outbound/", 2),
    ("patient_directory/", 3),
    ("quota/allowance.rs", 3),
    ("smart/brands/", 3),
    ("smart/fhir_base.rs", 3),
    ("smart/fhir_user.rs", 3),
    ("smart/launch_context.rs", 3),
    ("smart/reference.rs", 3),
    ("smart/scope/", 3),
    ("tenant/", 3),
    ("web/branding/", 2),
];

/// Files of those rooms that no page shows, with the reason.
const NOT_ON_PAGES: [(&str, &str); 24] = [
    ("control/configuration/desired.rs", "files of the command line"),
    ("control/configuration/file.rs", "files of the command line"),
    ("control/configuration/plan.rs", "files of the command line"),
    (
        "control/explain.rs",
        "tokens are explained by the API and the command line",
    ),
    (
        "control/fhir_users.rs",
        "lists are imported by the API and the command line",
    ),
    ("control/inferno/", "the command line sets Inferno up"),
    ("control/platform.rs", "the program does not start"),
    (
        "control/provider_notices.rs",
        "notices are for the API and the command line",
    ),
    ("control/provider_upkeep.rs", "details of audit events"),
    (
        "federation/local/",
        "people's own pages have words for each kind of refusal",
    ),
    ("federation/oidc/directory.rs", "written to the log"),
    ("federation/oidc_endpoints/", "answers to providers, and to no browser"),
    (
        "federation/products/",
        "what a product shows, and words of its own in both languages",
    ),
    ("federation/saml/service_provider.rs", "XML for providers"),
    ("federation/trace.rs", "shapes of values, shown as code"),
    ("federation/upstream_logout.rs", "a stored row that is damaged"),
    ("federation/saml_endpoints/pending.rs", "a stored row that is damaged"),
    ("patient_directory/check.rs", "the command line checks a directory"),
    (
        "patient_directory/picker_page.rs",
        "people's own pages have words for each kind of refusal",
    ),
    ("tenant/directory.rs", "stored rows that are damaged"),
    ("tenant/document.rs", "defaults; the sentences are those of its parts"),
    ("tenant/issuer_urls.rs", "the program does not start"),
    ("tenant/roles.rs", "the table of roles in the documentation"),
    ("tenant/spending.rs", "names of attributes"),
];

/// Sentences elsewhere in those rooms that no page shows, by their beginning, with the reason.
const NOT_SHOWN: [(&str, &str); 14] = [
    ("a hash ", "a stored row that is damaged"),
    (
        "a value could not be written as JSON",
        "a fault of ours, which the page of faults does not tell",
    ),
    (
        "the tenant's store is unavailable",
        "the page of faults has its own words",
    ),
    (
        "This organisation's sign-in service",
        "the answer of the protocol; people get a page of their own",
    ),
    ("INSERT ", "SQL"),
    ("of {", "what cannot be found is not told on its page"),
    ("there is no {what} {name}", "checked by kind below"),
    ("openid profile ", "scopes"),
    ("openid fhirUser ", "scopes"),
    (
        "with this link",
        "what is not there with a link, whose page has words of its own",
    ),
    ("public, max-age", "a header"),
    ("default-src ", "a header"),
    ("Wardkey command line", "the name of an app"),
    ("user or client", "a kind of thing that is not there, which has words"),
];

/// A literal as it is in the program.
fn unescaped(literal: &str) -> String {
    let mut text = String::new();
    let mut letters = literal.chars().peekable();
    while let Some(letter) = letters.next() {
        if letter != '\\' {
            text.push(letter);
            continue;
        }
        match letters.next() {
            Some('\n') => while letters.next_if(|next| next.is_whitespace()).is_some() {},
            Some('n') => text.push('\n'),
            Some(other) => text.push(other),
            None => {}
        }
    }
    text
}

/// With something in each place that is filled in: `{name}` becomes a word, `{{` a brace.
fn filled(text: &str) -> String {
    let text = text.replace("{{", "\u{1}").replace("}}", "\u{2}");
    let mut pieces = text.split('{');
    let mut filled = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        filled.push_str("X1");
        filled.push_str(piece.split_once('}').map_or("", |(_, after)| after));
    }
    filled.replace('\u{1}', "{").replace('\u{2}', "}")
}

/// How many plain English words a text has, in lower case and not part of a name, an address or a scope.
fn words(text: &str) -> usize {
    let plain = |word: &&str| {
        let word = word.trim_matches(|letter: char| ",.;:()`\"'".contains(letter));
        word.len() > 1 && word.chars().all(|letter| letter.is_ascii_lowercase() || letter == '\'')
    };
    text.split_whitespace().filter(plain).count()
}

/// Whether the code before a literal speaks to the log, or gives the compiler a reason.
fn is_aside(before: &str) -> bool {
    let statement = before.rsplit([';', '{', '}']).next().unwrap_or_default();
    let before = before.trim_end();
    // The kind of thing that is not there is looked at by itself, below.
    before.ends_with("reason =") || before.ends_with("what:") || statement.contains("tracing::")
}

/// The sentences of one file, as they are with something filled in.
fn sentences(file: &SourceFile, fewest: usize) -> Vec<(String, String)> {
    let file = file.without_tests();
    let places = file.code.match_indices("\"\"").map(|(at, _)| at);
    let aside = places.map(|at| is_aside(&file.code[..at]));
    let literals = file.literals.iter().zip(aside).filter(|(_, aside)| !aside);
    let texts = literals.map(|(literal, _)| unescaped(literal));
    texts
        .map(|text| (filled(&text), text))
        .filter(|(filled, _)| words(filled) >= fewest)
        .map(|(filled, text)| (text, filled))
        .collect()
}

fn has_words(english: &str) -> bool {
    Said::new(english, Language::Spanish).language == Language::Spanish
}

fn is_shown(path: &str, text: &str) -> bool {
    !NOT_ON_PAGES.iter().any(|(place, _)| path.starts_with(place))
        && !NOT_SHOWN.iter().any(|(beginning, _)| text.starts_with(beginning))
}

#[test]
fn every_sentence_that_a_page_can_show_has_spanish_words() {
    let (mut missing, mut looked_at) = (Vec::new(), 0);
    for file in SourceFile::list()
        .iter()
        .filter(|file| !file.is_test() && !file.path.ends_with("_tests.rs"))
    {
        let Some((_, fewest)) = ROOMS.iter().find(|(room, _)| file.path.starts_with(room)) else {
            continue;
        };
        for (text, filled) in sentences(file, *fewest) {
            if is_shown(&file.path, &text) {
                looked_at += 1;
                if !has_words(&filled) {
                    missing.push(format!("src/{}: {text}", file.path));
                }
            }
        }
    }
    assert!(looked_at > 500, "{looked_at} sentences");
    assert!(
        missing.is_empty(),
        "write these in Spanish in src/web/administration, or say above why no page shows them:\n{}",
        missing.join("\n")
    );
}

#[test]
fn what_is_not_there_is_named_in_spanish() {
    let mut missing = Vec::new();
    for file in SourceFile::list() {
        let shipped = file.without_tests();
        let literals = shipped.code.match_indices("\"\"").zip(&shipped.literals);
        let kinds = literals.filter(|((at, _), _)| {
            let before = &shipped.code[..*at];
            before.ends_with("NotFound { what: ") || before.trim_end().ends_with("what:")
        });
        for (_, kind) in kinds {
            let listed = ["console/", "control/"].iter().any(|room| file.path.starts_with(room));
            if listed && is_shown(&file.path, kind) && !has_words(&format!("there is no {kind} X1")) {
                missing.push(format!("src/{}: {kind}", file.path));
            }
        }
    }
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}

#[test]
fn every_exception_is_needed() {
    let files = SourceFile::list();
    let unknown = NOT_ON_PAGES
        .iter()
        .filter(|(place, _)| !files.iter().any(|file| file.path.starts_with(place)));
    assert_eq!(unknown.collect::<Vec<_>>(), Vec::<&(&str, &str)>::new());
}

#[test]
fn a_sentence_is_told_from_a_name() {
    assert_eq!(words("the rule for X1 is required"), 5);
    assert_eq!(words("openid fhirUser launch/patient"), 1);
    assert_eq!(filled("{a} is {{b}} of {c:?}"), "X1 is {b} of X1");
    assert_eq!(unescaped("a \\\"b\\\" \\\n    c"), "a \"b\" c");
    assert!(is_aside("tracing::warn!(x, ") && is_aside("#[expect(a, reason = ") && !is_aside("fault(member, "));
}
