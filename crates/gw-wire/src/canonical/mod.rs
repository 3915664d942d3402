//! What of a request shapes its answer, in one spelling. Serves the keys of the cache: requests with the same bytes here
//! mean the same. Plain conversations (texts, tools, sampling) read the same in every format; whatever else a request
//! holds is compared as its own format has it, so that nothing is taken for the same by being overlooked.

mod chat;
mod inputs;
mod json;
mod plain;
mod turns;

pub use inputs::{Inputs, inputs, with_inputs};

use crate::json::cursor::DEPTH_CEILING;
use crate::json::{Kind, Object};
use crate::translate::PathFacts;
use gw_model::WireFormat;

/// Members that say how an answer is delivered or who asks, not what it says. The model is compared by what it resolves
/// to.
const BESIDE: [&str; 6] = ["model", "stream", "stream_options", "user", "safety_identifier", "cache"];

/// A request in one spelling.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Canonical {
    /// All of it but [`Self::last_turn`].
    pub frame: Vec<u8>,
    /// The text of the user's last turn, when the request is a conversation that ends with one text of the user.
    pub last_turn: Option<String>,
}

/// Brings a request into one spelling. `None`: it is no JSON object.
#[must_use]
pub fn request(format: WireFormat, body: &[u8], path: PathFacts<'_>) -> Option<Canonical> {
    let object = Object::parse(body, DEPTH_CEILING).ok()?;
    if plain::is_plain(format, &object)
        && let Ok(chat) = crate::translate::read_request(format, body, path)
        && let Some(canonical) = chat::conversation(&chat)
    {
        return Some(canonical);
    }
    let mut frame = Vec::with_capacity(body.len() + 64);
    json::counted(b'f', format.as_str().as_bytes(), &mut frame);
    let last_turn = members(format, &object, &mut frame)?;
    Some(Canonical { frame, last_turn })
}

/// Appends the members that shape the answer, in order; gives the text of the last turn, which it leaves out.
fn members(format: WireFormat, object: &Object<'_>, out: &mut Vec<u8>) -> Option<Option<String>> {
    let mut last_turn = None;
    out.push(b'{');
    let start = out.len();
    let mut pieces = Vec::with_capacity(object.members.len());
    for member in object.members.iter().filter(|member| !BESIDE.contains(&&*member.key)) {
        let value = object.value(member);
        // An unset member is as good as none.
        if value.kind == Kind::Null {
            continue;
        }
        let at = out.len();
        json::string(&member.key, out);
        let name = at..out.len();
        match turns::member(format) {
            Some(name) if *member.key == *name => last_turn = turns::write(&value, out)?,
            _ => json::value(&value, out).ok()?,
        }
        pieces.push(json::Piece { name, end: out.len() });
    }
    json::sort(out, start, &mut pieces);
    out.push(b'}');
    Some(last_turn)
}

#[cfg(test)]
mod tests;
