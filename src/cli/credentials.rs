//! What `wardkey login` keeps: contexts, each a server with a token for it, in a file that only its owner can read.

use super::CliError;
use crate::kernel::Secret;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io::Write as _;
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A token is renewed this long before it ends.
const EARLY: Duration = Duration::from_secs(20);

/// A server, and the tokens for it.
#[derive(Clone)]
pub(super) struct Context {
    /// The server's public base URL.
    pub(super) server: String,
    /// The tenant that is meant when none is named.
    pub(super) tenant: Option<String>,
    /// The issuer of the tokens.
    pub(super) issuer: String,
    /// The client that they were given to.
    pub(super) client_id: String,
    /// The access token.
    pub(super) access_token: Secret<String>,
    /// The refresh token, if there is one.
    pub(super) refresh_token: Option<Secret<String>>,
    /// When the access token ends, in seconds since 1970; `None` where that is not known.
    pub(super) expires_at: Option<u64>,
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredContext {
    server: String,
    tenant: Option<String>,
    issuer: String,
    client_id: String,
    access_token: String,
    refresh_token: Option<String>,
    expires_at: Option<u64>,
}

#[derive(Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    current: Option<String>,
    contexts: BTreeMap<String, StoredContext>,
}

/// The file.
pub(super) struct CredentialsFile {
    path: PathBuf,
    stored: Stored,
}

/// Seconds since 1970 by this machine's clock: a token's life is measured where it is used.
#[expect(
    clippy::disallowed_methods,
    reason = "a command that ends at once has no injected clock"
)]
pub(super) fn now() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs())
}

impl Context {
    /// Whether the access token has ended, or will in a moment.
    pub(super) fn is_expired(&self) -> bool {
        self.expires_at.is_some_and(|end| end <= now() + EARLY.as_secs())
    }
}

impl From<StoredContext> for Context {
    fn from(stored: StoredContext) -> Self {
        Self {
            server: stored.server,
            tenant: stored.tenant,
            issuer: stored.issuer,
            client_id: stored.client_id,
            access_token: Secret::new(stored.access_token),
            refresh_token: stored.refresh_token.map(Secret::new),
            expires_at: stored.expires_at,
        }
    }
}

impl CredentialsFile {
    /// Reads it; it need not be there.
    pub(super) fn open() -> Result<Self, CliError> {
        let folder = std::env::var_os("XDG_CONFIG_HOME")
            .filter(|folder| !folder.is_empty())
            .map(PathBuf::from)
            .or_else(|| std::env::var_os("HOME").map(|home| Path::new(&home).join(".config")))
            .ok_or_else(|| CliError::Input("HOME is not set: there is no place for credentials".into()))?;
        Self::at(folder.join("wardkey").join("credentials.json"))
    }

    fn at(path: PathBuf) -> Result<Self, CliError> {
        let problem = |error: &dyn std::fmt::Display| CliError::Input(format!("{}: {error}", path.display()));
        let stored = match std::fs::read_to_string(&path) {
            Ok(text) => {
                let mode = std::fs::metadata(&path)
                    .map_err(|error| problem(&error))?
                    .permissions()
                    .mode();
                if mode & 0o077 != 0 {
                    let text = "others can read this file of tokens; make it yours with `chmod 600`";
                    return Err(problem(&text));
                }
                serde_json::from_str(&text).map_err(|error| problem(&error))?
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Stored::default(),
            Err(error) => return Err(problem(&error)),
        };
        Ok(Self { path, stored })
    }

    /// The context with this name, or the current one. None when there is none at all.
    pub(super) fn find(&self, name: Option<&str>) -> Result<Option<(String, Context)>, CliError> {
        let Some(wanted) = name.or(self.stored.current.as_deref()) else {
            return Ok(None);
        };
        let stored = self.stored.contexts.get(wanted).ok_or_else(|| {
            CliError::Input(format!(
                "there is no context {wanted}; `wardkey login --context {wanted}` makes it"
            ))
        })?;
        Ok(Some((wanted.to_owned(), stored.clone().into())))
    }

    /// Makes a context the one that is meant when none is named.
    pub(super) fn select(&mut self, name: &str) -> Result<(), CliError> {
        self.stored.current = Some(name.to_owned());
        self.write()
    }

    /// Keeps a context under a name.
    pub(super) fn store(&mut self, name: &str, context: &Context) -> Result<(), CliError> {
        let stored = StoredContext {
            server: context.server.clone(),
            tenant: context.tenant.clone(),
            issuer: context.issuer.clone(),
            client_id: context.client_id.clone(),
            access_token: context.access_token.expose().clone(),
            refresh_token: context.refresh_token.as_ref().map(|token| token.expose().clone()),
            expires_at: context.expires_at,
        };
        self.stored.contexts.insert(name.to_owned(), stored);
        self.write()
    }

    /// Forgets a context. False when it is not there.
    pub(super) fn remove(&mut self, name: &str) -> Result<bool, CliError> {
        let removed = self.stored.contexts.remove(name).is_some();
        if self.stored.current.as_deref() == Some(name) {
            self.stored.current = None;
        }
        self.write()?;
        Ok(removed)
    }

    /// Written beside and moved into place: a run that is cut off leaves the old file or the new one.
    fn write(&self) -> Result<(), CliError> {
        let problem = |error: &dyn std::fmt::Display| CliError::Failed(format!("{}: {error}", self.path.display()));
        let folder = self.path.parent().unwrap_or(Path::new("."));
        std::fs::create_dir_all(folder).map_err(|error| problem(&error))?;
        let text = serde_json::to_string_pretty(&self.stored).map_err(|error| problem(&error))?;
        let beside = self.path.with_extension(format!("{}.new", std::process::id()));
        let mut file = std::fs::OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&beside)
            .map_err(|error| problem(&error))?;
        file.write_all(text.as_bytes())
            .and_then(|()| file.sync_all())
            .map_err(|error| problem(&error))?;
        std::fs::rename(&beside, &self.path).map_err(|error| problem(&error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn context() -> Context {
        Context {
            server: "https://auth.test".into(),
            tenant: None,
            issuer: "https://auth.test/platform/auth".into(),
            client_id: "wardkey-cli".into(),
            access_token: Secret::new("token".into()),
            refresh_token: None,
            expires_at: None,
        }
    }

    #[test]
    fn tokens_are_kept_where_only_their_owner_reads_them() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("wardkey/credentials.json");
        let mut file = CredentialsFile::at(path.clone()).unwrap();
        file.store("prod", &context()).unwrap();
        assert!(file.find(None).unwrap().is_none());
        file.select("prod").unwrap();
        file.store("staging", &context()).unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let read = CredentialsFile::at(path.clone()).unwrap();
        let (name, found) = read.find(None).unwrap().unwrap();
        assert_eq!((name.as_str(), found.access_token.expose().as_str()), ("prod", "token"));
        assert!(read.find(Some("other")).is_err());
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
        assert!(CredentialsFile::at(path).is_err());
    }

    #[test]
    fn a_context_that_is_forgotten_is_gone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("credentials.json");
        let mut file = CredentialsFile::at(path.clone()).unwrap();
        file.store("prod", &context()).unwrap();
        assert!(file.remove("prod").unwrap());
        assert!(!file.remove("prod").unwrap());
        assert!(CredentialsFile::at(path).unwrap().find(None).unwrap().is_none());
    }
}
