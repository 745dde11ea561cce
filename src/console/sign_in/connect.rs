//! Connecting: which product, what to enter there, and what comes back.

use super::{head, kind_of, said};
use crate::console::desk::{Desk, Fields, then};
use crate::console::respond::ConsoleFault;
use crate::control::ControlError;
use crate::control::identity_providers::IdentityProviderSummary;
use crate::federation::mapping::{MappingRules, templates};
use crate::federation::products::{BringBack, Product};
use crate::federation::provider::check_alias;
use crate::federation::saml::{IdpMetadata, SamlProviderConfig};
use crate::federation::{
    Federation, Offer, OidcDocument, Protocol, Provisioning, SamlDocument, fetch_metadata, provider,
};
use crate::kernel::Secret;
use crate::tenant::roles::Permission;
use crate::web::Href;
use crate::web::pages::console::{BringBackForm, Choice, ConnectPage, FieldRow, MethodKind, NewMethodPage};
use axum::extract::{RawQuery, State};
use axum::response::Response;
use serde_json::{Map, Value, json};
use url::Url;

/// How we may prove who we are, the usual way first.
const PROOFS: [&str; 4] = ["client_secret_basic", "client_secret_post", "private_key_jwt", "none"];

/// What is to be connected.
struct Plan {
    product: Product,
    saml: bool,
    alias: String,
    name: String,
}

impl Plan {
    const fn protocol(&self) -> Protocol {
        if self.saml {
            Protocol::Saml2
        } else {
            Protocol::OpenIdConnect
        }
    }

    const fn kind(&self) -> &'static str {
        if self.saml { provider::SAML } else { provider::OIDC }
    }

    /// From what was typed; the link's own alias and product where there is a link.
    fn of(desk: &Desk, form: &Fields) -> Self {
        let link = desk.link();
        let given = link.and_then(|link| link.product.as_deref()).unwrap_or_default();
        let product = [form.get("product"), given]
            .into_iter()
            .find_map(|name| name.parse().ok())
            .unwrap_or(Product::Other);
        let saml = match form.get("protocol") {
            "" => product.usual_protocol() == Protocol::Saml2,
            chosen => chosen == provider::SAML,
        };
        Self {
            product,
            saml,
            alias: link.map_or_else(|| form.get("alias").to_owned(), |link| link.alias.clone()),
            name: form.get("name").to_owned(),
        }
    }

    /// Of a connection that is there.
    fn existing(summary: &IdentityProviderSummary, chosen: &str) -> Self {
        let saml = kind_of(summary) == MethodKind::Saml;
        let member = if saml {
            "/provider/entity_id"
        } else {
            "/provider/issuer"
        };
        let identifier = summary.settings.pointer(member).and_then(Value::as_str);
        Self {
            product: chosen
                .parse()
                .unwrap_or_else(|_| Product::recognise(identifier.unwrap_or_default())),
            saml,
            alias: summary.alias.clone(),
            name: summary.display_name.clone(),
        }
    }
}

fn choices(chosen: Product) -> Vec<Choice> {
    let choice = |product: Product| Choice {
        value: product.as_str(),
        label: product.name(),
        chosen: product == chosen,
    };
    Product::ALL.into_iter().map(choice).collect()
}

/// `GET .../new`: the product is chosen; then what to enter there.
pub(super) async fn get_new(desk: Desk, RawQuery(query): RawQuery) -> Response {
    let query = Fields::of_query(query.as_deref());
    desk.answer(Box::pin(begin(&desk, &query)).await)
}

async fn begin(desk: &Desk, query: &Fields) -> Result<Response, ConsoleFault> {
    desk.admin().actor().require(Permission::ManageIdentityProviders)?;
    let plan = Plan::of(desk, query);
    if let Some(existing) = find(desk, &plan.alias).await? {
        if desk.link().is_some() {
            return Ok(then(&desk.path(&existing.alias, "")));
        }
        let taken = format!("{} is there already; choose another short name", plan.alias);
        return Ok(desk.faulty_page(&choose(desk, &plan, Some(taken))));
    }
    if !query.has("name") {
        return Ok(desk.page(&choose(desk, &plan, None)));
    }
    if let Err(error) = check(&plan) {
        return Ok(desk.faulty_page(&choose(desk, &plan, Some(error.to_string()))));
    }
    Ok(desk.page(&page(desk, &plan, None, empty(&plan), None)))
}

fn check(plan: &Plan) -> Result<(), ControlError> {
    check_alias(&plan.alias)?;
    // The address of this page.
    if plan.alias == "new" {
        return Err(ControlError::invalid("alias", "choose another short name than new"));
    }
    if plan.name.is_empty() {
        return Err(ControlError::invalid("name", "give the words for the sign-in button"));
    }
    Ok(())
}

fn choose(desk: &Desk, plan: &Plan, error: Option<String>) -> NewMethodPage {
    NewMethodPage {
        frame: desk.frame(),
        back: desk.list(),
        action: Href::local(&desk.new_path()),
        products: choices(plan.product),
        saml: plan.saml,
        name: plan.name.clone(),
        alias: (plan.alias.clone(), desk.link().is_some()),
        error,
    }
}

async fn find(desk: &Desk, alias: &str) -> Result<Option<IdentityProviderSummary>, ConsoleFault> {
    match desk.admin().get_identity_provider(alias).await {
        Ok(summary) => Ok(Some(summary)),
        Err(ControlError::NotFound { .. }) => Ok(None),
        Err(other) => Err(other.into()),
    }
}

/// What comes back, before anything was typed.
fn empty(plan: &Plan) -> BringBackForm {
    let guide = plan.product.guide(plan.protocol());
    match guide.map(|guide| guide.bring_back) {
        Some(BringBack::Oidc {
            issuer,
            client_id,
            client_secret,
        }) => BringBackForm::Oidc {
            issuer: String::new(),
            issuer_example: issuer,
            client_id: String::new(),
            client_id_name: client_id,
            secret_name: client_secret,
            has_secret: false,
            proofs: PROOFS.to_vec(),
            proof: PROOFS[0].to_owned(),
        },
        Some(BringBack::Saml { metadata_url, metadata }) => BringBackForm::Saml {
            url: String::new(),
            url_example: metadata_url,
            text: String::new(),
            metadata_name: metadata,
            entity_id: String::new(),
        },
        None => BringBackForm::Saml {
            url: String::new(),
            url_example: None,
            text: String::new(),
            metadata_name: "metadata",
            entity_id: String::new(),
        },
    }
}

/// What is stored, to be changed.
async fn stored(desk: &Desk, plan: &Plan, summary: &IdentityProviderSummary) -> Result<BringBackForm, ConsoleFault> {
    let text = |pointer: &str| {
        let value = summary.settings.pointer(pointer).and_then(Value::as_str);
        value.unwrap_or_default().to_owned()
    };
    let has = desk.admin().has_provider_secret(&summary.alias).await?;
    let mut form = empty(plan);
    match &mut form {
        BringBackForm::Oidc {
            issuer,
            client_id,
            has_secret,
            proof,
            ..
        } => {
            *issuer = text("/provider/issuer");
            *client_id = text("/provider/client_id");
            *has_secret = has;
            let way = text("/provider/authentication");
            if !way.is_empty() {
                *proof = way;
            }
        }
        BringBackForm::Saml { url, entity_id, .. } => {
            *url = text("/provider/metadata_url");
            *entity_id = text("/provider/entity_id");
        }
    }
    Ok(form)
}

/// What was typed: nothing is lost, but the secret, which is not shown.
fn typed(plan: &Plan, sent: &Fields, stored_secret: bool) -> BringBackForm {
    let mut form = empty(plan);
    match &mut form {
        BringBackForm::Oidc {
            issuer,
            client_id,
            has_secret,
            proof,
            ..
        } => {
            sent.get("issuer").clone_into(issuer);
            sent.get("client_id").clone_into(client_id);
            *has_secret = stored_secret;
            sent.get("proof").clone_into(proof);
        }
        BringBackForm::Saml {
            url, text, entity_id, ..
        } => {
            sent.get("metadata_url").clone_into(url);
            sent.get("metadata").clone_into(text);
            sent.get("entity_id").clone_into(entity_id);
        }
    }
    form
}

fn page(
    desk: &Desk,
    plan: &Plan,
    existing: Option<&IdentityProviderSummary>,
    form: BringBackForm,
    error: Option<String>,
) -> ConnectPage {
    let guide = plan.product.guide(plan.protocol());
    let language = desk.cx().language();
    let filled = guide.map(|guide| guide.filled(desk.cx().urls(), &plan.alias, language));
    let path = match existing {
        Some(existing) => desk.path(&existing.alias, "connect"),
        None => desk.new_path(),
    };
    let carried = match existing {
        Some(_) => vec![("product", plan.product.as_str().to_owned())],
        None => vec![
            ("product", plan.product.as_str().to_owned()),
            ("protocol", plan.kind().to_owned()),
            ("alias", plan.alias.clone()),
            ("name", plan.name.clone()),
        ],
    };
    ConnectPage {
        frame: desk.frame(),
        head: existing.map(|existing| head(desk, existing)),
        back: desk.list(),
        place: guide.map_or("", |guide| guide.place),
        fields: filled
            .into_iter()
            .flatten()
            .map(|field| FieldRow {
                field: field.field,
                value: field.value,
                copy: field.copy,
                optional: field.optional,
            })
            .collect(),
        caution: guide
            .and_then(|guide| guide.caution)
            .map(|words| words.in_language(language)),
        form,
        products: choices(plan.product),
        carried,
        csrf: desk.csrf("connect"),
        action: Href::local(&path),
        error,
    }
}

/// `POST .../new`: what comes back, for a connection that is made.
pub(super) async fn post_new(desk: Desk, State(federation): State<Federation>, form: Fields) -> Response {
    desk.answer(Box::pin(make(&desk, &federation, &form)).await)
}

async fn make(desk: &Desk, federation: &Federation, form: &Fields) -> Result<Response, ConsoleFault> {
    desk.check_csrf("connect", form)?;
    let plan = Plan::of(desk, form);
    if find(desk, &plan.alias).await?.is_some() {
        let taken = format!("{} is there already; choose another short name", plan.alias);
        return Ok(desk.faulty_page(&choose(desk, &plan, Some(taken))));
    }
    if let Err(error) = check(&plan) {
        return Ok(desk.faulty_page(&choose(desk, &plan, Some(error.to_string()))));
    }
    match Box::pin(save(desk, federation, &plan, None, form)).await {
        Ok(()) => desk.after_change(&plan.alias, "saved").await,
        Err(error) => {
            let error = said(error)?;
            Ok(desk.faulty_page(&page(desk, &plan, None, typed(&plan, form, false), Some(error))))
        }
    }
}

/// `GET .../connect`: a connection that is there.
pub(super) async fn get(desk: Desk, RawQuery(query): RawQuery) -> Response {
    let query = Fields::of_query(query.as_deref());
    let shown = async {
        let summary = changeable(&desk).await?;
        let plan = Plan::existing(&summary, query.get("product"));
        let form = stored(&desk, &plan, &summary).await?;
        Ok(desk.page(&page(&desk, &plan, Some(&summary), form, None)))
    };
    desk.answer(Box::pin(shown).await)
}

/// The connection, for who may change it.
async fn changeable(desk: &Desk) -> Result<IdentityProviderSummary, ConsoleFault> {
    let summary = desk.admin().get_identity_provider(desk.alias()).await?;
    if kind_of(&summary) == MethodKind::Local {
        return Err(ControlError::Conflict("accounts that are kept here have no connection".to_owned()).into());
    }
    Ok(summary)
}

/// `POST .../connect`.
pub(super) async fn post(desk: Desk, State(federation): State<Federation>, form: Fields) -> Response {
    desk.answer(Box::pin(change(&desk, &federation, &form)).await)
}

async fn change(desk: &Desk, federation: &Federation, form: &Fields) -> Result<Response, ConsoleFault> {
    desk.check_csrf("connect", form)?;
    let summary = changeable(desk).await?;
    let plan = Plan::existing(&summary, form.get("product"));
    match Box::pin(save(desk, federation, &plan, Some(&summary), form)).await {
        Ok(()) => desk.after_change(&plan.alias, "saved").await,
        Err(error) => {
            let error = said(error)?;
            let has_secret = desk.admin().has_provider_secret(&plan.alias).await?;
            let form = typed(&plan, form, has_secret);
            Ok(desk.faulty_page(&page(desk, &plan, Some(&summary), form, Some(error))))
        }
    }
}

/// Stores what came back. A new connection is off, and begins with its product's rules.
async fn save(
    desk: &Desk,
    federation: &Federation,
    plan: &Plan,
    existing: Option<&IdentityProviderSummary>,
    form: &Fields,
) -> Result<(), ControlError> {
    let template = templates::find(plan.product.as_str(), plan.kind());
    let off = Offer {
        off: true,
        ..Offer::default()
    };
    let rules = || template.map(|template| template.rules.clone()).unwrap_or_default();
    if plan.saml {
        let (metadata, url) = metadata_of(desk, federation, form).await?;
        let wanted = Some(form.get("entity_id")).filter(|id| !id.is_empty());
        let parsed = IdpMetadata::parse(&metadata, wanted, None, desk.cx().now())
            .map_err(|refusal| ControlError::invalid("metadata", refusal.detail.to_string()))?;
        let mut document = match existing {
            Some(existing) => serde_json::from_value(existing.settings.clone())?,
            None => SamlDocument {
                provider: SamlProviderConfig::new(parsed.entity_id.clone()),
                mapping: rules(),
                offer: off,
                provisioning: Provisioning::default(),
            },
        };
        document.provider.entity_id = parsed.entity_id;
        document.provider.metadata_url = url;
        let saved = desk
            .admin()
            .save_saml_provider(&plan.alias, &plan.name, &document, &metadata);
        return Box::pin(saved).await.map(drop);
    }
    let mut document = match existing {
        Some(existing) => serde_json::from_value(existing.settings.clone())?,
        None => OidcDocument {
            provider: match template {
                Some(template) if !template.scopes.is_empty() => {
                    Map::from_iter([("scopes".to_owned(), json!(template.scopes))])
                }
                _ => Map::new(),
            },
            // What every provider sends that knows it (OpenID Connect Core 1.0 section 5.1).
            mapping: template.map_or_else(
                || MappingRules {
                    name: Some("claims.name".to_owned()),
                    email: Some("claims.email".to_owned()),
                    ..MappingRules::default()
                },
                |template| template.rules.clone(),
            ),
            offer: off,
            provisioning: Provisioning::default(),
        },
    };
    let proof = PROOFS
        .into_iter()
        .find(|proof| *proof == form.get("proof"))
        .unwrap_or(PROOFS[0]);
    for (member, value) in [
        ("issuer", form.get("issuer")),
        ("client_id", form.get("client_id")),
        ("authentication", proof),
    ] {
        document.provider.insert(member.to_owned(), json!(value));
    }
    let secret = match (proof, form.get("client_secret")) {
        ("private_key_jwt" | "none", _) => None,
        (_, "") => desk.admin().stored_provider_secret(&plan.alias, &document).await?,
        (_, given) => Some(Secret::new(given.to_owned())),
    };
    let saved = desk
        .admin()
        .save_oidc_provider(&plan.alias, &plan.name, &document, secret);
    Box::pin(saved).await.map(drop)
}

/// The metadata: from their address, or as they were pasted.
async fn metadata_of(
    desk: &Desk,
    federation: &Federation,
    form: &Fields,
) -> Result<(String, Option<Url>), ControlError> {
    let (address, pasted) = (form.get("metadata_url"), form.get("metadata"));
    if address.is_empty() {
        if pasted.is_empty() {
            return Err(ControlError::invalid("metadata", "give their address, or paste them"));
        }
        return Ok((pasted.to_owned(), None));
    }
    let url = Url::parse(address)
        .ok()
        .filter(|url| matches!(url.scheme(), "https" | "http"))
        .ok_or_else(|| ControlError::invalid("metadata_url", "is not an https address"))?;
    // Pasted ones are taken as they are, and fetched anew from the address later.
    if !pasted.is_empty() {
        return Ok((pasted.to_owned(), Some(url)));
    }
    let fetched = fetch_metadata(federation.outbound(), &desk.cx().id().to_string(), &url).await;
    match fetched {
        Ok(metadata) => Ok((metadata, Some(url))),
        Err(refusal) => Err(ControlError::invalid("metadata_url", refusal.detail.to_string())),
    }
}
