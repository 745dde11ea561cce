//! What happened, in words: the names of audit events as people say them.

use crate::web::Language;
use crate::web::language::words;

words! {
    /// The events.
    EventWords {
        signed_in { "Somebody signed in" "Alguien inició sesión" }
        sign_in_refused { "A sign-in was refused" "Se rechazó un inicio de sesión" }
        app_allowed { "An app was given access" "Se dio acceso a una aplicación" }
        app_refused { "An app was refused access" "Se negó el acceso a una aplicación" }
        tokens { "An app got tokens" "Una aplicación obtuvo tokens" }
        token_revoked { "A token was revoked" "Se revocó un token" }
        replayed { "A used code or token came again" "Se repitió un código o token ya usado" }
        session_ended { "A session ended" "Terminó una sesión" }
        withdrawn { "Access of an app was withdrawn" "Se retiró el acceso de una aplicación" }
        patient_refused { "A patient could not be chosen" "No se pudo elegir a un paciente" }
        launch { "A launch was registered or removed" "Se registró o eliminó un lanzamiento" }
        client_saved { "An app was registered or changed" "Se registró o modificó una aplicación" }
        client_status { "An app was approved or switched off" "Se aprobó o desactivó una aplicación" }
        client_deleted { "An app was deleted" "Se eliminó una aplicación" }
        secret { "An app got a new secret" "Una aplicación recibió un nuevo secreto" }
        registration_token { "A registration token was made or removed" "Se creó o eliminó un token de registro" }
        provider_saved { "A sign-in method was changed" "Se modificó un método de acceso" }
        provider_deleted { "A sign-in method was removed" "Se eliminó un método de acceso" }
        provider_keys { "Keys of a sign-in method were renewed" "Se renovaron las claves de un método de acceso" }
        user_saved { "A person's account was changed" "Se modificó la cuenta de una persona" }
        user_deleted { "A person was deleted" "Se eliminó a una persona" }
        role_assigned { "A role was given" "Se asignó un rol" }
        role_withdrawn { "A role was taken" "Se retiró un rol" }
        settings { "Settings were changed" "Se cambiaron los ajustes" }
        keys { "Signing keys were rotated" "Se rotaron las claves de firma" }
        tenant { "The hospital's contract or state was changed" "Se cambió el contrato o el estado del hospital" }
        operator { "An operator of the platform entered" "Entró personal de la plataforma" }
        console { "Somebody entered this console" "Alguien entró en esta consola" }
        provider_switched { "A sign-in method was switched on or off" "Se activó o desactivó un método de acceso" }
        provider_tested { "A sign-in was tried out" "Se probó un inicio de sesión" }
        provider_trouble { "A sign-in service's data could not be fetched" "No se pudieron obtener los datos de un servicio de acceso" }
        provider_recovered { "A sign-in service's data came again" "Volvieron a llegar los datos de un servicio de acceso" }
        provider_notice { "A certificate or key will end soon" "Un certificado o una clave caduca pronto" }
        provider_former_key {
            "A sign-in service does not know our new key yet and took the one before"
            "Un servicio de acceso aún no conoce nuestra clave nueva y aceptó la anterior"
        }
        provider_changed { "A sign-in service has new keys" "Un servicio de acceso tiene claves nuevas" }
        revealed { "Values of a recorded sign-in were shown" "Se mostraron los valores de un acceso registrado" }
        setup_link { "A setup link was made, opened or revoked" "Se creó, abrió o revocó un enlace de configuración" }
        provisioning { "The directory changed users or groups" "El directorio modificó usuarios o grupos" }
        provisioning_token { "A directory's token was made or removed" "Se creó o eliminó el token de un directorio" }
        user_viewed { "Names of people were looked at" "Se vieron nombres de personas" }
        unlocked { "Somebody was let try again" "Se permitió a alguien intentarlo de nuevo" }
        user_list { "The list of users and their records was changed" "Se modificó la lista de usuarios y sus fichas" }
        taken_over { "An account moved to another sign-in method" "Una cuenta pasó a otro método de acceso" }
        link_made { "A link to choose a password was made" "Se creó un enlace para elegir una contraseña" }
        emergency_named { "An emergency account was named or withdrawn" "Se designó o retiró una cuenta de emergencia" }
        emergency_used { "An emergency account was used" "Se usó una cuenta de emergencia" }
        recovery_code { "Somebody signed in with a recovery code" "Alguien inició sesión con un código de recuperación" }
        registered { "An app registered itself" "Una aplicación se registró" }
        factors_removed { "A person's second factors were removed" "Se quitaron los segundos factores de una persona" }
        directory_app { "An app of the platform's directory was approved or changed" "Se aprobó o modificó una aplicación del directorio" }
        account { "Somebody changed how they sign in" "Alguien cambió su forma de acceso" }
    }
}

words! {
    /// The table of the newest events, `templates/components/event_rows.html`.
    EventRowWords {
        when { "When" "Cuándo" }
        what { "What" "Qué" }
        about { "About" "Sobre" }
        outcome { "Outcome" "Resultado" }
        succeeded { "Done" "Hecho" }
    }
}

/// The words of that table.
pub(in crate::web) const fn event_row_words(language: Language) -> EventRowWords {
    EventRowWords(language)
}

/// An event's name in words; the name itself for one that has none yet.
pub(super) fn event_in_words(event: &str, language: Language) -> Option<&'static str> {
    let words = EventWords(language);
    Some(match event {
        "sign_in.completed" | "sign_in.asserted" => words.signed_in(),
        "sign_in.refused" | "passkey.refused" => words.sign_in_refused(),
        "authorization.granted" => words.app_allowed(),
        "authorization.refused" => words.app_refused(),
        "token.issued" => words.tokens(),
        "token.revoked" => words.token_revoked(),
        "token.code_replayed" | "token.refresh_replayed" => words.replayed(),
        "session.ended" | "user.signed_out" => words.session_ended(),
        "access.withdrawn" | "consent.withdrawn" => words.withdrawn(),
        "patient_choice.refused" => words.patient_refused(),
        "launch.registered" | "launch.deleted" => words.launch(),
        "client.saved" | "client.restored" => words.client_saved(),
        "client.registered" | "client.registration_replaced" => words.registered(),
        "client.status_changed" => words.client_status(),
        "client.deleted" => words.client_deleted(),
        "client.secret_rotated" => words.secret(),
        "registration_token.created" | "registration_token.deleted" => words.registration_token(),
        "identity_provider.saved" | "identity_provider.restored" => words.provider_saved(),
        "identity_provider.deleted" => words.provider_deleted(),
        "identity_provider.switched_on" | "identity_provider.switched_off" => words.provider_switched(),
        "identity_provider.tested" | "identity_provider.test_created" => words.provider_tested(),
        "identity_provider.test_revealed" | "sign_in_trace.revealed" => words.revealed(),
        "identity_provider.fetch_failed" => words.provider_trouble(),
        "identity_provider.fetch_recovered" => words.provider_recovered(),
        "identity_provider.provider_keys_changed" => words.provider_changed(),
        "identity_provider.notice" => words.provider_notice(),
        "identity_provider.former_key_used" => words.provider_former_key(),
        "identity_provider.keys_rolled"
        | "identity_provider.keys_published"
        | "identity_provider.keys_switched"
        | "identity_provider.keys_removed"
        | "identity_provider.key_switch_planned" => words.provider_keys(),
        "setup_link.created" | "setup_link.opened" | "setup_link.revoked" => words.setup_link(),
        "user.deprovisioned" | "group.saved" | "group.deleted" => words.provisioning(),
        "scim_token.created" | "scim_token.deleted" => words.provisioning_token(),
        "fhir_users.changed" => words.user_list(),
        "account.taken_over" => words.taken_over(),
        "account.link_made" => words.link_made(),
        "break_glass.changed" => words.emergency_named(),
        "break_glass.used" => words.emergency_used(),
        "recovery_code.used" => words.recovery_code(),
        "second_factors.removed" => words.factors_removed(),
        "directory_app.approved"
        | "directory_app.changed"
        | "directory_app.published"
        | "directory_app.rejected"
        | "directory_app.withdrawn" => words.directory_app(),
        "user.viewed" | "users.searched" => words.user_viewed(),
        "user.unlocked" => words.unlocked(),
        "user.saved" | "user.disabled" | "user.enabled" => words.user_saved(),
        "user.deleted" => words.user_deleted(),
        "role.assigned" => words.role_assigned(),
        "role.withdrawn" => words.role_withdrawn(),
        "settings.changed" | "brands.published" | "patient_directory.secret_changed" => words.settings(),
        "signing_keys.rotated" => words.keys(),
        "operator.entered" => words.operator(),
        "console.entered" => words.console(),
        other if other.starts_with("tenant.") => words.tenant(),
        "invitation.accepted" => words.account(),
        other
            if ["account.", "recovery_codes.", "authenticator.", "passkey.", "password."]
                .iter()
                .any(|of_people| other.starts_with(of_people)) =>
        {
            words.account()
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    /// What stands before the dot in events' names.
    const FAMILIES: &str = "sign_in authorization token session access consent patient_choice launch client \
        registration_token identity_provider sign_in_trace setup_link user users group scim_token fhir_users account \
        break_glass second_factors directory_app role settings brands patient_directory signing_keys operator console \
        tenant invitation recovery_code recovery_codes authenticator passkey password";

    /// The names of events that stand in a folder's sources.
    fn named(folder: &Path, found: &mut Vec<String>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                named(&path, found);
            } else if path.extension().is_some_and(|kind| kind == "rs") && !path.ends_with("tests.rs") {
                let text = std::fs::read_to_string(&path).unwrap();
                let name = |text: &&str| {
                    let (family, rest) = text.split_once('.')?;
                    let plain = rest.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
                    let known = FAMILIES.split_whitespace().any(|known| known == family);
                    (known && plain && !rest.is_empty()).then_some(())
                };
                let literals = text.split('"').filter(|text| name(text).is_some());
                found.extend(literals.map(str::to_owned));
            }
        }
    }

    #[test]
    fn every_event_has_words() {
        let mut found = Vec::new();
        for room in [
            "console",
            "control",
            "federation",
            "interaction",
            "issuer",
            "scim",
            "session",
        ] {
            named(
                &Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(room),
                &mut found,
            );
        }
        // A member of the settings.
        found.retain(|name| name != "settings.display_name");
        assert!(found.len() > 80, "{}", found.len());
        let without: Vec<_> = found
            .iter()
            .filter(|name| event_in_words(name, Language::Spanish).is_none())
            .collect();
        assert!(without.is_empty(), "{without:?}");
    }
}
