//! Sums over records by account and hour, beside those by key: what `account_usage` does not hold yet. Serves the
//! fold. It must not touch a database: a store writes what it is handed.

use super::sums::UsageSum;
use crate::accounts::{AccountBytes, bytes_of, each};
use ahash::AHashMap;
use gw_model::snapshot::Quota;

/// The hour that stands for all hours.
pub(crate) const ALL_HOURS: i64 = -1;

/// See the module.
#[derive(Debug, Default)]
pub(super) struct AccountSums(AHashMap<(i64, AccountBytes), UsageSum>);

/// A row of `account_usage`, as a difference to what stands there: hour, account, sums.
pub(crate) type AccountRow = (i64, AccountBytes, UsageSum);

impl AccountSums {
    /// Adds the same to each of the packed accounts.
    pub(super) fn add(&mut self, hour: i64, accounts: &[u8], sum: &UsageSum) {
        for account in each(accounts) {
            self.0.entry((hour, *account)).or_default().add(sum);
        }
    }

    /// Adds money to what was called: the alias of that name, the model at the provider, and the provider. Only money, of
    /// which there may be a budget; a name that only callers know costs nothing.
    pub(super) fn add_called(&mut self, hour: i64, [alias, provider, model]: [&str; 3], cost: i64) {
        if cost == 0 || provider.is_empty() {
            return;
        }
        let called =
            [Quota::of_model(alias), Quota::of_deployment(provider, model), Quota::of_provider(provider)];
        let sum = UsageSum { cost, ..UsageSum::default() };
        for account in called {
            self.0.entry((hour, bytes_of(account))).or_default().add(&sum);
        }
    }

    /// Every row, those of all hours with them, in the order of the primary key: neighbours share a page, and two that
    /// write at once lock rows in the same order.
    pub(super) fn rows(&self) -> Vec<AccountRow> {
        let mut ever: AHashMap<AccountBytes, UsageSum> = AHashMap::new();
        for ((_, account), sum) in &self.0 {
            ever.entry(*account).or_default().add(sum);
        }
        let ever = ever.into_iter().map(|(account, sum)| (ALL_HOURS, account, sum));
        let mut rows: Vec<_> =
            ever.chain(self.0.iter().map(|((hour, id), sum)| (*hour, *id, *sum))).collect();
        rows.sort_unstable_by_key(|(hour, account, _)| (*hour, *account));
        rows
    }
}
