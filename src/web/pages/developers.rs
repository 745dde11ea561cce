//! The developers' own pages: register an app, see what became of it, have an error explained. They need no account: whoever holds
//! the link of an app is its developer.

use super::console::{DirectoryFacts, DirectoryForm};
use crate::kernel::Secret;
use crate::web::administration::Said;
use crate::web::dates::moment_in_words;
use crate::web::language::words;
use crate::web::short_codes::ShortCode;
use crate::web::{Chrome, Href, Page};
use askama::Template;

/// Where developers begin.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/developers/home.html")]
pub struct DevelopersHome {
    /// What surrounds the page.
    pub chrome: Chrome,
}

/// Registering an app, or looking at one with its link.
#[derive(Clone, Template)]
#[template(path = "pages/developers/app.html")]
pub struct DeveloperApp {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// What is known of the app; `None` while it is being registered.
    pub app: Option<DirectoryFacts>,
    /// Its link, shown once after it was registered.
    pub link: Option<Secret<String>>,
    /// Whether it was changed just now.
    pub saved: bool,
    /// The form, while it can be changed, and where it goes.
    pub form: Option<(DirectoryForm, Href)>,
}

/// No app has this link.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/developers/gone.html")]
pub struct DeveloperAppGone {
    /// What surrounds the page.
    pub chrome: Chrome,
}

/// Having an error explained.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/developers/explain.html")]
pub struct DeveloperExplain {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// Where the form goes.
    pub action: Href,
    /// What was pasted.
    pub text: String,
    /// What there is to say of it; `None` before something was pasted.
    pub findings: Option<Vec<Finding>>,
}

/// Something that was recognised.
#[derive(Clone, Debug)]
pub enum Finding {
    /// A short code of a refusal.
    Code(ShortCode),
    /// The id of a request.
    Request(String),
    /// An error of OAuth, OpenID Connect or SMART without a short code.
    Error(String),
    /// An authorization request without a fault that can be seen from outside.
    RequestInOrder,
    /// A fault of an authorization request.
    Fault(RequestFault),
}

/// What is wrong with an authorization request, as far as it can be seen without knowing the tenant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RequestFault {
    /// A parameter is there more than once.
    Repeated(String),
    /// A parameter is missing.
    Missing(&'static str),
    /// `response_type` is not `code`.
    ResponseType,
    /// No PKCE.
    NoPkce,
    /// PKCE with another method than S256.
    PlainPkce,
    /// The challenge is none.
    Challenge,
    /// A scope is none, and why.
    Scope(String, String),
    /// `launch` as a scope without the parameter.
    LaunchWithoutParameter,
    /// The parameter `launch` without the scope.
    LaunchWithoutScope,
    /// `aud` holds a query or fragment, or is no address.
    Audience,
    /// The redirect URI is no address, or has a fragment.
    Redirect,
}

words! {
    /// These pages' words.
    DeveloperWords {
        area { "For developers" "Para desarrollo" }
        navigation { "Developers' pages" "Páginas para desarrollo" }
        home { "Overview" "Resumen" }
        title { "Bring your app to every hospital here" "Lleve su aplicación a todos los hospitales de aquí" }
        lead {
            "Describe your app once. The platform reviews it, and each hospital decides for itself whether to let it in, under the same client id."
            "Describa su aplicación una vez. La plataforma la revisa y cada hospital decide por sí mismo si la admite, con el mismo identificador."
        }
        register { "Register an app" "Registrar una aplicación" }
        register_text { "You get a link with which you see its review and can mend it. No account is needed." "Recibe un enlace para ver la revisión y corregirla. No hace falta cuenta." }
        explain { "Explain an error" "Explicar un error" }
        explain_text { "Paste what you got: an error, its address, a request id, or the authorization request itself." "Pegue lo que recibió: un error, su dirección, un identificador de petición o la propia petición de autorización." }
        codes { "All codes of refusals" "Todos los códigos de rechazo" }
        lost { "Have you registered an app already? Open the link you were given then. It is shown only once; if it is lost, ask the platform's operators." "¿Ya registró una aplicación? Abra el enlace que recibió entonces. Se muestra una sola vez; si lo perdió, pregunte a quien opera la plataforma." }
        submit { "Send it for review" "Enviar a revisión" }
        save { "Save and send again" "Guardar y volver a enviar" }
        saved { "Saved. It waits for a review again." "Guardado. Vuelve a esperar revisión." }
        link { "Your link" "Su enlace" }
        link_text {
            "Keep it: with it you see what becomes of your app and can mend it. It is shown this once, and whoever has it can change the app until it is published."
            "Guárdelo: con él ve qué ocurre con su aplicación y puede corregirla. Se muestra esta única vez, y quien lo tenga puede modificar la aplicación hasta que se publique."
        }
        submitted_text { "It waits for the platform's review. You can still change it below." "Espera la revisión de la plataforma. Aún puede modificarla abajo." }
        published_text { "Hospitals can let it in now. To change it, write to the platform's operators: hospitals approved what stands here." "Los hospitales ya pueden admitirla. Para cambiarla, escriba a quien opera la plataforma: los hospitales aprobaron lo que consta aquí." }
        rejected_text { "It was not taken. Read the note, mend it below and send it again." "No se aceptó. Lea la nota, corríjala abajo y vuelva a enviarla." }
        withdrawn_text { "It was taken out and does not work anywhere here any more." "Se retiró y ya no funciona en ningún hospital de aquí." }
        note { "Note of the review" "Nota de la revisión" }
        client_id { "Client id" "Identificador de cliente" }
        changed { "Last changed" "Último cambio" }
        mend { "Change it" "Modificarla" }
        gone { "There is no app with this link" "No hay ninguna aplicación con este enlace" }
        gone_text { "Check that the whole link was copied." "Compruebe que se copió el enlace entero." }
        paste { "What you got" "Lo que recibió" }
        paste_hint {
            "Nothing that you paste is kept. Take tokens, codes and secrets out first all the same."
            "Nada de lo que pegue se guarda. Aun así, quite antes los tokens, códigos y secretos."
        }
        do_explain { "Explain" "Explicar" }
        nothing { "Nothing was recognised" "No se reconoció nada" }
        nothing_text {
            "Paste the whole answer or address. A refusal of this server has a short code in parentheses at the end of error_description."
            "Pegue la respuesta o la dirección entera. Un rechazo de este servidor lleva un código corto entre paréntesis al final de error_description."
        }
        cause { "Cause" "Causa" }
        to_do { "What to do" "Qué hacer" }
        request { "Request id" "Identificador de petición" }
        request_text {
            "Give this id to the hospital's administrators. They see within seven days which check refused the request; for reasons of safety it is told to nobody else."
            "Dé este identificador a la administración del hospital. Durante siete días puede ver qué comprobación rechazó la petición; por seguridad no se dice a nadie más."
        }
        error(code: &str) { "The error {code}" "El error {code}" }
        invalid_request { "A parameter is missing, wrong or repeated. The short code in error_description names it." "Falta un parámetro, o es erróneo o repetido. El código corto en error_description lo nombra." }
        invalid_client { "The client is not registered at this hospital, is switched off, or did not prove itself. Compare client id, method and credential with the registration." "El cliente no está registrado en este hospital, está desactivado o no se acreditó. Compare identificador, método y credencial con el registro." }
        invalid_grant { "The code or refresh token is used up, expired, of another client, or the redirect address or code verifier differs from the request. Begin a new sign-in." "El código o token de renovación está usado, caducado, es de otro cliente, o la dirección de retorno o el verificador difieren de la petición. Empiece un nuevo acceso." }
        unauthorized_client { "The client is not registered for this grant or response type." "El cliente no está registrado para este tipo de concesión o respuesta." }
        access_denied { "The user declined, or the hospital's rules left nothing to grant." "La persona no lo permitió, o las reglas del hospital no dejaron nada que conceder." }
        invalid_scope { "No scope of the request can be granted. Compare with the registration and the hospital's discovery document." "Ningún alcance de la petición puede concederse. Compare con el registro y el documento de descubrimiento del hospital." }
        login_required { "prompt=none was sent, and nobody is signed in. Send the request again without it." "Se envió prompt=none y nadie ha iniciado sesión. Envíe la petición de nuevo sin él." }
        invalid_token { "The access token is expired, revoked, or for another server." "El token de acceso está caducado, revocado o es para otro servidor." }
        server_error { "Something failed here. Try again; if it stays, give the request id to the hospital." "Algo falló aquí. Inténtelo de nuevo; si sigue, dé el identificador de petición al hospital." }
        other_error { "No error of this server that is known here. Look for the short code in error_description." "No es un error conocido de este servidor. Busque el código corto en error_description." }
        in_order { "No fault can be seen in this request" "No se ve ningún fallo en esta petición" }
        in_order_text {
            "Whether the client, the redirect address and aud are registered is known to the hospital alone. If it is refused, paste the answer."
            "Si el cliente, la dirección de retorno y aud están registrados solo lo sabe el hospital. Si se rechaza, pegue la respuesta."
        }
        faults { "In the authorization request" "En la petición de autorización" }
        repeated(name: &str) { "{name} is there more than once (RFC 6749 section 3.1). Send it once." "{name} aparece más de una vez (RFC 6749 sección 3.1). Envíelo una vez." }
        missing(name: &str) { "{name} is missing. Send it with every authorization request." "Falta {name}. Envíelo en cada petición de autorización." }
        response_type { "response_type is not code. Send response_type=code; nothing else is offered." "response_type no es code. Envíe response_type=code; no se ofrece otro." }
        no_pkce { "There is no code_challenge. SMART App Launch demands PKCE with S256 (RFC 7636)." "No hay code_challenge. SMART App Launch exige PKCE con S256 (RFC 7636)." }
        plain_pkce { "code_challenge_method is not S256. Send S256; plain protects nothing." "code_challenge_method no es S256. Envíe S256; plain no protege nada." }
        challenge { "code_challenge is not 43 characters of base64url: the SHA-256 of the verifier, without padding." "code_challenge no son 43 caracteres de base64url: el SHA-256 del verificador, sin relleno." }
        scope(scope: &str, why: &str) { "The scope {scope} is none: {why}." "El alcance {scope} no es válido: {why}." }
        launch_parameter { "The scope launch was asked for without the parameter launch. Send the value with which the EHR opened the app." "Se pidió el alcance launch sin el parámetro launch. Envíe el valor con el que la historia clínica abrió la aplicación." }
        launch_scope { "The parameter launch was sent without the scope launch. Ask for both, or neither." "Se envió el parámetro launch sin el alcance launch. Pida ambos, o ninguno." }
        audience { "aud is no FHIR base address. Send the address of the FHIR server, without query or fragment." "aud no es la dirección base de FHIR. Envíe la dirección del servidor FHIR, sin consulta ni fragmento." }
        redirect { "redirect_uri is no absolute address without a fragment. Send it exactly as it was registered." "redirect_uri no es una dirección absoluta sin fragmento. Envíela exactamente como se registró." }
    }
}

impl DevelopersHome {
    const fn words(&self) -> DeveloperWords {
        DeveloperWords(self.chrome.language)
    }
}

impl DeveloperApp {
    const fn words(&self) -> DeveloperWords {
        DeveloperWords(self.chrome.language)
    }

    fn title(&self) -> &str {
        self.app.as_ref().map_or(self.words().register(), |app| &app.name)
    }

    fn state(&self) -> (&'static str, &'static str) {
        let language = self.chrome.language;
        self.app.as_ref().map_or(("", ""), |app| app.state(language))
    }

    fn state_text(&self) -> &'static str {
        let words = self.words();
        match self.app.as_ref().map_or("", |app| app.state) {
            "submitted" => words.submitted_text(),
            "published" => words.published_text(),
            "rejected" => words.rejected_text(),
            _ => words.withdrawn_text(),
        }
    }

    fn changed(&self) -> String {
        let language = self.chrome.language;
        self.app
            .as_ref()
            .map_or_else(String::new, |app| moment_in_words(app.updated_at, language))
    }
}

impl DeveloperAppGone {
    const fn words(&self) -> DeveloperWords {
        DeveloperWords(self.chrome.language)
    }
}

impl DeveloperExplain {
    const fn words(&self) -> DeveloperWords {
        DeveloperWords(self.chrome.language)
    }

    fn cause(&self, short: &ShortCode) -> &'static str {
        short.cause(self.chrome.language)
    }

    fn mend(&self, short: &ShortCode) -> &'static str {
        short.mend(self.chrome.language)
    }

    fn error(&self, code: &str) -> &'static str {
        let words = self.words();
        match code {
            "invalid_request" | "invalid_request_object" | "invalid_request_uri" | "invalid_target" => {
                words.invalid_request()
            }
            "invalid_client" => words.invalid_client(),
            "invalid_grant" | "expired_token" => words.invalid_grant(),
            "unauthorized_client" | "unsupported_grant_type" | "unsupported_response_type" => {
                words.unauthorized_client()
            }
            "access_denied" | "consent_required" | "insufficient_scope" => words.access_denied(),
            "invalid_scope" => words.invalid_scope(),
            "login_required" | "interaction_required" | "account_selection_required" => words.login_required(),
            "invalid_token" | "invalid_dpop_proof" | "use_dpop_nonce" => words.invalid_token(),
            "server_error" | "temporarily_unavailable" => words.server_error(),
            _ => words.other_error(),
        }
    }

    fn fault(&self, fault: &RequestFault) -> String {
        let words = self.words();
        match fault {
            RequestFault::Repeated(name) => words.repeated(name),
            RequestFault::Missing(name) => words.missing(name),
            RequestFault::ResponseType => words.response_type().to_owned(),
            RequestFault::NoPkce => words.no_pkce().to_owned(),
            RequestFault::PlainPkce => words.plain_pkce().to_owned(),
            RequestFault::Challenge => words.challenge().to_owned(),
            RequestFault::Scope(scope, why) => words.scope(scope, &Said::new(why, self.chrome.language).text),
            RequestFault::LaunchWithoutParameter => words.launch_parameter().to_owned(),
            RequestFault::LaunchWithoutScope => words.launch_scope().to_owned(),
            RequestFault::Audience => words.audience().to_owned(),
            RequestFault::Redirect => words.redirect().to_owned(),
        }
    }

    fn faults(&self) -> Vec<String> {
        let found = self.findings.iter().flatten();
        found
            .filter_map(|finding| match finding {
                Finding::Fault(fault) => Some(self.fault(fault)),
                _ => None,
            })
            .collect()
    }
}

macro_rules! pages {
    ($($page:ty),+) => {$(
        impl Page for $page {
            fn chrome(&self) -> &Chrome {
                &self.chrome
            }
        }
    )+};
}
pages!(DevelopersHome, DeveloperApp, DeveloperAppGone, DeveloperExplain);
