//! What a provider says is left of its rate limits, from the headers of any reply. Serves routing, which may prefer
//! a credential or target with more room. It must not fail on what it cannot read, allocate, or read a clock.
//!
//! Providers name these headers alike but not the same, so names are taken apart instead of listed:
//!
//! | Providers | Headers | Reset |
//! |---|---|---|
//! | OpenAI, Azure, Groq, xAI, Fireworks | `x-ratelimit-{limit,remaining,reset}-{requests,tokens}` | Go's durations, or seconds |
//! | Anthropic | `anthropic-ratelimit-{requests,tokens,input-tokens,output-tokens}-{limit,remaining,reset}` | RFC 3339 |
//! | Mistral | `x-ratelimit-{limit,remaining}-{req,tokens}-{minute,month}`, `{x-,}ratelimitbysize-...` | seconds |
//! | Cerebras | `x-ratelimit-{limit,remaining,reset}-{requests,tokens}-{minute,hour,day}` | seconds |
//! | Together, OpenRouter, others | `{x-,}ratelimit-{limit,remaining,reset}`, `x-tokenlimit-...` | seconds, or the epoch's (milli)seconds |

use gw_model::Micros;
use http::HeaderMap;

/// What is left of one kind of limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Room {
    /// The whole limit, when it is stated.
    pub limit: Option<u64>,
    /// What is left of it.
    pub remaining: u64,
    /// When it is whole again, in milliseconds from now.
    pub reset_ms: Option<u64>,
}

/// What is left at a provider. Of several limits of a kind (per minute and per day, input and output) the one with
/// the least left stands here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Headroom {
    /// Requests.
    pub requests: Option<Room>,
    /// Tokens.
    pub tokens: Option<Room>,
}

/// Reads the headers of a reply. `now`: for providers that state a date.
#[must_use]
pub fn headroom(headers: &HeaderMap, now: Micros) -> Headroom {
    let mut found = Found::default();
    for (name, value) in headers {
        let Some(place) = Place::of(name.as_str()) else { continue };
        let Ok(text) = value.to_str() else { continue };
        let limit = match place.what {
            What::Requests => found.requests.get_mut(place.window),
            What::Tokens => found.tokens.get_mut(place.window),
        };
        let Some(limit) = limit else { continue };
        match place.field {
            Field::Limit => limit.limit = whole(text),
            Field::Remaining => limit.remaining = whole(text),
            Field::Reset => limit.reset_ms = until(text, now),
        }
    }
    Headroom { requests: tightest(&found.requests), tokens: tightest(&found.tokens) }
}

/// Names of windows and parts that limits of one kind may have side by side; the first is for limits without.
const WINDOWS: [&str; 7] = ["", "minute", "hour", "day", "month", "input", "output"];

#[derive(Clone, Copy, Default)]
struct Limit {
    limit: Option<u64>,
    remaining: Option<u64>,
    reset_ms: Option<u64>,
}

#[derive(Default)]
struct Found {
    requests: [Limit; WINDOWS.len()],
    tokens: [Limit; WINDOWS.len()],
}

fn tightest(limits: &[Limit]) -> Option<Room> {
    let stated = limits.iter().filter_map(|found| {
        Some(Room { limit: found.limit, remaining: found.remaining?, reset_ms: found.reset_ms })
    });
    stated.min_by_key(|room| room.remaining)
}

#[derive(Clone, Copy)]
enum What {
    Requests,
    Tokens,
}

#[derive(Clone, Copy)]
enum Field {
    Limit,
    Remaining,
    Reset,
}

impl Field {
    fn of(name: &str) -> Option<Self> {
        match name {
            "limit" => Some(Self::Limit),
            "remaining" => Some(Self::Remaining),
            "reset" => Some(Self::Reset),
            _ => None,
        }
    }
}

/// What a header is about.
struct Place {
    what: What,
    field: Field,
    window: usize,
}

impl Place {
    fn of(name: &str) -> Option<Self> {
        if let Some(rest) = name.strip_prefix("anthropic-ratelimit-") {
            let (what, field) = rest.rsplit_once('-')?;
            let (what, window) = match what {
                "requests" => (What::Requests, ""),
                "tokens" => (What::Tokens, ""),
                "input-tokens" => (What::Tokens, "input"),
                "output-tokens" => (What::Tokens, "output"),
                _ => return None,
            };
            return Some(Self { what, field: Field::of(field)?, window: window_of(window)? });
        }
        let name = name.strip_prefix("x-").unwrap_or(name);
        let (rest, usual) = match name.strip_prefix("ratelimit-") {
            Some(rest) => (rest, What::Requests),
            None => (
                name.strip_prefix("ratelimitbysize-").or_else(|| name.strip_prefix("tokenlimit-"))?,
                What::Tokens,
            ),
        };
        let (field, rest) = rest.split_once('-').unwrap_or((rest, ""));
        let (what, window) = match rest.split_once('-').unwrap_or((rest, "")) {
            ("requests" | "req", window) => (What::Requests, window),
            // Fireworks counts the two sorts of tokens apart.
            ("tokens", "prompt") => (What::Tokens, "input"),
            ("tokens", "generated") => (What::Tokens, "output"),
            ("tokens", window) => (What::Tokens, window),
            (window, "") => (usual, window),
            _ => return None,
        };
        Some(Self { what, field: Field::of(field)?, window: window_of(window)? })
    }
}

/// `None` for what is none: pages or seconds of audio have limits too, which are not read here.
fn window_of(name: &str) -> Option<usize> {
    WINDOWS.iter().position(|window| *window == name)
}

/// A whole number; what follows it (a fraction, the quota's policy) does not matter here.
fn whole(text: &str) -> Option<u64> {
    let text = text.trim();
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    text.get(..end)?.parse().ok()
}

/// Smallest number that is a date and no duration: seconds since the epoch, in 2001.
const FIRST_DATE_SECONDS: u64 = 1_000_000_000;
/// As [`FIRST_DATE_SECONDS`], in milliseconds.
const FIRST_DATE_MS: u64 = FIRST_DATE_SECONDS * 1000;

/// Milliseconds from now, rounded up, of a duration or a date.
fn until(text: &str, now: Micros) -> Option<u64> {
    let text = text.trim();
    let from_now = |date_us: Micros| {
        u64::try_from(date_us.saturating_sub(now)).map_or(0, |left_us| left_us.div_ceil(1000))
    };
    if text.contains('T') {
        return gw_model::time::parse(text).map(from_now);
    }
    let date =
        |per_unit_us: u64, units: u64| Micros::try_from(units.saturating_mul(per_unit_us)).ok().map(from_now);
    match text.parse::<u64>() {
        Ok(ms) if ms >= FIRST_DATE_MS => date(1000, ms),
        Ok(seconds) if seconds >= FIRST_DATE_SECONDS => date(1_000_000, seconds),
        Ok(seconds) => Some(seconds * 1000),
        Err(_) => duration(text).map(|ns| ns.div_ceil(1_000_000)),
    }
}

/// A duration as Go writes it (`6m0s`, `2m59.56s`, `250ms`), or seconds with a fraction, in nanoseconds.
fn duration(mut text: &str) -> Option<u64> {
    if text.is_empty() {
        return None;
    }
    let mut total: u64 = 0;
    while !text.is_empty() {
        let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
        let (number, rest) = text.split_at_checked(end)?;
        let unit_end = rest.find(|c: char| c.is_ascii_digit()).unwrap_or(rest.len());
        let (unit, rest) = rest.split_at_checked(unit_end)?;
        let unit_ns: u64 = match unit {
            "d" => 86_400_000_000_000,
            "h" => 3_600_000_000_000,
            "m" => 60_000_000_000,
            "s" | "" => 1_000_000_000,
            "ms" => 1_000_000,
            "us" | "µs" => 1_000,
            "ns" => 1,
            _ => return None,
        };
        total = total.checked_add(scaled(number, unit_ns)?)?;
        text = rest;
    }
    Some(total)
}

/// A decimal number of units.
fn scaled(number: &str, unit_ns: u64) -> Option<u64> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let mut ns = whole.parse::<u64>().ok()?.checked_mul(unit_ns)?;
    let mut place_ns = unit_ns;
    for digit in fraction.bytes() {
        place_ns /= 10;
        let digit = digit.checked_sub(b'0').filter(|digit| *digit <= 9)?;
        ns = ns.checked_add(u64::from(digit) * place_ns)?;
    }
    Some(ns)
}

#[cfg(test)]
mod tests;
