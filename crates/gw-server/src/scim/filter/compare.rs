//! Whether a comparison holds. Of several values one is enough. Pure.

use super::super::path::Place;
use super::super::schema::Kind;
use super::{Literal, Operator};
use serde_json::{Map, Value};
use std::cmp::Ordering;

/// Is it more than nothing?
pub(super) fn says_something(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::String(text) => !text.is_empty(),
        Value::Array(list) => !list.is_empty(),
        Value::Object(members) => !members.is_empty(),
        Value::Bool(_) | Value::Number(_) => true,
    }
}

pub(super) fn holds(
    place: &Place,
    operator: Operator,
    literal: &Literal,
    object: &Map<String, Value>,
) -> bool {
    // What is not there is different from everything.
    if operator == Operator::NotEqual {
        return !holds(place, Operator::Equal, literal, object);
    }
    let values = place.values(object);
    if *literal == Literal::Null {
        return operator == Operator::Equal && !values.into_iter().any(says_something);
    }
    values.into_iter().any(|value| one(place, operator, literal, value))
}

fn one(place: &Place, operator: Operator, literal: &Literal, value: &Value) -> bool {
    // Of a complex value, its `value` is meant.
    let (leaf, value) = match (place.leaf(), value) {
        (leaf, Value::Object(members)) if leaf.kind == Kind::Complex => match leaf.sub("value") {
            Some(sub) => (sub, members.get("value").unwrap_or(&Value::Null)),
            None => return false,
        },
        (leaf, value) => (leaf, value),
    };
    match (literal, value) {
        (Literal::Flag(wanted), Value::Bool(is)) => wanted == is,
        (Literal::Time(wanted), Value::String(is)) => {
            gw_model::time::parse(is).is_some_and(|is| of_order(operator, is.cmp(wanted)))
        }
        (Literal::Text(wanted), Value::String(is)) if leaf.exact => texts(operator, is, wanted),
        (Literal::Text(wanted), Value::String(is)) => {
            texts(operator, &is.to_lowercase(), &wanted.to_lowercase())
        }
        _ => false,
    }
}

fn texts(operator: Operator, is: &str, wanted: &str) -> bool {
    match operator {
        Operator::Contains => is.contains(wanted),
        Operator::StartsWith => is.starts_with(wanted),
        Operator::EndsWith => is.ends_with(wanted),
        _ => of_order(operator, is.cmp(wanted)),
    }
}

const fn of_order(operator: Operator, order: Ordering) -> bool {
    match operator {
        Operator::Equal => order.is_eq(),
        Operator::NotEqual => order.is_ne(),
        Operator::Greater => order.is_gt(),
        Operator::GreaterOrEqual => order.is_ge(),
        Operator::Less => order.is_lt(),
        Operator::LessOrEqual => order.is_le(),
        Operator::Contains | Operator::StartsWith | Operator::EndsWith => false,
    }
}
