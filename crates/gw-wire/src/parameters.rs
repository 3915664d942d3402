//! The parameters of a request, in every format that has some: which it has, and the same request with others. Serves
//! authorization; it is asked only where a caller has rules. It must not judge the names, and leaves every value that nobody
//! wants otherwise as it is written.

mod places;

use crate::json::{JsonError, Kind, Object, Value as Found, escape_into};
use crate::multipart::{Boundary, Form};
use gw_model::WireFormat;
use gw_model::access::{is_content, parameter_key};
use places::{Place, containers, key_of, key_within, place};
use serde_json::Value;

/// Deepest nesting that is read; a request has been checked before.
const MAX_DEPTH: usize = 1024;

/// A parameter that a request has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Given {
    /// As the caller spells it.
    pub name: String,
    /// As [`parameter_key`] gives it.
    pub key: String,
}

/// What a parameter is to be.
#[derive(Clone, Copy, Debug)]
pub struct Wish<'a> {
    /// In any spelling.
    pub name: &'a str,
    /// Its value, as OpenAI's chat format has it.
    pub value: &'a Value,
    /// Whatever the caller says; else only where it says nothing.
    pub is_forced: bool,
}

/// The parameters of a request. What is `null` is not there.
///
/// # Errors
/// It is no JSON object, or two readers could understand it differently.
pub fn given(format: WireFormat, body: &[u8]) -> Result<Vec<Given>, JsonError> {
    let request = Object::parse(body, MAX_DEPTH)?;
    let mut found = Vec::new();
    for member in &request.members {
        let value = request.value(member);
        if value.is_null() {
            continue;
        }
        let is_container = format != WireFormat::OpenAiResponses && containers(format, &member.key).is_some();
        if is_container && value.kind == Kind::Object {
            let inner = value.object()?;
            let stands = inner.members.iter().filter(|one| !inner.value(one).is_null());
            found
                .extend(stands.map(|one| Given { name: one.key.to_string(), key: key_of(format, &one.key) }));
            continue;
        }
        let key = key_of(format, &member.key);
        if !is_content(&key) {
            found.push(Given { name: member.key.to_string(), key });
        }
    }
    Ok(found)
}

/// The parameters of a form, with their texts. `None` when it cannot be read.
#[must_use]
pub fn given_in_form(body: &[u8], content_type: &[u8]) -> Option<Vec<(Given, String)>> {
    let form = Form::parse(body, &Boundary::of(content_type)?).ok()?;
    let fields = form.parts.iter().filter_map(|part| {
        let key = parameter_key(part.name);
        let text = String::from_utf8_lossy(form.value(part)).into_owned();
        (!is_content(&key)).then(|| (Given { name: part.name.to_owned(), key }, text))
    });
    Some(fields.collect())
}

/// A wish, and what is known of the request about it.
struct Plan {
    key: String,
    /// Where the format has it.
    place: Option<Place>,
    written: Value,
    is_forced: bool,
    /// The request says something of it.
    stands: bool,
}

/// What becomes of a member.
enum Fate<'p> {
    Keep,
    Drop,
    Replace(&'p Value),
}

/// The request with these parameters; `None` when it has them all as it is. Where a format has no place for one that is
/// forced, what the request says of it is left out.
///
/// # Errors
/// As [`given`].
pub fn with(format: WireFormat, body: &[u8], wishes: &[Wish<'_>]) -> Result<Option<Vec<u8>>, JsonError> {
    let request = Object::parse(body, MAX_DEPTH)?;
    let mut plans: Vec<Plan> = wishes.iter().map(|wish| planned(format, wish)).collect();
    look(format, &request, &mut plans)?;
    let mut out = Rewritten::new(body);
    let mut filled: Vec<&'static str> = Vec::new();
    for member in &request.members {
        let value = request.value(member);
        let Some(container) = containers(format, &member.key) else {
            out.member(member, &value, fate(&plans, &key_of(format, &member.key), &member.key, &value));
            continue;
        };
        let needs = plans.iter().any(|plan| plan.is_missing_in(Some(container)));
        if value.kind != Kind::Object {
            // Nothing could stand in it.
            out.member(member, &value, if needs { Fate::Drop } else { Fate::Keep });
            continue;
        }
        filled.push(container);
        let inner = value.object()?;
        let mut within = Rewritten::new(body);
        for one in &inner.members {
            let (key, value) = (key_within(format, container, &one.key), inner.value(one));
            within.member(one, &value, fate(&plans, &key, &one.key, &value));
        }
        within.add(plans.iter().filter(|plan| plan.is_missing_in(Some(container))));
        match within.changed {
            true => out.raw_value(member, &within.finish()),
            false => out.member(member, &value, Fate::Keep),
        }
    }
    out.add(plans.iter().filter(|plan| plan.is_missing_in(None)));
    for container in plans.iter().filter_map(|plan| plan.place.as_ref()?.within) {
        let missing = || plans.iter().filter(move |plan| plan.is_missing_in(Some(container)));
        if filled.contains(&container) || missing().next().is_none() {
            continue;
        }
        filled.push(container);
        let mut within = Rewritten::new(body);
        within.add(missing());
        out.named(container, &within.finish());
    }
    Ok(out.changed.then(|| out.finish()))
}

/// The first of these that the request does not have so.
///
/// # Errors
/// As [`given`].
pub fn first_other<'w>(
    format: WireFormat,
    body: &[u8],
    forced: &[Wish<'w>],
) -> Result<Option<&'w str>, JsonError> {
    for wish in forced {
        if with(format, body, std::slice::from_ref(wish))?.is_some() {
            return Ok(Some(wish.name));
        }
    }
    Ok(None)
}

fn planned(format: WireFormat, wish: &Wish<'_>) -> Plan {
    let key = parameter_key(wish.name);
    let place = place(format, &key, wish.name);
    let is_list = place.as_ref().is_some_and(|place| place.is_list);
    let written = match wish.value {
        Value::Array(_) => wish.value.clone(),
        one if is_list => Value::Array(vec![one.clone()]),
        one => one.clone(),
    };
    Plan { key, place, written, is_forced: wish.is_forced, stands: false }
}

/// Finds out of what the request says something.
fn look(format: WireFormat, request: &Object<'_>, plans: &mut [Plan]) -> Result<(), JsonError> {
    let mut note = |key: &str, name: &str, value: &Found<'_>| {
        let of = |plan: &&mut Plan| plan.key == key && !value.is_null();
        for plan in plans.iter_mut().filter(of) {
            // What is spelled for something else is no place for a value of this.
            plan.stands |= !plan.is_forced || plan.fits(name);
        }
    };
    for member in &request.members {
        let value = request.value(member);
        match containers(format, &member.key) {
            Some(container) if value.kind == Kind::Object => {
                let inner = value.object()?;
                for one in &inner.members {
                    note(&key_within(format, container, &one.key), &one.key, &inner.value(one));
                }
            }
            _ => note(&key_of(format, &member.key), &member.key, &value),
        }
    }
    Ok(())
}

impl Plan {
    fn is_missing_in(&self, container: Option<&str>) -> bool {
        !self.stands && self.place.as_ref().is_some_and(|place| place.within == container)
    }

    /// Can a member of that name have the value?
    fn fits(&self, name: &str) -> bool {
        let Some(place) = &self.place else { return false };
        matches!(self.key.as_str(), "maxtokens" | "stop" | "n") || folded(&place.name) == folded(name)
    }
}

fn folded(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

fn fate<'p>(plans: &'p [Plan], key: &str, name: &str, value: &Found<'_>) -> Fate<'p> {
    let Some(plan) = plans.iter().find(|plan| plan.key == key) else { return Fate::Keep };
    if value.is_null() {
        // It says nothing, and stands in the way of what is put there.
        return if plan.place.is_some() && !plan.stands { Fate::Drop } else { Fate::Keep };
    }
    match plan.is_forced {
        false => Fate::Keep,
        true if !plan.fits(name) => Fate::Drop,
        true if is_same(value, &plan.written) => Fate::Keep,
        true => Fate::Replace(&plan.written),
    }
}

/// Do both say the same? `0` and `0.0` do.
fn is_same(found: &Found<'_>, wanted: &Value) -> bool {
    match (found.as_f64(), wanted.as_f64()) {
        (Some(found), Some(wanted)) => found.total_cmp(&wanted).is_eq(),
        _ => serde_json::from_str::<Value>(found.raw()).is_ok_and(|found| found == *wanted),
    }
}

/// An object that is written anew, member by member.
struct Rewritten<'b> {
    body: &'b [u8],
    out: Vec<u8>,
    changed: bool,
}

impl<'b> Rewritten<'b> {
    fn new(body: &'b [u8]) -> Self {
        Self { body, out: vec![b'{'], changed: false }
    }

    fn begin(&mut self, name: &[u8]) {
        if self.out.len() > 1 {
            self.out.push(b',');
        }
        self.out.extend_from_slice(name);
        self.out.push(b':');
    }

    fn member(&mut self, member: &crate::json::Member<'_>, value: &Found<'_>, fate: Fate<'_>) {
        let name = self.body.get(member.key_span.start..member.key_span.end).unwrap_or_default();
        match fate {
            Fate::Keep => {
                self.begin(name);
                self.out.extend_from_slice(value.raw().as_bytes());
            }
            Fate::Drop => self.changed = true,
            Fate::Replace(wanted) => {
                self.begin(name);
                self.out.extend_from_slice(wanted.to_string().as_bytes());
                self.changed = true;
            }
        }
    }

    /// A member with another value.
    fn raw_value(&mut self, member: &crate::json::Member<'_>, value: &[u8]) {
        let name = self.body.get(member.key_span.start..member.key_span.end).unwrap_or_default();
        self.begin(name);
        self.out.extend_from_slice(value);
        self.changed = true;
    }

    /// A member that was not there.
    fn named(&mut self, name: &str, value: &[u8]) {
        let mut quoted = vec![b'"'];
        escape_into(&mut quoted, name);
        quoted.push(b'"');
        self.begin(&quoted);
        self.out.extend_from_slice(value);
        self.changed = true;
    }

    /// What these put there.
    fn add<'p>(&mut self, plans: impl Iterator<Item = &'p Plan>) {
        for plan in plans {
            if let Some(place) = &plan.place {
                self.named(&place.name, plan.written.to_string().as_bytes());
            }
        }
    }

    fn finish(mut self) -> Vec<u8> {
        self.out.push(b'}');
        self.out
    }
}

#[cfg(test)]
mod tests;
