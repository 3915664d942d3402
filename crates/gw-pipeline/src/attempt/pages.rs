//! Further pages of a list whose first page has come: the same request to the same target, as one attempt with it. It
//! must not send anything but reads.

use super::Answered;
use bytes::{Bytes, BytesMut};
use gw_model::snapshot::Timeouts;
use gw_model::{ErrorCode, RawLine, Refusal};
use gw_upstream::{PhaseTimeouts, UpstreamRequest};
use std::time::Duration;

/// The page behind the entry of that id, which the parameter `cursor` names. Errors: it did not come.
pub(crate) async fn another_page(answered: &Answered, cursor: &str, after: &str) -> Result<Bytes, Refusal> {
    let refuse = || Refusal::new(ErrorCode::UpstreamError, "the provider's list broke off");
    let line = answered.call.raw.as_deref().filter(|line| line.is_idempotent()).ok_or_else(refuse)?;
    let line = RawLine { query: behind(&line.query, cursor, after), ..line.clone() };
    let live = &answered.live;
    let endpoint = live.endpoint(&answered.target.provider).ok_or_else(refuse)?;
    let worker = answered.ticket.worker();
    // The account that the first page is of.
    let used = answered.ticket.credential.as_deref();
    let named = used.or_else(|| answered.ticket.bound_credential(&answered.target));
    let ready = endpoint.ready(named, worker, Timeouts::default().connect_ms).await?;
    let parts = gw_providers::prepare_raw(&line, &Bytes::new(), &ready, worker.now())?;
    let request = UpstreamRequest {
        method: parts.method,
        path_and_query: parts.path_and_query.as_str().to_owned(),
        headers: parts.headers,
        body: parts.body,
    };
    let left = u64::try_from(answered.deadline - worker.now()).unwrap_or(0) / 1000;
    let phases = PhaseTimeouts { connect_ms: left, first_byte_ms: left, idle_ms: left };
    let limit = live.snapshot.settings.max_translated_bytes;
    let read = async {
        let response = worker.upstream.send(&endpoint.destination, &request, phases).await.ok()?;
        let mut body = response.status.is_success().then_some(response.body)?;
        let mut page = BytesMut::new();
        while let Some(piece) = body.next().await {
            page.extend_from_slice(&piece.ok()?);
            if page.len() > limit {
                return None;
            }
        }
        Some(page.freeze())
    };
    let page = tokio::time::timeout(Duration::from_millis(left), read).await;
    page.ok().flatten().ok_or_else(refuse)
}

/// The query with another cursor.
fn behind(query: &str, cursor: &str, after: &str) -> String {
    let is_cursor = |pair: &str| pair.split_once('=').is_some_and(|(name, _)| name == cursor);
    let kept = query.split('&').filter(|pair| !pair.is_empty() && !is_cursor(pair));
    let mut out: String = kept.flat_map(|pair| [pair, "&"]).collect();
    out.push_str(cursor);
    out.push('=');
    for byte in after.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            out.push(char::from(byte));
        } else {
            use std::fmt::Write as _;
            // Writing to a String cannot fail.
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}
