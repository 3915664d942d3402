//! Values of filters, each as its parameter takes it. It must not know which parameters there are.

use super::MAX_LIMIT;
use crate::admin::error::ApiError;
use crate::admin::query;
use gw_model::trace::TraceId;
use gw_model::{NanoUsd, Parameter};
use gw_store::types::{ClientFilter, MetadataFilter, ParameterFilter, Span};
use std::net::IpAddr;
use std::str::FromStr;

pub(super) fn one_of<T: Copy>(
    field: &'static str,
    name: &str,
    all: &[T],
    called: impl Fn(&T) -> &'static str,
) -> Result<T, ApiError> {
    all.iter().copied().find(|one| called(one) == name).ok_or_else(|| {
        let names: Vec<&str> = all.iter().map(&called).collect();
        ApiError::invalid(field, format!("'{field}' must be one of {}", names.join(", ")))
    })
}

pub(super) fn trace(text: &str) -> Result<TraceId, ApiError> {
    TraceId::parse(text).ok_or_else(|| {
        ApiError::invalid("trace_id", "'trace_id' must be 32 hexadecimal digits, not all of them 0")
    })
}

pub(super) fn flag(field: &'static str, text: &str) -> Result<bool, ApiError> {
    text.parse().map_err(|_| ApiError::invalid(field, format!("'{field}' must be 'true' or 'false'")))
}

pub(super) fn limit(given: Option<&str>) -> Result<usize, ApiError> {
    let wrong = || ApiError::invalid("limit", format!("'limit' must be from 1 to {MAX_LIMIT}"));
    let Some(text) = given else { return Ok(query::DEFAULT_LIMIT) };
    text.parse().ok().filter(|limit| (1..=MAX_LIMIT).contains(limit)).ok_or_else(wrong)
}

pub(super) fn sub_calls(include: Option<&str>) -> Result<bool, ApiError> {
    match include.unwrap_or_default() {
        "" => Ok(false),
        "subcalls" => Ok(true),
        _ => Err(ApiError::invalid("include", "'include' must be 'subcalls', or left out")),
    }
}

/// `404`, `5xx` or `400-499`.
pub(super) fn statuses(text: &str) -> Result<Span, ApiError> {
    let wrong = || {
        ApiError::invalid(
            "status",
            "'status' must be a status such as 404, a class such as 5xx, or a range such as 400-499",
        )
    };
    let number = |text: &str| text.parse::<u64>().ok().filter(|status| *status <= 999);
    if let Some(class) = text.strip_suffix("xx") {
        let class = number(class).filter(|class| *class <= 9).ok_or_else(wrong)?;
        return Ok(Span { from: Some(class * 100), to: Some(class * 100 + 99) });
    }
    let (from, to) = text.split_once('-').unwrap_or((text, text));
    let (from, to) = (number(from).ok_or_else(wrong)?, number(to).ok_or_else(wrong)?);
    if from > to {
        return Err(wrong());
    }
    Ok(Span { from: Some(from), to: Some(to) })
}

pub(super) fn score(field: &'static str, text: &str) -> Result<i64, ApiError> {
    text.parse().map_err(|_| ApiError::invalid(field, format!("'{field}' must be a whole number")))
}

pub(super) fn whole(field: &'static str, text: &str) -> Result<u64, ApiError> {
    text.parse().map_err(|_| ApiError::invalid(field, format!("'{field}' must be a whole number")))
}

pub(super) fn nanos(field: &'static str, text: &str) -> Result<u64, ApiError> {
    let amount = NanoUsd::parse_usd(text).map(|amount| amount.0);
    amount.map_err(|_| ApiError::invalid(field, format!("'{field}' must be an amount in USD such as 0.05")))
}

/// Milliseconds, of which three places count, as microseconds.
pub(super) fn micros(field: &'static str, text: &str) -> Result<u64, ApiError> {
    let wrong = || format!("'{field}' must be a number of milliseconds such as 250");
    thousandths(text).ok_or_else(|| ApiError::invalid(field, wrong()))
}

/// A number, of which three places count, as thousandths.
fn thousandths(text: &str) -> Option<u64> {
    let (whole, rest) = text.split_once('.').unwrap_or((text, ""));
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !is_number(whole) || !is_number(rest) {
        return None;
    }
    let places: String = rest.chars().chain("000".chars()).take(3).collect();
    let (whole, places): (u64, u64) = (whole.parse().ok()?, places.parse().ok()?);
    whole.checked_mul(1000)?.checked_add(places)
}

/// Tokens a second, of which one place counts, as tenths.
pub(super) fn tenths(field: &'static str, text: &str) -> Result<u64, ApiError> {
    let wrong = || ApiError::invalid(field, format!("'{field}' must be a number such as 40 or 12.5"));
    let thousandths = thousandths(text).ok_or_else(wrong)?;
    Ok(thousandths / 100)
}

/// `NAME` or `NAME=VALUE`.
pub(super) fn metadata(text: &str) -> Result<MetadataFilter, ApiError> {
    let (name, value) = text.split_once('=').map_or((text, None), |(name, value)| (name, Some(value)));
    if name.is_empty() {
        let text = "'metadata' must be the name of a member, or NAME=VALUE";
        return Err(ApiError::invalid("metadata", text));
    }
    Ok(MetadataFilter { name: name.to_owned(), value: value.map(str::to_owned) })
}

/// `NAME` or `NAME=VALUE`.
pub(super) fn parameter(text: &str) -> Result<ParameterFilter, ApiError> {
    let (name, value) = text.split_once('=').map_or((text, None), |(name, value)| (name, Some(value)));
    let parameter = one_of("parameter", name, Parameter::ALL, |parameter| parameter.as_str())?;
    Ok(ParameterFilter { parameter, value: value.map(str::to_owned) })
}

/// An address, or a network: `203.0.113.0/24`.
pub(super) fn client(text: &str) -> Result<ClientFilter, ApiError> {
    let wrong = || {
        ApiError::invalid("client_ip", "'client_ip' must be an address, or a network such as 203.0.113.0/24")
    };
    let (address, bits) = text.split_once('/').map_or((text, None), |(address, bits)| (address, Some(bits)));
    let address: IpAddr = address.parse().map_err(|_| wrong())?;
    let most = if address.is_ipv4() { 32 } else { 128 };
    let bits = bits.map_or(Ok(most), |bits| bits.parse().map_err(|_| wrong()))?;
    if bits > most {
        return Err(wrong());
    }
    Ok(ClientFilter { address, bits })
}

pub(super) fn id<T: FromStr>(field: &'static str, text: &str) -> Result<T, ApiError> {
    text.parse().map_err(|_| ApiError::invalid(field, format!("'{field}' is not an id")))
}
