//! What a key or an account has of its plan: the plan's limits and budgets are counted for each holder beside its own.
//! A change of a plan is seen by all holders at their next call, and none of them is written for it. It must not count.

use super::accounts::Account;
use super::rules::Rules;
use arc_swap::ArcSwapOption;
use std::sync::Arc;

/// A holder's part in a plan.
#[derive(Debug)]
pub(super) struct Under {
    pub(super) plan: Arc<Account>,
    /// The holder's rules and the plan's in one. Holders without rules of their own share the plan's.
    merged: ArcSwapOption<Merged>,
}

#[derive(Debug)]
struct Merged {
    /// Of the plan.
    generation: u64,
    rules: Arc<Rules>,
}

impl Clone for Under {
    /// The same plan for other rules: what was merged is merged anew.
    fn clone(&self) -> Self {
        Self::new(Arc::clone(&self.plan))
    }
}

impl Under {
    pub(super) fn new(plan: Arc<Account>) -> Self {
        Self { plan, merged: ArcSwapOption::empty() }
    }

    /// All that counts for a holder with rules of its own, and the generation of what the plan adds.
    pub(super) fn rules(&self, own: &Arc<Rules>) -> (Arc<Rules>, u64) {
        let (of_plan, generation) = self.plan.own_rules();
        if own.is_empty() {
            return (of_plan, generation);
        }
        if let Some(merged) = &*self.merged.load()
            && merged.generation == generation
        {
            return (Arc::clone(&merged.rules), generation);
        }
        let rules = Arc::new(own.with(&of_plan));
        self.merged.store(Some(Arc::new(Merged { generation, rules: Arc::clone(&rules) })));
        (rules, generation)
    }
}
