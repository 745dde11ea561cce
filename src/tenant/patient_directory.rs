//! How the tenant's patients are found and who may choose them: a part of the tenant document.

use crate::oauth::jose::{JwkSet, SigningAlgorithm};
use crate::smart::{FhirBase, SearchRestriction};
use serde::{Deserialize, Serialize};
use url::Url;

/// The longest address or name accepted here, in bytes.
const MAX_TEXT: usize = 2048;

/// Where patients and encounters are searched, as whom, and within which limits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PatientDirectoryDocument {
    /// The FHIR server that is searched, when that is not the tenant's first FHIR base.
    pub fhir_base: Option<FhirBase>,
    /// How this server authenticates there.
    pub authentication: DirectoryAuthentication,
    /// Whether encounters can be chosen in a standalone launch.
    pub encounters: bool,
    /// Which patients a user may choose, as criteria added to every search. None: every patient.
    pub restriction: Option<SearchRestriction>,
    /// The tenant's own page for choosing a patient, instead of the built-in one.
    pub picker_page: Option<PickerPage>,
}

/// How this server authenticates at the FHIR server.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "method", rename_all = "kebab-case")]
pub enum DirectoryAuthentication {
    /// With an access token of this tenant's own, for a FHIR server that takes this tenant's tokens. Nothing is exchanged.
    #[default]
    OwnToken,
    /// Not at all.
    None,
    /// With a bearer token that was given out once.
    Bearer,
    /// With a token from the FHIR server's authorization server, for a client id and secret.
    ClientSecret(OauthClient),
    /// With a token from the FHIR server's authorization server, for an assertion signed by a key of the tenant's own
    /// (SMART App Launch 2.2, "Client Authentication: Asymmetric").
    PrivateKeyJwt(OauthClient),
}

/// This server as an OAuth client of the tenant's FHIR server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OauthClient {
    /// The token endpoint; the `aud` of assertions, character by character.
    pub token_endpoint: String,
    /// Our client id there.
    pub client_id: String,
    /// What is asked for.
    pub scope: String,
    /// The algorithm of assertions: ES384 or RS384.
    #[serde(default = "default_algorithm")]
    pub algorithm: SigningAlgorithm,
}

const fn default_algorithm() -> SigningAlgorithm {
    SigningAlgorithm::ES384
}

/// The tenant's own page for choosing a patient.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PickerPage {
    /// The page's address; also the `aud` of requests to it.
    pub url: String,
    /// The `iss` of its answers.
    pub issuer: String,
    /// Where its public keys are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jwks_uri: Option<String>,
    /// Its public keys, when they have no address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jwks: Option<JwkSet>,
    /// Whether it also lets the user choose an encounter.
    #[serde(default)]
    pub encounters: bool,
}

impl Default for PatientDirectoryDocument {
    fn default() -> Self {
        Self {
            fhir_base: None,
            authentication: DirectoryAuthentication::default(),
            encounters: true,
            restriction: None,
            picker_page: None,
        }
    }
}

impl DirectoryAuthentication {
    /// The printed form.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::OwnToken => "own-token",
            Self::None => "none",
            Self::Bearer => "bearer",
            Self::ClientSecret(_) => "client-secret",
            Self::PrivateKeyJwt(_) => "private-key-jwt",
        }
    }

    /// Whether a secret has to be stored for it.
    pub const fn needs_secret(&self) -> bool {
        matches!(self, Self::Bearer | Self::ClientSecret(_))
    }

    /// Our registration at the FHIR server's authorization server.
    pub const fn client(&self) -> Option<&OauthClient> {
        match self {
            Self::ClientSecret(client) | Self::PrivateKeyJwt(client) => Some(client),
            _ => None,
        }
    }
}

/// An absolute http or https URL without user name and fragment; whether it may be asked is decided when it is.
fn check_address(text: &str) -> Result<(), String> {
    let url = Url::parse(text).map_err(|error| format!("is not a URL: {error}"))?;
    let plain = matches!(url.scheme(), "https" | "http") && url.username().is_empty() && url.password().is_none();
    if !plain || url.fragment().is_some() || text.len() > MAX_TEXT {
        return Err("has to be an https address without user name and fragment".to_owned());
    }
    Ok(())
}

fn check_text(text: &str) -> Result<(), String> {
    if text.is_empty() || text.len() > MAX_TEXT || text.chars().any(char::is_control) {
        return Err("is empty, too long, or has control characters".to_owned());
    }
    Ok(())
}

impl PatientDirectoryDocument {
    /// Checks what can be checked without asking anybody; `ours` are the FHIR bases that take this tenant's tokens.
    pub fn check(&self, ours: &[FhirBase]) -> Result<(), (&'static str, String)> {
        let at = |member: &'static str| move |problem: String| (member, problem);
        if let Some(client) = self.authentication.client() {
            check_address(&client.token_endpoint).map_err(at("patient_directory.token_endpoint"))?;
            check_text(&client.client_id).map_err(at("patient_directory.client_id"))?;
            check_text(&client.scope).map_err(at("patient_directory.scope"))?;
            if !matches!(client.algorithm, SigningAlgorithm::ES384 | SigningAlgorithm::RS384) {
                let problem = "is ES384 or RS384 (SMART App Launch 2.2, asymmetric authentication)";
                return Err(("patient_directory.algorithm", problem.to_owned()));
            }
        }
        // A token of ours goes to nobody but the server it is for; without a base the first of ours is meant.
        if let (DirectoryAuthentication::OwnToken, Some(base)) = (&self.authentication, &self.fhir_base)
            && !ours.contains(base)
        {
            let problem = "own-token is for a FHIR base that takes this tenant's tokens; add it to the tenant's FHIR bases, \
                           or choose another way to authenticate";
            return Err(("patient_directory.fhir_base", problem.to_owned()));
        }
        self.picker_page.as_ref().map_or(Ok(()), PickerPage::check)
    }
}

impl PickerPage {
    fn check(&self) -> Result<(), (&'static str, String)> {
        let at = |member: &'static str| move |problem: String| (member, problem);
        check_address(&self.url).map_err(at("picker_page.url"))?;
        check_text(&self.issuer).map_err(at("picker_page.issuer"))?;
        match (&self.jwks_uri, &self.jwks) {
            (Some(uri), None) => check_address(uri).map_err(at("picker_page.jwks_uri")),
            (None, Some(keys)) if !crate::oauth::jose::VerificationKeys::from_jwk_set(keys).is_empty() => Ok(()),
            (None, Some(_)) => Err(("picker_page.jwks", "has no key that can verify a signature".to_owned())),
            _ => Err((
                "picker_page.jwks_uri",
                "give either a JWKS address or the keys".to_owned(),
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_is_our_own_token_at_our_own_server() {
        let document: PatientDirectoryDocument = serde_json::from_str("{}").unwrap();
        assert_eq!(document, PatientDirectoryDocument::default());
        assert_eq!(document.check(&[]), Ok(()));
    }

    #[test]
    fn our_own_token_goes_to_no_server_of_others() {
        let base = |text: &str| FhirBase::parse(text).unwrap();
        let document = PatientDirectoryDocument {
            fhir_base: Some(base("https://elsewhere.example/r4")),
            ..PatientDirectoryDocument::default()
        };
        let ours = [base("https://ours.example/r4")];
        assert_eq!(document.check(&ours).unwrap_err().0, "patient_directory.fhir_base");
        assert_eq!(document.check(&[base("https://elsewhere.example/r4/")]), Ok(()));
    }

    #[test]
    fn what_is_written_reads_back_the_same_and_a_misspelt_member_is_refused() {
        let text = r#"{"authentication":{"method":"private-key-jwt","token_endpoint":"https://as.example/token",
                       "client_id":"wardkey","scope":"system/Patient.rs","algorithm":"RS384"},
                       "restriction":"general-practitioner={fhirUser}"}"#;
        let document: PatientDirectoryDocument = serde_json::from_str(text).unwrap();
        assert_eq!(document.check(&[]), Ok(()));
        let written = serde_json::to_string(&document).unwrap();
        assert_eq!(
            serde_json::from_str::<PatientDirectoryDocument>(&written).unwrap(),
            document
        );
        assert!(serde_json::from_str::<PatientDirectoryDocument>(r#"{"fhirBase":null}"#).is_err());
        assert!(serde_json::from_str::<PatientDirectoryDocument>(&text.replace("client_id", "client")).is_err());
    }

    #[test]
    fn a_picker_page_needs_keys() {
        let page = |jwks_uri: Option<&str>| PatientDirectoryDocument {
            picker_page: Some(PickerPage {
                url: "https://picker.example/choose".into(),
                issuer: "https://picker.example".into(),
                jwks_uri: jwks_uri.map(str::to_owned),
                jwks: None,
                encounters: false,
            }),
            ..PatientDirectoryDocument::default()
        };
        assert_eq!(page(Some("https://picker.example/jwks")).check(&[]), Ok(()));
        assert!(page(None).check(&[]).is_err());
        assert!(page(Some("file:///etc/passwd")).check(&[]).is_err());
    }
}
