//! Revisions in headers: `ETag` says which one an answer shows, `If-Match` which one a write means.

use super::error::ApiError;
use axum::Json;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::Value;

/// The revision that `If-Match` names.
pub(super) fn expected(headers: &HeaderMap) -> Result<Option<i64>, ApiError> {
    let Some(value) = headers.get(header::IF_MATCH) else { return Ok(None) };
    let text = value.to_str().unwrap_or_default().trim();
    if text == "*" {
        return Ok(None);
    }
    let wrong = |_| ApiError::invalid("If-Match", "'If-Match' must be the ETag of an answer, such as \"3\"");
    text.trim_matches('"').parse().map(Some).map_err(wrong)
}

/// An answer that shows a revision.
pub(super) fn tagged(status: StatusCode, revision: i64, shown: Value) -> Response {
    let mut answer = (status, Json(shown)).into_response();
    if let Ok(tag) = HeaderValue::try_from(format!("\"{revision}\"")) {
        answer.headers_mut().insert(header::ETAG, tag);
    }
    answer
}
