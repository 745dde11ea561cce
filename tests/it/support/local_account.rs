//! Signing in with a tenant's own accounts, step by step, and authenticator apps to do it with.

use super::app::{PASSWORD, TestTenant};
use super::http_browser::{HttpBrowser, Page};
use aws_lc_rs::hmac;
use wardkey::kernel::Timestamp;

/// An authenticator app that holds one key.
pub struct Authenticator(Vec<u8>);

impl Authenticator {
    /// Reads the key from the page that shows it.
    pub fn scan(page: &Page) -> Self {
        let text = page.response.text();
        let key = text
            .split("<code class=\"key\">")
            .nth(1)
            .and_then(|rest| rest.split('<').next())
            .unwrap_or_else(|| panic!("no key on {page}"));
        Self::of_key(key)
    }

    /// Holds the key that a page shows.
    pub fn of_key(key: &str) -> Self {
        Self(from_base32(key))
    }

    /// The code at a time (RFC 6238), made without the server's code.
    pub fn code(&self, at: Timestamp) -> String {
        let step = u64::try_from(at.seconds()).unwrap() / 30;
        let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &self.0);
        let tag = hmac::sign(&key, &step.to_be_bytes());
        let tag = tag.as_ref();
        let offset = usize::from(tag[19] & 15);
        let number = u32::from_be_bytes(tag[offset..offset + 4].try_into().unwrap()) & 0x7fff_ffff;
        format!("{:06}", number % 1_000_000)
    }
}

fn from_base32(text: &str) -> Vec<u8> {
    let (mut bytes, mut buffer, mut bits) = (Vec::new(), 0_u32, 0);
    for letter in text.bytes().filter(|letter| *letter != b' ') {
        let value = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
            .iter()
            .position(|known| *known == letter)
            .expect("a base32 letter");
        buffer = (buffer << 5) | u32::try_from(value).unwrap();
        bits += 5;
        if bits >= 8 {
            bits -= 8;
            bytes.push(u8::try_from((buffer >> bits) & 255).unwrap());
        }
    }
    bytes
}

/// The recovery codes on the page that shows them.
pub fn recovery_codes(page: &Page) -> Vec<String> {
    let text = page.response.text();
    assert!(text.contains("class=\"recovery\""), "no codes on {page}");
    text.split("<li><code>")
        .skip(1)
        .map(|rest| rest.split('<').next().unwrap().to_owned())
        .collect()
}

/// Gives user name and password at the account page.
pub async fn give_password(tenant: &TestTenant<'_>, browser: &mut HttpBrowser, username: &str, password: &str) -> Page {
    let page = browser.goto(&tenant.path("account")).await;
    let form = page.form().with("username", username).with("password", password);
    browser.submit(&page, &form).await
}

/// Opens the account page as somebody whose password is enough.
pub async fn open_account(tenant: &TestTenant<'_>, browser: &mut HttpBrowser, username: &str) -> Page {
    let page = give_password(tenant, browser, username, PASSWORD).await;
    assert!(page.response.text().contains("Where you are signed in"), "{page}");
    page
}

/// Sets up an authenticator app, and returns it with the recovery codes that came with it.
pub async fn set_up_app(tenant: &TestTenant<'_>, browser: &mut HttpBrowser) -> (Authenticator, Vec<String>) {
    let page = browser.goto(&tenant.path("account/authenticator")).await;
    let app = Authenticator::scan(&page);
    let code = app.code(tenant.app.now());
    let done = browser.submit(&page, &page.form().with("code", &code)).await;
    (app, recovery_codes(&done))
}

/// Gives a code at the page that asks for one.
pub async fn give_code(browser: &mut HttpBrowser, page: &Page, code: &str) -> Page {
    assert!(page.response.text().contains("name=\"code\""), "{page}");
    let form = page.forms().remove(0).with("code", code);
    browser.submit(page, &form).await
}
