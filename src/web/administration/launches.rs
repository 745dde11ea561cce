//! What is wrong with a launch, a FHIR reference or a scope, and how a rehearsed launch would be refused.

use super::sentences;

sentences! {
    context_boolean { "must be true or false, not a text" "tiene que ser true o false, no un texto" }
    context_unknown {
        "is no launch context parameter; an extension's name is a full URI or begins with `__`"
        "no es un parámetro del contexto de lanzamiento; el nombre de una extensión es una URI completa o empieza por `__`"
    }
    context_object { "must be an object, such as {0}" "tiene que ser un objeto, como {0}" }
    context_relative { "must be a relative reference `Type/id`" "tiene que ser una referencia relativa `Type/id`" }
    context_type { "must be a FHIR resource type" "tiene que ser un tipo de recurso FHIR" }
    context_role {
        "must be an absolute URI or `launch`; leave it out for `launch`"
        "tiene que ser una URI absoluta o `launch`; para `launch`, no lo indique"
    }
    context_no_member { "is no member of fhirContext" "no es un miembro de fhirContext" }
    context_one_of {
        "needs at least one of `reference`, `canonical` and `identifier`"
        "necesita al menos uno de `reference`, `canonical` e `identifier`"
    }
    context_same_type {
        "must be the type that `reference` names"
        "tiene que ser el tipo que nombra `reference`"
    }
    context_plain {
        "needs a role other than `launch` for a Patient or Encounter: the plain ones are the members `patient` and `encounter`"
        "necesita un rol distinto de `launch` para un Patient o Encounter: los habituales son los miembros `patient` y `encounter`"
    }
    context_bare_id {
        "must be a bare FHIR id: 1 to 64 letters, digits, `-` and `.`, without a type before it"
        "tiene que ser solo un identificador FHIR: de 1 a 64 letras, cifras, `-` y `.`, sin tipo delante"
    }
    context_text {
        "must be a text of 1 to 256 bytes without control characters"
        "tiene que ser un texto de 1 a 256 bytes sin caracteres de control"
    }
    context_https { "must be an absolute https URL" "tiene que ser una dirección https absoluta" }
    context_canonical {
        "must be a canonical URL, with `|version` at most"
        "tiene que ser una dirección canónica, con `|version` como mucho"
    }
    context_identifier { "must be a FHIR Identifier object" "tiene que ser un objeto Identifier de FHIR" }
    context_identifier_value {
        "must be a FHIR Identifier with a `value`, and a `system` that is a text if present"
        "tiene que ser un Identifier de FHIR con `value`, y con `system` de texto si lo hay"
    }
    context_array { "must be an array of objects" "tiene que ser una lista de objetos" }
    reference_type {
        "must be a FHIR resource type in its exact spelling, such as `Patient`"
        "tiene que ser un tipo de recurso FHIR escrito exactamente, como `Patient`"
    }
    reference_id {
        "must be a bare FHIR id: 1 to 64 letters, digits, `-` and `.` (not `Type/id`, not a URL)"
        "tiene que ser solo un identificador FHIR: de 1 a 64 letras, cifras, `-` y `.` (ni `Type/id` ni una dirección)"
    }
    reference_form {
        "must be a relative reference of the form `Type/id`"
        "tiene que ser una referencia relativa con la forma `Type/id`"
    }
    fhir_user_server {
        "fhirUser is on another FHIR server than the one it is used with"
        "fhirUser está en otro servidor FHIR que aquel con el que se usa"
    }
    fhir_user_reference {
        "fhirUser must be `Type/id`, or that below the FHIR base URL, with nothing after it"
        "fhirUser tiene que ser `Type/id`, o eso bajo la dirección base FHIR, sin nada detrás"
    }
    fhir_user_type {
        "fhirUser must be a Patient, Practitioner, PractitionerRole, RelatedPerson or Person"
        "fhirUser tiene que ser un Patient, Practitioner, PractitionerRole, RelatedPerson o Person"
    }
    fhir_user_id { "the id in fhirUser {0}" "el identificador de fhirUser {0}" }
    scopes_character {
        "`scope` holds a character that no scope may have (position {0}): only visible ASCII without `\"` and `\\`, separated by spaces"
        "`scope` contiene un carácter que ningún alcance puede tener (posición {0}): solo ASCII visible sin `\"` ni `\\`, separado por espacios"
    }
    scopes_many {
        "`scope` holds more than {0} scopes or 32 KiB: ask for fewer, or for `*` instead of every type by name"
        "`scope` contiene más de {0} alcances o 32 KiB: pida menos, o `*` en lugar de cada tipo por su nombre"
    }
    scope_no_such {
        "no such scope: extensions are absolute URIs or begin with `__`"
        "no existe ese alcance: las extensiones son URI absolutas o empiezan por `__`"
    }
    scope_resource_type {
        "the resource type must be `*` or a FHIR type in its exact spelling, such as `Patient`"
        "el tipo de recurso tiene que ser `*` o un tipo FHIR escrito exactamente, como `Patient`"
    }
    scope_no_permissions {
        "the permissions are missing: write for example `patient/Observation.rs`"
        "faltan los permisos: escriba, por ejemplo, `patient/Observation.rs`"
    }
    scope_letters {
        "the permissions must be some of the letters `cruds` in this order, or `read`, `write` or `*`"
        "los permisos tienen que ser algunas de las letras `cruds` en este orden, o `read`, `write` o `*`"
    }
    scope_constraint_version {
        "constraints need version 2 permissions, such as `.rs` instead of `.read`"
        "las restricciones necesitan permisos de la versión 2, como `.rs` en lugar de `.read`"
    }
    scope_constraint_form {
        "a constraint must be `parameter=value` with a FHIR search parameter"
        "una restricción tiene que ser `parámetro=valor` con un parámetro de búsqueda FHIR"
    }
    scope_constraint_value {
        "a constraint's value must not be empty, and `%` must begin an escape"
        "el valor de una restricción no puede estar vacío, y `%` tiene que empezar una codificación"
    }
    scope_constraint_nothing {
        "a constraint must restrict resources; parameters such as `_count` do not"
        "una restricción tiene que restringir recursos; parámetros como `_count` no lo hacen"
    }
    scope_constraint_many {
        "a scope may have at most 8 constraints"
        "un alcance puede tener como máximo 8 restricciones"
    }
    scope_launch_type {
        "after `launch/` comes a FHIR type in small letters, such as `launch/patient`"
        "tras `launch/` va un tipo FHIR en minúsculas, como `launch/patient`"
    }
    scope_launch_role {
        "a launch scope takes one `?role=`, an absolute URI; repeat the scope for more roles"
        "un alcance de lanzamiento admite un `?role=`, una URI absoluta; repita el alcance para más roles"
    }
    rehearsal_no_redirect {
        "The app has no redirect URI, so nobody can sign in with it."
        "La aplicación no tiene dirección de retorno, así que nadie puede iniciar sesión con ella."
    }
    rehearsal_nothing {
        "Nothing of the scope can be granted for this user."
        "A esta persona no se le puede conceder nada de lo pedido."
    }
    rehearsal_roles {
        "This app is not for the roles that this user has here."
        "Esta aplicación no es para los roles que esta persona tiene aquí."
    }
    rehearsal_no_record {
        "There is no patient record that this user may open in this app."
        "No hay ninguna historia clínica que esta persona pueda abrir en esta aplicación."
    }
}
