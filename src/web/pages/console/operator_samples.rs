//! Sample data for the operators' pages.

use super::samples::{activity, csrf, frame};
use super::*;
use crate::kernel::Secret;
use crate::web::Href;
use crate::web::pages::samples::{Collection, NOW};
use crate::web::short_codes;
use std::time::Duration;

fn here(place: &str) -> Href {
    Href::local(&format!("/admin/{place}"))
}

fn steps(failed: Option<usize>) -> Vec<StepRow> {
    let names = [
        "record",
        "database",
        "signing_keys",
        "settings",
        "apps",
        "identity_provider",
        "fhir_server",
        "audit",
        "invitation",
        "activation",
    ];
    names
        .into_iter()
        .enumerate()
        .map(|(place, step)| StepRow {
            step,
            state: match failed {
                Some(failed) if place == failed => "failed",
                Some(failed) if place > failed => "waiting",
                _ if step == "fhir_server" => "skipped",
                _ => "done",
            },
            detail: (failed == Some(place)).then(|| "the metadata have expired: validUntil has passed".to_owned()),
        })
        .collect()
}

fn month(measure: Measure, busy: bool) -> Chart {
    let times = (0..30_u32)
        .map(|day| NOW - Duration::from_hours(24) * (29 - day))
        .collect();
    let numbers = (1..=30_u64).map(|day| if busy { day * 37 % 101 } else { 0 }).collect();
    Chart::new(measure, ChartSpan::Month, times, (Series::All, numbers), None)
}

fn hours(by_contract: bool, busy: bool) -> Vec<Chart> {
    [Measure::SignIns, Measure::Tokens, Measure::Failures, Measure::Latency]
        .map(|measure| {
            let times = (0..24_u32)
                .map(|hour| NOW - Duration::from_hours(1) * (23 - hour))
                .collect();
            let numbers = |more: u64| {
                let number = |hour: u64| if busy { (hour * 37 + more) % 101 } else { 0 };
                (0..24).map(number).collect::<Vec<_>>()
            };
            let (first, second) = if by_contract {
                let enterprise = Some((Series::Enterprise, numbers(11)));
                ((Series::Standard, numbers(0)), enterprise)
            } else {
                ((Series::All, numbers(0)), None)
            };
            Chart::new(measure, ChartSpan::Day, times, first, second)
        })
        .into()
}

impl Collection {
    pub(crate) fn add_operators(&mut self) {
        let name = self.flavour.of("Northfield General Hospital").to_owned();
        self.add_operators_lists(&name);
        self.add_operators_tenants(&name);
        self.add_operators_forms(&name);
        self.add_operators_home();
        self.add_operators_health(&name);
        self.add_operators_people();
        self.add_operators_settings(&name);
    }

    fn add_operators_home(&mut self) {
        for (kind, quiet) in [("busy", false), ("quiet", true)] {
            let page = OperatorHome {
                frame: frame(self, Section::Home),
                search: here("tenants"),
                create: (!quiet).then(|| here("new-tenant")),
                tenants: ["active", "preparing", "suspended"]
                    .map(|status| (status, if quiet { 0 } else { 9_871 }, here("tenants")))
                    .to_vec(),
                attention: if quiet {
                    Vec::new()
                } else {
                    [
                        Attention::Breakers(3),
                        Attention::Unreachable(10),
                        Attention::Ending(1),
                        Attention::Apps(2),
                    ]
                    .map(|attention| (attention, here("health")))
                    .to_vec()
                },
                recent: Some(if quiet { Vec::new() } else { activity(self) }),
            };
            self.add(&format!("console_operator_home-{kind}"), &page);
        }
    }

    fn add_operators_health(&mut self, name: &str) {
        for (kind, busy) in [("busy", true), ("quiet", false)] {
            let tenant = || TenantLink {
                name: name.to_owned(),
                href: here("tenants/northfield"),
            };
            let ending = |kind: &str, days: u64| EndRow {
                tenant: tenant(),
                alias: "hospital".to_owned(),
                kind: kind.to_owned(),
                at: NOW + Duration::from_hours(24) * u32::try_from(days).unwrap_or(0),
                days,
            };
            let node = (
                "nod_01jd7v0x8m6kqz5t9n2r4w8y3b".to_owned(),
                "0.1.0".to_owned(),
                NOW,
                NOW,
            );
            let page = OperatorHealth {
                frame: frame(self, Section::Health),
                charts: hours(true, busy),
                failing: busy.then(|| (tenant(), 41, 2_310)).into_iter().collect(),
                slow: busy.then(|| (tenant(), 7, 2_310)).into_iter().collect(),
                breakers: busy
                    .then(|| (tenant(), "idp.northfield.example:443".to_owned(), NOW))
                    .into_iter()
                    .collect(),
                unreachable: busy
                    .then(|| (tenant(), "hospital".to_owned(), "metadata_unreachable".to_owned(), NOW))
                    .into_iter()
                    .collect(),
                ending: if busy {
                    vec![
                        ending("provider_certificate", 0),
                        ending("metadata_validity", 6),
                        ending("our_certificate", 40),
                        ending("other", 80),
                    ]
                } else {
                    Vec::new()
                },
                nodes: busy.then_some(node).into_iter().collect(),
                version: "0.1.0",
                schema_version: 20_261_222_100_001,
                schema: if busy { (3, 7) } else { (0, 0) },
            };
            self.add(&format!("console_operator_health-{kind}"), &page);
        }
    }

    fn add_operators_people(&mut self) {
        let link = || Secret::new("https://auth.example/platform/auth/account/link/wkv_sample".to_owned());
        let withdrawn = OperatorDone::Withdrawn("acc_1".to_owned(), "platform_auditor".to_owned());
        for (kind, done, problem, acts) in [
            ("plain", None, None, true),
            ("read_only", None, None, false),
            ("link", Some(OperatorDone::Link(Some((link(), NOW)))), None, true),
            ("no_link", Some(OperatorDone::Link(None)), None, true),
            ("withdrawn", Some(withdrawn), None, true),
            ("assigned", Some(OperatorDone::Assigned), None, true),
            (
                "wrong",
                None,
                Some(("email".to_owned(), "is not an e-mail address".to_owned())),
                true,
            ),
        ] {
            let row = |role: &str, own: bool, person: bool| OperatorRow {
                principal: if person {
                    "acc_01jd7v0x8m6kqz5t9n2r4w8y3b"
                } else {
                    "backup-service"
                }
                .to_owned(),
                name: (person && acts).then(|| {
                    let name = self.flavour.of("Dr. Ana Ruiz").to_owned();
                    (name, "ana@platform.example".to_owned())
                }),
                role: role.to_owned(),
                since: "2026-11-21T10:00:00Z".to_owned(),
                own,
                person,
            };
            let page = Operators {
                frame: frame(self, Section::Operators),
                rows: vec![
                    row("platform_operator", true, true),
                    row("platform_support", false, true),
                    row("platform_auditor", false, false),
                ],
                acts: acts.then(|| OperatorActs {
                    csrf: csrf("operators"),
                    invite: here("operators"),
                    withdraw: here("operators/withdraw"),
                    assign: here("operators/assign"),
                    link: here("operators/link"),
                }),
                done,
                typed: if problem.is_some() {
                    TypedOperator {
                        email: "nobody".to_owned(),
                        name: self.flavour.of("Dr. Ana Ruiz").to_owned(),
                        role: "platform_auditor".to_owned(),
                    }
                } else {
                    TypedOperator::default()
                },
                problem,
            };
            self.add(&format!("console_operators-{kind}"), &page);
        }
    }

    fn add_operators_settings(&mut self, name: &str) {
        for (kind, problem, before, may_change) in [
            ("plain", None, false, true),
            ("saved", None, true, true),
            ("read_only", None, false, false),
            (
                "wrong",
                Some((
                    "privacy_url".to_owned(),
                    "privacy_url: is not an https address".to_owned(),
                )),
                false,
                true,
            ),
        ] {
            let typed = || TypedSettings {
                display_name: name.to_owned(),
                help_contact: "+1 555 0100".to_owned(),
                privacy_url: "https://platform.example/privacy".to_owned(),
            };
            let page = OperatorSettings {
                frame: frame(self, Section::Settings),
                csrf: csrf("settings"),
                action: here("settings"),
                may_change,
                typed: typed(),
                problem,
                before: before.then(typed),
                public_url: "https://auth.example".to_owned(),
                mtls_url: before.then(|| "https://mtls.auth.example".to_owned()),
                issuer: "https://auth.example/platform/auth".to_owned(),
                version: "0.1.0",
                postgres: !before,
                second_factor: may_change,
            };
            self.add(&format!("console_operator_settings-{kind}"), &page);
        }
    }

    fn add_operators_lists(&mut self, name: &str) {
        let row = |slug: &str, status: &'static str| TenantRow {
            slug: slug.to_owned(),
            name: name.to_owned(),
            status,
            tier: "enterprise",
            placement: "dedicated",
            href: here("tenants/northfield"),
        };
        let chip = |status: &'static str| StateChip {
            status,
            href: here("tenants?status=active"),
            current: status == "active",
        };
        let found = [
            ("asked", None),
            ("none", Some(Vec::new())),
            (
                "some",
                Some(vec![
                    row("northfield", "active"),
                    row("south-bay", "preparing"),
                    row("west", "suspended"),
                ]),
            ),
        ];
        for (kind, found) in found {
            let page = OperatorTenants {
                frame: frame(self, Section::Tenants),
                search: here("tenants"),
                query: "north".to_owned(),
                states: ["active", "preparing", "suspended"].map(chip).to_vec(),
                next: found
                    .as_ref()
                    .filter(|rows| !rows.is_empty())
                    .map(|_| here("tenants?after=west")),
                found,
                create: Some(here("new-tenant")),
            };
            self.add(&format!("console_operator_tenants-{kind}"), &page);
        }
    }

    fn add_operators_tenants(&mut self, name: &str) {
        for (kind, status, inside, failed) in [
            ("active", "active", true, None),
            ("quiet", "active", true, None),
            ("suspended", "suspended", false, None),
            ("unfinished", "preparing", false, Some(5)),
            ("running", "preparing", false, Some(3)),
        ] {
            let short = short_codes::find("redirect_uri_unregistered").unwrap();
            let page = OperatorTenant {
                frame: frame(self, Section::Tenants),
                back: here("tenants"),
                name: name.to_owned(),
                slug: "northfield".to_owned(),
                id: "ten_01jd7v0x8m6kqz5t9n2r4w8y3b".to_owned(),
                issuer: "https://auth.example/northfield/auth".to_owned(),
                status,
                tier: "standard",
                placement: "shared",
                created_at: NOW,
                hours: hours(false, kind == "active"),
                services: if kind == "active" {
                    let service = |failed: Option<&str>| ServiceRow {
                        alias: "hospital".to_owned(),
                        failed_check: failed.map(str::to_owned),
                        end: failed.map(|_| ("our_certificate".to_owned(), NOW)),
                        checked_at: NOW,
                    };
                    vec![service(None), service(Some("metadata_unreachable"))]
                } else {
                    Vec::new()
                },
                again: here("tenants/northfield"),
                steps: steps(failed)
                    .into_iter()
                    .map(|step| StepRow {
                        state: if kind == "running" && step.state == "failed" {
                            "running"
                        } else {
                            step.state
                        },
                        ..step
                    })
                    .collect(),
                inside: inside.then(|| TenantInside {
                    providers: if kind == "quiet" {
                        Vec::new()
                    } else {
                        vec![("hospital".to_owned(), "oidc".to_owned(), name.to_owned())]
                    },
                    keys: vec![(
                        "k-01jd7v0x8m6kqz5t9n2r4w8y3b".to_owned(),
                        "ES256".to_owned(),
                        "active".to_owned(),
                    )],
                    charts: vec![
                        month(Measure::SignIns, kind == "active"),
                        month(Measure::Refusals, kind == "active"),
                    ],
                    events: activity(self),
                    asked: "req_018f3d5e7c9a7b3c8d1e2f3a4b5c6d7e".to_owned(),
                    refusal: Some(if kind == "active" {
                        AskedRequest::Refused(RefusedRow {
                            at: NOW,
                            failed_check: short.code.to_owned(),
                            cause: short.cause(self.language).to_owned(),
                            mend: short.mend(self.language).to_owned(),
                            route: "/{tenant}/auth/authorize".to_owned(),
                            status: 400,
                            error: Some("invalid_request".to_owned()),
                            app: Some(self.flavour.of("Growth Chart").to_owned()),
                        })
                    } else {
                        AskedRequest::Unknown
                    }),
                }),
                store_failed: false,
                done: (kind == "suspended").then_some(TenantDone::Suspended),
                acts: Some(TenantActs {
                    csrf: csrf("tenant"),
                    suspend: here("tenants/northfield/suspend"),
                    resume: here("tenants/northfield/resume"),
                    continue_onboarding: here("tenants/northfield/continue"),
                    contract: here("tenants/northfield/contract"),
                }),
                before: (kind == "active").then(|| (name.to_owned(), "enterprise")),
                wrong_name: kind == "quiet",
                problem: (kind == "quiet").then(|| "is empty; give the name that people know".to_owned()),
            };
            self.add(&format!("console_operator_tenant-{kind}"), &page);
        }
    }

    fn add_operators_forms(&mut self, name: &str) {
        for (kind, problem) in [
            ("empty", None),
            (
                "wrong",
                Some(("slug".to_owned(), "there is a tenant northfield already".to_owned())),
            ),
        ] {
            let page = OperatorNewTenant {
                frame: frame(self, Section::Tenants),
                csrf: csrf("new-tenant"),
                action: here("new-tenant"),
                back: here("tenants"),
                typed: if problem.is_some() {
                    TypedTenant {
                        name: name.to_owned(),
                        slug: "northfield".to_owned(),
                        tier: "enterprise".to_owned(),
                        placement: "dedicated".to_owned(),
                        fhir_base: "https://fhir.northfield.example/r4".to_owned(),
                        owner_email: "it@northfield.example".to_owned(),
                        owner_name: self.flavour.of("Dr. Ana Ruiz").to_owned(),
                    }
                } else {
                    TypedTenant::default()
                },
                problem,
                base: "https://auth.example".to_owned(),
            };
            self.add(&format!("console_operator_new_tenant-{kind}"), &page);
        }
        for (kind, link) in [
            (
                "link",
                Some("https://auth.example/northfield/auth/account/link/wkv_sample"),
            ),
            ("no_link", None),
        ] {
            let page = OperatorTenantCreated {
                frame: frame(self, Section::Tenants),
                name: name.to_owned(),
                tenant: here("tenants/northfield"),
                issuer: "https://auth.example/northfield/auth".to_owned(),
                invitation: link.map(|link| (Secret::new(link.to_owned()), "2026-11-28T10:00:00Z".to_owned())),
                steps: steps(None),
            };
            self.add(&format!("console_operator_tenant_created-{kind}"), &page);
        }
    }
}
