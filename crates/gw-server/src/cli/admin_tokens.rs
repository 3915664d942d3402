//! `gatewright admin-tokens`: credentials of the admin API of a running gateway.

use super::client::Remote;
use super::{keys, output, table};
use clap::{Args, Subcommand};
use http::Method;
use serde_json::{Map, Value, json};
use std::process::ExitCode;

const PATH: &str = "/api/v1/admin-tokens";

/// Arguments of `admin-tokens`.
#[derive(Debug, Args)]
pub(crate) struct TokensArguments {
    #[command(flatten)]
    remote: Remote,
    #[command(subcommand)]
    command: TokensCommand,
}

#[derive(Debug, Subcommand)]
enum TokensCommand {
    /// Make a token, in a role or as a user. It is shown once.
    Create(CreateArguments),
    /// List the tokens.
    List,
    /// Give a token another secret. It is shown once.
    Rotate {
        /// Id (`atok_...`).
        #[arg(value_name = "TOKEN")]
        id: String,
        /// How long the earlier one stays good.
        #[arg(long, default_value_t = 0)]
        grace_seconds: u32,
    },
    /// Revoke a token.
    Revoke {
        /// Id (`atok_...`).
        #[arg(value_name = "TOKEN")]
        id: String,
    },
}

#[derive(Debug, Args)]
struct CreateArguments {
    /// What it is for.
    #[arg(long)]
    name: String,
    /// Role: owner, admin, billing, auditor, member or viewer.
    #[arg(long, required_unless_present = "user_id", conflicts_with = "user_id")]
    role: Option<String>,
    /// Where the role holds: id of an organization, a team or a project. Everywhere when not given.
    #[arg(long, requires = "role")]
    account_id: Option<String>,
    /// The user as whom it acts.
    #[arg(long)]
    user_id: Option<String>,
    /// What it may be used for, separated by commas, as `keys:read,usage:read`. All when not given.
    #[arg(long, value_delimiter = ',')]
    scopes: Vec<String>,
    /// When it ends, as `2027-01-31T00:00:00Z`.
    #[arg(long)]
    expires_at: Option<String>,
}

impl CreateArguments {
    fn body(&self) -> Value {
        let mut body = Map::new();
        body.insert("name".to_owned(), json!(self.name));
        let given = [
            ("role", &self.role),
            ("account_id", &self.account_id),
            ("user_id", &self.user_id),
            ("expires_at", &self.expires_at),
        ];
        for (name, value) in given {
            if let Some(value) = value {
                body.insert(name.to_owned(), json!(value));
            }
        }
        if !self.scopes.is_empty() {
            body.insert("scopes".to_owned(), json!(self.scopes));
        }
        Value::Object(body)
    }
}

/// Runs the command.
pub(crate) fn run(arguments: TokensArguments) -> ExitCode {
    let remote = arguments.remote;
    match arguments.command {
        TokensCommand::Create(create) => {
            remote.ask_and_print(Method::POST, PATH, Some(&create.body()), show_once)
        }
        TokensCommand::List => remote.list_and_print(PATH, "", |list| {
            let columns = [
                "id",
                "name",
                "role",
                "account_id",
                "user_id",
                "scopes",
                "expires_at",
                "last4",
                "created_by",
            ];
            table::print(&columns, &keys::rows(list));
        }),
        TokensCommand::Rotate { id, grace_seconds } => {
            let body = json!({ "grace_seconds": grace_seconds });
            remote.ask_and_print(Method::POST, &format!("{PATH}/{id}/rotate"), Some(&body), show_once)
        }
        TokensCommand::Revoke { id } => {
            remote.ask_and_print(Method::DELETE, &format!("{PATH}/{id}"), None, |_| {
                output::line(format!("revoked {id}"));
            })
        }
    }
}

fn show_once(made: &Value) {
    let text = |name: &str| made.get(name).and_then(Value::as_str).unwrap_or("-").to_owned();
    output::line(format!("id:    {}\ntoken: {}", text("id"), text("token")));
    output::note("the token is shown only now; keep it safe");
}
