//! State of the request path that lives in memory: the key table, limit windows and budgets. Serves the
//! authenticate, admit, reserve and settle stages. It must not do I/O or read a clock.

mod budget;
mod digest;
mod gates;
mod keys;
mod limits;
mod purses;
mod views;
mod window;

pub use budget::{BudgetView, SpentByPeriod};
pub use digest::Peppers;
pub use gates::{Counter, Gates, Rate};
pub use keys::{KeyEntry, KeySource, KeyTable};
pub use limits::{Hold, HoldRefused, KeyUsage, LimitExceeded, LimitKindHit, open_reservations};
pub use purses::{MAX_PURSES, Purses};
pub use views::{LimitsView, Remaining};
