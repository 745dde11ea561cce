//! The short codes of refusals, read from our own source: every text that a check can be named by.
//!
//! A code is written as a literal where an error is made, so that it can be found here: as the argument `reason` of a function
//! or closure, as an arm of a function `reason`, or as a constant that is passed on.

use super::source::SourceFile;
use std::collections::{BTreeMap, HashMap};

/// Constructors of errors whose first or second argument is the code.
const CONSTRUCTORS: [(&str, usize); 18] = [
    ("OAuthError::new", 1),
    ("OAuthError::invalid_request", 0),
    ("OAuthError::invalid_client", 0),
    ("OAuthError::invalid_grant", 0),
    ("OAuthError::unauthorized_client", 0),
    ("OAuthError::invalid_scope", 0),
    ("OAuthError::access_denied", 0),
    ("OAuthError::invalid_token", 0),
    ("OAuthError::server_error", 0),
    ("OAuthError::temporarily_unavailable", 0),
    ("Self::invalid_request", 0),
    ("Self::invalid_grant", 0),
    ("Self::invalid_scope", 0),
    ("presented.refuse", 0),
    ("BearerRefusal::Invalid", 0),
    ("showing", 0),
    ("because", 0),
    ("internal_page", 1),
];

/// What reading the source found.
#[derive(Debug, Default)]
pub struct Found {
    /// Where each code is given, by code.
    pub codes: BTreeMap<String, Vec<String>>,
    /// Calls whose code cannot be read.
    pub unreadable: Vec<String>,
}

/// The codes of `files`, which are shipped code.
pub fn find(files: &[SourceFile]) -> Found {
    let mut found = Found::default();
    for file in files {
        let text = Text::of(file);
        let mut callers: HashMap<String, usize> = CONSTRUCTORS.map(|(name, at)| (name.to_owned(), at)).into();
        callers.extend(text.functions_with_reason());
        for (name, index) in callers {
            text.read_calls(&name, index, &mut found);
        }
        text.read_arms("fn reason(", &mut found);
        text.read_arms("fn shown(", &mut found);
    }
    found
}

/// Code whose literals are put back as marks `"n"`, so that places can be cut out and their literals still be known.
struct Text<'a> {
    path: &'a str,
    code: String,
    literals: &'a [String],
}

impl<'a> Text<'a> {
    fn of(file: &'a SourceFile) -> Self {
        let mut code = String::with_capacity(file.code.len());
        for (number, part) in file.code.split("\"\"").enumerate() {
            if number > 0 {
                let mark = number - 1;
                code.extend(["\"", &mark.to_string(), "\""]);
            }
            code.push_str(part);
        }
        Self {
            path: &file.path,
            code,
            literals: &file.literals,
        }
    }

    fn literal(&self, mark: &str) -> Option<&str> {
        let number: usize = mark.strip_prefix('"')?.strip_suffix('"')?.parse().ok()?;
        self.literals.get(number).map(String::as_str)
    }

    /// Functions and closures of this file that take `reason: &'static str`, with its place among the arguments.
    fn functions_with_reason(&self) -> Vec<(String, usize)> {
        let mut found = Vec::new();
        for (at, _) in self.code.match_indices("fn ") {
            let rest = &self.code[at + 3..];
            let name: String = rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            let Some(open) = rest.find('(') else { continue };
            let parameters = arguments(&rest[open..]);
            let parameters: Vec<_> = parameters.iter().filter(|text| !text.ends_with("self")).collect();
            if let Some(index) = parameters
                .iter()
                .position(|text| text.starts_with("reason: &'static str"))
                && self.path != "oauth/error.rs"
                && name != "because"
            {
                found.push((name, index));
            }
        }
        for (at, _) in self.code.match_indices("let ") {
            let rest = &self.code[at + 4..];
            let name: String = rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            let Some(closure) = rest[name.len()..].trim_start().strip_prefix('=') else {
                continue;
            };
            let closure = closure.trim_start();
            if ["|reason,", "|reason: &'static str", "|reason|"]
                .iter()
                .any(|opening| closure.starts_with(opening))
            {
                found.push((name, 0));
            }
        }
        found
    }

    fn read_calls(&self, name: &str, index: usize, found: &mut Found) {
        for (at, _) in self.code.match_indices(&format!("{name}(")) {
            let before = &self.code[..at];
            if before.ends_with(|c: char| c.is_alphanumeric() || c == '_') || before.ends_with("fn ") {
                continue;
            }
            let all = arguments(&self.code[at + name.len()..]);
            let Some(argument) = all.get(index) else { continue };
            self.read(argument, name, found);
        }
    }

    fn read(&self, argument: &str, caller: &str, found: &mut Found) {
        if let Some(code) = self.literal(argument) {
            found
                .codes
                .entry(code.to_owned())
                .or_default()
                .push(self.path.to_owned());
        } else if argument != "_" && argument.chars().all(|c| c.is_ascii_uppercase() || c == '_') {
            let opening = format!("const {argument}: &str = ");
            let value = self
                .code
                .split_once(&opening)
                .and_then(|(_, rest)| rest.split(';').next());
            match value.and_then(|mark| self.literal(mark)) {
                Some(code) => found
                    .codes
                    .entry(code.to_owned())
                    .or_default()
                    .push(self.path.to_owned()),
                None => found
                    .unreadable
                    .push(format!("src/{}: {caller}({argument})", self.path)),
            }
        } else if argument != "reason"
            && argument != "_"
            && !argument.ends_with("reason()")
            && !argument.ends_with(".shown()")
        {
            found
                .unreadable
                .push(format!("src/{}: {caller}({argument})", self.path));
        }
    }

    /// The literals of a function that names checks.
    fn read_arms(&self, opening: &str, found: &mut Found) {
        for (at, _) in self.code.match_indices(opening) {
            let rest = &self.code[at..];
            let Some(start) = rest.find('{') else { continue };
            let body = block(&rest[start..]);
            for arm in body.split("=>").skip(1) {
                let arm = arm.trim_start().split([',', '\n']).next().unwrap_or_default();
                if let Some(code) = self.literal(arm) {
                    found
                        .codes
                        .entry(code.to_owned())
                        .or_default()
                        .push(self.path.to_owned());
                }
            }
        }
    }
}

/// The text from an opening brace to the one that closes it.
fn block(text: &str) -> &str {
    let mut depth = 0;
    for (at, c) in text.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 1 => return &text[..at],
            '}' => depth -= 1,
            _ => {}
        }
    }
    text
}

/// The arguments of a call, from its opening parenthesis on.
fn arguments(text: &str) -> Vec<String> {
    let (mut depth, mut current, mut all) = (0, String::new(), Vec::new());
    for c in text.chars() {
        match c {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth -= 1,
            _ => {}
        }
        if depth == 0 || (depth == 1 && c == ',') {
            all.push(std::mem::take(&mut current).trim().to_owned());
        } else if !(depth == 1 && c == '(' && current.is_empty()) {
            current.push(c);
        }
        if depth == 0 {
            break;
        }
    }
    all.retain(|argument| !argument.is_empty());
    all
}

#[test]
fn codes_are_found_wherever_an_error_is_made() {
    let text = r#"
        const BOUND: &str = "by_constant";
        fn refused(code: u8, reason: &'static str) -> OAuthError { OAuthError::new(code, reason, "x") }
        fn reason(self) -> &'static str { match self { Self::A => "by_arm", Self::B(e) => e.reason() } }
        fn f() {
            let bad = |reason, text| OAuthError::invalid_grant(reason, text);
            bad("by_closure", "text");
            refused(g(1, 2), "by_function");
            OAuthError::invalid_request("by_constructor", format!("a {b}"));
            OAuthError::invalid_request(BOUND, "text");
            OAuthError::invalid_request(unknown, "text");
        }
    "#;
    let found = find(&[SourceFile::parse("issuer/x.rs", text)]);
    let codes: Vec<_> = found.codes.keys().map(String::as_str).collect();
    assert_eq!(
        codes,
        ["by_arm", "by_closure", "by_constant", "by_constructor", "by_function"]
    );
    assert_eq!(
        found.unreadable,
        ["src/issuer/x.rs: OAuthError::invalid_request(unknown)"]
    );
}
