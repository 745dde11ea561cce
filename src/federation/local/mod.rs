//! Accounts of our own: for small clinics, and for getting in when the identity provider is down.

mod fair_pool;
pub mod password;
