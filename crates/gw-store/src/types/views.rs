//! Saved views as stored: filters of the explorer that somebody named. Plain data.

use super::shown_id::shown_id;
use gw_model::{AccountId, Micros};

shown_id! {
    /// Identifies a saved view. Shown as `view_` and 32 hex digits.
    ViewId, "view_"
}

/// See the module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredView {
    /// Id.
    pub id: ViewId,
    /// Whose it is: a user's id, or who made it as the audit log names him.
    pub owner: String,
    /// For whose people it is besides: an organization, a team or a project.
    pub place: Option<AccountId>,
    /// Name, for people.
    pub name: String,
    /// Parameters of the list of records, as a JSON object of texts.
    pub filters: String,
    /// When it was made.
    pub created_at: Micros,
    /// When it was last changed.
    pub updated_at: Micros,
    /// Grows with each change, from 1.
    pub revision: i64,
}

impl StoredView {
    /// A place as its column has it.
    pub(crate) fn column_of(place: Option<AccountId>) -> String {
        place.map_or_else(String::new, |place| place.to_string())
    }

    /// The place out of its column; nothing where that says nothing that can be understood.
    pub(crate) fn place_of(column: &str) -> Option<Option<AccountId>> {
        if column.is_empty() { Some(None) } else { column.parse().ok().map(Some) }
    }
}
