//! `gatewright service-accounts`: identities of programs, which keys and admin tokens belong to.

use super::client::{Remote, encoded};
use super::{keys, output, table};
use clap::{Args, Subcommand};
use http::Method;
use serde_json::{Map, Value, json};
use std::process::ExitCode;

const PATH: &str = "/api/v1/users";

/// Arguments of `service-accounts`.
#[derive(Debug, Args)]
pub(crate) struct ServiceAccountsArguments {
    #[command(flatten)]
    remote: Remote,
    #[command(subcommand)]
    command: ServiceAccountsCommand,
}

#[derive(Debug, Subcommand)]
enum ServiceAccountsCommand {
    /// Make a service account.
    Create(CreateArguments),
    /// List the service accounts.
    List {
        /// Of that organization, team or project (`team_...`), and not of what is below it.
        #[arg(long)]
        owner: Option<String>,
    },
    /// Stop a service account: its keys and admin tokens work no more, at every gateway.
    Disable {
        /// Id (`user_...`).
        id: String,
    },
    /// Let a service account go on.
    Enable {
        /// Id (`user_...`).
        id: String,
    },
    /// Delete a service account, and revoke its keys.
    Delete {
        /// Id (`user_...`).
        id: String,
    },
}

#[derive(Debug, Args)]
struct CreateArguments {
    /// Name, such as `deploy-bot`.
    #[arg(long)]
    name: String,
    /// What it belongs to: the id of an organization, a team or a project.
    #[arg(long)]
    owner: String,
    /// Role where it belongs: owner, admin, billing, auditor, member or viewer. Without one its admin tokens may do nothing.
    #[arg(long)]
    role: Option<String>,
}

impl CreateArguments {
    fn body(&self) -> Value {
        let mut body = Map::new();
        body.insert("kind".to_owned(), json!("service"));
        body.insert("name".to_owned(), json!(self.name));
        body.insert(owner_member(&self.owner).to_owned(), json!(self.owner));
        if let Some(role) = &self.role {
            body.insert("memberships".to_owned(), json!([{ "account_id": self.owner, "role": role }]));
        }
        Value::Object(body)
    }
}

/// The member that an id of what owns it stands in.
fn owner_member(id: &str) -> &'static str {
    match id.split_once('_').map(|(prefix, _)| prefix) {
        Some("org") => "organization_id",
        Some("proj") => "project_id",
        _ => "team_id",
    }
}

/// Runs the command.
pub(crate) fn run(arguments: ServiceAccountsArguments) -> ExitCode {
    let remote = arguments.remote;
    let set = |id: &str, disabled: bool| {
        let path = format!("{PATH}/{}", encoded(id));
        remote.ask_and_print(Method::PATCH, &path, Some(&json!({ "disabled": disabled })), |_| {
            output::line(if disabled { "disabled" } else { "enabled" });
        })
    };
    match &arguments.command {
        ServiceAccountsCommand::Create(create) => {
            remote.ask_and_print(Method::POST, PATH, Some(&create.body()), |made| {
                output::line(format!("id: {}", made["id"].as_str().unwrap_or("-")));
            })
        }
        ServiceAccountsCommand::List { owner } => {
            let of = owner.as_deref().map(|id| format!("&{}={}", owner_member(id), encoded(id)));
            let query = format!("&kind=service{}", of.unwrap_or_default());
            remote.list_and_print(PATH, &query, |list| {
                let columns =
                    ["id", "name", "organization_id", "team_id", "project_id", "disabled", "created_at"];
                table::print(&columns, &keys::rows(list));
            })
        }
        ServiceAccountsCommand::Disable { id } => set(id, true),
        ServiceAccountsCommand::Enable { id } => set(id, false),
        ServiceAccountsCommand::Delete { id } => {
            let path = format!("{PATH}/{}?cascade=true", encoded(id));
            remote.ask_and_print(Method::DELETE, &path, None, |_| output::line("deleted"))
        }
    }
}
