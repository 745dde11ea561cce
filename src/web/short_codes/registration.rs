//! Codes about registration, and about launches that an EHR registers.

use super::short_codes;

short_codes! {
    "Registration and launches" "Registro y aperturas"
    "body_not_an_object" {
        "The body is not a JSON object with each member once."
        "El cuerpo no es un objeto JSON con cada miembro una sola vez."
        "Send the client metadata as one JSON object."
        "Envíe los metadatos del cliente como un objeto JSON."
    }
    "metadata_type" {
        "A member of the client metadata has the wrong type."
        "Un miembro de los metadatos del cliente es de otro tipo."
        "Write it as RFC 7591 section 2 says. The description names what cannot be read."
        "Escríbalo según RFC 7591, sección 2. La descripción nombra lo que no se puede leer."
    }
    "client_metadata" {
        "The client metadata break one or more rules; the description names each."
        "Los metadatos del cliente incumplen una o más reglas; la descripción las nombra."
        "Change the members that the description names."
        "Cambie los miembros que nombra la descripción."
    }
    "initial_access_token_unknown" {
        "The initial access token is unknown, expired or used up."
        "El token de acceso inicial es desconocido, ha caducado o está agotado."
        "Ask the tenant's administrator for a new one."
        "Pida otro a quien administra la organización."
    }
    "registration_token_form" {
        "The Authorization header holds something that is no token for registration."
        "La cabecera Authorization contiene algo que no es un token de registro."
        "Send the token as it was given, with the scheme Bearer."
        "Envíe el token tal como se recibió, con el esquema Bearer."
    }
    "registration_token_unknown" {
        "The registration access token is not the one of this client, or the client is gone."
        "El token de acceso al registro no es el de este cliente, o el cliente ya no existe."
        "Use the newest registration_access_token of this very registration."
        "Use el registration_access_token más reciente de este mismo registro."
    }
    "registration_member_of_the_server" {
        "The replacement holds a member that only the server decides."
        "La sustitución contiene un miembro que solo decide el servidor."
        "Leave the member out (RFC 7592 section 2.2)."
        "Omita el miembro (RFC 7592, sección 2.2)."
    }
    "registration_client_id" {
        "client_id of the replacement is missing or another."
        "El client_id de la sustitución falta o es otro."
        "Send the client_id of this registration."
        "Envíe el client_id de este registro."
    }
    "registration_client_secret" {
        "client_secret of the replacement is not the current one."
        "El client_secret de la sustitución no es el actual."
        "Leave it out, or send the current one."
        "Omítalo, o envíe el actual."
    }
    "registration_changed_meanwhile" {
        "Somebody else changed the registration while its replacement was being checked."
        "Alguien cambió el registro mientras se comprobaba su sustitución."
        "Read the registration, and send the replacement again."
        "Lea el registro y envíe la sustitución otra vez."
    }
    "statement_missing" {
        "This tenant registers only software that comes with a software statement."
        "Esta organización solo registra software que trae una declaración de software."
        "Send software_statement from an issuer that the tenant trusts."
        "Envíe software_statement de un emisor en el que confíe la organización."
    }
    "statement_malformed" {
        "software_statement is not a text."
        "software_statement no es un texto."
        "Send the statement as one JWT."
        "Envíe la declaración como un JWT."
    }
    "statement_invalid" {
        "The software statement is not a JWT that its issuer signed and that is in force."
        "La declaración de software no es un JWT vigente y firmado por su emisor."
        "Get a new statement from its issuer."
        "Obtenga otra declaración de su emisor."
    }
    "statement_issuer" {
        "The issuer of the software statement is not trusted at this tenant."
        "El emisor de la declaración de software no es de confianza en esta organización."
        "Ask the tenant's administrator whom it trusts."
        "Pregunte a quien administra la organización en quién confía."
    }
    "launch_body" {
        "The body of a launch is not a JSON object."
        "El cuerpo de una apertura no es un objeto JSON."
        "Send the launch context as one JSON object."
        "Envíe el contexto de apertura como un objeto JSON."
    }
    "launch_member" {
        "A member of the launch is not a text."
        "Un miembro de la apertura no es un texto."
        "Write it as text. The description names the member."
        "Escríbalo como texto. La descripción nombra el miembro."
    }
    "launch_context" {
        "A member of the launch context is not well-formed."
        "Un miembro del contexto de apertura no está bien formado."
        "Write it as SMART App Launch 2.2 says. The description names the member."
        "Escríbalo según SMART App Launch 2.2. La descripción nombra el miembro."
    }
    "launch_client" {
        "The launch names a client that is not registered at this tenant."
        "La apertura nombra un cliente que no está registrado en esta organización."
        "Send the client_id of the app that is to be opened."
        "Envíe el client_id de la aplicación que se va a abrir."
    }
    "launch_uri" {
        "The launch's launch_uri is not one that the app registered."
        "El launch_uri de la apertura no es uno de los registrados por la aplicación."
        "Send client_id with one of its registered launch_uris, or leave launch_uri out."
        "Envíe client_id con uno de sus launch_uris registrados, u omita launch_uri."
    }
    "launch_user" {
        "The user whom the launch names, or the assertion about them, is not accepted."
        "El usuario que nombra la apertura, o la aserción sobre él, no se acepta."
        "Change what the description names."
        "Cambie lo que nombra la descripción."
    }
    "launch_user_without_client" {
        "A launch that vouches for a user has to say for which app."
        "Una apertura que responde por un usuario debe decir para qué aplicación."
        "Send client_id with the user."
        "Envíe client_id."
    }
    "launch_user_twice" {
        "The launch names its user in two ways."
        "La apertura nombra a su usuario de dos maneras."
        "Send user or user_assertion, not both."
        "Envíe user o user_assertion, no ambos."
    }
}
