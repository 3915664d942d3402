//! Money as integers. Prices are femto-dollars per unit (7 % of published prices are fractions of a
//! nano-dollar); amounts are nano-dollars. Floats appear nowhere: decimal text is parsed digit by digit.

use serde::{Deserialize, Serialize};
use std::fmt;

/// Femto-dollars in a dollar.
pub const FEMTO_PER_USD: u64 = 1_000_000_000_000_000;
/// Nano-dollars in a dollar.
pub const NANO_PER_USD: u64 = 1_000_000_000;
/// Femto-dollars in a nano-dollar.
pub const FEMTO_PER_NANO: u128 = 1_000_000;

/// A price in femto-dollars (1e-15 USD) for one unit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct FemtoUsd(pub u64);

/// An amount of money in nano-dollars (1e-9 USD). Never negative; corrections are entries of their own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct NanoUsd(pub u64);

/// Why a decimal text is not an amount.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MoneyError {
    /// Not a plain decimal number such as `12.5` or `2.5e-6`.
    NotDecimal,
    /// More digits than the unit can hold (finer than a nano- or femto-dollar).
    TooFine,
    /// Larger than 64 bits of the unit.
    TooLarge,
}

impl fmt::Display for MoneyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotDecimal => "not a decimal number of US dollars",
            Self::TooFine => "more decimal places than can be kept",
            Self::TooLarge => "too large an amount",
        })
    }
}

impl std::error::Error for MoneyError {}

impl NanoUsd {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// Parses dollars, for example `50`, `0.10` or `1e-3`. Finer than a nano-dollar is an error.
    pub fn parse_usd(text: &str) -> Result<Self, MoneyError> {
        parse_scaled(text, 9).map(Self)
    }

    /// Saturating sum: an amount can not wrap.
    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    /// Difference, zero when `other` is larger.
    #[must_use]
    pub const fn minus(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl fmt::Display for NanoUsd {
    /// Dollars as an exact decimal without trailing zeros: `0.00125`, `12`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, frac) = (self.0 / NANO_PER_USD, self.0 % NANO_PER_USD);
        if frac == 0 {
            return write!(f, "{whole}");
        }
        let (mut digits, mut rest) = ([b'0'; 9], frac);
        for digit in digits.iter_mut().rev() {
            // A remainder of ten.
            *digit = b'0' + (rest % 10) as u8;
            rest /= 10;
        }
        let length = digits.iter().rposition(|digit| *digit != b'0').map_or(0, |last| last + 1);
        let digits = digits.get(..length).and_then(|digits| std::str::from_utf8(digits).ok());
        // Most calls cost less than a dollar.
        if whole == 0 {
            f.write_str("0.")?
        } else {
            write!(f, "{whole}.")?
        }
        f.write_str(digits.unwrap_or_default())
    }
}

impl FemtoUsd {
    /// Parses a price in dollars per unit, for example `2.5e-06`. Finer than a femto-dollar is an error.
    pub fn parse_usd(text: &str) -> Result<Self, MoneyError> {
        parse_scaled(text, 15).map(Self)
    }
}

impl From<NanoUsd> for FemtoUsd {
    /// The amount as the price of one unit; saturating.
    fn from(amount: NanoUsd) -> Self {
        Self(u64::try_from(u128::from(amount.0) * FEMTO_PER_NANO).unwrap_or(u64::MAX))
    }
}

/// Parses decimal text (optional exponent) into an integer scaled by `10^scale`, exactly.
fn parse_scaled(text: &str, scale: i32) -> Result<u64, MoneyError> {
    let (mantissa, exponent) = match text.find(['e', 'E']) {
        Some(at) => (&text[..at], text[at + 1..].parse::<i32>().map_err(|_| MoneyError::NotDecimal)?),
        None => (text, 0),
    };
    let (whole, frac) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let plain = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    if (whole.is_empty() && frac.is_empty()) || !plain(whole) || !plain(frac) || exponent.abs() > 64 {
        return Err(MoneyError::NotDecimal);
    }
    let frac = frac.trim_end_matches('0');
    let digits = format!("{whole}{frac}");
    let digits = digits.trim_start_matches('0');
    if digits.is_empty() {
        return Ok(0);
    }
    let mut shift = scale + exponent - i32::try_from(frac.len()).map_err(|_| MoneyError::TooFine)?;
    let mut value: u128 = digits.parse().map_err(|_| MoneyError::TooLarge)?;
    while shift > 0 {
        value = value.checked_mul(10).ok_or(MoneyError::TooLarge)?;
        shift -= 1;
    }
    while shift < 0 {
        if !value.is_multiple_of(10) {
            return Err(MoneyError::TooFine);
        }
        value /= 10;
        shift += 1;
    }
    u64::try_from(value).map_err(|_| MoneyError::TooLarge)
}

#[cfg(test)]
mod tests;
