//! Parameters of a request that its record has: temperature, bounds, how many tools. Serves `facts`. It must not judge them: whoever
//! answers does, and what cannot be read is left out.

use crate::json::{Kind, Value};
use gw_model::{CallFacts, Parameter, Parameters, ServiceTier};

/// Largest value that is looked into: a list of tools may be long, and counting them costs a look at all of it.
const MAX_BYTES: usize = 256 << 10;

/// Notes what a member says, of the top level or of the settings within it.
pub(super) fn note(name: &str, value: &Value<'_>, to: &mut Parameters) {
    let number = match name {
        "temperature" => (Parameter::Temperature, thousandths(value)),
        "top_p" | "topP" | "p" => (Parameter::TopP, thousandths(value)),
        "top_k" | "topK" | "k" => (Parameter::TopK, whole(value)),
        "seed" => (Parameter::Seed, value.as_i64()),
        "presence_penalty" | "presencePenalty" => (Parameter::PresencePenalty, thousandths(value)),
        "frequency_penalty" | "frequencyPenalty" => (Parameter::FrequencyPenalty, thousandths(value)),
        "stop" | "stop_sequences" | "stopSequences" => (Parameter::Stops, stops(value)),
        "tools" | "functions" => (Parameter::Tools, tools(value)),
        "reasoning_effort" => (Parameter::ReasoningEffort, word(Parameter::ReasoningEffort, value)),
        "response_format" => (Parameter::ResponseFormat, form(value)),
        "tool_choice" => (Parameter::ToolChoice, choice(value)),
        "dimensions" | "output_dimension" => (Parameter::Dimensions, whole(value)),
        "generationConfig" | "generation_config" | "inferenceConfig" | "toolConfig" | "reasoning"
        | "thinking" | "output_config" | "text" => return within(name, value, to),
        _ => return,
    };
    if let (parameter, Some(number)) = number {
        to.set(parameter, number);
    }
}

/// What all members together tell.
pub(super) fn complete(facts: &mut CallFacts) {
    let bound = facts.max_output_tokens.filter(|bound| *bound > 0).map(signed);
    let choices = (facts.choices > 1).then(|| i64::from(facts.choices));
    let tier = facts.service_tier.map(|tier| {
        Parameter::ServiceTier.code_of(match tier {
            ServiceTier::Standard => "standard",
            ServiceTier::Flex => "flex",
            ServiceTier::Batch => "batch",
            ServiceTier::Priority => "priority",
        })
    });
    let all =
        [(Parameter::MaxOutputTokens, bound), (Parameter::Choices, choices), (Parameter::ServiceTier, tier)];
    for (parameter, value) in all {
        if let Some(value) = value {
            facts.parameters.set(parameter, value);
        }
    }
}

/// Settings that stand in an object of their own.
fn within(name: &str, value: &Value<'_>, to: &mut Parameters) {
    for (inner, value) in value.members() {
        let found = match (name, inner) {
            ("reasoning" | "output_config", "effort") => {
                (Parameter::ReasoningEffort, word(Parameter::ReasoningEffort, &value))
            }
            ("reasoning", "max_tokens") | ("thinking", "budget_tokens" | "token_budget") => {
                (Parameter::ReasoningTokens, whole(&value))
            }
            ("thinking", "type") if value.as_str().as_deref() == Some("disabled") => {
                (Parameter::ReasoningEffort, Some(Parameter::ReasoningEffort.code_of("none")))
            }
            ("text" | "output_config", "format") => (Parameter::ResponseFormat, form(&value)),
            ("reasoning" | "thinking" | "output_config" | "text", _) => continue,
            ("toolConfig", "tools") => (Parameter::Tools, tools(&value)),
            ("toolConfig", _) => continue,
            (_, "thinkingConfig" | "thinking_config") => {
                google_thinking(&value, to);
                continue;
            }
            (_, "responseMimeType" | "response_mime_type") => {
                let is_json = value.as_str().as_deref() == Some("application/json");
                let is_told = to.get(Parameter::ResponseFormat).is_some();
                let form = (is_json && !is_told).then(|| Parameter::ResponseFormat.code_of("json_object"));
                (Parameter::ResponseFormat, form)
            }
            (_, "responseSchema" | "response_schema" | "responseJsonSchema") => {
                (Parameter::ResponseFormat, Some(Parameter::ResponseFormat.code_of("json_schema")))
            }
            (
                _,
                inner @ ("temperature" | "topP" | "top_p" | "topK" | "top_k" | "seed" | "presencePenalty"
                | "frequencyPenalty" | "stopSequences"),
            ) => {
                note(inner, &value, to);
                continue;
            }
            _ => continue,
        };
        if let (parameter, Some(number)) = found {
            to.set(parameter, number);
        }
    }
}

fn google_thinking(value: &Value<'_>, to: &mut Parameters) {
    for (name, value) in value.members() {
        let found = match name {
            "thinkingBudget" | "thinking_budget" => (Parameter::ReasoningTokens, value.as_i64()),
            "thinkingLevel" | "thinking_level" => {
                (Parameter::ReasoningEffort, word(Parameter::ReasoningEffort, &value))
            }
            _ => continue,
        };
        if let (parameter, Some(number)) = found {
            to.set(parameter, number);
        }
    }
}

#[expect(clippy::cast_possible_truncation, reason = "what is beyond the bounds was left out")]
fn thousandths(value: &Value<'_>) -> Option<i64> {
    let number = value.as_f64().filter(|number| number.abs() < 1e9)?;
    Some((number * 1000.0).round() as i64)
}

fn whole(value: &Value<'_>) -> Option<i64> {
    value.as_u64().map(signed)
}

fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn word(of: Parameter, value: &Value<'_>) -> Option<i64> {
    value.as_str().map(|word| of.code_of(&word))
}

fn counted(value: &Value<'_>) -> Option<usize> {
    (value.kind == Kind::Array && value.raw().len() <= MAX_BYTES).then(|| value.elements().count())
}

fn stops(value: &Value<'_>) -> Option<i64> {
    let count = if value.kind == Kind::String { Some(1) } else { counted(value) };
    count.and_then(|count| i64::try_from(count).ok())
}

/// How many tools: Google's come in lists of declarations.
fn tools(value: &Value<'_>) -> Option<i64> {
    let within = |tool: Value<'_>| {
        let lists = tool
            .members()
            .filter(|(name, _)| matches!(*name, "functionDeclarations" | "function_declarations"));
        lists.map(|(_, list)| list.elements().count()).sum::<usize>().max(1)
    };
    counted(value)?;
    i64::try_from(value.elements().map(within).sum::<usize>()).ok()
}

/// `{"type": "json_schema", ...}`.
fn form(value: &Value<'_>) -> Option<i64> {
    let (_, kind) = value.members().find(|(name, _)| *name == "type")?;
    word(Parameter::ResponseFormat, &kind)
}

/// A word, or an object that names a tool.
fn choice(value: &Value<'_>) -> Option<i64> {
    let of = |word: &str| Parameter::ToolChoice.code_of(if word == "any" { "required" } else { word });
    if let Some(word) = value.as_str() {
        return Some(of(&word));
    }
    let (_, kind) = value.members().find(|(name, _)| *name == "type")?;
    let kind = kind.as_str()?;
    Some(if matches!(&*kind, "function" | "tool" | "custom") { of("named") } else { of(&kind) })
}

#[cfg(test)]
mod tests;
