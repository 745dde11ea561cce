//! `wardkey user`.

use super::{CliError, Global, output, platform};
use crate::config::Config;
use crate::control::{ControlError, Platform};
use crate::store::tenant::AccountProfile;
use crate::web::Language;
use clap::{Args, Subcommand};
use serde_json::json;
use std::path::PathBuf;

/// Commands on local accounts.
#[derive(Subcommand)]
pub(super) enum UserCommand {
    /// Create a local account, or bring it up to what is given here.
    Create(Box<CreateArguments>),
    /// Make an account without a password, and a one-time link with which its holder chooses one.
    Invite(Box<InviteArguments>),
    /// Make a one-time link with which an account's holder chooses another password.
    Reset {
        #[command(flatten)]
        account: AccountArguments,
        #[command(flatten)]
        delivery: DeliveryArguments,
    },
    /// Take every second factor from an account whose holder lost them all, and end its sessions.
    RemoveSecondFactors(AccountArguments),
    /// Name an account for emergencies: it may sign in also where everybody else uses the hospital's identity provider.
    BreakGlass {
        #[command(flatten)]
        account: AccountArguments,
        /// No longer.
        #[arg(long)]
        off: bool,
    },
    /// Show what a local account has and may do.
    Show(AccountArguments),
}

/// Which account.
#[derive(Args)]
pub(super) struct AccountArguments {
    /// The tenant.
    #[arg(long)]
    tenant: String,
    /// The alias of the local identity provider.
    #[arg(long, default_value = "local")]
    idp: String,
    /// The name to sign in with.
    #[arg(long)]
    username: String,
}

/// How a link gets to its reader.
#[derive(Args)]
pub(super) struct DeliveryArguments {
    /// Print the link instead of sending it by mail. Whoever reads it chooses the password.
    #[arg(long)]
    print_link: bool,
    /// The language of the mail.
    #[arg(long, default_value = "en", value_parser = ["en", "es"])]
    language: String,
}

/// Arguments of `user invite`.
#[derive(Args)]
pub(super) struct InviteArguments {
    #[command(flatten)]
    account: AccountArguments,
    #[command(flatten)]
    person: PersonArguments,
    #[command(flatten)]
    delivery: DeliveryArguments,
}

/// What is known of a person.
#[derive(Args)]
pub(super) struct PersonArguments {
    /// Full name.
    #[arg(long)]
    name: Option<String>,
    /// E-mail address.
    #[arg(long)]
    email: Option<String>,
    /// The user's FHIR resource, such as `Practitioner/123`.
    #[arg(long, value_name = "REFERENCE")]
    fhir_user: Option<String>,
    /// The id of the patient record that is the user's own.
    #[arg(long, value_name = "ID")]
    patient: Option<String>,
    /// The id of a further patient record that the user may open, such as a child's; may be given more than once.
    #[arg(long, value_name = "ID")]
    also_patient: Vec<String>,
    /// National Provider Identifier.
    #[arg(long)]
    npi: Option<String>,
    /// A role; may be given more than once.
    #[arg(long)]
    role: Vec<String>,
}

impl PersonArguments {
    fn profile(self, username: String) -> AccountProfile {
        AccountProfile {
            subject: username,
            name: self.name,
            email: self.email,
            fhir_user: self.fhir_user,
            patient: self.patient,
            patients: self.also_patient,
            npi: self.npi,
            roles: self.role,
        }
    }
}

/// Arguments of `user create`.
#[derive(Args)]
pub(super) struct CreateArguments {
    #[command(flatten)]
    account: AccountArguments,
    /// A file with the password, or `-` for standard input.
    #[arg(long, value_name = "FILE")]
    password_file: PathBuf,
    #[command(flatten)]
    person: PersonArguments,
}

/// Which of the two links.
#[derive(Clone, Copy)]
enum Link {
    Invitation,
    Reset,
}

/// Makes a link and sends or prints it.
async fn link(
    global: &Global,
    config: &Config,
    platform: &Platform,
    account: &AccountArguments,
    delivery: &DeliveryArguments,
    which: Link,
) -> Result<(), CliError> {
    let mailer = platform::mailer(config)?;
    if !delivery.print_link && !mailer.is_on() {
        return Err(CliError::Input(
            "no mail server is configured (section [mail]); use --print-link and hand the link over yourself"
                .to_owned(),
        ));
    }
    let admin = platform.tenant(&account.tenant).await?;
    let language = Language::from_tag(&delivery.language).unwrap_or_default();
    let by_mail = !delivery.print_link;
    let link = match which {
        Link::Invitation => admin.invite(&account.idp, &account.username, language, by_mail).await?,
        Link::Reset => {
            admin
                .reset_password(&account.idp, &account.username, language, by_mail)
                .await?
        }
    };
    let expires_at = link.expires_at.to_rfc3339();
    if by_mail {
        admin.deliver_mail(&mailer).await;
        output::object(
            global.output,
            &json!({ "username": account.username, "delivery": "mail", "expires_at": expires_at }),
        );
    } else {
        output::object(
            global.output,
            &json!({ "username": account.username, "link": link.address.expose(), "expires_at": expires_at }),
        );
    }
    Ok(())
}

pub(super) async fn run(global: &Global, command: UserCommand) -> Result<(), CliError> {
    let config = global.load()?;
    let platform = platform::open(&config).await?;
    match command {
        UserCommand::Create(arguments) => {
            let password = super::read_secret(&arguments.password_file)?;
            let admin = platform.tenant(&arguments.account.tenant).await?;
            let AccountArguments { idp, username, .. } = arguments.account;
            let profile = arguments.person.profile(username);
            let pool = platform::passwords(&config)?;
            let (id, change) = admin.save_local_account(&idp, &profile, &password, &pool).await?;
            output::object(
                global.output,
                &json!({ "id": id, "username": profile.subject, "change": change }),
            );
        }
        UserCommand::Invite(arguments) => {
            let InviteArguments {
                account,
                person,
                delivery,
            } = *arguments;
            let admin = platform.tenant(&account.tenant).await?;
            let profile = person.profile(account.username.clone());
            admin.save_invited_account(&account.idp, &profile).await?;
            link(global, &config, &platform, &account, &delivery, Link::Invitation).await?;
        }
        UserCommand::Reset { account, delivery } => {
            link(global, &config, &platform, &account, &delivery, Link::Reset).await?;
        }
        UserCommand::RemoveSecondFactors(account) => {
            let admin = platform.tenant(&account.tenant).await?;
            let change = admin.remove_second_factors(&account.idp, &account.username).await?;
            admin.deliver_mail(&platform::mailer(&config)?).await;
            output::object(
                global.output,
                &json!({ "username": account.username, "change": change }),
            );
        }
        UserCommand::BreakGlass { account, off } => {
            let admin = platform.tenant(&account.tenant).await?;
            let change = admin.set_break_glass(&account.idp, &account.username, !off).await?;
            output::object(
                global.output,
                &json!({ "username": account.username, "break_glass": !off, "change": change }),
            );
        }
        UserCommand::Show(account) => {
            let admin = platform.tenant(&account.tenant).await?;
            let facts = admin.show_local_account(&account.idp, &account.username).await?;
            output::object(global.output, &serde_json::to_value(facts).map_err(ControlError::from)?);
        }
    }
    platform.close().await;
    Ok(())
}
