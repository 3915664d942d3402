//! Fits a request in the intermediate form to a pair of formats: values that both have under different
//! names, and what the table refuses or leaves out. Serves request translation. It must not touch what one
//! format's reader or writer can settle alone.

use super::table::{Treatment, treatment};
use gw_model::WireFormat;
use gw_model::chat::{ChatRequest, MediaSource, Message, Part, PartKind, Reasoning, Role, Tool};
use gw_model::refusal::{ErrorCode, Refusal};
use serde_json::value::RawValue;
use std::collections::{HashMap, VecDeque};

/// OpenAI's limit on the length of `user`.
const MAX_USER_LENGTH: usize = 64;

/// Fits `request`, which came in format `from`, for `to`; names of what is left out go to `dropped`.
///
/// # Errors
/// 400 `unsupported_parameter` for what the table refuses.
pub(super) fn fit(
    from: WireFormat,
    to: WireFormat,
    request: &mut ChatRequest,
    dropped: &mut Vec<String>,
) -> Result<(), Refusal> {
    extras(from, to, request, dropped)?;
    match (from, to) {
        (_, WireFormat::AnthropicMessages) => {
            to_messages(request, dropped);
            Ok(())
        }
        (WireFormat::AnthropicMessages, _) => from_messages(request, dropped),
        _ => Ok(()),
    }
}

fn extras(
    from: WireFormat,
    to: WireFormat,
    request: &mut ChatRequest,
    dropped: &mut Vec<String>,
) -> Result<(), Refusal> {
    for (name, value) in std::mem::take(&mut request.extra) {
        match treatment(from, to, &name, &value) {
            Treatment::Keep => request.extra.push((name, value)),
            Treatment::Default => {}
            Treatment::Drop => dropped.push(name),
            Treatment::Refuse(way_out) => {
                let message = format!("`{name}` is not supported here. {way_out}");
                return Err(Refusal::new(ErrorCode::UnsupportedParameter, message).param(name));
            }
        }
    }
    Ok(())
}

fn to_messages(request: &mut ChatRequest, dropped: &mut Vec<String>) {
    request.service_tier = match request.service_tier.take().as_deref() {
        None => None,
        Some("auto") => Some("auto".to_owned()),
        Some("default") => Some("standard_only".to_owned()),
        Some(_) => {
            dropped.push("service_tier".to_owned());
            None
        }
    };
    unique_ids(&mut request.messages);
}

/// Ids of calls must be unique within a conversation here. Callers of the older `function_call` have names
/// for ids, and some upstreams give the same id, or none, again and again. Results follow their calls' order.
fn unique_ids(messages: &mut [Message]) {
    let mut used: HashMap<String, VecDeque<String>> = HashMap::new();
    let mut count = 0_u32;
    for part in messages.iter_mut().flat_map(|message| &mut message.parts) {
        match &mut part.kind {
            PartKind::ToolCall { id, .. } => {
                let is_repeated = id.is_empty() || used.contains_key(id.as_str());
                let waiting = used.entry(id.clone()).or_default();
                if is_repeated {
                    count += 1;
                    *id = format!("{id}-{count}");
                }
                waiting.push_back(id.clone());
            }
            PartKind::ToolResult { id, .. } => {
                if let Some(unique) = used.get_mut(id.as_str()).and_then(VecDeque::pop_front) {
                    *id = unique;
                }
            }
            _ => {}
        }
    }
}

fn from_messages(request: &mut ChatRequest, dropped: &mut Vec<String>) -> Result<(), Refusal> {
    request.service_tier = match request.service_tier.take().as_deref() {
        Some("standard_only") => Some("default".to_owned()),
        _ => None,
    };
    if request.user.as_ref().is_some_and(|user| user.chars().count() > MAX_USER_LENGTH) {
        request.user = None;
        dropped.push("metadata.user_id".to_owned());
    }
    if request.top_k.take().is_some() {
        dropped.push("top_k".to_owned());
    }
    if let Some(Reasoning::Effort(effort)) = &mut request.reasoning
        && effort == "max"
    {
        "high".clone_into(effort);
    }
    // Without a budget or an effort the other formats' models decide by themselves anyway.
    if request.reasoning == Some(Reasoning::Adaptive) {
        request.reasoning = None;
    }
    for (index, tool) in request.tools.iter().enumerate() {
        if let Tool::Opaque(raw) = tool {
            let kind = kind_of(raw);
            let message = format!(
                "`tools[{index}]` is a `{kind}` tool, which only its own provider's models know. \
                 Leave it out, or choose such a model."
            );
            return Err(Refusal::new(ErrorCode::UnsupportedParameter, message).param("tools"));
        }
    }
    for message in &mut request.messages {
        let takes_opaque = message.role != Role::User;
        content(&mut message.parts, takes_opaque, dropped)?;
    }
    request.messages.retain(|message| !message.parts.is_empty());
    Ok(())
}

/// Signed and hidden thinking, and what the provider's own tools did, mean nothing to other providers: they
/// are left out of the history. Thinking without a signature came from an upstream of another format, whose
/// writer decides. What a user sends must arrive, or be refused.
fn content(parts: &mut Vec<Part>, drops_opaque: bool, dropped: &mut Vec<String>) -> Result<(), Refusal> {
    for part in parts.iter_mut() {
        match &mut part.kind {
            PartKind::Thinking { signature: Some(_), .. } | PartKind::RedactedThinking(_) => {
                name(dropped, "messages.content.thinking");
            }
            PartKind::Opaque(raw) if drops_opaque => {
                name(dropped, &format!("messages.content.{}", kind_of(raw)));
            }
            PartKind::Opaque(raw) => return Err(cannot(&kind_of(raw))),
            PartKind::Document { source: MediaSource::Url(_), .. } => return Err(cannot("document by URL")),
            PartKind::Document { source: MediaSource::File(_), .. }
            | PartKind::Image { source: MediaSource::File(_), .. } => return Err(cannot("stored file")),
            PartKind::ToolResult { parts, .. } => content(parts, true, dropped)?,
            _ => {}
        }
    }
    parts.retain(|part| !is_left_out(part));
    Ok(())
}

const fn is_left_out(part: &Part) -> bool {
    matches!(
        &part.kind,
        PartKind::Thinking { signature: Some(_), .. } | PartKind::RedactedThinking(_) | PartKind::Opaque(_)
    )
}

fn cannot(what: &str) -> Refusal {
    let message = format!(
        "A content block of kind `{what}` cannot be expressed for the model chosen. \
         Send text, base64 images or base64 PDF documents, or choose a model of the block's own provider."
    );
    Refusal::new(ErrorCode::UnsupportedParameter, message).param("messages")
}

fn name(dropped: &mut Vec<String>, name: &str) {
    if !dropped.iter().any(|known| known == name) {
        dropped.push(name.to_owned());
    }
}

#[derive(serde::Deserialize)]
struct Typed<'a> {
    #[serde(rename = "type", default, borrow)]
    kind: std::borrow::Cow<'a, str>,
}

fn kind_of(raw: &RawValue) -> String {
    serde_json::from_str::<Typed<'_>>(raw.get())
        .map_or_else(|_| "unknown".to_owned(), |found| found.kind.into_owned())
}
