//! Customers: the end users of an application, whom callers name in each request.

use super::limits::{BudgetSettings, LimitSettings};
use crate::place::At;
use crate::shape::{Whole, settings};

settings! {
    /// What becomes of customers that nobody made through the API. Callers name them in `x-gatewright-customer`, or in the request's own field for end users.
    pub struct CustomerSettings {
        /// Each counts by itself, from its first call on.
        default(false) on_sight: bool,
        /// Calls that name none are refused. The master key needs none.
        default(false) required: bool,
        /// Most customers that are made on sight; those beyond share one account, and with it its limits and budgets.
        default(100_000) max: Whole<1, 10_000_000>,
        /// Rate and concurrency limits of each that was made on sight.
        section limits: LimitSettings,
        /// Budgets of each that was made on sight.
        section budgets: Vec<At<BudgetSettings>>,
    }
}
