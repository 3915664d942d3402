//! What accounts have spent already, brought back into memory: at start, when an account is loaded, and when a budget
//! with a window of its own (of a time zone, or rolling) is added while the gateway runs. It must not decide who may
//! call, and is not called on the request path.

use crate::error::StoreError;
use crate::memory::{KeyTable, Link, Rules, SpentByPeriod, Tally, Unrestored};
use crate::traits::Ledger;
use crate::types::SpendingOf;
use gw_model::{AccountId, KeyId, Level, Micros};
use std::collections::HashSet;
use std::sync::Arc;

/// Sets, at start-up, what each key and each account of the table has spent in the windows of its budgets. Call it
/// after the replay of the journal and before the first request.
pub fn restore_budgets(ledger: &dyn Ledger, keys: &KeyTable, now: Micros) -> Result<(), StoreError> {
    for (id, spent) in ledger.spent(now)? {
        if let Some(entry) = keys.get(id) {
            tell(ledger, &entry.tally, now, &spent);
        }
    }
    if !keys.accounts.is_empty() {
        for (id, spent) in ledger.accounts_spent(None, now)? {
            if let Some(account) = keys.accounts.get(id) {
                tell(ledger, account.tally(), now, &spent);
            }
        }
    }
    let of_keys = keys.filter(|entry| entry.rules.has_other_windows());
    let of_keys = of_keys.iter().map(|entry| entry.link().into());
    let parties: Vec<Party> = of_keys.chain(keys.accounts.all().iter().map(|a| a.link().into())).collect();
    restore_windows_or_later(ledger, &parties, now)
}

/// Sets, where several gateways share the store, what of that was spent by this one: gateways that count budgets together
/// each say their own part. Call it after [`restore_budgets`].
pub fn restore_here(ledger: &dyn Ledger, keys: &KeyTable, now: Micros) -> Result<(), StoreError> {
    for (id, here) in ledger.spent_here(None, now)? {
        let tally = match id.level {
            Level::Key => keys.get(KeyId(id.number)).map(|entry| Arc::clone(&entry.tally)),
            _ => keys.accounts.get(id).map(|account| account.link().tally),
        };
        if let Some(tally) = tally {
            tally.restore_here(now, &here);
        }
    }
    Ok(())
}

/// Sets what keys have spent that are about to be in the table.
pub fn restore_keys(
    ledger: &dyn Ledger,
    keys: &KeyTable,
    wanted: &HashSet<KeyId>,
    now: Micros,
) -> Result<(), StoreError> {
    for (id, spent) in ledger.spent(now)?.into_iter().filter(|(id, _)| wanted.contains(id)) {
        tell(ledger, &keys.tally(id), now, &spent);
    }
    let here = match ledger.spent_here(None, now) {
        // Whoever tells others of it learns it once the store is back.
        Err(error) if error.is_unavailable() => Vec::new(),
        read => read?,
    };
    let of_keys = here.into_iter().filter(|(id, _)| id.level == Level::Key);
    for (id, here) in of_keys.filter(|(id, _)| wanted.contains(&KeyId(id.number))) {
        keys.tally(KeyId(id.number)).restore_here(now, &here);
    }
    Ok(())
}

/// The same for one; the store must be there.
pub fn restore_key(ledger: &dyn Ledger, keys: &KeyTable, id: KeyId, now: Micros) -> Result<(), StoreError> {
    let tally = keys.tally(id);
    tell(ledger, &tally, now, &ledger.spent_of(id, now)?);
    let account = AccountId { level: Level::Key, number: id.0 };
    for (_, here) in ledger.spent_here(Some(account), now)? {
        tally.restore_here(now, &here);
    }
    Ok(())
}

fn tell(ledger: &dyn Ledger, tally: &Tally, now: Micros, spent: &SpentByPeriod) {
    tally.restore_spent(now, spent);
    if !ledger.is_shared() {
        tally.restore_here(now, spent);
    }
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
        tell(ledger, &party.tally, now, &spent);
    }
    for (_, here) in ledger.spent_here(Some(party.id), now)? {
        party.tally.restore_here(now, &here);
    }
    restore_windows(ledger, std::slice::from_ref(party), now)
}

/// Tells the windows that know nothing of the time before they were first asked for what was spent in them, and those
/// that began while nothing was heard of other gateways; the rest is left alone. The sums by period must be right by then. For rules that are to be put in force, call it
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
        cut: window.cut,
    };
    let wanted: Vec<SpendingOf> = open.iter().map(stretch).collect();
    // In this order: what is stored in between then counts as not stored yet, and is learned next time.
    let all = ledger.spending(&wanted)?;
    let here = if ledger.is_shared() { Some(ledger.spending_here(&wanted)?) } else { None };
    let mut here = here.map(Vec::into_iter);
    for ((party, window), all) in open.iter().zip(all) {
        let here = here.as_mut().and_then(Iterator::next);
        party.tally.restore_window(window, now, &all, here.as_ref());
    }
    Ok(())
}
