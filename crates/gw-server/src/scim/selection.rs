//! Which attributes of a resource are shown: `attributes` and `excludedAttributes`. Pure.

use super::path::{self, Named};
use super::schema::{COMMON, ResourceKind, Returned};
use serde_json::{Map, Value};

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Selection {
    wanted: Option<Vec<Named>>,
    left_out: Vec<Named>,
}

impl Selection {
    /// Reads names with commas between. Names of nothing say nothing.
    pub(crate) fn read(kind: &ResourceKind, wanted: Option<&str>, left_out: Option<&str>) -> Self {
        let named = |text: &str| -> Vec<Named> {
            text.split(',').filter_map(|name| path::find(kind, name.trim())).collect()
        };
        let wanted = wanted.filter(|text| !text.trim().is_empty());
        Self { wanted: wanted.map(named), left_out: left_out.map(named).unwrap_or_default() }
    }

    /// Is that part of an attribute asked for, by its name or with all of the attribute?
    pub(crate) fn asks_for(&self, attribute: &str, part: &str) -> bool {
        let is_it = |named: &Named| match named {
            Named::Place(place) => {
                place.extension.is_none()
                    && place.attribute.name == attribute
                    && place.sub.is_none_or(|sub| sub.name == part)
            }
            Named::Extension(_) => false,
        };
        self.wanted.iter().flatten().any(is_it)
    }

    /// What of a resource is shown.
    pub(crate) fn of(&self, mut resource: Map<String, Value>) -> Map<String, Value> {
        if let Some(wanted) = &self.wanted {
            let always = COMMON.iter().filter(|attribute| attribute.returned == Returned::Always);
            let mut shown: Map<String, Value> = always
                .filter_map(|attribute| {
                    Some((attribute.name.to_owned(), resource.get(attribute.name)?.clone()))
                })
                .collect();
            for named in wanted {
                take(&resource, named, &mut shown);
            }
            return shown;
        }
        for named in &self.left_out {
            leave_out(&mut resource, named);
        }
        resource
    }
}

fn take(from: &Map<String, Value>, named: &Named, to: &mut Map<String, Value>) {
    let place = match named {
        Named::Extension(schema) => {
            if let Some(value) = from.get(schema.urn) {
                to.insert(schema.urn.to_owned(), value.clone());
            }
            return;
        }
        Named::Place(place) => place,
    };
    let Some(value) = place.home(from).and_then(|home| home.get(place.attribute.name)) else { return };
    let home = match place.extension {
        None => Some(to),
        Some(schema) => to.entry(schema.urn).or_insert_with(|| Value::Object(Map::new())).as_object_mut(),
    };
    let Some(home) = home else { return };
    let Some(sub) = place.sub else {
        home.insert(place.attribute.name.to_owned(), value.clone());
        return;
    };
    let part = |from: &Value, to: &mut Value| {
        if let (Some(value), Some(to)) = (from.get(sub.name), to.as_object_mut()) {
            to.insert(sub.name.to_owned(), value.clone());
        }
    };
    let empty = || Value::Object(Map::new());
    match value {
        Value::Array(list) => {
            let all = home
                .entry(place.attribute.name)
                .or_insert_with(|| Value::Array(list.iter().map(|_| empty()).collect()));
            if let Value::Array(all) = all {
                list.iter().zip(all).for_each(|(from, to)| part(from, to));
            }
        }
        value => part(value, home.entry(place.attribute.name).or_insert_with(empty)),
    }
}

fn leave_out(resource: &mut Map<String, Value>, named: &Named) {
    let place = match named {
        Named::Extension(schema) => {
            resource.remove(schema.urn);
            return;
        }
        Named::Place(place) if place.attribute.returned == Returned::Always => return,
        Named::Place(place) => place,
    };
    let home = match place.extension {
        None => Some(resource),
        Some(schema) => resource.get_mut(schema.urn).and_then(Value::as_object_mut),
    };
    let Some(home) = home else { return };
    match (place.sub, home.get_mut(place.attribute.name)) {
        (None, _) => drop(home.remove(place.attribute.name)),
        (Some(sub), Some(Value::Array(list))) => {
            for members in list.iter_mut().filter_map(Value::as_object_mut) {
                members.remove(sub.name);
            }
        }
        (Some(sub), Some(Value::Object(members))) => drop(members.remove(sub.name)),
        _ => {}
    }
}
