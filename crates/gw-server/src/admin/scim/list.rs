//! What a list is asked for: a filter, an order, a page, and which attributes are shown; in the query, or in the body of a search.

use super::error::Refused;
use crate::scim::filter::{self, Filter};
use crate::scim::schema::ResourceKind;
use crate::scim::selection::Selection;
use crate::scim::sort::Order;
use axum::extract::Query;
use axum::extract::rejection::QueryRejection;
use serde::Deserialize;
use serde_json::Value;

/// Resources of a page when none are asked for, and the most of one page.
const DEFAULT_COUNT: usize = 100;
pub(super) const MAX_COUNT: usize = 1_000;

/// The query of a request.
pub(super) type GivenQuery = Result<Query<ListQuery>, QueryRejection>;

/// What stands in a query.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ListQuery {
    filter: Option<String>,
    start_index: Option<String>,
    count: Option<String>,
    attributes: Option<String>,
    excluded_attributes: Option<String>,
    sort_by: Option<String>,
    sort_order: Option<String>,
}

/// A page; `start` begins at 1.
#[derive(Clone, Copy, Debug)]
pub(super) struct Page {
    pub(super) start: usize,
    pub(super) count: usize,
}

/// A list that is asked for.
#[derive(Debug)]
pub(super) struct Wanted {
    pub(super) filter: Option<Filter>,
    pub(super) order: Option<Order>,
    pub(super) page: Page,
    pub(super) selection: Selection,
}

/// The query, read.
pub(super) fn query(given: GivenQuery) -> Result<ListQuery, Refused> {
    given.map(|Query(query)| query).map_err(|error| Refused::syntax(error.body_text()))
}

/// Which attributes are shown of one resource.
pub(super) fn selection(kind: &ResourceKind, given: GivenQuery) -> Result<Selection, Refused> {
    Ok(query(given)?.selection(kind))
}

impl ListQuery {
    /// Out of the body of a search.
    pub(super) fn of_search(body: &Value) -> Result<Self, Refused> {
        let Value::Object(members) = body else {
            return Err(Refused::syntax("the body must be a JSON object"));
        };
        let mut query = Self::default();
        for (name, value) in members {
            let text = match value {
                Value::Null => None,
                Value::String(text) => Some(text.clone()),
                Value::Number(number) => Some(number.to_string()),
                Value::Array(list) => {
                    Some(list.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(","))
                }
                _ => return Err(Refused::value(format!("'{name}' cannot be that"))),
            };
            match name.to_ascii_lowercase().as_str() {
                "filter" => query.filter = text,
                "startindex" => query.start_index = text,
                "count" => query.count = text,
                "attributes" => query.attributes = text,
                "sortby" => query.sort_by = text,
                "sortorder" => query.sort_order = text,
                "excludedattributes" => query.excluded_attributes = text,
                _ => {}
            }
        }
        Ok(query)
    }

    fn selection(&self, kind: &ResourceKind) -> Selection {
        Selection::read(kind, self.attributes.as_deref(), self.excluded_attributes.as_deref())
    }

    /// Read against a schema.
    pub(super) fn wanted(&self, kind: &ResourceKind) -> Result<Wanted, Refused> {
        let filter = self.filter.as_deref().map(|text| filter::parse(kind, text)).transpose()?;
        let number = |name: &str, text: &Option<String>| {
            let wrong = |_| Refused::value(format!("'{name}' must be a whole number"));
            text.as_ref().map(|text| text.trim().parse::<i64>().map_err(wrong)).transpose()
        };
        let start = number("startIndex", &self.start_index)?.unwrap_or(1).max(1);
        let count = number("count", &self.count)?.map_or(DEFAULT_COUNT, |count| {
            usize::try_from(count.max(0)).unwrap_or(usize::MAX).min(MAX_COUNT)
        });
        let start = usize::try_from(start).unwrap_or(usize::MAX);
        let by = self.sort_by.as_deref().filter(|by| !by.trim().is_empty());
        let order = by.map(|by| Order::read(kind, by, self.sort_order.as_deref())).transpose()?;
        Ok(Wanted { filter, order, page: Page { start, count }, selection: self.selection(kind) })
    }
}
