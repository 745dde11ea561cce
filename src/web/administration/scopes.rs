//! Why a scope is withheld, and how to have it granted; what was done and what not when a tenant was made.

use super::sentences;

sentences! {
    scope_unknown { "it is not a scope that this server understands" "no es un alcance que este servidor entienda" }
    scope_version {
        "this organisation understands scopes of SMART version 2 only"
        "esta organización solo entiende alcances de la versión 2 de SMART"
    }
    scope_parameter {
        "this organisation does not offer the search parameter that restricts it"
        "esta organización no ofrece el parámetro de búsqueda que lo restringe"
    }
    scope_client_ceiling { "the app is not registered for it" "la aplicación no está registrada para él" }
    scope_tenant_ceiling { "this organisation does not allow it" "esta organización no lo permite" }
    scope_compliance {
        "a compliance rule of this organisation forbids it"
        "una norma de cumplimiento de esta organización lo prohíbe"
    }
    scope_user { "the user's roles do not allow it" "los roles de la persona no lo permiten" }
    scope_no_fhir_user { "the user has no FHIR resource" "la persona no tiene recurso FHIR" }
    scope_no_openid { "it needs the scope openid" "necesita el alcance openid" }
    scope_no_patient { "no patient is in context" "no hay ningún paciente en contexto" }
    scope_no_encounter { "no encounter was chosen" "no se eligió ningún encuentro" }
    scope_not_launched { "no EHR launched the app" "ninguna historia clínica lanzó la aplicación" }
    scope_consent { "the user did not agree to it" "la persona no lo aceptó" }
    scope_grant_type { "this kind of request cannot have it" "este tipo de petición no puede tenerlo" }
    scope_offline {
        "offline_access was granted, which lasts longer"
        "se concedió offline_access, que dura más"
    }
    scope_original_grant { "it is beyond the original grant" "va más allá de lo concedido al principio" }
    mend_unknown {
        "the app asks for a scope of SMART App Launch or OpenID Connect"
        "la aplicación pide un alcance de SMART App Launch u OpenID Connect"
    }
    mend_parameter {
        "if the FHIR server can enforce it, add the parameter: wardkey tenant set --tenant {0} granular_parameters=..."
        "si el servidor FHIR puede hacerlo cumplir, añada el parámetro: wardkey tenant set --tenant {0} granular_parameters=..."
    }
    mend_version {
        "the app asks in version 2 (.rs instead of .read), or: wardkey tenant set --tenant {0} scopes_v1=true"
        "la aplicación pide en la versión 2 (.rs en vez de .read), o bien: wardkey tenant set --tenant {0} scopes_v1=true"
    }
    mend_client_ceiling {
        "widen the app's registered scope: wardkey client set --tenant {0} {1} scope=..."
        "amplíe el alcance registrado de la aplicación: wardkey client set --tenant {0} {1} scope=..."
    }
    mend_tenant_ceiling {
        "widen it for all apps: wardkey tenant set --tenant {0} scope_ceiling=..."
        "amplíelo para todas las aplicaciones: wardkey tenant set --tenant {0} scope_ceiling=..."
    }
    mend_compliance {
        "a rule of the organisation, which no app can have lifted"
        "una norma de la organización, de la que ninguna aplicación puede librarse"
    }
    mend_user {
        "give the user a role that allows it, or widen the role: wardkey tenant set --tenant {0} role_ceilings.ROLE=... (patient_ceiling and default_ceiling for people without a listed role)"
        "dé a la persona un rol que lo permita, o amplíe el rol: wardkey tenant set --tenant {0} role_ceilings.ROLE=... (patient_ceiling y default_ceiling para quien no tiene un rol de la lista)"
    }
    mend_no_fhir_user {
        "let the identity provider's rule fhirUser name a resource for this user"
        "haga que la regla fhirUser del servicio de acceso nombre un recurso para esta persona"
    }
    mend_no_openid { "the app asks for openid too" "la aplicación pide también openid" }
    mend_no_patient {
        "the app asks for launch/patient, or is launched with a patient"
        "la aplicación pide launch/patient, o se lanza con un paciente"
    }
    mend_no_encounter {
        "the patient needs an encounter that the user may open, or the EHR launches the app with one"
        "el paciente necesita un encuentro que la persona pueda abrir, o la historia clínica lanza la aplicación con uno"
    }
    mend_not_launched {
        "the EHR launches the app with it in fhirContext"
        "la historia clínica lanza la aplicación con él en fhirContext"
    }
    mend_consent {
        "the user chooses again when the app sends prompt=consent"
        "la persona elige de nuevo cuando la aplicación envía prompt=consent"
    }
    mend_grant_type {
        "system/ scopes and powers over this server are for backend services, all others for users"
        "los alcances system/ y los poderes sobre este servidor son para servicios sin usuarios, todos los demás para personas"
    }
    mend_offline {
        "nothing to do: the refresh token works longer than it would have"
        "no hay nada que hacer: el token de renovación dura más de lo que habría durado"
    }
    mend_original_grant { "the user has to be asked anew" "hay que preguntar de nuevo a la persona" }
    refused_upstream { "The check {0} of the upstream sign-in failed." "Falló la comprobación {0} del acceso externo." }
    mend_upstream {
        "Compare the identity provider's settings with what it sends; the log has the detail under the request id."
        "Compare los ajustes del servicio de acceso con lo que envía; el registro tiene el detalle con el número de la petición."
    }
    step_none_named { "none was named" "no se indicó ninguno" }
    step_no_fhir_server {
        "none was named; tokens are for the tenant's own address below this server"
        "no se indicó ninguno; los tokens son para la dirección propia de la organización en este servidor"
    }
    step_apps_left {
        "the tenant's apps are its administrators' to remove"
        "las aplicaciones de la organización las quita su administración"
    }
    step_link { "the link works until {0}" "el enlace sirve hasta el {0}" }
}
