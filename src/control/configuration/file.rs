//! The file that declares a tenant's configuration, as written.

use crate::kernel::Secret;
use crate::store::control::Tier;
use serde::Deserialize;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use thiserror::Error;

/// Longest file, in bytes; also of files that it refers to.
const LONGEST_FILE: u64 = 4 * 1024 * 1024;

/// A tenant, declared. A section that is left out is not managed by the file; one that is there is the whole truth: what it does
/// not name is removed if an earlier apply made it, and settings that it does not name have their defaults.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TenantFile {
    /// The slug.
    pub tenant: String,
    /// The name people see.
    pub display_name: String,
    /// The contract.
    #[serde(default)]
    pub tier: Option<Tier>,
    /// Where a tenant that is created lives.
    #[serde(default)]
    pub placement: DeclaredPlacement,
    /// Members of the tenant's settings, named as `wardkey tenant show` names them.
    #[serde(default)]
    pub settings: Option<Map<String, Value>>,
    /// Lists that say which FHIR resource a user is, by name.
    #[serde(default)]
    pub fhir_users: Option<BTreeMap<String, DeclaredUsers>>,
    /// The ways to sign in.
    #[serde(default)]
    pub identity_providers: Option<Vec<DeclaredProvider>>,
    /// The apps: client metadata (RFC 7591 section 2) with our own members, and `client_secret` by reference.
    #[serde(default)]
    pub apps: Option<Vec<Map<String, Value>>>,
    /// What is published for patients' apps.
    #[serde(default)]
    pub brands: Option<Value>,
    /// Where the file is, so that references are found beside it.
    #[serde(skip)]
    pub folder: PathBuf,
    /// The name of the file, for messages.
    #[serde(skip)]
    pub path: PathBuf,
}

/// Where a tenant that is created lives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeclaredPlacement {
    /// In the database that tenants share.
    #[default]
    Shared,
    /// In a database of its own.
    Dedicated,
}

/// One way to sign in, declared.
#[derive(Clone, Debug, Deserialize)]
pub struct DeclaredProvider {
    /// Its name in addresses.
    pub alias: String,
    /// `oidc`, `saml` or `local`.
    pub kind: String,
    /// The words on the button.
    pub display_name: String,
    /// Our client secret there; the stored one stays when none is referred to.
    #[serde(default)]
    pub client_secret: Option<Reference>,
    /// The metadata of a SAML provider.
    #[serde(default)]
    pub metadata: Option<TextOrReference>,
    /// Every other member is one of the stored settings of its kind, such as `provider`, `mapping` and `offer`, which refuse what
    /// they do not know.
    #[serde(flatten)]
    pub document: Map<String, Value>,
}

/// The users of a list: where they are, or the users themselves.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum DeclaredUsers {
    /// In a file with a line `VALUE,Practitioner/ID` for each.
    Reference(Reference),
    /// The FHIR resource by the value that names the user.
    Entries(BTreeMap<String, String>),
}

/// Where a value is that does not belong into the file.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reference {
    /// In this file, whose path counts from the declaring file. A line break at its end is not part of it.
    File(PathBuf),
    /// In this variable of the environment.
    Env(String),
}

/// A text as it is, or where it is.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum TextOrReference {
    /// Where it is.
    Reference(Reference),
    /// The text.
    Text(String),
}

/// Why a file cannot be used. Each names the file, and the place in it.
#[derive(Debug, Error)]
pub enum FileError {
    /// It cannot be read.
    #[error("{}: {error}", .path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why not.
        error: std::io::Error,
    },
    /// It is larger than any declaration.
    #[error("{} is larger than {LONGEST_FILE} bytes", .0.display())]
    TooLong(PathBuf),
    /// It is not YAML of the right shape.
    #[error("{}: {problem}", .path.display())]
    Shape {
        /// The file.
        path: PathBuf,
        /// What is wrong, with line and column.
        problem: String,
    },
    /// Two files declare one tenant.
    #[error("{} and {} both declare the tenant {tenant}", .first.display(), .second.display())]
    Twice {
        /// The tenant.
        tenant: String,
        /// One file.
        first: PathBuf,
        /// The other.
        second: PathBuf,
    },
    /// There is no declaration.
    #[error("{} holds no .yaml, .yml or .json file", .0.display())]
    Nothing(PathBuf),
    /// A reference leads nowhere.
    #[error("{}: {member} refers to {what}, which is not there or is empty", .path.display())]
    Reference {
        /// The declaring file.
        path: PathBuf,
        /// The member with the reference.
        member: String,
        /// What it refers to.
        what: String,
    },
}

/// Reads one file, or every `.yaml`, `.yml` and `.json` file of a folder, in order of name. A file may hold several documents.
pub fn read(path: &Path) -> Result<Vec<TenantFile>, FileError> {
    let failed = |error| FileError::Read {
        path: path.to_owned(),
        error,
    };
    let mut paths = Vec::new();
    if path.is_dir() {
        for entry in std::fs::read_dir(path).map_err(failed)? {
            let entry = entry.map_err(failed)?.path();
            let declares = entry
                .extension()
                .and_then(|extension| extension.to_str())
                .is_some_and(|extension| matches!(extension, "yaml" | "yml" | "json"));
            if declares && entry.is_file() {
                paths.push(entry);
            }
        }
        paths.sort();
        if paths.is_empty() {
            return Err(FileError::Nothing(path.to_owned()));
        }
    } else {
        paths.push(path.to_owned());
    }
    let mut files: Vec<TenantFile> = Vec::new();
    for path in paths {
        for file in read_one(&path)? {
            if let Some(first) = files.iter().find(|first| first.tenant == file.tenant) {
                return Err(FileError::Twice {
                    tenant: file.tenant,
                    first: first.path.clone(),
                    second: path,
                });
            }
            files.push(file);
        }
    }
    Ok(files)
}

fn read_one(path: &Path) -> Result<Vec<TenantFile>, FileError> {
    let text = read_text(path)?;
    let mut files: Vec<TenantFile> = serde_saphyr::from_multiple(&text).map_err(|error| FileError::Shape {
        path: path.to_owned(),
        problem: error.to_string(),
    })?;
    for file in &mut files {
        path.clone_into(&mut file.path);
        file.folder = path.parent().map(Path::to_owned).unwrap_or_default();
    }
    Ok(files)
}

fn read_text(path: &Path) -> Result<String, FileError> {
    let failed = |error| FileError::Read {
        path: path.to_owned(),
        error,
    };
    if std::fs::metadata(path).map_err(failed)?.len() > LONGEST_FILE {
        return Err(FileError::TooLong(path.to_owned()));
    }
    std::fs::read_to_string(path).map_err(failed)
}

impl TenantFile {
    /// The secret that a member refers to.
    pub(super) fn secret(&self, member: &str, reference: &Reference) -> Result<Secret<String>, FileError> {
        let missing = |what: String| FileError::Reference {
            path: self.path.clone(),
            member: member.to_owned(),
            what,
        };
        let (text, what) = match reference {
            Reference::File(path) => {
                let path = self.folder.join(path);
                let what = path.display().to_string();
                (read_text(&path).map_err(|_| missing(what.clone()))?, what)
            }
            Reference::Env(name) => {
                let what = format!("the variable {name}");
                (std::env::var(name).map_err(|_| missing(what.clone()))?, what)
            }
        };
        let text = Secret::new(text);
        let trimmed = text.expose().trim_end_matches(['\r', '\n']);
        if trimmed.is_empty() {
            return Err(missing(what));
        }
        Ok(Secret::new(trimmed.to_owned()))
    }

    /// The text of a member that may be a reference.
    pub(super) fn text(&self, member: &str, text: &TextOrReference) -> Result<String, FileError> {
        match text {
            TextOrReference::Text(text) => Ok(text.clone()),
            TextOrReference::Reference(reference) => Ok(self.secret(member, reference)?.expose().clone()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder_with(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        folder
    }

    const NORTH: &str = "tenant: north\ndisplay_name: North\n";

    #[test]
    fn a_folder_is_read_in_order_of_name_and_other_files_are_left_alone() {
        let folder = folder_with(&[
            ("b.yaml", "tenant: south\ndisplay_name: South\n"),
            ("a.yml", NORTH),
            ("notes.txt", "not yaml: ["),
        ]);
        let files = read(folder.path()).unwrap();
        let slugs: Vec<_> = files.iter().map(|file| file.tenant.as_str()).collect();
        assert_eq!(slugs, ["north", "south"]);
    }

    #[test]
    fn one_file_may_hold_several_tenants() {
        let folder = folder_with(&[(
            "all.yaml",
            "tenant: north\ndisplay_name: N\n---\ntenant: south\ndisplay_name: S\n",
        )]);
        assert_eq!(read(&folder.path().join("all.yaml")).unwrap().len(), 2);
    }

    #[test]
    fn two_declarations_of_one_tenant_are_refused_with_both_files() {
        let folder = folder_with(&[("a.yaml", NORTH), ("b.yaml", NORTH)]);
        let text = read(folder.path()).unwrap_err().to_string();
        assert!(text.contains("a.yaml") && text.contains("b.yaml"), "{text}");
    }

    #[test]
    fn a_misspelt_section_is_refused_with_its_line() {
        let folder = folder_with(&[("a.yaml", "tenant: north\ndisplay_name: N\napp: []\n")]);
        let text = read(folder.path()).unwrap_err().to_string();
        assert!(text.contains("app") && text.contains('3'), "{text}");
    }

    #[test]
    fn an_empty_folder_is_a_mistake() {
        let folder = folder_with(&[]);
        assert!(matches!(read(folder.path()), Err(FileError::Nothing(_))));
    }

    #[test]
    fn a_secret_is_found_beside_the_file_and_loses_its_last_line_break() {
        let folder = folder_with(&[("a.yaml", NORTH), ("secret.txt", "s3cret\n"), ("empty.txt", "\n")]);
        let file = read(folder.path()).unwrap().remove(0);
        let found = |name: &str| file.secret("client_secret", &Reference::File(name.into()));
        assert_eq!(found("secret.txt").unwrap().expose(), "s3cret");
        for name in ["empty.txt", "absent.txt"] {
            let text = found(name).err().unwrap().to_string();
            assert!(text.contains("client_secret") && text.contains(name), "{text}");
        }
    }
}
