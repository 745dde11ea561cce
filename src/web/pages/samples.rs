//! Sample data for every page: ordinary, long, right-to-left and hostile.

use super::*;
use crate::kernel::{Secret, Timestamp};
use crate::web::dates::PartialDate;
use crate::web::short_codes;
use crate::web::static_files::StaticBase;
use crate::web::{AppLook, Chrome, Csrf, Href, Language, Page, TenantLook};

/// 2026-11-21T01:13:20Z
pub(crate) const NOW: Timestamp = Timestamp::from_seconds(1_795_223_600);

/// What an attacker would put into a name.
pub(crate) const HOSTILE: &str = "<script>alert(1)</script> \"'><img src=x onerror=alert(2)> & Söhne";
const LONG: &str = "Wolfeschlegelsteinhausenbergerdorff Hospital of Saint Bartholomew and All Angels";
const RIGHT_TO_LEFT: &str = "عبد الرحمن بن محمد الأنصاري";

/// One rendered sample.
pub(crate) struct Sample {
    pub(crate) name: String,
    pub(crate) language: Language,
    pub(crate) tenant: String,
    pub(crate) html: String,
}

pub(crate) fn platform_chrome(language: Language) -> Chrome {
    Chrome {
        tenant: TenantLook::platform(),
        app: None,
        language,
        static_base: StaticBase::new(""),
        request_id: "req_01jd7v0x8m6k".to_owned(),
        language_switch: None,
    }
}

/// What a test shows.
pub(crate) fn trace(flavour: Flavour, language: Language, passed: bool) -> TraceLook {
    let line = |rule, outcome, reason: Option<&str>| TraceLine {
        rule,
        outcome,
        reason: reason.map(|reason| flavour.of(reason).to_owned()),
    };
    let last = if passed {
        line("fhirUser", TraceOutcome::Matched, None)
    } else {
        line("fhirUser", TraceOutcome::Failed, Some("no such key: employee_id"))
    };
    TraceLook {
        language,
        passed,
        check: if passed { "completed" } else { "mapping" }.to_owned(),
        detail: (!passed).then(|| flavour.of("the rule for fhirUser is required, and failed").to_owned()),
        rules: vec![
            line("subject", TraceOutcome::Matched, None),
            line("name", TraceOutcome::Matched, None),
            line("roles", TraceOutcome::Empty, None),
            last,
        ],
        identity: if passed {
            vec![
                ("subject", "00u1a2b3c4".to_owned()),
                ("name", flavour.of("Ada Okafor").to_owned()),
                ("fhirUser", "Practitioner/ada".to_owned()),
            ]
        } else {
            Vec::new()
        },
        claims: Some(format!(
            "{{\n  \"sub\": \"00u1a2b3c4\",\n  \"name\": \"{}\"\n}}",
            flavour.of("Ada Okafor")
        )),
    }
}

#[derive(Clone, Copy)]
pub(crate) enum Flavour {
    Ordinary,
    Long,
    Hostile,
}

impl Flavour {
    pub(crate) fn of(self, ordinary: &str) -> &str {
        match self {
            Self::Ordinary => ordinary,
            Self::Long => LONG,
            Self::Hostile => HOSTILE,
        }
    }
}

fn chrome(flavour: Flavour, language: Language) -> Chrome {
    Chrome {
        tenant: TenantLook {
            name: flavour.of("Northfield General Hospital").to_owned(),
            logo: matches!(flavour, Flavour::Ordinary).then(|| Href::local("/northfield/auth/look/1/logo")),
            help_contact: Some(flavour.of("helpdesk@northfield.example").to_owned()),
            privacy: Href::external("https://northfield.example/privacy"),
            look: matches!(flavour, Flavour::Ordinary).then(|| Href::local("/northfield/auth/look/1.css")),
        },
        app: Some(AppLook {
            name: flavour.of("Growth Chart").to_owned(),
            publisher: Some(flavour.of("Paediatric Tools Ltd").to_owned()),
            verified: !matches!(flavour, Flavour::Hostile),
        }),
        language_switch: Some(Href::local("/northfield/auth/interact/1")),
        ..platform_chrome(language)
    }
}

fn row(id: &str, name: &str, birth_date: &str, sex: Sex, ending: &str) -> PatientRow {
    let birth_date = PartialDate::parse(birth_date);
    PatientRow {
        id: id.to_owned(),
        name: name.to_owned(),
        birth_date,
        age: birth_date.and_then(|date| date.age_at(NOW)),
        sex: Some(sex),
        number: Some(RecordNumber::Ending(ending.to_owned())),
        deceased: None,
    }
}

fn encounters(flavour: Flavour) -> Vec<EncounterRow> {
    let row = |id: &str, kind: Option<&str>, class: &str, status: &str, days: (&str, Option<&str>)| EncounterRow {
        id: id.to_owned(),
        kind: kind.map(|kind| flavour.of(kind).to_owned()),
        class: Some(class.to_owned()),
        class_words: None,
        status: Some(status.to_owned()),
        in_progress: status == "in-progress",
        start: PartialDate::parse(days.0),
        time: Some("09:30".to_owned()),
        end: days.1.and_then(PartialDate::parse),
        place: Some(flavour.of("Ward 7").to_owned()),
    };
    vec![
        row(
            "e1",
            Some("Hip replacement"),
            "IMP",
            "in-progress",
            ("2026-11-19", None),
        ),
        row(
            "e2",
            Some("Follow-up visit"),
            "AMB",
            "finished",
            ("2026-10-02", Some("2026-10-02")),
        ),
        row("e3", None, "EMER", "finished", ("2025-12-30", Some("2026-01-02"))),
    ]
}

fn results(rows: Vec<PatientRow>, paged: bool) -> PickerState {
    let page = || paged.then(|| "AbCdEf0123".to_owned());
    PickerState::Results {
        rows,
        next: page(),
        previous: page(),
    }
}

fn rows(flavour: Flavour) -> Vec<PatientRow> {
    vec![
        row(
            "1",
            flavour.of("Maria García Fernández"),
            "1979-07-04",
            Sex::Female,
            "4471",
        ),
        row(
            "2",
            flavour.of("Maria García Fernández"),
            "1979-07-14",
            Sex::Female,
            "9028",
        ),
        row("3", RIGHT_TO_LEFT, "2026-10-30", Sex::Male, "1180"),
        PatientRow {
            deceased: PartialDate::parse("2024-02-29").map(Deceased::On),
            ..row(
                "4",
                "Hubert Blaine Wolfeschlegelsteinhausenbergerdorff",
                "1931",
                Sex::Other,
                "0007",
            )
        },
        PatientRow {
            number: None,
            sex: None,
            ..row("5", "Baby Okafor", "", Sex::Unknown, "")
        },
    ]
}

fn item(words: &str, technical: &[&str]) -> ConsentItem {
    ConsentItem {
        words: words.to_owned(),
        technical: technical.iter().map(|&scope| scope.to_owned()).collect(),
        checkbox: Some(ConsentCheckbox {
            value: format!("patient.read.{words}"),
            ticked: true,
        }),
        kinds: Vec::new(),
        needs_all: false,
    }
}

fn kinds(words: &[&str]) -> Vec<ConsentKind> {
    words
        .iter()
        .map(|words| ConsentKind {
            words: (*words).to_owned(),
            checkbox: ConsentCheckbox {
                value: format!("patient.read.Condition.{words}"),
                ticked: true,
            },
        })
        .collect()
}

/// What the pages of a flavour ask for: single types, everything, or nothing but who the person is.
fn consent_groups(flavour: Flavour, language: Language) -> Vec<ConsentGroup> {
    let [see, change, everything, everything_else, about] = match language {
        Language::English => [
            "See information in the patient's record",
            "Add and change information in the patient's record",
            "Everything, including kinds of information that are added in future",
            "Everything else, including kinds of information that are added in future",
            "Know about you",
        ],
        Language::Spanish => [
            "Ver datos de la historia clínica del paciente",
            "Añadir y modificar datos en la historia clínica del paciente",
            "Todo, también los tipos de datos que se incorporen en el futuro",
            "Todo lo demás, también los tipos de datos que se incorporen en el futuro",
            "Saber de usted",
        ],
    };
    let [demographics, results, diagnoses, write, who] = match language {
        Language::English => [
            "Name, birth date, address and other personal details",
            "Lab results, vital signs and other observations",
            "Health problems and diagnoses",
            "Care plans",
            "Know who you are: that it is you who signed in",
        ],
        Language::Spanish => [
            "Nombre, fecha de nacimiento, dirección y otros datos personales",
            "Resultados de laboratorio, constantes vitales y otras observaciones",
            "Problemas de salud y diagnósticos",
            "Planes de cuidados",
            "Saber quién es usted: que es usted quien ha iniciado sesión",
        ],
    };
    let mut read = vec![
        item(demographics, &["patient/Patient.rs"]),
        item(results, &["patient/Observation.rs"]),
        ConsentItem {
            kinds: kinds(match language {
                Language::English => &["Problem list", "Diagnoses made at visits", "Health concerns"],
                Language::Spanish => &[
                    "Lista de problemas",
                    "Diagnósticos de las consultas",
                    "Preocupaciones de salud",
                ],
            }),
            ..item(flavour.of(diagnoses), &["patient/Condition.rs"])
        },
    ];
    let folded = matches!(flavour, Flavour::Long);
    if folded {
        read.extend(["A", "B", "C"].map(|letter| item(&format!("{letter} {write}"), &[])));
        read.push(ConsentItem {
            needs_all: true,
            ..item(everything_else, &["patient/*.rs"])
        });
    }
    vec![
        ConsentGroup {
            heading: see.to_owned(),
            everything: folded.then(|| everything.to_owned()),
            items: read,
        },
        ConsentGroup {
            heading: change.to_owned(),
            everything: None,
            items: vec![item(write, &["patient/CarePlan.cu"])],
        },
        ConsentGroup {
            heading: about.to_owned(),
            everything: None,
            items: vec![ConsentItem {
                checkbox: None,
                ..item(who, &["openid"])
            }],
        },
    ]
}

fn consent(flavour: Flavour, chrome: Chrome) -> Consent {
    let offline = match chrome.language {
        Language::English => "Keep this access until you withdraw it, also when you are away and not using the app",
        Language::Spanish => {
            "Conservar este acceso hasta que usted lo retire, también cuando no esté usando la aplicación"
        }
    };
    let birth_date = PartialDate::parse("2021-03-09");
    Consent {
        csrf: csrf("consent"),
        action: Href::local("/northfield/auth/interact/1"),
        person: flavour.of("Dr. Ana Ruiz").to_owned(),
        patient: Some(PatientSummary {
            name: if matches!(flavour, Flavour::Long) {
                RIGHT_TO_LEFT
            } else {
                flavour.of("Leo García")
            }
            .to_owned(),
            birth_date,
            age: birth_date.and_then(|date| date.age_at(NOW)),
            is_self: false,
        }),
        opens_data: true,
        groups: consent_groups(flavour, chrome.language),
        servers: if matches!(flavour, Flavour::Long) {
            vec![ConsentServer {
                address: "https://fhir.northfield.example/images/r5".to_owned(),
                allowed: vec![flavour.of("See information in the patient's record: Images").to_owned()],
            }]
        } else {
            Vec::new()
        },
        offline: Some(ConsentOffline {
            words: flavour.of(offline).to_owned(),
            technical: vec!["offline_access".to_owned()],
            checkbox: ConsentCheckbox {
                value: "offline_access".to_owned(),
                ticked: true,
            },
        }),
        return_to: Some("growth.example".to_owned()),
        withdraw_at: Some(Href::local("/northfield/auth/apps")),
        about: AboutApp {
            home: AppLink::of("https://growth.example/about"),
            policy: AppLink::of("https://growth.example/policy"),
            terms: AppLink::of("https://growth.example/terms"),
            contacts: vec!["support@growth.example".to_owned()],
        },
        chrome,
    }
}

fn csrf(purpose: &str) -> Csrf {
    Csrf::derive(&Secret::new("sample interaction secret".to_owned()), purpose)
}

fn demo_tenants(flavour: Flavour) -> Vec<DemoTenant> {
    ["northfield", "riverside"]
        .into_iter()
        .map(|slug| DemoTenant {
            name: flavour
                .of(if slug == "northfield" {
                    "Northfield General Hospital"
                } else {
                    "Riverside Clinic"
                })
                .to_owned(),
            note: Some("Staff sign in at the hospital's own sign-in service.".to_owned()),
            issuer: format!("http://127.0.0.1:8080/{slug}/auth"),
            fhir_base: format!("http://127.0.0.1:8080/{slug}/fhir"),
            launches: vec![DemoLaunch {
                label: "Start the sample app".to_owned(),
                href: Href::local(&format!("/demo/app?iss=http://127.0.0.1:8080/{slug}/fhir")),
            }],
            users: vec![
                DemoUser {
                    person: "Dr. Ana Ruiz, paediatrician".to_owned(),
                    username: "ana.ruiz".to_owned(),
                    password: flavour.of("correct-horse-7").to_owned(),
                },
                DemoUser {
                    person: RIGHT_TO_LEFT.to_owned(),
                    username: "abdulrahman".to_owned(),
                    password: "battery-staple-9".to_owned(),
                },
            ],
        })
        .collect()
}

pub(crate) struct Collection {
    pub(crate) flavour: Flavour,
    pub(crate) language: Language,
    samples: Vec<Sample>,
}

impl Collection {
    pub(crate) fn chrome(&self) -> Chrome {
        chrome(self.flavour, self.language)
    }

    fn device(&mut self) {
        let problems = [
            ("empty", None),
            ("unknown", Some(DeviceCodeProblem::Unknown)),
            ("too_many", Some(DeviceCodeProblem::TooManyAttempts { minutes: 4 })),
        ];
        for (name, problem) in problems {
            let page = DeviceCode {
                chrome: self.chrome(),
                csrf: csrf("device-code"),
                action: Href::local("/northfield/auth/device"),
                user_code: problem.map_or_else(String::new, |_| self.flavour.of("BCDF-GHJK").to_owned()),
                problem,
            };
            self.add(&format!("device_code_{name}"), &page);
        }
        let page = DeviceConfirm {
            chrome: self.chrome(),
            csrf: csrf("device-confirm"),
            action: Href::local("/northfield/auth/device/confirm"),
            user_code: "BCDF-GHJK".to_owned(),
        };
        self.add("device_confirm", &page);
        for (name, outcome) in [
            ("connected", DeviceOutcome::Connected),
            ("refused", DeviceOutcome::Refused),
        ] {
            let chrome = self.chrome();
            self.add(
                &format!("device_done_{name}"),
                &DeviceDone {
                    chrome,
                    outcome,
                    apps: Href::local("/northfield/auth/apps"),
                },
            );
        }
    }

    pub(crate) fn add(&mut self, name: &str, page: &impl Page) {
        let flavour = match self.flavour {
            Flavour::Ordinary => "",
            Flavour::Long => "-long",
            Flavour::Hostile => "-hostile",
        };
        self.samples.push(Sample {
            name: format!("{name}{flavour}"),
            language: self.language,
            tenant: page.chrome().tenant.name.clone(),
            html: page.render().unwrap(),
        });
    }

    fn add_sign_in(&mut self) {
        let problems = [
            ("sign_in", None),
            ("sign_in-wrong", Some(SignInProblem::WrongCredentials)),
            ("sign_in-no-name", Some(SignInProblem::UsernameMissing)),
            ("sign_in-no-password", Some(SignInProblem::PasswordMissing)),
            ("sign_in-wait", Some(SignInProblem::TooManyAttempts { minutes: 5 })),
            ("sign_in-busy", Some(SignInProblem::Busy)),
        ];
        for (name, problem) in problems {
            let page = SignIn {
                chrome: self.chrome(),
                csrf: csrf("sign-in"),
                action: Href::local("/northfield/auth/interact/1"),
                username: problem.map_or_else(String::new, |_| self.flavour.of("ana.ruiz").to_owned()),
                problem,
                other_ways: Some(Href::local("/northfield/auth/interact/1/ways")),
                forgot: problem
                    .is_some()
                    .then(|| Href::local("/northfield/auth/account/forgot")),
                passkeys: problem.is_none(),
                emergency: problem == Some(SignInProblem::Busy),
            };
            self.add(name, &page);
        }
        self.add_choices();
    }

    fn add_choices(&mut self) {
        let choice = |label: &str, hint: &str, used_last: bool| IdentityProviderChoice {
            label: label.to_owned(),
            hint: Some(hint.to_owned()),
            used_last,
            href: Href::local("/northfield/auth/federation/1/start"),
        };
        let choices = vec![
            choice(
                self.flavour.of("Staff account"),
                "Badge number and network password",
                true,
            ),
            choice("Patient account", "MyNorthfield user name", false),
        ];
        let address = |value: &str| AddressQuestion {
            csrf: csrf("sign-in"),
            action: Href::local("/northfield/auth/interact/1/sign-in"),
            unknown: !value.is_empty(),
            value: value.to_owned(),
        };
        let pages = [
            ("choose_identity_provider", choices.clone(), None),
            ("choose_identity_provider-none", Vec::new(), None),
            ("choose_identity_provider-address", choices.clone(), Some(address(""))),
            (
                "choose_identity_provider-unknown",
                choices,
                Some(address("ana.ruiz@nowhere.example")),
            ),
            (
                "choose_identity_provider-only_address",
                Vec::new(),
                Some(address("ana.ruiz@nowhere.example")),
            ),
        ];
        for (name, choices, address) in pages {
            let chrome = self.chrome();
            self.add(
                name,
                &ChooseIdentityProvider {
                    chrome,
                    choices,
                    address,
                },
            );
        }
    }

    fn add_picker(&mut self) {
        let states = [
            ("first", PickerState::FirstVisit),
            ("short", PickerState::QueryTooShort),
            ("results", results(rows(self.flavour), false)),
            ("one", results(rows(self.flavour).into_iter().take(1).collect(), false)),
            ("empty", results(Vec::new(), false)),
            ("many", results(rows(self.flavour), true)),
            ("failed", PickerState::Problem(PickerProblem::Unreachable)),
            ("slow", PickerState::Problem(PickerProblem::Slow)),
            ("out-of-order", PickerState::Problem(PickerProblem::OutOfOrder)),
            ("not-allowed", PickerState::Problem(PickerProblem::NotAllowed)),
            ("gone", PickerState::Problem(PickerProblem::Gone)),
        ];
        for (name, state) in states {
            let page = PatientPicker {
                chrome: self.chrome(),
                csrf: csrf("picker"),
                action: Href::local("/northfield/auth/interact/1"),
                query: self.flavour.of("García").to_owned(),
                birth_date: String::new(),
                identifier: String::new(),
                state,
            };
            self.add(&format!("patient_picker-{name}"), &page);
        }
    }

    fn add_record_choice(&mut self) {
        let states = [
            ("choice", RecordChoiceState::Choice(rows(self.flavour))),
            ("failed", RecordChoiceState::Problem(PickerProblem::Unreachable)),
            ("slow", RecordChoiceState::Problem(PickerProblem::Slow)),
            ("out-of-order", RecordChoiceState::Problem(PickerProblem::OutOfOrder)),
            ("not-allowed", RecordChoiceState::Problem(PickerProblem::NotAllowed)),
        ];
        for (name, state) in states {
            let page = RecordChoice {
                chrome: self.chrome(),
                csrf: csrf("record"),
                action: Href::local("/northfield/auth/interact/1/record"),
                again: Href::local("/northfield/auth/interact/1"),
                state,
            };
            self.add(&format!("record_choice-{name}"), &page);
        }
    }

    fn add_encounters(&mut self) {
        let results = |rows: Vec<EncounterRow>, paged: bool| EncounterPickerState::Results {
            rows,
            next: paged.then(|| "AbCdEf0123".to_owned()),
            previous: paged.then(|| "AbCdEf0123".to_owned()),
        };
        let states = [
            ("results", results(encounters(self.flavour), false)),
            ("many", results(encounters(self.flavour), true)),
            ("empty", results(Vec::new(), false)),
            ("failed", EncounterPickerState::Problem(PickerProblem::Unreachable)),
            ("slow", EncounterPickerState::Problem(PickerProblem::Slow)),
            ("out-of-order", EncounterPickerState::Problem(PickerProblem::OutOfOrder)),
            ("gone", EncounterPickerState::Problem(PickerProblem::Gone)),
        ];
        for (name, state) in states {
            let page = EncounterPicker {
                chrome: self.chrome(),
                csrf: csrf("encounter"),
                action: Href::local("/northfield/auth/interact/1/encounter"),
                again: Href::local("/northfield/auth/interact/1"),
                patient: Some(self.flavour.of("Ana García").to_owned()),
                state,
            };
            self.add(&format!("encounter_picker-{name}"), &page);
        }
    }

    fn add_codes(&mut self) {
        for short in short_codes::all() {
            let page = ErrorCodePage {
                chrome: self.chrome(),
                short,
                all: Href::local("/errors"),
            };
            self.add(&format!("error_code-{}", short.code), &page);
        }
        self.add("error_codes", &ErrorCodesPage { chrome: self.chrome() });
    }

    fn add_signed_out(&mut self) {
        let provider = self.flavour.of("Staff account").to_owned();
        let frame = "https://growth.example/logout?sid=1&iss=https://auth.example/northfield/auth";
        for (name, upstream) in [
            ("signed_out", SignedOutUpstream::StillSignedIn(provider.clone())),
            ("signed_out-leaving", SignedOutUpstream::Leaving(provider)),
        ] {
            self.add(
                name,
                &SignedOut {
                    chrome: self.chrome(),
                    upstream,
                    next: Href::external("https://growth.example/"),
                    frames: vec![frame.to_owned()],
                },
            );
        }
    }

    fn add_endings(&mut self) {
        for problem in Problem::ALL {
            let page = ErrorPage {
                chrome: self.chrome(),
                problem,
                action: Some(match problem {
                    Problem::ProviderUnreachable => Action::TryAgainOrElsewhere {
                        again: Href::local("/northfield/auth/interact/1"),
                        elsewhere: vec![(
                            self.flavour.of("Emergency account").to_owned(),
                            Href::local("/northfield/auth/interact/1/sign-in/emergency"),
                        )],
                    },
                    Problem::CookieBlocked => Action::OpenWindow(Href::local("/northfield/auth/interact/1")),
                    Problem::FormOutdated => Action::SignInAgain(Href::local("/northfield/auth/interact/1")),
                    Problem::NotPermitted => Action::BackToApp(Href::external("https://growth.example/").unwrap()),
                    _ => Action::TryAgain(Href::local("/northfield/auth/interact/1")),
                })
                .filter(|_| {
                    !matches!(
                        problem,
                        Problem::AppUnknown | Problem::ReturnAddress | Problem::AppRequest
                    )
                }),
                technical: (problem == Problem::ReturnAddress).then(|| Technical {
                    error: "invalid_request".to_owned(),
                    description: self
                        .flavour
                        .of("redirect_uri is not registered for this client")
                        .to_owned(),
                    meaning: Some(Href::local("/errors/redirect_uri_unregistered")),
                }),
                at: NOW,
            };
            self.add(&format!("error-{}", problem.code()), &page);
        }
        let service = ContinueReason::AtSignInService(self.flavour.of("Staff account").to_owned());
        for (name, reason, href) in [
            ("service", service, true),
            ("done", ContinueReason::StepDone, true),
            ("tab", ContinueReason::OtherTab, true),
            ("expired", ContinueReason::Expired, false),
        ] {
            let href = href.then(|| Href::local("/northfield/auth/interact/1"));
            self.add(
                &format!("continue_sign_in-{name}"),
                &ContinueSignIn {
                    chrome: self.chrome(),
                    reason,
                    href,
                },
            );
        }
        self.add_connected_apps();
        self.add_signed_out();
        for (name, app) in [("by_app", Some("Growth Chart")), ("anonymous", None)] {
            self.add(
                &format!("confirm_logout-{name}"),
                &ConfirmLogout {
                    chrome: self.chrome(),
                    csrf: csrf("logout"),
                    action: Href::local("/northfield/auth/logout/confirm"),
                    app: app.map(|app| self.flavour.of(app).to_owned()),
                    fields: vec![("state", self.flavour.of("xyz").to_owned())],
                    stay: Href::local("/northfield/auth/apps"),
                },
            );
        }
        self.add(
            "suspended",
            &Suspended {
                chrome: self.chrome(),
                at: NOW,
            },
        );
        self.add(
            "not_found",
            &NotFound {
                chrome: platform_chrome(self.language),
            },
        );
        let parameters = vec![
            ("code".to_owned(), "wk_code_example".to_owned()),
            ("state".to_owned(), self.flavour.of("xyz").to_owned()),
        ];
        let redirect_uri = Href::external("https://growth.example/callback").unwrap();
        self.add(
            "form_post",
            &FormPost {
                chrome: self.chrome(),
                target: FormPostTarget::App,
                redirect_uri,
                parameters,
            },
        );
    }

    fn add_upstream(&mut self) {
        let choices = vec![IdentityProviderChoice {
            label: self.flavour.of("Maria Lopez").to_owned(),
            hint: Some("patient".to_owned()),
            used_last: false,
            href: Href::local("/demo/idp/sso/maria?SAMLRequest=x"),
        }];
        let chrome = platform_chrome(self.language);
        self.add("demo_people", &DemoPeople { chrome, choices });
        self.add(
            "form_post_to_service",
            &FormPost {
                chrome: self.chrome(),
                target: FormPostTarget::SignInService,
                redirect_uri: Href::external("https://idp.hospital.example/sso").unwrap(),
                parameters: vec![("SAMLRequest".to_owned(), self.flavour.of("PHNhbWxwOi8+").to_owned())],
            },
        );
        for (name, person) in [
            ("confirm_sign_in", Some("Ada Okafor")),
            ("confirm_sign_in_unnamed", None),
        ] {
            let page = ConfirmSignIn {
                chrome: self.chrome(),
                csrf: csrf("confirm-sign-in"),
                action: Href::local("/northfield/auth/federation/staff/resume?state=wku_example"),
                provider: self.flavour.of("Staff account").to_owned(),
                person: person.map(|person| self.flavour.of(person).to_owned()),
            };
            self.add(name, &page);
        }
    }

    fn add_tests(&mut self) {
        let states = [
            (
                "test_sign_in-ready",
                TestSignInState::Ready {
                    start: Href::local("/northfield/auth/federation/staff/test/wkt_example/start"),
                    minutes: 59,
                },
            ),
            ("test_sign_in-gone", TestSignInState::Gone),
            (
                "test_sign_in-passed",
                TestSignInState::Result(Box::new(trace(self.flavour, self.language, true))),
            ),
            (
                "test_sign_in-refused",
                TestSignInState::Result(Box::new(trace(self.flavour, self.language, false))),
            ),
        ];
        for (name, state) in states {
            let page = TestSignIn {
                chrome: self.chrome(),
                provider: self.flavour.of("Staff account").to_owned(),
                state,
            };
            self.add(name, &page);
        }
    }

    fn add_connected_apps(&mut self) {
        let flavour = self.flavour;
        let app = |name: &str| AppLook {
            name: name.to_owned(),
            publisher: Some(flavour.of("Paediatric Tools Ltd").to_owned()),
            verified: true,
        };
        let item = |name: &str, offline| ConnectedAppItem {
            app: app(name),
            access: vec![ConnectedAccess {
                heading: "See".to_owned(),
                items: vec![flavour.of("Lab results").to_owned(), RIGHT_TO_LEFT.to_owned()],
            }],
            first_allowed: Timestamp::from_seconds(1_790_000_000),
            last_used: NOW,
            offline,
            withdraw: Href::local("/northfield/auth/apps/withdraw/growth-chart"),
        };
        let bare = ConnectedAppItem {
            access: Vec::new(),
            ..item("Shift planner", false)
        };
        let full = vec![item(flavour.of("Growth Chart"), true), bare];
        for (name, apps, withdrawn) in [
            ("connected_apps", full, true),
            ("connected_apps-none", Vec::new(), false),
        ] {
            let several = !apps.is_empty();
            let page = ConnectedApps {
                chrome: self.chrome(),
                person: flavour.of("Dr. Ana Ruiz").to_owned(),
                since: NOW,
                withdrawn,
                apps,
                previous: several.then(|| Href::local("/northfield/auth/apps?page=1")),
                next: several.then(|| Href::local("/northfield/auth/apps?page=3")),
                csrf: csrf("sign-out"),
                sign_out: Href::local("/northfield/auth/sign-out"),
            };
            self.add(name, &page);
        }
        let page = WithdrawApp {
            chrome: self.chrome(),
            csrf: csrf("withdraw"),
            action: Href::local("/northfield/auth/apps/withdraw/growth-chart"),
            app: app(flavour.of("Growth Chart")),
            back: Href::local("/northfield/auth/apps"),
        };
        self.add("withdraw_app", &page);
        self.device();
        let page = WrongUser {
            chrome: self.chrome(),
            person: flavour.of("Dr. Ana Ruiz").to_owned(),
            sign_in: Href::local("/northfield/auth/interact/1/sign-in"),
            csrf: csrf("decline"),
            give_up: Href::local("/northfield/auth/interact/1/decline"),
        };
        self.add("wrong_user", &page);
    }

    #[expect(clippy::too_many_lines, reason = "one sample after another")]
    fn add_account(&mut self) {
        let at = |path: &str| Href::local(&format!("/northfield/auth/account/{path}"));
        let flavour = self.flavour;
        let passkey = |label: &str, last_used| PasskeyItem {
            label: flavour.of(label).to_owned(),
            handle: "handle".to_owned(),
            created: Timestamp::from_seconds(1_790_000_000),
            last_used,
        };
        let security = |full: bool| SecurityFacts {
            emergency: full,
            has_password: true,
            password_changed: full.then_some(NOW),
            change_password: at("password"),
            has_app: full,
            set_up_app: at("authenticator"),
            remove_app: at("authenticator/remove"),
            passkeys: if full {
                vec![passkey("Ward computer", Some(NOW)), passkey("Telephone", None)]
            } else {
                Vec::new()
            },
            add_passkey: Some(at("passkeys")),
            remove_passkey: at("passkeys/remove"),
            recovery_codes: 8,
            new_recovery_codes: at("recovery-codes"),
        };
        let session = |this| SessionItem {
            since: Some(NOW),
            until: NOW,
            this,
        };
        let states = [
            ("account", Some(security(true)), Some(AccountDone::Password)),
            ("account-new", Some(security(false)), None),
            ("account-elsewhere", None, None),
        ];
        for (name, security, done) in states {
            let page = AccountPage {
                chrome: self.chrome(),
                person: flavour.of("Dr. Ana Ruiz").to_owned(),
                csrf: csrf("account"),
                done,
                security,
                provider: flavour.of("Staff account").to_owned(),
                sessions: vec![session(true), session(false)],
                end_sessions: at("sessions"),
                apps: Href::local("/northfield/auth/apps"),
                sign_out: Href::local("/northfield/auth/sign-out"),
                sign_out_csrf: csrf("sign-out"),
            };
            self.add(name, &page);
        }
        for (name, problem) in [
            ("second_factor", None),
            ("second_factor-missing", Some(CodeProblem::Missing)),
            ("second_factor-wrong", Some(CodeProblem::Wrong)),
            ("second_factor-passkey", Some(CodeProblem::Passkey)),
            ("second_factor-many", Some(CodeProblem::TooManyAttempts { minutes: 14 })),
        ] {
            let page = SecondFactor {
                chrome: self.chrome(),
                csrf: csrf("second-factor"),
                action: at("second-factor"),
                has_app: problem != Some(CodeProblem::Passkey),
                has_recovery_codes: problem.is_none(),
                passkey: Some(at("second-factor/passkey")),
                problem,
                start_again: at("sign-in/local"),
            };
            self.add(name, &page);
        }
        for (name, problem) in [
            ("choose_password", None),
            ("choose_password-current", Some(PasswordProblem::WrongCurrent)),
            ("choose_password-short", Some(PasswordProblem::TooShort)),
            ("choose_password-too-long", Some(PasswordProblem::TooLong)),
            ("choose_password-guessable", Some(PasswordProblem::Guessable)),
            (
                "choose_password-many",
                Some(PasswordProblem::TooManyAttempts { minutes: 3 }),
            ),
            ("choose_password-busy", Some(PasswordProblem::Busy)),
        ] {
            let page = ChoosePassword {
                chrome: self.chrome(),
                csrf: csrf("password"),
                action: at("password"),
                username: flavour.of("ana.ruiz").to_owned(),
                asks_current: problem.is_some(),
                least: 15,
                problem,
                back: problem.map(|_| at("")),
            };
            self.add(name, &page);
        }
        for (name, state) in [
            (
                "forgot_password",
                ForgotPasswordState::Form(csrf("forgot"), at("forgot")),
            ),
            ("forgot_password-sent", ForgotPasswordState::Sent),
            ("forgot_password-no-mail", ForgotPasswordState::NoMail),
            (
                "forgot_password-gone",
                ForgotPasswordState::LinkGone(Some(at("forgot"))),
            ),
        ] {
            let page = ForgotPassword {
                chrome: self.chrome(),
                state,
                back: at(""),
            };
            self.add(name, &page);
        }
        for (name, wrong_code) in [("set_up_app", false), ("set_up_app-wrong", true)] {
            let page = SetUpApp {
                chrome: self.chrome(),
                csrf: csrf("authenticator"),
                action: at("authenticator"),
                ceremony: "wky_example".to_owned(),
                picture: QrPicture::new(21, (0..441).map(|index| index % 3 == 0)),
                key: "GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ".to_owned(),
                wrong_code,
                demanded: wrong_code,
                back: at(""),
            };
            self.add(name, &page);
        }
        let codes = vec!["k7wd-2mzx-q4np-8rta".to_owned(); 10];
        for (name, state) in [
            (
                "recovery_codes-question",
                RecoveryCodesState::Question(csrf("recovery"), at("recovery-codes")),
            ),
            ("recovery_codes", RecoveryCodesState::Codes(codes)),
        ] {
            let page = RecoveryCodes {
                chrome: self.chrome(),
                state,
                next: at(""),
            };
            self.add(name, &page);
        }
        for (name, creates, failed) in [
            ("passkey", false, false),
            ("passkey-failed", false, true),
            ("passkey-new", true, false),
        ] {
            let page = PasskeyPage {
                chrome: self.chrome(),
                csrf: csrf("passkey"),
                action: at("passkey"),
                ceremony: "wky_example".to_owned(),
                options: "{\"challenge\":\"AAAA\",\"allowCredentials\":[]}".to_owned(),
                creates,
                failed,
                back: at(""),
            };
            self.add(name, &page);
        }
    }

    fn add_demo(&mut self) {
        let chrome = Chrome {
            language_switch: Some(Href::local("/")),
            ..platform_chrome(self.language)
        };
        let tenants = demo_tenants(self.flavour);
        let hospitals = tenants
            .iter()
            .map(|tenant| SampleHospital {
                slug: "northfield".to_owned(),
                name: tenant.name.clone(),
                fhir_base: tenant.fhir_base.clone(),
                client_id: self.flavour.of("sample-app").to_owned(),
            })
            .collect();
        self.add(
            "demo_home",
            &DemoHome {
                chrome: chrome.clone(),
                tenants,
            },
        );
        self.add_launcher(&chrome);
        let page = SampleApp {
            chrome,
            keyed_client: "sample-app-keyed".to_owned(),
            faults: "http://127.0.0.1:8080/demo/faults/".to_owned(),
            redirect_uri: "http://127.0.0.1:8080/demo/app".to_owned(),
            scope: "openid fhirUser launch/patient patient/Patient.rs offline_access".to_owned(),
            hospitals,
        };
        self.add("sample_app", &page);
    }

    fn add_launcher(&mut self, chrome: &Chrome) {
        let flavour = self.flavour;
        let pair = |value: &str, label: &str| (value.to_owned(), label.to_owned());
        let launch = ReadyLaunch {
            href: Href::local("/demo/app?iss=http%3A%2F%2F127.0.0.1%3A8080%2Fnorthfield%2Ffhir&launch=wkl_1"),
            commands: flavour
                .of("curl -s http://127.0.0.1:8080/northfield/auth/launch")
                .to_owned(),
            answer: "{ \"launch\": \"wkl_1\" }".to_owned(),
            header: vec![flavour.of("Northfield General").to_owned(), RIGHT_TO_LEFT.to_owned()],
        };
        let refused = LaunchOutcome::Refused {
            commands: "curl -s http://127.0.0.1:8080/northfield/auth/launch".to_owned(),
            answer: flavour.of("{ \"error\": \"invalid_request\" }").to_owned(),
        };
        for (name, outcome) in [
            ("demo_launcher", None),
            ("demo_launcher-ready", Some(LaunchOutcome::Ready(launch))),
            ("demo_launcher-refused", Some(refused)),
            (
                "demo_launcher-nobody",
                Some(LaunchOutcome::Impossible(LauncherProblem::NobodyNamed)),
            ),
        ] {
            let page = DemoLauncher {
                chrome: chrome.clone(),
                hospitals: vec![
                    LauncherHospital {
                        name: flavour.of("Northfield General").to_owned(),
                        href: Href::local("/demo/launcher?tenant=northfield"),
                        current: true,
                    },
                    LauncherHospital {
                        name: "Riverside Clinic".to_owned(),
                        href: Href::local("/demo/launcher?tenant=riverside"),
                        current: false,
                    },
                ],
                apps: vec![pair("sample-app", flavour.of("Sample app"))],
                people: vec![pair("ana", "Dr. Ana Ruiz, physician")],
                patients: vec![pair("maria", flavour.of("Maria Lopez, 1984-03-12"))],
                settings: LauncherSettings {
                    tenant: "northfield".to_owned(),
                    patient: "maria".to_owned(),
                    intent: flavour.of("reconcile-medications").to_owned(),
                    fhir_context: "[]".to_owned(),
                    ..LauncherSettings::default()
                },
                outcome,
            };
            self.add(name, &page);
        }
    }
}

/// Every page, in every state, in every language, with each kind of data.
pub(crate) fn all() -> Vec<Sample> {
    let mut samples = Vec::new();
    for language in Language::ALL {
        for flavour in [Flavour::Ordinary, Flavour::Long, Flavour::Hostile] {
            let mut collection = Collection {
                flavour,
                language,
                samples: Vec::new(),
            };
            collection.add_sign_in();
            collection.add_picker();
            collection.add_record_choice();
            collection.add_encounters();
            let page = consent(flavour, collection.chrome());
            collection.add("consent", &page);
            collection.add_endings();
            collection.add_codes();
            collection.add_upstream();
            collection.add_tests();
            collection.add_account();
            collection.add_demo();
            collection.add_console();
            collection.add_operators();
            collection.add_developers();
            samples.append(&mut collection.samples);
        }
    }
    samples
}
