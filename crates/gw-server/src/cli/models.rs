//! `gatewright models`: what can be called, at what price, and what is known of it; and aliases that the admin API manages.

use super::client::{Remote, encoded};
use super::resources::{self, CreateArguments, DeleteArguments, Kind, UpdateArguments, Which};
use super::{keys, output, table};
use clap::{Args, Subcommand};
use serde_json::{Map, Value, json};
use std::process::ExitCode;

/// Columns of the table: their headings are members of the rows that [`readable`] makes.
const COLUMNS: &[&str] = &[
    "MODEL",
    "KIND",
    "INPUT $/M",
    "OUTPUT $/M",
    "CACHE READ $/M",
    "CACHE WRITE $/M",
    "OTHER PRICES $",
    "CONTEXT",
    "MAX OUTPUT",
    "CAPABILITIES",
];

/// Prices that have columns of their own.
const OWN_COLUMNS: [&str; 4] = ["input", "output", "cache_read", "cache_write"];

/// Arguments of `models`.
#[derive(Debug, Args)]
pub(crate) struct ModelsArguments {
    #[command(flatten)]
    remote: Remote,
    #[command(flatten)]
    of: Of,
    #[command(subcommand)]
    command: Option<ModelsCommand>,
}

/// Which ones are listed.
#[derive(Clone, Debug, Args)]
struct Of {
    /// Only this provider's; also one of the catalogue that is not configured.
    #[arg(long)]
    provider: Option<String>,
    /// Only aliases that the admin API manages (`api`).
    #[arg(long, conflicts_with = "provider")]
    managed_by: Option<String>,
}

impl Of {
    /// What is not said behind the command may stand before it.
    fn or(&self, before: &Self) -> Self {
        Self {
            provider: self.provider.as_ref().or(before.provider.as_ref()).cloned(),
            managed_by: self.managed_by.as_ref().or(before.managed_by.as_ref()).cloned(),
        }
    }
}

#[derive(Debug, Subcommand)]
enum ModelsCommand {
    /// Show which models can be called, as without a command.
    List(Of),
    /// Show all that is known of a model.
    Get(Which),
    /// Make an alias: `--name chat --set targets='[{"provider": "west", "model": "m"}]'`.
    Create(Box<CreateArguments<resources::Models>>),
    /// Change an alias. What is not given stays.
    Update(Box<UpdateArguments<resources::Models>>),
    /// Delete an alias.
    Delete(DeleteArguments<resources::Models>),
}

/// Runs the command.
pub(crate) fn run(arguments: &ModelsArguments) -> ExitCode {
    let remote = &arguments.remote;
    resources::done(match &arguments.command {
        None => Ok(list(remote, &arguments.of)),
        Some(ModelsCommand::List(of)) => Ok(list(remote, &of.or(&arguments.of))),
        Some(ModelsCommand::Get(which)) => resources::get(remote, &resources::Models::RESOURCE, which),
        Some(ModelsCommand::Create(asked)) => resources::create(remote, asked),
        Some(ModelsCommand::Update(asked)) => resources::update(remote, asked),
        Some(ModelsCommand::Delete(asked)) => resources::delete(remote, asked),
    })
}

fn list(remote: &Remote, of: &Of) -> ExitCode {
    let mut query = String::new();
    let filters = [("provider", &of.provider), ("managed_by", &of.managed_by)];
    for (name, value) in filters.into_iter().filter_map(|(name, value)| Some((name, value.as_deref()?))) {
        query.push_str(&format!("&{name}={}", encoded(value)));
    }
    remote.list_and_print("/api/v1/models", &query, |list| {
        let rows = keys::rows(list);
        let is_configured = |row: &Value| row.get("configured") != Some(&Value::Bool(false));
        if let (Some(provider), false) = (&of.provider, rows.iter().all(is_configured)) {
            output::note(format!(
                "'{provider}' is not configured here; this is what the catalogue knows of it"
            ));
        }
        if of.managed_by.is_some() {
            let rows: Vec<Value> = rows.iter().map(alias).collect();
            return table::print(&["id", "strategy", "targets", "problem", "updated_at"], &rows);
        }
        let readable: Vec<Value> = rows.iter().map(readable).collect();
        table::print(COLUMNS, &readable);
    })
}

/// An alias for people: where it leads, as it was written.
fn alias(row: &Value) -> Value {
    let mut out = row.clone();
    out["strategy"] = row["settings"]["strategy"].clone();
    let targets = row["settings"]["targets"].as_array().into_iter().flatten();
    let text = |target: &Value, name: &str| target[name].as_str().unwrap_or_default().to_owned();
    let targets = targets.map(|target| format!("{}/{}", text(target, "provider"), text(target, "model")));
    out["targets"] = targets.collect();
    out
}

/// A row for people. Prices are those of the standard tier and of short prompts; `--json` has all.
fn readable(row: &Value) -> Value {
    let none = Vec::new();
    let prices = row.get("prices").and_then(Value::as_array).unwrap_or(&none);
    let usual = || prices.iter().filter(|p| p.get("tier").is_none() && p.get("above_tokens").is_none());
    let text = |price: &Value, name: &str| price.get(name).and_then(Value::as_str).unwrap_or("").to_owned();
    let of = |unit: &str| usual().find(|price| text(price, "unit") == unit).map(|price| text(price, "usd"));
    let others = usual().filter(|price| !OWN_COLUMNS.contains(&text(price, "unit").as_str()));
    let others: Vec<String> = others
        .map(|price| {
            let per = text(price, "per").replace("million ", "M ");
            format!("{} {}/{per}", text(price, "unit"), text(price, "usd"))
        })
        .collect();
    let mut out = Map::new();
    let mut put = |name: &str, value: Value| out.insert(name.to_owned(), value);
    put("MODEL", row.get("id").cloned().unwrap_or_default());
    put("KIND", row.get("mode").filter(|mode| *mode != "").cloned().unwrap_or_default());
    put("INPUT $/M", json!(of("input")));
    put("OUTPUT $/M", json!(of("output")));
    put("CACHE READ $/M", json!(of("cache_read")));
    put("CACHE WRITE $/M", json!(of("cache_write")));
    put("OTHER PRICES $", if others.is_empty() { Value::Null } else { others.join(", ").into() });
    put("CONTEXT", row.get("max_input_tokens").cloned().unwrap_or_default());
    put("MAX OUTPUT", row.get("max_output_tokens").cloned().unwrap_or_default());
    put("CAPABILITIES", capabilities(row));
    Value::Object(out)
}

/// What it can, and behind `!` what it is known not to.
fn capabilities(row: &Value) -> Value {
    let none = Vec::new();
    let list = |name: &str| row.get(name).and_then(Value::as_array).unwrap_or(&none).iter();
    let can = list("capabilities").filter_map(Value::as_str).map(ToOwned::to_owned);
    let lacks = list("lacks").filter_map(Value::as_str).map(|name| format!("!{name}"));
    let all: Vec<String> = can.chain(lacks).collect();
    if all.is_empty() { Value::Null } else { all.join(",").into() }
}
