//! `wardkey user`.

use super::connection::Connection;
use super::person::Who;
use super::tenant_call::{TenantArguments, TenantCall};
use super::{CliError, Global, columns, output};
use axum::http::Method;
use clap::{Args, Subcommand};
use serde_json::{Map, Value, json};
use std::path::PathBuf;

/// Commands on users.
#[derive(Subcommand)]
pub(super) enum UserCommand {
    /// Search users.
    List {
        #[command(flatten)]
        tenant: TenantArguments,
        /// Part of the user name, name or e-mail address, whatever the case.
        #[arg(short, long, value_name = "TEXT")]
        query: Option<String>,
        /// At most this many.
        #[arg(long, default_value_t = 50)]
        limit: usize,
    },
    /// Show a user: what is known of them, what their account has and may do.
    Show {
        #[command(flatten)]
        tenant: TenantArguments,
        #[command(flatten)]
        who: Who,
    },
    /// Create a local account, or bring it up to what is given here.
    Create(Box<CreateArguments>),
    /// Make an account without a password, and a one-time link with which its holder chooses one.
    Invite(Box<InviteArguments>),
    /// Make a one-time link with which an account's holder chooses another password.
    Reset {
        #[command(flatten)]
        changing: Changing,
        #[command(flatten)]
        delivery: DeliveryArguments,
    },
    /// Let a user try again at once who gave too many wrong passwords or codes.
    Unlock(Changing),
    /// Sign a user out everywhere.
    SignOut {
        #[command(flatten)]
        changing: Changing,
        /// Also end what was given to apps for offline use.
        #[arg(long)]
        offline_access: bool,
    },
    /// Shut a user out: their sessions end and their tokens stop working at once.
    Disable(Changing),
    /// Let a user in again who was shut out.
    Enable(Changing),
    /// Delete a user for good: sessions and tokens end, and what is known of them is erased.
    Delete(Changing),
    /// Take every second factor from an account whose holder lost them all, and end its sessions.
    RemoveSecondFactors(Changing),
    /// Name an account for emergencies: it may sign in also where everybody else uses the hospital's identity provider.
    BreakGlass {
        #[command(flatten)]
        changing: Changing,
        /// No longer.
        #[arg(long)]
        off: bool,
    },
}

/// Whom a command changes.
#[derive(Args)]
pub(super) struct Changing {
    #[command(flatten)]
    tenant: TenantArguments,
    #[command(flatten)]
    who: Who,
    /// Check everything, change nothing.
    #[arg(long)]
    dry_run: bool,
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

impl DeliveryArguments {
    fn body(&self) -> Value {
        let delivery = if self.print_link { "shown" } else { "mail" };
        json!({ "delivery": delivery, "language": self.language })
    }
}

/// The account that is made.
#[derive(Args)]
pub(super) struct NewAccountArguments {
    #[command(flatten)]
    tenant: TenantArguments,
    /// The alias of the local identity provider.
    #[arg(long, default_value = "local")]
    idp: String,
    /// The name to sign in with.
    #[arg(long)]
    username: String,
    #[command(flatten)]
    person: PersonArguments,
    /// Check everything, change nothing.
    #[arg(long)]
    dry_run: bool,
}

impl NewAccountArguments {
    /// The body of the request, with further members.
    fn body(&self, members: Value) -> Value {
        let person = &self.person;
        let mut body = Map::from_iter([
            ("identity_provider".to_owned(), json!(self.idp)),
            ("username".to_owned(), json!(self.username)),
            ("patients".to_owned(), json!(person.also_patient)),
            ("roles".to_owned(), json!(person.role)),
        ]);
        let texts = [
            ("name", &person.name),
            ("email", &person.email),
            ("fhir_user", &person.fhir_user),
            ("patient", &person.patient),
            ("npi", &person.npi),
        ];
        for (name, text) in texts {
            if let Some(text) = text {
                body.insert(name.to_owned(), json!(text));
            }
        }
        if let Value::Object(members) = members {
            body.extend(members);
        }
        body.into()
    }

    async fn send(&self, connection: &mut Connection, members: Value) -> Result<Value, CliError> {
        let mut call = TenantCall::new(connection, &self.tenant, self.dry_run)?;
        call.send(Method::POST, &["users"], Some(self.body(members))).await
    }
}

/// Arguments of `user invite`.
#[derive(Args)]
pub(super) struct InviteArguments {
    #[command(flatten)]
    account: NewAccountArguments,
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

/// Arguments of `user create`.
#[derive(Args)]
pub(super) struct CreateArguments {
    #[command(flatten)]
    account: NewAccountArguments,
    /// A file with the password, or `-` for standard input.
    #[arg(long, value_name = "FILE")]
    password_file: PathBuf,
}

pub(super) async fn run(global: &Global, command: UserCommand) -> Result<(), CliError> {
    let mut connection = Connection::open(global).await?;
    let outcome = act(global, &mut connection, command).await;
    connection.close().await;
    outcome
}

async fn act(global: &Global, connection: &mut Connection, command: UserCommand) -> Result<(), CliError> {
    match command {
        UserCommand::List { tenant, query, limit } => {
            let mut call = TenantCall::new(connection, &tenant, false)?;
            let pairs: Vec<(&str, String)> = query.into_iter().map(|text| ("q", text)).collect();
            let users = call.list("users", &pairs, limit).await?;
            output::list(global.output, columns::of("listUsers"), &users);
        }
        UserCommand::Show { tenant, who } => {
            let mut call = TenantCall::new(connection, &tenant, false)?;
            let account = who.find(&mut call).await?;
            let user = call.send(Method::GET, &["users", &account], None).await?;
            output::object(global.output, &flattened(user));
        }
        UserCommand::Create(arguments) => {
            let password = super::read_secret(&arguments.password_file)?;
            let members = json!({ "password": password.expose() });
            let user = arguments.account.send(connection, members).await?;
            output::object(global.output, &picked(&user, &["id", "username", "change"]));
        }
        UserCommand::Invite(arguments) => {
            let members = json!({ "link": arguments.delivery.body() });
            let user = arguments.account.send(connection, members).await?;
            output::object(global.output, user.get("link").unwrap_or(&Value::Null));
        }
        UserCommand::Reset { changing, delivery } => {
            let made = changing
                .send(connection, Method::POST, "links", Some(delivery.body()))
                .await?;
            output::object(global.output, &made);
        }
        UserCommand::Unlock(changing) => {
            let user = changing.send(connection, Method::POST, "unlock", None).await?;
            tell_change(global, &user);
        }
        UserCommand::SignOut {
            changing,
            offline_access,
        } => {
            let body = json!({ "offline_access": offline_access });
            let ended = changing.send(connection, Method::POST, "sign-out", Some(body)).await?;
            output::object(global.output, &ended);
        }
        UserCommand::Disable(changing) => changing.patch(global, connection, json!({ "disabled": true })).await?,
        UserCommand::Enable(changing) => changing.patch(global, connection, json!({ "disabled": false })).await?,
        UserCommand::Delete(changing) => {
            let mut call = TenantCall::new(connection, &changing.tenant, changing.dry_run)?;
            let account = changing.who.find(&mut call).await?;
            call.send(Method::DELETE, &["users", &account], None).await?;
            output::object(global.output, &json!({ "id": account, "change": "deleted" }));
        }
        UserCommand::RemoveSecondFactors(changing) => {
            changing
                .send(connection, Method::DELETE, "second-factors", None)
                .await?;
            output::object(global.output, &json!({ "second_factors": "removed" }));
        }
        UserCommand::BreakGlass { changing, off } => {
            changing
                .patch(global, connection, json!({ "break_glass": !off }))
                .await?;
        }
    }
    Ok(())
}

impl Changing {
    async fn send(
        &self,
        connection: &mut Connection,
        method: Method,
        act: &str,
        body: Option<Value>,
    ) -> Result<Value, CliError> {
        let mut call = TenantCall::new(connection, &self.tenant, self.dry_run)?;
        let account = self.who.find(&mut call).await?;
        call.send(method, &["users", &account, act], body).await
    }

    async fn patch(&self, global: &Global, connection: &mut Connection, body: Value) -> Result<(), CliError> {
        let mut call = TenantCall::new(connection, &self.tenant, self.dry_run)?;
        let account = self.who.find(&mut call).await?;
        let user = call.send(Method::PATCH, &["users", &account], Some(body)).await?;
        tell_change(global, &user);
        Ok(())
    }
}

fn tell_change(global: &Global, user: &Value) {
    let user = flattened(user.clone());
    output::object(
        global.output,
        &picked(&user, &["id", "username", "disabled", "break_glass", "change"]),
    );
}

/// Some members of an object.
fn picked(object: &Value, names: &[&str]) -> Value {
    let members = names
        .iter()
        .filter_map(|name| Some(((*name).to_owned(), object.get(name)?.clone())));
    members.collect::<Map<_, _>>().into()
}

/// What the account has stands beside what is known of its holder.
fn flattened(mut user: Value) -> Value {
    let local = user.as_object_mut().and_then(|members| members.remove("local_account"));
    if let (Some(members), Some(Value::Object(local))) = (user.as_object_mut(), local) {
        members.extend(local);
    }
    user
}
