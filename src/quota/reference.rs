//! The reference of every limit and lifetime, as Markdown: written from the constants that the server obeys.

use super::{Allowance, Budget, Budgets};
use crate::oauth::limits::{self, Lifetimes};
use crate::oauth::parameters;
use crate::smart::authorization_details::MAX_DETAILS;
use std::fmt::Write as _;

const HEAD: &str = "# Limits, lifetimes and budgets

Written by `wardkey config limits`.

## Lifetimes

Each is a member of `lifetimes` in a tenant's settings, in seconds:
`wardkey tenant set --tenant northfield lifetimes.access_token=600`. Nothing is accepted above its cap.

| member | default | cap |
| --- | --- | --- |
";

const BUDGETS: &str = "
## Budgets

A budget holds so many requests and fills again evenly over its time: 10 in 600 s is ten at once, then one a minute. A request
of a spent budget is answered 429 with `Retry-After`: as an OAuth error (`temporarily_unavailable`) where programs ask, as a page
in the person's language where people do. Nobody is shut out for good, and no account is ever switched off: wrong passwords for
an account slow down whoever types them at that address long before they slow down the owner elsewhere.

Each is a member of `budgets` in a tenant's settings:
`wardkey tenant set --tenant northfield budgets.sign_in_per_account.requests=50`. No tenant spends from another's.

Budgets that guard secrets which can be guessed are counted in the database, so that all nodes together allow no more than one
would; a right password or code is not counted. The others keep one caller from taking what others need; each node counts them
in memory (at most 4,096 per tenant), and they cost no query.

An address is the peer's, or what a proxy of `server.trusted_proxies` says in `X-Forwarded-For`; the 2^64 addresses of an IPv6
network count as one. Behind a proxy that is not listed there, everybody shares the proxy's address and its budgets: list it.
The authorization endpoint has no budget per app, since anybody can send an app's id there and could so shut it out.

";

const CONNECTIONS: &str = "
## Connections

How long a client may take is set for the process: `server.header_timeout`, `server.idle_timeout`, `server.body_timeout`,
`server.write_timeout` and `server.max_connections` ([configuration](configuration.md)). A request is answered within 30 seconds,
or with 503.
";

/// The text of `docs/limits.md`.
pub fn reference() -> String {
    let mut text = HEAD.to_owned();
    // Writing to a string cannot fail.
    for (name, default, cap) in Lifetimes::default().bounds() {
        let _ = writeln!(text, "| `{name}` | {} | {} |", default.as_secs(), cap.as_secs());
    }
    text.push_str("\n## Sizes\n\n| what | limit |\n| --- | --- |\n");
    for (what, limit) in sizes() {
        let _ = writeln!(text, "| {what} | {limit} |");
    }
    text.push_str("\n## Times\n\n| what | seconds |\n| --- | --- |\n");
    for (what, time) in times() {
        let _ = writeln!(text, "| {what} | {} |", time.as_secs());
    }
    text.push_str(BUDGETS);
    text.push_str("| budget | default | counted by | |\n| --- | --- | --- | --- |\n");
    let defaults = Budgets::default();
    for budget in Budget::ALL {
        let Allowance { requests, seconds } = defaults.allowance(*budget);
        let kept = if budget.is_shared() { "all nodes" } else { "each node" };
        let about: Vec<&str> = budget.documentation().iter().map(|line| line.trim()).collect();
        let _ = writeln!(
            text,
            "| `{}` | {requests} in {seconds} s | {kept} | {} |",
            budget.as_str(),
            about.join(" ")
        );
    }
    text.push_str(CONNECTIONS);
    text
}

fn sizes() -> [(&'static str, String); 12] {
    let bytes = |limit: usize| format!("{limit} bytes");
    [
        (
            "body of token, revocation, introspection, pushed and registration requests",
            bytes(limits::FORM_BODY),
        ),
        ("query of an authorization request", bytes(limits::AUTHORIZE_QUERY)),
        ("path and query of any request (414)", bytes(limits::URL)),
        ("header of a request", bytes(limits::HEADER_BYTES)),
        ("header lines of a request (431)", limits::HEADER_COUNT.to_string()),
        ("parameters of a request", parameters::COUNT_LIMIT.to_string()),
        (
            "fields of a form of one of our pages",
            parameters::FIELD_LIMIT.to_string(),
        ),
        ("name of a parameter", bytes(parameters::NAME_LIMIT)),
        ("value of a parameter", bytes(parameters::VALUE_LIMIT)),
        (
            "value of `request`, `claims`, `scope`, `authorization_details`, assertions and `id_token_hint`",
            bytes(parameters::LONG_VALUE_LIMIT),
        ),
        (
            "details in `authorization_details`, and servers in a detail",
            MAX_DETAILS.to_string(),
        ),
        ("key set of a client", bytes(limits::JWKS_FETCH_SIZE)),
    ]
}

fn times() -> [(&'static str, std::time::Duration); 9] {
    [
        ("life of a client assertion of a SMART app", limits::CLIENT_ASSERTION),
        (
            "life of a client assertion of another app",
            limits::CLIENT_ASSERTION_ELSEWHERE,
        ),
        (
            "difference of a client's clock in an assertion",
            limits::CLIENT_ASSERTION_SKEW,
        ),
        ("difference of clocks elsewhere", limits::CLOCK_SKEW),
        ("age of a DPoP proof", limits::DPOP_PROOF_AGE),
        ("DPoP proof from the future", limits::DPOP_PROOF_AHEAD),
        ("fetching a client's key set", limits::JWKS_FETCH_TIMEOUT),
        (
            "between two fetches of a client's key set",
            limits::JWKS_FETCH_COOL_DOWN,
        ),
        ("keeping a client's key set", limits::JWKS_CACHE),
    ]
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_limits_in_the_documentation_are_current() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/limits.md");
        let written = std::fs::read_to_string(path).unwrap_or_default();
        assert!(
            written == super::reference(),
            "run: cargo run -- config limits > docs/limits.md"
        );
    }
}
