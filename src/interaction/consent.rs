//! Asking the user whether the app may have what it asks for.

use super::finish;
use super::form::PageForm;
use super::open::{OpenInteraction, field, storage_page};
use super::respond::{problem_page, see_other, sign_in_page};
use super::show::{InteractionPath, Present};
use super::step::{Proposal, RememberedConsent, Step};
use crate::kernel::id::AccountId;
use crate::oauth::{Client, OAuthError, Parameters};
use crate::session::{Session, SignedIn};
use crate::smart::choices::{Choice, ChoiceGroup, Choices};
use crate::smart::words::{self, ChoiceWords, NoticeKind, describe};
use crate::smart::{AuthorizationDetails, FhirId, ScopeSet};
use crate::store::tenant::Account;
use crate::tenant::TenantCx;
use crate::web::dates::PartialDate;
use crate::web::pages::{
    AboutApp, Action, AppLink, Consent, ConsentCheckbox, ConsentGroup, ConsentItem, ConsentKind, ConsentOffline,
    ConsentServer, PatientSummary, Problem,
};
use crate::web::{Chrome, Csrf, Href, Language};
use axum::extract::Path;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};

/// The consent form's token is bound to what the page says: who is asked, about which patient, for which scopes. Somebody
/// else who signs in meanwhile in another tab does not answer for them, and a patient chosen there is not slipped in.
fn purpose(account: AccountId, proposal: &Proposal) -> String {
    let id = |id: &Option<FhirId>| id.as_ref().map_or("", FhirId::as_str).to_owned();
    let (patient, encounter) = (id(&proposal.patient), id(&proposal.encounter));
    format!("consent:{account}:{patient}:{encounter}:{}", proposal.asked().print())
}

/// The page. Everything that is asked for is ticked, except for what the user left out when they were asked for it before: what
/// they leave alone is what they said last.
pub(super) fn show(
    cx: &TenantCx,
    open: &OpenInteraction,
    account: &Account,
    proposal: &Proposal,
    remembered: Option<&RememberedConsent>,
) -> Response {
    let request = &open.interaction.request;
    let choices = Choices::of(&proposal.scope);
    let declined = remembered
        .map(|before| choices.declined(&before.asked, &before.allowed))
        .unwrap_or_default();
    let box_of = |key: &str| ConsentCheckbox {
        value: key.to_owned(),
        ticked: !declined.contains(key),
    };
    let (groups, offline) = in_words(&proposal.asked(), &choices, cx.language(), &box_of);
    let page = Consent {
        chrome: cx.chrome(Some(open.app())),
        csrf: open.csrf(&purpose(account.id, proposal)),
        action: Href::local(&open.path(cx, "consent")),
        person: person(account),
        patient: patient(cx, open, account, proposal),
        opens_data: choices.has_data(),
        groups,
        servers: servers(
            &open.interaction.request.authorization_details,
            &open.interaction.request.resources,
            &proposal.scope,
            words_of(cx.language()),
        ),
        offline,
        return_to: request
            .redirect_uri
            .origin()
            // A device's answer goes through no browser.
            .filter(|_| open.interaction.device.is_none())
            .and_then(|origin| origin.split_once("://").map(|(_, host)| host.to_owned())),
        withdraw_at: Some(Href::local(&super::apps::path(cx, ""))),
        about: about(&open.client),
    };
    sign_in_page(cx, &request.redirect_uri, &page).into_response()
}

/// The language in which scopes are described.
pub(super) const fn words_of(language: Language) -> words::Language {
    match language {
        Language::English => words::Language::English,
        Language::Spanish => words::Language::Spanish,
    }
}

/// What is asked for, in words, by kind; and access while the person is away.
fn in_words(
    asked: &ScopeSet,
    choices: &Choices,
    language: Language,
    box_of: &dyn Fn(&str) -> ConsentCheckbox,
) -> (Vec<ConsentGroup>, Option<ConsentOffline>) {
    let spoken = words_of(language);
    let mut groups: Vec<ConsentGroup> = choices
        .groups
        .iter()
        .map(|group| data_group(group, ChoiceWords::new(spoken), box_of))
        .collect();
    let (offline, others): (Vec<_>, Vec<_>) = describe(asked, spoken)
        .notices
        .into_iter()
        .partition(|notice| notice.kind == NoticeKind::Offline);
    if !others.is_empty() {
        groups.push(ConsentGroup {
            heading: identity_heading(language).to_owned(),
            everything: None,
            items: others
                .into_iter()
                .map(|notice| ConsentItem {
                    words: notice.words,
                    technical: notice.technical,
                    checkbox: None,
                    kinds: Vec::new(),
                    needs_all: false,
                })
                .collect(),
        });
    }
    let offline = choices
        .offline
        .zip(offline.into_iter().next())
        .map(|(key, notice)| ConsentOffline {
            words: notice.words,
            technical: notice.technical,
            checkbox: box_of(key),
        });
    (groups, offline)
}

/// The page as it would ask for `scope`, for whoever designs its look: about nobody, with a form that leads nowhere.
pub fn preview(chrome: Chrome, scope: &ScopeSet, person: &str, csrf: Csrf, nowhere: Href) -> Consent {
    let choices = Choices::of(scope);
    let box_of = |key: &str| ConsentCheckbox {
        value: key.to_owned(),
        ticked: true,
    };
    let (groups, offline) = in_words(scope, &choices, chrome.language, &box_of);
    Consent {
        chrome,
        csrf,
        action: nowhere,
        person: person.to_owned(),
        patient: None,
        opens_data: choices.has_data(),
        groups,
        servers: Vec::new(),
        offline,
        return_to: None,
        withdraw_at: None,
        about: AboutApp::default(),
    }
}

/// What of `scope` an app has at which of the servers at `resources`, when it said so (RFC 9396 section 2).
pub(super) fn servers(
    details: &AuthorizationDetails,
    resources: &[String],
    scope: &ScopeSet,
    language: words::Language,
) -> Vec<ConsentServer> {
    if details.is_empty() {
        return Vec::new();
    }
    let at = |base: &String| {
        let groups = describe(&details.scope_at(base, scope), language).groups;
        let said = groups.into_iter().map(|group| {
            let items: Vec<String> = group.items.into_iter().map(|item| item.words).collect();
            format!("{}: {}", group.heading, items.join(", "))
        });
        ConsentServer {
            address: base.clone(),
            allowed: said.collect(),
        }
    };
    let servers = resources.iter().map(at);
    servers.filter(|server| !server.allowed.is_empty()).collect()
}

fn data_group(group: &ChoiceGroup, words: ChoiceWords, box_of: &dyn Fn(&str) -> ConsentCheckbox) -> ConsentGroup {
    let item = |choice: &Choice, text: String, needs_all: bool| ConsentItem {
        words: text,
        technical: choice.technical.clone(),
        checkbox: Some(box_of(&choice.key)),
        kinds: choice
            .kinds
            .iter()
            .map(|kind| ConsentKind {
                words: words.kind(kind).to_owned(),
                checkbox: box_of(&kind.key),
            })
            .collect(),
        needs_all,
    };
    let mut items: Vec<ConsentItem> = group
        .choices
        .iter()
        .map(|choice| item(choice, words.choice(choice), false))
        .collect();
    let rest = group.everything.iter();
    items.extend(rest.map(|rest| item(rest, words.everything_else().to_owned(), true)));
    ConsentGroup {
        heading: words.heading(group),
        everything: group.everything.as_ref().map(|_| words.everything().to_owned()),
        items,
    }
}

const fn identity_heading(language: Language) -> &'static str {
    match language {
        Language::English => "Know about you",
        Language::Spanish => "Saber de usted",
    }
}

/// What the app registered about itself.
fn about(client: &Client) -> AboutApp {
    let link = |address: &Option<String>| address.as_deref().and_then(AppLink::of);
    AboutApp {
        home: link(&client.client_uri),
        policy: link(&client.openid.policy_uri),
        terms: link(&client.openid.tos_uri),
        contacts: client.contacts.clone(),
    }
}

/// What to call the user: the name, else what they signed in as.
fn person(account: &Account) -> String {
    account
        .profile
        .name
        .clone()
        .unwrap_or_else(|| account.profile.subject.clone())
}

fn patient(cx: &TenantCx, open: &OpenInteraction, account: &Account, proposal: &Proposal) -> Option<PatientSummary> {
    proposal.patient.as_ref()?;
    if proposal.own_record {
        return Some(PatientSummary {
            name: person(account),
            birth_date: None,
            age: None,
            is_self: true,
        });
    }
    let chosen = open.interaction.patient.as_ref()?;
    let birth_date = chosen.birth_date.as_deref().and_then(PartialDate::parse);
    Some(PatientSummary {
        name: chosen.name.clone(),
        birth_date,
        age: birth_date.and_then(|date| date.age_at(cx.now())),
        is_self: false,
    })
}

/// `POST I/interact/{interaction}/consent`.
pub(super) async fn post(
    cx: TenantCx,
    session: Session,
    Path(path): Path<InteractionPath>,
    headers: HeaderMap,
    PageForm(form): PageForm,
) -> Response {
    let open = match OpenInteraction::open(&cx, &path.interaction, &headers).await {
        Ok(open) => open,
        Err(closed) => return closed.into_response(),
    };
    let present = match Present::read(&cx, &session, &open).await {
        Ok(present) => present,
        Err(error) => return storage_page(&cx, &error),
    };
    // Decided anew: what the page showed may not be what holds now.
    let step = present.next_step(&cx, &open);
    let (Step::AskConsent(proposal), Some(signed_in), Some(account)) = (step, &present.signed_in, &present.account)
    else {
        return see_other(&open.path(&cx, ""));
    };
    if let Err(closed) = open.check_csrf(&cx, &purpose(account.id, &proposal), &form) {
        return closed.into_response();
    }
    match field(&form, "decision") {
        Ok("allow") => allow(&cx, &open, &session, signed_in, account, proposal, &form).await,
        Ok("deny") => {
            // RFC 6749 section 4.1.2.1.
            let error = OAuthError::access_denied("consent_denied", "The user did not allow the access.");
            finish::with_error(&cx, &open, &error, Some(proposal.decision)).await
        }
        _ => see_other(&open.path(&cx, "")),
    }
}

/// Grants what is ticked. The proposal is the server's own, so whatever a form says can only make it smaller.
async fn allow(
    cx: &TenantCx,
    open: &OpenInteraction,
    session: &Session,
    signed_in: &SignedIn,
    account: &Account,
    proposal: Proposal,
    form: &Parameters,
) -> Response {
    let choices = Choices::of(&proposal.scope);
    let Ok(allowed) = choices.allowed(&form.many("item").collect()) else {
        // Not this page's form, or that of an older version of it.
        let again = Action::TryAgain(Href::local(&open.path(cx, "")));
        return problem_page(cx, Problem::FormOutdated, Some(again), None);
    };
    let asked = proposal.asked().print();
    let granted = proposal.narrowed_to(&allowed);
    if choices.has_data() && !granted.opens_data() {
        let error = OAuthError::access_denied("nothing_selected", "The user left out all of the access.");
        return finish::with_error(cx, open, &error, Some(granted.decision)).await;
    }
    finish::with_code(cx, open, session, signed_in, account, &granted, Some(&asked)).await
}
