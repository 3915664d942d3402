//! `/api/v1/models`: what can be called, with prices and abilities.

use super::blocks::add_stored;
use super::by::{By, anyone, on_gateway};
use super::error::ApiError;
use super::etag::tagged;
use super::query::{Page, paged};
use crate::app::authorization::{Caller, Resource};
use crate::app::blocks::{self, Kind, Shown};
use crate::app::state::App;
use axum::Json;
use axum::extract::{Extension, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use gw_ingress::listed::{self, Listed};
use gw_model::{FemtoUsd, NanoUsd, Rate, ServiceTier, Snapshot, Unit};
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

/// Filters.
#[derive(Debug, Deserialize)]
pub(super) struct ModelsQuery {
    provider: Option<String>,
    managed_by: Option<String>,
    limit: Option<usize>,
    cursor: Option<String>,
}

/// Lists models.
pub(super) async fn list(
    State(app): State<Arc<App>>,
    Extension(caller): By,
    Query(query): Query<ModelsQuery>,
) -> Result<Json<Value>, ApiError> {
    anyone(&caller, Resource::Models.read())?;
    let page = Page { limit: query.limit, cursor: query.cursor };
    let of_api = of_api(&app).await?;
    let is_whole = manages(&caller);
    if query.managed_by.as_deref() == Some("api") {
        return managed(&app, &of_api, (query.provider.as_deref(), is_whole), &page);
    }
    let live = app.gateway.live();
    let snapshot = &live.snapshot;
    let provider = query.provider.as_deref();
    let is_configured = provider.is_none_or(|provider| snapshot.providers.contains_key(provider));
    let mut rows = match provider {
        None => listed::list(snapshot, None),
        Some(provider) if is_configured => {
            let mut rows = listed::list(snapshot, None);
            rows.retain(|model| model.providers.iter().any(|name| name == provider));
            rows
        }
        // What it would offer, for whoever thinks of adding it.
        Some(provider) => {
            listed::of_catalog(snapshot, provider).ok_or_else(|| unknown(snapshot, provider))?
        }
    };
    let in_force = |model: &Listed| of_api.iter().find(|one| one.name == model.id && one.problem.is_none());
    if query.managed_by.is_some() {
        rows.retain(|model| in_force(model).is_none());
    }
    let (rows, next) = paged(rows, &page)?;
    let shown = |model: &Listed| {
        let mut row = row(model, is_configured);
        add_targets(&mut row, model, is_whole);
        if let Some(shown) = in_force(model) {
            add_stored(&mut row, shown, is_whole);
        }
        row
    };
    let data: Vec<Value> = rows.iter().map(shown).collect();
    Ok(Json(json!({ "data": data, "next_cursor": next })))
}

/// The aliases that the API manages, also those that are not in force for whoever may mend them.
fn managed(
    app: &App,
    of_api: &[Shown],
    (provider, is_whole): (Option<&str>, bool),
    page: &Page,
) -> Result<Json<Value>, ApiError> {
    let live = app.gateway.live();
    let listed = listed::list(&live.snapshot, None);
    let rows = of_api.iter().filter(|shown| is_whole || shown.problem.is_none()).map(|shown| {
        let model = listed.iter().find(|model| model.id == shown.name && shown.problem.is_none());
        (shown, model)
    });
    let is_its = |model: &Listed| provider.is_none_or(|name| model.providers.iter().any(|one| one == name));
    let rows = rows.filter(|(_, model)| model.map_or(provider.is_none(), is_its));
    let (rows, next) = paged(rows.collect(), page)?;
    let data: Vec<Value> = rows.iter().map(|(shown, model)| stored_row(shown, *model, is_whole)).collect();
    Ok(Json(json!({ "data": data, "next_cursor": next })))
}

/// The aliases that the API manages.
async fn of_api(app: &Arc<App>) -> Result<Vec<Shown>, ApiError> {
    let asked = Arc::clone(app);
    Ok(tokio::task::spawn_blocking(move || blocks::list(&asked, Kind::Model)).await??)
}

/// One model, by the name that callers use.
pub(super) async fn show(app: Arc<App>, caller: &Caller, name: String) -> Result<Response, ApiError> {
    anyone(caller, Resource::Models.read())?;
    if let Some(shown) = of_api(&app).await?.into_iter().find(|one| one.name == name) {
        return Ok(tagged(StatusCode::OK, shown.revision, row_of(&app, &shown, manages(caller))));
    }
    let live = app.gateway.live();
    let found = listed::list(&live.snapshot, None).into_iter().find(|model| model.id == name);
    let found = found.ok_or_else(|| ApiError::not_found("there is no such model"))?;
    let mut row = row(&found, true);
    add_targets(&mut row, &found, manages(caller));
    Ok(Json(row).into_response())
}

/// May he change them? To others their documents are not shown, which name budgets, conditions and prices of others.
fn manages(caller: &Caller) -> bool {
    on_gateway(caller, Resource::Models.write()).is_ok()
}

/// One that the API manages, in force or not.
pub(super) fn row_of(app: &App, shown: &Shown, is_whole: bool) -> Value {
    let live = app.gateway.live();
    let listed = listed::list(&live.snapshot, None).into_iter().find(|model| model.id == shown.name);
    stored_row(shown, listed.filter(|_| shown.problem.is_none()).as_ref(), is_whole)
}

fn stored_row(shown: &Shown, in_force: Option<&Listed>, is_whole: bool) -> Value {
    let mut row = match in_force {
        Some(model) => row(model, true),
        None => json!({ "id": shown.name, "owner": "alias", "providers": [], "mode": "", "capabilities": [],
            "configured": false }),
    };
    add_stored(&mut row, shown, is_whole);
    row
}

/// The targets of an alias, for whoever may change such.
fn add_targets(row: &mut Value, model: &Listed, is_whole: bool) {
    if is_whole && !model.is_route && !model.targets.is_empty() {
        row["targets"] = json!(model.targets);
    }
}

fn unknown(snapshot: &Snapshot, provider: &str) -> ApiError {
    let names: Vec<&str> = snapshot.providers.keys().map(AsRef::as_ref).collect();
    let there = match names.as_slice() {
        [] => "no provider is configured".to_owned(),
        names => format!("configured are {}", names.join(", ")),
    };
    ApiError::not_found(format!(
        "there is no provider '{provider}', neither in the configuration nor in the catalogue; {there}"
    ))
}

fn row(model: &Listed, is_configured: bool) -> Value {
    let info = &model.info;
    let price = |unit| info.prices.rate(unit, ServiceTier::Standard, 0).map(per_million);
    let charged = |unit| info.prices.rate(unit, ServiceTier::Standard, 0).filter(|price| price.0 > 0);
    // Lists name the price of an image or a second either way.
    let piece = |unit, other, count: u64| {
        let price = charged(unit).or_else(|| charged(other))?;
        Some(NanoUsd(price.0.saturating_mul(count).div_ceil(1_000_000)).to_string())
    };
    let known = |tokens: u32| (tokens > 0).then_some(tokens);
    json!({
        "id": model.id,
        "owner": if model.is_route { "route" } else { &model.owner },
        "providers": model.providers,
        "mode": &*info.mode,
        "input_usd_per_million_tokens": price(Unit::Input),
        "output_usd_per_million_tokens": price(Unit::Output),
        "cache_read_usd_per_million_tokens": price(Unit::CacheRead),
        "cache_write_usd_per_million_tokens": price(Unit::CacheWrite),
        "usd_per_image": piece(Unit::ImageOutput, Unit::ImageInput, 1),
        "usd_per_minute": piece(Unit::SecondInput, Unit::SecondOutput, 60),
        "usd_per_million_characters": price(Unit::CharacterInput),
        "max_input_tokens": known(info.max_input_tokens),
        "max_output_tokens": known(info.max_output_tokens),
        "capabilities": info.capabilities.iter().map(|c| &**c).collect::<Vec<_>>(),
        "lacks": info.lacks.iter().map(gw_model::Ability::as_str).collect::<Vec<_>>(),
        "prices": info.prices.rates.iter().map(rate).collect::<Vec<_>>(),
        "configured": is_configured,
        "source": "config",
    })
}

/// A price as it is quoted: for a million tokens, characters or pixels, or for one of the larger units.
fn rate(rate: &Rate) -> Value {
    let per = match rate.unit {
        Unit::ImageInput | Unit::ImageOutput => "image",
        Unit::SecondInput | Unit::SecondOutput => "second",
        Unit::Request => "request",
        Unit::Page => "page",
        Unit::SearchLow | Unit::SearchMedium | Unit::SearchHigh => "search",
        Unit::CharacterInput | Unit::CharacterOutput => "million characters",
        Unit::PixelInput | Unit::PixelOutput => "million pixels",
        _ => "million tokens",
    };
    let usd = if per.starts_with("million") { per_million(rate.price) } else { per_unit(rate.price) };
    let mut out = json!({ "unit": rate.unit.as_str(), "usd": usd, "per": per });
    if rate.tier != ServiceTier::Standard {
        out["tier"] = rate.tier.as_str().into();
    }
    if rate.above_tokens > 0 {
        out["above_tokens"] = rate.above_tokens.into();
    }
    out
}

/// Dollars for one unit, as a decimal without zeros at its end.
fn per_unit(price: FemtoUsd) -> String {
    const FEMTO_PER_USD: u64 = 1_000_000_000_000_000;
    let text = format!("{}.{:015}", price.0 / FEMTO_PER_USD, price.0 % FEMTO_PER_USD);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// Dollars for a million units, as a decimal. A femto-dollar a unit is a nano-dollar a million.
fn per_million(price: FemtoUsd) -> String {
    NanoUsd(price.0).to_string()
}
