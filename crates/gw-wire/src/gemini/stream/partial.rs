//! Arguments that come as values at paths (`$.recipe.steps[0]`), put together. Serves the stream reader. It must
//! not grow without bound, and must not guess: a path that does not fit what is there is an error.

use crate::codec::WireError;
use crate::gemini::names::{get, text};
use crate::json::{Kind, Object};
use serde_json::{Map, Value};

/// Bytes of arguments of one call, about.
const MAX_BYTES: usize = 8 * 1024 * 1024;
/// Steps of a path.
const MAX_STEPS: usize = 64;
/// What a member or element costs besides its text.
const NODE_BYTES: usize = 16;

/// The arguments of one call as they grow.
#[derive(Debug, Default)]
pub(super) struct Partial {
    root: Option<Value>,
    bytes: usize,
    /// The path of a string that goes on.
    growing: Option<String>,
}

enum Step {
    Name(String),
    Index(usize),
}

const SHAPE: WireError = WireError::Shape { what: "`partialArgs` has a path or value that does not fit" };

impl Partial {
    /// Takes one element of `partialArgs`.
    pub(super) fn add(&mut self, argument: &Object<'_>) -> Result<(), WireError> {
        let path = text(argument, "jsonPath").ok_or(SHAPE)?;
        let goes_on = get(argument, "willContinue").and_then(|v| v.as_bool()).unwrap_or(false);
        let value = value(argument)?;
        self.grow(value.as_str().map_or(NODE_BYTES, str::len))?;
        let appends = self.growing.as_ref() == Some(&path);
        let slot = self.slot(&path)?;
        match (value, slot) {
            (Some(Value::String(more)), Value::String(whole)) if appends => whole.push_str(&more),
            (Some(value), slot) => *slot = value,
            (None, _) => {}
        }
        self.growing = goes_on.then_some(path);
        Ok(())
    }

    /// The arguments as JSON text.
    pub(super) fn into_json(self) -> String {
        self.root.map_or_else(|| "{}".to_owned(), |root| root.to_string())
    }

    fn grow(&mut self, bytes: usize) -> Result<(), WireError> {
        self.bytes = self.bytes.saturating_add(bytes);
        if self.bytes > MAX_BYTES {
            return Err(WireError::TooLarge { what: "arguments of a tool call", limit: MAX_BYTES });
        }
        Ok(())
    }

    /// The value at a path, made when it is not there.
    fn slot(&mut self, path: &str) -> Result<&mut Value, WireError> {
        let steps = steps(path).ok_or(SHAPE)?;
        let mut cost = 0_usize;
        for step in &steps {
            cost = cost.saturating_add(match step {
                Step::Name(name) => name.len().saturating_add(NODE_BYTES),
                // Elements before it that are missing are made too.
                Step::Index(index) => index.saturating_add(1).saturating_mul(NODE_BYTES),
            });
        }
        self.grow(cost)?;
        let mut at = self.root.get_or_insert_with(|| Value::Object(Map::new()));
        for step in steps {
            at = match step {
                Step::Name(name) => {
                    if at.is_null() {
                        *at = Value::Object(Map::new());
                    }
                    at.as_object_mut().ok_or(SHAPE)?.entry(name).or_insert(Value::Null)
                }
                Step::Index(index) => {
                    if at.is_null() {
                        *at = Value::Array(Vec::new());
                    }
                    let list = at.as_array_mut().ok_or(SHAPE)?;
                    if list.len() <= index {
                        list.resize(index + 1, Value::Null);
                    }
                    list.get_mut(index).ok_or(SHAPE)?
                }
            };
        }
        Ok(at)
    }
}

trait AsText {
    fn as_str(&self) -> Option<&str>;
}

impl AsText for Option<Value> {
    fn as_str(&self) -> Option<&str> {
        self.as_ref().and_then(Value::as_str)
    }
}

/// The value that an element states; `None` when it states none yet.
fn value(argument: &Object<'_>) -> Result<Option<Value>, WireError> {
    if let Some(text) = text(argument, "stringValue") {
        return Ok(Some(Value::String(text)));
    }
    if let Some(number) = get(argument, "numberValue").filter(|v| v.kind == Kind::Number) {
        return Ok(Some(Value::Number(serde_json::from_str(number.raw())?)));
    }
    if let Some(answer) = get(argument, "boolValue").and_then(|v| v.as_bool()) {
        return Ok(Some(Value::Bool(answer)));
    }
    let is_null = argument.members.iter().any(|member| crate::gemini::names::is(&member.key, "nullValue"));
    Ok(is_null.then_some(Value::Null))
}

/// The steps of a path: `$.a.b[0]`, names with other characters as `['a b']`.
fn steps(path: &str) -> Option<Vec<Step>> {
    let mut rest = path.strip_prefix('$')?;
    let mut steps = Vec::with_capacity(4);
    while !rest.is_empty() {
        if steps.len() >= MAX_STEPS {
            return None;
        }
        if let Some(named) = rest.strip_prefix('.') {
            let end = named.find(['.', '[']).unwrap_or(named.len());
            let (name, after) = named.split_at_checked(end)?;
            steps.push(Step::Name(name.to_owned()));
            rest = after;
        } else {
            let inner = rest.strip_prefix('[')?;
            let quote = inner.chars().next().filter(|c| matches!(c, '\'' | '"'));
            if let Some(quote) = quote {
                let (name, after) = inner.get(1..)?.split_once(&format!("{quote}]"))?;
                steps.push(Step::Name(name.to_owned()));
                rest = after;
            } else {
                let (index, after) = inner.split_once(']')?;
                steps.push(Step::Index(index.parse().ok()?));
                rest = after;
            }
        }
    }
    // The arguments themselves are always an object.
    matches!(steps.first(), Some(Step::Name(_))).then_some(steps)
}
