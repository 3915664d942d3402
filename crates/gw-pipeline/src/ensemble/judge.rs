//! The request to a judge: the conversation with the answers of the panel, in the caller's format, so that the judge's
//! answer goes back as any answer does. Pure. It must not choose among answers.

use gw_model::chat::{Message, Part, Role};
use gw_model::{Call, ErrorCode, Refusal};
use gw_wire::codec::Options;
use gw_wire::translate::{PathFacts, read_request, write_request};

/// What a judge is told, unless the configuration says otherwise.
const PROMPT: &str = "Several assistants have answered the conversation independently. Their answers follow the last \
    message, each between tags with its number. Write the one answer that the user should get: keep what is right, \
    correct what is wrong, follow the format that the user asked for, and do not mention that there were several \
    answers.";

/// Makes the judge's call of the caller's. Errors: the conversation can not be written down with the answers.
pub(super) fn call(
    call: &Call,
    answers: &[String],
    prompt: Option<&str>,
    max_depth: usize,
) -> Result<Call, Refusal> {
    let facts = &call.facts;
    let path = PathFacts { model: &facts.model, stream: facts.stream };
    let mut chat = read_request(call.format, call.full(), path)?;
    chat.system.push(Part::text(prompt.unwrap_or(PROMPT)));
    let part = Part::text(numbered(answers));
    // Some formats take no two messages of the same speaker.
    match chat.messages.last_mut().filter(|last| last.role == Role::User) {
        Some(last) => last.parts.push(part),
        None => chat.messages.push(Message { role: Role::User, parts: vec![part], name: None }),
    }
    let options = Options { include_usage: chat.include_usage, ..Options::default() };
    let body = write_request(call.format, &chat, &options)?.body.into();
    let mut read = gw_wire::facts::read_with_model(call.format, &body, max_depth, &facts.model)?;
    read.stream |= facts.stream;
    read.json_array = facts.json_array;
    // With the panel's answers in it, nobody should go on from it.
    read.stores = false;
    Ok(Call { body, facts: read, ..call.clone() })
}

fn numbered(answers: &[String]) -> String {
    let one = |(number, answer): (usize, &String)| format!("<answer-{number}>\n{answer}\n</answer-{number}>");
    (1..).zip(answers).map(one).collect::<Vec<_>>().join("\n\n")
}

/// The caller's call as the panel gets it: the same, answered whole. Errors: it can not be read again.
pub(super) fn for_panel(call: &Call, max_depth: usize) -> Result<Call, Refusal> {
    let mut call = whole_of(call, max_depth)?;
    call.facts.stores = false;
    Ok(call)
}

/// A call, answered whole. Errors: it can not be read again.
pub(crate) fn whole_of(call: &Call, max_depth: usize) -> Result<Call, Refusal> {
    let mut body = call.full().clone();
    for name in ["stream", "stream_options"] {
        body = gw_wire::adapt::without(&body, name).unwrap_or(body);
    }
    let facts = gw_wire::facts::read_with_model(call.format, &body, max_depth, &call.facts.model)?;
    if facts.stream {
        return Err(
            Refusal::new(ErrorCode::InvalidRequest, "'stream' stands in this request twice").param("stream")
        );
    }
    Ok(Call { body, facts, ..call.clone() })
}

#[cfg(test)]
mod tests;
