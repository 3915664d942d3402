//! Reads what a caller wants of a key: every member is checked, and each fault names its field. Members that
//! are not given leave the policy as it is, so the same reader serves creation and change.

use super::error::ApiError;
use gw_model::limits::{Budget, LimitKind, Limits, Period};
use gw_model::{Endpoint, KeyPolicy, NanoUsd, Priority};
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, HashMap};

/// Longest name, and longest value of `metadata`, in characters.
const MAX_TEXT: usize = 256;
/// Most entries of a list or of `metadata`.
const MAX_ENTRIES: usize = 256;

const MEMBERS: [&str; 13] = [
    "name",
    "team_id",
    "project_id",
    "models",
    "endpoints",
    "expires_at",
    "limits",
    "budget",
    "priority",
    "guardrails",
    "credentials",
    "metadata",
    "disabled",
];

/// Applies a body to a policy. Returns `disabled`, when it is given.
pub(super) fn apply(body: &[u8], policy: &mut KeyPolicy) -> Result<Option<bool>, ApiError> {
    let members: HashMap<String, Box<RawValue>> = serde_json::from_slice(body)
        .map_err(|e| ApiError::malformed(format!("the body must be a JSON object: {e}")))?;
    for name in members.keys() {
        if !MEMBERS.contains(&name.as_str()) {
            return Err(ApiError::invalid(
                name.clone(),
                format!("there is no member '{name}'; there are {}", MEMBERS.join(", ")),
            ));
        }
    }
    let given = Given(&members);
    if let Some(name) = given.text("name")? {
        policy.name = name.ok_or_else(|| ApiError::invalid("name", "'name' must not be null"))?;
    }
    if policy.name.trim().is_empty() {
        return Err(ApiError::invalid("name", "'name' must say whose key this is"));
    }
    if let Some(team) = given.text("team_id")? {
        policy.team_id = team;
    }
    if let Some(project) = given.text("project_id")? {
        policy.project_id = project;
    }
    if let Some(models) = given.texts("models")? {
        policy.models = models;
    }
    if let Some(endpoints) = given.texts("endpoints")? {
        policy.endpoints = Some(endpoints.iter().map(|name| endpoint(name)).collect::<Result<_, _>>()?);
    }
    if let Some(at) = given.text("expires_at")? {
        policy.expires_at = super::query::time("expires_at", at.as_deref())?;
    }
    if let Some(raw) = given.raw("limits") {
        policy.limits = limits(raw, policy.limits)?;
    }
    if let Some(raw) = given.raw("budget") {
        policy.budget = budget(raw)?;
    }
    if let Some(name) = given.text("priority")? {
        policy.priority = priority(name.as_deref())?;
    }
    if given.texts("guardrails")?.is_some_and(|names| !names.is_empty()) {
        return Err(ApiError::invalid(
            "guardrails",
            "guardrails are not in this version; a key can not name any",
        ));
    }
    if let Some(raw) = given.raw("credentials") {
        policy.credentials = texts_by_name("credentials", raw)?;
    }
    if let Some(raw) = given.raw("metadata") {
        policy.metadata = texts_by_name("metadata", raw)?;
    }
    given.flag("disabled")
}

/// The members that were given.
struct Given<'a>(&'a HashMap<String, Box<RawValue>>);

impl Given<'_> {
    fn raw(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(|raw| raw.get())
    }

    /// A text or null. Outer `None`: not given.
    fn text(&self, name: &'static str) -> Result<Option<Option<String>>, ApiError> {
        let Some(raw) = self.raw(name) else { return Ok(None) };
        let text: Option<String> = serde_json::from_str(raw)
            .map_err(|_| ApiError::invalid(name, format!("'{name}' must be a string")))?;
        if text.as_ref().is_some_and(|t| t.chars().count() > MAX_TEXT) {
            return Err(ApiError::invalid(name, format!("'{name}' must have at most {MAX_TEXT} characters")));
        }
        Ok(Some(text))
    }

    fn texts(&self, name: &'static str) -> Result<Option<Vec<String>>, ApiError> {
        let Some(raw) = self.raw(name) else { return Ok(None) };
        let wrong = || ApiError::invalid(name, format!("'{name}' must be a list of strings"));
        let texts: Vec<String> = serde_json::from_str(raw).map_err(|_| wrong())?;
        if texts.len() > MAX_ENTRIES || texts.iter().any(|t| t.is_empty() || t.chars().count() > MAX_TEXT) {
            return Err(ApiError::invalid(
                name,
                format!("'{name}' must have at most {MAX_ENTRIES} entries of 1 to {MAX_TEXT} characters"),
            ));
        }
        Ok(Some(texts))
    }

    fn flag(&self, name: &'static str) -> Result<Option<bool>, ApiError> {
        let Some(raw) = self.raw(name) else { return Ok(None) };
        let wrong = |_| ApiError::invalid(name, format!("'{name}' must be true or false"));
        serde_json::from_str(raw).map(Some).map_err(wrong)
    }
}

fn endpoint(name: &str) -> Result<Endpoint, ApiError> {
    Endpoint::from_name(name).ok_or_else(|| {
        let names: Vec<&str> = Endpoint::ALL.iter().map(|e| e.as_str()).collect();
        ApiError::invalid(
            "endpoints",
            format!("there is no endpoint kind '{name}'; there are {}", names.join(", ")),
        )
    })
}

/// A priority's name; null is that of a key of which nothing is said.
fn priority(name: Option<&str>) -> Result<Priority, ApiError> {
    let Some(name) = name else { return Ok(Priority::default()) };
    let wrong = || ApiError::invalid("priority", "'priority' must be low, normal or high");
    Priority::from_name(name).ok_or_else(wrong)
}

/// Limits as given; a member that is null is lifted, one that is not given stays.
fn limits(raw: &str, mut limits: Limits) -> Result<Limits, ApiError> {
    let wrong = |e| ApiError::invalid("limits", format!("'limits' must be an object: {e}"));
    let Some(members) = serde_json::from_str::<Option<Map<String, Value>>>(raw).map_err(wrong)? else {
        return Ok(Limits::default());
    };
    for (name, value) in members {
        match name.as_str() {
            "rpm" => limits.rpm = count("limits.rpm", &value)?,
            "tpm" => limits.tpm = count("limits.tpm", &value)?,
            "max_parallel" => {
                let max = count("limits.max_parallel", &value)?;
                limits.max_parallel = max.map(|n| u32::try_from(n).unwrap_or(u32::MAX));
            }
            "burst" => limits.burst = count("limits.burst", &value)?.unwrap_or(0),
            "kind" => {
                limits.kind = LimitKind::deserialize(&value)
                    .map_err(|_| ApiError::invalid("limits.kind", "'kind' must be sliding, gcra or fixed"))?;
            }
            _ => {
                let text = "there are rpm, tpm, max_parallel, kind and burst";
                return Err(ApiError::invalid(
                    format!("limits.{name}"),
                    format!("there is no limit '{name}'; {text}"),
                ));
            }
        }
    }
    Ok(limits)
}

/// A whole number from 1, or null.
fn count(field: &'static str, value: &Value) -> Result<Option<u64>, ApiError> {
    match value {
        Value::Null => Ok(None),
        other => match other.as_u64() {
            Some(n) if n > 0 => Ok(Some(n)),
            _ => Err(ApiError::invalid(field, format!("'{field}' must be a whole number from 1, or null"))),
        },
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct BudgetInput<'a> {
    #[serde(borrow)]
    limit_usd: &'a RawValue,
    period: String,
    #[serde(default)]
    strict: bool,
}

/// A budget or null. Money is taken from the number's own digits, never through a float.
fn budget(raw: &str) -> Result<Option<Budget>, ApiError> {
    let wrong = |e| {
        ApiError::invalid("budget", format!("'budget' must be {{\"limit_usd\", \"period\"}} or null: {e}"))
    };
    let Some(input) = serde_json::from_str::<Option<BudgetInput<'_>>>(raw).map_err(wrong)? else {
        return Ok(None);
    };
    let digits = input.limit_usd.get().trim_matches('"');
    let limit = NanoUsd::parse_usd(digits)
        .map_err(|e| ApiError::invalid("budget.limit_usd", format!("'limit_usd' is {e}")))?;
    let period = Period::from_name(&input.period)
        .ok_or_else(|| ApiError::invalid("budget.period", "'period' must be day, week, month or total"))?;
    Ok(Some(Budget { limit, period, strict: input.strict }))
}

/// An object of texts, or null for none.
fn texts_by_name(field: &'static str, raw: &str) -> Result<BTreeMap<String, String>, ApiError> {
    let wrong = || ApiError::invalid(field, format!("'{field}' must be an object of strings"));
    let map: Option<BTreeMap<String, String>> = serde_json::from_str(raw).map_err(|_| wrong())?;
    let map = map.unwrap_or_default();
    let too_long = |(k, v): (&String, &String)| k.chars().count() > MAX_TEXT || v.chars().count() > MAX_TEXT;
    if map.len() > MAX_ENTRIES || map.iter().any(too_long) {
        return Err(ApiError::invalid(
            field,
            format!("'{field}' may have {MAX_ENTRIES} entries of {MAX_TEXT} characters"),
        ));
    }
    Ok(map)
}

#[cfg(test)]
mod tests;
