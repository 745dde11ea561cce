//! Accounts of our own: for small clinics, and for getting in when the identity provider is down.

pub mod attempts;
mod fair_pool;
pub mod links;
pub mod outbox;
pub mod passkey;
pub mod password;
pub mod password_rules;
pub mod recovery_code;
pub mod sign_in;
pub mod totp;
