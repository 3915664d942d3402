//! Times of budgets: over what they run, and where days begin.

use super::{Reader, Shape, shown};
use crate::document::Node;
use gw_model::limits::{Period, TimeZone};
use serde_json::{Value, json};

/// Over what time a budget runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BudgetPeriod(pub Period);

impl Shape for BudgetPeriod {
    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        let wanted = "day, week, month, total, or a length such as 30d, 12h or 90m";
        let scalar = reader.scalar(node, wanted)?;
        let period = Period::from_name(scalar.text.trim());
        if period.is_none() {
            reader.fault(node.place, &format!("must be {wanted}, not '{}'", shown(&scalar.text)));
        }
        period.map(Self)
    }

    fn schema() -> Value {
        json!({ "anyOf": [
            { "enum": ["day", "week", "month", "total"] },
            { "type": "string", "pattern": r"^[0-9]+[dhm]$" },
            { "type": "string", "pattern": r"\$\{" },
        ] })
    }
}

/// A time zone by its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ZoneName(pub TimeZone);

impl Shape for ZoneName {
    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        let scalar = reader.scalar(node, "a time zone such as Europe/Berlin")?;
        let zone = TimeZone::from_name(scalar.text.trim());
        if zone.is_none() {
            let text = shown(&scalar.text);
            reader.fault(node.place, &format!("is no time zone: '{text}'; write for example Europe/Berlin"));
        }
        zone.map(Self)
    }

    fn schema() -> Value {
        json!({ "type": "string" })
    }
}
