//! Launches that are tried.

use super::*;

impl Collection {
    pub(super) fn add_console_launch(&mut self) {
        let forecast = |end: ForecastEnd, withheld: bool| Forecast {
            asks_consent: withheld,
            audience: "https://fhir.northfield.example/r4".to_owned(),
            granted: if end == ForecastEnd::Granted {
                vec!["openid".to_owned(), "patient/*.rs".to_owned()]
            } else {
                Vec::new()
            },
            withheld: if withheld {
                let row = |left: &[&str]| WithheldRow {
                    scope: "patient/*.cruds".to_owned(),
                    left: left.iter().map(|scope| (*scope).to_owned()).collect(),
                    because: self.flavour.of("the app is not registered for it").to_owned(),
                    change: "widen it for all apps: wardkey tenant set --tenant northfield scope_ceiling=..."
                        .to_owned(),
                };
                vec![row(&["patient/*.rs"]), row(&[])]
            } else {
                Vec::new()
            },
            response: (end == ForecastEnd::Granted)
                .then(|| format!("{{ \"patient\": \"{}\" }}", self.flavour.of("p1"))),
            access_token: (end == ForecastEnd::Granted).then(|| "{}".to_owned()),
            id_token: (end == ForecastEnd::Granted).then(|| "{}".to_owned()),
            end,
        };
        let refused = ForecastEnd::Refused {
            error: "access_denied".to_owned(),
            description: self
                .flavour
                .of("This app is not for the roles that this user has here.")
                .to_owned(),
        };
        let pages = [
            ("new", None, false),
            ("granted", Some(forecast(ForecastEnd::Granted, true)), false),
            ("granted_all", Some(forecast(ForecastEnd::Granted, false)), false),
            ("patient", Some(forecast(ForecastEnd::ChoosePatient, false)), false),
            ("encounter", Some(forecast(ForecastEnd::ChooseEncounter, false)), false),
            ("refused", Some(forecast(refused, true)), false),
            ("wrong", None, true),
        ];
        for (name, forecast, wrong) in pages {
            let members = [
                "app",
                "fhir_user",
                "own_record",
                "roles",
                "patient",
                "encounter",
                "intent",
                "scope",
                "else",
            ];
            let faults = members.map(|member| FieldFault {
                member: member.to_owned(),
                problem: self.flavour.of("must be a FHIR resource type").to_owned(),
            });
            let page = ConsoleLaunch {
                frame: frame(self, Section::Launch),
                csrf: csrf("launch"),
                action: at("/launch"),
                start: at("/launch/start"),
                apps: vec![("growth-chart".to_owned(), self.flavour.of("Growth Chart").to_owned())],
                values: LaunchValues {
                    app: "growth-chart".to_owned(),
                    standalone: name == "patient",
                    fhir_user: "Practitioner/example".to_owned(),
                    roles: self.flavour.of("nurse").to_owned(),
                    ..LaunchValues::default()
                },
                forecast,
                faults: if wrong { faults.to_vec() } else { Vec::new() },
            };
            self.add(&format!("console_launch-{name}"), &page);
        }
        for (name, open) in [("url", true), ("by_hand", false)] {
            let page = ConsoleLaunchReady {
                frame: frame(self, Section::Launch),
                back: at("/launch?app=growth-chart"),
                name: self.flavour.of("Growth Chart").to_owned(),
                app: at("/apps/growth-chart"),
                open: open.then(|| Href::external("https://growth.example/launch?launch=x").unwrap()),
                handle: Secret::new("wkl_sample".to_owned()),
                minutes: 5,
                patient: open.then(|| self.flavour.of("pat-1").to_owned()),
                events: open.then(|| at("/activity?app=growth-chart")),
            };
            self.add(&format!("console_launch_ready-{name}"), &page);
        }
    }
}
