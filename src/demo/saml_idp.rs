//! The sign-in service of Lakeside Clinic: a SAML identity provider for demonstrations, with a key of its own. Whoever comes
//! chooses who to be. Only the loopback address serves it, like everything here.

use super::world::{LAKESIDE, Person, Population};
use crate::control::{ControlError, TenantAdmin};
use crate::federation::mapping::MappingRules;
use crate::federation::saml::names::{ASSERTION, BEARER, METADATA, PERSISTENT, PROTOCOL, REDIRECT, SUCCESS};
use crate::federation::saml::{
    PrivateKey, SamlProviderConfig, ServiceProvider, TrustedKey, TrustedKeys, escape, new_id, read_redirect,
    sign_enveloped,
};
use crate::federation::{Offer, Provisioning, SamlDocument};
use crate::kernel::{Secret, Timestamp};
use crate::store::TenantTx;
use crate::store::tenant::FederationKeyPurpose;
use crate::tenant::{TenantCx, TenantDirectory};
use crate::web::pages::{DemoPeople, FormPost, FormPostTarget, IdentityProviderChoice, Problem};
use crate::web::{Chrome, CspSource, Href, HtmlPage, PagePolicy};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use std::fmt::Write as _;
use std::time::Duration;

/// The connection's name at the clinic.
pub(super) const ALIAS: &str = "clinic";
/// Where the service's key is kept: at the clinic, sealed like every credential.
const KEY_SECRET: &str = "demonstration.saml_identity_provider";
/// How long an assertion may be presented.
const USABLE_FOR: Duration = Duration::from_mins(5);

#[derive(Serialize, Deserialize)]
struct StoredKey {
    private_key: String,
    certificate: String,
}

fn entity_id(population: &Population) -> String {
    format!("{}/demo/idp", population.base())
}

fn sign_on(population: &Population) -> String {
    format!("{}/demo/idp/sso", population.base())
}

/// Connects the clinic to its sign-in service, making the service's key when there is none.
pub(super) async fn provision(admin: &TenantAdmin, population: &Population) -> Result<(), ControlError> {
    let cx = admin.cx();
    let mut rows = cx.begin().await?;
    let key = if let Some(key) = find_key(&mut rows).await? {
        key
    } else {
        let fault = |fault: crate::federation::saml::KeyFault| ControlError::invalid("keys", fault.to_string());
        let (private_key, certificate) = PrivateKey::generate("Lakeside Clinic sign-in", cx.now()).map_err(fault)?;
        let stored = StoredKey {
            private_key: STANDARD.encode(private_key.expose()),
            certificate: STANDARD.encode(&certificate),
        };
        let bytes = Secret::new(serde_json::to_vec(&stored)?);
        rows.save_tenant_secret(KEY_SECRET, &bytes, cx.now(), cx.entropy())
            .await?;
        PrivateKey::from_pkcs8(&private_key, certificate).map_err(fault)?
    };
    rows.commit().await?;
    let metadata = format!(
        "<md:EntityDescriptor xmlns:md=\"{METADATA}\" entityID=\"{}\"><md:IDPSSODescriptor WantAuthnRequestsSigned=\"true\" \
         protocolSupportEnumeration=\"{PROTOCOL}\"><md:KeyDescriptor use=\"signing\"><ds:KeyInfo \
         xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\"><ds:X509Data><ds:X509Certificate>{}</ds:X509Certificate>\
         </ds:X509Data></ds:KeyInfo></md:KeyDescriptor><md:SingleSignOnService Binding=\"{REDIRECT}\" Location=\"{}\"/>\
         </md:IDPSSODescriptor></md:EntityDescriptor>",
        escape(&entity_id(population)),
        STANDARD.encode(key.certificate()),
        escape(&sign_on(population)),
    );
    let document = SamlDocument {
        provider: SamlProviderConfig::new(entity_id(population)),
        mapping: MappingRules {
            name: Some("claims.friendly.displayName[0]".to_owned()),
            fhir_user: Some("claims.friendly.fhirUser[0]".to_owned()),
            roles: Some("claims.friendly.role".to_owned()),
            npi: Some("\"npi\" in claims.friendly ? claims.friendly.npi[0] : \"\"".to_owned()),
            patient: Some("\"patient\" in claims.friendly ? claims.friendly.patient[0] : \"\"".to_owned()),
            ..MappingRules::default()
        },
        offer: Offer::default(),
        provisioning: Provisioning::default(),
    };
    admin
        .save_saml_provider(ALIAS, "Clinic sign-in", &document, &metadata)
        .await
        .map(drop)
}

async fn find_key(rows: &mut TenantTx) -> Result<Option<PrivateKey>, ControlError> {
    let Some(stored) = rows.find_tenant_secret(KEY_SECRET).await? else {
        return Ok(None);
    };
    let stored: StoredKey = serde_json::from_slice(stored.expose())?;
    let decode = |text: &str| {
        STANDARD
            .decode(text)
            .map_err(|_| ControlError::invalid("keys", "are not Base64"))
    };
    let private_key = Secret::new(decode(&stored.private_key)?);
    PrivateKey::from_pkcs8(&private_key, decode(&stored.certificate)?)
        .map(Some)
        .map_err(|fault| ControlError::invalid("keys", fault.to_string()))
}

/// A sign-in request that the clinic sent.
struct Asked {
    cx: TenantCx,
    request: String,
    relay_state: String,
}

/// Reads a request; `None` for whatever the clinic did not sign.
async fn asked(directory: &TenantDirectory, query: &str) -> Option<Asked> {
    let tenant = directory.resolve(LAKESIDE, directory.clock().now()).await.ok()?;
    let cx = TenantCx::for_work(tenant, directory.clone());
    let mut rows = cx.read().await.ok()?;
    let providers = rows.list_identity_providers().await.ok()?;
    let provider = providers.into_iter().find(|provider| provider.alias == ALIAS)?;
    let keys = rows.list_federation_keys(provider.id).await.ok()?;
    drop(rows);
    let trusted = keys
        .iter()
        .filter(|key| key.purpose == FederationKeyPurpose::Signing)
        .filter_map(|key| TrustedKey::from_certificate(&key.certificate).ok());
    let message = read_redirect(query, &TrustedKeys::new(trusted)).ok()?;
    Some(Asked {
        request: message.id().ok()?,
        relay_state: message.relay_state?,
        cx,
    })
}

/// The page on which people choose who to be.
pub(super) async fn choose(directory: &TenantDirectory, chrome: Chrome, people: &[Person], query: &str) -> HtmlPage {
    if asked(directory, query).await.is_none() {
        return refused(chrome);
    }
    let choices = people
        .iter()
        .map(|person| IdentityProviderChoice {
            label: person.name.to_owned(),
            hint: Some(person.role.to_owned()),
            used_last: false,
            href: Href::local(&format!("/demo/idp/sso/{}?{query}", person.username)),
        })
        .collect();
    HtmlPage::new(&DemoPeople { chrome, choices }, policy(directory))
}

/// The choice was made: a signed response, in a form that posts itself to the clinic.
pub(super) async fn answer(
    directory: &TenantDirectory,
    population: &Population,
    chrome: Chrome,
    person: Option<&Person>,
    query: &str,
) -> HtmlPage {
    let (Some(asked), Some(person)) = (asked(directory, query).await, person) else {
        return refused(chrome);
    };
    let sp = ServiceProvider::new(asked.cx.issuer(), ALIAS);
    let Some(response) = respond(&asked, &sp, &entity_id(population), person).await else {
        return refused(chrome);
    };
    let Some(action) = Href::external(&sp.acs_url) else {
        return refused(chrome);
    };
    let page = FormPost {
        chrome,
        target: FormPostTarget::App,
        redirect_uri: action,
        parameters: vec![
            ("SAMLResponse".to_owned(), STANDARD.encode(response)),
            ("RelayState".to_owned(), asked.relay_state),
        ],
    };
    let form_action = CspSource::covering(&sp.acs_url).into_iter().collect();
    HtmlPage::new(
        &page,
        PagePolicy {
            form_action,
            ..policy(directory)
        },
    )
}

/// The launcher shows these pages in its frame.
fn policy(directory: &TenantDirectory) -> PagePolicy {
    PagePolicy {
        frame_ancestors: CspSource::covering(directory.public_url().as_str())
            .into_iter()
            .collect(),
        ..PagePolicy::closed(false)
    }
}

fn refused(chrome: Chrome) -> HtmlPage {
    let page = crate::web::pages::ErrorPage {
        chrome,
        problem: Problem::AppRequest,
        action: None,
        technical: None,
        at: Timestamp::EPOCH,
    };
    HtmlPage::new(&page, PagePolicy::closed(false))
}

async fn respond(asked: &Asked, sp: &ServiceProvider, idp: &str, person: &Person) -> Option<String> {
    let cx = &asked.cx;
    let key = find_key(&mut cx.read().await.ok()?).await.ok()??;
    let (now, until) = (cx.now().to_rfc3339(), (cx.now() + USABLE_FOR).to_rfc3339());
    let (id, request, acs, issuer) = (new_id(cx.entropy()), &asked.request, escape(&sp.acs_url), escape(idp));
    let mut attributes = String::new();
    for (name, value) in [
        ("displayName", Some(person.name)),
        ("fhirUser", person.fhir_user),
        ("role", Some(person.role)),
        ("npi", person.npi),
        ("patient", person.patient),
    ] {
        if let Some(value) = value {
            let _ = write!(
                attributes,
                "<saml:Attribute Name=\"urn:demonstration:{name}\" FriendlyName=\"{name}\"><saml:AttributeValue>{}\
                 </saml:AttributeValue></saml:Attribute>",
                escape(value)
            );
        }
    }
    let assertion = format!(
        "<saml:Assertion xmlns:saml=\"{ASSERTION}\" ID=\"{id}\" Version=\"2.0\" IssueInstant=\"{now}\">\
         <saml:Issuer>{issuer}</saml:Issuer><saml:Subject><saml:NameID Format=\"{PERSISTENT}\">{}</saml:NameID>\
         <saml:SubjectConfirmation Method=\"{BEARER}\"><saml:SubjectConfirmationData InResponseTo=\"{request}\" \
         NotOnOrAfter=\"{until}\" Recipient=\"{acs}\"/></saml:SubjectConfirmation></saml:Subject><saml:Conditions \
         NotOnOrAfter=\"{until}\"><saml:AudienceRestriction><saml:Audience>{}</saml:Audience></saml:AudienceRestriction>\
         </saml:Conditions><saml:AuthnStatement AuthnInstant=\"{now}\" SessionIndex=\"{id}\"><saml:AuthnContext>\
         <saml:AuthnContextClassRef>urn:oasis:names:tc:SAML:2.0:ac:classes:unspecified</saml:AuthnContextClassRef>\
         </saml:AuthnContext></saml:AuthnStatement><saml:AttributeStatement>{attributes}</saml:AttributeStatement>\
         </saml:Assertion>",
        escape(person.username),
        escape(&sp.entity_id),
    );
    let signed = sign_enveloped(&assertion, &id, "</saml:Issuer>", &key).ok()?;
    Some(format!(
        "<samlp:Response xmlns:samlp=\"{PROTOCOL}\" ID=\"{}\" Version=\"2.0\" IssueInstant=\"{now}\" Destination=\"{acs}\" \
         InResponseTo=\"{request}\"><saml:Issuer xmlns:saml=\"{ASSERTION}\">{issuer}</saml:Issuer><samlp:Status>\
         <samlp:StatusCode Value=\"{SUCCESS}\"/></samlp:Status>{signed}</samlp:Response>",
        new_id(cx.entropy())
    ))
}
