//! The FHIR servers of a tenant, and what each has to be told.

use super::changes::UndoOffer;
use super::frame::ConsoleFrame;
use crate::web::language::words;
use crate::web::{Chrome, Csrf, Href, Page};
use askama::Template;

/// The form, and the addresses that whoever runs the FHIR server needs. Posts `csrf`, `version`, `fhir_bases` with an address on each line,
/// and `act`: `save`, `check` or `anyway`.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/console/fhir_server.html")]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub struct ConsoleFhirServer {
    /// Navigation and the rest.
    pub frame: ConsoleFrame,
    /// Protects the form.
    pub csrf: Csrf,
    /// Where it goes.
    pub action: Href,
    /// Whether this person may change it.
    pub may_change: bool,
    /// The addresses as they were typed, or as they are.
    pub typed: String,
    /// The version of the addresses that are changed.
    pub version: String,
    /// What tokens are for when no address is named.
    pub default_base: String,
    /// Where the discovery document of each server belongs.
    pub discovery: Vec<DiscoveryRow>,
    /// The tenant's issuer.
    pub issuer: String,
    /// Its public keys.
    pub jwks: String,
    /// Where a FHIR server asks about a token.
    pub introspection: String,
    /// What became of asking the servers.
    pub found: Vec<FhirServerRow>,
    /// Whether it is asked if that shall be saved all the same.
    pub asks: bool,
    /// What is wrong with what was typed.
    pub fault: Option<String>,
    /// Whether it was just saved.
    pub saved: bool,
    /// Whether a change was just taken back.
    pub undone: bool,
    /// Taking back what was just saved.
    pub undo: Option<UndoOffer>,
}

/// Where a server's discovery document belongs, and where it is made.
#[derive(Clone, Debug)]
pub struct DiscoveryRow {
    /// Where apps ask for it: at the FHIR server.
    pub asked: String,
    /// Where it is made; none for a further server that has no name.
    pub made: Option<String>,
}

/// What became of asking a server.
#[derive(Clone, Debug)]
pub struct FhirServerRow {
    /// Whether it is one.
    pub good: bool,
    /// Administration's words.
    pub text: String,
}

words! {
    /// This page's words.
    FhirServerWords {
        title { "FHIR server" "Servidor FHIR" }
        lead {
            "Where your patients' data is. Apps name this address when they ask for access, and what they get works there and nowhere else."
            "Dónde están los datos de sus pacientes. Las aplicaciones nombran esta dirección al pedir acceso, y lo que obtienen solo sirve allí."
        }
        saved { "Saved. Apps can name these addresses from now on." "Guardado. Las aplicaciones ya pueden nombrar estas direcciones." }
        undone { "The change was taken back." "El cambio se ha deshecho." }
        wrong { "It was not saved" "No se guardó" }
        addresses { "Addresses, one on each line" "Direcciones, una por línea" }
        addresses_hint(default: &str) {
            "The address below which /metadata answers, such as https://fhir.hospital.example/r4. The first one is meant when nothing else is said. Without any, access is for {default}."
            "La dirección bajo la que responde /metadata, por ejemplo https://fhir.hospital.example/r4. La primera es la que vale si no se dice otra cosa. Sin ninguna, el acceso es para {default}."
        }
        none { "None is named." "No se ha nombrado ninguno." }
        read_only { "Your role may look at this, not change it." "Su función permite verlo, no cambiarlo." }
        found { "What the servers answered" "Lo que respondieron los servidores" }
        doubt {
            "Nothing is saved yet. If the address is right and only cannot be reached from here, save it all the same."
            "Todavía no se ha guardado nada. Si la dirección es correcta y solo es que no se alcanza desde aquí, guárdela de todos modos."
        }
        good { "Answers" "Responde" }
        bad { "Look at this" "Revise esto" }
        save { "Ask, and save" "Preguntar y guardar" }
        check { "Only ask" "Solo preguntar" }
        anyway { "Save all the same" "Guardar de todos modos" }
        set_up { "For whoever runs the FHIR server" "Para quien administra el servidor FHIR" }
        set_up_text {
            "Apps begin by asking the FHIR server where to sign people in. Let it answer at the first address with what stands at the second. Pass it on; do not redirect."
            "Las aplicaciones empiezan preguntando al servidor FHIR dónde se inicia sesión. Haga que responda en la primera dirección con lo que hay en la segunda. Reenvíelo; no redirija."
        }
        asked { "Apps ask" "Las aplicaciones preguntan en" }
        made { "It is made at" "Se genera en" }
        unnamed {
            "Give this server a name in the settings (fhir_servers), so that it has a document of its own."
            "Dé un nombre a este servidor en la configuración (fhir_servers) para que tenga su propio documento."
        }
        tokens { "To check access tokens" "Para comprobar los tokens de acceso" }
        issuer { "Issuer" "Emisor" }
        jwks { "Public keys" "Claves públicas" }
        introspection { "Introspection" "Introspección" }
    }
}

impl ConsoleFhirServer {
    const fn words(&self) -> FhirServerWords {
        FhirServerWords(self.frame.chrome.language)
    }

    fn lines(&self) -> impl Iterator<Item = &str> {
        self.typed.lines().filter(|line| !line.is_empty())
    }
}

impl Page for ConsoleFhirServer {
    fn chrome(&self) -> &Chrome {
        &self.frame.chrome
    }
}
