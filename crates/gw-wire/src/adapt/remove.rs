//! Takes members out of a JSON text with the commas beside them. Serves `adapt`. It must leave all else as it is
//! written.

use super::Unwanted;
use crate::gemini::names;
use crate::json::cursor::DEPTH_CEILING;
use crate::json::splice::{self, Edit};
use crate::json::{Kind, Object};
use bytes::Bytes;
use gw_model::Span;

/// The body without one member: `name`, or `holder.name`. `None` when it does not stand there, or must stay.
#[must_use]
pub fn without(body: &Bytes, path: &str) -> Option<Bytes> {
    const NEEDED: [&str; 4] = ["model", "messages", "input", "contents"];
    let (holder, name) = match path.split_once('.') {
        Some((holder, name)) => (Some(holder.to_owned()), name),
        None => (None, path),
    };
    if holder.is_none() && NEEDED.contains(&name) {
        return None;
    }
    let object = Object::parse(body, DEPTH_CEILING).ok()?;
    let mut list = Vec::new();
    edits(&object, &[Unwanted { holder, name: name.to_owned() }], &mut list);
    if list.is_empty() {
        return None;
    }
    Some(Bytes::from(splice::apply(body, &mut list).concat()))
}

/// The edits that take out all of `unwanted`.
pub(super) fn edits(body: &Object<'_>, unwanted: &[Unwanted], list: &mut Vec<Edit>) {
    if unwanted.is_empty() {
        return;
    }
    of_object(body, list, |key| unwanted.iter().any(|u| u.holder.is_none() && names::is(key, &u.name)));
    for member in &body.members {
        let is_holder = |u: &&Unwanted| u.holder.as_deref().is_some_and(|h| names::is(&member.key, h));
        let value = body.value(member);
        if value.kind != Kind::Object || !unwanted.iter().any(|u| is_holder(&u)) {
            continue;
        }
        // Taken out whole: nothing is left in it to edit.
        if unwanted.iter().any(|u| u.holder.is_none() && names::is(&member.key, &u.name)) {
            continue;
        }
        if let Ok(inner) = value.object() {
            let is = |key: &str| unwanted.iter().filter(is_holder).any(|u| names::is(key, &u.name));
            of_object(&inner, list, is);
        }
    }
}

/// Takes out the members of one object that `is_unwanted` names.
fn of_object(object: &Object<'_>, list: &mut Vec<Edit>, is_unwanted: impl Fn(&str) -> bool) {
    let members = &object.members;
    let kept = members.iter().position(|member| !is_unwanted(&member.key));
    let (Some(first), Some(last)) = (members.first(), members.last()) else { return };
    let Some(kept) = kept else {
        return list.push(cut(first.key_span.start, last.value.end));
    };
    // Those in front of the first that stays go with the comma behind them, all others with the one before.
    if let (true, Some(stays)) = (kept > 0, members.get(kept)) {
        list.push(cut(first.key_span.start, stays.key_span.start));
    }
    let pairs = members.iter().zip(members.iter().skip(1)).skip(kept);
    for (before, member) in pairs.filter(|(_, member)| is_unwanted(&member.key)) {
        list.push(cut(before.value.end, member.value.end));
    }
}

const fn cut(start: usize, end: usize) -> Edit {
    Edit::replace(Span { start, end }, Bytes::new())
}
