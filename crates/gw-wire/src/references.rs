//! Ids of stored files that a body refers to, wherever they stand in it. Serves the stage that asks whose they are. It
//! must not miss one for how it is written, and costs a body without any no more than a search.

use crate::json::cursor::DEPTH_CEILING;
use crate::json::{Kind, Object, Value, unescape};
use memchr::memmem::Finder;
use std::collections::BTreeSet;
use std::sync::LazyLock;

static FIND_NAME: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(b"file_id"));
static FIND_ESCAPE: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(b"\\u00"));

/// Most ids of one body; where there are more, one more than this is given.
pub const MAX_IDS: usize = 1024;

/// Members that hold what is the application's own: arguments and results of its tools, schemas, notes. No provider
/// looks for files in them.
const OF_APPLICATIONS: [&str; 9] = [
    "metadata",
    "arguments",
    "parameters",
    "schema",
    "input_schema",
    "json",
    "functionCall",
    "functionResponse",
    "toolUse",
];

/// The ids that stand as, or in an array as, a member whose name ends in `file_id` or `file_ids`, save in what is the
/// application's own. None when the body is no JSON object.
#[must_use]
pub fn file_ids(body: &[u8]) -> Vec<String> {
    let mut found = BTreeSet::new();
    if !may_refer(body) {
        return Vec::new();
    }
    // A list is looked into like a member.
    let listed = body.trim_ascii_start().starts_with(b"[").then(|| [b"{\"_\":", body, b"}"].concat());
    if let Ok(object) = Object::parse(listed.as_deref().unwrap_or(body), DEPTH_CEILING) {
        for member in &object.members {
            look(&member.key, &object.value(member), false, &mut found);
        }
    }
    found.into_iter().collect()
}

/// Can a member of such a name stand there, as it is or with escaped letters?
#[must_use]
pub fn may_refer(body: &[u8]) -> bool {
    if FIND_NAME.find(body).is_some() {
        return true;
    }
    // Letters and the underscore stand from 0x41 to 0x7a; who escapes them has something to hide.
    FIND_ESCAPE.find_iter(body).any(|at| body.get(at + 4).is_some_and(|digit| (b'4'..=b'7').contains(digit)))
}

/// `of_tool`: the member is one of a tool's call, whose `input` is the application's own.
fn look(name: &str, value: &Value<'_>, of_tool: bool, found: &mut BTreeSet<String>) {
    if OF_APPLICATIONS.contains(&name) || (of_tool && name == "input") {
        return;
    }
    let is_reference = name.ends_with("file_id") || name.ends_with("file_ids");
    match value.kind {
        Kind::String if is_reference => {
            if let Some(id) = value.as_str().filter(|id| !id.is_empty())
                && found.len() <= MAX_IDS
            {
                found.insert(id.into_owned());
            }
        }
        Kind::Array => value.elements().for_each(|element| look(name, &element, of_tool, found)),
        // What lies deeper is looked at only where there can be something.
        Kind::Object if value.raw().contains("_id") || value.raw().contains("\\u") => {
            let is_kind = |(name, value): (&str, Value<'_>)| {
                name == "type" && value.as_str().is_some_and(|kind| kind.ends_with("tool_use"))
            };
            let is_tool = value.members().any(is_kind);
            value.members().for_each(|(name, value)| look(&unescape(name), &value, is_tool, found));
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests;
