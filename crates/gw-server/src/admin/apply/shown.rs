//! A plan as JSON: what is done to what, field by field, and a mark that is another one when anything differs.

use super::form::{self, Form, differences};
use crate::app::apply::{Change, Plan, Planned};
use gw_model::{AccountId, KeyPolicy, Level};
use gw_store::keys::fingerprint;
use serde_json::{Value, json};

/// A plan; `files` are their names.
pub(super) fn plan(plan: &Plan, files: &[&str]) -> Value {
    let changes: Vec<Value> = plan.changes.iter().map(|planned| change(plan, planned, files)).collect();
    let count =
        |action: &str| plan.changes.iter().filter(|planned| planned.change.action() == action).count();
    let left: Vec<Value> = plan
        .left
        .iter()
        .map(|left| json!({ "kind": left.level.as_str(), "id": left.id, "path": left.path }))
        .collect();
    json!({
        "document": plan.document,
        "plan": mark(plan, &changes),
        "summary": {
            "create": count("create"),
            "change": count("change"),
            "delete": count("delete"),
            "unchanged": plan.unchanged,
        },
        "changes": changes,
        "not_in_document": left,
    })
}

fn change(plan: &Plan, planned: &Planned, files: &[&str]) -> Value {
    let (account, is_new) = (planned.change.account(), planned.change.action() == "create");
    let id = match account.level {
        Level::Key => gw_model::KeyId(account.number).to_string(),
        _ => account.to_string(),
    };
    let spot = planned.entry.as_ref().map(|entry| entry.spot);
    json!({
        "action": planned.change.action(),
        "kind": account.level.as_str(),
        "path": planned.path,
        // What is to be made has its id only then.
        "id": (!is_new).then_some(id),
        "file": spot.and_then(|spot| files.get(spot.file)),
        "line": spot.map(|spot| spot.place.line),
        "column": spot.map(|spot| spot.place.column),
        "fields": fields(plan, &planned.change),
        "makes_key": matches!(planned.change, Change::CreateKey { secret: None, .. }),
    })
}

fn fields(plan: &Plan, change: &Change) -> Vec<Value> {
    let paths = &plan.paths;
    let of_account = |id: AccountId, profile| form::account(id.level, profile, paths);
    let of_key = |policy: &KeyPolicy, secret: &str| {
        let mut form = form::key(policy, paths);
        form.append(&mut form::key_above(policy, paths));
        if !secret.is_empty() {
            form.insert("key".to_owned(), secret.into());
        }
        form
    };
    let (before, after) = match change {
        Change::CreateAccount(made) => (Form::new(), of_account(made.id, &made.profile)),
        Change::UpdateAccount { before, profile } => {
            (of_account(before.id, &before.profile), of_account(before.id, profile))
        }
        Change::CreateKey { policy, secret, .. } => {
            let secret = if secret.is_some() { "(given)" } else { "(made)" };
            (Form::new(), of_key(policy, secret))
        }
        Change::UpdateKey { before, policy, secret } => {
            let (was, is) = if secret.is_some() { ("(present)", "(another)") } else { ("", "") };
            (of_key(&before.policy, was), of_key(policy, is))
        }
        Change::DeleteAccount(_) | Change::RevokeKey(_) => return Vec::new(),
    };
    differences(&before, &after)
}

/// The same for the same plan: of what there is, its revision counts too.
fn mark(plan: &Plan, changes: &[Value]) -> String {
    let revision = |change: &Change| match change {
        Change::UpdateAccount { before, .. } | Change::DeleteAccount(before) => before.revision,
        Change::UpdateKey { before, .. } | Change::RevokeKey(before) => before.revision,
        Change::CreateAccount(_) | Change::CreateKey { .. } => 0,
    };
    let revisions: Vec<i64> = plan.changes.iter().map(|planned| revision(&planned.change)).collect();
    let text = json!([plan.document, revisions, changes]).to_string();
    let digest = fingerprint("plan", text.as_bytes());
    digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}
