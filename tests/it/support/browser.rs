//! Headless Chromium, driven through its WebDriver. Nothing but loopback can be reached from it.

use super::absent;
use super::guarded::{Guarded, Plan};
use axum::http::Method;
use fantoccini::elements::Element;
use fantoccini::error::CmdError;
use fantoccini::wd::WebDriverCompatibleCommand;
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long a page may take to show what is waited for.
const PATIENCE: Duration = Duration::from_mins(1);
/// Between two looks at the page.
const BETWEEN_TRIES: Duration = Duration::from_millis(100);

/// A browser window with a fresh profile.
#[derive(Debug)]
pub struct Browser {
    client: Client,
    // Order matters: the driver ends before its folder is removed.
    _driver: Guarded,
    _profile: tempfile::TempDir,
}

impl Browser {
    /// Opens a window of 1280 by 900, or says that it cannot.
    pub async fn open() -> Option<Self> {
        Self::open_with(&json!({})).await
    }

    /// A window that blocks third-party cookies, as more and more people's browsers do.
    pub async fn open_without_third_party_cookies() -> Option<Self> {
        let block = json!({ "profile": { "cookie_controls_mode": 1, "block_third_party_cookies": true } });
        Self::open_with(&block).await
    }

    async fn open_with(preferences: &Value) -> Option<Self> {
        let (Some(driver), Some(chromium)) = (
            find_program(&["chromedriver"]),
            find_program(&["chromium", "google-chrome"]),
        ) else {
            absent::report("Chromium", "no chromium and chromedriver on the PATH");
            return None;
        };
        let mut driver = Plan::killed().spawn(driver, ["--port=0"]);
        let port: u16 = driver
            .find_line(|line| {
                line.split("successfully on port ")
                    .nth(1)?
                    .trim_end_matches('.')
                    .parse()
                    .ok()
            })
            .expect("the driver says its port");
        let profile = tempfile::tempdir().expect("a temporary folder");
        let capabilities = capabilities(&chromium, profile.path(), preferences);
        let client = ClientBuilder::new(HttpConnector::new())
            .capabilities(capabilities)
            .connect(&format!("http://127.0.0.1:{port}"))
            .await
            .expect("the browser starts");
        let browser = Self {
            client,
            _driver: driver,
            _profile: profile,
        };
        browser.resize(1280, 900).await;
        Some(browser)
    }

    /// The WebDriver session, for what has no shorthand here.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// Sets the window's size, for instance the 360 pixels of a telephone.
    pub async fn resize(&self, width: u32, height: u32) {
        self.client
            .set_window_size(width, height)
            .await
            .expect("the window has a size");
    }

    /// Says that the person prefers dark pages, or light ones.
    pub async fn prefer_dark(&self, dark: bool) {
        let value = if dark { "dark" } else { "light" };
        let features = json!({ "features": [{ "name": "prefers-color-scheme", "value": value }] });
        let command = DevTools {
            name: "Emulation.setEmulatedMedia",
            parameters: features,
        };
        self.client.issue_cmd(command).await.expect("the preference can be set");
    }

    /// Makes the window as high as the page, so that a picture shows all of it.
    pub async fn show_all(&self, width: u32) {
        let height = self.script("return document.documentElement.scrollHeight").await;
        let height = u32::try_from(height.as_u64().unwrap_or(900)).unwrap_or(900);
        self.resize(width, height.clamp(600, 6000) + 150).await;
    }

    /// Opens an address and waits until it is loaded.
    pub async fn goto(&self, url: &str) {
        self.client
            .goto(url)
            .await
            .unwrap_or_else(|error| panic!("{url} does not open: {error}"));
    }

    /// Where the browser is now.
    pub async fn url(&self) -> url::Url {
        self.client.current_url().await.expect("the browser is somewhere")
    }

    /// Waits for the element that a CSS selector names.
    pub async fn wait_for(&self, selector: &str) -> Element {
        match self.find(Locator::Css(selector)).await {
            Ok(element) => element,
            Err(error) => self.give_up(&format!("no {selector} ({error})")).await,
        }
    }

    /// Waits until the element's text is `text`, and returns nothing: for pages that work in the background.
    pub async fn wait_for_text(&self, selector: &str, text: &str) {
        let wanted = format!(
            "//*[{}][normalize-space(.)={}]",
            xpath_of(selector),
            xpath_literal(text)
        );
        if self.find(Locator::XPath(&wanted)).await.is_err() {
            self.give_up(&format!("{selector} never said {text:?}")).await;
        }
    }

    /// Waits until the element's text contains `text`, among other words.
    pub async fn wait_for_words(&self, selector: &str, text: &str) {
        let wanted = format!(
            "//*[{}][contains(normalize-space(.), {})]",
            xpath_of(selector),
            xpath_literal(text)
        );
        let found = self.find(Locator::XPath(&wanted)).await;
        if found.is_err() {
            self.give_up(&format!("{selector} never spoke of {text:?}")).await;
        }
    }

    /// The text of the element that a CSS selector names, once it is there.
    pub async fn text(&self, selector: &str) -> String {
        self.wait_for(selector)
            .await
            .text()
            .await
            .expect("an element has a text")
    }

    /// The whole page as people read it.
    pub async fn page_text(&self) -> String {
        self.text("body").await
    }

    /// Types into the field with this label, replacing what is in it.
    pub async fn fill(&self, label: &str, value: &str) {
        let field = self.field(label).await;
        field.clear().await.expect("a field can be emptied");
        field.send_keys(value).await.expect("a field takes keys");
    }

    /// Ticks or chooses the checkbox or radio button with this label.
    pub async fn choose(&self, label: &str) {
        self.field(label)
            .await
            .click()
            .await
            .expect("the choice can be clicked");
    }

    /// Chooses an entry of the list with this label.
    pub async fn choose_option(&self, label: &str, entry: &str) {
        let wanted = format!(".//option[normalize-space(.)={}]", xpath_literal(entry));
        let list = self.field(label).await;
        let entry = list
            .find(Locator::XPath(&wanted))
            .await
            .expect("the list has the entry");
        entry.click().await.expect("the entry can be chosen");
    }

    /// Presses the button or follows the link with this text, and waits for nothing.
    pub async fn press(&self, text: &str) {
        let text = xpath_literal(text);
        let wanted = format!(
            "//button[normalize-space(.)={text}] | //a[normalize-space(.)={text}] | //input[@type='submit'][@value={text}]"
        );
        match self.find(Locator::XPath(&wanted)).await {
            Ok(element) => element.click().await.expect("it can be pressed"),
            Err(error) => self.give_up(&format!("nothing to press named {text} ({error})")).await,
        }
    }

    /// The control that belongs to a label: by its `for`, or by standing inside.
    pub async fn field(&self, label: &str) -> Element {
        let text = xpath_literal(label);
        let wanted = format!(
            "//*[@id=//label[normalize-space(.)={text}]/@for] | //label[normalize-space(.)={text}]//*[self::input or self::select or self::textarea]"
        );
        match self.find(Locator::XPath(&wanted)).await {
            Ok(element) => element,
            Err(error) => self.give_up(&format!("no field labelled {text} ({error})")).await,
        }
    }

    /// Runs a script in the page; `return` gives its value.
    pub async fn script(&self, script: &str) -> Value {
        self.client.execute(script, Vec::new()).await.expect("the script runs")
    }

    /// Whether the page is wider than the window, which makes people scroll sideways.
    pub async fn overflows_sideways(&self) -> bool {
        self.script("return document.documentElement.scrollWidth > window.innerWidth")
            .await
            == json!(true)
    }

    /// Writes a picture of the whole page to `screenshots/NAME.png`, to be looked at by people.
    pub async fn screenshot(&self, name: &str) -> PathBuf {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("screenshots");
        std::fs::create_dir_all(&folder).expect("the folder can be made");
        let path = folder.join(format!("{name}.png"));
        let picture = self.client.screenshot().await.expect("a picture");
        std::fs::write(&path, picture).expect("the picture can be written");
        path
    }

    /// The first element there is, as soon as there is one. While one page gives way to the next, a search can fail for other
    /// reasons than that nothing was found; it is simply made again, until patience ends.
    async fn find(&self, locator: Locator<'_>) -> Result<Element, CmdError> {
        let search = async {
            loop {
                match self.client.find(locator).await {
                    Ok(element) => return element,
                    Err(_) => tokio::time::sleep(BETWEEN_TRIES).await,
                }
            }
        };
        match tokio::time::timeout(PATIENCE, search).await {
            Ok(element) => Ok(element),
            // Once more, for the reason.
            Err(_) => self.client.find(locator).await,
        }
    }

    /// Fails with what the browser shows instead.
    async fn give_up(&self, problem: &str) -> ! {
        let url = self.client.current_url().await.map(String::from).unwrap_or_default();
        let source = self.client.source().await.unwrap_or_default();
        panic!("{problem} at {url}; the page is:\n{source}");
    }
}

/// A command of Chromium's own, beyond WebDriver.
#[derive(Debug)]
struct DevTools {
    name: &'static str,
    parameters: Value,
}

impl WebDriverCompatibleCommand for DevTools {
    fn endpoint(&self, base: &url::Url, session: Option<&str>) -> Result<url::Url, url::ParseError> {
        base.join(&format!("session/{}/goog/cdp/execute", session.unwrap_or_default()))
    }

    fn method_and_body(&self, _: &url::Url) -> (Method, Option<String>) {
        let body = json!({ "cmd": self.name, "params": self.parameters });
        (Method::POST, Some(body.to_string()))
    }
}

fn find_program(names: &[&str]) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    names
        .iter()
        .flat_map(|name| std::env::split_paths(&path).map(move |folder| folder.join(name)))
        .find(|file| file.is_file())
}

fn capabilities(chromium: &Path, profile: &Path, preferences: &Value) -> serde_json::Map<String, Value> {
    let profile = format!("--user-data-dir={}", profile.display());
    let arguments = json!([
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--disable-dev-shm-usage",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--no-first-run",
        "--no-proxy-server",
        "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1 , EXCLUDE localhost",
        profile,
    ]);
    let options = json!({ "binary": chromium, "args": arguments, "prefs": preferences });
    serde_json::Map::from_iter([("goog:chromeOptions".to_owned(), options)])
}

/// The XPath condition for the selectors that [`Browser::wait_for_text`] takes: `#id`, `.class` and plain element names.
fn xpath_of(selector: &str) -> String {
    if let Some(id) = selector.strip_prefix('#') {
        format!("@id={}", xpath_literal(id))
    } else if let Some(class) = selector.strip_prefix('.') {
        format!(
            "contains(concat(' ', @class, ' '), {})",
            xpath_literal(&format!(" {class} "))
        )
    } else {
        format!("self::{selector}")
    }
}

/// A text as XPath writes it: there is no escape, only two kinds of quotes.
fn xpath_literal(text: &str) -> String {
    if !text.contains('\'') {
        return format!("'{text}'");
    }
    assert!(!text.contains('"'), "a text with both kinds of quotes: {text}");
    format!("\"{text}\"")
}
