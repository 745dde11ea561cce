//! Sample data for the operators' pages.

use super::samples::{activity, csrf, frame};
use super::*;
use crate::kernel::Secret;
use crate::web::Href;
use crate::web::pages::samples::Collection;

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
            detail: (failed == Some(place)).then(|| "the provider's metadata could not be read".to_owned()),
        })
        .collect()
}

fn chart(counted: Counted, busy: bool) -> DayChart {
    DayChart {
        counted,
        days: (1..=30_u64)
            .map(|day| (format!("2026-11-{day:02}"), if busy { day * 37 % 101 } else { 0 }))
            .collect(),
    }
}

impl Collection {
    pub(crate) fn add_operators(&mut self) {
        let name = self.flavour.of("Northfield General Hospital").to_owned();
        self.add_operators_lists(&name);
        self.add_operators_tenants(&name);
        self.add_operators_forms(&name);
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
        ] {
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
                created_at: "2026-11-21T10:00:00Z".to_owned(),
                steps: steps(failed),
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
                        chart(Counted::SignIns, kind == "active"),
                        chart(Counted::Refusals, kind == "active"),
                    ],
                    events: activity(self),
                }),
                store_failed: false,
                done: (kind == "suspended").then_some(TenantDone::Suspended),
                acts: Some(TenantActs {
                    csrf: csrf("tenant"),
                    suspend: here("tenants/northfield/suspend"),
                    resume: here("tenants/northfield/resume"),
                    continue_onboarding: here("tenants/northfield/continue"),
                }),
                wrong_name: kind == "quiet",
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
