//! Query parameters that several lists share.

use super::error::ApiError;
use gw_model::Micros;

/// Rows of a list when none are asked for.
pub(crate) const DEFAULT_LIMIT: usize = 100;
/// Most rows of one answer.
const MAX_LIMIT: usize = 10_000;

/// `limit` and `cursor`.
#[derive(Debug, Default)]
pub(crate) struct Page {
    pub(crate) limit: Option<usize>,
    pub(crate) cursor: Option<String>,
}

impl Page {
    /// How many rows.
    pub(crate) fn limit(&self) -> Result<usize, ApiError> {
        match self.limit {
            None => Ok(DEFAULT_LIMIT),
            Some(limit @ 1..=MAX_LIMIT) => Ok(limit),
            Some(_) => Err(ApiError::invalid("limit", format!("'limit' must be from 1 to {MAX_LIMIT}"))),
        }
    }

    /// The cursor of a list that is paged by position.
    pub(crate) fn offset(&self) -> Result<usize, ApiError> {
        let parse = |c: &String| {
            c.parse().map_err(|_| ApiError::invalid("cursor", "'cursor' is not one of this list"))
        };
        self.cursor.as_ref().map_or(Ok(0), parse)
    }
}

/// One page of a list in memory, and the cursor of the next.
pub(crate) fn paged<T>(rows: Vec<T>, page: &Page) -> Result<(Vec<T>, Option<String>), ApiError> {
    let (limit, offset) = (page.limit()?, page.offset()?);
    let next = (rows.len() > offset.saturating_add(limit)).then(|| (offset + limit).to_string());
    Ok((rows.into_iter().skip(offset).take(limit).collect(), next))
}

/// A point in time: RFC 3339, or a date.
pub(crate) fn time(field: &'static str, text: Option<&str>) -> Result<Option<Micros>, ApiError> {
    let Some(text) = text.filter(|t| !t.is_empty()) else { return Ok(None) };
    gw_model::time::parse(text).map(Some).ok_or_else(|| {
        ApiError::invalid(field, format!("'{field}' must be a time such as 2026-11-01T00:00:00Z, or a date"))
    })
}
