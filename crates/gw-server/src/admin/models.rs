//! `GET /api/v1/models`: what can be called, with prices and abilities.

use super::error::ApiError;
use super::query::{Page, paged};
use crate::app::models::{self, Listed};
use crate::app::state::App;
use axum::Json;
use axum::extract::{Query, State};
use gw_model::{FemtoUsd, NanoUsd, ServiceTier, Unit};
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

/// Filters.
#[derive(Debug, Deserialize)]
pub(super) struct ModelsQuery {
    provider: Option<String>,
    limit: Option<usize>,
    cursor: Option<String>,
}

/// Lists models.
pub(super) async fn list(
    State(app): State<Arc<App>>,
    Query(query): Query<ModelsQuery>,
) -> Result<Json<Value>, ApiError> {
    let live = app.gateway.live();
    let mut rows = models::list(&live.snapshot, None);
    if let Some(provider) = &query.provider {
        rows.retain(|m| m.providers.contains(provider));
    }
    let page = Page { limit: query.limit, cursor: query.cursor };
    let (rows, next) = paged(rows, &page)?;
    let data: Vec<Value> = rows.iter().map(row).collect();
    Ok(Json(json!({ "data": data, "next_cursor": next })))
}

fn row(model: &Listed) -> Value {
    let info = &model.info;
    let price = |unit| info.prices.rate(unit, ServiceTier::Standard, 0).map(per_million);
    let rate = |unit| info.prices.rate(unit, ServiceTier::Standard, 0).filter(|price| price.0 > 0);
    // Lists name the price of an image or a second either way.
    let piece = |unit, other, count: u64| {
        let price = rate(unit).or_else(|| rate(other))?;
        Some(NanoUsd(price.0.saturating_mul(count).div_ceil(1_000_000)).to_string())
    };
    let known = |tokens: u32| (tokens > 0).then_some(tokens);
    json!({
        "id": model.id,
        "owner": model.owner,
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
    })
}

/// Dollars for a million units, as a decimal. A femto-dollar a unit is a nano-dollar a million.
fn per_million(price: FemtoUsd) -> String {
    NanoUsd(price.0).to_string()
}
