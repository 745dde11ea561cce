//! Codes about tokens: getting, refreshing, exchanging and presenting them.

use super::short_codes;

short_codes! {
    "Tokens" "Tokens"
    "grant_type_missing" {
        "Parameter grant_type is missing."
        "Falta el parámetro grant_type."
        "Send the grant_type, such as authorization_code or refresh_token."
        "Envíe el grant_type, como authorization_code o refresh_token."
    }
    "grant_type_unsupported" {
        "The grant type is not offered here. Passwords and implicit grants never are."
        "El tipo de concesión no se ofrece aquí. Las contraseñas y la concesión implícita, nunca."
        "Use one that the metadata list in grant_types_supported."
        "Use uno de grant_types_supported de los metadatos."
    }
    "code_unknown" {
        "The authorization code is unknown, expired, or was given to another client."
        "El código de autorización es desconocido, ha caducado o es de otro cliente."
        "Redeem the code within a minute, once, with the client that asked for it."
        "Canjee el código en un minuto, una sola vez, con el cliente que lo pidió."
    }
    "code_used" {
        "The authorization code was redeemed before. Whoever came second may have stolen it, so all its tokens are revoked."
        "El código de autorización ya se canjeó. Quien llegó después puede haberlo robado, por lo que se revocan todos sus tokens."
        "Redeem each code once; after a lost answer, start a new authorization."
        "Canjee cada código una vez; si se perdió la respuesta, inicie otra autorización."
    }
    "redirect_uri_differs" {
        "The redirect_uri of the token request is not the one of the authorization request."
        "El redirect_uri de la petición de token no es el de la petición de autorización."
        "Send the same redirect_uri in both."
        "Envíe el mismo redirect_uri en ambas."
    }
    "code_bound_to_another_key" {
        "The code is bound to a DPoP key, and the request does not prove that key."
        "El código está ligado a una clave DPoP y la petición no la demuestra."
        "Send a DPoP proof of the key that the authorization request named."
        "Envíe una prueba DPoP de la clave que nombró la petición de autorización."
    }
    "pkce_verifier_missing" {
        "The code was requested with a code_challenge, and code_verifier is missing."
        "El código se pidió con code_challenge y falta code_verifier."
        "Send the code_verifier that belongs to the code_challenge."
        "Envíe el code_verifier que corresponde al code_challenge."
    }
    "pkce_verifier_unexpected" {
        "A code_verifier was sent for a code that was requested without a code_challenge: somebody may have taken the challenge out."
        "Se envió un code_verifier para un código pedido sin code_challenge: alguien pudo haberlo quitado."
        "Check that the authorization request reaches the server unchanged."
        "Compruebe que la petición de autorización llega sin cambios al servidor."
    }
    "pkce_verifier_malformed" {
        "The code_verifier does not have 43 to 128 characters out of A-Z a-z 0-9 - . _ ~."
        "El code_verifier no tiene de 43 a 128 caracteres de A-Z a-z 0-9 - . _ ~."
        "Make it from 32 random bytes in base64url."
        "Créelo con 32 bytes aleatorios en base64url."
    }
    "pkce_verifier_mismatch" {
        "The code_verifier does not hash to the code_challenge of the code."
        "El resumen del code_verifier no es el code_challenge del código."
        "Send the verifier of this very request; keep one per request."
        "Envíe el verificador de esa misma petición; guarde uno por petición."
    }
    "refresh_token_unknown" {
        "The refresh token is unknown, expired, or was given to another client."
        "El token de renovación es desconocido, ha caducado o es de otro cliente."
        "Use the newest refresh token; if it is lost, start a new authorization."
        "Use el token de renovación más reciente; si se perdió, inicie otra autorización."
    }
    "refresh_token_used" {
        "The refresh token was replaced some time ago. Whoever sends it now may have stolen it, so the whole grant is revoked."
        "El token de renovación se sustituyó hace tiempo. Quien lo envía puede haberlo robado, por lo que se revoca toda la concesión."
        "Store the new refresh token of every answer, and start a new authorization now."
        "Guarde el nuevo token de renovación de cada respuesta, e inicie ahora otra autorización."
    }
    "refresh_token_bound_to_another_key" {
        "The refresh token is bound to a DPoP key, and the request does not prove that key."
        "El token de renovación está ligado a una clave DPoP y la petición no la demuestra."
        "Send a DPoP proof of the key with which the token was got."
        "Envíe una prueba DPoP de la clave con la que se obtuvo el token."
    }
    "grant_revoked" {
        "The authorization behind the code or token was withdrawn, or its session ended."
        "La autorización del código o token se retiró, o su sesión terminó."
        "Ask the user to authorize the app again."
        "Pida al usuario que autorice de nuevo la aplicación."
    }
    "scope_beyond_grant" {
        "A refresh asks for more than the user granted."
        "El refresco pide más de lo que concedió el usuario."
        "Ask for the same scope or less, or leave scope out."
        "Pida el mismo scope o menos, u omítalo."
    }
    "scope_beyond_registration" {
        "A backend service asks for nothing that it is registered for."
        "El servicio no pide nada para lo que esté registrado."
        "Ask for system scopes within the registration, or have it widened."
        "Pida alcances system dentro del registro, o solicite que se amplíe."
    }
    "scope_beyond_exchange" {
        "The scope is not within the exchanged token and what this client may have."
        "El scope no está dentro del token intercambiado y de lo que puede tener este cliente."
        "Ask for less. An exchange can only narrow."
        "Pida menos. Un intercambio solo puede reducir."
    }
    "actor_token_type" {
        "actor_token and actor_token_type were not sent together."
        "actor_token y actor_token_type no se enviaron juntos."
        "Send both, or neither (RFC 8693 section 2.1)."
        "Envíe los dos, o ninguno (RFC 8693, sección 2.1)."
    }
    "token_type_unsupported" {
        "A token type of the exchange is not one that is taken or given here."
        "Un tipo de token del intercambio no se acepta ni se emite aquí."
        "Use urn:ietf:params:oauth:token-type:access_token."
        "Utilice urn:ietf:params:oauth:token-type:access_token."
    }
    "exchanged_token_invalid" {
        "The token to exchange is no access token of this tenant that is in force."
        "El token por intercambiar no es un token de acceso vigente de esta organización."
        "Exchange the token with which the service was just called."
        "Intercambie el token con el que se acaba de llamar al servicio."
    }
    "exchanged_token_bound" {
        "The token to exchange is bound to a key that the request does not prove."
        "El token por intercambiar está ligado a una clave que la petición no demuestra."
        "Send a DPoP proof of that key."
        "Envíe una prueba DPoP de esa clave."
    }
    "actor_token_foreign" {
        "actor_token is not a token of the client that asks."
        "actor_token no es un token del cliente que lo pide."
        "Act with a token of your own."
        "Actúe con un token propio."
    }
    "exchange_target" {
        "The target of the exchange is not one FHIR server of this tenant that the user's authorization names."
        "El destino del intercambio no es un servidor FHIR de esta organización que nombre la autorización del usuario."
        "Name one target, or none to keep the token's own."
        "Nombre un destino, o ninguno para conservar el del token."
    }
    "token_missing" {
        "No access token was sent."
        "No se envió ningún token de acceso."
        "Send it in the Authorization header."
        "Envíelo en la cabecera Authorization."
    }
    "token_malformed" {
        "The access token came in a form that cannot be read, or more than once."
        "El token de acceso llegó en una forma ilegible, o más de una vez."
        "Send one Authorization header: Bearer or DPoP, a space, and the token."
        "Envíe una cabecera Authorization: Bearer o DPoP, un espacio y el token."
    }
    "token_invalid" {
        "The token is expired, revoked, unknown, or not meant for this server."
        "El token ha caducado, se revocó, es desconocido o no es para este servidor."
        "Refresh, or start a new authorization. The tenant's administrator sees the exact cause with wardkey explain and the request id."
        "Refresque, o inicie otra autorización. Quien administra la organización ve la causa exacta con wardkey explain y el identificador de la petición."
    }
    "token_unknown" {
        "No opaque access token like this is in force at this tenant."
        "En esta organización no hay vigente ningún token de acceso opaco como este."
        "Refresh, or start a new authorization."
        "Refresque, o inicie otra autorización."
    }
    "token_revoked" {
        "The access token was revoked."
        "El token de acceso se revocó."
        "Start a new authorization."
        "Inicie otra autorización."
    }
    "token_grant_ended" {
        "The authorization behind the access token was withdrawn, or its session ended."
        "La autorización del token de acceso se retiró, o su sesión terminó."
        "Ask the user to authorize the app again."
        "Pida al usuario que autorice de nuevo la aplicación."
    }
    "token_client_gone" {
        "The client of the access token was removed or switched off."
        "El cliente del token de acceso se eliminó o se desactivó."
        "Ask the tenant's administrator about the client."
        "Pregunte por el cliente a quien administra la organización."
    }
    "token_user_gone" {
        "The account of the access token's user was removed."
        "Se eliminó la cuenta del usuario del token de acceso."
        "Ask the user to sign in again."
        "Pida al usuario que inicie sesión de nuevo."
    }
    "token_without_user" {
        "The access token belongs to a client that acts for itself; there is no user to tell of."
        "El token de acceso es de un cliente que actúa por sí mismo; no hay usuario del que informar."
        "Call userinfo with a token that a user granted."
        "Llame a userinfo con un token concedido por un usuario."
    }
    "token_not_bound" {
        "The token was sent with the scheme DPoP, and is not bound to a key."
        "El token se envió con el esquema DPoP y no está ligado a ninguna clave."
        "Send it with the scheme Bearer."
        "Envíelo con el esquema Bearer."
    }
    "token_not_proven" {
        "The access token is bound to a key, and came without a proof of it."
        "El token de acceso está ligado a una clave y llegó sin prueba de ella."
        "Send it with the scheme DPoP and a proof of the key."
        "Envíelo con el esquema DPoP y una prueba de la clave."
    }
    "token_bound_to_another_key" {
        "The DPoP proof is of another key than the access token is bound to."
        "La prueba DPoP es de otra clave distinta de la ligada al token de acceso."
        "Prove the key with which the token was got."
        "Demuestre la clave con la que se obtuvo el token."
    }
    "token_for_another_server" {
        "The access token is meant for another FHIR server."
        "El token de acceso es para otro servidor FHIR."
        "Send it to the server that was named as aud, or get one for this server."
        "Envíelo al servidor nombrado en aud, u obtenga uno para este."
    }
    "tenant_mismatch" {
        "The access token belongs to another tenant."
        "El token de acceso es de otra organización."
        "Get a token from the issuer of this very address."
        "Obtenga un token del emisor de esta misma dirección."
    }
    "scope_insufficient" {
        "The access token lacks the scope that this request needs."
        "Al token de acceso le falta el alcance que necesita esta petición."
        "Ask for the scope that the challenge names."
        "Pida el alcance que nombra la respuesta."
    }
    "dpop_missing" {
        "This client's tokens are bound to a key, and the request has no DPoP proof."
        "Los tokens de este cliente se ligan a una clave y la petición no tiene prueba DPoP."
        "Send a DPoP header with every token request."
        "Envíe una cabecera DPoP en cada petición de token."
    }
    "dpop_several" {
        "The request has several DPoP headers."
        "La petición tiene varias cabeceras DPoP."
        "Send one DPoP header."
        "Envíe una sola cabecera DPoP."
    }
    "dpop_replayed" {
        "The DPoP proof was used before."
        "La prueba DPoP ya se usó."
        "Make a new proof, with a new jti, for each request."
        "Cree una prueba nueva, con un jti nuevo, para cada petición."
    }
    "dpop_htm" {
        "htm of the DPoP proof is not the method of this request."
        "htm de la prueba DPoP no es el método de esta petición."
        "Set htm to the HTTP method in capitals."
        "Ponga en htm el método HTTP en mayúsculas."
    }
    "dpop_htu" {
        "htu of the DPoP proof is not the address of this request."
        "htu de la prueba DPoP no es la dirección de esta petición."
        "Set htu to the endpoint's address as the metadata give it, without query."
        "Ponga en htu la dirección del punto de acceso según los metadatos, sin consulta."
    }
    "dpop_jti" {
        "jti of the DPoP proof is empty or too long."
        "jti de la prueba DPoP está vacío o es demasiado largo."
        "Set jti to a new random text of at most 256 bytes."
        "Ponga en jti un texto aleatorio nuevo de 256 bytes como máximo."
    }
    "dpop_iat" {
        "iat of the DPoP proof is too far from the server's time."
        "iat de la prueba DPoP está demasiado lejos de la hora del servidor."
        "Make the proof just before sending it, and set the clock; or use the server's nonce."
        "Cree la prueba justo antes de enviarla y ajuste el reloj; o use el nonce del servidor."
    }
    "dpop_ath" {
        "ath of the DPoP proof is missing, or is not the hash of the access token."
        "ath de la prueba DPoP falta o no es el resumen del token de acceso."
        "Set ath to the base64url form of the SHA-256 digest of the token."
        "Ponga en ath la forma base64url del resumen SHA-256 del token."
    }
    "dpop_nonce" {
        "The DPoP proof lacks the server's nonce, or has an old one."
        "A la prueba DPoP le falta el nonce del servidor, o es antiguo."
        "Repeat the request with the nonce of the answer's DPoP-Nonce header in a new proof."
        "Repita la petición con una prueba nueva que lleve el nonce de la cabecera DPoP-Nonce de la respuesta."
    }
    "certificate_missing" {
        "This client has to present a certificate, and the connection has none."
        "Este cliente debe presentar un certificado y la conexión no tiene ninguno."
        "Connect with the certificate, at the address of mtls_endpoint_aliases if there is one."
        "Conéctese con el certificado, en la dirección de mtls_endpoint_aliases si existe."
    }
    "device_grant_not_allowed" {
        "The client is not registered for the device code grant."
        "El cliente no está registrado para la concesión por código de dispositivo."
        "Add the grant to the client's grant_types."
        "Añada la concesión a grant_types del cliente."
    }
    "device_code_unknown" {
        "The device code is unknown, used, or not for this client."
        "El código de dispositivo es desconocido, ya se usó o no es de este cliente."
        "Ask for a new code."
        "Pida otro código."
    }
    "device_code_expired" {
        "The device code has expired."
        "El código de dispositivo ha caducado."
        "Ask for a new code and show it to the user."
        "Pida otro código y muéstrelo al usuario."
    }
    "device_denied" {
        "The user did not allow the device's access."
        "El usuario no permitió el acceso del dispositivo."
        "Respect the decision; begin again when the user wants to."
        "Respete la decisión; empiece de nuevo cuando el usuario quiera."
    }
    "device_pending" {
        "The user has not decided yet."
        "El usuario aún no ha decidido."
        "Ask again after the interval."
        "Pregunte de nuevo tras el intervalo."
    }
    "device_poll_too_soon" {
        "The device asks too often."
        "El dispositivo pregunta con demasiada frecuencia."
        "Wait five seconds longer between requests from now on."
        "Espere desde ahora cinco segundos más entre peticiones."
    }
    "user_codes_exhausted" {
        "No free user code could be made for a device."
        "No se pudo crear ningún código de usuario libre para un dispositivo."
        "Repeat the request a little later."
        "Repita la petición un poco más tarde."
    }
    "token_bound_to_another_certificate" {
        "The access token is bound to a client certificate, and this connection shows none or another (RFC 8705 section 3)."
        "El token de acceso está ligado a un certificado de cliente y esta conexión no muestra ninguno, o muestra otro."
        "Connect with the certificate with which the token was requested."
        "Conéctese con el certificado con el que se pidió el token."
    }
}
