//! `/echo/...`: gives back what came, byte for byte, so that a caller sees what reached the upstream. It must not
//! interpret the body.

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderName, HeaderValue, Request, Response, StatusCode};

use crate::play::BoxBody;
use crate::respond::bytes_response;

/// The part of the path behind `/echo`, when it is one.
pub(super) fn path(path: &str) -> Option<&str> {
    let rest =
        ["/v1", "/v1beta", ""].iter().find_map(|prefix| path.strip_prefix(prefix)?.strip_prefix("/echo"))?;
    (rest.is_empty() || rest.starts_with('/')).then_some(rest)
}

/// The request's body under its own content type; method and target stand in headers. `/echo/status/N` sets the status.
pub(super) fn answer(request: &Request<Bytes>, rest: &str) -> Response<BoxBody> {
    let mut response = bytes_response("application/octet-stream", request.body().clone());
    let headers = response.headers_mut();
    if let Some(content_type) = request.headers().get(CONTENT_TYPE) {
        headers.insert(CONTENT_TYPE, content_type.clone());
    }
    let target = request.uri().path_and_query().map_or("", http::uri::PathAndQuery::as_str);
    for (name, text) in [("x-echo-method", request.method().as_str()), ("x-echo-target", target)] {
        if let Ok(value) = HeaderValue::from_str(text) {
            headers.insert(HeaderName::from_static(name), value);
        }
    }
    let status = rest.strip_prefix("/status/").and_then(|text| text.parse().ok());
    *response.status_mut() =
        status.and_then(|code| StatusCode::from_u16(code).ok()).unwrap_or(StatusCode::OK);
    response
}
