//! Limits and budgets of a key.

use crate::shape::{Usd, Whole, choices, settings};
use gw_model::limits::{LimitKind, Period};

settings! {
    /// Rate and concurrency limits. What is not given is unlimited.
    pub struct LimitSettings {
        /// Requests a minute.
        optional rpm: Whole<1, 1_000_000_000>,
        /// Tokens a minute, input and output.
        optional tpm: Whole<1, 1_000_000_000_000>,
        /// Requests at the same time.
        optional max_parallel: Whole<1, 1_000_000>,
        /// How a minute is counted: `sliding` (any 60 seconds), `gcra` (evenly refilled, with `burst`) or `fixed` (by the clock).
        default("sliding") kind: Counting,
        /// Requests above the limit that may come at once; for kind `gcra` only.
        optional burst: Whole<0, 1_000_000_000>,
    } later { "mode", "rpd", "tpd" }
}

settings! {
    /// A hard bound on money.
    pub struct BudgetSettings {
        /// Bound in US dollars, exact to the nano-dollar.
        required limit_usd: Usd,
        /// Over what time, in UTC: `day`, `week` (from Monday), `month` or `total`.
        required period: BudgetPeriod,
        /// Send the reserved output bound to the provider too, so that a call can not cost more than was held.
        default(false) strict: bool,
    }
}

choices! {
    /// How a window is counted.
    pub enum Counting {
        /// At most the limit in any window.
        Sliding = "sliding",
        /// Evenly refilled.
        Gcra = "gcra",
        /// By the clock.
        Fixed = "fixed",
    } later { "leased" }
}

choices! {
    /// Over what time a budget runs.
    pub enum BudgetPeriod {
        /// From midnight UTC.
        Day = "day",
        /// From Monday.
        Week = "week",
        /// From the first.
        Month = "month",
        /// For ever.
        Total = "total",
    }
}

impl From<Counting> for LimitKind {
    fn from(kind: Counting) -> Self {
        match kind {
            Counting::Sliding => Self::Sliding,
            Counting::Gcra => Self::Gcra,
            Counting::Fixed => Self::Fixed,
        }
    }
}

impl From<BudgetPeriod> for Period {
    fn from(period: BudgetPeriod) -> Self {
        match period {
            BudgetPeriod::Day => Self::Day,
            BudgetPeriod::Week => Self::Week,
            BudgetPeriod::Month => Self::Month,
            BudgetPeriod::Total => Self::Total,
        }
    }
}
