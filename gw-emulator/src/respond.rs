//! Makes HTTP responses of whole texts, rejections and scripts. It must not decide what they say.

use std::sync::Arc;

use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderValue, Response, StatusCode};
use http_body_util::{BodyExt, Full};

use crate::answer::Rejection;
use crate::fault::Faults;
use crate::listen::ConnectionTag;
use crate::play::{BodyMeter, BoxBody, PlayedBody, Script};
use crate::route::Family;
use crate::{anthropic, cohere, converse, gemini, openai};

/// Marks a response that must not be sent: the connection is closed instead.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Abandon;

/// A whole JSON response outside of any accounting.
pub(crate) fn json_response(status: StatusCode, text: String) -> Response<BoxBody> {
    let mut response = Response::new(Full::new(Bytes::from(text)).map_err(|never| match never {}).boxed());
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// A whole response of any type outside of any accounting.
pub(crate) fn bytes_response(content_type: &'static str, content: Bytes) -> Response<BoxBody> {
    let mut response = Response::new(Full::new(content).map_err(|never| match never {}).boxed());
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}

/// A rejection in its family's shape.
pub(crate) fn rejection(
    family: Family,
    rejection: &Rejection,
    request_id: &str,
    faults: &Faults,
) -> Response<BoxBody> {
    let text = match family {
        Family::OpenAi | Family::Responses => openai::error_body(rejection),
        Family::Anthropic => anthropic::error_body(rejection, request_id),
        Family::Gemini => gemini::error_body(rejection, faults.retry_after.as_deref()),
        Family::Converse => converse::error_body(rejection),
        Family::Cohere => cohere::error_body(rejection, request_id),
    };
    let status = StatusCode::from_u16(rejection.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = json_response(status, text);
    if family == Family::Converse {
        let (name, value) = converse::error_header(rejection.status);
        response.headers_mut().insert(name, value);
    }
    // Gemini says in its body when to come again.
    let default = (rejection.status == 429 && family != Family::Gemini).then_some("1");
    let retry_after = faults.retry_after.as_deref().or(default);
    if let Some(value) = retry_after.and_then(|value| HeaderValue::from_str(value).ok()) {
        response.headers_mut().insert(RETRY_AFTER, value);
    }
    response
}

/// A script as a response.
pub(crate) fn played(
    script: Script,
    meter: BodyMeter,
    connection: Option<Arc<ConnectionTag>>,
) -> Response<BoxBody> {
    let content_type = script.content_type;
    // A body that breaks off still announces its full length: that is how the break is noticed.
    let announced = (!script.streamed && !script.is_complete()).then_some(script.bytes.len());
    let streamed = script.streamed;
    let mut response = Response::new(PlayedBody::new(script, meter, connection).boxed());
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    if streamed {
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    }
    if let Some(length) = announced {
        headers.insert(CONTENT_LENGTH, HeaderValue::from(length));
    }
    response
}
