//! Which requests are plain conversations: the intermediate form holds all that shapes their answer. Serves the keys of
//! the cache. A member that is not listed here makes a request one that only its own format can compare.

use crate::json::{Kind, Object, Value};
use gw_model::WireFormat;

/// Members of every format that say how an answer is delivered or who asks.
const BESIDE: [&str; 5] = ["model", "stream", "stream_options", "user", "cache"];

/// Is the request one?
pub(super) fn is_plain(format: WireFormat, request: &Object<'_>) -> bool {
    match format {
        WireFormat::OpenAiChat => {
            let sampling =
                ["temperature", "top_p", "max_tokens", "max_completion_tokens", "stop", "seed", "n"];
            let bounds = ["max_tokens", "max_completion_tokens"].map(|name| is_set(request, name));
            has_only(request, &[&BESIDE[..], &sampling, &["messages", "tools", "tool_choice"]])
                && !(bounds[0] && bounds[1])
                && list(request, "messages", |turn| is_turn(turn, &["system", "user", "assistant"], "text"))
                && tools(request, openai_tool)
        }
        WireFormat::AnthropicMessages => {
            let sampling = ["temperature", "top_p", "top_k", "max_tokens", "stop_sequences"];
            has_only(request, &[&BESIDE[..], &sampling, &["messages", "system", "tools", "tool_choice"]])
                && list(request, "messages", |turn| is_turn(turn, &["user", "assistant"], "text"))
                && request.get("system").is_none_or(|system| is_text(&system, "text"))
                && tools(request, anthropic_tool)
        }
        WireFormat::OpenAiResponses => {
            let sampling = ["temperature", "top_p", "max_output_tokens", "store", "instructions", "input"];
            has_only(request, &[&BESIDE[..], &sampling])
                && request.get("instructions").is_none_or(|text| is_string(&text))
                && request.get("input").is_some_and(|input| is_input(&input))
        }
        WireFormat::GeminiGenerate => {
            has_only(request, &[&["model", "contents", "systemInstruction", "generationConfig"]])
                && list(request, "contents", gemini_turn)
                && request.get("systemInstruction").is_none_or(|system| gemini_turn(&system))
                && request.get("generationConfig").is_none_or(|config| gemini_config(&config))
        }
        WireFormat::BedrockConverse => {
            has_only(request, &[&["messages", "system", "inferenceConfig"]])
                && list(request, "messages", converse_turn)
                && request.get("system").is_none_or(|system| parts(&system, bare_text))
                && request.get("inferenceConfig").is_none_or(|config| {
                    object(&config, |config| {
                        has_only(config, &[&["maxTokens", "temperature", "topP", "stopSequences"]])
                    })
                })
        }
        WireFormat::CohereChat => {
            let sampling = ["temperature", "p", "k", "max_tokens", "stop_sequences", "seed"];
            has_only(request, &[&["model", "stream", "messages"], &sampling])
                && list(request, "messages", |turn| is_turn(turn, &["system", "user", "assistant"], "text"))
        }
        _ => false,
    }
}

fn has_only(object: &Object<'_>, names: &[&[&str]]) -> bool {
    object.members.iter().all(|member| names.iter().any(|names| names.contains(&&*member.key)))
}

fn is_set(object: &Object<'_>, name: &str) -> bool {
    object.get(name).is_some_and(|value| !value.is_null())
}

fn is_string(value: &Value<'_>) -> bool {
    value.kind == Kind::String
}

fn object(value: &Value<'_>, check: impl Fn(&Object<'_>) -> bool) -> bool {
    value.object().is_ok_and(|object| check(&object))
}

/// Every element of a member that must be a list.
fn list(request: &Object<'_>, name: &str, check: impl Fn(&Value<'_>) -> bool) -> bool {
    request.get(name).is_some_and(|list| parts(&list, check))
}

fn parts(list: &Value<'_>, check: impl Fn(&Value<'_>) -> bool) -> bool {
    list.kind == Kind::Array && list.elements().all(|element| check(&element))
}

/// A turn of texts whose speaker is one of those.
fn is_turn(turn: &Value<'_>, roles: &[&str], kind: &str) -> bool {
    object(turn, |turn| {
        let role = turn.get("role").and_then(|role| role.as_str());
        has_only(turn, &[&["role", "content"]])
            && role.is_some_and(|role| roles.contains(&&*role))
            && turn.get("content").is_some_and(|content| is_text(&content, kind))
    })
}

/// A string, or parts that are texts. Marks for the provider's own cache change nothing in an answer.
fn is_text(content: &Value<'_>, kind: &str) -> bool {
    is_string(content) || parts(content, |part| is_text_part(part, kind))
}

fn is_text_part(part: &Value<'_>, kind: &str) -> bool {
    object(part, |part| {
        has_only(part, &[&["type", "text", "cache_control"]])
            && part.get("type").is_some_and(|stated| stated.as_str().as_deref() == Some(kind))
            && part.get("text").is_some_and(|text| is_string(&text))
    })
}

fn tools(request: &Object<'_>, check: impl Fn(&Value<'_>) -> bool) -> bool {
    request.get("tools").is_none_or(|tools| parts(&tools, check))
        && request.get("tool_choice").is_none_or(|choice| is_string(&choice) || named_choice(&choice))
}

/// A choice by kind, with or without a name: `{"type":"tool","name":..}`.
fn named_choice(choice: &Value<'_>) -> bool {
    object(choice, |choice| {
        let function = choice.get("function");
        has_only(choice, &[&["type", "name", "function"]])
            && function.is_none_or(|function| object(&function, |function| has_only(function, &[&["name"]])))
    })
}

fn openai_tool(tool: &Value<'_>) -> bool {
    object(tool, |tool| {
        let is_function = tool.get("type").is_some_and(|kind| kind.as_str().as_deref() == Some("function"));
        let names = ["name", "description", "parameters", "strict"];
        has_only(tool, &[&["type", "function"]])
            && is_function
            && tool.get("function").is_some_and(|function| {
                object(&function, |function| {
                    has_only(function, &[&names]) && is_function_of(function, "parameters")
                })
            })
    })
}

fn anthropic_tool(tool: &Value<'_>) -> bool {
    object(tool, |tool| {
        has_only(tool, &[&["name", "description", "input_schema", "cache_control"]])
            && is_function_of(tool, "input_schema")
    })
}

/// The reader passes over what is of another kind.
fn is_function_of(function: &Object<'_>, schema: &str) -> bool {
    let kind = |name: &str| function.get(name).map(|value| value.kind);
    kind("name") == Some(Kind::String)
        && kind("description").is_none_or(|kind| kind == Kind::String)
        && kind(schema) == Some(Kind::Object)
        && kind("strict").is_none_or(|kind| kind == Kind::Bool)
}

fn is_input(input: &Value<'_>) -> bool {
    is_string(input)
        || parts(input, |item| {
            object(item, |item| {
                let role = item.get("role").and_then(|role| role.as_str());
                let kind = item.get("type").and_then(|kind| kind.as_str());
                let part = if role.as_deref() == Some("assistant") { "output_text" } else { "input_text" };
                has_only(item, &[&["type", "role", "content"]])
                    && kind.is_none_or(|kind| kind == "message")
                    && role.is_some_and(|role| ["system", "user", "assistant"].contains(&&*role))
                    && item.get("content").is_some_and(|content| is_text(&content, part))
            })
        })
}

fn gemini_turn(turn: &Value<'_>) -> bool {
    object(turn, |turn| {
        has_only(turn, &[&["role", "parts"]])
            && turn.get("role").is_none_or(|role| is_string(&role))
            && turn.get("parts").is_some_and(|list| parts(&list, bare_text))
    })
}

/// A part that is nothing but its text.
fn bare_text(part: &Value<'_>) -> bool {
    object(part, |part| has_only(part, &[&["text"]]) && part.get("text").is_some_and(|text| is_string(&text)))
}

fn gemini_config(config: &Value<'_>) -> bool {
    let names = ["temperature", "topP", "topK", "maxOutputTokens", "stopSequences", "seed", "candidateCount"];
    object(config, |config| has_only(config, &[&names]))
}

fn converse_turn(turn: &Value<'_>) -> bool {
    object(turn, |turn| {
        has_only(turn, &[&["role", "content"]])
            && turn.get("role").is_some_and(|role| is_string(&role))
            && turn.get("content").is_some_and(|list| parts(&list, bare_text))
    })
}
