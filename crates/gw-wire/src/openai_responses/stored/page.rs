//! Pages of the items that an answer was made from, and what is said of one that was deleted. Serves the endpoints of
//! stored answers.

use super::state::{State, id_of};
use crate::facts::invalid;
use crate::json::Writer;
use gw_model::Refusal;

const DEFAULT_LIMIT: usize = 20;
const MAX_LIMIT: usize = 100;

/// Which page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    limit: usize,
    ascending: bool,
    after: Option<String>,
}

impl Page {
    /// From the parameters of a query, decoded.
    ///
    /// # Errors
    /// `invalid_request` with the parameter at fault.
    pub fn of<'a>(parameters: impl Iterator<Item = (&'a str, &'a str)>) -> Result<Self, Refusal> {
        let mut page = Self { limit: DEFAULT_LIMIT, ascending: false, after: None };
        for (name, value) in parameters {
            match (name, value) {
                ("limit", value) => {
                    let limit = value.parse().ok().filter(|limit| (1..=MAX_LIMIT).contains(limit));
                    let text = "`limit` must be a whole number from 1 to 100.";
                    page.limit = limit.ok_or_else(|| invalid("limit", text))?;
                }
                ("order", "asc") => page.ascending = true,
                ("order", "desc") => page.ascending = false,
                ("order", _) => return Err(invalid("order", "`order` must be `asc` or `desc`.")),
                ("after", id) => page.after = Some(id.to_owned()),
                _ => {}
            }
        }
        Ok(page)
    }

    /// The page of a state's input.
    ///
    /// # Errors
    /// `invalid_request` when no item has the id that it is to come behind.
    pub fn write(&self, state: &State<'_>) -> Result<Vec<u8>, Refusal> {
        let mut items: Vec<&str> = state.input().collect();
        if !self.ascending {
            items.reverse();
        }
        let start = match &self.after {
            None => 0,
            Some(after) => {
                let place = items.iter().position(|item| id_of(item).as_deref() == Some(after));
                place.ok_or_else(|| invalid("after", "No item has the id that `after` names."))? + 1
            }
        };
        let rest = items.get(start..).unwrap_or_default();
        let page = rest.get(..self.limit).unwrap_or(rest);
        let mut w = Writer::with_capacity(page.iter().map(|item| item.len() + 1).sum::<usize>() + 256);
        w.begin_object();
        w.string_member("object", "list");
        w.key("data");
        w.begin_array();
        page.iter().for_each(|item| w.raw(item));
        w.end_array();
        for (name, item) in [("first_id", page.first()), ("last_id", page.last())] {
            match item.and_then(|item| id_of(item)) {
                Some(id) => w.string_member(name, &id),
                None => w.null_member(name),
            }
        }
        w.bool_member("has_more", rest.len() > page.len());
        w.end_object();
        Ok(w.into_bytes())
    }
}

/// What is said of an answer that was deleted.
#[must_use]
pub fn deleted(id: &str) -> Vec<u8> {
    let mut w = Writer::with_capacity(128);
    w.begin_object();
    w.string_member("id", id);
    w.string_member("object", "response");
    w.bool_member("deleted", true);
    w.end_object();
    w.into_bytes()
}
