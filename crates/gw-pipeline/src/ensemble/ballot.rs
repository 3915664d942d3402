//! Which of several answers most agree on. Pure. It must not know who gave them.

use gw_model::Event;
use serde_json::Value;

/// What an answer comes to, for comparison.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Ballot {
    /// Tools that it calls, with their arguments.
    Tools(Vec<(String, Value)>),
    /// A JSON object or list.
    Json(Value),
    /// Text without what makes no difference: case, white space, a full stop.
    Text(String),
}

impl Ballot {
    /// What the first choice of an answer comes to, and its text. `None` when it says nothing.
    pub(super) fn of(events: &[Event]) -> Option<(Self, String)> {
        let (mut text, mut tools) = (String::new(), Vec::<(u32, String, String)>::new());
        for event in events {
            match event {
                Event::Text { choice: 0, text: piece, .. }
                | Event::Refusal { choice: 0, text: piece, .. } => {
                    text.push_str(piece);
                }
                Event::ToolStart { choice: 0, block, name, .. } => {
                    tools.push((*block, name.clone(), String::new()));
                }
                Event::ToolArguments { choice: 0, block, json } => {
                    let call = tools.iter_mut().rev().find(|(of, _, _)| of == block);
                    if let Some((_, _, arguments)) = call {
                        arguments.push_str(json);
                    }
                }
                _ => {}
            }
        }
        if !tools.is_empty() {
            return Some(Self::calls(tools, text));
        }
        let trimmed = text.trim();
        if trimmed.is_empty() {
            return None;
        }
        let json = serde_json::from_str(trimmed).ok().filter(|v: &Value| v.is_object() || v.is_array());
        let ballot = json.map_or_else(|| Self::Text(plain(trimmed)), Self::Json);
        Some((ballot, text))
    }

    /// Tool calls, and how they are told to a judge.
    fn calls(tools: Vec<(u32, String, String)>, mut text: String) -> (Self, String) {
        let mut calls = Vec::with_capacity(tools.len());
        for (_, name, arguments) in tools {
            if !text.is_empty() {
                text.push('\n');
            }
            text.push_str("(calls the tool ");
            text.push_str(&name);
            text.push_str(" with ");
            text.push_str(&arguments);
            text.push(')');
            // What a model broke is compared as it is; no arguments are an empty object.
            let value = match arguments.trim() {
                "" => Value::Object(serde_json::Map::new()),
                written => serde_json::from_str(written).unwrap_or_else(|_| written.into()),
            };
            calls.push((name, value));
        }
        (Self::Tools(calls), text)
    }

    pub(super) const fn is_tools(&self) -> bool {
        matches!(self, Self::Tools(_))
    }
}

fn plain(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    let joined = words.join(" ").to_lowercase();
    joined.trim_end_matches(['.', '!']).to_owned()
}

/// The winner: its place, and how many gave it. The first of those that most gave. `None` without ballots.
pub(super) fn count(ballots: &[&Ballot]) -> Option<(usize, usize)> {
    let mut winner: Option<(usize, usize)> = None;
    for (place, ballot) in ballots.iter().enumerate() {
        let votes = ballots.iter().filter(|other| *other == ballot).count();
        if winner.is_none_or(|(_, most)| votes > most) {
            winner = Some((place, votes));
        }
    }
    winner
}

#[cfg(test)]
mod tests;
