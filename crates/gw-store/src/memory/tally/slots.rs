//! The counters of an account's limits, and what becomes of them when the limits change. Serves [`super::Tally`], behind its
//! lock.

use super::super::rules::{Rule, Rules, SlotKey};
use super::super::window::Window;
use gw_model::limits::LimitUnit;
use smallvec::SmallVec;

/// One for each limit, in their order. Most accounts have no more than the three limits that have names. Behind them stand
/// those of limits that are no more and that running calls have still to leave.
pub(super) type Slots = SmallVec<[Slot; 3]>;

#[derive(Debug)]
pub(super) struct Slot {
    pub(super) key: SlotKey,
    pub(super) count: Count,
}

/// What is counted for a limit.
#[derive(Clone, Debug)]
pub(super) enum Count {
    /// Units over time.
    Window(Window),
    /// Parallel calls of some models or providers. Those of all are counted for the account itself.
    Running(u32),
}

impl Slot {
    fn new(key: SlotKey) -> Self {
        let count = match key.unit {
            LimitUnit::Parallel => Count::Running(0),
            _ => Count::Window(Window::default()),
        };
        Self { key, count }
    }

    pub(super) const fn running(&mut self) -> Option<&mut u32> {
        match &mut self.count {
            Count::Running(running) => Some(running),
            Count::Window(_) => None,
        }
    }

    /// Calls run that will leave by it.
    const fn is_in_use(&self) -> bool {
        matches!(self.count, Count::Running(running) if running > 0)
    }
}

/// The counters that the rules want. What the same is counted for stays; a limit that is new knows what was counted for others
/// that differ in their bound only.
pub(super) fn aligned(old: Slots, rules: &Rules) -> Slots {
    // Of running calls each leaves by the counters that it came in by, so those are not copied.
    let twin = |rule: &Rule| {
        let is_like = |slot: &&Slot| {
            let is_alike = (slot.key.unit, slot.key.per_seconds) == (rule.slot.unit, rule.slot.per_seconds);
            is_alike && matches!(slot.count, Count::Window(_))
        };
        let mut alike = old.iter().filter(is_like).peekable();
        alike.peek()?;
        let twins = rule.twins();
        alike.find(|slot| twins.contains(&slot.key))
    };
    let slot = |rule: &Rule| match old.iter().find(|slot| slot.key == rule.slot).or_else(|| twin(rule)) {
        Some(known) => Slot { key: rule.slot, count: known.count.clone() },
        None => Slot::new(rule.slot),
    };
    let mut slots: Slots = rules.limits.iter().map(slot).collect();
    // The limit may come back before they have left.
    let is_gone = |slot: &Slot| !rules.limits.iter().any(|rule| rule.slot == slot.key);
    slots.extend(old.into_iter().filter(|slot| slot.is_in_use() && is_gone(slot)));
    slots
}
