//! What is wrong with a tenant's brands (SMART App Launch 2.2, "User-access Brands"), and why a change is not taken back.

use super::sentences;

sentences! {
    endpoint_of_none {
        "belongs to no brand; name it in the endpoints of one"
        "no es de ninguna marca; nómbrelo en los endpoints de una"
    }
    identifier_twice {
        "{0} is used twice; an identifier means one brand"
        "{0} se usa dos veces; un identificador designa una sola marca"
    }
    not_a_server { "is not a FHIR server of this tenant" "no es un servidor FHIR de este hospital" }
    version_missing { "is empty; name one, such as 4.0.1" "está vacío; indique una, como 4.0.1" }
    version_form {
        "{0} is not a FHIR version such as 4.0.1"
        "{0} no es una versión de FHIR como 4.0.1"
    }
    developer_page {
        "is missing; give the page where developers find help"
        "falta; indique la página donde quien desarrolla encuentra ayuda"
    }
    primary_identifier {
        "is empty; a primary brand needs one, such as its main site without www. and path"
        "está vacío; una marca principal necesita uno, como su sitio web sin www. ni ruta"
    }
    none_of { "{0} is none of {1}" "{0} no es ninguno de {1}" }
    parent_unknown { "{0} is no brand of this document" "{0} no es una marca de este documento" }
    parent_of_another {
        "{0} is itself part of another brand; two levels are the most"
        "{0} ya forma parte de otra marca; hay dos niveles como máximo"
    }
    parent_itself { "is the brand itself" "es la propia marca" }
    country_form { "{0} is no ISO 3166 code such as US" "{0} no es un código ISO 3166 como ES" }
    brand_id_form {
        "has 1 to 40 characters of a-z, 0-9 and -"
        "tiene de 1 a 40 caracteres entre a-z, 0-9 y -"
    }
    brand_id_twice { "{0} is used twice" "{0} se usa dos veces" }
    endpoint_unknown {
        "{0} is not an endpoint that can be named here"
        "{0} no es un endpoint que se pueda nombrar aquí"
    }
    brand_logo {
        "is neither an https address nor a PNG or SVG as a data address of at most 64 KiB"
        "no es una dirección https ni un PNG o SVG como dirección data de 64 KiB como máximo"
    }
    system_uri { "the system {0} is not a URI" "el sistema {0} no es una URI" }
    site_form {
        "{0} has to be https:// and the host, without www. and path"
        "{0} tiene que ser https:// y el servidor, sin www. ni ruta"
    }
    lists_no_history {
        "lists of users have no history; apply the file that declares them"
        "las listas de usuarios no tienen historial; aplique el archivo que las declara"
    }
    first_settings {
        "these were the first settings of the tenant; there is nothing before them"
        "fueron los primeros ajustes del hospital; no hay nada anterior"
    }
}
