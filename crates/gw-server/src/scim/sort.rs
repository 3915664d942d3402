//! The order of a list (RFC 7644, 3.4.2.3). Pure.

use super::path::{self, Named, Place};
use super::resource::is_primary;
use super::schema::{Kind, ResourceKind};
use super::{Fault, FaultKind};
use serde_json::{Map, Value};
use std::cmp::Ordering;

/// By which attribute a list is ordered, and which way.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Order {
    place: Place,
    is_descending: bool,
}

impl Order {
    /// Reads what a query says. An attribute with parts, of which none is named, is ordered by its `value`.
    pub(crate) fn read(kind: &ResourceKind, by: &str, order: Option<&str>) -> Result<Self, Fault> {
        let wrong = |detail: String| Fault::new(FaultKind::InvalidPath, detail);
        let Some(Named::Place(mut place)) = path::find(kind, by.trim()) else {
            return Err(wrong(format!("'sortBy': there is no attribute '{by}'")));
        };
        if place.sub.is_none() && place.attribute.kind == Kind::Complex {
            place.sub = place.attribute.sub("value");
            if place.sub.is_none() {
                return Err(wrong(format!("'sortBy': name a part of '{by}', such as name.familyName")));
            }
        }
        let order = order.map(str::trim).filter(|order| !order.is_empty()).unwrap_or("ascending");
        match order.to_ascii_lowercase().as_str() {
            "ascending" => Ok(Self { place, is_descending: false }),
            "descending" => Ok(Self { place, is_descending: true }),
            _ => Err(Fault::new(FaultKind::InvalidValue, "'sortOrder' must be ascending or descending")),
        }
    }

    /// Which of two comes first. What has no value comes last, and first where the order is turned round.
    pub(crate) fn compare(&self, one: &Map<String, Value>, other: &Map<String, Value>) -> Ordering {
        let ordering = match (self.value(one), self.value(other)) {
            (None, None) => Ordering::Equal,
            (None, Some(_)) => Ordering::Greater,
            (Some(_), None) => Ordering::Less,
            (Some(one), Some(other)) => self.values(one, other),
        };
        if self.is_descending { ordering.reverse() } else { ordering }
    }

    fn values(&self, one: &Value, other: &Value) -> Ordering {
        match (one, other) {
            (Value::String(one), Value::String(other)) if self.place.leaf().exact => one.cmp(other),
            (Value::String(one), Value::String(other)) => one.to_lowercase().cmp(&other.to_lowercase()),
            (Value::Bool(one), Value::Bool(other)) => one.cmp(other),
            (one, other) => one.as_f64().unwrap_or(0.0).total_cmp(&other.as_f64().unwrap_or(0.0)),
        }
    }

    /// Of several values the primary one, else the first.
    fn value<'v>(&self, resource: &'v Map<String, Value>) -> Option<&'v Value> {
        let whole = self.place.home(resource)?.get(self.place.attribute.name)?;
        let one = match whole {
            Value::Array(list) => list.iter().find(|value| is_primary(value)).or_else(|| list.first())?,
            one => one,
        };
        self.place.sub.map_or(Some(one), |sub| one.get(sub.name))
    }
}

#[cfg(test)]
mod tests {
    //! Orders of a few people.
    use super::Order;
    use crate::scim::schema::USERS;
    use serde_json::{Map, Value, json};

    fn people() -> Vec<Map<String, Value>> {
        let all = json!([
            {"id": "1", "userName": "bob", "active": true, "name": {"familyName": "Young"},
             "emails": [{"value": "x@b"}, {"value": "a@b", "primary": true}]},
            {"id": "2", "userName": "Ada", "active": false, "emails": [{"value": "m@b"}]},
            {"id": "3", "userName": "cleo", "name": {"familyName": "adams"}},
        ]);
        all.as_array().unwrap().iter().map(|one| one.as_object().unwrap().clone()).collect()
    }

    fn by(attribute: &str, order: Option<&str>) -> String {
        let order = Order::read(&USERS, attribute, order).unwrap();
        let mut people = people();
        people.sort_by(|one, other| order.compare(one, other));
        people.iter().map(|one| one["id"].as_str().unwrap()).collect()
    }

    #[test]
    fn lists_have_the_order_that_is_asked_for() {
        assert_eq!(by("userName", None), "213");
        assert_eq!(by("USERNAME", Some("Descending")), "312");
        assert_eq!(by("name.familyName", None), "312", "what has none comes last");
        assert_eq!(by("name.familyName", Some("descending")), "213", "and first, turned round");
        assert_eq!(by("emails", None), "123", "by the primary one");
        assert_eq!(by("emails.value", None), "123");
        assert_eq!(by("active", None), "213");
    }

    #[test]
    fn what_cannot_order_is_refused() {
        for (attribute, order) in [("shoeSize", None), ("name", None), ("userName", Some("up"))] {
            assert!(Order::read(&USERS, attribute, order).is_err(), "{attribute}");
        }
    }
}
