//! Codes about clients: who asks, and how they prove it.

use super::short_codes;

short_codes! {
    "Clients and their authentication" "Clientes y su autenticación"
    "client_authentication" {
        "The client is not registered at this tenant, is switched off, or did not prove itself with the method and credential it is registered with. Which of these it is, is not told to the caller."
        "El cliente no está registrado en esta organización, está desactivado o no se ha autenticado con el método y la credencial registrados. A quien pregunta no se le dice cuál de las causas es."
        "Compare client_id, secret and token_endpoint_auth_method with the registration. The tenant's administrator sees the exact cause with wardkey explain and the request id."
        "Compare client_id, secreto y token_endpoint_auth_method con el registro. Quien administra la organización ve la causa exacta con wardkey explain y el identificador de la petición."
    }
    "client_unknown" {
        "No client with this client_id is registered and switched on at this tenant."
        "En esta organización no hay ningún cliente registrado y activo con este client_id."
        "Check that the request went to the right tenant, and that the client is registered and enabled there."
        "Compruebe que la petición llegó a la organización correcta y que el cliente está registrado y activo en ella."
    }
    "client_not_registered" {
        "The authorization request names a client_id that is not registered and switched on at this tenant."
        "La petición de autorización nombra un client_id que no está registrado y activo en esta organización."
        "Register the app at this tenant, or send its users to the tenant where it is registered."
        "Registre la aplicación en esta organización, o envíe a sus usuarios a la organización donde está registrada."
    }
    "client_auth_method" {
        "The client authenticated with another method than it is registered with."
        "El cliente se autenticó con un método distinto del registrado."
        "Use the registered token_endpoint_auth_method, or change the registration."
        "Use el token_endpoint_auth_method registrado, o cambie el registro."
    }
    "client_auth_method_closed" {
        "The tenant no longer accepts the method with which this client authenticates."
        "La organización ya no acepta el método con el que se autentica este cliente."
        "Register the client with a method that the tenant's metadata list in token_endpoint_auth_methods_supported."
        "Registre el cliente con un método que figure en token_endpoint_auth_methods_supported de los metadatos."
    }
    "client_secret_wrong" {
        "The client secret is wrong, or was replaced."
        "El secreto del cliente es incorrecto o ha sido sustituido."
        "Use the current secret. If it is lost, an administrator can create a new one."
        "Use el secreto actual. Si se ha perdido, un administrador puede crear otro."
    }
    "client_id_malformed" {
        "The client_id holds characters that no client_id here can have."
        "El client_id contiene caracteres que aquí ningún client_id puede tener."
        "Send the client_id exactly as it was given at registration."
        "Envíe el client_id exactamente como se recibió al registrarse."
    }
    "client_authentication_missing" {
        "The request says neither which client sends it nor proves it."
        "La petición no dice qué cliente la envía ni lo demuestra."
        "Send the credential of the registered method, or client_id when the client is public."
        "Envíe la credencial del método registrado, o client_id si el cliente es público."
    }
    "client_authentication_twice" {
        "The client authenticated in more than one way (RFC 6749 section 2.3 allows one)."
        "El cliente se autenticó de más de una manera (RFC 6749, sección 2.3, permite una)."
        "Use one of the Authorization header, client_secret, or client_assertion."
        "Use solo una: la cabecera Authorization, client_secret o client_assertion."
    }
    "client_id_mismatch" {
        "Parameter client_id differs from the client that authenticates."
        "El parámetro client_id no coincide con el cliente que se autentica."
        "Leave client_id out, or send the same one."
        "Omita client_id o envíe el mismo."
    }
    "authorization_repeated" {
        "The request has several Authorization headers."
        "La petición tiene varias cabeceras Authorization."
        "Send one Authorization header."
        "Envíe una sola cabecera Authorization."
    }
    "authorization_scheme" {
        "The Authorization header uses a scheme that does not authenticate clients here."
        "La cabecera Authorization usa un esquema que aquí no autentica clientes."
        "Use Basic, or a client assertion in the form."
        "Use Basic, o una aserción de cliente en el formulario."
    }
    "basic_malformed" {
        "The Authorization header is not Basic with the base64 form of client_id:client_secret, each form-encoded first."
        "La cabecera Authorization no es Basic con la forma base64 de client_id:client_secret, cada parte codificada como formulario."
        "Encode both parts as RFC 6749 section 2.3.1 says, then the pair in base64."
        "Codifique ambas partes según RFC 6749, sección 2.3.1, y después el par en base64."
    }
    "client_assertion_missing" {
        "client_assertion_type was sent without client_assertion."
        "Se envió client_assertion_type sin client_assertion."
        "Send both, or neither."
        "Envíe los dos parámetros, o ninguno."
    }
    "client_assertion_type_missing" {
        "client_assertion was sent without client_assertion_type."
        "Se envió client_assertion sin client_assertion_type."
        "Send client_assertion_type=urn:ietf:params:oauth:client-assertion-type:jwt-bearer."
        "Envíe client_assertion_type=urn:ietf:params:oauth:client-assertion-type:jwt-bearer."
    }
    "client_assertion_type_unknown" {
        "client_assertion_type names a kind of assertion that is not accepted."
        "client_assertion_type nombra un tipo de aserción que no se acepta."
        "Send urn:ietf:params:oauth:client-assertion-type:jwt-bearer with a signed JWT."
        "Envíe urn:ietf:params:oauth:client-assertion-type:jwt-bearer con un JWT firmado."
    }
    "client_assertion_sub_missing" {
        "The client assertion has no sub, so it could be another kind of signed message."
        "La aserción de cliente no tiene sub, por lo que podría ser otro mensaje firmado."
        "Set iss and sub of the assertion to the client_id."
        "Ponga el client_id en iss y en sub de la aserción."
    }
    "client_assertion_sub" {
        "iss and sub of the client assertion differ, or are not the client_id."
        "iss y sub de la aserción de cliente difieren, o no son el client_id."
        "Set both to the client_id."
        "Ponga el client_id en los dos."
    }
    "client_assertion_kid" {
        "The header of the client assertion does not name its key."
        "La cabecera de la aserción de cliente no nombra su clave."
        "Set kid to the id of the key in the registered key set."
        "Ponga en kid el identificador de la clave en el conjunto de claves registrado."
    }
    "client_assertion_jku" {
        "jku of the client assertion is not the registered jwks_uri."
        "jku de la aserción de cliente no es el jwks_uri registrado."
        "Leave jku out, or set it to exactly the registered jwks_uri."
        "Omita jku, o ponga exactamente el jwks_uri registrado."
    }
    "client_assertion_jti" {
        "jti of the client assertion is missing, empty or too long."
        "jti de la aserción de cliente falta, está vacío o es demasiado largo."
        "Set jti to a new random text for each assertion."
        "Ponga en jti un texto aleatorio nuevo en cada aserción."
    }
    "client_assertion_replayed" {
        "An assertion with this jti was used before."
        "Ya se usó una aserción con este jti."
        "Sign a new assertion for every request, also when a request is repeated."
        "Firme una aserción nueva para cada petición, también al repetir una."
    }
    "client_assertion_key" {
        "The client is unknown, or no single key of it has the kid of the assertion, fits alg and verifies the signature."
        "El cliente es desconocido, o ninguna de sus claves tiene el kid de la aserción, corresponde a alg y verifica la firma."
        "Check that the registered key set holds the public key under this kid, and that jwks_uri can be fetched from here."
        "Compruebe que el conjunto de claves registrado contiene la clave pública con este kid, y que jwks_uri se puede descargar desde aquí."
    }
    "grant_type_not_allowed" {
        "The client is not registered for this grant type."
        "El cliente no está registrado para este tipo de concesión."
        "Add the grant type to the client's grant_types, or use another."
        "Añada el tipo de concesión a grant_types del cliente, o use otro."
    }
    "code_grant_not_allowed" {
        "The client is not registered for the authorization code grant."
        "El cliente no está registrado para la concesión por código de autorización."
        "Add authorization_code to the client's grant_types, and code to its response_types."
        "Añada authorization_code a grant_types del cliente y code a sus response_types."
    }
    "backend_without_key" {
        "A client that acts for itself has to authenticate with a key, and this one does not."
        "Un cliente que actúa por sí mismo debe autenticarse con una clave, y este no lo hace."
        "Register it with private_key_jwt and a key set (SMART Backend Services)."
        "Regístrelo con private_key_jwt y un conjunto de claves (SMART Backend Services)."
    }
    "introspection_by_public_client" {
        "A public client asked to introspect a token; it cannot prove who it is."
        "Un cliente público pidió introspección de un token; no puede demostrar quién es."
        "Introspect with a confidential client that is registered for introspection."
        "Use un cliente confidencial registrado para la introspección."
    }
    "token_of_another_client" {
        "The token was issued to another client than the one that wants to revoke it."
        "El token se emitió a otro cliente distinto del que quiere revocarlo."
        "Revoke it with the client that got it."
        "Revóquelo con el cliente que lo recibió."
    }
    "user_assertions_not_allowed" {
        "The EHR's client sent user_assertion, and is not registered to vouch for users."
        "El cliente de la historia clínica envió user_assertion y no está registrado para responder por usuarios."
        "An administrator can register it with launch_user_assertions."
        "Un administrador puede registrarlo con launch_user_assertions."
    }
    "client_certificate_key" {
        "The client's certificate is not for one of its registered keys."
        "El certificado del cliente no corresponde a ninguna de sus claves registradas."
        "Register the key of the certificate, or present another certificate."
        "Registre la clave del certificado, o presente otro certificado."
    }
    "client_certificate_missing" {
        "The client is registered for a certificate, and its connection brought none."
        "El cliente está registrado con un certificado y su conexión no trajo ninguno."
        "Connect with the certificate, at the address in mtls_endpoint_aliases of the metadata if there is one."
        "Conéctese con el certificado, en la dirección de mtls_endpoint_aliases de los metadatos si la hay."
    }
    "client_certificate_no_authority" {
        "The tenant trusts no authority of client certificates."
        "La organización no confía en ninguna autoridad de certificados de clientes."
        "Name the authority in the tenant's client_certificate_authorities."
        "Indique la autoridad en client_certificate_authorities de la organización."
    }
    "client_certificate_subject" {
        "The certificate is not about the subject that the client is registered with."
        "El certificado no corresponde al sujeto con el que está registrado el cliente."
        "Compare the certificate's subject and alternative names with the registered tls_client_auth member."
        "Compare el sujeto y los nombres alternativos del certificado con el miembro tls_client_auth registrado."
    }
    "client_certificate_subject_unknown" {
        "The client is registered for a certificate without saying whose."
        "El cliente está registrado con un certificado sin decir de quién."
        "Register exactly one of the tls_client_auth members."
        "Registre exactamente uno de los miembros tls_client_auth."
    }
    "client_certificate_untrusted" {
        "The certificate has expired, is not for client authentication, or comes from no authority that the tenant trusts."
        "El certificado ha caducado, no sirve para autenticar clientes o no procede de una autoridad en la que confíe la organización."
        "Renew the certificate, send those between it and its authority, or name the authority in client_certificate_authorities."
        "Renueve el certificado, envíe los intermedios hasta su autoridad o indique la autoridad en client_certificate_authorities."
    }
}
