//! A SAML provider: its metadata as they are there and as they are kept here, its certificates, its addresses.

use super::exchange::{Probe, Visitor, findings};
use super::{CheckItem, CheckSubject, certificates};
use crate::federation::provider::SamlProvider;
use crate::federation::saml::policy::LONGEST_METADATA;
use crate::federation::saml::{IdpMetadata, SamlProviderConfig};
use crate::federation::{Federation, IdentityProvider};
use crate::kernel::Timestamp;
use crate::outbound::OutboundRequest;
use crate::store::StoreError;
use crate::store::tenant::SamlMetadataRecord;
use crate::tenant::TenantCx;

pub(super) async fn check(
    federation: &Federation,
    cx: &TenantCx,
    provider: &IdentityProvider,
    saml: &SamlProvider,
) -> Result<Vec<CheckItem>, StoreError> {
    let config = &saml.config;
    let outbound = federation.outbound();
    let mut items = vec![CheckItem::ok(
        CheckSubject::Settings,
        "the settings and the mapping rules are usable",
    )];
    let stored = cx.read().await?.find_saml_metadata(provider.id).await?;
    let kept = stored
        .as_ref()
        .and_then(|stored| IdpMetadata::parse(&stored.metadata, Some(&config.entity_id), None, Timestamp::EPOCH).ok());
    kept_metadata(cx, config, stored.as_ref(), kept.as_ref(), &mut items);

    let mut probes = Vec::new();
    let mut current = kept.clone();
    if let Some(address) = &config.metadata_url {
        let purpose = "the metadata";
        let cap = Some(LONGEST_METADATA);
        let request = OutboundRequest {
            max_body: cap,
            ..OutboundRequest::get(address.clone())
        };
        let probe = Probe::send(outbound, purpose, Visitor::Server, request).await;
        if let Some(offered) = offered_metadata(cx, config, &probe, kept.as_ref(), &mut items) {
            current = Some(offered);
        }
        items.push(federation.breaker_item(cx, provider, address));
        probes.push(probe);
    }
    if let Some(metadata) = &current {
        for key in metadata.keys.iter() {
            let followed = config.metadata_url.is_some();
            items.push(certificates::of_provider(
                &key.fingerprint(),
                key.not_after(),
                cx.now(),
                followed,
            ));
        }
        items.push(algorithms(metadata));
        let sign_on = metadata
            .sign_on_endpoint(config.binding)
            .map(|endpoint| endpoint.location.clone());
        let logout = metadata.logout_endpoint().map(|endpoint| endpoint.location.clone());
        let ask = async |purpose, address| match address {
            Some(address) => {
                Some(Probe::send(outbound, purpose, Visitor::Browser, OutboundRequest::get(address)).await)
            }
            None => None,
        };
        let (sign_on, logout) = tokio::join!(ask("the sign-in page", sign_on), ask("the logout page", logout));
        probes.extend([sign_on, logout].into_iter().flatten());
    }
    let all: Vec<&Probe> = probes.iter().collect();
    items.extend(findings(&all, config.skew(), cx.now()));
    items.extend(certificates::ours(cx, provider).await?);
    Ok(items)
}

/// What sign-ins are checked against at present.
fn kept_metadata(
    cx: &TenantCx,
    config: &SamlProviderConfig,
    stored: Option<&SamlMetadataRecord>,
    kept: Option<&IdpMetadata>,
    items: &mut Vec<CheckItem>,
) {
    let (Some(stored), Some(kept)) = (stored, kept) else {
        items.push(CheckItem::failed(
            CheckSubject::Metadata,
            "there are no usable metadata of the provider here",
            "Connect the provider anew with its metadata (`wardkey idp add-saml`).",
        ));
        return;
    };
    let since = stored.fetched_at.to_rfc3339();
    let get_new = "Ask the provider for new metadata and enter them, or have it renew what it publishes.";
    match kept.valid_until {
        Some(until) if until <= cx.now() => items.push(CheckItem::failed(
            CheckSubject::Metadata,
            format!("the metadata of {since} expired on {}", until.to_rfc3339()),
            get_new,
        )),
        Some(until) if config.metadata_url.is_none() => items.push(CheckItem::warning(
            CheckSubject::Metadata,
            format!(
                "the metadata entered on {since} are valid until {} only",
                until.to_rfc3339()
            ),
            get_new,
        )),
        _ if config.metadata_url.is_none() => items.push(CheckItem::warning(
            CheckSubject::Metadata,
            format!("the metadata were entered by hand on {since}: changes of the provider's keys are not noticed"),
            "Give the address of the provider's metadata, if it has one, so that they are fetched regularly.",
        )),
        _ => items.push(CheckItem::ok(
            CheckSubject::Metadata,
            format!("the metadata of {since} are in use"),
        )),
    }
}

/// What the provider publishes now.
fn offered_metadata(
    cx: &TenantCx,
    config: &SamlProviderConfig,
    probe: &Probe,
    kept: Option<&IdpMetadata>,
    items: &mut Vec<CheckItem>,
) -> Option<IdpMetadata> {
    let answer = probe.answer.as_ref().ok()?;
    if !answer.status.is_success() {
        items.push(CheckItem::failed(
            CheckSubject::Metadata,
            format!("the metadata are not there: the answer is {}", answer.status.as_u16()),
            "Compare the address with what the provider gives as its metadata address.",
        ));
        return None;
    }
    let pinned = config.metadata_keys().ok()?;
    let text = String::from_utf8_lossy(&answer.body);
    match IdpMetadata::parse(&text, Some(&config.entity_id), pinned.as_ref(), cx.now()) {
        Ok(offered) => {
            let signed = if pinned.is_some() {
                ", signed with a pinned certificate"
            } else {
                ""
            };
            let finding = if kept.is_some_and(|kept| kept.keys == offered.keys) {
                format!("the provider publishes the keys that are known here{signed}")
            } else {
                format!(
                    "the provider publishes other keys than are known here{signed}; they are taken in at the next fetch"
                )
            };
            items.push(CheckItem::ok(CheckSubject::Metadata, finding));
            Some(offered)
        }
        Err(refusal) => {
            items.push(CheckItem::failed(
                CheckSubject::Metadata,
                format!(
                    "what the provider publishes cannot be used ({}): {}",
                    refusal.check, refusal.detail
                ),
                "Ask who runs the provider to correct its metadata; the last good ones stay in use until they expire.",
            ));
            None
        }
    }
}

fn algorithms(metadata: &IdpMetadata) -> CheckItem {
    if metadata.unusable_keys > 0 {
        return CheckItem::warning(
            CheckSubject::Algorithms,
            "the metadata name signing keys that are never used: RSA below 2048 bits, or another kind of key",
            "Ask who runs the provider to sign with RSA of 2048 bits or more, or with ECDSA on P-256 or P-384.",
        );
    }
    CheckItem::ok(
        CheckSubject::Algorithms,
        "the provider's keys are strong; it has to sign with SHA-256 or better, never with SHA-1",
    )
}
