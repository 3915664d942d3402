//! Budgets of aliases, deployments and providers: what was spent under them before. Called when a configuration is about to be
//! put in force. It must not decide what is called.

use gw_model::Micros;
use gw_pipeline::Live;
use gw_store::memory::Rules;
use gw_store::restore::{Party, restore_account};
use gw_store::traits::Database;
use std::sync::Arc;

/// Tells what is called what was spent in the windows of its budgets. While the database is away they begin anew; who
/// follows it tells them later.
pub(crate) fn restore(database: &dyn Database, live: &Live, now: Micros) {
    for (quota, account) in live.called().filter(|(quota, _)| !quota.budgets.is_empty()) {
        let rules = Arc::new(Rules::new(&quota.limits, quota.budgets.clone()));
        let party = Party { rules, ..Party::from(account.link()) };
        if let Err(error) = restore_account(database, &party, now) {
            tracing::warn!(%error, name = &*quota.name, "what was spent under a budget of what is called can not be read");
        }
    }
}
