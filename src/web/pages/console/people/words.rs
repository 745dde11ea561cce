//! Words that the pages about people share.

use crate::web::language::words;

words! {
    /// What is known of a person.
    PersonWords {
        people { "People" "Personas" }
        all_people { "All people" "Todas las personas" }
        name { "Name" "Nombre" }
        username { "User name" "Nombre de usuario" }
        provider { "Signs in through" "Inicia sesión mediante" }
        provider_gone { "A sign-in method that was removed" "Un método de acceso que se eliminó" }
        roles { "Roles here" "Roles aquí" }
        state { "State" "Estado" }
        last_sign_in { "Last sign-in" "Último acceso" }
        never { "Never" "Nunca" }
        active { "Active" "Activa" }
        disabled { "Shut out" "Sin acceso" }
        locked { "Has to wait" "Debe esperar" }
        email { "E-mail" "Correo electrónico" }
        fhir_user { "FHIR resource" "Recurso FHIR" }
        npi { "NPI" "NPI" }
    }
}
