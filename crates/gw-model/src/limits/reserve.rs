//! Which part of a limit is kept for calls that matter more. Settings; what is taken is counted in `gw-store`.

use crate::priority::Priority;
use serde::{Deserialize, Serialize};

/// Percent of a limit that only calls of at least a priority may take. Together at most 100.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Reserve {
    /// For calls of normal and of high priority.
    #[serde(default)]
    pub normal: u8,
    /// For calls of high priority.
    #[serde(default)]
    pub high: u8,
}

impl Reserve {
    /// Is nothing kept?
    #[must_use]
    pub const fn is_none(&self) -> bool {
        self.normal == 0 && self.high == 0
    }

    /// Does it leave nothing for anybody, or is it more than there is?
    #[must_use]
    pub const fn is_too_much(&self) -> bool {
        self.normal as u32 + self.high as u32 > 100
    }

    /// What of `max` a call of that priority may take, rounded down.
    #[must_use]
    pub fn within(&self, max: u64, priority: Priority) -> u64 {
        let kept = match priority {
            Priority::High => return max,
            Priority::Normal => u64::from(self.high),
            Priority::Low => u64::from(self.high) + u64::from(self.normal),
        };
        let left = u128::from(max) * u128::from(100u64.saturating_sub(kept)) / 100;
        u64::try_from(left).unwrap_or(max)
    }
}

#[cfg(test)]
mod tests;
