//! What a call uses of limits and budgets. Plain data.

use gw_model::NanoUsd;
use gw_model::limits::LimitUnit;

/// Tokens and money.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Amounts {
    /// Input tokens.
    pub input: u64,
    /// Output tokens.
    pub output: u64,
    /// Money.
    pub cost: NanoUsd,
}

impl Amounts {
    /// Money alone.
    #[must_use]
    pub const fn cost(cost: NanoUsd) -> Self {
        Self { input: 0, output: 0, cost }
    }

    /// Both kinds of tokens.
    #[must_use]
    pub const fn tokens(&self) -> u64 {
        self.input.saturating_add(self.output)
    }

    /// True when it is nothing at all.
    #[must_use]
    pub const fn is_none(&self) -> bool {
        self.tokens() == 0 && self.cost.0 == 0
    }

    /// The sum.
    #[must_use]
    pub const fn plus(&self, other: &Self) -> Self {
        Self {
            input: self.input.saturating_add(other.input),
            output: self.output.saturating_add(other.output),
            cost: self.cost.plus(other.cost),
        }
    }

    /// The difference, where there is one; else nothing.
    #[must_use]
    pub const fn minus(&self, other: &Self) -> Self {
        Self {
            input: self.input.saturating_sub(other.input),
            output: self.output.saturating_sub(other.output),
            cost: self.cost.minus(other.cost),
        }
    }

    /// At most that of each.
    #[must_use]
    pub fn min(&self, other: &Self) -> Self {
        Self {
            input: self.input.min(other.input),
            output: self.output.min(other.output),
            cost: self.cost.min(other.cost),
        }
    }

    /// What a limit of that unit counts of it, while the call runs. Requests are counted before.
    pub(crate) const fn of(&self, unit: LimitUnit) -> u64 {
        match unit {
            LimitUnit::Tokens => self.tokens(),
            LimitUnit::InputTokens => self.input,
            LimitUnit::OutputTokens => self.output,
            LimitUnit::Cost => self.cost.0,
            LimitUnit::Requests | LimitUnit::Parallel => 0,
        }
    }
}
