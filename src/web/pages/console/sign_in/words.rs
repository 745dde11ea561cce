//! The words of the pages about ways to sign in.

use crate::web::language::words;

words! {
    MethodWords {
        list_title { "Sign-in methods" "Métodos de acceso" }
        list_about {
            "How people prove who they are: your hospital's own sign-in services, and accounts that are kept here."
            "Cómo demuestran las personas quiénes son: los servicios de acceso de su hospital y las cuentas que se guardan aquí."
        }
        add { "Connect a sign-in service" "Conectar un servicio de acceso" }
        name { "Name" "Nombre" }
        alias { "Short name" "Nombre corto" }
        kind { "Kind" "Tipo" }
        state { "State" "Estado" }
        on { "On" "Activo" }
        off { "Off" "Inactivo" }
        last_sign_in { "Last sign-in" "Último acceso" }
        never_lately { "none on record" "ninguno registrado" }
        oidc { "OpenID Connect" "OpenID Connect" }
        saml { "SAML 2.0" "SAML 2.0" }
        local { "Accounts kept here" "Cuentas guardadas aquí" }
        certificates { "Certificates" "Certificados" }
        certificates_about {
            "When the certificates of each connection end. What is trusted is the key, for as long as the service names it; a date that comes close means that a change is near."
            "Cuándo vencen los certificados de cada conexión. Lo que se acepta es la clave, mientras el servicio la nombre; una fecha cercana significa que se acerca un cambio."
        }
        certificates_none { "No connection has certificates." "Ninguna conexión tiene certificados." }
        whose { "Whose" "De quién" }
        ours { "ours" "nuestro" }
        theirs { "theirs" "suyo" }
        used_for { "For" "Para" }
        ends { "Ends" "Vence" }
        fingerprint { "SHA-256" "SHA-256" }
        ended { "over" "vencido" }
        soon { "soon" "pronto" }
        fine { "fine" "bien" }
        signing { "signing" "firma" }
        encryption { "encryption" "cifrado" }
        key_next { "takes over later" "lo sustituirá" }
        key_previous { "replaced" "sustituido" }
        links { "Setup links" "Enlaces de configuración" }
        links_about {
            "Hand the setting up of one connection to who runs your sign-in service. With the link they see that connection and nothing else; everything they do is recorded."
            "Encargue la configuración de una conexión a quien administra su servicio de acceso. Con el enlace ven esa conexión y nada más; todo lo que hacen queda registrado."
        }
        links_none { "There are none." "No hay ninguno." }
        link_for { "For whom" "Para quién" }
        link_for_hint { "A name for this list, such as “Network team”." "Un nombre para esta lista, como «Equipo de redes»." }
        link_alias_hint {
            "The connection that the link sets up. It need not be there yet. Letters a–z, digits and hyphens."
            "La conexión que configura el enlace. No hace falta que exista. Letras a–z, cifras y guiones."
        }
        link_days { "Works for (days)" "Funciona durante (días)" }
        link_make { "Make a link" "Crear un enlace" }
        link_made { "The link was made. It is shown this once: copy it now." "El enlace está creado. Solo se muestra esta vez: cópielo ahora." }
        link_revoke { "Take back" "Retirar" }
        link_until { "Works until" "Funciona hasta" }
        link_state_open { "open" "abierto" }
        link_state_used { "used" "usado" }
        link_state_expired { "expired" "caducado" }
        link_state_revoked { "taken back" "retirado" }
        link_state_removed { "connection removed" "conexión eliminada" }
        link_revoked { "The link was taken back." "El enlace fue retirado." }

        new_title { "Connect a sign-in service" "Conectar un servicio de acceso" }
        new_about {
            "What does your hospital sign in with? Pick the product, and you see what to enter there in its own words."
            "¿Con qué inician sesión en su hospital? Elija el producto y verá qué introducir allí, con sus propias palabras."
        }
        product { "Product" "Producto" }
        other { "Something else" "Otro" }
        protocol { "Protocol" "Protocolo" }
        protocol_hint {
            "If you may choose, take OpenID Connect; for AD FS and Shibboleth, SAML."
            "Si puede elegir, tome OpenID Connect; con AD FS y Shibboleth, SAML."
        }
        button_name { "Words on the sign-in button" "Texto del botón de acceso" }
        button_name_hint { "In your hospital's own words, such as “Staff account”." "Con las palabras de su hospital, como «Cuenta del personal»." }
        alias_hint {
            "Part of the addresses that you enter at the product, such as “staff”. It cannot be changed later. Letters a–z, digits and hyphens."
            "Parte de las direcciones que introduce en el producto, como «personal». No se puede cambiar después. Letras a–z, cifras y guiones."
        }
        next { "Continue" "Continuar" }

        connect_title { "Connection" "Conexión" }
        there { "1. Enter this at the product" "1. Introduzca esto en el producto" }
        there_at { "Where" "Dónde" }
        optional { "optional" "opcional" }
        bring { "2. Bring this back" "2. Traiga esto de vuelta" }
        issuer { "Issuer" "Emisor" }
        issuer_hint(example: &str) { "Exactly as the product shows it. Looks like {example}" "Exactamente como lo muestra el producto. Se parece a {example}" }
        client_id { "Client ID" "ID de cliente" }
        called(name: &str) { "The product calls it “{name}”." "El producto lo llama «{name}»." }
        secret { "Client secret" "Secreto de cliente" }
        secret_kept { "One is stored. Leave this empty to keep it; it is never shown." "Hay uno guardado. Déjelo vacío para conservarlo; nunca se muestra." }
        proof { "How we prove who we are there" "Cómo demostramos allí quiénes somos" }
        proof_basic { "Client secret, in the header" "Secreto de cliente, en la cabecera" }
        proof_post { "Client secret, in the form" "Secreto de cliente, en el formulario" }
        proof_key { "Our own key (private_key_jwt)" "Nuestra propia clave (private_key_jwt)" }
        proof_none { "Nothing (public client)" "Nada (cliente público)" }
        metadata_url { "Address of the metadata" "Dirección de los metadatos" }
        metadata_url_hint(example: &str) {
            "Better than a file, because it is fetched again by itself. Looks like {example}"
            "Mejor que un archivo, porque se vuelve a leer sola. Se parece a {example}"
        }
        metadata_text { "Or paste the metadata" "O pegue los metadatos" }
        entity_id { "Entity ID, if the metadata describe several services" "Entity ID, si los metadatos describen varios servicios" }
        save { "Save" "Guardar" }
        save_next { "Save and continue" "Guardar y continuar" }
        other_product { "Words of another product" "Palabras de otro producto" }
        show { "Show" "Mostrar" }
        wrong { "That did not work" "No ha funcionado" }
        saved { "Saved." "Guardado." }

        method_title(name: &str) { "Sign-in method “{name}”" "Método de acceso «{name}»" }
        steps { "Until people can sign in here" "Hasta que se pueda iniciar sesión aquí" }
        step_connect { "Connection" "Conexión" }
        step_connect_text { "What is entered at the product, and what comes back." "Lo que se introduce en el producto y lo que vuelve." }
        step_check { "Check" "Comprobación" }
        step_check_text { "Whether the service answers, its certificates, keys and clock." "Si el servicio responde, sus certificados, claves y reloj." }
        step_rules { "Who is who" "Quién es quién" }
        step_rules_text { "Rules that turn what the service sends into names, roles and records." "Reglas que convierten lo que envía el servicio en nombres, roles e historias." }
        step_test { "Test sign-in" "Acceso de prueba" }
        step_test_text { "The whole sign-in, by which nobody is signed in." "El inicio de sesión completo, sin que nadie entre." }
        step_switch { "Switch on" "Activar" }
        step_switch_text { "From then on people can sign in here." "A partir de entonces se puede iniciar sesión aquí." }
        offer { "When it is offered" "Cuándo se ofrece" }
        open { "Open" "Abrir" }
        done { "Done" "Hecho" }
        to_do { "To do" "Pendiente" }
        check_now { "Check now" "Comprobar ahora" }
        switch_on { "Switch on" "Activar" }
        switch_off { "Switch off" "Desactivar" }
        switch_off_text { "Nobody can sign in here any more. Sessions go on until they end." "Nadie más podrá iniciar sesión aquí. Las sesiones siguen hasta su fin." }
        needs_test { "Test the sign-in with these settings first." "Pruebe antes el acceso con estos ajustes." }
        switched_on { "People can sign in here now." "Ya se puede iniciar sesión aquí." }
        switched_off { "Nobody can sign in here any more." "Ya nadie puede iniciar sesión aquí." }
        link_done { "Thank you. The connection works and is switched on; your link is used up." "Gracias. La conexión funciona y está activa; su enlace ya está usado." }
        findings { "What the check found" "Lo que encontró la comprobación" }
        checked_settings { "Settings" "Ajustes" }
        checked_reachability { "Whether it answers" "Si responde" }
        checked_tls { "Certificate of the host" "Certificado del servidor" }
        checked_metadata { "What it publishes" "Lo que publica" }
        checked_provider_keys { "Its keys" "Sus claves" }
        checked_algorithms { "Algorithms" "Algoritmos" }
        checked_clock { "Clock" "Reloj" }
        checked_our_keys { "Our keys" "Nuestras claves" }
        checked_breaker { "Whether it is asked" "Si se le pregunta" }
        outcome_ok { "fine" "bien" }
        outcome_warning { "look at it" "a revisar" }
        outcome_failed { "failed" "falló" }
        mend { "What to do" "Qué hacer" }

        rules_title { "Who is who" "Quién es quién" }
        rules_about {
            "Each rule is an expression (CEL) over what the service sends: claims.name, or claims.attributes[\"…\"][0] with SAML. An empty rule is left out."
            "Cada regla es una expresión (CEL) sobre lo que envía el servicio: claims.name, o claims.attributes[\"…\"][0] con SAML. Una regla vacía se omite."
        }
        required { "must be there" "obligatoria" }
        group_roles { "Groups and the roles they give" "Grupos y los roles que dan" }
        group_roles_hint { "One per line: group = role, role" "Uno por línea: grupo = rol, rol" }
        more_rules { "Look-ups and tables are set by the command line or the API; they stay as they are." "Las búsquedas y tablas se ajustan por línea de órdenes o API; se mantienen como están." }
        template { "Begin with the rules of" "Empezar con las reglas de" }
        template_take { "Take them" "Tomarlas" }
        try_on { "Try the rules on this" "Probar las reglas con esto" }
        try_on_hint {
            "Paste what the service sends: claims of an ID token or SAML attributes by name as JSON, or a whole SAML response (XML, or the Base64 of SAMLResponse). Nothing is saved and nobody is signed in."
            "Pegue lo que envía el servicio: datos (claims) de un token de identidad o atributos SAML por nombre en JSON, o una respuesta SAML completa (XML, o el Base64 de SAMLResponse). No se guarda nada ni se inicia ninguna sesión."
        }
        try_now { "Try" "Probar" }
        response_verified {
            "The response is the service's, and would have been accepted when it was made."
            "La respuesta es del servicio y se habría aceptado cuando se emitió."
        }
        response_unverified {
            "The response was not verified: anybody may have written what it says."
            "La respuesta no se ha verificado: cualquiera puede haber escrito lo que dice."
        }

        test_title { "Test sign-in" "Acceso de prueba" }
        test_about {
            "Make a link and open it, or send it to somebody who has an account there. It works once, for an hour. Nobody is signed in and no account is made."
            "Cree un enlace y ábralo, o envíelo a alguien que tenga cuenta allí. Funciona una vez, durante una hora. Nadie entra y no se crea ninguna cuenta."
        }
        test_make { "Make a test link" "Crear un enlace de prueba" }
        test_made { "The link is shown this once." "El enlace solo se muestra esta vez." }
        test_open { "Open it in this browser" "Abrirlo en este navegador" }
        tests { "Tests so far" "Pruebas hasta ahora" }
        tests_none { "None yet." "Ninguna todavía." }
        test_waiting { "not opened yet" "sin abrir" }
        test_started { "under way" "en curso" }
        test_expired { "too old" "caducada" }
        test_passed { "works" "funciona" }
        test_refused { "refused" "rechazada" }
        test_old { "of earlier settings" "de ajustes anteriores" }
        newest { "The newest result" "El resultado más reciente" }
        masked { "Values are masked: only the browser that signed in sees them." "Los valores están ocultos: solo los ve el navegador que inició sesión." }
        when { "When" "Cuándo" }
        result { "Result" "Resultado" }

        offer_title { "When it is offered" "Cuándo se ofrece" }
        remark { "Line below the button" "Línea bajo el botón" }
        remark_hint { "Such as “Badge number and network password”." "Como «Número de tarjeta y contraseña de red»." }
        domains { "E-mail domains" "Dominios de correo" }
        domains_hint { "Whoever gives an address of one of these signs in here. One per line, such as hospital.example." "Quien dé una dirección de estos dominios inicia sesión aquí. Uno por línea, como hospital.example." }
        hidden { "Show no button: people come by e-mail domain or by link" "No mostrar botón: se llega por dominio de correo o por enlace" }

        welcome { "Set up a sign-in service" "Configurar un servicio de acceso" }
        welcome_text(hospital: &str) {
            "{hospital} asks you to connect the sign-in service that you run. You will see what to enter there, test it, and switch it on. You see nothing else of the hospital, and everything that is done with this link is recorded."
            "{hospital} le pide que conecte el servicio de acceso que usted administra. Verá qué introducir allí, lo probará y lo activará. No verá nada más del hospital, y todo lo que se haga con este enlace queda registrado."
        }
        welcome_for { "This link is for" "Este enlace es para" }
        welcome_begin { "Begin" "Empezar" }
        gone_title { "This setup link does not work any more" "Este enlace de configuración ya no funciona" }
        gone_text { "It was used, taken back, or is too old. Ask whoever sent it for a new one." "Ya se usó, fue retirado o es demasiado antiguo. Pida uno nuevo a quien se lo envió." }
        link_scope { "You are setting up one connection with a link." "Está configurando una conexión con un enlace." }
    }
}
