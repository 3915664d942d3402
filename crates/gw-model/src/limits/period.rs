//! Windows of budgets: by the calendar of a time zone, or rolling.

use jiff::Timestamp;
use jiff::civil::Weekday;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::fmt;

/// Over what time a budget runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
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
    /// Any time of so many seconds.
    Rolling(u32),
}

/// Shortest and longest rolling window, in seconds: a minute, and ten years.
pub(super) const ROLLING_SECONDS: std::ops::RangeInclusive<u32> = 60..=315_360_000;

/// Units of rolling windows, largest first, in seconds.
const ROLLING_UNITS: [(char, u32); 3] = [('d', 86_400), ('h', 3_600), ('m', 60)];

/// Microseconds in a day.
const DAY: i64 = 86_400 * SECOND;
/// Microseconds in a second.
const SECOND: i64 = 1_000_000;

impl Period {
    /// The name in configuration and JSON; rolling windows as `30d`, `12h` or `90m`.
    #[must_use]
    pub fn text(self) -> Cow<'static, str> {
        match self {
            Self::Day => "day".into(),
            Self::Week => "week".into(),
            Self::Month => "month".into(),
            Self::Total => "total".into(),
            Self::Rolling(seconds) => {
                let whole = ROLLING_UNITS.into_iter().find(|(_, unit)| seconds.is_multiple_of(*unit));
                let (letter, unit) = whole.unwrap_or(('m', 60));
                format!("{}{letter}", seconds.div_ceil(unit)).into()
            }
        }
    }

    /// The period of that name, or of that length.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        let named = [Self::Day, Self::Week, Self::Month, Self::Total].into_iter();
        named.into_iter().find(|p| p.text() == name).or_else(|| Self::rolling(name))
    }

    fn rolling(text: &str) -> Option<Self> {
        let (letter, unit) = ROLLING_UNITS.into_iter().find(|(letter, _)| text.ends_with(*letter))?;
        let count = text.strip_suffix(letter)?;
        let is_plain = count.bytes().all(|b| b.is_ascii_digit());
        let seconds = count.parse::<u32>().ok().filter(|_| is_plain)?.checked_mul(unit)?;
        ROLLING_SECONDS.contains(&seconds).then_some(Self::Rolling(seconds))
    }

    /// The window that holds `now` (microseconds since the epoch), where days begin in that zone: its start, and
    /// its end where it has one. A rolling window has neither before and behind `now`: it starts its length ago.
    #[must_use]
    pub fn window(self, now: i64, zone: Option<&TimeZone>) -> (i64, Option<i64>) {
        let in_zone = zone.and_then(|zone| self.window_in(now, zone));
        in_zone.unwrap_or_else(|| {
            let start = self.window_start(now);
            (start, self.window_end(start))
        })
    }

    /// `None`: the calendar has nothing to do with it, or the time is out of range.
    fn window_in(self, now: i64, zone: &TimeZone) -> Option<(i64, Option<i64>)> {
        let local = Timestamp::from_microsecond(now).ok()?.to_zoned(zone.find()?);
        let today = local.date();
        let (first, next) = match self {
            Self::Day => (today, today.tomorrow().ok()?),
            Self::Week => {
                let since = today.weekday().since(Weekday::Monday);
                let monday = today.checked_sub(jiff::Span::new().days(since)).ok()?;
                (monday, monday.checked_add(jiff::Span::new().days(7)).ok()?)
            }
            Self::Month => {
                let first = today.first_of_month();
                (first, first.last_of_month().tomorrow().ok()?)
            }
            Self::Total | Self::Rolling(_) => return None,
        };
        // Where a day begins with a gap, it begins behind it.
        let at = |day: jiff::civil::Date| {
            day.to_zoned(local.time_zone().clone()).ok().map(|moment| moment.timestamp().as_microsecond())
        };
        Some((at(first)?, Some(at(next)?)))
    }

    /// Start of the window that holds `now` (microseconds since the epoch, UTC); 0 for [`Period::Total`].
    /// A rolling window starts its length ago.
    #[must_use]
    pub const fn window_start(self, now: i64) -> i64 {
        let day = now.div_euclid(DAY);
        match self {
            Self::Total => 0,
            Self::Rolling(seconds) => now - seconds as i64 * SECOND,
            Self::Day => day * DAY,
            // 1970-01-01 was a Thursday, three days after a Monday.
            Self::Week => (day - (day + 3).rem_euclid(7)) * DAY,
            Self::Month => {
                let (year, month) = civil_month(day);
                days_to_month(year, month) * DAY
            }
        }
    }

    /// End of the window that starts at `window_start`; `None` for [`Period::Total`] and rolling windows.
    #[must_use]
    pub const fn window_end(self, window_start: i64) -> Option<i64> {
        match self {
            Self::Total | Self::Rolling(_) => None,
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

/// A time zone by its name in the IANA database, such as `Europe/Berlin`. It is known to exist.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TimeZone(Box<str>);

impl TimeZone {
    /// The zone of that name; `None` when there is none.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        let found = jiff::tz::TimeZone::get(name).ok()?;
        Some(Self(found.iana_name().unwrap_or(name).into()))
    }

    /// Its name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// One that was stored by another version may be unknown here.
    pub(crate) fn find(&self) -> Option<jiff::tz::TimeZone> {
        jiff::tz::TimeZone::get(&self.0).ok()
    }
}

impl fmt::Display for TimeZone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests;
