//! Provisioning by a directory (RFC 7644).

use super::short_codes;

short_codes! {
    "Provisioning (SCIM)" "Aprovisionamiento (SCIM)"
    "scim_token" {
        "The connection's token is missing, unknown or expired."
        "El token de la conexión falta, es desconocido o ha caducado."
        "Make a new one with `wardkey scim token create` and enter it at the directory."
        "Cree uno nuevo con `wardkey scim token create` e introdúzcalo en el directorio."
    }
    "scim_budget" {
        "The directory sent more requests than the tenant's budget allows."
        "El directorio envió más peticiones de las que permite el presupuesto de la organización."
        "Let it wait as long as Retry-After says, or raise `budgets.scim_per_tenant`."
        "Déjelo esperar lo que indica Retry-After, o aumente `budgets.scim_per_tenant`."
    }
    "scim_not_found" {
        "There is no such user, group or address at this connection."
        "No hay tal usuario, grupo o dirección en esta conexión."
        "Let the directory read its users again: ids belong to one connection."
        "Haga que el directorio lea de nuevo sus usuarios: los id pertenecen a una conexión."
    }
    "scim_uniqueness" {
        "Another user or group of the connection has this name."
        "Otro usuario o grupo de la conexión tiene este nombre."
        "Look for the other one by userName, externalId or displayName, and change or remove it."
        "Busque el otro por userName, externalId o displayName, y cámbielo o elimínelo."
    }
    "scim_outdated" {
        "The user or group was changed since the directory read it."
        "El usuario o grupo cambió desde que el directorio lo leyó."
        "Read it again and repeat the change with its new version."
        "Léalo de nuevo y repita el cambio con su versión nueva."
    }
    "scim_filter" {
        "The filter cannot be read, or compares what cannot be compared."
        "El filtro no se puede leer o compara lo que no se puede comparar."
        "Write it as RFC 7644 section 3.4.2.2 has it; the detail says where it ends to make sense."
        "Escríbalo como en RFC 7644, sección 3.4.2.2; el detalle indica dónde deja de entenderse."
    }
    "scim_too_many" {
        "The filter would have to look through more resources than a request may."
        "El filtro tendría que recorrer más recursos de los que puede una petición."
        "Compare id, userName, externalId or emails.value with eq, which an index answers."
        "Compare id, userName, externalId o emails.value con eq, que responde un índice."
    }
    "scim_mutability" {
        "The change is to an attribute that the server alone writes."
        "El cambio afecta a un atributo que solo escribe el servidor."
        "Take the attribute that the detail names out of the directory's mapping."
        "Quite del mapeo del directorio el atributo que nombra el detalle."
    }
    "scim_syntax" {
        "The body is no JSON of the schema that the request needs."
        "El cuerpo no es JSON del esquema que la petición necesita."
        "Send what RFC 7644 has for this request; the detail names the member."
        "Envíe lo que RFC 7644 prevé para esta petición; el detalle nombra el miembro."
    }
    "scim_path" {
        "The path of a change cannot be read, or names no attribute."
        "La ruta de un cambio no se puede leer o no nombra ningún atributo."
        "Compare it with the attributes below /Schemas."
        "Compárela con los atributos de /Schemas."
    }
    "scim_no_target" {
        "The path of a change names a value that the resource does not have."
        "La ruta de un cambio nombra un valor que el recurso no tiene."
        "Read the resource and change what is there, or add the value first."
        "Lea el recurso y cambie lo que hay, o añada antes el valor."
    }
    "scim_value" {
        "A value is missing, of another type, or longer than it may be."
        "Falta un valor, es de otro tipo o es más largo de lo permitido."
        "Correct the attribute that the detail names."
        "Corrija el atributo que nombra el detalle."
    }
    "scim_no_filter" {
        "Schemas and resource types are not filtered."
        "Los esquemas y tipos de recurso no se filtran."
        "Ask for the whole list: it is short."
        "Pida la lista entera: es corta."
    }
    "scim_method" {
        "The address does not take this method."
        "La dirección no admite este método."
        "Compare the request with the operations in the documentation of provisioning."
        "Compare la petición con las operaciones de la documentación de aprovisionamiento."
    }
    "scim_not_offered" {
        "Bulk requests and searches of users and groups at once are not offered, as ServiceProviderConfig says."
        "No se ofrecen peticiones en bloque ni búsquedas de usuarios y grupos a la vez, como indica ServiceProviderConfig."
        "Switch bulk requests off at the directory; it then sends changes one by one."
        "Desactive las peticiones en bloque en el directorio; entonces envía los cambios uno a uno."
    }
    "scim_too_large" {
        "The body is longer than 1 MiB."
        "El cuerpo tiene más de 1 MiB."
        "Send fewer members of a group at a time."
        "Envíe menos miembros de un grupo cada vez."
    }
    "scim_media_type" {
        "The body does not say that it is JSON."
        "El cuerpo no dice que sea JSON."
        "Send it with the content type application/scim+json."
        "Envíelo con el tipo de contenido application/scim+json."
    }
    "scim_too_slow" {
        "The body did not arrive in time."
        "El cuerpo no llegó a tiempo."
        "Repeat the request; look at the network between the directory and here if it happens again."
        "Repita la petición; si vuelve a ocurrir, revise la red entre el directorio y este servidor."
    }
    "scim_unavailable" {
        "The store did not answer."
        "El almacén no respondió."
        "Repeat the request after the time that Retry-After names."
        "Repita la petición después del tiempo que indica Retry-After."
    }
    "scim_internal" {
        "Something failed here; nothing was changed."
        "Algo falló aquí; no se cambió nada."
        "Give the administrator the X-Request-Id of the answer: the log says what failed."
        "Dé al administrador el X-Request-Id de la respuesta: el registro dice qué falló."
    }
}
