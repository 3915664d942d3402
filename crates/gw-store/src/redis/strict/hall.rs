//! What this gateway says of itself when it comes, again: what its calls hold, and what could not be told meanwhile. Kept
//! by the clerk alone, so it is always what the messages up to now make it. It must not connect to anything.

use super::wire::Told;
use crate::memory::{Claim, Item, Mark};
use gw_model::AccountId;
use std::collections::HashMap;

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Hall {
    /// Per account what is held, and per limit how many run at the same time, by names as the scripts have them.
    held: HashMap<String, u64>,
    /// What was spent and not heard, one per window.
    unheard: HashMap<(AccountId, String), Mark>,
    /// Units that were used and not heard: window in seconds and number, one per limit.
    used: HashMap<String, (u32, u64)>,
}

impl Hall {
    /// A claim was granted.
    pub(super) fn take(&mut self, claim: &Claim) {
        for item in &claim.items {
            let (name, n) = match item {
                Item::Limit { .. } => continue,
                Item::Parallel { key, units, .. } => (format!("p:{key}"), *units),
                Item::Budgets { account, cost, .. } => (format!("r:{account}"), cost.0),
            };
            if n > 0 {
                *self.held.entry(name).or_default() += n;
            }
        }
    }

    /// A grant has come to its end, or a part of it.
    pub(super) fn hear(&mut self, told: &Told) {
        let (name, n) = match told {
            Told::Left { key } => (format!("p:{key}"), 1),
            Told::Freed { account, cost } => (format!("r:{account}"), cost.0),
            Told::Used { .. }
            | Told::Unused { .. }
            | Told::Recent(_)
            | Told::Spent { .. }
            | Told::All { .. }
            | Told::Elsewhere { .. } => return,
        };
        if let Some(held) = self.held.get_mut(&name) {
            *held = held.saturating_sub(n);
            if *held == 0 {
                self.held.remove(&name);
            }
        }
    }

    /// It is not known that Redis has heard this. What was taken and not used stays taken: nothing is given back twice.
    pub(super) fn not_heard(&mut self, told: Told) {
        match told {
            Told::Left { .. } | Told::Freed { .. } | Told::Unused { .. } => {}
            // Read again by whoever comes.
            Told::All { .. } | Told::Elsewhere { .. } | Told::Recent(_) => {}
            Told::Used { key, per_seconds, units } => {
                let known = self.used.entry(key).or_insert((per_seconds, 0));
                known.1 = known.1.saturating_add(units);
            }
            // What is spent only grows, so the latest word is enough, but for the parts of a rolling window.
            Told::Spent { account, mark } => {
                let known = self.unheard.entry((account, mark.name.clone())).or_insert_with(|| mark.clone());
                for (sub, spent) in mark.spent {
                    match known.spent.iter_mut().find(|(at, _)| *at == sub) {
                        Some(part) => part.1 = part.1.max(spent),
                        None => known.spent.push((sub, spent)),
                    }
                }
            }
        }
    }

    /// What is held, as names and amounts.
    pub(super) fn held(&self) -> impl Iterator<Item = (&String, &u64)> {
        self.held.iter()
    }

    /// What is to be told again; it is not kept any longer.
    pub(super) fn take_unheard(&mut self) -> Vec<Told> {
        let used = self.used.drain();
        let mut told: Vec<Told> =
            used.map(|(key, (per_seconds, units))| Told::Used { key, per_seconds, units }).collect();
        told.extend(self.unheard.drain().map(|((account, _), mark)| Told::Spent { account, mark }));
        told
    }
}
