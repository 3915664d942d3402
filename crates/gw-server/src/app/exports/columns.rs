//! A record as a row of a file: of JSON, as the list of records has it, and of Parquet.

use super::parquet::{Cell, Column, Kind};
use crate::admin::{endpoint_of, log_row, media_of, parameters_of, tries_of, verdicts};
use gw_model::Level;
use gw_store::bodies::BodyContent;
use gw_store::types::LogRow;
use serde_json::{Value, json};

type Of = fn(&LogRow) -> Cell;

/// The columns of Parquet files, in their order. Names are never changed; new ones come last.
const COLUMNS: &[(&str, Kind, Of)] = &[
    ("request_id", Kind::Text, |row| Cell::Text(row.request_id.to_string())),
    ("time", Kind::Time, |row| Cell::Number(row.time)),
    ("key_id", Kind::Text, |row| text(row.key_id)),
    ("organization_id", Kind::Text, |row| account(row, Level::Organization)),
    ("team_id", Kind::Text, |row| match account(row, Level::Team) {
        Cell::None => text(row.team_id.as_ref()),
        team => team,
    }),
    ("project_id", Kind::Text, |row| account(row, Level::Project)),
    ("user_id", Kind::Text, |row| account(row, Level::User)),
    ("customer_id", Kind::Text, |row| account(row, Level::Customer)),
    ("customer", Kind::Text, |row| text(row.customer.as_ref())),
    ("format", Kind::Text, |row| Cell::Text(row.format.clone())),
    ("model", Kind::Text, |row| Cell::Text(row.model.clone())),
    ("provider", Kind::Text, |row| text(row.provider.as_ref())),
    ("upstream_model", Kind::Text, |row| text(row.upstream_model.as_ref())),
    ("region", Kind::Text, |row| text(row.details.region.as_ref())),
    ("stream", Kind::Flag, |row| Cell::Flag(row.stream)),
    ("outcome", Kind::Text, |row| Cell::Text(row.outcome.as_str().to_owned())),
    ("status", Kind::Whole, |row| Cell::Number(row.status.into())),
    ("error_code", Kind::Text, |row| text(row.error_code.as_ref())),
    ("error_detail", Kind::Text, |row| text(row.error_detail.as_ref())),
    ("attempts", Kind::Whole, |row| Cell::Number(row.attempts.into())),
    ("tries", Kind::Text, |row| Cell::Text(tries_of(row).to_string())),
    ("cache", Kind::Text, |row| text(row.cache.as_ref())),
    ("session", Kind::Text, |row| text(row.session.as_ref())),
    ("tags", Kind::Text, |row| Cell::Text(json!(row.tags).to_string())),
    ("metadata", Kind::Text, metadata),
    ("user_agent", Kind::Text, |row| text(row.user_agent.as_ref())),
    ("input_tokens", Kind::Whole, |row| count(row.input_tokens)),
    ("output_tokens", Kind::Whole, |row| count(row.output_tokens)),
    ("cached_tokens", Kind::Whole, |row| count(row.cached_tokens)),
    ("cache_write_tokens", Kind::Whole, |row| count(row.cache_write_tokens)),
    ("reasoning_tokens", Kind::Whole, |row| count(row.reasoning_tokens)),
    ("usage_source", Kind::Text, |row| Cell::Text(row.usage_source.as_str().to_owned())),
    ("cost_usd", Kind::Billionths, |row| count(row.cost.0)),
    ("saved_usd", Kind::Billionths, |row| count(row.saved.0)),
    ("first_byte_us", Kind::Whole, |row| row.first_byte_us.map_or(Cell::None, count)),
    ("total_us", Kind::Whole, |row| count(row.total_us)),
    ("parent_id", Kind::Text, |row| text(row.parent_id)),
    ("role", Kind::Text, |row| text(row.role.map(gw_model::SubCallRole::as_str))),
    ("trace_id", Kind::Text, |row| text(row.details.trace_id)),
    ("endpoint", Kind::Text, |row| text(endpoint_of(row))),
    ("queue_us", Kind::Whole, |row| count(row.details.waited_us)),
    ("connect_us", Kind::Whole, |row| row.details.connect_us.map_or(Cell::None, count)),
    ("guardrails", Kind::Text, |row| Cell::Text(json!(verdicts(row)).to_string())),
    ("client_ip", Kind::Text, |row| text(row.details.client_ip)),
    ("tag_ids", Kind::Text, |row| Cell::Text(json!(ids(row, Level::Tag)).to_string())),
    ("dropped_parameters", Kind::Text, |row| Cell::Text(json!(row.details.dropped).to_string())),
    ("tokens_per_second", Kind::Billionths, |row| match row.tenths_of_tokens_per_second() {
        Some(tenths) if tenths < MAX_TENTHS => count(tenths * 100_000_000),
        _ => Cell::None,
    }),
    ("media", Kind::Text, |row| text(media_of(row))),
    ("parameters", Kind::Text, |row| Cell::Text(json!(parameters_of(row)).to_string())),
    ("route", Kind::Text, |row| Cell::Text(json!(row.details.route).to_string())),
    ("guardrails_us", Kind::Whole, |row| count(row.details.guardrails_us)),
    ("answer_guardrails_us", Kind::Whole, |row| count(row.details.answer_guardrails_us)),
];

/// What decimals of 18 digits hold of tenths, with nine places.
const MAX_TENTHS: u64 = 10_000_000_000;

/// Those of bodies.
const BODIES: [&str; 2] = ["request_body", "response_body"];

/// The columns of a file.
pub(super) fn columns(with_bodies: bool) -> Vec<Column> {
    let plain = COLUMNS.iter().map(|(name, kind, _)| Column { name, kind: *kind });
    let bodies = BODIES.iter().filter(|_| with_bodies).map(|name| Column { name, kind: Kind::Text });
    plain.chain(bodies).collect()
}

/// A record's cells.
pub(super) fn cells(row: &LogRow, bodies: Option<Option<&BodyContent>>) -> Vec<Cell> {
    let mut cells: Vec<Cell> = COLUMNS.iter().map(|(_, _, of)| of(row)).collect();
    if let Some(content) = bodies {
        let [request, response] = sides(content);
        cells.extend([request, response].map(|side| side.map_or(Cell::None, Cell::Text)));
    }
    cells
}

/// A record as JSON.
pub(super) fn json(row: &LogRow, bodies: Option<Option<&BodyContent>>) -> Value {
    let mut shown = log_row(row);
    if let Some(content) = bodies {
        let [request, response] = sides(content);
        shown["request_body"] = request.into();
        shown["response_body"] = response.into();
    }
    shown
}

/// Bodies as text: what is none is written with U+FFFD in place of what cannot be read.
fn sides(content: Option<&BodyContent>) -> [Option<String>; 2] {
    let side = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    match content {
        None => [None, None],
        Some(content) => [Some(side(&content.request.bytes)), Some(side(&content.response.bytes))],
    }
}

fn text(value: Option<impl ToString>) -> Cell {
    value.map_or(Cell::None, |value| Cell::Text(value.to_string()))
}

/// As JSON, also where an older program kept what was none: one such cell would end a query of all.
fn metadata(row: &LogRow) -> Cell {
    text(row.details.metadata.as_ref().map(|text| match is_json(text) {
        true => text.clone(),
        false => json!(text).to_string(),
    }))
}

fn is_json(text: &str) -> bool {
    serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok()
}

fn ids(row: &LogRow, level: Level) -> Vec<String> {
    row.accounts.iter().filter(|id| id.level == level).map(ToString::to_string).collect()
}

fn account(row: &LogRow, level: Level) -> Cell {
    text(row.accounts.iter().find(|id| id.level == level))
}

fn count(count: u64) -> Cell {
    Cell::Number(i64::try_from(count).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests;
