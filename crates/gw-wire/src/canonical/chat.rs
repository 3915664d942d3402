//! A plain conversation in one spelling, the same whatever format it came in. Serves the keys of the cache. It must not
//! leave out anything that the intermediate form holds and that shapes an answer.

use super::Canonical;
use super::json::{counted, number, string, text_value};
use gw_model::chat::{ChatRequest, Message, Part, PartKind, Role, Tool, ToolChoice};

/// `None`: something in it is more than text.
pub(super) fn conversation(chat: &ChatRequest) -> Option<Canonical> {
    let is_plain = chat.extra.is_empty()
        && chat.response_format.is_none()
        && chat.reasoning.is_none()
        && chat.service_tier.is_none();
    if !is_plain {
        return None;
    }
    let mut frame = Vec::with_capacity(512);
    frame.push(b'c');
    texts(&chat.system, &mut frame)?;
    let (last, earlier) = match chat.messages.split_last() {
        Some((last, earlier)) => {
            (last_text(last), if last_text(last).is_some() { earlier } else { &chat.messages })
        }
        None => (None, &[][..]),
    };
    for message in earlier {
        if message.name.is_some() {
            return None;
        }
        frame.push(speaker(message.role));
        texts(&message.parts, &mut frame)?;
    }
    frame.push(b'.');
    sampling(chat, &mut frame);
    chat.tools.iter().try_for_each(|tool| function(tool, &mut frame))?;
    choice(chat, &mut frame);
    let last_turn = last.map(ToOwned::to_owned);
    // What stands there may have been something that no text can hold, and then it is not known what.
    let is_readable = |text: &str| !text.contains(char::REPLACEMENT_CHARACTER);
    let replaced = "\u{fffd}".as_bytes();
    let is_whole =
        memchr::memmem::find(&frame, replaced).is_none() && last_turn.as_deref().is_none_or(is_readable);
    is_whole.then_some(Canonical { frame, last_turn })
}

/// The text of a user's turn that is one text.
fn last_text(message: &Message) -> Option<&str> {
    match (message.role, message.parts.as_slice(), &message.name) {
        (Role::User, [Part { kind: PartKind::Text(text), .. }], None) => Some(text),
        _ => None,
    }
}

const fn speaker(role: Role) -> u8 {
    match role {
        Role::User => b'u',
        Role::Assistant => b'a',
        Role::System => b's',
    }
}

fn texts(parts: &[Part], out: &mut Vec<u8>) -> Option<()> {
    out.push(b'[');
    for part in parts {
        let PartKind::Text(text) = &part.kind else { return None };
        string(text, out);
    }
    out.push(b']');
    Some(())
}

fn sampling(chat: &ChatRequest, out: &mut Vec<u8>) {
    for (tag, value) in [(b't', &chat.temperature), (b'p', &chat.top_p)] {
        if let Some(value) = value {
            out.push(tag);
            number(&value.to_string(), out);
        }
    }
    let whole = [
        (b'm', chat.max_output_tokens.map(u128::from)),
        (b'k', chat.top_k.map(u128::from)),
        // One choice is what there is when nobody says.
        (b'n', chat.choices.filter(|n| *n != 1).map(u128::from)),
    ];
    for (tag, value) in whole {
        if let Some(value) = value {
            counted(tag, &value.to_le_bytes(), out);
        }
    }
    if let Some(seed) = chat.seed {
        counted(b'r', &seed.to_le_bytes(), out);
    }
    if let Some(parallel) = chat.parallel_tool_calls {
        counted(b'P', &[u8::from(parallel)], out);
    }
    out.push(b'|');
    chat.stop.iter().for_each(|stop| string(stop, out));
    out.push(b'|');
}

fn function(tool: &Tool, out: &mut Vec<u8>) -> Option<()> {
    let Tool::Function { name, description, parameters, strict, .. } = tool else { return None };
    out.push(b'F');
    string(name, out);
    // Only OpenAI's formats state it; unless it is true it says nothing.
    out.push(if *strict == Some(true) { b'!' } else { b'-' });
    match description {
        Some(description) => string(description, out),
        None => out.push(b'-'),
    }
    match parameters {
        Some(parameters) => text_value(parameters.get(), out).ok()?,
        None => out.push(b'-'),
    }
    Some(())
}

fn choice(chat: &ChatRequest, out: &mut Vec<u8>) {
    match &chat.tool_choice {
        // With tools, the model decides unless somebody says otherwise.
        None | Some(ToolChoice::Auto) => out.push(b'A'),
        Some(ToolChoice::None) => out.push(b'N'),
        Some(ToolChoice::Required) => out.push(b'R'),
        Some(ToolChoice::Tool(name)) => string(name, out),
    }
}
