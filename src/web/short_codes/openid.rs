//! Codes about signed requests, single claims, and answers that are signed or encrypted.

use super::short_codes;

short_codes! {
    "Signed requests and answers" "Peticiones y respuestas firmadas"
    "request_object_encrypted" {
        "The request object is encrypted, and this server has no key to open it."
        "El objeto de petición está cifrado y este servidor no tiene clave para abrirlo."
        "Send it signed only."
        "Envíelo solo firmado."
    }
    "request_object_sub" {
        "The request object has a sub, with which it could pass for a client assertion (RFC 9101 section 10.8)."
        "El objeto de petición lleva sub, con el que podría pasar por una aserción del cliente (RFC 9101, sección 10.8)."
        "Leave sub out of the request object."
        "Quite sub del objeto de la petición."
    }
    "request_object_nested" {
        "The request object contains request or request_uri (RFC 9101 section 4 forbids it)."
        "El objeto de petición contiene request o request_uri (RFC 9101, sección 4, lo prohíbe)."
        "Put the parameters themselves into it."
        "Incluya en él los propios parámetros."
    }
    "request_object_client" {
        "The client_id inside the request object is not the one beside it."
        "El client_id del objeto de petición no es el que lo acompaña."
        "Send the same client_id in both places."
        "Envíe el mismo client_id en ambos lugares."
    }
    "request_object_response_type" {
        "The response_type inside the request object is not the one beside it."
        "El response_type del objeto de petición no es el que lo acompaña."
        "Send the same response_type in both places, or only inside."
        "Envíe el mismo response_type en ambos lugares, o solo dentro."
    }
    "request_object_window" {
        "The client's profile needs nbf and exp in request objects, at most an hour apart."
        "El perfil del cliente exige nbf y exp en los objetos de petición, con una hora de diferencia como máximo."
        "Set nbf to now and exp to some minutes later."
        "Ponga nbf con la hora actual y exp unos minutos después."
    }
    "request_object_parameter" {
        "A parameter in the request object is null, or nested where a text is expected."
        "Un parámetro del objeto de petición es null, o está anidado donde se espera un texto."
        "Leave it out, or send it as text, number, or, for claims, an object."
        "Quítelo, o envíelo como texto, número o, para claims, un objeto."
    }
    "request_object_required" {
        "The client is registered to send signed request objects only."
        "El cliente está registrado para enviar solo objetos de petición firmados."
        "Sign the request and send it as request, or push it."
        "Firme la petición y envíela como request, o publíquela antes."
    }
    "request_and_request_uri" {
        "The request has both request and request_uri."
        "La petición lleva request y request_uri a la vez."
        "Send one of them."
        "Envíe uno de los dos."
    }
    "request_uri_unregistered" {
        "The request_uri is not one that the client registered."
        "El request_uri no es uno de los que registró el cliente."
        "Register it in request_uris, or push the request (RFC 9126)."
        "Regístrelo en request_uris, o publique antes la petición (RFC 9126)."
    }
    "request_uri_malformed" {
        "The request_uri is not an address."
        "El request_uri no es una dirección."
        "Send the https address that is registered."
        "Envíe la dirección https registrada."
    }
    "request_uri_fetch" {
        "Nothing could be fetched from the request_uri: no answer, an error, a redirect, or more than is read."
        "No se pudo obtener nada del request_uri: sin respuesta, con error, con redirección o demasiado largo."
        "Serve the request object there with status 200, within 16 KiB, reachable from this server."
        "Sirva allí el objeto de petición con estado 200, en menos de 16 KiB y accesible desde este servidor."
    }
    "request_uri_hash" {
        "The fragment of the request_uri is not the hash of what stands there (OpenID Connect Core section 6.2)."
        "El fragmento del request_uri no es el resumen de lo que hay allí (OpenID Connect Core, sección 6.2)."
        "Put the base64url SHA-256 of the object after the hash sign, or leave the fragment out."
        "Ponga el SHA-256 del objeto en base64url tras la almohadilla, o quite el fragmento."
    }
    "claims_malformed" {
        "The parameter claims is not a JSON object of the form that OpenID Connect Core section 5.5 describes."
        "El parámetro claims no es un objeto JSON con la forma de OpenID Connect Core, sección 5.5."
        "Correct the JSON. The description says what is wrong."
        "Corrija el JSON. La descripción dice qué falla."
    }
    "subjects_differ" {
        "The id_token_hint and the parameter claims demand different users."
        "El id_token_hint y el parámetro claims exigen usuarios distintos."
        "Send one of them, or both for the same user."
        "Envíe uno de los dos, o ambos para el mismo usuario."
    }
    "acr_unmet" {
        "The user cannot sign in here in a way that reaches one of the acr values that the app calls essential."
        "El usuario no puede identificarse aquí con ninguno de los valores acr que la aplicación exige."
        "Ask for a value of acr_values_supported, or ask without essential."
        "Pida un valor de acr_values_supported, o pídalo sin essential."
    }
    "authorization_details_off" {
        "The request has authorization_details (RFC 9396), which this organisation does not offer."
        "La petición lleva authorization_details (RFC 9396), que esta organización no ofrece."
        "Ask by scope and resource alone, or ask the organisation to offer them."
        "Pida solo con scope y resource, o pida a la organización que los ofrezca."
    }
    "authorization_details_form" {
        "The parameter authorization_details is not a JSON array of 1 to 20 objects (RFC 9396 section 2)."
        "El parámetro authorization_details no es una lista JSON de 1 a 20 objetos (RFC 9396, sección 2)."
        "Correct the JSON."
        "Corrija el JSON."
    }
    "authorization_details_type" {
        "A detail has no type, or one that this server does not know."
        "Un detalle no tiene type, o uno que este servidor no conoce."
        "Use smart_on_fhir, which authorization_details_types_supported lists."
        "Use smart_on_fhir, que aparece en authorization_details_types_supported."
    }
    "authorization_details_member" {
        "A detail has a member that its type does not have, lacks locations, or holds a value of the wrong form."
        "Un detalle lleva un miembro que su tipo no tiene, no lleva locations, o contiene un valor de forma incorrecta."
        "Send type, locations, and if you like fhirVersions and scope. The description names the member."
        "Envíe type, locations y, si quiere, fhirVersions y scope. La descripción nombra el miembro."
    }
    "authorization_details_location" {
        "A location in authorization_details is not a FHIR server of this tenant."
        "Una de las locations de authorization_details no es un servidor FHIR de esta organización."
        "Send FHIR base URLs from which the app read smart-configuration."
        "Envíe URL base FHIR de las que la aplicación leyó smart-configuration."
    }
    "authorization_details_version" {
        "A FHIR server in authorization_details speaks none of the fhirVersions beside it."
        "Un servidor FHIR de authorization_details no habla ninguna de las fhirVersions indicadas."
        "Leave fhirVersions out, or name the server's own, such as 4.0.1."
        "Quite fhirVersions, o nombre las del servidor, como 4.0.1."
    }
    "authorization_details_several" {
        "The authorization_details of a token request name several FHIR servers, and an access token is for one."
        "Los authorization_details de la petición de token nombran varios servidores FHIR, y un token de acceso es para uno."
        "Name one. Ask again for a token for the next."
        "Nombre uno. Pida otro token para el siguiente."
    }
    "authorization_details_beyond_grant" {
        "The authorization_details of a token request ask for more than was granted at this FHIR server."
        "Los authorization_details de la petición de token piden más de lo concedido en este servidor FHIR."
        "Ask for less, or ask the user again with a new authorization request."
        "Pida menos, o pregunte de nuevo al usuario con otra petición de autorización."
    }
    "authorization_details_at_exchange" {
        "A token exchange has authorization_details, which it does not take."
        "Un intercambio de tokens lleva authorization_details, que no admite."
        "Narrow the token by scope and resource."
        "Limite el token con scope y resource."
    }
    "resource_differs" {
        "The parameters resource and authorization_details of a token request name different FHIR servers."
        "Los parámetros resource y authorization_details de la petición de token nombran servidores FHIR distintos."
        "Name one server in both, or leave one of them out."
        "Nombre el mismo servidor en ambos, o quite uno de los dos."
    }
    "resource_without_scope" {
        "The details of the authorization request left nothing for this FHIR server."
        "Los detalles de la petición de autorización no dejaron nada para este servidor FHIR."
        "Ask for a token for a server that the details describe."
        "Pida un token para un servidor que los detalles describan."
    }
    "resource_several" {
        "The token request names several resources, and an access token is for one."
        "La petición de token nombra varios recursos, y un token de acceso es para uno."
        "Name one. Ask again for a token for the next."
        "Nombre uno. Pida otro token para el siguiente."
    }
    "resource_beyond_grant" {
        "The resource is not one that the authorization request named."
        "El recurso no es uno de los que nombró la petición de autorización."
        "Name all resources when the user is asked."
        "Nombre todos los recursos cuando se pregunte al usuario."
    }
    "encryption_key_missing" {
        "The client wants its tokens encrypted, and its published keys hold none that fits."
        "El cliente quiere sus tokens cifrados y sus claves publicadas no contienen ninguna adecuada."
        "Publish a key for encryption: RSA of 2048 bits or more, or P-256 or P-384."
        "Publique una clave de cifrado: RSA de 2048 bits o más, o P-256 o P-384."
    }
    "answer_algorithm" {
        "The client registers an algorithm for signed answers for which this server has no key."
        "El cliente registra un algoritmo de respuestas firmadas para el que este servidor no tiene clave."
        "Choose one that the server's metadata lists."
        "Elija uno de los que anuncian los metadatos del servidor."
    }
    "sector_identifier" {
        "The document at sector_identifier_uri cannot be fetched, or does not list every redirect URI of the client."
        "El documento de sector_identifier_uri no se puede obtener, o no contiene todas las URI de redirección del cliente."
        "Serve a JSON list with every redirect URI of the sector there."
        "Sirva allí una lista JSON con todas las URI de redirección del sector."
    }
    "response_signing" {
        "A signed answer could not be made, for want of a key or through a fault of this server."
        "No se pudo firmar la respuesta, por falta de clave o por un fallo de este servidor."
        "Ask the operator to look at the tenant's signing keys."
        "Pida al operador que revise las claves de firma."
    }
}
