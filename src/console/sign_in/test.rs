//! Testing one connection.

use super::{head, said};
use crate::console::desk::{Desk, Fields};
use crate::console::respond::ConsoleFault;
use crate::federation::SignInTrace;
use crate::tenant::roles::Permission;
use crate::web::Href;
use crate::web::pages::console::{TestPage, TestRow};
use axum::response::Response;

/// `GET .../{alias}/test`.
pub(super) async fn get(desk: Desk) -> Response {
    let shown = async {
        desk.admin().actor().require(Permission::ManageIdentityProviders)?;
        Ok(desk.page(&page(&desk).await?))
    };
    desk.answer(Box::pin(shown).await)
}

/// `POST .../{alias}/test`: a link, shown this once.
pub(super) async fn post(desk: Desk, form: Fields) -> Response {
    let made = async {
        desk.check_csrf("test", &form)?;
        let test = desk.admin().create_sign_in_test(desk.alias()).await;
        let page = page(&desk).await?;
        Ok(match test {
            Ok(test) => {
                let address = test.address.expose().clone();
                let href = Href::external(&address);
                desk.page(&TestPage {
                    made: href.map(|href| (address, href)),
                    ..page
                })
            }
            Err(error) => desk.faulty_page(&TestPage {
                error: Some(said(error)?),
                ..page
            }),
        })
    };
    desk.answer(Box::pin(made).await)
}

async fn page(desk: &Desk) -> Result<TestPage, ConsoleFault> {
    let summary = desk.admin().get_identity_provider(desk.alias()).await?;
    let tests = desk.admin().list_sign_in_tests(&summary.alias).await?;
    let newest = tests.iter().find(|test| test.trace.is_some());
    let trace = newest.and_then(|test| {
        let trace: SignInTrace = serde_json::from_value(test.trace.clone()?).ok()?;
        Some(trace.look(test.outcome.as_deref().unwrap_or_default(), desk.cx().language()))
    });
    Ok(TestPage {
        frame: desk.frame(),
        head: head(desk, &summary),
        made: None,
        trace,
        csrf: desk.csrf("test"),
        action: desk.href(&summary.alias, "test"),
        error: None,
        tests: tests
            .into_iter()
            .map(|test| TestRow {
                at: test.created_at,
                state: test.state,
                outcome: test.outcome,
                current: test.current,
            })
            .collect(),
    })
}
