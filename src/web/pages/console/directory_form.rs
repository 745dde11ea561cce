//! The form in which an app is described for the platform's catalogue, by an operator or by its developer.

use super::app_form::FieldFault;
use crate::web::Language;
use crate::web::language::words;

/// What is said of an app.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DirectoryFields {
    /// The client id.
    pub client_id: String,
    /// The name users see.
    pub name: String,
    /// What it is for.
    pub summary: String,
    /// What sort of app: `browser`, `web`, `keys` or `backend`.
    pub kind: String,
    /// Redirect URIs, one in each line.
    pub redirect_uris: String,
    /// Where an EHR opens it.
    pub launch_uri: String,
    /// Where its keys are.
    pub jwks_uri: String,
    /// The scope.
    pub scope: String,
}

/// The form.
#[derive(Clone, Debug)]
pub struct DirectoryForm {
    /// What was said, or typed.
    pub fields: DirectoryFields,
    /// What is wrong with it.
    pub faults: Vec<FieldFault>,
    /// Whether the client id stays as it is.
    pub fixed_id: bool,
}

words! {
    /// The form's words.
    DirectoryFormWords {
        wrong { "Something has to be mended" "Hay algo que corregir" }
        client_id { "Client id" "Identificador de cliente" }
        client_id_hint { "The same at every hospital. It never changes." "El mismo en todos los hospitales. Nunca cambia." }
        name { "Name that users see" "Nombre que ven las personas" }
        summary { "What it is for" "Para qué sirve" }
        summary_hint { "A sentence or two for hospitals, who decide by it." "Una o dos frases para los hospitales, que deciden con ellas." }
        kind { "Sort of app" "Tipo de aplicación" }
        browser { "In the browser or on a device: it can keep no secret" "En el navegador o en un dispositivo: no puede guardar un secreto" }
        web { "With a server, and a secret that each hospital hands out" "Con servidor y un secreto que entrega cada hospital" }
        keys { "With a server and keys of its own" "Con servidor y claves propias" }
        backend { "A service without users, with keys of its own" "Un servicio sin usuarios, con claves propias" }
        redirect_uris { "Redirect addresses" "Direcciones de retorno" }
        redirect_hint { "One in each line, exactly as the app sends them. None for a service." "Una por línea, exactamente como las envía la aplicación. Ninguna para un servicio." }
        launch_uri { "Launch address" "Dirección de lanzamiento" }
        launch_hint { "Where an EHR opens it. May stay empty." "Donde la abre la historia clínica. Puede quedar vacía." }
        jwks_uri { "Address of its keys (JWKS)" "Dirección de sus claves (JWKS)" }
        jwks_hint { "For apps with keys of their own." "Para aplicaciones con claves propias." }
        scope { "Scope" "Alcance" }
        scope_hint { "All that it may ever ask for. A hospital can allow less." "Todo lo que podrá pedir. Un hospital puede permitir menos." }
    }
}

impl DirectoryForm {
    pub(in crate::web) const fn words(language: Language) -> DirectoryFormWords {
        DirectoryFormWords(language)
    }

    pub(in crate::web) fn kinds(&self, language: Language) -> [(&'static str, &'static str, bool); 4] {
        let words = DirectoryFormWords(language);
        [
            ("browser", words.browser()),
            ("web", words.web()),
            ("keys", words.keys()),
            ("backend", words.backend()),
        ]
        .map(|(kind, label)| {
            let chosen = self.fields.kind == kind || (self.fields.kind.is_empty() && kind == "browser");
            (kind, label, chosen)
        })
    }

    /// The field that a member of the metadata is typed into.
    fn field_of(member: &str) -> &str {
        match member.strip_prefix("registration.").unwrap_or(member) {
            "client_name" => "name",
            "redirect_uris" => "redirect_uris",
            "launch_uris" => "launch_uri",
            "jwks_uri" | "jwks" => "jwks_uri",
            "scope" => "scope",
            "summary" => "summary",
            "client_id" => "client_id",
            _ => "kind",
        }
    }

    pub(in crate::web) fn listed(&self) -> Vec<(&str, String)> {
        self.faults
            .iter()
            .map(|fault| {
                let text = format!("{}: {}", fault.member, fault.problem);
                (Self::field_of(&fault.member), text)
            })
            .collect()
    }

    pub(in crate::web) fn is_wrong(&self, field: &str) -> bool {
        self.faults.iter().any(|fault| Self::field_of(&fault.member) == field)
    }
}
