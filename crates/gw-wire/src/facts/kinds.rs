//! Values of the kinds that the stages need, and the refusals for others. Serves the readers of `facts`. It must
//! not know members by name.

use super::{invalid, invalid_owned};
use crate::json::{Kind, Value};
use gw_model::{CallFacts, Refusal};

/// Longest end-user name that is kept, in characters.
const MAX_USER_CHARACTERS: usize = 256;

/// Of several members that bound the output the largest counts, as it is not known which the upstream takes.
pub(super) fn bound(name: &'static str, value: &Value<'_>, facts: &mut CallFacts) -> Result<(), Refusal> {
    let tokens = value.as_u64().ok_or_else(|| wrong_kind(name, "a whole number of at least 0", value))?;
    take_bound(tokens, value, facts);
    Ok(())
}

/// Takes over a bound that has been read.
pub(super) fn take_bound(tokens: u64, value: &Value<'_>, facts: &mut CallFacts) {
    if facts.max_output_tokens.is_none_or(|largest| tokens >= largest) {
        facts.max_output_tokens = Some(tokens);
        facts.max_output_span = Some(value.span);
    }
}

pub(super) fn count(name: &'static str, value: &Value<'_>) -> Result<u32, Refusal> {
    choices(name, value, value.as_u64())
}

/// A number of answers, as the format's own reader has read it.
pub(super) fn choices(name: &'static str, value: &Value<'_>, read: Option<u64>) -> Result<u32, Refusal> {
    let number = read.and_then(|n| u32::try_from(n).ok()).filter(|n| *n >= 1);
    number.ok_or_else(|| wrong_kind(name, "a whole number of at least 1", value))
}

/// A list of messages or items: an array that is not empty and holds objects.
pub(super) fn objects(name: &'static str, what: &str, value: &Value<'_>) -> Result<(), Refusal> {
    if value.kind != Kind::Array {
        return Err(wrong_kind(name, &format!("an array of {what}s"), value));
    }
    let mut elements = value.raw().trim_start_matches('[').trim_start().bytes();
    match elements.next() {
        Some(b']') => Err(invalid(name, format!("`{name}` is empty. Send at least one {what}."))),
        Some(b'{') => Ok(()),
        _ => Err(invalid(name, format!("`{name}` must hold {what}s, which are objects."))),
    }
}

pub(super) fn boolean(name: &'static str, value: &Value<'_>) -> Result<bool, Refusal> {
    value.as_bool().ok_or_else(|| wrong_kind(name, "true or false", value))
}

pub(super) fn string(name: &'static str, value: &Value<'_>) -> Result<String, Refusal> {
    value.as_str().map(std::borrow::Cow::into_owned).ok_or_else(|| wrong_kind(name, "a string", value))
}

/// A member that must be an object.
pub(super) fn object<'a>(name: &'static str, value: &Value<'a>) -> Result<crate::json::Object<'a>, Refusal> {
    if value.kind != Kind::Object {
        return Err(wrong_kind(name, "an object", value));
    }
    value.object().map_err(|e| super::json_refusal(&e).param(name))
}

/// An end user's name, cut to a length that can be kept.
pub(super) fn user_name(name: &'static str, value: &Value<'_>) -> Result<String, Refusal> {
    let text = string(name, value)?;
    Ok(match text.char_indices().nth(MAX_USER_CHARACTERS) {
        Some((end, _)) => text.get(..end).unwrap_or_default().to_owned(),
        None => text,
    })
}

pub(super) fn wrong_kind(name: &'static str, wanted: &str, value: &Value<'_>) -> Refusal {
    let got = match value.kind {
        Kind::Number | Kind::Bool => value.raw().chars().take(32).collect(),
        kind => kind.with_article().to_owned(),
    };
    invalid(name, format!("`{name}` must be {wanted}, not {got}."))
}

/// Refuses a name that an upstream may take for one of those that the stages have read (`known`, as the format
/// writes them; `is_camel` when underscores mean nothing in it).
///
/// Some upstreams match names without regard to case (Go's `encoding/json`, with Unicode folding). There, a
/// second spelling of a name would overrule what the stages have read.
pub(super) fn check_spelling(name: &str, known: &[&[&str]], is_camel: bool) -> Result<(), Refusal> {
    let is_plain = |byte: u8| byte.is_ascii() && !byte.is_ascii_uppercase();
    if !is_camel && name.bytes().all(is_plain) {
        return Ok(());
    }
    let means = |meant: &&str| folded(name, is_camel).eq(folded(meant, is_camel));
    match known.iter().copied().flatten().copied().find(means) {
        Some(meant) if meant != name => {
            let shown: String = name.chars().take(64).collect();
            let what = format!("The member `{shown}` is a second spelling of `{meant}`. Write `{meant}`.");
            Err(invalid_owned(shown, what))
        }
        _ => Ok(()),
    }
}

fn folded(name: &str, without_underscores: bool) -> impl Iterator<Item = char> {
    name.chars().filter(move |c| !(without_underscores && *c == '_')).map(|c| match c {
        '\u{17f}' => 's',
        '\u{212a}' => 'k',
        other => other.to_ascii_lowercase(),
    })
}
