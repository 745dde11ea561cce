//! Administrators with tokens, and requests to the admin API.

use super::app::{CEILING, PUBLIC, TestApp, TestTenant};
use super::backend::{BACKEND, Backend, ask};
use super::http::{RequestBuilderExt, Response, RouterExt};
use axum::http::{Method, Request};
use serde_json::{Value, json};
use wardkey::kernel::Secret;
use wardkey::oauth::jose::SigningAlgorithm;
use wardkey::store::tenant::AccountProfile;
use wardkey::tenant::roles::Role;

use super::app::{PASSWORD, STAFF};

impl TestTenant<'_> {
    /// A token of `username`'s that administers as far as their roles reach; `scope` is `__admin` or `__admin.read`.
    pub async fn admin_token(&self, username: &str, scope: &str) -> String {
        let ceiling = format!("{CEILING} __admin __admin.read");
        self.client(
            PUBLIC,
            json!({ "token_endpoint_auth_method": "none", "scope": ceiling }),
        )
        .await;
        let query = self.authorization_request(&format!("openid {scope}")).without("aud");
        let code = self.code_for(&query, username).await;
        let tokens = self.redeem(&code).await.assert_status(200).json();
        tokens["access_token"].as_str().unwrap().to_owned()
    }

    /// The same for somebody who has these roles, under a name of their own.
    pub async fn administrator(&self, username: &str, roles: &[Role]) -> String {
        let profile = AccountProfile {
            subject: username.to_owned(),
            name: Some(format!("Admin {username}")),
            ..AccountProfile::default()
        };
        let admin = self.admin().await;
        let provider = if self.slug == "platform" { "operators" } else { STAFF };
        let password = Secret::new(PASSWORD.to_owned());
        let passwords = self.app.app.federation().passwords();
        let (account, _) = admin
            .save_local_account(provider, &profile, &password, passwords)
            .await
            .unwrap();
        for role in roles {
            admin.assign_role(&account.to_string(), *role).await.unwrap();
        }
        self.admin_token(username, "__admin").await
    }

    /// A request to the admin API below this tenant.
    pub async fn api(&self, token: &str, method: Method, path: &str, body: Option<&Value>) -> Response {
        let address = format!("/api/v1/tenants/{}{path}", self.slug);
        self.app.api(token, method, &address, body).await
    }
}

impl TestApp {
    /// A request to the admin API.
    pub async fn api(&self, token: &str, method: Method, address: &str, body: Option<&Value>) -> Response {
        let request = Request::builder().method(method).uri(address).bearer(token);
        let request = match body {
            Some(body) => request.json(body),
            None => request.empty(),
        };
        self.router.send(request).await
    }

    /// The platform's own tenant. Here a password is enough to sign in, which administration refuses all the same.
    pub async fn platform_tenant(&self) -> TestTenant<'_> {
        self.platform.provision_platform_tenant().await.unwrap();
        let lenient = [("local_accounts.second_factor".to_owned(), "optional".to_owned())];
        self.platform.set_settings("platform", &lenient).await.unwrap();
        TestTenant {
            app: self,
            slug: "platform".to_owned(),
        }
    }

    /// A token of a service that has a role on the platform.
    pub async fn operator(&self, role: Role) -> String {
        let platform = self.platform_tenant().await;
        let service = Backend::new(SigningAlgorithm::ES384);
        service
            .register(
                &platform,
                json!({ "jwks": service.jwks(), "scope": "__admin __admin.read" }),
            )
            .await;
        platform.admin().await.assign_role(BACKEND, role).await.unwrap();
        let assertion = service.sign(&Backend::claims(&platform));
        let answer = ask(&platform, &assertion, "__admin").await.assert_status(200).json();
        answer["access_token"].as_str().unwrap().to_owned()
    }
}
