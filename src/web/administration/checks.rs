//! What a check of a connection found, and the mend.

use super::sentences;

sentences! {
    less_than_a_day { "in less than a day" "en menos de un día" }
    one_day { "in 1 day" "en 1 día" }
    days { "in {0} days" "en {0} días" }
    passed { "which has passed" "que ya ha pasado" }
    state_current { "current" "actual" }
    state_next { "next" "siguiente" }
    state_previous { "previous" "anterior" }
    purpose_signing { "signing" "de firma" }
    purpose_encryption { "encryption" "de cifrado" }
    certificate_ends { "the certificate ends on {0}, {1}" "el certificado termina el {0}, {1}" }
    certificate_ended {
        "the certificate ended on {0}; its key is still accepted"
        "el certificado terminó el {0}; su clave se sigue aceptando"
    }
    our_certificate_ends {
        "{0} {1} certificate ends on {2}, {3}"
        "el certificado {1} {0} termina el {2}, {3}"
    }
    our_certificate_ended {
        "{0} {1} certificate ends on {2}"
        "el certificado {1} {0} termina el {2}"
    }
    renew_host {
        "Ask who runs the provider to renew the certificate of this host: afterwards nothing there can be reached."
        "Pida a quien gestiona el servicio que renueve el certificado de este servidor: después no se podrá acceder a nada de allí."
    }
    followed {
        "Nothing, if the provider publishes the next certificate ahead: the metadata are fetched regularly. Ask when it will change it."
        "Nada, si el servicio publica antes el siguiente certificado: los metadatos se leen con regularidad. Pregunte cuándo lo cambiará."
    }
    not_followed {
        "Ask the provider for metadata with the next certificate and enter them, or give the address of its metadata so that they are fetched."
        "Pida metadatos con el siguiente certificado e introdúzcalos, o indique la dirección de los metadatos para que se lean solos."
    }
    switch_ours {
        "Let the provider take in our next certificate (`wardkey idp show`), then switch to it (`wardkey idp roll-keys`)."
        "Haga que el servicio lea nuestro siguiente certificado (`wardkey idp show`) y después cámbielo (`wardkey idp roll-keys`)."
    }
    no_key { "we have no key at this provider" "no tenemos ninguna clave en este servicio" }
    save_again {
        "Save the connection again: a key is made then."
        "Guarde de nuevo la conexión: entonces se crea una clave."
    }
    the_metadata { "the metadata" "los metadatos" }
    the_key_set { "the key set" "el conjunto de claves" }
    the_token_endpoint { "the token endpoint" "el punto de emisión de tokens" }
    the_sign_in_page { "the sign-in page" "la página de acceso" }
    the_logout_page { "the logout page" "la página de cierre de sesión" }
    the_discovery_document { "the discovery document" "el documento de descubrimiento" }
    in_trouble {
        "{0}: the provider is in trouble, it answered {1}"
        "{0}: el servicio tiene problemas, respondió {1}"
    }
    knows_nothing {
        "{0}: the provider knows nothing at this address (404)"
        "{0}: el servicio no tiene nada en esta dirección (404)"
    }
    may_have_moved {
        "Compare the address with the provider's documentation; it may have moved."
        "Compare la dirección con la documentación del servicio; puede haber cambiado."
    }
    answers_with { "{0}: it answers ({1})" "{0}: responde ({1})" }
    answers { "{0}: it answers" "{0}: responde" }
    browsers_alone {
        "Only users' browsers go there. If this provider is reachable from inside the hospital's network alone, that is in order; else ask who runs it."
        "Solo van allí los navegadores. Si este servicio solo es accesible desde la red del hospital, está en orden; si no, pregunte a quien lo gestiona."
    }
    https_address {
        "Enter an address that begins with https://, without user name and password."
        "Introduzca una dirección que empiece por https://, sin usuario ni contraseña."
    }
    never_private {
        "The server never connects to private addresses. Give the provider a public name, or enter its metadata and endpoints by hand where that is enough."
        "El servidor nunca se conecta a direcciones privadas. Dé al servicio un nombre público, o introduzca a mano sus metadatos y direcciones donde baste."
    }
    typing_error {
        "Check the name for a typing error, and that public DNS knows it."
        "Compruebe que el nombre no tenga erratas y que el DNS público lo conozca."
    }
    trusted_certificate {
        "Ask who runs the provider to install a certificate that browsers trust, with its intermediate certificates and for this name, and to renew it in time."
        "Pida a quien gestiona el servicio que instale un certificado en el que confíen los navegadores, con sus intermedios y para este nombre, y que lo renueve a tiempo."
    }
    final_address {
        "Enter the final address: a redirect is not followed."
        "Introduzca la dirección final: las redirecciones no se siguen."
    }
    own_document {
        "Enter the address of this provider's own document, not of a whole federation."
        "Introduzca la dirección del documento de este servicio, no de toda una federación."
    }
    ask_firewall {
        "Ask who runs the provider whether it works, and whether a firewall lets this server through."
        "Pregunte a quien gestiona el servicio si funciona y si un cortafuegos deja pasar a este servidor."
    }
    no_tls {
        "no TLS: possible to this machine and for development only"
        "sin TLS: posible solo hacia esta máquina y para desarrollo"
    }
    use_https { "Use https:// in production." "Use https:// en producción." }
    clocks_agree {
        "the provider's clock and ours agree"
        "el reloj del servicio y el nuestro coinciden"
    }
    behind { "behind" "de retraso respecto al" }
    ahead { "ahead of" "de adelanto respecto al" }
    clocks_differ {
        "the provider's clock is {0} s {1} ours; {2} s are tolerated"
        "el reloj del servicio lleva {0} s {1} nuestro; se toleran {2} s"
    }
    ntp_refused {
        "Let both machines take their time from NTP. What this provider signs is refused as expired or as from the future."
        "Haga que ambas máquinas tomen la hora de NTP. Lo que firma este servicio se rechaza por caducado o por futuro."
    }
    ntp_soon {
        "Let both machines take their time from NTP before the difference grows."
        "Haga que ambas máquinas tomen la hora de NTP antes de que la diferencia crezca."
    }
    correct_settings {
        "Correct the settings of this identity provider; until then it is not offered to anybody."
        "Corrija los ajustes de este método de acceso; hasta entonces no se ofrece a nadie."
    }
    own_accounts {
        "these are accounts of the tenant's own: there is nobody else to ask"
        "son cuentas propias: no hay nadie más a quien preguntar"
    }
    breaker_closed { "closed: requests are sent" "cerrado: se envían peticiones" }
    breaker_half {
        "half-open: the next request finds out whether the host works again"
        "entreabierto: la próxima petición averigua si el servidor vuelve a funcionar"
    }
    breaker_half_mend {
        "Nothing, if the host answers here: it closes by itself."
        "Nada, si el servidor responde aquí: se cierra solo."
    }
    breaker_open {
        "open: requests failed several times in a row; none is sent for {0} s"
        "abierto: las peticiones fallaron varias veces seguidas; no se envía ninguna durante {0} s"
    }
    breaker_open_mend {
        "Mend what the other findings name; it closes by itself with the first request that succeeds."
        "Corrija lo que indican los demás resultados; se cierra solo con la primera petición que salga bien."
    }
    usable {
        "the settings and the mapping rules are usable"
        "los ajustes y las reglas se pueden usar"
    }
    enter_again {
        "Compare the issuer with what the provider publishes, to the letter: the scheme, the host, the path, and whether there is a slash at its end."
        "Compare el emisor con lo que publica el servicio, letra a letra: el esquema, el servidor, la ruta y si hay una barra al final."
    }
    by_hand {
        "the endpoints were entered by hand: there is no discovery document"
        "las direcciones se introdujeron a mano: no hay documento de descubrimiento"
    }
    no_document {
        "the discovery document is not there: the answer is {0}"
        "el documento de descubrimiento no está: la respuesta es {0}"
    }
    not_json {
        "the discovery document is not a JSON object"
        "el documento de descubrimiento no es un objeto JSON"
    }
    other_issuer {
        "the discovery document names another issuer: {0}"
        "el documento de descubrimiento nombra otro emisor: {0}"
    }
    document_complete {
        "the discovery document is this issuer's and names every endpoint"
        "el documento de descubrimiento es de este emisor y nombra todas las direcciones"
    }
    document_lacks {
        "the discovery document lacks {0}"
        "al documento de descubrimiento le falta {0}"
    }
    enter_by_hand {
        "Ask who runs the provider, or enter its endpoints by hand."
        "Pregunte a quien gestiona el servicio, o introduzca las direcciones a mano."
    }
    id_tokens_none {
        "ID tokens may be signed with {0} here, and the provider offers none of these"
        "aquí los tokens de identidad se pueden firmar con {0}, y el servicio no ofrece ninguno"
    }
    id_tokens_mend {
        "Accept an algorithm that the provider signs with (`--id-token-algorithm`), or set another one for this client there."
        "Acepte un algoritmo con el que firme el servicio (`--id-token-algorithm`), o ponga allí otro para este cliente."
    }
    id_tokens_fine {
        "ID tokens signed with {0} are accepted"
        "se aceptan tokens de identidad firmados con {0}"
    }
    method_supported {
        "we prove who we are with {0}, which the provider supports"
        "demostramos quiénes somos con {0}, que el servicio admite"
    }
    method_unsaid {
        "we prove who we are with {0}, which the provider does not say it supports"
        "demostramos quiénes somos con {0}, que el servicio no dice admitir"
    }
    method_mend {
        "Choose a method that the provider's document lists, and set the same one for this client there."
        "Elija un método que figure en el documento del servicio y ponga allí el mismo para este cliente."
    }
    pkce { "the provider supports PKCE with S256" "el servicio admite PKCE con S256" }
    pkce_unsaid {
        "the provider does not say that it supports PKCE with S256; it is used all the same"
        "el servicio no dice que admita PKCE con S256; se usa de todos modos"
    }
    pkce_mend {
        "Nothing has to be done here; ask who runs the provider to switch PKCE on."
        "Aquí no hay que hacer nada; pida a quien gestiona el servicio que active PKCE."
    }
    no_code_flow {
        "the provider does not offer the authorization code flow"
        "el servicio no ofrece el flujo de código de autorización"
    }
    code_flow_mend {
        "Switch the authorization code flow on for this client at the provider."
        "Active en el servicio el flujo de código de autorización para este cliente."
    }
    keys_not_json {
        "the key set is not JSON with a member keys"
        "el conjunto de claves no es JSON con un miembro keys"
    }
    keys_mend {
        "Ask who runs the provider: the address it names for its keys does not hold any."
        "Pregunte a quien gestiona el servicio: la dirección que nombra para sus claves no contiene ninguna."
    }
    keys_none_fit {
        "of {0} usable keys none fits an algorithm that is accepted here"
        "de {0} claves utilizables, ninguna sirve para un algoritmo aceptado aquí"
    }
    keys_algorithm {
        "Accept an algorithm of the provider's keys (`--id-token-algorithm`); keys below 2048 bits are never used."
        "Acepte un algoritmo de las claves del servicio (`--id-token-algorithm`); las claves de menos de 2048 bits nunca se usan."
    }
    keys_fine_one {
        "the provider publishes one key that can verify its ID tokens"
        "el servicio publica una clave que puede verificar sus tokens de identidad"
    }
    keys_fine {
        "the provider publishes {0} keys that can verify its ID tokens"
        "el servicio publica {0} claves que pueden verificar sus tokens de identidad"
    }
    metadata_none {
        "there are no usable metadata of the provider here"
        "aquí no hay metadatos utilizables del servicio"
    }
    metadata_connect {
        "Connect the provider anew with its metadata (`wardkey idp add-saml`)."
        "Conecte de nuevo el servicio con sus metadatos (`wardkey idp add-saml`)."
    }
    metadata_new {
        "Ask the provider for new metadata and enter them, or have it renew what it publishes."
        "Pida metadatos nuevos e introdúzcalos, o haga que el servicio renueve lo que publica."
    }
    metadata_expired {
        "the metadata of {0} expired on {1}"
        "los metadatos del {0} caducaron el {1}"
    }
    metadata_valid_until {
        "the metadata entered on {0} are valid until {1} only"
        "los metadatos introducidos el {0} solo valen hasta el {1}"
    }
    metadata_by_hand {
        "the metadata were entered by hand on {0}: changes of the provider's keys are not noticed"
        "los metadatos se introdujeron a mano el {0}: no se notan los cambios de claves del servicio"
    }
    metadata_address {
        "Give the address of the provider's metadata, if it has one, so that they are fetched regularly."
        "Indique la dirección de los metadatos del servicio, si la tiene, para que se lean con regularidad."
    }
    metadata_in_use { "the metadata of {0} are in use" "se usan los metadatos del {0}" }
    metadata_not_there {
        "the metadata are not there: the answer is {0}"
        "los metadatos no están: la respuesta es {0}"
    }
    metadata_compare {
        "Compare the address with what the provider gives as its metadata address."
        "Compare la dirección con la que el servicio indica para sus metadatos."
    }
    pinned { ", signed with a pinned certificate" ", firmadas con un certificado fijado" }
    metadata_same {
        "the provider publishes the keys that are known here{0}"
        "el servicio publica las claves que aquí se conocen{0}"
    }
    metadata_other {
        "the provider publishes other keys than are known here{0}; they are taken in at the next fetch"
        "el servicio publica claves distintas de las que aquí se conocen{0}; se tomarán en la próxima lectura"
    }
    metadata_unusable {
        "what the provider publishes cannot be used ({0}): {1}"
        "lo que publica el servicio no se puede usar ({0}): {1}"
    }
    metadata_correct {
        "Ask who runs the provider to correct its metadata; the last good ones stay in use until they expire."
        "Pida a quien gestiona el servicio que corrija sus metadatos; los últimos correctos siguen en uso hasta que caduquen."
    }
    weak_keys {
        "the metadata name signing keys that are never used: RSA below 2048 bits, or another kind of key"
        "los metadatos nombran claves de firma que nunca se usan: RSA de menos de 2048 bits u otro tipo"
    }
    strong_keys_mend {
        "Ask who runs the provider to sign with RSA of 2048 bits or more, or with ECDSA on P-256 or P-384."
        "Pida a quien gestiona el servicio que firme con RSA de 2048 bits o más, o con ECDSA sobre P-256 o P-384."
    }
    strong_keys {
        "the provider's keys are strong; it has to sign with SHA-256 or better, never with SHA-1"
        "las claves del servicio son fuertes; tiene que firmar con SHA-256 o mejor, nunca con SHA-1"
    }
}
