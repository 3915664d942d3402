//! Work that is done in the background, once, by whichever node takes it first: exports of records, re-costings. Plain data.

use gw_model::Micros;

/// How far it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JobState {
    /// It waits for a node that does it.
    Waiting,
    /// A node does it.
    Running,
    /// It is done.
    Done,
    /// It was given up.
    Failed,
    /// Somebody does not want it any more.
    Cancelled,
}

impl JobState {
    /// Every state, in the order of their numbers, which are stored.
    pub const ALL: [Self; 5] = [Self::Waiting, Self::Running, Self::Done, Self::Failed, Self::Cancelled];

    /// The name in JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Running => "running",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    /// Is there something left to do?
    #[must_use]
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Waiting | Self::Running)
    }

    pub(crate) const fn code(self) -> i16 {
        self as i16
    }

    /// A number that only a later version knows is taken for a failure.
    pub(crate) fn of_code(code: i16) -> Self {
        usize::try_from(code).ok().and_then(|code| Self::ALL.get(code)).copied().unwrap_or(Self::Failed)
    }
}

/// See the module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredJob {
    /// Its id, in the order of time.
    pub id: u128,
    /// How far it is.
    pub state: JobState,
    /// The node that does it, or did last.
    pub node: u64,
    /// When that node said last that it is at it.
    pub touched_at: Micros,
    /// Grows with each change.
    pub revision: i64,
    /// What is to be done and what came of it, as JSON that the store does not read.
    pub job: String,
}
