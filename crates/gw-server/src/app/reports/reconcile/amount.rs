//! Amounts as invoices write them, and shares of them. Integers, with a sign: there are credits.

use gw_model::NanoUsd;

/// Tokens, or nano-dollars.
pub(crate) type Amount = i128;

/// Places of a dollar that are read; invoices have more at times, which mean nothing.
const PLACES: usize = 9;

/// A number of dollars such as `12.5`, `$1,234.50`, `-0.25` or `(3.10)`, as nano-dollars.
pub(super) fn dollars(text: &str) -> Option<Amount> {
    let (text, is_negative) = plain(text)?;
    if text.contains(['e', 'E']) {
        let amount = NanoUsd::parse_usd(&text).ok()?;
        return Some(signed(Amount::from(amount.0), is_negative));
    }
    let (whole, places) = text.split_once('.').unwrap_or((&text, ""));
    let are_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if (whole.is_empty() && places.is_empty()) || !are_digits(whole) || !are_digits(places) {
        return None;
    }
    let places = places.get(..PLACES).unwrap_or(places);
    let nanos: Amount = format!("{places:0<PLACES$}").parse().ok()?;
    let whole: Amount = if whole.is_empty() { 0 } else { whole.parse::<u64>().ok()?.into() };
    Some(signed(whole * 1_000_000_000 + nanos, is_negative))
}

/// A whole number such as `1234`, `1,234` or `1234.0`.
pub(super) fn count(text: &str) -> Option<Amount> {
    let (text, is_negative) = plain(text)?;
    let (whole, places) = text.split_once('.').unwrap_or((&text, ""));
    if !places.bytes().all(|byte| byte == b'0') || !whole.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    Some(signed(Amount::from(whole.parse::<u64>().ok()?), is_negative))
}

const fn signed(amount: Amount, is_negative: bool) -> Amount {
    if is_negative { -amount } else { amount }
}

/// Without sign, currency and what separates thousands; none where nothing is left.
fn plain(text: &str) -> Option<(String, bool)> {
    let text = text.trim();
    let within = text.strip_prefix('(').and_then(|text| text.strip_suffix(')'));
    let (text, is_negative) = match (within, text.strip_prefix('-')) {
        (Some(text), _) | (None, Some(text)) => (text, true),
        (None, None) => (text, false),
    };
    let text: String = text.trim_start_matches(['$', ' ']).chars().filter(|c| *c != ',').collect();
    let text = text.trim().trim_start_matches('$').to_owned();
    (!text.is_empty()).then_some((text, is_negative))
}

/// A share, in thousandths of a percent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Percent(u32);

impl Percent {
    /// Of a text such as `0.5`, from 0 to 100, with at most three places.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (whole, places) = text.split_once('.').unwrap_or((text, ""));
        let are_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty() || places.len() > 3 || !are_digits(whole) || !are_digits(places) {
            return None;
        }
        let whole: u32 = whole.parse().ok().filter(|whole| *whole <= 100)?;
        let places: u32 = format!("{places:0<3}").parse().ok()?;
        Some(Self(whole * 1_000 + places)).filter(|percent| percent.0 <= 100_000)
    }

    /// So much of an amount, rounded down.
    pub(super) fn of(self, amount: Amount) -> Amount {
        amount.saturating_mul(Amount::from(self.0)) / 100_000
    }
}
