//! Which parameters calls may have, and what they are where the caller says nothing, or whatever it says. Names are compared
//! however formats spell them: `max_tokens` is `maxOutputTokens` too. Pure: what a call has is given.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// Most names of one list or map.
const MAX_PARAMETERS: usize = 64;
/// Longest name in characters.
const MAX_NAME: usize = 64;
/// Longest value as JSON, in bytes.
const MAX_VALUE: usize = 4 << 10;

/// Rules for the parameters of calls. Names are as whoever made them wrote them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
pub struct ParameterRules {
    /// Those that calls may have. `None` allows all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allowed: Option<Vec<String>>,
    /// Those that they may not have, whatever is allowed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub denied: Vec<String>,
    /// What they are where a call says nothing of them.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub defaults: BTreeMap<String, Value>,
    /// What they are whatever a call says of them.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub forced: BTreeMap<String, Value>,
}

/// What a request is, in all formats: no parameters. Spelled as [`parameter_key`] gives them.
const CONTENT: [&str; 27] = [
    "content",
    "contents",
    "conversation",
    "documents",
    "file",
    "image",
    "images",
    "input",
    "inputimage",
    "inputs",
    "inputtext",
    "inputtype",
    "instructions",
    "mask",
    "messages",
    "model",
    "modelid",
    "previousresponseid",
    "prompt",
    "query",
    "requests",
    "stream",
    "streamoptions",
    "system",
    "systeminstruction",
    "texts",
    "type",
];

/// A parameter's name however it is spelled: letters and digits in lower case, and one name for what formats call
/// differently.
#[must_use]
pub fn parameter_key(name: &str) -> String {
    let folded: String = name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
    let one = match folded.as_str() {
        "maxcompletiontokens" | "maxoutputtokens" | "maxtokenstosample" | "maxtokencount" => "maxtokens",
        "stopsequences" => "stop",
        "candidatecount" => "n",
        "responselogprobs" => "logprobs",
        "reasoning" | "reasoningconfig" | "thinking" | "thinkingconfig" => "reasoningeffort",
        "responsemimetype" | "responseschema" | "responsejsonschema" | "outputconfig" | "outputformat" => {
            "responseformat"
        }
        "functions" => "tools",
        "functioncall" => "toolchoice",
        _ => return folded,
    };
    one.to_owned()
}

/// Is that what a request is, and no parameter of it? The name is as [`parameter_key`] gives it.
#[must_use]
pub fn is_content(key: &str) -> bool {
    CONTENT.contains(&key)
}

impl ParameterRules {
    /// True when they ask for nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.allowed.is_none() && self.denied.is_empty() && self.defaults.is_empty() && self.forced.is_empty()
    }

    /// May calls have the parameter of that name, which is as [`parameter_key`] gives it?
    #[must_use]
    pub fn allows(&self, key: &str) -> bool {
        let is_in = |list: &[String]| list.iter().any(|name| parameter_key(name) == key);
        self.allowed.as_ref().is_none_or(|list| is_in(list)) && !is_in(&self.denied)
    }

    /// Can they be put in force? Errors: the member that is wrong, as `denied[0]` or `forced.stop`, and what to write.
    pub fn check(&self) -> Result<(), (String, String)> {
        let lists = [("allowed", self.allowed.as_deref().unwrap_or_default()), ("denied", &self.denied)];
        for (member, list) in lists {
            check_count(member, list.len())?;
            for (at, name) in list.iter().enumerate() {
                check_name(&format!("{member}[{at}]"), name)?;
            }
        }
        for (member, map) in [("defaults", &self.defaults), ("forced", &self.forced)] {
            check_count(member, map.len())?;
            let mut keys: Vec<String> = Vec::new();
            for (name, value) in map {
                let field = format!("{member}.{name}");
                check_name(&field, name)?;
                if matches!(parameter_key(name).as_str(), "tools" | "toolchoice") {
                    return Err((field, format!("'{name}' can be allowed or denied here, not set")));
                }
                let key = parameter_key(name);
                if keys.contains(&key) {
                    let text = format!("'{name}' is another name of one that stands there: keep one of them");
                    return Err((field, text));
                }
                keys.push(key);
                if value.is_null() {
                    return Err((field, format!("'{name}' must not be null: remove it")));
                }
                if value.to_string().len() > MAX_VALUE {
                    return Err((field, format!("'{name}' may have {MAX_VALUE} bytes as JSON")));
                }
            }
        }
        Ok(())
    }
}

fn check_count(member: &str, count: usize) -> Result<(), (String, String)> {
    match count > MAX_PARAMETERS {
        true => Err((member.to_owned(), format!("'{member}' may have {MAX_PARAMETERS} entries"))),
        false => Ok(()),
    }
}

fn check_name(field: &str, name: &str) -> Result<(), (String, String)> {
    let is_name = name.chars().count() <= MAX_NAME
        && name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if !is_name {
        let text = format!("'{name}' is no name of a parameter, such as temperature or max_tokens");
        return Err((field.to_owned(), text));
    }
    if is_content(&parameter_key(name)) {
        let text = format!("'{name}' is what a request is, not a parameter of it: remove it");
        return Err((field.to_owned(), text));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
