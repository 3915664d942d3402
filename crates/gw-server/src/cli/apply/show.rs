//! Plans for people: what is made (+), changed (~) and removed (-), field by field.

use crate::cli::output;
use serde_json::Value;
use std::collections::HashSet;

/// Prints a plan.
pub(super) fn plan(plan: &Value) {
    for change in changes(plan) {
        let sign = match change["action"].as_str() {
            Some("create") => '+',
            Some("delete") => '-',
            _ => '~',
        };
        output::line(format!("{sign} {} {}", text(&change["kind"]), text(&change["path"])));
        for field in change["fields"].as_array().into_iter().flatten() {
            let name = text(&field["field"]);
            let line = match (&field["before"], &field["after"]) {
                (Value::Null, after) => format!("    {name}: {}", said(after)),
                (before, Value::Null) => format!("    {name}: {} -> nothing", said(before)),
                (before, after) => format!("    {name}: {} -> {}", said(before), said(after)),
            };
            output::line(line);
        }
    }
    let left = plan["not_in_document"].as_array().map_or(&[][..], Vec::as_slice);
    for entry in left {
        output::note(format!(
            "{} {} is no longer in the document; --prune removes it",
            text(&entry["kind"]),
            text(&entry["path"])
        ));
    }
    match changes(plan).next() {
        None => output::line(format!(
            "no changes: {} entries are as the document says",
            plan["summary"]["unchanged"]
        )),
        Some(_) => output::line(format!("plan: {}", summary(plan))),
    }
}

/// As in "2 to create, 1 to change, 0 to delete, 7 unchanged".
pub(super) fn summary(plan: &Value) -> String {
    let count = |name: &str| plan["summary"][name].as_u64().unwrap_or(0);
    format!(
        "{} create, {} change, {} delete, {} unchanged",
        count("create"),
        count("change"),
        count("delete"),
        count("unchanged")
    )
}

/// Names of keys that need a secret.
pub(super) fn keys_to_make(plan: &Value) -> Vec<String> {
    changes(plan).filter(|change| change["makes_key"] == true).map(|change| text(&change["path"])).collect()
}

/// The same among the first so many changes.
pub(super) fn keys_among(plan: &Value, most: usize) -> HashSet<String> {
    let first = changes(plan).take(most);
    first.filter(|change| change["makes_key"] == true).map(|change| text(&change["path"])).collect()
}

/// A line for each fault of a refusal.
pub(super) fn faults(answer: &Value) -> Vec<String> {
    let faults = answer.pointer("/error/faults").and_then(Value::as_array);
    let line = |fault: &Value| {
        let (file, message) = (text(&fault["file"]), text(&fault["message"]));
        match (fault["line"].as_u64(), fault["field"].as_str()) {
            (Some(line @ 1..), Some(field)) if !field.is_empty() => {
                format!("{file}:{line}:{}: {field}: {message}", fault["column"])
            }
            (Some(line @ 1..), _) => format!("{file}:{line}:{}: {message}", fault["column"]),
            _ => format!("{file}: {message}"),
        }
    };
    faults.into_iter().flatten().map(line).collect()
}

fn changes(plan: &Value) -> impl Iterator<Item = &Value> {
    plan["changes"].as_array().into_iter().flatten()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// Texts without their quotes.
fn said(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned)
}
