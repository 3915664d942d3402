//! Limits and budgets in the API: how they are read, and how they are shown. The same for keys and for every
//! account above them.

mod budget;
mod rollover;
mod schema;

pub(super) use schema::schemas;

use super::error::ApiError;
use super::given::{Given, not_a_pattern};
use super::held;
use gw_model::limits::{
    Budget, Increase, Limit, LimitKind, LimitUnit, Limits, MAX_BUDGETS, MAX_MORE_LIMITS, Reserve, Sharing,
    TimeZone,
};
use gw_model::principal::is_pattern;
use gw_model::{Micros, NanoUsd, time};
use gw_store::memory::{MAX_BUDGETS_WITH_PLAN, MAX_LIMITS_WITH_PLAN, Rules, Tally};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

/// Windows of limits by their names.
const WINDOWS: [(&str, u32); 4] = [("second", 1), ("minute", 60), ("hour", 3_600), ("day", 86_400)];

/// Longest window of a limit in seconds: a month.
const MAX_WINDOW_SECONDS: u64 = 31 * 86_400;

/// Names of [`Sharing`]'s members, for messages.
const MODES: &str = "strict, leased or local";
const WITHOUT: &str = "local, closed or open";

/// Most patterns of models of one limit, and most increases or alerts of one budget.
const MAX_PARTS: usize = 64;

/// Longest name or pattern, in bytes: records cut names of models there.
const MAX_NAME_BYTES: usize = 256;

/// Largest amount of anything: what is beyond could not be told from unlimited. Those of `rpm`, `tpm` and `burst`, and of
/// `max_parallel`, are the configuration's.
const MAX_AMOUNT: u64 = 1_000_000_000_000_000;
const MAX_PER_MINUTE: u64 = 1_000_000_000;
const MAX_TOKENS: u64 = 1_000_000_000_000;
const MAX_PARALLEL: u64 = 1_000_000;

/// Members of one limit.
const LIMIT_MEMBERS: [&str; 12] = [
    "unit",
    "limit",
    "limit_usd",
    "per",
    "kind",
    "burst",
    "models",
    "providers",
    "shadow",
    "mode",
    "on_unavailable",
    "reserve",
];

/// Applies `limits`, and `budget` or `budgets`, as far as they are given.
pub(super) fn apply(given: &Given, limits: &mut Limits, budgets: &mut Vec<Budget>) -> Result<(), ApiError> {
    if let Some(raw) = given.raw("limits") {
        *limits = read_limits(raw, limits.clone())?;
    }
    match (given.raw("budget"), given.raw("budgets")) {
        (Some(_), Some(_)) => Err(ApiError::invalid("budget", "give 'budget' or 'budgets', not both")),
        (Some(raw), None) => {
            // What is not given of the only one stays.
            let now = match budgets.as_slice() {
                [one] => Some(one),
                _ => None,
            };
            *budgets = budget::read("budget", raw, now)?.into_iter().collect();
            Ok(())
        }
        (None, Some(raw)) => {
            let wrong = |e| ApiError::invalid("budgets", format!("'budgets' must be a list of budgets: {e}"));
            let list: Option<Vec<&RawValue>> = serde_json::from_str(raw).map_err(wrong)?;
            let list = list.unwrap_or_default();
            if list.len() > MAX_BUDGETS {
                let text = format!("there may be {MAX_BUDGETS} budgets");
                return Err(ApiError::invalid("budgets", text));
            }
            let read =
                |(at, raw): (usize, &&RawValue)| budget::read(&format!("budgets[{at}]"), raw.get(), None);
            let read: Result<Vec<_>, _> = list.iter().enumerate().map(read).collect();
            *budgets = read?.into_iter().flatten().collect();
            Ok(())
        }
        (None, None) => Ok(()),
    }
}

/// Limits as given; a member that is null is lifted, one that is not given stays.
fn read_limits(raw: &str, mut limits: Limits) -> Result<Limits, ApiError> {
    let wrong = |e| ApiError::invalid("limits", format!("'limits' must be an object: {e}"));
    let Some(members) = serde_json::from_str::<Option<Map<String, Value>>>(raw).map_err(wrong)? else {
        return Ok(Limits::default());
    };
    let has_burst = members.get("burst").is_some_and(|burst| !burst.is_null());
    for (name, value) in members {
        match name.as_str() {
            "rpm" => limits.rpm = up_to("limits.rpm", &value, MAX_PER_MINUTE)?,
            "tpm" => limits.tpm = up_to("limits.tpm", &value, MAX_TOKENS)?,
            "max_parallel" => {
                let max = up_to("limits.max_parallel", &value, MAX_PARALLEL)?;
                limits.max_parallel = max.map(|n| u32::try_from(n).unwrap_or(u32::MAX));
            }
            "burst" => limits.burst = burst("limits.burst", Some(&value))?,
            "kind" => limits.kind = kind("limits.kind", &value)?,
            "mode" => limits.sharing.mode = named("limits.mode", &value, MODES)?,
            "on_unavailable" => {
                limits.sharing.on_unavailable = named("limits.on_unavailable", &value, WITHOUT)?;
            }
            "reserve" => limits.reserve = reserve("limits.reserve", Some(&value))?,
            "more" => limits.more = more(&value)?,
            _ => {
                let text =
                    "there are rpm, tpm, max_parallel, kind, burst, mode, on_unavailable, reserve and more";
                return Err(ApiError::invalid(
                    format!("limits.{name}"),
                    format!("there is no limit '{name}'; {text}"),
                ));
            }
        }
    }
    check_reserve("limits.reserve", limits.reserve, limits.kind)?;
    if has_burst {
        check_burst("limits.burst", limits.burst, limits.kind)?;
    } else if limits.kind != LimitKind::Gcra {
        // Of the kind it was before.
        limits.burst = 0;
    }
    Ok(limits)
}

/// Percent that are kept for calls of at least a priority: `{high?, normal?}`; null is nothing.
fn reserve(field: &str, value: Option<&Value>) -> Result<Reserve, ApiError> {
    let Some(value) = value.filter(|value| !value.is_null()) else { return Ok(Reserve::default()) };
    let text = "'reserve' must be an object of 'high' and 'normal', each a percentage from 0 to 100, together at most 100";
    let wrong = || ApiError::invalid(field.to_owned(), text);
    let members = value.as_object().ok_or_else(wrong)?;
    let is_known = |name: &String| matches!(name.as_str(), "high" | "normal");
    let reserve = Reserve::deserialize(value).ok().filter(|reserve| !reserve.is_too_much());
    reserve.filter(|_| members.keys().all(is_known)).ok_or_else(wrong)
}

/// A pace has no parts.
fn check_reserve(field: &str, reserve: Reserve, kind: LimitKind) -> Result<(), ApiError> {
    if kind == LimitKind::Gcra && !reserve.is_none() {
        let text = "'reserve' is not for kind gcra: leave it out, or choose sliding or fixed";
        return Err(ApiError::invalid(field.to_owned(), text));
    }
    Ok(())
}

/// Windows have none.
fn check_burst(field: &str, burst: u64, kind: LimitKind) -> Result<(), ApiError> {
    if burst > 0 && kind != LimitKind::Gcra {
        let text = "'burst' is for kind gcra only: leave it out, or say \"kind\": \"gcra\"";
        return Err(ApiError::invalid(field.to_owned(), text));
    }
    Ok(())
}

fn kind(field: &str, value: &Value) -> Result<LimitKind, ApiError> {
    LimitKind::deserialize(value)
        .map_err(|_| ApiError::invalid(field.to_owned(), "'kind' must be sliding, gcra or fixed"))
}

/// A choice by its name; null is the usual one.
fn named<T: DeserializeOwned + Default>(field: &str, value: &Value, names: &str) -> Result<T, ApiError> {
    if value.is_null() {
        return Ok(T::default());
    }
    let name = field.rsplit('.').next().unwrap_or(field);
    T::deserialize(value)
        .map_err(|_| ApiError::invalid(field.to_owned(), format!("'{name}' must be {names}")))
}

fn more(value: &Value) -> Result<Vec<Limit>, ApiError> {
    let list = match value {
        Value::Null => return Ok(Vec::new()),
        Value::Array(list) => list,
        _ => return Err(ApiError::invalid("limits.more", "'more' must be a list of limits")),
    };
    if list.len() > MAX_MORE_LIMITS {
        return Err(ApiError::invalid("limits.more", format!("there may be {MAX_MORE_LIMITS} limits")));
    }
    list.iter().enumerate().map(|(at, value)| limit(&format!("limits.more[{at}]"), value)).collect()
}

/// One limit: `{unit, limit | limit_usd, per, kind?, burst?, models?, providers?, shadow?, mode?, on_unavailable?, reserve?}`.
fn limit(field: &str, value: &Value) -> Result<Limit, ApiError> {
    let invalid = |name: &str, text: &str| ApiError::invalid(format!("{field}.{name}"), text.to_owned());
    let Value::Object(members) = value else {
        return Err(ApiError::invalid(field.to_owned(), "a limit must be an object"));
    };
    if let Some(name) = members.keys().find(|name| !LIMIT_MEMBERS.contains(&name.as_str())) {
        return Err(invalid(
            name,
            &format!("there is no member '{name}'; there are {}", LIMIT_MEMBERS.join(", ")),
        ));
    }
    let get = |name: &str| members.get(name).filter(|value| !value.is_null());
    let unit = get("unit").and_then(Value::as_str).and_then(LimitUnit::from_name);
    let names: Vec<&str> = LimitUnit::ALL.iter().map(|unit| unit.as_str()).collect();
    let unit = unit.ok_or_else(|| invalid("unit", &format!("'unit' must be one of {}", names.join(", "))))?;
    let (needed, other) =
        if unit == LimitUnit::Cost { ("limit_usd", "limit") } else { ("limit", "limit_usd") };
    if get(other).is_some() && get(needed).is_some() {
        let text = format!("a limit of {} is given as '{needed}', and nothing else", unit.as_str());
        return Err(invalid(other, &text));
    }
    let max = if unit == LimitUnit::Cost {
        let text = get("limit_usd").map(|value| match value {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        });
        let text = text.ok_or_else(|| invalid("limit_usd", "a limit of cost needs 'limit_usd'"))?;
        NanoUsd::parse_usd(&text).map_err(|e| invalid("limit_usd", &format!("'limit_usd' is {e}")))?.0
    } else {
        let value = get("limit").ok_or_else(|| invalid("limit", "'limit' says how many"))?;
        count(&format!("{field}.limit"), value)?.unwrap_or(1)
    };
    let per_seconds = match (unit, get("per")) {
        (LimitUnit::Parallel, None) => 0,
        (LimitUnit::Parallel, Some(_)) => {
            return Err(invalid("per", "a limit of parallel requests has no window"));
        }
        (_, per) => window(per).ok_or_else(|| {
            invalid("per", "'per' must be second, minute, hour, day, or a number of seconds up to a month")
        })?,
    };
    let shadow = get("shadow")
        .map(|value| value.as_bool().ok_or_else(|| invalid("shadow", "'shadow' must be true or false")));
    let kind = get("kind").map_or(Ok(LimitKind::Sliding), |value| kind(&format!("{field}.kind"), value))?;
    let reserve = reserve(&format!("{field}.reserve"), get("reserve"))?;
    check_reserve(&format!("{field}.reserve"), reserve, kind)?;
    let burst = burst(&format!("{field}.burst"), get("burst"))?;
    check_burst(&format!("{field}.burst"), burst, kind)?;
    Ok(Limit {
        unit,
        max,
        per_seconds,
        kind,
        burst,
        models: patterns(field, "models", get("models"))?,
        providers: patterns(field, "providers", get("providers"))?,
        shadow: shadow.transpose()?.unwrap_or(false),
        sharing: sharing(field, get("mode"), get("on_unavailable"))?,
        reserve,
    })
}

/// Names or patterns of what a limit counts; `None` for all.
fn patterns(field: &str, name: &str, value: Option<&Value>) -> Result<Option<Vec<String>>, ApiError> {
    let Some(value) = value else { return Ok(None) };
    let list: Option<Vec<String>> = serde_json::from_value(value.clone()).ok();
    let is_good = |list: &Vec<String>| {
        let is_name = |one: &String| (1..=MAX_NAME_BYTES).contains(&one.len());
        !list.is_empty() && list.len() <= MAX_PARTS && list.iter().all(is_name)
    };
    let text = format!(
        "'{name}' must be a list of at most {MAX_PARTS} names or patterns of at most {MAX_NAME_BYTES} bytes, or be left out"
    );
    let invalid = |text: String| ApiError::invalid(format!("{field}.{name}"), text);
    let list = list.filter(is_good).ok_or_else(|| invalid(text))?;
    match list.iter().find(|one| !is_pattern(one)) {
        Some(bad) => Err(invalid(not_a_pattern(bad))),
        None => Ok(Some(list)),
    }
}

/// How it holds where several gateways meet.
fn sharing(field: &str, mode: Option<&Value>, without: Option<&Value>) -> Result<Sharing, ApiError> {
    Ok(Sharing {
        mode: named(&format!("{field}.mode"), mode.unwrap_or(&Value::Null), MODES)?,
        on_unavailable: named(&format!("{field}.on_unavailable"), without.unwrap_or(&Value::Null), WITHOUT)?,
    })
}

/// Seconds of a window by its name or length; a minute when it is not given.
fn window(per: Option<&Value>) -> Option<u32> {
    match per {
        None => Some(60),
        Some(Value::String(name)) => {
            WINDOWS.into_iter().find(|(known, _)| known == name).map(|(_, seconds)| seconds)
        }
        Some(value) => {
            let seconds = value.as_u64().filter(|seconds| (1..=MAX_WINDOW_SECONDS).contains(seconds));
            seconds.and_then(|seconds| u32::try_from(seconds).ok())
        }
    }
}

/// None is as good as not given.
fn burst(field: &str, value: Option<&Value>) -> Result<u64, ApiError> {
    match value {
        Some(value) if value.as_u64() != Some(0) => Ok(up_to(field, value, MAX_PER_MINUTE)?.unwrap_or(0)),
        _ => Ok(0),
    }
}

/// A whole number from 1, or null.
pub(super) fn count(field: &str, value: &Value) -> Result<Option<u64>, ApiError> {
    up_to(field, value, MAX_AMOUNT)
}

fn up_to(field: &str, value: &Value, most: u64) -> Result<Option<u64>, ApiError> {
    match value {
        Value::Null => Ok(None),
        other => match other.as_u64() {
            Some(n) if (1..=most).contains(&n) => Ok(Some(n)),
            _ => {
                let text = format!("'{field}' must be a whole number from 1 to {most}, or null");
                Err(ApiError::invalid(field.to_owned(), text))
            }
        },
    }
}

/// Whoever has a plan, and the plan, share the places for limits and budgets.
pub(super) fn check_beside_plan(limits: &Limits, budgets: &[Budget]) -> Result<(), ApiError> {
    let most = MAX_LIMITS_WITH_PLAN;
    if limits.list().len() > most {
        let text = format!("plans, and what has a plan, may have {most} limits");
        return Err(ApiError::invalid("limits", text));
    }
    let most = MAX_BUDGETS_WITH_PLAN;
    if budgets.len() > most {
        let text = format!("plans, and what has a plan, may have {most} budgets");
        return Err(ApiError::invalid("budgets", text));
    }
    Ok(())
}

/// Limits as they are given.
pub(super) fn shown(limits: &Limits) -> Value {
    let more = limits.more.iter().map(|limit| {
        let mut row = json!({ "unit": limit.unit.as_str(), "kind": limit.kind, "shadow": limit.shadow,
            "mode": limit.sharing.mode, "on_unavailable": limit.sharing.on_unavailable });
        let mut add = |name: &str, value: Value| {
            row.as_object_mut().map(|row| row.insert(name.to_owned(), value));
        };
        match limit.unit {
            LimitUnit::Cost => add("limit_usd", NanoUsd(limit.max).to_string().into()),
            _ => add("limit", limit.max.into()),
        }
        let named = WINDOWS.into_iter().find(|(_, seconds)| *seconds == limit.per_seconds);
        match named {
            Some((name, _)) => add("per", name.into()),
            None if limit.per_seconds > 0 => add("per", limit.per_seconds.into()),
            None => {}
        }
        if limit.burst > 0 {
            add("burst", limit.burst.into());
        }
        if let Some(models) = &limit.models {
            add("models", json!(models));
        }
        if let Some(providers) = &limit.providers {
            add("providers", json!(providers));
        }
        if !limit.reserve.is_none() {
            add("reserve", json!(limit.reserve));
        }
        row
    });
    let mut shown = json!({
        "rpm": limits.rpm, "tpm": limits.tpm, "max_parallel": limits.max_parallel,
        "kind": limits.kind, "burst": limits.burst,
        "mode": limits.sharing.mode, "on_unavailable": limits.sharing.on_unavailable, "more": more.collect::<Vec<_>>(),
    });
    if let Some(members) = shown.as_object_mut().filter(|_| !limits.reserve.is_none()) {
        members.insert("reserve".to_owned(), json!(limits.reserve));
    }
    shown
}

/// A budget as it is given.
pub(super) fn budget_given(budget: &Budget) -> Value {
    json!({
        "limit_usd": budget.limit.to_string(),
        "period": budget.period.text(),
        "strict": budget.strict,
        "time_zone": budget.time_zone.as_ref().map(TimeZone::as_str),
        "shadow": budget.shadow,
        "mode": budget.sharing.mode,
        "on_unavailable": budget.sharing.on_unavailable,
        "alert_at": budget.alert_at,
        "increases": increases(budget),
        "rollover": rollover::shown(budget),
    })
}

fn increases(budget: &Budget) -> Vec<Value> {
    let shown = |increase: &Increase| json!({ "amount_usd": increase.amount.to_string(), "until": time::format(increase.until) });
    budget.increases.iter().map(shown).collect()
}

/// Budgets and where they stand: as they are given, and with what is added to them for now.
pub(super) fn budgets_shown(tally: &Tally, rules: &Rules, now: Micros) -> Vec<Map<String, Value>> {
    let views = tally.budget_views(rules, now);
    let rows = rules.budgets().iter().zip(views).map(|(budget, view)| {
        let row = json!({
            "limit_usd": budget.limit.to_string(),
            "limit_now_usd": view.limit.to_string(),
            "carried_usd": view.carried.to_string(),
            "period": budget.period.text(),
            "strict": budget.strict,
            "spent_usd": view.spent.to_string(),
            "reserved_usd": view.reserved.to_string(),
            (held::SCOPE): held::HERE,
            "resets_at": view.resets_at.map(time::format),
            "time_zone": budget.time_zone.as_ref().map(TimeZone::as_str),
            "shadow": budget.shadow,
            "mode": budget.sharing.mode,
            "on_unavailable": budget.sharing.on_unavailable,
            "alert_at": budget.alert_at,
            "increases": increases(budget),
            "rollover": rollover::shown(budget),
        });
        match row {
            Value::Object(row) => row,
            _ => Map::new(),
        }
    });
    rows.collect()
}
