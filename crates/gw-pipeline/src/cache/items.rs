//! Requests for vectors input by input: those inputs whose vectors are kept need not be asked for again, whatever stood
//! beside them when they were. Serves the cache stage. It must not make keys.

use super::answers::{Answers, Found};
use super::head::Head;
use crate::attempt::Answered;
use crate::guard::Screened;
use crate::lineup::Lineup;
use crate::receive::INLINE_BYTES;
use bytes::Bytes;
use gw_model::caching::{CachePolicy, CacheWish};
use gw_model::snapshot::Target;
use gw_model::{Call, ErrorCode, Micros, Refusal, Usage, WireFormat};
use gw_store::answers::{Answer, AnswerKey};
use gw_wire::canonical::{self, Inputs};
use gw_wire::embeddings::items::{self, Taken};
use http::StatusCode;
use http::header::HeaderValue;
use std::collections::HashMap;
use std::future::{Future, poll_fn};
use std::sync::Arc;
use std::task::Poll;

/// How many inputs are looked for at once where answers are kept beside the memory.
const MAX_AT_ONCE: usize = 64;

/// The inputs of a request.
pub(super) struct Items {
    pub(super) keys: Vec<AnswerKey>,
    pub(super) weights: Vec<u64>,
}

/// The inputs of a call whose vectors may be kept one by one.
pub(super) async fn inputs(call: &Call, wish: &CacheWish) -> Option<Inputs> {
    if call.format != WireFormat::OpenAiEmbeddings || wish.key.is_some() {
        return None;
    }
    if call.body.len() <= INLINE_BYTES {
        return canonical::inputs(&call.body);
    }
    let body = call.body.clone();
    tokio::task::spawn_blocking(move || canonical::inputs(&body)).await.ok().flatten()
}

impl Items {
    /// The answer, when all vectors are there; as old as the oldest of them.
    pub(super) fn found(
        &self,
        answers: &Answers,
        wish: &CacheWish,
        policy: &CachePolicy,
        now: Micros,
    ) -> Found {
        let (mut all, mut age) = (Vec::with_capacity(self.keys.len()), 0);
        for key in &self.keys {
            let (answer, of_it) = match answers.find(key, wish, policy, now) {
                Found::Fresh(answer) => (answer, 0),
                Found::Stale(answer) => (answer, 1),
                Found::Spare(answer) => (answer, 2),
                Found::Nothing => return Found::Nothing,
            };
            age = age.max(of_it);
            all.push(answer);
        }
        // No answer is larger than one that may be kept: it would be put together on the worker.
        if all.iter().map(|answer| answer.body.len()).sum::<usize>() > policy.max_entry_bytes {
            return Found::Nothing;
        }
        let Some(whole) = joined(&all).map(Arc::new) else { return Found::Nothing };
        match age {
            0 => Found::Fresh(whole),
            1 => Found::Stale(whole),
            _ => Found::Spare(whole),
        }
    }

    /// Brings vectors into the memory from where else they may be. True: there were some.
    pub(super) async fn fetch(&self, answers: &Answers, now: Micros) -> bool {
        let mut are_some = false;
        for keys in self.keys.chunks(MAX_AT_ONCE) {
            let found = all(keys.iter().map(|key| answers.fetch(*key, now)).collect()).await;
            are_some |= found.contains(&Some(true));
            // Nobody knows: the others will not be known either.
            if found.contains(&None) {
                break;
            }
        }
        are_some
    }

    /// What is asked for, and what need not be. Vectors of another model can not stand beside those that come.
    pub(super) fn fetching(
        &self,
        answers: &Answers,
        wish: &CacheWish,
        policy: &CachePolicy,
        model: &Lineup,
        now: Micros,
    ) -> Fetching {
        // The same name at another provider may be another model, or take other parameters.
        let is_from = |answer: &Answer, target: &Target| {
            *target.model == *answer.upstream_model && *target.provider.name == *answer.provider
        };
        let is_of_all = |answer: &Answer| model.targets.iter().all(|target| is_from(answer, target));
        let is_one = |answer: &Answer| {
            answer.format == WireFormat::OpenAiEmbeddings && items::take(&answer.body, 1).is_some()
        };
        let kept = |key: &AnswerKey| match answers.find(key, wish, policy, now) {
            Found::Fresh(answer) if !wish.no_read && is_of_all(&answer) && is_one(&answer) => Some(answer),
            _ => None,
        };
        let mut kept: Vec<Option<Arc<Answer>>> = self.keys.iter().map(kept).collect();
        let most = kept.iter().flatten().map(|answer| answer.body.len()).max().unwrap_or(0);
        if most.saturating_mul(kept.len()) > policy.max_entry_bytes {
            kept.fill(None);
        }
        let (keys, weights) = (self.keys.clone(), self.weights.clone());
        let mut fetching = Fetching { keys, kept, weights, ..Fetching::default() };
        let mut places = HashMap::new();
        for (at, key) in self.keys.iter().enumerate() {
            if fetching.kept.get(at).is_some_and(Option::is_some) {
                fetching.places.push(None);
                continue;
            }
            let place = *places.entry(*key).or_insert_with(|| {
                fetching.asked.push(at);
                fetching.asked.len() - 1
            });
            fetching.places.push(Some(place));
        }
        fetching
    }
}

/// What a call asks for, of several inputs.
#[derive(Default)]
pub(super) struct Fetching {
    keys: Vec<AnswerKey>,
    /// What is there already, for each input.
    kept: Vec<Option<Arc<Answer>>>,
    /// The inputs that are asked for, by their places in the request.
    asked: Vec<usize>,
    /// Of all inputs.
    weights: Vec<u64>,
    /// For each input its place among those asked for.
    places: Vec<Option<usize>>,
    /// What is to be kept of the answer.
    pub(super) made: Vec<(AnswerKey, Bytes)>,
    /// The request was made shorter.
    pub(super) is_short: bool,
}

/// An answer that was put together.
pub(crate) struct Filled {
    pub(crate) body: Bytes,
    /// How many inputs' vectors were there already, and how many tokens those have.
    pub(crate) reused: usize,
    pub(crate) tokens: u64,
}

impl Fetching {
    /// Takes out of the request what is there already, or stands there twice.
    pub(super) fn shorten(&mut self, screened: &mut Screened) {
        if self.asked.len() == self.keys.len() || self.asked.is_empty() {
            return;
        }
        let max_depth = screened.live.snapshot.settings.max_json_depth;
        let call = &mut screened.call;
        let Some(shorter) = canonical::with_inputs(&call.body, &self.asked) else { return };
        let read = gw_wire::facts::read_with_model(call.format, &shorter, max_depth, &call.facts.model);
        let Ok(facts) = read else { return };
        (call.facts, call.body, self.is_short) = (facts, shorter, true);
    }

    /// Takes the answer apart, and puts together what was asked for at first. `None`: it is what was asked for.
    fn fill(&mut self, body: &Bytes, usage: Option<Usage>) -> Result<Option<Filled>, ()> {
        let count = if self.is_short { self.asked.len() } else { self.keys.len() };
        let Some(Taken { vectors, model, tokens }) = items::take(body, count) else {
            return if self.is_short { Err(()) } else { Ok(None) };
        };
        let tokens = usage.map(|usage| usage.input_tokens).or(tokens).unwrap_or(0);
        let place =
            |at: &usize| if self.is_short { *at } else { self.asked.get(*at).copied().unwrap_or(*at) };
        // What was counted is all that was sent: also what stands there twice.
        let weight = |input: usize| self.weights.get(input).copied().unwrap_or(1);
        let sent: Vec<u64> = match self.is_short {
            true => self.asked.iter().map(|input| weight(*input)).collect(),
            false => (0..count).map(weight).collect(),
        };
        let shares = items::shares(tokens, &sent);
        for (at, input) in self.asked.iter().enumerate() {
            let (key, place) = (self.keys.get(*input), place(&at));
            let (Some(key), Some(vector), Some(share)) = (key, vectors.get(place), shares.get(place)) else {
                continue;
            };
            self.made.push((*key, Bytes::from(items::put([*vector], &model, *share))));
        }
        if !self.is_short {
            return Ok(None);
        }
        let kept: Vec<Option<Taken<'_>>> =
            self.kept.iter().map(|kept| items::take(&kept.as_ref()?.body, 1)).collect();
        let mut all = Vec::with_capacity(self.keys.len());
        for (at, kept) in kept.iter().enumerate() {
            let own = self.places.get(at).copied().flatten().and_then(|place| vectors.get(place));
            all.push(*own.or_else(|| kept.as_ref()?.vectors.first()).ok_or(())?);
        }
        let reused = kept.iter().flatten().count();
        let saved = kept.iter().flatten().filter_map(|kept| kept.tokens).sum();
        let body = Bytes::from(items::put(all, &model, tokens));
        Ok(Some(Filled { body, reused, tokens: saved }))
    }
}

/// Waits for all at once.
async fn all<F: Future>(futures: Vec<F>) -> Vec<F::Output> {
    let mut waiting: Vec<_> = futures.into_iter().map(Box::pin).map(Some).collect();
    let mut done = Vec::with_capacity(waiting.len());
    poll_fn(|cx| {
        for one in &mut waiting {
            let polled = one.as_mut().map(|future| future.as_mut().poll(cx));
            if let Some(Poll::Ready(output)) = polled {
                done.push(output);
                *one = None;
            }
        }
        if waiting.iter().all(Option::is_none) { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    done
}

/// One answer of several, each of which has one vector.
fn joined(all: &[Arc<Answer>]) -> Option<Answer> {
    let first = all.first()?;
    let is_alike = |answer: &Arc<Answer>| {
        answer.format == WireFormat::OpenAiEmbeddings
            && (&answer.provider, &answer.upstream_model, &answer.dropped)
                == (&first.provider, &first.upstream_model, &first.dropped)
    };
    if !all.iter().all(is_alike) {
        return None;
    }
    let taken = all.iter().map(|answer| items::take(&answer.body, 1)).collect::<Option<Vec<_>>>()?;
    let tokens = taken.iter().filter_map(|one| one.tokens).sum();
    let vectors = taken.iter().filter_map(|one| one.vectors.first().copied());
    let body = Bytes::from(items::put(vectors, &taken.first()?.model, tokens));
    let least = |of: fn(&Answer) -> Micros| all.iter().map(|answer| of(answer)).min().unwrap_or(0);
    Some(Answer {
        body,
        stored_at: least(|answer| answer.stored_at),
        fresh_until: least(|answer| answer.fresh_until),
        until: least(|answer| answer.until),
        ..Answer::clone(first)
    })
}

/// The answer to a call for vectors is here, in the caller's format: what is asked for one by one is put together, for
/// others who wait too. `None`: it is as it should be.
///
/// # Errors
/// It has other vectors than were asked for.
pub(crate) async fn filled(
    answered: &mut Answered,
    body: &Bytes,
    usage: Option<Usage>,
) -> Result<Option<Filled>, Refusal> {
    let Some(lead) = &mut answered.ticket.lead else { return Ok(None) };
    let Some(mut fetching) = lead.items.take() else { return Ok(None) };
    let known = fetching.kept.iter().flatten().map(|answer| answer.body.len()).sum::<usize>();
    let filled = if body.len() + known <= INLINE_BYTES {
        fetching.fill(body, usage)
    } else {
        let body = body.clone();
        let work = move || {
            let filled = fetching.fill(&body, usage);
            (fetching, filled)
        };
        let Ok((back, filled)) = tokio::task::spawn_blocking(work).await else { return Err(lost()) };
        fetching = back;
        filled
    };
    let filled = filled.map_err(|()| lost())?;
    let Answered { ticket, target, sent, call, .. } = answered;
    let Some(lead) = &mut ticket.lead else { return Ok(filled) };
    if let Some(filled) = &filled {
        lead.hand_on(
            Head {
                status: StatusCode::OK,
                content_type: Some(HeaderValue::from_static("application/json")),
                format: call.format,
                target: Arc::clone(target),
                tool_names: sent.tool_names.clone(),
                dropped: sent.dropped.clone(),
            },
            filled.body.clone(),
        );
    }
    lead.items = Some(fetching);
    Ok(filled)
}

fn lost() -> Refusal {
    Refusal::new(ErrorCode::UpstreamError, "the provider's answer has other vectors than were asked for")
}

#[cfg(test)]
mod tests;
