//! What a record becomes in a database, whatever database that is: its row, and its share in the sums of usage and
//! spending. Serves the fold of every store. It must not know a statement of SQL.

mod record;
mod spent;
mod sums;
mod tolls;

pub(crate) use record::{Row, Totals, id_bytes, non_empty, signed};
pub(crate) use spent::{add_spent, first_day};
pub(crate) use sums::{ALL_DAYS, Counted, Group, Sums, UsageSum};
pub(crate) use tolls::TollSums;
