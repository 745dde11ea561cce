//! The demonstration.

use super::*;

pub(super) fn demo_tenants(flavour: Flavour) -> Vec<DemoTenant> {
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

impl Collection {
    pub(super) fn add_demo(&mut self) {
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

    pub(super) fn add_launcher(&mut self, chrome: &Chrome) {
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
