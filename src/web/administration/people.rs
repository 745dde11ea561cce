//! Who may do what; people, roles, links, provisioning by a directory.

use super::sentences;

sentences! {
    no_role {
        "you have no role in the administration here; ask an owner to give you one"
        "no tiene ningún rol en la administración; pida a una persona responsable que le dé uno"
    }
    second_factor {
        "sign in with a passkey or a one-time code: operators of the platform need more than a password"
        "inicie sesión con una llave de acceso o un código de un solo uso: quienes operan la plataforma necesitan más que una contraseña"
    }
    forbidden {
        "your roles do not allow this; it needs the permission {0}"
        "sus roles no permiten esto; hace falta el permiso {0}"
    }
    beyond_own_role {
        "this reaches further than your own roles: it involves the permission {0}"
        "esto va más allá de sus propios roles: implica el permiso {0}"
    }
    outdated {
        "it was changed by somebody else meanwhile; look at it and try again"
        "otra persona lo ha cambiado entretanto; mírelo e inténtelo de nuevo"
    }
    no_client { "there is no client {0}" "no existe la aplicación {0}" }
    no_provider { "there is no identity provider {0}" "no existe el método de acceso {0}" }
    no_user { "there is no user {0}" "no existe la persona {0}" }
    no_tenant { "there is no tenant {0}" "no existe la organización {0}" }
    no_session { "there is no session {0}" "no existe la sesión {0}" }
    no_such_role { "there is no role {0}" "no existe el rol {0}" }
    no_such_assignment { "there is no role assignment {0}" "no existe la asignación de rol {0}" }
    no_consent { "there is no consent {0}" "no existe el consentimiento {0}" }
    no_change { "there is no change {0}" "no existe el cambio {0}" }
    no_launch { "there is no launch {0}" "no existe el lanzamiento {0}" }
    no_preview { "there is no preview {0}" "no existe la vista previa {0}" }
    no_kind_of_app { "there is no kind of app {0}" "no existe el tipo de aplicación {0}" }
    no_directory_app { "there is no app in the directory {0}" "no existe en el directorio la aplicación {0}" }
    no_trace { "there is no trace {0}" "no existe el registro de acceso {0}" }
    no_test { "there is no test {0}" "no existe la prueba {0}" }
    no_setup_link { "there is no open setup link {0}" "no hay ningún enlace de configuración abierto {0}" }
    no_account { "there is no account {0}" "no existe la cuenta {0}" }
    no_event { "there is no event {0}" "no existe el suceso {0}" }
    no_registration_token { "there is no registration token {0}" "no existe el token de registro {0}" }
    no_provisioning_token { "there is no provisioning token {0}" "no existe el token de aprovisionamiento {0}" }
    no_fhir_server { "there is no FHIR server of the tenant {0}" "el hospital no tiene el servidor FHIR {0}" }
    username_form {
        "has 1 to 255 bytes and no control characters"
        "tiene de 1 a 255 bytes y ningún carácter de control"
    }
    no_address_form { "is not an e-mail address" "no es una dirección de correo electrónico" }
    username_taken { "is taken by somebody else; choose another" "ya lo usa otra persona; elija otro" }
    no_mail { "no mail server is set up" "no hay ningún servidor de correo configurado" }
    signs_in_elsewhere {
        "this user signs in at an identity provider elsewhere; passwords and second factors are changed there"
        "esta persona inicia sesión en un servicio externo; las contraseñas y los segundos factores se cambian allí"
    }
    no_link_while_disabled {
        "this user is disabled, and no link works for them; let them sign in again first"
        "esta persona no tiene acceso y ningún enlace le sirve; devuélvale antes el acceso"
    }
    no_mail_address {
        "the account has no address to send a link to"
        "la cuenta no tiene una dirección a la que enviar un enlace"
    }
    not_delete_yourself { "you cannot delete yourself" "no puede eliminarse a sí mismo" }
    no_user_id { "is the id of a user, `acc_...`" "es el identificador de una persona, `acc_...`" }
    not_yourself { "you cannot disable yourself" "no puede quitarse el acceso a sí mismo" }
    told_upstream {
        "is told by the user's identity provider with each sign-in; change it there, or in the mapping rules"
        "lo indica el servicio de acceso de la persona en cada inicio de sesión; cámbielo allí o en las reglas"
    }
    emergency_is_local {
        "is for accounts of the tenant's own: this user signs in elsewhere"
        "es solo para cuentas propias: esta persona inicia sesión en otro lugar"
    }
    last_of_role {
        "{0} is the last {1}; give the role to somebody else first"
        "{0} es la última persona con el rol {1}; dé antes el rol a otra"
    }
    role_of_platform { "{0} is given at the platform alone" "{0} solo se da en la plataforma" }
    role_of_tenant { "{0} is given at a tenant" "{0} se da en una organización" }
    role_is_of_platform { "is a role of the platform" "es un rol de la plataforma" }
    list_name {
        "the name of a list has 1 to 40 characters of a-z, 0-9, - and _"
        "el nombre de una lista tiene de 1 a 40 caracteres entre a-z, 0-9, - y _"
    }
    list_batch {
        "at most {0} entries are changed at once; send several requests"
        "se cambian como máximo {0} entradas a la vez; envíe varias peticiones"
    }
    list_full {
        "the tenant's lists would have more than {0} entries"
        "las listas del hospital tendrían más de {0} entradas"
    }
    scim_local {
        "{0} has the tenant's own accounts; a directory provisions those of a provider elsewhere"
        "{0} contiene las cuentas propias; un directorio provee las de un servicio externo"
    }
    scim_label {
        "has 1 to 200 bytes and no control characters"
        "tiene de 1 a 200 bytes y ningún carácter de control"
    }
    scim_lifetime {
        "is more than nothing and at most two years"
        "es mayor que cero y como máximo dos años"
    }
    scim_overlap { "is at most 90 days" "es como máximo 90 días" }
    scim_many {
        "{0} has {1} tokens; revoke those that are not used"
        "{0} tiene {1} tokens; revoque los que no se usen"
    }
    usage_period { "is after since, by at most 31 days" "es posterior a since, como máximo en 31 días" }
    no_user_or_client { "there is no user or client {0}" "no existe la persona o aplicación {0}" }
    no_refusal { "there is no refusal {0}" "no existe el rechazo {0}" }
    no_active_key { "there is no active signing key for {0}" "no hay clave de firma activa para {0}" }
}
