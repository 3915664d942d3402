//! Changes of an attribute with several values: all of them, or those that a filter says. Pure.

use super::super::filter::Filter;
use super::super::path::Place;
use super::super::resource::{is_primary, one_value, value_at};
use super::super::schema::Mutability;
use super::super::{Fault, FaultKind};
use super::Op;
use serde_json::{Map, Value};

pub(super) fn change(
    home: &mut Map<String, Value>,
    op: Op,
    place: &Place,
    filter: Option<&Filter>,
    given: &Value,
) -> Result<(), Fault> {
    let name = place.attribute.name;
    let mut values = match home.remove(name) {
        Some(Value::Array(values)) => values,
        _ => Vec::new(),
    };
    let done = match (filter, place.sub) {
        (None, None) => whole(&mut values, op, place, given),
        _ => chosen(&mut values, op, place, filter, given),
    };
    if !values.is_empty() {
        home.insert(name.to_owned(), Value::Array(values));
    }
    done
}

/// The attribute itself.
fn whole(values: &mut Vec<Value>, op: Op, place: &Place, given: &Value) -> Result<(), Fault> {
    let new = match value_at(place, given)? {
        Some(Value::Array(new)) => new,
        _ => Vec::new(),
    };
    match op {
        Op::Replace => *values = without_twins(new),
        Op::Add => {
            if new.iter().any(is_primary) {
                values.iter_mut().for_each(no_primary);
            }
            values.extend(new);
            *values = without_twins(std::mem::take(values));
        }
        // Some clients list what is to go.
        Op::Remove if !new.is_empty() => values.retain(|value| !new.iter().any(|gone| is_same(value, gone))),
        Op::Remove => values.clear(),
    }
    Ok(())
}

/// Those that the filter says, or a part of them.
fn chosen(
    values: &mut Vec<Value>,
    op: Op,
    place: &Place,
    filter: Option<&Filter>,
    given: &Value,
) -> Result<(), Fault> {
    let is_chosen = |value: &Value| {
        let Some(filter) = filter else { return true };
        value.as_object().is_some_and(|members| filter.matches(members))
    };
    if op == Op::Remove {
        match place.sub {
            None => values.retain(|value| !is_chosen(value)),
            Some(sub) => {
                for value in values.iter_mut().filter(|value| is_chosen(value)) {
                    value.as_object_mut().map(|members| members.remove(sub.name));
                }
                values.retain(|value| value.as_object().is_none_or(|members| !members.is_empty()));
            }
        }
        return Ok(());
    }
    let new = part(place, given)?;
    let is_immutable = place.leaf().mutability == Mutability::Immutable;
    if is_immutable && place.sub.is_some() {
        return Err(Fault::new(
            FaultKind::Mutability,
            format!("'{place}' cannot be changed; remove and add it"),
        ));
    }
    if !values.iter().any(is_chosen) {
        let Some(mut value) =
            (op == Op::Add).then(|| filter.map_or(Some(Map::new()), Filter::as_value)).flatten()
        else {
            let text = format!("'{place}' has no value that the path means");
            return Err(Fault::new(FaultKind::NoTarget, text));
        };
        value.extend(new);
        values.push(Value::Object(value));
        return Ok(());
    }
    if new.get("primary").and_then(Value::as_bool).unwrap_or(false) {
        values.iter_mut().filter(|value| !is_chosen(value)).for_each(no_primary);
    }
    for value in values.iter_mut().filter(|value| is_chosen(value)) {
        if let Some(members) = value.as_object_mut() {
            members.extend(new.clone());
        }
    }
    Ok(())
}

/// The members that each chosen value gets.
fn part(place: &Place, given: &Value) -> Result<Map<String, Value>, Fault> {
    let Some(sub) = place.sub else {
        return match one_value(place.attribute, given)? {
            Some(Value::Object(members)) => Ok(members),
            _ => Err(Fault::value(place.attribute.name, "must say something")),
        };
    };
    let value = value_at(place, given)?;
    Ok(value.into_iter().map(|value| (sub.name.to_owned(), value)).collect())
}

fn no_primary(value: &mut Value) {
    if let Some(members) = value.as_object_mut()
        && members.contains_key("primary")
    {
        members.insert("primary".to_owned(), Value::Bool(false));
    }
}

/// Each value once; of twins the last one counts.
fn without_twins(values: Vec<Value>) -> Vec<Value> {
    // Members of groups are many, and known by their ids alone.
    let mut places: std::collections::HashMap<(String, String), usize> = std::collections::HashMap::new();
    let mut kept: Vec<Value> = Vec::with_capacity(values.len());
    for value in values {
        match identity(&value) {
            None => kept.push(value),
            Some(identity) => match places.get(&identity).and_then(|place| kept.get_mut(*place)) {
                Some(known) => *known = value,
                None => {
                    places.insert(identity, kept.len());
                    kept.push(value);
                }
            },
        }
    }
    kept
}

/// What a value is known by: itself, and what it is for.
fn identity(value: &Value) -> Option<(String, String)> {
    let text = |name: &str| value.get(name).and_then(Value::as_str).map(str::to_owned);
    Some((text("value")?, text("type").unwrap_or_default().to_lowercase()))
}

/// Is that the value that is meant? What is not said of it may be anything.
fn is_same(value: &Value, meant: &Value) -> bool {
    match (value, meant) {
        (Value::Object(is), Value::Object(meant)) => match (is.get("value"), meant.get("value")) {
            (Some(is), Some(meant)) => is == meant,
            _ => meant.iter().all(|(name, meant)| is.get(name) == Some(meant)),
        },
        _ => value == meant,
    }
}
