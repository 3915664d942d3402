//! Why an evaluation cannot be made or changed.

use crate::app::authorization::Denied;
use crate::app::ownership::NotAllowed;
use gw_store::StoreError;
use std::fmt;

/// See the module.
#[derive(Debug)]
pub(crate) enum EvaluationError {
    /// There is no such evaluation.
    NotFound,
    /// There is no such dataset for him.
    NoDataset,
    /// There is nothing in it.
    Empty,
    /// The key is none that he may use.
    Key,
    /// Too many items or models.
    TooLarge {
        /// Most of them.
        most: usize,
    },
    /// Too many wait.
    TooMany {
        /// Most of them.
        most: usize,
    },
    /// Too many of one organization wait.
    TooManyOfOne {
        /// Most of them.
        most: usize,
    },
    /// It waits or runs.
    Open,
    /// It changes all the time.
    Busy,
    /// Whoever asks may not.
    Denied(Denied),
    /// The store.
    Store(StoreError),
}

impl fmt::Display for EvaluationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotFound => f.write_str("there is no such evaluation"),
            Self::NoDataset => f.write_str("'dataset_id' must be the id of a dataset that there is"),
            Self::Empty => f.write_str("there is nothing in this dataset: add items first"),
            Self::Key => f.write_str(
                "the calls need a virtual key that is good: give it as 'key', or as 'key_id' the id of one that you may change",
            ),
            Self::TooLarge { most } => write!(
                f,
                "items times models are more than {most}, which is 'evaluations.max_calls': give a smaller 'max_items'"
            ),
            Self::TooMany { most } => write!(
                f,
                "{most} evaluations wait or run already, which is 'evaluations.max_open': cancel some, or come again"
            ),
            Self::TooManyOfOne { most } => write!(
                f,
                "{most} evaluations with keys of this organization wait or run already, which is 'evaluations.max_open_per_organization': cancel some, or come again"
            ),
            Self::Open => f.write_str("this evaluation waits or runs already"),
            Self::Busy => f.write_str("this evaluation changes at this moment; try again"),
            Self::Denied(_) => f.write_str("whoever asks may not"),
            Self::Store(error) => write!(f, "{error}"),
        }
    }
}

impl std::error::Error for EvaluationError {}

impl From<Denied> for EvaluationError {
    fn from(denied: Denied) -> Self {
        match denied {
            Denied::Hidden => Self::NotFound,
            denied => Self::Denied(denied),
        }
    }
}

impl From<NotAllowed> for EvaluationError {
    fn from(not_allowed: NotAllowed) -> Self {
        match not_allowed {
            NotAllowed::Denied(denied) => denied.into(),
            NotAllowed::NoPlace => Self::NoDataset,
        }
    }
}
