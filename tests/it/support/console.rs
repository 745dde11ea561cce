//! People at the consoles.

use super::app::{PASSWORD, STAFF, TestApp, TestTenant};
use super::browser::Browser;
use super::http_browser::{HttpBrowser, Page};
use super::local_account::{Authenticator, give_password};
use serde_json::Value;
use wardkey::control::NewOwner;
use wardkey::kernel::Secret;
use wardkey::kernel::id::AccountId;
use wardkey::store::tenant::AccountProfile;
use wardkey::tenant::roles::Role;

/// The password that people of the platform choose.
pub const CHOSEN: &str = "seven tired owls on a tram";

impl TestTenant<'_> {
    /// The path of a page of the tenant's console.
    pub fn console(&self, place: &str) -> String {
        let separator = if place.is_empty() { "" } else { "/" };
        format!("/{}/admin{separator}{place}", self.slug)
    }

    /// Somebody with a local account and these roles.
    pub async fn colleague(&self, username: &str, roles: &[Role]) -> AccountId {
        let profile = AccountProfile {
            subject: username.to_owned(),
            name: Some(format!("Admin {username}")),
            email: Some(format!("{username}@northside.example")),
            ..AccountProfile::default()
        };
        let admin = self.admin().await;
        let password = Secret::new(PASSWORD.to_owned());
        let passwords = self.app.app.federation().passwords();
        let (account, _) = admin
            .save_local_account(STAFF, &profile, &password, passwords)
            .await
            .unwrap();
        for role in roles {
            admin.assign_role(&account.to_string(), *role).await.unwrap();
        }
        account
    }

    /// Opens a page of the console as `username`, who signs in if asked.
    pub async fn enter(&self, browser: &mut HttpBrowser, username: &str, place: &str) -> Page {
        let page = browser.goto(&self.console(place)).await;
        if !page.response.text().contains("name=\"password\"") {
            return page;
        }
        let form = page.form().with("username", username).with("password", PASSWORD);
        browser.submit(&page, &form).await
    }

    /// A browser in which somebody with these roles, called `olga`, is at the console.
    pub async fn console_of(&self, roles: &[Role]) -> HttpBrowser {
        self.colleague("olga", roles).await;
        let mut browser = self.app.browser();
        let page = self.enter(&mut browser, "olga", "").await;
        assert_eq!(page.url.path(), self.console(""), "{page}");
        browser
    }
}

impl TestApp {
    /// A browser in which somebody with this role of the platform is at the operators' console, with two factors.
    pub async fn operator_browser(&self, username: &str, role: Role) -> HttpBrowser {
        Box::pin(self.platform.provision_platform_tenant()).await.unwrap();
        let admin = self.platform.platform_tenant().await.unwrap();
        let new = NewOwner {
            username: username.to_owned(),
            name: Some(format!("Colleague {username}")),
            email: None,
        };
        let (_, _, link) = Box::pin(admin.invite_operator(&new, role)).await.unwrap();
        self.browser_of_link(link.unwrap().address.expose(), username).await
    }

    /// A browser in which somebody of the platform chose a password by this link, a second factor too, and is at the console.
    pub async fn browser_of_link(&self, link: &str, username: &str) -> HttpBrowser {
        let mut browser = self.browser();
        let page = browser.goto(link.trim_start_matches(self.base.as_str())).await;
        browser.submit(&page, &page.form().with("password", CHOSEN)).await;
        let platform = TestTenant {
            app: self,
            slug: "platform".to_owned(),
        };
        let page = give_password(&platform, &mut browser, username, CHOSEN).await;
        let code = Authenticator::scan(&page).code(self.now());
        browser.submit(&page, &page.form().with("code", &code)).await;
        let console = browser.goto("/admin").await;
        assert_eq!(console.url.path(), "/admin", "{console}");
        browser
    }
}

impl Browser {
    /// Signs in at a console, as [`TestTenant::enter`] does.
    pub async fn enter_console(&self, address: &str, username: &str) {
        self.goto(address).await;
        self.fill("User name", username).await;
        self.fill("Password", PASSWORD).await;
        self.press("Sign in").await;
        self.wait_for(".console main h1").await;
    }

    /// What axe-core finds wrong with the page: nothing, if people with disabilities can use it as far as a program can tell.
    /// `None` without axe-core.
    pub async fn accessibility_faults(&self) -> Option<Vec<String>> {
        let file = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/tests/peers/node_modules/axe-core/axe.min.js"
        );
        let Ok(axe) = std::fs::read_to_string(file) else {
            super::absent::report("axe-core", "tests/peers/node_modules has no axe-core");
            return None;
        };
        self.client()
            .execute(&axe, Vec::new())
            .await
            .expect("axe-core can be loaded");
        let run = "const done = arguments[arguments.length - 1]; \
                   axe.run(document, { resultTypes: ['violations'] }).then( \
                   result => done(result.violations.map(fault => fault.id + ': ' + fault.help + ' ' + \
                   fault.nodes.map(node => node.html + ' ' + node.failureSummary).join(' | '))), error => done([String(error)]));";
        let found = self
            .client()
            .execute_async(run, Vec::new())
            .await
            .expect("axe-core runs");
        let faults = found.as_array().expect("a list of faults");
        Some(
            faults
                .iter()
                .map(|fault| fault.as_str().map_or_else(|| Value::to_string(fault), str::to_owned))
                .collect(),
        )
    }

    /// Fails when the page has accessibility faults or is wider than the window; takes its picture in the four ways that
    /// people see it: wide and narrow, light and dark.
    pub async fn inspect(&self, name: &str) {
        for (width, dark) in [(1280, false), (1280, true), (360, false), (360, true)] {
            self.prefer_dark(dark).await;
            self.show_all(width).await;
            let how = format!("{name}-{width}{}", if dark { "-dark" } else { "" });
            self.screenshot(&how).await;
            assert!(!self.overflows_sideways().await, "{how} is wider than its window");
            if let Some(faults) = self.accessibility_faults().await {
                assert!(faults.is_empty(), "{how}:\n{}", faults.join("\n"));
            }
        }
        self.prefer_dark(false).await;
        self.resize(1280, 900).await;
    }
}
