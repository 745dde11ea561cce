//! Which connection a command is about.

use clap::Args;

/// One identity provider of a tenant.
#[derive(Args)]
pub(super) struct WhichProvider {
    /// The tenant.
    #[arg(long)]
    pub(super) tenant: String,
    /// The name in addresses. It may also be given bare, as in `wardkey idp check staff --tenant northside`.
    #[arg(
        long,
        visible_alias = "id",
        value_name = "ALIAS",
        required_unless_present = "bare_alias"
    )]
    alias: Option<String>,
    #[arg(value_name = "ALIAS", conflicts_with = "alias", hide = true)]
    bare_alias: Option<String>,
}

impl WhichProvider {
    /// The name in addresses.
    pub(super) fn alias(&self) -> &str {
        let given = self.alias.as_deref().or(self.bare_alias.as_deref());
        // One of the two is there: the parser sees to it.
        given.unwrap_or_default()
    }
}
