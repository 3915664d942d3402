//! Models of the Llama Guard family: they are shown a conversation and answer `safe`, or `unsafe` and categories. Serves
//! the guardrails of that kind.

use super::{Ask, Question, Told, Way, about_all};
use gw_model::guardrail::Speaker;
use serde_json::{Value, json};
use std::sync::Arc;

/// Categories by their codes, and the kinds of findings that they are.
const CATEGORIES: [(&str, &str); 14] = [
    ("S1", "s1_violent_crimes"),
    ("S2", "s2_non_violent_crimes"),
    ("S3", "s3_sex_related_crimes"),
    ("S4", "s4_child_sexual_exploitation"),
    ("S5", "s5_defamation"),
    ("S6", "s6_specialized_advice"),
    ("S7", "s7_privacy"),
    ("S8", "s8_intellectual_property"),
    ("S9", "s9_indiscriminate_weapons"),
    ("S10", "s10_hate"),
    ("S11", "s11_suicide_and_self_harm"),
    ("S12", "s12_sexual_content"),
    ("S13", "s13_elections"),
    ("S14", "s14_code_interpreter_abuse"),
];

pub(super) fn ask(question: &Question<'_>, model: &str) -> Ask {
    // The models' templates want turns that alternate and begin with the user's.
    let mut turns: Vec<(&str, String)> = Vec::new();
    for asked in question.texts {
        let is_model = matches!(asked.place.speaker, Speaker::Assistant | Speaker::ToolCall);
        let role = if is_model { "assistant" } else { "user" };
        match turns.last_mut() {
            Some((last, text)) if *last == role => {
                text.push_str("\n\n");
                text.push_str(&asked.text);
            }
            None if role == "assistant" => {
                turns.push(("user", "Hello".to_owned()));
                turns.push((role, asked.text.clone()));
            }
            _ => turns.push((role, asked.text.clone())),
        }
    }
    let messages: Vec<Value> =
        turns.iter().map(|(role, content)| json!({ "role": role, "content": content })).collect();
    let body = json!({ "model": model, "messages": messages, "temperature": 0, "max_tokens": 128 });
    about_all(question, Way::Chat, &body)
}

pub(super) fn read(question: &Question<'_>, answer: &Value, categories: &[Arc<str>]) -> Option<Vec<Told>> {
    let said = super::said(answer)?.trim();
    let (first, rest) = said.split_once(char::is_whitespace).unwrap_or((said, ""));
    match first.trim_end_matches(',').to_ascii_lowercase().as_str() {
        "safe" if rest.trim().is_empty() => return Some(Vec::new()),
        "unsafe" => {}
        _ => return None,
    }
    let last = question.texts.len().checked_sub(1)?;
    let codes: Vec<&str> =
        rest.split(|c: char| c == ',' || c.is_whitespace()).filter(|code| !code.is_empty()).collect();
    if codes.is_empty() {
        return Some(vec![Told::whole(question, last, "unsafe", "the model's verdict")]);
    }
    let counts =
        |code: &str| categories.is_empty() || categories.iter().any(|known| known.eq_ignore_ascii_case(code));
    // What is no category of theirs is the model's own word, and could be anybody's.
    let kind = |code: &str| {
        let known = CATEGORIES.iter().find(|(known, _)| known.eq_ignore_ascii_case(code));
        known.map_or("unsafe", |(_, kind)| *kind)
    };
    let told = |code: &&str| Told::whole(question, last, kind(code), "the model's verdict");
    Some(codes.iter().filter(|code| counts(code)).map(told).collect())
}
