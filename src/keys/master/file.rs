//! The master key in a file of mode 0600, created at first start.

use super::MasterKey;
use crate::kernel::Entropy;
use crate::keys::envelope::EnvelopeError;
use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use thiserror::Error;

/// Why the key file could not be used. Each says what to do.
#[derive(Debug, Error)]
pub enum KeyFileError {
    /// Reading or writing failed.
    #[error("cannot use the master key file {path}: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// Others than the owner may read it.
    #[error("the master key file {path} can be read by others (mode {mode:o}); run: chmod 600 {path}")]
    Exposed {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// The content is not a key.
    #[error("the master key file {path} does not hold a key (base64 of 32 bytes)")]
    Content {
        /// The file.
        path: PathBuf,
    },
    /// A key could not be made.
    #[error(transparent)]
    Envelope(#[from] EnvelopeError),
}

/// What [`open_or_create`] found.
#[derive(Debug)]
pub struct KeyFile {
    /// The key.
    pub key: MasterKey,
    /// True when the file did not exist and was written now; the operator should back it up.
    pub created: bool,
}

/// Opens the key file, or writes a new one that only the owner can read.
///
/// Creation is exclusive: of two processes starting at once, one writes and the other reads what was written.
pub fn open_or_create(path: &Path, entropy: &dyn Entropy) -> Result<KeyFile, KeyFileError> {
    match open(path) {
        Err(KeyFileError::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound => create(path, entropy),
        other => other.map(|key| KeyFile { key, created: false }),
    }
}

/// Opens an existing key file.
pub fn open(path: &Path) -> Result<MasterKey, KeyFileError> {
    let io = |source| KeyFileError::Io {
        path: path.to_path_buf(),
        source,
    };
    let mode = fs::metadata(path).map_err(io)?.mode() & 0o777;
    if mode & 0o077 != 0 {
        return Err(KeyFileError::Exposed {
            path: path.to_path_buf(),
            mode,
        });
    }
    let text = crate::kernel::Secret::new(fs::read_to_string(path).map_err(io)?);
    MasterKey::from_text(text.expose()).map_err(|_| KeyFileError::Content {
        path: path.to_path_buf(),
    })
}

/// Written to a temporary name, flushed, then linked into place: a crash leaves either no key file or a whole one.
fn create(path: &Path, entropy: &dyn Entropy) -> Result<KeyFile, KeyFileError> {
    let io = |source| KeyFileError::Io {
        path: path.to_path_buf(),
        source,
    };
    let key = MasterKey::generate(entropy)?;
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(io)?;
    }
    let temporary = path.with_extension(format!("new-{}", std::process::id()));
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&temporary)
        .map_err(io)?;
    let written = writeln!(file, "{}", key.to_text().expose()).and_then(|()| file.sync_all());
    let placed = written.and_then(|()| fs::hard_link(&temporary, path));
    fs::remove_file(&temporary).map_err(io)?;
    match placed {
        Ok(()) => Ok(KeyFile { key, created: true }),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            open(path).map(|key| KeyFile { key, created: false })
        }
        Err(error) => Err(io(error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::SeededEntropy;
    use std::os::unix::fs::PermissionsExt as _;

    #[test]
    fn the_first_start_creates_a_private_file_and_the_second_reads_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys/master.key");
        let first = open_or_create(&path, &SeededEntropy::new(1)).unwrap();
        let second = open_or_create(&path, &SeededEntropy::new(2)).unwrap();
        assert!(first.created && !second.created);
        assert_eq!(first.key.id(), second.key.id());
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
    }

    #[test]
    fn a_file_that_others_can_read_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("master.key");
        open_or_create(&path, &SeededEntropy::new(1)).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        assert!(matches!(open(&path), Err(KeyFileError::Exposed { mode: 0o644, .. })));
    }

    #[test]
    fn a_file_without_a_key_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("master.key");
        fs::write(&path, "not a key\n").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        assert!(matches!(open(&path), Err(KeyFileError::Content { .. })));
    }
}
