//! Codes about signed messages: DPoP proofs, client assertions, access tokens.

use super::short_codes;

short_codes! {
    "Signed messages" "Mensajes firmados"
    "jwt_too_long" {
        "The JWT is longer than is read."
        "El JWT es más largo de lo que se lee."
        "Leave out what the receiver does not need."
        "Omita lo que el receptor no necesita."
    }
    "jwt_malformed" {
        "The text is not a JWS in compact form: three parts of base64url with JSON objects."
        "El texto no es un JWS en forma compacta: tres partes base64url con objetos JSON."
        "Make it with a JOSE library, and send it whole."
        "Créelo con una biblioteca JOSE y envíelo entero."
    }
    "jwt_algorithm" {
        "The algorithm of the JWT is none, symmetric, unknown, or not allowed here."
        "El algoritmo del JWT es none, simétrico, desconocido o no permitido aquí."
        "Sign with an asymmetric algorithm that the metadata list."
        "Firme con un algoritmo asimétrico que figure en los metadatos."
    }
    "jwt_type" {
        "typ says that the JWT is another kind of message."
        "typ dice que el JWT es otro tipo de mensaje."
        "Set typ as the standard of this message says, such as dpop+jwt."
        "Ponga typ según el estándar de este mensaje, como dpop+jwt."
    }
    "jwt_crit" {
        "The JWT demands an extension (crit) that is not supported."
        "El JWT exige una extensión (crit) que no se admite."
        "Leave crit out of the header."
        "Omita crit en la cabecera."
    }
    "jwt_unknown_key" {
        "No key is known that could have signed the JWT."
        "No se conoce ninguna clave que pudiera haber firmado el JWT."
        "Publish the key in the registered key set, and name it with kid."
        "Publique la clave en el conjunto registrado y nómbrela con kid."
    }
    "jwt_ambiguous_key" {
        "Several keys could have signed the JWT."
        "Varias claves podrían haber firmado el JWT."
        "Give each key a kid of its own, and name it in the header."
        "Dé a cada clave su propio kid y nómbrelo en la cabecera."
    }
    "jwt_signature" {
        "The signature of the JWT does not match."
        "La firma del JWT no coincide."
        "Sign with the private half of the published key; send the JWT unchanged."
        "Firme con la parte privada de la clave publicada; envíe el JWT sin cambios."
    }
    "jwt_exp_missing" {
        "The JWT has no exp."
        "El JWT no tiene exp."
        "Set exp to a few minutes from now."
        "Ponga en exp una hora a pocos minutos vista."
    }
    "jwt_expired" {
        "The JWT has expired."
        "El JWT ha caducado."
        "Get or sign a new one, and check the clock."
        "Obtenga o firme otro, y compruebe el reloj."
    }
    "jwt_lifetime" {
        "exp of the JWT lies further ahead than is allowed."
        "exp del JWT está más lejos de lo permitido."
        "Sign it for a few minutes only."
        "Fírmelo solo para unos minutos."
    }
    "jwt_not_yet_valid" {
        "iat or nbf of the JWT lies in the future."
        "iat o nbf del JWT está en el futuro."
        "Check the clock of the machine that signs."
        "Compruebe el reloj de la máquina que firma."
    }
    "jwt_time_format" {
        "exp, nbf or iat of the JWT is not a whole number."
        "exp, nbf o iat del JWT no es un número entero."
        "Write times as whole seconds since 1970."
        "Escriba las horas como segundos enteros desde 1970."
    }
    "jwt_issuer" {
        "iss of the JWT is missing or another than expected."
        "iss del JWT falta o no es el esperado."
        "Set iss to the one who signs: in a client assertion, the client_id."
        "Ponga en iss a quien firma: en una aserción de cliente, el client_id."
    }
    "jwt_audience" {
        "aud of the JWT does not name this server."
        "aud del JWT no nombra este servidor."
        "Set aud as the description says: the issuer, or the token endpoint."
        "Ponga aud como dice la descripción: el emisor o el punto de token."
    }
    "jwt_claims" {
        "A claim of the JWT is missing or has the wrong type."
        "Falta un dato del JWT o es de otro tipo."
        "Compare the claims with the standard of this message."
        "Compare los datos con el estándar de este mensaje."
    }
    "jwt_private_key" {
        "The header of the JWT holds the private half of a key, which is no secret any more."
        "La cabecera del JWT contiene la parte privada de una clave, que ya no es secreta."
        "Make a new key at once, and send only its public half."
        "Cree otra clave de inmediato y envíe solo su parte pública."
    }
}
