//! Evaluations as stored: a dataset that is put to models, and what came of each item. Plain data.

use super::datasets::ItemId;
use super::shown_id::shown_id;
use gw_model::{AccountId, Micros, NanoUsd, RequestId};

shown_id! {
    /// Identifies an evaluation; in the order of time. Shown as `eval_` and 32 hex digits.
    EvaluationId, "eval_"
}

/// How far an evaluation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EvaluationState {
    /// It waits for a node that runs it.
    Waiting,
    /// A node runs it.
    Running,
    /// Every item has its result.
    Done,
    /// It ended before its time, and can go on: its budget or its key let no more through.
    Stopped,
    /// Somebody does not want it any more; it can go on too.
    Cancelled,
}

impl EvaluationState {
    /// Every state, in the order of their numbers, which are stored.
    pub const ALL: [Self; 5] = [Self::Waiting, Self::Running, Self::Done, Self::Stopped, Self::Cancelled];

    /// The name in JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Running => "running",
            Self::Done => "done",
            Self::Stopped => "stopped",
            Self::Cancelled => "cancelled",
        }
    }

    /// Is a node to do something?
    #[must_use]
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Waiting | Self::Running)
    }

    pub(crate) const fn code(self) -> i16 {
        self as i16
    }

    /// A number that only a later version knows is taken for one that ended before its time.
    pub(crate) fn of_code(code: i16) -> Self {
        usize::try_from(code).ok().and_then(|code| Self::ALL.get(code)).copied().unwrap_or(Self::Stopped)
    }
}

/// See the module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredEvaluation {
    /// Its id.
    pub id: EvaluationId,
    /// Whose it is: a user's id, or who made it as the audit log names him.
    pub owner: String,
    /// For whose people it is besides: those of its dataset.
    pub place: Option<AccountId>,
    /// How far it is.
    pub state: EvaluationState,
    /// The node that runs it, or did last.
    pub node: u64,
    /// When that node said last that it is at it.
    pub touched_at: Micros,
    /// Grows with each change.
    pub revision: i64,
    /// What is to be done, and how far it is, as JSON that the store does not read.
    pub job: String,
}

/// How an item fared with a model, in figures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ResultFigures {
    /// The item.
    pub item: ItemId,
    /// The number of the model in the evaluation.
    pub target: i16,
    /// What became of it.
    pub verdict: Verdict,
    /// How good, in millionths; nothing where no check says so.
    pub score: Option<i64>,
    /// What the call and its judges cost.
    pub cost: NanoUsd,
    /// Microseconds to the last byte of the answer.
    pub total_us: Option<i64>,
    /// Tokens of the answer's call.
    pub input_tokens: i64,
    /// The same.
    pub output_tokens: i64,
    /// How often it was begun.
    pub tries: i16,
    /// The call that answered.
    pub request: Option<RequestId>,
    /// The call that the item was made of.
    pub source: Option<RequestId>,
    /// How many checks gave the score, which is their mean.
    pub scored: i16,
}

/// What became of an item with a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It was begun, and is not over: its call is under way, or the process ended meanwhile.
    Begun,
    /// Every check is content.
    Passed,
    /// One is not.
    Failed,
    /// There is no answer to be checked.
    Error,
}

impl Verdict {
    /// Every one, in the order of their numbers, which are stored.
    pub const ALL: [Self; 4] = [Self::Begun, Self::Passed, Self::Failed, Self::Error];

    /// The name in JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Begun => "running",
            Self::Passed => "passed",
            Self::Failed => "failed",
            Self::Error => "error",
        }
    }

    pub(crate) const fn code(self) -> i16 {
        self as i16
    }

    pub(crate) fn of_code(code: i16) -> Self {
        usize::try_from(code).ok().and_then(|code| Self::ALL.get(code)).copied().unwrap_or(Self::Error)
    }
}

/// How an item fared with a model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredResult {
    /// In figures.
    pub figures: ResultFigures,
    /// What was answered and what checks say of it; see [`crate::datasets::ItemSealer`].
    pub sealed: Vec<u8>,
}
