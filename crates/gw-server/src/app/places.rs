//! Places for those who wait: so many in all, and so many of one. It must not know what anybody waits for.

use parking_lot::Mutex;
use std::collections::BTreeMap;

/// See the module.
#[derive(Debug)]
pub(crate) struct Places<K> {
    taken: Mutex<BTreeMap<K, usize>>,
    most: usize,
    most_of_one: usize,
}

/// One of them, as long as it is held.
#[derive(Debug)]
pub(crate) struct Place<'p, K: Ord + Clone> {
    places: &'p Places<K>,
    of: K,
}

impl<K: Ord + Clone> Places<K> {
    /// None is taken.
    pub(crate) const fn new(most: usize, most_of_one: usize) -> Self {
        Self { taken: Mutex::new(BTreeMap::new()), most, most_of_one }
    }

    /// A place; `None` where too many have one.
    pub(crate) fn take(&self, of: K) -> Option<Place<'_, K>> {
        let mut taken = self.taken.lock();
        let all: usize = taken.values().sum();
        let own = taken.get(&of).copied().unwrap_or(0);
        if all >= self.most || own >= self.most_of_one {
            return None;
        }
        taken.insert(of.clone(), own + 1);
        Some(Place { places: self, of })
    }
}

impl<K: Ord + Clone> Drop for Place<'_, K> {
    fn drop(&mut self) {
        let mut taken = self.places.taken.lock();
        match taken.get_mut(&self.of) {
            Some(count) if *count > 1 => *count -= 1,
            _ => drop(taken.remove(&self.of)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Places;

    #[test]
    fn places_are_bounded_in_all_and_for_each_and_come_back() {
        let places = Places::new(3, 2);
        let first = places.take("a").unwrap();
        let second = places.take("a").unwrap();
        assert!(places.take("a").is_none(), "two of one");
        let third = places.take("b").unwrap();
        assert!(places.take("c").is_none(), "three in all");
        drop(first);
        let again = places.take("a").unwrap();
        drop((second, third, again));
        assert!(places.taken.lock().is_empty(), "nobody is remembered");
    }
}
