//! Reads the meaning out of an answer in either chat format, whole or streamed: text, tool calls, why it
//! ended, usage. Independent of the gateway's codecs on purpose.

use super::sse;
use serde_json::Value;
use std::collections::BTreeMap;

/// What an answer says, in terms of both formats.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Said {
    pub(crate) text: String,
    pub(crate) tools: Vec<Tool>,
    /// `stop`, `length`, `tools` or `filter`.
    pub(crate) stop: String,
    /// Input tokens, cached ones included.
    pub(crate) input_tokens: u64,
    pub(crate) output_tokens: u64,
}

/// A tool call.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Tool {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) arguments: Value,
}

/// Reads a whole answer of `chat` or `messages`.
pub(crate) fn whole(format: &str, body: &Value) -> Said {
    if format == "messages" { anthropic(body) } else { openai(body) }
}

/// Reads a stream of `chat` or `messages`.
pub(crate) fn streamed(format: &str, bytes: &[u8]) -> Said {
    if format == "messages" { anthropic_stream(bytes) } else { openai_stream(bytes) }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// Arguments as JSON; no text at all means no arguments.
fn arguments(text: &str) -> Value {
    if text.trim().is_empty() {
        return serde_json::json!({});
    }
    serde_json::from_str(text).unwrap_or_else(|_| Value::from(text))
}

fn openai(body: &Value) -> Said {
    let choice = &body["choices"][0];
    let calls = choice["message"]["tool_calls"].as_array().cloned().unwrap_or_default();
    let tools = calls.iter().map(|call| Tool {
        id: text(&call["id"]).to_owned(),
        name: text(&call["function"]["name"]).to_owned(),
        arguments: arguments(text(&call["function"]["arguments"])),
    });
    let mut said = Said {
        text: content(&choice["message"]["content"]),
        tools: tools.collect(),
        stop: openai_stop(text(&choice["finish_reason"])),
        ..Said::default()
    };
    openai_usage(&mut said, &body["usage"]);
    said
}

/// Some servers send content as parts.
fn content(value: &Value) -> String {
    match value {
        Value::Array(parts) => parts.iter().map(|part| text(&part["text"])).collect(),
        other => text(other).to_owned(),
    }
}

fn openai_usage(said: &mut Said, usage: &Value) {
    if usage.is_object() {
        let count = |path: &str| usage.pointer(path).and_then(Value::as_u64).unwrap_or(0);
        said.input_tokens = count("/prompt_tokens");
        // Some servers leave reasoning out of the sum.
        let rest = count("/total_tokens").saturating_sub(count("/prompt_tokens"));
        said.output_tokens = count("/completion_tokens").max(rest);
    }
}

fn openai_stop(reason: &str) -> String {
    let stop = match reason {
        "length" => "length",
        "tool_calls" | "function_call" => "tools",
        "content_filter" => "filter",
        _ => "stop",
    };
    stop.to_owned()
}

fn openai_stream(bytes: &[u8]) -> Said {
    let mut said = Said::default();
    let mut calls: BTreeMap<u64, (Tool, String)> = BTreeMap::new();
    for chunk in sse::values(bytes) {
        // Groq's own place for it comes first in its streams.
        openai_usage(&mut said, &chunk["x_groq"]["usage"]);
        openai_usage(&mut said, &chunk["usage"]);
        let choices = chunk["choices"].as_array().cloned().unwrap_or_default();
        for choice in choices.iter().filter(|choice| choice["index"].as_u64().unwrap_or(0) == 0) {
            said.text.push_str(&content(&choice["delta"]["content"]));
            if let Some(reason) = choice["finish_reason"].as_str() {
                said.stop = openai_stop(reason);
            }
            let deltas = choice["delta"]["tool_calls"].as_array().cloned().unwrap_or_default();
            for (at, delta) in deltas.iter().enumerate() {
                let index = delta["index"].as_u64().unwrap_or(at as u64);
                let (tool, argument_text) = calls.entry(index).or_default();
                if tool.id.is_empty() {
                    text(&delta["id"]).clone_into(&mut tool.id);
                }
                if tool.name.is_empty() {
                    text(&delta["function"]["name"]).clone_into(&mut tool.name);
                }
                argument_text.push_str(text(&delta["function"]["arguments"]));
            }
        }
    }
    let tools = calls.into_values().map(|(tool, text)| Tool { arguments: arguments(&text), ..tool });
    said.tools = tools.collect();
    if said.stop.is_empty() {
        said.stop = openai_stop("");
    }
    said
}

fn anthropic(body: &Value) -> Said {
    let mut said = Said { stop: anthropic_stop(text(&body["stop_reason"])), ..Said::default() };
    for block in body["content"].as_array().cloned().unwrap_or_default() {
        match text(&block["type"]) {
            "text" => said.text.push_str(text(&block["text"])),
            "tool_use" => said.tools.push(Tool {
                id: text(&block["id"]).to_owned(),
                name: text(&block["name"]).to_owned(),
                arguments: block["input"].clone(),
            }),
            _ => {}
        }
    }
    anthropic_usage(&mut said, &body["usage"]);
    said
}

fn anthropic_usage(said: &mut Said, usage: &Value) {
    let count = |name: &str| usage[name].as_u64();
    if let Some(input) = count("input_tokens") {
        let cached = |name| count(name).unwrap_or(0);
        said.input_tokens = input + cached("cache_read_input_tokens") + cached("cache_creation_input_tokens");
    }
    if let Some(output) = count("output_tokens") {
        said.output_tokens = output;
    }
}

fn anthropic_stop(reason: &str) -> String {
    let stop = match reason {
        "max_tokens" | "model_context_window_exceeded" => "length",
        "tool_use" => "tools",
        "refusal" => "filter",
        _ => "stop",
    };
    stop.to_owned()
}

fn anthropic_stream(bytes: &[u8]) -> Said {
    let mut said = Said::default();
    let mut calls: BTreeMap<u64, (Tool, String)> = BTreeMap::new();
    for event in sse::values(bytes) {
        let index = event["index"].as_u64().unwrap_or(0);
        match text(&event["type"]) {
            "message_start" => anthropic_usage(&mut said, &event["message"]["usage"]),
            "content_block_start" => {
                let block = &event["content_block"];
                said.text.push_str(text(&block["text"]));
                if text(&block["type"]) == "tool_use" {
                    let (id, name) = (text(&block["id"]).to_owned(), text(&block["name"]).to_owned());
                    calls
                        .insert(index, (Tool { id, name, arguments: block["input"].clone() }, String::new()));
                }
            }
            "content_block_delta" => {
                said.text.push_str(text(&event["delta"]["text"]));
                if let Some((_, pieces)) = calls.get_mut(&index) {
                    pieces.push_str(text(&event["delta"]["partial_json"]));
                }
            }
            "message_delta" => {
                if let Some(reason) = event["delta"]["stop_reason"].as_str() {
                    said.stop = anthropic_stop(reason);
                }
                anthropic_usage(&mut said, &event["usage"]);
            }
            // What some recordings hold behind it is another answer.
            "message_stop" => break,
            _ => {}
        }
    }
    said.tools = calls.into_values().map(|(tool, pieces)| finished(tool, &pieces)).collect();
    said
}

/// Pieces of arguments go before those that stood at the start.
fn finished(mut tool: Tool, pieces: &str) -> Tool {
    if !pieces.is_empty() || tool.arguments.is_null() {
        tool.arguments = arguments(pieces);
    }
    tool
}
