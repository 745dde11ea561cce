//! Identity providers: connecting, keys, setup links, switching on.

use super::sentences;

sentences! {
    not_oidc { "{0} is not an OpenID Connect provider" "{0} no es un proveedor OpenID Connect" }
    not_elsewhere { "{0} is not a provider elsewhere" "{0} no es un servicio externo" }
    not_saml { "{0} is not a SAML provider" "{0} no es un proveedor SAML" }
    not_local { "{0} is not a provider of local accounts" "{0} no contiene cuentas propias" }
    domain_taken {
        "the e-mail domain {0} leads to {1} already"
        "el dominio de correo {0} ya lleva a {1}"
    }
    domain_taken_elsewhere {
        "the e-mail domain {0} leads to another way to sign in already"
        "el dominio de correo {0} ya lleva a otro método de acceso"
    }
    unknown_provider {
        "{0} is no identity provider of this tenant; connect it first"
        "{0} no es un método de acceso de este hospital; conéctelo antes"
    }
    button_words {
        "is empty; give the words for the sign-in button"
        "está vacío; indique el texto del botón de acceso"
    }
    button_words_needed {
        "give the words for the sign-in button"
        "indique el texto del botón de acceso"
    }
    other_kind {
        "{0} is a provider of kind {1}; choose another alias"
        "{0} es un proveedor de tipo {1}; elija otro nombre corto"
    }
    no_other_provider {
        "{0} is no other identity provider of this tenant"
        "{0} no es otro método de acceso de este hospital"
    }
    secret_again {
        "has to be given again, because the settings say where it is sent and that changed"
        "hay que indicarlo de nuevo, porque los ajustes dicen adónde se envía y eso ha cambiado"
    }
    link_removes_nothing {
        "a setup link sets up a connection, and does not remove it"
        "un enlace de configuración configura una conexión y no la elimina"
    }
    link_beyond {
        "the rule {0} reaches beyond this connection: an administrator of the tenant sets it, not the holder of a link"
        "la regla {0} va más allá de esta conexión: la establece la administración del hospital, no quien tiene un enlace"
    }
    link_no_links {
        "a setup link makes no further links"
        "un enlace de configuración no crea más enlaces"
    }
    link_label {
        "say in 1 to {0} characters whom the link is for"
        "diga en 1 a {0} caracteres para quién es el enlace"
    }
    link_lifetime {
        "a setup link works for up to {0} seconds"
        "un enlace de configuración funciona hasta {0} segundos"
    }
    link_of_administrators {
        "people who sign in at {0} administer this tenant: set it up yourself, a link to it would make its holder one of them"
        "las personas que inician sesión en {0} administran este hospital: configúrelo usted; un enlace convertiría a quien lo tenga en una de ellas"
    }
    not_tried {
        "{0} was not tried out as it is set up now; test the sign-in first"
        "{0} no se ha probado tal como está configurado ahora; pruebe antes el acceso"
    }
    only_way {
        "{0} is the only way to sign in that is switched on; switch another one on first"
        "{0} es el único método de acceso activado; active antes otro"
    }
    nothing_to_test {
        "{0} are the tenant's own accounts: there is no provider to test"
        "{0} son las cuentas propias: no hay ningún servicio que probar"
    }
    trace_of_other {
        "the trace is of a sign-in at another provider than {0}"
        "el registro es de un acceso por otro servicio, no por {0}"
    }
    local_needs_no_rules {
        "{0} has the tenant's own accounts, which need no mapping rules"
        "{0} contiene las cuentas propias, que no necesitan reglas"
    }
    trace_too_long {
        "the trace has no claims, because they were too long to be kept"
        "el registro no tiene datos, porque eran demasiado largos para guardarlos"
    }
    trace_unproven {
        "the trace has no claims, because the sign-in was refused before anything was proven"
        "el registro no tiene datos, porque el acceso se rechazó antes de probarse nada"
    }
    keys_date {
        "{0} has no next keys; publish them first, then fix the date"
        "{0} no tiene claves siguientes; publíquelas antes y después fije la fecha"
    }
    stopping {
        "could not be made because the program is stopping"
        "no se pudo crear porque el programa se está deteniendo"
    }
    has_next_keys {
        "{0} has next keys already; let the provider take in our metadata, then switch"
        "{0} ya tiene claves siguientes; haga que el servicio lea nuestros metadatos y después cambie"
    }
    has_no_next_keys {
        "{0} has no next keys; publish them first, and let the provider take in our metadata"
        "{0} no tiene claves siguientes; publíquelas antes y haga que el servicio lea nuestros metadatos"
    }
    has_no_previous_keys { "{0} has no previous keys" "{0} no tiene claves anteriores" }
    has_no_metadata { "{0} has no metadata; connect it anew" "{0} no tiene metadatos; conéctelo de nuevo" }
    alias_taken {
        "{0} is there already; choose another short name"
        "{0} ya existe; elija otro nombre corto"
    }
    alias_new {
        "choose another short name than new"
        "elija un nombre corto distinto de new"
    }
    local_no_connection {
        "accounts that are kept here have no connection"
        "las cuentas propias no tienen conexión"
    }
    metadata_needed {
        "give their address, or paste them"
        "indique su dirección o péguelos"
    }
    not_https { "is not an https address" "no es una dirección https" }
    settings_unreadable {
        "the settings cannot be read: {0}"
        "los ajustes no se pueden leer: {0}"
    }
    alias_form {
        "an alias has 1 to 40 characters of a-z, 0-9 and inner hyphens"
        "un nombre corto tiene de 1 a 40 caracteres entre a-z, 0-9 y guiones interiores"
    }
    rule_wrong { "rule {0}: {1}" "regla {0}: {1}" }
    domain_form {
        "{0} is not the domain of an e-mail address, such as hospital.example"
        "{0} no es el dominio de una dirección de correo, como hospital.example"
    }
    host_private {
        "{0} lies in a private, local or reserved address range, which is never contacted"
        "{0} está en un rango de direcciones privado, local o reservado, al que nunca se conecta"
    }
    host_unresolved {
        "{0} cannot be resolved; check the name and the server's DNS"
        "{0} no se puede resolver; compruebe el nombre y el DNS del servidor"
    }
    host_unconnected { "no connection to {0}: {1}" "sin conexión con {0}: {1}" }
    host_timeout { "{0} did not answer in time" "{0} no respondió a tiempo" }
    host_too_large {
        "the answer of {0} is larger than {1} bytes"
        "la respuesta de {0} supera {1} bytes"
    }
    host_redirected {
        "{0} answered with a redirect ({1}), which is not followed; enter the final address instead"
        "{0} respondió con una redirección ({1}), que no se sigue; introduzca la dirección final"
    }
    host_trouble { "{0} is in trouble: it answered {1}" "{0} tiene problemas: respondió {1}" }
    host_breaker {
        "{0} failed several times in a row; the next attempt is possible in {1} s"
        "{0} falló varias veces seguidas; el próximo intento es posible en {1} s"
    }
    host_broke_off { "the exchange with {0} broke off" "el intercambio con {0} se interrumpió" }
    url_refused { "the URL is refused: {0}" "la dirección se rechaza: {0}" }
    not_what_oidc_sends {
        "is not what {0} sends: it is an OpenID Connect provider; paste claims"
        "no es lo que envía {0}: es un proveedor OpenID Connect; pegue sus datos"
    }
}
