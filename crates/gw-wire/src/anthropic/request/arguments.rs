//! Arguments of tool calls: text in other formats, a JSON object in this one. Serves the writers of requests
//! and answers. It must not repair what a model wrote wrongly, only wrap it.

use serde_json::value::RawValue;
use std::borrow::Cow;

/// Names the member that holds arguments which are not a JSON object, as the format's documentation
/// recommends for invalid JSON.
const WRAPPER: &str = "INVALID_JSON";

/// The arguments as the text of a JSON object: empty ones are `{}`, other text than an object is wrapped.
pub(crate) fn object(arguments: &str) -> Cow<'_, str> {
    let arguments = arguments.trim();
    if arguments.is_empty() {
        return Cow::Borrowed("{}");
    }
    let is_object = arguments.starts_with('{') && serde_json::from_str::<&RawValue>(arguments).is_ok();
    if is_object {
        return Cow::Borrowed(arguments);
    }
    let text = serde_json::to_string(arguments).unwrap_or_else(|_| String::from("\"\""));
    Cow::Owned(format!(r#"{{"{WRAPPER}":{text}}}"#))
}
