//! Codes about faults of the server, and about what it cannot do at the moment.

use super::short_codes;

short_codes! {
    "Faults of the server" "Fallos del servidor"
    "store_unavailable" {
        "The tenant's database did not answer in time."
        "La base de datos de la organización no respondió a tiempo."
        "Repeat the request after the time in Retry-After. The operator has to look if it goes on."
        "Repita la petición tras el tiempo de Retry-After. Si continúa, debe revisarlo el operador."
    }
    "rehearsal_step" {
        "The launch tester came to a step that only a person can take."
        "La prueba de inicio llegó a un paso que solo puede dar una persona."
        "Report it with the app and the request that were tried."
        "Comuníquelo con la aplicación y la petición que se probaron."
    }
    "store_failed" {
        "The tenant's database refused what should have worked."
        "La base de datos de la organización rechazó algo que debía funcionar."
        "The operator finds the cause in the log, under the request id."
        "El operador encuentra la causa en el registro, por el identificador de la petición."
    }
    "stored_scope" {
        "A stored scope cannot be read."
        "No se puede leer un alcance guardado."
        "The operator has to look at the client's registration and the tenant's settings."
        "El operador debe revisar el registro del cliente y los ajustes de la organización."
    }
    "stored_challenge" {
        "The stored code_challenge of a code cannot be read."
        "No se puede leer el code_challenge guardado de un código."
        "Start a new authorization. The operator has to look if it goes on."
        "Inicie otra autorización. Si continúa, debe revisarlo el operador."
    }
    "no_fhir_base" {
        "The tenant has no FHIR server to issue tokens for."
        "La organización no tiene ningún servidor FHIR para el que emitir tokens."
        "The administrator has to set fhir_bases."
        "Quien administra la organización debe indicar fhir_bases."
    }
    "signing_failed" {
        "A token could not be signed."
        "No se pudo firmar un token."
        "The operator has to look at the tenant's signing keys."
        "El operador debe revisar las claves de firma de la organización."
    }
    "backend_keys" {
        "The keys with which this server authenticates at the tenant's FHIR server cannot be read."
        "No se pueden leer las claves con las que este servidor se autentica ante el servidor FHIR de la organización."
        "The operator finds the cause in the log, under the request id."
        "El operador encuentra la causa en el registro, por el identificador de la petición."
    }
    "client_id_generation" {
        "No client_id could be made for a registration."
        "No se pudo crear un client_id para un registro."
        "Repeat the request. The operator has to look if it goes on."
        "Repita la petición. Si continúa, debe revisarlo el operador."
    }
    "registration_scope" {
        "The scope that the tenant allows to registered clients cannot be read."
        "No se puede leer el alcance que la organización concede a los clientes registrados."
        "The administrator has to mend the tenant's registration settings."
        "Quien administra la organización debe corregir los ajustes de registro."
    }
    "launch_context_json" {
        "A launch context could not be stored."
        "No se pudo guardar un contexto de apertura."
        "Repeat the request. The operator has to look if it goes on."
        "Repita la petición. Si continúa, debe revisarlo el operador."
    }
    "form_post_target" {
        "The answer's form cannot be made for this redirect URI."
        "No se puede crear el formulario de respuesta para esta dirección de retorno."
        "Use response_mode=query with it."
        "Use con ella response_mode=query."
    }
    "session_not_ended" {
        "The session could not be ended."
        "No se pudo terminar la sesión."
        "Sign out again, and close the browser if it goes on."
        "Cierre de nuevo la sesión y, si continúa, cierre el navegador."
    }
    "picker_request" {
        "The request to the tenant's patient picker could not be made."
        "No se pudo crear la petición al selector de pacientes de la organización."
        "The operator has to look at the picker's settings and the tenant's keys."
        "El operador debe revisar los ajustes del selector y las claves de la organización."
    }
    "wrong_user_without_account" {
        "A step about another user was reached without anybody signed in."
        "Se llegó a un paso sobre otro usuario sin que nadie hubiera iniciado sesión."
        "Start again from the app, and report it with the request id."
        "Empiece de nuevo desde la aplicación e informe con el identificador de la petición."
    }
    "record_without_account" {
        "The choice of a record was reached without anybody signed in."
        "Se llegó a la elección de una historia sin que nadie hubiera iniciado sesión."
        "Start again from the app, and report it with the request id."
        "Empiece de nuevo desde la aplicación e informe con el identificador de la petición."
    }
    "consent_without_account" {
        "The consent was reached without anybody signed in."
        "Se llegó al consentimiento sin que nadie hubiera iniciado sesión."
        "Start again from the app, and report it with the request id."
        "Empiece de nuevo desde la aplicación e informe con el identificador de la petición."
    }
    "done_without_account" {
        "The end of a sign-in was reached without anybody signed in."
        "Se llegó al final de un inicio de sesión sin que nadie hubiera iniciado sesión."
        "Start again from the app, and report it with the request id."
        "Empiece de nuevo desde la aplicación e informe con el identificador de la petición."
    }
    "tenant_suspended" {
        "The operator has suspended this tenant."
        "El operador ha suspendido esta organización."
        "Ask the organisation's administrator; its data are kept."
        "Pregunte a quien administra la organización; sus datos se conservan."
    }
    "tenant_not_loaded" {
        "The tenant's settings or keys cannot be read."
        "No se pueden leer los ajustes o las claves de la organización."
        "The operator finds the cause in the log, under the request id."
        "El operador encuentra la causa en el registro, por el identificador de la petición."
    }
    "client_certificate_authority" {
        "A certificate authority of the tenant's settings cannot be read."
        "No se puede leer una autoridad de certificación de los ajustes de la organización."
        "The administrator has to mend client_certificate_authorities."
        "Quien administra la organización debe corregir client_certificate_authorities."
    }
    "console_failed" {
        "A page of the administration could not be made."
        "No se pudo crear una página de la administración."
        "Try again; if it stays so, report it with the request id."
        "Inténtelo de nuevo; si persiste, informe con el identificador de la petición."
    }
    "passkey_not_begun" {
        "A sign-in with a passkey could not be begun."
        "No se pudo iniciar el acceso con una llave de acceso."
        "Try again, or use a password; report it with the request id."
        "Inténtelo de nuevo o use una contraseña; informe con el identificador de la petición."
    }
    "pending_not_kept" {
        "A second factor could not be asked for."
        "No se pudo pedir un segundo factor."
        "Sign in again; report it with the request id if it goes on."
        "Inicie sesión de nuevo; si continúa, informe con el identificador de la petición."
    }
    "pending_not_read" {
        "A sign-in that waits for its second factor cannot be read."
        "No se puede leer un inicio de sesión que espera su segundo factor."
        "Sign in again; report it with the request id if it goes on."
        "Inicie sesión de nuevo; si continúa, informe con el identificador de la petición."
    }
    "session_not_begun" {
        "A session could not be begun after the sign-in."
        "No se pudo iniciar una sesión tras el acceso."
        "Sign in again; report it with the request id if it goes on."
        "Inicie sesión de nuevo; si continúa, informe con el identificador de la petición."
    }
}
