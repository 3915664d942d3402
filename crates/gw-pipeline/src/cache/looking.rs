//! A call that may use the cache: what it gets, waits for or fetches. Serves the cache stage. It must not make keys.

use super::LookUp;
use super::answers::{Answers, Found};
use super::flight::{Bounds, Fate, Flight, Landing};
use super::flights::Part;
use super::items::{Fetching, Items};
use super::lead::{self, Crew, Lead, Lifetime, Spare};
use super::serve::{self, Manner, Served};
use super::similar::{Asking, Like};
use crate::attempt::{Failed, Failure};
use crate::guard::Screened;
use crate::run::onward;
use crate::subcall;
use crate::ticket::Rejected;
use gw_model::caching::{CachePolicy, CacheWish};
use gw_model::{ErrorCode, Micros, Refusal, SubCallRole};
use gw_store::answers::similar::Turn;
use gw_store::answers::{Answer, AnswerKey};
use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

/// How many others' failures a call waits for before it takes one of them for its own.
const MAX_FAILURES: u32 = 2;

/// A call that may use the cache.
pub(super) struct Looking<'a> {
    pub(super) policy: &'a CachePolicy,
    pub(super) wish: CacheWish,
    pub(super) key: AnswerKey,
    /// What an answer may be compared by that is not to the very same request.
    pub(super) asking: Option<Asking<'a>>,
    /// What of it can be kept, and asked for, one by one.
    pub(super) items: Option<Items>,
}

impl Looking<'_> {
    /// Gives what is kept, waits for what is on its way, or lets the call fetch its own.
    pub(super) async fn look(&self, mut screened: Screened) -> Result<LookUp, Rejected> {
        let worker = Rc::clone(screened.ticket.worker());
        let answers = &worker.gateway().answers;
        let (mut failures, mut turn, mut has_compared) = (0, None, self.asking.is_none());
        let mut has_fetched = self.wish.no_read || !answers.has_shelf();
        loop {
            match self.found(answers, worker.now()) {
                Found::Fresh(answer) => return self.give(screened, &answer, Manner::Fresh).await,
                Found::Stale(answer) => {
                    self.revalidate(&mut screened);
                    return self.give(screened, &answer, Manner::Stale).await;
                }
                Found::Spare(_) | Found::Nothing => {}
            }
            // Where else it may be is asked once, unless somebody fetches it.
            if !has_fetched && !answers.flights.has(&self.key) {
                has_fetched = true;
                if self.fetch(answers, worker.now()).await {
                    continue;
                }
            }
            // What is on its way for the very same request is better than what is similar.
            if !has_compared && !answers.flights.has(&self.key) {
                has_compared = true;
                let found;
                (turn, found) = self.compare(&screened).await;
                if let Some(Like { key, answer, similarity }) = found {
                    let kept = serve::kept(screened, key, &answer, Manner::Similar(similarity)).await;
                    return or_else(kept, alone);
                }
                // It took its time: the answer may have come meanwhile.
                continue;
            }
            if self.wish.only_if_cached {
                return Err(screened.ticket.reject(super::nothing_kept()));
            }
            if self.wish.no_store {
                return Ok(alone(screened));
            }
            let passenger = match self.part(answers, worker.now()) {
                Part::Join(passenger) => passenger,
                Part::There(()) => continue,
                Part::Lead(flight) => return Ok(self.lead(screened, flight, turn)),
            };
            let left = super::deadline(&screened.ticket, &screened.model) - worker.now();
            let left = Duration::from_micros(u64::try_from(left).unwrap_or(0));
            match tokio::time::timeout(left, passenger.landing()).await {
                Ok(Landing::Answer(head)) => {
                    let shared = serve::shared(screened, self.key, passenger, &head).await;
                    return or_else(shared, alone);
                }
                Ok(Landing::None(Fate::Abandoned)) => {}
                Ok(Landing::None(Fate::Unshared)) => return Ok(alone(screened)),
                Ok(Landing::None(Fate::Failed(failure))) => {
                    failures += 1;
                    if let Found::Spare(answer) = self.found(answers, worker.now()) {
                        let kept = serve::kept(screened, self.key, &answer, Manner::Stale).await;
                        return or_else(kept, |back| failed(back, &failure));
                    }
                    if failures >= MAX_FAILURES {
                        return Ok(failed(screened, &failure));
                    }
                }
                Err(_) => {
                    let text = "the request's time was up before the answer that it waited for came";
                    return Err(screened.ticket.reject(Refusal::new(ErrorCode::UpstreamTimeout, text)));
                }
            }
        }
    }

    /// Looks for an answer to a similar request. Gives the vector too, to be kept with the answer that is fetched else.
    async fn compare(&self, screened: &Screened) -> (Option<Turn>, Option<Like>) {
        let Some(asking) = &self.asking else { return (None, None) };
        let Some(turn) = asking.turn(screened).await else { return (None, None) };
        let found = match self.wish.no_read {
            true => None,
            false => asking.find(screened, &turn, &self.wish, self.policy).await,
        };
        (Some(turn), found)
    }

    async fn give(
        &self,
        screened: Screened,
        answer: &Arc<Answer>,
        manner: Manner,
    ) -> Result<LookUp, Rejected> {
        let kept = serve::kept(screened, self.key, answer, manner).await;
        // What can not be given as it was asked for, the call fetches for itself.
        or_else(kept, alone)
    }

    /// Who wants a new answer does not take that of another.
    fn part(&self, answers: &Answers, now: Micros) -> Part<()> {
        let bounds = self.bounds();
        if self.wish.no_read {
            return Part::Lead(answers.flights.lead(self.key, bounds).0);
        }
        let look = || matches!(self.found(answers, now), Found::Fresh(_) | Found::Stale(_)).then_some(());
        answers.flights.join_or_lead(self.key, bounds, look)
    }

    const fn bounds(&self) -> Bounds {
        let patience = Duration::from_millis(self.policy.slow_reader_ms);
        Bounds { bytes: self.policy.max_entry_bytes, patience }
    }

    fn found(&self, answers: &Answers, now: Micros) -> Found {
        if self.wish.no_read {
            return Found::Nothing;
        }
        let found = self.items.as_ref().map(|items| items.found(answers, &self.wish, self.policy, now));
        match found {
            Some(Found::Nothing) | None => answers.find(&self.key, &self.wish, self.policy, now),
            Some(found) => found,
        }
    }

    /// Brings what there is into the memory from where else it may be.
    async fn fetch(&self, answers: &Answers, now: Micros) -> bool {
        let is_there = answers.fetch(self.key, now).await == Some(true);
        match &self.items {
            Some(items) if !is_there => items.fetch(answers, now).await,
            _ => is_there,
        }
    }

    /// The call fetches an answer for itself and others.
    fn lead(&self, mut screened: Screened, flight: Arc<Flight>, turn: Option<Turn>) -> LookUp {
        let worker = screened.ticket.worker();
        let spare = match self.found(&worker.gateway().answers, worker.now()) {
            Found::Spare(answer) => Some(answer),
            _ => None,
        };
        let (answers, now) = (&worker.gateway().answers, worker.now());
        let items = self.items.as_ref();
        let mut fetching =
            items.map(|items| items.fetching(answers, &self.wish, self.policy, &screened.model, now));
        if let Some(fetching) = &mut fetching {
            fetching.shorten(&mut screened);
        }
        let crew = self.man(&mut screened, flight, spare, turn, fetching);
        LookUp::Lead(screened, crew)
    }

    fn man(
        &self,
        screened: &mut Screened,
        flight: Arc<Flight>,
        spare: Option<Arc<Answer>>,
        turn: Option<Turn>,
        items: Option<Fetching>,
    ) -> Crew {
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
            turn,
            items,
            since: worker.gateway().answers.purges(),
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
            is_whole: false,
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
        let (flight, is_first) = answers.flights.lead(self.key, self.bounds());
        if !is_first {
            return;
        }
        let Screened { ticket, live, call, model, .. } = screened;
        let Some(mut sub) = subcall::open(ticket, SubCallRole::Refresh, live, call.clone(), model) else {
            answers.flights.remove(&self.key, &flight);
            return;
        };
        sub.ticket.context.tags.clone_from(&ticket.context.tags);
        let items = self.items.as_ref().map(|items| {
            let anew = CacheWish { no_read: true, ..CacheWish::default() };
            items.fetching(answers, &anew, self.policy, &sub.model, worker.now())
        });
        let crew = self.man(&mut sub, flight, None, None, items);
        lead::start(crew, onward(sub));
    }
}

/// The reply, or what becomes of a call that could not be served.
fn or_else(served: Served, other: impl FnOnce(Screened) -> LookUp) -> Result<LookUp, Rejected> {
    match served {
        Ok(reply) => reply.map(LookUp::Answer),
        Err(back) => Ok(other(back)),
    }
}

/// The call fetches an answer for itself.
fn alone(mut screened: Screened) -> LookUp {
    screened.ticket.record.cache.push_str("miss");
    screened.ticket.worker().gateway().metrics.note_cache("miss");
    LookUp::Miss(screened)
}

/// Another call's failure is this one's too.
fn failed(screened: Screened, failure: &Failure) -> LookUp {
    let Screened { mut ticket, model, .. } = screened;
    ticket.record.cache.push_str("miss");
    ticket.set_model(model.model());
    let model_name = Arc::clone(&model.name);
    let failed = Failed { ticket, model_name, failure: failure.clone() };
    LookUp::Answer(crate::respond::failure::reply(failed))
}
