//! Sample data for the pages about people.

use super::*;
use crate::kernel::Secret;
use crate::web::pages::console::samples::{activity, at, csrf, frame};
use crate::web::pages::console::{FieldFault, Section};
use crate::web::pages::samples::{Collection, NOW};

const ACCOUNT: &str = "acc_018f3d5e7c9a7b3c8d1e2f3a4b5c6d7e";

fn form(act: &str) -> PersonForm {
    PersonForm {
        csrf: csrf(act),
        action: at(&format!("/people/{ACCOUNT}/{act}")),
    }
}

fn every_action() -> PersonActions {
    PersonActions {
        unlock: Some(form("unlock")),
        link: Some(form("link")),
        link_by_mail: true,
        link_shown: true,
        roles: Some(form("role")),
        can_give: vec!["owner", "help_desk"],
        end_session: Some(form("session")),
        sign_out: Some(form("sign-out")),
        withdraw: Some(form("consent")),
        second_factors: Some(form("second-factors")),
        status: Some(form("status")),
        delete: Some(form("delete")),
    }
}

impl Collection {
    pub(crate) fn add_people(&mut self) {
        self.add_people_list();
        self.add_invite();
        for (name, done) in PersonDone::ALL.into_iter().map(|done| (done.as_str(), Some(done))) {
            let page = self.person(true, done);
            self.add(&format!("console_person-{name}"), &page);
        }
        let page = ConsolePerson {
            actions: every_action(),
            unconfirmed: Some(Unconfirmed::Factors),
            locked_until: Some(NOW),
            ..self.person(true, None)
        };
        self.add("console_person-everything", &page);
        let page = self.person(false, None);
        self.add("console_person-little", &page);
        let page = ConsoleUserLink {
            frame: frame(self, Section::People),
            person: self.flavour.of("Rosa N\u{fa}\u{f1}ez").to_owned(),
            username: self.flavour.of("rosa").to_owned(),
            invitation: true,
            link: Secret::new("https://auth.example.org/northfield/auth/account/link/wkl_sample".to_owned()),
            until: NOW,
            next: at("/people"),
        };
        self.add("console_user_link", &page);
    }

    fn add_people_list(&mut self) {
        let row = |name: &str, roles: Vec<&'static str>, disabled: bool| PersonRow {
            name: self.flavour.of(name).to_owned(),
            username: self.flavour.of("a.ruiz").to_owned(),
            provider: (!disabled).then(|| "hospital".to_owned()),
            roles,
            disabled,
            last_sign_in: (!disabled).then_some(NOW),
            href: at(&format!("/people/{ACCOUNT}")),
        };
        let rows = vec![
            row("Dr. Ana Ruiz", vec!["owner", "auditor"], false),
            row("Ben Ruiz", Vec::new(), true),
        ];
        for (name, rows, search, filter, more) in [
            ("begin", None, "", None, false),
            ("found", Some(rows.clone()), "ruiz", None, true),
            ("everybody", Some(rows), "", Some(PeopleFilter::Everybody), true),
            ("none", Some(Vec::new()), "nobody", None, false),
            ("none_yet", Some(Vec::new()), "nobody", None, true),
        ] {
            let page = ConsolePeople {
                frame: frame(self, Section::People),
                action: at("/people"),
                csrf: csrf("search"),
                search: self.flavour.of(search).to_owned(),
                filter,
                filters: PeopleFilter::ALL.map(|filter| (filter, at("/people?show=x"))).to_vec(),
                rows,
                after: (more && filter.is_none()).then(|| ACCOUNT.to_owned()),
                deleted: !more,
                next: (more && filter.is_some()).then(|| at("/people?after=x")),
                invite: Some(at("/people/invite")),
            };
            self.add(&format!("console_people-{name}"), &page);
        }
    }

    fn add_invite(&mut self) {
        let own = |alias: &str| (alias.to_owned(), self.flavour.of("Staff account").to_owned());
        for (name, providers, wrong) in [
            ("closed", Vec::new(), false),
            ("new", vec![own("staff")], false),
            ("wrong", vec![own("staff"), own("patients")], true),
        ] {
            let members = [
                "username",
                "name",
                "email",
                "fhir_user",
                "npi",
                "roles",
                "identity_provider",
            ];
            let faults = members.map(|member| FieldFault {
                member: member.to_owned(),
                problem: self.flavour.of("is not an e-mail address").to_owned(),
            });
            let page = ConsoleInvite {
                frame: frame(self, Section::People),
                back: at("/people"),
                csrf: csrf("invite"),
                action: at("/people/invite"),
                providers,
                sign_in_methods: Some(at("/sign-in-methods")),
                mail: wrong,
                emergency_only: wrong,
                values: InviteValues {
                    name: self.flavour.of("Rosa N\u{fa}\u{f1}ez").to_owned(),
                    by_mail: wrong,
                    ..InviteValues::default()
                },
                faults: if wrong { faults.to_vec() } else { Vec::new() },
            };
            self.add(&format!("console_invite-{name}"), &page);
        }
    }

    fn person(&self, local: bool, done: Option<PersonDone>) -> ConsolePerson {
        let some = done.is_some();
        ConsolePerson {
            frame: frame(self, Section::People),
            back: at("/people"),
            facts: PersonFacts {
                id: ACCOUNT.to_owned(),
                title: self.flavour.of("Dr. Ana Ruiz").to_owned(),
                username: self.flavour.of("a.ruiz").to_owned(),
                provider: local.then(|| "staff".to_owned()),
                email: local.then(|| self.flavour.of("ana.ruiz@northfield.example").to_owned()),
                fhir_user: local.then(|| "Practitioner/ruiz".to_owned()),
                patients: if local { vec!["pat-1".to_owned()] } else { Vec::new() },
                npi: local.then(|| "1234567893".to_owned()),
                roles: vec!["physician".to_owned(), self.flavour.of("ward-7").to_owned()],
                disabled: done == Some(PersonDone::Disabled),
                since: Some(NOW),
                last_sign_in: local.then_some(NOW),
            },
            local: local.then_some(LocalFacts {
                password: some,
                authenticator: some,
                passkeys: 1,
                recovery_codes: 7,
                break_glass: some,
                has_second_factor: some,
            }),
            locked_until: None,
            roles: Some(vec![
                RoleRow {
                    role: "owner",
                    given: true,
                    can_take: true,
                },
                RoleRow {
                    role: "auditor",
                    given: false,
                    can_take: false,
                },
            ])
            .filter(|_| local),
            sessions: Some(if local {
                vec![SessionRow {
                    id: "A".repeat(43),
                    since: Some(NOW),
                    last_used: Some(NOW),
                    until: Some(NOW),
                    methods: vec!["pwd".to_owned(), "otp".to_owned()],
                }]
            } else {
                Vec::new()
            }),
            consents: Some(if local {
                vec![ConsentRow {
                    client_id: "growth-chart".to_owned(),
                    scopes: vec!["openid".to_owned(), "patient/*.rs".to_owned()],
                    at: Some(NOW),
                }]
            } else {
                Vec::new()
            }),
            events: Some(if local { activity(self) } else { Vec::new() }),
            actions: if some {
                PersonActions {
                    link_by_mail: false,
                    link_shown: false,
                    ..every_action()
                }
            } else {
                PersonActions::default()
            },
            done,
            unconfirmed: local.then_some(Unconfirmed::Deletion),
            activity: local.then(|| at("/activity?person=acc_x")),
        }
    }
}
