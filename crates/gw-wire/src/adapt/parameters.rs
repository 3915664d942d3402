//! Parameters that a model is known not to take. Serves `adapt`. It must leave out only what the caller can do
//! without, unless the configuration says otherwise.

use super::ask::{self, Place};
use super::{Work, ask::kind};
use crate::json::splice::Edit;
use crate::json::{Object, Value};
use bytes::Bytes;
use gw_model::{Ability, Refusal, WireFormat};

pub(super) fn fit(work: &mut Work<'_>, body: &Object<'_>) -> Result<(), Refusal> {
    let format = work.call.format;
    let reasons = reasons(format, body);
    if work.lacks(Ability::Sampling) || (work.lacks(Ability::SamplingWhileReasoning) && reasons) {
        leave_out(work, body, ask::sampling(format));
    }
    if work.lacks(Ability::Reasoning) {
        leave_out(work, body, ask::reasoning(format));
    }
    if work.lacks(Ability::ParallelTools) && is_openai(format) {
        leave_out(work, body, &[PARALLEL]);
    }
    if work.lacks(Ability::Tools) && ask::has_callers_tools(format, body) {
        refuse_all(work, body, ask::tools(format), "calls no tools, as far as is known here")?;
    }
    if work.lacks(Ability::JsonSchema) && has_schema(format, body) {
        refuse_all(
            work,
            body,
            ask::schema(format),
            "cannot be held to a JSON schema, as far as is known here",
        )?;
    }
    if work.lacks(Ability::MaxTokens) && format == WireFormat::OpenAiChat {
        rename_bound(work, body);
    }
    Ok(())
}

const PARALLEL: Place = ask::top("parallel_tool_calls", None);

const fn is_openai(format: WireFormat) -> bool {
    matches!(format, WireFormat::OpenAiChat | WireFormat::OpenAiResponses)
}

fn leave_out(work: &mut Work<'_>, body: &Object<'_>, places: &[Place]) {
    for place in places {
        if place.find(body).is_some() {
            work.leave_out(place.holder, place.name);
        }
    }
}

fn refuse_all(work: &mut Work<'_>, body: &Object<'_>, places: &[Place], what: &str) -> Result<(), Refusal> {
    // One word for all: whoever lets the first of them go means the rest too.
    let mut is_allowed = false;
    for place in places.iter().filter(|place| place.find(body).is_some()) {
        if is_allowed {
            work.leave_out(place.holder, place.name);
        } else {
            work.refuse(place.holder, place.name, what)?;
            is_allowed = true;
        }
    }
    Ok(())
}

/// Does the caller ask for reasoning in so many words?
fn reasons(format: WireFormat, body: &Object<'_>) -> bool {
    let text = |value: &Value<'_>| value.as_str().map(std::borrow::Cow::into_owned);
    ask::reasoning(format).iter().any(|place| {
        let Some(value) = place.find(body) else { return false };
        match format {
            WireFormat::OpenAiChat => text(&value).is_some_and(|effort| effort != "none"),
            WireFormat::OpenAiResponses => {
                let effort = value.members().find(|(name, _)| *name == "effort");
                effort.and_then(|(_, effort)| text(&effort)).is_some_and(|effort| effort != "none")
            }
            _ => kind(&value).as_deref() != Some("disabled"),
        }
    })
}

fn has_schema(format: WireFormat, body: &Object<'_>) -> bool {
    ask::schema(format).iter().any(|place| {
        let Some(value) = place.find(body) else { return false };
        match format {
            WireFormat::GeminiGenerate | WireFormat::BedrockConverse => true,
            WireFormat::CohereChat => {
                value.members().any(|(name, _)| matches!(name, "schema" | "json_schema"))
            }
            _ => kind(&value).as_deref() == Some("json_schema"),
        }
    })
}

/// Newer models know the bound by its new name only.
fn rename_bound(work: &mut Work<'_>, body: &Object<'_>) {
    let Some(member) = body.members.iter().find(|member| member.key == "max_tokens") else { return };
    if body.get("max_completion_tokens").is_some() {
        work.leave_out(None, "max_tokens");
    } else {
        let name = Bytes::from_static(b"\"max_completion_tokens\"");
        work.adapted.edits.push(Edit::replace(member.key_span, name));
    }
}
