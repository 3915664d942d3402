//! What to say about a request whose head could not be read.

use crate::dispatch::REQUEST_ID;
use crate::site::Site;
use bytes::Bytes;
use gw_model::{ErrorCode, Refusal, WireFormat};
use gw_pipeline::{ReplyBody, refusal_reply};
use http::HeaderMap;

/// Headers and body for an answer with this status. There is no path to tell the caller's format by.
pub(crate) fn explain(site: &Site, status: u16) -> (HeaderMap, Bytes) {
    let refusal = match status {
        431 => Refusal::new(
            ErrorCode::RequestTooLarge,
            "the head of the request is larger, or has more headers, than this gateway takes",
        ),
        414 => Refusal::new(ErrorCode::RequestTooLarge, "the URL of the request is too long"),
        _ => Refusal::new(ErrorCode::InvalidRequest, "the head of the request is not valid HTTP"),
    };
    let (mut head, body) = refusal_reply(WireFormat::OpenAiChat, &refusal, None).into_parts();
    head.headers.insert(REQUEST_ID, site.request_id());
    let body = match body {
        ReplyBody::Whole(bytes) => bytes.unwrap_or_default(),
        ReplyBody::Stream(_)
        | ReplyBody::Large(_)
        | ReplyBody::Raw(_)
        | ReplyBody::Led(_)
        | ReplyBody::Kept(_)
        | ReplyBody::Other(_)
        | ReplyBody::Session(_) => Bytes::new(),
    };
    (head.headers, body)
}
