//! Registration of a client: the metadata as asked for, and the checks. All faults are reported at once.

use super::asking::AskConsent;
use super::client::{
    AccessTokenFormat, ApplicationType, AssertionAudience, Client, ClientId, ClientStatus, GrantType,
    TokenEndpointAuthMethod, default_id_token_algorithm,
};
use super::client_certificate::ExpectedSubject;
use super::jose::{JwkSet, SigningAlgorithm, VerificationKeys};
use super::openid_metadata::OpenIdMetadata;
use super::profile::SecurityProfile;
use super::redirect_uri::{RegisteredBy, RegisteredRedirectUri};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use thiserror::Error;
use url::Url;

/// Longest name of a client or publisher, in characters.
const NAME_LIMIT: usize = 200;
/// Most entries of any list.
const LIST_LIMIT: usize = 50;
/// Longest scope string in bytes.
const SCOPE_LIMIT: usize = 16 * 1024;

/// A fault in one member of a registration.
#[derive(Clone, Debug, PartialEq, Eq, Error, Serialize)]
#[error("{member}: {problem}")]
pub struct Invalid {
    /// The member.
    pub member: &'static str,
    /// What is wrong and what to do.
    pub problem: String,
}

/// Client metadata as someone asks to register it (RFC 7591 section 2). Unknown members are ignored.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct ClientRegistration {
    /// The name users see.
    pub client_name: Option<String>,
    /// Who publishes it.
    pub publisher: Option<String>,
    /// A page about it.
    pub client_uri: Option<String>,
    /// Addresses of responsible people.
    #[serde(default)]
    pub contacts: Vec<String>,
    /// `web` or `native`.
    pub application_type: Option<String>,
    /// The authentication method.
    pub token_endpoint_auth_method: Option<String>,
    /// The grant types.
    pub grant_types: Option<Vec<String>>,
    /// The response types.
    pub response_types: Option<Vec<String>>,
    /// The redirect URIs.
    #[serde(default)]
    pub redirect_uris: Vec<String>,
    /// The launch URIs.
    #[serde(default)]
    pub launch_uris: Vec<String>,
    /// Origins beyond the derived ones.
    #[serde(default)]
    pub allowed_origins: Vec<String>,
    /// The scope ceiling.
    pub scope: Option<String>,
    /// Public keys.
    pub jwks: Option<JwkSet>,
    /// Where public keys are published.
    pub jwks_uri: Option<String>,
    /// The algorithm of assertions.
    pub token_endpoint_auth_signing_alg: Option<String>,
    /// The audiences of assertions.
    pub assertion_audience: Option<AssertionAudience>,
    /// The algorithm of ID tokens.
    pub id_token_signed_response_alg: Option<String>,
    /// The form of access tokens.
    pub access_token_format: Option<AccessTokenFormat>,
    /// Whether PKCE is needed.
    pub require_pkce: Option<bool>,
    /// Whether requests have to be pushed.
    pub require_pushed_authorization_requests: Option<bool>,
    /// Whether its access tokens have to be bound to a DPoP key.
    pub dpop_bound_access_tokens: Option<bool>,
    /// The subject of its certificate, as RFC 4514 writes it (RFC 8705 section 2.1.2).
    pub tls_client_auth_subject_dn: Option<String>,
    /// A DNS name that its certificate is for.
    pub tls_client_auth_san_dns: Option<String>,
    /// A URI that its certificate is for.
    pub tls_client_auth_san_uri: Option<String>,
    /// An IP address that its certificate is for.
    pub tls_client_auth_san_ip: Option<String>,
    /// An e-mail address that its certificate is for.
    pub tls_client_auth_san_email: Option<String>,
    /// Whether its access tokens have to be bound to its certificate.
    pub tls_client_certificate_bound_access_tokens: Option<bool>,
    /// Whether it may introspect tokens.
    pub introspection: Option<bool>,
    /// Whether it may assert users in EHR launches.
    pub launch_user_assertions: Option<bool>,
    /// Where the browser may go after a logout.
    #[serde(default)]
    pub post_logout_redirect_uris: Vec<String>,
    /// Where it is told of ended sessions.
    pub backchannel_logout_uri: Option<String>,
    /// Whether it needs `sid` there.
    pub backchannel_logout_session_required: Option<bool>,
    /// What the browser loads when a session has ended.
    pub frontchannel_logout_uri: Option<String>,
    /// Whether it needs `iss` and `sid` there.
    pub frontchannel_logout_session_required: Option<bool>,
    /// Whether `tenant_id` goes into its ID tokens.
    pub tenant_in_id_token: Option<bool>,
    /// Whether the tenant knows the app. Only an administrator can say so, and does unless told otherwise.
    pub verified: Option<bool>,
    /// How often its users are asked for consent. Only an administrator can say so.
    pub ask_consent: Option<AskConsent>,
    /// The rules it keeps, when they are not the tenant's. Only an administrator can say so.
    pub profile: Option<SecurityProfile>,
    /// How it wants its subjects, requests and answers.
    #[serde(flatten)]
    pub openid: Box<OpenIdMetadata>,
    /// The identity providers whose users it is for, by alias. Only an administrator can say so.
    #[serde(default)]
    pub identity_providers: Vec<String>,
    /// The identity provider that its sign-ins begin with, by alias. Only an administrator can say so.
    pub default_identity_provider: Option<String>,
    /// The roles whose holders it is for. Only an administrator can say so.
    #[serde(default)]
    pub user_roles: Vec<String>,
    /// When it ends, in seconds since 1970. Only an administrator can say so.
    pub client_expires_at: Option<i64>,
}

#[derive(Default)]
struct Faults(Vec<Invalid>);

impl Faults {
    fn add(&mut self, member: &'static str, problem: impl Into<String>) {
        self.0.push(Invalid {
            member,
            problem: problem.into(),
        });
    }
}

/// The addresses of one member that may be registered.
fn registered(
    member: &'static str,
    addresses: &[String],
    application: ApplicationType,
    by: RegisteredBy,
    faults: &mut Faults,
) -> Vec<RegisteredRedirectUri> {
    if addresses.len() > LIST_LIMIT {
        faults.add(member, format!("has more than {LIST_LIMIT} entries"));
    }
    let mut accepted = Vec::new();
    for text in addresses.iter().take(LIST_LIMIT) {
        match RegisteredRedirectUri::parse(text, application, by) {
            Ok(uri) if accepted.contains(&uri) => faults.add(member, format!("{text} is listed twice")),
            Ok(uri) => accepted.push(uri),
            Err(fault) => faults.add(member, format!("{text} is not allowed: {fault}")),
        }
    }
    accepted
}

impl ClientRegistration {
    /// Checks every member and yields the client, enabled and without secrets, or everything that is wrong.
    pub fn validate(self, client_id: ClientId, by: RegisteredBy) -> Result<Client, Vec<Invalid>> {
        let mut faults = Faults::default();
        let method = self.auth_method(&mut faults);
        let application = self.application(&mut faults);
        let grants = self.grants(&mut faults);
        let redirects = registered("redirect_uris", &self.redirect_uris, application, by, &mut faults);
        let member = "post_logout_redirect_uris";
        let after_logout = registered(member, &self.post_logout_redirect_uris, application, by, &mut faults);
        self.check_grants(method, &grants, &redirects, &mut faults);
        self.check_texts(&mut faults);
        self.check_addresses(by, &mut faults);
        self.check_keys(method, &mut faults);
        self.check_certificate(method, &mut faults);
        self.check_privileges(method, by, &mut faults);
        let has_keys = self.jwks.is_some() || self.jwks_uri.is_some();
        let openid = OpenIdMetadata::clone(&self.openid).completed();
        faults
            .0
            .extend(openid.faults(&self.redirect_uris, self.jwks.as_ref(), has_keys, by));
        let scope = self.scope(&mut faults);
        let id_token_algorithm = algorithm(
            "id_token_signed_response_alg",
            self.id_token_signed_response_alg.as_deref(),
            &mut faults,
        );
        let assertion_algorithm = algorithm(
            "token_endpoint_auth_signing_alg",
            self.token_endpoint_auth_signing_alg.as_deref(),
            &mut faults,
        );
        if !faults.0.is_empty() {
            return Err(faults.0);
        }
        let client_name = self.client_name.unwrap_or_else(|| client_id.to_string());
        Ok(Client {
            client_id,
            client_name,
            publisher: self.publisher,
            client_uri: self.client_uri,
            contacts: self.contacts,
            status: ClientStatus::Enabled,
            application_type: application,
            token_endpoint_auth_method: method,
            grant_types: grants,
            redirect_uris: redirects,
            launch_uris: self.launch_uris,
            allowed_origins: self.allowed_origins,
            scope,
            secrets: Vec::new(),
            jwks: self.jwks,
            jwks_uri: self.jwks_uri,
            token_endpoint_auth_signing_alg: assertion_algorithm,
            assertion_audience: self.assertion_audience.unwrap_or_default(),
            id_token_signed_response_alg: id_token_algorithm.unwrap_or_else(default_id_token_algorithm),
            access_token_format: self.access_token_format.unwrap_or_default(),
            require_pkce: self.require_pkce,
            require_pushed_authorization_requests: self.require_pushed_authorization_requests.unwrap_or(false),
            dpop_bound_access_tokens: self.dpop_bound_access_tokens.unwrap_or(false),
            tls_client_auth_subject_dn: self.tls_client_auth_subject_dn,
            tls_client_auth_san_dns: self.tls_client_auth_san_dns,
            tls_client_auth_san_uri: self.tls_client_auth_san_uri,
            tls_client_auth_san_ip: self.tls_client_auth_san_ip,
            tls_client_auth_san_email: self.tls_client_auth_san_email,
            tls_client_certificate_bound_access_tokens: self
                .tls_client_certificate_bound_access_tokens
                .unwrap_or(false),
            introspection: self.introspection.unwrap_or(false),
            launch_user_assertions: self.launch_user_assertions.unwrap_or(false),
            post_logout_redirect_uris: after_logout,
            backchannel_logout_uri: self.backchannel_logout_uri,
            backchannel_logout_session_required: self.backchannel_logout_session_required.unwrap_or(false),
            frontchannel_logout_uri: self.frontchannel_logout_uri,
            frontchannel_logout_session_required: self.frontchannel_logout_session_required.unwrap_or(false),
            tenant_in_id_token: self.tenant_in_id_token.unwrap_or(false),
            verified: by == RegisteredBy::Administrator && self.verified.unwrap_or(true),
            ask_consent: self.ask_consent,
            profile: self.profile,
            openid,
            identity_providers: self.identity_providers,
            default_identity_provider: self.default_identity_provider,
            user_roles: self.user_roles,
            client_expires_at: self.client_expires_at,
            directory_version: None,
        })
    }

    fn auth_method(&self, faults: &mut Faults) -> TokenEndpointAuthMethod {
        match self.token_endpoint_auth_method.as_deref() {
            None | Some("client_secret_basic") => TokenEndpointAuthMethod::ClientSecretBasic,
            Some("none") => TokenEndpointAuthMethod::None,
            Some("client_secret_post") => TokenEndpointAuthMethod::ClientSecretPost,
            Some("private_key_jwt") => TokenEndpointAuthMethod::PrivateKeyJwt,
            Some("tls_client_auth") => TokenEndpointAuthMethod::TlsClientAuth,
            Some("self_signed_tls_client_auth") => TokenEndpointAuthMethod::SelfSignedTlsClientAuth,
            Some(_) => {
                faults.add(
                    "token_endpoint_auth_method",
                    "is not supported; use none, client_secret_basic, client_secret_post, private_key_jwt, tls_client_auth or \
                     self_signed_tls_client_auth",
                );
                TokenEndpointAuthMethod::ClientSecretBasic
            }
        }
    }

    fn application(&self, faults: &mut Faults) -> ApplicationType {
        match self.application_type.as_deref() {
            None | Some("web") => ApplicationType::Web,
            Some("native") => ApplicationType::Native,
            Some(_) => {
                faults.add("application_type", "is neither web nor native");
                ApplicationType::Web
            }
        }
    }

    fn grants(&self, faults: &mut Faults) -> BTreeSet<GrantType> {
        let Some(names) = &self.grant_types else {
            return BTreeSet::from([GrantType::AuthorizationCode]); // RFC 7591 section 2
        };
        let mut grants = BTreeSet::new();
        for name in names {
            match GrantType::find(name) {
                Some(grant) => {
                    grants.insert(grant);
                }
                None => faults.add(
                    "grant_types",
                    format!("{name} is not supported; use one that the server's metadata lists"),
                ),
            }
        }
        grants
    }

    fn check_grants(
        &self,
        method: TokenEndpointAuthMethod,
        grants: &BTreeSet<GrantType>,
        redirects: &[RegisteredRedirectUri],
        faults: &mut Faults,
    ) {
        let code = grants.contains(&GrantType::AuthorizationCode);
        // A resource server that only introspects uses no grant.
        if grants.is_empty() && !self.introspection.unwrap_or(false) {
            faults.add("grant_types", "is empty; name at least one grant type");
        }
        if code && self.redirect_uris.is_empty() {
            faults.add(
                "redirect_uris",
                "is missing; authorization_code needs at least one redirect URI",
            );
        }
        if !code && !redirects.is_empty() {
            faults.add(
                "redirect_uris",
                "is of no use without the grant type authorization_code",
            );
        }
        let user_present = code || grants.contains(&GrantType::DeviceCode);
        if grants.contains(&GrantType::RefreshToken) && !user_present {
            faults.add(
                "grant_types",
                "refresh_token needs authorization_code or device_code beside it",
            );
        }
        if grants.contains(&GrantType::ClientCredentials) && method == TokenEndpointAuthMethod::None {
            // RFC 6749 section 4.4: confidential clients only.
            faults.add(
                "grant_types",
                "client_credentials needs a client that authenticates; method none does not",
            );
        }
        if grants.contains(&GrantType::TokenExchange) && method == TokenEndpointAuthMethod::None {
            // RFC 8693 section 2.1: without authentication, whoever holds a token could exchange it.
            faults.add(
                "grant_types",
                "token exchange needs a client that authenticates; method none does not",
            );
        }
        if let Some(types) = &self.response_types {
            let only_code = types.iter().all(|response| response == "code");
            if !only_code {
                faults.add("response_types", "only code is supported");
            } else if types.is_empty() == code {
                // RFC 7591 section 2.1: response types and grant types have to agree.
                faults.add(
                    "response_types",
                    "code and the grant type authorization_code belong together",
                );
            }
        }
    }

    fn check_texts(&self, faults: &mut Faults) {
        for (member, text) in [("client_name", &self.client_name), ("publisher", &self.publisher)] {
            let Some(text) = text else { continue };
            if text.trim().is_empty() || text.chars().count() > NAME_LIMIT {
                faults.add(member, format!("has 1 to {NAME_LIMIT} characters"));
            }
            if text.chars().any(is_deceptive) {
                faults.add(
                    member,
                    "contains control characters or marks that change the direction of text",
                );
            }
        }
        for contact in &self.contacts {
            if contact.is_empty() || contact.len() > 320 || contact.chars().any(char::is_control) {
                faults.add(
                    "contacts",
                    "holds an entry that is empty, too long or contains control characters",
                );
            }
        }
        for (member, length) in [
            ("contacts", self.contacts.len()),
            ("launch_uris", self.launch_uris.len()),
            ("allowed_origins", self.allowed_origins.len()),
        ] {
            if length > LIST_LIMIT {
                faults.add(member, format!("has more than {LIST_LIMIT} entries"));
            }
        }
    }

    fn check_addresses(&self, by: RegisteredBy, faults: &mut Faults) {
        if self
            .client_uri
            .as_deref()
            .is_some_and(|uri| !is_web_address(uri, false))
        {
            faults.add("client_uri", "is not an https address");
        }
        // An administrator may name a server of their own machine; the outbound client still has the last word.
        let loopback = by == RegisteredBy::Administrator;
        if self
            .jwks_uri
            .as_deref()
            .is_some_and(|uri| !is_web_address(uri, loopback))
        {
            faults.add(
                "jwks_uri",
                "is not an https address without user information and fragment",
            );
        }
        for (member, uri) in [
            ("backchannel_logout_uri", &self.backchannel_logout_uri),
            ("frontchannel_logout_uri", &self.frontchannel_logout_uri),
        ] {
            if uri.as_deref().is_some_and(|uri| !is_web_address(uri, loopback)) {
                faults.add(member, "is not an https address without user information and fragment");
            }
        }
        for uri in &self.launch_uris {
            if !is_web_address(uri, true) {
                faults.add(
                    "launch_uris",
                    format!("{uri} is not an https address (http only on a loopback address)"),
                );
            }
        }
        for origin in &self.allowed_origins {
            let exact = is_web_address(origin, true)
                && Url::parse(origin).is_ok_and(|url| url.origin().ascii_serialization() == *origin);
            if !exact {
                faults.add(
                    "allowed_origins",
                    format!("{origin} is not an origin such as https://app.example (no path, no default port)"),
                );
            }
        }
    }

    fn check_keys(&self, method: TokenEndpointAuthMethod, faults: &mut Faults) {
        match (&self.jwks, &self.jwks_uri) {
            (Some(_), Some(_)) => faults.add("jwks", "excludes jwks_uri; send one of them"), // RFC 7591 section 2
            (None, None) if method == TokenEndpointAuthMethod::PrivateKeyJwt => {
                faults.add("jwks_uri", "is missing; private_key_jwt needs jwks_uri or jwks");
            }
            _ => {}
        }
        let Some(jwks) = &self.jwks else { return };
        if jwks.keys.iter().any(|key| key.held_private_material) {
            faults.add(
                "jwks",
                "holds private or symmetric key material; send public keys only and replace these keys",
            );
        }
        if jwks.keys.len() > LIST_LIMIT {
            faults.add("jwks", format!("has more than {LIST_LIMIT} keys"));
        }
        let mut names = BTreeSet::new();
        if !jwks
            .keys
            .iter()
            .filter_map(|key| key.kid.as_deref())
            .all(|kid| names.insert(kid))
        {
            faults.add("jwks", "holds two keys with the same kid");
        }
        // Keys for encryption alone are enough for an app that signs nothing.
        let for_encryption = self.openid.wants_encryption() && method != TokenEndpointAuthMethod::PrivateKeyJwt;
        if VerificationKeys::from_jwk_set(jwks).is_empty() && !for_encryption {
            faults.add(
                "jwks",
                "holds no usable signature key; send RSA (2048 bits or more), P-256, P-384 or Ed25519",
            );
        }
    }

    /// RFC 8705 sections 2.1.2 and 2.2.2.
    fn check_certificate(&self, method: TokenEndpointAuthMethod, faults: &mut Faults) {
        let text = Option::as_deref;
        let subjects = [
            text(&self.tls_client_auth_subject_dn)
                .map(|it| ("tls_client_auth_subject_dn", ExpectedSubject::DistinguishedName(it))),
            text(&self.tls_client_auth_san_dns).map(|it| ("tls_client_auth_san_dns", ExpectedSubject::Dns(it))),
            text(&self.tls_client_auth_san_uri).map(|it| ("tls_client_auth_san_uri", ExpectedSubject::Uri(it))),
            text(&self.tls_client_auth_san_ip).map(|it| ("tls_client_auth_san_ip", ExpectedSubject::Ip(it))),
            text(&self.tls_client_auth_san_email).map(|it| ("tls_client_auth_san_email", ExpectedSubject::Email(it))),
        ];
        let given: Vec<_> = subjects.into_iter().flatten().collect();
        let wanted = usize::from(method == TokenEndpointAuthMethod::TlsClientAuth);
        if given.len() != wanted {
            let problem = if wanted == 1 {
                "tls_client_auth needs exactly one of tls_client_auth_subject_dn, _san_dns, _san_uri, _san_ip and _san_email"
            } else {
                "subjects of certificates are for the method tls_client_auth alone"
            };
            faults.add("token_endpoint_auth_method", problem);
        }
        for (member, subject) in given {
            if !subject.is_readable() {
                faults.add(member, "cannot be read, so no certificate could ever match it");
            }
        }
        if method == TokenEndpointAuthMethod::SelfSignedTlsClientAuth && self.jwks.is_none() {
            faults.add(
                "jwks",
                "is missing; self_signed_tls_client_auth needs the key of the certificate there",
            );
        }
    }

    fn check_privileges(&self, method: TokenEndpointAuthMethod, by: RegisteredBy, faults: &mut Faults) {
        if self.require_pkce == Some(false) && method == TokenEndpointAuthMethod::None {
            faults.add("require_pkce", "cannot be false for a public client");
        }
        if self.introspection == Some(true) && method == TokenEndpointAuthMethod::None {
            faults.add(
                "introspection",
                "needs a client that authenticates; method none does not",
            );
        }
        if self.launch_user_assertions == Some(true) && self.jwks.is_none() && self.jwks_uri.is_none() {
            faults.add(
                "launch_user_assertions",
                "needs a client with keys, which sign the assertions: jwks or jwks_uri",
            );
        }
        if by == RegisteredBy::Client {
            if self.require_pkce == Some(false) {
                faults.add("require_pkce", "can only be switched off by an administrator");
            }
            if self.introspection == Some(true) {
                faults.add("introspection", "can only be granted by an administrator");
            }
            if self.profile.is_some() {
                faults.add("profile", "can only be chosen by an administrator");
            }
            let exchange = GrantType::TokenExchange.as_str();
            if self.grant_types.iter().flatten().any(|grant| grant == exchange) {
                faults.add("grant_types", "token exchange can only be granted by an administrator");
            }
            // RFC 8628 section 5.4: whoever registers an app could make strangers connect it.
            let device = GrantType::DeviceCode.as_str();
            if self.grant_types.iter().flatten().any(|grant| grant == device) {
                faults.add(
                    "grant_types",
                    "the device code grant can only be granted by an administrator",
                );
            }
            if self.launch_user_assertions == Some(true) {
                faults.add("launch_user_assertions", "can only be granted by an administrator");
            }
            if !self.identity_providers.is_empty() || self.default_identity_provider.is_some() {
                faults.add("identity_providers", "can only be decided by an administrator");
            }
            if self.ask_consent.is_some() {
                faults.add("ask_consent", "can only be decided by an administrator");
            }
        }
    }

    fn scope(&self, faults: &mut Faults) -> String {
        let text = self.scope.as_deref().unwrap_or_default();
        // RFC 6749 section 3.3: %x21 / %x23-5B / %x5D-7E, separated by single spaces.
        let token =
            |part: &str| !part.is_empty() && part.bytes().all(|b| matches!(b, 0x21 | 0x23..=0x5B | 0x5D..=0x7E));
        if text.len() > SCOPE_LIMIT || (!text.is_empty() && !text.split(' ').all(token)) {
            faults.add("scope", "is not a list of scopes separated by single spaces");
        }
        text.to_owned()
    }
}

fn algorithm(member: &'static str, name: Option<&str>, faults: &mut Faults) -> Option<SigningAlgorithm> {
    let parsed = name?.parse();
    if parsed.is_err() {
        faults.add(member, "is not one of RS256, RS384, PS256, ES256, ES384, EdDSA");
    }
    parsed.ok()
}

/// Characters that let a name on the consent page look like another: controls, bidirectional and invisible marks.
fn is_deceptive(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{061C}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{2069}' | '\u{FEFF}')
}

/// An https address without user information and fragment; http on a loopback host too when `loopback` is set.
pub(super) fn is_web_address(text: &str, loopback: bool) -> bool {
    let plain = text.len() <= 2048 && text.bytes().all(|b| b.is_ascii_graphic() && b != b'\\');
    let Ok(url) = Url::parse(text) else { return false };
    let local = matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
    let scheme = text.starts_with("https://") || (loopback && local && text.starts_with("http://"));
    plain && scheme && url.username().is_empty() && url.password().is_none() && url.fragment().is_none()
}

#[cfg(test)]
#[path = "client_registration_tests.rs"]
mod tests;
