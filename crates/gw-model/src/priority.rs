//! How much a call matters when there is not room for all. Serves ingress, the key's policy and the queue. It must not
//! know what is full.

use serde::{Deserialize, Serialize};

/// Who goes first where calls wait, and who is refused last where too many come. Ordered: low is the least.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Priority {
    /// Work that can wait: batches, evaluations.
    Low,
    /// Everything of which nothing else is said.
    #[default]
    Normal,
    /// Somebody waits for it.
    High,
}

impl Priority {
    /// Every priority, the least first.
    pub const ALL: [Self; 3] = [Self::Low, Self::Normal, Self::High];

    /// The word in configuration, headers and JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Normal => "normal",
            Self::High => "high",
        }
    }

    /// The priority of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|priority| priority.as_str() == name)
    }

    /// Is it what a call has of which nothing is said?
    #[must_use]
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }
}
