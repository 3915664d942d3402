//! From where, when and with what a key may be used, and what its calls may be, in the API: read and shown.

use super::calls;
use super::error::ApiError;
use super::given::Given;
use gw_model::access::{Access, CacheRule, CacheUse, Hours, day_names, origin_of, show_minute};
use gw_model::caching::CacheScope;
use gw_model::limits::TimeZone;
use gw_model::{Logging, Network};
use serde::Deserialize;
use serde_json::{Map, Value, json};

/// Most hours of one key.
const MAX_HOURS: usize = 256;
/// Longest time that an answer is kept, in seconds, as in the configuration.
const MAX_TTL_SECONDS: u64 = 31_536_000;

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

/// Applies `allowed_ips`, `allowed_origins`, `hours`, `required_metadata`, `logging`, `cache` and what calls may be, as far as they are given; null or an empty list
/// lifts them. `is_key`: with what only keys have here.
pub(super) fn apply(given: &Given, access: &mut Option<Box<Access>>, is_key: bool) -> Result<(), ApiError> {
    let addresses = given.texts("allowed_ips")?;
    let origins = given.texts("allowed_origins")?;
    let hours = given.raw("hours");
    let required = given.texts("required_metadata")?;
    let of_calls = calls::MEMBERS.iter().chain(calls::OF_KEYS.iter().filter(|_| is_key));
    let has_calls = of_calls.into_iter().any(|name| given.raw(name).is_some());
    let logging = given.text("logging")?;
    let cache = given.raw("cache");
    let has_place = addresses.is_some() || origins.is_some();
    let has_times = hours.is_some() || required.is_some();
    if !has_place && !has_times && logging.is_none() && cache.is_none() && !has_calls {
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
    if let Some(raw) = cache {
        now.cache = read_cache(raw, now.cache)?;
    }
    *access = (!now.is_empty()).then_some(now);
    Ok(())
}

fn read_logging(name: &str) -> Result<Logging, ApiError> {
    let wrong = || ApiError::invalid("logging", "'logging' must be off, metadata, redacted, full, or null");
    Logging::from_name(name).ok_or_else(wrong)
}

/// What is said of the cache after a change: members that are not given stay, null takes one or all away. `None`: it says
/// nothing.
fn read_cache(raw: &str, before: Option<CacheRule>) -> Result<Option<CacheRule>, ApiError> {
    const MEMBERS: &str = "mode, opt_in, scope, ttl_seconds and max_ttl_seconds";
    let wrong = |error| {
        ApiError::invalid("cache", format!("'cache' must be null or an object with {MEMBERS}: {error}"))
    };
    let members: Option<Map<String, Value>> = serde_json::from_str(raw).map_err(wrong)?;
    let Some(members) = members else { return Ok(None) };
    let mut rule = before.unwrap_or_default();
    for (name, value) in &members {
        let wrong =
            |what: &str| ApiError::invalid(format!("cache.{name}"), format!("'{name}' must be {what}"));
        let one_of = |names: &[&str]| wrong(&format!("{}, or null", names.join(", ")));
        let seconds = || match value.as_u64().filter(|seconds| (1..=MAX_TTL_SECONDS).contains(seconds)) {
            None if value.is_null() => Ok(None),
            None => Err(wrong(&format!("a whole number of seconds, 1 to {MAX_TTL_SECONDS}, or null"))),
            some => Ok(some),
        };
        match name.as_str() {
            "mode" => {
                rule.mode = value.as_str().and_then(CacheUse::from_name);
                if rule.mode.is_none() && !value.is_null() {
                    return Err(one_of(&CacheUse::ALL.map(CacheUse::as_str)));
                }
            }
            "scope" => {
                rule.scope = value.as_str().and_then(CacheScope::from_name);
                if rule.scope.is_none() && !value.is_null() {
                    return Err(one_of(&CacheScope::ALL.map(CacheScope::as_str)));
                }
            }
            "opt_in" => {
                rule.opt_in = value.as_bool();
                if rule.opt_in.is_none() && !value.is_null() {
                    return Err(wrong("true, false, or null"));
                }
            }
            "ttl_seconds" => rule.ttl_seconds = seconds()?,
            "max_ttl_seconds" => rule.max_ttl_seconds = seconds()?,
            _ => {
                let text = format!("there is no member '{name}' in 'cache'; there are {MEMBERS}");
                return Err(ApiError::invalid(format!("cache.{name}"), text));
            }
        }
    }
    Ok((!rule.is_empty()).then_some(rule))
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

/// What is said of the cache, as it can be sent back; null for nothing.
pub(super) fn cache_shown(access: Option<&Access>) -> Value {
    json!(access.and_then(|access| access.cache))
}
