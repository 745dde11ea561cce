//! Helping users who cannot sign in: trying again at once, choosing another password, setting up another second factor.

use super::users::{ChangedUser, local_provider_of, no_user};
use super::{Change, ControlError, TenantAdmin};
use crate::federation::local::links::{self, NewLink};
use crate::federation::local::{attempts, outbox};
use crate::kernel::id::AccountId;
use crate::mail::Mailer;
use crate::store::TenantTx;
use crate::store::tenant::{Account, LinkPurpose};
use crate::tenant::roles::Permission;
use crate::web::Language;
use crate::web::letters::SecurityChange;

/// How a link gets to the account's holder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// By mail to the account's address: whoever asks for it does not see it.
    Mail,
    /// To whoever asks for it, who hands it on. With it they could choose the password themselves.
    Shown,
}

impl Delivery {
    /// What whoever asks for it must be allowed. Helping somebody is no reason to be able to act as them.
    pub const fn needs(self) -> Permission {
        match self {
            Self::Mail => Permission::HelpUsers,
            Self::Shown => Permission::ManageUsers,
        }
    }
}

/// A link that is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WantedLink {
    /// The language of the mail.
    pub language: Language,
    /// How it gets there.
    pub delivery: Delivery,
}

/// A link that was made.
pub struct MadeLink {
    /// The first password, or another one.
    pub purpose: LinkPurpose,
    /// How it gets there.
    pub delivery: Delivery,
    /// The link.
    pub link: NewLink,
}

impl TenantAdmin {
    /// The account of a user whom this administrator is to help, in a transaction that changes it.
    async fn begin_help(
        &self,
        account: AccountId,
        needs: Permission,
    ) -> Result<(TenantTx, Account, String), ControlError> {
        self.require(needs)?;
        let mut rows = self.begin_change().await?;
        let stored = rows.find_account(account).await?.ok_or_else(|| no_user(account))?;
        let providers = rows.list_identity_providers().await?;
        let Some(local) = local_provider_of(&providers, &stored) else {
            let text =
                "this user signs in at an identity provider elsewhere; passwords and second factors are changed there";
            return Err(ControlError::Conflict(text.into()));
        };
        let alias = local.alias.clone();
        Ok((rows, stored, alias))
    }

    /// Lets a user try again at once who gave too many wrong passwords or codes.
    ///
    /// # Errors
    /// [`ControlError::BeyondOwnRole`] when the user may do more than the actor, who could go on guessing.
    pub async fn unlock_user(&self, account: AccountId) -> Result<ChangedUser, ControlError> {
        let (mut rows, stored, alias) = self.begin_help(account, Permission::HelpUsers).await?;
        self.check_reach_of_account(&mut rows, &stored).await?;
        let forgiven = attempts::forgive(&self.cx, &mut rows, &alias, &stored).await?;
        let user = self.user_detail(&mut rows, account).await?;
        if forgiven {
            self.record_account(&mut rows, "user.unlocked", None, account).await?;
            self.finish(rows).await?;
        }
        Ok(ChangedUser {
            user,
            change: if forgiven { Change::Updated } else { Change::Unchanged },
            has_notices: false,
        })
    }

    /// Makes a one-time link with which a user chooses a password: the first one for who has none, else another; the present
    /// one works until then, and links from before end.
    ///
    /// # Errors
    /// [`ControlError::BeyondOwnRole`] when the user may do more than the actor; [`ControlError::Forbidden`] for a link that is
    /// shown to somebody who may only send one.
    pub async fn make_user_link(&self, account: AccountId, wanted: WantedLink) -> Result<MadeLink, ControlError> {
        let (mut rows, stored, _) = self.begin_help(account, wanted.delivery.needs()).await?;
        let made = self.make_link(&mut rows, &stored, wanted).await?;
        self.finish(rows).await?;
        Ok(made)
    }

    /// The same in the caller's transaction.
    pub(super) async fn make_link(
        &self,
        rows: &mut TenantTx,
        account: &Account,
        wanted: WantedLink,
    ) -> Result<MadeLink, ControlError> {
        self.require(wanted.delivery.needs())?;
        self.check_reach_of_account(rows, account).await?;
        if account.disabled_at.is_some() {
            let text = "this user is disabled, and no link works for them; let them sign in again first";
            return Err(ControlError::Conflict(text.into()));
        }
        let purpose = if account.password_hash.is_some() {
            LinkPurpose::Reset
        } else {
            LinkPurpose::Invitation
        };
        rows.void_account_links(account.id, self.cx.now()).await?;
        let link = links::make(&self.cx, rows, account.id, purpose).await?;
        if wanted.delivery == Delivery::Mail {
            let Some(to) = &account.profile.email else {
                return Err(ControlError::invalid(
                    "email",
                    "the account has no address to send a link to",
                ));
            };
            let letter = links::letter(&self.cx, wanted.language, &account.profile, purpose, &link);
            outbox::enqueue(&self.cx, rows, Some(to), letter).await?;
        }
        self.record_account(rows, "account.link_made", Some(purpose.as_str()), account.id)
            .await?;
        Ok(MadeLink {
            purpose,
            delivery: wanted.delivery,
            link,
        })
    }

    /// Takes every second factor from a user who lost them all, ends their sessions and tells them by mail. The password stays;
    /// where a second factor is demanded, another one is set up at the next sign-in.
    pub async fn remove_second_factors_of(&self, account: AccountId) -> Result<ChangedUser, ControlError> {
        let (mut rows, stored, _) = self.begin_help(account, Permission::HelpUsers).await?;
        self.check_reach_of_account(&mut rows, &stored).await?;
        let security = rows.find_account_security(account).await?;
        if !security.has_second_factor() && security.recovery_codes == 0 {
            return Ok(ChangedUser {
                user: self.user_detail(&mut rows, account).await?,
                change: Change::Unchanged,
                has_notices: false,
            });
        }
        rows.delete_totp(account).await?;
        rows.replace_recovery_codes(account, &[], self.cx.now()).await?;
        rows.delete_passkeys(account).await?;
        let ended = self
            .end_everything(&mut rows, account, false, "second_factors_removed")
            .await?;
        self.record_account(&mut rows, "second_factors.removed", Some("by_administrator"), account)
            .await?;
        links::announce_change(&self.cx, &mut rows, &stored, SecurityChange::FactorRemoved).await?;
        let user = self.user_detail(&mut rows, account).await?;
        self.finish(rows).await?;
        Ok(ChangedUser {
            user,
            change: Change::Updated,
            has_notices: ended.has_notices,
        })
    }

    /// Sends the mail that waits at this tenant.
    pub async fn deliver_mail(&self, mailer: &Mailer) {
        outbox::deliver(&self.cx, mailer).await;
    }
}
