//! What a file asks for, checked, in the form in which it is compared with what is there.

use super::file::{DeclaredProvider, DeclaredUsers, FileError, TenantFile, TextOrReference};
use crate::control::fhir_users;
use crate::federation::saml::IdpMetadata;
use crate::federation::{LocalDocument, OidcDocument, SamlDocument, provider};
use crate::kernel::{Secret, Timestamp};
use crate::oauth::client::ClientStatus;
use crate::oauth::client_registration::ClientRegistration;
use crate::oauth::redirect_uri::RegisteredBy;
use crate::oauth::{Client, ClientId};
use crate::smart::brands::BrandsDocument;
use crate::store::tenant::{FhirUserEntry, ResourceKind, ResourceName};
use crate::tenant::TenantDocument;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::PathBuf;

/// The member that stands for a secret while states are compared.
pub(super) const SECRET: &str = "secret";
/// Its value where the stored secret is the declared one.
pub(super) const AS_DECLARED: &str = "as declared";

/// Something wrong with a declaration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The file.
    pub path: PathBuf,
    /// Where in it: `apps[growth-chart].redirect_uris`.
    pub member: String,
    /// What is wrong and what to do.
    pub problem: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}: {}", self.path.display(), self.member, self.problem)
    }
}

/// One thing that is asked for, ready to be made.
pub(super) enum Wanted {
    Settings(Box<TenantDocument>),
    FhirUsers(BTreeMap<String, String>),
    Oidc(DeclaredName, Box<OidcDocument>, Option<Secret<String>>),
    Saml(DeclaredName, Box<SamlDocument>, String),
    Local(DeclaredName, LocalDocument),
    App(Box<WantedApp>),
    Brands(BrandsDocument),
}

pub(super) struct DeclaredName {
    pub(super) alias: String,
    pub(super) display_name: String,
}

pub(super) struct WantedApp {
    pub(super) client_id: String,
    pub(super) registration: ClientRegistration,
    pub(super) status: ClientStatus,
    pub(super) secret: Option<Secret<String>>,
}

/// A thing that is asked for, and the state that it will have.
pub(super) struct Desired {
    pub(super) wanted: Wanted,
    pub(super) state: Value,
}

impl Desired {
    /// The secret that is declared for it, if one is.
    pub(super) const fn secret(&self) -> Option<&Secret<String>> {
        match &self.wanted {
            Wanted::Oidc(_, _, secret) => secret.as_ref(),
            Wanted::App(app) => app.secret.as_ref(),
            _ => None,
        }
    }
}

/// Everything that a file asks for.
pub(super) struct DesiredTenant {
    pub(super) resources: BTreeMap<ResourceName, Desired>,
    /// The kinds that the file manages.
    pub(super) managed: BTreeSet<ResourceKind>,
    pub(super) document: TenantDocument,
}

struct Reading<'a> {
    file: &'a TenantFile,
    now: Timestamp,
    faults: Vec<Fault>,
    resources: BTreeMap<ResourceName, Desired>,
}

/// Checks all of a file; on failure everything that is wrong with it. `current` are the settings in force, which stay when the
/// file does not manage them.
pub(super) fn read(
    file: &TenantFile,
    current: Option<&TenantDocument>,
    now: Timestamp,
) -> Result<DesiredTenant, Vec<Fault>> {
    let mut reading = Reading {
        file,
        now,
        faults: Vec::new(),
        resources: BTreeMap::new(),
    };
    let document = reading.settings(current);
    reading.fhir_users();
    reading.identity_providers();
    reading.apps(&document);
    reading.brands();
    if !reading.faults.is_empty() {
        return Err(reading.faults);
    }
    let sections = [
        (ResourceKind::Settings, true),
        (ResourceKind::FhirUsers, file.fhir_users.is_some()),
        (ResourceKind::IdentityProvider, file.identity_providers.is_some()),
        (ResourceKind::App, file.apps.is_some()),
        (ResourceKind::Brands, file.brands.is_some()),
    ];
    Ok(DesiredTenant {
        resources: reading.resources,
        managed: sections
            .into_iter()
            .filter(|(_, there)| *there)
            .map(|(kind, _)| kind)
            .collect(),
        document,
    })
}

impl Reading<'_> {
    fn fault(&mut self, member: impl Into<String>, problem: impl Into<String>) {
        self.faults.push(Fault {
            path: self.file.path.clone(),
            member: member.into(),
            problem: problem.into(),
        });
    }

    fn add(&mut self, name: ResourceName, desired: Desired) {
        let words = name.to_string();
        if self.resources.insert(name, desired).is_some() {
            self.fault(words, "is declared twice");
        }
    }

    fn settings(&mut self, current: Option<&TenantDocument>) -> TenantDocument {
        let named = |document: TenantDocument| TenantDocument {
            display_name: self.file.display_name.trim().to_owned(),
            ..document
        };
        // The name is the file's in any case; other settings stay when it does not manage them.
        let Some(members) = &self.file.settings else {
            let document = named(current.cloned().unwrap_or_default());
            return self.checked_settings(document);
        };
        if members.contains_key("display_name") {
            self.fault("settings.display_name", "stands beside `tenant`, not in the settings");
        }
        let document: TenantDocument = match serde_json::from_value(Value::Object(members.clone())) {
            Ok(document) => document,
            Err(error) => {
                self.fault("settings", error.to_string());
                return TenantDocument::default();
            }
        };
        self.checked_settings(named(document))
    }

    fn checked_settings(&mut self, document: TenantDocument) -> TenantDocument {
        if document.display_name.is_empty() {
            self.fault("display_name", "is empty; give the name that people know");
        }
        if let Err((member, problem)) = document.check() {
            self.fault(format!("settings.{member}"), problem);
        }
        let state = json!(document);
        let wanted = Wanted::Settings(Box::new(document.clone()));
        self.add(ResourceName::settings(), Desired { wanted, state });
        document
    }

    fn fhir_users(&mut self) {
        for (list, declared) in self.file.fhir_users.iter().flatten() {
            let member = format!("fhir_users[{list}]");
            let entries = match declared {
                DeclaredUsers::Reference(reference) => {
                    let text = self.file.text(&member, &TextOrReference::Reference(reference.clone()));
                    text.map_err(|error| error.to_string())
                        .and_then(|text| fhir_users::read_lines(&text))
                }
                DeclaredUsers::Entries(entries) => Ok(entries
                    .iter()
                    .map(|(value, fhir_user)| FhirUserEntry {
                        value: value.clone(),
                        fhir_user: fhir_user.clone(),
                    })
                    .collect()),
            };
            match entries.and_then(|entries| fhir_users::checked_list(list, &entries)) {
                // A list without entries is none.
                Ok(entries) if entries.is_empty() => {}
                Ok(entries) => {
                    let state = json!(entries);
                    let wanted = Wanted::FhirUsers(entries);
                    self.add(
                        ResourceName::of(ResourceKind::FhirUsers, list),
                        Desired { wanted, state },
                    );
                }
                Err(problem) => self.fault(member, problem),
            }
        }
    }

    fn identity_providers(&mut self) {
        for declared in self.file.identity_providers.iter().flatten() {
            let at = |member: &str| format!("identity_providers[{}].{member}", declared.alias);
            if let Err(error) = provider::check_alias(&declared.alias) {
                self.fault(at("alias"), error.to_string());
                continue;
            }
            if declared.display_name.trim().is_empty() {
                self.fault(at("display_name"), "is empty; give the words for the sign-in button");
            }
            let name = DeclaredName {
                alias: declared.alias.clone(),
                display_name: declared.display_name.clone(),
            };
            let made = match declared.kind.as_str() {
                provider::OIDC => self.oidc(declared, name),
                provider::SAML => self.saml(declared, name),
                provider::LOCAL => local(declared, name),
                _ => Err(format!(
                    "has the unknown kind {}; use {}, {} or {}",
                    declared.kind,
                    provider::OIDC,
                    provider::SAML,
                    provider::LOCAL
                )),
            };
            match made {
                Ok((wanted, mut state)) => {
                    put(&mut state, "kind", json!(declared.kind));
                    put(&mut state, "display_name", json!(declared.display_name));
                    let name = ResourceName::of(ResourceKind::IdentityProvider, &declared.alias);
                    self.add(name, Desired { wanted, state });
                }
                Err(problem) => self.fault(format!("identity_providers[{}]", declared.alias), problem),
            }
        }
    }

    fn oidc(&self, declared: &DeclaredProvider, name: DeclaredName) -> Result<(Wanted, Value), String> {
        let document: OidcDocument = settings(declared)?;
        let member = format!("identity_providers[{}].client_secret", declared.alias);
        let secret = declared.client_secret.as_ref();
        let secret = secret.map(|reference| self.file.secret(&member, reference)).transpose();
        let secret = secret.map_err(|error| error.to_string())?;
        let mut state = json!({ "document": document });
        if secret.is_some() {
            put(&mut state, SECRET, json!(AS_DECLARED));
        }
        Ok((Wanted::Oidc(name, Box::new(document), secret), state))
    }

    fn saml(&self, declared: &DeclaredProvider, name: DeclaredName) -> Result<(Wanted, Value), String> {
        let document: SamlDocument = settings(declared)?;
        document.ready().map_err(|error| error.to_string())?;
        let member = format!("identity_providers[{}].metadata", declared.alias);
        let metadata = declared.metadata.as_ref();
        let metadata = metadata.ok_or("`metadata` is missing: a text, or where it is ({ file: PATH })")?;
        let metadata = self.file.text(&member, metadata).map_err(|error| error.to_string())?;
        let pinned = document.provider.metadata_keys().map_err(|error| error.to_string())?;
        IdpMetadata::parse(&metadata, Some(&document.provider.entity_id), pinned.as_ref(), self.now)
            .map_err(|refusal| format!("metadata: {}", refusal.detail))?;
        let state = json!({ "document": document, "metadata": metadata });
        Ok((Wanted::Saml(name, Box::new(document), metadata), state))
    }

    fn apps(&mut self, document: &TenantDocument) {
        for (index, declared) in self.file.apps.iter().flatten().enumerate() {
            let Some(client_id) = declared.get("client_id").and_then(Value::as_str) else {
                self.fault(format!("apps[{index}].client_id"), "is missing");
                continue;
            };
            match self.app(client_id, declared.clone(), document) {
                Ok(desired) => self.add(ResourceName::of(ResourceKind::App, client_id), desired),
                Err(problems) => {
                    for (member, problem) in problems {
                        self.fault(format!("apps[{client_id}].{member}"), problem);
                    }
                }
            }
        }
    }

    fn app(
        &self,
        client_id: &str,
        mut members: Map<String, Value>,
        document: &TenantDocument,
    ) -> Result<Desired, Vec<(String, String)>> {
        let one = |member: &str, problem: String| vec![(member.to_owned(), problem)];
        let id = ClientId::parse(client_id).map_err(|error| one("client_id", error.to_string()))?;
        members.remove("client_id");
        let status = match members.remove("status") {
            None => ClientStatus::Enabled,
            Some(status) => match status.as_str() {
                Some("enabled") => ClientStatus::Enabled,
                Some("disabled") => ClientStatus::Disabled,
                _ => return Err(one("status", "is `enabled` or `disabled`".to_owned())),
            },
        };
        let secret = members
            .remove("client_secret")
            .map(|reference| {
                let reference = serde_json::from_value(reference).map_err(|_| {
                    one(
                        "client_secret",
                        "says where it is: { file: PATH } or { env: NAME }".to_owned(),
                    )
                })?;
                let member = format!("apps[{client_id}].client_secret");
                let read = self.file.secret(&member, &reference);
                read.map_err(|error: FileError| one("client_secret", error.to_string()))
            })
            .transpose()?;
        let unknown: Vec<_> = members.keys().filter(|name| !is_member(name)).cloned().collect();
        if !unknown.is_empty() {
            let problem = |member: String| (member, "is no member of a registration".to_owned());
            return Err(unknown.into_iter().map(problem).collect());
        }
        let registration: ClientRegistration =
            serde_json::from_value(Value::Object(members)).map_err(|error| one("", error.to_string()))?;
        let faults = |faults: Vec<crate::oauth::client_registration::Invalid>| {
            let pair = |fault: crate::oauth::client_registration::Invalid| (fault.member.to_owned(), fault.problem);
            faults.into_iter().map(pair).collect::<Vec<_>>()
        };
        let registration = crate::control::clients::completed(registration, document);
        let client = registration
            .clone()
            .validate(id, RegisteredBy::Administrator)
            .map_err(faults)?;
        document.check_client(&client).map_err(faults)?;
        if secret.is_some() && !client.token_endpoint_auth_method.uses_secret() {
            let method = client.token_endpoint_auth_method.as_str();
            return Err(one("client_secret", format!("does not go with {method}")));
        }
        let client = Client { status, ..client };
        let mut state = app_state(&client);
        if secret.is_some() {
            put(&mut state, SECRET, json!(AS_DECLARED));
        }
        let wanted = Wanted::App(Box::new(WantedApp {
            client_id: client_id.to_owned(),
            registration,
            status,
            secret,
        }));
        Ok(Desired { wanted, state })
    }

    fn brands(&mut self) {
        let Some(declared) = &self.file.brands else { return };
        match serde_json::from_value::<BrandsDocument>(declared.clone()) {
            Ok(document) => {
                let state = json!(document);
                let wanted = Wanted::Brands(document);
                self.add(ResourceName::brands(), Desired { wanted, state });
            }
            Err(error) => self.fault("brands", error.to_string()),
        }
    }
}

/// Whether a registration has a member of this name. A registration over HTTP ignores what it does not know (RFC 7591 section 2),
/// so an impossible value is refused only where the name means something.
fn is_member(name: &str) -> bool {
    serde_json::from_value::<ClientRegistration>(json!({ name: { "impossible": [{}] } })).is_err()
}

/// Sets a member of an object.
pub(super) fn put(object: &mut Value, name: &str, value: Value) {
    if let Some(members) = object.as_object_mut() {
        members.insert(name.to_owned(), value);
    }
}

/// An app without what is not declared: hashes of secrets.
pub(super) fn app_state(client: &Client) -> Value {
    let mut state = json!(client);
    if let Some(members) = state.as_object_mut() {
        members.remove("secrets");
        members.remove("client_id");
        // An app that a file describes is the tenant's own, whatever it came from.
        members.remove("directory_version");
    }
    state
}

fn local(declared: &DeclaredProvider, name: DeclaredName) -> Result<(Wanted, Value), String> {
    let document: LocalDocument = settings(declared)?;
    let state = json!({ "document": document });
    Ok((Wanted::Local(name, document), state))
}

fn settings<T: DeserializeOwned>(declared: &DeclaredProvider) -> Result<T, String> {
    serde_json::from_value(Value::Object(declared.document.clone())).map_err(|error| error.to_string())
}

/// Stored settings of a provider with every member that this version knows.
pub(super) fn provider_document(kind: &str, text: &str) -> Result<Value, serde_json::Error> {
    Ok(match kind {
        provider::OIDC => json!(serde_json::from_str::<OidcDocument>(text)?),
        provider::SAML => json!(serde_json::from_str::<SamlDocument>(text)?),
        _ => json!(serde_json::from_str::<LocalDocument>(text)?),
    })
}
