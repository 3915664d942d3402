//! What a call takes of quota that this gateway has set aside, in place of asking. Serves reserve. It must not know where
//! that is kept.

use super::super::rules::SlotKey;
use super::Link;
use super::claim::Item;
use gw_model::limits::LimitUnit;
use gw_model::{AccountId, Micros};

/// Shorter windows have parts so short that nothing can be set aside in them, in seconds.
const SHORTEST_WINDOW: u32 = 10;

/// One thing of an account of which quota is set aside.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Leased {
    /// Whose.
    pub account: AccountId,
    /// Which of its limits; `None` for its money.
    pub(crate) slot: Option<SlotKey>,
}

impl Leased {
    /// What is counted.
    #[must_use]
    pub fn unit(&self) -> LimitUnit {
        self.slot.map_or(LimitUnit::Cost, |slot| slot.unit)
    }

    /// True for the account's money; a limit of the costs of a window is none.
    #[must_use]
    pub const fn is_money(&self) -> bool {
        self.slot.is_none()
    }

    /// Its window in seconds; 0 for what has none.
    #[must_use]
    pub fn per_seconds(&self) -> u32 {
        self.slot.filter(|slot| slot.unit != LimitUnit::Parallel).map_or(0, |slot| slot.per_seconds)
    }

    /// Can quota of it be set aside?
    pub(super) fn can_be(&self) -> bool {
        self.per_seconds() == 0 || self.per_seconds() >= SHORTEST_WINDOW
    }
}

/// Who has quota set aside.
pub trait Lender {
    /// Takes so much, if it is there.
    fn take(&mut self, of: Leased, units: u64, now: Micros) -> bool;
    /// It was not there, and is asked for.
    fn note_missed(&mut self, of: Leased, link: &Link, item: &Item);
}

/// Nobody: everything is asked for.
#[derive(Clone, Copy, Debug)]
pub struct NoLender;

impl Lender for NoLender {
    fn take(&mut self, _of: Leased, _units: u64, _now: Micros) -> bool {
        false
    }

    fn note_missed(&mut self, _of: Leased, _link: &Link, _item: &Item) {}
}
