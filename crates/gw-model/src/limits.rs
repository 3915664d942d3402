//! Limits and budgets as settings. Their counters live in `gw-store`.

mod period;
mod reserve;
mod rollover;
mod sharing;

use crate::money::NanoUsd;
use crate::principal::any_matches;
pub use period::{Period, TimeZone};
pub use reserve::Reserve;
pub use rollover::Rollover;
use serde::{Deserialize, Serialize};
pub use sharing::{Mode, OnUnavailable, Sharing};
use std::borrow::Cow;

/// Rate and concurrency limits of an account. `None` is unlimited.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Limits {
    /// Requests in any minute.
    pub rpm: Option<u64>,
    /// Tokens (input and output) in any minute.
    pub tpm: Option<u64>,
    /// Requests at the same time.
    pub max_parallel: Option<u32>,
    /// How windows are counted.
    #[serde(default)]
    pub kind: LimitKind,
    /// Burst allowance above the limit, for [`LimitKind::Gcra`].
    #[serde(default)]
    pub burst: u64,
    /// How the three that have names hold where several gateways meet.
    #[serde(default)]
    pub sharing: Sharing,
    /// What of those three is kept for calls that matter more.
    #[serde(default, skip_serializing_if = "Reserve::is_none")]
    pub reserve: Reserve,
    /// Further limits: of other units, over other windows, on some models.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub more: Vec<Limit>,
}

impl Limits {
    /// All of them in one form.
    #[must_use]
    pub fn list(&self) -> Vec<Limit> {
        let usual = |unit, max: Option<u64>| {
            let per_seconds = if unit == LimitUnit::Parallel { 0 } else { MINUTE_SECONDS };
            let (kind, burst, sharing, reserve) = (self.kind, self.burst, self.sharing, self.reserve);
            let limit = |max| Limit {
                unit,
                max,
                per_seconds,
                kind,
                burst,
                models: None,
                providers: None,
                shadow: false,
                sharing,
                reserve,
            };
            max.map(limit)
        };
        let usual = [
            usual(LimitUnit::Parallel, self.max_parallel.map(u64::from)),
            usual(LimitUnit::Requests, self.rpm),
            usual(LimitUnit::Tokens, self.tpm),
        ];
        usual.into_iter().flatten().chain(self.more.iter().cloned()).collect()
    }
}

const MINUTE_SECONDS: u32 = 60;

/// Most limits of one account; what is beyond would not be counted, so whoever reads limits refuses more.
pub const MAX_LIMITS: usize = 32;

/// Most of [`Limits::more`], beside the three that have names.
pub const MAX_MORE_LIMITS: usize = MAX_LIMITS - 3;

/// Most budgets of one account, as above.
pub const MAX_BUDGETS: usize = 16;

/// One limit.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Limit {
    /// What is counted.
    pub unit: LimitUnit,
    /// How much of it; nano-dollars for [`LimitUnit::Cost`].
    pub max: u64,
    /// Length of the window in seconds; 0 for [`LimitUnit::Parallel`].
    pub per_seconds: u32,
    /// How the window is counted.
    #[serde(default)]
    pub kind: LimitKind,
    /// Units above `max`, for [`LimitKind::Gcra`].
    #[serde(default)]
    pub burst: u64,
    /// Only calls of these models count: exact, `prefix*`, `*`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub models: Option<Vec<String>>,
    /// Counts tries at these providers, whatever name a call came by: exact, `prefix*`, `*`. Then `models` may also name
    /// what is tried.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub providers: Option<Vec<String>>,
    /// What it would have refused is noted, and let through.
    #[serde(default)]
    pub shadow: bool,
    /// How it holds where several gateways meet.
    #[serde(default)]
    pub sharing: Sharing,
    /// What of it is kept for calls that matter more.
    #[serde(default, skip_serializing_if = "Reserve::is_none")]
    pub reserve: Reserve,
}

impl Limit {
    /// Whether a call of a model with these names counts. Not where tries are counted.
    #[must_use]
    pub fn covers(&self, names: &[&str]) -> bool {
        self.providers.is_none() && self.covers_model(names)
    }

    /// Whether a try at a target of that provider counts, of a model with these names.
    #[must_use]
    pub fn covers_try(&self, provider: &str, names: &[&str]) -> bool {
        self.providers.as_ref().is_some_and(|patterns| any_matches(patterns, &[provider]))
            && self.covers_model(names)
    }

    fn covers_model(&self, names: &[&str]) -> bool {
        self.models.as_ref().is_none_or(|patterns| any_matches(patterns, names))
    }
}

/// What a limit bounds, as in "600 requests per minute".
#[must_use]
pub fn describe(unit: LimitUnit, max: u64, per_seconds: u32) -> String {
    let amount = match unit {
        LimitUnit::Cost => format!("${}", NanoUsd(max)),
        _ => max.to_string(),
    };
    let what = unit.noun();
    let window: Cow<'_, str> = match per_seconds {
        0 => " at the same time".into(),
        1 => " per second".into(),
        60 => " per minute".into(),
        3_600 => " per hour".into(),
        86_400 => " per day".into(),
        other => format!(" in {other} seconds").into(),
    };
    format!("{amount}{what}{window}")
}

/// What a limit counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LimitUnit {
    /// Requests.
    Requests,
    /// Tokens, input and output.
    Tokens,
    /// Input tokens.
    InputTokens,
    /// Output tokens.
    OutputTokens,
    /// Money.
    Cost,
    /// Requests at the same time.
    Parallel,
}

impl LimitUnit {
    /// Every unit.
    pub const ALL: &'static [Self] =
        &[Self::Requests, Self::Tokens, Self::InputTokens, Self::OutputTokens, Self::Cost, Self::Parallel];

    /// The name in configuration and JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Requests => "requests",
            Self::Tokens => "tokens",
            Self::InputTokens => "input_tokens",
            Self::OutputTokens => "output_tokens",
            Self::Cost => "cost",
            Self::Parallel => "parallel",
        }
    }

    /// The unit of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|unit| unit.as_str() == name)
    }

    const fn noun(self) -> &'static str {
        match self {
            Self::Requests | Self::Parallel => " requests",
            Self::Tokens => " tokens",
            Self::InputTokens => " input tokens",
            Self::OutputTokens => " output tokens",
            Self::Cost => "",
        }
    }
}

/// How a window is counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LimitKind {
    /// At most L in any window; 60 sub-windows, the oldest counted whole.
    #[default]
    Sliding,
    /// Generic cell rate: at most L + burst in any window, evenly refilled.
    Gcra,
    /// At most L in a clock window.
    Fixed,
}

/// A bound on money.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Budget {
    /// Bound.
    pub limit: NanoUsd,
    /// Over what time.
    pub period: Period,
    /// Also send the reserved output bound upstream, so that the hold can not be exceeded.
    #[serde(default)]
    pub strict: bool,
    /// Where days begin; UTC when there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<TimeZone>,
    /// What it would have refused is noted, and let through.
    #[serde(default)]
    pub shadow: bool,
    /// Shares of the bound, in percent, at which somebody is to be told.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub alert_at: Vec<u16>,
    /// What is added to the bound for a time.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub increases: Vec<Increase>,
    /// What was not spent of a window goes over to the next one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rollover: Option<Rollover>,
    /// How it holds where several gateways meet.
    #[serde(default)]
    pub sharing: Sharing,
}

/// A temporary increase of a budget.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Increase {
    /// By how much.
    pub amount: NanoUsd,
    /// Until when, in microseconds since the epoch.
    pub until: i64,
}

impl Budget {
    /// A hard budget.
    #[must_use]
    pub const fn new(limit: NanoUsd, period: Period) -> Self {
        Self {
            limit,
            period,
            strict: false,
            time_zone: None,
            shadow: false,
            alert_at: Vec::new(),
            increases: Vec::new(),
            rollover: None,
            sharing: Sharing::DEFAULT,
        }
    }

    /// The bound with what is added to it at that time; what goes over from the window before comes besides.
    #[must_use]
    pub fn limit_at(&self, now: i64) -> NanoUsd {
        let added = self.increases.iter().filter(|increase| increase.until > now);
        added.fold(self.limit, |limit, increase| limit.plus(increase.amount))
    }
}
