//! Typed access to the members of an object of a request. Serves the request reader. It must name the member in
//! every refusal, and must not lose one: what nobody took can be asked for.

use crate::gemini::names::{self, camel};
use crate::json::{Object, Value, cursor::DEPTH_CEILING};
use gw_model::chat::Json;
use gw_model::{ErrorCode, Refusal};
use std::borrow::Cow;

/// The members of an object, each read once.
pub(crate) struct Fields<'a> {
    object: Object<'a>,
    taken: Vec<bool>,
    /// Path of the object, with a dot behind it, or empty.
    at: &'static str,
}

impl<'a> Fields<'a> {
    /// Reads `body`.
    pub(crate) fn parse(body: &'a [u8]) -> Result<Self, Refusal> {
        let object = Object::parse(body, DEPTH_CEILING).map_err(|e| crate::facts::json_refusal(&e))?;
        Ok(Self::of(object, ""))
    }

    /// The members of an object that stands at `at`.
    pub(crate) fn of(object: Object<'a>, at: &'static str) -> Self {
        let taken = vec![false; object.members.len()];
        Self { object, taken, at }
    }

    /// Takes a member, in either spelling; `null` counts as absent.
    pub(crate) fn take(&mut self, name: &str) -> Option<Value<'a>> {
        let index = self.object.members.iter().position(|member| names::is(&member.key, name))?;
        if let Some(taken) = self.taken.get_mut(index) {
            *taken = true;
        }
        let member = self.object.members.get(index)?;
        Some(self.object.value(member)).filter(|value| !value.is_null())
    }

    /// Takes a member that must be what `read` makes of it.
    pub(crate) fn typed<T>(
        &mut self,
        name: &'static str,
        wanted: &str,
        read: impl Fn(&Value<'a>) -> Option<T>,
    ) -> Result<Option<T>, Refusal> {
        let Some(value) = self.take(name) else { return Ok(None) };
        let found = value.kind.with_article();
        read(&value)
            .map(Some)
            .ok_or_else(|| wrong(format!("{}{name}", self.at), &format!("must be {wanted}, not {found}")))
    }

    /// Takes a string.
    pub(crate) fn text(&mut self, name: &'static str) -> Result<Option<String>, Refusal> {
        self.typed(name, "a string", |v| v.as_str().map(Cow::into_owned))
    }

    /// Takes a whole number of at least 0.
    pub(crate) fn count(&mut self, name: &'static str) -> Result<Option<u64>, Refusal> {
        self.typed(name, "a whole number of at least 0", names::count)
    }

    /// Takes a number as written.
    pub(crate) fn number(&mut self, name: &'static str) -> Result<Option<serde_json::Number>, Refusal> {
        self.typed(name, "a number", |v| serde_json::from_str(v.raw()).ok())
    }

    /// Takes an object.
    pub(crate) fn object(
        &mut self,
        name: &'static str,
        at: &'static str,
    ) -> Result<Option<Fields<'a>>, Refusal> {
        let Some(value) = self.take(name) else { return Ok(None) };
        Ok(Some(Fields::of(object(&value, at.trim_end_matches('.'))?, at)))
    }

    /// The members that nobody took and that are not `null`, by their paths.
    pub(crate) fn rest(self, out: &mut Vec<(String, Json)>) -> Result<(), Refusal> {
        let left = self.object.members.iter().zip(&self.taken).filter(|(_, taken)| !**taken);
        for (member, value) in left.map(|(member, _)| (member, self.object.value(member))) {
            if value.is_null() {
                continue;
            }
            let name = format!("{}{}", self.at, camel(&member.key));
            let json = names::json(&value).ok_or_else(|| wrong(name.clone(), "is nested too deeply"))?;
            out.push((name, json));
        }
        Ok(())
    }
}

/// The value as an object.
pub(crate) fn object<'a>(value: &Value<'a>, at: &str) -> Result<Object<'a>, Refusal> {
    if value.kind != crate::json::Kind::Object {
        return Err(wrong(at.to_owned(), &format!("must be an object, not {}", value.kind.with_article())));
    }
    value.object().map_err(|e| crate::facts::json_refusal(&e).param(at.to_owned()))
}

/// An `invalid_request` for what stands at `at`.
pub(crate) fn wrong(at: impl Into<Cow<'static, str>>, what: &str) -> Refusal {
    let at = at.into();
    Refusal::new(ErrorCode::InvalidRequest, format!("`{at}` {what}. See the generateContent reference."))
        .param(at)
}
