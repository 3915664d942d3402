//! Ids of stored things that a body refers to, wherever they stand in it. Serves the stage that asks whose they are. It
//! must not miss one for how it is written, and costs a body without any no more than a search.

mod strings;

pub use strings::{add_id, strings};

use crate::json::cursor::DEPTH_CEILING;
use crate::json::{Kind, Object, Value, unescape};
use memchr::memmem::Finder;
use std::collections::BTreeSet;
use std::sync::LazyLock;

/// Stands in each of [`FILE_NAMES`], so that most bodies are searched for this one alone.
static FIND_FILE: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("file"));
static FIND_FILE_NAMES: LazyLock<[Finder<'static>; 7]> = LazyLock::new(|| FILE_NAMES.map(Finder::new));
static FIND_OTHERS: LazyLock<[Finder<'static>; 2]> =
    LazyLock::new(|| ["vector_store_id", "\"container"].map(Finder::new));
static FIND_ESCAPE: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(b"\\u00"));

/// What names of members have in them that hold the id, the store or the address of a file.
const FILE_NAMES: [&str; 7] = [
    "file_id",
    "training_file",
    "validation_file",
    "fileSearchStore",
    "file_search_store",
    "fileUri",
    "file_uri",
];

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

/// Members that hold the id of a file, or a list of such.
const FILES: [&str; 4] = ["file_id", "file_ids", "training_file", "validation_file"];

/// The ids of files that stand as, or in an array as, a member of a name for such, save in what is the application's
/// own. None when the body is no JSON.
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
            look(&member.key, &object.value(member), &Holder::default(), &mut found);
        }
    }
    found.into_iter().collect()
}

/// Can a member of such a name stand there, as it is or with escaped letters?
#[must_use]
pub fn may_refer(body: &[u8]) -> bool {
    let any = |finders: &[Finder<'_>]| finders.iter().any(|finder| finder.find(body).is_some());
    if (FIND_FILE.find(body).is_some() && any(&*FIND_FILE_NAMES)) || any(&*FIND_OTHERS) {
        return true;
    }
    // Letters and the underscore stand from 0x41 to 0x7a; who escapes them has something to hide.
    FIND_ESCAPE.find_iter(body).any(|at| body.get(at + 4).is_some_and(|digit| (b'4'..=b'7').contains(digit)))
}

/// What the object that a member stands in says of it.
#[derive(Default)]
struct Holder {
    /// A tool's call, whose `input` is the application's own.
    is_tool: bool,
    /// A source of the type `file_id`, whose `id` is a file's.
    is_file: bool,
}

impl Holder {
    fn of(value: &Value<'_>) -> Self {
        let kind = value
            .members()
            .filter(|(name, _)| unescape(name) == "type")
            .find_map(|(_, value)| value.as_str());
        let kind = kind.unwrap_or_default();
        Self { is_tool: kind.ends_with("tool_use"), is_file: kind == "file_id" }
    }
}

fn look(name: &str, value: &Value<'_>, holder: &Holder, found: &mut BTreeSet<String>) {
    if OF_APPLICATIONS.contains(&name) || (holder.is_tool && name == "input") {
        return;
    }
    match value.kind {
        Kind::String => {
            let Some(text) = value.as_str().filter(|text| !text.is_empty()) else { return };
            let is_file = names_file(name) || (holder.is_file && name == "id");
            let id = match name {
                "fileUri" | "file_uri" => uploaded(&text),
                _ if is_file => Some(text.into_owned()),
                _ => None,
            };
            if let Some(id) = id.filter(|_| found.len() <= MAX_IDS) {
                found.insert(id);
            }
        }
        Kind::Array => value.elements().for_each(|element| look(name, &element, holder, found)),
        // What lies deeper is looked at only where there can be something.
        Kind::Object if may_refer(value.raw().as_bytes()) => {
            let holder = Holder::of(value);
            value.members().for_each(|(name, value)| look(&unescape(name), &value, &holder, found));
        }
        _ => {}
    }
}

/// Is this a name for the id of a file? A `profile_id` is none: a name for such stands alone or begins a word.
#[must_use]
pub fn names_file(name: &str) -> bool {
    let begins = |before: &str| !before.ends_with(|last: char| last.is_ascii_alphanumeric());
    FILES.iter().any(|known| name.strip_suffix(known).is_some_and(begins))
}

/// The name of a file that was uploaded to Gemini, as `files/abc`; other addresses are not the provider's to keep.
fn uploaded(uri: &str) -> Option<String> {
    let path = uri.split(['?', '#']).next().unwrap_or_default();
    let name = match path.split_once("://") {
        None => path.strip_prefix("files/")?,
        Some((scheme, rest)) => {
            let (host, path) = rest.split_once('/')?;
            let is_web = ["http", "https"].iter().any(|known| scheme.eq_ignore_ascii_case(known));
            let (version, name) = path.split_once("/files/")?;
            let is_version = version.starts_with("v1") && !version.contains('/');
            (is_web && is_version && is_googles(host)).then_some(name)?
        }
    };
    (!name.is_empty() && !name.contains('/')).then(|| format!("files/{name}"))
}

/// Is this a host, with or without a port, of Google's interfaces?
fn is_googles(host: &str) -> bool {
    let host = host.rsplit('@').next().unwrap_or_default();
    let host = host.split(':').next().unwrap_or_default().trim_end_matches('.').to_ascii_lowercase();
    host.ends_with(".googleapis.com")
}

#[cfg(test)]
mod tests;
