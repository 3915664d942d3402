//! `gatewright keys`: virtual keys of a running gateway.

use super::client::{Remote, encoded};
use super::{output, table};
use clap::{Args, Subcommand};
use http::Method;
use serde_json::{Map, Value, json};
use std::process::ExitCode;

/// Arguments of `keys`.
#[derive(Debug, Args)]
pub(crate) struct KeysArguments {
    #[command(flatten)]
    remote: Remote,
    #[command(subcommand)]
    command: KeysCommand,
}

#[derive(Debug, Subcommand)]
enum KeysCommand {
    /// Make a key. It is shown once.
    Create(Box<CreateArguments>),
    /// List the keys.
    List,
    /// Revoke a key, by id or name.
    Revoke {
        /// Id (`key_...`) or name. Called otherwise than the global `--key`, or clap takes them for one.
        #[arg(value_name = "KEY")]
        id_or_name: String,
    },
}

#[derive(Debug, Args)]
struct CreateArguments {
    /// Name, for people.
    #[arg(long)]
    name: String,
    /// Models that it may call, separated by commas: names, `provider/*`, or `*`.
    #[arg(long, value_delimiter = ',')]
    models: Vec<String>,
    /// Kinds of endpoints that it may use, separated by commas.
    #[arg(long, value_delimiter = ',')]
    endpoints: Vec<String>,
    /// Requests per minute.
    #[arg(long)]
    rpm: Option<u64>,
    /// Tokens per minute.
    #[arg(long)]
    tpm: Option<u64>,
    /// Requests at the same time.
    #[arg(long)]
    max_parallel: Option<u32>,
    /// Hard budget in US dollars.
    #[arg(long)]
    budget_usd: Option<String>,
    /// Over what time: day, week, month or total.
    #[arg(long, default_value = "month")]
    budget_period: String,
    /// What becomes of its calls when there is not room for all: low, normal or high.
    #[arg(long)]
    priority: Option<String>,
    /// When it expires, as `2027-01-31T00:00:00Z`.
    #[arg(long)]
    expires_at: Option<String>,
    /// Team.
    #[arg(long)]
    team_id: Option<String>,
    /// User or service account whose it is (`user_...`).
    #[arg(long)]
    user_id: Option<String>,
    /// Addresses that its calls may come from, separated by commas, as `192.0.2.7` or `10.0.0.0/8`.
    #[arg(long, value_delimiter = ',')]
    allowed_ips: Vec<String>,
    /// Origins of web pages from which browsers may call with it, separated by commas, as `https://app.example`.
    #[arg(long, value_delimiter = ',')]
    allowed_origins: Vec<String>,
    /// Members that the metadata of its calls must have, separated by commas.
    #[arg(long, value_delimiter = ',')]
    required_metadata: Vec<String>,
}

/// Runs the command.
pub(crate) fn run(arguments: KeysArguments) -> ExitCode {
    let remote = arguments.remote;
    match arguments.command {
        KeysCommand::Create(create) => {
            remote.ask_and_print(Method::POST, "/api/v1/keys", Some(&create.body()), |made| {
                let text = |name: &str| made.get(name).and_then(Value::as_str).unwrap_or("-").to_owned();
                output::line(format!("id:  {}\nkey: {}", text("id"), text("key")));
                output::note("the key is shown only now; keep it safe");
            })
        }
        KeysCommand::List => remote.ask_and_print(Method::GET, "/api/v1/keys?limit=1000", None, |list| {
            let rows: Vec<Value> = rows(list).iter().map(flattened).collect();
            table::print(
                &[
                    "id",
                    "name",
                    "models",
                    "rpm",
                    "tpm",
                    "max_parallel",
                    "priority",
                    "budget_usd",
                    "spent_usd",
                    "period",
                    "expires_at",
                    "source",
                ],
                &rows,
            );
        }),
        KeysCommand::Revoke { id_or_name } => revoke(&remote, &id_or_name),
    }
}

/// The rows of a list answer.
pub(super) fn rows(list: &Value) -> Vec<Value> {
    list.get("data").and_then(Value::as_array).cloned().unwrap_or_default()
}

/// Limits and budget beside the other columns.
fn flattened(row: &Value) -> Value {
    let mut row = row.clone();
    let limit = |row: &Value, path: &str| row.pointer(path).cloned().unwrap_or(Value::Null);
    let extra = [
        ("rpm", limit(&row, "/limits/rpm")),
        ("tpm", limit(&row, "/limits/tpm")),
        ("max_parallel", limit(&row, "/limits/max_parallel")),
        ("budget_usd", limit(&row, "/budget/limit_usd")),
        ("spent_usd", limit(&row, "/budget/spent_usd")),
        ("period", limit(&row, "/budget/period")),
    ];
    if let Value::Object(map) = &mut row {
        map.extend(extra.into_iter().map(|(name, value)| (name.to_owned(), value)));
    }
    row
}

fn revoke(remote: &Remote, key: &str) -> ExitCode {
    let id = if key.starts_with("key_") {
        key.to_owned()
    } else {
        let found = match remote.ask(Method::GET, &format!("/api/v1/keys?name={}", encoded(key)), None) {
            Ok(list) => rows(&list).first().and_then(|r| r.get("id")?.as_str().map(ToOwned::to_owned)),
            Err(error) => return output::fail(&error, 1),
        };
        let Some(id) = found else {
            output::note(format!("gatewright: there is no key named '{key}'"));
            return ExitCode::FAILURE;
        };
        id
    };
    remote.ask_and_print(Method::DELETE, &format!("/api/v1/keys/{id}"), None, |_| {
        output::line(format!("revoked {id}"));
    })
}

impl CreateArguments {
    fn body(&self) -> Value {
        let mut body = Map::new();
        body.insert("name".to_owned(), json!(self.name));
        let lists = [
            ("models", &self.models),
            ("endpoints", &self.endpoints),
            ("allowed_ips", &self.allowed_ips),
            ("allowed_origins", &self.allowed_origins),
            ("required_metadata", &self.required_metadata),
        ];
        for (name, values) in lists.into_iter().filter(|(_, values)| !values.is_empty()) {
            body.insert(name.to_owned(), json!(values));
        }
        let limits = json!({ "rpm": self.rpm, "tpm": self.tpm, "max_parallel": self.max_parallel });
        body.insert("limits".to_owned(), limits);
        if let Some(limit) = &self.budget_usd {
            body.insert("budget".to_owned(), json!({ "limit_usd": limit, "period": self.budget_period }));
        }
        let texts = [
            ("priority", &self.priority),
            ("expires_at", &self.expires_at),
            ("team_id", &self.team_id),
            ("user_id", &self.user_id),
        ];
        for (name, value) in texts {
            if let Some(value) = value {
                body.insert(name.to_owned(), json!(value));
            }
        }
        Value::Object(body)
    }
}
