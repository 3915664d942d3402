//! What was taken for a call. It ends in exactly one way: settled, or dropped, which gives all of it back. It must not
//! wait: what it tells is put where there is place for it from the beginning.

use super::desk::Message;
use super::wire::Told;
use crate::memory::{Amounts, Claim, Item, Mark};
use gw_model::limits::LimitUnit;
use gw_model::{AccountId, Micros};
use tokio::sync::mpsc::OwnedPermit;

/// See the module.
#[derive(Debug)]
pub struct Grant {
    claim: Claim,
    taken_at: Micros,
    /// The place for what is told at the end. Taken by the end.
    place: Option<OwnedPermit<Message>>,
}

impl Grant {
    pub(super) const fn new(claim: Claim, taken_at: Micros, place: OwnedPermit<Message>) -> Self {
        Self { claim, taken_at, place: Some(place) }
    }

    /// Tokens and money that are held.
    #[must_use]
    pub const fn amounts(&self) -> Amounts {
        self.claim.amounts
    }

    /// What was asked for.
    #[must_use]
    pub const fn claim(&self) -> &Claim {
        &self.claim
    }

    /// The end: what was used becomes what is counted. `keeps_request`: the call's request counts.
    pub fn settle(mut self, used: Amounts, keeps_request: bool, marks: Vec<(AccountId, Mark)>) {
        self.end(used, keeps_request, marks);
    }

    /// A part of it is settled; `keep` of it stays held. False when that could not be told: then all is as it was.
    pub fn settle_part(&mut self, keep: Amounts, used: Amounts, marks: Vec<(AccountId, Mark)>) -> bool {
        let Some(sender) = self.place.take() else { return false };
        // The place is used, and another one taken; where there is none, this goes back to where it was.
        let Ok(next) = sender.release().try_reserve_owned() else { return false };
        let mut told = Vec::new();
        for item in &mut self.claim.items {
            match item {
                Item::Limit { unit: LimitUnit::Requests, .. } | Item::Parallel { .. } => {}
                Item::Limit { key, unit, per_seconds, units, .. } => {
                    let stays = keep.of(*unit).min(*units);
                    level(&mut told, key, *per_seconds, self.taken_at, *units - stays, used.of(*unit));
                    *units = stays;
                }
                Item::Budgets { account, cost, .. } => {
                    let stays = keep.cost.min(*cost);
                    free(&mut told, *account, cost.minus(stays));
                    *cost = stays;
                }
            }
        }
        self.claim.amounts = self.claim.amounts.min(&keep);
        told.extend(marks.into_iter().map(|(account, mark)| Told::Spent { account, mark }));
        let sender = next.send(Message::Tell(told));
        self.place = sender.try_reserve_owned().ok();
        true
    }

    fn end(&mut self, used: Amounts, keeps_request: bool, marks: Vec<(AccountId, Mark)>) {
        let Some(place) = self.place.take() else { return };
        let mut told = Vec::new();
        for item in &self.claim.items {
            match item {
                Item::Limit { key, unit: LimitUnit::Requests, per_seconds, units, .. } => {
                    let used = if keeps_request { *units } else { 0 };
                    level(&mut told, key, *per_seconds, self.taken_at, *units, used);
                }
                Item::Limit { key, unit, per_seconds, units, .. } => {
                    level(&mut told, key, *per_seconds, self.taken_at, *units, used.of(*unit));
                }
                Item::Parallel { key, .. } => told.push(Told::Left { key: key.clone() }),
                Item::Budgets { account, cost, .. } => free(&mut told, *account, *cost),
            }
        }
        told.extend(marks.into_iter().map(|(account, mark)| Told::Spent { account, mark }));
        place.send(Message::Tell(told));
    }
}

impl Drop for Grant {
    fn drop(&mut self) {
        self.end(Amounts::default(), false, Vec::new());
    }
}

fn level(told: &mut Vec<Told>, key: &str, per_seconds: u32, taken_at: Micros, held: u64, used: u64) {
    let key = || key.to_owned();
    if used > held {
        told.push(Told::Used { key: key(), per_seconds, units: used - held });
    } else if held > used {
        told.push(Told::Unused { key: key(), per_seconds, taken_at, units: held - used });
    }
}

fn free(told: &mut Vec<Told>, account: AccountId, cost: gw_model::NanoUsd) {
    if cost.0 > 0 {
        told.push(Told::Freed { account, cost });
    }
}
