//! Chooses the tools that a reply calls. The rule is fixed and documented in the guide: named tools
//! win, `parallel` in the user's text calls several, after a tool result nothing is called. It must
//! not write any wire format.

use crate::prompt::{Prompt, Tool, ToolChoice};
use crate::reply::ToolCall;
use crate::schema;

/// Most calls in one reply.
const MAX_CALLS: usize = 8;

/// The calls that a prompt gets, in order; none means that it gets text.
pub(crate) fn choose(prompt: &Prompt) -> Vec<ToolCall> {
    if prompt.tools.is_empty() || !prompt.tool_results.is_empty() {
        return Vec::new();
    }
    let chosen: Vec<&Tool> = match &prompt.choice {
        ToolChoice::None => Vec::new(),
        ToolChoice::Named(name) => prompt.tools.iter().filter(|tool| tool.name == *name).collect(),
        ToolChoice::Auto | ToolChoice::Required => by_text(prompt),
    };
    let limit = if prompt.one_call { 1 } else { MAX_CALLS };
    chosen.into_iter().take(limit).map(call).collect()
}

fn by_text(prompt: &Prompt) -> Vec<&Tool> {
    let text = prompt.user_text.as_str();
    let mut mentioned: Vec<(usize, &Tool)> =
        prompt.tools.iter().filter_map(|tool| Some((mention(text, &tool.name)?, tool))).collect();
    mentioned.sort_by_key(|(at, _)| *at);
    let mut chosen: Vec<&Tool> = mentioned.into_iter().map(|(_, tool)| tool).collect();
    if chosen.len() < 2 && mention(text, "parallel").is_some() {
        chosen = match prompt.tools.as_slice() {
            [only] => vec![only, only],
            all => all.iter().collect(),
        };
    }
    if chosen.is_empty() {
        chosen.extend(prompt.tools.first());
    }
    chosen
}

/// Where `name` stands in `text` as a word of its own.
fn mention(text: &str, name: &str) -> Option<usize> {
    let in_word = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == '-');
    text.match_indices(name).map(|(at, _)| at).find(|&at| {
        let before = text[..at].chars().next_back();
        let after = text[at + name.len()..].chars().next();
        !in_word(before) && !in_word(after)
    })
}

fn call(tool: &Tool) -> ToolCall {
    let arguments = match schema::instance(&tool.schema) {
        object @ serde_json::Value::Object(_) => object.to_string(),
        _ => "{}".to_owned(),
    };
    ToolCall { name: tool.name.clone(), arguments }
}
