//! What is wrong with a tenant's settings, its brands or its directory of patients.

use super::sentences;

sentences! {
    role_scope_level {
        "`{0}` is no scope of level patient/ or user/: a role limits access to data alone, everything else is not affected by it"
        "`{0}` no es un alcance de nivel patient/ ni user/: un rol solo limita el acceso a datos, lo demás no le afecta"
    }
    parameter_unknown {
        "`{0}` is none of `category`, `code:in`, `subject.name`, `_filter` and the like, alone or after a type as in `Observation?code`"
        "`{0}` no es de la forma `category`, `code:in`, `subject.name` o `_filter`, sola o tras un tipo como en `Observation?code`"
    }
    restriction_form {
        "write one to eight criteria as name=value, joined by &, in 512 bytes at most"
        "escriba de uno a ocho criterios como nombre=valor, unidos con &, en 512 bytes como máximo"
    }
    restriction_name {
        "a search parameter's name has letters, digits and - _ : . only"
        "el nombre de un parámetro de búsqueda solo tiene letras, cifras y - _ : ."
    }
    restriction_useless {
        "name, birthdate, identifier and parameters that shape the answer cannot restrict a search"
        "name, birthdate, identifier y los parámetros que dan forma a la respuesta no pueden restringir una búsqueda"
    }
    restriction_placeholders { "the placeholders are {0}" "los marcadores son {0}" }
    consent_never {
        "cannot be never for every app; give ask_consent to the app that is the hospital's own"
        "no puede ser never para todas las aplicaciones; dé ask_consent a la aplicación que sea del propio hospital"
    }
    lifetime_bounds {
        "{0} is {1} seconds; it has to be 1 to {2}"
        "{0} es de {1} segundos; tiene que ser de 1 a {2}"
    }
    lifetime_idle { "{0} is longer than {1}" "{0} es mayor que {1}" }
    keys_hold { "algorithms has to hold {0}" "algorithms tiene que contener {0}" }
    keys_hold_twice { "algorithms holds {0} twice" "algorithms contiene {0} dos veces" }
    keys_access_token {
        "access_token_algorithm is {0}, which algorithms does not hold"
        "access_token_algorithm es {0}, que no está en algorithms"
    }
    keys_rotate { "rotate_after_days is more than {0}" "rotate_after_days es mayor que {0}" }
    budget_requests { "requests have to be 1 to {0}" "las peticiones tienen que ser de 1 a {0}" }
    budget_seconds { "seconds have to be 1 to {0}" "los segundos tienen que ser de 1 a {0}" }
    methods_none {
        "is empty; no app could authenticate: name at least one method"
        "está vacío; ninguna aplicación podría autenticarse: indique al menos un método"
    }
    authorities_form {
        "holds an entry that is no certificate in PEM"
        "contiene una entrada que no es un certificado PEM"
    }
    acr_form {
        "holds an entry that is empty or contains a space"
        "contiene una entrada vacía o con un espacio"
    }
    methods_of_profile {
        "leaves no way to authenticate in the profile {0}"
        "no deja ninguna forma de autenticarse en el perfil {0}"
    }
    frame_origin {
        "{0} is not an origin such as https://ehr.example (no path, no default port, no pattern)"
        "{0} no es un origen como https://ehr.example (sin ruta, sin puerto por defecto, sin comodines)"
    }
    logo_base64 { "is not base64: {0}" "no es base64: {0}" }
    server_unlisted { "{0} is not one of fhir_bases" "{0} no está en fhir_bases" }
    server_twice { "{0} is described twice" "{0} se describe dos veces" }
    server_name { "the name {0} cannot be used: {1}" "el nombre {0} no se puede usar: {1}" }
    server_name_twice { "the name {0} is used twice" "el nombre {0} se usa dos veces" }
    server_versions {
        "fhir_versions of {0} has to hold up to 8 versions such as 4.0.1"
        "fhir_versions de {0} contiene como máximo 8 versiones como 4.0.1"
    }
    address_invalid { "{0} is not an e-mail address" "{0} no es una dirección de correo electrónico" }
    directory_no_url { "is not a URL: {0}" "no es una dirección: {0}" }
    directory_https {
        "has to be an https address without user name and fragment"
        "tiene que ser una dirección https sin usuario ni fragmento"
    }
    directory_words {
        "is empty, too long, or has control characters"
        "está vacío, es demasiado largo o tiene caracteres de control"
    }
    directory_algorithm {
        "is ES384 or RS384 (SMART App Launch 2.2, asymmetric authentication)"
        "es ES384 o RS384 (SMART App Launch 2.2, autenticación asimétrica)"
    }
    directory_own_token {
        "own-token is for a FHIR base that takes this tenant's tokens; add it to the tenant's FHIR bases, or choose another way to authenticate"
        "own-token es para una base FHIR que acepta los tokens de este hospital; añádala a sus bases FHIR o elija otra forma de autenticarse"
    }
    picker_no_key {
        "has no key that can verify a signature"
        "no tiene ninguna clave que pueda verificar una firma"
    }
    picker_one_of {
        "give either a JWKS address or the keys"
        "indique una dirección JWKS o las claves"
    }
    directory_settings {
        "the settings of the patient directory cannot be used: {0}"
        "los ajustes del directorio de pacientes no se pueden usar: {0}"
    }
    directory_token {
        "no access token for the FHIR server: {0}"
        "no hay token de acceso para el servidor FHIR: {0}"
    }
    directory_refused {
        "the FHIR server refused our credential with status {0}"
        "el servidor FHIR rechazó nuestra credencial con el estado {0}"
    }
    directory_slow {
        "the FHIR server did not answer in time"
        "el servidor FHIR no respondió a tiempo"
    }
    directory_unasked {
        "the FHIR server cannot be asked: {0}"
        "no se puede preguntar al servidor FHIR: {0}"
    }
    directory_answer {
        "the FHIR server answered with status {0} and {1}"
        "el servidor FHIR respondió con el estado {0} y {1}"
    }
    directory_not_fhir { "something that is not FHIR" "algo que no es FHIR" }
    directory_not_bundle { "something that is not a Bundle" "algo que no es un Bundle" }
    directory_unrestricted {
        "the FHIR server did not search by the tenant's restriction"
        "el servidor FHIR no buscó con la restricción del hospital"
    }
    directory_user_lacks {
        "the user lacks what the tenant's restriction asks for"
        "a la persona le falta lo que pide la restricción del hospital"
    }
    directory_page { "the page was not offered" "la página no se había ofrecido" }
    directory_no_base { "there is no FHIR base" "no hay base FHIR" }
    directory_base_url { "the FHIR base is not a URL" "la base FHIR no es una dirección" }
    directory_header {
        "the token has characters that no header may have"
        "el token tiene caracteres que ninguna cabecera puede llevar"
    }
    directory_endpoint_url {
        "the token endpoint is not a URL"
        "el punto de emisión de tokens no es una dirección"
    }
    directory_bearer { "its token_type is not Bearer" "su token_type no es Bearer" }
    directory_key_missing {
        "the tenant's key for the FHIR server is missing"
        "falta la clave del hospital para el servidor FHIR"
    }
    directory_unsigned { "the assertion could not be signed" "la aserción no se pudo firmar" }
    directory_secret_unstored { "its secret was never stored" "su secreto no se guardó nunca" }
    directory_secret_text { "its secret is not a text" "su secreto no es un texto" }
    directory_error_code { "an unknown error code" "un código de error desconocido" }
    directory_endpoint_answered {
        "the token endpoint answered {0}"
        "el punto de emisión de tokens respondió {0}"
    }
    directory_endpoint_answer {
        "the token endpoint's answer is no token answer"
        "la respuesta del punto de emisión no contiene un token"
    }
    directory_own_base {
        "its FHIR base does not take this tenant's tokens"
        "su base FHIR no acepta los tokens de este hospital"
    }
    directory_no_client { "no client id" "no hay identificador de cliente" }
    directory_token_unsigned { "the token could not be signed" "el token no se pudo firmar" }
    directory_no_es256 { "the tenant has no ES256 key" "el hospital no tiene clave ES256" }
    directory_no_user { "no user is of this type" "ninguna persona es de este tipo" }
    profile_method {
        "is not part of the profile {0}; use {1}"
        "no forma parte del perfil {0}; use {1}"
    }
    profile_https { "has to be https in the profile {0}" "tiene que ser https en el perfil {0}" }
    not_offered { "is not offered at this tenant" "no se ofrece en este hospital" }
    client_scope {
        "cannot be granted as it stands: {0}"
        "no se puede conceder tal como está: {0}"
    }
    client_not_accepted {
        "is not accepted at this tenant; use {0}"
        "no se acepta en este hospital; use {0}"
    }
    client_not_signed_with {
        "is not signed with at this tenant; use {0}"
        "en este hospital no se firma con él; use {0}"
    }
    client_kid {
        "holds a key without kid; give every key one"
        "contiene una clave sin kid; dé uno a cada clave"
    }
    client_origin {
        "{0} is not an origin such as https://app.example (no path, no default port)"
        "{0} no es un origen como https://app.example (sin ruta ni puerto por defecto)"
    }
    client_one_subject {
        "tls_client_auth needs exactly one of tls_client_auth_subject_dn, _san_dns, _san_uri, _san_ip and _san_email"
        "tls_client_auth necesita exactamente uno de tls_client_auth_subject_dn, _san_dns, _san_uri, _san_ip y _san_email"
    }
    client_subjects {
        "subjects of certificates are for the method tls_client_auth alone"
        "los sujetos de certificados son solo para el método tls_client_auth"
    }
    client_subject_unreadable {
        "cannot be read, so no certificate could ever match it"
        "no se puede leer, así que ningún certificado podría coincidir"
    }
    client_self_signed {
        "is missing; self_signed_tls_client_auth needs the key of the certificate there"
        "falta; self_signed_tls_client_auth necesita ahí la clave del certificado"
    }
    administrators_form {
        "every entry needs identity_provider, role and grants"
        "cada entrada necesita identity_provider, role y grants"
    }
    administrators_platform {
        "{0} is given at the platform's issuer, to single accounts"
        "{0} se da en el emisor de la plataforma, a cuentas concretas"
    }
    traces_days {
        "is not 1 to {0}; to keep no traces, set sign_in_traces.keep to off"
        "no está entre 1 y {0}; para no guardar registros, ponga sign_in_traces.keep en off"
    }
    true_or_false { "true or false" "true o false" }
    whole_number {
        "a whole number; times are in seconds"
        "un número entero; los tiempos van en segundos"
    }
    a_list { "a list, as JSON or with commas" "una lista, en JSON o con comas" }
    an_object {
        "an object, as JSON; or set its members one by one, with a dot"
        "un objeto, en JSON; o ponga sus miembros uno a uno, con un punto"
    }
    colour_form {
        "a colour is written #rrggbb, with six hexadecimal digits"
        "un color se escribe #rrggbb, con seis cifras hexadecimales"
    }
    logo_large {
        "the logo has {0} bytes; at most 65536 are allowed"
        "el logotipo tiene {0} bytes; se permiten 65536 como máximo"
    }
    logo_format {
        "the logo must be a PNG or an SVG file"
        "el logotipo tiene que ser un archivo PNG o SVG"
    }
    logo_dimensions {
        "the logo must be between 1 and 2048 pixels wide and high"
        "el logotipo tiene que medir entre 1 y 2048 píxeles de ancho y de alto"
    }
    logo_active {
        "the SVG logo contains {0}; export it as a plain drawing without scripts, links or embedded files"
        "el logotipo SVG contiene {0}; expórtelo como un dibujo simple, sin scripts, enlaces ni archivos incrustados"
    }
    logo_handler { "an event handler" "un controlador de eventos" }
    brand_name {
        "the name must have 1 to 120 characters and no control characters"
        "el nombre tiene que tener de 1 a 120 caracteres y ninguno de control"
    }
    primary_pale {
        "the primary colour {0} is too pale for buttons and links: choose one about as dark as {1}"
        "el color principal {0} es demasiado claro para botones y enlaces: elija uno tan oscuro como {1}"
    }
    tint_dark {
        "the background tint {0} is too dark for the text on it: choose one about as light as {1}"
        "el tono de fondo {0} es demasiado oscuro para el texto: elija uno tan claro como {1}"
    }
    apps_public_client {
        "the tenant's rules admit no public client"
        "las reglas de la organización no admiten clientes públicos"
    }
    owner_unnamed { "no owner was named" "no se indicó ninguna persona responsable" }
    owner_ready { "the owner has chosen a password" "la persona responsable ya eligió una contraseña" }
    refusal_of_other_version {
        "The check was recorded by another version of the server."
        "La comprobación la registró otra versión del servidor."
    }
    refusal_other_documentation {
        "Look it up in that version's documentation of errors."
        "Búsquela en la documentación de errores de esa versión."
    }
    typed_id_other { "the typed id is another" "el identificador escrito es otro" }
    submissions_spent {
        "cannot be registered now: too many apps were; try again in {0} minutes"
        "no se puede registrar ahora: ya se han registrado demasiadas; inténtelo de nuevo en {0} minutos"
    }
    fhir_base_https {
        "a FHIR base must be an absolute URL that begins with https://"
        "una base FHIR es una dirección absoluta que empieza por https://"
    }
    fhir_base_host {
        "a FHIR base must name a host, with no user name and at most a port number"
        "una base FHIR nombra un servidor, sin usuario y como mucho con un puerto"
    }
    fhir_base_path {
        "a FHIR base must have a plain path: no query, fragment, `//`, `.` or `..` segment"
        "una base FHIR tiene una ruta sencilla: sin consulta, fragmento, `//` ni segmentos `.` o `..`"
    }
    associated_endpoint { "associated endpoint {0}: {1}" "endpoint asociado {0}: {1}" }
    only_switched_off {
        "can only be switched off by an administrator"
        "solo lo puede desactivar la administración"
    }
    only_granted {
        "can only be granted by an administrator"
        "solo lo puede conceder la administración"
    }
    only_chosen { "can only be chosen by an administrator" "solo lo puede elegir la administración" }
    only_decided { "can only be decided by an administrator" "solo lo puede decidir la administración" }
    only_exchange {
        "token exchange can only be granted by an administrator"
        "el intercambio de tokens solo lo puede conceder la administración"
    }
    only_device {
        "the device code grant can only be granted by an administrator"
        "el código de dispositivo solo lo puede conceder la administración"
    }
    algorithm_of_signature {
        "the signature algorithm is not one of RS256, RS384, PS256, ES256, ES384, EdDSA"
        "el algoritmo de firma no es RS256, RS384, PS256, ES256, ES384 ni EdDSA"
    }
    logo_script { "a script" "un script" }
    logo_foreign { "a foreign object" "un objeto ajeno" }
    logo_frame { "a frame" "un marco" }
    logo_image { "an embedded image" "una imagen incrustada" }
    logo_entity { "an entity declaration" "una declaración de entidad" }
    logo_doctype { "a document type declaration" "una declaración de tipo de documento" }
    logo_style_reference { "a style sheet reference" "una referencia a una hoja de estilo" }
    logo_script_address { "a script address" "una dirección de script" }
    logo_style_import { "a style sheet import" "la importación de una hoja de estilo" }
    tenant_unloaded { "the tenant could not be loaded: {0}" "la organización no se pudo cargar: {0}" }
    tenant_unknown { "no such tenant" "no existe esa organización" }
}
