//! Apps: listed, shown, registered, changed, their keys.

use super::changes::{member_rows, undo_offer};
use super::*;

impl Collection {
    pub(super) fn add_console_apps(&mut self) {
        let row = |name: &str, client_id: &str, kind, status| AppRow {
            name: self.flavour.of(name).to_owned(),
            client_id: client_id.to_owned(),
            kind,
            status,
            href: at("/apps/growth-chart"),
        };
        let rows = vec![
            row("Growth Chart", "growth-chart", AppKind::Browser, ClientStatus::Enabled),
            row(
                "Care Planner",
                "care-planner",
                AppKind::Web,
                ClientStatus::AwaitingApproval,
            ),
            row("Registry export", "registry", AppKind::Backend, ClientStatus::Disabled),
            row("Ward system", "ehr", AppKind::Ehr, ClientStatus::Enabled),
        ];
        for (name, rows, search, deleted) in [
            ("found", rows, "a", true),
            ("none", Vec::new(), "nothing", false),
            ("empty", Vec::new(), "", false),
        ] {
            let state = (!search.is_empty()).then_some(ClientStatus::Enabled);
            let page = ConsoleApps {
                frame: frame(self, Section::Apps),
                action: at("/apps"),
                search: self.flavour.of(search).to_owned(),
                state,
                states: vec![
                    (None, at("/apps")),
                    (Some(ClientStatus::Enabled), at("/apps?state=enabled")),
                ],
                next: (!rows.is_empty()).then(|| at("/apps?after=ehr")),
                rows,
                register: Some(at("/apps/new")),
                directory: Some(at("/app-directory")),
                deleted,
                undo: deleted.then(undo_offer),
            };
            self.add(&format!("console_apps-{name}"), &page);
        }
    }

    pub(super) fn add_console_app(&mut self) {
        for (name, status, done) in [
            ("enabled", ClientStatus::Enabled, Some(AppDone::Enabled)),
            ("disabled", ClientStatus::Disabled, Some(AppDone::Disabled)),
            ("waiting", ClientStatus::AwaitingApproval, None),
            ("registered", ClientStatus::Enabled, Some(AppDone::Registered)),
        ] {
            let page = ConsoleApp {
                frame: frame(self, Section::Apps),
                back: at("/apps"),
                name: self.flavour.of("Growth Chart").to_owned(),
                client_id: "growth-chart".to_owned(),
                kind: AppKind::Web,
                status,
                publisher: Some(self.flavour.of("Paediatric Tools Ltd").to_owned()),
                authentication: "client_secret_basic",
                redirect_uris: vec!["https://growth.example/callback".to_owned()],
                launch_uris: vec!["https://growth.example/launch".to_owned()],
                scopes: vec!["openid".to_owned(), "patient/*.rs".to_owned()],
                jwks_uri: Some("https://growth.example/jwks".to_owned()),
                client_uri: Href::external("https://growth.example/about"),
                contacts: vec![self.flavour.of("support@growth.example").to_owned()],
                of_directory: name == "registered",
                users: AppUsers {
                    roles: if name == "enabled" {
                        vec![self.flavour.of("paediatrician").to_owned()]
                    } else {
                        Vec::new()
                    },
                    identity_providers: if name == "enabled" {
                        vec!["staff".to_owned()]
                    } else {
                        Vec::new()
                    },
                    consent: (name == "disabled").then_some(crate::oauth::AskConsent::EachTime),
                    ends: (name == "enabled").then_some(NOW),
                },
                links: AppLinks {
                    edit: (name != "registered").then(|| at("/apps/growth-chart/edit")),
                    keys: Some(at("/apps/growth-chart/keys")),
                    launch: Some(at("/launch?app=growth-chart")),
                    history: Some(at("/changes?kind=app&name=growth-chart")),
                },
                request: (name == "waiting").then(|| AppRequest {
                    members: Some(member_rows(self)),
                    attention: vec![
                        (SecondLook::Changes, vec!["patient/*.cruds".to_owned()]),
                        (SecondLook::Away, vec!["offline_access".to_owned()]),
                    ],
                }),
                undo: done.is_some().then(undo_offer),
                secrets: vec![(NOW, Some(NOW)), (NOW, None)],
                actions: (name != "registered").then(|| AppActions {
                    status_csrf: csrf("status"),
                    status: at("/apps/growth-chart/status"),
                    secret_csrf: Some(csrf("secret")),
                    secret: at("/apps/growth-chart/secret"),
                    delete_csrf: csrf("delete"),
                    delete: at("/apps/growth-chart/delete"),
                    not_confirmed: name == "disabled",
                }),
                done,
            };
            self.add(&format!("console_app-{name}"), &page);
        }
        let page = ConsoleAppSecret {
            frame: frame(self, Section::Apps),
            name: self.flavour.of("Growth Chart").to_owned(),
            client_id: "growth-chart".to_owned(),
            secret: Secret::new("wks_sample".to_owned()),
            next: at("/apps/growth-chart"),
        };
        self.add("console_app_secret", &page);
    }

    pub(super) fn add_console_app_form(&mut self) {
        let page = ConsoleAppKinds {
            frame: frame(self, Section::Apps),
            back: at("/apps"),
            kinds: AppKind::ALL.map(|kind| (kind, at("/apps/new/web"))).to_vec(),
        };
        self.add("console_app_kinds", &page);
        for kind in AppKind::ALL {
            for wrong in [false, true] {
                let members = [
                    "client_id",
                    "redirect_uris",
                    "launch_uris",
                    "jwks_uri",
                    "scope",
                    "grant_types",
                ];
                let faults = members.map(|member| FieldFault {
                    member: member.to_owned(),
                    problem: self.flavour.of("is taken by another app; choose another").to_owned(),
                });
                let page = ConsoleAppForm {
                    frame: frame(self, Section::Apps),
                    back: at("/apps/new"),
                    kind,
                    csrf: csrf("app new"),
                    action: at("/apps/new/web"),
                    values: AppFormValues {
                        name: self.flavour.of("Growth Chart").to_owned(),
                        ..AppFormValues::default()
                    },
                    faults: if wrong { faults.to_vec() } else { Vec::new() },
                };
                let name = if wrong { "wrong" } else { "new" };
                self.add(&format!("console_app_form-{}-{name}", kind.as_str()), &page);
            }
        }
    }

    pub(super) fn add_console_app_edit(&mut self) {
        for (kind, of_directory, wrong) in [
            (AppKind::Browser, false, false),
            (AppKind::Web, false, true),
            (AppKind::Web, true, true),
            (AppKind::Backend, false, true),
        ] {
            let members = [
                "app",
                "redirect_uris",
                "jwks",
                "scope",
                "user_roles",
                "client_expires_at",
            ];
            let faults = members.map(|member| FieldFault {
                member: member.to_owned(),
                problem: self.flavour.of("is taken by another app; choose another").to_owned(),
            });
            let page = ConsoleAppEdit {
                frame: frame(self, Section::Apps),
                back: at("/apps/growth-chart"),
                name: self.flavour.of("Growth Chart").to_owned(),
                kind,
                of_directory,
                csrf: csrf("app edit"),
                action: at("/apps/growth-chart/edit"),
                version: "v1".to_owned(),
                methods: vec![("staff".to_owned(), self.flavour.of("Staff account").to_owned())],
                values: AppEditValues {
                    name: self.flavour.of("Growth Chart").to_owned(),
                    redirect_uris: "https://growth.example/callback".to_owned(),
                    identity_providers: vec!["staff".to_owned()],
                    verified: true,
                    ends: "2027-01-31".to_owned(),
                    ..AppEditValues::default()
                },
                faults: if wrong { faults.to_vec() } else { Vec::new() },
            };
            let whose = if of_directory { "directory" } else { "own" };
            self.add(&format!("console_app_edit-{}-{whose}", kind.as_str()), &page);
        }
    }

    pub(super) fn add_console_app_keys(&mut self) {
        use crate::oauth::jose::inspection::{KeyFault, KeySetFault};
        let row = |faults: &[KeyFault]| AppKeyRow {
            kid: (!faults.contains(&KeyFault::NoKeyId)).then(|| self.flavour.of("k1").to_owned()),
            kty: "RSA".to_owned(),
            size: Some("2048 bits".to_owned()),
            algorithms: if faults.is_empty() {
                "RS384".to_owned()
            } else {
                String::new()
            },
            usable: faults.is_empty(),
            faults: faults.to_vec(),
        };
        let problem = |fault| {
            Some((
                fault,
                self.flavour.of("growth.example did not answer in time").to_owned(),
            ))
        };
        let pages = [
            (
                "good",
                None,
                vec![row(&[]), row(&[KeyFault::TooShort, KeyFault::NoKeyId])],
            ),
            (
                "faults",
                None,
                KeyFault::ALL.iter().map(|fault| row(&[*fault])).collect(),
            ),
            ("unreachable", problem(KeySetFault::Unreachable), Vec::new()),
            ("none", problem(KeySetFault::NoneRegistered), Vec::new()),
            ("not_found", problem(KeySetFault::NotFound), Vec::new()),
            ("not_a_set", problem(KeySetFault::NotAKeySet), Vec::new()),
            ("empty", problem(KeySetFault::Empty), Vec::new()),
        ];
        for (name, problem, rows) in pages {
            let page = ConsoleAppKeys {
                frame: frame(self, Section::Apps),
                back: at("/apps/growth-chart"),
                name: self.flavour.of("Growth Chart").to_owned(),
                again: at("/apps/growth-chart/keys"),
                edit: at("/apps/growth-chart/edit"),
                address: (name != "good").then(|| "https://growth.example/jwks".to_owned()),
                usable: name == "good",
                problem,
                rows,
            };
            self.add(&format!("console_app_keys-{name}"), &page);
        }
    }
}
