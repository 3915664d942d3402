//! Why there is no verdict. Serves whoever asks. It must not hold a word of an answer.

use std::fmt;

/// See the module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AskFault {
    /// The time was over.
    Timeout,
    /// Nobody was reached, or the answer broke off.
    Unreachable,
    /// An answer with another status than a good one.
    Status(u16),
    /// An answer that can not be read.
    Malformed,
    /// More text than one question may have.
    TooLong,
    /// As many questions as allowed are open already.
    Busy,
    /// It failed too often, and is left alone for a moment.
    Resting,
    /// The file of a plugin or a model is missing, or none that can be used.
    Unusable,
    /// A plugin broke off.
    Trapped,
    /// A plugin took too much work.
    OutOfFuel,
    /// A plugin took too much memory.
    OutOfMemory,
}

impl AskFault {
    /// The word in metrics and records.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Timeout => "timeout",
            Self::Unreachable => "unreachable",
            Self::Status(_) => "status",
            Self::Malformed => "malformed",
            Self::TooLong => "too_long",
            Self::Busy => "busy",
            Self::Resting => "resting",
            Self::Unusable => "unusable",
            Self::Trapped => "trapped",
            Self::OutOfFuel => "out_of_fuel",
            Self::OutOfMemory => "out_of_memory",
        }
    }

    /// In words, for records.
    #[must_use]
    pub const fn reason(self) -> &'static str {
        match self {
            Self::Timeout => "no verdict in time",
            Self::Unreachable => "nobody to ask was reached",
            Self::Status(_) => "the service answered with an error",
            Self::Malformed => "the answer could not be read",
            Self::TooLong => "there is more text than may be asked about",
            Self::Busy => "too many questions are open",
            Self::Resting => "it failed too often and is left alone for a moment",
            Self::Unusable => "the file of its plugin or model can not be used",
            Self::Trapped => "the plugin broke off",
            Self::OutOfFuel => "the plugin took too much work",
            Self::OutOfMemory => "the plugin took too much memory",
        }
    }

    /// Is whoever was asked to blame? Else asking again does no harm.
    #[must_use]
    pub const fn is_theirs(self) -> bool {
        match self {
            Self::Timeout | Self::Unreachable | Self::Malformed => true,
            Self::Status(status) => status >= 500 || matches!(status, 401 | 403 | 404 | 408 | 429),
            _ => false,
        }
    }
}

impl fmt::Display for AskFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Status(status) => write!(f, "the service answered {status}"),
            other => f.write_str(other.reason()),
        }
    }
}

impl std::error::Error for AskFault {}
