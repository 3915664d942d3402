//! Roll-ups: sums of calls by minute, hour and day, by who called what and how it went. What they are made of stands here;
//! a store writes and reads them. It must not know a statement of SQL.

mod of_records;
mod parts;
mod query;
mod series;
mod sketch;

pub use of_records::{RecordSums, SumBounds, sum_records};
pub(crate) use parts::{Part, Told};
pub(crate) use query::{Answer, OfParts, PartOf, Values, account_value};
pub use query::{Consumption, RollupBy, RollupFilter, RollupFirsts, RollupQuery, RollupRow, Span};
pub(crate) use series::{Fold, Series};
pub use sketch::Sketch;

/// How much roll-ups may hold, and for how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RollupLimits {
    /// Series of callers that one process begins in a minute; further calls are counted without key and user.
    pub max_minute_series: usize,
    /// The same for an hour, and for the day that it is in.
    pub max_hour_series: usize,
}

impl Default for RollupLimits {
    fn default() -> Self {
        Self { max_minute_series: 2_000, max_hour_series: 20_000 }
    }
}
