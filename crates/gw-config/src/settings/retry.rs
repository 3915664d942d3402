//! Retries of a model alias.

use crate::document::Node;
use crate::place::At;
use crate::shape::{Reader, Shape, Whole, settings, shown};
use gw_model::ErrorClass;
use gw_model::snapshot::RetryOn;
use serde_json::{Value, json};

settings! {
    /// When a failed attempt is made again at the same target, before the next one is tried.
    pub struct RetrySettings {
        /// Tries at one target, the first included.
        default(2) attempts: Whole<1, 10>,
        /// What is worth another try: `429`, `5xx`, another status from 400 on, `timeout`, `connect`, or a class of errors such as `overloaded` (docs/routing.md).
        optional on: Vec<At<OnFailure>>,
        /// First pause, in milliseconds; it doubles each time, with jitter.
        default(200) backoff_ms: Whole<1, 60_000>,
        /// Longest pause, and longest Retry-After that is waited for, in milliseconds.
        default(5_000) max_backoff_ms: Whole<1, 600_000>,
    }
}

/// One kind of failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OnFailure(pub RetryOn);

impl Shape for OnFailure {
    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        let scalar = reader.scalar(node, "429, 5xx, timeout, connect or a status")?;
        let found = match scalar.text.trim() {
            "429" => Some(RetryOn::Status429),
            "5xx" | "5XX" => Some(RetryOn::Status5xx),
            "timeout" => Some(RetryOn::Timeout),
            "connect" => Some(RetryOn::Connect),
            word => word.parse().map(RetryOn::Class).ok().or_else(|| {
                word.parse().ok().filter(|status| (400..600).contains(status)).map(RetryOn::Status)
            }),
        };
        if found.is_none() {
            let text = shown(&scalar.text);
            reader.fault(
                node.place,
                &format!("knows 429, 5xx, timeout, connect, classes of errors and statuses 400 to 599, not '{text}'"),
            );
        }
        found.map(Self)
    }

    fn schema() -> Value {
        let mut words = vec!["5xx", "timeout", "connect"];
        words.extend(ErrorClass::ALL.iter().map(|class| class.as_str()).filter(|class| *class != "timeout"));
        json!({ "anyOf": [
            { "enum": words },
            { "type": "integer", "minimum": 400, "maximum": 599 },
            { "type": "string", "pattern": r"^([45][0-9][0-9]|.*\$\{.*)$" },
        ] })
    }
}
