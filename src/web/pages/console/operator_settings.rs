//! The platform's own settings, and what this process was configured with.

use super::frame::ConsoleFrame;
use crate::web::language::words;
use crate::web::{Chrome, Csrf, Href, Page};
use askama::Template;

/// The page.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/console/operator_settings.html")]
pub struct OperatorSettings {
    /// Navigation and the rest.
    pub frame: ConsoleFrame,
    /// Protects the form.
    pub csrf: Csrf,
    /// Where it goes.
    pub action: Href,
    /// Whether the one who looks may change something.
    pub may_change: bool,
    /// What is set, or was typed.
    pub typed: TypedSettings,
    /// What is wrong: the field, and administration's words for it.
    pub problem: Option<(String, String)>,
    /// Whether something was changed just now, and what was set before: it can be undone.
    pub before: Option<TypedSettings>,
    /// The public address.
    pub public_url: String,
    /// The address for clients with certificates, if there is one.
    pub mtls_url: Option<String>,
    /// The platform's issuer.
    pub issuer: String,
    /// The program's version.
    pub version: &'static str,
    /// Whether tenants share a `PostgreSQL` server; else a file.
    pub postgres: bool,
    /// Whether operators need a second factor. They always do; an old setting may say otherwise.
    pub second_factor: bool,
}

/// What can be set.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TypedSettings {
    /// What the platform is called on its pages.
    pub display_name: String,
    /// Whom to ask.
    pub help_contact: String,
    /// Where it says what is done with data.
    pub privacy_url: String,
}

words! {
    /// This page's words.
    SettingsWords {
        title { "Settings" "Ajustes" }
        pages { "The platform's pages" "Las páginas de la plataforma" }
        pages_text {
            "What operators and developers see. Each tenant has a name, a contact and looks of its own."
            "Lo que ven el personal y quienes desarrollan. Cada organización tiene su nombre, contacto e imagen."
        }
        name { "Name" "Nombre" }
        help { "Whom to ask when something does not work" "A quién preguntar cuando algo no funciona" }
        help_hint { "A telephone number or an address, as people write it." "Un teléfono o una dirección, tal como se escribe." }
        privacy { "Address of the privacy notice" "Dirección del aviso de privacidad" }
        privacy_hint { "Begins with https://. May stay empty." "Empieza por https://. Puede quedar vacía." }
        save { "Save" "Guardar" }
        saved { "Saved." "Guardado." }
        undo { "Undo" "Deshacer" }
        problem { "It was not saved" "No se guardó" }
        sign_in { "Sign-in of operators" "Acceso del personal" }
        second_factor {
            "A password alone opens nothing here: a passkey or an authenticator app is asked for each time, and set up with the first sign-in."
            "Una contraseña sola no abre nada aquí: se pide cada vez una llave de acceso o una aplicación de códigos, que se configura en el primer acceso."
        }
        weak {
            "The sign-in form does not ask for a second factor at present. Whoever has none is refused at this console all the same."
            "El formulario de acceso no pide ahora un segundo factor. Quien no lo use será rechazado igualmente en esta consola."
        }
        issuer { "Issuer" "Emisor" }
        process { "This installation" "Esta instalación" }
        process_text {
            "Set in the configuration file and read when a node starts; it cannot be changed here."
            "Se define en el archivo de configuración y se lee al arrancar un nodo; aquí no se puede cambiar."
        }
        public_url { "Public address" "Dirección pública" }
        mtls_url { "Address for clients with certificates" "Dirección para clientes con certificado" }
        no_mtls { "None" "Ninguna" }
        version { "Version" "Versión" }
        database { "Database" "Base de datos" }
        postgres { "PostgreSQL" "PostgreSQL" }
        sqlite { "SQLite, in files" "SQLite, en archivos" }
        read_only { "Your role lets you see this, not change it." "Su rol le permite verlo, no cambiarlo." }
    }
}

impl OperatorSettings {
    const fn words(&self) -> SettingsWords {
        SettingsWords(self.frame.chrome.language)
    }

    /// A field as the form calls it.
    fn label_of(&self, field: &str) -> &'static str {
        let words = self.words();
        match field {
            "help_contact" => words.help(),
            "privacy_url" => words.privacy(),
            _ => words.name(),
        }
    }

    fn is_wrong(&self, field: &str) -> bool {
        self.problem.as_ref().is_some_and(|(wrong, _)| wrong == field)
    }
}

impl Page for OperatorSettings {
    fn chrome(&self) -> &Chrome {
        &self.frame.chrome
    }
}
