//! How much is written down of a call, by all that it counts for.

use crate::ticket::Open;
use gw_model::{Level, Logging, LoggingRules};
use std::cell::Cell;

impl Open {
    /// How much is written down of the call: the least that its key, its plan, and whatever is above or beside it say; what the
    /// configuration says where none of them does; and never more than that allows.
    pub(crate) fn logging(&self, rules: &LoggingRules) -> Logging {
        self.logging_said().unwrap_or(rules.usual).min(rules.max)
    }

    /// How long the organization wants bodies of the call to be kept, where it says so.
    pub(super) fn body_days(&self) -> Option<u32> {
        let organization = self.record.accounts.iter().find(|id| id.level == Level::Organization)?;
        let account = self.worker().gateway().keys.accounts.get(*organization)?;
        account.version().policy.retention.body_days
    }

    /// Is nothing to be written down of the call but what must be?
    pub(crate) fn is_unlogged(&self) -> bool {
        let gateway = self.worker().gateway();
        gateway.is_unlogged(self.logging_said())
    }

    /// The least that anything says that the call counts for.
    fn logging_said(&self) -> Option<Logging> {
        let said: Cell<Option<Logging>> = Cell::new(None);
        let _ = self.access(|access| {
            if let Some(own) = access.logging {
                said.set(Some(said.get().map_or(own, |said| said.min(own))));
            }
            None::<()>
        });
        said.get()
    }
}
