//! Reading the configuration: defaults, then the file, then the environment.

use super::Config;
use super::reference::find_setting;
use std::path::{Path, PathBuf};
use thiserror::Error;
use toml::{Table, Value};

/// Environment variables of settings are `WARDKEY_<SECTION>__<KEY>`.
const PREFIX: &str = "WARDKEY_";
/// Variables with the prefix that are no settings.
const OTHER_VARIABLES: [&str; 3] = ["WARDKEY_MASTER_KEY", "WARDKEY_CONFIG", "WARDKEY_PAGES_DIR"];

/// Why the configuration cannot be used. Each says where to look.
#[derive(Debug, Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read the file {path}: {source}")]
    Read {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: std::io::Error,
    },
    /// The file is not TOML, or a key is unknown or of the wrong type.
    #[error("{0}")]
    Toml(String),
    /// A variable with the prefix is no setting.
    #[error(
        "the environment variable {0} is no setting; settings are WARDKEY_<SECTION>__<KEY>, as in WARDKEY_SERVER__LISTEN"
    )]
    Variable(String),
    /// A variable's text is not of the setting's type.
    #[error("the environment variable {name} takes a {kind}")]
    Value {
        /// The variable.
        name: String,
        /// The type, in words.
        kind: &'static str,
    },
    /// A setting is not safe or cannot work.
    #[error(transparent)]
    Unsafe(#[from] super::Unsafe),
}

/// Reads the configuration and checks it.
pub fn load(
    file: Option<&Path>,
    environment: impl IntoIterator<Item = (String, String)>,
) -> Result<Config, ConfigError> {
    let mut table = match file {
        Some(path) => read_file(path)?,
        None => Table::new(),
    };
    for (name, value) in environment {
        override_with(&mut table, &name, value)?;
    }
    let mut config: Config = Value::Table(table)
        .try_into()
        .map_err(|error: toml::de::Error| ConfigError::Toml(error.message().to_owned()))?;
    read_secret_file(&config.database.control_file, &mut config.database.control)?;
    read_secret_file(&config.database.shared_file, &mut config.database.shared)?;
    config.validate()?;
    Ok(config)
}

fn override_with(table: &mut Table, name: &str, value: String) -> Result<(), ConfigError> {
    let Some(rest) = name.strip_prefix(PREFIX) else {
        return Ok(());
    };
    if OTHER_VARIABLES.contains(&name) || rest.starts_with("TEST_") {
        return Ok(());
    }
    let unknown = || ConfigError::Variable(name.to_owned());
    let (section, key) = rest.split_once("__").ok_or_else(unknown)?;
    let (section, key) = (section.to_lowercase(), key.to_lowercase());
    let setting = find_setting(&section, &key).ok_or_else(unknown)?;
    // A variable is text; what it means is decided by the setting, not by how it looks.
    let typed = match setting.default {
        Some(Value::Boolean(_)) => value.parse().ok().map(Value::Boolean),
        Some(Value::Integer(_)) => value.parse().ok().map(Value::Integer),
        _ => Some(Value::String(value)),
    };
    let typed = typed.ok_or_else(|| ConfigError::Value {
        name: name.to_owned(),
        kind: setting.kind,
    })?;
    let section = table.entry(section).or_insert_with(|| Value::Table(Table::new()));
    let section = section.as_table_mut().ok_or_else(unknown)?;
    section.insert(key, typed);
    Ok(())
}

/// Reads the file, and names the line of a fault. The line itself is not shown: it may hold a password.
fn read_file(path: &Path) -> Result<Table, ConfigError> {
    let text = read_text(path)?;
    let fault = |error: &toml::de::Error| {
        let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
        let line = before.lines().count().max(1);
        ConfigError::Toml(format!("{}, line {line}: {}", path.display(), error.message()))
    };
    // The tree is made after the environment has been added; this look is for faults, while their place is known.
    toml::from_str::<Config>(&text).map_err(|error| fault(&error))?;
    text.parse::<Table>().map_err(|error| fault(&error))
}

fn read_text(path: &Path) -> Result<String, ConfigError> {
    std::fs::read_to_string(path).map_err(|source| ConfigError::Read {
        path: path.to_path_buf(),
        source,
    })
}

fn read_secret_file(path: &str, into: &mut String) -> Result<(), ConfigError> {
    if !path.is_empty() {
        let text = read_text(Path::new(path))?;
        text.trim().clone_into(into);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(variables: &[(&str, &str)]) -> Result<Config, ConfigError> {
        let safe = ("WARDKEY_SERVER__PUBLIC_URL", "https://auth.example.org");
        let all = std::iter::once(&safe).chain(variables);
        load(None, all.map(|(name, value)| ((*name).to_owned(), (*value).to_owned())))
    }

    fn file(text: &str) -> Result<Config, ConfigError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("wardkey.toml");
        std::fs::write(&path, text).unwrap();
        load(Some(&path), [])
    }

    #[test]
    fn the_environment_overrides_the_file() {
        let config = with(&[
            ("WARDKEY_SERVER__LISTEN", "127.0.0.1:9000"),
            ("WARDKEY_DATABASE__MAX_CONNECTIONS", "7"),
        ]);
        let config = config.unwrap();
        assert_eq!(config.server.listen, "127.0.0.1:9000");
        assert_eq!(config.database.max_connections, 7);
    }

    #[test]
    fn an_unknown_key_stops_the_start_and_is_named() {
        let error = file("[server]\npublic_url = \"https://a.example\"\nlisten_on = \"x\"\n")
            .unwrap_err()
            .to_string();
        assert!(error.contains("listen_on"), "{error}");
        let error = file("[sever]\nlisten = \"x\"\n").unwrap_err().to_string();
        assert!(error.contains("sever"), "{error}");
    }

    #[test]
    fn a_variable_that_is_no_setting_is_refused() {
        assert!(matches!(
            with(&[("WARDKEY_LISTEN", "x")]),
            Err(ConfigError::Variable(_))
        ));
        let error = with(&[("WARDKEY_SERVER__LISTEN_ON", "x")]).unwrap_err().to_string();
        assert!(error.contains("WARDKEY_SERVER__LISTEN_ON"), "{error}");
    }

    #[test]
    fn a_value_of_the_wrong_type_is_refused() {
        assert!(file("[database]\nmax_connections = \"many\"\n").is_err());
        let error = with(&[("WARDKEY_DATABASE__MAX_CONNECTIONS", "many")]).unwrap_err();
        assert!(matches!(error, ConfigError::Value { kind: "number", .. }), "{error}");
    }

    #[test]
    fn text_that_looks_like_a_number_stays_text_where_text_is_wanted() {
        let config = with(&[("WARDKEY_DATABASE__DEDICATED_FOLDER", "2026")]).unwrap();
        assert_eq!(config.database.dedicated_folder, "2026");
    }

    #[test]
    fn a_fault_in_the_file_is_placed_and_the_line_is_not_repeated() {
        let error = file("[database]\n\ncontrol = \"postgres://wardkey:hunter2@db/wardkey\" oops\n").unwrap_err();
        let error = error.to_string();
        assert!(error.contains("line 3"), "{error}");
        assert!(!error.contains("hunter2"), "{error}");
    }

    #[test]
    fn the_configuration_does_not_print_itself() {
        let config = with(&[("WARDKEY_DATABASE__CONTROL", "postgres://wardkey:hunter2@db/wardkey")]).unwrap();
        assert!(!format!("{config:?}").contains("hunter2"));
    }

    #[test]
    fn limits_of_nothing_and_filters_of_nonsense_are_refused() {
        assert!(matches!(
            with(&[("WARDKEY_DATABASE__MAX_CONNECTIONS", "0")]),
            Err(ConfigError::Unsafe(_))
        ));
        assert!(matches!(
            with(&[("WARDKEY_LOG__FILTER", "wardkey=loudly")]),
            Err(ConfigError::Unsafe(_))
        ));
    }

    #[test]
    fn a_plain_http_public_url_needs_the_development_switch() {
        let plain = ("WARDKEY_SERVER__PUBLIC_URL", "http://auth.example.org");
        assert!(matches!(with(&[plain]), Err(ConfigError::Unsafe(_))));
        assert!(with(&[plain, ("WARDKEY_SERVER__ALLOW_INSECURE_DEVELOPMENT", "true")]).is_ok());
    }

    #[test]
    fn a_secret_can_come_from_a_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("url");
        std::fs::write(&path, "postgres://wardkey:secret@localhost/wardkey\n").unwrap();
        let config = with(&[("WARDKEY_DATABASE__CONTROL_FILE", path.to_str().unwrap())]).unwrap();
        assert_eq!(config.database.control, "postgres://wardkey:secret@localhost/wardkey");
    }
}
