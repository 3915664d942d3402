//! Parses one fault, `name`, `name=value` or `name-value`, into [`Faults`]. It must not accept a name
//! that is not in [`FAULT_NAMES`] nor a value out of its range.

use std::fmt;

use super::names::{FAULT_NAMES, FaultName, listed};
use super::{Faults, WrongUsage};
use crate::percent::percent_decoded;

const MAX_DELAY_MS: u64 = 3_600_000;
const MAX_HUGE_BYTES: u64 = 256 << 20;
const MAX_FRAMES: u64 = 1_000_000;
const MAX_TOKENS: u64 = 2_000_000;

/// Why a fault was not understood; the text names what is allowed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum FaultError {
    /// There is no fault of this name.
    Unknown {
        /// The name as given.
        name: String,
    },
    /// The fault exists, its value is wrong or missing.
    Value {
        /// The fault's name.
        name: &'static str,
        /// The value as given, empty when missing.
        value: String,
        /// The fault's meaning with its unit and range.
        meaning: &'static str,
    },
}

impl fmt::Display for FaultError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown { name } => write!(f, "unknown fault `{name}`; known faults: {}", listed()),
            Self::Value { name, value, meaning } if value.is_empty() => {
                write!(f, "fault `{name}` needs a value: {meaning}")
            }
            Self::Value { name, value, meaning } => {
                write!(f, "fault `{name}` cannot have the value `{value}`: {meaning}")
            }
        }
    }
}

impl std::error::Error for FaultError {}

/// Reads one item and sets its field.
pub(super) fn apply(faults: &mut Faults, item: &str) -> Result<(), FaultError> {
    let (fault, value) = find(item)?;
    let value = match (value, fault.default) {
        (Some(value), _) => value,
        (None, Some(default)) => default,
        (None, None) => return Err(wrong(fault, "")),
    };
    set(faults, fault, value)
}

/// The fault an item names and the value it gives: the longest known name that fits.
fn find(item: &str) -> Result<(&'static FaultName, Option<&str>), FaultError> {
    if item.len() == 3 && item.bytes().all(|b| b.is_ascii_digit()) {
        return find_name("status", item).map(|fault| (fault, Some(item)));
    }
    let named = FAULT_NAMES
        .iter()
        .filter_map(|fault| Some((fault, item.strip_prefix(fault.name)?)))
        .filter(|(_, tail)| tail.is_empty() || tail.starts_with(['=', '-']))
        .max_by_key(|(fault, _)| fault.name.len());
    match named {
        Some((fault, "")) => Ok((fault, None)),
        Some((fault, tail)) => Ok((fault, Some(tail[1..].trim()))),
        None => Err(FaultError::Unknown { name: item.split('=').next().unwrap_or(item).to_owned() }),
    }
}

fn find_name(name: &str, item: &str) -> Result<&'static FaultName, FaultError> {
    let found = FAULT_NAMES.iter().find(|fault| fault.name == name);
    found.ok_or_else(|| FaultError::Unknown { name: item.to_owned() })
}

fn wrong(fault: &FaultName, value: &str) -> FaultError {
    FaultError::Value { name: fault.name, value: value.to_owned(), meaning: fault.meaning }
}

fn set(faults: &mut Faults, fault: &FaultName, value: &str) -> Result<(), FaultError> {
    let number = |max: u64| match value.parse::<u64>() {
        Ok(number) if number <= max => Ok(Some(number)),
        _ => Err(wrong(fault, value)),
    };
    let flag = || if value.is_empty() { Ok(true) } else { Err(wrong(fault, value)) };
    match fault.name {
        "latency" => faults.latency_ms = number(MAX_DELAY_MS)?,
        "status" => faults.status = Some(status(fault, value)?),
        "quota" => faults.quota = flag()?,
        "retry-after" => faults.retry_after = Some(header_text(fault, value)?),
        "flaky" => faults.flaky = number(MAX_FRAMES)?,
        "hang" => faults.hang = flag()?,
        "disconnect" => faults.disconnect = flag()?,
        "stall" | "stall-after-frames" => faults.stall_after_frames = number(MAX_FRAMES)?,
        "cut" | "cut-after-frames" => faults.cut_after_frames = number(MAX_FRAMES)?,
        "cut-after-bytes" => faults.cut_after_bytes = number(MAX_HUGE_BYTES)?,
        "reset" => faults.reset = flag()?,
        "error-after-frames" => faults.error_after_frames = number(MAX_FRAMES)?,
        "end-after-frames" => faults.end_after_frames = number(MAX_FRAMES)?,
        "malformed-json" => faults.malformed_json = flag()?,
        "malformed-sse" => faults.malformed_sse = flag()?,
        "slow-drip" => faults.slow_drip_ms = number(MAX_DELAY_MS)?,
        "chunk-bytes" => faults.chunk_bytes = number(MAX_HUGE_BYTES)?.filter(|bytes| *bytes > 0),
        "huge" => faults.huge_bytes = number(MAX_HUGE_BYTES)?,
        "wrong-usage" => faults.wrong_usage = Some(wrong_usage(fault, value)?),
        "no-usage" => faults.no_usage = flag()?,
        "frame-delay" => faults.frame_delay_ms = number(MAX_DELAY_MS)?,
        "frames" => faults.frames = number(MAX_FRAMES)?,
        "output-tokens" => faults.output_tokens = number(MAX_TOKENS)?,
        "ignore-max-tokens" => faults.ignore_max_tokens = flag()?,
        "reasoning-tokens" => faults.reasoning_tokens = number(MAX_TOKENS)?,
        "cached-tokens" => faults.cached_tokens = number(MAX_TOKENS)?,
        "text" => faults.text = Some(percent_decoded(value)),
        "finish" => faults.finish = Some(value.to_owned()),
        "preface" => faults.preface = flag()?,
        "no-calls" => faults.no_calls = flag()?,
        "crlf" => faults.crlf = flag()?,
        "comments" => faults.comments = flag()?,
        "exchange" => faults.exchange = Some(value.to_owned()),
        other => return Err(FaultError::Unknown { name: other.to_owned() }),
    }
    Ok(())
}

fn status(fault: &FaultName, value: &str) -> Result<u16, FaultError> {
    match value.parse::<u16>() {
        Ok(status) if (400..600).contains(&status) => Ok(status),
        _ => Err(wrong(fault, value)),
    }
}

fn header_text(fault: &FaultName, value: &str) -> Result<String, FaultError> {
    let text = percent_decoded(value);
    match http::HeaderValue::from_str(&text) {
        Ok(_) => Ok(text),
        Err(_) => Err(wrong(fault, value)),
    }
}

fn wrong_usage(fault: &FaultName, value: &str) -> Result<WrongUsage, FaultError> {
    match value {
        "tenfold" => Ok(WrongUsage::Tenfold),
        "zero" => Ok(WrongUsage::Zero),
        "negative" => Ok(WrongUsage::Negative),
        "text" => Ok(WrongUsage::Text),
        _ => Err(wrong(fault, value)),
    }
}
