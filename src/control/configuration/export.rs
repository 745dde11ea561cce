//! A tenant's configuration as a file that declares it.

use super::current::CurrentTenant;
use crate::control::{ControlError, Platform};
use crate::federation::Offer;
use crate::federation::mapping::MappingRules;
use crate::oauth::client_registration::ClientRegistration;
use crate::oauth::redirect_uri::RegisteredBy;
use crate::oauth::{Client, ClientId};
use crate::store::control::{Placement, Tier};
use crate::store::tenant::{ResourceKind, ResourceName};
use crate::tenant::TenantDocument;
use serde::Serialize;
use serde_json::{Map, Value, json};

/// A tenant's file, as it is written: what has its default is left out, and so are secrets, which stay as they are stored when
/// the file is applied.
#[derive(Debug, Serialize)]
pub struct ExportedTenant {
    /// The slug.
    pub tenant: String,
    /// The name people see.
    pub display_name: String,
    /// The contract.
    pub tier: Tier,
    /// Where it lives.
    pub placement: Placement,
    /// Settings that differ from the defaults.
    pub settings: Map<String, Value>,
    /// The lists that say which FHIR resource a user is.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub fhir_users: Map<String, Value>,
    /// The ways to sign in.
    pub identity_providers: Vec<ExportedProvider>,
    /// The apps.
    pub apps: Vec<ExportedApp>,
    /// What is published for patients' apps.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub brands: Option<Value>,
}

/// One way to sign in.
#[derive(Debug, Serialize)]
pub struct ExportedProvider {
    alias: String,
    kind: Value,
    display_name: Value,
    #[serde(flatten)]
    document: Map<String, Value>,
    #[serde(skip_serializing_if = "Value::is_null")]
    metadata: Value,
}

/// One app.
#[derive(Debug, Serialize)]
pub struct ExportedApp {
    client_id: String,
    #[serde(flatten)]
    members: Map<String, Value>,
}

impl ExportedTenant {
    /// The file's text, YAML.
    pub fn to_yaml(&self) -> Result<String, ControlError> {
        serde_saphyr::to_string(self).map_err(|error| ControlError::invalid("configuration", error.to_string()))
    }
}

impl Platform {
    /// What a file would say that declares the tenant as it is.
    pub async fn export(&self, slug: &str) -> Result<ExportedTenant, ControlError> {
        let summary = self.get_tenant(slug).await?;
        let admin = self.tenant(slug).await?;
        let mut current = admin.current_configuration(true).await?;
        let settings = take(&mut current, &ResourceName::settings());
        let brands = take(&mut current, &ResourceName::brands());
        let mut identity_providers = Vec::new();
        let mut apps = Vec::new();
        let mut fhir_users = Map::new();
        for (name, current) in current.resources {
            match name.kind {
                ResourceKind::IdentityProvider => identity_providers.push(exported_provider(name.name, current.state)),
                ResourceKind::App => apps.push(ExportedApp {
                    members: exported_app(&name.name, current.state, admin.cx().document()),
                    client_id: name.name,
                }),
                ResourceKind::FhirUsers => drop(fhir_users.insert(name.name, current.state)),
                ResourceKind::Settings | ResourceKind::Brands => {}
            }
        }
        Ok(ExportedTenant {
            tenant: summary.slug,
            display_name: summary.display_name,
            tier: summary.tier,
            placement: summary.placement,
            settings: exported_settings(settings),
            fhir_users,
            identity_providers,
            apps,
            brands,
        })
    }
}

fn take(current: &mut CurrentTenant, name: &ResourceName) -> Option<Value> {
    current.resources.remove(name).map(|current| current.state)
}

fn exported_settings(settings: Option<Value>) -> Map<String, Value> {
    let defaults = json!(TenantDocument::default());
    let mut members = without_defaults(settings.unwrap_or_default(), &defaults);
    members.remove("display_name");
    members
}

/// The members of an object that differ from those of another, and are not null.
fn without_defaults(value: Value, defaults: &Value) -> Map<String, Value> {
    let Value::Object(members) = value else {
        return Map::new();
    };
    members
        .into_iter()
        .filter(|(name, value)| !value.is_null() && defaults.get(name) != Some(value))
        .collect()
}

fn exported_provider(alias: String, mut state: Value) -> ExportedProvider {
    let mut member = |name: &str| state.get_mut(name).map(Value::take).unwrap_or_default();
    let defaults = json!({ "mapping": MappingRules::default(), "offer": Offer::default() });
    let document = without_defaults(member("document"), &defaults);
    ExportedProvider {
        alias,
        kind: member("kind"),
        display_name: member("display_name"),
        document: document
            .into_iter()
            .map(|(name, value)| (name, without_nulls(value)))
            .collect(),
        metadata: member("metadata"),
    }
}

fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(members) => members
            .into_iter()
            .filter(|(_, value)| !value.is_null())
            .map(|(name, value)| (name, without_nulls(value)))
            .collect::<Map<_, _>>()
            .into(),
        other => other,
    }
}

/// An app's members beyond what a registration has that says the necessary alone.
fn exported_app(client_id: &str, state: Value, document: &TenantDocument) -> Map<String, Value> {
    const NECESSARY: [&str; 6] = [
        "client_name",
        "token_endpoint_auth_method",
        "grant_types",
        "redirect_uris",
        "scope",
        "jwks",
    ];
    let necessary: Map<String, Value> = NECESSARY
        .iter()
        .filter_map(|name| Some(((*name).to_owned(), state.get(*name)?.clone())))
        .collect();
    let bare = || -> Option<Client> {
        let registration: ClientRegistration = serde_json::from_value(Value::Object(necessary.clone())).ok()?;
        let registration = crate::control::clients::completed(registration, document);
        let id = ClientId::parse(client_id).ok()?;
        registration.validate(id, RegisteredBy::Administrator).ok()
    };
    let Some(bare) = bare() else {
        return without_defaults(state, &Value::Null);
    };
    let mut members = without_defaults(state, &super::desired::app_state(&bare));
    for (name, value) in necessary {
        members.entry(name).or_insert(value);
    }
    members
}
