//! Points in time as text: RFC 3339 in UTC. Microseconds since the epoch everywhere else.

use crate::clock::Micros;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

/// Reads `2027-01-31T00:00:00Z` (with any offset or fraction), or a plain date (midnight UTC).
#[must_use]
pub fn parse(text: &str) -> Option<Micros> {
    let text = text.trim();
    if let Ok(moment) = text.parse::<Timestamp>() {
        return Some(moment.as_microsecond());
    }
    if text.len() != 10 {
        return None;
    }
    let date: Date = text.parse().ok()?;
    date.to_zoned(TimeZone::UTC).ok().map(|z| z.timestamp().as_microsecond())
}

/// Writes `2027-01-31T00:00:00.123456Z`; the epoch when it is out of range.
#[must_use]
pub fn format(time: Micros) -> String {
    Timestamp::from_microsecond(time).unwrap_or(Timestamp::UNIX_EPOCH).to_string()
}

/// Writes the date, `2027-01-31`.
#[must_use]
pub fn format_date(time: Micros) -> String {
    let moment = Timestamp::from_microsecond(time).unwrap_or(Timestamp::UNIX_EPOCH);
    moment.to_zoned(TimeZone::UTC).date().to_string()
}

#[cfg(test)]
mod tests;
