//! `GET /metrics`: in Prometheus' own text format, or as OpenMetrics for scrapers that ask for it. The two differ in
//! how counters are named and in how the text ends; the registry writes OpenMetrics.

mod process;

use super::by::on_gateway;
use super::error::ApiError;
use super::{Shown, auth, who};
use crate::app::authorization::Resource;
use crate::app::state::App;
use axum::extract::{Request, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use gw_config::settings::otlp::MetricAccess;
use std::sync::Arc;

const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
const PROMETHEUS: &str = "text/plain; version=0.0.4; charset=utf-8";

/// All metrics, for whoever may read them.
pub(super) async fn show(State(app): State<Arc<App>>, request: Request) -> Result<Response, ApiError> {
    if app.metric_access() == MetricAccess::Protected {
        let (presented, session) = (Shown::by(&request, ""), auth::Shown::of(&app, &request));
        let caller = who(&app, presented, Some(session)).await?;
        on_gateway(&caller, Resource::Usage.read())?;
    }
    let headers = request.headers();
    // Collectors of OpenTelemetry have names of their own for what a process is.
    let text = process::text() + &text(&app).map_err(|e| ApiError::internal(&e))?;
    let accepted = headers.get_all(header::ACCEPT).into_iter().filter_map(|v| v.to_str().ok());
    let (kind, text) = if accepted.into_iter().any(asks_for_open_metrics) {
        (OPEN_METRICS, text)
    } else {
        (PROMETHEUS, prometheus(&text))
    };
    Ok(([(header::CONTENT_TYPE, kind), (header::VARY, "accept")], text).into_response())
}

/// All metrics as OpenMetrics, with what is only looked up for them.
pub(crate) fn text(app: &App) -> Result<String, std::fmt::Error> {
    app.gateway.metrics.store_up.set(i64::from(app.storage.is_up()));
    let cached = app.gateway.answers.totals();
    let gauge = |value: usize| i64::try_from(value).unwrap_or(i64::MAX);
    app.gateway.metrics.cache_index_entries.set(gauge(app.gateway.answers.index_totals().0));
    app.gateway.metrics.cache_entries.set(gauge(cached.entries));
    app.gateway.metrics.cache_bytes.set(gauge(cached.bytes));
    note_bodies(app);
    app.gateway.metrics.encode()
}

/// What became of bodies since the last time.
fn note_bodies(app: &App) {
    let (metrics, stats) = (&app.gateway.metrics, app.storage.bodies.stats());
    for (counter, now) in [
        (&metrics.bodies_written, stats.written),
        (&metrics.bodies_dropped, stats.dropped),
        (&metrics.bodies_unmasked, stats.unmasked),
    ] {
        counter.inc_by(now.saturating_sub(counter.get()));
    }
    let Some(room) = &app.storage.body_room else { return };
    for (counter, now) in [
        (&metrics.body_segments_sent, room.stats.sent()),
        (&metrics.body_storage_failures, room.stats.failures()),
    ] {
        counter.inc_by(now.saturating_sub(counter.get()));
    }
    let waiting = app.storage.database.segment_bytes_here();
    metrics.body_spool_bytes.set(i64::try_from(waiting).unwrap_or(i64::MAX));
}

/// Does an `Accept` header list OpenMetrics of version 1, and not with weight 0?
fn asks_for_open_metrics(accept: &str) -> bool {
    accept.split(',').any(|one| {
        let mut parts = one.split(';').map(str::trim);
        let named =
            parts.next().is_some_and(|kind| kind.eq_ignore_ascii_case("application/openmetrics-text"));
        named
            && parts.filter_map(|parameter| parameter.split_once('=')).all(|(name, value)| {
                let value = value.trim().trim_matches('"');
                match name.trim().to_ascii_lowercase().as_str() {
                    "q" => value.parse::<f32>().is_ok_and(|weight| weight > 0.0),
                    "version" => value.starts_with("1."),
                    _ => true,
                }
            })
    })
}

/// OpenMetrics as Prometheus' text format 0.0.4: there a counter is described under the name of its samples, with
/// `_total`; some types have other names or none; units and the end mark do not exist.
fn prometheus(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 512);
    // The help of a metric comes before its type, which decides the name.
    let mut help: Option<&str> = None;
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("# HELP ") {
            help = Some(rest);
        } else if let Some((name, kind)) = line.strip_prefix("# TYPE ").and_then(|rest| rest.split_once(' '))
        {
            let (suffix, kind) = match kind {
                "counter" => ("_total", "counter"),
                "info" => ("_info", "gauge"),
                "unknown" => ("", "untyped"),
                other => ("", other),
            };
            if let Some((_, words)) = help.take().and_then(|help| help.split_once(' ')) {
                for part in ["# HELP ", name, suffix, " ", words, "\n"] {
                    out.push_str(part);
                }
            }
            for part in ["# TYPE ", name, suffix, " ", kind, "\n"] {
                out.push_str(part);
            }
        } else if !line.starts_with("# ") {
            out.push_str(line);
            out.push('\n');
        }
    }
    out
}

#[cfg(test)]
mod tests;
