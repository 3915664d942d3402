//! Values of a document as the JSON that the API's readers take. A document's texts have no types: what is a number or a
//! flag is known by the member's name. Amounts of money stay texts, so that no digit is lost.

use gw_config::Place;
use gw_config::document::{Kind, Node, Scalar};
use serde_json::{Map, Number, Value};

/// Members that are numbers.
const NUMBERS: [&str; 13] = [
    "rpm",
    "tpm",
    "max_parallel",
    "burst",
    "limit",
    "per",
    "max_input_tokens",
    "max_output_tokens",
    "alert_at",
    "ttl_seconds",
    "max_ttl_seconds",
    "record_retention_days",
    "body_retention_days",
];

/// Members that are true or false.
const FLAGS: [&str; 6] = ["strict", "shadow", "disabled", "member_keys", "fallbacks", "opt_in"];

/// The value of a member.
pub(super) fn value(member: &str, node: &Node) -> Value {
    if node.is_null() {
        return Value::Null;
    }
    match &node.kind {
        // Values of parameters are anything.
        Kind::Map(_) if matches!(member, "defaults" | "forced") => node.typed().unwrap_or_default(),
        Kind::Scalar(scalar) => scalar_value(member, scalar),
        Kind::List(items) => items.iter().map(|item| value(member, item)).collect(),
        Kind::Map(entries) => {
            // Names of metadata and of providers are anything, and what they say is text.
            let is_texts = matches!(member, "metadata" | "credentials");
            let entries = entries.iter().map(|(key, node)| {
                let name = if is_texts { "" } else { key.text.as_str() };
                (key.text.clone(), value(name, node))
            });
            Value::Object(entries.collect::<Map<_, _>>())
        }
        Kind::Broken => Value::Null,
    }
}

fn scalar_value(member: &str, scalar: &Scalar) -> Value {
    let text = scalar.text.as_str();
    // A quoted number is a text, and the reader says so.
    if scalar.plain || scalar.filled {
        if NUMBERS.contains(&member)
            && let Ok(number) = text.parse::<Number>()
        {
            return Value::Number(number);
        }
        if FLAGS.contains(&member)
            && let Ok(flag) = text.parse::<bool>()
        {
            return Value::Bool(flag);
        }
    }
    Value::String(text.to_owned())
}

/// The text of a scalar that is not null.
pub(super) fn text(node: &Node) -> Option<String> {
    match &node.kind {
        Kind::Scalar(scalar) if !node.is_null() => Some(scalar.text.clone()),
        _ => None,
    }
}

/// Where a field such as `limits.more[1].unit` stands, or what is nearest above it.
pub(super) fn place(node: &Node, field: &str) -> Place {
    let (mut at, mut place) = (node, node.place);
    for step in field.split(['.', '[']) {
        let next = match (&at.kind, step.strip_suffix(']')) {
            (Kind::List(items), Some(number)) => number.parse::<usize>().ok().and_then(|n| items.get(n)),
            (Kind::Map(entries), _) => entries.iter().find(|(key, _)| key.text == step).map(|(key, node)| {
                place = key.place;
                node
            }),
            _ => None,
        };
        let Some(next) = next else { return place };
        if !matches!(next.kind, Kind::Map(_)) || matches!(at.kind, Kind::List(_)) {
            place = next.place;
        }
        at = next;
    }
    place
}
