//! Fourth stage: request guardrails. They look at all texts of the request; what they replace is spliced into the
//! original bytes. What they leave of it is what caches, plans and providers see. A call for which none is asked passes
//! at no cost.

mod ask;
pub(crate) mod asking;
mod choose;
pub(crate) mod heard;
pub(crate) mod request;
mod seams;
mod state;
mod trial;

use crate::authorize::refuse_hidden_models;
use crate::cache::for_questions;
use crate::ensemble::whole_of;
use crate::lineup::Lineup;
use crate::live::Live;
use crate::recall::Recalled;
use crate::receive::INLINE_BYTES;
use crate::ticket::{Rejected, Ticket};
pub(crate) use ask::{about, verdicts};
use bytes::Bytes;
pub(crate) use choose::Guards;
use gw_guard::asked::About;
use gw_guard::{Blocked, Side};
use gw_model::trace::Stage;
use gw_model::{Call, CallFacts, Earlier, ErrorCode, Refusal};
use request::{Changed, Request};
pub(crate) use state::{Chosen, Guarded, Matter, Rails, Sort, Wanted, answering, blocked};
use std::sync::Arc;
pub(crate) use trial::Trials;
pub use trial::{Trial, Tried, keep_trials};

/// Proof that the request's guardrails let it pass. Made here only.
pub(crate) struct Screened {
    pub(crate) ticket: Ticket,
    pub(crate) live: Arc<Live>,
    pub(crate) call: Box<Call>,
    pub(crate) model: Arc<Lineup>,
    _proof: (),
}

/// What a sub-call sends was screened with the request that it belongs to.
pub(crate) const fn screened_with_request(
    ticket: Ticket,
    live: Arc<Live>,
    call: Box<Call>,
    model: Arc<Lineup>,
) -> Screened {
    Screened { ticket, live, call, model, _proof: () }
}

/// Runs the request's guardrails.
pub(crate) async fn screen(recalled: Recalled) -> Result<Screened, Rejected> {
    let Recalled { mut ticket, live, mut call, model, .. } = recalled;
    if ticket.context.is_own {
        return Ok(Screened { ticket, live, call, model, _proof: () });
    }
    if live.guards.is_empty()
        && ticket.context.guardrails.is_none()
        && !choose::names_any(&ticket, Some(&model))
    {
        return Ok(Screened { ticket, live, call, model, _proof: () });
    }
    let looked = match live.guards.choose(&ticket, Some(&model)) {
        Ok(chosen) if chosen.is_empty() => return Ok(Screened { ticket, live, call, model, _proof: () }),
        Ok(chosen) => {
            let began = ticket.stage_begins();
            let began_at = ticket.clock_now();
            let looked = Box::pin(look(&mut ticket, &live, &mut call, chosen)).await;
            let outcome = if looked.is_ok() { "passed" } else { "stopped" };
            ticket.stage_ends(began, Stage::Guardrails, None, outcome);
            ticket.note_guardrails_from(began_at);
            looked
        }
        Err(refusal) => Err(refusal),
    };
    let looked = looked.and_then(|()| elsewhere(&ticket, &live, &call)).and_then(|other| {
        let model = other.unwrap_or(model);
        fetch_whole(&mut ticket, &live, &mut call, &model).map(|()| model)
    });
    match looked {
        Ok(model) => Ok(Screened { ticket, live, call, model, _proof: () }),
        Err(refusal) => Err(ticket.reject(refusal)),
    }
}

/// The model that a guardrail leads the call to; `None` where it stays where it is. Errors: it can not go there.
fn elsewhere(ticket: &Ticket, live: &Live, call: &Call) -> Result<Option<Arc<Lineup>>, Refusal> {
    let rail = ticket.guarded.as_ref().and_then(|guarded| guarded.session.routed.as_ref());
    let Some(to) = rail.and_then(|rail| rail.spec.to.as_ref()) else { return Ok(None) };
    // The configuration says so: the caller's own models do not matter.
    let model = live.resolve(to, call.format)?.model;
    refuse_hidden_models(call, &model)?;
    Ok(Some(model))
}

/// The guardrails that look at an answer of the model that is asked for again; `None` where there are none. Errors: as for
/// calls.
pub(crate) fn of_stored(
    ticket: &Ticket,
    live: &Live,
    model: Option<&Lineup>,
) -> Result<Option<Chosen>, Refusal> {
    let names_any = choose::names_any(ticket, model);
    if live.guards.is_empty() && ticket.context.guardrails.is_none() && !names_any {
        return Ok(None);
    }
    let chosen = live.guards.choose(ticket, model)?.of_responses();
    Ok((!chosen.is_empty()).then_some(chosen))
}

/// Looks through the request; what is left of it goes into the call.
async fn look(ticket: &mut Ticket, live: &Live, call: &mut Call, chosen: Chosen) -> Result<(), Refusal> {
    if call.raw.is_some() || call.facts.is_form || !gw_wire::texts::can_read(call.format) {
        return chosen.pass_unchecked();
    }
    if gw_wire::texts::has_token_ids(call.format, call.full()) {
        chosen.pass_unchecked()?;
    }
    let asks = chosen.asking(Side::Request).next().is_some();
    let max_depth = live.snapshot.settings.max_json_depth + 2;
    let request = Request {
        format: call.format,
        body: call.body.clone(),
        full: full(call),
        model: call.facts.model.clone(),
        max_depth,
        about: if chosen.has_expressions() { about(ticket, call) } else { About::default() },
        chosen,
    };
    let looked = aside(call.body.len(), move || request.look()).await?;
    let stopped: Option<Blocked> = looked.stopped;
    let guarded = ticket.guarded.insert(Box::new(looked.guarded));
    let CallFacts { include_usage, json_array, .. } = call.facts;
    guarded.wanted = Wanted { include_usage, json_array, ..Wanted::default() };
    if let Some(stopped) = stopped {
        return Err(blocked(&guarded.chosen, &stopped));
    }
    if let Some(changed) = looked.changed {
        put(call, changed?);
    }
    if ticket.guarded.as_ref().is_some_and(|guarded| guarded.chosen.asks()) {
        note_wishes(ticket, call);
    }
    if asks { ask::ask(ticket, call, max_depth).await } else { Ok(()) }
}

/// What the caller wants of the cache holds for questions about its texts, too.
fn note_wishes(ticket: &mut Ticket, call: &Call) {
    let Some(original) = ticket.guarded.as_ref().map(|guarded| guarded.original.clone()) else { return };
    let wish = for_questions(ticket, call, &original);
    if let Some(guarded) = &mut ticket.guarded {
        (guarded.wanted.no_read, guarded.wanted.no_store) = (wish.no_read, wish.no_store);
        guarded.wanted.max_age_seconds = wish.max_age_seconds;
    }
}

/// Nothing of a stream goes on that may have to be asked for again: it is fetched whole, and given as a stream then.
fn fetch_whole(ticket: &mut Ticket, live: &Live, call: &mut Call, model: &Lineup) -> Result<(), Refusal> {
    let repairs = |guarded: &&mut Box<Guarded>| guarded.chosen.repairs();
    let is_streamed = call.facts.stream && call.format.is_conversation() && model.panel().is_empty();
    if let Some(guarded) = ticket.guarded.as_mut().filter(|_| is_streamed).filter(repairs) {
        *call = whole_of(call, live.snapshot.settings.max_json_depth)?;
        guarded.wanted.stream = true;
    }
    Ok(())
}

/// The request with what it goes on from, where that is another text.
fn full(call: &Call) -> Option<Bytes> {
    match call.facts.earlier.as_deref() {
        Some(Earlier::Here { full, .. }) => Some(full.clone()),
        _ => None,
    }
}

/// Work on a body. Long conversations would hold up the worker's other calls.
async fn aside<T: Send + 'static>(
    bytes: usize,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Refusal> {
    if bytes <= INLINE_BYTES {
        return Ok(work());
    }
    let lost = |_| Refusal::new(ErrorCode::Internal, "the request could not be looked through");
    tokio::task::spawn_blocking(work).await.map_err(lost)
}

/// Puts what is left of a request into its call.
fn put(call: &mut Call, changed: Changed) {
    let (stream, json_array) = (call.facts.stream, call.facts.json_array);
    let earlier = call.facts.earlier.take();
    call.facts = changed.facts;
    call.facts.stream |= stream;
    call.facts.json_array = json_array;
    call.facts.earlier = earlier;
    call.body = changed.body;
    if let (Some(Earlier::Here { full, .. }), Some(changed)) =
        (call.facts.earlier.as_deref_mut(), changed.full)
    {
        *full = changed;
    }
}
