//! `gatewright models`: what can be called, at what price, and what is known of it.

use super::client::{Remote, encoded};
use super::{keys, output, table};
use clap::Args;
use http::Method;
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
    /// Only this provider's; also one of the catalogue that is not configured.
    #[arg(long)]
    provider: Option<String>,
}

/// Runs the command.
pub(crate) fn run(arguments: &ModelsArguments) -> ExitCode {
    let mut path = "/api/v1/models?limit=10000".to_owned();
    if let Some(provider) = &arguments.provider {
        path.push_str(&format!("&provider={}", encoded(provider)));
    }
    arguments.remote.ask_and_print(Method::GET, &path, None, |list| {
        let rows = keys::rows(list);
        let is_configured = |row: &Value| row.get("configured") != Some(&Value::Bool(false));
        if let (Some(provider), false) = (&arguments.provider, rows.iter().all(is_configured)) {
            output::note(format!(
                "'{provider}' is not configured here; this is what the catalogue knows of it"
            ));
        }
        let readable: Vec<Value> = rows.iter().map(readable).collect();
        table::print(COLUMNS, &readable);
    })
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
