//! Sample data for the pages about the platform's catalogue, of operators, tenants and developers.

use super::samples::{at, csrf, frame};
use super::*;
use crate::kernel::Secret;
use crate::web::Href;
use crate::web::pages::samples::{Collection, NOW};
use crate::web::pages::{DeveloperApp, DeveloperAppGone, DeveloperExplain, DevelopersHome, Finding, RequestFault};
use crate::web::{Chrome, short_codes};

fn here(place: &str) -> Href {
    Href::local(&format!("/admin/{place}"))
}

fn fields(name: &str) -> DirectoryFields {
    DirectoryFields {
        client_id: "growth-curves".to_owned(),
        name: name.to_owned(),
        summary: "Shows how a child grows.".to_owned(),
        kind: "keys".to_owned(),
        redirect_uris: "https://growth.example/callback\nhttps://growth.example/other".to_owned(),
        launch_uri: "https://growth.example/launch".to_owned(),
        jwks_uri: "https://growth.example/jwks.json".to_owned(),
        scope: "openid fhirUser launch/patient patient/Observation.rs".to_owned(),
    }
}

fn form(name: &str, wrong: bool, fixed_id: bool) -> DirectoryForm {
    let fault = |member: &str| FieldFault {
        member: member.to_owned(),
        problem: "is missing; tenants approve what they can see".to_owned(),
    };
    let members = [
        "client_id",
        "client_name",
        "registration.scope",
        "redirect_uris",
        "launch_uris",
        "jwks_uri",
        "summary",
        "grant_types",
    ];
    DirectoryForm {
        fields: if wrong || fixed_id {
            fields(name)
        } else {
            DirectoryFields::default()
        },
        faults: if wrong { members.map(fault).to_vec() } else { Vec::new() },
        fixed_id,
    }
}

fn facts(name: &str, state: &'static str, kind: &str) -> DirectoryFacts {
    DirectoryFacts {
        name: name.to_owned(),
        client_id: "growth-curves".to_owned(),
        summary: "Shows how a child grows.".to_owned(),
        state,
        note: (state == "rejected").then(|| "Say which observations.".to_owned()),
        version: 3,
        updated_at: NOW,
        kind: kind.to_owned(),
        redirect_uris: if kind == "backend" {
            Vec::new()
        } else {
            vec!["https://growth.example/callback".to_owned()]
        },
        scope: "openid fhirUser launch/patient patient/Observation.rs".to_owned(),
        registration: "{\n  \"client_name\": \"Growth curves\"\n}".to_owned(),
    }
}

impl Collection {
    pub(crate) fn add_developers(&mut self) {
        let name = self.flavour.of("Growth curves").to_owned();
        self.add_directory_lists(&name);
        self.add_directory_apps(&name);
        self.add_directory_approvals(&name);
        self.add_developers_pages(&name);
        self.add_explanations();
    }

    fn add_directory_lists(&mut self, name: &str) {
        let row = |state: &'static str| DirectoryRow {
            name: name.to_owned(),
            client_id: "growth-curves".to_owned(),
            summary: "Shows how a child grows.".to_owned(),
            state,
            href: here("directory/growth-curves"),
        };
        for (kind, states, operators) in [
            (
                "operators",
                ["submitted", "published", "rejected", "withdrawn"].as_slice(),
                true,
            ),
            ("tenants", ["approved", "newer", "open"].as_slice(), false),
            ("empty", [].as_slice(), true),
        ] {
            let chip = |state: &'static str| (state, here("directory"), state == "published");
            let section = if operators { Section::Directory } else { Section::Apps };
            let page = AppDirectory {
                frame: frame(self, section),
                search: here("directory"),
                query: "growth".to_owned(),
                states: if operators {
                    ["submitted", "published", "rejected", "withdrawn"].map(chip).to_vec()
                } else {
                    Vec::new()
                },
                rows: states.iter().map(|state| row(state)).collect(),
                next: operators.then(|| here("directory?after=x")),
                add: operators.then(|| here("new-directory-app")),
                back: (!operators).then(|| at("/apps")),
            };
            self.add(&format!("console_directory-{kind}"), &page);
        }
        for (kind, wrong, fixed_id) in [("new", false, false), ("wrong", true, false), ("edit", false, true)] {
            let page = DirectoryEdit {
                frame: frame(self, Section::Directory),
                back: here("directory"),
                csrf: csrf("directory"),
                action: here("new-directory-app"),
                form: form(name, wrong, fixed_id),
            };
            self.add(&format!("console_directory_edit-{kind}"), &page);
        }
    }

    fn add_directory_apps(&mut self, name: &str) {
        for (state, kind, may) in [
            ("submitted", "browser", true),
            ("published", "web", true),
            ("rejected", "keys", true),
            ("withdrawn", "backend", false),
        ] {
            let page = DirectoryAppPage {
                frame: frame(self, Section::Directory),
                back: here("directory"),
                app: facts(name, state, kind),
                acts: may.then(|| DirectoryActs {
                    csrf: csrf("directory"),
                    review: here("directory/growth-curves/review"),
                    edit: here("directory/growth-curves/edit"),
                }),
                done: state == "published",
                problem: (state == "submitted").then(|| "note: is missing; tell the developer what to mend".to_owned()),
            };
            self.add(&format!("console_directory_app-{state}"), &page);
        }
    }

    fn add_directory_approvals(&mut self, name: &str) {
        for (kind, approved, may, problem) in [
            ("open", false, true, None),
            ("approved", true, true, None),
            ("read_only", false, false, None),
            (
                "wrong",
                false,
                true,
                Some((
                    "scope".to_owned(),
                    "scope: patient/*.cruds is not within what the app registered for".to_owned(),
                )),
            ),
        ] {
            let page = DirectoryApproval {
                frame: frame(self, Section::Apps),
                back: at("/app-directory"),
                app: facts(name, "published", "browser"),
                approved: approved.then(|| at("/apps/growth-curves")),
                act: may.then(|| (csrf("let in"), at("/app-directory/growth-curves"))),
                typed: TypedApproval {
                    scope: "openid launch/patient".to_owned(),
                    user_roles: "physician, nurse".to_owned(),
                    ends: "2027-12-31".to_owned(),
                },
                news: match kind {
                    "approved" => Some(vec![MemberRow {
                        member: "redirect_uris".to_owned(),
                        before: vec!["https://growth.example/callback".to_owned()],
                        after: vec!["https://growth.example/v2/callback".to_owned()],
                    }]),
                    "wrong" => Some(Vec::new()),
                    _ => None,
                },
                providers: vec![
                    ("staff".to_owned(), name.to_owned(), approved),
                    ("patients".to_owned(), name.to_owned(), false),
                ],
                problem,
            };
            self.add(&format!("console_directory_approval-{kind}"), &page);
        }
    }

    fn developers_chrome(&self) -> Chrome {
        Chrome {
            app: None,
            ..self.chrome()
        }
    }

    fn add_developers_pages(&mut self, name: &str) {
        let page = DevelopersHome {
            chrome: self.developers_chrome(),
        };
        self.add("developers_home", &page);
        let page = DeveloperAppGone {
            chrome: self.developers_chrome(),
        };
        self.add("developers_gone", &page);
        for (kind, state, link, saved) in [
            ("new", None, false, false),
            ("link", Some("submitted"), true, false),
            ("saved", Some("submitted"), false, true),
            ("rejected", Some("rejected"), false, false),
            ("published", Some("published"), false, false),
            ("withdrawn", Some("withdrawn"), false, false),
        ] {
            let open = !matches!(state, Some("published" | "withdrawn"));
            let secret = || Secret::new("https://auth.example/developers/apps/wkq_sample".to_owned());
            let page = DeveloperApp {
                chrome: self.developers_chrome(),
                app: state.map(|state| facts(name, state, "browser")),
                link: link.then(secret),
                saved,
                form: open.then(|| {
                    let form = form(name, state.is_none(), state.is_some());
                    (form, Href::local("/developers/apps/new"))
                }),
            };
            self.add(&format!("developers_app-{kind}"), &page);
        }
    }

    fn add_explanations(&mut self) {
        let short = short_codes::find("pkce_missing").into_iter().map(Finding::Code);
        let faults = vec![
            RequestFault::Repeated("state".to_owned()),
            RequestFault::Missing("aud"),
            RequestFault::ResponseType,
            RequestFault::NoPkce,
            RequestFault::PlainPkce,
            RequestFault::Challenge,
            RequestFault::Scope(
                "patients".to_owned(),
                "no such scope: extensions are absolute URIs or begin with `__`".to_owned(),
            ),
            RequestFault::LaunchWithoutParameter,
            RequestFault::LaunchWithoutScope,
            RequestFault::Audience,
            RequestFault::Redirect,
        ];
        let errors = [
            "invalid_request",
            "invalid_client",
            "invalid_grant",
            "unauthorized_client",
            "access_denied",
            "invalid_scope",
            "login_required",
            "invalid_token",
            "server_error",
            "strange_error",
        ];
        let request = Finding::Request("req_018f3d5e7c9a7b3c8d1e2f3a4b5c6d7e".to_owned());
        for (kind, findings) in [
            ("empty", None),
            ("nothing", Some(Vec::new())),
            ("code", Some(short.chain([request]).collect())),
            (
                "errors",
                Some(errors.map(|error| Finding::Error(error.to_owned())).to_vec()),
            ),
            ("request", Some(faults.into_iter().map(Finding::Fault).collect())),
            ("in_order", Some(vec![Finding::RequestInOrder])),
        ] {
            let page = DeveloperExplain {
                chrome: self.developers_chrome(),
                action: Href::local("/developers/explain"),
                text: self.flavour.of("error=invalid_request").to_owned(),
                findings,
            };
            self.add(&format!("developers_explain-{kind}"), &page);
        }
    }
}
