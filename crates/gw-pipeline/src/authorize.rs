//! Second stage: may this caller use this endpoint and this model. Resolves the model's name, since what
//! is allowed is what would run. It must not take anything from a limit.

mod calls;
mod deny;
mod parameters;

pub(crate) use calls::{check_region, check_tool_names, check_tools, check_tools_of};
pub(crate) use parameters::{check_as_it_is, check_parameter_names};

use crate::files::Claimed;
use crate::lineup::Lineup;
use crate::live::Live;
use crate::raw;
use crate::route::resolve::Resolution;
use crate::route::subject;
use crate::ticket::{Rejected, Ticket};
use gw_model::access::Access;
use gw_model::catalog::ProviderKind;
use gw_model::{Call, ErrorCode, Refusal, WireFormat, snapshot::Model};
use serde_json::Value;
use std::sync::Arc;

/// Proof that the caller may make this call. Made here only.
pub(crate) struct Permitted {
    pub(crate) ticket: Ticket,
    pub(crate) live: Arc<Live>,
    pub(crate) call: Box<Call>,
    pub(crate) model: Arc<Lineup>,
    _proof: (),
}

/// Checks endpoint, model and parameters; what rules set is in the call by then.
pub(crate) fn authorize(claimed: Claimed) -> Result<Permitted, Rejected> {
    let Claimed { mut ticket, live, mut call, .. } = claimed;
    match decide(&mut ticket, &live, &mut call) {
        Ok(model) => Ok(Permitted { ticket, live, call, model, _proof: () }),
        Err(refusal) => Err(ticket.reject(refusal)),
    }
}

fn decide(ticket: &mut Ticket, live: &Live, call: &mut Call) -> Result<Arc<Lineup>, Refusal> {
    let model = check(ticket, live, call)?;
    // Of most callers this is all that is asked.
    let has_rules =
        |access: &Access| (access.calls.deny.is_some() || access.calls.parameters.is_some()).then_some(());
    if ticket.access(has_rules).is_none() {
        return Ok(model);
    }
    // Conditions see the call as the caller made it.
    deny::check_denied(ticket, call)?;
    parameters::apply_parameters(ticket, call, live.snapshot.settings.max_json_depth)?;
    Ok(model)
}

fn check(ticket: &mut Ticket, live: &Live, call: &Call) -> Result<Arc<Lineup>, Refusal> {
    // What is refused counts for what was asked for, where there is such a thing.
    let resolution = call.raw.is_none().then(|| live.resolve(&call.facts.model, call.format));
    if let Some(Ok(found)) = &resolution {
        ticket.name_model(&found.model, || found.is_configured);
    }
    may_use(ticket, call.format)?;
    check_metadata(ticket)?;
    check_tools(ticket, call)?;
    let resolution = match (resolution, &call.raw) {
        (None, Some(line)) => return raw::authorize(ticket, live, call, line),
        (found, _) => found.unwrap_or_else(|| live.resolve(&call.facts.model, call.format)),
    };
    let key = ticket.key();
    refuse_background(call)?;
    refuse_thread(call)?;
    if key.is_some() {
        refuse_stored(call)?;
    }
    let resolution = match resolution {
        Ok(resolution) => resolution,
        // Whoever may not call a name learns only that, not which names exist.
        Err(_) if key.is_some_and(|key| !key.allows_model(&[&call.facts.model])) => {
            return Err(not_allowed(&call.facts.model));
        }
        Err(refusal) => return Err(refusal),
    };
    if !permits(ticket, &call.facts.model, &resolution) {
        return Err(not_allowed(&call.facts.model));
    }
    refuse_hidden_models(call, &resolution.model)?;
    Ok(resolution.model)
}

/// Does the call say of itself what its key and all that it counts for ask for?
fn check_metadata(ticket: &Ticket) -> Result<(), Refusal> {
    if ticket.access(|access| (!access.required_metadata.is_empty()).then_some(())).is_none() {
        return Ok(());
    }
    let given = subject::metadata(None, &ticket.context)?.unwrap_or_default();
    let says = |name: &&String| match given.get(*name) {
        None | Some(Value::Null) => false,
        Some(value) => value.as_str().is_none_or(|text| !text.trim().is_empty()),
    };
    let lacks = |access: &Access| {
        let missing = access.required_metadata.iter().filter(|name| !says(name));
        let missing: Vec<String> = missing.cloned().collect();
        (!missing.is_empty()).then_some(missing)
    };
    let Some((holder, missing)) = ticket.access(lacks) else { return Ok(()) };
    let text = format!(
        "calls of {holder} must say {} in the header 'x-gatewright-metadata', as in {{\"{}\": \"...\"}}",
        missing.join(", "),
        missing.first().map_or("", String::as_str)
    );
    Err(Refusal::new(ErrorCode::InvalidRequest, text).param("x-gatewright-metadata"))
}

/// Is the key still good, and may it use endpoints of this kind?
pub(crate) fn may_use(ticket: &Ticket, format: WireFormat) -> Result<(), Refusal> {
    // The body may have taken its time to arrive.
    ticket.check_key()?;
    let endpoint = format.endpoint();
    match ticket.key() {
        Some(entry) if !entry.allows_endpoint(endpoint) => Err(Refusal::new(
            ErrorCode::EndpointNotAllowed,
            format!("this key may not use '{}' endpoints", endpoint.as_str()),
        )),
        _ if !ticket.beside_allows(|policy| policy.allows_endpoint(endpoint)) => Err(Refusal::new(
            ErrorCode::EndpointNotAllowed,
            format!("the customer or a tag of this call may not use '{}' endpoints", endpoint.as_str()),
        )),
        _ => Ok(()),
    }
}

/// Does everything that the call counts for cover the name as asked for, or as resolved?
pub(crate) fn permits(ticket: &Ticket, asked: &str, resolution: &Resolution) -> bool {
    let Some(key) = ticket.key() else { return true };
    let names = [asked, resolution.qualified.as_deref().unwrap_or(asked)];
    let of_key = key.allows_every_model() || key.allows_model(&names);
    of_key && ticket.beside_allows(|policy| policy.allows_model(&names))
}

pub(crate) fn not_allowed(model: &str) -> Refusal {
    Refusal::new(ErrorCode::ModelNotAllowed, format!("this key may not call the model '{model}'"))
        .param("model")
}

/// An answer that is made in the background is fetched by another request, and only that one states what it used.
pub(crate) fn refuse_background(call: &Call) -> Result<(), Refusal> {
    if !call.facts.background {
        return Ok(());
    }
    let text = "answers can not be made in the background here, since they could not be fetched; leave 'background' out";
    Err(Refusal::new(ErrorCode::UnsupportedParameter, text).param("background"))
}

/// A conversation that Anthropic keeps: its next turn may go to another target or another account, and what it is
/// charged for stands in none of the requests. SDKs that begin one go on without it when told so.
pub(crate) fn refuse_thread(call: &Call) -> Result<(), Refusal> {
    if call.format != WireFormat::AnthropicMessages || call.facts.stored != Some("thread") {
        return Ok(());
    }
    let text = "conversations are not kept between requests here; leave 'thread' out and send all messages";
    Err(Refusal::new(ErrorCode::UnsupportedParameter, text).param("thread"))
}

/// All keys share the provider's account: what one of them had stored there, another could name. Only the
/// operator may name what the gateway does not know the owner of; earlier answers are looked up later.
pub(crate) fn refuse_stored(call: &Call) -> Result<(), Refusal> {
    let Some(member) = call.facts.stored else { return Ok(()) };
    let text = format!(
        "'{member}' refers to something that is stored at the provider, and who may see it is not known here; \
         send the whole conversation instead"
    );
    Err(Refusal::new(ErrorCode::UnsupportedParameter, text).param(member))
}

/// Members that make an upstream run another model than `model` names would slip past the check above.
/// OpenAI, Azure and Anthropic themselves know none.
pub(crate) fn refuse_hidden_models(call: &Call, model: &Model) -> Result<(), Refusal> {
    for member in &call.facts.routing_members {
        let risky = model.targets.iter().any(|target| {
            let provider = &target.provider;
            provider.routing_members.iter().any(|m| **m == **member)
                || (provider.kind == ProviderKind::OpenAiCompatible && *provider.name != *"openai")
        });
        if risky {
            let text =
                format!("'{member}' chooses other models than 'model' does; remove it, or define an alias");
            return Err(Refusal::new(ErrorCode::UnsupportedParameter, text).param(member.clone()));
        }
    }
    Ok(())
}
