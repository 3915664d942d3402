//! Is every member of a body said once? Of two, a reader would take one, and whoever wrote them may mean the other. Pure.

use serde::Deserializer;
use serde::de::{DeserializeSeed, Error, MapAccess, SeqAccess, Visitor};
use std::collections::HashSet;
use std::fmt;

/// The place of the first member that stands twice in its object, as `limits.rpm`; `None` when there is none, or the text is
/// no JSON: others say that.
pub(super) fn twice(body: &[u8]) -> Option<String> {
    let mut found = None;
    let mut reader = serde_json::Deserializer::from_slice(body);
    // It ends early where something is found.
    let _ = Value { path: "", found: &mut found }.deserialize(&mut reader);
    found
}

/// A value at a place.
struct Value<'p> {
    path: &'p str,
    found: &'p mut Option<String>,
}

impl<'de> DeserializeSeed<'de> for Value<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<(), D::Error> {
        reader.deserialize_any(self)
    }
}

macro_rules! passed_over {
    ($($name:ident: $kind:ty),+) => {
        $(fn $name<E>(self, _: $kind) -> Result<(), E> { Ok(()) })+
    };
}

impl<'de> Visitor<'de> for Value<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    passed_over!(visit_bool: bool, visit_i64: i64, visit_u64: u64, visit_f64: f64, visit_str: &str);

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        let mut at = 0_usize;
        loop {
            let path = format!("{}[{at}]", self.path);
            if list.next_element_seed(Value { path: &path, found: &mut *self.found })?.is_none() {
                return Ok(());
            }
            at += 1;
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        let mut known = HashSet::new();
        while let Some(name) = members.next_key::<String>()? {
            let path = if self.path.is_empty() { name.clone() } else { format!("{}.{name}", self.path) };
            if !known.insert(name) {
                *self.found = Some(path);
                return Err(A::Error::custom("a member stands twice"));
            }
            members.next_value_seed(Value { path: &path, found: &mut *self.found })?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    //! Members that stand once, and twice.
    use super::twice;

    #[test]
    fn the_first_that_stands_twice_is_named() {
        let of = |text: &str| twice(text.as_bytes());
        assert_eq!(of(r#"{"a": 1, "b": {"a": [1, {"c": null}], "c": 2.5}, "c": true}"#), None);
        assert_eq!(of(r#"{"name": "x", "name": "y"}"#).as_deref(), Some("name"));
        assert_eq!(of(r#"{"limits": {"rpm": 1, "\u0072pm": 2}}"#).as_deref(), Some("limits.rpm"));
        assert_eq!(
            of(r#"{"budgets": [{}, {"period": "day", "period": "week"}]}"#).as_deref(),
            Some("budgets[1].period")
        );
        assert_eq!(of("{"), None);
        assert_eq!(of(&"[".repeat(100_000)), None);
    }
}
