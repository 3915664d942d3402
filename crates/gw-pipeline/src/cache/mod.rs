//! Fifth stage: an answer that is already known, or that another call is fetching at this moment. Answers are kept as the
//! provider gave them, before the response's guards and before masked data is restored: each caller's own stages see to
//! that. Who may have an answer is in its key. It must not talk to a provider.

mod answers;
mod flight;
mod flights;
mod head;
mod key;
mod lead;
mod reshape;
mod serve;
mod wish;

pub use answers::Answers;
pub use lead::Led;
pub(crate) use lead::{Crew, Lead};

use crate::attempt::{Answered, Failed, Failure};
use crate::guard::{Screened, screened_with_request};
use crate::lineup::Lineup;
use crate::receive::INLINE_BYTES;
use crate::reply::Reply;
use crate::run::onward;
use crate::subcall;
use crate::ticket::{Open, Rejected};
use answers::Found;
use flight::{Fate, Flight, Landing};
use flights::Part;
use gw_model::caching::{CachePolicies, CachePolicy, CacheWish};
use gw_model::{ErrorCode, Micros, Refusal, SubCallRole};
use gw_store::answers::{Answer, AnswerKey};
use lead::{Lifetime, Spare};
use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

/// How many others' failures a call waits for before it takes one of them for its own.
const MAX_FAILURES: u32 = 2;

/// What the cache says.
#[expect(
    clippy::large_enum_variant,
    reason = "the large ones are the common ones; a box would be made for each call"
)]
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
        Some(policies) => Box::pin(look(screened, policies)).await,
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
    let Some(policy) = policies.of(&screened.model.name) else { return Ok(bypass(screened)) };
    if !key::is_cacheable(&screened) {
        return Ok(bypass(screened));
    }
    let mut wish = screened.ticket.context.cache.take().map_or_else(CacheWish::default, |wish| *wish);
    if let Some(fault) = wish.fault.take() {
        return Err(screened.ticket.reject(Refusal::new(ErrorCode::InvalidRequest, fault)));
    }
    let max_depth = screened.live.snapshot.settings.max_json_depth;
    match wish::take_from_body(&mut screened.call, max_depth) {
        Ok(Some(other)) => wish.merge(other),
        Ok(None) => {}
        Err(refusal) => return Err(screened.ticket.reject(refusal)),
    }
    let said = match wish::is_let_in(policy, &wish) {
        true => said(&screened).await,
        false => None,
    };
    let Some(said) = said else {
        return match wish.only_if_cached {
            true => Err(screened.ticket.reject(nothing_kept())),
            false => Ok(bypass(screened)),
        };
    };
    let key = key::key(&screened, policy, &wish, &said);
    Looking { policy, wish, key }.look(screened).await
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

/// A call that may use the cache.
struct Looking<'a> {
    policy: &'a CachePolicy,
    wish: CacheWish,
    key: AnswerKey,
}

impl Looking<'_> {
    async fn look(&self, mut screened: Screened) -> Result<LookUp, Rejected> {
        let worker = Rc::clone(screened.ticket.worker());
        let answers = &worker.gateway().answers;
        let mut failures = 0;
        loop {
            let found = self.found(answers, worker.now());
            let (is_stale, answer) = match found {
                Found::Fresh(answer) => (false, Some(answer)),
                Found::Stale(answer) => (true, Some(answer)),
                Found::Spare(_) | Found::Nothing => (false, None),
            };
            if let Some(answer) = answer {
                if is_stale {
                    self.revalidate(&mut screened);
                }
                match serve::kept(screened, self.key, &answer, is_stale).await {
                    Ok(reply) => return reply.map(LookUp::Answer),
                    // It can not be given as it was asked for: the call fetches its own.
                    Err(back) => return Ok(self.alone(back)),
                }
            }
            if self.wish.only_if_cached {
                return Err(screened.ticket.reject(nothing_kept()));
            }
            if self.wish.no_store {
                return Ok(self.alone(screened));
            }
            let max_bytes = self.policy.max_entry_bytes;
            let passenger = if self.wish.no_read {
                let (flight, _) = answers.flights.lead(self.key, max_bytes);
                return Ok(self.lead(screened, flight, None));
            } else {
                let look = || match self.found(answers, worker.now()) {
                    Found::Fresh(answer) | Found::Stale(answer) => Some(answer),
                    Found::Spare(_) | Found::Nothing => None,
                };
                match answers.flights.join_or_lead(self.key, max_bytes, look) {
                    Part::Join(passenger) => passenger,
                    Part::There(_) => continue,
                    Part::Lead(flight) => {
                        let spare = match self.found(answers, worker.now()) {
                            Found::Spare(answer) => Some(answer),
                            _ => None,
                        };
                        return Ok(self.lead(screened, flight, spare));
                    }
                }
            };
            let left = deadline(&screened.ticket, &screened.model) - worker.now();
            let left = Duration::from_micros(u64::try_from(left).unwrap_or(0));
            match tokio::time::timeout(left, passenger.landing()).await {
                Ok(Landing::Answer(head)) => {
                    match serve::shared(screened, self.key, passenger, &head).await {
                        Ok(reply) => return reply.map(LookUp::Answer),
                        Err(back) => return Ok(self.alone(back)),
                    }
                }
                Ok(Landing::None(Fate::Abandoned)) => {}
                Ok(Landing::None(Fate::Failed(failure))) => {
                    failures += 1;
                    if let Found::Spare(answer) = self.found(answers, worker.now()) {
                        return match serve::kept(screened, self.key, &answer, true).await {
                            Ok(reply) => reply.map(LookUp::Answer),
                            Err(back) => Ok(LookUp::Answer(failed(back, &failure))),
                        };
                    }
                    if failures >= MAX_FAILURES {
                        return Ok(LookUp::Answer(failed(screened, &failure)));
                    }
                }
                Err(_) => {
                    let text = "the request's time was up before the answer that it waited for came";
                    return Err(screened.ticket.reject(Refusal::new(ErrorCode::UpstreamTimeout, text)));
                }
            }
        }
    }

    fn found(&self, answers: &Answers, now: Micros) -> Found {
        if self.wish.no_read { Found::Nothing } else { answers.find(&self.key, &self.wish, self.policy, now) }
    }

    /// The call fetches an answer for itself.
    fn alone(&self, mut screened: Screened) -> LookUp {
        screened.ticket.record.cache.push_str("miss");
        screened.ticket.worker().gateway().metrics.note_cache("miss");
        LookUp::Miss(screened)
    }

    /// The call fetches an answer for itself and others.
    fn lead(&self, mut screened: Screened, flight: Arc<Flight>, spare: Option<Arc<Answer>>) -> LookUp {
        let crew = self.man(&mut screened, flight, spare);
        LookUp::Lead(screened, crew)
    }

    fn man(&self, screened: &mut Screened, flight: Arc<Flight>, spare: Option<Arc<Answer>>) -> Crew {
        let ticket = &mut screened.ticket;
        ticket.record.cache.clear();
        ticket.record.cache.push_str("miss");
        ticket.worker().gateway().metrics.note_cache("miss");
        let left = Rc::new(Cell::new(false));
        let worker = Rc::clone(ticket.worker());
        let tags = ticket.context.tags.as_deref().unwrap_or_default().split(',').map(str::trim);
        ticket.lead = Some(Box::new(Lead {
            worker: Rc::clone(&worker),
            flight: Arc::clone(&flight),
            key: self.key,
            lifetime: Some(self.lifetime()),
            tags: tags.filter(|tag| !tag.is_empty()).map(ToOwned::to_owned).collect(),
            model: Arc::clone(&screened.model.name),
            spare: spare.map(|answer| {
                Box::new(Spare {
                    answer,
                    live: Arc::clone(&screened.live),
                    call: screened.call.clone(),
                    model: Arc::clone(&screened.model),
                })
            }),
            head: None,
            left: Rc::clone(&left),
            has_landed: false,
        }));
        Crew { worker, flight, left }
    }

    fn lifetime(&self) -> Lifetime {
        let policy = self.policy;
        let fresh = self.wish.ttl_seconds.unwrap_or(policy.ttl_seconds).min(policy.max_ttl_seconds);
        let more = policy.stale_while_revalidate_seconds.max(policy.stale_if_error_seconds);
        let us = |seconds: u64| i64::try_from(seconds.saturating_mul(1_000_000)).unwrap_or(i64::MAX);
        Lifetime { fresh_us: us(fresh), whole_us: us(fresh.saturating_add(more)) }
    }

    /// Fetches a stale answer anew, behind the caller's back, unless somebody does already.
    fn revalidate(&self, screened: &mut Screened) {
        let worker = Rc::clone(screened.ticket.worker());
        let answers = &worker.gateway().answers;
        let (flight, is_first) = answers.flights.lead(self.key, self.policy.max_entry_bytes);
        if !is_first {
            return;
        }
        let Screened { ticket, live, call, model, .. } = screened;
        let Some(mut sub) = subcall::open(ticket, SubCallRole::Refresh, live, call.clone(), model) else {
            answers.flights.remove(&self.key, &flight);
            return;
        };
        sub.ticket.context.tags.clone_from(&ticket.context.tags);
        let crew = self.man(&mut sub, flight, None);
        lead::start(crew, onward(sub));
    }
}

/// Hands the answer that begins on to others who wait for it.
pub(crate) fn share(answered: &mut Answered) {
    // What can not be shared leaves those who wait to themselves.
    if let Some(mut lead) = answered.ticket.lead.take()
        && lead.publish(answered)
    {
        answered.ticket.lead = Some(lead);
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
        match serve::kept(screened, key, &answer, true).await {
            Ok(reply) => reply,
            Err(Screened { ticket, .. }) => {
                Ok(crate::respond::failure::reply(Failed { ticket, model_name, failure }))
            }
        }
    }
}

/// Another call's failure is this one's too.
fn failed(screened: Screened, failure: &Arc<Failure>) -> Reply {
    let Screened { mut ticket, model, .. } = screened;
    ticket.record.cache.push_str("miss");
    ticket.set_model(model.model());
    let model_name = Arc::clone(&model.name);
    crate::respond::failure::reply(Failed { ticket, model_name, failure: Failure::clone(failure) })
}
