//! A caller's request to the intermediate form. Serves the translate step. It must not judge what a target
//! can do: members without a field of their own are kept as they are.

use super::fields;
use super::read_content::{self, blocks};
use super::tools;
use crate::anthropic::request::members::{Members, wrong};
use crate::anthropic::request::schema::is_strict;
use gw_model::chat::{ChatRequest, Json, Message, ResponseFormat, Role};
use gw_model::refusal::{ErrorCode, Refusal};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::borrow::Cow;

#[derive(Deserialize)]
struct MessageIn<'a> {
    #[serde(borrow)]
    role: Cow<'a, str>,
    #[serde(borrow)]
    content: Vec<&'a RawValue>,
}

#[derive(Deserialize)]
struct TierIn {
    #[serde(rename = "type")]
    kind: String,
}

#[derive(Deserialize)]
struct FormatIn<'a> {
    #[serde(borrow)]
    structure: StructureIn<'a>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct StructureIn<'a> {
    #[serde(borrow)]
    json_schema: SchemaIn<'a>,
}

#[derive(Deserialize)]
struct SchemaIn<'a> {
    /// JSON as text.
    #[serde(borrow)]
    schema: Cow<'a, str>,
    name: Option<String>,
    description: Option<String>,
}

/// Reads a request for `model`, which stands in the path. So does whether the answer is to stream: the result
/// says that it is not, until the caller of this function sets it.
///
/// # Errors
/// 400 `invalid_request` that names the member at fault.
pub fn read(model: &str, body: &[u8]) -> Result<ChatRequest, Refusal> {
    let mut members: Members<'_> = serde_json::from_slice(body).map_err(|error| {
        Refusal::new(
            ErrorCode::InvalidRequest,
            format!("The body is not a JSON object with distinct members: {error}."),
        )
    })?;
    let mut request = ChatRequest {
        model: model.to_owned(),
        // The format always states usage.
        include_usage: true,
        service_tier: members.take::<TierIn>("serviceTier")?.map(|tier| tier.kind),
        ..ChatRequest::default()
    };
    if let Some(system) = members.take::<Vec<&RawValue>>("system")? {
        blocks("system", &system, &mut request.system)?;
    }
    read_messages(&mut members, &mut request)?;
    if let Some(inference) = members.take::<Members<'_>>("inferenceConfig")? {
        read_inference(inference, &mut request)?;
    }
    if let Some(raw) = members.take_raw("toolConfig") {
        tools::read(raw, &mut request)?;
    }
    if let Some(added) = members.take::<Members<'_>>("additionalModelRequestFields")? {
        fields::read(added, &mut request)?;
    }
    if let Some(config) = members.take::<Members<'_>>("outputConfig")? {
        read_output(config, &mut request)?;
    }
    for (name, value) in members.0 {
        if value.get() != "null" {
            request.extra.push((name.into_owned(), own(value)));
        }
    }
    Ok(request)
}

/// An own copy of JSON text.
pub(super) fn own(raw: &RawValue) -> Json {
    Json::from(raw.to_owned())
}

fn read_messages(members: &mut Members<'_>, request: &mut ChatRequest) -> Result<(), Refusal> {
    let Some(messages) = members.take::<Vec<MessageIn<'_>>>("messages")? else {
        let text = "`messages` is missing. Send at least one message of the user.";
        return Err(Refusal::new(ErrorCode::InvalidRequest, text).param("messages"));
    };
    request.messages.reserve(messages.len());
    for (index, message) in messages.into_iter().enumerate() {
        let role = match message.role.as_ref() {
            "user" => Role::User,
            "assistant" => Role::Assistant,
            other => {
                let text = format!("`messages[{index}].role` is `{other}`; it is user or assistant.");
                return Err(Refusal::new(ErrorCode::InvalidRequest, text).param("messages"));
            }
        };
        let mut parts = Vec::with_capacity(message.content.len());
        read_content::blocks(&format!("messages[{index}].content"), &message.content, &mut parts)?;
        request.messages.push(Message { role, parts, name: None });
    }
    Ok(())
}

fn read_inference(mut members: Members<'_>, request: &mut ChatRequest) -> Result<(), Refusal> {
    let named = |refusal: Refusal| refusal.param("inferenceConfig");
    request.max_output_tokens = members.take("maxTokens").map_err(named)?;
    request.temperature = members.take("temperature").map_err(named)?;
    request.top_p = members.take("topP").map_err(named)?;
    request.stop = members.take("stopSequences").map_err(named)?.unwrap_or_default();
    rest("inferenceConfig", members, request);
    Ok(())
}

fn read_output(mut members: Members<'_>, request: &mut ChatRequest) -> Result<(), Refusal> {
    if let Some(raw) = members.take_raw("textFormat") {
        let at = "outputConfig.textFormat";
        let format: FormatIn<'_> = serde_json::from_str(raw.get()).map_err(|error| wrong(at, &error))?;
        let SchemaIn { schema, name, description } = format.structure.json_schema;
        let schema = RawValue::from_string(schema.into_owned())
            .map_err(|error| wrong("outputConfig.textFormat.structure.jsonSchema.schema", &error))?;
        request.response_format = Some(ResponseFormat::JsonSchema {
            name: name.unwrap_or_else(|| "response".to_owned()),
            strict: is_strict(&schema).then_some(true),
            schema: Json::from(schema),
            description,
        });
    }
    rest("outputConfig", members, request);
    Ok(())
}

/// Members of an object that have no field become extra members `OBJECT.NAME`.
fn rest(object: &str, members: Members<'_>, request: &mut ChatRequest) {
    for (name, value) in members.0 {
        if value.get() != "null" {
            request.extra.push((format!("{object}.{name}"), own(value)));
        }
    }
}
