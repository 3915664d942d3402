//! One question to a host of the configuration, over the client that speaks to providers: its TLS, proxies and forbidden
//! addresses hold here too. Serves asking. It must not read more than a bounded answer.

use super::desk::HostAt;
use crate::worker::Worker;
use gw_guard::asked::AskFault;
use gw_model::Secret;
use gw_upstream::{PhaseTimeouts, UpstreamRequest};
use http::Method;
use http::header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, USER_AGENT};
use std::rc::Rc;

/// Largest answer, in bytes.
pub(super) const MAX_ANSWER_BYTES: usize = 1 << 20;

/// Status and body of the answer.
pub(super) async fn post(
    worker: &Rc<Worker>,
    to: &HostAt,
    suffix: &str,
    headers: &[(&'static str, Secret)],
    body: Vec<u8>,
) -> Result<(u16, Vec<u8>), AskFault> {
    let mut map = HeaderMap::new();
    map.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    map.insert(ACCEPT, HeaderValue::from_static("application/json"));
    map.insert(USER_AGENT, HeaderValue::from_static("gatewright"));
    for (name, value) in headers {
        let mut value = HeaderValue::from_str(value.expose()).map_err(|_| AskFault::Unreachable)?;
        value.set_sensitive(true);
        map.insert(HeaderName::from_static(name), value);
    }
    let request = UpstreamRequest {
        method: Method::POST,
        path_and_query: path(to, suffix),
        headers: map,
        body: vec![body.into()],
    };
    // The question as a whole has its time.
    let phases = PhaseTimeouts { connect_ms: 0, first_byte_ms: 0, idle_ms: 0 };
    let answer = worker.upstream.send(&to.destination, &request, phases).await;
    let mut answer = answer.map_err(|error| {
        tracing::debug!(host = to.destination.host(), %error, "a guardrail's host was not reached");
        AskFault::Unreachable
    })?;
    let mut body = Vec::new();
    while let Some(piece) = answer.body.next().await {
        let piece = piece.map_err(|_| AskFault::Unreachable)?;
        if body.len() + piece.len() > MAX_ANSWER_BYTES {
            return Err(AskFault::Malformed);
        }
        body.extend_from_slice(&piece);
    }
    Ok((answer.status.as_u16(), body))
}

/// The address's own path and query, with what is added to each.
fn path(to: &HostAt, suffix: &str) -> String {
    let (path, added) = suffix.split_once('?').unwrap_or((suffix, ""));
    let query: Vec<&str> =
        to.query.as_deref().into_iter().chain([added]).filter(|query| !query.is_empty()).collect();
    let mut whole = format!("{}{path}", to.path);
    if whole.is_empty() {
        whole.push('/');
    }
    if !query.is_empty() {
        whole.push('?');
        whole.push_str(&query.join("&"));
    }
    whole
}
