//! The id of an answer that its provider keeps. Serves the way back: it runs for every such answer, so it reads no
//! further than it must.

use crate::json::{Kind, Value};
use gw_model::Span;

/// The id of a whole answer, unless it says that it is not stored.
#[must_use]
pub fn made(body: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(body).ok()?;
    of_answer(&top(text)?)
}

/// The same for the data of an event that carries an answer in any state.
#[must_use]
pub fn made_in_frame(data: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(data).ok()?;
    let (_, answer) = top(text)?.members().find(|(name, _)| *name == "response")?;
    of_answer(&answer)
}

fn top(text: &str) -> Option<Value<'_>> {
    let start = text.bytes().position(|b| !b.is_ascii_whitespace())?;
    let is_object = text.as_bytes().get(start) == Some(&b'{');
    is_object.then(|| Value::new(text, Span { start, end: text.len() }, Kind::Object))
}

fn of_answer(answer: &Value<'_>) -> Option<String> {
    let mut id = None;
    for (name, value) in answer.members() {
        match name {
            "id" => id = value.as_str(),
            "store" if value.as_bool() == Some(false) => return None,
            _ => {}
        }
    }
    id.filter(|id| !id.is_empty()).map(std::borrow::Cow::into_owned)
}
