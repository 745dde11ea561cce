//! Sample data for the consoles' pages.

mod apps;
mod branding;
mod changes;
mod fhir_server;
mod launch;

use super::*;
use crate::kernel::Secret;
use crate::oauth::client::ClientStatus;
use crate::web::pages::samples::{Collection, NOW};
use crate::web::{Chrome, Csrf, Href};

const EVERY_SECTION: [(Section, &str); 11] = [
    (Section::Home, ""),
    (Section::SignIn, "/sign-in"),
    (Section::Apps, "/apps"),
    (Section::FhirServer, "/fhir-server"),
    (Section::People, "/people"),
    (Section::Branding, "/branding"),
    (Section::Activity, "/activity"),
    (Section::History, "/changes"),
    (Section::Usage, "/usage"),
    (Section::Keys, "/keys"),
    (Section::Launch, "/launch"),
];

const OPERATORS_SECTIONS: [(Section, &str); 6] = [
    (Section::Home, ""),
    (Section::Tenants, "/tenants"),
    (Section::Directory, "/directory"),
    (Section::Health, "/health"),
    (Section::Operators, "/operators"),
    (Section::Settings, "/settings"),
];

pub(crate) fn csrf(purpose: &str) -> Csrf {
    Csrf::derive(&Secret::new("sample".to_owned()), purpose)
}

pub(crate) fn at(place: &str) -> Href {
    Href::local(&format!("/northfield/admin{place}"))
}

fn chrome(collection: &Collection) -> Chrome {
    Chrome {
        app: None,
        ..collection.chrome()
    }
}

pub(crate) fn frame(collection: &Collection, section: Section) -> ConsoleFrame {
    let items = |sections: &[(Section, &str)], base: &str| {
        sections
            .iter()
            .map(|(part, place)| NavigationItem {
                section: *part,
                href: Href::local(&format!("{base}{place}")),
                current: *part == section,
            })
            .collect()
    };
    let operators = OPERATORS_SECTIONS.iter().any(|(part, _)| *part == section) && section != Section::Home;
    ConsoleFrame {
        chrome: chrome(collection),
        navigation: if operators {
            items(&OPERATORS_SECTIONS, "/admin")
        } else {
            items(&EVERY_SECTION, "/northfield/admin")
        },
        person: collection.flavour.of("Dr. Ana Ruiz").to_owned(),
        roles: vec!["owner", "auditor"],
        sign_out_csrf: csrf("sign-out"),
        sign_out: at("/sign-out"),
        account: Href::local("/northfield/auth/account"),
    }
}

pub(crate) fn activity(collection: &Collection) -> Vec<ActivityRow> {
    let row = |event: &str, outcome: &str, about: Option<&str>| ActivityRow {
        at: NOW,
        event: event.to_owned(),
        succeeded: outcome == "success",
        outcome: outcome.to_owned(),
        about: about.map(|about| collection.flavour.of(about).to_owned()),
        who: Some("acc_01jd7v0x8m6kqz5t9n2r4w8y3b".to_owned()),
    };
    vec![
        row("console.entered", "success", None),
        row("authorization.granted", "success", Some("growth-chart")),
        row("sign_in.refused", "wrong_password", None),
        row("something.new", "success", Some("acc_01jd7v0x8m6kqz5t9n2r4w8y3b")),
    ]
}

impl Collection {
    pub(crate) fn add_console(&mut self) {
        self.add_sign_in_methods();
        for problem in ConsoleProblem::ALL {
            let page = ConsoleProblemPage {
                chrome: chrome(self),
                problem,
                person: Some(self.flavour.of("Dr. Ana Ruiz").to_owned()),
                detail: Some("your roles do not allow this; it needs the permission apps.manage".to_owned()),
                next: Some(at("")),
            };
            self.add(&format!("console_problem-{problem:?}").to_lowercase(), &page);
        }
        for (name, done) in [("new", 0), ("half", 2), ("ready", 5)] {
            let steps = [
                SetupStep::Branding,
                SetupStep::FhirServer,
                SetupStep::SignIn,
                SetupStep::App,
                SetupStep::FirstSignIn,
            ];
            let page = ConsoleHome {
                frame: frame(self, Section::Home),
                steps: steps
                    .into_iter()
                    .enumerate()
                    .map(|(number, step)| SetupStepState {
                        step,
                        done: number < done,
                        href: Some(at("/branding")),
                    })
                    .collect(),
                waiting: (done > 1).then(|| (u32::try_from(done).unwrap() - 1, at("/apps"))),
                recent: Some(if done == 0 { Vec::new() } else { activity(self) }),
                activity: Some(at("/activity")),
            };
            self.add(&format!("console_home-{name}"), &page);
        }
        self.add_console_apps();
        self.add_console_app();
        self.add_console_app_form();
        self.add_console_app_edit();
        self.add_console_app_keys();
        self.add_console_changes();
        self.add_console_branding();
        self.add_console_fhir_server();
        self.add_console_launch();
        self.add_console_activity();
        self.add_console_keys();
        self.add_people();
        self.add_usage();
    }

    fn add_console_activity(&mut self) {
        for (name, rows) in [("found", activity(self)), ("none", Vec::new())] {
            let page = ConsoleActivity {
                frame: frame(self, Section::Activity),
                action: at("/activity"),
                filter: ActivityFilter {
                    event: "sign_in".to_owned(),
                    client_id: self.flavour.of("growth-chart").to_owned(),
                    unreadable_day: rows.is_empty(),
                    unknown_person: rows.is_empty(),
                    ..ActivityFilter::default()
                },
                next: (!rows.is_empty()).then(|| at("/activity?before=evt_1")),
                rows,
                export: at("/activity.csv"),
            };
            self.add(&format!("console_activity-{name}"), &page);
        }
    }

    fn add_console_keys(&mut self) {
        let row = |algorithm: &str, state| KeyRow {
            kid: "k9x2v7".to_owned(),
            algorithm: algorithm.to_owned(),
            state,
            created_at: NOW.to_rfc3339(),
            published_until: (state == "retiring").then(|| NOW.to_rfc3339()),
        };
        for (name, problem) in [
            ("rotated", None),
            (
                "too_soon",
                Some("there is no active key for RS256; run the onboarding again".to_owned()),
            ),
        ] {
            let page = ConsoleKeys {
                frame: frame(self, Section::Keys),
                rows: vec![row("ES256", "active"), row("ES256", "next"), row("RS256", "retiring")],
                rotate: Some(KeyActions {
                    csrf: csrf("keys"),
                    action: at("/keys/rotate"),
                    confirmation: "northfield".to_owned(),
                    not_confirmed: problem.is_some(),
                }),
                rotated: problem.is_none(),
                problem,
            };
            self.add(&format!("console_keys-{name}"), &page);
        }
    }
}
