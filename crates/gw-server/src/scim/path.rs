//! Names of attributes (`name.givenName`, with or without the schema before it), and the paths of patches
//! (`emails[type eq "work"].value`). Pure.

use super::filter::{self, Filter};
use super::schema::{Attribute, ResourceKind, Schema};
use serde_json::{Map, Value};

/// An attribute of a resource, or a part of one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    /// The extension that it stands in.
    pub(crate) extension: Option<&'static Schema>,
    pub(crate) attribute: &'static Attribute,
    pub(crate) sub: Option<&'static Attribute>,
}

impl Place {
    /// What is meant in the end.
    pub(crate) fn leaf(&self) -> &'static Attribute {
        self.sub.unwrap_or(self.attribute)
    }

    /// The object that the attribute stands in.
    pub(crate) fn home<'v>(&self, resource: &'v Map<String, Value>) -> Option<&'v Map<String, Value>> {
        match self.extension {
            None => Some(resource),
            Some(schema) => resource.get(schema.urn).and_then(Value::as_object),
        }
    }

    /// All values that stand there.
    pub(crate) fn values<'v>(&self, resource: &'v Map<String, Value>) -> Vec<&'v Value> {
        let Some(value) = self.home(resource).and_then(|home| home.get(self.attribute.name)) else {
            return Vec::new();
        };
        let each: Vec<&Value> = match value {
            Value::Array(list) => list.iter().collect(),
            value => vec![value],
        };
        match self.sub {
            None => each,
            Some(sub) => each.into_iter().filter_map(|value| value.get(sub.name)).collect(),
        }
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if let Some(schema) = self.extension {
            write!(f, "{}:", schema.urn)?;
        }
        f.write_str(self.attribute.name)?;
        self.sub.map_or(Ok(()), |sub| write!(f, ".{}", sub.name))
    }
}

/// What a name means.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Named {
    Place(Place),
    /// All of an extension.
    Extension(&'static Schema),
}

/// Finds what a name means; nothing where there is no such attribute.
pub(crate) fn find(kind: &ResourceKind, name: &str) -> Option<Named> {
    let behind = |urn: &str| {
        let (head, rest) = (name.get(..urn.len())?, name.get(urn.len()..)?);
        head.eq_ignore_ascii_case(urn).then_some(rest)
    };
    for extension in kind.extensions {
        match behind(extension.urn) {
            Some("") => return Some(Named::Extension(extension)),
            Some(rest) => {
                let (attribute, sub) = split(rest.strip_prefix(':')?);
                return place(Some(extension), extension.attribute(attribute)?, sub).map(Named::Place);
            }
            None => {}
        }
    }
    let name = behind(kind.schema.urn).and_then(|rest| rest.strip_prefix(':')).unwrap_or(name);
    let (attribute, sub) = split(name);
    place(None, kind.attribute(attribute)?, sub).map(Named::Place)
}

fn split(name: &str) -> (&str, Option<&str>) {
    name.split_once('.').map_or((name, None), |(attribute, sub)| (attribute, Some(sub)))
}

fn place(
    extension: Option<&'static Schema>,
    attribute: &'static Attribute,
    sub: Option<&str>,
) -> Option<Place> {
    match sub {
        None => Some(Place { extension, attribute, sub: None }),
        Some(sub) => Some(Place { extension, attribute, sub: Some(attribute.sub(sub)?) }),
    }
}

/// What a patch changes.
#[derive(Debug)]
pub(crate) enum Target {
    Place {
        place: Place,
        /// Of several values, those that it says.
        filter: Option<Filter>,
    },
    Extension(&'static Schema),
}

/// Reads the path of a patch. Errors: why there is nothing at it, for people.
pub(crate) fn target(kind: &ResourceKind, text: &str) -> Result<Target, String> {
    let text = text.trim();
    let unknown = || format!("there is no attribute at the path '{text}'");
    let Some((name, rest)) = text.split_once('[') else {
        return match find(kind, text).ok_or_else(unknown)? {
            Named::Place(place) => Ok(Target::Place { place, filter: None }),
            Named::Extension(schema) => Ok(Target::Extension(schema)),
        };
    };
    let Some(Named::Place(mut place)) = find(kind, name.trim()) else { return Err(unknown()) };
    if place.sub.is_some() || !place.attribute.many || place.attribute.subs.is_empty() {
        return Err(format!("'{place}' has no values that a filter could choose from"));
    }
    let (inner, behind) = rest.rsplit_once(']').ok_or_else(|| format!("a ']' is missing in '{text}'"))?;
    let filter = filter::within(place.attribute, inner).map_err(|fault| fault.detail)?;
    if let Some(sub) = behind.strip_prefix('.') {
        place.sub = Some(place.attribute.sub(sub).ok_or_else(unknown)?);
    } else if !behind.is_empty() {
        return Err(unknown());
    }
    Ok(Target::Place { place, filter: Some(filter) })
}
