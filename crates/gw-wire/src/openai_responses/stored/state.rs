//! The state of a stored answer: all items that it was made from, and the answer. JSON:
//! `{"version":1,"input":[..],"answer":{..}}`; stored, so it is only added to.

use super::items;
use crate::codec::WireError;
use crate::json::cursor::DEPTH_CEILING;
use crate::json::{Kind, Object, Value, Writer};

const VERSION: u64 = 1;

/// A state, read.
#[derive(Debug)]
pub struct State<'a> {
    object: Object<'a>,
}

impl<'a> State<'a> {
    /// Makes the state of an answer to a request, both bodies in full. `None` when they are no such bodies.
    #[must_use]
    pub fn write(request: &[u8], answer: &[u8]) -> Option<Vec<u8>> {
        let request = Object::parse(request, DEPTH_CEILING).ok()?;
        let whole = Object::parse(answer, DEPTH_CEILING).ok()?;
        let id = whole.get("id")?.as_str()?;
        let mut w = Writer::with_capacity(request.text().len() + answer.len() + 256);
        w.begin_object();
        w.number_member("version", VERSION);
        w.key("input");
        items::write(request.get("input").as_ref(), &id, &mut w);
        w.raw_member("answer", std::str::from_utf8(answer).ok()?.trim());
        w.end_object();
        Some(w.into_bytes())
    }

    /// Reads a state.
    ///
    /// # Errors
    /// It is none, or one of a later version.
    pub fn read(bytes: &'a [u8]) -> Result<Self, WireError> {
        let damaged = WireError::Shape { what: "the state of a stored answer" };
        let Ok(object) = Object::parse(bytes, DEPTH_CEILING) else { return Err(damaged) };
        let is_known = object.get("version").and_then(|version| version.as_u64()) == Some(VERSION);
        let is_whole = object.get("input").is_some_and(|input| input.kind == Kind::Array)
            && object.get("answer").is_some_and(|answer| answer.kind == Kind::Object);
        if is_known && is_whole { Ok(Self { object }) } else { Err(damaged) }
    }

    /// The answer as it was given.
    #[must_use]
    pub fn answer(&self) -> &'a str {
        self.object.get("answer").map_or("{}", |answer| answer.raw())
    }

    /// The items that it was made from, as JSON each.
    pub fn input(&self) -> impl Iterator<Item = &'a str> {
        let input = self.object.get("input");
        input.into_iter().flat_map(|input| input.elements()).map(|item| item.raw())
    }

    /// The items that it gave, as JSON each.
    pub fn output(&self) -> impl Iterator<Item = &'a str> {
        let answer = self.object.get("answer").and_then(|answer| answer.object().ok());
        let output = answer.and_then(|answer| answer.get("output"));
        output.into_iter().flat_map(|output: Value<'a>| output.elements()).map(|item| item.raw())
    }

    /// The item of that id.
    #[must_use]
    pub fn item(&self, id: &str) -> Option<&'a str> {
        self.output().chain(self.input()).find(|item| id_of(item).as_deref() == Some(id))
    }
}

/// The id of an item.
pub(super) fn id_of(item: &str) -> Option<String> {
    let object = Object::parse(item.as_bytes(), DEPTH_CEILING).ok()?;
    object.get("id")?.as_str().map(std::borrow::Cow::into_owned)
}
