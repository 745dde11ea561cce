//! FHIR servers.

use super::changes::undo_offer;
use super::*;

impl Collection {
    pub(super) fn add_console_fhir_server(&mut self) {
        const BASE: &str = "https://fhir.northfield.example/r4";
        let made = |path: &str| format!("https://auth.example/northfield/auth/{path}");
        let discovery = |asked: &str, name: Option<&str>| DiscoveryRow {
            asked: format!("{asked}/.well-known/smart-configuration"),
            made: name.map(|name| made(&format!("{name}.well-known/smart-configuration"))),
        };
        for name in ["empty", "saved", "doubt", "wrong", "read_only"] {
            let page = ConsoleFhirServer {
                frame: frame(self, Section::FhirServer),
                csrf: csrf("fhir-server"),
                action: at("/fhir-server"),
                may_change: name != "read_only",
                typed: if name == "empty" {
                    String::new()
                } else {
                    self.flavour.of(BASE).to_owned()
                },
                version: "v1".to_owned(),
                default_base: "https://auth.example/northfield/fhir".to_owned(),
                discovery: match name {
                    "empty" => Vec::new(),
                    _ => vec![
                        discovery(BASE, Some("")),
                        discovery("https://research.northfield.example/r4", None),
                    ],
                },
                issuer: made("").trim_end_matches('/').to_owned(),
                jwks: made("jwks"),
                introspection: made("introspect"),
                found: if name == "doubt" {
                    vec![
                        FhirServerRow {
                            good: true,
                            text: format!("{BASE} is {}, FHIR 4.0.1", self.flavour.of("Ward Server")),
                        },
                        FhirServerRow {
                            good: false,
                            text: format!("{BASE}: what it answers is no capability statement"),
                        },
                    ]
                } else {
                    Vec::new()
                },
                asks: name == "doubt",
                fault: (name == "wrong").then(|| {
                    self.flavour
                        .of("fhir.example: a FHIR base must be an absolute URL that begins with https://")
                        .to_owned()
                }),
                saved: name == "saved",
                undone: name == "read_only",
                undo: (name == "saved").then(undo_offer),
            };
            self.add(&format!("console_fhir_server-{name}"), &page);
        }
    }
}
