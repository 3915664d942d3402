//! Calls that name a provider and a path there in place of a model, and go on as they are. They pass the same stages
//! as every call; here is what those stages ask in place of a model's name. It must not read or change a body beyond
//! the facts that a price needs.

use crate::authorize::{check_region, not_allowed, refuse_background, refuse_hidden_models, refuse_stored};
use crate::inbound::PathFacts;
use crate::lineup::Lineup;
use crate::live::Live;
use crate::route::resolve;
use crate::ticket::Ticket;
use bytes::Bytes;
use gw_model::snapshot::RetryOn;
use gw_model::{Call, CallFacts, ErrorCode, RawLine, Refusal};
use gw_wire::json::Object;
use std::sync::Arc;

/// Notes what the path is known to ask for, and what it says besides. Whether the provider exists is asked later.
pub(crate) fn recognise(line: &mut RawLine, live: &Live, path: &mut PathFacts) {
    let Some(provider) = live.snapshot.providers.get(&*line.provider) else { return };
    // A body that is packed cannot be read.
    if line.method != "POST" || line.header("content-encoding").is_some() {
        return;
    }
    path.model = gw_providers::recognise::model_of(&line.path);
    if let Some(known) = gw_providers::recognise(provider.kind, &line.path) {
        line.format = Some(known.format);
        path.model = known.model;
        path.stream = known.stream;
    }
}

/// The facts of a body of which nothing is known: it holds no tokens.
pub(crate) fn nothing_known() -> CallFacts {
    CallFacts { max_output_tokens: Some(0), choices: 1, ..CallFacts::default() }
}

/// The facts of a body in a format that is not known: at most the model that it names. Errors: it looks like JSON and is
/// none that can be read in one way only.
pub(crate) fn facts_of_unknown(body: &Bytes, max_depth: usize) -> Result<CallFacts, Refusal> {
    let mut facts = nothing_known();
    let text = body.trim_ascii_start();
    if [&b"\xef\xbb\xbf"[..], b"\xfe\xff", b"\xff\xfe"].iter().any(|mark| text.starts_with(mark)) {
        let why = "the body begins with a byte order mark; send JSON as plain UTF-8";
        return Err(Refusal::new(ErrorCode::InvalidRequest, why));
    }
    if text.starts_with(b"[") {
        // Only that there is one way to read it.
        let whole = Bytes::from([b"{\"_\":", text, b"}"].concat());
        Object::parse(&whole, max_depth).map_err(|error| gw_wire::facts::json_refusal(&error))?;
    }
    if text.starts_with(b"{") {
        let object = Object::parse(body, max_depth).map_err(|error| gw_wire::facts::json_refusal(&error))?;
        let model = object.get("model").and_then(|value| value.as_str());
        if let Some(model) = model.filter(|model| model.len() <= MAX_MODEL_BYTES) {
            facts.model = model.into_owned();
        }
    }
    Ok(facts)
}

/// Longest model name that is kept, in bytes.
const MAX_MODEL_BYTES: usize = 512;

/// Which provider, and whether this caller may have the model there, as far as one is known.
pub(crate) fn authorize(
    ticket: &mut Ticket,
    live: &Live,
    call: &Call,
    line: &RawLine,
) -> Result<Arc<Lineup>, Refusal> {
    gw_providers::check_path(&line.path)?;
    let snapshot = &live.snapshot;
    let Some(provider) = snapshot.providers.get(&*line.provider) else {
        let text = format!("there is no provider '{}' here", line.provider);
        return Err(Refusal::new(ErrorCode::NotFound, text));
    };
    let facts = &call.facts;
    let mut model = resolve::provider_itself(snapshot, provider, &facts.model);
    if !line.is_idempotent() {
        model.retry.on = vec![RetryOn::Connect];
    }
    let model = live.lineup(Arc::new(model));
    if !facts.model.is_empty() {
        ticket.name_model(&model, || resolve::is_configured(snapshot, &model));
    } else if !ticket.record.model.is_empty() {
        // What a batch is about to call.
        if let Ok(found) = live.resolve(&ticket.record.model, call.format) {
            ticket.name_model(&found.model, || found.is_configured);
        }
    }
    let has_budget = ticket.chain().budgets().next().is_some() || model.has_budgets();
    let is_strict = model.is_strict() || ticket.chain().budgets().any(|budget| budget.strict);
    // Files cost nothing, and a batch under a budget has been refused already.
    let is_free = line.object.is_some();
    let Some(key) = ticket.key() else {
        // The master key may call everything, but not beyond the budgets of what it calls.
        if has_budget && !is_free {
            refuse_unbounded(line, facts, is_strict)?;
            line.unread.clone().map_or(Ok(()), Err)?;
            refuse_packed(line, &call.body)?;
            refuse_hidden_models(call, &model)?;
            refuse_background(call)?;
        }
        return Ok(model);
    };
    let name = &*provider.name;
    if !key.allows_provider(name) || !ticket.beside_allows(|policy| policy.allows_provider(name)) {
        let text = format!("what this key belongs to may not call the provider '{name}'");
        return Err(Refusal::new(ErrorCode::ModelNotAllowed, text));
    }
    check_region(ticket, provider)?;
    let every_model = key.allows_every_model() && ticket.beside_allows(|policy| policy.models.is_none());
    let is_bounded = !every_model || has_budget;
    if has_budget && !is_free {
        refuse_unbounded(line, facts, is_strict)?;
    }
    // What cannot be read here the provider may read all the same: models, files and answers of other keys in it.
    if let Some(refusal) = &line.unread {
        return Err(refusal.clone());
    }
    refuse_packed(line, &call.body)?;
    if is_bounded && !is_free {
        refuse_hidden_models(call, &model)?;
        refuse_background(call)?;
    }
    refuse_stored(call)?;
    let is_named = !facts.model.is_empty();
    let names: [&str; 2] = [&facts.model, &model.name];
    let is_allowed =
        || key.allows_model(&names) && ticket.beside_allows(|policy| policy.allows_model(&names));
    if is_named && !is_allowed() {
        return Err(not_allowed(&facts.model));
    }
    Ok(model)
}

/// A packed body says nothing to us, and anything to the provider.
fn refuse_packed(line: &RawLine, body: &Bytes) -> Result<(), Refusal> {
    let coding = line.header("content-encoding").filter(|coding| !coding.eq_ignore_ascii_case(b"identity"));
    if body.is_empty() || coding.is_none() {
        return Ok(());
    }
    let text = "the body is compressed, so that it can not be seen what it asks for; send it as it is";
    Err(Refusal::new(ErrorCode::InvalidRequest, text).param("content-encoding"))
}

/// Under a hard budget only a call whose largest cost is known goes out.
fn refuse_unbounded(line: &RawLine, facts: &CallFacts, is_strict: bool) -> Result<(), Refusal> {
    if line.format.is_none() {
        let text = "what this path may cost is not known here, and this key has a hard budget; use a path whose \
                    format the gateway knows, or a key without a budget";
        return Err(Refusal::new(ErrorCode::BudgetExceeded, text));
    }
    if is_strict && facts.max_output_tokens.is_none() && !facts.stream && line.unread.is_none() {
        let text = "this key's budget is strict, and the body goes on as it is: state the most tokens to answer with";
        return Err(Refusal::new(ErrorCode::InvalidRequest, text));
    }
    Ok(())
}
