//! Counting tokens before a call: requests in every counting format, to and from the intermediate form of the
//! conversation that they hold, and their answers. Serves translation. It must not count.
//!
//! Sources: Anthropic API reference "Count tokens in a Message"; Amazon Bedrock API reference "CountTokens";
//! OpenAI API reference "Get input token counts". Google's form stands in [`crate::gemini::count_tokens`].

use crate::codec::{Options, WireError, Written};
use crate::facts::{counting::conversation_in, json_refusal};
use crate::gemini::count_tokens;
use crate::json::{Kind, Object, Writer, cursor::DEPTH_CEILING};
use crate::{anthropic, bedrock_converse, openai_responses};
use gw_model::chat::ChatRequest;
use gw_model::{ErrorCode, Refusal, WireFormat};

/// What of a conversation Anthropic's endpoint takes.
const OF_MESSAGES: &[&str] = &[
    "model",
    "messages",
    "system",
    "tools",
    "tool_choice",
    "thinking",
    "cache_control",
    "output_config",
    "mcp_servers",
];
/// What Bedrock's takes.
const OF_CONVERSE: &[&str] = &["messages", "system", "toolConfig", "additionalModelRequestFields"];
/// What OpenAI's takes.
const OF_RESPONSES: &[&str] = &[
    "model",
    "input",
    "instructions",
    "tools",
    "tool_choice",
    "parallel_tool_calls",
    "reasoning",
    "text",
    "truncation",
];

/// Reads a request; `model` is the path's, in formats whose paths name it.
///
/// # Errors
/// 400 `invalid_request` that names the member at fault, 400 `unsupported_parameter` for a request within the
/// request in a format of the model's own.
pub fn read(format: WireFormat, model: &str, body: &[u8]) -> Result<ChatRequest, Refusal> {
    match format {
        WireFormat::GeminiCountTokens => count_tokens::read(model, body),
        WireFormat::BedrockCountTokens => {
            let whole = Object::parse(body, DEPTH_CEILING).map_err(|error| json_refusal(&error))?;
            match conversation_in(format, &whole) {
                Some(inner) if inner.kind == Kind::Object => {
                    bedrock_converse::request::read(model, inner.raw().as_bytes())
                }
                _ => {
                    let text = "The model chosen counts conversations only. Send `input.converse`.";
                    Err(Refusal::new(ErrorCode::UnsupportedParameter, text).param("input.invokeModel"))
                }
            }
        }
        WireFormat::OpenAiInputTokens => openai_responses::request::read(body),
        _ => anthropic::request::read(body),
    }
}

/// Writes a request. What the counting endpoint does not take has no tokens, and is left out.
///
/// # Errors
/// As the writer of the conversation.
pub fn write(format: WireFormat, chat: &ChatRequest, options: &Options) -> Result<Written, Refusal> {
    let written = match format {
        WireFormat::GeminiCountTokens => return count_tokens::write(chat, options),
        WireFormat::BedrockCountTokens => bedrock_converse::request::write(chat, options)?,
        WireFormat::OpenAiInputTokens => openai_responses::request::write(chat, options)?,
        _ => anthropic::request::write(chat, options)?,
    };
    let conversation = Object::parse(&written.body, DEPTH_CEILING).map_err(|error| json_refusal(&error))?;
    let mut w = Writer::with_capacity(written.body.len() + 32);
    w.begin_object();
    match format {
        WireFormat::BedrockCountTokens => {
            w.key("input");
            w.begin_object();
            w.key("converse");
            w.begin_object();
            keep(&conversation, OF_CONVERSE, &mut w);
            w.end_object();
            w.end_object();
        }
        WireFormat::OpenAiInputTokens => keep(&conversation, OF_RESPONSES, &mut w),
        _ => keep(&conversation, OF_MESSAGES, &mut w),
    }
    w.end_object();
    Ok(Written { body: w.into_bytes(), ..Written::default() })
}

fn keep(conversation: &Object<'_>, names: &[&str], w: &mut Writer) {
    for member in conversation.members.iter().filter(|member| names.contains(&member.key.as_ref())) {
        w.raw_member(&member.key, conversation.value(member).raw());
    }
}

/// The count of an upstream's answer.
///
/// # Errors
/// The body is not such an answer.
pub fn read_answer(format: WireFormat, body: &[u8]) -> Result<u64, WireError> {
    let name = match format {
        WireFormat::GeminiCountTokens => return count_tokens::read_answer(body),
        WireFormat::BedrockCountTokens => "inputTokens",
        _ => "input_tokens",
    };
    let answer = crate::gemini::names::parse(body)?;
    let count = answer.get(name).and_then(|count| count.as_u64());
    count.ok_or(WireError::Shape { what: "the count of tokens is missing" })
}

/// Writes an answer for a caller.
#[must_use]
pub fn write_answer(format: WireFormat, input_tokens: u64) -> Vec<u8> {
    let name = match format {
        WireFormat::GeminiCountTokens => return count_tokens::write_answer(input_tokens),
        WireFormat::BedrockCountTokens => "inputTokens",
        _ => "input_tokens",
    };
    let mut w = Writer::with_capacity(64);
    w.begin_object();
    if format == WireFormat::OpenAiInputTokens {
        w.string_member("object", "response.input_tokens");
    }
    w.number_member(name, input_tokens);
    w.end_object();
    w.into_bytes()
}

#[cfg(test)]
mod tests;
