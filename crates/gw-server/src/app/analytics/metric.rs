//! What may be shown of calls: each figure with its name and unit.

use gw_model::NanoUsd;
use gw_store::analytics::RollupRow;

/// A figure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Metric {
    Requests,
    Errors,
    ErrorRate,
    InputTokens,
    OutputTokens,
    TotalTokens,
    CachedTokens,
    CacheWriteTokens,
    ReasoningTokens,
    CostUsd,
    SavedUsd,
    /// Milliseconds that so many of a thousand calls do not exceed.
    Latency(u16),
    /// The same to the first byte.
    FirstByte(u16),
}

/// Every metric with its name.
const NAMES: [(&str, Metric); 17] = [
    ("requests", Metric::Requests),
    ("errors", Metric::Errors),
    ("error_rate", Metric::ErrorRate),
    ("input_tokens", Metric::InputTokens),
    ("output_tokens", Metric::OutputTokens),
    ("total_tokens", Metric::TotalTokens),
    ("cached_tokens", Metric::CachedTokens),
    ("cache_write_tokens", Metric::CacheWriteTokens),
    ("reasoning_tokens", Metric::ReasoningTokens),
    ("cost_usd", Metric::CostUsd),
    ("saved_usd", Metric::SavedUsd),
    ("latency_p50_ms", Metric::Latency(500)),
    ("latency_p95_ms", Metric::Latency(950)),
    ("latency_p99_ms", Metric::Latency(990)),
    ("first_byte_p50_ms", Metric::FirstByte(500)),
    ("first_byte_p95_ms", Metric::FirstByte(950)),
    ("first_byte_p99_ms", Metric::FirstByte(990)),
];

/// The value of a metric.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Figure {
    Count(i64),
    Usd(NanoUsd),
    /// A share, or milliseconds.
    Real(f64),
    /// There is nothing to tell it of.
    Nothing,
}

impl Metric {
    /// The names of all of them.
    pub(crate) fn names() -> Vec<&'static str> {
        NAMES.iter().map(|(name, _)| *name).collect()
    }

    /// The metric of that name.
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        NAMES.iter().find(|(known, _)| *known == name).map(|(_, metric)| *metric)
    }

    pub(crate) fn as_str(self) -> &'static str {
        NAMES.iter().find(|(_, metric)| *metric == self).map_or("", |(name, _)| name)
    }

    /// Durations are read for it.
    pub(crate) const fn is_duration(self) -> bool {
        matches!(self, Self::Latency(_) | Self::FirstByte(_))
    }

    /// It is kept for sums of accounts too.
    pub(crate) const fn is_of_accounts(self) -> bool {
        !self.is_duration() && !matches!(self, Self::CacheWriteTokens | Self::ReasoningTokens)
    }

    /// Its value.
    pub(crate) fn of(self, row: &RollupRow) -> Figure {
        let sums = &row.sums;
        match self {
            Self::Requests => Figure::Count(sums.requests),
            Self::Errors => Figure::Count(sums.errors),
            Self::ErrorRate => share(sums.errors, sums.requests),
            Self::InputTokens => Figure::Count(sums.input_tokens),
            Self::OutputTokens => Figure::Count(sums.output_tokens),
            Self::TotalTokens => Figure::Count(sums.input_tokens.saturating_add(sums.output_tokens)),
            Self::CachedTokens => Figure::Count(sums.cached_tokens),
            Self::CacheWriteTokens => Figure::Count(sums.cache_write_tokens),
            Self::ReasoningTokens => Figure::Count(sums.reasoning_tokens),
            Self::CostUsd => Figure::Usd(sums.cost()),
            Self::SavedUsd => Figure::Usd(sums.saved()),
            Self::Latency(per_mille) => milliseconds(row.latency.quantile_us(per_mille)),
            Self::FirstByte(per_mille) => milliseconds(row.first_byte.quantile_us(per_mille)),
        }
    }

    /// What values are put in order by: the largest matter most.
    pub(crate) fn weight(self, row: &RollupRow) -> i64 {
        match self {
            Self::ErrorRate => row.sums.errors,
            Self::Latency(_) | Self::FirstByte(_) => row.sums.requests,
            metric => match metric.of(row) {
                Figure::Count(count) => count,
                Figure::Usd(amount) => i64::try_from(amount.0).unwrap_or(i64::MAX),
                Figure::Real(_) | Figure::Nothing => 0,
            },
        }
    }

    /// Its value where nothing was called.
    pub(crate) const fn zero(self) -> Figure {
        match self {
            Self::CostUsd | Self::SavedUsd => Figure::Usd(NanoUsd::ZERO),
            Self::ErrorRate | Self::Latency(_) | Self::FirstByte(_) => Figure::Nothing,
            _ => Figure::Count(0),
        }
    }
}

/// A part of a whole, with four places.
pub(super) fn share(part: i64, whole: i64) -> Figure {
    if whole <= 0 {
        return Figure::Nothing;
    }
    #[expect(clippy::cast_precision_loss, reason = "a share for display")]
    let share = part as f64 / whole as f64;
    Figure::Real((share * 10_000.0).round() / 10_000.0)
}

pub(super) fn milliseconds(us: Option<u64>) -> Figure {
    #[expect(clippy::cast_precision_loss, reason = "a duration for display")]
    us.map_or(Figure::Nothing, |us| Figure::Real(us as f64 / 1000.0))
}
