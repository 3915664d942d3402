//! What is counted at one account: its limits and budgets, in the form that counters want. Serves admit,
//! reserve and settle. Many accounts share the rules of a plan, so they hold no counters and no names.

use gw_model::limits::{Budget, Limit, LimitKind, LimitUnit, Limits, MAX_BUDGETS, MAX_LIMITS, Mode};
use gw_model::{Level, Priority};
use std::sync::Arc;

/// Most limits of a plan, and of whoever has one: together they are no more than [`MAX_LIMITS`].
pub const MAX_LIMITS_WITH_PLAN: usize = MAX_LIMITS / 2;

/// Most budgets of a plan, and of whoever has one, as above.
pub const MAX_BUDGETS_WITH_PLAN: usize = MAX_BUDGETS / 2;

/// Limits and budgets.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Rules {
    pub(super) limits: Box<[Rule]>,
    pub(super) budgets: Box<[Budget]>,
}

/// A limit, and which counter is its own.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Rule {
    pub(super) limit: Limit,
    pub(super) slot: SlotKey,
}

/// What a counter counts: while that stays the same, its bound and the way of counting may change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct SlotKey {
    pub(super) unit: LimitUnit,
    pub(super) per_seconds: u32,
    /// Which models and providers, and which of several limits that are the same otherwise. The same in every gateway.
    pub(super) scope: u64,
}

impl Rule {
    /// The counters that count what this limit counts: its own, and those of others that differ in their bound. Names may be
    /// long; they are read once.
    pub(super) fn twins(&self) -> [SlotKey; MAX_LIMITS] {
        let names = scope_of_names(&self.limit);
        std::array::from_fn(|ordinal| SlotKey { scope: numbered(names, ordinal), ..self.slot })
    }

    /// May a gateway set quota aside? Not where units are paced one by one, and not where it is only noted who is over.
    pub(super) fn is_leased(&self) -> bool {
        let limit = &self.limit;
        // What is set aside serves calls of every priority.
        let is_plain = limit.kind != LimitKind::Gcra && !limit.shadow && limit.reserve.is_none();
        limit.sharing.mode == Mode::Leased && is_plain
    }
}

impl Rules {
    /// The rules of those limits and budgets.
    #[must_use]
    pub fn new(limits: &Limits, budgets: Vec<Budget>) -> Self {
        Self::of(limits.list(), budgets)
    }

    /// These rules and others besides: both count.
    pub(super) fn with(&self, others: &Self) -> Self {
        let limits = self.limits.iter().chain(&others.limits).map(|rule| rule.limit.clone()).collect();
        let budgets = self.budgets.iter().chain(&others.budgets).cloned().collect();
        Self::of(limits, budgets)
    }

    fn of(limits: Vec<Limit>, budgets: Vec<Budget>) -> Self {
        let mut rules: Vec<Rule> = Vec::new();
        for limit in limits.into_iter().take(MAX_LIMITS) {
            let same = |slot: &SlotKey| slot.unit == limit.unit && slot.per_seconds == limit.per_seconds;
            let same_scope =
                |other: &Limit| (&other.models, &other.providers) == (&limit.models, &limit.providers);
            let ordinal = rules.iter().filter(|r| same(&r.slot) && same_scope(&r.limit)).count();
            let scope = scope(&limit, ordinal);
            let slot = SlotKey { unit: limit.unit, per_seconds: limit.per_seconds, scope };
            rules.push(Rule { limit, slot });
        }
        Self { limits: rules.into(), budgets: budgets.into_iter().take(MAX_BUDGETS).collect() }
    }

    /// True when nothing is counted.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.limits.is_empty() && self.budgets.is_empty()
    }

    /// True when a budget's window is not one of the calendar in UTC: what was spent in it is not among the sums by
    /// period.
    #[must_use]
    pub fn has_other_windows(&self) -> bool {
        self.budgets.iter().any(super::budget::is_other)
    }

    /// True when the shared budgets are such that a gateway may set money aside: one that wants to be asked is asked, and
    /// with it all.
    pub(super) fn has_leased_money(&self) -> bool {
        let mut shared = self.budgets.iter().filter(|budget| budget.sharing.is_shared()).peekable();
        shared.peek().is_some() && shared.all(|budget| budget.sharing.mode == Mode::Leased && !budget.shadow)
    }

    /// True when a budget counts for all gateways together.
    #[must_use]
    pub fn has_shared_budgets(&self) -> bool {
        self.budgets.iter().any(|budget| budget.sharing.is_shared())
    }

    /// True when a limit counts for all gateways together.
    pub(super) fn has_shared_limits(&self) -> bool {
        self.limits.iter().any(|rule| rule.limit.sharing.is_shared())
    }

    /// The budgets.
    #[must_use]
    pub fn budgets(&self) -> &[Budget] {
        &self.budgets
    }

    /// A bit for each limit that counts calls of a model with these names.
    pub(super) fn mask(&self, names: &[&str]) -> u32 {
        let bits = self.limits.iter().enumerate();
        bits.filter(|(_, rule)| rule.limit.covers(names)).fold(0, |mask, (at, _)| mask | bit(at))
    }

    /// A bit for each limit that counts calls of some model.
    pub(super) fn mask_of_calls(&self) -> u32 {
        let bits = self.limits.iter().enumerate();
        bits.filter(|(_, rule)| rule.limit.providers.is_none()).fold(0, |mask, (at, _)| mask | bit(at))
    }

    /// A bit for each limit that counts tries at a target of that provider, of a model with these names.
    pub(super) fn mask_of_try(&self, provider: &str, names: &[&str]) -> u32 {
        let bits = self.limits.iter().enumerate();
        bits.filter(|(_, rule)| rule.limit.covers_try(provider, names))
            .fold(0, |mask, (at, _)| mask | bit(at))
    }

    /// True when a limit counts tries in place of calls.
    pub(super) fn counts_tries(&self) -> bool {
        self.limits.iter().any(|rule| rule.limit.providers.is_some())
    }
}

/// The bit of the limit at that place.
pub(super) fn bit(at: usize) -> u32 {
    u32::try_from(at).ok().and_then(|at| 1u32.checked_shl(at)).unwrap_or(0)
}

/// FNV-1a: the names of counters that gateways share are made of it, so it is the same everywhere.
fn scope(limit: &Limit, ordinal: usize) -> u64 {
    numbered(scope_of_names(limit), ordinal)
}

fn scope_of_names(limit: &Limit) -> u64 {
    let names =
        limit.models.as_deref().unwrap_or_default().iter().flat_map(|model| model.bytes().chain([0xff]));
    let providers = limit.providers.as_deref().unwrap_or_default().iter();
    let names = names.chain(providers.flat_map(|name| [0xfe].into_iter().chain(name.bytes())));
    names.fold(0xcbf2_9ce4_8422_2325, hashed)
}

fn numbered(names: u64, ordinal: usize) -> u64 {
    u64::try_from(ordinal).unwrap_or(u64::MAX).to_le_bytes().into_iter().fold(names, hashed)
}

fn hashed(hash: u64, byte: u8) -> u64 {
    (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
}

/// Whose limit or budget it is, for messages.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Holder {
    /// Its level.
    pub level: Level,
    /// Its name; `None` for the key that calls.
    pub name: Option<Arc<str>>,
}

impl std::fmt::Display for Holder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.name {
            Some(name) => write!(f, "{} '{name}'", self.level.as_str()),
            None => write!(f, "this {}", self.level.as_str()),
        }
    }
}

/// A bound as a window needs it, for calls of a priority.
pub(super) fn window_bound(limit: &Limit, priority: Priority) -> super::window::Bound {
    let max = limit.reserve.within(limit.max, priority);
    super::window::Bound { kind: limit.kind, max, burst: limit.burst }
}

/// The most that a call of a priority can take at once, ever.
pub(super) fn ceiling(limit: &Limit, priority: Priority) -> u64 {
    window_bound(limit, priority).ceiling()
}
