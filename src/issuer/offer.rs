//! What a tenant really offers in SMART's terms, computed from its settings and from what it has. Nothing is promised by hand.

use crate::federation::provider;
use crate::oauth::client::TokenEndpointAuthMethod;
use crate::smart::configuration::{BrandIdentifier, Offer};
use crate::smart::scope::{GranularParameters, Level};
use crate::smart::{Scope, ScopeSet};
use crate::store::StoreError;
use crate::tenant::document::FhirServerDocument;
use crate::tenant::{TenantCx, TenantDocument};

/// What has to be looked up beyond the settings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Facts {
    /// Somebody can come to have a FHIR record of their own in context: by a local account, or by a mapping rule of a
    /// provider.
    pub(super) own_records: bool,
    /// There is a server on which the patient picker may search.
    pub(super) patient_directory: bool,
}

impl Facts {
    /// Looks them up.
    pub(super) async fn of(cx: &TenantCx) -> Result<Self, StoreError> {
        let mut rows = cx.read().await?;
        let providers = rows.list_identity_providers().await?;
        let own_records = providers.iter().any(provider::gives_records);
        rows.commit().await?;
        Ok(Self {
            own_records,
            patient_directory: cx.document().has_directory(),
        })
    }
}

/// What no app can go beyond at the tenant.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits<'a> {
    /// The widest scope.
    pub(super) ceiling: &'a ScopeSet,
    /// The ways in which scopes may be written.
    pub(super) written: &'a GranularParameters,
}

impl<'a> Limits<'a> {
    /// Those of a tenant.
    pub(super) fn of(cx: &'a TenantCx) -> Self {
        Self {
            ceiling: &cx.tenant().scope_ceiling,
            written: &cx.tenant().granular_parameters,
        }
    }
}

/// The offer of a tenant with these settings, as its FHIR server `server` tells it.
pub(super) fn compute(
    document: &TenantDocument,
    limits: Limits<'_>,
    facts: Facts,
    server: Option<&FhirServerDocument>,
    brand: Option<(String, BrandIdentifier)>,
) -> Offer {
    let ceiling = limits.ceiling;
    let accepted = document.authentication_methods();
    let accepts = |method| accepted.contains(&method);
    let patients = facts.own_records || facts.patient_directory;
    let (brand_bundle, brand_identifier) = brand.unzip();
    Offer {
        // An EHR registers a launch over its own interface; apps take it up with the scope `launch`.
        ehr_launch: ceiling.contains(&Scope::Launch),
        banner: true,
        style: true,
        ehr_patient: true,
        ehr_encounter: true,
        standalone_launch: true,
        authorize_post: true,
        public_clients: accepts(TokenEndpointAuthMethod::None),
        symmetric_clients: accepts(TokenEndpointAuthMethod::ClientSecretBasic),
        asymmetric_clients: accepts(TokenEndpointAuthMethod::PrivateKeyJwt),
        assertion_algorithms: document
            .assertion_algorithms()
            .iter()
            .map(|algorithm| algorithm.as_str().to_owned())
            .collect(),
        backend_services: ceiling.has_level(Level::System) || ceiling.iter().any(Scope::is_service_power),
        open_id: ceiling.contains(&Scope::OpenId),
        standalone_patient: ceiling.asks_for_context("patient") && patients,
        standalone_encounter: ceiling.asks_for_context("encounter") && patients && document.offers_encounters(),
        offline_access: ceiling.contains(&Scope::OfflineAccess),
        online_access: ceiling.contains(&Scope::OnlineAccess),
        patient_scopes: ceiling.has_level(Level::Patient),
        user_scopes: ceiling.has_level(Level::User),
        scopes_v1: document.scopes_v1,
        scopes_v2: true,
        app_state: server.is_some_and(|server| server.app_state),
        scopes: scopes_supported(document, limits),
        associated_endpoints: server.map_or_else(Vec::new, |server| server.associated_endpoints.clone()),
        brand_bundle,
        brand_identifier,
    }
}

/// The scopes that are listed, as far as they work: within the ceiling, and in words that are understood (SMART App Launch
/// 2.2, "Metadata": the server supports every scope that it lists).
pub(super) fn scopes_supported(document: &TenantDocument, limits: Limits<'_>) -> Vec<String> {
    let Limits { ceiling, written } = limits;
    let works = |text: &&String| {
        Scope::parse(text)
            .is_ok_and(|scope| written.understand(&scope) && written.offer(&scope) && ceiling.covers_scope(&scope))
    };
    document.scopes_supported.iter().filter(works).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::smart::Capability;
    use serde_json::{Value, json};

    fn capabilities(settings: &Value, facts: Facts) -> Vec<Capability> {
        let document: TenantDocument = serde_json::from_value(settings.clone()).unwrap();
        let ceiling = ScopeSet::parse(&document.scope_ceiling).unwrap().scopes;
        let limits = Limits {
            ceiling: &ceiling,
            written: &document.offered_parameters().unwrap(),
        };
        compute(&document, limits, facts, document.fhir_servers.first(), None).capabilities()
    }

    const ALL_FACTS: Facts = Facts {
        own_records: true,
        patient_directory: true,
    };

    #[test]
    fn each_setting_takes_away_what_it_forbids_and_nothing_else() {
        use Capability as C;
        let whole = capabilities(&json!({}), ALL_FACTS);
        let table: [(Value, &[C]); 10] = [
            (json!({ "scopes_v1": false }), &[C::PermissionV1]),
            (
                json!({ "client_authentication_methods": ["client_secret_basic", "private_key_jwt"] }),
                &[C::ClientPublic],
            ),
            (
                json!({ "client_authentication_methods": ["none", "private_key_jwt"] }),
                &[C::ClientConfidentialSymmetric],
            ),
            (
                json!({ "client_authentication_methods": ["none", "client_secret_basic"] }),
                &[C::ClientConfidentialAsymmetric],
            ),
            (without("openid"), &[C::SsoOpenidConnect]),
            (
                without("launch"),
                &[
                    C::LaunchEhr,
                    C::ContextBanner,
                    C::ContextStyle,
                    C::ContextEhrPatient,
                    C::ContextEhrEncounter,
                    C::PermissionOnline,
                ],
            ),
            (without("launch/patient"), &[C::ContextStandalonePatient]),
            (without("offline_access"), &[C::PermissionOffline]),
            (without("online_access"), &[C::PermissionOnline]),
            (without("user/*.cruds"), &[C::PermissionUser]),
        ];
        for (settings, gone) in table {
            let left = capabilities(&settings, ALL_FACTS);
            let expected: Vec<C> = whole.iter().copied().filter(|one| !gone.contains(one)).collect();
            assert_eq!(left, expected, "{settings}");
        }
    }

    /// The default ceiling without one scope.
    fn without(scope: &str) -> Value {
        let ceiling = TenantDocument::default().scope_ceiling;
        let left: Vec<&str> = ceiling.split_whitespace().filter(|one| *one != scope).collect();
        json!({ "scope_ceiling": left.join(" ") })
    }

    #[test]
    fn a_patient_is_promised_to_standalone_apps_only_where_one_can_come_into_context() {
        for (own_records, patient_directory, promised) in
            [(false, false, false), (true, false, true), (false, true, true)]
        {
            let facts = Facts {
                own_records,
                patient_directory,
            };
            let list = capabilities(&json!({}), facts);
            assert_eq!(
                list.contains(&Capability::ContextStandalonePatient),
                promised,
                "{facts:?}"
            );
        }
    }

    #[test]
    fn app_state_is_promised_where_the_server_is_said_to_keep_it() {
        let server = json!({ "base": "https://fhir.example/r4", "app_state": true });
        let settings = json!({ "fhir_bases": ["https://fhir.example/r4"], "fhir_servers": [server] });
        assert!(capabilities(&settings, ALL_FACTS).contains(&Capability::SmartAppState));
        assert!(!capabilities(&json!({}), ALL_FACTS).contains(&Capability::SmartAppState));
    }

    #[test]
    fn a_listed_scope_that_cannot_be_granted_is_left_out() {
        let document: TenantDocument = serde_json::from_value(json!({
            "scopes_v1": false, "scope_ceiling": "openid patient/*.rs",
            "scopes_supported": ["openid", "patient/*.rs", "patient/*.read", "offline_access", "nonsense"],
        }))
        .unwrap();
        let ceiling = ScopeSet::parse(&document.scope_ceiling).unwrap().scopes;
        let limits = Limits {
            ceiling: &ceiling,
            written: &document.offered_parameters().unwrap(),
        };
        assert_eq!(scopes_supported(&document, limits), ["openid", "patient/*.rs"]);
    }
}
