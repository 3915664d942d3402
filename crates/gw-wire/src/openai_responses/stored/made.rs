//! The ids of an answer that its provider keeps, and of its items. Serves the way back: it runs for every such answer,
//! so it reads no more than it must.

use crate::json::{Kind, Value};
use gw_model::Span;

/// What a provider keeps.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Made {
    /// The answer's id.
    pub id: String,
    /// The ids of its items; at most 64.
    pub items: Vec<String>,
}

/// Items whose ids are taken.
const MAX_ITEMS: usize = 64;

/// The ids of a whole answer, unless it says that it is not stored.
#[must_use]
pub fn made(body: &[u8]) -> Option<Made> {
    let text = std::str::from_utf8(body).ok()?;
    of_answer(&top(text)?)
}

/// The same for the data of an event that carries an answer in any state.
#[must_use]
pub fn made_in_frame(data: &[u8]) -> Option<Made> {
    let text = std::str::from_utf8(data).ok()?;
    let (_, answer) = top(text)?.members().find(|(name, _)| *name == "response")?;
    of_answer(&answer)
}

fn top(text: &str) -> Option<Value<'_>> {
    let start = text.bytes().position(|b| !b.is_ascii_whitespace())?;
    let is_object = text.as_bytes().get(start) == Some(&b'{');
    is_object.then(|| Value::new(text, Span { start, end: text.len() }, Kind::Object))
}

fn of_answer(answer: &Value<'_>) -> Option<Made> {
    let mut made = Made::default();
    for (name, value) in answer.members() {
        match name {
            "id" => made.id = value.as_str()?.into_owned(),
            "store" if value.as_bool() == Some(false) => return None,
            "output" => {
                made.items = value.elements().filter_map(|item| id_of(&item)).take(MAX_ITEMS).collect()
            }
            _ => {}
        }
    }
    (!made.id.is_empty()).then_some(made)
}

fn id_of(item: &Value<'_>) -> Option<String> {
    let (_, id) = item.members().find(|(name, _)| *name == "id")?;
    id.as_str().filter(|id| !id.is_empty()).map(std::borrow::Cow::into_owned)
}
