//! Changes of a resource (RFC 7644, 3.5.2), also as Microsoft Entra and Okta spell them: operations in any case, values
//! without a path whose members are paths, a list of what is to be removed. All operations are done, or none. Pure.

mod values;

use super::path::{self, Named, Place, Target};
use super::resource::{self, value_at};
use super::schema::{Kind, Mutability, ResourceKind, Schema};
use super::{Fault, FaultKind};
use serde_json::{Map, Value};

/// The schema of a patch.
const PATCH_OP: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

/// Most operations of one patch.
const MAX_OPERATIONS: usize = 1_000;

/// What an operation does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Op {
    Add,
    Replace,
    Remove,
}

/// The resource as it is after a patch.
pub(crate) fn apply(
    kind: &ResourceKind,
    mut resource: Map<String, Value>,
    patch: &Value,
) -> Result<Map<String, Value>, Fault> {
    for operation in operations(patch)? {
        let op = op(operation)?;
        let value = member(operation, "value").unwrap_or(&Value::Null);
        match member(operation, "path") {
            None | Some(Value::Null) => without_path(kind, &mut resource, op, value)?,
            Some(Value::String(path)) if path.is_empty() => without_path(kind, &mut resource, op, value)?,
            Some(Value::String(path)) => {
                let target = path::target(kind, path);
                let target = target.map_err(|detail| Fault::new(FaultKind::InvalidPath, detail))?;
                at(&mut resource, op, &target, value)?;
            }
            Some(_) => return Err(Fault::new(FaultKind::InvalidPath, "'path' must be a text")),
        }
    }
    resource::required(kind, &resource)?;
    Ok(resource)
}

fn operations(patch: &Value) -> Result<&[Value], Fault> {
    let wrong = |detail: &str| Fault::new(FaultKind::InvalidSyntax, detail);
    let body = patch.as_object().ok_or_else(|| wrong("the body must be a JSON object"))?;
    if let Some(Value::Array(schemas)) = find(body, "schemas") {
        let is_patch =
            |schema: &Value| schema.as_str().is_some_and(|text| text.eq_ignore_ascii_case(PATCH_OP));
        if !schemas.iter().any(is_patch) {
            return Err(wrong(
                "'schemas' of a patch must have urn:ietf:params:scim:api:messages:2.0:PatchOp",
            ));
        }
    }
    match find(body, "Operations") {
        Some(Value::Array(list)) if list.is_empty() => {
            Err(Fault::new(FaultKind::InvalidValue, "'Operations' is empty"))
        }
        Some(Value::Array(list)) if list.len() > MAX_OPERATIONS => {
            let text = format!("there may be {MAX_OPERATIONS} operations at once");
            Err(Fault::new(FaultKind::TooMany, text))
        }
        Some(Value::Array(list)) => Ok(list),
        _ => Err(wrong("'Operations' must be a list")),
    }
}

fn find<'v>(object: &'v Map<String, Value>, name: &str) -> Option<&'v Value> {
    object.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}

fn member<'v>(operation: &'v Value, name: &str) -> Option<&'v Value> {
    find(operation.as_object()?, name)
}

fn op(operation: &Value) -> Result<Op, Fault> {
    let text = member(operation, "op").and_then(Value::as_str).unwrap_or_default();
    match text.to_ascii_lowercase().as_str() {
        "add" => Ok(Op::Add),
        "replace" => Ok(Op::Replace),
        "remove" => Ok(Op::Remove),
        _ => Err(Fault::new(
            FaultKind::InvalidSyntax,
            format!("'op' must be add, replace or remove, not '{text}'"),
        )),
    }
}

/// Every member of the value is a path of its own. What no schema knows is left out.
fn without_path(
    kind: &ResourceKind,
    resource: &mut Map<String, Value>,
    op: Op,
    value: &Value,
) -> Result<(), Fault> {
    if op == Op::Remove {
        return Err(Fault::new(FaultKind::NoTarget, "'remove' needs a 'path'"));
    }
    let Value::Object(members) = value else {
        return Err(Fault::new(FaultKind::InvalidValue, "without a 'path', 'value' must be an object"));
    };
    for (name, value) in members {
        let target = if name.contains('[') {
            path::target(kind, name).map_err(|detail| Fault::new(FaultKind::InvalidPath, detail))?
        } else {
            match path::find(kind, name) {
                // Whole resources come with what only the gateway sets.
                Some(Named::Place(place)) if place.attribute.mutability == Mutability::ReadOnly => continue,
                Some(Named::Place(place)) => Target::Place { place, filter: None },
                Some(Named::Extension(schema)) => Target::Extension(schema),
                None => continue,
            }
        };
        at(resource, op, &target, value)?;
    }
    Ok(())
}

fn at(resource: &mut Map<String, Value>, op: Op, target: &Target, value: &Value) -> Result<(), Fault> {
    let (place, filter) = match target {
        Target::Extension(schema) => return extension(resource, op, schema, value),
        Target::Place { place, filter } => (place, filter.as_ref()),
    };
    if place.attribute.mutability == Mutability::ReadOnly || place.leaf().mutability == Mutability::ReadOnly {
        return Err(Fault::new(FaultKind::Mutability, format!("'{place}' is set by the gateway only")));
    }
    if place.attribute.mutability == Mutability::WriteOnly {
        return Ok(());
    }
    let home = match place.extension {
        None => &mut *resource,
        Some(schema) => {
            let home = resource.entry(schema.urn).or_insert_with(|| Value::Object(Map::new()));
            match home {
                Value::Object(home) => home,
                _ => return Ok(()),
            }
        }
    };
    match place.attribute.many {
        true => values::change(home, op, place, filter, value)?,
        false => single(home, op, place, value)?,
    }
    resource_cleaned(resource, place.extension);
    Ok(())
}

/// An extension of which nothing is left goes.
fn resource_cleaned(resource: &mut Map<String, Value>, extension: Option<&Schema>) {
    let Some(schema) = extension else { return };
    if resource.get(schema.urn).and_then(Value::as_object).is_some_and(Map::is_empty) {
        resource.remove(schema.urn);
    }
}

fn extension(
    resource: &mut Map<String, Value>,
    op: Op,
    schema: &'static Schema,
    value: &Value,
) -> Result<(), Fault> {
    if op == Op::Remove {
        resource.remove(schema.urn);
        return Ok(());
    }
    let Value::Object(members) = value else {
        return Err(Fault::value(schema.urn, "must be an object"));
    };
    for (name, value) in members {
        if let Some(attribute) = schema.attribute(name) {
            let place = Place { extension: Some(schema), attribute, sub: None };
            at(resource, op, &Target::Place { place, filter: None }, value)?;
        }
    }
    Ok(())
}

/// An attribute with one value, or a part of it.
fn single(home: &mut Map<String, Value>, op: Op, place: &Place, given: &Value) -> Result<(), Fault> {
    let name = place.attribute.name;
    let value = if op == Op::Remove { None } else { value_at(place, given)? };
    let Some(sub) = place.sub else {
        match (value, home.get_mut(name)) {
            (None, _) => drop(home.remove(name)),
            // Parts that are not given stay.
            (Some(Value::Object(new)), Some(Value::Object(is))) if place.attribute.kind == Kind::Complex => {
                is.extend(new);
            }
            (Some(value), _) => drop(home.insert(name.to_owned(), value)),
        }
        return Ok(());
    };
    let whole = home.entry(name).or_insert_with(|| Value::Object(Map::new()));
    if let Value::Object(members) = whole {
        match value {
            None => drop(members.remove(sub.name)),
            Some(value) => drop(members.insert(sub.name.to_owned(), value)),
        }
        if members.is_empty() {
            home.remove(name);
        }
    }
    Ok(())
}
