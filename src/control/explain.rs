//! Why somebody got the scope they got: what was asked for, what each rule took, and what became of the grant.
//!
//! Tells administrators about scopes, ids and times, never who the user is or which patient was in context.

use super::{ControlError, TenantAdmin};
use crate::interaction;
use crate::issuer::token::token_id_of;
use crate::kernel::credential::{Kind, recognise};
use crate::kernel::id::GrantId;
use crate::kernel::{Sha256Hash, Timestamp};
use crate::oauth::access_token::AccessTokenClaims;
use crate::oauth::jose::verify::Expiry;
use crate::oauth::jose::{Audience, Rules, SigningAlgorithm, UnverifiedJwt};
use crate::smart::scope::{Decision, Reason, Removal, Scope};
use crate::store::tenant::GrantRecord;
use crate::tenant::roles::Permission;
use serde::Serialize;
use std::time::Duration;

/// What is known of a code, token, interaction or grant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Explanation {
    /// The kind of thing: `authorization code`, `access token`, `refresh token`, `interaction` or `grant`.
    pub what: &'static str,
    /// Its own state in words.
    pub state: String,
    /// The app's id.
    pub client_id: String,
    /// The app's name; `None` when it is registered no more.
    pub client_name: Option<String>,
    /// When it was given or asked for, RFC 3339.
    pub at: String,
    /// The FHIR server it is for.
    pub audience: String,
    /// The scope that was asked for; `None` where it was not kept.
    pub requested: Option<String>,
    /// The scope that was granted; `None` when nothing is granted, or not yet.
    pub granted: Option<String>,
    /// What is not granted as it was asked for.
    pub removed: Vec<RemovedScope>,
    /// The grant behind it.
    pub grant: Option<GrantState>,
}

/// A scope that was not granted, or not whole.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RemovedScope {
    /// The scope before the rule.
    pub scope: String,
    /// What the rule left of it.
    pub left: Vec<String>,
    /// The rule.
    pub rule: Reason,
    /// The rule in words.
    pub because: String,
    /// How to have it granted.
    pub change: String,
}

/// What became of a grant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct GrantState {
    /// Its id.
    pub id: String,
    /// In words: live, or ended and why.
    pub state: String,
    /// Whether its tokens work.
    pub live: bool,
}

impl TenantAdmin {
    /// Explains an authorization code, an access token, a refresh token, the handle of an interaction, or a grant id.
    ///
    /// What belongs to another tenant is as unknown as what nobody gave out. Rows of expired codes and interactions are kept
    /// for about an hour.
    pub async fn explain(&self, text: &str) -> Result<Explanation, ControlError> {
        self.require(Permission::ReadUsage)?;
        let text = text.trim();
        let found = if let Some(hash) = recognise(Kind::AuthorizationCode, text) {
            self.explain_code(hash).await?
        } else if let Some(hash) = recognise(Kind::RefreshToken, text) {
            self.explain_refresh_token(hash).await?
        } else if let Some(hash) = recognise(Kind::Interaction, text) {
            self.explain_interaction(hash).await?
        } else if let Ok(grant) = text.parse::<GrantId>() {
            self.explain_grant("grant", grant, String::new()).await?
        } else {
            self.explain_access_token(text).await?
        };
        // What was presented is a secret as long as it lives: it is not repeated.
        found.ok_or_else(|| ControlError::NotFound {
            what: "code, token, interaction or grant",
            name: format!(
                "of {} that this text names; it may be another tenant's, or expired more than an hour ago",
                self.cx.tenant().slug
            ),
        })
    }

    async fn explain_code(&self, hash: Sha256Hash) -> Result<Option<Explanation>, ControlError> {
        let Some(code) = self.cx.read().await?.find_code_record(hash).await? else {
            return Ok(None);
        };
        let state = match code.redeemed_at {
            Some(at) => format!("used at {}", at.to_rfc3339()),
            None if code.expires_at <= self.cx.now() => {
                format!("expired unused at {}", code.expires_at.to_rfc3339())
            }
            None => format!("not used yet, expires at {}", code.expires_at.to_rfc3339()),
        };
        self.explain_grant("authorization code", code.grant, state).await
    }

    async fn explain_refresh_token(&self, hash: Sha256Hash) -> Result<Option<Explanation>, ControlError> {
        let Some(token) = self.cx.read().await?.find_refresh_token_record(hash).await? else {
            return Ok(None);
        };
        let now = self.cx.now();
        let state = match token.rotated_at {
            Some(at) => format!("used and replaced at {}", at.to_rfc3339()),
            None if token.expires_at <= now => format!("expired at {}", token.expires_at.to_rfc3339()),
            None if token.idle_expires_at <= now => {
                format!(
                    "expired at {}, because it was not used for too long",
                    token.idle_expires_at.to_rfc3339()
                )
            }
            None => format!("waiting to be used until {}", token.idle_expires_at.to_rfc3339()),
        };
        self.explain_grant("refresh token", token.grant, state).await
    }

    async fn explain_interaction(&self, hash: Sha256Hash) -> Result<Option<Explanation>, ControlError> {
        let mut rows = self.cx.read().await?;
        let Some(stored) = rows.find_interaction(hash).await? else {
            return Ok(None);
        };
        let (grant, outcome, decision) = rows.find_interaction_outcome(hash).await?.unwrap_or_default();
        rows.commit().await?;
        if let Some(grant) = grant {
            return self
                .explain_grant("interaction", grant, "ended with a code".to_owned())
                .await;
        }
        let request = interaction::decode(&stored.state)?;
        let state = match (stored.completed_at, outcome) {
            (Some(at), outcome) => format!(
                "refused at {}: {}",
                at.to_rfc3339(),
                outcome.unwrap_or_else(|| "the reason was not kept".to_owned())
            ),
            (None, _) if stored.expires_at <= self.cx.now() => {
                format!("given up; expired at {}", stored.expires_at.to_rfc3339())
            }
            (None, _) => "under way; what the user may have and chooses is not decided yet".to_owned(),
        };
        let requested = request.request.scope.clone();
        let removals = decision.map(|decision| decision.removals).unwrap_or_default();
        let decision = Decision { requested, removals };
        let client_id = request.request.client_id.as_str().to_owned();
        Ok(Some(Explanation {
            what: "interaction",
            state,
            client_name: self.client_name(&client_id).await?,
            removed: self.removed(&client_id, &decision),
            client_id,
            at: request.started_at.to_rfc3339(),
            audience: request.request.audience.clone(),
            requested: Some(decision.requested),
            granted: None,
            grant: None,
        }))
    }

    async fn explain_grant(
        &self,
        what: &'static str,
        grant: GrantId,
        state: String,
    ) -> Result<Option<Explanation>, ControlError> {
        let mut rows = self.cx.read().await?;
        let Some(record) = rows.find_grant_record(grant).await? else {
            return Ok(None);
        };
        let live = rows.find_live_grant(grant, self.cx.now()).await?.is_some();
        rows.commit().await?;
        let grant = GrantState {
            id: grant.to_string(),
            state: state_of(&record, live),
            live,
        };
        Ok(Some(Explanation {
            what,
            state: if state.is_empty() { grant.state.clone() } else { state },
            client_name: self.client_name(&record.client_id).await?,
            at: record.created_at.to_rfc3339(),
            removed: record
                .decision
                .as_ref()
                .map(|decision| self.removed(&record.client_id, decision))
                .unwrap_or_default(),
            client_id: record.client_id,
            audience: record.audience,
            requested: record.decision.map(|decision| decision.requested),
            granted: Some(record.scope),
            grant: Some(grant),
        }))
    }

    async fn explain_access_token(&self, token: &str) -> Result<Option<Explanation>, ControlError> {
        let Some(claims) = self.read_access_token(token) else {
            return Ok(None);
        };
        let mut rows = self.cx.read().await?;
        let revoked = rows.is_access_token_revoked(&claims.jti).await?;
        let decision = rows.find_token_decision(&claims.jti).await?;
        rows.commit().await?;
        let expires_at = Timestamp::from_seconds(claims.exp);
        let state = if revoked {
            "revoked by its app".to_owned()
        } else if expires_at <= self.cx.now() {
            format!("expired at {}", expires_at.to_rfc3339())
        } else {
            format!("valid until {}", expires_at.to_rfc3339())
        };
        if let Some(grant) = token_id_of(&claims.jti) {
            let explained = self.explain_grant("access token", grant, state).await?;
            return Ok(explained.map(|explanation| self.of_one_token(explanation, &claims)));
        }
        // A backend service's token has no grant. One that is all that was asked for has nothing to explain.
        let client_id = claims.client_id.as_str().to_owned();
        let decision = decision.unwrap_or_else(|| Decision {
            requested: claims.scope.clone(),
            removals: Vec::new(),
        });
        Ok(Some(Explanation {
            what: "access token",
            state,
            client_name: self.client_name(&client_id).await?,
            removed: self.removed(&client_id, &decision),
            client_id,
            at: Timestamp::from_seconds(claims.iat).to_rfc3339(),
            audience: claims.aud,
            requested: Some(decision.requested),
            granted: Some(claims.scope),
            grant: None,
        }))
    }

    /// The token's own scope, where its app refreshed for less than the grant.
    fn of_one_token(&self, mut explanation: Explanation, claims: &AccessTokenClaims) -> Explanation {
        explanation.at = Timestamp::from_seconds(claims.iat).to_rfc3339();
        let whole = explanation.granted.replace(claims.scope.clone()).unwrap_or_default();
        let has = |scope: &str| claims.scope.split(' ').any(|own| own == scope);
        let missing = whole.split(' ').filter(|scope| !has(scope));
        explanation.removed.extend(missing.map(|scope| {
            let removal = Removal {
                requested: scope.to_owned(),
                granted: Vec::new(),
                reason: Reason::OriginalGrant,
            };
            RemovedScope {
                because: "the app asked for less when it refreshed; the grant still has it".to_owned(),
                change: "the app refreshes without the parameter scope, or names it there".to_owned(),
                ..self.removed_scope(&explanation.client_id, &removal)
            }
        }));
        explanation
    }

    /// The claims of an access token that this tenant signed, expired or not.
    fn read_access_token(&self, token: &str) -> Option<AccessTokenClaims> {
        let jwt = UnverifiedJwt::parse(token).ok()?;
        // The audience may have been one of the tenant's servers then and none now.
        let audience = jwt.unverified_claim("aud")?.to_owned();
        let rules = Rules {
            algorithms: &SigningAlgorithm::ALL,
            types: &["at+jwt"],
            type_may_be_absent: false,
            issuer: self.cx.issuer(),
            audience: Audience::StringOf(&[&audience]),
            expiry: Expiry::Ignored,
            skew: Duration::ZERO,
        };
        let claims: AccessTokenClaims = jwt.verify(self.cx.keys().verification(), &rules, self.cx.now()).ok()?;
        (claims.tenant_id == self.cx.id()).then_some(claims)
    }

    pub(super) async fn client_name(&self, client_id: &str) -> Result<Option<String>, ControlError> {
        let client = self.cx.read().await?.find_client(client_id).await?;
        Ok(client.map(|client| client.client_name))
    }

    pub(super) fn removed(&self, client_id: &str, decision: &Decision) -> Vec<RemovedScope> {
        decision
            .removals
            .iter()
            .map(|removal| self.removed_scope(client_id, removal))
            .collect()
    }

    fn removed_scope(&self, client_id: &str, removal: &Removal) -> RemovedScope {
        let because = match (removal.reason, Scope::parse(&removal.requested)) {
            (Reason::Unknown, Err(problem)) => format!("{}: {problem}", removal.reason),
            _ => removal.reason.to_string(),
        };
        RemovedScope {
            scope: removal.requested.clone(),
            left: removal.granted.clone(),
            rule: removal.reason,
            because,
            change: self.change(client_id, removal),
        }
    }

    /// What an administrator, the app's maker or the user can do about a rule.
    fn change(&self, client_id: &str, removal: &Removal) -> String {
        let tenant = &self.cx.tenant().slug;
        match removal.reason {
            Reason::Unknown => "the app asks for a scope of SMART App Launch or OpenID Connect".to_owned(),
            Reason::ParameterNotOffered => format!(
                "if the FHIR server can enforce it, add the parameter: wardkey tenant set --tenant {tenant} granular_parameters=..."
            ),
            Reason::VersionNotOffered => format!(
                "the app asks in version 2 (.rs instead of .read), or: wardkey tenant set --tenant {tenant} scopes_v1=true"
            ),
            Reason::ClientCeiling => {
                format!("widen the app's registered scope: wardkey client set --tenant {tenant} {client_id} scope=...")
            }
            Reason::TenantCeiling => {
                format!("widen it for all apps: wardkey tenant set --tenant {tenant} scope_ceiling=...")
            }
            Reason::Compliance => "a rule of the organisation, which no app can have lifted".to_owned(),
            Reason::User => format!(
                "give the user a role that allows it, or widen the role: wardkey tenant set --tenant {tenant} role_ceilings.ROLE=... \
                 (patient_ceiling and default_ceiling for people without a listed role)"
            ),
            Reason::NoFhirUser => "let the identity provider's rule fhirUser name a resource for this user".to_owned(),
            Reason::NoOpenId => "the app asks for openid too".to_owned(),
            Reason::NoPatient => "the app asks for launch/patient, or is launched with a patient".to_owned(),
            Reason::NoEncounter => {
                "the patient needs an encounter that the user may open, or the EHR launches the app with one".to_owned()
            }
            Reason::NotLaunched => "the EHR launches the app with it in fhirContext".to_owned(),
            Reason::Consent => "the user chooses again when the app sends prompt=consent".to_owned(),
            Reason::GrantType => {
                "system/ scopes and powers over this server are for backend services, all others for users".to_owned()
            }
            Reason::OfflineInstead => "nothing to do: the refresh token works longer than it would have".to_owned(),
            Reason::OriginalGrant => "the user has to be asked anew".to_owned(),
        }
    }
}

fn state_of(record: &GrantRecord, live: bool) -> String {
    match (&record.revoked, record.account_disabled_at) {
        (Some((at, because)), _) => format!("revoked at {}: {}", at.to_rfc3339(), in_words(because)),
        (None, Some(at)) => format!("ended at {}: the user's account was disabled", at.to_rfc3339()),
        (None, None) if live => "live".to_owned(),
        (None, None) => "ended: the session over with which it ends, or the account is gone".to_owned(),
    }
}

/// The short code of a revocation in words.
fn in_words(because: &str) -> &str {
    match because {
        "revoked_by_client" => "the app revoked it",
        "withdrawn_by_user" => "the user withdrew it",
        "code_replayed" => "its code was presented twice",
        "refresh_token_replayed" => "a refresh token was presented again after it had been replaced",
        other => other,
    }
}
