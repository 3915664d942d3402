//! All that wait for one model: how many, and who gives way when there is no room for one more. It must not know whose
//! turn is next.

use super::Id;
use gw_model::{KeyId, Priority};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Crowd {
    keys: HashMap<(Priority, KeyId), BTreeSet<Id>>,
    /// How many each key has, so that the one with most is found.
    sizes: BTreeSet<(Priority, usize, KeyId)>,
    by_priority: BTreeMap<Priority, BTreeSet<Id>>,
    count: usize,
}

impl Crowd {
    pub(super) const fn len(&self) -> usize {
        self.count
    }

    pub(super) fn push(&mut self, id: Id, priority: Priority, key: KeyId) {
        self.change(priority, key, |ids| ids.insert(id));
        self.by_priority.entry(priority).or_default().insert(id);
        self.count += 1;
    }

    pub(super) fn remove(&mut self, id: Id, priority: Priority, key: KeyId) {
        self.change(priority, key, |ids| ids.remove(&id));
        if let Some(ids) = self.by_priority.get_mut(&priority)
            && ids.remove(&id)
        {
            self.count -= 1;
            if ids.is_empty() {
                self.by_priority.remove(&priority);
            }
        }
    }

    fn change(&mut self, priority: Priority, key: KeyId, change: impl FnOnce(&mut BTreeSet<Id>) -> bool) {
        let ids = self.keys.entry((priority, key)).or_default();
        self.sizes.remove(&(priority, ids.len(), key));
        change(ids);
        match ids.len() {
            0 => drop(self.keys.remove(&(priority, key))),
            size => drop(self.sizes.insert((priority, size, key))),
        }
    }

    /// Who gives way to a further call: the newest of a lower priority, else the newest of a key that has more than one
    /// call more here than the caller's. `None`: the further call is the one to go.
    pub(super) fn gives_way(&self, priority: Priority, key: KeyId) -> Option<Id> {
        let (lowest, ids) = self.by_priority.first_key_value()?;
        if *lowest < priority {
            return ids.last().copied();
        }
        let all_of_it = (priority, 0, KeyId(0))..=(priority, usize::MAX, KeyId(u128::MAX));
        let (_, most, fullest) = self.sizes.range(all_of_it).next_back()?;
        let own = self.keys.get(&(priority, key)).map_or(0, BTreeSet::len);
        if *lowest > priority || *most <= own + 1 {
            return None;
        }
        self.keys.get(&(priority, *fullest))?.last().copied()
    }
}
