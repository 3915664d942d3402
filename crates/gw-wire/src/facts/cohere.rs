//! Reads one top-level member of a Cohere chat request into the facts. Serves `facts`. It must refuse what it
//! cannot read, as the upstream might read it otherwise.

use super::kinds::{boolean, bound, check_spelling, objects, string};
use super::{ROUTING_MEMBERS, members::Found};
use crate::json::Value;
use gw_model::{CallFacts, Refusal};

/// Names that a stage acts on: no other spelling of them may slip by.
pub(super) const READ_MEMBERS: &[&str] =
    &["model", "stream", "max_tokens", "messages", "tools", "documents", "response_format"];

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
        "max_tokens" => bound("max_tokens", value, facts)?,
        "messages" => {
            objects("messages", "message", value)?;
            found.has_messages = true;
        }
        name if ROUTING_MEMBERS.contains(&name) => facts.routing_members.push(name.to_owned()),
        name => check_spelling(name, &[READ_MEMBERS, ROUTING_MEMBERS], false)?,
    }
    Ok(())
}
