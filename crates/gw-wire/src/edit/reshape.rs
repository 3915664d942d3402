//! Members that a host of another maker's models wants elsewhere than in the body, or in it besides. Serves
//! `edit` and bodies that were translated. It must not know which host wants what.

use crate::json::splice::{self, Edit};
use crate::json::{Object, cursor};
use bytes::Bytes;
use gw_model::Span;

/// What is to change.
#[derive(Clone, Copy, Debug, Default)]
pub struct Reshape<'a> {
    /// Top-level members to take out.
    pub without: &'a [&'a str],
    /// Members to add, each with its comma: `"a":1,"b":2,`. Put what they replace into `without`.
    pub with: &'a [u8],
}

/// A body with the members changed; one that is no object stays as it is. An object must keep a member.
#[must_use]
pub fn reshape(body: Bytes, change: &Reshape<'_>) -> Vec<Bytes> {
    let mut list = Vec::new();
    if let Ok(object) = Object::parse(&body, cursor::DEPTH_CEILING) {
        remove_members(&object, change.without, &mut list);
        if let (Some(first), false) = (object.members.first(), change.with.is_empty()) {
            list.push(Edit::insert(first.key_span.start, Bytes::copy_from_slice(change.with)));
        }
    }
    splice::apply(&body, &mut list)
}

/// Takes out all members of these names, with the commas beside them.
pub(super) fn remove_members(object: &Object<'_>, names: &[&str], list: &mut Vec<Edit>) {
    let members = &object.members;
    let goes = |index: usize| members.get(index).is_some_and(|member| names.contains(&&*member.key));
    let mut index = 0;
    while let Some(first) = members.get(index) {
        if !goes(index) {
            index += 1;
            continue;
        }
        let mut end = index + 1;
        while goes(end) {
            end += 1;
        }
        let last = members.get(end - 1).unwrap_or(first);
        let before = index.checked_sub(1).and_then(|i| members.get(i));
        let span = match (before, members.get(end)) {
            (Some(before), _) => Span { start: before.value.end, end: last.value.end },
            (None, Some(after)) => Span { start: first.key_span.start, end: after.key_span.start },
            (None, None) => Span { start: first.key_span.start, end: last.value.end },
        };
        list.push(Edit::replace(span, Bytes::new()));
        index = end;
    }
}
