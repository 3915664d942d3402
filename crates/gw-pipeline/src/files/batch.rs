//! A batch about to begin: its file must be the caller's, its models must still be allowed, and its cost must be
//! something that its key may have.

use super::NOTE_SEPARATOR;
use super::claim::{caller, find, unknown};
use crate::live::Live;
use crate::ticket::Ticket;
use gw_model::{Call, ErrorCode, Refusal};
use gw_store::objects::{Object as Stored, ObjectKind};
use gw_wire::json::Object;
use std::sync::Arc;

/// Deepest JSON that is read here.
const MAX_DEPTH: usize = 64;

/// The file that a batch is to be made of. `None` when the gateway does not know it, which only the operator may name.
pub(super) async fn input(ticket: &Ticket, call: &Call) -> Result<Option<Arc<Stored>>, Refusal> {
    let object =
        Object::parse(&call.body, MAX_DEPTH).map_err(|error| gw_wire::facts::json_refusal(&error))?;
    let id = object.get("input_file_id").and_then(|value| value.as_str());
    let id = id.ok_or_else(|| refuse("`input_file_id` is missing: upload the requests as a file first"))?;
    let found = find(ticket, ObjectKind::File, &id, caller(ticket)).await?;
    if found.is_none() && ticket.key().is_some() {
        return Err(unknown(ObjectKind::File, &id).param("input_file_id"));
    }
    Ok(found)
}

/// Judges a batch of that file at that provider; the model of the file.
pub(super) fn check(
    ticket: &Ticket,
    live: &Live,
    file: Option<&Stored>,
    provider: &str,
) -> Result<String, Refusal> {
    if ticket.chain().budgets().next().is_some() || live.has_budget(provider) {
        return Err(under_budget());
    }
    let Some(file) = file else { return Ok(String::new()) };
    if file.provider != provider {
        let text = format!(
            "the file is kept by the provider '{}', and the batch is for '{provider}'",
            file.provider
        );
        return Err(refuse(&text));
    }
    let Some(key) = ticket.key() else { return Ok(file.model.clone()) };
    let mut note = file.detail.split(NOTE_SEPARATOR);
    if note.next() != Some("batch") {
        return Err(refuse("the file was not uploaded with the purpose 'batch'"));
    }
    // What was allowed at the upload may not be any more.
    let is_allowed = |model: &str| {
        let is_alias = live.snapshot.models.contains_key(model);
        key.allows_model(&[model]) || (!is_alias && key.allows_model(&[&format!("{provider}/{model}")]))
    };
    match note.find(|model| !is_allowed(model)) {
        Some(model) => Err(crate::authorize::not_allowed(model)),
        None => Ok(file.model.clone()),
    }
}

fn refuse(text: &str) -> Refusal {
    Refusal::new(ErrorCode::InvalidRequest, text.to_owned()).param("input_file_id")
}

/// A batch runs for up to a day: its cost cannot be held, so a hard budget could be overspent.
pub(super) fn under_budget() -> Refusal {
    let text = "this key or what it calls has a hard budget, and what a batch costs is known only when it is done; \
                use a key, and a provider, without a budget for batches";
    Refusal::new(ErrorCode::BudgetExceeded, text)
}
