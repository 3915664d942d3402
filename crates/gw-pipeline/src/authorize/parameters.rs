//! The parameters of a call, by the rules of its key and of all that it counts for: what it may not have is refused, what is
//! set is put into its body. Calls of whoever has no such rules are not looked into. It must not change what goes to a
//! provider's path as it is: that has to say what is forced itself.

use crate::ticket::Open;
use bytes::Bytes;
use gw_model::access::{Access, ParameterRules, parameter_key};
use gw_model::{Call, CallFacts, ErrorCode, Refusal, WireFormat};
use gw_wire::parameters::{Given, Wish, first_other, given, given_in_form, with};
use serde_json::Value;
use std::cell::RefCell;

/// Checks the parameters of a call, and sets those that are to be set.
///
/// # Errors
/// `unsupported_parameter`: it has one that it may not have, or one cannot be set where it is.
pub(crate) fn apply_parameters(ticket: &Open, call: &mut Call, max_depth: usize) -> Result<(), Refusal> {
    if !has_rules(ticket) {
        return Ok(());
    }
    if let Some(line) = &call.raw {
        return match line.format {
            Some(format) => check_as_it_is(ticket, format, &call.body),
            None if line.object.is_none() && !call.body.is_empty() => Err(unseen(ticket)),
            None => Ok(()),
        };
    }
    if call.format == WireFormat::OpenAiRealtime {
        return refuse_forced(ticket);
    }
    // What is counted is not generated.
    if call.format.counts().is_some() {
        return Ok(());
    }
    if call.facts.is_form {
        return check_form(ticket, call);
    }
    let found = given(call.format, &call.body).map_err(|_| unseen(ticket))?;
    check(ticket, call.format, &found)?;
    let (defaults, forced) = wanted(ticket);
    let wishes: Vec<Wish<'_>> = wishes(&forced, true).chain(wishes(&defaults, false)).collect();
    let changed = with(call.format, &call.body, &wishes).map_err(|_| unseen(ticket))?;
    let Some(body) = changed.map(Bytes::from) else { return Ok(()) };
    let facts = gw_wire::facts::read_with_model(call.format, &body, max_depth, &call.facts.model)?;
    call.facts =
        CallFacts { stream: facts.stream || call.facts.stream, json_array: call.facts.json_array, ..facts };
    call.body = body;
    Ok(())
}

/// Checks a request that goes on as it is: a line of a batch, or a body for a provider's path.
pub(crate) fn check_as_it_is(ticket: &Open, format: WireFormat, body: &[u8]) -> Result<(), Refusal> {
    if !has_rules(ticket) {
        return Ok(());
    }
    let found = given(format, body).map_err(|_| unseen(ticket))?;
    check(ticket, format, &found)?;
    let (_, forced) = wanted(ticket);
    let all: Vec<Wish<'_>> = wishes(&forced, true).collect();
    match first_other(format, body, &all).map_err(|_| unseen(ticket))? {
        Some(name) => Err(must_say(&forced, name)),
        None => Ok(()),
    }
}

/// Checks the names that an event says something of, for a session or a response.
pub(crate) fn check_parameter_names(
    ticket: &Open,
    names: impl FnOnce() -> Option<Vec<String>>,
) -> Result<(), Refusal> {
    if !has_rules(ticket) {
        return Ok(());
    }
    let names = names().ok_or_else(|| unseen(ticket))?;
    let found = names.into_iter().map(|name| Given { key: parameter_key(&name), name });
    let found: Vec<Given> = found.filter(|one| !gw_model::access::is_content(&one.key)).collect();
    check(ticket, WireFormat::OpenAiRealtime, &found)
}

fn rules(access: &Access) -> Option<&ParameterRules> {
    access.calls.parameters.as_deref()
}

fn has_rules(ticket: &Open) -> bool {
    ticket.access(|access| rules(access).map(|_| ())).is_some()
}

/// May the call have these?
fn check(ticket: &Open, format: WireFormat, found: &[Given]) -> Result<(), Refusal> {
    for one in found {
        // A format that cannot do without one has it, whatever list it is missing in.
        let is_needed = format == WireFormat::AnthropicMessages && one.key == "maxtokens";
        let refuses = |access: &Access| {
            let rules = rules(access)?;
            let allows = match is_needed {
                true => !rules.denied.iter().any(|name| parameter_key(name) == one.key),
                false => rules.allows(&one.key),
            };
            (!allows).then_some(())
        };
        if let Some((holder, ())) = ticket.access(refuses) {
            let text = format!("calls of {holder} may not have the parameter '{}'; leave it out", one.name);
            return Err(Refusal::new(ErrorCode::UnsupportedParameter, text).param(one.name.clone()));
        }
    }
    Ok(())
}

/// Parameters by their keys: names and values as the rules have them.
type Set = Vec<(String, String, Value)>;

/// What is set where the call says nothing, and what is set in any case. Of defaults the nearest to the key counts, of what is
/// forced the highest above it; what customers and tags say comes behind.
fn wanted(ticket: &Open) -> (Set, Set) {
    let (defaults, forced) = (RefCell::new(Set::new()), RefCell::new(Set::new()));
    let put = |set: &mut Set, (name, value): (&String, &Value), overrules: bool| {
        let key = parameter_key(name);
        let new = (key, name.clone(), value.clone());
        match set.iter_mut().find(|(known, ..)| *known == new.0) {
            Some(known) if overrules => *known = new,
            Some(_) => {}
            None => set.push(new),
        }
    };
    let take = |access: &Access, is_beside: bool| {
        let rules = rules(access)?;
        rules.defaults.iter().for_each(|one| put(&mut defaults.borrow_mut(), one, false));
        rules.forced.iter().for_each(|one| put(&mut forced.borrow_mut(), one, !is_beside));
        None::<()>
    };
    ticket.access_of_key(|access| take(access, false));
    for account in ticket.beside() {
        account.access(|access| take(access, true));
    }
    let (mut defaults, forced) = (defaults.into_inner(), forced.into_inner());
    defaults.retain(|(key, ..)| !forced.iter().any(|(known, ..)| known == key));
    (defaults, forced)
}

fn wishes(set: &Set, is_forced: bool) -> impl Iterator<Item = Wish<'_>> {
    set.iter().map(move |(_, name, value)| Wish { name, value, is_forced })
}

/// Forms are not written anew.
fn check_form(ticket: &Open, call: &Call) -> Result<(), Refusal> {
    let content_type = call.forward_headers.iter().find(|(name, _)| *name == "content-type");
    let fields = content_type.and_then(|(_, kind)| given_in_form(&call.body, kind));
    let fields = fields.ok_or_else(|| unseen(ticket))?;
    let names: Vec<Given> = fields.iter().map(|(one, _)| one.clone()).collect();
    check(ticket, call.format, &names)?;
    let (_, forced) = wanted(ticket);
    for (key, name, value) in &forced {
        let wanted = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        if fields.iter().any(|(one, text)| one.key == *key && *text != wanted) {
            return Err(must_say(&forced, name));
        }
    }
    Ok(())
}

/// A session goes on for long, and only its client says what it is to be.
fn refuse_forced(ticket: &Open) -> Result<(), Refusal> {
    let forces = |access: &Access| (!rules(access)?.forced.is_empty()).then_some(());
    let Some((holder, ())) = ticket.access(forces) else { return Ok(()) };
    let text = format!("parameters of calls of {holder} are set here, and cannot be in sessions");
    Err(Refusal::new(ErrorCode::UnsupportedParameter, text))
}

fn must_say(forced: &Set, name: &str) -> Refusal {
    let value = forced.iter().find(|(_, known, _)| known == name).map(|(.., value)| value.to_string());
    let text = format!(
        "the parameter '{name}' must be {} here, and this request goes on as it is; say so in it",
        value.unwrap_or_default()
    );
    Refusal::new(ErrorCode::UnsupportedParameter, text).param(name.to_owned())
}

fn unseen(ticket: &Open) -> Refusal {
    let holder = ticket.access(|access| rules(access).map(|_| ())).map(|(holder, ())| holder);
    let holder = holder.unwrap_or_default();
    let text = format!(
        "calls of {holder} may have certain parameters only, and it cannot be seen here which this one has"
    );
    Refusal::new(ErrorCode::UnsupportedParameter, text)
}
