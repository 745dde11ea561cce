//! What happens when something that a test needs is not on this machine.

use std::io::Write;

/// The variable that makes an absent component a failure. `scripts/test` sets it.
const ALL: &str = "WARDKEY_TEST_ALL";

/// Says that `component` is absent, so that the calling test can return early.
///
/// # Panics
/// With `WARDKEY_TEST_ALL=1` in the environment: then every test must run.
pub fn report(component: &str, reason: &str) {
    let test = std::thread::current().name().unwrap_or("a test").to_owned();
    let message = format!("{test} needs {component}: {reason}. Run scripts/test, which installs it.");
    assert!(!all_required(), "{message}");
    // Straight to the stream: what passes through `eprintln!` is swallowed when the test passes.
    let _ = writeln!(std::io::stderr(), "SKIPPED {message}");
}

/// Whether nothing may be absent.
pub fn all_required() -> bool {
    std::env::var(ALL).is_ok_and(|value| value == "1")
}
