//! The roles of administration, in words.

use crate::web::Language;
use crate::web::language::words;

words! {
    /// The roles.
    RoleWords {
        platform_operator { "Platform operator" "Operación de la plataforma" }
        platform_auditor { "Platform auditor" "Auditoría de la plataforma" }
        platform_support { "Platform support" "Soporte de la plataforma" }
        owner { "Owner" "Responsable" }
        identity_admin { "Identity administrator" "Administración de identidades" }
        app_admin { "App administrator" "Administración de aplicaciones" }
        auditor { "Auditor" "Auditoría" }
        help_desk { "Help desk" "Soporte a usuarios" }
        other { "Another role" "Otro rol" }
    }
}

/// A role by the name that the API has for it, in words.
pub(super) fn role_in_words(role: &str, language: Language) -> &'static str {
    let words = RoleWords(language);
    match role {
        "platform_operator" => words.platform_operator(),
        "platform_auditor" => words.platform_auditor(),
        "platform_support" => words.platform_support(),
        "owner" => words.owner(),
        "identity_admin" => words.identity_admin(),
        "app_admin" => words.app_admin(),
        "auditor" => words.auditor(),
        "help_desk" => words.help_desk(),
        _ => words.other(),
    }
}
