//! Amounts as invoices write them, and shares of them. Integers, with a sign: there are credits.

use gw_model::NanoUsd;

/// Tokens, or nano-dollars.
pub(crate) type Amount = i128;

/// Places of a dollar that are read; invoices have more at times, which mean nothing.
const PLACES: usize = 9;

/// How an invoice writes numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// `1,234.50`.
    Point,
    /// `1.234,50`.
    Comma,
}

impl Form {
    /// What stands before the places, and what may stand between thousands.
    const fn marks(self) -> (char, char) {
        match self {
            Self::Point => ('.', ','),
            Self::Comma => (',', '.'),
        }
    }
}

/// A number of dollars such as `12.5`, `$1,234.50`, `-0.25` or `(3.10)`, as nano-dollars.
pub(super) fn dollars(text: &str, form: Form) -> Option<Amount> {
    let (text, is_negative) = plain(text)?;
    if let Some((number, exponent)) = text.split_once(['e', 'E']) {
        let (whole, places) = parts(number, form)?;
        let amount = NanoUsd::parse_usd(&format!("{whole}.{places:0<1}e{exponent}")).ok()?;
        return Some(signed(Amount::from(amount.0), is_negative));
    }
    let (whole, places) = parts(text, form)?;
    let places = places.get(..PLACES).unwrap_or(places);
    let nanos: Amount = format!("{places:0<PLACES$}").parse().ok()?;
    let whole: Amount = whole.parse::<u64>().ok()?.into();
    Some(signed(whole * 1_000_000_000 + nanos, is_negative))
}

/// A whole number such as `1234`, `1,234` or `1234.0`.
pub(super) fn count(text: &str, form: Form) -> Option<Amount> {
    let (text, is_negative) = plain(text)?;
    let (whole, places) = parts(text, form)?;
    if !places.bytes().all(|byte| byte == b'0') {
        return None;
    }
    Some(signed(Amount::from(whole.parse::<u64>().ok()?), is_negative))
}

const fn signed(amount: Amount, is_negative: bool) -> Amount {
    if is_negative { -amount } else { amount }
}

/// The digits before and behind the mark of the decimals. What separates thousands stands between all of them or is refused:
/// a mark that is passed over where it means decimals makes another amount of it.
fn parts(text: &str, form: Form) -> Option<(String, &str)> {
    let (decimal, thousands) = form.marks();
    let (whole, places) = text.split_once(decimal).unwrap_or((text, ""));
    let are_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if (whole.is_empty() && places.is_empty()) || !are_digits(places) {
        return None;
    }
    let mut groups = whole.split(thousands);
    let first = groups.next()?;
    let mut digits = first.to_owned();
    for group in groups {
        let is_led = (1..=3).contains(&first.len()) && !first.starts_with('0');
        if !is_led || group.len() != 3 {
            return None;
        }
        digits.push_str(group);
    }
    if digits.is_empty() {
        digits.push('0');
    }
    are_digits(&digits).then_some((digits, places))
}

/// Without sign and currency; none where nothing is left.
fn plain(text: &str) -> Option<(&str, bool)> {
    let text = text.trim();
    let within = text.strip_prefix('(').and_then(|text| text.strip_suffix(')'));
    let (text, is_negative) = match (within, text.strip_prefix('-')) {
        (Some(text), _) | (None, Some(text)) => (text, true),
        (None, None) => (text, false),
    };
    let text = text.trim_start_matches(['$', ' ']).trim();
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
