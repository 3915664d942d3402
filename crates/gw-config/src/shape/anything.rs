//! A value of any kind, with the type that YAML sees: for what goes on as it is.

use super::{Reader, Shape};
use crate::document::{Kind, Node};
use serde_json::{Map, Number, Value, json};

/// See the module.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Anything(pub Value);

impl Shape for Anything {
    fn read(node: &Node, _reader: &mut Reader<'_>) -> Option<Self> {
        node.typed().map(Self)
    }

    fn schema() -> Value {
        json!({})
    }
}

impl Node {
    /// It with the types that YAML sees. `None` where something in it could not be read, which is known by then.
    #[must_use]
    pub fn typed(&self) -> Option<Value> {
        Some(match &self.kind {
            Kind::Broken => return None,
            _ if self.is_null() => Value::Null,
            Kind::Scalar(scalar) => {
                let text = scalar.text.as_str();
                let is_typed = scalar.plain || scalar.filled;
                let number = || text.parse::<Number>().ok().map(Value::Number);
                let flag = || text.parse::<bool>().ok().map(Value::Bool);
                let typed = if is_typed { number().or_else(flag) } else { None };
                typed.unwrap_or_else(|| text.into())
            }
            Kind::List(items) => Value::Array(items.iter().map(Self::typed).collect::<Option<_>>()?),
            Kind::Map(entries) => {
                let entries = entries.iter().map(|(key, node)| Some((key.text.clone(), node.typed()?)));
                Value::Object(entries.collect::<Option<Map<_, _>>>()?)
            }
        })
    }
}
