//! `GET /metrics`.

use super::error::ApiError;
use crate::app::state::App;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use std::sync::Arc;

/// OpenMetrics text, which Prometheus reads.
const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// All metrics.
pub(super) async fn show(State(app): State<Arc<App>>) -> Result<Response, ApiError> {
    let text = app.gateway.metrics.encode().map_err(|e| ApiError::internal(&e))?;
    Ok(([(header::CONTENT_TYPE, CONTENT_TYPE)], text).into_response())
}
