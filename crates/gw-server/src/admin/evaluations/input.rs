//! What is wanted of an evaluation, as it is written.

use crate::admin::error::ApiError;
use crate::admin::given::Given;
use crate::app::authorization::Caller;
use crate::app::evaluations::checks::{CheckSpec, Checks, MAX_CHECKS};
use crate::app::evaluations::{Anew, EvaluationError, MAX_TARGETS, Target, Wanted, key_of};
use crate::app::state::App;
use gw_model::{KeyId, NanoUsd, Secret};
use serde::de::DeserializeOwned;
use std::collections::BTreeSet;

const MEMBERS: [&str; 10] = [
    "name",
    "dataset_id",
    "models",
    "targets",
    "checks",
    "key",
    "key_id",
    "budget_usd",
    "concurrency",
    "max_items",
];

/// Longest names, and most bytes of the parameters of a model.
const MAX_NAME: usize = 256;
const MAX_PARAMETERS: usize = 32 << 10;

/// Reads it.
pub(super) fn read(app: &App, caller: &Caller, body: &[u8]) -> Result<Wanted, ApiError> {
    let given = Given::read(body, &MEMBERS)?;
    let text = |name| Ok::<_, ApiError>(given.text(name)?.flatten().filter(|text: &String| !text.is_empty()));
    let mut name = String::new();
    given.name(&mut name, "what is compared")?;
    let dataset = text("dataset_id")?.and_then(|id| id.parse().ok());
    let dataset = dataset.ok_or(EvaluationError::NoDataset)?;
    let targets = targets(&given)?;
    let checks = checks(&given)?;
    let budget = budget(&given)?.ok_or_else(|| {
        ApiError::invalid("budget_usd", "'budget_usd' must say what all calls and judges may cost together")
    })?;
    let key = key(app, caller, &given)?.ok_or(EvaluationError::Key)?;
    let (concurrency, max_items) = (count(&given, "concurrency")?, count(&given, "max_items")?);
    Ok(Wanted { name, dataset, targets, checks, key, budget, concurrency, max_items })
}

/// What is to be different from now on.
pub(super) fn anew(app: &App, caller: &Caller, body: &[u8]) -> Result<Anew, ApiError> {
    let given = Given::read(body, &["key", "key_id", "budget_usd"])?;
    Ok(Anew { key: key(app, caller, &given)?, budget: budget(&given)? })
}

/// The key, where one is given: itself, or its id.
fn key(app: &App, caller: &Caller, given: &Given) -> Result<Option<KeyId>, ApiError> {
    let text = |name| Ok::<_, ApiError>(given.text(name)?.flatten().filter(|text: &String| !text.is_empty()));
    let id = text("key_id")?.map(|id| id.parse().map_err(|_| EvaluationError::Key)).transpose()?;
    let shown = text("key")?.map(Secret::new);
    if id.is_none() && shown.is_none() {
        return Ok(None);
    }
    Ok(Some(key_of(app, caller, shown.as_ref(), id)?))
}

/// An amount of more than nothing, where one is given.
fn budget(given: &Given) -> Result<Option<NanoUsd>, ApiError> {
    let Some(raw) = given.raw("budget_usd").filter(|raw| *raw != "null") else { return Ok(None) };
    let amount = NanoUsd::parse_usd(raw.trim_matches('"'));
    let amount = amount.map_err(|why| ApiError::invalid("budget_usd", format!("'budget_usd' is {why}")))?;
    match amount {
        NanoUsd::ZERO => Err(ApiError::invalid("budget_usd", "'budget_usd' must be more than nothing")),
        amount => Ok(Some(amount)),
    }
}

fn targets(given: &Given) -> Result<Vec<Target>, ApiError> {
    let wrong = |why: String| ApiError::invalid("targets", why);
    let plain = given.texts("models")?.unwrap_or_default();
    let plain =
        plain.into_iter().map(|model| Target { name: String::new(), model, parameters: <_>::default() });
    let mut targets: Vec<Target> = plain.collect();
    targets.extend(list::<Target>(given, "targets")?);
    if targets.is_empty() || targets.len() > MAX_TARGETS {
        let why = format!("name 1 to {MAX_TARGETS} models, as 'models' or with parameters as 'targets'");
        return Err(ApiError::invalid("models", why));
    }
    let mut names = BTreeSet::new();
    for target in &mut targets {
        if target.name.is_empty() {
            target.name.clone_from(&target.model);
        }
        let is_short = |text: &str| (1..=MAX_NAME).contains(&text.chars().count());
        if !is_short(&target.model) || !is_short(&target.name) {
            return Err(wrong(format!("names have 1 to {MAX_NAME} characters")));
        }
        if serde_json::to_string(&target.parameters).map_or(0, |text| text.len()) > MAX_PARAMETERS {
            return Err(wrong(format!("'parameters' have at most {MAX_PARAMETERS} bytes")));
        }
        if ["model", "stream", "stream_options"].iter().any(|name| target.parameters.contains_key(*name)) {
            return Err(wrong("'parameters' may not hold 'model' or 'stream'".to_owned()));
        }
        if !names.insert(target.name.clone()) {
            let why = format!("two of them are called '{}': give each a 'name' of its own", target.name);
            return Err(wrong(why));
        }
    }
    Ok(targets)
}

fn checks(given: &Given) -> Result<Vec<CheckSpec>, ApiError> {
    let checks: Vec<CheckSpec> = list(given, "checks")?;
    if checks.len() > MAX_CHECKS {
        return Err(ApiError::invalid("checks", format!("there are at most {MAX_CHECKS} checks")));
    }
    match Checks::new(&checks) {
        Ok(_) => Ok(checks),
        Err((number, why)) => Err(ApiError::invalid(format!("checks[{number}]"), why)),
    }
}

fn list<T: DeserializeOwned>(given: &Given, name: &'static str) -> Result<Vec<T>, ApiError> {
    let Some(raw) = given.raw(name) else { return Ok(Vec::new()) };
    let read: Result<Option<Vec<T>>, _> = serde_json::from_str(raw);
    let read = read.map_err(|why| ApiError::invalid(name, format!("'{name}' can not be read: {why}")))?;
    Ok(read.unwrap_or_default())
}

fn count(given: &Given, name: &'static str) -> Result<Option<usize>, ApiError> {
    let Some(raw) = given.raw(name).filter(|raw| *raw != "null") else { return Ok(None) };
    let count = raw.parse::<usize>().ok().filter(|count| *count > 0);
    let wrong = || ApiError::invalid(name, format!("'{name}' must be a whole number above 0"));
    count.map(Some).ok_or_else(wrong)
}
