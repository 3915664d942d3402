//! A caller's request to the intermediate form. Serves the translate step. It must not judge what a target
//! can do: members without a field of their own are kept as they are.

use super::members::{Members, wrong};
use super::read_content::{Content, parts};
use super::reasoning::{self, ThinkingIn};
use super::schema::is_strict;
use super::tools::{self, own};
use gw_model::chat::{ChatRequest, Message, ResponseFormat, Role};
use gw_model::refusal::{ErrorCode, Refusal};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::borrow::Cow;

#[derive(Deserialize)]
struct MessageIn<'a> {
    #[serde(borrow)]
    role: Cow<'a, str>,
    #[serde(borrow)]
    content: Content<'a>,
}

#[derive(Deserialize)]
struct MetadataIn {
    user_id: Option<String>,
}

#[derive(Deserialize)]
struct FormatIn<'a> {
    #[serde(rename = "type", borrow)]
    kind: Cow<'a, str>,
    #[serde(borrow)]
    schema: &'a RawValue,
}

/// Reads a request.
///
/// # Errors
/// 400 `invalid_request` that names the member at fault.
pub fn read(body: &[u8]) -> Result<ChatRequest, Refusal> {
    let mut members: Members<'_> = serde_json::from_slice(body).map_err(|error| {
        Refusal::new(
            ErrorCode::InvalidRequest,
            format!("The body is not a JSON object with distinct members: {error}."),
        )
    })?;
    let mut request = ChatRequest {
        model: members.take("model")?.unwrap_or_default(),
        max_output_tokens: members.take("max_tokens")?,
        temperature: members.take("temperature")?,
        top_p: members.take("top_p")?,
        top_k: members.take("top_k")?,
        stop: members.take("stop_sequences")?.unwrap_or_default(),
        stream: members.take("stream")?.unwrap_or(false),
        // The format always states usage.
        include_usage: true,
        service_tier: members.take("service_tier")?,
        user: members.take::<MetadataIn>("metadata")?.and_then(|metadata| metadata.user_id),
        ..ChatRequest::default()
    };
    if let Some(system) = members.take::<Content<'_>>("system")? {
        parts("system", system, &mut request.system)?;
    }
    read_messages(&mut members, &mut request)?;
    if let Some(tools) = members.take::<Vec<&RawValue>>("tools")? {
        request.tools = tools
            .into_iter()
            .enumerate()
            .map(|(index, tool)| tools::read(index, tool))
            .collect::<Result<_, _>>()?;
    }
    if let Some(raw) = members.take_raw("tool_choice") {
        let (choice, parallel) = tools::read_choice(raw)?;
        request.tool_choice = Some(choice);
        request.parallel_tool_calls = parallel;
    }
    let thinking: Option<ThinkingIn<'_>> = members.take("thinking")?;
    let effort = read_output_config(&mut members, &mut request)?;
    request.reasoning = reasoning::read(thinking.as_ref(), effort);
    for (name, value) in members.0 {
        if value.get() != "null" {
            request.extra.push((name.into_owned(), own(value)));
        }
    }
    Ok(request)
}

fn read_messages(members: &mut Members<'_>, request: &mut ChatRequest) -> Result<(), Refusal> {
    let messages: Vec<MessageIn<'_>> = members.take("messages")?.unwrap_or_default();
    request.messages.reserve(messages.len());
    for (index, message) in messages.into_iter().enumerate() {
        let role = match message.role.as_ref() {
            "user" => Role::User,
            "assistant" => Role::Assistant,
            "system" => Role::System,
            other => {
                let text =
                    format!("`messages[{index}].role` is `{other}`; it is one of user, assistant, system.");
                return Err(Refusal::new(ErrorCode::InvalidRequest, text).param("messages"));
            }
        };
        let mut read = Vec::new();
        parts(&format!("messages[{index}].content"), message.content, &mut read)?;
        request.messages.push(Message { role, parts: read, name: None });
    }
    Ok(())
}

/// Reads `output_config`: its format goes to the request, the effort is returned, what is left becomes an
/// extra member `output_config.NAME` each.
fn read_output_config(
    members: &mut Members<'_>,
    request: &mut ChatRequest,
) -> Result<Option<String>, Refusal> {
    let Some(mut config) = members.take::<Members<'_>>("output_config")? else { return Ok(None) };
    let effort = config.take("effort").map_err(|refusal| refusal.param("output_config"))?;
    if let Some(raw) = config.take_raw("format") {
        let format: FormatIn<'_> =
            serde_json::from_str(raw.get()).map_err(|error| wrong("output_config.format", &error))?;
        if format.kind != "json_schema" {
            let message = "`output_config.format.type` is json_schema.";
            return Err(Refusal::new(ErrorCode::InvalidRequest, message).param("output_config"));
        }
        request.response_format = Some(ResponseFormat::JsonSchema {
            name: "response".to_owned(),
            schema: own(format.schema),
            strict: is_strict(format.schema).then_some(true),
            description: None,
        });
    }
    for (name, value) in config.0 {
        if value.get() != "null" {
            request.extra.push((format!("output_config.{name}"), own(value)));
        }
    }
    Ok(effort)
}
