//! State of the request path that lives in memory: the key table, limit windows and budgets. Serves the
//! authenticate, admit, reserve and settle stages. It must not do I/O or read a clock.

mod accounts;
mod amounts;
mod budget;
mod chain;
mod digest;
mod gates;
mod keys;
mod plans;
mod purses;
mod refused;
mod rules;
mod tally;
mod views;
mod window;

pub use accounts::{Account, AccountTable, CustomerClosed, NewAccount, Version, named_account_id};
pub use amounts::Amounts;
pub use budget::{BudgetView, Mark, SpentByPeriod, Unrestored};
pub use chain::claim::{BudgetItem, Claim, Item, Refused};
pub use chain::lend::{Leased, Lender, NoLender};
pub use chain::recent::Recent;
pub use chain::{Chain, Link, MAX_LINKS, open_reservations};
pub use digest::Peppers;
pub use gates::{Counter, Gates, Rate};
pub use keys::{KeyEntry, KeySource, KeyTable, NewCaller, Retiring, Told, TooManyCallers};
pub use purses::{MAX_PURSES, Purses};
pub use refused::{HoldRefused, LimitExceeded};
pub use rules::{Holder, MAX_BUDGETS_WITH_PLAN, MAX_LIMITS_WITH_PLAN, Rules};
pub use tally::Tally;
pub use views::{LimitsView, Remaining};
