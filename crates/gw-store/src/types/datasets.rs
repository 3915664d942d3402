//! Datasets as stored: calls that are kept to be looked at, tried again and compared. Plain data.

use super::shown_id::shown_id;
use gw_model::{AccountId, Micros, RequestId};

shown_id! {
    /// Identifies a dataset. Shown as `ds_` and 32 hex digits.
    DatasetId, "ds_"
}

shown_id! {
    /// Identifies an item of a dataset; in the order in which they were added. Shown as `item_` and 32 hex digits.
    ItemId, "item_"
}

/// See the module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredDataset {
    /// Id.
    pub id: DatasetId,
    /// Whose it is: a user's id, or who made it as the audit log names him.
    pub owner: String,
    /// For whose people it is besides: an organization, a team or a project.
    pub place: Option<AccountId>,
    /// Whose calls it was collected from, as JSON that the store does not read.
    pub origins: String,
    /// Name, for people.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// When it was made.
    pub created_at: Micros,
    /// When it, or what is in it, was last changed.
    pub updated_at: Micros,
    /// Grows with each change of itself, from 1.
    pub revision: i64,
}

/// What is in a dataset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredItem {
    /// Id.
    pub id: ItemId,
    /// The request that it was made of.
    pub source: Option<RequestId>,
    /// When it was added.
    pub created_at: Micros,
    /// When it was last changed.
    pub updated_at: Micros,
    /// See [`crate::datasets::ItemSealer`].
    pub sealed: Vec<u8>,
}

/// What is done to the items of a dataset at once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ItemChanges {
    /// Added, or in place of those of the same id.
    pub write: Vec<StoredItem>,
    /// Taken out.
    pub remove: Vec<ItemId>,
    /// Whose calls all of its items were collected from, where that changes: as it is found, and as it becomes. Nothing is
    /// done where it is found otherwise.
    pub origins: Option<(String, String)>,
    /// Most items that there may be afterwards, and most bytes of them as they are stored. Whoever only takes some out is not
    /// asked.
    pub most: usize,
    /// See `most`.
    pub most_bytes: u64,
    /// When.
    pub now: Micros,
}
