//! `GET /v1/models` and `/v1/models/{id}`: what the caller may call, in OpenAI's shape; in Anthropic's when its
//! version header is sent, in Google's on its own path or when its key header is sent.

use crate::listed::{self, Listed};
use crate::site::Site;
use crate::{context, credential};
use gw_model::{Ability, Endpoint, ErrorCode, Refusal, WireFormat};
use gw_pipeline::{Reply, ReplyBody, Whence, refusal_reply};
use http::header::{self, HeaderValue};
use http::{HeaderMap, Request};
use hyper::body::Incoming;
use serde_json::{Map, Value, json};
use std::net::IpAddr;

/// Serves the list, or one of it. `format` is the path's.
pub(super) async fn serve(
    site: &Site,
    from: IpAddr,
    (id, format): (Option<&str>, WireFormat),
    request: &Request<Incoming>,
) -> Reply {
    let format = shape(format, request.headers());
    match answer(site, from, (id, format), request).await {
        Ok(value) => {
            let mut reply = Reply::new(ReplyBody::whole(value.to_string()));
            reply.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
            reply
        }
        Err(refusal) => refusal_reply(format, &refusal, None),
    }
}

/// OpenAI's paths are also those of others, who say who they are by their headers.
pub(super) fn shape(format: WireFormat, headers: &HeaderMap) -> WireFormat {
    match format {
        WireFormat::GeminiGenerate => format,
        _ if headers.contains_key("anthropic-version") => WireFormat::AnthropicMessages,
        _ if headers.contains_key("x-goog-api-key") => WireFormat::GeminiGenerate,
        _ => WireFormat::OpenAiChat,
    }
}

async fn answer(
    site: &Site,
    from: IpAddr,
    (id, format): (Option<&str>, WireFormat),
    request: &Request<Incoming>,
) -> Result<Value, Refusal> {
    let credential = credential::find(request.headers(), request.uri().query());
    let origin = context::origin(request.headers());
    let whence = Whence { address: Some(from), origin: origin.as_deref() };
    let key = site.worker.identify(credential.as_deref(), whence).await?;
    let key = key.as_deref();
    if key.is_some_and(|key| !key.allows_endpoint(Endpoint::Models)) {
        return Err(Refusal::new(ErrorCode::EndpointNotAllowed, "this key may not list models"));
    }
    let live = site.worker.live();
    let listed = listed::list(&live.snapshot, key);
    let shape = match format {
        WireFormat::AnthropicMessages => anthropic_model,
        WireFormat::GeminiGenerate => gemini_model,
        _ => openai_model,
    };
    match id {
        Some(id) => match listed.iter().find(|m| m.id == id) {
            Some(model) => Ok(shape(model)),
            None => {
                Err(Refusal::new(ErrorCode::ModelNotFound, format!("there is no model '{id}' for this key")))
            }
        },
        None => {
            let data: Vec<Value> = listed.iter().map(shape).collect();
            Ok(match format {
                WireFormat::AnthropicMessages => {
                    let (first, last) = (listed.first().map(|m| &m.id), listed.last().map(|m| &m.id));
                    json!({ "data": data, "has_more": false, "first_id": first, "last_id": last })
                }
                WireFormat::GeminiGenerate => json!({ "models": data }),
                _ => json!({ "object": "list", "data": data }),
            })
        }
    }
}

fn openai_model(model: &Listed) -> Value {
    let mut out = json!({
        // Mistral's SDK wants a type.
        "id": model.id, "object": "model", "created": 0, "owned_by": model.owner, "type": "base"
    });
    // Beyond OpenAI's own members, which its SDKs let pass.
    if !model.info.mode.is_empty() {
        out["mode"] = json!(&*model.info.mode);
    }
    for (name, limit) in
        [("context_window", model.info.max_input_tokens), ("max_output_tokens", model.info.max_output_tokens)]
    {
        if limit > 0 {
            out[name] = limit.into();
        }
    }
    let abilities: Map<String, Value> =
        model.abilities().into_iter().map(|(name, can)| (name.to_owned(), can.into())).collect();
    out["capabilities"] = abilities.into();
    out
}

fn anthropic_model(model: &Listed) -> Value {
    let mut out = json!({
        "type": "model",
        "id": model.id,
        "display_name": model.id,
        "created_at": "1970-01-01T00:00:00Z",
    });
    for (name, limit) in
        [("max_input_tokens", model.info.max_input_tokens), ("max_tokens", model.info.max_output_tokens)]
    {
        if limit > 0 {
            out[name] = limit.into();
        }
    }
    let names = [
        ("image_input", Ability::Vision),
        ("pdf_input", Ability::Documents),
        ("structured_outputs", Ability::JsonSchema),
        ("thinking", Ability::Reasoning),
    ];
    for (name, ability) in names {
        if let Some(can) = model.can(ability) {
            out["capabilities"][name] = json!({ "supported": can });
        }
    }
    out
}

fn gemini_model(model: &Listed) -> Value {
    // An alias of unknown facts is most likely one to talk to.
    let methods: &[&str] = match &*model.info.mode {
        "" | "chat" | "completion" | "responses" => &["generateContent"],
        "embedding" => &["embedContent"],
        _ => &[],
    };
    let mut out = json!({
        "name": format!("models/{}", model.id),
        "version": "",
        "displayName": model.id,
        "supportedGenerationMethods": methods,
    });
    for (name, limit) in
        [("inputTokenLimit", model.info.max_input_tokens), ("outputTokenLimit", model.info.max_output_tokens)]
    {
        if limit > 0 {
            out[name] = limit.into();
        }
    }
    if let Some(can) = model.can(Ability::Reasoning) {
        out["thinking"] = can.into();
    }
    out
}
