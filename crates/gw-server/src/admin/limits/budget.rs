//! Budgets as callers write them.

use super::{MAX_PARTS, rollover, sharing};
use crate::admin::error::ApiError;
use gw_model::limits::{Budget, Increase, Period, TimeZone};
use gw_model::{NanoUsd, time};
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;
use std::collections::BTreeMap;

/// Members that are shown and cannot be set: what is shown may be sent back.
const SHOWN_ONLY: [&str; 6] =
    ["limit_now_usd", "carried_usd", "spent_usd", "reserved_usd", crate::admin::held::SCOPE, "resets_at"];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct BudgetInput<'a> {
    #[serde(borrow)]
    limit_usd: &'a RawValue,
    period: String,
    #[serde(default)]
    strict: bool,
    time_zone: Option<String>,
    #[serde(default)]
    shadow: bool,
    #[serde(default)]
    alert_at: Vec<u16>,
    #[serde(borrow, default)]
    increases: Vec<IncreaseInput<'a>>,
    #[serde(borrow)]
    rollover: Option<rollover::Input<'a>>,
    mode: Option<Value>,
    on_unavailable: Option<Value>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct IncreaseInput<'a> {
    #[serde(borrow)]
    amount_usd: &'a RawValue,
    until: String,
}

/// Members by name, as they are written: money is taken from the number's own digits, never through a float.
type Members = BTreeMap<String, Box<RawValue>>;

/// A budget or null. What is not given of one that is there already stays as it is; null is what is usual.
pub(super) fn read(field: &str, raw: &str, now: Option<&Budget>) -> Result<Option<Budget>, ApiError> {
    let wrong = |e| wrong(field, &e);
    let Some(mut given) = serde_json::from_str::<Option<Members>>(raw).map_err(wrong)? else {
        return Ok(None);
    };
    given.retain(|name, _| !SHOWN_ONLY.contains(&name.as_str()));
    let mut whole = Members::new();
    if let Some(Value::Object(members)) = now.map(super::budget_given) {
        for (name, value) in members {
            whole.insert(name, RawValue::from_string(value.to_string()).map_err(wrong)?);
        }
    }
    whole.extend(given);
    whole.retain(|_, value| value.get() != "null");
    let text = serde_json::to_string(&whole).map_err(wrong)?;
    whole_budget(field, &text).map(Some)
}

fn wrong(field: &str, e: &serde_json::Error) -> ApiError {
    let text = format!("'{field}' must be {{\"limit_usd\", \"period\"}} or null: {e}");
    ApiError::invalid(field.to_owned(), text)
}

fn whole_budget(field: &str, raw: &str) -> Result<Budget, ApiError> {
    let invalid = |name: &str, text: String| ApiError::invalid(format!("{field}.{name}"), text);
    let input: BudgetInput<'_> = serde_json::from_str(raw).map_err(|e| wrong(field, &e))?;
    let usd = |name: &str, raw: &RawValue| {
        let amount = NanoUsd::parse_usd(raw.get().trim_matches('"'));
        amount.map_err(|e| invalid(name, format!("'{name}' is {e}")))
    };
    let period = Period::from_name(&input.period).ok_or_else(|| {
        let text = "'period' must be day, week, month, total, or a length such as 30d, 12h or 90m";
        invalid("period", text.to_owned())
    })?;
    let time_zone = input.time_zone.map(|name| {
        TimeZone::from_name(&name).ok_or_else(|| {
            let text = format!("there is no time zone '{name}'; it is named as in Europe/Berlin");
            invalid("time_zone", text)
        })
    });
    if input.alert_at.len() > MAX_PARTS || input.alert_at.iter().any(|share| !(1..=1000).contains(share)) {
        let text = "'alert_at' has shares of the budget in percent, from 1 to 1000";
        return Err(invalid("alert_at", text.to_owned()));
    }
    if input.increases.len() > MAX_PARTS {
        return Err(invalid("increases", format!("there may be {MAX_PARTS} increases")));
    }
    let increases = input.increases.iter().map(|increase| {
        let until = time::parse(&increase.until).ok_or_else(|| {
            let text = "'until' must be a time such as 2027-01-31T00:00:00Z";
            invalid("increases", text.to_owned())
        })?;
        Ok(Increase { amount: usd("increases", increase.amount_usd)?, until })
    });
    Ok(Budget {
        limit: usd("limit_usd", input.limit_usd)?,
        period,
        strict: input.strict,
        time_zone: time_zone.transpose()?,
        shadow: input.shadow,
        alert_at: input.alert_at,
        increases: increases.collect::<Result<_, ApiError>>()?,
        rollover: input.rollover.map(|given| rollover::read(field, &given, period)).transpose()?,
        sharing: sharing(field, input.mode.as_ref(), input.on_unavailable.as_ref())?,
    })
}
