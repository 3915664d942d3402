//! Limits and budgets as settings. Their counters live in `gw-store`.

use crate::money::NanoUsd;
use serde::{Deserialize, Serialize};

/// Rate and concurrency limits of a key. `None` is unlimited.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
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
}

/// How a window is counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
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

/// A hard bound on money.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Budget {
    /// Bound.
    pub limit: NanoUsd,
    /// Over what time.
    pub period: Period,
    /// Also send the reserved output bound upstream, so that the hold can not be exceeded.
    #[serde(default)]
    pub strict: bool,
}

/// A calendar window in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Period {
    /// From midnight.
    Day,
    /// From Monday.
    Week,
    /// From the first.
    Month,
    /// For ever.
    Total,
}

/// Microseconds in a day.
const DAY: i64 = 86_400_000_000;

impl Period {
    /// The name in configuration and JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
            Self::Total => "total",
        }
    }

    /// The period of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Day, Self::Week, Self::Month, Self::Total].into_iter().find(|p| p.as_str() == name)
    }

    /// Start of the window that holds `now` (microseconds since the epoch, UTC); 0 for [`Period::Total`].
    #[must_use]
    pub const fn window_start(self, now: i64) -> i64 {
        let day = now.div_euclid(DAY);
        match self {
            Self::Total => 0,
            Self::Day => day * DAY,
            // 1970-01-01 was a Thursday, three days after a Monday.
            Self::Week => (day - (day + 3).rem_euclid(7)) * DAY,
            Self::Month => {
                let (year, month) = civil_month(day);
                days_to_month(year, month) * DAY
            }
        }
    }

    /// End of the window that starts at `window_start`; `None` for [`Period::Total`].
    #[must_use]
    pub const fn window_end(self, window_start: i64) -> Option<i64> {
        match self {
            Self::Total => None,
            Self::Day => Some(window_start + DAY),
            Self::Week => Some(window_start + 7 * DAY),
            Self::Month => {
                let (year, month) = civil_month(window_start.div_euclid(DAY));
                let (year, month) = if month == 12 { (year + 1, 1) } else { (year, month + 1) };
                Some(days_to_month(year, month) * DAY)
            }
        }
    }
}

/// Year and month of a day since the epoch (Howard Hinnant, "chrono-compatible low-level date algorithms").
const fn civil_month(day: i64) -> (i64, i64) {
    let z = day + 719_468;
    let era = z.div_euclid(146_097);
    let doe = z.rem_euclid(146_097);
    let yoe = (doe - doe / 1460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let month = if mp < 10 { mp + 3 } else { mp - 9 };
    let year = yoe + era * 400 + if month <= 2 { 1 } else { 0 };
    (year, month)
}

/// Days from the epoch to the first of a month (same source).
const fn days_to_month(year: i64, month: i64) -> i64 {
    let y = if month <= 2 { year - 1 } else { year };
    let era = y.div_euclid(400);
    let yoe = y.rem_euclid(400);
    let mp = if month > 2 { month - 3 } else { month + 9 };
    let doy = (153 * mp + 2) / 5;
    let doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
    era * 146_097 + doe - 719_468
}

#[cfg(test)]
mod tests;
