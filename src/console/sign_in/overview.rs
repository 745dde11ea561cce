//! One way to sign in: where it stands, the check, switching it on and off.

use super::{is_on, kind_of, said};
use crate::console::desk::{Desk, Fields, then};
use crate::console::respond::ConsoleFault;
use crate::control::ControlError;
use crate::control::identity_providers::IdentityProviderSummary;
use crate::control::sign_in_methods::Proof;
use crate::federation::Federation;
use crate::federation::check::{CheckItem, CheckOutcome, CheckSubject};
use crate::tenant::roles::Permission;
use crate::web::pages::console::{CheckedThing, Finding, MethodKind, MethodPage, MethodSteps, Worth};
use axum::extract::{RawQuery, State};
use axum::response::Response;
use serde_json::Value;

/// `GET .../{alias}`.
pub(super) async fn get(desk: Desk, RawQuery(query): RawQuery) -> Response {
    let query = Fields::of_query(query.as_deref());
    desk.answer(Box::pin(show(&desk, query.get("done"), query.get("undo"))).await)
}

async fn show(desk: &Desk, done: &str, undo: &str) -> Result<Response, ConsoleFault> {
    let summary = match desk.admin().get_identity_provider(desk.alias()).await {
        // With a link, the connection may have to be made first.
        Err(ControlError::NotFound { .. }) if desk.link().is_some() => return Ok(then(&desk.new_path())),
        other => other?,
    };
    let page = page(desk, &summary).await?;
    Ok(desk.page(&MethodPage {
        done: done.to_owned(),
        undo: desk.undo_offer(&summary.alias, undo).await?,
        ..page
    }))
}

async fn page(desk: &Desk, summary: &IdentityProviderSummary) -> Result<MethodPage, ConsoleFault> {
    let alias = &summary.alias;
    let kind = kind_of(summary);
    let manages = desk.admin().actor().may(Permission::ManageIdentityProviders);
    let at = |step: &str| desk.href(alias, step);
    let steps = if manages && kind != MethodKind::Local {
        let rules = summary.settings.pointer("/mapping").and_then(Value::as_object);
        Some(MethodSteps {
            connect: at("connect"),
            check: at("check"),
            rules: at("rules"),
            test: at("test"),
            offer: desk.link().is_none().then(|| at("offer")),
            switch: at("switch"),
            tested: desk.admin().is_sign_in_proven(alias).await?,
            has_rules: rules.is_some_and(|rules| !rules.is_empty()),
        })
    } else {
        None
    };
    Ok(MethodPage {
        frame: desk.frame(),
        back: desk.list(),
        name: summary.display_name.clone(),
        alias: alias.clone(),
        kind,
        on: is_on(summary),
        steps,
        findings: None,
        csrf: desk.csrf("method"),
        switch: manages.then(|| at("switch")),
        done: String::new(),
        undo: None,
        error: None,
    })
}

/// `POST .../{alias}/check`: asks the provider.
pub(super) async fn check(desk: Desk, State(federation): State<Federation>, form: Fields) -> Response {
    let checked = async {
        desk.check_csrf("method", &form)?;
        let summary = desk.admin().get_identity_provider(desk.alias()).await?;
        let report = desk
            .admin()
            .check_identity_provider(&federation, &summary.alias)
            .await?;
        let page = page(&desk, &summary).await?;
        Ok(desk.page(&MethodPage {
            findings: Some(report.items.into_iter().map(finding).collect()),
            ..page
        }))
    };
    desk.answer(Box::pin(checked).await)
}

fn finding(item: CheckItem) -> Finding {
    Finding {
        subject: match item.check {
            CheckSubject::Settings => CheckedThing::Settings,
            CheckSubject::Reachability => CheckedThing::Reachability,
            CheckSubject::Tls => CheckedThing::Tls,
            CheckSubject::Metadata => CheckedThing::Metadata,
            CheckSubject::ProviderKeys => CheckedThing::ProviderKeys,
            CheckSubject::Algorithms => CheckedThing::Algorithms,
            CheckSubject::Clock => CheckedThing::Clock,
            CheckSubject::OurKeys => CheckedThing::OurKeys,
            CheckSubject::Breaker => CheckedThing::Breaker,
        },
        of: item.of,
        worth: match item.outcome {
            CheckOutcome::Ok => Worth::Fine,
            CheckOutcome::Warning => Worth::Warning,
            CheckOutcome::Failed => Worth::Failed,
        },
        finding: item.finding.into_owned(),
        mend: item.mend.map(std::borrow::Cow::into_owned),
    }
}

/// `POST .../{alias}/switch`.
pub(super) async fn switch(desk: Desk, form: Fields) -> Response {
    desk.answer(Box::pin(switched(&desk, &form)).await)
}

async fn switched(desk: &Desk, form: &Fields) -> Result<Response, ConsoleFault> {
    desk.check_csrf("method", form)?;
    let on = form.get("on") == "yes";
    match desk.admin().switch_sign_in_method(desk.alias(), on, Proof::Test).await {
        // The link is used up: what it showed is not there any more.
        Ok(_) if on && desk.link().is_some() => {
            let summary = desk.admin().get_identity_provider(desk.alias()).await?;
            let page = page(desk, &summary).await?;
            Ok(desk.page(&MethodPage {
                done: "link".to_owned(),
                steps: None,
                switch: None,
                ..page
            }))
        }
        Ok(_) => {
            let done = if on { "on" } else { "off" };
            desk.after_change(desk.alias(), done).await
        }
        Err(error) => {
            let error = said(error)?;
            let summary = desk.admin().get_identity_provider(desk.alias()).await?;
            let page = page(desk, &summary).await?;
            Ok(desk.faulty_page(&MethodPage {
                error: Some(error),
                ..page
            }))
        }
    }
}
