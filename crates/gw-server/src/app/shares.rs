//! Places that organizations share: none has more of them than what it leaves free, so that the next one finds some whatever
//! becomes of the notices of one. The gateway's own count as one organization. No knowledge of what the places are for.

use parking_lot::Mutex;
use std::collections::HashMap;
use std::sync::Arc;

/// See the module.
#[derive(Debug)]
pub(crate) struct Shares {
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    free: usize,
    /// Those that no organization takes.
    kept: usize,
    taken: HashMap<String, usize>,
}

impl State {
    /// Free ones that organizations may take.
    const fn open(&self) -> usize {
        self.free.saturating_sub(self.kept)
    }

    fn taken(&self, who: &str) -> usize {
        self.taken.get(who).copied().unwrap_or(0)
    }
}

impl Shares {
    /// So many places.
    pub(crate) fn new(places: usize) -> Arc<Self> {
        Self::with_some_kept(places, 0)
    }

    /// So many places, some of which are only for [`Self::take_kept`].
    pub(crate) fn with_some_kept(places: usize, kept: usize) -> Arc<Self> {
        Arc::new(Self { state: Mutex::new(State { free: places, kept, taken: HashMap::new() }) })
    }

    /// How many an organization could take now.
    pub(crate) fn left_for(&self, who: &str) -> usize {
        let state = self.state.lock();
        // Each that is taken is one more taken and one less free.
        state.open().saturating_sub(state.taken(who)).div_ceil(2)
    }

    /// Takes one, if the organization may have it.
    pub(crate) fn take(self: &Arc<Self>, who: &str) -> Option<Place> {
        let mut state = self.state.lock();
        let taken = state.taken(who);
        if taken >= state.open() {
            return None;
        }
        state.free -= 1;
        state.taken.insert(who.to_owned(), taken + 1);
        Some(Place { shares: Arc::clone(self), who: Some(who.to_owned()) })
    }

    /// Takes one that is free at all, as nobody's.
    pub(crate) fn take_kept(self: &Arc<Self>) -> Option<Place> {
        let mut state = self.state.lock();
        state.free = state.free.checked_sub(1)?;
        Some(Place { shares: Arc::clone(self), who: None })
    }
}

/// One that is taken; it is free again when this is dropped.
#[derive(Debug)]
pub(crate) struct Place {
    shares: Arc<Shares>,
    who: Option<String>,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut state = self.shares.state.lock();
        state.free += 1;
        let Some(who) = &self.who else { return };
        if let Some(taken) = state.taken.get_mut(who) {
            *taken -= 1;
            if *taken == 0 {
                state.taken.remove(who);
            }
        }
    }
}

#[cfg(test)]
mod tests;
