//! Outlier ejection of a model alias: deployments that are much worse than their peers go behind them.

use crate::document::Node;
use crate::shape::{Reader, Shape, Whole, settings, shown};
use serde_json::{Value, json};

settings! {
    /// Targets that fail or take longer than the others of their group go behind them for a while.
    pub struct OutlierSettings {
        /// How many times as bad as its peers an outlier is, 1.1 to 100.
        default(3.0) factor: Factor,
        /// Requests within the window below which nothing is said of a target.
        default(20) min_requests: Whole<1, 1_000_000>,
        /// Length of the window, in seconds.
        default(30) window_seconds: Whole<1, 300>,
        /// Most of a group's targets that are ejected at the same time, in percent.
        default(50) max_ejected_percent: Whole<1, 100>,
        /// How long a target is ejected the first time, in seconds; doubles each time that it is again.
        default(30) eject_seconds: Whole<1, 86_400>,
        /// Longest ejection, in seconds.
        default(300) max_eject_seconds: Whole<1, 86_400>,
    }
}

/// How many times as bad, in thousandths.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Factor(u32);

impl Factor {
    /// In thousandths.
    #[must_use]
    pub const fn permille(self) -> u32 {
        self.0
    }
}

impl From<f64> for Factor {
    /// For defaults in code.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "brought within the bounds before"
    )]
    fn from(value: f64) -> Self {
        Self((value.clamp(1.1, 100.0) * 1000.0).round() as u32)
    }
}

impl Shape for Factor {
    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        let wanted = "a number from 1.1 to 100, such as 3";
        let scalar = reader.scalar(node, wanted)?;
        let parsed: Option<f64> = scalar.text.trim().parse().ok();
        let found = parsed.filter(|number| (1.1..=100.0).contains(number) && (scalar.plain || scalar.filled));
        if found.is_none() {
            reader.fault(node.place, &format!("must be {wanted}, not '{}'", shown(&scalar.text)));
        }
        found.map(Self::from)
    }

    fn schema() -> Value {
        json!({ "anyOf": [
            { "type": "number", "minimum": 1.1, "maximum": 100 },
            { "type": "string", "pattern": r"\$\{" },
        ] })
    }
}
