//! What of a budget goes over to the next window, in the API: read and shown.

use super::ApiError;
use gw_model::limits::{Budget, Period, Rollover};
use gw_model::{NanoUsd, time};
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

/// As callers write it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Input<'a> {
    #[serde(borrow)]
    cap_usd: Option<&'a RawValue>,
    since: String,
}

/// Reads it, for a budget of that period.
pub(super) fn read(field: &str, given: &Input<'_>, period: Period) -> Result<Rollover, ApiError> {
    let invalid = |name: &str, text: String| ApiError::invalid(format!("{field}.rollover{name}"), text);
    if !Rollover::is_for(period) {
        return Err(invalid("", "'rollover' is for periods day, week and month".to_owned()));
    }
    let cap = given.cap_usd.map(|raw| NanoUsd::parse_usd(raw.get().trim_matches('"')));
    let cap = cap.transpose().map_err(|error| invalid(".cap_usd", format!("'cap_usd' is {error}")))?;
    let since = time::parse(&given.since)
        .ok_or_else(|| invalid(".since", "'since' must be a time such as 2026-11-01T00:00:00Z".to_owned()))?;
    Ok(Rollover { cap, since })
}

/// As it can be sent back; null where nothing goes over.
pub(super) fn shown(budget: &Budget) -> Value {
    let shown = |rollover: &Rollover| json!({ "cap_usd": rollover.cap.map(|cap| cap.to_string()), "since": time::format(rollover.since) });
    budget.rollover.as_ref().map_or(Value::Null, shown)
}
