//! What is wrong with an app's registration.

use super::sentences;

sentences! {
    list_too_long { "has more than {0} entries" "tiene más de {0} entradas" }
    listed_twice { "{0} is listed twice" "{0} aparece dos veces" }
    not_allowed { "{0} is not allowed: {1}" "{0} no se permite: {1}" }
    method_unsupported {
        "is not supported; use none, client_secret_basic, client_secret_post, private_key_jwt, tls_client_auth or self_signed_tls_client_auth"
        "no se admite; use none, client_secret_basic, client_secret_post, private_key_jwt, tls_client_auth o self_signed_tls_client_auth"
    }
    neither_web_nor_native { "is neither web nor native" "no es web ni native" }
    grant_unsupported {
        "{0} is not supported; use one that the server's metadata lists"
        "{0} no se admite; use uno de los que figuran en los metadatos del servidor"
    }
    no_grant { "is empty; name at least one grant type" "está vacío; indique al menos un tipo de concesión" }
    redirect_missing {
        "is missing; authorization_code needs at least one redirect URI"
        "falta; authorization_code necesita al menos una dirección de retorno"
    }
    redirect_useless {
        "is of no use without the grant type authorization_code"
        "no sirve sin el tipo de concesión authorization_code"
    }
    refresh_alone {
        "refresh_token needs authorization_code or device_code beside it"
        "refresh_token necesita además authorization_code o device_code"
    }
    credentials_unauthenticated {
        "client_credentials needs a client that authenticates; method none does not"
        "client_credentials necesita un cliente que se autentique; el método none no lo hace"
    }
    exchange_unauthenticated {
        "token exchange needs a client that authenticates; method none does not"
        "el intercambio de tokens necesita un cliente que se autentique; el método none no lo hace"
    }
    only_code { "only code is supported" "solo se admite code" }
    code_together {
        "code and the grant type authorization_code belong together"
        "code y el tipo de concesión authorization_code van juntos"
    }
    name_length { "has 1 to {0} characters" "tiene de 1 a {0} caracteres" }
    deceptive {
        "contains control characters or marks that change the direction of text"
        "contiene caracteres de control o marcas que cambian la dirección del texto"
    }
    entry_unfit {
        "holds an entry that is empty, too long or contains control characters"
        "contiene una entrada vacía, demasiado larga o con caracteres de control"
    }
    address_plain {
        "is not an https address without user information and fragment"
        "no es una dirección https sin datos de usuario ni fragmento"
    }
    address_loopback {
        "{0} is not an https address (http only on a loopback address)"
        "{0} no es una dirección https (http solo en direcciones locales)"
    }
    keys_twice { "excludes jwks_uri; send one of them" "excluye jwks_uri; envíe uno de los dos" }
    keys_missing {
        "is missing; private_key_jwt needs jwks_uri or jwks"
        "falta; private_key_jwt necesita jwks_uri o jwks"
    }
    keys_private {
        "holds private or symmetric key material; send public keys only and replace these keys"
        "contiene claves privadas o simétricas; envíe solo claves públicas y sustituya estas"
    }
    keys_many { "has more than {0} keys" "tiene más de {0} claves" }
    keys_same { "holds two keys with the same kid" "contiene dos claves con el mismo kid" }
    keys_unusable {
        "holds no usable signature key; send RSA (2048 bits or more), P-256, P-384 or Ed25519"
        "no contiene ninguna clave de firma utilizable; envíe RSA (2048 bits o más), P-256, P-384 o Ed25519"
    }
    pkce_public { "cannot be false for a public client" "no puede ser false para un cliente público" }
    unauthenticated {
        "needs a client that authenticates; method none does not"
        "necesita un cliente que se autentique; el método none no lo hace"
    }
    assertions_keys {
        "needs a client with keys, which sign the assertions: jwks or jwks_uri"
        "necesita un cliente con claves que firmen las aserciones: jwks o jwks_uri"
    }
    scope_form {
        "is not a list of scopes separated by single spaces"
        "no es una lista de alcances separados por un espacio"
    }
    algorithm_unknown {
        "is not one of RS256, RS384, PS256, ES256, ES384, EdDSA"
        "no es RS256, RS384, PS256, ES256, ES384 ni EdDSA"
    }
    uri_long { "it is longer than {0} bytes" "tiene más de {0} bytes" }
    uri_relative { "it is not an absolute URI" "no es una dirección absoluta" }
    uri_character {
        "it contains a character that is not allowed in a URI; percent-encode it"
        "contiene un carácter que no se permite en una dirección; codifíquelo con porcentaje"
    }
    uri_backslash { "it contains a backslash" "contiene una barra invertida" }
    uri_escape { "it contains a broken percent-escape" "contiene una codificación con porcentaje incorrecta" }
    uri_fragment {
        "it contains a fragment; remove the part from # on"
        "contiene un fragmento; quite la parte desde #"
    }
    uri_wildcard {
        "it contains a wildcard; register each address in full"
        "contiene un comodín; registre cada dirección completa"
    }
    uri_user {
        "it contains user information before the host"
        "contiene datos de usuario antes del servidor"
    }
    uri_dots {
        "its path contains dot segments; register the resolved address"
        "su ruta contiene segmentos de puntos; registre la dirección resuelta"
    }
    uri_host { "its host or port is missing or not valid" "su servidor o puerto falta o no es válido" }
    uri_case { "its scheme is not written in lower case" "su esquema no está en minúsculas" }
    uri_http {
        "it uses http; only https is allowed, or http on a loopback address"
        "usa http; solo se permite https, o http en una dirección local"
    }
    uri_loopback {
        "loopback addresses are for native applications"
        "las direcciones locales son para aplicaciones nativas"
    }
    uri_localhost {
        "it uses localhost; use http://127.0.0.1 or http://[::1]"
        "usa localhost; use http://127.0.0.1 o http://[::1]"
    }
    uri_private {
        "private-use schemes are for native applications"
        "los esquemas privados son para aplicaciones nativas"
    }
    uri_forbidden { "its scheme is not allowed" "su esquema no se permite" }
    uri_reversed {
        "its scheme is not a reversed domain name such as com.example.app"
        "su esquema no es un dominio invertido como com.example.app"
    }
    uri_path {
        "its scheme is not followed by a path such as com.example.app:/callback"
        "a su esquema no le sigue una ruta como com.example.app:/callback"
    }
    jwks_form {
        "is no JWK Set: a JSON object with a list `keys`"
        "no es un conjunto de claves JWK: un objeto JSON con una lista `keys`"
    }
    keys_none_registered { "the app registered no keys" "la aplicación no registró claves" }
    keys_unreachable { "the address could not be reached" "no se pudo acceder a la dirección" }
    keys_no_answer { "the address did not answer with 200" "la dirección no respondió con 200" }
    keys_no_set {
        "what is there is no JWK Set (a JSON object with a list `keys`)"
        "lo que hay no es un conjunto de claves JWK (un objeto JSON con una lista `keys`)"
    }
    keys_empty { "the set holds no key" "el conjunto no contiene ninguna clave" }
    end_in_the_past {
        "is in the past; to end it now, switch the app off"
        "ya ha pasado; para terminarlo ahora, desactive la aplicación"
    }
    day_form { "is no day such as 2026-01-31" "no es un día como 2026-01-31" }
    day_needed { "is a day, such as 2026-12-31" "es un día, como 2026-12-31" }
    app_raced {
        "was changed by somebody else meanwhile; compare it with the app's page, then save again to overwrite that"
        "otra persona lo ha cambiado entretanto; compárelo con la página de la aplicación y guarde de nuevo para sobrescribirlo"
    }
    not_launchable {
        "{0} is switched off, waits for approval or its permission has ended: nobody can launch it"
        "{0} está desactivada, espera aprobación o su permiso ha terminado: nadie puede lanzarla"
    }
}
