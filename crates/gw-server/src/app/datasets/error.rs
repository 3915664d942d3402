//! Why a dataset, or what is in it, cannot be made or changed.

use super::{MAX_AT_ONCE, MAX_DATASETS, MAX_OF_ONE};
use crate::app::authorization::Denied;
use crate::app::ownership::NotAllowed;
use gw_config::compile::DatasetSettings;
use gw_store::StoreError;
use gw_store::types::ItemId;
use std::fmt;

/// See the module.
#[derive(Debug)]
pub(crate) enum DatasetsError {
    /// There is no such dataset.
    NotFound,
    /// There is no such item in it.
    NoItem {
        /// Its id.
        id: ItemId,
    },
    /// There are as many as there may be.
    TooMany,
    /// It would have more items, or larger ones, than it may have.
    Full(DatasetSettings),
    /// Too much is to be done at once.
    TooManyAtOnce,
    /// What it is to be shared with is nothing that he knows.
    NoPlace,
    /// An item is not as it must be.
    Item {
        /// The member at fault.
        field: &'static str,
        /// What is wrong.
        why: String,
    },
    /// Bodies that are wanted are kept, and cannot be read now.
    Unread(String),
    /// It was changed meanwhile.
    Changed {
        /// Its revision now.
        revision: i64,
    },
    /// Whoever asks may not.
    Denied(Denied),
    /// The store.
    Store(StoreError),
}

impl fmt::Display for DatasetsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotFound => f.write_str("there is no such dataset"),
            Self::NoItem { id } => write!(f, "there is no item '{id}' in this dataset"),
            Self::TooMany => write!(
                f,
                "there are {MAX_DATASETS} datasets already, or {MAX_OF_ONE} of yours; remove one first"
            ),
            Self::Full(most) => write!(
                f,
                "a dataset has at most {} items ('datasets.max_items') of {} bytes together ('datasets.max_bytes'): take \
                 some out, or begin another one",
                most.max_items, most.max_bytes
            ),
            Self::TooManyAtOnce => {
                write!(f, "at most {MAX_AT_ONCE} items are changed at once; do it in parts")
            }
            Self::NoPlace => f.write_str(NotAllowed::NO_PLACE),
            Self::Item { why, .. } | Self::Unread(why) => f.write_str(why),
            Self::Changed { revision } => {
                write!(f, "it was changed meanwhile and is now at revision {revision}")
            }
            Self::Denied(_) => f.write_str("whoever asks may not"),
            Self::Store(error) => write!(f, "{error}"),
        }
    }
}

impl std::error::Error for DatasetsError {}

impl From<StoreError> for DatasetsError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<Denied> for DatasetsError {
    fn from(denied: Denied) -> Self {
        match denied {
            Denied::Hidden => Self::NotFound,
            denied => Self::Denied(denied),
        }
    }
}

impl From<NotAllowed> for DatasetsError {
    fn from(not_allowed: NotAllowed) -> Self {
        match not_allowed {
            NotAllowed::Denied(denied) => denied.into(),
            NotAllowed::NoPlace => Self::NoPlace,
        }
    }
}
