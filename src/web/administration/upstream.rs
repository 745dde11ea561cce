//! Why a sign-in at an OpenID Connect provider was refused, and what its metadata, keys and answers lacked.

use super::sentences;

sentences! {
    oidc_parameter_long {
        "a parameter of the callback is longer than 4096 bytes"
        "un parámetro de la respuesta tiene más de 4096 bytes"
    }
    oidc_parameter_twice {
        "a parameter of the callback appears twice"
        "un parámetro de la respuesta aparece dos veces"
    }
    oidc_state {
        "state is missing or belongs to another sign-in"
        "state falta o es de otro inicio de sesión"
    }
    oidc_iss_parameter_other { "the iss parameter names another issuer" "el parámetro iss nombra otro emisor" }
    oidc_iss_parameter_missing {
        "the iss parameter is missing, although the provider's metadata announces it"
        "falta el parámetro iss, aunque los metadatos del servicio lo anuncian"
    }
    oidc_answered { "the provider answered {0}" "el servicio respondió {0}" }
    oidc_unregistered_error { "an unregistered error code" "un código de error no registrado" }
    oidc_no_code {
        "the callback carries neither a code nor an error"
        "la respuesta no trae ni código ni error"
    }
    oidc_own_key_unreadable {
        "our key at this provider is missing or unreadable"
        "nuestra clave en este servicio falta o no se puede leer"
    }
    oidc_own_key_missing { "our key at this provider is missing" "falta nuestra clave en este servicio" }
    oidc_assertion_unsigned {
        "the client assertion could not be signed"
        "la aserción de cliente no se pudo firmar"
    }
    oidc_secret_missing { "the client secret is missing" "falta el secreto de cliente" }
    oidc_rotation {
        "key_rotation: publish_days is 1 to 365, and after_days is greater and at most 1095"
        "key_rotation: publish_days va de 1 a 365, y after_days es mayor y como máximo 1095"
    }
    oidc_issuer_form {
        "the issuer must be a URL without query or fragment, exactly as the provider publishes it"
        "el emisor es una dirección sin consulta ni fragmento, exactamente como la publica el servicio"
    }
    oidc_issuer_placeholder {
        "the issuer contains a placeholder; enter the issuer of your own directory instead of a shared one"
        "el emisor contiene un marcador; introduzca el de su propio directorio en lugar de uno compartido"
    }
    oidc_client_id_missing { "the client id is missing" "falta el identificador de cliente" }
    oidc_secret_and_method {
        "client_secret_basic, client_secret_post and client_secret_jwt need a client secret; private_key_jwt and none must not have one"
        "client_secret_basic, client_secret_post y client_secret_jwt necesitan un secreto de cliente; private_key_jwt y none no deben tenerlo"
    }
    oidc_secret_short {
        "a client secret that signs (client_secret_jwt) has at least 32 bytes"
        "un secreto de cliente que firma (client_secret_jwt) tiene al menos 32 bytes"
    }
    oidc_assertion_algorithm {
        "client assertions are signed with RS256, RS384 or PS256"
        "las aserciones de cliente se firman con RS256, RS384 o PS256"
    }
    oidc_no_algorithm {
        "at least one ID token algorithm must be accepted; RS256 is what providers use by default"
        "hay que aceptar al menos un algoritmo para el token de identidad; los servicios usan RS256 si no se indica otro"
    }
    oidc_scope_word { "each scope is one word" "cada alcance es una palabra" }
    oidc_no_document { "there is no discovery document" "no hay documento de descubrimiento" }
    oidc_metadata_unusable {
        "the metadata is not usable: it must be JSON with issuer, authorization_endpoint, token_endpoint and jwks_uri"
        "los metadatos no se pueden usar: tienen que ser JSON con issuer, authorization_endpoint, token_endpoint y jwks_uri"
    }
    oidc_metadata_issuer {
        "the metadata names another issuer than the one entered; they must be equal to the letter"
        "los metadatos nombran un emisor distinto del introducido; tienen que coincidir letra a letra"
    }
    oidc_not_utf8 { "the document is not UTF-8" "el documento no está en UTF-8" }
    oidc_issuer_no_url { "the issuer is not a URL" "el emisor no es una dirección" }
    oidc_no_public_key {
        "the key set holds no public key for signatures"
        "el conjunto de claves no contiene ninguna clave pública de firma"
    }
    oidc_status { "the provider answered with status {0}" "el servicio respondió con el estado {0}" }
    oidc_claim_type {
        "a standard claim or header member has a type that is not allowed"
        "un dato estándar o un miembro de la cabecera tiene un tipo no permitido"
    }
    id_token_no_jwt {
        "the ID token is not a JWT: header and claims must be base64url of JSON objects"
        "el token de identidad no es un JWT: cabecera y datos tienen que ser base64url de objetos JSON"
    }
    id_token_encrypted {
        "the ID token is encrypted; switch that off for this client at the provider"
        "el token de identidad está cifrado; desactívelo en el servicio para este cliente"
    }
    id_token_parts {
        "the ID token is not a signed JWT of three parts"
        "el token de identidad no es un JWT firmado de tres partes"
    }
    id_token_algorithms {
        "the ID token is not signed with an accepted algorithm ({0})"
        "el token de identidad no está firmado con un algoritmo aceptado ({0})"
    }
    id_token_no_string { "{0} is missing or no string" "{0} falta o no es un texto" }
    id_token_no_seconds { "{0} is missing or no number of seconds" "{0} falta o no es un número de segundos" }
    id_token_aud_form {
        "aud is missing, or neither a string nor a list of strings"
        "aud falta, o no es un texto ni una lista de textos"
    }
    id_token_own_clock { "the server's clock is out of range" "el reloj del servidor está fuera de rango" }
    id_token_iss { "iss is not the pinned issuer" "iss no es el emisor fijado" }
    id_token_aud {
        "aud lacks our client id, or holds another audience that is not trusted"
        "en aud falta nuestro identificador de cliente, o hay otro destinatario en el que no se confía"
    }
    id_token_expired {
        "the ID token has expired; compare the clocks"
        "el token de identidad ha caducado; compare los relojes"
    }
    id_token_nonce { "nonce is not the one that was sent" "nonce no es el que se envió" }
    id_token_no_key {
        "no key of the provider fits kid and alg of the ID token, after fetching them again"
        "ninguna clave del servicio corresponde a kid y alg del token de identidad, tras volver a leerlas"
    }
    id_token_several_keys {
        "several keys of the provider fit the ID token; it must name one by kid"
        "varias claves del servicio sirven para el token de identidad; tiene que nombrar una con kid"
    }
    id_token_damaged_key { "the provider's key is damaged" "la clave del servicio está dañada" }
    id_token_signature { "the signature is wrong" "la firma no es correcta" }
    id_token_algorithm {
        "the ID token is not signed with an accepted algorithm"
        "el token de identidad no está firmado con un algoritmo aceptado"
    }
    id_token_header {
        "typ, cty or crit of the ID token's header is not understood"
        "no se entiende typ, cty o crit en la cabecera del token de identidad"
    }
    id_token_azp { "azp is not our client id" "azp no es nuestro identificador de cliente" }
    id_token_azp_missing { "there are several audiences and no azp" "hay varios destinatarios y falta azp" }
    id_token_ahead {
        "the provider's clock is {0} s ahead of ours; at most 60 s are accepted"
        "el reloj del servicio va {0} s por delante del nuestro; se aceptan 60 s como máximo"
    }
    id_token_old {
        "the ID token was issued more than 10 minutes ago"
        "el token de identidad se emitió hace más de 10 minutos"
    }
    id_token_nbf {
        "nbf lies in the future or is no number of seconds"
        "nbf está en el futuro o no es un número de segundos"
    }
    id_token_sub { "sub must have 1 to 255 bytes" "sub tiene que tener de 1 a 255 bytes" }
    id_token_at_hash {
        "at_hash does not belong to the access token"
        "at_hash no corresponde al token de acceso"
    }
    id_token_acr {
        "acr is missing or not among those required"
        "acr falta o no está entre los exigidos"
    }
    id_token_auth_time_missing {
        "max_age was sent, and auth_time is missing"
        "se envió max_age y falta auth_time"
    }
    id_token_auth_time_form { "auth_time is no number of seconds" "auth_time no es un número de segundos" }
    id_token_auth_time_future { "auth_time lies in the future" "auth_time está en el futuro" }
    id_token_max_age {
        "the user last proved who they are longer ago than max_age allows"
        "la persona demostró quién es hace más tiempo del que permite max_age"
    }
    oidc_logout_no_jwt { "not a signed JWT" "no es un JWT firmado" }
    oidc_logout_header {
        "typ or crit of the header is not that of a logout token"
        "typ o crit de la cabecera no es de un token de cierre de sesión"
    }
    oidc_logout_signature {
        "no key of the provider verifies the signature"
        "ninguna clave del servicio verifica la firma"
    }
    oidc_logout_strings {
        "sub, sid or jti is no string of 1 to 255 bytes"
        "sub, sid o jti no es un texto de 1 a 255 bytes"
    }
    oidc_logout_iat {
        "iat lies in the future or too long ago; compare the clocks"
        "iat está en el futuro o es demasiado antiguo; compare los relojes"
    }
    oidc_logout_expired { "the logout token has expired" "el token de cierre de sesión ha caducado" }
    oidc_logout_event {
        "events does not hold the event of a logout"
        "events no contiene el suceso de un cierre de sesión"
    }
    oidc_logout_nonce { "a logout token has no nonce" "un token de cierre de sesión no lleva nonce" }
    oidc_logout_nobody { "neither sub nor sid" "faltan sub y sid" }
    oidc_logout_jti { "jti is missing" "falta jti" }
    token_type { "token_type is not Bearer" "token_type no es Bearer" }
    no_id_token {
        "there is no id_token; is the scope openid allowed for this client?"
        "no hay id_token; ¿se permite el alcance openid a este cliente?"
    }
    code_refused { "the provider refused the code: {0}" "el servicio rechazó el código: {0}" }
    token_answer {
        "the answer is no token answer: JSON with access_token and token_type"
        "la respuesta no es la del punto de emisión: JSON con access_token y token_type"
    }
    no_userinfo {
        "the provider's metadata has no userinfo_endpoint; switch UserInfo off"
        "los metadatos del servicio no tienen userinfo_endpoint; desactive UserInfo"
    }
    token_not_printable {
        "the access token is not printable text"
        "el token de acceso no es texto imprimible"
    }
    userinfo_no_object { "the answer is not a JSON object" "la respuesta no es un objeto JSON" }
    userinfo_sub {
        "sub is missing or differs from the ID token's"
        "sub falta o es distinto del que trae el token de identidad"
    }
    userinfo_no_text { "the signed answer is not text" "la respuesta firmada no es texto" }
    userinfo_encrypted {
        "the answer is encrypted; switch that off for this client at the provider"
        "la respuesta está cifrada; desactívelo en el servicio para este cliente"
    }
    userinfo_no_jwt { "the signed answer is not a JWT" "la respuesta firmada no es un JWT" }
    userinfo_signature {
        "no key of the provider verifies the answer's signature, or its algorithm is not accepted"
        "ninguna clave del servicio verifica la firma de la respuesta, o su algoritmo no se acepta"
    }
    userinfo_issuer {
        "the signed answer is not by the pinned issuer, or not for our client id"
        "la respuesta firmada no es del emisor fijado, o no es para nuestro identificador de cliente"
    }
    oidc_stale_keys {
        "the provider refused our current key and took the one before: it has not read our JWKS since the switch"
        "el servicio rechazó nuestra clave actual y aceptó la anterior: no ha leído nuestro JWKS desde el cambio"
    }
    not_stored { "the sign-in could not be stored" "el inicio de sesión no se pudo guardar" }
    not_upstream { "the provider is not an upstream one" "el método de acceso no es de un servicio externo" }
    taken_over { "the account was taken over" "se tomó la cuenta existente" }
    callback_no_url { "the callback address is not a URL" "la dirección de retorno no es válida" }
    kept_unfit {
        "what was kept of a provider does not fit"
        "lo guardado sobre un servicio no encaja"
    }
    unknown_kind { "the kind is unknown; use {0}, {1} or {2}" "el tipo no se conoce; use {0}, {1} o {2}" }
    most_domains {
        "a provider has at most {0} e-mail domains"
        "un método de acceso tiene como máximo {0} dominios de correo"
    }
    remark_long {
        "the line below the button has at most {0} characters"
        "la línea bajo el botón tiene como máximo {0} caracteres"
    }
    resolves_private {
        "the name resolves to a private, local or reserved address"
        "el nombre lleva a una dirección privada, local o reservada"
    }
    resolves_nowhere { "the name does not resolve" "el nombre no se puede resolver" }
    contexts_unlisted {
        "none of the required contexts is in the table of this provider"
        "ninguno de los contextos exigidos está en la tabla de este servicio"
    }
    started_elsewhere {
        "the sign-in was started at another provider"
        "el inicio de sesión se empezó en otro servicio"
    }
    url_scheme { "it must start with https://" "tiene que empezar por https://" }
    url_credentials {
        "it must not contain a user name or password"
        "no puede contener usuario ni contraseña"
    }
    url_host { "it has no host" "no tiene servidor" }
    http_client { "the HTTP client cannot be built: {0}" "el cliente HTTP no se puede crear: {0}" }
}
