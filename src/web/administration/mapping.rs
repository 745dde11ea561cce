//! What is wrong with a mapping rule, and what a rule did at a sign-in.

use super::sentences;

sentences! {
    required_empty {
        "the rule for {0} is required, and yielded nothing for this user"
        "la regla de {0} es obligatoria y no dio nada para esta persona"
    }
    required_failed {
        "the rule for {0} is required, and failed: {1}"
        "la regla de {0} es obligatoria y falló: {1}"
    }
    required_unanswered {
        "the rule for {0} is required, and its look-up failed: {1}"
        "la regla de {0} es obligatoria y su consulta falló: {1}"
    }
    link_note {
        "of use at a user's first sign-in only"
        "solo sirve en el primer inicio de sesión de una persona"
    }
    expression_empty {
        "the expression is empty; leave the rule out instead"
        "la expresión está vacía; es mejor no indicar la regla"
    }
    expression_long { "the expression has more than {0} bytes" "la expresión tiene más de {0} bytes" }
    expression_busy {
        "the server is too busy to compile the expression; try again"
        "el servidor está demasiado ocupado para compilar la expresión; inténtelo de nuevo"
    }
    expression_unparsed { "the expression cannot be parsed" "la expresión no se entiende" }
    expression_place { "line {0}, column {1}: {2}" "línea {0}, columna {1}: {2}" }
    expression_yield {
        "it yields something that is neither text, number, bool, list nor map"
        "da algo que no es texto, número, valor lógico, lista ni mapa"
    }
    expression_unevaluated { "the expression cannot be evaluated" "la expresión no se puede evaluar" }
    expression_loops {
        "loops (map, filter, all, exists) may be nested {0} deep at most"
        "los bucles (map, filter, all, exists) se pueden anidar {0} niveles como máximo"
    }
    expression_additions {
        "at most {0} additions (+) may stand inside loops"
        "dentro de los bucles caben {0} sumas (+) como máximo"
    }
    expression_values {
        "there are too many values for its loops"
        "hay demasiados valores para sus bucles"
    }
    expression_claims_large {
        "the claims are too large for its loops"
        "los datos son demasiado grandes para sus bucles"
    }
    expression_deep {
        "the expression nests more than {0} deep"
        "la expresión anida más de {0} niveles"
    }
    expression_typed {
        "typed messages are not available in rules"
        "en las reglas no hay mensajes con tipo"
    }
    expression_name {
        "unknown name {0}; rules see claims and idp"
        "nombre {0} desconocido; las reglas ven claims e idp"
    }
    expression_function {
        "unknown function {0}; available are {1}"
        "función {0} desconocida; existen {1}"
    }
    expression_claims_deep {
        "the claims are nested too deeply"
        "los datos están anidados con demasiada profundidad"
    }
    expression_applied_one { "{0} cannot be applied to ({1})" "{0} no se puede aplicar a ({1})" }
    expression_applied { "{0} cannot be applied to ({1}, {2})" "{0} no se puede aplicar a ({1}, {2})" }
    expression_called { "{0} cannot be called on a {1}" "{0} no se puede llamar sobre un valor de tipo {1}" }
    expression_element {
        "a {0} has no element for a {1}"
        "un valor de tipo {0} no tiene elemento para un valor de tipo {1}"
    }
    expression_needed {
        "a {0} is needed, and this is a {1}"
        "hace falta un valor de tipo {0}, y este es de tipo {1}"
    }
    expression_unknown { "{0} is not known" "{0} no se conoce" }
    expression_index {
        "the list has no element at that place"
        "la lista no tiene elemento en esa posición"
    }
    expression_zero { "division by zero" "división por cero" }
    expression_overflow { "a number became too large" "un número resultó demasiado grande" }
    expression_compared {
        "values of different types are compared"
        "se comparan valores de tipos distintos"
    }
    expression_cannot_work {
        "{0} cannot work on this value"
        "{0} no funciona con este valor"
    }
    expression_arguments {
        "a function takes {0} arguments, and was given {1}"
        "una función espera {0} argumentos y recibió {1}"
    }
    expression_key_twice { "a map has the same key twice" "un mapa tiene dos veces la misma clave" }
    expression_type {
        "a value has a type that does not fit here"
        "un valor tiene un tipo que no encaja aquí"
    }
    yields_bool {
        "it yields a bool, and a string is needed"
        "da un valor lógico, y hace falta un texto"
    }
    yields_number {
        "it yields a number, and a string is needed; write string(...) around it"
        "da un número, y hace falta un texto; escriba string(...) alrededor"
    }
    yields_list {
        "it yields a list, and a string is needed; choose one element, such as [0]"
        "da una lista, y hace falta un texto; elija un elemento, como [0]"
    }
    yields_map {
        "it yields a map, and a string is needed; choose one member"
        "da un mapa, y hace falta un texto; elija un miembro"
    }
    yields_null { "it yields null, and a string is needed" "da null, y hace falta un texto" }
    subject_form {
        "a subject has 1 to 255 bytes and no control characters"
        "subject tiene de 1 a 255 bytes y ningún carácter de control"
    }
    name_form {
        "a name has at most 254 bytes and no control characters"
        "un nombre tiene como máximo 254 bytes y ningún carácter de control"
    }
    email_form {
        "an e-mail address has the form name@domain and at most 254 bytes"
        "una dirección de correo tiene la forma nombre@dominio y como máximo 254 bytes"
    }
    key_form {
        "what is looked for has at most 255 bytes and no control characters"
        "lo que se busca tiene como máximo 255 bytes y ningún carácter de control"
    }
    fhir_user_form {
        "a fhirUser is a relative reference such as Practitioner/123; the type is one of Patient, Person, Practitioner, PractitionerRole, RelatedPerson"
        "fhirUser es una referencia relativa como Practitioner/123; el tipo es Patient, Person, Practitioner, PractitionerRole o RelatedPerson"
    }
    patient_form {
        "a patient is a FHIR id, or a reference such as Patient/123"
        "un paciente es un identificador FHIR, o una referencia como Patient/123"
    }
    many_patients { "it yields more than 50 patients" "da más de 50 pacientes" }
    npi_digits { "an NPI has ten digits" "un NPI tiene diez cifras" }
    npi_check { "the NPI's check digit is wrong" "la cifra de control del NPI no es correcta" }
    roles_form {
        "roles are a list of strings, or one string"
        "los roles son una lista de textos, o un texto"
    }
    roles_many {
        "more than 200 roles; choose those that matter with filter(...)"
        "hay más de 200 roles; elija los que importan con filter(...)"
    }
    roles_strings { "every role must be a string" "cada rol tiene que ser un texto" }
    role_form {
        "a role has 1 to 128 bytes and no control characters"
        "un rol tiene de 1 a 128 bytes y ningún carácter de control"
    }
    list_nobody {
        "the list {0} has nobody of this value"
        "en la lista {0} no hay nadie con este valor"
    }
    lookup_none {
        "no active {0} has this identifier"
        "ningún {0} activo tiene este identificador"
    }
    lookup_several {
        "more than one {0} has this identifier"
        "más de un {0} tiene este identificador"
    }
    groups_table_many {
        "groupRoles has more than {0} groups"
        "groupRoles tiene más de {0} grupos"
    }
    groups_table_form {
        "every entry of groupRoles is a group of 1 to {0} bytes and a role of 1 to 128, or a list of roles"
        "cada entrada de groupRoles es un grupo de 1 a {0} bytes y un rol de 1 a 128, o una lista de roles"
    }
    groups_form {
        "groups are a list of strings, or one string"
        "los grupos son una lista de textos, o un texto"
    }
    groups_many { "more than {0} groups" "hay más de {0} grupos" }
    groups_strings { "every group must be a string" "cada grupo tiene que ser un texto" }
    groups_known_one {
        "1 group sent, of which {0} in the table"
        "1 grupo enviado, de ellos {0} en la tabla"
    }
    groups_known_several {
        "{0} groups sent, of which {1} in the table"
        "{0} grupos enviados, de ellos {1} en la tabla"
    }
    groups_known {
        "{0} sent, of which {1} in the table"
        "enviados {0}, de ellos {1} en la tabla"
    }
    groups_roles_many { "more than 200 roles" "hay más de 200 roles" }
    link_required {
        "a link cannot be required: it concerns the first sign-in only"
        "un enlace no puede ser obligatorio: solo afecta al primer inicio de sesión"
    }
    require_instead {
        "require {0} instead, which it is one way to fill"
        "haga obligatorio {0}, que se rellena así entre otras formas"
    }
    required_without {
        "it is required but has no expression; add one, or take it out of required"
        "es obligatoria pero no tiene expresión; añádala, o quítela de required"
    }
    groups_needed {
        "groupRoles needs an expression that yields the user's groups; add groups"
        "groupRoles necesita una expresión que dé los grupos de la persona; añada groups"
    }
    list_form {
        "the list's name has 1 to {0} characters of a-z, 0-9, - and _"
        "el nombre de la lista tiene de 1 a {0} caracteres entre a-z, 0-9, - y _"
    }
    lookup_resource { "resource is one of {0}" "resource es uno de {0}" }
    lookup_system {
        "system is the URI of the identifier system, such as http://hl7.org/fhir/sid/us-npi"
        "system es la URI del sistema de identificadores, como http://hl7.org/fhir/sid/us-npi"
    }
    settled_before { "{0} yielded somebody" "{0} ya dio con alguien" }
    not_asked { "not asked: {0}" "no se preguntó: {0}" }
}
