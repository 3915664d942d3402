//! The emulator's own endpoints under `/emulator/`: statistics, recorded requests, standing faults,
//! reset. They are never counted, recorded or made to fail.

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use serde_json::{Map, Value, json};

use crate::emulator::Shared;
use crate::fault::{FAULT_NAMES, Share};
use crate::play::BoxBody;
use crate::respond::json_response;
use crate::stats::Stats;

/// Path prefix of the control endpoints.
pub(crate) const PREFIX: &str = "/emulator/";

/// Answers a control request.
pub(crate) fn answer(shared: &Shared, request: &Request<Bytes>) -> Response<BoxBody> {
    let (status, body) = match (request.method(), &request.uri().path()[PREFIX.len()..]) {
        (&Method::GET, "stats") => (StatusCode::OK, stats(shared)),
        (&Method::GET, "requests") => (StatusCode::OK, requests(shared, request.uri().query())),
        (&Method::GET, "faults") => (StatusCode::OK, faults(shared)),
        (&Method::POST, "faults") => set_faults(shared, request.body()),
        (&Method::DELETE, "faults") => {
            shared.standing.clear();
            (StatusCode::OK, faults(shared))
        }
        (&Method::POST, "reset") => {
            shared.reset();
            (StatusCode::OK, json!({"reset": true}))
        }
        _ => {
            let text = "the emulator has GET stats, GET requests?last=N, GET/POST/DELETE faults, POST reset";
            (StatusCode::NOT_FOUND, json!({"error": text}))
        }
    };
    json_response(status, body.to_string())
}

fn stats(shared: &Shared) -> Value {
    let Stats {
        requests,
        open_connections,
        open_streams,
        billed_input_tokens,
        billed_output_tokens,
        client_disconnects,
        by_model,
        by_status,
    } = shared.counters.snapshot();
    let by_model: Map<String, Value> = by_model
        .into_iter()
        .map(|(name, model)| {
            let figures = json!({
                "requests": model.requests, "input_tokens": model.input_tokens, "output_tokens": model.output_tokens
            });
            (name, figures)
        })
        .collect();
    let by_status: Map<String, Value> =
        by_status.into_iter().map(|(status, count)| (status.to_string(), json!(count))).collect();
    let last = shared.journal.last(1).first().map(crate::journal::RecordedRequest::to_json);
    json!({
        "requests": requests, "open_connections": open_connections, "open_streams": open_streams,
        "billed_input_tokens": billed_input_tokens, "billed_output_tokens": billed_output_tokens,
        "client_disconnects": client_disconnects, "by_model": by_model, "by_status": by_status,
        "last_request": last
    })
}

fn requests(shared: &Shared, query: Option<&str>) -> Value {
    let last =
        query.into_iter().flat_map(|query| query.split('&')).find_map(|pair| pair.strip_prefix("last="));
    let last = last.and_then(|count| count.parse().ok()).unwrap_or(usize::MAX);
    let requests: Vec<Value> =
        shared.journal.last(last).iter().map(crate::journal::RecordedRequest::to_json).collect();
    json!({"now_us": shared.journal.now_us(), "requests": requests})
}

fn faults(shared: &Shared) -> Value {
    let standing: Vec<Value> = shared
        .standing
        .list()
        .into_iter()
        .map(|(model, fault, times, share)| {
            json!({"model": model, "fault": fault, "times_left": times, "share": share.part()})
        })
        .collect();
    let known: Vec<Value> = FAULT_NAMES
        .iter()
        .map(|fault| json!({"name": fault.name, "default": fault.default, "meaning": fault.meaning}))
        .collect();
    json!({"standing": standing, "known": known})
}

fn set_faults(shared: &Shared, body: &Bytes) -> (StatusCode, Value) {
    let wrong = |text: String| (StatusCode::BAD_REQUEST, json!({"error": text}));
    let Ok(Value::Object(body)) = serde_json::from_slice(body) else {
        return wrong("the body must be {\"model\": ..., \"fault\": ..., \"times\": ...}".to_owned());
    };
    let Some(model) = body.get("model").and_then(Value::as_str) else {
        return wrong("`model` must name the model, or `*` for all".to_owned());
    };
    let list = match body.get("fault") {
        None | Some(Value::Null) => "",
        Some(Value::String(list)) => list,
        Some(_) => {
            return wrong("`fault` must be a fault list such as \"status=503;retry-after=2\"".to_owned());
        }
    };
    let times = match body.get("times") {
        None | Some(Value::Null) => None,
        Some(times) => match times.as_u64() {
            Some(times) => Some(times),
            None => return wrong("`times` must be a whole number".to_owned()),
        },
    };
    let share = match body.get("share") {
        None | Some(Value::Null) => Some(Share::ALL),
        Some(share) => share.as_f64().and_then(Share::of),
    };
    let Some(share) = share else {
        return wrong("`share` must be a number above 0 and at most 1".to_owned());
    };
    // A model name's prefix is accepted here too, so that one spelling works everywhere.
    match shared.standing.set(model, list.strip_prefix("fault-").unwrap_or(list), times, share) {
        Ok(()) => (StatusCode::OK, faults(shared)),
        Err(error) => wrong(error.to_string()),
    }
}
