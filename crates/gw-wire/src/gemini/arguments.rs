//! Arguments of calls and contents of results: text in other formats, JSON objects in this one. Serves the
//! writers of requests and answers. It must not repair what a model wrote wrongly, only wrap it.

use serde_json::value::RawValue;
use std::borrow::Cow;

/// Names the member that holds arguments which are not a JSON object.
const WRAPPER: &str = "INVALID_JSON";

/// Arguments as the text of a JSON object: empty ones are `{}`, other text than an object is wrapped.
pub(crate) fn object(arguments: &str) -> Cow<'_, str> {
    let arguments = arguments.trim();
    if arguments.is_empty() {
        return Cow::Borrowed("{}");
    }
    if is_object(arguments) { Cow::Borrowed(arguments) } else { Cow::Owned(wrapped(WRAPPER, arguments)) }
}

/// What a tool said, as an object: its own object as it is, other text under the name that the API documents
/// for it.
pub(crate) fn response(text: &str, is_error: bool) -> Cow<'_, str> {
    let trimmed = text.trim();
    if !is_error && is_object(trimmed) {
        return Cow::Borrowed(trimmed);
    }
    if !is_error && trimmed.starts_with('[') && serde_json::from_str::<&RawValue>(trimmed).is_ok() {
        return Cow::Owned(format!(r#"{{"output":{trimmed}}}"#));
    }
    Cow::Owned(wrapped(if is_error { "error" } else { "output" }, text))
}

/// The text is one whole JSON value.
pub(crate) fn is_complete(text: &str) -> bool {
    let text = text.trim_ascii();
    text.starts_with('{') && text.ends_with('}') && serde_json::from_str::<&RawValue>(text).is_ok()
}

fn is_object(text: &str) -> bool {
    text.starts_with('{') && serde_json::from_str::<&RawValue>(text).is_ok()
}

fn wrapped(name: &str, text: &str) -> String {
    let text = serde_json::to_string(text).unwrap_or_else(|_| String::from("\"\""));
    format!(r#"{{"{name}":{text}}}"#)
}
