//! Cookies of one tenant: named, path-scoped and attributed in one place.
//!
//! All tenants share one browser origin, so a cookie's path keeps it away from the other tenants' pages. The path is tidiness,
//! not the wall: the record behind a cookie names its tenant and is looked up under it.

use axum::http::{HeaderMap, header};
use axum_extra::extract::cookie::{Cookie, SameSite};
use std::time::Duration;

/// What a cookie is for. Each has a name of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CookiePurpose {
    /// The browser session of a signed-in person.
    Session,
    /// Binds running sign-ins to this browser.
    Interaction,
    /// Binds a sign-in at an upstream identity provider to this browser.
    Federation,
    /// The language chosen in the footer.
    Language,
    /// The ids of passkeys that were used here, so that they can be asked for without a user name.
    Passkeys,
    /// The way to sign in that was chosen last.
    Provider,
    /// The session of somebody who administers, at a console.
    Console,
}

impl CookiePurpose {
    const fn suffix(self) -> &'static str {
        match self {
            Self::Session => "session",
            Self::Interaction => "interaction",
            Self::Federation => "federation",
            Self::Language => "language",
            Self::Passkeys => "passkeys",
            Self::Provider => "provider",
            Self::Console => "console",
        }
    }
}

/// Makes and reads the cookies of one tenant.
#[derive(Clone, Debug)]
pub struct TenantCookies {
    path: String,
    secure: bool,
    framed: bool,
}

impl TenantCookies {
    /// Cookies below `issuer_path`, the path of the tenant's issuer (`/<tenant>/auth`). `https` tells whether the public URL is
    /// https; only a development server is not.
    pub fn new(issuer_path: &str, https: bool) -> Self {
        Self {
            path: issuer_path.to_owned(),
            secure: https,
            framed: false,
        }
    }

    /// The same cookies, fit for pages in other sites' frames where `framed` is set: `SameSite=None`, and `Partitioned`, so that
    /// they are sent in frames of the site under which they were set, and under no other (CHIPS, draft-cutler-httpbis-partitioned-cookies).
    /// Their names differ, because a browser may still hold a cookie from before the setting was changed.
    #[must_use]
    pub fn in_frames(self, framed: bool) -> Self {
        Self { framed, ..self }
    }

    /// Whether the cookies are fit for frames.
    pub const fn work_in_frames(&self) -> bool {
        self.framed
    }

    /// The cookie's name. The `__Secure-` prefix makes browsers refuse the cookie from a plain-http answer (RFC 6265bis
    /// section 4.1.3.1); `__Host-` would forbid the path.
    pub fn name(&self, purpose: CookiePurpose) -> String {
        let prefix = if self.secure { "__Secure-wk_" } else { "wk_" };
        let framed = if self.framed { "framed_" } else { "" };
        format!("{prefix}{framed}{}", purpose.suffix())
    }

    /// A cookie that lives for `max_age`, or until the browser closes.
    pub fn set(&self, purpose: CookiePurpose, value: String, max_age: Option<Duration>) -> Cookie<'static> {
        let mut cookie = self.attributed(Cookie::new(self.name(purpose), value));
        if let Some(max_age) = max_age {
            let seconds = i64::try_from(max_age.as_secs()).unwrap_or(i64::MAX);
            cookie.set_max_age(time::Duration::seconds(seconds));
        }
        cookie
    }

    /// `cookie` with the attributes that all of this tenant's cookies have.
    pub fn attributed(&self, mut cookie: Cookie<'static>) -> Cookie<'static> {
        cookie.set_path(self.path.clone());
        cookie.set_http_only(true);
        if self.framed {
            cookie.set_same_site(SameSite::None);
            cookie.set_partitioned(true);
            // Browsers demand it of both attributes. They take it from plain http on a loopback address too.
            cookie.set_secure(true);
        } else {
            // `Strict` cookies would be missing when the browser returns from an upstream identity provider.
            cookie.set_same_site(SameSite::Lax);
            cookie.set_secure(self.secure);
        }
        cookie
    }

    /// A cookie that makes the browser forget the one of `purpose`.
    pub fn clear(&self, purpose: CookiePurpose) -> Cookie<'static> {
        let mut cookie = self.set(purpose, String::new(), None);
        cookie.set_max_age(time::Duration::ZERO);
        cookie
    }

    /// The value the browser sent, if it sent exactly one.
    ///
    /// Two different values under one name mean that another page of this origin or a sibling domain planted one; neither is
    /// trusted then, because which of them is ours cannot be told (RFC 6265 section 8.6).
    pub fn find(&self, headers: &HeaderMap, purpose: CookiePurpose) -> Option<String> {
        let name = self.name(purpose);
        let mut found: Option<String> = None;
        let lines = headers
            .get_all(header::COOKIE)
            .into_iter()
            .filter_map(|line| line.to_str().ok());
        for cookie in lines
            .flat_map(Cookie::split_parse)
            .flatten()
            .filter(|cookie| cookie.name() == name)
        {
            match &found {
                Some(first) if first != cookie.value() => return None,
                _ => found = Some(cookie.value().to_owned()),
            }
        }
        found.filter(|value| !value.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(lines: &[&str]) -> HeaderMap {
        lines
            .iter()
            .map(|line| (header::COOKIE, line.parse().unwrap()))
            .collect()
    }

    #[test]
    fn an_https_cookie_has_the_prefix_and_every_attribute() {
        let cookies = TenantCookies::new("/north/auth", true);
        let line = cookies
            .set(CookiePurpose::Session, "abc".into(), Some(Duration::from_hours(1)))
            .to_string();
        assert_eq!(
            line,
            "__Secure-wk_session=abc; HttpOnly; SameSite=Lax; Secure; Path=/north/auth; Max-Age=3600"
        );
    }

    #[test]
    fn a_plain_http_cookie_is_neither_secure_nor_prefixed() {
        let cookies = TenantCookies::new("/north/auth", false);
        let line = cookies.set(CookiePurpose::Interaction, "abc".into(), None).to_string();
        assert_eq!(line, "wk_interaction=abc; HttpOnly; SameSite=Lax; Path=/north/auth");
    }

    #[test]
    fn a_cookie_for_frames_is_partitioned_and_has_another_name() {
        for (https, name) in [(true, "__Secure-wk_framed_session"), (false, "wk_framed_session")] {
            let cookies = TenantCookies::new("/north/auth", https).in_frames(true);
            let line = cookies.set(CookiePurpose::Session, "abc".into(), None).to_string();
            assert_eq!(
                line,
                format!("{name}=abc; HttpOnly; SameSite=None; Partitioned; Secure; Path=/north/auth")
            );
        }
    }

    #[test]
    fn clearing_uses_the_same_name_and_path() {
        let line = TenantCookies::new("/north/auth", true)
            .clear(CookiePurpose::Session)
            .to_string();
        assert!(line.starts_with("__Secure-wk_session=;"), "{line}");
        assert!(
            line.contains("Path=/north/auth") && line.contains("Max-Age=0"),
            "{line}"
        );
    }

    #[test]
    fn the_value_is_found_among_other_cookies_and_header_lines() {
        let headers = sent(&["other=1; wk_session=abc", "wk_interaction=def"]);
        let cookies = TenantCookies::new("/north/auth", false);
        assert_eq!(cookies.find(&headers, CookiePurpose::Session).as_deref(), Some("abc"));
        assert_eq!(
            cookies.find(&headers, CookiePurpose::Interaction).as_deref(),
            Some("def")
        );
        assert_eq!(cookies.find(&headers, CookiePurpose::Federation), None);
    }

    #[test]
    fn an_unprefixed_cookie_is_ignored_on_https() {
        let cookies = TenantCookies::new("/north/auth", true);
        assert_eq!(cookies.find(&sent(&["wk_session=abc"]), CookiePurpose::Session), None);
    }

    #[test]
    fn two_different_values_under_one_name_are_both_refused() {
        let cookies = TenantCookies::new("/north/auth", false);
        assert_eq!(
            cookies.find(&sent(&["wk_session=abc; wk_session=planted"]), CookiePurpose::Session),
            None
        );
        assert_eq!(
            cookies
                .find(&sent(&["wk_session=abc; wk_session=abc"]), CookiePurpose::Session)
                .as_deref(),
            Some("abc")
        );
    }
}
