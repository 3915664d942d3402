//! Answers of plugins. Places are in bytes, as plugins see texts. Serves the guardrails of that kind.

use super::{Question, Told, names};
use crate::finding::Finding;
use gw_model::guardrail::GuardAction;

const REASON: &str = "the plugin's verdict";

/// What a plugin says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PluginAnswer {
    /// The verdict.
    pub verdict: PluginVerdict,
    /// Where and what.
    pub findings: Vec<PluginFinding>,
}

/// A plugin's verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PluginVerdict {
    /// Nothing is wrong.
    Allow,
    /// To be written down.
    Flag,
    /// The findings are to be replaced.
    Replace,
    /// The call is to be stopped.
    Block,
}

/// One finding of a plugin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PluginFinding {
    /// Which text.
    pub text: u32,
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
    /// What it is.
    pub kind: String,
    /// What is to stand in its place.
    pub replacement: Option<String>,
}

pub(super) fn read(question: &Question<'_>, answer: &PluginAnswer) -> Option<Vec<Told>> {
    let most = match answer.verdict {
        PluginVerdict::Allow => return Some(Vec::new()),
        PluginVerdict::Flag => GuardAction::Flag,
        PluginVerdict::Replace => GuardAction::Redact,
        PluginVerdict::Block => GuardAction::Block,
    };
    if answer.findings.is_empty() {
        if most == GuardAction::Redact {
            return None;
        }
        let last = question.texts.len().checked_sub(1)?;
        return Some(vec![Told { most, ..Told::whole(question, last, "verdict", REASON) }]);
    }
    let one = |found: &PluginFinding| {
        let text = usize::try_from(found.text).ok()?;
        let (start, end) = (usize::try_from(found.start).ok()?, usize::try_from(found.end).ok()?);
        let piece = question.texts.get(text)?.text.get(start..end)?;
        if piece.is_empty() {
            return None;
        }
        let finding = Finding::sure(start, end, names::kind(question.guardrail, &found.kind), REASON);
        Some(Told { text, finding, most, with: found.replacement.clone() })
    };
    answer.findings.iter().map(one).collect()
}
