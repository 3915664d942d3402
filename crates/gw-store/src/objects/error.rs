//! What can go wrong with an object's ownership.

use crate::error::StoreError;
use gw_model::{ErrorCode, Refusal};
use std::fmt;
use std::sync::Arc;

/// An operation on objects that failed.
#[derive(Clone, Debug)]
pub enum ObjectError {
    /// Too much waits to be written.
    Busy,
    /// The process is shutting down.
    Closed,
    /// The store failed.
    Store(Arc<StoreError>),
}

impl ObjectError {
    /// The code for a caller whose request depends on it.
    #[must_use]
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::Busy => ErrorCode::Overloaded,
            Self::Closed => ErrorCode::ShuttingDown,
            Self::Store(error) if error.is_unavailable() => ErrorCode::StorageUnavailable,
            Self::Store(_) => ErrorCode::StorageFull,
        }
    }

    /// The refusal for such a caller. Holds nothing internal.
    #[must_use]
    pub fn refusal(&self) -> Refusal {
        let text = match self {
            Self::Busy => "the gateway has too much to write down at present; try again",
            Self::Closed => "the gateway is shutting down; try again",
            Self::Store(error) if error.is_disk_full() => {
                "the gateway's disk is full, so it could not be noted whose this is; free space in its data directory"
            }
            Self::Store(_) => "the gateway's store can not be used at present; see its log",
        };
        Refusal::new(self.code(), text).retry_after(5)
    }
}

impl fmt::Display for ObjectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Busy => f.write_str("too much waits to be written"),
            Self::Closed => f.write_str("the store is closed"),
            Self::Store(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for ObjectError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Store(error) => Some(&**error),
            Self::Busy | Self::Closed => None,
        }
    }
}
