//! The tenant context: what a handler gets instead of a store, a key ring or a tenant id.

use super::document::FhirServerDocument;
use super::refusal::RefusedRequest;
use super::{AboutRequest, IssuerUrls, PublicUrl, Slug, Tenant, TenantDirectory, TenantDocument};
use crate::kernel::id::{RequestId, TenantId};
use crate::kernel::{Entropy, Timestamp};
use crate::keys::SigningKeys;
use crate::oauth::{Client, ClientCertificate};
use crate::quota::MemoryBudgets;
use crate::smart::FhirBase;
use crate::smart::authorization_details::FhirLocation;
use crate::store::{StoreError, TenantStore, TenantTx};
use crate::web::cookies::{CookiePurpose, TenantCookies};
use crate::web::{AppLook, Chrome, ClientAddress, Href, HtmlPage, Language, Page, PagePolicy};
use axum::extract::{FromRef, FromRequestParts, RawPathParams};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, header};
use axum::response::Response;
use std::fmt;
use std::sync::Arc;

/// One request at one tenant. The only door to the tenant's rows, keys and policy; fixes the time for the request.
#[derive(Clone)]
pub struct TenantCx {
    tenant: Arc<Tenant>,
    directory: TenantDirectory,
    now: Timestamp,
    request_id: RequestId,
    about: AboutRequest,
    language: Language,
    /// The path of a page that can be shown again by a link, for the language switch.
    page: Option<String>,
    /// The language was chosen in the address, and is worth remembering.
    language_chosen: bool,
    /// Where the request comes from; none for work that nobody asked for.
    client_address: Option<ClientAddress>,
    /// The certificate with which the client opened its connection.
    client_certificate: Option<ClientCertificate>,
}

impl fmt::Debug for TenantCx {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TenantCx({}, {})", self.tenant.id, self.request_id)
    }
}

impl TenantCx {
    /// The context of work that no request asked for: administration and background jobs.
    pub fn for_work(tenant: Arc<Tenant>, directory: TenantDirectory) -> Self {
        let now = directory.clock().now();
        let request_id = RequestId::new(now, directory.entropy().as_ref());
        Self {
            tenant,
            directory,
            now,
            request_id,
            about: AboutRequest::default(),
            language: Language::English,
            page: None,
            language_chosen: false,
            client_address: None,
            client_certificate: None,
        }
    }

    /// The context of a request that names the tenant in another way than the tenant's own pages and endpoints do.
    pub fn for_request(tenant: Arc<Tenant>, directory: TenantDirectory, request_id: RequestId) -> Self {
        Self {
            request_id,
            ..Self::for_work(tenant, directory)
        }
    }

    /// The tenant.
    pub fn id(&self) -> TenantId {
        self.tenant.id
    }

    /// Everything that is loaded of the tenant.
    pub fn tenant(&self) -> &Tenant {
        &self.tenant
    }

    /// The time of the request. Every check in it uses this one.
    pub const fn now(&self) -> Timestamp {
        self.now
    }

    /// The request's id.
    pub const fn request_id(&self) -> RequestId {
        self.request_id
    }

    /// The language of the person at the browser.
    pub const fn language(&self) -> Language {
        self.language
    }

    /// The address the request comes from; `None` for work that no request asked for.
    pub const fn client_address(&self) -> Option<ClientAddress> {
        self.client_address
    }

    /// The certificate with which the client opened its connection, its key proven (RFC 8705).
    pub const fn client_certificate(&self) -> Option<&ClientCertificate> {
        self.client_certificate.as_ref()
    }

    /// Where clients that have certificates connect, if anywhere.
    pub fn mtls_url(&self) -> Option<&PublicUrl> {
        self.directory.parts().mtls_url.as_ref()
    }

    /// The budgets of this node.
    pub(super) fn memory_budgets(&self) -> &MemoryBudgets {
        self.directory.budgets()
    }

    /// The issuer's addresses.
    pub fn urls(&self) -> &IssuerUrls {
        &self.tenant.urls
    }

    /// The issuer identifier.
    pub fn issuer(&self) -> &str {
        self.tenant.urls.issuer()
    }

    /// What the tenant's administrators decided.
    pub fn document(&self) -> &TenantDocument {
        &self.tenant.document
    }

    /// The tenant's signing keys.
    pub fn keys(&self) -> &SigningKeys {
        &self.tenant.keys
    }

    /// The tenant's cookies.
    pub fn cookies(&self) -> &TenantCookies {
        &self.tenant.cookies
    }

    /// The door to the tenant's rows.
    pub fn store(&self) -> &TenantStore {
        &self.tenant.store
    }

    /// Begins a write transaction on the tenant's rows.
    pub async fn begin(&self) -> Result<TenantTx, StoreError> {
        self.tenant.store.begin().await
    }

    /// Begins reading the tenant's rows.
    pub async fn read(&self) -> Result<TenantTx, StoreError> {
        self.tenant.store.read().await
    }

    /// The source of randomness.
    pub fn entropy(&self) -> &dyn Entropy {
        self.directory.entropy().as_ref()
    }

    /// The enabled client with this id, from the cache of this tenant's clients or one read.
    pub async fn find_client(&self, client_id: &str) -> Result<Option<Arc<Client>>, StoreError> {
        let client = self.directory.find_client(&self.tenant, client_id).await?;
        if let Some(client) = &client {
            self.about.names(client.client_id.as_str());
        }
        Ok(client)
    }

    /// Tells every cache, on every node, that something of the tenant changed.
    pub async fn announce_change(&self) -> Result<(), StoreError> {
        self.directory.announce_change(&self.tenant, self.now).await
    }

    /// The FHIR base of this tenant that `aud` names (SMART App Launch 2.2, "Obtain authorization code").
    pub fn find_fhir_base(&self, aud: &str) -> Option<&FhirBase> {
        self.tenant.fhir_bases.iter().find(|base| base.names(aud))
    }

    /// The FHIR server that `address` names, with the versions of FHIR that it speaks.
    pub fn find_fhir_location(&self, address: &str) -> Option<FhirLocation> {
        let base = self.find_fhir_base(address)?;
        let described = self.document().fhir_servers.iter().find(|server| server.base == *base);
        Some(FhirLocation {
            base: base.as_str().to_owned(),
            versions: FhirServerDocument::versions(described),
        })
    }

    /// Whether an app that launches by itself can be given an encounter of the user's choice (`launch/encounter`).
    pub fn offers_encounter_choice(&self) -> bool {
        self.document().offers_encounters()
    }

    /// The style document for apps that are embedded in the EHR (SMART App Launch 2.2, `smart_style_url`): the one of a launch
    /// that names no other.
    pub fn style_url(&self) -> String {
        let version = self.tenant.branding.style_version();
        self.urls().endpoint(&format!("style/{version}/smart-style.json"))
    }

    /// The page that says what a short code means, for `error_uri` (RFC 6749 section 4.1.2.1).
    pub fn error_uri(&self, code: &str) -> String {
        self.directory.error_uri(code)
    }

    /// Remembers the check of an upstream sign-in that failed, for whoever has to explain the page that the user gets.
    pub fn note_upstream_check(&self, check: &'static str) {
        self.about.failed_upstream(check);
    }

    /// Counts that somebody signed in with this request.
    pub fn note_sign_in(&self) {
        self.about.signs_in();
    }

    /// Counts that this request was answered with tokens.
    pub fn note_tokens(&self) {
        self.about.gives_tokens();
    }

    /// What surrounds a page of this tenant.
    pub fn chrome(&self, app: Option<AppLook>) -> Chrome {
        // A page about an app is a step that can be shown again; an error answers one particular request.
        let language_switch = self.page.as_deref().filter(|_| app.is_some()).map(Href::local);
        Chrome {
            tenant: self.tenant.look.clone(),
            app,
            language: self.language,
            static_base: self.directory.static_base().clone(),
            request_id: self.request_id.to_string(),
            language_switch,
        }
    }

    /// Remembers, in this browser and for this tenant, the language that the address asked for.
    pub fn remember_language(&self, response: Response) -> Response {
        self.remember_language_in(self.cookies(), response)
    }

    /// The same for pages elsewhere than below the issuer, to which its cookies are not sent.
    pub fn remember_language_in(&self, cookies: &TenantCookies, mut response: Response) -> Response {
        if self.language_chosen {
            let tag = self.language.tag().to_owned();
            let cookie = cookies.set(CookiePurpose::Language, tag, None);
            if let Ok(value) = HeaderValue::from_str(&cookie.to_string()) {
                response.headers_mut().append(header::SET_COOKIE, value);
            }
        }
        response
    }

    /// Remembers the first of `locales` that is one of ours: a request that was pushed or signed has no other way to say which
    /// language its user reads (OpenID Connect Core section 3.1.2.1, `ui_locales`).
    pub fn choose_language(&self, locales: Option<&str>, response: Response) -> Response {
        let chosen = locales.and_then(|locales| locales.split(' ').find_map(Language::from_tag));
        match chosen {
            Some(language) => Self {
                language,
                language_chosen: true,
                ..self.clone()
            }
            .remember_language(response),
            None => self.remember_language(response),
        }
    }

    /// A page that leads nowhere else. It may be framed by whom the sign-in may be, since it can come in its place.
    pub fn closed_page(&self, page: &impl Page) -> HtmlPage {
        let policy = PagePolicy::closed(self.urls().base().is_https());
        HtmlPage::new(page, self.framed(policy))
    }

    /// `policy` for a page between an authorization request and its answer.
    pub fn framed(&self, policy: PagePolicy) -> PagePolicy {
        PagePolicy {
            frame_ancestors: self.tenant.frame_ancestors.clone(),
            ..policy
        }
    }
}

/// The language chosen in the address (`ui_locales`, OpenID Connect Core section 3.1.2.1), if it is one of ours.
fn chosen_language(parts: &Parts) -> Option<Language> {
    let query = parts.uri.query().unwrap_or_default();
    let (_, locales) = url::form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "ui_locales")?;
    locales.split(' ').find_map(Language::from_tag)
}

/// The language of the cookie, else what the browser asks for.
fn usual_language(parts: &Parts, cookies: &TenantCookies) -> Language {
    let remembered = cookies.find(&parts.headers, CookiePurpose::Language);
    Language::negotiate(
        remembered.as_deref(),
        header_text(&parts.headers, header::ACCEPT_LANGUAGE),
    )
}

fn header_text(headers: &HeaderMap, name: header::HeaderName) -> Option<&str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

impl<S> FromRequestParts<S> for TenantCx
where
    TenantDirectory: FromRef<S>,
    S: Send + Sync,
{
    type Rejection = RefusedRequest;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, RefusedRequest> {
        if let Some(context) = parts.extensions.get::<Self>() {
            return Ok(context.clone());
        }
        let params = RawPathParams::from_request_parts(parts, state).await.ok();
        let slug = params
            .as_ref()
            .and_then(|params| params.iter().find(|(name, _)| *name == "tenant"))
            .map_or("", |(_, value)| value);
        Self::of_request(parts, TenantDirectory::from_ref(state), slug).await
    }
}

impl TenantCx {
    /// The context of a request whose address belongs to the platform: of the tenant where its operators sign in.
    pub async fn of_platform(parts: &mut Parts, directory: TenantDirectory) -> Result<Self, RefusedRequest> {
        // Found before in this request: no other context comes to an address of the platform.
        if let Some(context) = parts.extensions.get::<Self>() {
            return Ok(context.clone());
        }
        Self::of_request(parts, directory, Slug::platform().as_str()).await
    }

    async fn of_request(parts: &mut Parts, directory: TenantDirectory, slug: &str) -> Result<Self, RefusedRequest> {
        let now = directory.clock().now();
        let request_id = parts
            .extensions
            .get::<RequestId>()
            .copied()
            .unwrap_or_else(|| RequestId::new(now, directory.entropy().as_ref()));
        match directory.resolve(slug, now).await {
            Ok(tenant) => {
                tracing::Span::current().record("tenant_id", tracing::field::display(tenant.id));
                let about = parts.extensions.get::<AboutRequest>().cloned().unwrap_or_default();
                about.is_of(&tenant);
                let chosen = chosen_language(parts);
                let language = chosen.unwrap_or_else(|| usual_language(parts, &tenant.cookies));
                let context = Self {
                    tenant,
                    directory,
                    now,
                    request_id,
                    about,
                    language,
                    page: (parts.method == Method::GET).then(|| parts.uri.path().to_owned()),
                    language_chosen: chosen.is_some(),
                    client_address: parts.extensions.get::<ClientAddress>().copied(),
                    client_certificate: parts.extensions.get::<ClientCertificate>().cloned(),
                };
                parts.extensions.insert(context.clone());
                Ok(context)
            }
            Err(refusal) => Err(RefusedRequest {
                refusal,
                wants_page: header_text(&parts.headers, header::ACCEPT)
                    .is_some_and(|accept| accept.contains("text/html")),
                language: Language::negotiate(None, header_text(&parts.headers, header::ACCEPT_LANGUAGE)),
                https: directory.public_url().is_https(),
                static_base: directory.static_base().clone(),
                at: now,
                request_id: request_id.to_string(),
            }),
        }
    }
}
