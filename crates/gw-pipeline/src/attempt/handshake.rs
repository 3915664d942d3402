//! A try that asks for a WebSocket in place of an answer: the opening handshake with a target. It must not look at
//! what is said afterwards.

use crate::ticket::Ticket;
use gw_upstream::{Destination, PhaseTimeouts, SendError, Upstream, UpstreamRequest, UpstreamResponse};
use gw_wire::websocket;
use http::StatusCode;
use http::header::{self, HeaderValue};

/// Asks. An answer of 101 has proved that the other side speaks WebSocket, and plainly; one that has not is a 502.
pub(super) async fn open(
    upstream: &Upstream,
    to: &Destination,
    mut request: UpstreamRequest,
    phases: PhaseTimeouts,
    ticket: &Ticket,
) -> Result<UpstreamResponse, SendError> {
    let key = websocket::key(ticket.worker().random_u128().to_ne_bytes());
    request.headers.insert(header::SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13"));
    if let Ok(value) = HeaderValue::from_str(&key) {
        request.headers.insert(header::SEC_WEBSOCKET_KEY, value);
    }
    let mut response = upstream.upgrade(to, &request, phases).await?;
    if response.status == StatusCode::SWITCHING_PROTOCOLS && !is_proved(&response, &key) {
        tracing::warn!(
            request_id = %ticket.record.id,
            "a provider took up a WebSocket that was not asked for like that"
        );
        response.status = StatusCode::BAD_GATEWAY;
    }
    Ok(response)
}

fn is_proved(response: &UpstreamResponse, key: &str) -> bool {
    let accept = response.headers.get(header::SEC_WEBSOCKET_ACCEPT);
    accept.is_some_and(|value| value.as_bytes() == websocket::accept(key.as_bytes()).as_bytes())
        && !response.headers.contains_key(header::SEC_WEBSOCKET_EXTENSIONS)
}
