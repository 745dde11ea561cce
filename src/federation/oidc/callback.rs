//! The parameters the browser brings back (RFC 6749 section 4.1.2, RFC 9207).

use super::failure::{Check, SignInFailure, UserOutcome, registered_error};
use super::pending::PendingSignIn;
use crate::kernel::Secret;
use aws_lc_rs::constant_time;
use std::fmt;

/// Longest parameter accepted, in bytes.
const MAX_PARAMETER: usize = 4096;

/// The callback's parameters as far as they matter.
#[derive(Clone, Default)]
pub struct CallbackParameters {
    state: Option<String>,
    code: Option<Secret<String>>,
    issuer: Option<String>,
    error: Option<String>,
}

impl fmt::Debug for CallbackParameters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallbackParameters")
            .field("state", &self.state.is_some())
            .field("code", &self.code.is_some())
            .field("error", &self.error.as_deref().map(registered_error))
            .finish_non_exhaustive()
    }
}

impl CallbackParameters {
    /// Reads decoded name-value pairs. Unknown names are ignored; a repeated one of ours is refused
    /// (RFC 6749 section 3.1: parameters must not be included more than once).
    pub fn from_pairs<N: AsRef<str>, V: AsRef<str>>(
        pairs: impl IntoIterator<Item = (N, V)>,
    ) -> Result<Self, SignInFailure> {
        let mut read = Self::default();
        let mut code = None;
        for (name, value) in pairs {
            let field = match name.as_ref() {
                "state" => &mut read.state,
                "code" => &mut code,
                "iss" => &mut read.issuer,
                "error" => &mut read.error,
                _ => continue,
            };
            let value = value.as_ref();
            if value.len() > MAX_PARAMETER {
                return Err(SignInFailure::new(
                    Check::State,
                    "a parameter of the callback is longer than 4096 bytes",
                ));
            }
            if field.replace(value.to_owned()).is_some() {
                return Err(SignInFailure::new(
                    Check::State,
                    "a parameter of the callback appears twice",
                ));
            }
        }
        read.code = code.map(Secret::new);
        Ok(read)
    }

    /// `state`, by which the store finds the sign-in.
    pub fn state(&self) -> Option<&str> {
        self.state.as_deref()
    }

    /// The answer belongs to the sign-in that this browser started (RFC 6749 section 10.12).
    pub(super) fn check_state(&self, pending: &PendingSignIn) -> Result<(), SignInFailure> {
        let state = self.state.as_deref().unwrap_or_default();
        if pending.state.ct_eq(state.as_bytes()) {
            Ok(())
        } else {
            Err(SignInFailure::new(
                Check::State,
                "state is missing or belongs to another sign-in",
            ))
        }
    }

    /// The answer comes from the provider that was asked, errors included (RFC 9207 section 2.4).
    pub(super) fn check_issuer(&self, pinned: &str, required: bool) -> Result<(), SignInFailure> {
        match &self.issuer {
            Some(issuer) if constant_time::verify_slices_are_equal(issuer.as_bytes(), pinned.as_bytes()).is_ok() => {
                Ok(())
            }
            Some(_) => Err(SignInFailure::new(
                Check::ResponseIssuer,
                "the iss parameter names another issuer",
            )),
            None if required => Err(SignInFailure::new(
                Check::ResponseIssuer,
                "the iss parameter is missing, although the provider's metadata announces it",
            )),
            None => Ok(()),
        }
    }

    /// The code, unless the provider answered with an error.
    pub(super) fn code(&self) -> Result<&Secret<String>, SignInFailure> {
        if let Some(error) = &self.error {
            return Err(SignInFailure {
                check: Check::UpstreamError,
                detail: format!("the provider answered {}", registered_error(error)).into(),
                user: UserOutcome::of_upstream_error(error),
            });
        }
        self.code
            .as_ref()
            .filter(|code| !code.expose().is_empty())
            .ok_or_else(|| SignInFailure::new(Check::Code, "the callback carries neither a code nor an error"))
    }
}
