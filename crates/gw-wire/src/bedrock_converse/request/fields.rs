//! `additionalModelRequestFields`: what one family of models takes besides the format's own members. Serves the
//! request reader and writer. It must not interpret members that the intermediate form has no field for.

use crate::anthropic::request::members::Members;
use crate::anthropic::request::reasoning::{self, Plan, ThinkingIn};
use crate::bedrock_converse::family::Family;
use gw_model::chat::{ChatRequest, Reasoning};
use gw_model::refusal::Refusal;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::borrow::Cow;

/// Starts the names of extra members that stood in `additionalModelRequestFields`.
pub(super) const PREFIX: &str = "additionalModelRequestFields.";

#[derive(Deserialize)]
struct EffortIn {
    effort: Option<String>,
}

/// What stands in `reasoning_config`.
#[derive(Deserialize)]
#[serde(untagged)]
enum ReasoningConfigIn<'a> {
    Effort(String),
    #[serde(borrow)]
    Thinking(ThinkingIn<'a>),
}

/// Nova's way to ask for reasoning.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct NovaIn<'a> {
    #[serde(rename = "type", default, borrow)]
    kind: Cow<'a, str>,
    max_reasoning_effort: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct NovaSampling {
    top_k: u64,
}

/// Reads the members that have fields; the others become extra members, named after [`PREFIX`].
pub(super) fn read(mut members: Members<'_>, request: &mut ChatRequest) -> Result<(), Refusal> {
    for name in ["top_k", "topK"] {
        if let Some(top_k) = members.take(name)? {
            request.top_k = Some(top_k);
        }
    }
    if let Some(at) = members.0.iter().position(|(name, _)| name == "inferenceConfig")
        && let Some(sampling) = members.0.get(at).and_then(|(_, raw)| serde_json::from_str(raw.get()).ok())
    {
        let NovaSampling { top_k } = sampling;
        request.top_k = Some(top_k);
        members.0.remove(at);
    }
    let mut effort: Option<String> = members.take("reasoning_effort")?;
    // Two spellings of Claude's: the model's own, and an older one of Bedrock's, under whose name Qwen takes an
    // effort.
    let mut thinking: Option<ThinkingIn<'_>> = members.take("thinking")?;
    match members.take("reasoning_config")? {
        Some(ReasoningConfigIn::Thinking(older)) => thinking = thinking.or(Some(older)),
        Some(ReasoningConfigIn::Effort(found)) => effort = effort.or(Some(found)),
        None => {}
    }
    if let Some(EffortIn { effort: Some(found) }) = members.take("output_config")? {
        effort = Some(found);
    }
    request.reasoning = reasoning::read(thinking.as_ref(), effort);
    if let Some(nova) = members.take::<NovaIn<'_>>("reasoningConfig")?
        && nova.kind == "enabled"
    {
        request.reasoning = Some(nova.max_reasoning_effort.map_or(Reasoning::Adaptive, Reasoning::Effort));
    }
    for (name, value) in members.0 {
        if value.get() != "null" {
            request.extra.push((format!("{PREFIX}{name}"), value.to_owned().into()));
        }
    }
    Ok(())
}

#[derive(Serialize)]
struct EffortOut<'a> {
    effort: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct NovaOut {
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_reasoning_effort: Option<&'static str>,
}

/// Members under construction.
#[derive(Debug, Default)]
pub(super) struct Fields(Vec<u8>);

impl Fields {
    fn member<T: Serialize + ?Sized>(&mut self, name: &str, value: &T) {
        self.0.push(if self.0.is_empty() { b'{' } else { b',' });
        // Writing into memory cannot fail.
        let _ = serde_json::to_writer(&mut self.0, name);
        self.0.push(b':');
        let _ = serde_json::to_writer(&mut self.0, value);
    }

    /// The object, when it has members.
    pub(super) fn finish(mut self) -> Option<Box<RawValue>> {
        if self.0.is_empty() {
            return None;
        }
        self.0.push(b'}');
        String::from_utf8(self.0).ok().and_then(|text| RawValue::from_string(text).ok())
    }
}

/// Writes what the model's family takes; names of what is left out go to `dropped`.
pub(super) fn write(
    request: &ChatRequest,
    family: Family,
    plan: &Plan,
    dropped: &mut Vec<String>,
) -> Option<Box<RawValue>> {
    let mut fields = Fields::default();
    write_reasoning(request, family, plan, &mut fields, dropped);
    if let Some(top_k) = request.top_k {
        match family {
            Family::Claude if plan.thinking.is_some() => dropped.push("top_k".to_owned()),
            Family::Claude | Family::Mistral => fields.member("top_k", &top_k),
            Family::Nova | Family::Nova1 => {
                fields.member("inferenceConfig", &serde_json::json!({ "topK": top_k }));
            }
            Family::OpenAi | Family::Other | Family::Unknown => dropped.push("top_k".to_owned()),
        }
    }
    for (name, value) in &request.extra {
        if let Some(name) = name.strip_prefix(PREFIX) {
            fields.member(name, value.as_ref());
        }
    }
    fields.finish()
}

fn write_reasoning(
    request: &ChatRequest,
    family: Family,
    plan: &Plan,
    fields: &mut Fields,
    dropped: &mut Vec<String>,
) {
    let Some(reasoning) = request.reasoning.as_ref().filter(|reasoning| is_wish(reasoning)) else { return };
    match family {
        Family::Claude => {
            if plan.is_dropped {
                dropped.push("reasoning_effort".to_owned());
            }
            if let Some(thinking) = &plan.thinking {
                fields.member("thinking", thinking);
            }
            if let Some(effort) = plan.effort {
                fields.member("output_config", &EffortOut { effort });
            }
        }
        Family::Nova => {
            let max_reasoning_effort = effort(reasoning);
            fields.member("reasoningConfig", &NovaOut { kind: "enabled", max_reasoning_effort });
        }
        Family::OpenAi => {
            if let Some(effort) = effort(reasoning) {
                fields.member("reasoning_effort", effort);
            }
        }
        Family::Nova1 | Family::Mistral | Family::Other | Family::Unknown => {
            dropped.push("reasoning_effort".to_owned());
        }
    }
}

fn is_wish(reasoning: &Reasoning) -> bool {
    match reasoning {
        Reasoning::Off => false,
        Reasoning::Effort(effort) => effort != "none",
        Reasoning::Budget(_) | Reasoning::Adaptive => true,
    }
}

/// One of the three efforts that these families have.
fn effort(reasoning: &Reasoning) -> Option<&'static str> {
    match reasoning {
        Reasoning::Off | Reasoning::Adaptive => None,
        Reasoning::Budget(0..=4096) => Some("low"),
        Reasoning::Budget(4097..=12288) => Some("medium"),
        Reasoning::Budget(_) => Some("high"),
        Reasoning::Effort(effort) => match effort.as_str() {
            "minimal" | "low" => Some("low"),
            "medium" => Some("medium"),
            "high" | "xhigh" | "max" => Some("high"),
            _ => None,
        },
    }
}
