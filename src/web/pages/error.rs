//! The one error page: what happened, what to do, whom to ask, a code to quote.

use super::reference::Reference;
use crate::kernel::Timestamp;
use crate::oauth::OAuthError;
use crate::web::language::words;
use crate::web::short_codes::ShortCode;
use crate::web::{Chrome, Href, Language, Page};
use askama::Template;
use axum::http::StatusCode;

/// Something went wrong and no redirect may carry the news.
#[derive(Template)]
#[template(path = "pages/error.html")]
pub struct ErrorPage {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// What happened.
    pub problem: Problem,
    /// The one thing to do now.
    pub action: Option<Action>,
    /// What the app's developer needs to know.
    pub technical: Option<Technical>,
    /// When it happened.
    pub at: Timestamp,
}

/// The button of an error page.
#[derive(Clone, Debug)]
pub enum Action {
    /// The same step once more.
    TryAgain(Href),
    /// The same step once more, or another way to sign in.
    TryAgainOrElsewhere {
        /// The same step.
        again: Href,
        /// The other ways: the hospital's own words, and where they begin.
        elsewhere: Vec<(String, Href)>,
    },
    /// Begin with signing in.
    SignInAgain(Href),
    /// Back to the app.
    BackToApp(Href),
    /// The same step in a window of its own.
    OpenWindow(Href),
}

/// The protocol's own words, shown folded away. Never holds secrets, tokens, names or stack traces.
#[derive(Clone, Debug)]
pub struct Technical {
    /// The OAuth error code.
    pub error: String,
    /// The error description, with the short code behind it.
    pub description: String,
    /// The page that says what the short code means.
    pub meaning: Option<Href>,
}

impl Technical {
    /// What stands behind an error.
    pub fn of(error: &OAuthError, meaning: Option<Href>) -> Self {
        Self {
            error: error.code.as_str().to_owned(),
            description: error.told(),
            meaning,
        }
    }
}

/// What can go wrong in front of a person. Each has a title, a sentence, an advice in every language, a code and a status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Problem {
    /// The client id is not registered at this tenant.
    AppUnknown,
    /// The app is switched off at this tenant.
    AppDisabled,
    /// The redirect URI is missing or not registered.
    ReturnAddress,
    /// The request breaks a rule of the protocol and may not be redirected.
    AppRequest,
    /// The sign-in is over or too old, and the way back to the app is no longer known.
    SignInExpired,
    /// The browser did not send our cookie back.
    CookieMissing,
    /// The page is in a frame in which the browser keeps our cookie from working.
    CookieBlocked,
    /// The form's token does not fit: an old page, or a forged request.
    FormOutdated,
    /// The upstream provider said no, or the person cancelled there.
    ProviderRefused,
    /// The upstream provider did not answer.
    ProviderUnreachable,
    /// The upstream provider's answer could not be verified.
    ProviderAnswer,
    /// The person signed in but may not use this app or this server.
    NotPermitted,
    /// There is no patient record for the person or the launch.
    NoPatient,
    /// The EHR's launch is unknown, used or too old.
    LaunchExpired,
    /// The FHIR server did not answer.
    RecordsUnreachable,
    /// A limit was reached.
    TooManyAttempts,
    /// No capacity at this moment.
    Overloaded,
    /// A fault of ours.
    Internal,
}

impl Problem {
    /// Every problem, for tests and documentation.
    pub const ALL: [Self; 18] = [
        Self::AppUnknown,
        Self::AppDisabled,
        Self::ReturnAddress,
        Self::AppRequest,
        Self::SignInExpired,
        Self::CookieMissing,
        Self::CookieBlocked,
        Self::FormOutdated,
        Self::ProviderRefused,
        Self::ProviderUnreachable,
        Self::ProviderAnswer,
        Self::NotPermitted,
        Self::NoPatient,
        Self::LaunchExpired,
        Self::RecordsUnreachable,
        Self::TooManyAttempts,
        Self::Overloaded,
        Self::Internal,
    ];

    /// The code people quote to the help desk. It does not change between releases or languages.
    pub const fn code(self) -> &'static str {
        match self {
            Self::AppUnknown => "app-unknown",
            Self::AppDisabled => "app-disabled",
            Self::ReturnAddress => "return-address",
            Self::AppRequest => "app-request",
            Self::SignInExpired => "sign-in-expired",
            Self::CookieMissing => "cookie-missing",
            Self::CookieBlocked => "cookie-blocked",
            Self::FormOutdated => "form-outdated",
            Self::ProviderRefused => "provider-refused",
            Self::ProviderUnreachable => "provider-unreachable",
            Self::ProviderAnswer => "provider-answer",
            Self::NotPermitted => "not-permitted",
            Self::NoPatient => "no-patient",
            Self::LaunchExpired => "launch-expired",
            Self::RecordsUnreachable => "records-unreachable",
            Self::TooManyAttempts => "too-many-attempts",
            Self::Overloaded => "overloaded",
            Self::Internal => "internal",
        }
    }

    /// The status of the page.
    pub const fn status(self) -> StatusCode {
        match self {
            Self::AppUnknown
            | Self::ReturnAddress
            | Self::AppRequest
            | Self::SignInExpired
            | Self::CookieMissing
            | Self::CookieBlocked
            | Self::LaunchExpired => StatusCode::BAD_REQUEST,
            Self::AppDisabled | Self::FormOutdated | Self::ProviderRefused | Self::NotPermitted | Self::NoPatient => {
                StatusCode::FORBIDDEN
            }
            Self::ProviderAnswer | Self::ProviderUnreachable | Self::RecordsUnreachable => StatusCode::BAD_GATEWAY,
            Self::TooManyAttempts => StatusCode::TOO_MANY_REQUESTS,
            Self::Overloaded => StatusCode::SERVICE_UNAVAILABLE,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// The code with what happened and what to do, for the pages and documents about codes.
    pub fn short_code(self) -> ShortCode {
        let text = Language::ALL.map(|language| self.text(ErrorWords(language)));
        let [english, spanish] = text;
        ShortCode::new(
            self.code(),
            [english.what, spanish.what],
            [english.advice, spanish.advice],
        )
    }

    /// Title, what happened, what to do.
    const fn text(self, words: ErrorWords) -> Text {
        let (title, what, advice) = match self {
            Self::AppUnknown => (words.app_unknown(), words.app_unknown_what(), words.app_unknown_do()),
            Self::AppDisabled => (words.app_disabled(), words.app_disabled_what(), words.app_disabled_do()),
            Self::ReturnAddress => (
                words.return_address(),
                words.return_address_what(),
                words.tell_the_app(),
            ),
            Self::AppRequest => (words.app_request(), words.app_request_what(), words.tell_the_app()),
            Self::SignInExpired => (words.expired(), words.expired_what(), words.start_from_the_app()),
            Self::CookieMissing => (words.cookie(), words.cookie_what(), words.cookie_do()),
            Self::CookieBlocked => (words.blocked(), words.blocked_what(), words.blocked_do()),
            Self::FormOutdated => (words.form(), words.form_what(), words.form_do()),
            Self::ProviderRefused => (words.refused(), words.refused_what(), words.refused_do()),
            Self::ProviderUnreachable => (words.unreachable(), words.unreachable_what(), words.wait_and_retry()),
            Self::ProviderAnswer => (words.answer(), words.answer_what(), words.answer_do()),
            Self::NotPermitted => (
                words.not_permitted(),
                words.not_permitted_what(),
                words.not_permitted_do(),
            ),
            Self::NoPatient => (words.no_patient(), words.no_patient_what(), words.no_patient_do()),
            Self::LaunchExpired => (words.launch(), words.launch_what(), words.launch_do()),
            Self::RecordsUnreachable => (words.records(), words.records_what(), words.wait_and_retry()),
            Self::TooManyAttempts => (words.too_many(), words.too_many_what(), words.too_many_do()),
            Self::Overloaded => (words.overloaded(), words.overloaded_what(), words.wait_and_retry()),
            Self::Internal => (words.internal(), words.internal_what(), words.internal_do()),
        };
        Text { title, what, advice }
    }
}

struct Text {
    title: &'static str,
    what: &'static str,
    advice: &'static str,
}

words! {
    ErrorWords {
        app_unknown { "This app is not known here" "Esta aplicación no es conocida aquí" }
        app_unknown_what {
            "The app that sent you is not registered at this hospital."
            "La aplicación que le ha enviado aquí no está registrada en este hospital."
        }
        app_unknown_do {
            "Go back to the app and check that you chose the right hospital. If you did, the app's maker has to register it here."
            "Vuelva a la aplicación y compruebe que eligió el hospital correcto. Si es así, su fabricante debe registrarla aquí."
        }
        app_disabled { "This app is switched off here" "Esta aplicación está desactivada aquí" }
        app_disabled_what {
            "The hospital does not let this app sign people in at the moment."
            "El hospital no permite en este momento que esta aplicación inicie sesiones."
        }
        app_disabled_do {
            "Your account is not affected. Ask the hospital whether and when the app comes back."
            "Su cuenta no se ve afectada. Pregunte al hospital si la aplicación volverá a estar disponible."
        }
        return_address { "We cannot send you back to this app safely" "No podemos devolverle a esta aplicación de forma segura" }
        return_address_what {
            "The app asked us to send you to an address that it has not registered at this hospital."
            "La aplicación pidió que le enviáramos a una dirección que no ha registrado en este hospital."
        }
        tell_the_app {
            "You did nothing wrong, and trying again will not help. Close this page and tell the app's support what you see here."
            "Usted no ha hecho nada mal, y repetirlo no servirá. Cierre esta página y comunique al soporte de la aplicación lo que ve aquí."
        }
        app_request { "The app's request could not be read" "No se pudo entender la petición de la aplicación" }
        app_request_what {
            "Something in the request that the app sent with you is missing or wrong."
            "En la petición que la aplicación envió con usted falta algo o algo es incorrecto."
        }
        expired { "This sign-in has ended" "Este inicio de sesión ha terminado" }
        expired_what {
            "It was finished already, or it was left open for too long."
            "Ya se había completado o estuvo abierto demasiado tiempo."
        }
        start_from_the_app {
            "Go back to the app and start again from there. Nothing was changed."
            "Vuelva a la aplicación y empiece de nuevo desde allí. No se ha cambiado nada."
        }
        cookie { "Your browser did not remember this sign-in" "Su navegador no recordó este inicio de sesión" }
        cookie_what {
            "The cookie that keeps your sign-in together was not sent back. It may be blocked, or this page was opened in another browser."
            "El navegador no devolvió la cookie que mantiene unido su inicio de sesión. Quizá esté bloqueada o la página se abrió en otro navegador."
        }
        cookie_do {
            "Allow cookies for this site, or open the app in its own window, then start again from the app."
            "Permita las cookies de este sitio, o abra la aplicación en su propia ventana, y empiece de nuevo desde ella."
        }
        blocked { "Your browser blocks sign-in inside this page" "Su navegador bloquea el inicio de sesión dentro de esta página" }
        blocked_what {
            "The sign-in is shown inside another system's page, and your browser keeps its cookie from working there."
            "El inicio de sesión se muestra dentro de la página de otro sistema y su navegador impide que su cookie funcione allí."
        }
        blocked_do {
            "Go on in a window of its own. If the app does not open there, ask your help desk to have it opened in its own window."
            "Continúe en una ventana propia. Si la aplicación no se abre allí, pida a su soporte que la abran en su propia ventana."
        }
        form { "This page was out of date" "Esta página ya no era válida" }
        form_what {
            "The form you sent belongs to an earlier sign-in, so we did not act on it."
            "El formulario que envió pertenece a un inicio de sesión anterior, por lo que no lo hemos procesado."
        }
        form_do {
            "Start this step again. If you did not send a form, close this page."
            "Repita este paso. Si usted no envió ningún formulario, cierre esta página."
        }
        refused { "The hospital's sign-in service did not let you in" "El servicio de acceso del hospital no le ha dejado entrar" }
        refused_what {
            "It said no, or you cancelled there."
            "Lo ha denegado, o usted lo ha cancelado allí."
        }
        refused_do {
            "If you cancelled by mistake, try again. Otherwise ask the hospital about your account."
            "Si lo canceló por error, inténtelo de nuevo. Si no, pregunte al hospital por su cuenta."
        }
        unreachable { "The hospital's sign-in service does not answer" "El servicio de acceso del hospital no responde" }
        unreachable_what {
            "We tried to reach it and got no answer in time. Your user name and password are not the cause."
            "Hemos intentado contactar con él y no ha respondido a tiempo. La causa no es su usuario ni su contraseña."
        }
        wait_and_retry {
            "Wait a minute, then try again."
            "Espere un minuto y vuelva a intentarlo."
        }
        answer { "The sign-in could not be verified" "No se pudo verificar el inicio de sesión" }
        answer_what {
            "The hospital's sign-in service sent an answer that we could not verify, so you are not signed in."
            "El servicio de acceso del hospital envió una respuesta que no pudimos verificar; por eso no ha iniciado sesión."
        }
        answer_do {
            "Try once more. If it happens again, the hospital's IT has to look at the connection."
            "Inténtelo una vez más. Si se repite, el equipo informático del hospital debe revisar la conexión."
        }
        not_permitted { "You do not have access to this app" "No tiene acceso a esta aplicación" }
        not_permitted_what {
            "You are signed in, but your account is not allowed to use this app at this hospital."
            "Ha iniciado sesión, pero su cuenta no está autorizada a usar esta aplicación en este hospital."
        }
        not_permitted_do {
            "If you have another account, sign in with that one. Otherwise ask the hospital for access."
            "Si tiene otra cuenta, inicie sesión con ella. Si no, solicite acceso al hospital."
        }
        no_patient { "There is no patient record to open" "No hay ninguna historia clínica que abrir" }
        no_patient_what {
            "The app needs a patient's record, and your account is not linked to one."
            "La aplicación necesita la historia clínica de un paciente y su cuenta no está vinculada a ninguna."
        }
        no_patient_do {
            "Ask the hospital to link your account to your record, then start again from the app."
            "Pida al hospital que vincule su cuenta con su historia clínica y empiece de nuevo desde la aplicación."
        }
        launch { "The launch has expired" "La apertura de la aplicación ha caducado" }
        launch_what {
            "The app was opened from a patient's record, and that opening was used already or is too old."
            "La aplicación se abrió desde una historia clínica, y esa apertura ya se usó o es demasiado antigua."
        }
        launch_do {
            "Go back to the patient's record and open the app from there again."
            "Vuelva a la historia clínica del paciente y abra la aplicación de nuevo desde allí."
        }
        records { "The records cannot be reached" "No se puede acceder a las historias clínicas" }
        records_what {
            "The hospital's record system did not answer in time."
            "El sistema de historias clínicas del hospital no respondió a tiempo."
        }
        too_many { "Too many attempts" "Demasiados intentos" }
        too_many_what {
            "There were more attempts in a short time than we allow."
            "Ha habido en poco tiempo más intentos de los que permitimos."
        }
        too_many_do {
            "Wait a few minutes, then try again."
            "Espere unos minutos y vuelva a intentarlo."
        }
        overloaded { "Too many people are signing in right now" "Hay demasiadas personas iniciando sesión" }
        overloaded_what {
            "We could not take your request on."
            "No hemos podido atender su petición."
        }
        internal { "Something broke on our side" "Se ha producido un fallo por nuestra parte" }
        internal_what {
            "The fault has been recorded. You did nothing wrong."
            "El fallo ha quedado registrado. Usted no ha hecho nada mal."
        }
        internal_do {
            "Try again. If it happens again, pass on the code below."
            "Inténtelo de nuevo. Si se repite, comunique el código de abajo."
        }
        try_again { "Try again" "Intentarlo de nuevo" }
        elsewhere { "You can also sign in another way:" "También puede iniciar sesión de otra manera:" }
        sign_in_again { "Sign in again" "Iniciar sesión de nuevo" }
        back_to_app { "Back to the app" "Volver a la aplicación" }
        open_window { "Open in a new window" "Abrir en una ventana nueva" }
        meaning { "What this means and how to mend it" "Qué significa y cómo corregirlo" }
        for_developers { "For the app's developer" "Para quien desarrolla la aplicación" }
    }
}

impl ErrorPage {
    const fn words(&self) -> ErrorWords {
        ErrorWords(self.chrome.language)
    }

    const fn text(&self) -> Text {
        self.problem.text(self.words())
    }

    fn button(&self) -> Option<(&'static str, &Href)> {
        let words = self.words();
        Some(match self.action.as_ref()? {
            Action::TryAgain(href) | Action::TryAgainOrElsewhere { again: href, .. } => (words.try_again(), href),
            Action::SignInAgain(href) => (words.sign_in_again(), href),
            Action::BackToApp(href) => (words.back_to_app(), href),
            Action::OpenWindow(href) => (words.open_window(), href),
        })
    }

    fn elsewhere(&self) -> &[(String, Href)] {
        match &self.action {
            Some(Action::TryAgainOrElsewhere { elsewhere, .. }) => elsewhere,
            _ => &[],
        }
    }

    const fn opens_window(&self) -> bool {
        matches!(self.action, Some(Action::OpenWindow(_)))
    }

    fn reference(&self) -> Reference<'_> {
        Reference::new(&self.chrome, self.problem.code(), self.at)
    }
}

impl Page for ErrorPage {
    fn chrome(&self) -> &Chrome {
        &self.chrome
    }

    fn status(&self) -> StatusCode {
        self.problem.status()
    }
}
