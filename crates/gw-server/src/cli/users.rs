//! `gatewright users`: people of a running gateway, and how they come by a password.

use super::client::{ClientError, Remote, encoded};
use super::resources::{self, DeleteArguments, Kind, MembersArguments, UpdateArguments, Which};
use super::{EXIT_USAGE, keys, output, table};
use clap::{Args, Subcommand};
use gw_model::Secret;
use http::Method;
use serde_json::{Value, json};
use std::io::Read;
use std::process::ExitCode;

const PATH: &str = "/api/v1/users";

/// Most bytes of a password that are read.
const MAX_PASSWORD_BYTES: u64 = 4_096;

/// Arguments of `users`.
#[derive(Debug, Args)]
pub(crate) struct UsersArguments {
    #[command(flatten)]
    remote: Remote,
    #[command(subcommand)]
    command: UsersCommand,
}

#[derive(Debug, Subcommand)]
enum UsersCommand {
    /// Make a user.
    Create(CreateArguments),
    /// List the users.
    List,
    /// Show all that is known of a user: by id, address or name, as in what follows.
    Get(Which),
    /// Change a user. What is not given stays.
    Update(Box<UpdateArguments<resources::Users>>),
    /// Stop a user: the keys and admin tokens that belong to it work no more, and nobody signs in as it.
    Disable(Which),
    /// Let a user go on.
    Enable(Which),
    /// Delete a user.
    Delete(DeleteArguments<resources::Users>),
    /// Make a link with which a user chooses a password, once. It is shown once.
    PasswordLink {
        /// Id (`user_...`) or address.
        user: String,
        /// Whoever follows it loses the second factor, for whoever lost his app.
        #[arg(long)]
        reset_totp: bool,
    },
    /// Set a user's password to what is given on stdin.
    SetPassword {
        /// Id (`user_...`) or address.
        user: String,
        /// Also remove the second factor.
        #[arg(long)]
        reset_totp: bool,
    },
}

#[derive(Debug, Args)]
struct CreateArguments {
    /// Address, with which the user signs in.
    #[arg(long)]
    email: String,
    /// Name, for people. The address when not given.
    #[arg(long)]
    name: Option<String>,
    /// Role at the gateway as a whole: owner, admin, billing, auditor, member or viewer.
    #[arg(long)]
    gateway_role: Option<String>,
    /// Roles at organizations, teams or projects, separated by commas, as `team_...=admin`.
    #[arg(long, value_delimiter = ',')]
    memberships: Vec<String>,
    #[command(flatten)]
    members: MembersArguments,
}

impl CreateArguments {
    /// Errors: what is wrong with what is given, in words.
    fn body(&self) -> Result<Value, String> {
        let mut body = self.members.body()?;
        body.insert("email".to_owned(), json!(self.email));
        if let Some(name) = &self.name {
            body.insert("name".to_owned(), json!(name));
        }
        body.entry("name").or_insert_with(|| json!(self.email));
        if let Some(role) = &self.gateway_role {
            body.insert("gateway_role".to_owned(), json!(role));
        }
        let memberships = self.memberships.iter().map(|text| {
            let (account, role) = text.split_once('=').unwrap_or((text, ""));
            json!({ "account_id": account, "role": role })
        });
        let memberships: Vec<Value> = memberships.collect();
        if !memberships.is_empty() {
            body.insert("memberships".to_owned(), memberships.into());
        }
        Ok(Value::Object(body))
    }
}

/// Runs the command.
pub(crate) fn run(arguments: UsersArguments) -> ExitCode {
    let remote = arguments.remote;
    let set = |which: &Which, disabled: bool| {
        resources::set_disabled(&remote, &resources::Users::RESOURCE, which, disabled)
    };
    resources::done(match arguments.command {
        UsersCommand::Create(create) => Ok(make(&remote, &create)),
        UsersCommand::List => Ok(list(&remote)),
        UsersCommand::Get(which) => resources::get(&remote, &resources::Users::RESOURCE, &which),
        UsersCommand::Update(asked) => resources::update(&remote, &asked),
        UsersCommand::Disable(which) => set(&which, true),
        UsersCommand::Enable(which) => set(&which, false),
        UsersCommand::Delete(asked) => resources::delete(&remote, &asked),
        UsersCommand::PasswordLink { user, reset_totp } => Ok(show_link(&remote, &user, reset_totp)),
        UsersCommand::SetPassword { user, reset_totp } => Ok(set_password(&remote, &user, reset_totp)),
    })
}

fn make(remote: &Remote, create: &CreateArguments) -> ExitCode {
    match create.body() {
        Ok(body) => remote.ask_and_print(Method::POST, PATH, Some(&body), resources::show_id),
        Err(message) => {
            output::note(format!("gatewright: {message}"));
            ExitCode::from(EXIT_USAGE)
        }
    }
}

fn list(remote: &Remote) -> ExitCode {
    remote.list_and_print(PATH, "", |list| {
        let columns = ["id", "name", "email", "gateway_role", "disabled", "created_at"];
        table::print(&columns, &keys::rows(list));
    })
}

fn show_link(remote: &Remote, user: &str, reset_totp: bool) -> ExitCode {
    remote.print(link(remote, user, reset_totp), |made| {
        let text = |name: &str| made[name].as_str().map(str::to_owned);
        let place = text("url").or_else(|| text("path")).unwrap_or_default();
        output::line(format!("link:  {place}"));
        output::line(format!("until: {}", text("expires_at").unwrap_or_default()));
        output::note("the link is shown only now, and is good once; give it to the user alone");
    })
}

/// Makes a link for a user of that id or address.
fn link(remote: &Remote, user: &str, reset_totp: bool) -> Result<Value, ClientError> {
    let id = match user.contains('@') {
        false => user.to_owned(),
        true => {
            let found = remote.ask(Method::GET, &format!("{PATH}?email={}", encoded(user)), None)?;
            let id = keys::rows(&found).first().and_then(|row| row["id"].as_str().map(str::to_owned));
            id.unwrap_or_else(|| user.to_owned())
        }
    };
    let body = json!({ "reset_totp": reset_totp });
    remote.ask(Method::POST, &format!("{PATH}/{}/password-link", encoded(&id)), Some(&body))
}

fn set_password(remote: &Remote, user: &str, reset_totp: bool) -> ExitCode {
    let mut text = String::new();
    let read = std::io::stdin().lock().take(MAX_PASSWORD_BYTES).read_to_string(&mut text);
    let password = Secret::new(text.trim_end_matches(['\r', '\n']).to_owned());
    if let Err(error) = read {
        return output::fail(&error, 1);
    }
    if password.expose().is_empty() {
        output::note(
            "gatewright: give the password on stdin, as in: gatewright users set-password USER < FILE",
        );
        return ExitCode::from(EXIT_USAGE);
    }
    let done = link(remote, user, reset_totp).and_then(|link| {
        let body = json!({ "token": link["token"], "new": password.expose() });
        remote.ask(Method::POST, "/api/v1/auth/password/redeem", Some(&body))
    });
    match done {
        Ok(_) => {
            output::line("the password is set; all sessions of the user are over");
            ExitCode::SUCCESS
        }
        Err(error) => output::fail(&error, 1),
    }
}
