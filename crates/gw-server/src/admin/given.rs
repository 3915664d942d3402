//! Reads the members of a body that were given: every one is checked, and each fault names its field. Members
//! that are not given leave things as they are, so the same reader serves creation and change.

mod once;

use super::error::ApiError;
use gw_model::Endpoint;
use gw_model::principal::is_pattern;
use serde_json::value::RawValue;
use std::collections::{BTreeMap, HashMap};

/// Longest name, and longest value of `metadata`, in characters.
pub(super) const MAX_TEXT: usize = 256;
/// Most entries of a list or of `metadata`.
const MAX_ENTRIES: usize = 256;

/// See the module.
pub(super) struct Given(HashMap<String, Box<RawValue>>);

impl Given {
    /// Reads a body. Errors: it is no object, or has a member that there is not.
    pub(super) fn read(body: &[u8], members: &[&str]) -> Result<Self, ApiError> {
        let given: HashMap<String, Box<RawValue>> = serde_json::from_slice(body)
            .map_err(|e| ApiError::malformed(format!("the body must be a JSON object: {e}")))?;
        if let Some(field) = once::twice(body) {
            let text = format!("'{field}' is given twice; say which of the two is meant");
            return Err(ApiError::invalid(field, text));
        }
        match given.keys().find(|name| !members.contains(&name.as_str())) {
            Some(name) => {
                let text = format!("there is no member '{name}'; there are {}", members.join(", "));
                Err(ApiError::invalid(name.clone(), text))
            }
            None => match given.iter().find(|(_, raw)| has_nul(raw.get())) {
                Some((name, _)) => {
                    let text = format!("'{name}' has the character NUL in a text: remove it");
                    Err(ApiError::invalid(name.clone(), text))
                }
                None => Ok(Self(given)),
            },
        }
    }

    /// The member's JSON.
    pub(super) fn raw(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(|raw| raw.get())
    }

    /// A text or null. Outer `None`: not given.
    pub(super) fn text(&self, name: &'static str) -> Result<Option<Option<String>>, ApiError> {
        self.text_within(name, MAX_TEXT)
    }

    /// The same with so many characters at most.
    pub(super) fn text_within(
        &self,
        name: &'static str,
        most: usize,
    ) -> Result<Option<Option<String>>, ApiError> {
        let Some(raw) = self.raw(name) else { return Ok(None) };
        let text: Option<String> = serde_json::from_str(raw)
            .map_err(|_| ApiError::invalid(name, format!("'{name}' must be a string")))?;
        if text.as_ref().is_some_and(|t| t.chars().count() > most) {
            return Err(ApiError::invalid(name, format!("'{name}' must have at most {most} characters")));
        }
        Ok(Some(text))
    }

    /// A name that must say something, when it is given.
    pub(super) fn name(&self, is_now: &mut String, whose: &str) -> Result<(), ApiError> {
        if let Some(name) = self.text("name")? {
            let name = name.ok_or_else(|| ApiError::invalid("name", "'name' must not be null"))?;
            // Blanks around it nobody sees, and two names would look the same.
            name.trim().clone_into(is_now);
        }
        if is_now.trim().is_empty() || is_now.chars().any(char::is_control) {
            return Err(ApiError::invalid("name", format!("'name' must say {whose}")));
        }
        Ok(())
    }

    /// A list of texts.
    pub(super) fn texts(&self, name: &'static str) -> Result<Option<Vec<String>>, ApiError> {
        Ok(self.texts_or_null(name)?.map(Option::unwrap_or_default))
    }

    /// A list of texts, or null. Outer `None`: not given.
    pub(super) fn texts_or_null(&self, name: &'static str) -> Result<Option<Option<Vec<String>>>, ApiError> {
        let Some(raw) = self.raw(name) else { return Ok(None) };
        let wrong = || ApiError::invalid(name, format!("'{name}' must be a list of strings"));
        let texts: Option<Vec<String>> = serde_json::from_str(raw).map_err(|_| wrong())?;
        let is_bad = |texts: &Vec<String>| {
            texts.len() > MAX_ENTRIES || texts.iter().any(|t| t.is_empty() || t.chars().count() > MAX_TEXT)
        };
        if texts.as_ref().is_some_and(is_bad) {
            let text =
                format!("'{name}' must have at most {MAX_ENTRIES} entries of 1 to {MAX_TEXT} characters");
            return Err(ApiError::invalid(name, text));
        }
        Ok(Some(texts))
    }

    /// The same of names, and of beginnings of names with `*`.
    pub(super) fn patterns_or_null(
        &self,
        name: &'static str,
    ) -> Result<Option<Option<Vec<String>>>, ApiError> {
        let given = self.texts_or_null(name)?;
        match given.iter().flatten().flatten().find(|text| !is_pattern(text)) {
            None => Ok(given),
            Some(bad) => Err(ApiError::invalid(name, not_a_pattern(bad))),
        }
    }

    /// Endpoint kinds, or null. Outer `None`: not given.
    pub(super) fn endpoints(&self) -> Result<Option<Option<Vec<Endpoint>>>, ApiError> {
        let Some(names) = self.texts_or_null("endpoints")? else { return Ok(None) };
        let kinds = names.map(|names| names.iter().map(|name| endpoint(name)).collect());
        kinds.transpose().map(Some)
    }

    /// True, false, or not given.
    pub(super) fn flag(&self, name: &'static str) -> Result<Option<bool>, ApiError> {
        let Some(raw) = self.raw(name) else { return Ok(None) };
        let wrong = |_| ApiError::invalid(name, format!("'{name}' must be true or false"));
        serde_json::from_str(raw).map(Some).map_err(wrong)
    }

    /// An object of texts, or null for none.
    pub(super) fn texts_by_name(
        &self,
        field: &'static str,
    ) -> Result<Option<BTreeMap<String, String>>, ApiError> {
        let Some(raw) = self.raw(field) else { return Ok(None) };
        let wrong = || ApiError::invalid(field, format!("'{field}' must be an object of strings"));
        let map: Option<BTreeMap<String, String>> = serde_json::from_str(raw).map_err(|_| wrong())?;
        let map = map.unwrap_or_default();
        let too_long =
            |(k, v): (&String, &String)| k.chars().count() > MAX_TEXT || v.chars().count() > MAX_TEXT;
        if map.len() > MAX_ENTRIES || map.iter().any(too_long) {
            return Err(ApiError::invalid(
                field,
                format!("'{field}' may have {MAX_ENTRIES} entries of {MAX_TEXT} characters"),
            ));
        }
        Ok(Some(map))
    }
}

/// What is said of text that is no pattern.
pub(super) fn not_a_pattern(text: &str) -> String {
    format!("pattern '{text}': '*' may stand at the end only, and once")
}

fn endpoint(name: &str) -> Result<Endpoint, ApiError> {
    Endpoint::from_name(name).ok_or_else(|| {
        let names: Vec<&str> = Endpoint::ALL.iter().map(|e| e.as_str()).collect();
        ApiError::invalid(
            "endpoints",
            format!("there is no endpoint kind '{name}'; there are {}", names.join(", ")),
        )
    })
}

/// Is there a NUL in a text of this JSON? Databases do not take it, and it can only stand there escaped.
fn has_nul(json: &str) -> bool {
    let escapes = json.match_indices("\\u0000");
    // An odd number of backslashes before the `u` escapes; an even one is of backslashes that stand for themselves.
    escapes.into_iter().any(|(at, _)| {
        let before = json.get(..at).unwrap_or_default();
        (before.len() - before.trim_end_matches('\\').len()).is_multiple_of(2)
    })
}
