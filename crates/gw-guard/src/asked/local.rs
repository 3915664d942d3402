//! What models in the process say of texts: where names and places stand, or what a text is. Serves the guardrails of those
//! kinds; whoever runs models hands in what they say. It must not run any.

use super::{AskFault, Question, Told, names, percent};
use crate::finding::Finding;
use gw_model::guardrail::GuardAction;
use std::sync::Arc;

const REASON: &str = "a model in the process found it";

/// One thing that a model said.
#[derive(Clone, Debug, PartialEq)]
pub struct LocalFinding {
    /// Which text of the question.
    pub text: usize,
    /// Where it stands, in bytes; `None` for the text as a whole.
    pub bytes: Option<(usize, usize)>,
    /// What it is, as the model names it.
    pub kind: Arc<str>,
    /// How likely, 0 to 1.
    pub score: f32,
}

/// What the findings of a model are to a guardrail.
///
/// # Errors
/// They are not about the texts. There is no bound on how many there are but what may be asked about: no stranger says it.
pub fn read_local(question: &Question<'_>, found: &[LocalFinding]) -> Result<Vec<Told>, AskFault> {
    let one = |found: &LocalFinding| {
        let text = &question.texts.get(found.text)?.text;
        let (start, end) = found.bytes.unwrap_or((0, text.len()));
        text.get(start..end).filter(|piece| !piece.is_empty())?;
        let score = percent(f64::from(found.score))?;
        let finding = Finding { start, end, kind: names::configured(&found.kind), score, reason: REASON };
        Some(Told { text: found.text, finding, most: GuardAction::Block, with: None })
    };
    found.iter().map(one).collect::<Option<_>>().ok_or(AskFault::Malformed)
}
