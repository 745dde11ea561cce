//! The platform's catalogue of apps: for operators, who review it, and for tenants, who let apps in.

use super::changes::MemberRow;
use super::directory_form::DirectoryForm;
use super::frame::ConsoleFrame;
use crate::kernel::Timestamp;
use crate::web::dates::moment_in_words;
use crate::web::language::words;
use crate::web::{Chrome, Csrf, Href, Language, Page};
use askama::Template;

/// The list.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/console/directory.html")]
pub struct AppDirectory {
    /// Navigation and the rest.
    pub frame: ConsoleFrame,
    /// Where the search goes.
    pub search: Href,
    /// What was typed.
    pub query: String,
    /// Shortcuts to states, for operators: the name in the API, where it leads, whether it is chosen.
    pub states: Vec<(&'static str, Href, bool)>,
    /// What was found.
    pub rows: Vec<DirectoryRow>,
    /// The next page.
    pub next: Option<Href>,
    /// Where an app is added, for those who may.
    pub add: Option<Href>,
    /// Back to the tenant's own apps, at a tenant.
    pub back: Option<Href>,
}

/// An app in the list.
#[derive(Clone, Debug)]
pub struct DirectoryRow {
    /// The name users see.
    pub name: String,
    /// The client id.
    pub client_id: String,
    /// What it is for.
    pub summary: String,
    /// The state's name in the API; at a tenant, whether it is let in: `approved` or `open`.
    pub state: &'static str,
    /// Its page.
    pub href: Href,
}

/// An app, for operators.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/console/directory_app.html")]
pub struct DirectoryAppPage {
    /// Navigation and the rest.
    pub frame: ConsoleFrame,
    /// Back to the list.
    pub back: Href,
    /// The app.
    pub app: DirectoryFacts,
    /// What can be done, for those who may.
    pub acts: Option<DirectoryActs>,
    /// Whether something was done just now.
    pub done: bool,
    /// What is wrong with the review.
    pub problem: Option<String>,
}

/// What is known of an app.
#[derive(Clone, Debug)]
pub struct DirectoryFacts {
    /// The name users see.
    pub name: String,
    /// The client id.
    pub client_id: String,
    /// What it is for.
    pub summary: String,
    /// The state's name in the API.
    pub state: &'static str,
    /// The platform's words to its developer.
    pub note: Option<String>,
    /// How often its registration changed.
    pub version: i64,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// What sort of app.
    pub kind: String,
    /// Redirect addresses.
    pub redirect_uris: Vec<String>,
    /// The scope.
    pub scope: String,
    /// The whole registration as JSON.
    pub registration: String,
}

/// The forms.
#[derive(Clone, Debug)]
pub struct DirectoryActs {
    /// Protects them.
    pub csrf: Csrf,
    /// Publishes, rejects, withdraws.
    pub review: Href,
    /// Changes the registration.
    pub edit: Href,
}

/// The form of an operator.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/console/directory_edit.html")]
pub struct DirectoryEdit {
    /// Navigation and the rest.
    pub frame: ConsoleFrame,
    /// Back.
    pub back: Href,
    /// Protects the form.
    pub csrf: Csrf,
    /// Where it goes.
    pub action: Href,
    /// The form.
    pub form: DirectoryForm,
}

/// An app, for a tenant that may let it in.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/console/directory_approval.html")]
pub struct DirectoryApproval {
    /// Navigation and the rest.
    pub frame: ConsoleFrame,
    /// Back to the list.
    pub back: Href,
    /// The app.
    pub app: DirectoryFacts,
    /// Its page among the tenant's apps, if it is let in.
    pub approved: Option<Href>,
    /// The form, for those who may.
    pub act: Option<(Csrf, Href)>,
    /// On what terms: what stands, or was typed.
    pub typed: TypedApproval,
    /// What letting it in again would change, where the directory has a newer version than the one that was let in.
    pub news: Option<Vec<MemberRow>>,
    /// The sign-in services: alias, words on the button, whether chosen.
    pub providers: Vec<(String, String, bool)>,
    /// What is wrong: the field, and administration's words for it.
    pub problem: Option<(String, String)>,
}

/// On what terms.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TypedApproval {
    /// The widest scope.
    pub scope: String,
    /// Roles, with commas between them.
    pub user_roles: String,
    /// The day on which it ends, `2026-01-31`.
    pub ends: String,
}

words! {
    /// These pages' words.
    DirectoryWords {
        title { "App directory" "Directorio de aplicaciones" }
        lead { "Apps that hospitals can let in. Each decides for itself." "Aplicaciones que los hospitales pueden admitir. Cada uno decide por sí mismo." }
        lead_tenant { "Apps that the platform has reviewed. Let one in and it works here at once, as far and for whom you say." "Aplicaciones revisadas por la plataforma. Admita una y funcionará aquí enseguida, hasta donde y para quien usted diga." }
        own_apps { "Apps" "Aplicaciones" }
        search_for { "Name or client id" "Nombre o identificador" }
        search { "Search" "Buscar" }
        states { "By state" "Por estado" }
        add { "Add an app" "Añadir una aplicación" }
        none { "No app was found." "No se encontró ninguna aplicación." }
        name { "Name" "Nombre" }
        client_id { "Client id" "Identificador" }
        state { "State" "Estado" }
        next { "Next page" "Página siguiente" }
        submitted { "Waits for a review" "Espera revisión" }
        published { "Published" "Publicada" }
        rejected { "Rejected" "Rechazada" }
        withdrawn { "Withdrawn" "Retirada" }
        approved { "Let in" "Admitida" }
        open { "Not let in" "No admitida" }
        newer { "Let in, newer version" "Admitida, hay versión nueva" }
        news { "There is a newer version" "Hay una versión nueva" }
        news_text {
            "What you let in goes on working as it was. Saving the terms below takes over what follows, within the scope that you say."
            "Lo que admitió sigue funcionando como estaba. Al guardar las condiciones de abajo se acepta lo siguiente, dentro del alcance que usted indique."
        }
        no_news { "Nothing in it concerns what you let in." "Nada de ella afecta a lo que admitió." }
        kind { "Sort of app" "Tipo de aplicación" }
        browser { "Keeps no secret" "Sin secreto" }
        web { "Has a secret" "Con secreto" }
        keys { "Has keys of its own" "Con claves propias" }
        backend { "Service without users" "Servicio sin usuarios" }
        redirect_uris { "Redirect addresses" "Direcciones de retorno" }
        scope { "Scope" "Alcance" }
        note { "Note to its developer" "Nota para quien la desarrolla" }
        changed { "Last changed" "Último cambio" }
        version { "Version" "Versión" }
        registration { "The whole registration" "El registro completo" }
        edit { "Change the registration" "Modificar el registro" }
        edit_text { "Hospitals that let it in keep what they approved until they approve it again." "Los hospitales que la admitieron conservan lo aprobado hasta que lo aprueben de nuevo." }
        review { "Review" "Revisión" }
        review_text { "Its developer sees your note on their page. A rejection needs one." "Quien la desarrolla ve su nota en su página. Un rechazo la necesita." }
        publish { "Publish" "Publicar" }
        reject { "Reject" "Rechazar" }
        withdraw { "Withdraw" "Retirar" }
        withdraw_text { "It stops working at every hospital that let it in, within minutes. Publishing it again undoes that." "Deja de funcionar en todos los hospitales que la admitieron, en minutos. Publicarla de nuevo lo deshace." }
        type_id(id: &str) { "Type {id} to confirm" "Escriba {id} para confirmar" }
        done { "Done." "Hecho." }
        not_done { "Nothing was done" "No se hizo nada" }
        save { "Save" "Guardar" }
        new_app { "Add an app" "Añadir una aplicación" }
        terms { "On what terms" "En qué condiciones" }
        let_in { "Let it in" "Admitirla" }
        again { "Save the terms" "Guardar las condiciones" }
        is_let_in { "It is let in here." "Está admitida aquí." }
        look { "See it among your apps" "Verla entre sus aplicaciones" }
        scope_hint { "Narrow it if you like; it cannot get more than this." "Redúzcalo si quiere; no podrá obtener más que esto." }
        roles { "Roles of users it is for" "Roles de usuario para los que es" }
        roles_hint { "With commas between them. Empty: everybody." "Separados por comas. Vacío: para todo el mundo." }
        ends { "Last day on which it may be used" "Último día en que puede usarse" }
        ends_hint { "Empty: until you switch it off." "Vacío: hasta que usted la desactive." }
        providers { "Sign-in services it is for" "Servicios de acceso para los que es" }
        providers_hint { "None ticked: all." "Ninguno marcado: todos." }
        read_only { "Your role lets you see this, not change it." "Su rol le permite verlo, no cambiarlo." }
    }
}

fn state_in_words(state: &str, language: Language) -> (&'static str, &'static str) {
    let words = DirectoryWords(language);
    match state {
        "submitted" => (words.submitted(), "warning"),
        "published" => (words.published(), "good"),
        "rejected" => (words.rejected(), "danger"),
        "withdrawn" => (words.withdrawn(), "danger"),
        "approved" => (words.approved(), "good"),
        "newer" => (words.newer(), "warning"),
        _ => (words.open(), "plain"),
    }
}

impl DirectoryFacts {
    pub(in crate::web) fn state(&self, language: Language) -> (&'static str, &'static str) {
        state_in_words(self.state, language)
    }

    fn kind(&self, words: DirectoryWords) -> &'static str {
        match self.kind.as_str() {
            "browser" => words.browser(),
            "web" => words.web(),
            "keys" => words.keys(),
            _ => words.backend(),
        }
    }
}

impl AppDirectory {
    const fn words(&self) -> DirectoryWords {
        DirectoryWords(self.frame.chrome.language)
    }

    fn state(&self, state: &str) -> (&'static str, &'static str) {
        state_in_words(state, self.frame.chrome.language)
    }
}

impl DirectoryAppPage {
    const fn words(&self) -> DirectoryWords {
        DirectoryWords(self.frame.chrome.language)
    }

    fn changed(&self) -> String {
        moment_in_words(self.app.updated_at, self.frame.chrome.language)
    }

    fn state(&self) -> (&'static str, &'static str) {
        self.app.state(self.frame.chrome.language)
    }

    fn kind(&self) -> &'static str {
        self.app.kind(self.words())
    }
}

impl DirectoryEdit {
    const fn words(&self) -> DirectoryWords {
        DirectoryWords(self.frame.chrome.language)
    }
}

impl DirectoryApproval {
    const fn words(&self) -> DirectoryWords {
        DirectoryWords(self.frame.chrome.language)
    }

    fn kind(&self) -> &'static str {
        self.app.kind(self.words())
    }

    fn is_wrong(&self, field: &str) -> bool {
        self.problem.as_ref().is_some_and(|(wrong, _)| wrong == field)
    }
}

macro_rules! pages {
    ($($page:ty),+) => {$(
        impl Page for $page {
            fn chrome(&self) -> &Chrome {
                &self.frame.chrome
            }
        }
    )+};
}
pages!(AppDirectory, DirectoryAppPage, DirectoryEdit, DirectoryApproval);
