//! Settings, apps, signing keys, the tenant itself.

use super::sentences;

sentences! {
    client_id_of_server {
        "{0} is the server itself, asking a FHIR server; choose another id"
        "{0} es el propio servidor cuando consulta un servidor FHIR; elija otro identificador"
    }
    secret_overlap { "is at most 30 days" "es como máximo 30 días" }
    client_without_secret {
        "{0} does not authenticate with a secret"
        "{0} no se autentica con un secreto"
    }
    registration_label {
        "has 1 to 200 characters, and no control characters"
        "tiene de 1 a 200 caracteres y ningún carácter de control"
    }
    owner_missing {
        "is empty; somebody has to answer for the tenant"
        "está vacío; alguien tiene que responder de la organización"
    }
    tenant_taken { "there is a tenant {0} already" "ya hay una organización {0}" }
    secret_unknown { "the secret of {0} is not known" "el secreto de {0} no se conoce" }
    registration_uses { "is at least 1, for at most a year" "es al menos 1, y como máximo para un año" }
    client_id_taken { "is taken by another app; choose another" "ya lo usa otra aplicación; elija otro" }
    client_id_form {
        "a client_id has 1 to 128 characters out of A-Z a-z 0-9 - . _ ~"
        "un client_id tiene de 1 a 128 caracteres entre A-Z a-z 0-9 - . _ ~"
    }
    client_id_reserved {
        "a client_id must not begin with acc_, the prefix of account identifiers, nor be machine"
        "un client_id no empieza por acc_, el prefijo de las cuentas, ni puede ser machine"
    }
    directory_text {
        "has 1 to {0} characters and no control characters"
        "tiene de 1 a {0} caracteres y ningún carácter de control"
    }
    directory_ceiling {
        "is for each tenant to decide, when it approves the app"
        "lo decide cada hospital al aprobar la aplicación"
    }
    directory_name {
        "is missing; tenants approve what they can see"
        "falta; los hospitales aprueban lo que pueden ver"
    }
    directory_scope {
        "holds a scope of administration, which is no app's of the directory"
        "contiene un alcance de administración, que ninguna aplicación del directorio tiene"
    }
    directory_state { "is published, rejected or withdrawn" "es published, rejected o withdrawn" }
    directory_reason {
        "is missing; tell the developer what to mend"
        "falta; indique a quien desarrolla qué debe corregir"
    }
    directory_published {
        "{0} is published; withdraw it to take it out"
        "{0} está publicada; retírela para sacarla del directorio"
    }
    directory_busy {
        "too many apps wait for a review; try again later"
        "demasiadas aplicaciones esperan revisión; inténtelo más tarde"
    }
    directory_taken {
        "an app with this id is in the directory already"
        "ya hay una aplicación con este identificador en el directorio"
    }
    directory_roles {
        "has at most {0} entries, none of them empty"
        "tiene como máximo {0} entradas, ninguna vacía"
    }
    in_the_past { "is in the past" "ya ha pasado" }
    directory_other {
        "another app is registered here as {0}"
        "aquí hay otra aplicación registrada como {0}"
    }
    directory_no_scope {
        "is empty; leave it out for all that the app registered for"
        "está vacío; no lo indique para permitir todo lo que la aplicación registró"
    }
    directory_beyond {
        "{0} is not within what the app registered for"
        "{0} no está dentro de lo que la aplicación registró"
    }
    no_setting {
        "is no setting; `wardkey tenant show --tenant T` lists them all"
        "no es un ajuste; `wardkey tenant show --tenant T` los muestra todos"
    }
    role_ceiling_form {
        "give a role: role_ceilings.ROLE=SCOPES"
        "indique un rol: role_ceilings.ROL=ALCANCES"
    }
    has_to_be { "has to be {0}" "tiene que ser {0}" }
    keys_raced {
        "the keys were rotated at the same moment by somebody else; look at the list"
        "otra persona rotó las claves en el mismo momento; mire la lista"
    }
    keys_no_successor {
        "no successor is published for {0}; create the tenant again, which publishes one"
        "no hay sucesora publicada para {0}; vuelva a crear la organización, lo que publica una"
    }
    keys_too_soon {
        "the next {0} key was published a short while ago and verifiers may not know it before {1}; rotate then, or use an emergency rotation if the keys are in other hands"
        "la siguiente clave {0} se publicó hace poco y quizá no se conozca antes de {1}; rote entonces, o use la rotación de emergencia si las claves están en otras manos"
    }
    keys_none_active {
        "there is no active key for {0}; run the onboarding again"
        "no hay clave activa para {0}; ejecute de nuevo la puesta en marcha"
    }
    tenant_suspended { "the tenant is suspended" "la organización está suspendida" }
    tenant_prepared {
        "{0} is being prepared; run its onboarding again, which ends with serving it"
        "{0} se está preparando; ejecute de nuevo su puesta en marcha, que termina poniéndola en servicio"
    }
    tenant_once {
        "a tenant is prepared once, when it is created"
        "una organización se prepara una vez, al crearla"
    }
    tenant_deleted { "the tenant was deleted" "la organización se eliminó" }
    slug_of_deleted {
        "the slug {0} belonged to a tenant that was deleted"
        "el nombre {0} fue de una organización que se eliminó"
    }
    other_placement {
        "the tenant {0} exists with placement {1}; moving a tenant is not part of creating it"
        "la organización {0} existe con la ubicación {1}; crearla no la traslada"
    }
    other_database {
        "the tenant {0} exists with another database"
        "la organización {0} existe con otra base de datos"
    }
    name_empty {
        "is empty; give the name that people know"
        "está vacío; indique el nombre que conocen las personas"
    }
    slug_length {
        "a tenant's slug has 2 to 63 characters"
        "la parte de la dirección tiene de 2 a 63 caracteres"
    }
    slug_form {
        "a tenant's slug has only a-z, 0-9 and single hyphens between them"
        "la parte de la dirección solo tiene a-z, 0-9 y guiones sueltos entre ellos"
    }
    slug_reserved {
        "this word is reserved for the platform's own addresses"
        "esta palabra está reservada para las direcciones de la plataforma"
    }
    onboarding_done {
        "the onboarding of {0} is finished"
        "la puesta en marcha de {0} ha terminado"
    }
    onboarding_apps {
        "the tenant's apps are its administrators' to remove"
        "las aplicaciones de la organización las quita su administración"
    }
    secret_file { "{0} needs one; give --secret-file" "{0} necesita uno; indique --secret-file" }
    reviewed_meanwhile {
        "was reviewed in this moment; look at it and try again"
        "se ha revisado en este momento; mírelo e inténtelo de nuevo"
    }
    link_of_state {
        "is {0} and cannot be changed with this link"
        "está en el estado {0} y no se puede cambiar con este enlace"
    }
    longer_than_16_kb { "is longer than 16 KB" "tiene más de 16 KB" }
    branding_raced {
        "was changed by somebody else meanwhile; look at the history, then save again to overwrite that"
        "otra persona lo ha cambiado entretanto; mire el historial y guarde de nuevo para sobrescribirlo"
    }
    app_changed_since {
        "app {0} was changed again since, by {1} at {2} (change {3}); take that back first, or say that it may be lost"
        "la aplicación {0} se ha vuelto a cambiar desde entonces, por {1} el {2} (cambio {3}); deshaga eso antes, o diga que se puede perder"
    }
    provider_changed_since {
        "identity_provider {0} was changed again since, by {1} at {2} (change {3}); take that back first, or say that it may be lost"
        "el método de acceso {0} se ha vuelto a cambiar desde entonces, por {1} el {2} (cambio {3}); deshaga eso antes, o diga que se puede perder"
    }
    settings_changed_since {
        "settings was changed again since, by {0} at {1} (change {2}); take that back first, or say that it may be lost"
        "los ajustes se han vuelto a cambiar desde entonces, por {0} el {1} (cambio {2}); deshaga eso antes, o diga que se puede perder"
    }
    brands_changed_since {
        "brands was changed again since, by {0} at {1} (change {2}); take that back first, or say that it may be lost"
        "las marcas se han vuelto a cambiar desde entonces, por {0} el {1} (cambio {2}); deshaga eso antes, o diga que se puede perder"
    }
    changed_since {
        "{0} was changed again since, by {1} at {2} (change {3}); take that back first, or say that it may be lost"
        "{0} se ha vuelto a cambiar desde entonces, por {1} el {2} (cambio {3}); deshaga eso antes, o diga que se puede perder"
    }
    fhir_server_is { "{0} is {1}, FHIR {2}" "{0} es {1}, FHIR {2}" }
    fhir_server_fhir { "{0} is FHIR {1}" "{0} es FHIR {1}" }
    fhir_server_unreached { "{0} was not reached from here ({1})" "no se pudo alcanzar {0} desde aquí ({1})" }
    fhir_server_busy { "{0} answers {1} at present" "{0} responde {1} en este momento" }
    fhir_server_no_statement_here {
        "answers {0} where its capability statement belongs ({1})"
        "responde {0} donde debería estar su capability statement ({1})"
    }
    fhir_server_no_json {
        "what it answers is no capability statement in JSON"
        "lo que responde no es un capability statement en JSON"
    }
    fhir_server_no_statement { "what it answers is no capability statement" "lo que responde no es un capability statement" }
}
