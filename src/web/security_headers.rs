//! The headers that go with every HTML page.

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use url::{Host, Url};

/// One source expression of a Content-Security-Policy list. Built from a URL only, so it cannot end the directive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CspSource(String);

impl CspSource {
    /// The source that covers `address`: its origin, or its scheme where the grammar of CSP Level 3 section 2.3.1 has no way to
    /// name the host (private-use schemes of native apps, IPv6 literals). `None` when `address` is not an absolute URL.
    pub fn covering(address: &str) -> Option<Self> {
        let url = Url::parse(address).ok()?;
        let source = match url.host() {
            Some(Host::Domain(_) | Host::Ipv4(_)) if matches!(url.scheme(), "http" | "https") => {
                url.origin().ascii_serialization()
            }
            _ => format!("{}:", url.scheme()),
        };
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"+-.:/_".contains(&byte);
        source.bytes().all(fits).then_some(Self(source))
    }

    /// Every host that is reached by the scheme of `address`: for a form to a service that sends people on by itself, which knows
    /// where to and we do not.
    pub fn any_host(address: &Url) -> Self {
        Self(format!("{}:", address.scheme()))
    }

    /// The expression as it stands in the header.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What happens to the window that opened ours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Opener {
    /// Cut off: `Cross-Origin-Opener-Policy: same-origin`.
    #[default]
    Severed,
    /// Kept, by sending no policy. An app that opens sign-in in a popup waits for a message from its callback page in that same
    /// window. Any policy on a page in between, `same-origin-allow-popups` too, moves the popup into a new browsing context
    /// group and the callback page finds no opener (HTML, "cross-origin opener policy": only the opener's own
    /// `same-origin-allow-popups` spares its popups).
    Kept,
}

/// What one page may do beyond the strict default.
#[derive(Clone, Debug, Default)]
pub struct PagePolicy {
    /// Where forms may lead besides this server. Browsers check the whole redirect chain after a submit, so a form whose
    /// answer redirects to the app must name the app's redirect URI here or the sign-in dies on its last step.
    pub form_action: Vec<CspSource>,
    /// Who may show this page in a frame; empty means nobody.
    pub frame_ancestors: Vec<CspSource>,
    /// Where the page's scripts may send requests; empty means nowhere, not even to this server.
    pub connect: Vec<CspSource>,
    /// What the page may show in frames of its own; empty means nothing.
    pub frames: Vec<CspSource>,
    /// Whether the opener is kept.
    pub opener: Opener,
    /// Whether the public URL is https, and with it whether browsers are told to insist on it.
    pub https: bool,
}

impl PagePolicy {
    /// For pages that lead nowhere else: errors, signed out, not found.
    pub fn closed(https: bool) -> Self {
        Self {
            https,
            ..Self::default()
        }
    }

    /// For the pages between an authorization request and its answer: forms may end at the app's `redirect_uri`, and a popup
    /// keeps its opener.
    pub fn sign_in(https: bool, redirect_uri: &str) -> Self {
        Self {
            form_action: CspSource::covering(redirect_uri).into_iter().collect(),
            opener: Opener::Kept,
            https,
            ..Self::default()
        }
    }

    /// The value of `Content-Security-Policy`.
    pub fn content_security_policy(&self) -> String {
        let mut policy = String::from(
            "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'self'",
        );
        append(&mut policy, &self.form_action);
        policy.push_str("; frame-ancestors");
        if self.frame_ancestors.is_empty() {
            policy.push_str(" 'none'");
        }
        append(&mut policy, &self.frame_ancestors);
        if !self.frames.is_empty() {
            policy.push_str("; frame-src");
            append(&mut policy, &self.frames);
        }
        if !self.connect.is_empty() {
            policy.push_str("; connect-src");
            append(&mut policy, &self.connect);
        }
        policy
    }

    /// Sets the headers of an HTML page on `headers`.
    pub fn apply(&self, headers: &mut HeaderMap) {
        // A source is made of a few ASCII characters, so the value is always legal; if it were not, the page gets no
        // permission at all rather than no policy.
        let policy = HeaderValue::from_str(&self.content_security_policy())
            .unwrap_or_else(|_| HeaderValue::from_static("default-src 'none'"));
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
        if self.frame_ancestors.is_empty() {
            // The old header knows no list, so it is sent only where it says the same as frame-ancestors.
            headers.insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
        }
        headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.insert(
            HeaderName::from_static("cross-origin-resource-policy"),
            HeaderValue::from_static("same-origin"),
        );
        if self.opener == Opener::Severed {
            headers.insert(
                HeaderName::from_static("cross-origin-opener-policy"),
                HeaderValue::from_static("same-origin"),
            );
        }
        if self.https {
            headers.insert(
                header::STRICT_TRANSPORT_SECURITY,
                HeaderValue::from_static("max-age=31536000; includeSubDomains"),
            );
        }
    }
}

fn append(policy: &mut String, sources: &[CspSource]) {
    for source in sources {
        policy.push(' ');
        policy.push_str(source.as_str());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(address: &str) -> String {
        CspSource::covering(address).unwrap().0
    }

    fn headers(policy: &PagePolicy) -> HeaderMap {
        let mut headers = HeaderMap::new();
        policy.apply(&mut headers);
        headers
    }

    #[test]
    fn a_web_redirect_uri_is_covered_by_its_origin() {
        assert_eq!(source("https://app.example/callback?x=1"), "https://app.example");
        assert_eq!(source("http://127.0.0.1:8123/callback"), "http://127.0.0.1:8123");
    }

    #[test]
    fn a_native_apps_redirect_uri_is_covered_by_its_scheme() {
        assert_eq!(source("com.example.app:/callback"), "com.example.app:");
    }

    #[test]
    fn an_ipv6_host_is_covered_by_its_scheme() {
        assert_eq!(source("http://[::1]:8123/callback"), "http:");
    }

    #[test]
    fn no_address_can_add_a_directive() {
        for address in [
            "https://a.example;script-src *",
            "https://a.example, *",
            "x y://z",
            "'unsafe-inline'",
            "*",
        ] {
            let covered = CspSource::covering(address).map(|source| source.0);
            assert!(
                covered
                    .as_deref()
                    .is_none_or(|source| !source.contains([';', ',', ' ', '\'', '*'])),
                "{covered:?}"
            );
        }
    }

    #[test]
    fn the_strict_policy_names_this_server_only() {
        assert_eq!(
            PagePolicy::closed(true).content_security_policy(),
            "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; base-uri 'none'; \
             form-action 'self'; frame-ancestors 'none'"
        );
    }

    #[test]
    fn a_sign_in_page_lets_its_form_end_at_the_app_and_keeps_the_opener() {
        let policy = PagePolicy::sign_in(true, "https://app.example/callback");
        assert!(
            policy
                .content_security_policy()
                .contains("form-action 'self' https://app.example;")
        );
        assert!(!headers(&policy).contains_key("cross-origin-opener-policy"));
    }

    #[test]
    fn a_page_that_may_be_framed_does_not_deny_frames() {
        let ehr = CspSource::covering("https://ehr.example/").unwrap();
        let policy = PagePolicy {
            frame_ancestors: vec![ehr],
            ..PagePolicy::closed(true)
        };
        assert!(
            policy
                .content_security_policy()
                .contains("frame-ancestors https://ehr.example")
        );
        assert!(!headers(&policy).contains_key(header::X_FRAME_OPTIONS));
    }

    #[test]
    fn strict_transport_security_is_sent_on_https_only() {
        assert!(headers(&PagePolicy::closed(true)).contains_key(header::STRICT_TRANSPORT_SECURITY));
        assert!(!headers(&PagePolicy::closed(false)).contains_key(header::STRICT_TRANSPORT_SECURITY));
    }

    #[test]
    fn every_page_is_unsniffable_uncached_unframed_and_sends_no_referrer() {
        let headers = headers(&PagePolicy::closed(true));
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("cache-control", "no-store"),
            ("x-frame-options", "DENY"),
            ("referrer-policy", "no-referrer"),
            ("cross-origin-opener-policy", "same-origin"),
        ] {
            assert_eq!(headers.get(name).unwrap(), value);
        }
    }
}
