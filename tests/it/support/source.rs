//! Reading our own source: what is code, what is a literal, and what is neither.

use std::path::{Path, PathBuf};

/// One file of `src`.
#[derive(Debug)]
pub struct SourceFile {
    /// The path below `src`, with slashes.
    pub path: String,
    /// The code without comments, with every string literal emptied.
    pub code: String,
    /// The contents of the string literals, in order.
    pub literals: Vec<String>,
}

impl SourceFile {
    /// All files of `src`, sorted by path.
    pub fn list() -> Vec<Self> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        let mut paths = Vec::new();
        collect(&root, &mut paths);
        paths.sort();
        let read = |path: PathBuf| {
            let text = std::fs::read_to_string(&path).expect("a source file in UTF-8");
            let below = path.strip_prefix(&root).expect("a path below src");
            Self::parse(&below.to_string_lossy().replace('\\', "/"), &text)
        };
        paths.into_iter().map(read).collect()
    }

    /// Splits a file's text.
    pub fn parse(path: &str, text: &str) -> Self {
        let (code, literals) = split(text);
        Self {
            path: path.to_owned(),
            code,
            literals,
        }
    }

    /// The room that the file belongs to: the first folder, or the file itself; nothing for `lib.rs`.
    pub fn room(&self) -> Option<&str> {
        let first = self.path.split('/').next()?;
        match first.strip_suffix(".rs") {
            Some("lib") => None,
            Some(room) => Some(room),
            None => Some(first),
        }
    }

    /// Whether the whole file is test code.
    pub fn is_test(&self) -> bool {
        self.path.ends_with("/tests.rs") || self.path.contains("/tests/")
    }

    /// The code before the module of tests at the file's end, together with its literals.
    pub fn without_tests(&self) -> Self {
        let is_module = |at: &usize| {
            let opening = self.code[*at..].split_inclusive(['{', ';']).next().unwrap_or_default();
            opening.contains("mod ") && opening.ends_with('{')
        };
        let mut marks = self.code.match_indices("#[cfg(test)]").map(|(at, _)| at);
        let end = marks.find(is_module).unwrap_or(self.code.len());
        let code = self.code[..end].to_owned();
        let literals = self.literals[..code.matches("\"\"").count().min(self.literals.len())].to_vec();
        Self {
            path: self.path.clone(),
            code,
            literals,
        }
    }
}

fn collect(folder: &Path, paths: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a folder that can be read").flatten() {
        let path = entry.path();
        if path.is_dir() {
            collect(&path, paths);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            paths.push(path);
        }
    }
}

/// Code without comments and literals (each literal leaves `""`), and the literals.
fn split(text: &str) -> (String, Vec<String>) {
    let (mut code, mut literals) = (String::new(), Vec::new());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        if rest.starts_with("//") {
            rest = &rest[rest.find('\n').unwrap_or(rest.len())..];
        } else if rest.starts_with("/*") {
            rest = after_block_comment(rest);
        } else if let Some((literal, after)) = raw_string(rest, &code).or_else(|| string(rest)) {
            code.push_str("\"\"");
            literals.push(literal.to_owned());
            rest = after;
        } else if let Some(after) = character(rest) {
            code.push_str("' '");
            rest = after;
        } else {
            code.push(c);
            rest = &rest[c.len_utf8()..];
        }
    }
    (code, literals)
}

fn after_block_comment(text: &str) -> &str {
    let mut depth = 0;
    let mut rest = text;
    while !rest.is_empty() {
        if rest.starts_with("/*") {
            depth += 1;
            rest = &rest[2..];
        } else if rest.starts_with("*/") {
            depth -= 1;
            rest = &rest[2..];
            if depth == 0 {
                break;
            }
        } else {
            rest = &rest[rest.chars().next().map_or(0, char::len_utf8)..];
        }
    }
    rest
}

fn string(text: &str) -> Option<(&str, &str)> {
    let inside = text.strip_prefix('"')?;
    let mut escaped = false;
    for (at, c) in inside.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return Some((&inside[..at], &inside[at + 1..])),
            _ => {}
        }
    }
    None
}

/// `r"..."` and `r#"..."#`, unless the `r` ends a longer name.
fn raw_string<'text>(text: &'text str, before: &str) -> Option<(&'text str, &'text str)> {
    if before.ends_with(|c: char| c.is_alphanumeric() && c != 'b' || c == '_') {
        return None;
    }
    let after = text.strip_prefix('r')?;
    let hashes = after.len() - after.trim_start_matches('#').len();
    let inside = after[hashes..].strip_prefix('"')?;
    inside.split_once(&format!("\"{}", "#".repeat(hashes)))
}

/// A character literal, but not a lifetime.
fn character(text: &str) -> Option<&str> {
    let inside = text.strip_prefix('\'')?;
    let mut characters = inside.char_indices();
    let (_, first) = characters.next()?;
    if first == '\\' {
        let end = inside[2..].find('\'')? + 2;
        return Some(&inside[end + 1..]);
    }
    let (at, second) = characters.next()?;
    (second == '\'').then(|| &inside[at + 1..])
}

#[test]
fn comments_and_literals_are_told_from_code() {
    let text =
        "a /* x /* y */ \"z\" */ // \"b\"\nlet c = '\"'; f::<'a>(\"d \\\" // e\", r#\"g\"h\"#, '\\'', for_r\"i\");\n";
    let file = SourceFile::parse("store/tenant.rs", text);
    assert_eq!(file.code, "a  \nlet c = ' '; f::<'a>(\"\", \"\", ' ', for_r\"\");\n");
    assert_eq!(file.literals, ["d \\\" // e", "g\"h", "i"]);
    assert_eq!(file.room(), Some("store"));
}

#[test]
fn the_module_of_tests_is_left_out_with_its_literals() {
    let text = "#[cfg(test)]\nmod tests;\nf(\"a\");\n#[cfg(test)]\nmod more {\n f(\"b\");\n}\n";
    let shipped = SourceFile::parse("app.rs", text).without_tests();
    assert_eq!(
        (shipped.code.as_str(), shipped.literals.len()),
        ("#[cfg(test)]\nmod tests;\nf(\"\");\n", 1)
    );
}
