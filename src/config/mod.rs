//! Configuration of the process: a typed tree from a file and the environment. What tenants decide is data, not this.
//!
//! Every setting is declared once, with its documentation and default; the reference in `docs/configuration.md` is
//! written from the same declaration.

mod load;
mod reference;
mod section;
pub mod sections;
mod validate;

pub use load::{ConfigError, load};
pub use reference::reference;
pub use validate::Unsafe;

use sections::{Database, Keys, Log, Mail, Passwords, Server};
use serde::Deserialize;
use std::fmt;

/// The whole configuration. Unknown keys stop the start.
#[derive(Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Addresses.
    pub server: Server,
    /// Databases.
    pub database: Database,
    /// Keys.
    pub keys: Keys,
    /// Passwords of local accounts.
    pub passwords: Passwords,
    /// Mail.
    pub mail: Mail,
    /// Logs.
    pub log: Log,
}

impl fmt::Debug for Config {
    /// Says nothing of the settings: a database URL may hold a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Config")
    }
}
