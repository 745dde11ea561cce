//! What will end at the connections to identity providers, and what is amiss with them already: for consoles, the API and the command
//! line.

use super::provider_upkeep::{rotation_of, switch_of};
use super::{ControlError, TenantAdmin};
use crate::federation::saml::{IdpMetadata, end_of_certificate};
use crate::federation::{IdentityProvider, ProviderKind};
use crate::kernel::{Sha256Hash, Timestamp};
use crate::store::StoreError;
use crate::store::tenant::{FederationKeyPurpose, FederationKeyRecord, FederationKeyState};
use crate::tenant::TenantCx;
use crate::tenant::roles::Permission;
use serde::Serialize;
use std::time::Duration;

const DAY: Duration = Duration::from_hours(24);
/// Days before an end at which it is announced; the last is the end itself.
const ANNOUNCED: [u32; 4] = [0, 7, 30, 90];
/// A previous key counts as used for so long.
const LATELY: Duration = Duration::from_hours(24 * 7);

/// What a notice is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum NoticeKind {
    /// A certificate of a signing key of the provider ends.
    ProviderCertificate,
    /// The provider's metadata may not be used after their date.
    MetadataValidity,
    /// A current certificate of ours ends.
    OurCertificate,
    /// What the provider publishes could not be fetched or used; what was known before is in use.
    FetchFailed,
    /// Next keys of ours are published, and take over on a date.
    NextKeysPublished,
    /// The provider still encrypts to a key that we replaced, or still knows us by it.
    PreviousKeyUsed,
}

impl NoticeKind {
    /// Its name in events and in the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ProviderCertificate => "provider_certificate",
            Self::MetadataValidity => "metadata_validity",
            Self::OurCertificate => "our_certificate",
            Self::FetchFailed => "fetch_failed",
            Self::NextKeysPublished => "next_keys_published",
            Self::PreviousKeyUsed => "previous_key_used",
        }
    }
}

/// Something to know about a connection before it stops working.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ProviderNotice {
    /// The provider's name in addresses.
    pub alias: String,
    /// What it is about.
    pub notice: NoticeKind,
    /// The fingerprint of the certificate, where it is about one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub of: Option<String>,
    /// The date it is about, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
    /// Whole days until then; 0 when it has passed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub days_left: Option<u64>,
    /// What there is to know.
    pub finding: String,
    /// What to do.
    pub mend: &'static str,
}

/// Something that ends.
pub(super) struct End {
    pub(super) kind: NoticeKind,
    pub(super) of: Option<String>,
    pub(super) at: Timestamp,
}

impl End {
    /// Within how many days of [`ANNOUNCED`] it ends; none while it is further away.
    pub(super) fn due(&self, now: Timestamp) -> Option<u32> {
        ANNOUNCED.into_iter().find(|days| self.at <= now + DAY * *days)
    }
}

/// Every date of a connection.
pub(super) struct Dates {
    keys: Vec<FederationKeyRecord>,
    metadata: Option<IdpMetadata>,
    failed_check: Option<String>,
    /// Whether what the provider publishes is fetched.
    followed: bool,
    fetched_at: Option<Timestamp>,
}

impl Dates {
    pub(super) async fn of(cx: &TenantCx, provider: &IdentityProvider) -> Result<Self, StoreError> {
        let mut rows = cx.read().await?;
        let mut dates = Self {
            keys: rows.list_federation_keys(provider.id).await?,
            metadata: None,
            failed_check: None,
            followed: true,
            fetched_at: None,
        };
        match &provider.kind {
            ProviderKind::Saml(saml) => {
                dates.followed = saml.config.metadata_url.is_some();
                if let Some(stored) = rows.find_saml_metadata(provider.id).await? {
                    let entity_id = Some(saml.config.entity_id.as_str());
                    dates.metadata = IdpMetadata::parse(&stored.metadata, entity_id, None, Timestamp::EPOCH).ok();
                    dates.failed_check = stored.failed_check;
                    dates.fetched_at = Some(stored.fetched_at);
                }
            }
            ProviderKind::Oidc(_) => {
                if let Some(stored) = rows.find_oidc_metadata(provider.id).await? {
                    dates.failed_check = stored.failed_check;
                    dates.fetched_at = Some(stored.fetched_at);
                }
            }
            ProviderKind::Local => {}
        }
        Ok(dates)
    }

    /// What ends. A certificate that stands beside one that lasts longer is the old one of a rollover, and is left out.
    pub(super) fn ends(&self) -> Vec<End> {
        let mut ends = Vec::new();
        if let Some(metadata) = &self.metadata {
            let last = metadata.keys.iter().max_by_key(|key| key.not_after());
            if let Some(last) = last {
                ends.push(End {
                    kind: NoticeKind::ProviderCertificate,
                    of: Some(last.fingerprint()),
                    at: last.not_after(),
                });
            }
            // Metadata that are fetched are renewed before each end; often there are only days between.
            if let Some(at) = metadata.valid_until
                && (self.failed_check.is_some() || !self.followed)
            {
                ends.push(End {
                    kind: NoticeKind::MetadataValidity,
                    of: None,
                    at,
                });
            }
        }
        for key in self.keys.iter().filter(|key| key.state == FederationKeyState::Current) {
            if let Ok(at) = end_of_certificate(&key.certificate) {
                ends.push(End {
                    kind: NoticeKind::OurCertificate,
                    of: Some(Sha256Hash::of(&key.certificate).to_hexadecimal()),
                    at,
                });
            }
        }
        ends
    }

    fn notices(&self, provider: &IdentityProvider, now: Timestamp) -> Vec<ProviderNotice> {
        let notice = |kind, of, at: Option<Timestamp>, finding, mend| ProviderNotice {
            alias: provider.alias.clone(),
            notice: kind,
            of,
            at: at.map(Timestamp::to_rfc3339),
            days_left: at.map(|at| at.since(now).as_secs() / DAY.as_secs()),
            finding,
            mend,
        };
        let mut notices = Vec::new();
        for end in self.ends().into_iter().filter(|end| end.due(now).is_some()) {
            let date = end.at.to_rfc3339();
            let (finding, mend) = match end.kind {
                NoticeKind::ProviderCertificate => (
                    format!("the provider's certificate ends on {date}, and it has published no other yet"),
                    "Ask the provider when it changes its certificate. Where its metadata are fetched, the next one is taken in by itself; \
                     else enter the new metadata.",
                ),
                NoticeKind::MetadataValidity => (
                    format!("the provider's metadata may not be used after {date}"),
                    "Ask the provider for metadata that are valid longer, or why they cannot be fetched.",
                ),
                _ => (
                    format!("our certificate at the provider ends on {date}"),
                    "The next one is published and takes over before. Where the provider does not read our metadata, enter the next \
                     certificate there.",
                ),
            };
            notices.push(notice(end.kind, end.of, Some(end.at), finding, mend));
        }
        if let Some(check) = &self.failed_check {
            let since = self.fetched_at.map(Timestamp::to_rfc3339).unwrap_or_default();
            notices.push(notice(
                NoticeKind::FetchFailed,
                None,
                None,
                format!("what the provider publishes could not be taken in ({check}); that of {since} is in use"),
                "Run `wardkey idp check`: it names what is the matter.",
            ));
        }
        if let Some((_, rotation)) = rotation_of(provider)
            && let Some(next) = self.key(FederationKeyState::Next)
            && let Some(at) = switch_of(&self.keys, rotation)
        {
            notices.push(notice(
                NoticeKind::NextKeysPublished,
                Some(Sha256Hash::of(&next.certificate).to_hexadecimal()),
                Some(at),
                format!("our next keys are published, and take over on {}", at.to_rfc3339()),
                "Where the provider does not read our metadata by itself, enter the next certificate there before that date.",
            ));
        }
        let used = |key: &&FederationKeyRecord| {
            key.state == FederationKeyState::Previous && key.used_at.is_some_and(|used| now.since(used) < LATELY)
        };
        if let Some(key) = self.keys.iter().find(used) {
            let (finding, mend) = match key.purpose {
                FederationKeyPurpose::Encryption => (
                    "the provider still encrypts to a key that we replaced; it is kept as long as that goes on",
                    "Let the provider take in our metadata, or enter the current encryption certificate there.",
                ),
                FederationKeyPurpose::Signing => (
                    "the provider still knows us by a key that we replaced, and refuses the current one; the former is kept as long as \
                     that goes on",
                    "Let the provider read our JWKS again, or enter the current key or certificate there.",
                ),
            };
            let of = Sha256Hash::of(&key.certificate).to_hexadecimal();
            notices.push(notice(
                NoticeKind::PreviousKeyUsed,
                Some(of),
                None,
                finding.to_owned(),
                mend,
            ));
        }
        notices
    }

    fn key(&self, state: FederationKeyState) -> Option<&FederationKeyRecord> {
        let mut keys = self.keys.iter();
        keys.find(|key| key.state == state && key.purpose == FederationKeyPurpose::Signing)
    }
}

impl TenantAdmin {
    /// What there is to know about the tenant's connections before they stop working, the soonest first.
    pub async fn list_provider_notices(&self) -> Result<Vec<ProviderNotice>, ControlError> {
        self.require(Permission::ReadIdentityProviders)?;
        let records = self.cx.read().await?.list_identity_providers().await?;
        let mut notices = Vec::new();
        for record in records {
            // One whose settings are broken is reported by its check.
            if let Ok(provider) = IdentityProvider::try_from(record) {
                let dates = Dates::of(&self.cx, &provider).await?;
                notices.extend(dates.notices(&provider, self.cx.now()));
            }
        }
        notices.sort_by_key(|notice| notice.days_left.unwrap_or(0));
        Ok(notices)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);

    #[test]
    fn an_end_is_announced_at_ninety_thirty_and_seven_days_and_when_it_has_come() {
        let due = |days| {
            let end = End {
                kind: NoticeKind::OurCertificate,
                of: None,
                at: NOW + DAY * days,
            };
            end.due(NOW)
        };
        assert_eq!(due(91), None);
        assert_eq!(due(90), Some(90));
        assert_eq!(due(31), Some(90));
        assert_eq!(due(30), Some(30));
        assert_eq!(due(7), Some(7));
        assert_eq!(due(1), Some(7));
        assert_eq!(due(0), Some(0));
    }
}
