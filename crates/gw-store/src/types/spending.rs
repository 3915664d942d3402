//! What accounts spent, as a store is asked for it and answers. Plain data.

use gw_model::{AccountId, Micros, NanoUsd};

/// A stretch of time of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SpendingOf {
    /// Whose; of any level.
    pub account: AccountId,
    /// From this time on.
    pub from: Micros,
    /// Up to this time, with it.
    pub until: Micros,
    /// What was spent before this moment within it is told apart from what was spent later.
    pub cut: Micros,
}

/// What was spent in such a stretch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Spending {
    /// In the order of time. Their sum is exact. A piece may stand later than it was spent, by less than an hour and
    /// never behind the end of the stretch, but not earlier.
    pub pieces: Vec<(Micros, NanoUsd)>,
    /// Spent after the stretch.
    pub later: NanoUsd,
    /// Spent ever.
    pub total: NanoUsd,
}

/// What another node's calls spent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpentElsewhere {
    /// Whose calls; 0 where that is not known.
    pub node: u64,
    /// Of which account.
    pub account: AccountId,
    /// By hour since 1970, in their order.
    pub hours: Vec<(i64, NanoUsd)>,
    /// Ever.
    pub total: NanoUsd,
}

/// An account's name, for reports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountLabel {
    /// Id.
    pub id: AccountId,
    /// Name.
    pub name: String,
}
