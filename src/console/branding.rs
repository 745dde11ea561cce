//! `/<tenant>/admin/branding`: name, logo, colours; looked at and measured before anything is saved.

use super::Visit;
use super::respond::ConsoleFault;
use crate::control::{Change, ControlError, Precondition, version_of};
use crate::interaction::preview_consent;
use crate::interaction::respond::see_other;
use crate::smart::ScopeSet;
use crate::store::tenant::ResourceName;
use crate::tenant::TenantDocument;
use crate::tenant::document::BrandingDocument;
use crate::tenant::roles::Permission;
use crate::web::branding::{Branding, Colour, Logo, contrasts, nearest};
use crate::web::pages::SignIn;
use crate::web::pages::console::{
    BrandingValues, ConsoleBranding, ContrastRow, FieldFault, PreviewPage, PreviewSample, Section,
};
use crate::web::{AppLook, Chrome, CspSource, Csrf, Href, HtmlPage, Page, PagePolicy, TenantLook, csrf};
use axum::extract::rejection::QueryRejection;
use axum::extract::{FromRequest, Multipart, Path, Query, Request};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;

/// Longest text of a field, in bytes.
const LONGEST_FIELD: usize = 200_000;

/// What the address says: colours to measure, and what was done before.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Shown {
    primary: Option<String>,
    tint: Option<String>,
    done: String,
    undo: String,
}

/// Path parameters.
#[derive(Deserialize)]
pub(super) struct PreviewPath {
    page: String,
}

/// The form, with its file.
#[derive(Default)]
pub(super) struct Draft {
    csrf: String,
    act: String,
    version: String,
    display_name: String,
    primary: String,
    tint: String,
    help_contact: String,
    privacy_url: String,
    remove_logo: bool,
    /// A logo that was sent before, base64.
    sent_logo: String,
    logo: Option<Vec<u8>>,
}

impl<S: Send + Sync> FromRequest<S> for Draft {
    type Rejection = Response;

    async fn from_request(request: Request, state: &S) -> Result<Self, Response> {
        let mut form = Multipart::from_request(request, state)
            .await
            .map_err(IntoResponse::into_response)?;
        let mut draft = Self::default();
        while let Some(field) = form.next_field().await.map_err(IntoResponse::into_response)? {
            let name = field.name().unwrap_or_default().to_owned();
            let bytes = field.bytes().await.map_err(IntoResponse::into_response)?;
            if name == "logo" {
                // A file field without a file is sent empty.
                draft.logo = Some(bytes.to_vec()).filter(|bytes| !bytes.is_empty());
                continue;
            }
            if bytes.len() > LONGEST_FIELD {
                return Err(StatusCode::PAYLOAD_TOO_LARGE.into_response());
            }
            let text = String::from_utf8_lossy(&bytes).trim().to_owned();
            match name.as_str() {
                csrf::FIELD => draft.csrf = text,
                "act" => draft.act = text,
                "version" => draft.version = text,
                "display_name" => draft.display_name = text,
                "primary_colour" => draft.primary = text,
                "background_tint" => draft.tint = text,
                "help_contact" => draft.help_contact = text,
                "privacy_url" => draft.privacy_url = text,
                "remove_logo" => draft.remove_logo = true,
                "logo_draft" => draft.sent_logo = text,
                _ => {}
            }
        }
        Ok(draft)
    }
}

/// What branding changes of the settings, as one thing with a version of its own.
fn look(document: &TenantDocument) -> (&str, &BrandingDocument, Option<&str>, Option<&str>) {
    (
        &document.display_name,
        &document.branding,
        document.help_contact.as_deref(),
        document.privacy_url.as_deref(),
    )
}

fn given(text: &str) -> Option<String> {
    Some(text.to_owned()).filter(|text| !text.is_empty())
}

impl Draft {
    fn of(document: &TenantDocument) -> Result<Self, ConsoleFault> {
        Ok(Self {
            version: version_of(&look(document))?,
            display_name: document.display_name.clone(),
            primary: document.branding.primary_colour.clone(),
            tint: document.branding.background_tint.clone().unwrap_or_default(),
            help_contact: document.help_contact.clone().unwrap_or_default(),
            privacy_url: document.privacy_url.clone().unwrap_or_default(),
            ..Self::default()
        })
    }

    /// The same in the colours that an address says.
    fn coloured(self, shown: &Shown) -> Self {
        Self {
            primary: shown.primary.clone().unwrap_or(self.primary),
            tint: shown.tint.clone().unwrap_or(self.tint),
            ..self
        }
    }

    /// The logo as it would be: base64. What is wrong with a new one is said instead.
    fn logo(&self, document: &TenantDocument) -> Result<Option<String>, String> {
        let sent = match &self.logo {
            Some(bytes) => Some(bytes.clone()),
            None => given(&self.sent_logo).and_then(|text| STANDARD.decode(text).ok()),
        };
        match sent {
            Some(bytes) => {
                let checked = Logo::check(bytes).map_err(|error| error.to_string())?;
                Ok(Some(STANDARD.encode(checked.bytes())))
            }
            None if self.remove_logo => Ok(None),
            None => Ok(document.branding.logo.clone()),
        }
    }

    fn branding(&self, document: &TenantDocument) -> Result<BrandingDocument, FieldFault> {
        let logo = self.logo(document).map_err(|problem| fault("logo", problem))?;
        Ok(BrandingDocument {
            primary_colour: self.primary.clone(),
            background_tint: given(&self.tint),
            logo,
        })
    }

    /// The two colours, where they are colours.
    fn colours(&self) -> Option<(Colour, Option<Colour>)> {
        let primary = self.primary.parse().ok()?;
        let tint = given(&self.tint).map(|tint| tint.parse()).transpose().ok()?;
        Some((primary, tint))
    }
}

fn fault(member: &str, problem: impl Into<String>) -> FieldFault {
    FieldFault {
        member: member.to_owned(),
        problem: problem.into(),
    }
}

/// `GET branding`. Colours in the address are measured and shown in the form, and saved nowhere.
pub(super) async fn get(visit: Visit, shown: Result<Query<Shown>, QueryRejection>) -> Response {
    let shown = shown.map(|Query(shown)| shown).unwrap_or_default();
    let page = async {
        visit.actor().require(Permission::ManageBranding)?;
        let document = visit.admin.get_settings().await?;
        let draft = Draft::of(&document)?.coloured(&shown);
        let undo = visit
            .undo_offer("branding", &shown.undo, &ResourceName::settings())
            .await?;
        let page = ConsoleBranding {
            saved: shown.done == "saved",
            undone: shown.done == "undone",
            undo,
            ..page_of(&visit, &document, &draft, Vec::new())
        };
        Ok(framing(&visit, &page))
    };
    visit.answer(Box::pin(page).await)
}

fn page_of(visit: &Visit, document: &TenantDocument, draft: &Draft, faults: Vec<FieldFault>) -> ConsoleBranding {
    let new_logo = draft.logo.is_some() || !draft.sent_logo.is_empty();
    let logo = draft.logo(document).ok().flatten();
    ConsoleBranding {
        frame: visit.frame(Section::Branding),
        csrf: visit.csrf(PURPOSE),
        action: visit.href("branding"),
        previews: PreviewPage::ALL.map(|page| (page, visit.href(&format!("branding/preview/{}", page.as_str())))),
        preview: preview_of(visit, draft),
        history: Href::local(&format!("{}?kind=settings", visit.path("changes"))),
        version: draft.version.clone(),
        values: BrandingValues {
            display_name: draft.display_name.clone(),
            primary: draft.primary.clone(),
            tint: draft.tint.clone(),
            help_contact: draft.help_contact.clone(),
            privacy_url: draft.privacy_url.clone(),
            remove_logo: draft.remove_logo,
        },
        logo: logo.as_deref().and_then(logo_in_address),
        logo_draft: logo.filter(|_| new_logo),
        contrast: draft
            .colours()
            .map(|(primary, tint)| contrasts(primary, tint).into_iter().map(ContrastRow::of).collect()),
        faults,
        saved: false,
        undone: false,
        undo: None,
    }
}

/// The sign-in page in the colours of a draft.
fn preview_of(visit: &Visit, draft: &Draft) -> Href {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.append_pair("primary", &draft.primary);
    query.append_pair("tint", &draft.tint);
    let page = visit.path(&format!("branding/preview/{}", PreviewPage::SignIn.as_str()));
    Href::local(&format!("{page}?{}", query.finish()))
}

fn logo_in_address(base64: &str) -> Option<Href> {
    let logo = Logo::check(STANDARD.decode(base64).ok()?).ok()?;
    Some(Href::of_logo(&logo))
}

const PURPOSE: &str = "branding";

/// Our own pages, as a source for what they may frame and ask.
fn own_origin(visit: &Visit) -> Vec<CspSource> {
    CspSource::covering(visit.cx.issuer()).into_iter().collect()
}

/// The page with its preview in a frame, and a script that asks for it again while somebody types.
fn framing(visit: &Visit, page: &ConsoleBranding) -> Response {
    let policy = PagePolicy {
        frames: own_origin(visit),
        connect: own_origin(visit),
        ..PagePolicy::closed(visit.cx.urls().base().is_https())
    };
    visit.page_under(page, policy)
}

/// `POST branding`: saves, or only measures. What was typed is kept when it has to be corrected, the logo too.
pub(super) async fn post(visit: Visit, draft: Draft) -> Response {
    let done = Box::pin(save(&visit, &draft)).await;
    visit.answer(done)
}

async fn save(visit: &Visit, draft: &Draft) -> Result<Response, ConsoleFault> {
    visit.check_token(PURPOSE, &draft.csrf)?;
    visit.actor().require(Permission::ManageBranding)?;
    let document = visit.admin.get_settings().await?;
    let branding = match draft.branding(&document) {
        Ok(branding) => branding,
        Err(wrong) => return Ok(framing(visit, &page_of(visit, &document, draft, vec![wrong]))),
    };
    if draft.act == "check" {
        return Ok(framing(visit, &page_of(visit, &document, draft, Vec::new())));
    }
    let seen = Precondition::Version(vec![draft.version.clone()]);
    let saved = visit.admin.change_settings(&Precondition::None, |old| {
        seen.check(Some(&look(old)))?;
        Ok(TenantDocument {
            display_name: draft.display_name.clone(),
            branding,
            help_contact: given(&draft.help_contact),
            privacy_url: given(&draft.privacy_url),
            ..old.clone()
        })
    });
    let wrong = match Box::pin(saved).await {
        Ok((_, Change::Unchanged)) => return Ok(see_other(&visit.path("branding"))),
        Ok(_) => {
            let settings = ResourceName::settings();
            return Ok(Box::pin(visit.after_change("branding", "saved", &settings)).await?);
        }
        Err(ControlError::Invalid { member, problem }) => {
            fault(member.strip_prefix("branding.").unwrap_or(&member), problem)
        }
        Err(ControlError::Outdated) => fault(
            "branding",
            "was changed by somebody else meanwhile; look at the history, then save again to overwrite that",
        ),
        Err(error) => return Err(error.into()),
    };
    // The look as it is now, so that saving again is about that one.
    let document = visit.admin.get_settings().await?;
    let page = ConsoleBranding {
        version: version_of(&look(&document))?,
        ..page_of(visit, &document, draft, vec![wrong])
    };
    Ok(framing(visit, &page))
}

/// `GET branding/preview/{page}`: as it is, or in the colours that the address says.
pub(super) async fn get_preview(
    visit: Visit,
    Path(path): Path<PreviewPath>,
    shown: Result<Query<Shown>, QueryRejection>,
) -> Response {
    let colours = shown.map(|Query(shown)| shown).unwrap_or_default();
    let shown = async {
        visit.actor().require(Permission::ManageBranding)?;
        let document = visit.admin.get_settings().await?;
        let draft = Draft::of(&document)?.coloured(&colours);
        preview(&visit, &path.page, &document, &draft)
    };
    visit.answer(Box::pin(shown).await)
}

/// `POST branding/preview/{page}`: as it would be. Nothing is kept.
pub(super) async fn post_preview(visit: Visit, Path(path): Path<PreviewPath>, draft: Draft) -> Response {
    let shown = async {
        visit.check_token(PURPOSE, &draft.csrf)?;
        visit.actor().require(Permission::ManageBranding)?;
        let document = visit.admin.get_settings().await?;
        preview(&visit, &path.page, &document, &draft)
    };
    visit.answer(Box::pin(shown).await)
}

fn preview(visit: &Visit, page: &str, document: &TenantDocument, draft: &Draft) -> Result<Response, ConsoleFault> {
    let page = PreviewPage::parse(page).ok_or_else(|| ControlError::NotFound {
        what: "preview",
        name: page.to_owned(),
    })?;
    let sample = PreviewSample::of(visit.cx.language());
    let look = draft.colours().map(|(primary, tint)| {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.append_pair("primary", &primary.to_string());
        if let Some(tint) = tint {
            query.append_pair("tint", &tint.to_string());
        }
        Href::local(&format!("{}?{}", visit.path("branding/preview.css"), query.finish()))
    });
    let logo = draft.logo(document).unwrap_or_else(|_| document.branding.logo.clone());
    let chrome = Chrome {
        tenant: TenantLook {
            name: given(&draft.display_name).unwrap_or_else(|| sample.hospital.to_owned()),
            logo: logo.as_deref().and_then(logo_in_address),
            help_contact: given(&draft.help_contact),
            privacy: Href::external(&draft.privacy_url),
            look,
        },
        app: Some(AppLook {
            name: sample.app.to_owned(),
            publisher: Some(sample.publisher.to_owned()),
            verified: true,
        }),
        language_switch: None,
        ..visit.cx.chrome(None)
    };
    // The frame runs no script and sends no form; should one be sent all the same, it leads back to the picture.
    let nowhere = visit.href(&format!("branding/preview/{}", page.as_str()));
    let csrf = visit.csrf("branding preview");
    Ok(match page {
        PreviewPage::SignIn => in_frame(visit, &sign_in(chrome, csrf, nowhere)),
        PreviewPage::Consent => {
            let scope =
                "openid fhirUser launch/patient offline_access patient/Observation.rs patient/MedicationRequest.rs";
            let scope = ScopeSet::parse(scope).map_err(|error| ControlError::invalid("scope", error.to_string()))?;
            in_frame(
                visit,
                &preview_consent(chrome, &scope.scopes, sample.person, csrf, nowhere),
            )
        }
    })
}

fn sign_in(chrome: Chrome, csrf: Csrf, nowhere: Href) -> SignIn {
    SignIn {
        chrome,
        csrf,
        action: nowhere.clone(),
        username: String::new(),
        problem: None,
        other_ways: Some(nowhere),
        forgot: None,
        passkeys: false,
        emergency: false,
    }
}

/// A page that our own page may frame, and nobody else's.
fn in_frame(visit: &Visit, page: &impl Page) -> Response {
    let policy = PagePolicy {
        frame_ancestors: own_origin(visit),
        ..PagePolicy::closed(visit.cx.urls().base().is_https())
    };
    HtmlPage::new(page, policy).into_response()
}

/// Colours to see.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Colours {
    primary: String,
    tint: Option<String>,
}

/// `GET branding/preview.css`: the stylesheet of two colours, or of the nearest ones that are accepted.
pub(super) async fn stylesheet(visit: Visit, colours: Result<Query<Colours>, QueryRejection>) -> Response {
    let made = async {
        visit.actor().require(Permission::ManageBranding)?;
        let Query(colours) = colours.map_err(IntoResponse::into_response)?;
        let primary: Result<Colour, _> = colours.primary.parse();
        let tint = colours.tint.as_deref().map(str::parse).transpose();
        let (Ok(primary), Ok(tint)) = (primary, tint) else {
            return Err(StatusCode::BAD_REQUEST.into_response().into());
        };
        let (primary, tint) = nearest(primary, tint);
        let brand = Branding::new("-", primary, tint, None)
            .map_err(|error| ControlError::invalid("branding", error.to_string()))?;
        Ok(brand.stylesheet_response())
    };
    visit.answer(made.await)
}
