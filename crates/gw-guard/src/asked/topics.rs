//! Topics: a text is of a topic when a piece of it means nearly what one of the topic's examples does. Serves the guardrails
//! of that kind; whoever has vectors hands them in. It must not compute any.

use super::{AskFault, Question, Told, names};
use gw_model::guardrail::Topic;

/// Longest piece of a text that is compared, in bytes: models for embeddings read little more.
const MAX_PIECE_BYTES: usize = 800;

/// Most pieces of one question.
const MAX_PIECES: usize = 256;

/// A piece of one of a question's texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Piece<'a> {
    /// Which text.
    pub text: usize,
    /// What it says.
    pub said: &'a str,
}

/// What of a question is compared.
///
/// # Errors
/// [`AskFault::TooLong`] when that is too much.
pub fn pieces<'a>(question: &Question<'a>) -> Result<Vec<Piece<'a>>, AskFault> {
    let mut all = Vec::new();
    for (text, asked) in question.texts.iter().enumerate() {
        let mut rest = asked.text.trim();
        while !rest.is_empty() {
            let (said, behind) = rest.split_at(end_of_piece(rest));
            all.push(Piece { text, said: said.trim() });
            rest = behind.trim_start();
        }
    }
    if all.len() > MAX_PIECES { Err(AskFault::TooLong) } else { Ok(all) }
}

/// Where the first piece of a text ends: behind a paragraph, a sentence or a word, whichever is there.
fn end_of_piece(text: &str) -> usize {
    if text.len() <= MAX_PIECE_BYTES {
        return text.len();
    }
    let most = text.floor_char_boundary(MAX_PIECE_BYTES);
    let near = text.get(..most).unwrap_or_default();
    let half = most / 2;
    ["\n\n", "\n", ". ", "? ", "! ", " "]
        .into_iter()
        .find_map(|end| near.rfind(end).map(|at| at + end.len()).filter(|at| *at > half))
        .unwrap_or(most)
}

/// What the vectors say: those of the pieces, and of each topic's examples, in their order. `None`: they can not be
/// compared.
#[must_use]
pub fn read<V: AsRef<[f32]>>(
    question: &Question<'_>,
    topics: &[Topic],
    threshold: f32,
    pieces: &[(Piece<'_>, V)],
    examples: &[V],
) -> Option<Vec<Told>> {
    let mut told = Vec::new();
    let has_allowed = topics.iter().any(|topic| topic.is_allowed);
    for text in 0..question.texts.len() {
        let of_text = || pieces.iter().filter(move |(piece, _)| piece.text == text);
        if of_text().next().is_none() {
            continue;
        }
        let mut is_allowed = false;
        let mut rest = examples;
        for topic in topics {
            let (own, others) = rest.split_at_checked(topic.examples.len())?;
            rest = others;
            let mut best = f32::MIN;
            for (_, vector) in of_text() {
                for example in own {
                    best = best.max(cosine(vector.as_ref(), example.as_ref())?);
                }
            }
            if best < threshold {
                continue;
            }
            if topic.is_allowed {
                is_allowed = true;
            } else {
                let found = Told::whole(
                    question,
                    text,
                    names::configured(&topic.name),
                    "it means nearly what an example does",
                );
                told.push(scored(found, best));
            }
        }
        if has_allowed && !is_allowed {
            told.push(Told::whole(question, text, "off_topic", "it is like no example of what is allowed"));
        }
    }
    Some(told)
}

fn scored(mut told: Told, cosine: f32) -> Told {
    told.finding.score = super::percent(f64::from(cosine.clamp(0.0, 1.0))).unwrap_or(100);
    told
}

/// `None` for vectors of different lengths.
fn cosine(one: &[f32], other: &[f32]) -> Option<f32> {
    if one.len() != other.len() {
        return None;
    }
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>();
    let length = (dot(one, one) * dot(other, other)).sqrt();
    (length > 0.0).then(|| dot(one, other) / length)
}

#[cfg(test)]
mod tests;
