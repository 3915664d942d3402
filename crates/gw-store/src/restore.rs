//! What accounts have spent already, brought back into memory: at start, when an account is loaded, and when a budget
//! with a window of its own (of a time zone, or rolling) is added while the gateway runs. It must not decide who may
//! call, and is not called on the request path.

use crate::error::StoreError;
use crate::memory::{KeyTable, Link, Rules, Tally, Unrestored};
use crate::traits::Ledger;
use crate::types::{Spending, SpendingOf};
use gw_model::{AccountId, Micros};
use std::sync::Arc;

/// Sets, at start-up, what each key and each account of the table has spent in the windows of its budgets. Call it
/// after the replay of the journal and before the first request.
pub fn restore_budgets(ledger: &dyn Ledger, keys: &KeyTable, now: Micros) -> Result<(), StoreError> {
    for (id, spent) in ledger.spent(now)? {
        if let Some(entry) = keys.get(id) {
            entry.tally.restore_spent(now, &spent);
        }
    }
    if !keys.accounts.is_empty() {
        for (id, spent) in ledger.accounts_spent(None, now)? {
            keys.accounts.restore_spent(id, now, &spent);
        }
    }
    let of_keys = keys.filter(|entry| entry.rules.has_other_windows());
    let of_keys = of_keys.iter().map(|entry| entry.link().into());
    let parties: Vec<Party> = of_keys.chain(keys.accounts.all().iter().map(|a| a.link().into())).collect();
    restore_windows_or_later(ledger, &parties, now)
}

/// As [`restore_windows`], but where the store is away the windows begin anew until it is back: whoever follows it calls
/// [`restore_budgets`] again then.
pub fn restore_windows_or_later(
    ledger: &dyn Ledger,
    parties: &[Party],
    now: Micros,
) -> Result<(), StoreError> {
    match restore_windows(ledger, parties, now) {
        Err(error) if error.is_unavailable() => {
            tracing::warn!(%error, "budgets of time zones and rolling ones begin anew until the database is back");
            Ok(())
        }
        done => done,
    }
}

/// An account of any level, and rules that are in force for it or are to be.
#[derive(Clone, Debug)]
pub struct Party {
    /// Whose it is.
    pub id: AccountId,
    /// Its counters.
    pub tally: Arc<Tally>,
    /// Its limits and budgets.
    pub rules: Arc<Rules>,
}

impl From<Link> for Party {
    fn from(link: Link) -> Self {
        Self { id: link.id, tally: link.tally, rules: link.rules }
    }
}

/// What [`restore_budgets`] does, for one account above or beside keys that is loaded, or gets new rules, while the
/// gateway runs. Call it before the rules are put in force.
pub fn restore_account(ledger: &dyn Ledger, party: &Party, now: Micros) -> Result<(), StoreError> {
    for (_, spent) in ledger.accounts_spent(Some(party.id), now)? {
        party.tally.restore_spent(now, &spent);
    }
    restore_windows(ledger, std::slice::from_ref(party), now)
}

/// Tells the windows that know nothing of the time before they were first asked for what was spent in them; those that
/// know it are left alone. The sums by period must be right by then. For rules that are to be put in force, call it
/// before: then not even the first call can find a budget that looks unspent.
///
/// # Errors
/// The store can not be read; then the windows stay as they are, to be restored by the next call.
pub fn restore_windows(ledger: &dyn Ledger, parties: &[Party], now: Micros) -> Result<(), StoreError> {
    let mut open: Vec<(&Party, Unrestored)> = Vec::new();
    for party in parties {
        open.extend(party.tally.open_windows(&party.rules, now).into_iter().map(|window| (party, window)));
    }
    if open.is_empty() {
        return Ok(());
    }
    let stretch = |(party, window): &(&Party, Unrestored)| SpendingOf {
        account: party.id,
        from: window.from,
        until: window.until,
    };
    let wanted: Vec<SpendingOf> = open.iter().map(stretch).collect();
    for ((party, window), mut spending) in open.iter().zip(ledger.spending(&wanted)?) {
        add_unfolded(window, &mut spending);
        party.tally.restore_window(window, now, &spending.pieces);
    }
    Ok(())
}

/// What was spent when the window was opened and had not reached the store yet: the account knows the sum of all, and
/// the store what of it is older.
fn add_unfolded(window: &Unrestored, spending: &mut Spending) {
    let stored = spending.total.minus(spending.later);
    let unfolded = window.total.minus(stored);
    if unfolded.0 > 0 {
        spending.pieces.push((window.until, unfolded));
    }
}
