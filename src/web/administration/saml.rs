//! Why a SAML message, or the metadata of a SAML provider, was refused.

use super::sentences;

sentences! {
    saml_settings_rotation_entity {
        "the identity provider's entity ID has 1 to 1024 characters"
        "el identificador de entidad del servicio tiene de 1 a 1024 caracteres"
    }
    saml_transient_settings {
        "transient NameIDs are new at each sign-in and cannot identify an account; set a mapping rule for the subject"
        "los NameID transitorios cambian en cada inicio de sesión y no identifican una cuenta; ponga una regla para subject"
    }
    saml_tolerance {
        "the tolerance between clocks is at most {0} seconds"
        "la tolerancia entre relojes es como máximo de {0} segundos"
    }
    saml_pinned_certificate {
        "a certificate for the metadata is not PEM, or its key is too weak"
        "un certificado para los metadatos no es PEM, o su clave es demasiado débil"
    }
    saml_onward {
        "an address to go on to begins with https:// or http://"
        "una dirección a la que seguir empieza por https:// o http://"
    }
    saml_version { "the assertion is not version 2.0" "la aserción no es de la versión 2.0" }
    saml_assertion_id { "the assertion has no usable ID" "la aserción no tiene un ID utilizable" }
    saml_subject_parts {
        "the subject holds more than a NameID, plain or encrypted, and SubjectConfirmation"
        "el sujeto contiene algo más que un NameID, cifrado o no, y SubjectConfirmation"
    }
    saml_encrypted_name {
        "what was encrypted is not one NameID"
        "lo cifrado no es un solo NameID"
    }
    saml_one_name {
        "not exactly one NameID, plain or encrypted"
        "no hay exactamente un NameID, cifrado o no"
    }
    saml_name_length { "the NameID is blank or too long" "el NameID está vacío o es demasiado largo" }
    saml_name_audience {
        "the NameID is for another service provider"
        "el NameID es para otro proveedor de servicio"
    }
    saml_not_bearer {
        "the subject confirmation is not the bearer method"
        "la confirmación del sujeto no usa el método bearer"
    }
    saml_bearer_parts {
        "the bearer confirmation has a NotBefore, or more than confirmation data"
        "la confirmación bearer tiene NotBefore, o algo más que los datos de confirmación"
    }
    saml_recipient {
        "the assertion is for another assertion consumer service"
        "la aserción es para otro servicio de recepción (ACS)"
    }
    saml_confirmation_end {
        "the confirmation has no NotOnOrAfter"
        "la confirmación no tiene NotOnOrAfter"
    }
    saml_confirmation_expired { "the confirmation has expired" "la confirmación ha caducado" }
    saml_unreadable { "{0} cannot be read" "{0} no se puede leer" }
    saml_not_yet { "the assertion is not valid yet" "la aserción aún no es válida" }
    saml_expired { "the assertion has expired" "la aserción ha caducado" }
    saml_condition { "a condition that is not understood" "una condición que no se entiende" }
    saml_audience { "the assertion is for another audience" "la aserción es para otro destinatario" }
    saml_no_audience { "the assertion names no audience" "la aserción no nombra ningún destinatario" }
    saml_instant { "no AuthnInstant that can be read" "no hay un AuthnInstant que se pueda leer" }
    saml_future { "the user signs in in the future" "el inicio de sesión está en el futuro" }
    saml_session_end_form {
        "SessionNotOnOrAfter cannot be read"
        "SessionNotOnOrAfter no se puede leer"
    }
    saml_session_ended { "the provider's session has ended" "la sesión del servicio ha terminado" }
    saml_nobody { "nobody signed in: no AuthnStatement" "nadie inició sesión: no hay AuthnStatement" }
    saml_max_age {
        "the user signed in longer ago than was asked for"
        "la persona inició sesión hace más tiempo del pedido"
    }
    saml_context {
        "the authentication context is none of those asked for"
        "el contexto de autenticación no es ninguno de los pedidos"
    }
    saml_attribute_statement {
        "an attribute statement holds what is no plain attribute"
        "una declaración de atributos contiene algo que no es un atributo sin cifrar"
    }
    saml_attribute_name { "an attribute without name" "un atributo sin nombre" }
    saml_attribute_holds {
        "an attribute holds what is no value"
        "un atributo contiene algo que no es un valor"
    }
    saml_attribute_value {
        "an attribute value is neither text nor one NameID"
        "el valor de un atributo no es texto ni un solo NameID"
    }
    saml_long { "the message is too long" "el mensaje es demasiado largo" }
    saml_empty { "the message is empty" "el mensaje está vacío" }
    saml_base64 {
        "not Base64 with the standard alphabet and padding"
        "no es Base64 con el alfabeto y el relleno habituales"
    }
    saml_message_id { "the message has no usable ID" "el mensaje no tiene un ID utilizable" }
    saml_one_message {
        "not exactly one of SAMLRequest and SAMLResponse"
        "no hay exactamente uno de SAMLRequest y SAMLResponse"
    }
    saml_deflate { "the encoding is not DEFLATE" "la codificación no es DEFLATE" }
    saml_redirect_signed {
        "a message by redirect must be signed"
        "un mensaje por redirección tiene que estar firmado"
    }
    saml_parameter_utf8 { "a parameter is not UTF-8" "un parámetro no está en UTF-8" }
    saml_signature_algorithm {
        "the signature algorithm is not accepted: RSA or ECDSA with SHA-256 or longer"
        "el algoritmo de firma no se acepta: RSA o ECDSA con SHA-256 o más"
    }
    saml_signature_base64 { "the signature is not Base64" "la firma no está en Base64" }
    saml_no_key_verifies {
        "no signing key of the provider's metadata verifies the signature"
        "ninguna clave de firma de los metadatos del servicio verifica la firma"
    }
    saml_transient {
        "the NameID is transient, a new one at each sign-in: let the provider send a persistent one, or set a mapping rule for the subject"
        "el NameID es transitorio, distinto en cada inicio de sesión: haga que el servicio envíe uno persistente, o ponga una regla para subject"
    }
    saml_name_format {
        "the NameID's format is none of those that identify an account here: accept the format explicitly, or set a mapping rule for the subject"
        "el formato del NameID no es de los que identifican una cuenta aquí: acepte ese formato expresamente, o ponga una regla para subject"
    }
    saml_undecryptable {
        "the assertion or its NameID could not be decrypted"
        "la aserción o su NameID no se pudo descifrar"
    }
    saml_cbc {
        "encrypted with CBC and the response is not signed: let the provider sign the response, or encrypt with GCM"
        "está cifrada con CBC y la respuesta no está firmada: haga que el servicio firme la respuesta o cifre con GCM"
    }
    saml_encrypted_parts {
        "not an {0} with EncryptedData and EncryptedKey"
        "no es un {0} con EncryptedData y EncryptedKey"
    }
    saml_one_encrypted_key { "not exactly one EncryptedKey" "no hay exactamente un EncryptedKey" }
    saml_encrypted_key_place { "the EncryptedKey is not in its place" "EncryptedKey no está en su sitio" }
    saml_cipher { "the content cipher is not accepted" "el cifrado del contenido no se acepta" }
    saml_transport_parameters {
        "the key transport has parameters that are not accepted"
        "el transporte de la clave tiene parámetros que no se aceptan"
    }
    saml_transport {
        "the key transport is not accepted: RSA-OAEP with SHA-1, or with SHA-256 for digest and mask"
        "el transporte de la clave no se acepta: RSA-OAEP con SHA-1, o con SHA-256 para resumen y máscara"
    }
    saml_cipher_data {
        "CipherData holds more than a CipherValue"
        "CipherData contiene algo más que CipherValue"
    }
    saml_certificate_unreadable { "the certificate cannot be read" "el certificado no se puede leer" }
    saml_key_kind {
        "the key is neither RSA with at least 2048 bits nor ECDSA with P-256 or P-384"
        "la clave no es RSA de al menos 2048 bits ni ECDSA con P-256 o P-384"
    }
    saml_key_unmade { "a key could not be made" "no se pudo crear una clave" }
    saml_unsignable { "the message could not be signed" "el mensaje no se pudo firmar" }
    saml_signatures { "the signatures cannot be processed" "las firmas no se pueden procesar" }
    saml_stray_signature {
        "a signature that nothing accounts for"
        "una firma que no corresponde a nada"
    }
    saml_one_reference { "not exactly one reference" "no hay exactamente una referencia" }
    saml_other_element {
        "the signature is over another element"
        "la firma es de otro elemento"
    }
    saml_changed {
        "no signing key of the provider's metadata verifies the signature, or the content was changed"
        "ninguna clave de firma de los metadatos del servicio verifica la firma, o el contenido se modificó"
    }
    saml_no_response {
        "the message is not a SAML 2.0 response"
        "el mensaje no es una respuesta SAML 2.0"
    }
    saml_redirect_inner {
        "a message by redirect must not hold a signature"
        "un mensaje por redirección no debe contener una firma"
    }
    saml_logout_signed {
        "a logout message must be signed"
        "un mensaje de cierre de sesión tiene que estar firmado"
    }
    saml_not_a { "the message is not a {0}" "el mensaje no es un {0}" }
    saml_message_version { "the message is not version 2.0" "el mensaje no es de la versión 2.0" }
    saml_logout_destination {
        "the message is not addressed to our single logout service"
        "el mensaje no va dirigido a nuestro servicio de cierre de sesión"
    }
    saml_issue_instant { "no IssueInstant that can be read" "no hay un IssueInstant que se pueda leer" }
    saml_by_our_clock {
        "made too long ago or in the future, by our clock"
        "se creó hace demasiado tiempo o en el futuro, según nuestro reloj"
    }
    saml_logout_expired { "the logout request has expired" "la petición de cierre de sesión ha caducado" }
    saml_answers_none { "the answer names no request" "la respuesta no nombra ninguna petición" }
    saml_metadata_root {
        "the document is neither EntityDescriptor nor EntitiesDescriptor"
        "el documento no es EntityDescriptor ni EntitiesDescriptor"
    }
    saml_metadata_other {
        "the metadata do not describe this identity provider"
        "los metadatos no describen este servicio"
    }
    saml_metadata_several {
        "the metadata describe it more than once, or several providers: name the entity ID"
        "los metadatos lo describen más de una vez, o describen varios servicios: indique el identificador de entidad"
    }
    saml_metadata_none { "no identity provider" "no hay ningún servicio de acceso" }
    saml_metadata_expired {
        "the metadata have expired: validUntil has passed"
        "los metadatos han caducado: validUntil ya ha pasado"
    }
    saml_metadata_keys {
        "the metadata have no usable signing key: RSA with 2048 bits or more, or ECDSA with P-256 or P-384"
        "los metadatos no tienen ninguna clave de firma utilizable: RSA de 2048 bits o más, o ECDSA con P-256 o P-384"
    }
    saml_metadata_address {
        "the metadata have no sign-in address by redirect or POST"
        "los metadatos no tienen dirección de acceso por redirección ni por POST"
    }
    saml_metadata_unsigned {
        "the metadata are not signed as a whole"
        "los metadatos no están firmados en su conjunto"
    }
    saml_valid_until { "validUntil cannot be read" "validUntil no se puede leer" }
    saml_unsigned {
        "neither the response nor the assertion is signed"
        "no están firmadas ni la respuesta ni la aserción"
    }
    saml_unsigned_encrypted {
        "neither the response nor the encrypted assertion is signed"
        "no están firmadas ni la respuesta ni la aserción cifrada"
    }
    saml_less_signed {
        "less is signed than the provider's settings demand"
        "está firmado menos de lo que exigen los ajustes de este método de acceso"
    }
    saml_response_version { "the response is not version 2.0" "la respuesta no es de la versión 2.0" }
    saml_response_id { "the response has no usable ID" "la respuesta no tiene un ID utilizable" }
    saml_destination {
        "the response is not addressed to our assertion consumer service"
        "la respuesta no va dirigida a nuestro servicio de recepción (ACS)"
    }
    saml_other_request {
        "it does not answer the request that this browser sent"
        "no responde a la petición que envió este navegador"
    }
    saml_no_open_request {
        "it answers a request, and none is open in this browser"
        "responde a una petición, y en este navegador no hay ninguna abierta"
    }
    saml_clock_ahead {
        "made in the future: the clocks differ by more than is tolerated"
        "se creó en el futuro: los relojes difieren más de lo tolerado"
    }
    saml_clock_behind {
        "made too long ago, or the clocks differ by more than is tolerated"
        "se creó hace demasiado tiempo, o los relojes difieren más de lo tolerado"
    }
    saml_issuer {
        "the issuer is not the provider that was configured"
        "el emisor no es el servicio configurado"
    }
    saml_status {
        "the provider answered with the status {0}"
        "el servicio respondió con el estado {0}"
    }
    saml_unregistered { "that is not registered" "que no está registrado" }
    saml_stray_element {
        "the response holds an element that does not belong there"
        "la respuesta contiene un elemento que no debe estar ahí"
    }
    saml_one_status { "not exactly one status" "no hay exactamente un estado" }
    saml_several {
        "several issuers, signatures or extensions"
        "hay varios emisores, firmas o extensiones"
    }
    saml_other_place {
        "an assertion or response in another place"
        "una aserción o respuesta en otro lugar"
    }
    saml_one_encrypted {
        "not exactly one encrypted assertion"
        "no hay exactamente una aserción cifrada"
    }
    saml_encrypted_other {
        "what was encrypted is not an assertion"
        "lo cifrado no es una aserción"
    }
    saml_assertion_place { "an assertion in another place" "una aserción en otro lugar" }
    saml_signature_place {
        "a signature is not directly inside what it signs"
        "una firma no está directamente dentro de lo que firma"
    }
    saml_two_signatures { "two signatures of one element" "dos firmas de un mismo elemento" }
    saml_no_signature {
        "not an XML signature, or with attributes"
        "no es una firma XML, o lleva atributos"
    }
    saml_signature_parts {
        "a signature holds more than SignedInfo, SignatureValue and KeyInfo"
        "una firma contiene algo más que SignedInfo, SignatureValue y KeyInfo"
    }
    saml_key_info {
        "KeyInfo holds more than X509Data, KeyValue and KeyName"
        "KeyInfo contiene algo más que X509Data, KeyValue y KeyName"
    }
    saml_signed_info {
        "SignedInfo is not CanonicalizationMethod, SignatureMethod and one Reference"
        "SignedInfo no consta de CanonicalizationMethod, SignatureMethod y una Reference"
    }
    saml_reference_parts {
        "Reference is not Transforms, DigestMethod and DigestValue"
        "Reference no consta de Transforms, DigestMethod y DigestValue"
    }
    saml_reference_target {
        "the reference does not name the element that holds the signature"
        "la referencia no nombra el elemento que contiene la firma"
    }
    saml_two_transforms { "not exactly two transforms" "no hay exactamente dos transformaciones" }
    saml_transforms {
        "the transforms are not enveloped signature, then canonicalization"
        "las transformaciones no son firma envuelta y después canonicalización"
    }
    saml_digest {
        "the digest algorithm is not accepted: SHA-256 or longer"
        "el algoritmo de resumen no se acepta: SHA-256 o más"
    }
    saml_canonicalization {
        "the canonicalization is not the exclusive one without comments"
        "la canonicalización no es la exclusiva sin comentarios"
    }
    saml_empty_value { "an empty value in a signature" "un valor vacío en una firma" }
    saml_longer { "longer than {0} bytes" "tiene más de {0} bytes" }
    saml_elements { "too many elements" "demasiados elementos" }
    saml_attributes { "too many attributes" "demasiados atributos" }
    saml_xml {
        "not well-formed, with a document type, or deeper than {0}"
        "no está bien formado, tiene un tipo de documento o más de {0} niveles"
    }
    saml_declaration {
        "the XML declaration is not version 1.0 and UTF-8"
        "la declaración XML no es de la versión 1.0 y UTF-8"
    }
    saml_element_name {
        "an element's name is empty or has a stray colon"
        "el nombre de un elemento está vacío o tiene dos puntos sueltos"
    }
    saml_attribute_colon {
        "an attribute's name is empty or has a stray colon"
        "el nombre de un atributo está vacío o tiene dos puntos sueltos"
    }
    saml_same_id {
        "two elements have the same identifier"
        "dos elementos tienen el mismo identificador"
    }
    saml_comment {
        "a comment, processing instruction or CDATA section"
        "un comentario, una instrucción de proceso o una sección CDATA"
    }
    saml_text_beside { "text beside elements" "texto junto a elementos" }
    saml_no_root { "no document element" "no hay elemento raíz" }
    saml_more_than_text { "{0} holds more than text" "{0} contiene algo más que texto" }
    saml_not_refreshed {
        "the metadata were not refreshed; the last good ones stay"
        "los metadatos no se actualizaron; se conservan los últimos correctos"
    }
    saml_expired_unfetched {
        "the metadata have expired and no newer ones could be fetched"
        "los metadatos han caducado y no se pudieron leer otros más recientes"
    }
    saml_no_metadata { "the provider has no metadata" "el servicio no tiene metadatos" }
    saml_own_keys {
        "a key of ours at this provider is missing or unreadable"
        "una clave nuestra en este servicio falta o no se puede leer"
    }
    saml_metadata_status {
        "the metadata address answered with status {0}"
        "la dirección de los metadatos respondió con el estado {0}"
    }
    saml_metadata_utf8 { "the metadata are not UTF-8" "los metadatos no están en UTF-8" }
    saml_unsolicited {
        "no request of ours is open, and sign-ins may not begin at the provider"
        "no hay ninguna petición nuestra abierta, y el inicio de sesión no puede empezar en el servicio"
    }
    saml_replayed { "the assertion was accepted before" "la aserción ya se aceptó antes" }
    saml_stopping { "the server is stopping" "el servidor se está deteniendo" }
    saml_logout_replayed {
        "the logout request was accepted before"
        "la petición de cierre de sesión ya se aceptó antes"
    }
    saml_no_logout_of_ours {
        "it answers no logout request of ours"
        "no responde a ninguna petición nuestra de cierre de sesión"
    }
    saml_form_long { "the form is too long" "el formulario es demasiado largo" }
    saml_next_key {
        "the provider encrypted to the next key"
        "el servicio cifró con la clave siguiente"
    }
    saml_no_metadata_of { "there are no metadata of the provider" "no hay metadatos del servicio" }
    saml_fetch_failed {
        "the last fetch of the provider's metadata failed ({0}); those of {1} are used"
        "la última lectura de los metadatos del servicio falló ({0}); se usan los del {1}"
    }
    saml_valid_until_date {
        "the provider's metadata are valid until {0}"
        "los metadatos del servicio valen hasta el {0}"
    }
    saml_certificate_ended {
        "a certificate of the provider ends on {0}: its key is still accepted, but the provider will change it soon"
        "un certificado del servicio termina el {0}: su clave se sigue aceptando, pero el servicio lo cambiará pronto"
    }
    saml_weak {
        "the provider names signing keys that are too weak to be used"
        "el servicio nombra claves de firma demasiado débiles para usarlas"
    }
    saml_occurs_twice { "{0} occurs twice" "{0} aparece dos veces" }
    saml_no_assertion { "no assertion" "no hay ninguna aserción" }
    saml_several_assertions { "several assertions" "hay varias aserciones" }
    saml_several_elements { "several {0} elements" "hay varios elementos {0}" }
    saml_no_element { "no {0} element" "no hay elemento {0}" }
}
