//! What is remembered of a browser's way from authorization request to code.

use super::{DeviceSignIn, ExpectedUser};
use crate::kernel::credential::{self, Kind};
use crate::kernel::{Secret, Sha256Hash, Timestamp};
use crate::oauth::AuthorizationRequest;
use crate::session::SignedIn;
use crate::smart::{FhirId, LaunchContext};
use crate::store::StoreError;
use crate::tenant::TenantCx;
use serde::{Deserialize, Serialize};

/// An interaction. Sealed at rest: it holds the request, and later the patient.
#[derive(Clone, Serialize, Deserialize)]
pub struct Interaction {
    /// The checked request.
    pub request: AuthorizationRequest,
    /// Keys the anti-forgery tokens of this interaction's forms.
    csrf_secret: String,
    /// When the request arrived. A forced sign-in must be later.
    pub started_at: Timestamp,
    /// What the EHR registered, in an EHR launch.
    pub launch: Option<EhrLaunch>,
    /// The device that the answer is for, instead of an app's redirect URI (RFC 8628).
    #[serde(default)]
    pub device: Option<DeviceSignIn>,
    /// The patient who was chosen, and by whom.
    pub patient: Option<ChosenPatient>,
    /// The encounter that was chosen, or that none was, and by whom.
    #[serde(default)]
    pub encounter: Option<ChosenEncounter>,
    /// The request with which the user was sent to the tenant's own picker page, until it is answered.
    #[serde(default)]
    pub sent_to_picker: Option<SentToPicker>,
    /// The e-mail address that the user typed to find where to sign in.
    #[serde(default)]
    pub typed_address: Option<String>,
}

/// What an EHR registered for a launch (SMART App Launch 2.2, "EHR launch").
#[derive(Clone, Serialize, Deserialize)]
pub struct EhrLaunch {
    /// The context, as the token response carries it.
    pub context: LaunchContext,
    /// Who is expected to sign in, in the words of the identity provider.
    pub login_hint: Option<String>,
    /// Whom the launch is for; nobody else gets its context.
    #[serde(default)]
    pub user: Option<ExpectedUser>,
    /// The sign-in at the EHR that the EHR vouches for. It holds for this interaction alone and makes no browser session.
    #[serde(default)]
    pub signed_in: Option<SignedIn>,
}

/// A choice made in the patient picker. It holds for the account that made it, not for the next one.
#[derive(Clone, Serialize, Deserialize)]
pub struct ChosenPatient {
    /// The account that chose.
    pub account: crate::kernel::id::AccountId,
    /// The patient's id.
    pub id: FhirId,
    /// The name for the consent page.
    pub name: String,
    /// The birth date, as FHIR writes it.
    pub birth_date: Option<String>,
}

/// A request to the tenant's own picker page.
#[derive(Clone, Serialize, Deserialize)]
pub struct SentToPicker {
    /// The account that was sent.
    pub account: crate::kernel::id::AccountId,
    /// Hash of the `state` that has to come back.
    pub state: String,
    /// An answer after this time is too late.
    pub expires_at: Timestamp,
}

/// A choice made in the encounter picker. It holds for the account that made it and the patient it was made for.
#[derive(Clone, Serialize, Deserialize)]
pub struct ChosenEncounter {
    /// The account that chose.
    pub account: crate::kernel::id::AccountId,
    /// The patient whose encounter it is.
    pub patient: FhirId,
    /// The encounter's id; none in particular when absent.
    pub id: Option<FhirId>,
}

impl Interaction {
    /// One that begins now with this request.
    pub(super) fn of(request: AuthorizationRequest, cx: &TenantCx) -> Self {
        Self {
            request,
            csrf_secret: credential::generate(Kind::BrowserBinding, cx.entropy())
                .expose()
                .clone(),
            started_at: cx.now(),
            launch: None,
            device: None,
            patient: None,
            encounter: None,
            sent_to_picker: None,
            typed_address: None,
        }
    }

    /// The sign-in that the EHR vouches for, unless the app demands one here and now (OpenID Connect Core section 3.1.2.1:
    /// `prompt=login`, `select_account`, `max_age`): another system's word does not replace that.
    pub fn asserted_sign_in(&self) -> Option<&SignedIn> {
        let prompt = &self.request.prompt;
        let demanded = prompt.login || prompt.select_account || self.request.max_age.is_some();
        self.launch.as_ref()?.signed_in.as_ref().filter(|_| !demanded)
    }

    /// The secret behind the forms' tokens.
    pub fn csrf_secret(&self) -> Secret<String> {
        Secret::new(self.csrf_secret.clone())
    }
}

/// Stores a new interaction and returns the path where the browser goes on.
pub async fn begin(
    cx: &TenantCx,
    request: AuthorizationRequest,
    launch: Option<EhrLaunch>,
) -> Result<String, StoreError> {
    store(cx, request, launch, None).await
}

/// The same for a device, whose user confirmed it.
pub(super) async fn begin_for_device(
    cx: &TenantCx,
    request: AuthorizationRequest,
    device: DeviceSignIn,
) -> Result<String, StoreError> {
    store(cx, request, None, Some(device)).await
}

async fn store(
    cx: &TenantCx,
    request: AuthorizationRequest,
    launch: Option<EhrLaunch>,
    device: Option<DeviceSignIn>,
) -> Result<String, StoreError> {
    let handle = credential::generate(Kind::Interaction, cx.entropy());
    let interaction = Interaction {
        launch,
        device,
        ..Interaction::of(request, cx)
    };
    let state = encode(&interaction)?;
    let expires_at = cx.now() + cx.document().lifetimes.interaction;
    let mut tx = cx.begin().await?;
    let hash = Sha256Hash::of(handle.expose().as_bytes());
    tx.insert_interaction(hash, state.expose(), expires_at, cx.entropy())
        .await?;
    tx.commit().await?;
    Ok(path(cx, handle.expose()))
}

/// The path of an interaction.
pub fn path(cx: &TenantCx, handle: &str) -> String {
    format!("{}/interact/{handle}", cx.urls().path())
}

/// The stored form.
pub fn encode(interaction: &Interaction) -> Result<Secret<Vec<u8>>, StoreError> {
    serde_json::to_vec(interaction)
        .map(Secret::new)
        .map_err(|error| StoreError::corrupt("interactions", "sealed_state", error))
}

/// Reads the stored form.
pub fn decode(bytes: &Secret<Vec<u8>>) -> Result<Interaction, StoreError> {
    serde_json::from_slice(bytes.expose())
        .map_err(|_| StoreError::corrupt("interactions", "sealed_state", "not an interaction"))
}
