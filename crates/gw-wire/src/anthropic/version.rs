//! What later versions of the Messages API take no more, for requests that are translated: whoever speaks such a
//! version gets its rules whatever provider answers. It must not look at requests that go on as they are.
//!
//! Source: Anthropic's documentation, "Versions" and the migration guide to 2026-10-21.

use crate::json::{Object, Value, cursor};
use gw_model::{ErrorCode, Refusal};

/// The first version with the rules below. Versions are dates.
const STRICTER_SINCE: &[u8] = b"2026-10-21";
/// Members that it takes no more, even at their default values.
const SAMPLING: [&str; 3] = ["temperature", "top_p", "top_k"];

/// Refuses a request of version `version` that holds what the version does not take.
///
/// # Errors
/// `invalid_request`, naming the member.
pub fn check(version: &[u8], body: &[u8]) -> Result<(), Refusal> {
    let is_stricter = version.len() == STRICTER_SINCE.len() && version >= STRICTER_SINCE;
    // A body that is no object is refused by whoever reads it.
    let Some(Ok(object)) = is_stricter.then(|| Object::parse(body, cursor::DEPTH_CEILING)) else {
        return Ok(());
    };
    if let Some(name) = SAMPLING.into_iter().find(|name| object.get(name).is_some()) {
        return Err(refused(name.to_owned(), "Extra inputs are not permitted"));
    }
    let messages = object.get("messages");
    for (index, message) in messages.iter().flat_map(Value::elements).enumerate() {
        check_message(index, &message)?;
    }
    Ok(())
}

fn check_message(index: usize, message: &Value<'_>) -> Result<(), Refusal> {
    let member = |of: &Value<'_>, wanted: &str| {
        let found = of.members().find(|(name, _)| *name == wanted)?;
        found.1.as_str().map(|text| text.into_owned())
    };
    let role = member(message, "role");
    let content = message.members().find(|(name, _)| *name == "content");
    for (at, block) in content.iter().flat_map(|(_, content)| content.elements()).enumerate() {
        match (role.as_deref(), member(&block, "type").as_deref()) {
            (Some("assistant"), Some("document")) => {
                let place = format!("messages.{index}.content.{at}");
                return Err(refused(place, "`document` blocks are not permitted in `assistant` messages"));
            }
            (Some("user"), Some("text")) => {
                let citations = block.members().find(|(name, _)| *name == "citations");
                if citations.is_some_and(|(_, list)| list.elements().next().is_some()) {
                    let place = format!("messages.{index}.content.{at}.citations");
                    return Err(refused(place, "citations are not permitted in `user` messages"));
                }
            }
            _ => {}
        }
    }
    Ok(())
}

fn refused(place: String, why: &str) -> Refusal {
    let text = format!(
        "{place}: {why} in anthropic-version 2026-10-21; leave it out, or send anthropic-version: 2023-06-01"
    );
    Refusal::new(ErrorCode::InvalidRequest, text).param(place)
}
