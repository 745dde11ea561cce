//! English on a page that is in another language: what nobody translated.

/// Words that make up English sentences and stand in no Spanish one.
const ENGLISH: [&str; 78] = [
    "the", "is", "are", "was", "were", "be", "been", "being", "and", "or", "of", "with", "not", "have", "this", "that",
    "these", "those", "for", "from", "its", "it", "to", "in", "on", "at", "an", "which", "who", "whose", "when",
    "where", "what", "why", "how", "cannot", "must", "may", "will", "would", "should", "your", "you", "they", "their",
    "there", "here", "than", "then", "after", "before", "without", "between", "into", "any", "each", "every", "nobody",
    "somebody", "until", "because", "too", "very", "does", "did", "yet", "but", "if", "out", "other", "another",
    "once", "only", "wrong", "missing", "failed", "unknown", "used",
];
/// Elements whose text is data, in whatever language it was written: values, names, what was typed.
const DATA: [&str; 6] = ["code", "pre", "script", "style", "textarea", "bdi"];
/// Elements without content (HTML, 13.1.2).
const VOID: [&str; 6] = ["br", "hr", "img", "input", "link", "meta"];
/// Attributes that are read to people.
const READ: [&str; 6] = ["aria-label", "title", "alt", "placeholder", "data-label", "data-copied"];

/// A text of a page.
#[derive(Debug, PartialEq, Eq)]
pub struct Found {
    /// The text.
    pub text: String,
    /// Whether the page says that it is English.
    pub marked: bool,
}

struct Open {
    name: String,
    language: Option<String>,
    is_data: bool,
}

/// What is English on a page that is not: texts that are marked so, and those that read so and are not marked.
pub fn english_in(html: &str) -> Vec<Found> {
    let mut open: Vec<Open> = Vec::new();
    let mut found = Vec::new();
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        look_at(&rest[..at], &open, &mut found);
        let (tag, after) = rest[at + 1..].split_once('>').unwrap_or_default();
        rest = after;
        if let Some(name) = tag.strip_prefix('/') {
            if let Some(place) = open.iter().rposition(|element| element.name == name) {
                open.truncate(place);
            }
            continue;
        }
        let name = tag.split([' ', '\n', '/']).next().unwrap_or_default();
        if name.starts_with('!') {
            continue;
        }
        let element = Open {
            name: name.to_owned(),
            language: attribute(tag, "lang").map(str::to_owned),
            is_data: DATA.contains(&name) || attribute(tag, "dir") == Some("auto"),
        };
        open.push(element);
        for read in READ {
            look_at(attribute(tag, read).unwrap_or_default(), &open, &mut found);
        }
        if VOID.contains(&name) || tag.ends_with('/') {
            open.pop();
        }
    }
    found
}

fn look_at(text: &str, open: &[Open], found: &mut Vec<Found>) {
    let text = text.trim();
    if text.is_empty() || open.iter().any(|element| element.is_data) {
        return;
    }
    let language = open.iter().rev().find_map(|element| element.language.as_deref());
    let marked = language == Some("en");
    // A language's own name is written in it.
    if (marked && text != "English") || (!marked && reads_english(text)) {
        found.push(Found {
            text: text.to_owned(),
            marked,
        });
    }
}

/// Whether one of the words is an English one. What is part of a name, an address or a scope does not count.
fn reads_english(text: &str) -> bool {
    text.split_whitespace()
        .map(|word| word.trim_matches(|letter: char| ",.;:!?()«»“”'\"".contains(letter)))
        .any(|word| ENGLISH.contains(&word.to_ascii_lowercase().as_str()))
}

fn attribute<'tag>(tag: &'tag str, name: &str) -> Option<&'tag str> {
    let (_, rest) = tag.split_once(&format!(" {name}=\""))?;
    rest.split_once('"').map(|(value, _)| value)
}

#[test]
fn english_is_found_where_people_read_it() {
    let texts = |html: &str| -> Vec<(String, bool)> {
        let found = english_in(html).into_iter();
        found.map(|found| (found.text, found.marked)).collect()
    };
    let page = r#"<html lang="es"><p>Falta algo.</p><p>it is missing</p><input placeholder="the name"><code>of the</code>
        <a lang="en">English</a><p lang="en">Growth</p><p><bdi>The App</bdi> no vale: patient/X.rs of-the</p></html>"#;
    assert_eq!(
        texts(page),
        [
            ("it is missing".to_owned(), false),
            ("the name".to_owned(), false),
            ("Growth".to_owned(), true)
        ]
    );
}
