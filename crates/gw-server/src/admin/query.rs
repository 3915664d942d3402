//! Query parameters that several lists share.

use super::error::ApiError;
use gw_model::Micros;
use serde::Deserialize;
use std::fmt::Display;
use std::str::FromStr;

/// Rows of a list when none are asked for.
pub(crate) const DEFAULT_LIMIT: usize = 100;
/// Most rows of one answer.
pub(super) const MAX_LIMIT: usize = 10_000;

/// `limit` and `cursor`.
#[derive(Debug, Default, Deserialize)]
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

    /// The cursor of a list that is paged by ids.
    pub(crate) fn after<I: FromStr>(&self) -> Result<Option<I>, ApiError> {
        let wrong = |_| ApiError::invalid("cursor", "'cursor' is not one of this list");
        let given = self.cursor.as_deref().filter(|text| !text.is_empty());
        given.map(|text| text.parse().map_err(wrong)).transpose()
    }

    /// The cursor of a list of jobs: the id of the last one that was shown, as it is shown.
    pub(crate) fn before<I>(&self, read: impl FnOnce(&str) -> Option<I>) -> Result<Option<I>, ApiError> {
        let wrong = || ApiError::invalid("cursor", "'cursor' is not one of this list");
        let given = self.cursor.as_deref().filter(|text| !text.is_empty());
        given.map(|text| read(text).ok_or_else(wrong)).transpose()
    }

    /// The cursor of a list that is paged by position: of what the configuration holds, or of which there is little.
    pub(crate) fn offset(&self) -> Result<usize, ApiError> {
        let parse = |c: &String| {
            c.parse().map_err(|_| ApiError::invalid("cursor", "'cursor' is not one of this list"))
        };
        self.cursor.as_ref().filter(|text| !text.is_empty()).map_or(Ok(0), parse)
    }
}

/// One page of a list in memory, and the cursor of the next.
pub(crate) fn paged<T>(rows: Vec<T>, page: &Page) -> Result<(Vec<T>, Option<String>), ApiError> {
    let (limit, offset) = (page.limit()?, page.offset()?);
    let next = (rows.len() > offset.saturating_add(limit)).then(|| (offset + limit).to_string());
    Ok((rows.into_iter().skip(offset).take(limit).collect(), next))
}

/// One page of what stands in the order of ids, from behind the one that the cursor names, and the cursor of the next: what is
/// removed meanwhile moves nothing. No more is looked at than the page needs.
pub(crate) fn paged_by<T, I: Ord + FromStr + Display>(
    rows: impl IntoIterator<Item = T>,
    page: &Page,
    id: impl Fn(&T) -> I,
) -> Result<(Vec<T>, Option<String>), ApiError> {
    let (limit, after) = (page.limit()?, page.after::<I>()?);
    let behind = |row: &T| after.as_ref().is_none_or(|after| id(row) > *after);
    let found: Vec<T> = rows.into_iter().filter(behind).take(limit + 1).collect();
    Ok(cut(found, limit, |last| id(last).to_string()))
}

/// One page of rows that were read, one more than it shows where there are more, and the cursor of the next.
pub(crate) fn cut<T>(mut found: Vec<T>, limit: usize, id: impl Fn(&T) -> String) -> (Vec<T>, Option<String>) {
    let is_more = found.len() > limit;
    found.truncate(limit);
    let next = found.last().filter(|_| is_more).map(id);
    (found, next)
}

/// A point in time: RFC 3339, or a date.
pub(crate) fn time(field: &str, text: Option<&str>) -> Result<Option<Micros>, ApiError> {
    let Some(text) = text.filter(|t| !t.is_empty()) else { return Ok(None) };
    gw_model::time::parse(text).map(Some).ok_or_else(|| {
        ApiError::invalid(
            field.to_owned(),
            format!("'{field}' must be a time such as 2026-11-01T00:00:00Z, or a date"),
        )
    })
}
