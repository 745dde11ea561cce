//! Branding at the console: measured, looked at in a frame of our own, saved, taken back.

use crate::support::app::{TestApp, TestTenant};
use crate::support::http::RouterExt;
use crate::support::http_browser::{HttpBrowser, Page};
use axum::body::Body;
use axum::http::{Request, header};
use wardkey::tenant::roles::Role;

const SVG: &str =
    "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"8\" height=\"8\"><rect width=\"8\" height=\"8\"/></svg>";
const BOUNDARY: &str = "xxxxxxxxboundary";

/// Sends the form of the page with its file, as a browser does.
async fn send(
    app: &TestApp,
    tenant: &TestTenant<'_>,
    browser: &HttpBrowser,
    page: &Page,
    place: &str,
    fields: &[(&str, &str)],
    logo: Option<&str>,
) -> crate::support::http::Response {
    let form = page
        .forms()
        .into_iter()
        .find(|form| form.action.ends_with("/branding"))
        .expect("the form");
    let mut sent = form.fields.clone();
    for (name, value) in fields {
        sent.retain(|(field, _)| field != name);
        sent.push(((*name).to_owned(), (*value).to_owned()));
    }
    let mut body = String::new();
    for (name, value) in sent.iter().filter(|(name, _)| name != "logo") {
        let head = format!("--{BOUNDARY}\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n");
        body.push_str(&head);
        body.push_str(value);
        body.push_str("\r\n");
    }
    let file = logo.unwrap_or_default();
    let last = format!(
        "--{BOUNDARY}\r\ncontent-disposition: form-data; name=\"logo\"; filename=\"logo.svg\"\r\n\
         content-type: image/svg+xml\r\n\r\n{file}\r\n--{BOUNDARY}--\r\n"
    );
    body.push_str(&last);
    let path = tenant.console(place);
    let cookie = browser
        .find_cookie(&path, "__Secure-wk_console")
        .expect("at the console");
    let request = Request::post(path)
        .header(header::COOKIE, format!("__Secure-wk_console={cookie}"))
        .header(
            header::CONTENT_TYPE,
            format!("multipart/form-data; boundary={BOUNDARY}"),
        )
        .body(Body::from(body))
        .unwrap();
    app.router.send(request).await
}

#[tokio::test]
async fn a_look_is_saved_with_its_logo_and_pages_show_it() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let mut browser = tenant.console_of(&[Role::Owner]).await;
    let page = browser.goto(&tenant.console("branding")).await;
    let fields = [
        ("display_name", "St Bartholomew"),
        ("primary_colour", "#7a1f5c"),
        ("background_tint", "#fbf7f9"),
        ("help_contact", "extension 4400"),
        ("act", "save"),
    ];
    let saved = send(&app, &tenant, &browser, &page, "branding", &fields, Some(SVG)).await;
    let saved = saved.assert_status(303);
    assert!(saved.location().contains("done=saved&undo="), "{}", saved.location());
    let settings = tenant.admin().await.get_settings().await.unwrap();
    assert_eq!(settings.display_name, "St Bartholomew");
    assert_eq!(settings.branding.background_tint.as_deref(), Some("#fbf7f9"));
    assert!(settings.branding.logo.is_some());
    let back = browser.goto(saved.location()).await;
    let undo = back
        .forms()
        .into_iter()
        .find(|form| form.action.ends_with("/undo"))
        .expect("an offer");
    let undone = browser.submit(&back, &undo).await;
    assert!(undone.response.text().contains("it looks as it did before"), "{undone}");
    let settings = tenant.admin().await.get_settings().await.unwrap();
    assert!(settings.branding.logo.is_none());
    assert_ne!(settings.display_name, "St Bartholomew");
}

#[tokio::test]
async fn what_cannot_be_shown_is_refused_at_its_field_and_the_logo_is_kept() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let before = tenant.admin().await.get_settings().await.unwrap();
    let mut browser = tenant.console_of(&[Role::Owner]).await;
    let page = browser.goto(&tenant.console("branding")).await;
    let hostile = "<svg xmlns=\"http://www.w3.org/2000/svg\"><script>alert(1)</script></svg>";
    for (fields, logo, field) in [
        (("primary_colour", "#ffff00"), Some(SVG), "primary_colour"),
        (("primary_colour", "blue"), None, "primary_colour"),
        (("background_tint", "#101010"), None, "background_tint"),
        (("privacy_url", "http://plain.example/"), None, "privacy_url"),
        (("help_contact", "x"), Some(hostile), "logo"),
        (("help_contact", "x"), Some("GIF89a"), "logo"),
    ] {
        let sent = [fields, ("act", "save")];
        let wrong = send(&app, &tenant, &browser, &page, "branding", &sent, logo).await;
        let wrong = wrong.assert_status(422);
        assert!(
            wrong.text().contains(&format!("href=\"#{field}\"")),
            "{field}: {}",
            wrong.text()
        );
        // A logo that is in order survives another field's fault.
        assert_eq!(
            wrong.text().contains("name=\"logo_draft\""),
            logo == Some(SVG),
            "{field}"
        );
    }
    assert_eq!(tenant.admin().await.get_settings().await.unwrap(), before);
}

#[tokio::test]
async fn the_contrast_is_measured_and_a_better_colour_named() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let mut browser = tenant.console_of(&[Role::Owner]).await;
    let page = browser
        .goto(&tenant.console("branding?primary=%23ffd23f&tint=%23ffffff"))
        .await;
    let text = page.response.text();
    assert!(text.contains("Adjusted") && text.contains("Shown as #"), "{text}");
    let page = browser.goto(&tenant.console("branding?primary=%23ffffff")).await;
    let text = page.response.text();
    assert!(text.contains("Too little") && text.contains("Use #"), "{text}");
    let kept = tenant.admin().await.get_settings().await.unwrap().branding;
    assert_eq!(kept.primary_colour, "#0b5fa5");
}

#[tokio::test]
async fn the_preview_shows_what_was_typed_may_be_framed_by_us_alone_and_saves_nothing() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let before = tenant.admin().await.get_settings().await.unwrap();
    let mut browser = tenant.console_of(&[Role::Owner]).await;
    let page = browser.goto(&tenant.console("branding")).await;
    let policy = page.response.header("content-security-policy").unwrap();
    let origin = url::Url::parse(&app.base).unwrap().origin().ascii_serialization();
    assert!(policy.contains(&format!("frame-src {origin}")), "{policy}");
    assert!(!policy.contains("unsafe"), "{policy}");
    for preview in ["sign-in", "consent"] {
        let fields = [("display_name", "St Bartholomew"), ("primary_colour", "#7a1f5c")];
        let place = format!("branding/preview/{preview}");
        let shown = send(&app, &tenant, &browser, &page, &place, &fields, Some(SVG)).await;
        let shown = shown.assert_status(200);
        let policy = shown.header("content-security-policy").unwrap();
        assert!(policy.contains(&format!("frame-ancestors {origin}")), "{policy}");
        let text = shown.text();
        for words in [
            "St Bartholomew",
            "preview.css?primary=%237a1f5c",
            "data:image/svg+xml;base64,",
        ] {
            assert!(text.contains(words), "{words} in {text}");
        }
    }
    let css = browser
        .goto(&tenant.console("branding/preview.css?primary=%237a1f5c"))
        .await;
    assert!(css.response.text().contains("--brand:#7a1f5c"), "{css}");
    assert_eq!(tenant.admin().await.get_settings().await.unwrap(), before);
}

#[tokio::test]
async fn who_may_not_brand_sees_no_form_and_is_refused_what_they_send() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    tenant.colleague("otto", &[Role::Owner]).await;
    let mut owner = app.browser();
    tenant.enter(&mut owner, "otto", "").await;
    let page = owner.goto(&tenant.console("branding")).await;
    let mut browser = tenant.console_of(&[Role::Auditor]).await;
    for place in [
        "branding",
        "branding/preview/sign-in",
        "branding/preview.css?primary=%23000000",
    ] {
        let refused = browser.goto(&tenant.console(place)).await;
        assert_eq!(refused.response.status, 403, "{place}: {refused}");
    }
    // Another's form does nothing either.
    let forged = send(&app, &tenant, &browser, &page, "branding", &[("act", "save")], None).await;
    forged.assert_status(403);
}

#[tokio::test]
async fn what_somebody_else_saved_meanwhile_is_not_overwritten_unseen() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let mut browser = tenant.console_of(&[Role::Owner]).await;
    let page = browser.goto(&tenant.console("branding")).await;
    let members = [("branding.primary_colour".to_owned(), "#123456".to_owned())];
    app.platform.set_settings("northside", &members).await.unwrap();
    let fields = [("primary_colour", "#654321"), ("act", "save")];
    let told = send(&app, &tenant, &browser, &page, "branding", &fields, None).await;
    let told = told.assert_status(422);
    assert!(
        told.text().contains("was changed by somebody else meanwhile"),
        "{}",
        told.text()
    );
    let kept = tenant.admin().await.get_settings().await.unwrap().branding;
    assert_eq!(kept.primary_colour, "#123456");
}
