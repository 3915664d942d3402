//! `gatewright keys`: virtual keys of a running gateway, and the encryption key of one that stands still.

mod change;
mod effective;
mod policy;
mod rotate_encryption;

use super::client::{Remote, encoded};
use super::{output, table};
use clap::{Args, Subcommand};
use http::Method;
use policy::PolicyArguments;
use serde_json::{Value, json};
use std::process::ExitCode;

const PATH: &str = "/api/v1/keys";

/// Of a budget, when nothing is said.
const USUAL_PERIOD: &str = "month";

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
    /// Show all that is known of a key, but the key itself.
    Get(Which),
    /// Show every value that holds for the calls of a key, and where it comes from.
    Effective(effective::EffectiveArguments),
    /// Change a key. What is not given stays.
    Update(Box<change::UpdateArguments>),
    /// Give a key another secret. It is shown once.
    Rotate {
        #[command(flatten)]
        which: Which,
        /// How long the earlier secret stays good, in seconds.
        #[arg(long, default_value_t = 0)]
        grace_seconds: u32,
    },
    /// Stop a key: its calls are refused until it is enabled again.
    Disable(Which),
    /// Let a key go on.
    Enable(Which),
    /// Revoke a key for good.
    Revoke(Which),
    /// Seal all that is sealed in the database with another encryption key. Virtual keys go on working.
    RotateEncryption(rotate_encryption::RotateArguments),
}

/// Which key.
#[derive(Debug, Args)]
pub(super) struct Which {
    /// Id (`key_...`) or name. Called otherwise than the global `--key`, or clap takes them for one.
    #[arg(value_name = "KEY")]
    id_or_name: String,
}

impl Which {
    /// The key's path in the admin API, with its id. Errors: the command is over, with that exit code.
    fn path(&self, remote: &Remote) -> Result<String, ExitCode> {
        let key = &self.id_or_name;
        if key.starts_with("key_") {
            return Ok(format!("{PATH}/{}", encoded(key)));
        }
        let list = remote
            .ask(Method::GET, &format!("{PATH}?name={}", encoded(key)), None)
            .map_err(|error| output::fail(&error, 1))?;
        let found = rows(&list);
        let shown = output::printable(key);
        let text = |row: &Value, member: &str| row[member].as_str().map(ToOwned::to_owned);
        let of = |row: &Value| {
            let owner = ["project_id", "team_id", "user_id"].into_iter().find_map(|member| text(row, member));
            let owner = owner.map_or_else(|| "of nobody".to_owned(), |owner| format!("of {owner}"));
            format!("{} ({})", text(row, "id").unwrap_or_default(), output::printable(&owner))
        };
        match found.as_slice() {
            [row] => return Ok(format!("{PATH}/{}", encoded(&text(row, "id").unwrap_or_default()))),
            [] => output::note(format!("gatewright: there is no key named '{shown}'")),
            several => output::note(format!(
                "gatewright: several keys are named '{shown}', of different owners; give one's id: {}",
                several.iter().map(of).collect::<Vec<_>>().join(", ")
            )),
        }
        Err(ExitCode::FAILURE)
    }
}

#[derive(Debug, Args)]
struct CreateArguments {
    /// Name, for people.
    #[arg(long)]
    name: String,
    #[command(flatten)]
    policy: PolicyArguments,
}

/// Runs the command.
pub(crate) fn run(arguments: KeysArguments) -> ExitCode {
    let remote = arguments.remote;
    done(match arguments.command {
        KeysCommand::Create(create) => {
            Ok(remote.ask_and_print(Method::POST, PATH, Some(&create.body()), show_once))
        }
        KeysCommand::List => Ok(list(&remote)),
        KeysCommand::Get(which) => get(&remote, &which),
        KeysCommand::Effective(arguments) => effective::run(&remote, &arguments),
        KeysCommand::Update(update) => change::run(&remote, &update),
        KeysCommand::Rotate { which, grace_seconds } => rotate(&remote, &which, grace_seconds),
        KeysCommand::Disable(which) => set_disabled(&remote, &which, true),
        KeysCommand::Enable(which) => set_disabled(&remote, &which, false),
        KeysCommand::Revoke(which) => revoke(&remote, &which),
        KeysCommand::RotateEncryption(arguments) => Ok(rotate_encryption::run(&remote, &arguments)),
    })
}

/// Both ways are ends.
fn done(end: Result<ExitCode, ExitCode>) -> ExitCode {
    end.unwrap_or_else(|code| code)
}

fn show_once(made: &Value) {
    let text = |name: &str| made.get(name).and_then(Value::as_str).unwrap_or("-").to_owned();
    output::line(format!("id:  {}\nkey: {}", text("id"), text("key")));
    if let Some(until) = made["previous_key_until"].as_str() {
        output::line(format!("the earlier one is good until {until}"));
    }
    output::note("the key is shown only now; keep it safe");
}

fn list(remote: &Remote) -> ExitCode {
    remote.list_and_print(PATH, "", |list| {
        let rows: Vec<Value> = rows(list).iter().map(flattened).collect();
        let columns = [
            "id",
            "name",
            "team_id",
            "project_id",
            "user_id",
            "models",
            "rpm",
            "tpm",
            "max_parallel",
            "priority",
            "budget_usd",
            "spent_usd",
            "period",
            "expires_at",
            "disabled",
            "managed_by",
        ];
        table::print(&columns, &rows);
    })
}

fn get(remote: &Remote, which: &Which) -> Result<ExitCode, ExitCode> {
    let path = which.path(remote)?;
    Ok(remote.ask_and_print(Method::GET, &path, None, show))
}

/// One thing: a line for each member that says something.
pub(super) fn show(key: &Value) {
    let says = |value: &Value| match value {
        Value::Null => false,
        Value::Array(list) => !list.is_empty(),
        Value::Object(members) => !members.values().all(Value::is_null),
        _ => true,
    };
    let members = key.as_object().into_iter().flatten().filter(|(name, value)| {
        // The first of the budgets stands there twice.
        says(value) && name.as_str() != "budget"
    });
    let rows: Vec<Value> = members.map(|(name, value)| json!({ "member": name, "value": value })).collect();
    table::print(&["member", "value"], &rows);
}

fn rotate(remote: &Remote, which: &Which, grace_seconds: u32) -> Result<ExitCode, ExitCode> {
    let path = format!("{}/rotate", which.path(remote)?);
    let body = json!({ "grace_seconds": grace_seconds });
    Ok(remote.ask_and_print(Method::POST, &path, Some(&body), show_once))
}

fn set_disabled(remote: &Remote, which: &Which, disabled: bool) -> Result<ExitCode, ExitCode> {
    let path = which.path(remote)?;
    Ok(remote.ask_and_print(Method::PATCH, &path, Some(&json!({ "disabled": disabled })), |_| {
        output::line(if disabled { "disabled" } else { "enabled" });
    }))
}

/// The rows of a list answer.
pub(super) fn rows(list: &Value) -> Vec<Value> {
    list.get("data").and_then(Value::as_array).cloned().unwrap_or_default()
}

/// Limits and budget beside the other columns.
pub(super) fn flattened(row: &Value) -> Value {
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

fn revoke(remote: &Remote, which: &Which) -> Result<ExitCode, ExitCode> {
    let path = which.path(remote)?;
    Ok(remote.ask_and_print(Method::DELETE, &path, None, |_| {
        output::line(format!("revoked {}", path.rsplit('/').next().unwrap_or(&path)));
    }))
}

impl CreateArguments {
    fn body(&self) -> Value {
        let mut body = self.policy.body();
        body.insert("name".to_owned(), json!(self.name));
        if let Some(budget) = body.get_mut("budget").and_then(Value::as_object_mut) {
            budget.entry("period").or_insert_with(|| json!(USUAL_PERIOD));
        }
        Value::Object(body)
    }
}
