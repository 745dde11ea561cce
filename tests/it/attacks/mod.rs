//! The attacks that OAuth servers have to stand (RFC 9700 and its relatives), each with the defence and the tests that fail when
//! the defence is taken out. `docs/conformance/attacks.md` is made from this list.

mod authorization_codes;
mod authorization_requests;
mod browsers;
mod clients;
mod tokens;

use std::fmt::Write as _;
use std::path::Path;

/// An attack, the defence, and the tests: `file::name` below `tests/it`, or below `src` for rules without a server.
struct Row {
    attack: &'static str,
    defence: &'static str,
    tests: &'static [&'static str],
}

const fn row(attack: &'static str, defence: &'static str, tests: &'static [&'static str]) -> Row {
    Row { attack, defence, tests }
}

const ROWS: &[Row] = &[
    row(
        "Redirect URI manipulation",
        "exact comparison with the registered addresses; a page, never a redirect, on any difference",
        &[
            "attacks/authorization_requests::a_redirect_uri_that_was_tampered_with_is_shown_and_not_followed",
            "rfc6749_authorization_request::a_redirect_uri_that_differs_in_any_way_is_never_redirected_to",
        ],
    ),
    row(
        "Loopback port",
        "the port alone may differ, on loopback IP addresses of native apps",
        &[
            "attacks/authorization_requests::only_the_port_of_a_native_apps_loopback_address_may_differ",
            "src/oauth/redirect_uri_tests::nothing_but_the_port_may_differ_on_loopback",
        ],
    ),
    row(
        "Authorization code injection",
        "PKCE with S256 binds a code to the session that asked for it",
        &[
            "attacks/authorization_codes::a_code_of_one_session_is_worth_nothing_with_the_verifier_of_another",
            "rfc6749_token_request::a_code_cannot_be_redeemed_with_the_verifier_of_another_session",
        ],
    ),
    row(
        "PKCE downgrade",
        "a challenge demands its verifier, and a verifier without a challenge is refused",
        &["attacks/authorization_codes::a_stripped_challenge_or_verifier_is_noticed"],
    ),
    row(
        "PKCE plain",
        "plain is refused, said or implied",
        &["attacks/authorization_requests::a_plain_challenge_is_refused_said_or_implied"],
    ),
    row(
        "Mix-up",
        "the issuer in every authorization response (RFC 9207), one issuer per tenant",
        &["attacks/authorization_requests::every_answer_names_its_issuer_and_tenants_differ"],
    ),
    row(
        "CSRF on the app's redirect URI",
        "PKCE, and state demanded of SMART apps",
        &["attacks/authorization_requests::a_smart_request_without_state_is_refused"],
    ),
    row(
        "Login CSRF and consent CSRF",
        "forms carry a token bound to interaction and browser; the interaction's cookie is SameSite",
        &[
            "attacks/browsers::a_forged_sign_in_or_consent_does_nothing",
            "interaction_steps::consent_without_the_forms_token_or_with_anothers_gives_no_code",
            "openid_logout::the_confirmation_cannot_be_forged",
        ],
    ),
    row(
        "Clickjacking",
        "frame-ancestors 'none' and X-Frame-Options on every page, unless a tenant lists the EHR's origin",
        &[
            "attacks/browsers::no_page_may_be_framed",
            "iframe_launch::a_tenant_that_lists_nobody_is_framed_by_nobody_and_keeps_lax_cookies",
        ],
    ),
    row(
        "307 credential forwarding",
        "redirects are 303",
        &[
            "attacks/browsers::a_password_is_never_repeated_by_a_redirect",
            "house_source_rules::no_redirect_repeats_a_form",
        ],
    ),
    row(
        "Open redirector at the server",
        "redirects lead to proven addresses only; a self-registered app's faults are shown, not sent on",
        &[
            "rfc7591_registration::a_wrong_request_of_an_app_that_nobody_knows_is_not_sent_on",
            "attacks/browsers::parameters_that_look_like_destinations_lead_nowhere",
            "openid_logout::oidcc_rp_initiated_logout_bad_post_logout_redirect_uri",
        ],
    ),
    row(
        "Code or token leak by Referer",
        "Referrer-Policy: no-referrer, and nothing of another origin on any page",
        &["attacks/browsers::pages_and_redirects_send_no_referrer_and_load_nothing_foreign"],
    ),
    row(
        "Code in browser history or logs",
        "form_post on request; logs hold routes, not queries",
        &[
            "rfc6749_authorization_request::a_form_post_answer_is_a_page_that_sends_itself",
            "server::a_request_leaves_one_line_with_tenant_and_route_and_without_what_it_carried",
        ],
    ),
    row(
        "Code replay",
        "single use; a second redemption revokes everything that came of the first",
        &["attacks/authorization_codes::a_replayed_code_revokes_the_tokens_of_the_first_redemption"],
    ),
    row(
        "Parallel redemption race",
        "redemption is one guarded statement",
        &["redemption_races::of_64_parallel_redemptions_of_a_code_one_wins_and_then_all_its_tokens_fall"],
    ),
    row(
        "Refresh token replay",
        "rotation; a copy that is used after its successor revokes the family",
        &[
            "attacks/tokens::a_refresh_token_used_after_its_successor_revokes_both",
            "redemption_races::of_64_parallel_refreshes_all_get_the_one_successor",
        ],
    ),
    row(
        "Refresh token stolen across clients",
        "bound to client, tenant and key",
        &[
            "attacks/tokens::a_stolen_refresh_token_is_worth_nothing_to_another_client_tenant_or_key",
            "rfc9449_dpop::a_public_clients_refresh_token_needs_the_same_key",
        ],
    ),
    row(
        "Token endpoint authentication confusion",
        "the registered method exactly, one method per request, one name throughout",
        &[
            "attacks/clients::a_client_authenticates_with_its_registered_method_and_no_other",
            "asymmetric_authentication::one_way_to_authenticate_per_request_and_every_name_in_it_agrees",
        ],
    ),
    row(
        "Client assertion replay and audience injection",
        "jti once per client and tenant; the audience is this tenant's and, for the strict profile, the issuer alone",
        &[
            "attacks/clients::a_replayed_or_misdirected_assertion_authenticates_nobody",
            "asymmetric_authentication::a_jti_is_accepted_once_per_client_and_tenant",
            "asymmetric_authentication::a_client_of_the_strict_profile_names_the_issuer_as_a_single_text",
        ],
    ),
    row(
        "Request object used as client assertion",
        "sub is demanded, and typ checked",
        &["attacks/clients::a_request_object_is_no_client_assertion"],
    ),
    row(
        "Cross-JWT confusion",
        "a typ per kind of JWT, and strict audiences",
        &[
            "attacks/tokens::no_other_kind_of_jwt_is_an_access_token",
            "rfc9701_signed_introspection::a_signed_answer_is_no_access_token",
            "src/oauth/jose/verify_tests::every_other_kind_of_token_is_refused",
        ],
    ),
    row(
        "alg confusion",
        "the key decides the algorithm; no symmetric algorithm, no none",
        &[
            "attacks/clients::an_assertion_signed_with_the_public_key_as_a_secret_is_refused",
            "asymmetric_authentication::none_and_symmetric_algorithms_are_never_accepted",
            "src/oauth/jose/verify_tests::the_key_decides_the_algorithm_not_the_header",
        ],
    ),
    row(
        "kid, jku, x5u and jwk header injection",
        "keys come from the registration; kid is an opaque name, jku at most repeats the registered address",
        &[
            "attacks/clients::what_a_header_says_of_keys_is_only_a_name",
            "asymmetric_authentication::a_jku_is_the_registered_address_exactly_and_never_another_one_to_fetch_from",
            "src/oauth/jose/verify_tests::keys_inside_the_header_are_ignored",
            "src/oauth/jose/verify_tests::a_kid_with_path_or_query_characters_is_only_a_name",
        ],
    ),
    row(
        "Access token replay at another resource",
        "the audience is the tenant's FHIR server",
        &[
            "tenant_isolation::a_token_that_names_another_tenant_is_refused_as_such",
            "attacks/tokens::a_token_of_one_tenant_opens_nothing_at_another",
        ],
    ),
    row(
        "Access token in the query",
        "not looked at",
        &["attacks/tokens::a_token_in_the_address_is_no_token"],
    ),
    row(
        "Scope escalation",
        "refresh and exchange only narrow",
        &[
            "attacks/tokens::a_refresh_never_widens_the_scope",
            "rfc8693_token_exchange::the_scope_never_grows",
        ],
    ),
    row(
        "Client impersonating a user",
        "subjects of clients and of users have different forms, and no client chooses its own id",
        &[
            "attacks/clients::an_app_cannot_choose_a_client_id_and_no_client_id_is_a_users_subject",
            "src/oauth/client_tests::a_client_id_cannot_look_like_a_user",
        ],
    ),
    row(
        "TLS-terminating proxy header spoofing",
        "what a request says of its own origin, address or certificate is not read unless a proxy is configured",
        &["attacks/clients::spoofed_proxy_headers_change_nothing"],
    ),
    row(
        "In-browser postMessage leak",
        "no web_message response mode, and no framing",
        &["attacks/authorization_requests::no_answer_leaves_by_post_message_or_fragment"],
    ),
    row(
        "Host header and issuer confusion",
        "issuers come from the configuration",
        &["discovery::the_issuer_does_not_depend_on_the_host_header"],
    ),
    row(
        "PAR handle theft or reuse",
        "bound to client and tenant, expiring, one code",
        &[
            "rfc9126_pushed_authorization::a_handle_expires_and_belongs_to_one_client_of_one_tenant",
            "rfc9126_pushed_authorization::two_browsers_that_opened_one_handle_get_one_code",
        ],
    ),
    row(
        "Device-code phishing",
        "a link only fills in the code; app and code are shown to be compared, a form of this browser confirms them, and consent is \
         asked whatever was answered before",
        &[
            "rfc8628_device_authorization::a_link_only_fills_in_the_code",
            "rfc8628_device_authorization::a_form_of_another_browser_decides_nothing",
            "rfc8628_device_authorization::consent_is_asked_whatever_was_answered_before",
        ],
    ),
    row(
        "user_code brute force",
        "ten wrong codes from an address, on all nodes together; 40 bits, ten minutes",
        &[
            "rfc8628_device_authorization::the_eleventh_guess_at_a_code_is_not_looked_at_on_any_node",
            "rfc8628_device_authorization::a_code_ends_after_its_time",
        ],
    ),
    row(
        "Session fixation",
        "the session's name changes at sign-in",
        &["interaction_steps::the_session_id_changes_at_sign_in"],
    ),
    row(
        "Stale consent",
        "more scope asks again",
        &["attacks/browsers::more_scope_than_was_allowed_is_asked_again"],
    ),
    row(
        "SSRF through registered addresses",
        "https, public addresses only, judged after resolution; no redirects",
        &[
            "asymmetric_authentication::keys_that_cannot_be_had_authenticate_nobody",
            "src/outbound/tests::every_notation_of_a_local_address_is_refused_before_sending",
            "src/outbound/tests::a_name_that_resolves_to_loopback_is_refused_after_resolution",
        ],
    ),
    row(
        "JWKS denial of service",
        "one fetch per client and minute for keys that nobody knows; size and time limits",
        &[
            "backend_services::published_keys_are_kept_as_long_as_the_client_says_and_an_unknown_kid_is_asked_for_once",
            "src/outbound/tests::an_endless_body_of_unknown_length_is_cut_at_the_cap",
        ],
    ),
    row(
        "User and client enumeration",
        "the same answer, short code and work for unknown and wrong",
        &[
            "refusals::unknown_client_and_wrong_secret_are_answered_alike",
            "interaction_steps::a_wrong_password_keeps_the_user_name_and_tells_nothing_more",
            "asymmetric_authentication::a_stranger_learns_the_same_as_a_client_with_another_key",
        ],
    ),
    row(
        "Browser swapping and cross-device sessions",
        "interactions and upstream sign-ins belong to the browser that began them",
        &[
            "interaction_steps::an_interaction_belongs_to_the_browser_that_opened_it",
            "upstream_oidc::an_answer_is_taken_once_in_the_browser_that_asked_and_at_the_tenant_that_asked",
            "launch_user_binding::another_browser_cannot_take_over_a_vouched_interaction",
        ],
    ),
    row(
        "Decompression and huge JWTs",
        "sizes are checked before anything is parsed; nothing is decompressed",
        &[
            "attacks/clients::a_huge_assertion_is_refused_before_it_is_read",
            "src/oauth/jose/verify_tests::a_huge_token_is_refused_before_it_is_read",
        ],
    ),
];

/// The text of the test's file: its own, or the one with the rules.
fn file_of(test: &str) -> (String, String) {
    let (file, name) = test.rsplit_once("::").unwrap();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let path = match file.strip_prefix("src/") {
        Some(file) => root.join("src").join(format!("{file}.rs")),
        None => root.join("tests/it").join(format!("{file}.rs")),
    };
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    (text, name.to_owned())
}

#[test]
fn every_attack_has_its_tests() {
    for row in ROWS {
        assert!(!row.tests.is_empty(), "{} has no test", row.attack);
        for test in row.tests {
            let (text, name) = file_of(test);
            assert!(
                text.contains(&format!("fn {name}(")),
                "{}: there is no test {test}",
                row.attack
            );
        }
    }
}

#[test]
fn every_test_of_this_folder_stands_in_the_list() {
    for file in [
        "authorization_codes",
        "authorization_requests",
        "browsers",
        "clients",
        "tokens",
    ] {
        let (text, _) = file_of(&format!("attacks/{file}::x"));
        for after in text.split("#[tokio::test]\nasync fn ").skip(1) {
            let name = after.split('(').next().unwrap();
            let full = format!("attacks/{file}::{name}");
            assert!(
                ROWS.iter().any(|row| row.tests.contains(&full.as_str())),
                "{full} stands at no attack"
            );
        }
    }
}

/// The document.
fn document() -> String {
    let mut text = "# Attacks and the tests against them\n\nThe attacks of RFC 9700 (OAuth 2.0 Security Best Current Practice) and \
                    its relatives, what stands against each here, and the tests that fail when\nthat is taken out. Made from \
                    `tests/it/attacks/mod.rs`; SAML's attacks are in `tests/it/saml_attacks_*.rs`.\n\n| Attack | Defence | Tests \
                    |\n|---|---|---|\n"
        .to_owned();
    for row in ROWS {
        let tests: Vec<_> = row.tests.iter().map(|test| format!("`{test}`")).collect();
        writeln!(text, "| {} | {} | {} |", row.attack, row.defence, tests.join("<br>")).unwrap();
    }
    text
}

/// With `WARDKEY_WRITE_DOCS` set, the document is written instead of compared.
#[test]
fn the_document_is_what_the_list_says() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/conformance/attacks.md");
    if std::env::var_os("WARDKEY_WRITE_DOCS").is_some() {
        std::fs::write(&path, document()).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        written == document(),
        "run: WARDKEY_WRITE_DOCS=1 cargo test --test it the_document_is_what_the_list_says"
    );
}
