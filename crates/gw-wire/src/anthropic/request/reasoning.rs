//! How much to think. Serves the request reader and writer. Older models take a budget of tokens, newer ones
//! an effort, so the writer goes by the generation in the model's name. It must not guess for names that
//! do not tell: they get a budget.

use gw_model::chat::{ChatRequest, MediaSource, PartKind, Reasoning, Role, ToolChoice};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// The least budget that the format takes.
const MIN_BUDGET: u64 = 1024;
/// Room for the answer besides thinking, when the caller set no bound.
const ANSWER_ROOM: u64 = 4096;
/// The first generation that is told an effort instead of a budget.
const EFFORT_SINCE: (u32, u32) = (4, 6);
/// The first generation that knows the effort `xhigh`.
const XHIGH_SINCE: (u32, u32) = (4, 7);

/// The `thinking` member.
#[derive(Deserialize)]
pub(crate) struct ThinkingIn<'a> {
    #[serde(rename = "type", borrow)]
    kind: Cow<'a, str>,
    budget_tokens: Option<u64>,
}

/// The common form of `thinking` and `output_config.effort`.
pub(crate) fn read(thinking: Option<&ThinkingIn<'_>>, effort: Option<String>) -> Option<Reasoning> {
    match thinking.map(|thinking| thinking.kind.as_ref()) {
        // Not thinking is this format's default; other formats have models that cannot be told so.
        Some("disabled") => None,
        Some("enabled") => {
            let budget = thinking.and_then(|thinking| thinking.budget_tokens);
            Some(budget.map_or(Reasoning::Adaptive, Reasoning::Budget))
        }
        Some(_) => Some(effort.map_or(Reasoning::Adaptive, Reasoning::Effort)),
        None => effort.map(Reasoning::Effort),
    }
}

/// A written `thinking` member.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(crate) enum ThinkingOut {
    /// With a budget.
    Enabled {
        /// Tokens.
        budget_tokens: u64,
    },
    /// As the model sees fit.
    Adaptive,
}

/// What becomes of the caller's wish to reason.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Plan {
    /// The `thinking` member.
    pub(crate) thinking: Option<ThinkingOut>,
    /// The `output_config.effort` member.
    pub(crate) effort: Option<&'static str>,
    /// The `max_tokens` member.
    pub(crate) max_tokens: u64,
    /// The wish cannot be met.
    pub(crate) is_dropped: bool,
}

/// Decides the members that go with `request.reasoning`. `max_tokens` is the bound on output;
/// `may_grow_to` is how far it may be raised, when the caller set none.
pub(crate) fn plan(request: &ChatRequest, model: &str, max_tokens: u64, may_grow_to: Option<u64>) -> Plan {
    let none = Plan { max_tokens, ..Plan::default() };
    let dropped = Plan { max_tokens, is_dropped: true, ..Plan::default() };
    let Some(reasoning) = &request.reasoning else { return none };
    if matches!(reasoning, Reasoning::Off)
        || matches!(reasoning, Reasoning::Effort(effort) if effort == "none")
    {
        return none;
    }
    let generation = generation(model);
    let is_forced = matches!(request.tool_choice, Some(ToolChoice::Required | ToolChoice::Tool(_)));
    if generation.is_some_and(|generation| generation >= EFFORT_SINCE) {
        let effort = effort(reasoning, generation);
        // Thinking and forced tools exclude each other; the effort may stay.
        let thinking = (!is_forced).then_some(ThinkingOut::Adaptive);
        return Plan { thinking, effort, max_tokens, is_dropped: is_forced && effort.is_none() };
    }
    let Some(wanted) = budget(reasoning) else { return none };
    if is_forced || lacks_thinking(request) {
        return dropped;
    }
    let max_tokens = match may_grow_to {
        Some(limit) if max_tokens < wanted.saturating_add(ANSWER_ROOM) => {
            wanted.saturating_add(ANSWER_ROOM).min(limit).max(max_tokens)
        }
        _ => max_tokens,
    };
    let budget_tokens = wanted.max(MIN_BUDGET).min(max_tokens.saturating_sub(1));
    if budget_tokens < MIN_BUDGET {
        return dropped;
    }
    Plan {
        thinking: Some(ThinkingOut::Enabled { budget_tokens }),
        effort: None,
        max_tokens,
        is_dropped: false,
    }
}

/// The tokens for an effort, for models that are told a budget.
fn budget(reasoning: &Reasoning) -> Option<u64> {
    match reasoning {
        Reasoning::Off => None,
        Reasoning::Budget(tokens) => Some(*tokens),
        Reasoning::Adaptive => Some(8192),
        Reasoning::Effort(effort) => match effort.as_str() {
            "minimal" => Some(MIN_BUDGET),
            "low" => Some(2048),
            "high" => Some(16384),
            "xhigh" | "max" => Some(32768),
            _ => Some(8192),
        },
    }
}

/// The effort for a budget, the inverse of [`budget`].
fn effort(reasoning: &Reasoning, generation: Option<(u32, u32)>) -> Option<&'static str> {
    match reasoning {
        Reasoning::Off | Reasoning::Adaptive => None,
        Reasoning::Budget(0..=4096) => Some("low"),
        Reasoning::Budget(4097..=12288) => Some("medium"),
        Reasoning::Budget(_) => Some("high"),
        Reasoning::Effort(effort) => match effort.as_str() {
            "minimal" | "low" => Some("low"),
            "medium" => Some("medium"),
            "xhigh" if generation.is_some_and(|generation| generation >= XHIGH_SINCE) => Some("xhigh"),
            "high" | "xhigh" => Some("high"),
            "max" => Some("max"),
            _ => None,
        },
    }
}

/// Models that are told a budget refuse to go on from a tool call whose turn does not begin with thinking.
/// Callers of formats without thinking blocks cannot send it back.
fn lacks_thinking(request: &ChatRequest) -> bool {
    let in_tool_loop = request
        .messages
        .last()
        .is_some_and(|last| last.parts.iter().any(|part| matches!(part.kind, PartKind::ToolResult { .. })));
    let last_turn = request.messages.iter().rev().find(|message| message.role == Role::Assistant);
    in_tool_loop
        && last_turn.is_some_and(|turn| {
            !turn.parts.iter().any(|part| {
                matches!(
                    part.kind,
                    PartKind::Thinking { signature: Some(_), .. } | PartKind::RedactedThinking(_)
                )
            })
        })
}

/// Major and minor version in a model's name, for example (4, 6) of `claude-opus-4-6` and (5, 0) of
/// `claude-sonnet-5`. `None` when the name has none, or one of the older order (`claude-3-5-sonnet`).
fn generation(model: &str) -> Option<(u32, u32)> {
    let (_, name) = model.split_once("claude-")?;
    let mut words = name.split(['-', '.', '@', ':']);
    let family = words.next()?;
    if family.is_empty() || !family.bytes().all(|b| b.is_ascii_alphabetic()) {
        return None;
    }
    let small = |word: &str| word.parse::<u32>().ok().filter(|_| word.len() <= 2);
    let major = small(words.next()?)?;
    Some((major, words.next().and_then(small).unwrap_or(0)))
}

/// Whether a stored file is one of this format's providers: ids of other providers mean nothing to them.
pub(super) fn is_foreign_file(source: &MediaSource) -> bool {
    matches!(source, MediaSource::File(id) if !id.starts_with("file_"))
}

#[cfg(test)]
mod tests;
