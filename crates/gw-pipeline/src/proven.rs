//! Names of models at providers that no list has, but that were served: deployments of Azure, models of own servers. A call of such a
//! name that is refused is counted under it, while names that were never served are a caller's text. Serves authorize.

use ahash::AHashSet;
use parking_lot::RwLock;
use std::sync::Arc;

/// Most names that are kept; further ones count only where they are served.
const MAX_NAMES: usize = 4096;

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Proven(RwLock<AHashSet<Arc<str>>>);

impl Proven {
    /// Was a model of this name served?
    pub(crate) fn has(&self, name: &str) -> bool {
        self.0.read().contains(name)
    }

    /// A model of this name was served.
    pub(crate) fn add(&self, name: &Arc<str>) {
        if self.has(name) {
            return;
        }
        let mut names = self.0.write();
        if names.len() < MAX_NAMES {
            names.insert(Arc::clone(name));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{MAX_NAMES, Proven};

    #[test]
    fn names_are_kept_up_to_a_bound() {
        let proven = Proven::default();
        for number in 0..=MAX_NAMES {
            proven.add(&format!("p/{number}").into());
        }
        assert!(proven.has("p/0") && !proven.has(&format!("p/{MAX_NAMES}")));
        assert_eq!(proven.0.read().len(), MAX_NAMES);
    }
}
