//! Names of members: the service takes them in camel case and in snake case, and refuses names that it
//! does not know. It must not be applied to members whose names are the caller's own, such as arguments.

use serde_json::{Map, Value};

use crate::answer::Rejection;

/// Members of a request for content.
pub(super) const REQUEST: &[&str] = &[
    "model",
    "contents",
    "systemInstruction",
    "tools",
    "toolConfig",
    "safetySettings",
    "generationConfig",
    "cachedContent",
    "labels",
    "modelArmorConfig",
    "serviceTier",
    "store",
];

/// Members of `generationConfig`.
pub(super) const CONFIG: &[&str] = &[
    "stopSequences",
    "responseMimeType",
    "responseSchema",
    "responseJsonSchema",
    "responseFormat",
    "responseModalities",
    "candidateCount",
    "maxOutputTokens",
    "temperature",
    "topP",
    "topK",
    "seed",
    "presencePenalty",
    "frequencyPenalty",
    "responseLogprobs",
    "logprobs",
    "enableEnhancedCivicAnswers",
    "enableAffectiveDialog",
    "speechConfig",
    "thinkingConfig",
    "mediaResolution",
    "imageConfig",
    "audioTimestamp",
    "routingConfig",
    "modelSelectionConfig",
];

/// Members of a content.
pub(super) const CONTENT: &[&str] = &["role", "parts"];

/// Members of a part.
pub(super) const PART: &[&str] = &[
    "text",
    "inlineData",
    "fileData",
    "functionCall",
    "functionResponse",
    "executableCode",
    "codeExecutionResult",
    "toolCall",
    "toolResponse",
    "thought",
    "thoughtSignature",
    "partMetadata",
    "videoMetadata",
    "mediaResolution",
];

/// A member by its name in camel case, however it is written; null counts as absent.
pub(super) fn member<'a>(value: &'a Value, name: &str) -> Option<&'a Value> {
    let found = value.get(name).or_else(|| value.get(snake(name)));
    found.filter(|value| !value.is_null())
}

/// A copy of an object with its own names, not those of its members, in camel case.
pub(super) fn in_camel_case(value: &Value) -> Value {
    let Some(object) = value.as_object() else { return value.clone() };
    let renamed: Map<String, Value> =
        object.iter().map(|(name, value)| (camel(name), value.clone())).collect();
    Value::Object(renamed)
}

/// Refuses an object with a name that is not among `names`.
pub(super) fn check(value: &Value, at: &str, names: &[&str]) -> Result<(), Rejection> {
    let Some(object) = value.as_object() else {
        let text = format!("Invalid value at '{at}': an object is needed.");
        return Err(Rejection::new(400, text));
    };
    // An underscore in front is how some clients write what is not in their own schema.
    let is_known = |name: &str| names.contains(&camel(name.trim_start_matches('_')).as_str());
    match object.keys().find(|name| !is_known(name)) {
        None => Ok(()),
        Some(name) => {
            let place = if at.is_empty() { String::new() } else { format!(" at '{at}'") };
            let text =
                format!("Invalid JSON payload received. Unknown name \"{name}\"{place}: Cannot find field.");
            Err(Rejection::new(400, text))
        }
    }
}

fn camel(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    let mut upper = false;
    for c in name.chars() {
        match c {
            '_' if !out.is_empty() => upper = true,
            c if upper => {
                out.push(c.to_ascii_uppercase());
                upper = false;
            }
            c => out.push(c),
        }
    }
    out
}

fn snake(name: &str) -> String {
    let mut out = String::with_capacity(name.len() + 4);
    for c in name.chars() {
        if c.is_ascii_uppercase() {
            out.push('_');
        }
        out.push(c.to_ascii_lowercase());
    }
    out
}
