//! Limits and budgets, of a key or of whatever else may have some.

use crate::place::At;
use crate::shape::{BudgetPeriod, Text, Texts, Usd, Whole, ZoneName, choices, settings};
use gw_model::limits::{LimitKind, LimitUnit, Mode, OnUnavailable, Sharing};

settings! {
    /// Rate and concurrency limits. What is not given is unlimited.
    pub struct LimitSettings {
        /// Requests a minute.
        optional rpm: Whole<1, 1_000_000_000>,
        /// Tokens a minute, input and output.
        optional tpm: Whole<1, 1_000_000_000_000>,
        /// Requests at the same time.
        optional max_parallel: Whole<1, 1_000_000>,
        /// How a minute is counted: `sliding` (any 60 seconds), `gcra` (evenly refilled, with `burst`) or `fixed` (by the clock).
        default("sliding") kind: Counting,
        /// Requests above the limit that may come at once; for kind `gcra` only.
        optional burst: Whole<0, 1_000_000_000>,
        /// With Redis, for whom rpm, tpm and max_parallel count: `strict` (all gateways together, asked by each call), `leased` (all together, from what each has set aside) or `local` (each by itself).
        default("strict") mode: SharingMode,
        /// What holds while Redis cannot be asked: `local` (the gateway's share), `closed` (nothing goes out) or `open` (what the gateway's own count allows).
        default("local") on_unavailable: WithoutRedis,
        /// What of rpm, tpm and max_parallel is kept for calls that matter more.
        optional reserve: ReserveSettings,
        /// Limits of other units, over other windows, on some models.
        section more: Vec<At<LimitRule>>,
    } later { "rpd", "tpd" }
}

settings! {
    /// One further limit.
    pub struct LimitRule {
        /// What is counted.
        required unit: CountedUnit,
        /// How many of it; for `cost` give `limit_usd`.
        optional limit: Whole<1, 1_000_000_000_000_000>,
        /// How much money, for unit `cost`.
        optional limit_usd: Usd,
        /// Over what time; nothing for `parallel`.
        optional per: WindowName,
        /// How the window is counted: `sliding`, `gcra` or `fixed`.
        default("sliding") kind: Counting,
        /// Units above the limit that may come at once; for kind `gcra` only.
        optional burst: Whole<0, 1_000_000_000>,
        /// Only calls of these models count: names, `provider/*`, or `*`. All when not given.
        optional models: Texts,
        /// Only tries at these providers count, by whatever name a call came: names, `prefix*`, or `*`. Then `models` may also name what is tried.
        optional providers: Texts,
        /// What it would have refused is noted in the record, and let through.
        default(false) shadow: bool,
        /// With Redis, for whom it counts: `strict` (all gateways together, asked by each call), `leased` (all together, from what each has set aside) or `local` (each by itself).
        default("strict") mode: SharingMode,
        /// What holds while Redis cannot be asked: `local` (the gateway's share), `closed` (nothing goes out) or `open` (what the gateway's own count allows).
        default("local") on_unavailable: WithoutRedis,
        /// What of it is kept for calls that matter more.
        optional reserve: ReserveSettings,
    }
}

settings! {
    /// Parts of a limit that only calls of at least a priority may take, in percent; together at most 100. Not for kind `gcra`.
    pub struct ReserveSettings {
        /// For calls of priority `high`.
        optional high: Whole<1, 100>,
        /// For calls of priority `normal` or `high`.
        optional normal: Whole<1, 100>,
    }
}

settings! {
    /// A hard bound on money.
    pub struct BudgetSettings {
        /// Bound in US dollars, exact to the nano-dollar.
        required limit_usd: Usd,
        /// Over what time: `day`, `week` (from Monday), `month`, `total`, or any time of a length such as `30d`, `12h` or `90m`.
        required period: BudgetPeriod,
        /// Send the reserved output bound to the provider too, so that a call can not cost more than was held.
        default(false) strict: bool,
        /// Where days begin, as in `Europe/Berlin`. UTC when not given.
        optional time_zone: ZoneName,
        /// What it would have refused is noted in the record, and let through.
        default(false) shadow: bool,
        /// What was not spent of a day, week or month goes over to the next one.
        optional rollover: RolloverSettings,
        /// Shares in percent at which somebody is told (docs/guides/alerts.md), before those of rules.
        optional alert_at: Vec<At<Whole<1, 1_000>>>,
        /// With Redis, for whom it counts: `strict` (all gateways together, asked by each call), `leased` (all together, from what each has set aside) or `local` (each by itself).
        default("strict") mode: SharingMode,
        /// What holds while Redis cannot be asked: `local` (the gateway's share), `closed` (nothing goes out) or `open` (what the gateway's own count allows).
        default("local") on_unavailable: WithoutRedis,
    }
}

settings! {
    /// What was not spent of a window goes over to the next one, and to no later one.
    pub struct RolloverSettings {
        /// From when on: a window that had ended by then leaves nothing, as `2026-11-01` or `2026-11-01T00:00:00Z`.
        required since: Text,
        /// Most that goes over. As much as `limit_usd` when not given, and never more.
        optional cap_usd: Usd,
    }
}

choices! {
    /// For whom a limit or budget counts.
    pub enum SharingMode {
        /// For all gateways together.
        Strict = "strict",
        /// For all gateways together, from what each has set aside.
        Leased = "leased",
        /// For each gateway by itself.
        Local = "local",
    }
}

choices! {
    /// What holds while Redis cannot be asked.
    pub enum WithoutRedis {
        /// The gateway's share.
        Local = "local",
        /// Nothing goes out.
        Closed = "closed",
        /// What the gateway's own count allows.
        Open = "open",
    }
}

choices! {
    /// What a limit counts.
    pub enum CountedUnit {
        /// Requests.
        Requests = "requests",
        /// Tokens, input and output.
        Tokens = "tokens",
        /// Input tokens.
        InputTokens = "input_tokens",
        /// Output tokens.
        OutputTokens = "output_tokens",
        /// Money.
        Cost = "cost",
        /// Requests at the same time.
        Parallel = "parallel",
    }
}

choices! {
    /// A window of a limit.
    pub enum WindowName {
        /// A second.
        Second = "second",
        /// A minute.
        Minute = "minute",
        /// An hour.
        Hour = "hour",
        /// A day.
        Day = "day",
    }
}

choices! {
    /// How a window is counted.
    pub enum Counting {
        /// At most the limit in any window.
        Sliding = "sliding",
        /// Evenly refilled.
        Gcra = "gcra",
        /// By the clock.
        Fixed = "fixed",
    }
}

impl From<Counting> for LimitKind {
    fn from(kind: Counting) -> Self {
        match kind {
            Counting::Sliding => Self::Sliding,
            Counting::Gcra => Self::Gcra,
            Counting::Fixed => Self::Fixed,
        }
    }
}

/// Both settings as one.
#[must_use]
pub fn sharing(mode: SharingMode, without: WithoutRedis) -> Sharing {
    let mode = match mode {
        SharingMode::Strict => Mode::Strict,
        SharingMode::Leased => Mode::Leased,
        SharingMode::Local => Mode::Local,
    };
    let on_unavailable = match without {
        WithoutRedis::Local => OnUnavailable::Local,
        WithoutRedis::Closed => OnUnavailable::Closed,
        WithoutRedis::Open => OnUnavailable::Open,
    };
    Sharing { mode, on_unavailable }
}

impl From<CountedUnit> for LimitUnit {
    fn from(unit: CountedUnit) -> Self {
        match unit {
            CountedUnit::Requests => Self::Requests,
            CountedUnit::Tokens => Self::Tokens,
            CountedUnit::InputTokens => Self::InputTokens,
            CountedUnit::OutputTokens => Self::OutputTokens,
            CountedUnit::Cost => Self::Cost,
            CountedUnit::Parallel => Self::Parallel,
        }
    }
}

impl WindowName {
    /// Its length in seconds.
    #[must_use]
    pub const fn seconds(self) -> u32 {
        match self {
            Self::Second => 1,
            Self::Minute => 60,
            Self::Hour => 3_600,
            Self::Day => 86_400,
        }
    }
}
