//! Rules that every page keeps, checked on every page in every language.

use super::samples::{self, HOSTILE, Sample};
use super::*;
use crate::web::{Language, static_files};
use std::collections::HashSet;

#[path = "../../../tests/it/support/english.rs"]
mod english;

fn escaped(text: &str) -> String {
    let mut out = String::new();
    for letter in text.chars() {
        match letter {
            '<' => out.push_str("&#60;"),
            '>' => out.push_str("&#62;"),
            '&' => out.push_str("&#38;"),
            '"' => out.push_str("&#34;"),
            '\'' => out.push_str("&#39;"),
            other => out.push(other),
        }
    }
    out
}

/// The opening tags of a page, attributes included. Attribute values hold no `>`: it is escaped.
fn tags(html: &str) -> Vec<&str> {
    html.split('<')
        .skip(1)
        .filter_map(|rest| rest.split_once('>'))
        .map(|(tag, _)| tag)
        .filter(|tag| !tag.starts_with('/'))
        .collect()
}

fn attribute<'a>(tag: &'a str, name: &str) -> Option<&'a str> {
    let start = format!(" {name}=\"");
    tag.split_once(start.as_str())
        .and_then(|(_, rest)| rest.split_once('"'))
        .map(|(value, _)| value)
}

fn every_page(check: impl Fn(&Sample)) {
    let samples = samples::all();
    assert!(samples.len() > 200, "{} samples", samples.len());
    samples.iter().for_each(check);
}

#[test]
fn every_page_has_exactly_one_h1_and_one_main() {
    every_page(|sample| {
        for name in ["h1", "main", "header", "footer"] {
            let count = tags(&sample.html)
                .into_iter()
                .filter(|tag| tag.split(' ').next() == Some(name))
                .count();
            assert_eq!(count, 1, "{name} in {}", sample.name);
        }
    });
}

/// The heading of a page, and whether it is the name of something, which is the same in every language.
fn heading(sample: &Sample) -> (bool, &str) {
    let (_, heading) = sample.html.split_once("<h1").unwrap();
    let (attributes, heading) = heading.split_once('>').unwrap();
    let (heading, _) = heading.split_once("</h1>").unwrap();
    (attributes.contains("dir=\"auto\""), heading)
}

#[test]
fn every_title_names_the_page_and_the_tenant() {
    every_page(|sample| {
        let title = sample
            .html
            .split_once("<title>")
            .unwrap()
            .1
            .split_once("</title>")
            .unwrap()
            .0;
        let (_, heading) = heading(sample);
        assert_eq!(
            title,
            format!("{heading} – {}", escaped(&sample.tenant)),
            "{}",
            sample.name
        );
    });
}

#[test]
fn every_page_declares_its_language_and_direction() {
    every_page(|sample| {
        let expected = format!("<html lang=\"{}\" dir=\"ltr\">", sample.language.tag());
        assert!(
            sample.html.starts_with("<!doctype html>") && sample.html.contains(&expected),
            "{}",
            sample.name
        );
    });
}

#[test]
fn every_page_says_something_else_in_each_language() {
    let samples = samples::all();
    for one in samples.iter().filter(|sample| sample.language == Language::English) {
        let other = samples
            .iter()
            .find(|other| other.language == Language::Spanish && other.name == one.name)
            .unwrap();
        let ((is_name, heading_of_one), (_, heading_of_other)) = (heading(one), heading(other));
        if is_name {
            assert_ne!(one.html, other.html, "{}", one.name);
        } else {
            assert_ne!(heading_of_one, heading_of_other, "{}", one.name);
        }
    }
}

/// Samples with something that stays English, with the reason.
const STAYS_ENGLISH: [(&str, &str); 3] = [
    ("console_connect", "a product's own names of its fields"),
    ("error", "what the protocol tells developers"),
    (
        "console_app_keys",
        "why an address was not reached is told by other programs",
    ),
];

#[test]
fn what_people_read_on_a_spanish_page_is_spanish() {
    let mut found = Vec::new();
    let samples = samples::all();
    let spanish = samples.iter().filter(|sample| sample.language == Language::Spanish);
    // What is typed in the other kinds of samples is no sentence in any language, and the demonstration's people are English.
    let data = |name: &str| name.ends_with("-hostile") || name.ends_with("-long") || name.starts_with("demo_");
    for sample in spanish.filter(|sample| !data(&sample.name)) {
        let stays = STAYS_ENGLISH.iter().any(|(name, _)| sample.name.starts_with(name));
        let texts = english::english_in(&sample.html).into_iter();
        let texts = texts.filter(|text| !(stays && text.marked));
        found.extend(texts.map(|text| format!("{}: {}", sample.name, text.text)));
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn every_visible_input_has_a_label() {
    every_page(|sample| {
        for tag in tags(&sample.html).into_iter().filter(|tag| tag.starts_with("input ")) {
            match attribute(tag, "type").unwrap() {
                "hidden" => {}
                "checkbox" | "radio" if !tag.contains("name=\"delivery\"") => assert!(
                    sample.html.contains(&format!("<label class=\"tick\"><{tag}>")),
                    "{tag} in {}",
                    sample.name
                ),
                _ => {
                    let label = format!("<label for=\"{}\">", attribute(tag, "id").unwrap());
                    assert!(sample.html.contains(&label), "{tag} in {}", sample.name);
                }
            }
        }
    });
}

#[test]
fn what_can_be_copied_can_be_copied() {
    every_page(|sample| {
        if sample.html.contains(" data-copy=") {
            assert!(sample.html.contains("copy.js"), "no script in {}", sample.name);
            assert!(
                sample.html.contains("data-copy-status"),
                "nothing is said in {}",
                sample.name
            );
        }
    });
}

#[test]
fn no_id_is_used_twice() {
    every_page(|sample| {
        let mut seen = HashSet::new();
        for id in tags(&sample.html).into_iter().filter_map(|tag| attribute(tag, "id")) {
            assert!(seen.insert(id), "{id} in {}", sample.name);
        }
    });
}

#[test]
fn no_page_has_inline_script_style_or_handlers() {
    every_page(|sample| {
        for tag in tags(&sample.html) {
            let name = tag.split(' ').next().unwrap();
            assert_ne!(name, "style", "{}", sample.name);
            assert_eq!(attribute(tag, "style"), None, "{tag} in {}", sample.name);
            if name == "script" {
                assert!(attribute(tag, "src").is_some(), "{}", sample.name);
                assert!(sample.html.contains(&format!("<{tag}></script>")), "{}", sample.name);
            }
            // Without the values, which stand between quotes, what is left are the names of attributes.
            let names = tag.split('"').step_by(2).collect::<String>();
            assert!(!names.contains(" on"), "{tag} in {}", sample.name);
        }
    });
}

#[test]
fn nothing_is_loaded_from_another_origin() {
    every_page(|sample| {
        // Front-channel logout is the one thing that is somebody else's by its nature (OpenID Connect Front-Channel Logout).
        for tag in tags(&sample.html).into_iter().filter(|tag| !tag.starts_with("iframe ")) {
            let loads =
                attribute(tag, "src").or_else(|| tag.starts_with("link ").then(|| attribute(tag, "href")).flatten());
            if let Some(address) = loads {
                assert!(
                    address.starts_with('/') && !address.starts_with("//"),
                    "{address} in {}",
                    sample.name
                );
            }
            assert!(
                !tag.contains("srcset") && !tag.contains("javascript:"),
                "{tag} in {}",
                sample.name
            );
        }
    });
}

#[test]
fn every_static_file_a_page_names_exists() {
    every_page(|sample| {
        for tag in tags(&sample.html) {
            let address = attribute(tag, "src")
                .or_else(|| attribute(tag, "href"))
                .unwrap_or_default();
            if let Some(rest) = address.strip_prefix("/static/") {
                let (_, file) = rest.split_once('/').unwrap();
                assert!(static_files::exists(file), "{file} in {}", sample.name);
            }
        }
    });
}

#[test]
fn hostile_text_is_escaped_wherever_it_stands() {
    every_page(|sample| {
        assert!(
            !sample.html.contains("<script>") && !sample.html.contains("<img src=x"),
            "{}",
            sample.name
        );
        if sample.tenant == HOSTILE {
            assert!(sample.html.contains(&escaped(HOSTILE)), "{}", sample.name);
        }
    });
    let hostile = samples::all()
        .into_iter()
        .filter(|sample| sample.tenant == HOSTILE)
        .count();
    assert!(hostile > 50, "{hostile} hostile samples");
}

#[test]
fn every_form_of_ours_carries_a_token_and_the_apps_form_does_not() {
    every_page(|sample| {
        for form in sample.html.split("<form ").skip(1) {
            let form = form.split_once("</form>").unwrap().0;
            // A form that only asks changes nothing, and its token would stand in the address.
            let ours = !form.contains("data-form-post") && !form.contains("method=\"get\"");
            // Nobody is signed in at the developers' pages: there is nobody in whose name a form could be forged.
            let ours = ours && !sample.name.starts_with("developers_");
            assert_eq!(form.contains("name=\"csrf\""), ours, "{}", sample.name);
        }
    });
}

#[test]
fn every_page_stays_small() {
    every_page(|sample| {
        // The list of every short code is a reference, read rarely and by developers.
        let most = if sample.name.starts_with("error_codes") {
            60_000
        } else if sample.name.starts_with("console_") {
            // Lists of fifty, and charts.
            50_000
        } else {
            14_000
        };
        assert!(sample.html.len() < most, "{}: {} bytes", sample.name, sample.html.len());
    });
}

#[test]
fn a_failed_sign_in_keeps_the_user_name_and_never_the_password() {
    let failed = samples::all()
        .into_iter()
        .find(|sample| sample.name == "sign_in-wrong")
        .unwrap();
    assert!(failed.html.contains("value=\"ana.ruiz\""));
    let password = tags(&failed.html)
        .into_iter()
        .find(|tag| attribute(tag, "id") == Some("password"))
        .unwrap();
    assert_eq!(attribute(password, "value"), None);
    assert_eq!(attribute(password, "aria-describedby"), Some("problem"));
}

#[test]
fn patients_of_one_name_are_marked_and_others_are_not() {
    let results = samples::all()
        .into_iter()
        .find(|sample| sample.name == "patient_picker-results")
        .unwrap();
    assert_eq!(
        results.html.matches("class=\"caution\"").count(),
        2,
        "both of the two, and none of the other three"
    );
    assert!(results.html.contains("<code>4471</code>") && results.html.contains("<code>9028</code>"));
}

#[test]
fn a_search_sends_no_name_in_the_address() {
    let picker = samples::all()
        .into_iter()
        .find(|sample| sample.name == "patient_picker-first")
        .unwrap();
    assert!(
        tags(&picker.html)
            .into_iter()
            .filter(|tag| tag.starts_with("form "))
            .all(|tag| attribute(tag, "method") == Some("post"))
    );
}

#[test]
fn allow_and_deny_look_the_same() {
    let consent = samples::all()
        .into_iter()
        .find(|sample| sample.name == "consent")
        .unwrap();
    let buttons: Vec<_> = tags(&consent.html)
        .into_iter()
        .filter(|tag| attribute(tag, "name") == Some("decision"))
        .collect();
    assert_eq!(buttons.len(), 2);
    assert_eq!(attribute(buttons[0], "class"), attribute(buttons[1], "class"));
}

#[test]
fn every_problem_has_a_code_of_its_own_and_an_error_status() {
    let codes: HashSet<_> = Problem::ALL.into_iter().map(Problem::code).collect();
    assert_eq!(codes.len(), Problem::ALL.len());
    assert!(Problem::ALL.into_iter().all(|problem| problem.status().as_u16() >= 400));
}

/// Pages to look at: with `WARDKEY_PAGES_DIR` set, every sample is also written there as a file.
#[test]
fn samples_have_names_of_their_own() {
    let samples = samples::all();
    let names: HashSet<_> = samples
        .iter()
        .map(|sample| (sample.name.as_str(), sample.language))
        .collect();
    assert_eq!(names.len(), samples.len());
    if let Ok(folder) = std::env::var("WARDKEY_PAGES_DIR") {
        for sample in &samples {
            let file = format!("{folder}/{}.{}.html", sample.name, sample.language.tag());
            std::fs::write(file, &sample.html).unwrap();
        }
    }
}
