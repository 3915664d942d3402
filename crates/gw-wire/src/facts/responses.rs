//! Reads one top-level member of a Responses request into the facts. Serves `facts`. It must refuse what it cannot
//! read, as the upstream might read it otherwise.

use super::kinds::{boolean, bound, check_spelling, objects, string, user_name, wrong_kind};
use super::{ROUTING_MEMBERS, json_refusal, members::Found, service_tier};
use crate::json::{Kind, Value};
use crate::openai_responses::stored::any_reference;
use gw_model::{CallFacts, Refusal};

/// Names that a stage acts on: no other spelling of them may slip by.
pub(super) const READ_MEMBERS: &[&str] = &[
    "model",
    "stream",
    "stream_options",
    "max_output_tokens",
    "service_tier",
    "background",
    "store",
    "input",
    "instructions",
    "tools",
    "text",
    "previous_response_id",
    "conversation",
    "prompt",
];

pub(super) fn read<'a>(
    name: &str,
    value: &Value<'a>,
    facts: &mut CallFacts,
    found: &mut Found<'a>,
) -> Result<(), Refusal> {
    match name {
        "model" => {
            facts.model = string("model", value)?;
            facts.model_span = Some(value.span);
        }
        "stream" => facts.stream = boolean("stream", value)?,
        // Usage is always stated: there is nothing to ask for.
        "stream_options" if value.kind != Kind::Object => {
            return Err(wrong_kind("stream_options", "an object", value));
        }
        "stream_options" => facts.stream_options_span = Some(value.span),
        "max_output_tokens" => bound("max_output_tokens", value, facts)?,
        "service_tier" => facts.service_tier = service_tier(&string("service_tier", value)?),
        "store" => facts.stores = boolean("store", value)?,
        "background" => facts.background = boolean("background", value)?,
        "input" => {
            match value.kind {
                Kind::String => {}
                Kind::Array => {
                    // With stored context there may be nothing to add to it.
                    let is_empty = value.elements().next().is_none();
                    if is_empty {
                        return Ok(());
                    }
                    objects("input", "item", value)?;
                    facts.refers_to_items = any_reference(value).map_err(|error| json_refusal(&error))?;
                }
                _ => return Err(wrong_kind("input", "a string or an array of items", value)),
            }
            found.has_messages = true;
        }
        "previous_response_id" => {
            facts.previous_response = Some(string("previous_response_id", value)?);
            found.has_context = true;
        }
        "conversation" if matches!(value.kind, Kind::String | Kind::Object) => {
            facts.stored = Some("conversation");
            found.has_context = true;
        }
        "conversation" => return Err(wrong_kind("conversation", "a string or an object", value)),
        "prompt" if value.kind == Kind::Object => found.has_context = true,
        "prompt" => return Err(wrong_kind("prompt", "an object", value)),
        "user" => facts.user = Some(user_name("user", value)?),
        "safety_identifier" if facts.user.is_none() => {
            facts.user = Some(user_name("safety_identifier", value)?);
        }
        name if ROUTING_MEMBERS.contains(&name) => facts.routing_members.push(name.to_owned()),
        name => check_spelling(name, &[READ_MEMBERS, ROUTING_MEMBERS], false)?,
    }
    Ok(())
}
