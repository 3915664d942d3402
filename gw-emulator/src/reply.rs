//! Makes the reply to a prompt: text, thinking and tool calls, cut at stop sequences and at the token
//! bound. The same prompt always gets the same reply. It must not know any wire format.

use crate::fault::Faults;
use crate::prompt::{OutputForm, Prompt};
use crate::schema;
use crate::tokens;
use crate::toolcalls;

/// Longest part of the user's text that is echoed, in bytes.
const MAX_ECHO_BYTES: usize = 4096;

/// Why a reply ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Finish {
    /// It was complete.
    Stop,
    /// This stop sequence came up.
    StopSequence(String),
    /// The token bound was reached.
    Length,
    /// Tools are called.
    ToolCalls,
}

/// A tool call in a reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ToolCall {
    pub(crate) name: String,
    /// JSON text, cut short when the token bound was reached.
    pub(crate) arguments: String,
}

/// A finished reply.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) thinking: Option<String>,
    pub(crate) text: String,
    pub(crate) calls: Vec<ToolCall>,
    pub(crate) finish: Finish,
    /// Tokens of thinking, text and calls.
    pub(crate) output_tokens: u64,
}

/// The reply to `prompt`; `index` tells the choices of one request apart.
pub(crate) fn compose(prompt: &Prompt, faults: &Faults, index: u64) -> Reply {
    let mut calls = if faults.no_calls { Vec::new() } else { toolcalls::choose(prompt) };
    let mut text = match calls.is_empty() {
        true => full_text(prompt, faults, index),
        false if faults.preface => "I will use the tools for this.".to_owned(),
        false => String::new(),
    };
    let mut finish = if calls.is_empty() { Finish::Stop } else { Finish::ToolCalls };
    if let Some((at, stop)) = first_stop(&text, &prompt.stops) {
        text.truncate(at);
        calls.clear();
        finish = Finish::StopSequence(stop);
    }
    let mut thinking = prompt.thinking.then(|| thoughts(prompt));
    // A huge answer is huge whatever bound the request sets.
    let unbound = faults.ignore_max_tokens || faults.huge_bytes.is_some();
    let limit = prompt.max_tokens.filter(|_| !unbound).unwrap_or(u64::MAX);
    let mut budget = Budget { left: limit, short: false };
    if let Some(thinking) = &mut thinking {
        budget.clip(thinking);
    }
    budget.clip(&mut text);
    calls.retain_mut(|call| budget.take_call(call));
    if budget.short {
        finish = Finish::Length;
    }
    Reply { thinking, text, calls, finish, output_tokens: limit - budget.left }
}

/// Tokens that a call costs beside its arguments: its name.
pub(crate) fn call_name_tokens(call: &ToolCall) -> u64 {
    tokens::count(&call.name)
}

struct Budget {
    left: u64,
    short: bool,
}

impl Budget {
    fn clip(&mut self, text: &mut String) {
        let (kept, used) = tokens::prefix(text, self.left);
        self.short |= kept.len() < text.len();
        self.left -= used;
        let length = kept.len();
        text.truncate(length);
    }

    fn take_call(&mut self, call: &mut ToolCall) -> bool {
        let name = call_name_tokens(call);
        if self.left <= name {
            self.short = true;
            return false;
        }
        self.left -= name;
        self.clip(&mut call.arguments);
        true
    }
}

fn full_text(prompt: &Prompt, faults: &Faults, index: u64) -> String {
    if let Some(bytes) = faults.huge_bytes {
        return "huge ".chars().cycle().take(usize::try_from(bytes).unwrap_or(0)).collect();
    }
    if let Some(count) = faults.output_tokens.or(faults.frames) {
        return (0..count).map(|n| if n == 0 { "word" } else { " word" }).collect();
    }
    if let Some(text) = &faults.text {
        return text.clone();
    }
    let text = match &prompt.output {
        OutputForm::Schema(schema) => return schema::instance(schema).to_string(),
        OutputForm::JsonObject => return serde_json::json!({"said": echo(&prompt.user_text)}).to_string(),
        OutputForm::Text => plain_text(prompt),
    };
    if index == 0 { text } else { format!("{text} (choice {index})") }
}

fn plain_text(prompt: &Prompt) -> String {
    if !prompt.tool_results.is_empty() {
        return format!("The tool returned: {}", echo(&prompt.tool_results.join("; ")));
    }
    let said = match prompt.user_text.as_str() {
        "" => "You said nothing.".to_owned(),
        text => format!("You said: {}", echo(text)),
    };
    match prompt.images.len() {
        0 => said,
        1 => format!("I see 1 image ({}). {said}", prompt.images[0]),
        count => format!("I see {count} images ({}). {said}", prompt.images.join(", ")),
    }
}

fn thoughts(prompt: &Prompt) -> String {
    format!("The user wrote {} tokens. I will answer with what they said.", tokens::count(&prompt.user_text))
}

fn echo(text: &str) -> &str {
    let mut end = text.len().min(MAX_ECHO_BYTES);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

fn first_stop(text: &str, stops: &[String]) -> Option<(usize, String)> {
    let found = stops.iter().filter(|stop| !stop.is_empty());
    let found = found.filter_map(|stop| Some((text.find(stop.as_str())?, stop.clone())));
    found.min_by_key(|(at, _)| *at)
}

#[cfg(test)]
mod tests;
