//! The forms of a page, as much of them as it takes to fill one in and send it without a browser.

/// A form: where it goes and what it sends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HtmlForm {
    /// The `action`, or an empty text for the page's own address.
    pub action: String,
    /// Whether it is sent with POST.
    pub is_post: bool,
    /// Names and values, in the order of the page. Buttons and unticked boxes are left out, as a browser does.
    pub fields: Vec<(String, String)>,
}

impl HtmlForm {
    /// The forms of a page, in order.
    pub fn list(page: &str) -> Vec<Self> {
        page.split("<form")
            .skip(1)
            .map(|rest| Self::read(rest.split("</form").next().unwrap_or(rest)))
            .collect()
    }

    fn read(text: &str) -> Self {
        let (opening, inside) = text.split_once('>').unwrap_or((text, ""));
        let fields = inside.split("<input").skip(1).filter_map(|rest| {
            let tag = rest.split('>').next()?;
            let kind = attribute(tag, "type").unwrap_or_default();
            let ticked = !matches!(kind.as_str(), "checkbox" | "radio") || attribute(tag, "checked").is_some();
            let sent = ticked && !matches!(kind.as_str(), "submit" | "button" | "image" | "reset");
            sent.then(|| Some((attribute(tag, "name")?, attribute(tag, "value").unwrap_or_default())))?
        });
        let areas = inside.split("<textarea").skip(1).filter_map(|rest| {
            let (tag, rest) = rest.split_once('>')?;
            let text = rest.split("</textarea").next()?;
            Some((
                attribute(tag, "name")?,
                unescape(text.strip_prefix('\n').unwrap_or(text)),
            ))
        });
        let lists = inside.split("<select").skip(1).filter_map(|rest| {
            let (tag, rest) = rest.split_once('>')?;
            let options: Vec<&str> = rest.split("</select").next()?.split("<option").skip(1).collect();
            let tags = || options.iter().filter_map(|option| option.split('>').next());
            let chosen = tags().find(|tag| attribute(tag, "selected").is_some());
            let chosen = chosen.or_else(|| tags().next())?;
            Some((attribute(tag, "name")?, attribute(chosen, "value").unwrap_or_default()))
        });
        Self {
            action: attribute(opening, "action").unwrap_or_default(),
            is_post: attribute(opening, "method").is_some_and(|method| method.eq_ignore_ascii_case("post")),
            fields: fields.chain(areas).chain(lists).collect(),
        }
    }

    /// Sets a field, adding it where the page has none of that name (a button's value, for instance).
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.fields.retain(|(field, _)| field != name);
        self.fields.push((name.to_owned(), value.to_owned()));
        self
    }

    /// A field's value, or nothing.
    pub fn find(&self, name: &str) -> Option<&str> {
        self.fields
            .iter()
            .find(|(field, _)| field == name)
            .map(|(_, value)| value.as_str())
    }
}

/// An attribute's value in the text of a tag; empty for an attribute without a value.
fn attribute(tag: &str, name: &str) -> Option<String> {
    let mut rest = tag;
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == '/');
        if rest.is_empty() {
            return None;
        }
        let end = rest.find(|c: char| c.is_whitespace() || c == '=').unwrap_or(rest.len());
        let (found, after) = rest.split_at(end.max(1));
        let (value, after) = match after.strip_prefix('=') {
            None => ("", after),
            Some(after) => match after.chars().next() {
                Some(quote @ ('"' | '\'')) => after[1..].split_once(quote)?,
                _ => after.split_at(after.find(char::is_whitespace).unwrap_or(after.len())),
            },
        };
        if found.eq_ignore_ascii_case(name) {
            return Some(unescape(value));
        }
        rest = after;
    }
}

/// Named and numeric character references, as templates write them.
fn unescape(text: &str) -> String {
    let mut parts = text.split('&');
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let known = part.split_once(';').and_then(|(name, rest)| {
            let number = |digits: &str, radix| char::from_u32(u32::from_str_radix(digits, radix).ok()?);
            let character = match name {
                "amp" => '&',
                "lt" => '<',
                "gt" => '>',
                "quot" => '"',
                "apos" => '\'',
                _ => match name.strip_prefix("#x") {
                    Some(digits) => number(digits, 16)?,
                    None => number(name.strip_prefix('#')?, 10)?,
                },
            };
            Some((character, rest))
        });
        if let Some((character, rest)) = known {
            plain.push(character);
            plain.push_str(rest);
        } else {
            plain.push('&');
            plain.push_str(part);
        }
    }
    plain
}

#[test]
fn a_form_is_read_with_its_hidden_fields_and_without_its_buttons() {
    let page = r#"<form method=post action="/a?x=1&amp;y=2"><input type="hidden" name="csrf" value="&#x2F;&#34;z">
        <input name='login' required value=''><input type="checkbox" name="remember"><input type="radio" name="r" value="2" checked>
        <input type="submit" name="go" value="Go"></form>"#;
    let form = HtmlForm::list(page).remove(0).with("login", "ada");
    assert_eq!((form.action.as_str(), form.is_post), ("/a?x=1&y=2", true));
    let fields: Vec<_> = form
        .fields
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    assert_eq!(fields, [("csrf", "/\"z"), ("r", "2"), ("login", "ada")]);
}

#[test]
fn texts_and_lists_are_sent_as_they_stand() {
    let page = r#"<form><textarea name="t" rows=2>a &amp; b</textarea><select name="s"><option value="1">One</option>
        <option value="2" selected>Two</option></select><select name="u"><option value="x">X</option></select></form>"#;
    let form = HtmlForm::list(page).remove(0);
    let sent = [form.find("t"), form.find("s"), form.find("u")];
    assert_eq!(sent, [Some("a & b"), Some("2"), Some("x")]);
}
