//! Numbers, truth values, money and credentials. Each is parsed from the text in the file: money never
//! passes through a float.

use super::{Reader, Shape, shown};
use crate::document::{Node, Scalar};
use gw_model::money::MoneyError;
use gw_model::{FemtoUsd, NanoUsd, Secret};
use serde_json::{Value, json};

/// In the schema, a variable may stand for any scalar.
fn or_variable(schema: Value) -> Value {
    json!({ "anyOf": [schema, { "type": "string", "pattern": r"\$\{" }] })
}

/// A whole number between two bounds, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Whole<const MIN: u64, const MAX: u64>(u64);

impl<const MIN: u64, const MAX: u64> Whole<MIN, MAX> {
    /// The number.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0
    }

    /// The number as a size in memory; sizes beyond the machine's become the largest.
    #[must_use]
    pub fn size(self) -> usize {
        usize::try_from(self.0).unwrap_or(usize::MAX)
    }

    /// The number in 32 bits; larger ones become the largest.
    #[must_use]
    pub fn small(self) -> u32 {
        u32::try_from(self.0).unwrap_or(u32::MAX)
    }
}

impl<const MIN: u64, const MAX: u64> From<u64> for Whole<MIN, MAX> {
    /// For defaults in code: brings the number within the bounds.
    fn from(value: u64) -> Self {
        Self(value.clamp(MIN, MAX))
    }
}

impl<const MIN: u64, const MAX: u64> Shape for Whole<MIN, MAX> {
    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        let wanted = format!("a whole number from {MIN} to {MAX}");
        let scalar = reader.scalar(node, &wanted)?;
        let number = scalar.text.trim();
        let digits = !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit());
        let parsed = number.parse().ok().filter(|n| digits && (MIN..=MAX).contains(n));
        match parsed {
            Some(n) if scalar.plain || scalar.filled => Some(Self(n)),
            Some(n) => {
                reader.fault(node.place, &format!("must be a number, not a text: write {n}, without quotes"));
                None
            }
            None => {
                reader.fault(node.place, &format!("must be {wanted}, not '{}'", shown(&scalar.text)));
                None
            }
        }
    }

    fn schema() -> Value {
        or_variable(json!({ "type": "integer", "minimum": MIN, "maximum": MAX }))
    }
}

/// A number from 0 to 1, in thousandths.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fraction(u32);

impl Fraction {
    /// In thousandths.
    #[must_use]
    pub const fn permille(self) -> u32 {
        self.0
    }
}

impl From<f64> for Fraction {
    /// For defaults in code.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "brought within the bounds before"
    )]
    fn from(value: f64) -> Self {
        Self((value.clamp(0.0, 1.0) * 1000.0).round() as u32)
    }
}

impl Shape for Fraction {
    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        let wanted = "a number from 0 to 1, such as 0.22";
        let scalar = reader.scalar(node, wanted)?;
        let parsed: Option<f64> = scalar.text.trim().parse().ok();
        let found = parsed.filter(|number| (0.0..=1.0).contains(number) && (scalar.plain || scalar.filled));
        if found.is_none() {
            reader.fault(node.place, &format!("must be {wanted}, not '{}'", shown(&scalar.text)));
        }
        found.map(Self::from)
    }

    fn schema() -> Value {
        or_variable(json!({ "type": "number", "minimum": 0, "maximum": 1 }))
    }
}

impl Shape for bool {
    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        let scalar = reader.scalar(node, "true or false")?;
        let unquoted = scalar.plain || scalar.filled;
        match scalar.text.trim() {
            "true" | "True" | "TRUE" if unquoted => Some(true),
            "false" | "False" | "FALSE" if unquoted => Some(false),
            word @ ("true" | "false") => {
                reader.fault(node.place, &format!("must be true or false: write {word}, without quotes"));
                None
            }
            other => {
                reader.fault(node.place, &format!("must be true or false, not '{}'", shown(other)));
                None
            }
        }
    }

    fn schema() -> Value {
        or_variable(json!({ "type": "boolean" }))
    }
}

/// US dollars, exact to the nano-dollar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Usd(pub NanoUsd);

/// A price in US dollars for a million tokens, kept as femto-dollars for one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UsdPerMillionTokens(pub FemtoUsd);

impl Shape for Usd {
    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        let scalar = reader.scalar(node, "an amount of US dollars such as 50 or 0.10")?;
        money(node, scalar, reader, "50 or 0.10", NanoUsd::parse_usd(scalar.text.trim())).map(Self)
    }

    fn schema() -> Value {
        or_variable(json!({ "type": ["number", "string"], "minimum": 0 }))
    }
}

impl Shape for UsdPerMillionTokens {
    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        let scalar = reader.scalar(node, "US dollars for a million tokens, such as 2.50")?;
        let (mantissa, exponent) =
            scalar.text.trim().split_once(['e', 'E']).unwrap_or((scalar.text.trim(), "0"));
        // A millionth of the price, by its exponent: exact, as a division would not be.
        let price = match exponent.parse::<i32>() {
            Ok(exponent) => FemtoUsd::parse_usd(&format!("{mantissa}e{}", exponent.saturating_sub(6))),
            Err(_) => Err(MoneyError::NotDecimal),
        };
        money(node, scalar, reader, "2.50", price).map(Self)
    }

    fn schema() -> Value {
        or_variable(json!({ "type": ["number", "string"], "minimum": 0 }))
    }
}

fn money<T>(
    node: &Node,
    scalar: &Scalar,
    reader: &mut Reader<'_>,
    example: &str,
    parsed: Result<T, MoneyError>,
) -> Option<T> {
    match parsed {
        Ok(amount) => Some(amount),
        Err(error) => {
            let text = shown(&scalar.text);
            let why = if text.trim_start().starts_with('-') {
                "must not be negative".to_owned()
            } else {
                format!("is {error}")
            };
            reader.fault(node.place, &format!("{why}: '{text}'; write for example {example}"));
            None
        }
    }
}

impl Shape for Secret {
    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        let scalar = reader.scalar(node, "a credential, best as ${VARIABLE}")?;
        let text = scalar.text.trim();
        if text.is_empty() {
            reader.fault(node.place, "is empty: set the variable, or remove the key");
            return None;
        }
        // It goes into a header; a line break in it would split the request.
        if text.chars().any(|c| c.is_control() || !c.is_ascii()) {
            reader
                .fault(node.place, "holds characters that a credential can not have (control or non-ASCII)");
            return None;
        }
        Some(Self::new(text.to_owned()))
    }

    fn schema() -> Value {
        json!({ "type": "string", "minLength": 1, "writeOnly": true })
    }
}
