//! Values of an evaluation. What the subject has is lent, never copied; what an evaluation makes is shared. It must
//! not count steps: that is the evaluation's to do, before it calls what takes time here.

use gw_model::Micros;
use serde_json::Value as Json;
use std::collections::BTreeMap;
use std::rc::Rc;

#[derive(Clone, Debug)]
pub(crate) enum Value<'e> {
    Null,
    Bool(bool),
    Int(i64),
    Double(f64),
    Text(Text<'e>),
    Time(Micros),
    List(List<'e>),
    Map(Map<'e>),
}

impl<'e> Value<'e> {
    pub(crate) const fn text(text: &'e str) -> Self {
        Self::Text(Text::Lent(text))
    }

    /// JSON's whole numbers are integers here.
    pub(crate) fn of_json(json: &'e Json) -> Self {
        match json {
            Json::Null => Self::Null,
            Json::Bool(is) => Self::Bool(*is),
            Json::Number(number) => {
                number.as_i64().map_or_else(|| Self::Double(number.as_f64().unwrap_or(f64::NAN)), Self::Int)
            }
            Json::String(text) => Self::text(text),
            Json::Array(elements) => Self::List(List::Json(elements)),
            Json::Object(members) => Self::Map(Map::Json(members)),
        }
    }
}

#[derive(Clone, Debug)]
pub(crate) enum Text<'e> {
    Lent(&'e str),
    Made(Rc<str>),
}

impl Text<'_> {
    pub(crate) fn as_str(&self) -> &str {
        match self {
            Self::Lent(text) => text,
            Self::Made(text) => text,
        }
    }
}

#[derive(Clone, Debug)]
pub(crate) enum List<'e> {
    Texts(&'e [&'e str]),
    Json(&'e [Json]),
    Made(Rc<[Value<'e>]>),
}

impl<'e> List<'e> {
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Texts(texts) => texts.len(),
            Self::Json(elements) => elements.len(),
            Self::Made(elements) => elements.len(),
        }
    }

    pub(crate) fn get(&self, at: usize) -> Option<Value<'e>> {
        match self {
            Self::Texts(texts) => texts.get(at).map(|text| Value::text(text)),
            Self::Json(elements) => elements.get(at).map(Value::of_json),
            Self::Made(elements) => elements.get(at).cloned(),
        }
    }
}

#[derive(Clone, Debug)]
pub(crate) enum Map<'e> {
    Pairs(&'e [(&'e str, &'e str)]),
    Texts(Option<&'e BTreeMap<String, String>>),
    Json(&'e serde_json::Map<String, Json>),
    Made(Rc<[(Value<'e>, Value<'e>)]>),
}

impl<'e> Map<'e> {
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Pairs(pairs) => pairs.len(),
            Self::Texts(texts) => texts.map_or(0, BTreeMap::len),
            Self::Json(members) => members.len(),
            Self::Made(entries) => entries.len(),
        }
    }

    /// What stands under a text.
    pub(crate) fn get(&self, name: &str) -> Option<Value<'e>> {
        match self {
            Self::Pairs(pairs) => {
                pairs.iter().find(|(known, _)| *known == name).map(|(_, value)| Value::text(value))
            }
            Self::Texts(texts) => texts.as_ref()?.get(name).map(|value| Value::text(value)),
            Self::Json(members) => members.get(name).map(Value::of_json),
            Self::Made(entries) => {
                let is_it = |key: &Value<'_>| matches!(key, Value::Text(text) if text.as_str() == name);
                entries.iter().find(|(key, _)| is_it(key)).map(|(_, value)| value.clone())
            }
        }
    }

    pub(crate) fn keys(&self) -> Vec<Value<'e>> {
        match self {
            Self::Pairs(pairs) => pairs.iter().map(|(key, _)| Value::text(key)).collect(),
            Self::Texts(texts) => {
                texts.iter().flat_map(|texts| texts.keys()).map(|key| Value::text(key)).collect()
            }
            Self::Json(members) => members.keys().map(|key| Value::text(key)).collect(),
            Self::Made(entries) => entries.iter().map(|(key, _)| key.clone()).collect(),
        }
    }
}
