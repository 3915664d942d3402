//! A record as JSON: a row of a list, and all that is known of one.

use crate::app::prices::recosting;
use gw_model::{Level, NanoUsd, Parameter, PriceLine, Verdict, VerdictFinding, WireFormat, time};
use gw_store::types::{FormerCost, LogRow};
use serde_json::{Map, Value, json};

/// Femto-dollars in a nano-dollar.
const FEMTO_PER_NANO: u128 = 1_000_000;

/// A row of a list.
pub(in crate::admin) fn row(row: &LogRow) -> Value {
    let id = row.request_id.to_string();
    let of_level = |level| row.accounts.iter().filter(move |id| id.level == level).map(ToString::to_string);
    let account = |level| of_level(level).next();
    let media = media_of(row);
    let mut shown = json!({
        "id": id,
        "time": time::format(row.time),
        "request_id": id,
        "parent_id": row.parent_id.map(|id| id.to_string()),
        "role": row.role.map(gw_model::SubCallRole::as_str),
        "key_id": row.key_id.map(|k| k.to_string()),
        "team_id": account(Level::Team).or_else(|| row.team_id.clone()),
        "organization_id": account(Level::Organization),
        "project_id": account(Level::Project),
        "user_id": account(Level::User),
        "customer_id": account(Level::Customer),
        "tag_ids": of_level(Level::Tag).collect::<Vec<_>>(),
        "format": row.format,
        "model": row.model,
        "provider": row.provider,
        "upstream_model": row.upstream_model,
        "stream": row.stream,
        "outcome": row.outcome.as_str(),
        "status": row.status,
        "error_code": row.error_code,
        "error_detail": row.error_detail,
        "attempts": row.attempts,
        "tries": tries_of(row),
        "cache": row.cache,
        "customer": row.customer,
        "input_tokens": row.input_tokens,
        "output_tokens": row.output_tokens,
        "cached_tokens": row.cached_tokens,
        "cache_write_tokens": row.cache_write_tokens,
        "reasoning_tokens": row.reasoning_tokens,
        "media": media,
        "usage_source": row.usage_source.as_str(),
        "cost_usd": row.cost.to_string(),
        "first_byte_ms": row.first_byte_us.map(milliseconds),
        "total_ms": milliseconds(row.total_us),
    });
    let more = more(row);
    if let Some(members) = shown.as_object_mut() {
        members.extend(more);
    }
    shown
}

/// What is said besides.
fn more(row: &LogRow) -> Map<String, Value> {
    let details = &row.details;
    let members = json!({
        "endpoint": endpoint_of(row),
        "session": row.session,
        "trace_id": details.trace_id.map(|trace| trace.to_string()),
        "tags": row.tags,
        "metadata": details.metadata.as_deref().map(metadata),
        "user_agent": row.user_agent,
        "client_ip": details.client_ip.map(|ip| ip.to_string()),
        "region": details.region,
        "parameters": parameters_of(row),
        "route": details.route,
        "guardrails": verdicts(row),
        "dropped_parameters": details.dropped,
        "queue_ms": milliseconds(details.waited_us),
        "connect_ms": details.connect_us.map(milliseconds),
        "guardrails_ms": milliseconds(details.guardrails_us),
        "answer_guardrails_ms": milliseconds(details.answer_guardrails_us),
        "tokens_per_second": tokens_per_second(row),
        "saved_usd": row.saved.to_string(),
    });
    match members {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}

/// One record, with what a list leaves out.
pub(super) fn whole(record: &LogRow, sub_calls: &[LogRow], former: Option<FormerCost>) -> Value {
    let mut shown = row(record);
    shown["recosted"] = former.map_or(Value::Null, |former| {
        json!({
            "recosting_id": recosting::shown(former.recosting),
            "time": time::format(former.time),
            "former_cost_usd": former.before.to_string(),
            "charged_usd": former.charged.to_string(),
        })
    });
    shown["cost"] = cost(record);
    shown["sub_calls"] = sub_calls.iter().map(row).collect();
    shown
}

/// Every attempt, also where there was only one, which the row itself describes.
pub(crate) fn tries_of(record: &LogRow) -> Value {
    if let Some(tries) = record.timed_tries() {
        return tries.into();
    }
    if record.attempts == 0 {
        return json!([]);
    }
    let details = &record.details;
    let aside = details.times.last().map_or(0, |times| times.start_us.saturating_add(details.after_us));
    let mut only = json!({
        "provider": record.provider,
        "upstream_model": record.upstream_model,
        "status": record.status,
        "reason": "",
        "duration_us": record.total_us.saturating_sub(aside),
        "input_tokens": record.input_tokens,
        "output_tokens": record.output_tokens,
        "cached_tokens": record.cached_tokens,
        "usage_source": record.usage_source.as_str(),
        "cost_usd": record.cost.to_string(),
    });
    record.put_times(0, &mut only);
    json!([only])
}

/// What the cost is made of. What no line says (images, seconds, sessions, and what was rounded up) is `other_usd`.
fn cost(record: &LogRow) -> Value {
    let lines = &record.details.prices;
    let femto = |line: &PriceLine| u128::from(line.count) * u128::from(line.price.0);
    let known: u128 = lines.iter().map(femto).sum();
    let other = (u128::from(record.cost.0) * FEMTO_PER_NANO).saturating_sub(known);
    let shown = |line: &PriceLine| {
        json!({
            "attempt": line.attempt,
            "unit": line.unit.as_str(),
            "count": line.count,
            // So many femto-dollars for one are as many nano-dollars for a million.
            "usd_per_million": NanoUsd(line.price.0).to_string(),
            "cost_usd": usd(femto(line)),
        })
    };
    json!({
        "total_usd": record.cost.to_string(),
        "lines": lines.iter().map(shown).collect::<Vec<_>>(),
        "other_usd": usd(other),
    })
}

/// An exact amount of femto-dollars.
fn usd(femto: u128) -> String {
    const FEMTO_PER_USD: u128 = 1_000_000_000_000_000;
    let text = format!("{}.{:015}", femto / FEMTO_PER_USD, femto % FEMTO_PER_USD);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// The endpoint that was called.
pub(crate) fn endpoint_of(row: &LogRow) -> Option<&'static str> {
    let format = WireFormat::ALL.iter().find(|format| format.as_str() == row.format);
    format.map(|format| format.endpoint().as_str())
}

/// What the request asked for, each under its name.
pub(crate) fn parameters_of(row: &LogRow) -> Map<String, Value> {
    let value = |parameter: Parameter, value: i64| {
        let text = parameter.text(value);
        if parameter.is_word() { json!(text) } else { serde_json::from_str(&text).unwrap_or(Value::Null) }
    };
    let asked = row.details.parameters.iter();
    asked.map(|(parameter, found)| (parameter.as_str().to_owned(), value(parameter, found))).collect()
}

/// What guardrails found.
pub(crate) fn verdicts(row: &LogRow) -> Vec<Value> {
    row.verdicts.iter().enumerate().map(|(at, one)| verdict(at, one, &row.details.findings)).collect()
}

/// What its attempts used that is no token.
pub(crate) fn media_of(row: &LogRow) -> Option<Value> {
    row.tries.as_deref().and_then(media)
}

fn verdict(at: usize, verdict: &Verdict, findings: &[VerdictFinding]) -> Value {
    let finding = |one: &VerdictFinding| {
        json!({
            "kind": one.kind,
            "action": if one.action.is_empty() { &verdict.action } else { &one.action },
            "speaker": one.speaker.as_str(),
            "text": one.text,
            "start": one.span.0,
            "end": one.span.1,
            "score": one.score,
            "reason": one.reason,
        })
    };
    json!({
        "guardrail": verdict.guardrail,
        "action": verdict.action,
        "side": verdict.side,
        "kind": verdict.kind,
        "findings": findings.iter().filter(|one| one.verdict == at).map(finding).collect::<Vec<_>>(),
    })
}

/// As an object, where it is one.
fn metadata(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|_| text.into())
}

/// Output tokens by the time that the answer took from its first byte on; nothing where that says nothing.
#[expect(clippy::cast_precision_loss, reason = "a rate for display")]
fn tokens_per_second(row: &LogRow) -> Option<f64> {
    row.tenths_of_tokens_per_second().map(|tenths| tenths as f64 / 10.0)
}

/// Images, characters and milliseconds of all attempts together; nothing when there are none.
fn media(tries: &str) -> Option<Value> {
    let tries: Vec<Value> = serde_json::from_str(tries).ok()?;
    let mut sum = Map::new();
    for (name, count) in tries.iter().filter_map(|one| one["media"].as_object()).flatten() {
        let so_far = sum.get(name).and_then(Value::as_u64).unwrap_or(0);
        sum.insert(name.clone(), (so_far + count.as_u64().unwrap_or(0)).into());
    }
    (!sum.is_empty()).then_some(Value::Object(sum))
}

/// Milliseconds with three places.
#[expect(clippy::cast_precision_loss, reason = "a duration for display")]
fn milliseconds(us: u64) -> f64 {
    us as f64 / 1000.0
}

#[cfg(test)]
mod tests;
