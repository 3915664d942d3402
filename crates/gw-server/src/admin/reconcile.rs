//! `POST /api/v1/reports/reconcile`: a provider's invoice beside what was metered.

use super::by::{By, on_gateway};
use super::error::ApiError;
use super::query::time as parse_time;
use crate::app::authorization::Resource;
use crate::app::reports::reconcile::{
    Amount, Columns, Compared, Form, Invoice, Kind, Percent, Tolerance, Verdict, compare, total,
};
use crate::app::state::App;
use axum::Json;
use axum::body::Bytes;
use axum::extract::{Extension, State};
use gw_model::nearest::nearest;
use gw_model::{Micros, NanoUsd, time};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;

const DAY: Micros = 86_400_000_000;

/// Longest stretch of time of one report.
const MAX_DAYS: Micros = 400;

/// Most providers that an error names.
const MAX_SHOWN: usize = 20;

/// What is given.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Given {
    provider: String,
    csv: String,
    #[serde(default)]
    columns: BTreeMap<String, String>,
    #[serde(default)]
    models: BTreeMap<String, String>,
    #[serde(default)]
    input_excludes_cached: bool,
    decimal: Option<String>,
    tolerance_percent: Option<String>,
    tolerance_usd: Option<String>,
    from: Option<String>,
    to: Option<String>,
}

/// Compares both.
pub(super) async fn report(
    State(app): State<Arc<App>>,
    Extension(caller): By,
    body: Bytes,
) -> Result<Json<Value>, ApiError> {
    // An invoice is for all tenants.
    on_gateway(&caller, Resource::Usage.read())?;
    let given: Given = serde_json::from_slice(&body)
        .map_err(|error| ApiError::malformed(format!("the body must say 'provider' and 'csv': {error}")))?;
    if given.provider.trim().is_empty() {
        return Err(ApiError::invalid("provider", "'provider' must be the name of a provider"));
    }
    let tolerance = tolerance(&given)?;
    let (from, to) = (parse_time("from", given.from.as_deref())?, parse_time("to", given.to.as_deref())?);
    let work = move || {
        let columns = columns(&given)?;
        let invoice = Invoice::read(&given.csv, &columns)
            .map_err(|error| ApiError::invalid("csv", error.to_string()))?;
        let (first, end) = invoice.span();
        // Days are compared whole.
        let first = from.map_or(first, |from| from.div_euclid(DAY) * DAY);
        let end = to.map_or(end, |to| (to + DAY - 1).div_euclid(DAY) * DAY);
        if first >= end || end - first > MAX_DAYS * DAY {
            let text = format!(
                "the report must be of 1 to {MAX_DAYS} days: give 'from' and 'to', or a part of the invoice"
            );
            return Err(ApiError::invalid("from", text));
        }
        let invoice = invoice.between(first / DAY, end / DAY);
        let metered = app.storage.database.upstream_usage(&given.provider, (first, end))?;
        if metered.is_empty() {
            // One that is no longer configured has its records all the same.
            known(&app, &given.provider)?;
        }
        let lines = compare(&invoice, &metered, tolerance);
        Ok(shown(&given.provider, &invoice, &lines, tolerance, (first, end)))
    };
    tokio::task::spawn_blocking(work).await?.map(Json)
}

/// Is that a provider of the configuration?
fn known(app: &App, name: &str) -> Result<(), ApiError> {
    let live = app.gateway.live();
    let providers = &live.snapshot.providers;
    if providers.contains_key(name) {
        return Ok(());
    }
    let names = || providers.keys().map(|name| &**name);
    let there = match nearest(name, names()) {
        Some(near) => format!("did you mean '{near}'?"),
        None => format!("there are {}", names().take(MAX_SHOWN).collect::<Vec<_>>().join(", ")),
    };
    let text = format!("there is no provider '{name}', and nothing was metered there in that time: {there}");
    Err(ApiError::invalid("provider", text))
}

fn tolerance(given: &Given) -> Result<Tolerance, ApiError> {
    let text = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
    let percent = text(&given.tolerance_percent).map(|text| {
        let wrong = "'tolerance_percent' must be a number from 0 to 100 such as 0.5, as a string";
        Percent::parse(&text).ok_or_else(|| ApiError::invalid("tolerance_percent", wrong))
    });
    let cost = text(&given.tolerance_usd).map(|text| {
        let wrong = "'tolerance_usd' must be an amount in USD such as 0.05, as a string";
        NanoUsd::parse_usd(&text).map_err(|_| ApiError::invalid("tolerance_usd", wrong))
    });
    Ok(Tolerance {
        percent: percent.transpose()?.unwrap_or_default(),
        cost: cost.transpose()?.map_or(0, |cost| cost.0.into()),
    })
}

fn columns(given: &Given) -> Result<Columns, ApiError> {
    let form = match given.decimal.as_deref() {
        None | Some("") => None,
        Some(".") => Some(Form::Point),
        Some(",") => Some(Form::Comma),
        Some(_) => {
            let text =
                "'decimal' must be '.' or ',': what stands before the places of numbers in the invoice";
            return Err(ApiError::invalid("decimal", text));
        }
    };
    let mut columns = Columns {
        form,
        input_excludes_cached: given.input_excludes_cached,
        models: given.models.clone(),
        ..Columns::default()
    };
    for (says, name) in &given.columns {
        let name = name.clone();
        match says.as_str() {
            "day" => columns.day = Some(name),
            "model" => columns.model = Some(name),
            says => {
                let kind = Kind::ALL.into_iter().find(|kind| kind.as_str() == says).ok_or_else(|| {
                    let names = Kind::ALL.map(Kind::as_str).join(", ");
                    ApiError::invalid(
                        "columns",
                        format!("'columns' has no '{says}'; there are day, model, {names}"),
                    )
                })?;
                columns.amounts.insert(kind, name);
            }
        }
    }
    Ok(columns)
}

fn shown(
    provider: &str,
    invoice: &Invoice,
    lines: &[Compared],
    tolerance: Tolerance,
    (from, to): (Micros, Micros),
) -> Value {
    let all = total(invoice, lines, tolerance);
    let unread = invoice.told.iter().map(|(line, why)| json!({ "line": line, "message": why }));
    let differing = lines.iter().filter(|line| line.verdict != Verdict::Agrees).count();
    json!({
        "provider": provider,
        "from": time::format(from),
        "to": time::format(to),
        "agrees": differing == 0 && invoice.unread == 0,
        "lines": lines.len(),
        "differing": differing,
        "total": amounts(&all),
        "data": lines.iter().map(|line| row(invoice, line)).collect::<Vec<_>>(),
        "read_lines": invoice.read,
        "unread_lines": invoice.unread,
        "unread": unread.collect::<Vec<_>>(),
    })
}

fn row(invoice: &Invoice, line: &Compared) -> Value {
    let (day, model) = &line.line;
    let mut row = json!({
        "day": time::format_date(day.saturating_mul(DAY)),
        "model": invoice.has_models.then_some(model),
        "status": line.verdict.as_str(),
    });
    if let (Some(row), Value::Object(amounts)) = (row.as_object_mut(), amounts(line)) {
        row.extend(amounts);
    }
    row
}

/// What the invoice says, what was metered, and the first without the second.
fn amounts(line: &Compared) -> Value {
    let each = |of: fn(&(Kind, Amount, Amount)) -> Amount| -> Map<String, Value> {
        line.amounts.iter().map(|all| (all.0.as_str().to_owned(), amount(all.0, of(all)))).collect()
    };
    json!({
        "invoice": each(|all| all.1),
        "gateway": each(|all| all.2),
        "difference": each(|all| all.1 - all.2),
    })
}

fn amount(kind: Kind, amount: Amount) -> Value {
    if kind != Kind::Cost {
        return i64::try_from(amount).map_or(Value::Null, Into::into);
    }
    let sign = if amount < 0 { "-" } else { "" };
    let dollars = NanoUsd(u64::try_from(amount.unsigned_abs()).unwrap_or(u64::MAX));
    format!("{sign}{dollars}").into()
}
