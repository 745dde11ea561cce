//! What an app is given by name: the subject of a user, `sub`, wherever it stands; and signatures it can be promised.

use super::TenantCx;
use crate::kernel::id::AccountId;
use crate::oauth::Client;
use crate::oauth::openid_metadata::SubjectType;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

impl TenantCx {
    /// Whether the tenant has a key for everything that is to be signed for `client`.
    pub fn can_sign_for(&self, client: &Client) -> bool {
        let openid = &client.openid;
        let asked = [
            Some(client.id_token_signed_response_alg),
            openid.userinfo_signed_response_alg,
            openid.authorization_signed_response_alg,
        ];
        asked
            .into_iter()
            .flatten()
            .all(|algorithm| self.keys().signer(algorithm).is_ok())
    }

    /// The subject by which `client` knows `account` (OpenID Connect Core section 8): the same name for every app, or one that
    /// apps of other sectors can neither know nor compute, since it is derived under a key of this tenant.
    pub fn subject(&self, client: &Client, account: AccountId) -> String {
        match client.openid.subject_type {
            SubjectType::Public => account.to_string(),
            SubjectType::Pairwise => {
                let redirects: Vec<String> = client.redirect_uris.iter().map(|uri| uri.as_str().to_owned()).collect();
                // Registration refuses pairwise subjects without a sector; a client is at least its own.
                let sector = client
                    .openid
                    .sector(&redirects)
                    .unwrap_or_else(|| format!("client:{}", client.client_id));
                let name = [sector.as_bytes(), b"\0", account.to_string().as_bytes()].concat();
                let derived = self.store().keyring().derive("pairwise-subject", &name);
                format!("pws_{}", URL_SAFE_NO_PAD.encode(derived))
            }
        }
    }
}
