//! `GET /v1/models` and `/v1/models/{id}`: what the caller may call, in OpenAI's shape, or in Anthropic's
//! when its version header is sent.

use super::credential;
use crate::app::models::{self, Listed};
use crate::app::site::Site;
use gw_model::{Endpoint, ErrorCode, Refusal, WireFormat};
use gw_pipeline::{Reply, ReplyBody, refusal_reply};
use http::Request;
use http::header::{self, HeaderValue};
use hyper::body::Incoming;
use serde_json::{Value, json};

/// Serves the list, or one of it.
pub(super) fn serve(site: &Site, id: Option<&str>, request: &Request<Incoming>) -> Reply {
    let anthropic = request.headers().contains_key("anthropic-version");
    let format = if anthropic { WireFormat::AnthropicMessages } else { WireFormat::OpenAiChat };
    match answer(site, id, anthropic, request) {
        Ok(value) => {
            let mut reply = Reply::new(ReplyBody::whole(value.to_string()));
            reply.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
            reply
        }
        Err(refusal) => refusal_reply(format, &refusal, None),
    }
}

fn answer(
    site: &Site,
    id: Option<&str>,
    anthropic: bool,
    request: &Request<Incoming>,
) -> Result<Value, Refusal> {
    let credential = credential::find(request.headers(), request.uri().query());
    let key = site.worker.identify(credential.as_deref())?;
    let policy = key.as_ref().map(|k| &k.policy);
    if policy.is_some_and(|p| !p.allows_endpoint(Endpoint::Models)) {
        return Err(Refusal::new(ErrorCode::EndpointNotAllowed, "this key may not list models"));
    }
    let live = site.worker.live();
    let listed = models::list(&live.snapshot, policy);
    let shape = if anthropic { anthropic_model } else { openai_model };
    match id {
        Some(id) => match listed.iter().find(|m| m.id == id) {
            Some(model) => Ok(shape(model)),
            None => {
                Err(Refusal::new(ErrorCode::ModelNotFound, format!("there is no model '{id}' for this key")))
            }
        },
        None => {
            let data: Vec<Value> = listed.iter().map(shape).collect();
            if anthropic {
                let (first, last) = (listed.first().map(|m| &m.id), listed.last().map(|m| &m.id));
                Ok(json!({ "data": data, "has_more": false, "first_id": first, "last_id": last }))
            } else {
                Ok(json!({ "object": "list", "data": data }))
            }
        }
    }
}

fn openai_model(model: &Listed) -> Value {
    json!({ "id": model.id, "object": "model", "created": 0, "owned_by": model.owner })
}

fn anthropic_model(model: &Listed) -> Value {
    json!({ "type": "model", "id": model.id, "display_name": model.id, "created_at": "1970-01-01T00:00:00Z" })
}
