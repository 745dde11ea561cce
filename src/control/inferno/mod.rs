//! Inferno, the test tool of the United States' certification programme, as a set of clients: what its test kits have to be
//! registered as, and what has to be typed into them.

mod presets;

pub use presets::InfernoPreset;

use super::clients::SecretPolicy;
use super::{ControlError, TenantAdmin};
use crate::kernel::Secret;
use crate::oauth::AskConsent;
use crate::oauth::client_registration::ClientRegistration;
use crate::oauth::jose::JwkSet;
use url::Url;

/// The app without a credential.
pub const PUBLIC: &str = "inferno-public";
/// The app with a secret.
pub const SYMMETRIC: &str = "inferno-symmetric";
/// The app with a key.
pub const ASYMMETRIC: &str = "inferno-asymmetric";
/// The backend service.
pub const BACKEND: &str = "inferno-backend";
/// The backend service of the certification kit, which has keys of its own.
pub const BULK: &str = "inferno-bulk";
/// Who introspects.
pub const INTROSPECTION: &str = "inferno-introspection";

/// Where the SMART suites, and the apps of the certification kit, publish their keys.
const SMART_KEYS: &str = "smart_stu2";
/// Where the multi-patient part of the certification kit does.
const BULK_KEYS: &str = "g10_certification";
/// The suites that launch apps; each has addresses of its own.
const SUITES: [&str; 3] = ["smart", "smart_stu2", "smart_stu2_2"];
const APP_SCOPE: &str = "openid fhirUser profile launch launch/patient launch/encounter offline_access online_access patient/*.rs user/*.rs \
                         patient/*.read user/*.read";
const BACKEND_SCOPE: &str = "system/*.rs system/*.read";

/// How Inferno proves itself where it has keys.
#[derive(Clone, Debug)]
pub enum InfernoKeys {
    /// It publishes them at this address, which is asked when they are needed.
    PublishedAt(String),
    /// They are these.
    Given(JwkSet),
}

/// One Inferno.
#[derive(Clone)]
pub struct InfernoInstallation {
    address: String,
    keys: Option<InfernoKeys>,
    secret: Option<Secret<String>>,
}

impl InfernoInstallation {
    /// The Inferno at `address`, such as `http://localhost:4567`. Without `keys`, it is asked for them, where each suite publishes
    /// its own.
    pub fn new(address: &str, keys: Option<InfernoKeys>) -> Result<Self, ControlError> {
        let address = address.trim_end_matches('/').to_owned();
        let web = Url::parse(&address).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
        if !web {
            let problem = "has to be the address of an Inferno, such as http://localhost:4567";
            return Err(ControlError::invalid("inferno", problem));
        }
        Ok(Self {
            address,
            keys,
            secret: None,
        })
    }

    /// With a secret that is known beforehand. For the demonstration.
    #[must_use]
    pub fn with_secret(self, secret: Secret<String>) -> Self {
        Self {
            secret: Some(secret),
            ..self
        }
    }

    fn addresses(&self, endpoint: &str) -> Vec<String> {
        SUITES
            .iter()
            .map(|suite| format!("{}/custom/{suite}/{endpoint}", self.address))
            .collect()
    }

    fn registration(name: &str, method: &str) -> ClientRegistration {
        ClientRegistration {
            client_name: Some(name.to_owned()),
            token_endpoint_auth_method: Some(method.to_owned()),
            grant_types: Some(Vec::new()),
            response_types: Some(Vec::new()),
            ..ClientRegistration::default()
        }
    }

    /// The same client, with the keys that `suite` signs with.
    fn with_keys(&self, registration: ClientRegistration, suite: &str) -> ClientRegistration {
        let (jwks, jwks_uri) = match &self.keys {
            Some(InfernoKeys::Given(keys)) => (Some(keys.clone()), None),
            Some(InfernoKeys::PublishedAt(address)) => (None, Some(address.clone())),
            None => (
                None,
                Some(format!("{}/custom/{suite}/.well-known/jwks.json", self.address)),
            ),
        };
        ClientRegistration {
            jwks,
            jwks_uri,
            ..registration
        }
    }

    fn backend(&self, name: &str, suite: &str) -> ClientRegistration {
        let registration = ClientRegistration {
            grant_types: Some(vec!["client_credentials".to_owned()]),
            scope: Some(BACKEND_SCOPE.to_owned()),
            ..Self::registration(name, "private_key_jwt")
        };
        self.with_keys(registration, suite)
    }

    fn app(&self, name: &str, method: &str) -> ClientRegistration {
        ClientRegistration {
            redirect_uris: self.addresses("redirect"),
            launch_uris: self.addresses("launch"),
            grant_types: Some(vec!["authorization_code".to_owned(), "refresh_token".to_owned()]),
            response_types: Some(vec!["code".to_owned()]),
            scope: Some(APP_SCOPE.to_owned()),
            // The same app is launched again to be granted less.
            ask_consent: Some(AskConsent::EachTime),
            ..Self::registration(name, method)
        }
    }

    fn secret_policy(&self) -> SecretPolicy {
        match &self.secret {
            Some(secret) => SecretPolicy::Known(secret.clone()),
            // It is shown once, and each run shows everything.
            None => SecretPolicy::Replace,
        }
    }
}

/// What Inferno authenticates with after registration.
struct Registered {
    app_secret: String,
    introspection_secret: String,
}

impl TenantAdmin {
    /// Registers every client that Inferno's suites need, and yields what is to be typed into them. Running it again makes new
    /// secrets.
    pub async fn register_inferno(&self, inferno: &InfernoInstallation) -> Result<Vec<InfernoPreset>, ControlError> {
        self.save_client(
            PUBLIC,
            inferno.app("Inferno, public", "none"),
            SecretPolicy::KeepOrCreate,
        )
        .await?;
        let asymmetric = inferno.app("Inferno, with a key", "private_key_jwt");
        for (id, registration) in [
            (ASYMMETRIC, inferno.with_keys(asymmetric, SMART_KEYS)),
            (BACKEND, inferno.backend("Inferno, backend service", SMART_KEYS)),
            (BULK, inferno.backend("Inferno, multi-patient", BULK_KEYS)),
        ] {
            self.save_client(id, registration, SecretPolicy::KeepOrCreate).await?;
        }
        let symmetric = inferno.app("Inferno, with a secret", "client_secret_basic");
        let app_secret = self.save_with_secret(SYMMETRIC, symmetric, inferno).await?;
        let introspection = ClientRegistration {
            introspection: Some(true),
            ..InfernoInstallation::registration("Inferno, introspection", "client_secret_basic")
        };
        let introspection_secret = self.save_with_secret(INTROSPECTION, introspection, inferno).await?;
        let registered = Registered {
            app_secret,
            introspection_secret,
        };
        presets::of(self.cx(), &registered)
    }

    async fn save_with_secret(
        &self,
        id: &str,
        registration: ClientRegistration,
        inferno: &InfernoInstallation,
    ) -> Result<String, ControlError> {
        let saved = self.save_client(id, registration, inferno.secret_policy()).await?;
        let secret = saved.secret.as_ref().or(inferno.secret.as_ref());
        secret
            .map(|secret| secret.expose().clone())
            .ok_or_else(|| ControlError::Conflict(format!("the secret of {id} is not known")))
    }
}
