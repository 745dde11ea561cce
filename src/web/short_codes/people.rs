//! Codes about what people decided, or have to decide.

use super::short_codes;

short_codes! {
    "People's decisions" "Decisiones de las personas"
    "login_required" {
        "The app asked for no page (prompt=none), and the user has to sign in."
        "La aplicación pidió no mostrar páginas (prompt=none) y el usuario debe iniciar sesión."
        "Ask again without prompt=none."
        "Repita la petición sin prompt=none."
    }
    "consent_required" {
        "The app asked for no page (prompt=none), and the user has not yet allowed this access."
        "La aplicación pidió no mostrar páginas (prompt=none) y el usuario aún no ha permitido este acceso."
        "Ask again without prompt=none."
        "Repita la petición sin prompt=none."
    }
    "interaction_required" {
        "The app asked for no page (prompt=none), and the user has to choose a patient or an encounter."
        "La aplicación pidió no mostrar páginas (prompt=none) y el usuario debe elegir un paciente o un encuentro."
        "Ask again without prompt=none."
        "Repita la petición sin prompt=none."
    }
    "consent_denied" {
        "The user did not allow the access."
        "El usuario no permitió el acceso."
        "Respect the decision; the app can explain why it needs the access and ask later."
        "Respete la decisión; la aplicación puede explicar por qué necesita el acceso y pedirlo más tarde."
    }
    "nothing_selected" {
        "The user left out all of the access."
        "El usuario descartó todo el acceso."
        "Respect the decision; the app can explain why it needs the access and ask later."
        "Respete la decisión; la aplicación puede explicar por qué necesita el acceso y pedirlo más tarde."
    }
    "nothing_grantable" {
        "Nothing of the scope can be granted for this user: their role allows none of it."
        "No se puede conceder nada del scope a este usuario: su función no permite nada de ello."
        "Ask the tenant's administrator about the user's role, or sign in as somebody else."
        "Pregunte por la función del usuario a quien administra la organización, o entre con otra cuenta."
    }
    "no_patient" {
        "The app needs a patient's record, and there is none that this user may open."
        "La aplicación necesita la historia de un paciente y no hay ninguna que este usuario pueda abrir."
        "Have the account linked to a record, or open the app from a patient's record."
        "Pida que vinculen la cuenta a una historia, o abra la aplicación desde la historia de un paciente."
    }
    "role_not_admitted" {
        "The tenant lets only holders of certain roles use this app, and the user has none of them."
        "La organización solo deja usar esta aplicación a quienes tienen ciertas funciones, y el usuario no tiene ninguna de ellas."
        "Ask the tenant's administrator which roles the app is approved for, or sign in with another account."
        "Pregunte a quien administra la organización para qué funciones está aprobada la aplicación, o entre con otra cuenta."
    }
    "no_patient_chosen" {
        "The user chose no patient."
        "El usuario no eligió ningún paciente."
        "Start again and choose one."
        "Empiece de nuevo y elija uno."
    }
    "launched_for_another" {
        "The EHR opened the app for another user than the one who is signed in."
        "La historia clínica abrió la aplicación para otro usuario distinto del que ha iniciado sesión."
        "Open the app again from the EHR, and sign in as the user of the EHR."
        "Abra de nuevo la aplicación desde la historia clínica y entre como su usuario."
    }
    "picker_answer_unasked" {
        "A patient picker answered, and nobody had been sent there in this sign-in."
        "Un selector de pacientes respondió y nadie había sido enviado allí en este inicio de sesión."
        "Choose the patient again from the sign-in page."
        "Elija de nuevo el paciente desde la página de inicio de sesión."
    }
    "picker_answer_of_another_request" {
        "The patient picker's answer belongs to another request or user, or is too old."
        "La respuesta del selector de pacientes es de otra petición o usuario, o es demasiado antigua."
        "Choose the patient again."
        "Elija de nuevo el paciente."
    }
    "picker_answer_unverified" {
        "The patient picker's answer could not be verified."
        "No se pudo verificar la respuesta del selector de pacientes."
        "The administrator finds the failed check in the log; compare the picker's keys and settings."
        "El fallo exacto está en el registro del servidor; compare las claves y los ajustes del selector."
    }
    "picker_answer_without_patient" {
        "The patient picker's answer names no patient."
        "La respuesta del selector de pacientes no nombra ningún paciente."
        "Choose a patient; if it happens again, look at what the picker sends."
        "Elija un paciente; si se repite, revise lo que envía el selector."
    }
}
