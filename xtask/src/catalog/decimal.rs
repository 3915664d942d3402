//! Decimal text to integers, without floats.

use gw_model::money::{FemtoUsd, MoneyError};

/// Femto-dollars of a decimal text of dollars; true when digits below a femto-dollar were rounded
/// (half up). Such digits are noise of the source's own floats.
pub(crate) fn femto(text: &str) -> Result<(u64, bool), String> {
    match FemtoUsd::parse_usd(text) {
        Ok(price) => Ok((price.0, false)),
        Err(MoneyError::TooFine) => {
            rounded(text).map(|v| (v, true)).ok_or_else(|| format!("`{text}` is not a price"))
        }
        Err(error) => Err(format!("`{text}`: {error}")),
    }
}

fn rounded(text: &str) -> Option<u64> {
    let (mantissa, exponent) = match text.find(['e', 'E']) {
        Some(at) => (&text[..at], text[at + 1..].parse::<i32>().ok()?),
        None => (text, 0),
    };
    let (whole, frac) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits: u128 = format!("{whole}{frac}").parse().ok()?;
    let drop = i32::try_from(frac.len()).ok()? - exponent - 15;
    let divisor = 10u128.checked_pow(u32::try_from(drop).ok()?)?;
    u64::try_from((digits + divisor / 2) / divisor).ok()
}

/// A whole number that may be written `1000.0` or `1e6`.
pub(crate) fn integer(text: &str) -> Option<u32> {
    let (mantissa, exponent) = match text.find(['e', 'E']) {
        Some(at) => (&text[..at], text[at + 1..].trim_start_matches('+').parse::<usize>().ok()?),
        None => (text, 0),
    };
    let (whole, frac) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let frac = frac.trim_end_matches('0');
    if frac.len() > exponent {
        return None;
    }
    format!("{whole}{frac:0<exponent$}").parse().ok()
}
