//! The tables. Names of fields are those of the product's own console, in English; `docs/federation` has the same ones.

use super::Entry::{
    AcsUrl, BackchannelLogoutUri, EntityId, FrontchannelLogoutUri, JwksUri, PostLogoutRedirectUri, RedirectUri, SloUrl,
    Text,
};
use super::{BringBack, Entry, Field, Guide, Product, Words};
use crate::federation::assertion::Protocol;

const fn field(name: &'static str, entry: Entry) -> Field {
    Field {
        name,
        entry,
        optional: false,
    }
}

/// A field without which people can sign in.
const fn optional(name: &'static str, entry: Entry) -> Field {
    Field {
        name,
        entry,
        optional: true,
    }
}

const fn text(english: &'static str, spanish: &'static str) -> Entry {
    Text(Words::new(english, spanish))
}

const ON: Entry = text("on", "activado");

pub(super) const fn find(product: Product, protocol: Protocol) -> Option<&'static Guide> {
    let pair = match product {
        Product::Entra => (&ENTRA_OIDC, &ENTRA_SAML),
        Product::Okta => (&OKTA_OIDC, &OKTA_SAML),
        Product::Adfs => (&ADFS_OIDC, &ADFS_SAML),
        Product::Ping => (&PING_OIDC, &PING_SAML),
        Product::Shibboleth => (&SHIBBOLETH_OIDC, &SHIBBOLETH_SAML),
        Product::Keycloak => (&KEYCLOAK_OIDC, &KEYCLOAK_SAML),
        Product::Google => (&GOOGLE_OIDC, &GOOGLE_SAML),
        Product::Other => (&OTHER_OIDC, &OTHER_SAML),
    };
    match protocol {
        Protocol::OpenIdConnect => Some(pair.0),
        Protocol::Saml2 => Some(pair.1),
        Protocol::Local => None,
    }
}

static ENTRA_OIDC: Guide = Guide {
    place: "Entra admin center > Identity > Applications > App registrations > New registration",
    fields: &[
        field(
            "Supported account types",
            text(
                "Accounts in this organizational directory only",
                "Accounts in this organizational directory only (solo las cuentas de este directorio)",
            ),
        ),
        field("Redirect URI (type Web)", RedirectUri),
        optional("Authentication > add a Web redirect URI", PostLogoutRedirectUri),
        optional("Authentication > Front-channel logout URL", FrontchannelLogoutUri),
        field(
            "Certificates & secrets",
            text(
                "New client secret; copy its Value, it is shown once",
                "New client secret; copie su Value, solo se muestra una vez",
            ),
        ),
        field(
            "Token configuration > optional claims (ID token)",
            text(
                "sid, email, preferred_username, auth_time, acr; groups if roles come from them",
                "sid, email, preferred_username, auth_time, acr; groups si los roles vienen de ahí",
            ),
        ),
    ],
    bring_back: BringBack::Oidc {
        issuer: "https://login.microsoftonline.com/<Directory (tenant) ID>/v2.0",
        client_id: "Application (client) ID",
        client_secret: "Client secret: Value",
    },
    caution: Some(Words::new(
        "Use the issuer of your own directory, never common or organizations.",
        "Use el emisor de su propio directorio, nunca common ni organizations.",
    )),
};

static ENTRA_SAML: Guide = Guide {
    place: "Entra admin center > Enterprise applications > New application > Create your own > Non-gallery > Single sign-on > SAML",
    fields: &[
        field("Identifier (Entity ID)", EntityId),
        field("Reply URL (ACS)", AcsUrl),
        optional("Logout URL", SloUrl),
        field(
            "Attributes & Claims > Unique User Identifier",
            text("user.objectid, format Persistent", "user.objectid, formato Persistent"),
        ),
        field(
            "SAML Certificates > Signing option",
            text("Sign SAML response and assertion", "Sign SAML response and assertion"),
        ),
        field("SAML Certificates > Signing algorithm", text("SHA-256", "SHA-256")),
    ],
    bring_back: BringBack::Saml {
        metadata_url: Some(
            "https://login.microsoftonline.com/<Directory (tenant) ID>/federationmetadata/2007-06/federationmetadata.xml?appid=<Application (client) ID>",
        ),
        metadata: "App Federation Metadata Url",
    },
    caution: Some(Words::new(
        "Entra encrypts with CBC: assertions that are to be encrypted need a signed response too.",
        "Entra cifra con CBC: si las aserciones se cifran, también hay que firmar la respuesta.",
    )),
};

static OKTA_OIDC: Guide = Guide {
    place: "Okta Admin Console > Applications > Create App Integration > OIDC, Web Application",
    fields: &[
        field("Grant type", text("Authorization Code", "Authorization Code")),
        field("Sign-in redirect URIs", RedirectUri),
        field("Sign-out redirect URIs", PostLogoutRedirectUri),
        field(
            "Client authentication",
            text(
                "Client secret (or public key with the JWKS URI)",
                "Client secret (o clave pública con la dirección JWKS)",
            ),
        ),
        field("Require PKCE", ON),
    ],
    bring_back: BringBack::Oidc {
        issuer: "https://<your domain>.okta.com",
        client_id: "Client ID",
        client_secret: "Client secret",
    },
    caution: Some(Words::new(
        "With a custom authorization server the issuer ends in /oauth2/default or another id; take it from its metadata.",
        "Con un servidor de autorización propio, el emisor termina en /oauth2/default u otro identificador; tómelo de sus metadatos.",
    )),
};

static OKTA_SAML: Guide = Guide {
    place: "Okta Admin Console > Applications > Create App Integration > SAML 2.0",
    fields: &[
        field("Single sign-on URL", AcsUrl),
        field("Audience URI (SP Entity ID)", EntityId),
        field(
            "Name ID format / Application username",
            text(
                "Persistent / a custom expression with an id that never changes, such as user.id",
                "Persistent / una expresión con un identificador que no cambia, como user.id",
            ),
        ),
        field(
            "Response, Assertion signature",
            text("Signed; RSA-SHA256, SHA256", "Signed; RSA-SHA256, SHA256"),
        ),
        optional("Enable Single Logout", SloUrl),
        field(
            "Attribute statements",
            text(
                "displayName from user.displayName; group attribute role",
                "displayName de user.displayName; atributo de grupo role",
            ),
        ),
    ],
    bring_back: BringBack::Saml {
        metadata_url: Some("https://<your domain>.okta.com/app/<app id>/sso/saml/metadata"),
        metadata: "Metadata URL",
    },
    caution: None,
};

static ADFS_OIDC: Guide = Guide {
    place: "AD FS Management > Application Groups > Add > Server application accessing a web API",
    fields: &[
        field("Redirect URI", RedirectUri),
        optional("Redirect URI after logout", PostLogoutRedirectUri),
        optional("Logout URI", FrontchannelLogoutUri),
        field(
            "Allowed scopes",
            text("openid, profile, allatclaims", "openid, profile, allatclaims"),
        ),
        field(
            "Generate a shared secret",
            text(
                "on; copy it, it is shown once",
                "activado; cópielo, solo se muestra una vez",
            ),
        ),
    ],
    bring_back: BringBack::Oidc {
        issuer: "https://adfs.hospital.example/adfs",
        client_id: "Client Identifier",
        client_secret: "Shared secret",
    },
    caution: None,
};

static ADFS_SAML: Guide = Guide {
    place: "AD FS Management > Relying Party Trusts > Add > Claims aware",
    fields: &[
        field("Import data published online", EntityId),
        field("Secure hash algorithm (Advanced)", text("SHA-256", "SHA-256")),
        field(
            "Claim rule 1: Send LDAP attributes",
            text(
                "objectGUID or an employee number to Name ID; display name to Name",
                "objectGUID o un número de empleado a Name ID; el nombre visible a Name",
            ),
        ),
        field(
            "Claim rule 2: Transform an incoming claim",
            text(
                "Name ID, outgoing format Persistent identifier",
                "Name ID, formato de salida Persistent identifier",
            ),
        ),
        field(
            "SamlResponseSignature (PowerShell)",
            text(
                "MessageAndAssertion, because AD FS encrypts with CBC",
                "MessageAndAssertion, porque AD FS cifra con CBC",
            ),
        ),
    ],
    bring_back: BringBack::Saml {
        metadata_url: Some("https://adfs.hospital.example/FederationMetadata/2007-06/FederationMetadata.xml"),
        metadata: "Federation Metadata",
    },
    caution: None,
};

static PING_OIDC: Guide = Guide {
    place: "PingFederate > OAuth Client; PingOne > Application, OIDC Web App",
    fields: &[
        field("Redirect URI", RedirectUri),
        field(
            "Grant / response type",
            text(
                "Authorization Code; PKCE S256 required",
                "Authorization Code; PKCE S256 obligatorio",
            ),
        ),
        optional("Post-logout redirect", PostLogoutRedirectUri),
        optional("Back-channel logout", BackchannelLogoutUri),
        field("Client authentication", text("secret", "secreto")),
        field("ID token signing", text("RS256", "RS256")),
    ],
    bring_back: BringBack::Oidc {
        issuer: "https://auth.pingone.eu/<environment>/as",
        client_id: "Client ID",
        client_secret: "Client secret",
    },
    caution: None,
};

static PING_SAML: Guide = Guide {
    place: "PingFederate > SP Connections > Import; PingOne > Application, SAML, Import Metadata",
    fields: &[
        field("Import metadata", EntityId),
        field("Assertion Consumer Service", AcsUrl),
        field(
            "Subject / NameID format",
            text(
                "a value that never changes, persistent",
                "un valor que no cambia, persistent",
            ),
        ),
        field(
            "Signing",
            text(
                "Always sign the SAML assertion; with encryption, Sign response as required; RSA-SHA256",
                "Always sign the SAML assertion; con cifrado, Sign response as required; RSA-SHA256",
            ),
        ),
        optional("SLO", SloUrl),
    ],
    bring_back: BringBack::Saml {
        metadata_url: Some("https://auth.pingone.eu/<environment>/saml20/metadata/<application>"),
        metadata: "Metadata URL",
    },
    caution: None,
};

static SHIBBOLETH_OIDC: Guide = Guide {
    place: "Shibboleth with the OIDC OP plugin: conf/metadata-providers.xml",
    fields: &[
        field("redirect_uris", RedirectUri),
        optional("post_logout_redirect_uris", PostLogoutRedirectUri),
        field(
            "token_endpoint_auth_method",
            text("client_secret_basic", "client_secret_basic"),
        ),
    ],
    bring_back: BringBack::Oidc {
        issuer: "https://idp.hospital.example",
        client_id: "client_id",
        client_secret: "client_secret",
    },
    caution: None,
};

static SHIBBOLETH_SAML: Guide = Guide {
    place: "Shibboleth: conf/metadata-providers.xml, conf/relying-party.xml, conf/attribute-filter.xml",
    fields: &[
        field("metadataURL", EntityId),
        field("c:relyingPartyIds", EntityId),
        field(
            "p:signResponses",
            text("true, and p:signAssertions too", "true, y también p:signAssertions"),
        ),
        field(
            "p:nameIDFormatPrecedence",
            text(
                "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent",
                "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent",
            ),
        ),
        field(
            "conf/attribute-filter.xml",
            text(
                "release displayName, eduPersonAffiliation and an employee number",
                "libere displayName, eduPersonAffiliation y un número de empleado",
            ),
        ),
    ],
    bring_back: BringBack::Saml {
        metadata_url: Some("https://idp.hospital.example/idp/shibboleth"),
        metadata: "idp-metadata.xml",
    },
    caution: None,
};

static KEYCLOAK_OIDC: Guide = Guide {
    place: "Keycloak > Clients > Create client > OpenID Connect",
    fields: &[
        field("Client authentication", ON),
        field("Authentication flow", text("Standard flow only", "solo Standard flow")),
        field("Valid redirect URIs", RedirectUri),
        field("Valid post logout redirect URIs", PostLogoutRedirectUri),
        optional("Backchannel logout URL", BackchannelLogoutUri),
        optional("Advanced > PKCE method", text("S256", "S256")),
        optional(
            "Client scopes",
            text(
                "a mapper User Realm Role or Group Membership to an ID token claim, if roles come from there",
                "un mapper User Realm Role o Group Membership a un claim del ID token, si los roles vienen de ahí",
            ),
        ),
    ],
    bring_back: BringBack::Oidc {
        issuer: "https://sso.hospital.example/realms/<realm>",
        client_id: "Client ID",
        client_secret: "Credentials > Client Secret",
    },
    caution: None,
};

static KEYCLOAK_SAML: Guide = Guide {
    place: "Keycloak > Clients > Import client",
    fields: &[
        field("Import client", EntityId),
        field("Valid redirect URIs", AcsUrl),
        field(
            "Name ID format",
            text(
                "persistent; Force name ID format on",
                "persistent; Force name ID format activado",
            ),
        ),
        field(
            "Sign documents, Sign assertions",
            text("on; RSA_SHA256", "activado; RSA_SHA256"),
        ),
        field(
            "Encrypt assertions",
            text("off, or on with AES-GCM", "desactivado, o activado con AES-GCM"),
        ),
        optional("Client signature required", ON),
        optional("Logout service URLs", SloUrl),
    ],
    bring_back: BringBack::Saml {
        metadata_url: Some("https://sso.hospital.example/realms/<realm>/protocol/saml/descriptor"),
        metadata: "SAML 2.0 Identity Provider Metadata",
    },
    caution: None,
};

static GOOGLE_OIDC: Guide = Guide {
    place: "Google Cloud console > APIs & Services > Credentials > Create OAuth client ID > Web application",
    fields: &[
        field("User type", text("Internal", "Internal (interno)")),
        field("Authorized redirect URI", RedirectUri),
    ],
    bring_back: BringBack::Oidc {
        issuer: "https://accounts.google.com",
        client_id: "Client ID",
        client_secret: "Client secret",
    },
    caution: Some(Words::new(
        "An External client lets in every Google account: check hd in a rule.",
        "Un cliente External deja entrar a cualquier cuenta de Google: compruebe hd en una regla.",
    )),
};

static GOOGLE_SAML: Guide = Guide {
    place: "Google Admin console > Apps > Web and mobile apps > Add custom SAML app",
    fields: &[
        field("ACS URL", AcsUrl),
        field("Entity ID", EntityId),
        field("Signed response", ON),
        field(
            "Name ID format / Name ID",
            text(
                "PERSISTENT / an employee id, not the primary e-mail",
                "PERSISTENT / un identificador de empleado, no el correo principal",
            ),
        ),
    ],
    bring_back: BringBack::Saml {
        metadata_url: None,
        metadata: "GoogleIDPMetadata.xml",
    },
    caution: Some(Words::new(
        "A file does not renew itself: bring a new one before the certificate ends.",
        "Un archivo no se renueva solo: traiga uno nuevo antes de que venza el certificado.",
    )),
};

static OTHER_OIDC: Guide = Guide {
    place: "A web application: confidential client, authorization code",
    fields: &[
        field("Redirect URI, callback, reply URL", RedirectUri),
        optional("Post-logout redirect URI, sign-out redirect", PostLogoutRedirectUri),
        optional("Back-channel logout URI (with sid)", BackchannelLogoutUri),
        optional("Front-channel logout URI (with iss and sid)", FrontchannelLogoutUri),
        optional("JWKS URI, for private_key_jwt", JwksUri),
    ],
    bring_back: BringBack::Oidc {
        issuer: "https://login.hospital.example",
        client_id: "client_id",
        client_secret: "client_secret",
    },
    caution: None,
};

static OTHER_SAML: Guide = Guide {
    place: "A service provider, or relying party",
    fields: &[
        field("Entity ID, audience, relying party identifier", EntityId),
        field("ACS URL, reply URL, single sign-on URL (HTTP POST)", AcsUrl),
        optional("Single logout URL (HTTP Redirect or POST)", SloUrl),
        field(
            "NameID format",
            text(
                "persistent: an id that never changes",
                "persistent: un identificador que no cambia",
            ),
        ),
        field(
            "Signature",
            text(
                "the response or the assertion, with SHA-256 or longer",
                "la respuesta o la aserción, con SHA-256 o más",
            ),
        ),
    ],
    bring_back: BringBack::Saml {
        metadata_url: Some("https://idp.hospital.example/metadata"),
        metadata: "metadata",
    },
    caution: None,
};
