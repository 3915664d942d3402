//! From where, when and with what a key may be used, and what its calls may be, in the API: read and shown.

use super::calls;
use super::error::ApiError;
use super::given::Given;
use gw_model::access::{Access, Hours, day_names, origin_of, show_minute};
use gw_model::limits::TimeZone;
use gw_model::{Logging, Network};
use serde::Deserialize;
use serde_json::{Value, json};

/// Most hours of one key.
const MAX_HOURS: usize = 256;

/// Hours as callers write them.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct HoursInput {
    #[serde(default)]
    days: Option<Vec<String>>,
    #[serde(default)]
    from: Option<String>,
    #[serde(default)]
    to: Option<String>,
    #[serde(default)]
    time_zone: Option<String>,
}

/// Applies `allowed_ips`, `allowed_origins`, `hours`, `required_metadata`, `logging` and what calls may be, as far as they are given; null or an empty list
/// lifts them. `is_key`: with what only keys have here.
pub(super) fn apply(given: &Given, access: &mut Option<Box<Access>>, is_key: bool) -> Result<(), ApiError> {
    let addresses = given.texts("allowed_ips")?;
    let origins = given.texts("allowed_origins")?;
    let hours = given.raw("hours");
    let required = given.texts("required_metadata")?;
    let of_calls = calls::MEMBERS.iter().chain(calls::OF_KEYS.iter().filter(|_| is_key));
    let has_calls = of_calls.into_iter().any(|name| given.raw(name).is_some());
    let logging = given.text("logging")?;
    let has_place = addresses.is_some() || origins.is_some();
    if !has_place && hours.is_none() && required.is_none() && logging.is_none() && !has_calls {
        return Ok(());
    }
    let mut now = access.clone().unwrap_or_default();
    calls::apply(given, &mut now.calls, is_key)?;
    if let Some(texts) = addresses {
        let read = |(at, text): (usize, &String)| {
            let wrong = |error| ApiError::invalid(format!("allowed_ips[{at}]"), format!("'{text}' {error}"));
            text.parse::<Network>().map_err(wrong)
        };
        now.allowed_ips = texts.iter().enumerate().map(read).collect::<Result<_, _>>()?;
    }
    if let Some(texts) = origins {
        let read = |(at, text): (usize, &String)| {
            let wrong =
                |error| ApiError::invalid(format!("allowed_origins[{at}]"), format!("'{text}' {error}"));
            origin_of(text).map_err(wrong)
        };
        now.allowed_origins = texts.iter().enumerate().map(read).collect::<Result<_, _>>()?;
    }
    if let Some(raw) = hours {
        now.hours = read_hours(raw)?;
    }
    if let Some(names) = required {
        if let Some(at) = names.iter().position(|name| name.trim().is_empty()) {
            return Err(ApiError::invalid(format!("required_metadata[{at}]"), "a name is empty: remove it"));
        }
        now.required_metadata = names;
    }
    if let Some(name) = logging {
        now.logging = name.map(|name| read_logging(&name)).transpose()?;
    }
    *access = (!now.is_empty()).then_some(now);
    Ok(())
}

fn read_logging(name: &str) -> Result<Logging, ApiError> {
    let wrong = || ApiError::invalid("logging", "'logging' must be off, metadata, redacted, full, or null");
    Logging::from_name(name).ok_or_else(wrong)
}

fn read_hours(raw: &str) -> Result<Vec<Hours>, ApiError> {
    let wrong = |error| {
        ApiError::invalid(
            "hours",
            format!("'hours' must be a list of objects with days, from, to and time_zone: {error}"),
        )
    };
    let list: Option<Vec<HoursInput>> = serde_json::from_str(raw).map_err(wrong)?;
    let list = list.unwrap_or_default();
    if list.len() > MAX_HOURS {
        return Err(ApiError::invalid("hours", format!("'hours' may have {MAX_HOURS} entries")));
    }
    list.iter().enumerate().map(|(at, one)| one.read(at)).collect()
}

impl HoursInput {
    fn read(&self, at: usize) -> Result<Hours, ApiError> {
        let field = |member: &str| format!("hours[{at}].{member}");
        let zone = self.time_zone.as_deref().map(|name| {
            let wrong = || {
                let text = format!("'{name}' is no time zone; write for example Europe/Berlin");
                ApiError::invalid(field("time_zone"), text)
            };
            TimeZone::from_name(name).ok_or_else(wrong)
        });
        let days: Vec<&str> = self.days.iter().flatten().map(String::as_str).collect();
        let read = Hours::read(&days, self.from.as_deref(), self.to.as_deref(), zone.transpose()?);
        read.map_err(|(member, text)| ApiError::invalid(field(member), text))
    }
}

/// Hours as they can be sent back.
pub(super) fn hours_shown(access: &Access) -> Vec<Value> {
    let shown = |hours: &Hours| {
        json!({
            "days": day_names(hours.days),
            "from": show_minute(hours.from_minute),
            "to": show_minute(hours.to_minute),
            "time_zone": hours.time_zone.as_ref().map_or("UTC", TimeZone::as_str),
        })
    };
    access.hours.iter().map(shown).collect()
}
