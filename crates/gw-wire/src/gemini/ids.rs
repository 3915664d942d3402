//! Ids of tool calls. The API may leave them out and then goes by names and order; other formats demand them.
//! Ids made here are told by their prefix and are never sent to an upstream, which has not seen them. Serves
//! the readers and writers of this format. It must not keep state beyond one body.

use std::fmt::Write as _;

/// Starts every id made here.
const PREFIX: &str = "gwcall_";

/// An id for a call of an answer: unique within a conversation as long as answers' ids are.
pub(crate) fn of_answer(answer_id: &str, choice: u32, call: u32) -> String {
    let mut out = String::with_capacity(PREFIX.len() + answer_id.len() + 6);
    out.push_str(PREFIX);
    out.extend(answer_id.chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_')));
    // Writing to a String cannot fail.
    let _ = match choice {
        0 => write!(out, "_{call}"),
        choice => write!(out, "_{choice}-{call}"),
    };
    out
}

/// An id for the call that is number `position` in a conversation.
pub(crate) fn of_position(position: usize) -> String {
    format!("{PREFIX}{position}")
}

/// The id as an upstream or caller of this format is to see it: `None` for one that was made here.
pub(crate) fn shown(id: &str) -> Option<&str> {
    (!id.is_empty() && !id.starts_with(PREFIX)).then_some(id)
}
