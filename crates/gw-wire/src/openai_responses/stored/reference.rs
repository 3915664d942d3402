//! Items of an input that stand for stored ones: by a reference, or because only what is stored makes them whole.
//! Serves facts and the stage that recalls. It must find each of them, however it is spelled: the provider would.

use crate::json::{JsonError, Kind, Object, Value};
use memchr::memmem::Finder;
use std::sync::LazyLock;

static FIND_ID: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(b"\"id\""));
static FIND_ESCAPE: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(b"\\u"));

/// An item that stands for a stored one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    /// Whose id this is.
    pub id: String,
    /// It says nothing itself. Else the provider may take what it stores under the id in its place.
    pub is_bare: bool,
}

/// Does one of the items stand for a stored one? Most inputs have no ids, and are not looked into.
///
/// # Errors
/// An item can be read in two ways: the provider might take the other one.
pub(crate) fn any(input: &Value<'_>) -> Result<bool, JsonError> {
    let raw = input.raw().as_bytes();
    // A name may be spelled with escapes.
    if FIND_ID.find(raw).is_none() && FIND_ESCAPE.find(raw).is_none() {
        return Ok(false);
    }
    let mut found = false;
    for item in input.elements().filter(|item| item.kind == Kind::Object) {
        item.object()?;
        found |= of(&item).is_some();
    }
    Ok(found)
}

/// What an item stands for.
pub(super) fn of(item: &Value<'_>) -> Option<Reference> {
    if item.kind != Kind::Object {
        return None;
    }
    let object = item.object().ok()?;
    let id = object.get("id")?.as_str().filter(|id| !id.is_empty())?.into_owned();
    let kind = object.get("type").and_then(|kind| kind.as_str());
    let is_bare = match kind.as_deref() {
        Some("item_reference") => true,
        // The type may be left out: of a message, which has a role, and of a reference.
        None => object.get("role").is_none(),
        Some(_) => false,
    };
    if is_bare {
        return Some(Reference { id, is_bare });
    }
    let says_it_all = matches!(
        kind.as_deref(),
        None | Some(
            "message"
                | "function_call"
                | "function_call_output"
                | "custom_tool_call"
                | "custom_tool_call_output"
        )
    );
    (!says_it_all && !has_content(&object)).then_some(Reference { id, is_bare })
}

/// Reasoning that is sealed, and images that are sent along, are whole without what is stored.
fn has_content(item: &Object<'_>) -> bool {
    let has = |name: &str| item.get(name).is_some_and(|value| value.kind == Kind::String);
    has("encrypted_content") || has("result")
}
