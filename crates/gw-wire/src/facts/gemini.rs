//! Reads one top-level member of a Gemini request into the facts. Serves `facts`. It must refuse what it cannot
//! read, as the upstream might read it otherwise.
//!
//! The API takes each name in camelCase and in snake_case. Both spellings of one name at once are refused: it is
//! not known which one the upstream takes.

use super::kinds::{check_spelling, choices, object, objects, string, take_bound, wrong_kind};
use super::{ROUTING_MEMBERS, invalid_owned, members::Found, service_tier};
use crate::gemini::names::{count, is};
use crate::json::{Kind, Member, Object, Value};
use gw_model::{CallFacts, Refusal, ServiceTier};

/// Names that a stage acts on.
const READ_MEMBERS: &[&str] =
    &["contents", "generationConfig", "systemInstruction", "tools", "serviceTier", "cachedContent", "model"];
const READ_NESTED: &[&str] = &["maxOutputTokens", "candidateCount"];

pub(super) fn read<'a>(
    object: &Object<'a>,
    member: &Member<'a>,
    facts: &mut CallFacts,
    found: &mut Found<'a>,
) -> Result<(), Refusal> {
    let value = object.value(member);
    let key = member.key.as_ref();
    let Some(name) = once(key, READ_MEMBERS, &mut found.spellings)? else {
        if ROUTING_MEMBERS.contains(&key) {
            if !value.is_null() {
                facts.routing_members.push(key.to_owned());
            }
            return Ok(());
        }
        return check_spelling(key, &[READ_MEMBERS, ROUTING_MEMBERS], true);
    };
    if name == "model" {
        facts.model_span = Some(value.span);
    }
    if value.is_null() {
        return Ok(());
    }
    match name {
        "contents" => {
            // One content may stand for a list of one.
            if value.kind != Kind::Object {
                objects("contents", "content", &value)?;
            }
            found.has_messages = true;
        }
        "generationConfig" => config(&value, facts)?,
        "cachedContent" => facts.stored = Some("cachedContent"),
        "serviceTier" => facts.service_tier = tier(&string("serviceTier", &value)?),
        // The path decides; the API takes the name here as well.
        "model" => string("model", &value)?.trim_start_matches("models/").clone_into(&mut facts.model),
        _ => {}
    }
    Ok(())
}

fn config(value: &Value<'_>, facts: &mut CallFacts) -> Result<(), Refusal> {
    let config = object("generationConfig", value)?;
    let mut spellings = 0;
    for member in &config.members {
        let value = config.value(member);
        match once(&member.key, READ_NESTED, &mut spellings)? {
            Some(_) if value.is_null() => {}
            Some("maxOutputTokens") => {
                const NAME: &str = "generationConfig.maxOutputTokens";
                let tokens =
                    count(&value).ok_or_else(|| wrong_kind(NAME, "a whole number of at least 0", &value))?;
                take_bound(tokens, &value, facts);
            }
            Some(_) => {
                facts.choices = choices("generationConfig.candidateCount", &value, count(&value))?;
            }
            None => check_spelling(&member.key, &[READ_NESTED], true)?,
        }
    }
    Ok(())
}

/// Which of `names` a key is. Refused when another spelling of that name stood before it.
fn once(key: &str, names: &[&'static str], seen: &mut u32) -> Result<Option<&'static str>, Refusal> {
    let Some((index, name)) = names.iter().enumerate().find(|(_, name)| is(key, name)) else {
        return Ok(None);
    };
    let bit = 1_u32 << index;
    if *seen & bit != 0 {
        let what = format!("`{key}` is `{name}` in another spelling, which stands there too. Send it once.");
        return Err(invalid_owned(key.to_owned(), what));
    }
    *seen |= bit;
    Ok(Some(name))
}

/// The tier that a name of this API stands for, in either way to write it.
fn tier(name: &str) -> Option<ServiceTier> {
    let lower = name.to_ascii_lowercase();
    match lower.trim_start_matches("service_tier_") {
        "unspecified" => None,
        name => service_tier(name),
    }
}
