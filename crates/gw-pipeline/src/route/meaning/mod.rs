//! Before the plan, where a model's tree has a semantic group: the user's last words become a vector, and each group
//! says which member it is nearest to. The plan takes that as a fact. What was seen before waits for nothing; what
//! cannot be had in time goes by the group's failure policy. It must not order targets, nor compute a vector.

mod groups;
mod keep;
mod memory;
mod remote;
mod simulated;

pub(crate) use groups::{SemanticGroup, Source, Sources, groups};
pub(crate) use keep::Changes;
pub use keep::keep_routes;
pub use simulated::Considered;
pub(crate) use simulated::consider;

use super::semantic::{combine, excerpts};
use crate::embedding::{Unembedded, Vector};
use crate::guard::Screened;
use crate::receive::INLINE_BYTES;
use crate::worker::Worker;
use gw_model::routing::OnSemanticError;
use gw_model::{Call, ErrorCode, Refusal};
use smallvec::SmallVec;
use std::borrow::Cow;
use std::rc::Rc;
use std::time::Duration;

/// Which member of each semantic group the prompt is meant for, by the group's id.
#[derive(Debug, Default)]
pub(crate) struct Meaning(SmallVec<[(u16, usize); 2]>);

impl Meaning {
    /// `None` when nobody knows.
    pub(crate) fn member(&self, group: u16) -> Option<usize> {
        self.0.iter().find(|(id, _)| *id == group).map(|(_, member)| *member)
    }
}

/// What came of a prompt at a group.
enum Outcome {
    /// The member whose utterances it is like.
    Chosen(usize),
    /// It is like none.
    Unlike,
    /// It has no words.
    NoText,
    /// The utterances' vectors are not there yet.
    NotReady,
    /// The prompt's is not.
    Unembedded(Unembedded),
}

impl Outcome {
    const fn as_str(&self) -> &'static str {
        match self {
            Self::Chosen(_) => "chosen",
            Self::Unlike => "default",
            Self::NoText => "no_text",
            Self::NotReady => "not_ready",
            Self::Unembedded(why) => why.as_str(),
        }
    }
}

/// Finds out what the prompt means. Errors: 503 `no_healthy_target` where a group refuses what it cannot compare.
pub(crate) async fn find(screened: &Screened) -> Result<Meaning, Refusal> {
    let Screened { ticket, call, model, .. } = screened;
    let text = words(call).await;
    let parts = text.as_deref().map(excerpts).unwrap_or_default();
    let mut known: SmallVec<[(&Source, Result<Vector, Unembedded>); 1]> = SmallVec::new();
    let mut meaning = Meaning::default();
    for group in model.semantic() {
        let outcome = match group.index() {
            _ if parts.is_empty() => Outcome::NoText,
            None => Outcome::NotReady,
            Some(index) => {
                let found = known.iter().find(|(source, _)| source.is_same(&group.source));
                let vector = match found.map(|(_, vector)| vector.clone()) {
                    Some(vector) => vector,
                    None => {
                        let within = wait(model.semantic(), group);
                        let vector = embed(&group.source, &parts, Some(ticket.worker()), within).await;
                        known.push((&group.source, vector.clone()));
                        vector
                    }
                };
                match vector.map(|vector| index.choose(&vector)) {
                    Ok(Some(Some(member))) => Outcome::Chosen(member),
                    Ok(Some(None)) => Outcome::Unlike,
                    // Vectors of another length than the utterances'.
                    Ok(None) => Outcome::Unembedded(Unembedded::Failed),
                    Err(why) => Outcome::Unembedded(why),
                }
            }
        };
        ticket.worker().gateway().metrics.note_semantic(&model.name, outcome.as_str());
        if matches!(outcome, Outcome::NotReady | Outcome::Unembedded(_)) {
            group.complain(&model.name, outcome.as_str(), ticket.worker().now());
        }
        let member = match outcome {
            Outcome::Chosen(member) => Some(member),
            Outcome::Unlike | Outcome::NoText => Some(group.settings.default),
            Outcome::NotReady | Outcome::Unembedded(_) => match group.settings.on_error {
                OnSemanticError::Default => Some(group.settings.default),
                OnSemanticError::Next => None,
                OnSemanticError::Refuse => return Err(unknown(&model.name, &outcome)),
            },
        };
        meaning.0.extend(member.map(|member| (group.id, member)));
    }
    Ok(meaning)
}

/// The user's last words. Of a large body they are looked for off the worker, whose other calls would wait.
async fn words(call: &Call) -> Option<Cow<'_, str>> {
    if call.raw.is_some() {
        return None;
    }
    let (format, body) = (call.format, call.full());
    if body.len() <= INLINE_BYTES {
        return gw_wire::facts::last_user_text(format, body);
    }
    let body = body.clone();
    let read = move || gw_wire::facts::last_user_text(format, &body).map(Cow::into_owned);
    tokio::task::spawn_blocking(read).await.ok().flatten().map(Cow::Owned)
}

/// As long as the least patient of the groups that wait for the same.
fn wait(groups: &[SemanticGroup], group: &SemanticGroup) -> Duration {
    let same = groups.iter().filter(|other| other.source.is_same(&group.source));
    let shortest = same.map(|other| other.settings.timeout_ms).min();
    Duration::from_millis(shortest.unwrap_or(group.settings.timeout_ms))
}

/// The vector of a prompt: that of its parts together. Without a worker no provider is asked.
async fn embed(
    source: &Source,
    parts: &[Cow<'_, str>],
    worker: Option<&Rc<Worker>>,
    within: Duration,
) -> Result<Vector, Unembedded> {
    let mut vectors: SmallVec<[Option<Vector>; 3]> = parts.iter().map(|part| source.cached(part)).collect();
    let missing = || parts.iter().zip(&vectors).filter(|(_, vector)| vector.is_none());
    let texts: SmallVec<[&str; 3]> = missing().map(|(part, _)| part.as_ref()).collect();
    if !texts.is_empty() {
        let mut made = source.embed(worker, &texts, within).await?.into_iter();
        vectors.iter_mut().filter(|vector| vector.is_none()).for_each(|vector| *vector = made.next());
    }
    let vectors: SmallVec<[&[f32]; 3]> = vectors.iter().filter_map(Option::as_deref).collect();
    combine(&vectors).map(Vector::from).ok_or(Unembedded::Failed)
}

fn unknown(model: &str, outcome: &Outcome) -> Refusal {
    let text = format!(
        "what this request is meant for could not be found out ({}), and the model '{model}' serves no request without \
         that; try again",
        outcome.as_str()
    );
    Refusal::new(ErrorCode::NoHealthyTarget, text).retry_after(1)
}
