//! When a way to sign in is offered, and under which words.

use super::{head, said};
use crate::console::desk::{Desk, Fields};
use crate::console::respond::ConsoleFault;
use crate::control::ControlError;
use crate::federation::Offer;
use crate::tenant::roles::Permission;
use crate::web::pages::console::OfferPage;
use axum::response::Response;

/// `GET .../{alias}/offer`.
pub(super) async fn get(desk: Desk) -> Response {
    let shown = async {
        desk.admin().actor().require(Permission::ManageIdentityProviders)?;
        Ok(desk.page(&page(&desk).await?))
    };
    desk.answer(Box::pin(shown).await)
}

async fn page(desk: &Desk) -> Result<OfferPage, ConsoleFault> {
    let summary = desk.admin().get_identity_provider(desk.alias()).await?;
    let offer = match summary.settings.get("offer") {
        Some(offer) => serde_json::from_value(offer.clone()).map_err(ControlError::from)?,
        None => Offer::default(),
    };
    Ok(OfferPage {
        frame: desk.frame(),
        head: head(desk, &summary),
        name: summary.display_name.clone(),
        remark: offer.remark.unwrap_or_default(),
        domains: offer.email_domains.join("\n"),
        hidden: offer.hidden,
        csrf: desk.csrf("offer"),
        action: desk.href(&summary.alias, "offer"),
        error: None,
    })
}

/// `POST .../{alias}/offer`.
pub(super) async fn post(desk: Desk, form: Fields) -> Response {
    desk.answer(Box::pin(save(&desk, &form)).await)
}

async fn save(desk: &Desk, form: &Fields) -> Result<Response, ConsoleFault> {
    desk.check_csrf("offer", form)?;
    let domains = form.get("domains").lines().map(str::trim);
    let remark = form.get("remark");
    let offer = Offer {
        email_domains: domains.filter(|domain| !domain.is_empty()).map(str::to_owned).collect(),
        remark: (!remark.is_empty()).then(|| remark.to_owned()),
        hidden: form.has("hidden"),
        off: false,
    };
    match desk.admin().save_offer(desk.alias(), form.get("name"), &offer).await {
        Ok(_) => desk.after_change(desk.alias(), "saved").await,
        Err(error) => {
            let page = page(desk).await?;
            Ok(desk.faulty_page(&OfferPage {
                name: form.get("name").to_owned(),
                remark: remark.to_owned(),
                domains: form.get("domains").to_owned(),
                hidden: form.has("hidden"),
                error: Some(said(error)?),
                ..page
            }))
        }
    }
}
