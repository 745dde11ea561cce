//! The folder of a demonstration, told apart from every other by a marker.
//!
//! Setting up writes accounts whose passwords everyone knows, and beginning anew deletes keys: neither may ever happen to
//! the data of a real deployment.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use thiserror::Error;

/// The file that says whose folder it is.
const MARKER: &str = "wardkey-demonstration";
/// What is in the marker, for whoever finds it.
const MARKER_TEXT: &str = "This folder belongs to `wardkey demo`, which may delete what it wrote here.\n";
/// What a demonstration writes, beside the marker.
const WRITTEN: [&str; 9] = [
    "control.db",
    "control.db-wal",
    "control.db-shm",
    "tenants.db",
    "tenants.db-wal",
    "tenants.db-shm",
    "master.key",
    "tenants",
    super::inferno::FOLDER,
];

/// Why a folder is not used. Each says what to do.
#[derive(Debug, Error)]
pub enum FolderError {
    /// Something else is in it.
    #[error(
        "{0} holds something else than a demonstration, which is left alone; choose another folder with --data, or \
         delete it yourself"
    )]
    Foreign(PathBuf),
    /// It cannot be read or written.
    #[error("cannot use the folder {path}: {source}")]
    Io {
        /// What was used.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
}

fn failed(path: &Path) -> impl Fn(io::Error) -> FolderError {
    |source| FolderError::Io {
        path: path.to_path_buf(),
        source,
    }
}

/// Makes the folder a demonstration's, if it is new or empty, or is one already.
pub(super) fn claim(folder: &Path) -> Result<(), FolderError> {
    let marker = folder.join(MARKER);
    if marker.exists() {
        return Ok(());
    }
    fs::create_dir_all(folder).map_err(failed(folder))?;
    if fs::read_dir(folder).map_err(failed(folder))?.next().is_some() {
        return Err(FolderError::Foreign(folder.to_path_buf()));
    }
    fs::write(&marker, MARKER_TEXT).map_err(failed(&marker))
}

/// Deletes what a demonstration wrote, and nothing else. The marker stays until last, so that a run that was cut off can
/// be repeated.
pub(super) fn clear(folder: &Path) -> Result<(), FolderError> {
    claim(folder)?;
    for name in WRITTEN {
        let path = folder.join(name);
        let removed = if path.is_dir() {
            fs::remove_dir_all(&path)
        } else {
            fs::remove_file(&path)
        };
        match removed {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed(&path)(error)),
            _ => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_folder_is_claimed_and_known_again() {
        let parent = tempfile::tempdir().unwrap();
        let folder = parent.path().join("data/demo");
        claim(&folder).unwrap();
        fs::write(folder.join("control.db"), "rows").unwrap();
        claim(&folder).unwrap();
    }

    #[test]
    fn the_data_of_a_deployment_are_neither_used_nor_deleted() {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("control.db");
        fs::write(&database, "real").unwrap();
        assert!(matches!(claim(folder.path()), Err(FolderError::Foreign(_))));
        assert!(matches!(clear(folder.path()), Err(FolderError::Foreign(_))));
        assert_eq!(fs::read_to_string(&database).unwrap(), "real");
    }

    #[test]
    fn clearing_deletes_what_a_demonstration_wrote_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        claim(folder.path()).unwrap();
        for name in ["control.db", "control.db-wal", "master.key", "notes.txt"] {
            fs::write(folder.path().join(name), "x").unwrap();
        }
        fs::create_dir(folder.path().join("tenants")).unwrap();
        clear(folder.path()).unwrap();
        let left = fs::read_dir(folder.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name());
        let mut left: Vec<_> = left.map(|name| name.into_string().unwrap()).collect();
        left.sort();
        assert_eq!(left, ["notes.txt", MARKER]);
    }
}
