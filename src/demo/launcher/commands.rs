//! The same launch as commands for a shell.

use crate::demo::backstage::Backstage;
use crate::oauth::jose::KeyError;
use serde_json::Value;

/// Commands that get the EHR a token and register the launch. The assertion in them is new and good once.
pub(super) fn of(backstage: &Backstage, slug: &str, launch: &Value) -> Result<String, KeyError> {
    let form = backstage.ehr_token_request(slug)?;
    let form: Vec<String> = form
        .iter()
        .map(|(name, value)| format!(" \\\n  -d {name}={}", quoted(value)))
        .collect();
    let form = form.concat();
    let body = serde_json::to_string_pretty(launch).unwrap_or_default();
    Ok(format!(
        "TOKEN=$(curl -s {}{form} \\\n  | sed 's/.*\"access_token\":\"\\([^\"]*\\)\".*/\\1/')\n\n\
         curl -s {} -H \"Authorization: Bearer $TOKEN\" \\\n  -H 'Content-Type: application/json' -d {}",
        backstage.population.token_endpoint(slug),
        backstage.population.launch_endpoint(slug),
        quoted(&body),
    ))
}

/// One word of a shell, whatever is in it.
fn quoted(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._:/".contains(&byte);
    if !text.is_empty() && text.bytes().all(plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', "'\\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn nothing_in_a_word_ends_it() {
        assert_eq!(quoted(""), "''");
        assert_eq!(quoted("eyJ.a-b"), "eyJ.a-b");
        assert_eq!(quoted("it's; rm"), "'it'\\''s; rm'");
    }
}
