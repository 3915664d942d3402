//! Fifth stage: an answer that is already known, or that another call is fetching at this moment. Answers are kept as the
//! provider gave them, before the response's guards and before masked data is restored: each caller's own stages see to
//! that. Who may have an answer is in its key. It must not talk to a provider.

pub mod alike;
mod answers;
mod flight;
mod flights;
mod head;
mod items;
mod key;
mod lead;
mod looking;
mod purged;
mod reshape;
mod rule;
mod serve;
mod similar;
mod wish;

pub use answers::{Answers, Purging, StorePurged};
pub(crate) use items::filled;
pub use lead::Led;
pub(crate) use lead::{Crew, Lead};

pub(crate) use wish::for_questions;

use crate::attempt::{Answered, Failed, Failure};
use crate::guard::{Screened, screened_with_request};
use crate::lineup::Lineup;
use crate::receive::INLINE_BYTES;
use crate::reply::Reply;
use crate::ticket::{Open, Rejected};
use gw_model::caching::{CachePolicies, CacheWish};
use gw_model::{ErrorCode, Micros, Refusal};
use gw_store::answers::{Answer, AnswerKey};
use items::Items;
use lead::Spare;
use looking::Looking;
use serve::Manner;
use similar::Asking;
use std::sync::Arc;

/// What the cache says.
pub(crate) enum LookUp {
    /// The answer.
    Answer(Reply),
    /// Go on.
    Miss(Screened),
    /// Go on, for others too.
    Lead(Screened, Crew),
}

/// Looks the request up.
pub(crate) async fn look_up(mut screened: Screened) -> Result<LookUp, Rejected> {
    match screened.live.snapshot.settings.cache.clone() {
        None => {
            screened.ticket.record.cache.push_str("bypass");
            Ok(LookUp::Miss(screened))
        }
        // A box, so that calls without a cache need no room for it.
        Some(policies) => {
            screened.ticket.cache_asked_at = screened.ticket.stage_begins();
            let mut looked = Box::pin(look(screened, policies)).await;
            // One that was there was noted before it was given.
            if let Ok(LookUp::Miss(screened) | LookUp::Lead(screened, _)) = &mut looked {
                let outcome = if screened.ticket.record.cache == "bypass" { "bypass" } else { "miss" };
                screened.ticket.note_cache(outcome);
            }
            looked
        }
    }
}

/// When the call's time is up.
fn deadline(ticket: &Open, model: &Lineup) -> Micros {
    let most_ms = model.timeouts.total_ms;
    let total_ms = ticket.timeout_ms.map_or(most_ms, |ms| ms.min(most_ms));
    let us = i64::try_from(total_ms.saturating_mul(1000)).unwrap_or(i64::MAX);
    ticket.record.time.saturating_add(us)
}

fn bypass(mut screened: Screened) -> LookUp {
    screened.ticket.record.cache.push_str("bypass");
    LookUp::Miss(screened)
}

async fn look(mut screened: Screened, policies: Arc<CachePolicies>) -> Result<LookUp, Rejected> {
    let mut wish = screened.ticket.context.cache.take().map_or_else(CacheWish::default, |wish| *wish);
    if let Some(fault) = wish.fault.take() {
        return Err(screened.ticket.reject(Refusal::new(ErrorCode::InvalidRequest, fault)));
    }
    let max_depth = screened.live.snapshot.settings.max_json_depth;
    // What the cache is told is no text of the request: what was masked in it would make different wishes the same.
    let original = screened.ticket.guarded.as_ref().map(|guarded| guarded.original.clone());
    match wish::take_from_body(&mut screened.call, original, max_depth) {
        Ok(Some(other)) => wish.merge(other),
        Ok(None) => {}
        Err(refusal) => return Err(screened.ticket.reject(refusal)),
    }
    // A verdict, or a vector, is about one text: what was said of a similar one is not.
    wish.exact |= screened.ticket.context.is_own;
    let of_model = policies.of(&screened.model.name);
    let policy = of_model.and_then(|policy| rule::applied(&screened.ticket, policy, &mut wish));
    // What the caller says is read in any case: it may have to be taken out, or to be refused.
    let policy = policy.as_deref().filter(|policy| wish::is_let_in(policy, &wish));
    let policy = policy.filter(|_| key::is_cacheable(&screened));
    let said = match policy {
        Some(_) => said(&screened).await,
        None => None,
    };
    let (Some(policy), Some(said)) = (policy, said) else {
        return match wish.only_if_cached {
            true => Err(screened.ticket.reject(nothing_kept())),
            false => Ok(bypass(screened)),
        };
    };
    let (key, room) = key::keys(&screened, policy, &wish, &said);
    let items = items::inputs(&screened.call, &wish).await.map(|inputs| {
        let keys = key::items(&screened, policy, &wish, &inputs);
        Items { keys, weights: inputs.weights }
    });
    // A text has one key, alone or as the only one of a list.
    let key = match items.as_ref().map(|items| items.keys.as_slice()) {
        Some([only]) => *only,
        _ => key,
    };
    let asking = room.map(|(semantic, room)| {
        let text = said.last_turn.as_deref().unwrap_or_default().into();
        Asking { policy: semantic, room, text }
    });
    Looking { policy, wish, key, asking, items }.look(screened).await
}

/// A long request is compared off the worker, whose other calls would wait.
async fn said(screened: &Screened) -> Option<gw_wire::canonical::Canonical> {
    if screened.call.full().len() <= INLINE_BYTES {
        return key::canonical(&screened.call);
    }
    let call = screened.call.clone();
    tokio::task::spawn_blocking(move || key::canonical(&call)).await.ok().flatten()
}

fn nothing_kept() -> Refusal {
    let text = "there is no answer to this request in the cache, and 'only-if-cached' asks for nothing else";
    Refusal::new(ErrorCode::NotCached, text)
}

/// Hands the answer that begins on to others who wait for it.
pub(crate) fn share(answered: &mut Answered) {
    // What can not be shared leaves those who wait to themselves.
    if let Some(mut lead) = answered.ticket.lead.take() {
        match lead.publish(answered) {
            true => answered.ticket.lead = Some(lead),
            false => lead.keep_apart(),
        }
    }
}

/// An older answer that is given in place of a failure.
pub(crate) struct Spared {
    screened: Screened,
    key: AnswerKey,
    answer: Arc<Answer>,
    failed: (Arc<str>, Failure),
}

/// Tells those who wait that there is no answer; and gives an older one, if the call may have that.
pub(crate) fn spared(failed: Box<Failed>) -> Result<Spared, Box<Failed>> {
    let mut failed = failed;
    let Some(mut lead) = failed.ticket.lead.take() else { return Err(failed) };
    let (key, spare) = (lead.key, lead.spare.take());
    lead.fail(&failed.failure);
    let Some(spare) = spare else { return Err(failed) };
    let Spare { answer, live, call, model } = *spare;
    let Failed { ticket, model_name, failure } = *failed;
    let screened = screened_with_request(ticket, live, call, model);
    Ok(Spared { screened, key, answer, failed: (model_name, failure) })
}

impl Spared {
    /// Ends the call with it.
    pub(crate) async fn reply(self) -> Result<Reply, Rejected> {
        let Self { screened, key, answer, failed: (model_name, failure) } = self;
        match serve::kept(screened, key, &answer, Manner::Stale).await {
            Ok(reply) => reply,
            Err(Screened { ticket, .. }) => {
                Ok(crate::respond::failure::reply(Failed { ticket, model_name, failure }))
            }
        }
    }
}
