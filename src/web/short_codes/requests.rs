//! Codes about requests: their form, and what an authorization request asks for.

use super::short_codes;

short_codes! {
    "Requests" "Peticiones"
    "content_type" {
        "The body has another content type than this endpoint reads."
        "El cuerpo tiene un tipo de contenido que este punto de acceso no lee."
        "Send application/x-www-form-urlencoded; to the registration endpoint, application/json."
        "Envíe application/x-www-form-urlencoded; al punto de registro, application/json."
    }
    "body_too_large" {
        "The body is larger than this endpoint reads."
        "El cuerpo es mayor de lo que este punto de acceso lee."
        "Send less. The limits are in the documentation."
        "Envíe menos datos. Los límites están en la documentación."
    }
    "query_too_long" {
        "The address is too long."
        "La dirección es demasiado larga."
        "Send the parameters by POST, or push them (RFC 9126)."
        "Envíe los parámetros por POST, o publíquelos antes (RFC 9126)."
    }
    "parameters_too_many" {
        "The request has more parameters than are read."
        "La petición tiene más parámetros de los que se leen."
        "Send only the parameters that the request needs."
        "Envíe solo los parámetros necesarios."
    }
    "parameter_name_too_long" {
        "The name of a parameter is too long."
        "El nombre de un parámetro es demasiado largo."
        "Check how the client builds the form."
        "Compruebe cómo construye el cliente el formulario."
    }
    "parameter_value_too_long" {
        "The value of a parameter is too long."
        "El valor de un parámetro es demasiado largo."
        "Shorten it. The description names the parameter."
        "Acórtelo. La descripción nombra el parámetro."
    }
    "parameters_malformed" {
        "The parameters are not well-formed form encoding in UTF-8."
        "Los parámetros no están bien codificados como formulario en UTF-8."
        "Encode names and values as application/x-www-form-urlencoded."
        "Codifique nombres y valores como application/x-www-form-urlencoded."
    }
    "parameter_repeated" {
        "A parameter occurs more than once (RFC 6749 section 3.1 forbids it)."
        "Un parámetro aparece más de una vez (RFC 6749, sección 3.1, lo prohíbe)."
        "Send it once. The description names the parameter."
        "Envíelo una sola vez. La descripción nombra el parámetro."
    }
    "parameter_missing" {
        "A parameter that this request needs is missing or empty."
        "Falta un parámetro necesario, o está vacío."
        "Send it. The description names the parameter."
        "Envíelo. La descripción nombra el parámetro."
    }
    "client_id_missing" {
        "Parameter client_id is missing."
        "Falta el parámetro client_id."
        "Send the client_id of the app's registration at this tenant."
        "Envíe el client_id del registro de la aplicación en esta organización."
    }
    "redirect_uri_repeated" {
        "Parameter redirect_uri occurs more than once, so nobody can say which is meant."
        "El parámetro redirect_uri aparece más de una vez y no se sabe cuál vale."
        "Send redirect_uri once."
        "Envíe redirect_uri una sola vez."
    }
    "redirect_uri_missing" {
        "Parameter redirect_uri is missing."
        "Falta el parámetro redirect_uri."
        "Send one of the app's registered redirect URIs."
        "Envíe una de las direcciones de retorno registradas de la aplicación."
    }
    "redirect_uri_unregistered" {
        "The redirect_uri is not, character for character, one that the app registered."
        "El redirect_uri no es, carácter por carácter, uno de los registrados por la aplicación."
        "Send exactly a registered address, or register this one. Only the port of a loopback IP address may differ."
        "Envíe exactamente una dirección registrada, o registre esta. Solo puede variar el puerto de una dirección IP de bucle local."
    }
    "response_type_missing" {
        "Parameter response_type is missing."
        "Falta el parámetro response_type."
        "Send response_type=code."
        "Envíe response_type=code."
    }
    "response_type_unsupported" {
        "The response_type is not one that is offered here."
        "El response_type no es uno de los ofrecidos aquí."
        "Send response_type=code with PKCE."
        "Envíe response_type=code con PKCE."
    }
    "response_mode_unsupported" {
        "The response_mode is not one that is offered here."
        "El response_mode no es uno de los ofrecidos aquí."
        "Use one that the metadata list in response_modes_supported, or leave it out."
        "Use uno de response_modes_supported de los metadatos, u omítalo."
    }
    "request_object" {
        "Parameter request was sent, and request objects are not accepted here."
        "Se envió el parámetro request y aquí no se aceptan objetos de petición."
        "Send plain parameters, or push them (RFC 9126)."
        "Envíe parámetros sencillos, o publíquelos antes (RFC 9126)."
    }
    "request_uri" {
        "Parameter request_uri names no request that was pushed here, and others are not fetched."
        "El parámetro request_uri no nombra una petición publicada aquí, y otras no se descargan."
        "Push the request first and send the request_uri of the answer."
        "Publique antes la petición y envíe el request_uri de la respuesta."
    }
    "registration" {
        "Parameter registration was sent; clients cannot register in an authorization request."
        "Se envió el parámetro registration; los clientes no se registran en una petición de autorización."
        "Register the client first."
        "Registre antes el cliente."
    }
    "scope_missing" {
        "Parameter scope is missing."
        "Falta el parámetro scope."
        "Send the scopes that the app needs."
        "Envíe los alcances (scope) que necesita la aplicación."
    }
    "scope_malformed" {
        "The scope cannot be read."
        "No se puede leer el scope."
        "Separate scopes by one space, and write them as SMART App Launch 2.2 and OpenID Connect do."
        "Separe los alcances con un espacio y escríbalos como en SMART App Launch 2.2 y OpenID Connect."
    }
    "scope_not_grantable" {
        "Nothing of the scope can be granted: it is beyond what the app is registered for or the tenant allows."
        "No se puede conceder nada del scope: supera lo registrado por la aplicación o lo que permite la organización."
        "Ask for scopes within the registration, or have it widened."
        "Pida alcances dentro del registro, o solicite que se amplíe."
    }
    "state_missing" {
        "Parameter state is missing. SMART apps have to send it."
        "Falta el parámetro state. Las aplicaciones SMART deben enviarlo."
        "Send an unguessable state and check it when the browser comes back."
        "Envíe un state imposible de adivinar y compruébelo cuando vuelva el navegador."
    }
    "pkce_missing" {
        "The request has no code_challenge, and this client has to use PKCE."
        "La petición no tiene code_challenge y este cliente debe usar PKCE."
        "Make a code_verifier for each request, and send its S256 code_challenge."
        "Cree un code_verifier para cada petición y envíe su code_challenge con S256."
    }
    "pkce_method_without_challenge" {
        "code_challenge_method was sent without code_challenge."
        "Se envió code_challenge_method sin code_challenge."
        "Send both parameters."
        "Envíe los dos parámetros."
    }
    "pkce_method_missing" {
        "code_challenge_method is missing, which would mean plain."
        "Falta code_challenge_method, lo que significaría plain."
        "Send code_challenge_method=S256."
        "Envíe code_challenge_method=S256."
    }
    "pkce_method_plain" {
        "The code_challenge_method plain protects nothing once the request is seen, and is refused."
        "El code_challenge_method plain no protege nada si alguien ve la petición, y se rechaza."
        "Send code_challenge_method=S256."
        "Envíe code_challenge_method=S256."
    }
    "pkce_method_unknown" {
        "The code_challenge_method is not known."
        "El code_challenge_method es desconocido."
        "Send code_challenge_method=S256."
        "Envíe code_challenge_method=S256."
    }
    "pkce_challenge_malformed" {
        "The code_challenge is not the base64url form of a SHA-256 digest: 43 characters without padding."
        "El code_challenge no es la forma base64url de un resumen SHA-256: 43 caracteres sin relleno."
        "Hash the ASCII form of the verifier with SHA-256, and encode the digest with base64url."
        "Calcule SHA-256 de la forma ASCII del verificador y codifique el resumen en base64url."
    }
    "prompt_unknown" {
        "Parameter prompt has an unknown value."
        "El parámetro prompt tiene un valor desconocido."
        "Use none, login, consent or select_account."
        "Use none, login, consent o select_account."
    }
    "prompt_none_combined" {
        "The prompt value none is combined with another."
        "El valor none de prompt está combinado con otro."
        "Send none alone."
        "Envíe none solo."
    }
    "max_age_malformed" {
        "Parameter max_age is not a non-negative integer."
        "El parámetro max_age no es un entero no negativo."
        "Send a number of seconds."
        "Envíe un número de segundos."
    }
    "aud_missing" {
        "Parameter aud is missing, and the scope asks for FHIR data."
        "Falta el parámetro aud y el scope pide datos FHIR."
        "Send the base URL of the FHIR server as aud."
        "Envíe en aud la dirección base del servidor FHIR."
    }
    "aud_unknown" {
        "Parameter aud is not a FHIR server of this tenant."
        "El parámetro aud no es un servidor FHIR de esta organización."
        "Send the FHIR base URL from which the app read smart-configuration."
        "Envíe la dirección base FHIR de la que la aplicación leyó smart-configuration."
    }
    "resource_unknown" {
        "Parameter resource is not a resource of this tenant (RFC 8707)."
        "El parámetro resource no es un recurso de esta organización (RFC 8707)."
        "Send one FHIR base URL of this tenant."
        "Envíe una dirección base FHIR de esta organización."
    }
    "launch_missing" {
        "The scope holds launch, and the parameter launch is missing."
        "El scope contiene launch y falta el parámetro launch."
        "Pass on the launch value that the EHR gave the app, or use launch/patient for a launch by the app itself."
        "Transmita el valor launch que la historia clínica dio a la aplicación, o use launch/patient si la inicia la propia aplicación."
    }
    "launch_unknown" {
        "The launch handle is unknown, used or expired, or is meant for another app."
        "El identificador de apertura es desconocido, ya se usó, ha caducado o es de otra aplicación."
        "Open the app from the patient's record again."
        "Abra de nuevo la aplicación desde la historia del paciente."
    }
    "id_token_hint" {
        "Parameter id_token_hint is not an ID token that this tenant issued to this client."
        "El parámetro id_token_hint no es un token de identidad que esta organización emitió a este cliente."
        "Send the last ID token of the user, or leave the parameter out."
        "Envíe el último token de identidad del usuario, u omita el parámetro."
    }
    "push_required" {
        "This client has to push its authorization requests, and this one was not."
        "Este cliente debe publicar antes sus peticiones de autorización, y esta no lo fue."
        "Send the parameters to the PAR endpoint first (RFC 9126)."
        "Envíe antes los parámetros al punto PAR (RFC 9126)."
    }
    "request_uri_unknown" {
        "The request_uri is unknown, expired or used, or was given to another client."
        "El request_uri es desconocido, ha caducado, ya se usó o es de otro cliente."
        "Push the request again and send the browser on at once."
        "Publique otra vez la petición y envíe el navegador de inmediato."
    }
    "request_uri_pushed" {
        "A pushed request refers to another pushed request."
        "Una petición publicada se refiere a otra."
        "Push the parameters themselves."
        "Publique los propios parámetros."
    }
    "dpop_jkt_malformed" {
        "Parameter dpop_jkt is not the base64url form of a SHA-256 key thumbprint."
        "El parámetro dpop_jkt no es la forma base64url de una huella SHA-256 de clave."
        "Send the thumbprint of RFC 7638: 43 characters without padding."
        "Envíe la huella de RFC 7638: 43 caracteres sin relleno."
    }
    "dpop_jkt_differs" {
        "Parameter dpop_jkt is not the key of the DPoP proof beside it."
        "El parámetro dpop_jkt no es la clave de la prueba DPoP que lo acompaña."
        "Leave one of them out, or use the same key."
        "Omita uno de los dos, o use la misma clave."
    }
    "logout_client_differs" {
        "The logout request's client_id is not the client of its id_token_hint."
        "El client_id de la petición de cierre no es el cliente de su id_token_hint."
        "Send the id_token_hint alone, or the client_id that it was issued to."
        "Envíe solo el id_token_hint, o el client_id al que se emitió."
    }
    "logout_form" {
        "The confirmation of a sign-out is outdated."
        "La confirmación del cierre de sesión ya no es válida."
        "Sign out again from the app."
        "Cierre de nuevo la sesión desde la aplicación."
    }
    "body_too_slow" {
        "The body did not arrive in time."
        "El cuerpo no llegó a tiempo."
        "Send it again over a better connection."
        "Envíelo de nuevo con una conexión mejor."
    }
    "too_many_requests" {
        "There were more requests in a short time than are allowed."
        "Hubo en poco tiempo más peticiones de las permitidas."
        "Wait as long as Retry-After says, and ask less often."
        "Espere lo que indica Retry-After y pregunte con menos frecuencia."
    }
}
