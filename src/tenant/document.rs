//! The tenant document: what a tenant's administrators decide. Data, not configuration.

use super::administrators::{self, AdministratorRule};
pub use super::fhir_server::FhirServerDocument;
use super::local_accounts::LocalAccountsDocument;
use super::patient_directory::PatientDirectoryDocument;
use super::profile::OffersDocument;
use super::registration::RegistrationDocument;
use super::sign_in_traces::SignInTracesDocument;
use super::signing_keys::SigningKeysDocument;
use crate::oauth::AskConsent;
use crate::oauth::client::TokenEndpointAuthMethod;
use crate::oauth::dpop::NoncePolicy;
use crate::oauth::jose::SigningAlgorithm;
use crate::oauth::limits::Lifetimes;
use crate::oauth::profile::SecurityProfile;
use crate::quota::Budgets;
use crate::smart::scope::{GranularParameters, UserCeilings};
use crate::smart::{FhirBase, ScopeSet};
use crate::web::CspSource;
use crate::web::branding::{Branding, BrandingError, Colour, Logo};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// Most origins that may frame the sign-in: every page carries them all.
const MAX_FRAME_ANCESTORS: usize = 50;

/// A tenant's settings, stored as JSON. Members that are missing have the defaults below.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TenantDocument {
    /// The name people see.
    pub display_name: String,
    /// Colours and logo.
    pub branding: BrandingDocument,
    /// Whom to ask: a web address, an e-mail address, a telephone number, or words.
    pub help_contact: Option<String>,
    /// The tenant's privacy notice (https).
    pub privacy_url: Option<String>,
    /// FHIR servers that take this tenant's tokens; each is a legal `aud`. Empty means `B/<tenant>/fhir`.
    pub fhir_bases: Vec<FhirBase>,
    /// What discovery says of single FHIR servers beyond what Wardkey knows by itself; each names one of `fhir_bases`.
    pub fhir_servers: Vec<FhirServerDocument>,
    /// Where patients and encounters are searched, as whom, and who may be chosen. None: the defaults.
    pub patient_directory: Option<PatientDirectoryDocument>,
    /// The widest scope any app can be granted at this tenant.
    pub scope_ceiling: String,
    /// The widest access to data that holders of a role can pass on to an app, as `patient/` and `user/` scopes. Several
    /// roles add up.
    pub role_ceilings: BTreeMap<String, String>,
    /// The same for people whose own record is in the system and none of whose roles is listed above.
    pub patient_ceiling: String,
    /// The same for everybody else none of whose roles is listed above.
    pub default_ceiling: String,
    /// Search parameters that may restrict a scope: `category`, `code:in`, `subject.name`, `_filter`, alone or for one type
    /// as in `Observation?code`.
    pub granular_parameters: Vec<String>,
    /// The scopes listed in discovery; every one of them works.
    pub scopes_supported: Vec<String>,
    /// Whether scopes of SMART version 1, such as `patient/*.read`, are understood (`permission-v1`). If not, they are
    /// ignored in requests.
    pub scopes_v1: bool,
    /// How often users are asked whether an app may have what it asks for; an app's own `ask_consent` goes before it.
    pub ask_consent: AskConsent,
    /// How apps may register themselves.
    pub registration: RegistrationDocument,
    /// Accounts of the tenant's own.
    pub local_accounts: LocalAccountsDocument,
    /// How apps may authenticate at this tenant: the kinds of client that it accepts.
    pub client_authentication_methods: Vec<TokenEndpointAuthMethod>,
    /// Authorities of client certificates (RFC 8705 section 2.1), each in PEM. Those of this tenant's clients alone.
    pub client_certificate_authorities: Vec<String>,
    /// Signature algorithms of client assertions beside RS384 and ES384, which are always accepted.
    pub additional_assertion_algorithms: Vec<SigningAlgorithm>,
    /// How long codes, tokens and sessions live.
    pub lifetimes: Lifetimes,
    /// Which keys sign, and how long.
    pub signing_keys: SigningKeysDocument,
    /// How much one address, client or account may ask for in a time.
    pub budgets: Box<Budgets>,
    /// Regions whose data this tenant's tokens open; copied into access tokens as `data_regions`.
    pub data_regions: Vec<String>,
    /// Whether apps on devices without a browser may ask there (RFC 8628). Each needs the grant type too, which only an
    /// administrator gives.
    pub device_authorization: bool,
    /// Whether every authorization request has to be pushed first (RFC 9126 section 5).
    pub require_pushed_authorization_requests: bool,
    /// Whether DPoP proofs have to carry this server's nonce (RFC 9449 section 8).
    pub dpop_nonce: NoncePolicy,
    /// Origins whose pages may show the sign-in in a frame, such as the EHR's: `https://ehr.example`. Empty: nobody's. Where
    /// there is one, the tenant's cookies work inside frames too.
    pub frame_ancestors: Vec<String>,
    /// The rules that apps keep which have no profile of their own.
    pub profile: SecurityProfile,
    /// What the tenant offers of OAuth and OpenID Connect beyond the basics.
    pub offers: OffersDocument,
    /// The authentication contexts (`acr`) that the tenant's ways of signing in can reach, for discovery.
    pub acr_values: Vec<String>,
    /// Roles whose holders may choose any patient of the tenant in the picker. Empty: everyone whose own FHIR resource
    /// is a Practitioner.
    pub patient_picker_roles: Vec<String>,
    /// What is kept of what identity providers said at sign-ins.
    pub sign_in_traces: SignInTracesDocument,
    /// Which roles at an identity provider make somebody an administrator here.
    pub administrators: Vec<AdministratorRule>,
}

/// Colours and logo, as entered; checked for contrast when they are read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BrandingDocument {
    /// Buttons and links, `#rrggbb`.
    pub primary_colour: String,
    /// Page background, `#rrggbb`.
    pub background_tint: Option<String>,
    /// PNG or SVG, base64.
    pub logo: Option<String>,
}

impl Default for BrandingDocument {
    fn default() -> Self {
        Self {
            primary_colour: "#0b5fa5".to_owned(),
            background_tint: None,
            logo: None,
        }
    }
}

impl Default for TenantDocument {
    fn default() -> Self {
        Self {
            display_name: String::new(),
            branding: BrandingDocument::default(),
            help_contact: None,
            privacy_url: None,
            fhir_bases: Vec::new(),
            fhir_servers: Vec::new(),
            patient_directory: None,
            scope_ceiling:
                "openid fhirUser profile launch launch/patient launch/encounter offline_access online_access patient/*.cruds \
                            user/*.cruds system/*.cruds __introspect __launch __admin __admin.read"
                    .to_owned(),
            role_ceilings: BTreeMap::new(),
            // Their own record; beside it only the places, people and medicines that its entries mention.
            patient_ceiling: "patient/*.cruds user/Location.rs user/Medication.rs user/Organization.rs user/Practitioner.rs \
                              user/PractitionerRole.rs"
                .to_owned(),
            default_ceiling: "patient/*.cruds user/*.cruds".to_owned(),
            granular_parameters: vec!["category".to_owned()],
            scopes_supported: [
                "openid",
                "fhirUser",
                "profile",
                "launch",
                "launch/patient",
                "launch/encounter",
                "offline_access",
                "online_access",
                "patient/*.rs",
                "user/*.rs",
                "patient/*.read",
                "user/*.read",
            ]
            .map(str::to_owned)
            .to_vec(),
            scopes_v1: true,
            ask_consent: AskConsent::default(),
            registration: RegistrationDocument::default(),
            local_accounts: LocalAccountsDocument::default(),
            client_authentication_methods: vec![
                TokenEndpointAuthMethod::ClientSecretBasic,
                TokenEndpointAuthMethod::ClientSecretPost,
                TokenEndpointAuthMethod::PrivateKeyJwt,
                TokenEndpointAuthMethod::None,
            ],
            client_certificate_authorities: Vec::new(),
            additional_assertion_algorithms: Vec::new(),
            lifetimes: Lifetimes::default(),
            signing_keys: SigningKeysDocument::default(),
            budgets: Box::default(),
            data_regions: Vec::new(),
            device_authorization: true,
            require_pushed_authorization_requests: false,
            dpop_nonce: NoncePolicy::default(),
            frame_ancestors: Vec::new(),
            profile: SecurityProfile::default(),
            offers: OffersDocument::default(),
            acr_values: Vec::new(),
            patient_picker_roles: Vec::new(),
            sign_in_traces: SignInTracesDocument::default(),
            administrators: Vec::new(),
        }
    }
}

impl TenantDocument {
    /// Checks what can be checked without knowing anything else; an error names the member and the problem.
    pub fn check(&self) -> Result<(), (&'static str, String)> {
        let problem = |member: &'static str| move |error: &dyn std::fmt::Display| (member, error.to_string());
        ScopeSet::parse_strictly(&self.scope_ceiling).map_err(|error| problem("scope_ceiling")(&error))?;
        self.user_ceilings()?;
        self.offered_parameters()?;
        ScopeSet::parse_strictly(&self.registration.scope).map_err(|error| problem("registration.scope")(&error))?;
        if self.ask_consent == AskConsent::Never {
            let problem = "cannot be never for every app; give ask_consent to the app that is the hospital's own";
            return Err(("ask_consent", problem.to_owned()));
        }
        self.lifetimes.check().map_err(|faults| {
            let faults: Vec<String> = faults.iter().map(ToString::to_string).collect();
            ("lifetimes", faults.join("; "))
        })?;
        self.signing_keys.check().map_err(|fault| ("signing_keys", fault))?;
        self.budgets
            .check()
            .map_err(|(budget, fault)| ("budgets", format!("{budget}: {fault}")))?;
        if self.client_authentication_methods.is_empty() {
            let problem = "is empty; no app could authenticate: name at least one method";
            return Err(("client_authentication_methods", problem.to_owned()));
        }
        if !self.client_certificate_authorities.iter().all(|pem| is_authority(pem)) {
            let problem = "holds an entry that is no certificate in PEM";
            return Err(("client_certificate_authorities", problem.to_owned()));
        }
        FhirServerDocument::check_all(&self.fhir_servers, &self.fhir_bases)
            .map_err(|problem| ("fhir_servers", problem))?;
        if let Some(address) = &self.privacy_url
            && !address.starts_with("https://")
        {
            return Err(("privacy_url", "is not an https address".to_owned()));
        }
        self.local_accounts.check()?;
        self.sign_in_traces.check()?;
        administrators::check(&self.administrators).map_err(|problem| ("administrators", problem))?;
        if self
            .acr_values
            .iter()
            .any(|value| value.is_empty() || value.contains(char::is_whitespace))
        {
            return Err((
                "acr_values",
                "holds an entry that is empty or contains a space".to_owned(),
            ));
        }
        if self.authentication_methods().is_empty() {
            let problem = format!("leaves no way to authenticate in the profile {}", self.profile.as_str());
            return Err(("client_authentication_methods", problem));
        }
        self.frame_sources()?;
        self.directory().check(&self.fhir_bases)?;
        self.brand("-").map(drop)
    }

    /// Who may frame the sign-in, as sources of a Content-Security-Policy; an error names the member and the problem. An origin
    /// has to be exact: a whole scheme or a pattern would let strangers overlay the sign-in.
    pub fn frame_sources(&self) -> Result<Vec<CspSource>, (&'static str, String)> {
        let problem = |text: String| ("frame_ancestors", text);
        if self.frame_ancestors.len() > MAX_FRAME_ANCESTORS {
            return Err(problem(format!("has more than {MAX_FRAME_ANCESTORS} entries")));
        }
        let read = |origin: &String| {
            let url = url::Url::parse(origin).ok()?;
            let local = matches!(url.host_str(), Some("localhost" | "127.0.0.1"));
            let secure = url.scheme() == "https" || (url.scheme() == "http" && local);
            CspSource::covering(origin).filter(|source| secure && source.as_str() == origin)
        };
        let sources = self.frame_ancestors.iter().map(|origin| {
            read(origin).ok_or_else(|| {
                problem(format!(
                    "{origin} is not an origin such as https://ehr.example (no path, no default port, no pattern)"
                ))
            })
        });
        sources.collect()
    }

    /// Whether there is a FHIR server on which patients can be searched: one that was set up for it, or one of the tenant's
    /// own. The address that a tenant without any stands under has none behind it by itself.
    pub fn has_directory(&self) -> bool {
        self.patient_directory.is_some() || !self.fhir_bases.is_empty()
    }

    /// Whether an encounter can be chosen in a standalone launch.
    pub fn offers_encounters(&self) -> bool {
        self.has_directory() && self.directory().encounters
    }

    /// How patients are found.
    pub fn directory(&self) -> &PatientDirectoryDocument {
        static DEFAULT: LazyLock<PatientDirectoryDocument> = LazyLock::new(PatientDirectoryDocument::default);
        self.patient_directory.as_ref().unwrap_or(&DEFAULT)
    }

    /// The limits by role; an error names the member and the problem.
    pub fn user_ceilings(&self) -> Result<UserCeilings, (&'static str, String)> {
        let read =
            |member: &'static str, text: &str| UserCeilings::parse(text).map_err(|error| (member, error.to_string()));
        let roles = self.role_ceilings.iter().map(|(role, text)| {
            let ceiling = UserCeilings::parse(text).map_err(|error| ("role_ceilings", format!("{role}: {error}")))?;
            Ok((role.clone(), ceiling))
        });
        Ok(UserCeilings {
            roles: roles.collect::<Result<_, _>>()?,
            patients: read("patient_ceiling", &self.patient_ceiling)?,
            others: read("default_ceiling", &self.default_ceiling)?,
        })
    }

    /// The ways of writing scopes: parameters of granular ones, and version 1; an error names the member and the problem.
    pub fn offered_parameters(&self) -> Result<GranularParameters, (&'static str, String)> {
        GranularParameters::parse(self.granular_parameters.iter().map(String::as_str))
            .map(|parameters| parameters.with_version_1(self.scopes_v1))
            .map_err(|error| ("granular_parameters", error.to_string()))
    }

    /// The brand, checked as for showing it; an error names the member and the problem. A document that has no name shows
    /// `registered_name`.
    pub fn brand(&self, registered_name: &str) -> Result<Branding, (&'static str, String)> {
        let name = if self.display_name.is_empty() {
            registered_name
        } else {
            &self.display_name
        };
        let colour = |member, text: &str| text.parse::<Colour>().map_err(|error| (member, error.to_string()));
        let primary = colour("branding.primary_colour", &self.branding.primary_colour)?;
        let tint = match &self.branding.background_tint {
            Some(tint) => Some(colour("branding.background_tint", tint)?),
            None => None,
        };
        let logo = match &self.branding.logo {
            Some(text) => {
                let bytes = STANDARD
                    .decode(text)
                    .map_err(|error| ("branding.logo", format!("is not base64: {error}")))?;
                Some(Logo::check(bytes).map_err(|error| ("branding.logo", error.to_string()))?)
            }
            None => None,
        };
        Branding::new(name, primary, tint, logo).map_err(|error| {
            let member = match error {
                BrandingError::Name => "display_name",
                BrandingError::PrimaryTooPale { .. } => "branding.primary_colour",
                BrandingError::TintTooDark { .. } => "branding.background_tint",
            };
            (member, error.to_string())
        })
    }
}

/// Whether a text is one certificate or several that can stand at the end of a chain.
fn is_authority(pem: &str) -> bool {
    let mut roots = RootCertStore::empty();
    let mut certificates = CertificateDer::pem_slice_iter(pem.as_bytes()).peekable();
    certificates.peek().is_some() && certificates.all(|one| one.is_ok_and(|one| roots.add(one).is_ok()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_document_has_the_defaults() {
        let document: TenantDocument = serde_json::from_str("{}").unwrap();
        assert_eq!(document, TenantDocument::default());
    }

    #[test]
    fn a_misspelt_member_is_refused() {
        assert!(serde_json::from_str::<TenantDocument>(r#"{"displayName": "North"}"#).is_err());
    }

    #[test]
    fn a_brand_that_pages_cannot_show_is_refused_with_the_member() {
        let refused = |change: fn(&mut TenantDocument)| {
            let mut document = TenantDocument::default();
            change(&mut document);
            document.check().unwrap_err().0
        };
        assert_eq!(
            refused(|document| document.display_name = "x".repeat(121)),
            "display_name"
        );
        let primary = "branding.primary_colour";
        assert_eq!(
            refused(|document| document.branding.primary_colour = "blue".into()),
            primary
        );
        assert_eq!(
            refused(|document| document.branding.primary_colour = "#ffffff".into()),
            primary
        );
        let tint = refused(|document| document.branding.background_tint = Some("#000000".into()));
        assert_eq!(tint, "branding.background_tint");
        assert_eq!(
            refused(|document| document.branding.logo = Some("AAAA".into())),
            "branding.logo"
        );
        assert_eq!(
            refused(|document| document.privacy_url = Some("http://x.example".into())),
            "privacy_url"
        );
        assert_eq!(TenantDocument::default().check(), Ok(()));
    }

    #[test]
    fn the_two_algorithms_of_smart_are_always_accepted_and_others_by_choice() {
        let names = |document: &TenantDocument| {
            let list = document.assertion_algorithms();
            list.iter()
                .map(|algorithm| algorithm.as_str())
                .collect::<Vec<_>>()
                .join(" ")
        };
        assert_eq!(names(&TenantDocument::default()), "RS384 ES384");
        let open: TenantDocument =
            serde_json::from_str(r#"{"additional_assertion_algorithms": ["PS256", "RS384", "EdDSA"]}"#).unwrap();
        assert_eq!(names(&open), "RS384 PS256 ES384 EdDSA");
    }

    #[test]
    fn a_tenant_accepts_some_kind_of_client() {
        let closed: TenantDocument = serde_json::from_str(r#"{"client_authentication_methods": []}"#).unwrap();
        assert_eq!(closed.check().unwrap_err().0, "client_authentication_methods");
    }

    #[test]
    fn what_is_written_reads_back_the_same() {
        let document = TenantDocument {
            display_name: "North".into(),
            ..TenantDocument::default()
        };
        let text = serde_json::to_string(&document).unwrap();
        assert_eq!(serde_json::from_str::<TenantDocument>(&text).unwrap(), document);
    }
}
