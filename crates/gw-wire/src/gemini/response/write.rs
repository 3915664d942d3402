//! Events to a whole answer for a caller. Serves the translate stage. It must not fail: what the format has no
//! place for (opaque blocks of other formats) is left out.

use crate::codec::WriteContext;
use crate::gemini::answer::Parts;
use crate::gemini::{finish, grounding, usage};
use crate::json::Writer;
use gw_model::{Event, FinishReason, Usage};
use std::collections::BTreeMap;

/// Largest number of choices that are told apart.
pub(crate) const MAX_CHOICES: usize = 256;

#[derive(Default)]
struct Choice<'a> {
    parts: Parts,
    finish: Option<&'a FinishReason>,
}

/// Writes a whole answer.
#[must_use]
pub fn write(events: &[Event], context: &WriteContext) -> Vec<u8> {
    let (mut id, mut model) = (context.fallback_id.as_str(), context.fallback_model.as_str());
    let mut choices: BTreeMap<u32, Choice<'_>> = BTreeMap::new();
    let mut stated: Option<Usage> = None;
    choices.insert(0, Choice::default());
    for event in events {
        match event {
            Event::Start { id: answer_id, model: answer_model, .. } => {
                id = if answer_id.is_empty() { id } else { answer_id };
                model = if answer_model.is_empty() { model } else { answer_model };
            }
            Event::Usage(later) => stated.get_or_insert_default().merge(later),
            Event::Finish { choice, reason } => {
                choices.entry(*choice).or_default().finish = Some(reason);
            }
            content => {
                let Some(choice) = choice_of(content) else { continue };
                if choices.len() < MAX_CHOICES || choices.contains_key(&choice) {
                    // Calls beyond the bound are left out: a whole answer has its own bound before.
                    let _ = choices.entry(choice).or_default().parts.event(content);
                }
            }
        }
    }
    let mut w = Writer::with_capacity(512);
    w.begin_object();
    w.key("candidates");
    w.begin_array();
    for (index, choice) in &mut choices {
        choice.parts.finish();
        write_candidate(*index, &mut choice.parts, Some(finish::write(choice.finish)), &mut w);
    }
    w.end_array();
    write_tail(stated.as_ref(), model, id, &mut w);
    w.end_object();
    w.into_bytes()
}

/// Writes a candidate with what it has to say since the last time; its sources when it ends. Without parts it has an
/// empty text: callers drop an answer that has none.
pub(crate) fn write_candidate(index: u32, choice: &mut Parts, reason: Option<&str>, w: &mut Writer) {
    let parts = choice.take();
    w.begin_object();
    w.key("content");
    w.begin_object();
    w.key("parts");
    w.begin_array();
    w.raw(std::str::from_utf8(&parts).ok().filter(|parts| !parts.is_empty()).unwrap_or(r#"{"text":""}"#));
    w.end_array();
    w.string_member("role", "model");
    w.end_object();
    if let Some(reason) = reason {
        w.string_member("finishReason", reason);
        choice.grounding.write(w);
    }
    grounding::write_logprobs(&std::mem::take(&mut choice.logprobs), w);
    w.number_member("index", index);
    w.end_object();
}

/// Writes what stands behind the candidates.
pub(crate) fn write_tail(stated: Option<&Usage>, model: &str, id: &str, w: &mut Writer) {
    if let Some(stated) = stated {
        w.key("usageMetadata");
        usage::write(w, stated);
    }
    w.string_member("modelVersion", model);
    w.string_member("responseId", id);
}

/// The choice of an event that carries content.
pub(crate) const fn choice_of(event: &Event) -> Option<u32> {
    match event {
        Event::Text { choice, .. }
        | Event::Thinking { choice, .. }
        | Event::ThinkingSignature { choice, .. }
        | Event::RedactedThinking { choice, .. }
        | Event::Refusal { choice, .. }
        | Event::ToolStart { choice, .. }
        | Event::ToolArguments { choice, .. }
        | Event::BlockEnd { choice, .. }
        | Event::Citation { choice, .. }
        | Event::Logprobs { choice, .. }
        | Event::Opaque { choice, .. } => Some(*choice),
        _ => None,
    }
}
