//! Questions about topics: the vectors of texts and of examples, by the model for embeddings that the guardrail names.
//! Vectors that were made before are not made again. Serves asking. It must not compute a vector, nor compare any.

use crate::embedding::{Unembedded, Vector};
use crate::worker::Worker;
use ahash::AHashMap;
use gw_guard::asked::topics::{Piece, pieces, read};
use gw_guard::asked::{AskFault, Question, Told};
use gw_model::guardrail::{AskSpec, Topics};
use std::rc::Rc;
use std::time::Duration;

/// What the guardrail says about the texts.
pub(super) async fn ask(
    worker: &Rc<Worker>,
    spec: &AskSpec,
    topics: &Topics,
    question: &Question<'_>,
) -> Result<Vec<Told>, AskFault> {
    let bytes: usize = question.texts.iter().map(|asked| asked.text.len()).sum();
    if bytes > spec.max_text_bytes {
        return Err(AskFault::TooLong);
    }
    let pieces = pieces(question)?;
    let examples: Vec<&str> =
        topics.list.iter().flat_map(|topic| topic.examples.iter().map(|text| &**text)).collect();
    let source = worker.live().vectors(&topics.embedder);
    let mut known: AHashMap<&str, Vector> = AHashMap::new();
    let mut missing: Vec<&str> = Vec::new();
    for text in examples.iter().copied().chain(pieces.iter().map(|piece| piece.said)) {
        if known.contains_key(text) || missing.contains(&text) {
            continue;
        }
        match source.cached(text) {
            Some(vector) => drop(known.insert(text, vector)),
            None => missing.push(text),
        }
    }
    if !missing.is_empty() {
        let within = Duration::from_millis(spec.timeout_ms);
        let made = source.embed(Some(worker), &missing, within).await.map_err(fault)?;
        if made.len() != missing.len() {
            return Err(AskFault::Malformed);
        }
        known.extend(missing.into_iter().zip(made));
    }
    let vector = |text: &str| known.get(text).cloned().ok_or(AskFault::Malformed);
    let of_pieces: Result<Vec<(Piece<'_>, Vector)>, AskFault> =
        pieces.into_iter().map(|piece| Ok((piece, vector(piece.said)?))).collect();
    let of_examples: Result<Vec<Vector>, AskFault> = examples.into_iter().map(vector).collect();
    let told = read(question, &topics.list, topics.threshold(), &of_pieces?, &of_examples?);
    told.ok_or(AskFault::Malformed)
}

const fn fault(why: Unembedded) -> AskFault {
    match why {
        Unembedded::Busy => AskFault::Busy,
        Unembedded::TimedOut => AskFault::Timeout,
        Unembedded::Failed => AskFault::Unreachable,
    }
}
