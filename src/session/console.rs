//! Sessions of the consoles. A console has a cookie of its own, scoped to its own path: the session's cookie stays below the
//! issuer, and neither is sent to a FHIR server that stands beside them.
//!
//! A console session opens nothing by itself. It leads to the browser session in which somebody entered, by that session's
//! key, and ends with it: signed out anywhere, the console is left too.

use super::store::{decode, ends_at_of, signed_in};
use super::{SIGNED_IN, SessionError, SignedIn, TOUCH_AFTER};
use crate::kernel::credential::{self, Kind, recognise};
use crate::kernel::{Secret, Sha256Hash, Timestamp};
use crate::store::StoreError;
use crate::tenant::TenantCx;
use crate::web::cookies::{CookiePurpose, TenantCookies};
use axum::http::HeaderMap;
use std::time::Duration;

/// A console that nobody uses is left after this time.
const IDLE: Duration = Duration::from_mins(30);
/// However much it is used, it is entered anew after this time.
const LONGEST: Duration = Duration::from_hours(8);

/// A console session with who is signed in.
pub struct ConsoleEntry {
    /// Who is signed in, as the browser session says now.
    pub signed_in: SignedIn,
    /// The cookie: keys the anti-forgery tokens of the console's forms.
    pub secret: Secret<String>,
    /// The id of the browser session behind it.
    pub session: Sha256Hash,
    hash: Sha256Hash,
}

/// The console's cookies. They are never fit for frames, also where the sign-in is: a click on a console changes something.
pub fn cookies(cx: &TenantCx) -> TenantCookies {
    TenantCookies::new(&cx.urls().console_path(), cx.urls().base().is_https())
}

/// Begins a console session in the browser session with this key; the value of its cookie.
pub async fn begin(cx: &TenantCx, session_key: Sha256Hash) -> Result<Secret<String>, StoreError> {
    let secret = credential::generate(Kind::ConsoleSession, cx.entropy());
    let hash = Sha256Hash::of(secret.expose().as_bytes());
    let mut rows = cx.begin().await?;
    rows.insert_console_session(hash, session_key, cx.now(), cx.now() + IDLE)
        .await?;
    rows.commit().await?;
    Ok(secret)
}

/// The console session that this browser has at this tenant, if it and the browser session behind it are still honoured.
/// Using the console is using the session: both ends move, at most once a minute.
pub async fn find(cx: &TenantCx, headers: &HeaderMap) -> Result<Option<ConsoleEntry>, SessionError> {
    let Some(value) = cookies(cx).find(headers, CookiePurpose::Console) else {
        return Ok(None);
    };
    let Some(hash) = recognise(Kind::ConsoleSession, &value) else {
        return Ok(None);
    };
    let Some(stored) = cx.read().await?.find_console_session(hash, cx.now()).await? else {
        return Ok(None);
    };
    let mut record = decode(&stored.record)?;
    let Some(mut signed_in) = signed_in(&record).filter(|signed_in| signed_in.is_live(cx)) else {
        return Ok(None);
    };
    if cx.now().since(stored.seen_at) > TOUCH_AFTER {
        signed_in.seen_at = cx.now();
        let value = serde_json::to_value(&signed_in).map_err(|error| StoreError::Unfit(error.to_string()))?;
        record.data.insert(SIGNED_IN.to_owned(), value);
        let bytes = super::store::encode(&record)?;
        let mut rows = cx.begin().await?;
        rows.touch_console_session(hash, cx.now(), end_of(cx, stored.started_at))
            .await?;
        rows.extend_session(&stored, bytes.expose(), ends_at_of(cx, &record), cx.entropy())
            .await?;
        rows.commit().await?;
    }
    Ok(Some(ConsoleEntry {
        signed_in,
        secret: Secret::new(value),
        session: stored.session,
        hash,
    }))
}

fn end_of(cx: &TenantCx, started_at: Timestamp) -> Timestamp {
    (cx.now() + IDLE).min(started_at + LONGEST)
}

/// Leaves the console.
pub async fn end(cx: &TenantCx, entry: &ConsoleEntry) -> Result<(), StoreError> {
    let mut rows = cx.begin().await?;
    rows.delete_console_session(entry.hash).await?;
    rows.commit().await
}
