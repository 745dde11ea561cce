//! What apps ask for, and what they were allowed.

use super::*;

pub(super) fn item(words: &str, technical: &[&str]) -> ConsentItem {
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

pub(super) fn kinds(words: &[&str]) -> Vec<ConsentKind> {
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
pub(super) fn consent_groups(flavour: Flavour, language: Language) -> Vec<ConsentGroup> {
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

pub(super) fn consent(flavour: Flavour, chrome: Chrome) -> Consent {
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

impl Collection {
    pub(super) fn add_connected_apps(&mut self) {
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
            servers: vec![ConsentServer {
                address: "https://fhir.northfield.test/r4".to_owned(),
                allowed: vec![flavour.of("See: Lab results").to_owned()],
            }],
            first_allowed: Timestamp::from_seconds(1_790_000_000),
            last_used: NOW,
            offline,
            withdraw: Href::local("/northfield/auth/apps/withdraw/growth-chart"),
        };
        let bare = ConnectedAppItem {
            access: Vec::new(),
            servers: Vec::new(),
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
}
