//! `gatewright keys effective`: every value that holds for a key's calls, and who says so, as a table.

use super::Which;
use crate::cli::client::Remote;
use crate::cli::table;
use clap::Args;
use http::Method;
use serde_json::{Value, json};
use std::process::ExitCode;

/// Arguments of `keys effective`.
#[derive(Debug, Args)]
pub(super) struct EffectiveArguments {
    #[command(flatten)]
    which: Which,
    /// Also show what was looked at and does not decide, in lines that begin with a dash.
    #[arg(long)]
    considered: bool,
}

/// Members that say which key it is, or are told in lines of their own.
const ELSEWHERE: [&str; 4] = ["key_id", "belongs_to", "usable", "unusable_because"];

/// Runs the command. Errors: it is over, with that exit code.
pub(super) fn run(remote: &Remote, arguments: &EffectiveArguments) -> Result<ExitCode, ExitCode> {
    let path = format!("{}/effective", arguments.which.path(remote)?);
    Ok(remote.ask_and_print(Method::GET, &path, None, |explained| {
        table::print(&["value", "effective", "from"], &rows(explained, arguments.considered));
    }))
}

/// The lines of an explanation.
fn rows(explained: &Value, considered: bool) -> Vec<Value> {
    let mut lines = Lines { rows: Vec::new(), considered };
    lines.add("belongs_to", &Value::Null, &explained["belongs_to"]);
    lines.add("usable", &explained["usable"], &Value::Null);
    for reason in explained["unusable_because"].as_array().into_iter().flatten() {
        lines.add("unusable_because", &reason["message"], &reason["from"]);
    }
    let parts = explained.as_object().into_iter().flatten();
    for (name, part) in parts.filter(|(name, _)| !ELSEWHERE.contains(&name.as_str())) {
        lines.part(name, part);
    }
    lines.rows
}

struct Lines {
    rows: Vec<Value>,
    considered: bool,
}

impl Lines {
    fn add(&mut self, value: &str, effective: &Value, from: &Value) {
        let from = Some(sources(from)).filter(|text| !text.is_empty());
        self.rows.push(json!({ "value": value, "effective": effective, "from": from }));
    }

    /// A value, several of one name, or values within one.
    fn part(&mut self, name: &str, part: &Value) {
        match part {
            Value::Array(items) if items.is_empty() => self.add(name, &Value::Null, &Value::Null),
            Value::Array(items) => items.iter().for_each(|item| self.item(name, item)),
            Value::Object(members) if members.contains_key("effective") => {
                self.decided(name, &part["effective"], part);
            }
            Value::Object(members) if members.is_empty() => self.add(name, &Value::Null, &Value::Null),
            Value::Object(members) => {
                for (inner, part) in members {
                    self.part(&format!("{name}.{inner}"), part);
                }
            }
            plain => self.add(name, plain, &Value::Null),
        }
    }

    /// A limit, a budget, or what one of several asks for.
    fn item(&mut self, name: &str, item: &Value) {
        if item.get("effective").is_none() {
            return self.add(name, &item["value"], &item["from"]);
        }
        self.decided(&format!("{name} {}", what(item)), &amount(&item["effective"]), item);
    }

    fn decided(&mut self, name: &str, effective: &Value, part: &Value) {
        self.add(name, effective, &part["from"]);
        let considered = part["considered"].as_array().filter(|_| self.considered);
        for other in considered.into_iter().flatten() {
            let value = amount(&other["value"]);
            self.add(&format!("- {name}"), &value, &other["from"]);
        }
    }
}

/// What a limit or a budget counts, in words.
fn what(item: &Value) -> String {
    let text = |name: &str| item[name].as_str().unwrap_or_default().to_owned();
    let mut out = match item["period"].as_str() {
        Some(period) => format!("per {period}"),
        None => text("unit"),
    };
    if let Some(seconds) = item["per_seconds"].as_u64().filter(|seconds| *seconds > 0) {
        out.push_str(&format!(" per {seconds} s"));
    }
    for (list, word) in [("models", "of"), ("providers", "at")] {
        let names: Vec<&str> =
            item[list].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        if !names.is_empty() {
            out.push_str(&format!(" {word} {}", names.join(",")));
        }
    }
    if item["shadow"] == true {
        out.push_str(" (shadow)");
    }
    out
}

/// How much a limit or a budget allows; anything else as it is.
fn amount(value: &Value) -> Value {
    match (&value["limit_usd"], &value["limit"], &value["spent_usd"]) {
        (Value::String(usd), _, Value::String(spent)) => json!(format!("{usd} USD, {spent} spent")),
        (Value::String(usd), ..) => json!(format!("{usd} USD")),
        (_, limit @ Value::Number(_), _) => limit.clone(),
        _ => value.clone(),
    }
}

/// Who says so: one, or several.
fn sources(from: &Value) -> String {
    match from {
        Value::Array(list) => list.iter().map(sources).collect::<Vec<_>>().join(", "),
        Value::Object(_) => {
            let text = |value: &Value| value.as_str().map(ToOwned::to_owned);
            let mut out = text(&from["level"]).unwrap_or_default();
            if let Some(name) = text(&from["name"]).or_else(|| text(&from["id"])) {
                out.push_str(&format!(" {name}"));
            }
            if let Some(plan) = text(&from["plan"]["name"]) {
                out.push_str(&format!(" (plan {plan})"));
            }
            out
        }
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests;
