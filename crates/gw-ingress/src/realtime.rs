//! Sessions over a WebSocket: the client's half of the opening handshake. Serves `/v1/realtime`; what happens between
//! is the request path's, like for any call. It must not log a header or a query: browsers put their key there.

use crate::paths::decoded;
use crate::site::Site;
use crate::{context, credential, trace};
use bytes::Bytes;
use gw_model::{ErrorCode, Refusal, WireFormat};
use gw_pipeline::{CallerContext, Inbound, PathFacts, Reply, ReplyBody, refusal_reply, run};
use gw_wire::websocket;
use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use http::{Request, Version};
use std::net::IpAddr;
use std::rc::Rc;

const FORMAT: WireFormat = WireFormat::OpenAiRealtime;

/// Headers of the client that mean something to the provider.
const FORWARDED: [&str; 3] = ["openai-beta", "openai-safety-identifier", "x-client-request-id"];

/// A subprotocol of browsers, which can set no header: their key.
const KEY_PROTOCOL: &str = "openai-insecure-api-key.";

/// Subprotocols that speak of an account: the gateway's is another one.
const ACCOUNT_PROTOCOLS: [&str; 3] = [KEY_PROTOCOL, "openai-organization.", "openai-project."];

/// Opens a session; the reply's body is the session itself when it is open. `model` is the one that the path names.
pub(super) async fn open<B>(
    site: &Rc<Site>,
    from: IpAddr,
    model: Option<String>,
    request: Request<B>,
) -> Reply {
    let (head, _) = request.into_parts();
    let key = match handshake(head.version, &head.headers) {
        Ok(key) => key,
        Err(refusal) => {
            let mut reply = refusal_reply(FORMAT, &refusal, None);
            reply.headers_mut().insert(header::SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13"));
            return reply;
        }
    };
    let query = head.uri.query().unwrap_or_default();
    if let Err(refusal) = check_query(query) {
        return refusal_reply(FORMAT, &refusal, None);
    }
    let offered = protocols(&head.headers);
    let insecure = || offered.iter().find_map(|protocol| protocol.strip_prefix(KEY_PROTOCOL)).map(Into::into);
    let in_query = || parameter(query, "api-key");
    let credential = credential::find(&head.headers, Some(query)).or_else(in_query).or_else(insecure);
    let model = model.or_else(|| parameter(query, "model")).or_else(|| parameter(query, "deployment"));
    let kept: Vec<&str> = offered.iter().map(String::as_str).filter(|p| !is_of_account(p)).collect();
    let gateway = site.worker.gateway();
    let trace = trace::brought(gateway, &head.headers);
    let inbound = Inbound {
        format: FORMAT,
        from: Some(from),
        credential,
        signed: None,
        path: PathFacts { model: Some(model.unwrap_or_default()), stream: true, ..PathFacts::default() },
        context: CallerContext { trace, ..context::caller(&head.headers, gateway.keeps_headers()) },
        forward_headers: forwarded(&head.headers, &kept),
        raw: None,
        errand: None,
        body: Bytes::new(),
    };
    let mut reply = run(&site.worker, inbound).await;
    if matches!(reply.body(), ReplyBody::Session(_)) {
        accept(reply.headers_mut(), &key, &kept);
    }
    reply
}

/// The refusal of ways into a session that would hand out the provider's credential, or go past the gateway.
pub(super) fn websocket_only() -> Reply {
    let text = "sessions are opened over a WebSocket here: connect to '/v1/realtime?model=...' with your Gatewright key; \
                client secrets and WebRTC would lead past the gateway";
    refusal_reply(FORMAT, &Refusal::new(ErrorCode::NotImplemented, text), None)
}

/// Checks what the client asks for; gives its key of the handshake.
fn handshake(version: Version, headers: &HeaderMap) -> Result<HeaderValue, Refusal> {
    let refuse = |text: &'static str| Err(Refusal::new(ErrorCode::InvalidRequest, text));
    if version != Version::HTTP_11 {
        return refuse("a session is opened over HTTP/1.1; let your client speak that");
    }
    if !has_token(headers, &header::CONNECTION, "upgrade")
        || !has_token(headers, &header::UPGRADE, "websocket")
    {
        return refuse("this is a WebSocket: connect with a WebSocket client, not with a plain request");
    }
    if headers.get(header::SEC_WEBSOCKET_VERSION).is_none_or(|version| version.as_bytes() != b"13") {
        return refuse("only version 13 of the WebSocket protocol is spoken");
    }
    match headers.get(header::SEC_WEBSOCKET_KEY) {
        Some(key) if websocket::is_key(key.as_bytes()) => Ok(key.clone()),
        _ => refuse("'sec-websocket-key' is missing or malformed"),
    }
}

/// Parameters that would lead elsewhere than to a session of one's own.
fn check_query(query: &str) -> Result<(), Refusal> {
    for name in ["call_id", "intent"] {
        if parameter(query, name).is_some() {
            let text = match name {
                "call_id" => "calls of WebRTC or SIP are not known here; open a session with 'model'",
                _ => {
                    "'intent' is not taken; open a session with 'model', and choose its type with 'session.update'"
                }
            };
            return Err(Refusal::new(ErrorCode::UnsupportedParameter, text).param(name));
        }
    }
    Ok(())
}

fn has_token(headers: &HeaderMap, name: &HeaderName, token: &str) -> bool {
    let values = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|part| part.trim().eq_ignore_ascii_case(token))
}

/// The subprotocols that the client offers.
fn protocols(headers: &HeaderMap) -> Vec<String> {
    let values = headers.get_all(header::SEC_WEBSOCKET_PROTOCOL).iter().filter_map(|v| v.to_str().ok());
    let parts = values.flat_map(|value| value.split(',')).map(str::trim);
    parts.filter(|part| !part.is_empty()).map(Into::into).collect()
}

fn is_of_account(protocol: &str) -> bool {
    ACCOUNT_PROTOCOLS.iter().any(|prefix| protocol.starts_with(prefix))
}

fn forwarded(headers: &HeaderMap, protocols: &[&str]) -> Vec<(&'static str, Bytes)> {
    let mut out = Vec::new();
    for name in FORWARDED {
        for value in headers.get_all(name) {
            out.push((name, Bytes::copy_from_slice(value.as_bytes())));
        }
    }
    if !protocols.is_empty() {
        out.push(("sec-websocket-protocol", protocols.join(", ").into()));
    }
    out
}

/// The value of a query's parameter, decoded; `None` when it is missing or empty.
fn parameter(query: &str, name: &str) -> Option<String> {
    let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    pairs.filter(|(found, value)| *found == name && !value.is_empty()).map(|(_, value)| decoded(value)).next()
}

/// The gateway's half of the handshake. The subprotocol is the one that the provider chose, or the plain one that
/// clients go by; never one with a key in it.
fn accept(headers: &mut HeaderMap, key: &HeaderValue, offered: &[&str]) {
    let chosen = headers.remove(header::SEC_WEBSOCKET_PROTOCOL);
    let chosen = chosen.as_ref().and_then(|value| value.to_str().ok());
    let plain = offered.iter().copied().find(|protocol| *protocol == "realtime");
    if let Some(protocol) = chosen.filter(|chosen| offered.contains(chosen)).or(plain)
        && let Ok(value) = HeaderValue::from_str(protocol)
    {
        headers.insert(header::SEC_WEBSOCKET_PROTOCOL, value);
    }
    headers.insert(header::CONNECTION, HeaderValue::from_static("Upgrade"));
    headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
    if let Ok(value) = HeaderValue::from_str(&websocket::accept(key.as_bytes())) {
        headers.insert(header::SEC_WEBSOCKET_ACCEPT, value);
    }
}

#[cfg(test)]
mod tests;
