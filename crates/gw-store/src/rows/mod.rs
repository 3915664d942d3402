//! What a record becomes in a database, whatever database that is: its row, and its share in the sums of usage and
//! spending. Serves the fold of every store. It must not know a statement of SQL.

mod account_sums;
mod counted;
mod kinds;
mod part_sums;
mod places;
mod record;
mod recost;
mod rollups;
pub(crate) mod search;
mod spending;
mod spent;
mod sums;
mod tolls;
mod upstream;
mod usage;
pub(crate) mod verdicts;

pub(crate) use account_sums::ALL_HOURS;
pub(crate) use counted::{Counted, Share};
pub(crate) use part_sums::PartRow;
pub(crate) use record::{Row, Totals, id_bytes, non_empty, signed};
pub(crate) use recost::{CostChanges, entries as recost_entries, id_of};
pub(crate) use rollups::{Rollup, RollupRows, SharedBounds, series_of};
pub(crate) use spending::Stretches;
pub(crate) use spent::{Apart, add_spent, first_day};
pub(crate) use sums::{
    ALL_DAYS, ERRORS, Group, HOUR_US, HOURS_A_DAY, Sums, USED_STEP_US, UsageSum, is_error,
};
pub(crate) use tolls::TollSums;
pub(crate) use upstream::{Try, UpstreamSums, tries_of};
pub(crate) use usage::{by_level, hours, projects, with_rest};
