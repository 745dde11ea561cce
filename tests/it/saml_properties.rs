//! Whatever is done to a good response, it gives the same identity or a refusal.
#![allow(
    clippy::format_collect,
    clippy::format_push_string,
    clippy::semicolon_if_nothing_returned,
    reason = "forging text is what these tests do; speed is no concern"
)]

use crate::support::saml_idp::*;
use proptest::prelude::*;
use std::sync::LazyLock;
use wardkey::federation::saml::accept_xml;

static GOOD: LazyLock<[String; 3]> =
    LazyLock::new(|| [Sign::Assertion, Sign::Response, Sign::Both].map(|sign| Draft::new().write(sign)));

fn check(xml: &str) -> Result<bool, TestCaseError> {
    match accept_xml(xml, &expectation()) {
        Ok(accepted) => {
            prop_assert_eq!(accepted.name_id.subject(), "persistent||legit");
            prop_assert_eq!(accepted.assertion_id, "_assertion-legit");
            prop_assert_eq!(&accepted.attributes[1].values, &["nurse", "teacher"]);
            Ok(true)
        }
        Err(_) => Ok(false),
    }
}

/// Rewrites that leave the canonical form as it is.
#[derive(Clone, Copy, Debug)]
enum Rewrite {
    SpaceInTags,
    SingleQuotes,
    UnusedNamespace,
    CharacterReference,
    EmptyElement,
}

/// One start tag, rewritten; `at` chooses which.
fn rewrite(xml: &str, how: Rewrite, at: usize) -> String {
    let tags: Vec<usize> = xml
        .match_indices('<')
        .map(|(index, _)| index)
        .filter(|index| !xml[index + 1..].starts_with('/'))
        .collect();
    let start = tags[at % tags.len()];
    let end = start + xml[start..].find('>').unwrap();
    let tag = &xml[start..end];
    let (body, slash) = tag.strip_suffix('/').map_or((tag, ""), |body| (body, "/"));
    let changed = match how {
        Rewrite::SpaceInTags => format!("{body} \n{slash}"),
        Rewrite::SingleQuotes => format!("{}{slash}", body.replace('"', "'")),
        Rewrite::UnusedNamespace => format!("{body} xmlns:unused=\"urn:unused\"{slash}"),
        Rewrite::CharacterReference => format!("{}{slash}", body.replacen("=\"u", "=\"&#117;", 1)),
        Rewrite::EmptyElement if slash == "/" => {
            let name = body[1..].split([' ', '\n']).next().unwrap();
            return format!("{}{body}></{name}>{}", &xml[..start], &xml[end + 1..]);
        }
        Rewrite::EmptyElement => tag.to_owned(),
    };
    format!("{}{changed}{}", &xml[..start], &xml[end..])
}

fn any_rewrite() -> impl Strategy<Value = Rewrite> {
    prop_oneof![
        Just(Rewrite::SpaceInTags),
        Just(Rewrite::SingleQuotes),
        Just(Rewrite::UnusedNamespace),
        Just(Rewrite::CharacterReference),
        Just(Rewrite::EmptyElement),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]

    #[test]
    fn rewrites_that_keep_the_canonical_form_keep_the_identity(
        which in 0_usize..3,
        rewrites in proptest::collection::vec((any_rewrite(), any::<usize>()), 1..6),
    ) {
        let mut xml = GOOD[which].clone();
        for (how, at) in rewrites {
            let changed = rewrite(&xml, how, at);
            // The same unused declaration twice on one element is not well-formed, and so no such rewrite.
            if !changed.contains("xmlns:unused=\"urn:unused\" xmlns:unused") {
                xml = changed;
            }
        }
        check(&xml)?;
    }

    #[test]
    fn changed_bytes_never_change_the_identity(
        which in 0_usize..3,
        edits in proptest::collection::vec((any::<usize>(), any::<u8>(), 0_u8..3), 1..4),
    ) {
        let mut bytes = GOOD[which].clone().into_bytes();
        for (at, byte, kind) in edits {
            let at = at % bytes.len();
            match kind {
                0 => bytes[at] = byte,
                1 => bytes.insert(at, byte),
                _ => { bytes.remove(at); }
            }
        }
        if let Ok(xml) = String::from_utf8(bytes) {
            check(&xml)?;
        }
    }

    #[test]
    fn moved_and_doubled_elements_never_change_the_identity(
        which in 0_usize..3,
        from in any::<usize>(),
        to in any::<usize>(),
        keep in any::<bool>(),
    ) {
        let xml = &GOOD[which];
        let names = ["saml:Assertion", "saml:Subject", "saml:NameID", "saml:Conditions", "saml:AuthnStatement",
            "saml:AttributeStatement", "saml:Attribute", "ds:Signature", "ds:SignedInfo", "ds:Reference", "samlp:Status",
            "saml:Issuer", "ds:KeyInfo", "ds:DigestValue"];
        let name = names[from % names.len()];
        if !xml.contains(&format!("<{name}")) {
            return Ok(());
        }
        let moved = element(xml, name).to_owned();
        let rest = if keep { xml.clone() } else { xml.replacen(&moved, "", 1) };
        let places: Vec<usize> = rest.match_indices('>').map(|(index, _)| index + 1).collect();
        let at = places[to % (places.len() - 1)];
        check(&format!("{}{moved}{}", &rest[..at], &rest[at..]))?;
    }
}

#[test]
fn every_single_rewrite_of_the_canonical_kind_is_accepted() {
    let good = &GOOD[0];
    for how in [
        Rewrite::SpaceInTags,
        Rewrite::SingleQuotes,
        Rewrite::UnusedNamespace,
        Rewrite::EmptyElement,
    ] {
        let accepted = (0..40).filter(|at| check(&rewrite(good, how, *at)).unwrap()).count();
        assert_eq!(
            accepted, 40,
            "{how:?} keeps the canonical form, so the signature must still hold"
        );
    }
}
