use super::*;
use proptest::prelude::*;

fn register(text: &str, application: ApplicationType, by: RegisteredBy) -> Result<String, InvalidRedirectUri> {
    RegisteredRedirectUri::parse(text, application, by).map(|uri| uri.to_string())
}

fn native(text: &str) -> Result<String, InvalidRedirectUri> {
    register(text, ApplicationType::Native, RegisteredBy::Client)
}

fn web(text: &str) -> Result<String, InvalidRedirectUri> {
    register(text, ApplicationType::Web, RegisteredBy::Client)
}

fn answer(registered: &str, application: ApplicationType, presented: &str) -> Option<RedirectUri> {
    let uri = RegisteredRedirectUri::parse(registered, application, RegisteredBy::Administrator).unwrap();
    matches(&[uri], application, presented)
}

#[test]
fn https_is_accepted_for_both_application_types() {
    for text in [
        "https://app.example/cb",
        "https://app.example:8443/cb?tenant=a&x=%20",
        "https://app.example",
        "https://[2001:db8::1]/cb",
    ] {
        assert_eq!(web(text).as_deref(), Ok(text));
        assert_eq!(native(text).as_deref(), Ok(text));
    }
}

#[test]
fn plain_http_is_refused_beyond_loopback() {
    for text in [
        "http://app.example/cb",
        "http://127.0.0.1.evil.example/cb",
        "http://127.0.0.2/cb",
        "http://localhost.evil/cb",
        "http://10.0.0.1/",
    ] {
        assert_eq!(
            register(text, ApplicationType::Native, RegisteredBy::Administrator),
            Err(InvalidRedirectUri::PlainHttp),
            "{text}"
        );
    }
}

#[test]
fn loopback_literals_are_for_native_clients_unless_an_administrator_says_so() {
    for text in ["http://127.0.0.1/cb", "http://[::1]:8080/cb"] {
        assert!(native(text).is_ok());
        assert_eq!(web(text), Err(InvalidRedirectUri::LoopbackForWeb));
        assert!(register(text, ApplicationType::Web, RegisteredBy::Administrator).is_ok());
    }
}

#[test]
fn localhost_needs_an_administrator() {
    assert_eq!(native("http://localhost:3000/cb"), Err(InvalidRedirectUri::Localhost));
    assert!(
        register(
            "http://localhost:3000/cb",
            ApplicationType::Web,
            RegisteredBy::Administrator
        )
        .is_ok()
    );
}

#[test]
fn private_use_schemes_are_reversed_domains_of_native_clients() {
    assert!(native("com.example.app:/cb").is_ok());
    assert!(native("com.example.app://cb").is_ok());
    assert_eq!(web("com.example.app:/cb"), Err(InvalidRedirectUri::PrivateSchemeForWeb));
    assert_eq!(native("myapp:/cb"), Err(InvalidRedirectUri::SchemeWithoutDot));
    assert_eq!(native("com.example.app:cb"), Err(InvalidRedirectUri::PrivateSchemePath));
    assert_eq!(
        native("com.example.app://user@host/cb"),
        Err(InvalidRedirectUri::UserInformation)
    );
}

#[test]
fn schemes_that_browsers_act_on_are_refused() {
    for scheme in [
        "javascript",
        "data",
        "file",
        "blob",
        "vbscript",
        "about",
        "ws",
        "wss",
        "ftp",
    ] {
        assert_eq!(
            native(&format!("{scheme}:/x")),
            Err(InvalidRedirectUri::ForbiddenScheme),
            "{scheme}"
        );
    }
}

#[test]
fn each_malformed_registration_names_its_fault() {
    for (text, fault) in [
        ("", InvalidRedirectUri::NotAbsolute),
        ("/cb", InvalidRedirectUri::NotAbsolute),
        ("//app.example/cb", InvalidRedirectUri::NotAbsolute),
        ("1https://app.example/cb", InvalidRedirectUri::NotAbsolute),
        ("HTTPS://app.example/cb", InvalidRedirectUri::SchemeCase),
        ("https://app.example/cb#", InvalidRedirectUri::Fragment),
        ("https://app.example/cb#x", InvalidRedirectUri::Fragment),
        ("https://*.app.example/cb", InvalidRedirectUri::Wildcard),
        ("https://app.example/*", InvalidRedirectUri::Wildcard),
        ("https://user@app.example/cb", InvalidRedirectUri::UserInformation),
        ("https://user:pw@app.example/cb", InvalidRedirectUri::UserInformation),
        ("https://app.example/c b", InvalidRedirectUri::Character),
        (" https://app.example/cb", InvalidRedirectUri::Character),
        ("https://app.example/cb\n", InvalidRedirectUri::Character),
        ("https://app.example/cb\u{0}", InvalidRedirectUri::Character),
        ("https://äpp.example/cb", InvalidRedirectUri::Character),
        ("https://app.example/<cb>", InvalidRedirectUri::Character),
        ("https://app.example\\@evil/cb", InvalidRedirectUri::Backslash),
        ("https://app.example/%zz", InvalidRedirectUri::PercentEscape),
        ("https://app.example/%4", InvalidRedirectUri::PercentEscape),
        ("https:app.example/cb", InvalidRedirectUri::Host),
        ("https:///cb", InvalidRedirectUri::Host),
        ("https://?x", InvalidRedirectUri::Host),
        ("https://:443/cb", InvalidRedirectUri::Host),
        ("https://app.example:/cb", InvalidRedirectUri::Host),
        ("https://app.example:0/cb", InvalidRedirectUri::Host),
        ("https://app.example:65536/cb", InvalidRedirectUri::Host),
        ("https://app.example/a/../cb", InvalidRedirectUri::DotSegment),
        ("https://app.example/a/%2e%2E/cb", InvalidRedirectUri::DotSegment),
        ("https://app.example/.", InvalidRedirectUri::DotSegment),
    ] {
        assert_eq!(web(text), Err(fault), "{text:?}");
    }
    assert_eq!(
        web(&format!("https://app.example/{}", "a".repeat(LENGTH_LIMIT))),
        Err(InvalidRedirectUri::TooLong)
    );
}

#[test]
fn only_the_registered_string_matches() {
    let registered = "https://app.example/cb";
    assert_eq!(
        answer(registered, ApplicationType::Web, registered).unwrap().as_str(),
        registered
    );
    for mutation in [
        "https://app.example/CB",
        "https://APP.example/cb",
        "HTTPS://app.example/cb",
        "http://app.example/cb",
        "https://app.example/cb/",
        "https://app.example//cb",
        "https://app.example/x/../cb",
        "https://app.example/./cb",
        "https://app.example/%63b",
        "https://app.example/cb%2f",
        "https://app.example/%2e%2e/cb",
        "https://user@app.example/cb",
        "https://app.example@evil.example/cb",
        "https://sub.app.example/cb",
        "https://app.example.evil.example/cb",
        "https://app.example/cb?x=1",
        "https://app.example/cb?",
        "https://app.example/cb#x",
        "https://app.example\\cb",
        "https://app.example:443/cb",
        "https://app.example:8443/cb",
        "https://app.example/cb ",
        " https://app.example/cb",
        "https://app.exampl\u{0435}/cb",
        "https://app.example/c",
        "//app.example/cb",
        "",
    ] {
        assert_eq!(answer(registered, ApplicationType::Web, mutation), None, "{mutation:?}");
        assert_eq!(
            answer(registered, ApplicationType::Native, mutation),
            None,
            "{mutation:?}"
        );
    }
}

#[test]
fn a_registered_query_is_compared_exactly() {
    let registered = "https://app.example/cb?a=1&b=2";
    assert!(answer(registered, ApplicationType::Web, registered).is_some());
    for mutation in [
        "https://app.example/cb",
        "https://app.example/cb?b=2&a=1",
        "https://app.example/cb?a=1&b=2&c=3",
    ] {
        assert_eq!(answer(registered, ApplicationType::Web, mutation), None, "{mutation}");
    }
}

#[test]
fn a_native_client_may_use_any_port_of_its_loopback_address() {
    for (registered, presented) in [
        ("http://127.0.0.1/cb", "http://127.0.0.1:49152/cb"),
        ("http://127.0.0.1:3000/cb", "http://127.0.0.1/cb"),
        ("http://[::1]/cb?x=1", "http://[::1]:1/cb?x=1"),
        ("http://localhost/cb", "http://localhost:65535/cb"),
        ("http://127.0.0.1", "http://127.0.0.1:80"),
    ] {
        assert_eq!(
            answer(registered, ApplicationType::Native, presented).unwrap().as_str(),
            presented
        );
        assert_eq!(answer(registered, ApplicationType::Web, presented), None, "{presented}");
    }
}

#[test]
fn nothing_but_the_port_may_differ_on_loopback() {
    for presented in [
        "http://127.0.0.1.evil/cb",
        "http://127.0.0.1:80@evil/cb",
        "http://127.0.0.1:80\\@evil/cb",
        "http://127.0.0.1:8080/other",
        "http://127.0.0.1:8080/cb?x",
        "http://127.0.0.1:8080/cb#x",
        "https://127.0.0.1:8080/cb",
        "http://localhost:8080/cb",
        "http://[::1]:8080/cb",
        "http://127.0.0.2:8080/cb",
        "http://2130706433/cb",
        "http://127.0.0.1:/cb",
        "http://127.0.0.1:0/cb",
        "http://127.0.0.1:65536/cb",
        "http://127.0.0.1:+80/cb",
        "http://127.0.0.1:80x/cb",
        "http://127.0.0.1:/80/cb",
    ] {
        assert_eq!(
            answer("http://127.0.0.1/cb", ApplicationType::Native, presented),
            None,
            "{presented}"
        );
    }
}

#[test]
fn the_answer_keeps_the_registered_query_and_encodes_its_own() {
    let respond = |uri: &str| {
        answer(uri, ApplicationType::Web, uri)
            .unwrap()
            .authorization_response(&[("code", "a b"), ("iss", "https://h/t")])
    };
    let own = "code=a+b&iss=https%3A%2F%2Fh%2Ft";
    assert_eq!(
        respond("https://app.example/cb"),
        format!("https://app.example/cb?{own}")
    );
    assert_eq!(respond("https://app.example"), format!("https://app.example?{own}"));
    assert_eq!(
        respond("https://app.example/cb?"),
        format!("https://app.example/cb?{own}")
    );
    assert_eq!(
        respond("https://app.example/cb?x=%20"),
        format!("https://app.example/cb?x=%20&{own}")
    );
}

#[test]
fn form_post_puts_nothing_in_the_address() {
    let uri = answer(
        "https://app.example/cb?x=1",
        ApplicationType::Web,
        "https://app.example/cb?x=1",
    )
    .unwrap();
    let form = uri.form_post(&[("code", "c"), ("state", "<s>")]);
    assert_eq!(form.action, "https://app.example/cb?x=1");
    assert_eq!(
        form.fields,
        [
            ("code".to_owned(), "c".to_owned()),
            ("state".to_owned(), "<s>".to_owned())
        ]
    );
}

#[test]
fn origin_and_form_action_source_name_the_target() {
    let uri = |text: &str| answer(text, ApplicationType::Native, text).unwrap();
    assert_eq!(
        uri("https://App.example:443/cb").origin().as_deref(),
        Some("https://app.example")
    );
    assert_eq!(uri("http://127.0.0.1:8080/cb").csp_source(), "http://127.0.0.1:8080");
    assert_eq!(uri("http://[::1]:8080/cb").csp_source(), "http:");
    assert_eq!(uri("com.example.app:/cb").origin(), None);
    assert_eq!(uri("com.example.app:/cb").csp_source(), "com.example.app:");
}

proptest! {
    #[test]
    fn arbitrary_text_never_panics(text in any::<String>()) {
        let _ = native(&text);
        let _ = answer("http://127.0.0.1/cb", ApplicationType::Native, &text);
    }

    #[test]
    fn text_near_a_loopback_uri_never_panics(tail in "[:0-9/@?#\\\\a.]{0,24}") {
        let text = format!("http://127.0.0.1{tail}");
        let _ = native(&text);
        if let Some(uri) = answer("http://127.0.0.1/cb", ApplicationType::Native, &text) {
            let target = url::Url::parse(uri.as_str()).unwrap();
            prop_assert_eq!(target.host_str(), Some("127.0.0.1"));
        }
    }

    #[test]
    fn whatever_can_be_registered_matches_itself(text in "(https|http|com\\.a)://?[a-z0-9.:\\[\\]]{0,12}[/a-z?=&%0-9]{0,12}") {
        if let Ok(uri) = RegisteredRedirectUri::parse(&text, ApplicationType::Native, RegisteredBy::Administrator) {
            prop_assert!(matches(&[uri], ApplicationType::Native, &text).is_some());
        }
    }
}
