//! OpenAI's Realtime over a WebSocket: the opening handshake, and a session with the usual order of events, sound,
//! usage and faults. It must not use the gateway's own codec of frames: a test whose two ends share a mistake would
//! pass.

mod events;
mod frames;
mod run;
mod session;
mod speech;

pub(crate) use run::Opened;

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::header::{CONNECTION, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_PROTOCOL, UPGRADE};
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode};
use sha1::{Digest, Sha1};

use crate::emulator::Shared;
use crate::exchange;
use crate::fault::Faults;
use crate::percent::percent_decoded;
use crate::play::{BoxBody, boxed_empty};

/// What RFC 6455 appends to the key of a handshake.
const SUFFIX: &str = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// Is this one of the paths of sessions, asked for as a WebSocket?
pub(crate) fn is_asked_for(path: &str, headers: &HeaderMap) -> bool {
    let known = matches!(path, "/v1/realtime" | "/realtime" | "/openai/v1/realtime" | "/openai/realtime");
    let upgrade = headers.get(UPGRADE).and_then(|value| value.to_str().ok());
    known && upgrade.is_some_and(|value| value.eq_ignore_ascii_case("websocket"))
}

/// Answers a handshake: a refusal, or the head that takes it up and what is to run on the connection.
pub(crate) async fn open(
    shared: &Arc<Shared>,
    request: &Request<Bytes>,
) -> (Response<BoxBody>, Option<Opened>) {
    let query = request.uri().query().unwrap_or_default();
    let model = ["model", "deployment"].into_iter().find_map(|name| parameter(query, name));
    let model = model.unwrap_or_default();
    let faults = match exchange::before_session(shared, request, &model).await {
        Ok(faults) => faults,
        Err(refused) => return (*refused, None),
    };
    let key = request.headers().get(SEC_WEBSOCKET_KEY).map_or(&b""[..], HeaderValue::as_bytes);
    let digest = Sha1::new().chain_update(key).chain_update(SUFFIX).finalize();
    let mut response = Response::new(boxed_empty());
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    let headers = response.headers_mut();
    headers.insert(CONNECTION, HeaderValue::from_static("Upgrade"));
    headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
    if let Ok(value) = HeaderValue::from_str(&STANDARD.encode(digest)) {
        headers.insert(SEC_WEBSOCKET_ACCEPT, value);
    }
    let offered = protocols(request.headers());
    if offered.iter().any(|protocol| protocol == "realtime") {
        headers.insert(SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static("realtime"));
    }
    shared.counters.status(101);
    let beta = request.headers().get("openai-beta").is_some_and(|value| value == "realtime=v1")
        || offered.iter().any(|protocol| protocol == "openai-beta.realtime-v1");
    let opened = Opened { shared: Arc::clone(shared), model, faults, beta };
    (response, Some(opened))
}

fn protocols(headers: &HeaderMap) -> Vec<String> {
    let values = headers.get_all(SEC_WEBSOCKET_PROTOCOL).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).map(|part| part.trim().to_owned()).collect()
}

fn parameter(query: &str, name: &str) -> Option<String> {
    let value = query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))?;
    (!value.is_empty()).then(|| percent_decoded(value))
}

/// Faults of a session count its events as frames; those that speak of bytes or event streams mean nothing to it.
pub(crate) fn pause_ms(faults: &Faults) -> u64 {
    faults.frame_delay_ms.unwrap_or(0)
}
