//! The bound on output tokens: lowered where it is stated, added where it is not. Serves `edit`. It must leave a
//! bound that is low enough as it is written.

use super::{insert_member, renamed};
use crate::facts::MODEL_BOUNDS;
use crate::gemini::names;
use crate::json::splice::Edit;
use crate::json::{Object, Value};
use bytes::Bytes;
use gw_model::{Call, Span, WireFormat};
use std::sync::Arc;

/// An object within the body that holds bounds.
struct Holder {
    name: &'static str,
    bounds: &'static [&'static str],
    /// Where a missing bound is added.
    is_own: bool,
}

const GEMINI: &[Holder] = &[Holder { name: "generationConfig", bounds: &["maxOutputTokens"], is_own: true }];
const CONVERSE: &[Holder] = &[
    Holder { name: "inferenceConfig", bounds: &["maxTokens"], is_own: true },
    Holder { name: "additionalModelRequestFields", bounds: MODEL_BOUNDS, is_own: false },
];

/// Lowers or adds the bound. `members` are the body's, if it could be read.
pub(super) fn edit(
    call: &Call,
    bound: u64,
    members: Option<&Object<'_>>,
    rename: &[(Arc<str>, Arc<str>)],
    list: &mut Vec<Edit>,
    inserted: &mut Vec<u8>,
) {
    if call.facts.max_output_tokens.is_some_and(|stated| stated <= bound) {
        return;
    }
    let digits = bound.to_string();
    let names: &[&str] = match call.format {
        WireFormat::OpenAiChat => &["max_completion_tokens", "max_tokens"],
        WireFormat::OpenAiCompletions | WireFormat::AnthropicMessages | WireFormat::CohereChat => {
            &["max_tokens"]
        }
        WireFormat::OpenAiResponses => &["max_output_tokens"],
        WireFormat::GeminiGenerate => return nested(GEMINI, names::is, bound, members, list, inserted),
        WireFormat::BedrockConverse => {
            return nested(CONVERSE, |key, name| key == name, bound, members, list, inserted);
        }
        _ => return,
    };
    // A member that gets one of these names by renaming is a bound as well.
    let is_bound = |key: &str| names.contains(&renamed(rename, key).unwrap_or(key)) || names.contains(&key);
    let mut is_stated = false;
    for (object, member) in members.iter().flat_map(|object| object.members.iter().map(move |m| (object, m)))
    {
        if !is_bound(&member.key) {
            continue;
        }
        is_stated = true;
        lower(&object.value(member), bound, &digits, list);
    }
    if let (false, Some(name)) = (is_stated, names.first()) {
        insert_member(inserted, renamed(rename, name).unwrap_or(name), digits.as_bytes());
    }
}

/// Replaces a value that is not a bound low enough.
fn lower(value: &Value<'_>, bound: u64, digits: &str, list: &mut Vec<Edit>) {
    if names::count(value).is_none_or(|tokens| tokens > bound) {
        list.push(Edit::replace(value.span, Bytes::copy_from_slice(digits.as_bytes())));
    }
}

/// Bounds that stand in objects of the body.
fn nested(
    holders: &[Holder],
    is: impl Fn(&str, &str) -> bool,
    bound: u64,
    members: Option<&Object<'_>>,
    list: &mut Vec<Edit>,
    inserted: &mut Vec<u8>,
) {
    let digits = bound.to_string();
    for holder in holders {
        let Some(name) = holder.bounds.first() else { continue };
        let written = format!("{{\"{name}\":{digits}}}");
        let found = members.and_then(|object| {
            let member = object.members.iter().find(|member| is(&member.key, holder.name))?;
            Some(object.value(member))
        });
        let Some(value) = found else {
            if holder.is_own {
                insert_member(inserted, holder.name, written.as_bytes());
            }
            continue;
        };
        let Ok(object) = value.object() else {
            // `null`, as other kinds have been refused.
            if holder.is_own {
                list.push(Edit::replace(value.span, Bytes::from(written)));
            }
            continue;
        };
        let mut is_stated = false;
        for member in &object.members {
            if holder.bounds.iter().any(|name| is(&member.key, name)) {
                is_stated = true;
                // Among a model's own fields, what is no number is not a bound.
                let stated = object.value(member);
                if holder.is_own || stated.as_u64().is_some() {
                    lower(&stated, bound, &digits, list);
                }
            }
        }
        if !is_stated && holder.is_own {
            let comma = if object.members.is_empty() { "" } else { "," };
            let start = value.span.start + 1;
            list.push(Edit {
                span: Span { start, end: start },
                replacement: Bytes::from(format!("\"{name}\":{digits}{comma}")),
            });
        }
    }
}
