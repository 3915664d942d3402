//! What an answer repeats of its request: the format's answers state the settings they were made with, and calls of
//! custom and namespaced tools are written as the caller declared those. Serves the writers of answers. It must
//! not judge the request: that is the request reader's part.

use super::names;
use crate::codec::WriteContext;
use crate::json::cursor::DEPTH_CEILING;
use crate::json::{Kind, Object, Value, Writer};

/// Members that answers repeat, and what stands there when the request does not say.
const REPEATED: &[(&str, &str)] = &[
    ("instructions", "null"),
    ("max_output_tokens", "null"),
    ("max_tool_calls", "null"),
    ("metadata", "{}"),
    ("parallel_tool_calls", "true"),
    ("previous_response_id", "null"),
    ("prompt_cache_key", "null"),
    ("reasoning", r#"{"effort":null,"summary":null}"#),
    ("safety_identifier", "null"),
    ("store", "false"),
    ("temperature", "1.0"),
    ("text", r#"{"format":{"type":"text"}}"#),
    ("tool_choice", r#""auto""#),
    ("tools", "[]"),
    ("top_logprobs", "0"),
    ("top_p", "1.0"),
    ("truncation", r#""disabled""#),
    ("user", "null"),
];

/// What is known of the request when its answer is written. The default stands for an unknown request.
#[derive(Clone, Debug, Default)]
pub struct Echo {
    /// Values of [`REPEATED`], by position, as the caller wrote them.
    values: Vec<Option<String>>,
    /// Names of custom tools.
    custom: Vec<String>,
    namespaced: Vec<Namespaced>,
}

#[derive(Clone, Debug)]
struct Namespaced {
    flat: String,
    namespace: String,
    name: String,
}

impl Echo {
    /// Reads what is to be repeated of the request that a context holds.
    #[must_use]
    pub fn of(context: &WriteContext) -> Self {
        let echo = Self::read(&context.request);
        if context.stored_as.is_some() { echo.stored() } else { echo }
    }

    /// Reads what is to be repeated. A body that is no request gives the default.
    #[must_use]
    pub fn read(body: &[u8]) -> Self {
        let Ok(request) = Object::parse(body, DEPTH_CEILING) else { return Self::default() };
        let stated = |name: &str| request.get(name).filter(|value| !value.is_null());
        let mut echo = Self {
            values: REPEATED
                .iter()
                .map(|(name, _)| stated(name).map(|value| one_line(value.raw())))
                .collect(),
            ..Self::default()
        };
        for tool in request.get("tools").iter().flat_map(Value::elements) {
            echo.note(&tool, None);
        }
        echo
    }

    /// States that the answer is stored, whatever the request says.
    fn stored(mut self) -> Self {
        self.values.resize(REPEATED.len(), None);
        for ((name, _), value) in REPEATED.iter().zip(&mut self.values) {
            if *name == "store" {
                *value = Some("true".to_owned());
            }
        }
        self
    }

    fn note(&mut self, tool: &Value<'_>, namespace: Option<&str>) {
        let Some(tool) = (tool.kind == Kind::Object).then(|| tool.object().ok()).flatten() else { return };
        let text = |name: &str| tool.get(name).and_then(|value| value.as_str());
        let Some(name) = text("name") else { return };
        match text("type").as_deref() {
            Some("namespace") if namespace.is_none() => {
                for tool in tool.get("tools").iter().flat_map(Value::elements) {
                    self.note(&tool, Some(&name));
                }
                return;
            }
            Some("custom") => self.custom.push(names::flat(namespace, &name).into_owned()),
            _ => {}
        }
        if let Some(namespace) = namespace {
            self.namespaced.push(Namespaced {
                flat: names::flat(Some(namespace), &name).into_owned(),
                namespace: namespace.to_owned(),
                name: name.into_owned(),
            });
        }
    }

    /// Whether the caller declared the tool as one that takes text.
    pub(super) fn is_custom(&self, name: &str) -> bool {
        self.custom.iter().any(|custom| custom == name)
    }

    /// A flat name's namespace, if it has one, and name.
    pub(super) fn name<'a>(&'a self, flat: &'a str) -> (Option<&'a str>, &'a str) {
        match self.namespaced.iter().find(|known| known.flat == flat) {
            Some(known) => (Some(&known.namespace), &known.name),
            None => (None, flat),
        }
    }

    /// Writes the members.
    pub(super) fn write(&self, w: &mut Writer) {
        for (index, (name, default)) in REPEATED.iter().enumerate() {
            let value = self.values.get(index).and_then(Option::as_deref);
            w.raw_member(name, value.unwrap_or(default));
        }
    }
}

/// JSON text on one line, as the data of an event must be. Strings hold no line ends as such.
pub(super) fn one_line(json: &str) -> String {
    json.replace(['\n', '\r'], " ")
}
