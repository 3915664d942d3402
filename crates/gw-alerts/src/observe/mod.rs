//! What rules find in figures. Each kind has its own module; who reads the figures is not known here.

pub mod anomaly;
pub mod budget;
pub mod traffic;

use crate::notice::Subject;
use gw_model::Micros;
use serde_json::{Map, Value};

/// Something that is out of order, or new.
#[derive(Clone, Debug, PartialEq)]
pub struct Observation {
    /// What tells it from others of the same rule; the same for as long as it goes on.
    pub key: String,
    /// What it is about.
    pub subject: Subject,
    /// One sentence for people.
    pub summary: String,
    /// Figures.
    pub details: Map<String, Value>,
    /// When it is over in any case.
    pub ends_at: Option<Micros>,
}

/// Members of an object.
#[must_use]
pub fn details(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

/// Key `app`, all requests.
#[must_use]
pub fn called(subject: &Subject) -> String {
    let name = if subject.name.is_empty() { &subject.id } else { &subject.name };
    match (subject.kind.as_str(), name.as_str()) {
        ("all", _) => "All requests".to_owned(),
        (kind, "") => format!("Requests without a {kind}"),
        (kind, name) => {
            let mut letters = kind.chars();
            let first: String =
                letters.next().map(|letter| letter.to_ascii_uppercase()).into_iter().collect();
            format!("{first}{} {name}", letters.as_str())
        }
    }
}
