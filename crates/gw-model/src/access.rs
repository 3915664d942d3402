//! From where, when and with what a key may be used, and what its calls may be. Most keys have no such rules. Pure: the
//! address and the time are given.

mod cache;
mod calls;
mod deny;
mod origin;
mod parameters;

pub use cache::{CacheRule, CacheUse};
pub use calls::CallRules;
pub use deny::{Compile, DenyRule};
pub use origin::origin_of;
pub use parameters::{ParameterRules, is_content, parameter_key};

use crate::clock::Micros;
use crate::limits::TimeZone;
use crate::logging::Logging;
use crate::network::Network;
use jiff::Timestamp;
use jiff::civil::Weekday;
use serde::{Deserialize, Serialize};
use std::net::IpAddr;

/// Minutes of a day.
const DAY_MINUTES: u16 = 24 * 60;

/// Rules of a key that has any.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
pub struct Access {
    /// Where its calls may come from; empty is everywhere.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub allowed_ips: Vec<Network>,
    /// From which web pages browsers may call, as [`origin_of`] writes them; empty is any. Whoever sends no origin is no
    /// browser on another's page.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub allowed_origins: Vec<String>,
    /// When it may be used: in any of these; empty is always.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub hours: Vec<Hours>,
    /// Members that the metadata of its calls must have.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub required_metadata: Vec<String>,
    /// The most that is written down of calls.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub logging: Option<Logging>,
    /// What its calls have of the cache.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cache: Option<CacheRule>,
    /// What calls may be.
    #[serde(skip_serializing_if = "CallRules::is_empty")]
    pub calls: CallRules,
}

impl Access {
    /// True when it asks for nothing.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.allowed_ips.is_empty()
            && self.allowed_origins.is_empty()
            && self.hours.is_empty()
            && self.required_metadata.is_empty()
            && self.logging.is_none()
            && self.cache.is_none()
            && self.calls.is_empty()
    }

    /// May calls come from this address? One that is not known may not, where there are rules.
    #[must_use]
    pub fn allows_address(&self, address: Option<IpAddr>) -> bool {
        let within = |address| self.allowed_ips.iter().any(|block| block.contains(address));
        self.allowed_ips.is_empty() || address.is_some_and(within)
    }

    /// May pages of this origin call?
    #[must_use]
    pub fn allows_origin(&self, origin: Option<&str>) -> bool {
        let Some(origin) = origin.filter(|_| !self.allowed_origins.is_empty()) else { return true };
        self.allowed_origins.iter().any(|allowed| allowed.eq_ignore_ascii_case(origin))
    }

    /// May it be used now?
    #[must_use]
    pub fn allows_time(&self, now: Micros) -> bool {
        self.hours.is_empty() || self.hours.iter().any(|hours| hours.contains(now))
    }
}

/// Hours of some days of the week.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Hours {
    /// Days on which they begin: bit 0 is Monday, bit 6 Sunday.
    pub days: u8,
    /// Minute of the day from which on.
    pub from_minute: u16,
    /// Minute of the day until which, itself not; at or below `from_minute` it is one of the next day. 1440 is midnight.
    pub to_minute: u16,
    /// Whose clock; UTC when not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<TimeZone>,
}

impl Hours {
    /// Every day of the week.
    pub const ALL_DAYS: u8 = 0b111_1111;

    /// Is this moment within? A time zone that this version does not know has no hours.
    #[must_use]
    pub fn contains(&self, now: Micros) -> bool {
        let Ok(moment) = Timestamp::from_microsecond(now) else { return false };
        let zone = match &self.time_zone {
            None => jiff::tz::TimeZone::UTC,
            Some(zone) => match zone.find() {
                Some(zone) => zone,
                None => return false,
            },
        };
        let local = moment.to_zoned(zone);
        let minute = u16::from(local.hour().unsigned_abs()) * 60 + u16::from(local.minute().unsigned_abs());
        let today = local.weekday();
        if self.from_minute < self.to_minute {
            return self.is_on(today) && (self.from_minute..self.to_minute).contains(&minute);
        }
        (self.is_on(today) && minute >= self.from_minute)
            || (self.is_on(today.previous()) && minute < self.to_minute)
    }

    fn is_on(&self, day: Weekday) -> bool {
        self.days >> day.to_monday_zero_offset() & 1 == 1
    }
}

const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// Days of the week by their names, as bits of [`Hours::days`]: `mon`, or a stretch such as `mon-fri` or `sat-mon`.
/// `None` when it is neither.
#[must_use]
pub fn days_of(text: &str) -> Option<u8> {
    let of = |name: &str| DAYS.iter().position(|day| name.trim().eq_ignore_ascii_case(day));
    let Some((first, last)) = text.split_once('-') else { return Some(1 << of(text)?) };
    let (mut day, last) = (of(first)?, of(last)?);
    let mut days = 1_u8 << day;
    while day != last {
        day = (day + 1) % 7;
        days |= 1 << day;
    }
    Some(days)
}

/// The names of days, one by one.
#[must_use]
pub fn day_names(days: u8) -> Vec<&'static str> {
    DAYS.iter().enumerate().filter(|(at, _)| days >> at & 1 == 1).map(|(_, name)| *name).collect()
}

/// The minute of the day of `08:00`; `24:00` is the end of it. `None` when it is no such time.
#[must_use]
pub fn minute_of(text: &str) -> Option<u16> {
    let (hour, minute) = text.trim().split_once(':')?;
    let two = |digits: &&str| digits.len() == 2 && digits.bytes().all(|b| b.is_ascii_digit());
    let hour: u16 = Some(hour).filter(two)?.parse().ok()?;
    let minute: u16 = Some(minute).filter(two)?.parse().ok().filter(|minute| *minute < 60)?;
    Some(hour * 60 + minute).filter(|at| *at <= DAY_MINUTES)
}

/// A minute of the day as `08:00`.
#[must_use]
pub fn show_minute(minute: u16) -> String {
    format!("{:02}:{:02}", minute / 60, minute % 60)
}

impl Hours {
    /// Puts them together from what people write; nothing is all day, every day, in UTC. Errors: the member that is wrong,
    /// and what to write.
    pub fn read(
        days: &[&str],
        from: Option<&str>,
        to: Option<&str>,
        time_zone: Option<TimeZone>,
    ) -> Result<Self, (&'static str, String)> {
        let mut bits = 0;
        for name in days {
            let wrong = || {
                ("days", format!("'{name}' is no day: write mon, tue, wed, thu, fri, sat, sun, or mon-fri"))
            };
            bits |= days_of(name).ok_or_else(wrong)?;
        }
        let minute = |member: &'static str, text: Option<&str>, usual: u16| match text {
            None => Ok(usual),
            Some(text) => minute_of(text)
                .ok_or_else(|| (member, format!("'{text}' is no time of day: write for example \"08:00\""))),
        };
        let (from_minute, to_minute) = (minute("from", from, 0)?, minute("to", to, DAY_MINUTES)?);
        if from_minute == DAY_MINUTES {
            return Err(("from", "'24:00' is the end of a day: write \"00:00\"".to_owned()));
        }
        if from_minute == to_minute {
            let text = "'from' and 'to' are the same: leave both out for the whole day".to_owned();
            return Err(("to", text));
        }
        let days = if days.is_empty() { Self::ALL_DAYS } else { bits };
        Ok(Self { days, from_minute, to_minute, time_zone })
    }
}

#[cfg(test)]
mod tests;
