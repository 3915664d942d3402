//! A search in records: what it asks of a row, in SQL that both databases understand; which stretches of records it looks
//! at, one after the other, until its time is up; and what a stretch can be known not to hold. It must not run a
//! statement.

mod beyond;
mod clauses;
mod steps;
mod summary;

pub(crate) use beyond::Beyond;
pub(crate) use clauses::{Dialect, Scalar, Where, body_column, rows_since};
pub(crate) use steps::{Deadline, Found, Steps};
pub(crate) use summary::{Summary, SummaryRow, Wanted};
