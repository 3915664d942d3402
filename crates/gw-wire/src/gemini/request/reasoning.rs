//! How much to think. Serves the request reader and writer. The second generation takes a budget of tokens, the
//! third a level, so the writer goes by the generation in the model's name. It must not guess for names that
//! do not tell: they get a budget, which every thinking generation takes.

use super::fields::Fields;
use gw_model::Refusal;
use gw_model::chat::{ChatRequest, Json, Reasoning};
use serde_json::value::RawValue;
use std::sync::Arc;

/// The first generation that thinks.
const THINKS_SINCE: (u32, u32) = (2, 5);
/// The first generation that is told a level, checks signatures and takes media from tools.
const LEVELS_SINCE: (u32, u32) = (3, 0);

/// Reads `thinkingConfig`.
pub(super) fn read(mut fields: Fields<'_>, request: &mut ChatRequest) -> Result<(), Refusal> {
    let budget = fields.typed("thinkingBudget", "a whole number", |v| v.as_i64())?;
    let level = fields.text("thinkingLevel")?.map(|level| level.to_ascii_lowercase());
    let shown = fields.typed("includeThoughts", "true or false", |v| v.as_bool())?;
    request.reasoning = match (level, budget) {
        (Some(level), _) if level != "thinking_level_unspecified" => Some(Reasoning::Effort(level)),
        (_, Some(0)) => Some(Reasoning::Off),
        (_, Some(budget)) => Some(u64::try_from(budget).map_or(Reasoning::Adaptive, Reasoning::Budget)),
        (_, None) if shown == Some(true) => Some(Reasoning::Adaptive),
        (_, None) => None,
    };
    let hides = shown != Some(true) && !matches!(request.reasoning, None | Some(Reasoning::Off));
    if hides && let Ok(no) = RawValue::from_string("false".to_owned()) {
        // Other formats show reasoning when there is any, and the writer asks for it.
        let no: Json = Arc::from(no);
        request.extra.push(("generationConfig.thinkingConfig.includeThoughts".to_owned(), no));
    }
    fields.rest(&mut request.extra)
}

/// What becomes of the caller's wish to reason.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Plan {
    /// `thinkingBudget`; -1 leaves it to the model.
    pub(super) budget: Option<i64>,
    /// `thinkingLevel`.
    pub(super) level: Option<&'static str>,
    /// Reasoning is to be shown.
    pub(super) is_shown: bool,
    /// The wish cannot be met.
    pub(super) is_dropped: bool,
}

/// Decides `thinkingConfig` for a model.
pub(super) fn plan(reasoning: &Reasoning, model: &str) -> Plan {
    let is_off =
        matches!(reasoning, Reasoning::Off) || matches!(reasoning, Reasoning::Effort(word) if word == "none");
    let generation = generation(model);
    if generation.is_some_and(|generation| generation < THINKS_SINCE) || model.contains("gemma") {
        return Plan { is_dropped: !is_off, ..Plan::default() };
    }
    let is_pro = model.contains("pro");
    let shown = Plan { is_shown: true, ..Plan::default() };
    if generation.is_some_and(|generation| generation >= LEVELS_SINCE) {
        // The third generation cannot be told not to think at all.
        let least = if is_pro { "low" } else { "minimal" };
        return match reasoning {
            _ if is_off => Plan { level: Some(least), ..Plan::default() },
            Reasoning::Off | Reasoning::Adaptive => shown,
            Reasoning::Budget(tokens) => Plan { budget: Some(bounded(*tokens, model)), ..shown },
            Reasoning::Effort(effort) => {
                let level = match effort.as_str() {
                    "minimal" => least,
                    "low" => "low",
                    "medium" if !(is_pro && generation == Some(LEVELS_SINCE)) => "medium",
                    _ => "high",
                };
                Plan { level: Some(level), ..shown }
            }
        };
    }
    match reasoning {
        _ if is_off => Plan { budget: Some(if is_pro { 128 } else { 0 }), ..Plan::default() },
        Reasoning::Off | Reasoning::Adaptive => Plan { budget: Some(-1), ..shown },
        Reasoning::Budget(tokens) => Plan { budget: Some(bounded(*tokens, model)), ..shown },
        Reasoning::Effort(effort) => {
            let tokens = match effort.as_str() {
                "minimal" | "low" => 1024,
                "medium" => 8192,
                _ => 24576,
            };
            Plan { budget: Some(tokens), ..shown }
        }
    }
}

/// A budget within what the model takes.
fn bounded(tokens: u64, model: &str) -> i64 {
    let (least, most) = match () {
        () if model.contains("pro") => (128, 32768),
        () if model.contains("lite") => (512, 24576),
        () => (0, 24576),
    };
    i64::try_from(tokens).unwrap_or(i64::MAX).clamp(least, most)
}

/// Whether the model is of the third generation or a later one.
pub(super) fn is_third(model: &str) -> bool {
    generation(model).is_some_and(|generation| generation >= LEVELS_SINCE)
}

/// Major and minor version in a model's name, for example (2, 5) of `gemini-2.5-flash` and (3, 0) of
/// `gemini-3-pro-preview`. `None` when the name has none.
fn generation(model: &str) -> Option<(u32, u32)> {
    let (_, name) = model.split_once("gemini-")?;
    let version = name.split('-').next()?;
    let (major, minor) = version.split_once('.').unwrap_or((version, "0"));
    Some((major.parse().ok()?, minor.parse().ok()?))
}
