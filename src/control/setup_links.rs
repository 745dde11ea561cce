//! Setup links: somebody outside sets up one connection, and sees and does nothing else.
//!
//! A link is made by who may manage identity providers, and handed to who runs the provider. It works until the connection is
//! switched on with it, until its time is over, or until it is taken back; whatever is done with it is recorded under its id.

use super::identity_providers::no_provider;
use super::{Actor, Author, ControlError, Platform, TenantAdmin};
use crate::federation::products::Product;
use crate::federation::provider::check_alias;
use crate::kernel::credential::{self, Kind, recognise};
use crate::kernel::id::SetupLinkId;
use crate::kernel::{Secret, Sha256Hash, Timestamp};
use crate::store::tenant::{ChangeSource, NewSetupLink, StoredSetupLink};
use crate::tenant::TenantCx;
use crate::tenant::roles::Permission;
use serde::Serialize;
use std::time::Duration;

/// How long a link works when nobody says otherwise.
pub const USUAL_LIFETIME: Duration = Duration::from_hours(7 * 24);
/// How long a link works at most.
const LONGEST_LIFETIME: Duration = Duration::from_hours(30 * 24);
/// How long a link is listed after its end.
const KEPT_AFTER: Duration = Duration::from_hours(30 * 24);
/// Longest label, in characters.
const LONGEST_LABEL: usize = 80;

/// A link whose connection was switched on with it.
const USED: &str = "used";
/// A link that was taken back.
const REVOKED: &str = "revoked";
/// A link whose connection was removed.
pub(super) const REMOVED: &str = "removed";

/// What a link is to be.
#[derive(Clone, Debug)]
pub struct SetupLinkRequest<'a> {
    /// The connection. It need not be there yet.
    pub alias: &'a str,
    /// Whom it is for, as the list of links will show.
    pub label: &'a str,
    /// The product, where it is known.
    pub product: Option<Product>,
    /// How long it works.
    pub lifetime: Duration,
}

/// A link that was made just now. Its address is shown here and never again.
pub struct MadeSetupLink {
    /// Its id.
    pub id: SetupLinkId,
    /// The address.
    pub address: Secret<String>,
    /// Until when it works.
    pub expires_at: Timestamp,
}

/// A link, as administration shows it: without its address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SetupLinkSummary {
    /// Its id, under which what is done with it is recorded.
    pub id: SetupLinkId,
    /// The connection.
    pub alias: String,
    /// Whom it is for.
    pub label: String,
    /// The product, where its maker knew it.
    pub product: Option<String>,
    /// `open`, `expired`, `used`, `revoked` or `removed`.
    pub state: String,
    /// Who made it.
    pub created_by: String,
    /// When, RFC 3339.
    pub created_at: String,
    /// Until when it works, RFC 3339.
    pub expires_at: String,
    /// When it was first used, RFC 3339.
    pub opened_at: Option<String>,
}

impl SetupLinkSummary {
    fn of(link: StoredSetupLink, now: Timestamp) -> Self {
        let state = match link.closed_by {
            Some(why) => why,
            None if link.expires_at <= now => "expired".to_owned(),
            None => "open".to_owned(),
        };
        Self {
            id: link.id,
            alias: link.alias,
            label: link.label,
            product: link.product,
            state,
            created_by: link.created_by,
            created_at: link.created_at.to_rfc3339(),
            expires_at: link.expires_at.to_rfc3339(),
            opened_at: link.opened_at.map(Timestamp::to_rfc3339),
        }
    }
}

/// Somebody with a link that works.
#[derive(Debug)]
pub struct SetupVisit {
    /// What they may do: the one connection.
    pub admin: TenantAdmin,
    /// The link.
    pub link: StoredSetupLink,
}

impl TenantAdmin {
    /// Makes a link to the setting up of one connection.
    ///
    /// # Errors
    /// [`ControlError::BeyondOwnRole`] when people who sign in there can do more than the one who asks;
    /// [`ControlError::Conflict`] when they administer anything at all, because a link's holder must not become one of them.
    pub async fn create_setup_link(&self, request: &SetupLinkRequest<'_>) -> Result<MadeSetupLink, ControlError> {
        self.require(Permission::ManageIdentityProviders)?;
        if self.actor().connection().is_some() {
            return Err(ControlError::Conflict("a setup link makes no further links".to_owned()));
        }
        check_alias(request.alias)?;
        let label = request.label.trim();
        if label.is_empty() || label.chars().count() > LONGEST_LABEL {
            return Err(ControlError::invalid(
                "label",
                format!("say in 1 to {LONGEST_LABEL} characters whom the link is for"),
            ));
        }
        if request.lifetime.is_zero() || request.lifetime > LONGEST_LIFETIME {
            return Err(ControlError::invalid(
                "lifetime",
                format!("a setup link works for up to {} seconds", LONGEST_LIFETIME.as_secs()),
            ));
        }
        let token = credential::generate(Kind::SetupLink, self.cx.entropy());
        let (id, now) = (SetupLinkId::new(self.cx.now(), self.cx.entropy()), self.cx.now());
        let expires_at = now + request.lifetime;
        let mut rows = self.begin_change().await?;
        self.check_reach_of_provider(&mut rows, request.alias, None).await?;
        let holder = self.with_actor(Actor::by_setup_link(id, request.alias));
        if holder
            .check_reach_of_provider(&mut rows, request.alias, None)
            .await
            .is_err()
        {
            return Err(ControlError::Conflict(format!(
                "people who sign in at {} administer this tenant: set it up yourself, a link to it would make its holder one of them",
                request.alias
            )));
        }
        rows.insert_setup_link(&NewSetupLink {
            id,
            token: Sha256Hash::of(token.expose().as_bytes()),
            alias: request.alias,
            label,
            product: request.product.map(Product::as_str),
            created_by: self.actor().principal(),
            created_at: now,
            expires_at,
            kept_until: expires_at + KEPT_AFTER,
        })
        .await?;
        self.record(
            &mut rows,
            "setup_link.created",
            Some(&id.to_string()),
            Some(request.alias),
        )
        .await?;
        self.finish(rows).await?;
        Ok(MadeSetupLink {
            id,
            address: Secret::new(self.cx.urls().endpoint(&format!("setup/{}", token.expose()))),
            expires_at,
        })
    }

    /// The tenant's links, the newest first.
    pub async fn list_setup_links(&self) -> Result<Vec<SetupLinkSummary>, ControlError> {
        self.require(Permission::ReadIdentityProviders)?;
        if self.actor().connection().is_some() {
            return Ok(Vec::new());
        }
        let now = self.cx.now();
        let links = self.cx.read().await?.list_setup_links(now).await?;
        Ok(links.into_iter().map(|link| SetupLinkSummary::of(link, now)).collect())
    }

    /// Takes a link back: from then on it opens nothing, also where it is open.
    pub async fn revoke_setup_link(&self, id: &str) -> Result<(), ControlError> {
        self.require(Permission::ManageIdentityProviders)?;
        let missing = || ControlError::NotFound {
            what: "open setup link",
            name: id.to_owned(),
        };
        if self.actor().connection().is_some() {
            return Err(missing());
        }
        let link: SetupLinkId = id.parse().map_err(|_| missing())?;
        let mut rows = self.begin_change().await?;
        if !rows.close_setup_link(link, REVOKED, self.cx.now()).await? {
            return Err(missing());
        }
        self.record(&mut rows, "setup_link.revoked", Some(id), None).await?;
        self.finish(rows).await?;
        Ok(())
    }

    /// Whoever has a link that works, as administrators of its connection. Unknown, expired, used and revoked ones are one
    /// answer.
    pub async fn by_setup_link(
        cx: TenantCx,
        platform: &Platform,
        token: &str,
    ) -> Result<Option<SetupVisit>, ControlError> {
        let Some(hash) = recognise(Kind::SetupLink, token) else {
            return Ok(None);
        };
        let Some(link) = cx.read().await?.find_setup_link(hash, cx.now()).await? else {
            return Ok(None);
        };
        let admin = Self {
            actor: Actor::by_setup_link(link.id, &link.alias),
            cx,
            directory: platform.directory().clone(),
            dry_run: false,
            author: Author::by_way_of(ChangeSource::Console),
            guard: None,
        };
        Ok(Some(SetupVisit { admin, link }))
    }

    /// Notes that the holder of a link began, once.
    pub async fn note_setup_begun(&self, link: SetupLinkId) -> Result<(), ControlError> {
        let mut rows = self.cx.begin().await?;
        if rows.note_setup_link_opened(link, self.cx.now()).await? {
            let target = link.to_string();
            self.record(&mut rows, "setup_link.opened", Some(&target), self.actor().connection())
                .await?;
        }
        Ok(rows.commit().await?)
    }

    /// Uses up the link by which the connection was just switched on.
    pub(super) async fn use_up_setup_link(&self, rows: &mut crate::store::TenantTx) -> Result<(), ControlError> {
        let Some(alias) = self.actor().connection() else {
            return Ok(());
        };
        let link: SetupLinkId = self.actor().principal().parse().map_err(|_| no_provider(alias))?;
        // Taken back a moment ago: nothing of it counts.
        if !rows.close_setup_link(link, USED, self.cx.now()).await? {
            return Err(no_provider(alias));
        }
        Ok(())
    }

    /// The same tenant for somebody else, to see what they could do.
    fn with_actor(&self, actor: Actor) -> Self {
        Self {
            cx: self.cx.clone(),
            directory: self.directory.clone(),
            actor,
            dry_run: true,
            author: self.author.clone(),
            guard: None,
        }
    }
}
