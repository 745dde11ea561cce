//! Sample data for the pages about ways to sign in.

use super::super::samples::{at, csrf, frame};
use super::super::{ConsoleFrame, Section};
use super::*;
use crate::web::Language;
use crate::web::pages::samples::{Collection, NOW, trace};
use std::time::Duration;

const PRODUCTS: [(&str, Option<&str>); 3] = [
    ("entra", Some("Microsoft Entra ID")),
    ("keycloak", Some("Keycloak")),
    ("other", None),
];

fn choices() -> Vec<Choice> {
    let choice = |(value, label): (&'static str, Option<&'static str>)| Choice {
        value,
        label,
        chosen: value == "keycloak",
    };
    PRODUCTS.into_iter().map(choice).collect()
}

impl Collection {
    fn guest(&self) -> ConsoleFrame {
        ConsoleFrame {
            navigation: Vec::new(),
            roles: Vec::new(),
            ..frame(self, Section::SignIn)
        }
    }

    fn head(&self) -> MethodHead {
        MethodHead {
            name: self.flavour.of("Staff account").to_owned(),
            overview: at("/sign-in-methods/staff"),
        }
    }

    pub(crate) fn add_sign_in_methods(&mut self) {
        self.add_method_list();
        self.add_connect();
        self.add_method_overview();
        self.add_method_steps();
    }

    fn add_method_list(&mut self) {
        let row = |alias: &str, kind, on| MethodRow {
            name: self.flavour.of("Staff account").to_owned(),
            alias: alias.to_owned(),
            kind,
            on,
            last_sign_in: Some(on.then_some(NOW)),
            href: at("/sign-in-methods/staff"),
        };
        let link = |state: &str| SetupLinkRow {
            id: "lnk_0123456789abcdef0123456789abcdef".to_owned(),
            label: self.flavour.of("Network team").to_owned(),
            alias: "hospital".to_owned(),
            state: state.to_owned(),
            until: "2026-11-28T01:13:20Z".to_owned(),
        };
        let list = SignInMethodsPage {
            frame: frame(self, Section::SignIn),
            methods: vec![
                row("staff", MethodKind::Saml, true),
                row("hospital", MethodKind::Oidc, false),
                row("local", MethodKind::Local, true),
            ],
            add: Some(at("/sign-in-methods/new")),
            certificates: at("/certificates"),
            links: ["open", "used", "expired", "revoked", "removed"].map(link).to_vec(),
            csrf: csrf("setup-links"),
            make_link: at("/setup-links"),
            revoke_link: at("/setup-links/revoke"),
            made: Some("https://auth.example.org/northfield/auth/setup/wke_example".to_owned()),
            revoked: false,
            error: None,
            typed: (String::new(), String::new()),
        };
        self.add("console_methods-made", &list);
        let error = Some(
            self.flavour
                .of("label: say in 1 to 100 characters whom the link is for")
                .to_owned(),
        );
        let list = SignInMethodsPage {
            links: Vec::new(),
            made: None,
            error,
            revoked: true,
            ..list
        };
        self.add("console_methods-error", &list);
        let certificate = |ours, days: i64| CertificateRow {
            name: self.flavour.of("Staff account").to_owned(),
            href: at("/sign-in-methods/staff"),
            ours,
            purpose: if ours { "encryption" } else { "signing" },
            stage: ours.then_some("next"),
            ends: if days < 0 {
                NOW - Duration::from_hours(24)
            } else {
                NOW + Duration::from_hours(24 * days.unsigned_abs())
            },
            fingerprint: "0f".repeat(32),
        };
        let page = CertificatesPage {
            frame: frame(self, Section::SignIn),
            back: at("/sign-in-methods"),
            certificates: vec![certificate(false, -1), certificate(false, 20), certificate(true, 900)],
            now: NOW,
        };
        self.add("console_certificates", &page);
        let none = CertificatesPage {
            certificates: Vec::new(),
            ..page
        };
        self.add("console_certificates-none", &none);
    }

    fn add_connect(&mut self) {
        let new = NewMethodPage {
            frame: frame(self, Section::SignIn),
            back: Some(at("/sign-in-methods")),
            action: at("/sign-in-methods/new"),
            products: choices(),
            saml: false,
            name: self.flavour.of("Staff account").to_owned(),
            alias: ("staff".to_owned(), false),
            error: Some(
                self.flavour
                    .of("staff is there already; choose another short name")
                    .to_owned(),
            ),
        };
        self.add("console_method_new", &new);
        let guest = NewMethodPage {
            frame: self.guest(),
            back: None,
            alias: ("staff".to_owned(), true),
            error: None,
            ..new
        };
        self.add("console_method_new-guest", &guest);
        let field = |field, value: &str, copy| FieldRow {
            field,
            value: value.to_owned(),
            copy,
            optional: !copy,
        };
        let callback = "https://auth.example.org/northfield/auth/federation/staff/callback";
        let (flow, caution) = match self.language {
            Language::English => (
                "Standard flow only",
                "Use the issuer of your own directory, never common or organizations.",
            ),
            Language::Spanish => (
                "solo Standard flow",
                "Use el emisor de su propio directorio, nunca common ni organizations.",
            ),
        };
        let page = ConnectPage {
            frame: frame(self, Section::SignIn),
            head: None,
            back: Some(at("/sign-in-methods")),
            place: "Keycloak > Clients > Create client > OpenID Connect",
            fields: vec![
                field("Valid redirect URIs", callback, true),
                field("Authentication flow", flow, false),
            ],
            caution: Some(caution),
            form: BringBackForm::Oidc {
                issuer: self.flavour.of("https://sso.hospital.example/realms/staff").to_owned(),
                issuer_example: "https://sso.hospital.example/realms/<realm>",
                client_id: "wardkey".to_owned(),
                client_id_name: "Client ID",
                secret_name: "Credentials > Client Secret",
                has_secret: true,
                proofs: vec!["client_secret_basic", "client_secret_post", "private_key_jwt", "none"],
                proof: "client_secret_post".to_owned(),
            },
            products: choices(),
            carried: vec![("product", "keycloak".to_owned()), ("alias", "staff".to_owned())],
            csrf: csrf("connect"),
            action: at("/sign-in-methods/new"),
            error: Some(self.flavour.of("issuer: is not an https address").to_owned()),
        };
        self.add("console_connect-oidc", &page);
        let saml = ConnectPage {
            frame: self.guest(),
            head: Some(self.head()),
            back: None,
            caution: None,
            form: BringBackForm::Saml {
                url: "https://idp.hospital.example/metadata".to_owned(),
                url_example: Some("https://idp.hospital.example/idp/shibboleth"),
                text: self.flavour.of("<EntityDescriptor/>").to_owned(),
                metadata_name: "idp-metadata.xml",
                entity_id: String::new(),
            },
            error: None,
            ..page
        };
        self.add("console_connect-saml", &saml);
    }

    fn add_method_overview(&mut self) {
        let finding = |worth, mend: Option<&str>| Finding {
            subject: CheckedThing::ProviderKeys,
            of: Some("idp.hospital.example".to_owned()),
            worth,
            finding: self
                .flavour
                .of("the certificate ends on 2026-12-11, in 20 days")
                .to_owned(),
            mend: mend.map(str::to_owned),
        };
        let steps = |tested| MethodSteps {
            connect: at("/sign-in-methods/staff/connect"),
            check: at("/sign-in-methods/staff/check"),
            rules: at("/sign-in-methods/staff/rules"),
            test: at("/sign-in-methods/staff/test"),
            offer: Some(at("/sign-in-methods/staff/offer")),
            switch: at("/sign-in-methods/staff/switch"),
            tested,
            has_rules: tested,
        };
        let page = MethodPage {
            frame: frame(self, Section::SignIn),
            back: Some(at("/sign-in-methods")),
            name: self.flavour.of("Staff account").to_owned(),
            alias: "staff".to_owned(),
            kind: MethodKind::Oidc,
            on: false,
            steps: Some(steps(false)),
            findings: Some(vec![
                finding(
                    Worth::Failed,
                    Some("Enter the final address: a redirect is not followed."),
                ),
                finding(Worth::Warning, Some("Use https:// in production.")),
                finding(Worth::Fine, None),
            ]),
            csrf: csrf("method"),
            switch: Some(at("/sign-in-methods/staff/switch")),
            done: String::new(),
            undo: None,
            error: Some(
                self.flavour
                    .of("staff was not tried out as it is set up now; test the sign-in first")
                    .to_owned(),
            ),
        };
        self.add("console_method-checked", &page);
        let tested = MethodPage {
            frame: self.guest(),
            back: None,
            steps: Some(steps(true)),
            findings: None,
            done: "saved".to_owned(),
            error: None,
            ..page.clone()
        };
        self.add("console_method-tested", &tested);
        for (name, done, steps) in [
            ("console_method-on", "on", Some(steps(true))),
            ("console_method-local", "off", None),
            ("console_method-link_done", "link", None),
        ] {
            let page = MethodPage {
                on: name != "console_method-local",
                steps,
                findings: None,
                done: done.to_owned(),
                error: None,
                ..page.clone()
            };
            self.add(name, &page);
        }
    }

    fn add_method_steps(&mut self) {
        let rule = |name, expression: &str| RuleField {
            name,
            expression: expression.to_owned(),
            required: name == "fhirUser",
        };
        let rules = RulesPage {
            frame: frame(self, Section::SignIn),
            head: self.head(),
            rules: vec![
                rule("subject", "claims.sub"),
                rule("name", self.flavour.of("claims.name")),
                rule("fhirUser", ""),
            ],
            group_roles: self.flavour.of("nurses = nurse").to_owned(),
            has_more: true,
            sample: self.flavour.of("{\"sub\": \"1\"}").to_owned(),
            verified: Some(false),
            trace: Some(trace(self.flavour, self.language, false)),
            templates: vec![("keycloak".to_owned(), "Keycloak".to_owned())],
            csrf: csrf("rules"),
            action: at("/sign-in-methods/staff/rules"),
            saved: true,
            error: Some(self.flavour.of("rule name: unexpected end").to_owned()),
        };
        self.add("console_rules", &rules);
        let row = |state, outcome: Option<&str>| TestRow {
            at: "2026-11-21T01:13:20Z".to_owned(),
            state,
            outcome: outcome.map(str::to_owned),
            current: outcome.is_none(),
        };
        let made = "https://auth.example.org/northfield/auth/federation/staff/test/wkt_example";
        let test = TestPage {
            frame: frame(self, Section::SignIn),
            head: self.head(),
            made: Href::external(made).map(|href| (made.to_owned(), href)),
            tests: vec![
                row("waiting", None),
                row("started", None),
                row("expired", None),
                row("finished", Some("completed")),
                row("finished", Some("mapping")),
            ],
            trace: Some(trace(self.flavour, self.language, true)),
            csrf: csrf("test"),
            action: at("/sign-in-methods/staff/test"),
            error: None,
        };
        self.add("console_test-made", &test);
        let none = TestPage {
            made: None,
            tests: Vec::new(),
            trace: None,
            error: Some(
                self.flavour
                    .of("staff are the tenant's own accounts: there is no provider to test")
                    .to_owned(),
            ),
            ..test
        };
        self.add("console_test-none", &none);
        let offer = OfferPage {
            frame: frame(self, Section::SignIn),
            head: self.head(),
            name: self.flavour.of("Staff account").to_owned(),
            remark: self.flavour.of("Badge number and network password").to_owned(),
            domains: "hospital.example\nclinic.example".to_owned(),
            hidden: true,
            csrf: csrf("offer"),
            action: at("/sign-in-methods/staff/offer"),
            error: Some(
                self.flavour
                    .of("hospital is not the domain of an e-mail address, such as hospital.example")
                    .to_owned(),
            ),
        };
        self.add("console_offer", &offer);
        let chrome = frame(self, Section::SignIn).chrome;
        let ready = SetupWelcomeState::Ready {
            csrf: csrf("begin setup"),
            action: Href::local("/northfield/auth/setup/wke_example"),
            label: self.flavour.of("Network team").to_owned(),
            until: NOW,
        };
        for (name, state) in [
            ("setup_welcome", ready),
            ("setup_welcome-gone", SetupWelcomeState::Gone),
        ] {
            let page = SetupWelcome {
                chrome: chrome.clone(),
                state,
            };
            self.add(name, &page);
        }
    }
}
