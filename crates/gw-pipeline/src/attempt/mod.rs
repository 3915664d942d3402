//! Eighth stage, and the only one that talks to providers: tries the plan's targets in order, each as often
//! as the model's retry policy says, until one answers. Nothing is retried once the caller has a byte.

mod backoff;
mod exchange;
mod failed;
mod full;
mod handshake;
mod hedging;
pub(crate) mod held;
mod opening;
mod pages;
mod parked;
mod parts;
mod queue;
mod quota;
mod race;

use crate::lineup::Lineup;
use crate::live::Live;
use crate::reserve::Funded;
use crate::ticket::{Rejected, Ticket};
use bytes::Bytes;
use exchange::{Exchange, Tried, TryFailure};
pub(crate) use exchange::{Sent, read_head};
use gw_model::routing::FailurePolicy;
use gw_model::snapshot::{RetryOn, Target};
use gw_model::{Call, ErrorClass, ErrorCode, Micros, Refusal, WireFormat};
use gw_upstream::UpstreamResponse;
pub(crate) use hedging::Hedging;
pub(crate) use pages::another_page;
use queue::{Queue, Step};
use race::Runner;
use smallvec::SmallVec;
use std::sync::Arc;

/// Tries of one request over all its targets; a plan cannot ask for more.
const MAX_TRIES: usize = 32;

/// Credentials of one target that are tried while another target is left.
const MAX_TRIES_BEFORE_OTHERS: usize = 8;

/// What came of the tries.
pub(crate) enum Attempted {
    /// A target answers; its body is still to come.
    Answer(Box<Answered>),
    /// Tokens are to be counted, and the target cannot: the gateway's estimate is the answer.
    Count(Box<Counted>),
    /// No target answered, or one refused the request itself.
    Failure(Box<Failed>),
}

/// An answer on its way.
pub(crate) struct Answered {
    pub(crate) ticket: Ticket,
    pub(crate) live: Arc<Live>,
    pub(crate) call: Box<Call>,
    pub(crate) target: Arc<Target>,
    pub(crate) model_name: Arc<str>,
    pub(crate) sent: Sent,
    pub(crate) response: UpstreamResponse,
    pub(crate) output_bound: u64,
    /// When the request's time is up, microseconds since the epoch.
    pub(crate) deadline: i64,
}

/// A count of tokens by the gateway itself.
pub(crate) struct Counted {
    pub(crate) ticket: Ticket,
    pub(crate) call: Box<Call>,
    pub(crate) target: Arc<Target>,
    pub(crate) model_name: Arc<str>,
}

/// The last failure.
pub(crate) struct Failed {
    pub(crate) ticket: Ticket,
    pub(crate) model_name: Arc<str>,
    pub(crate) failure: Failure,
}

/// How a try failed, in what the caller is to see.
#[derive(Clone)]
pub(crate) enum Failure {
    /// The upstream's own answer, passed on.
    Passed {
        /// Upstream status.
        status: u16,
        /// Upstream headers.
        headers: http::HeaderMap,
        /// Head of the body.
        body: Bytes,
        /// Its format.
        format: WireFormat,
        /// Whose it is.
        target: Arc<Target>,
    },
    /// The gateway's own words.
    Refusal {
        /// What to say.
        refusal: Refusal,
        /// Whose trouble it was; `None` when no target was tried.
        target: Option<Arc<Target>>,
    },
}

/// Tries the targets.
pub(crate) async fn execute(funded: Funded) -> Result<Attempted, Rejected> {
    let Funded { ticket, live, call, model, route, mut output_bound, enforce_output, has_spare, .. } = funded;
    let mut exchange = Exchange::new(ticket, live, call, model, enforce_output);
    let is_hedged = exchange.may_be_hedged();
    let mut queue = Queue::new(route);
    let (mut last, mut unfit) = (None, None);
    loop {
        let Some(step) = queue.next() else {
            // Boxed, since it is rare.
            match Box::pin(exchange.wait(&mut queue, &mut last, &mut unfit)).await {
                true => continue,
                false => break,
            }
        };
        let Some(target) = exchange.model.targets.get(step.target).map(Arc::clone) else { continue };
        let left = Left {
            others: queue.has_more() || has_spare,
            may_come_back: !has_spare,
            paused: queue.has_paused(),
        };
        let mut runner = Runner { step, target };
        let turn = match is_hedged && queue.has_rival() {
            false => exchange.target(step, &runner.target, left, &mut unfit).await,
            // Boxed, since few models have it, and it is large.
            true => {
                let run =
                    race::run(&mut exchange, &mut queue, left, &mut runner, &mut unfit, &mut output_bound);
                Box::pin(run).await
            }
        };
        let Runner { step, target } = runner;
        // What kept it from going there gave its place back.
        exchange.slot = None;
        match turn {
            Turn::Answered(sent, response) => {
                return Ok(exchange.answered(target, sent, response, output_bound));
            }
            Turn::Counted => return Ok(Attempted::Count(Box::new(exchange.counted(target)))),
            Turn::Rejected(refusal) => return Err(exchange.ticket.reject(refusal)),
            Turn::Closed => queue.put_off(step.target),
            Turn::Full => queue.note_full(step.target),
            Turn::Unfit => {}
            Turn::TimeUp => break,
            Turn::Failed(failure, goes_on) => {
                let class = failure.class;
                last = Some(failure.failure);
                let goes_on = match goes_on {
                    GoesOn::ToNext => true,
                    GoesOn::AndBack(until) => {
                        queue.pause(step.target, until);
                        true
                    }
                    GoesOn::IfSuited => exchange.turn_to(&mut queue, class, &target),
                    GoesOn::No => false,
                };
                if !goes_on {
                    break;
                }
            }
        }
    }
    match (last, unfit) {
        // No target could even be asked: the request itself is at fault.
        (None, Some(refusal)) => Err(exchange.ticket.reject(refusal)),
        (last, _) => Ok(Attempted::Failure(Box::new(exchange.give_up(last)))),
    }
}

/// What came of a target's turn.
enum Turn {
    /// It answers.
    Answered(Sent, UpstreamResponse),
    /// It cannot count.
    Counted,
    /// The gateway itself cannot go on.
    Rejected(Refusal),
    /// It is taken for down, and others are to go first.
    Closed,
    /// It has no place.
    Full,
    /// It could not be asked.
    Unfit,
    /// The request has no time or no tries left.
    TimeUp,
    /// It failed, with all the tries that it was worth.
    Failed(TryFailure, GoesOn),
}

/// What is left besides a target.
#[derive(Clone, Copy, Debug)]
struct Left {
    /// Others that may answer.
    others: bool,
    /// A target that wants a pause may be tried again after it.
    may_come_back: bool,
    /// Some are to be tried again after a pause.
    paused: bool,
}

/// Where a failure leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum GoesOn {
    /// To the next target.
    ToNext,
    /// To the next target, and back to this one after that time.
    AndBack(Micros),
    /// To targets that may do what this one cannot.
    IfSuited,
    /// Nowhere: there is no money for another try.
    No,
}

impl Exchange {
    /// A request that nobody was asked for yet. Its time runs from its arrival.
    fn new(
        ticket: Ticket,
        live: Arc<Live>,
        call: Box<Call>,
        model: Arc<Lineup>,
        enforce_output: Option<u64>,
    ) -> Self {
        let most_ms = model.timeouts.total_ms;
        let total_ms = ticket.timeout_ms.map_or(most_ms, |ms| ms.min(most_ms));
        let deadline = ticket.record.time.saturating_add(micros(total_ms));
        let (slot, tries) = (None, SmallVec::new());
        let (progress, is_rival) = (None, false);
        Self { ticket, live, call, model, enforce_output, deadline, slot, tries, progress, is_rival }
    }

    /// Tries one target, as often as it is worth.
    async fn target(
        &mut self,
        step: Step,
        target: &Arc<Target>,
        left: Left,
        unfit: &mut Option<Refusal>,
    ) -> Turn {
        let others_left = left.others;
        let mut hand = match self.deal(target) {
            Ok(hand) => hand,
            Err(refusal) => {
                unfit.get_or_insert(refusal);
                return Turn::Unfit;
            }
        };
        let (mut attempt, mut tries) = (self.tries_at(step.target) + 1, 0);
        loop {
            if self.ticket.record.attempts.len() >= MAX_TRIES || self.remaining_ms() == 0 {
                return Turn::TimeUp;
            }
            let failed = match self.attempt(step, target, &hand).await {
                Tried::Rejected(refusal) => return Turn::Rejected(refusal),
                Tried::Closed => return Turn::Closed,
                Tried::Full => return Turn::Full,
                Tried::Unready(refusal) => {
                    unfit.get_or_insert(refusal);
                    if hand.advance() {
                        continue;
                    }
                    return Turn::Unfit;
                }
                Tried::Unfit(refusal) => {
                    unfit.get_or_insert(refusal);
                    return Turn::Unfit;
                }
                Tried::Limited(refusal) => return quota::passed_over(unfit, refusal),
                Tried::Counted => return Turn::Counted,
                Tried::Answered { sent, mut response } => {
                    match self.lost(target, &sent, &mut response, others_left).await {
                        Some(failed) => failed,
                        None => {
                            // Only now is it known that there is one: a head alone closes no breaker.
                            self.ticket.note_answer();
                            return Turn::Answered(sent, response);
                        }
                    }
                }
                Tried::Failed(failed) => failed,
            };
            // Without money for another try, this one was the last.
            if self.ticket.hold_another().await.is_err() {
                return Turn::Failed(failed, GoesOn::No);
            }
            let Some(again) = &failed.again else { return Turn::Failed(failed, GoesOn::IfSuited) };
            // Another credential of the same target needs no pause, and is no second try of the first.
            tries += 1;
            if failed.blames_credential && (!others_left || tries < MAX_TRIES_BEFORE_OTHERS) && hand.advance()
            {
                continue;
            }
            self.note_pause(step.target, target, &failed);
            self.note_tries(step.target, attempt);
            // Its account is used up or asked to pause: another target does not need to wait for that.
            if failed.blames_credential && (others_left || left.paused) {
                let back_at = self.back_at(step.target, &failed, attempt).filter(|_| left.may_come_back);
                return Turn::Failed(failed, back_at.map_or(GoesOn::ToNext, GoesOn::AndBack));
            }
            let retry = self.model.retry_at(target);
            // A rival is asked once: whoever it was asked besides has its tries.
            let is_worth_it =
                attempt < retry.attempts && !self.is_rival && worth_it(&retry.on, again, failed.class);
            let wait_ms = backoff::wait_ms(self, retry, attempt, again.after_ms, others_left);
            let Some(wait_ms) = wait_ms.filter(|_| is_worth_it) else {
                return Turn::Failed(failed, GoesOn::ToNext);
            };
            self.pause(wait_ms).await;
            hand.restart();
            attempt += 1;
        }
    }

    fn tries_at(&self, target: usize) -> u32 {
        self.tries.iter().find(|(tried, _)| *tried == target).map_or(0, |(_, tries)| *tries)
    }

    fn note_tries(&mut self, target: usize, tries: u32) {
        match self.tries.iter_mut().find(|(tried, _)| *tried == target) {
            Some((_, known)) => *known = tries,
            None => self.tries.push((target, tries)),
        }
    }

    /// Leaves only targets that may do what one could not. False when there are none.
    fn turn_to(&self, queue: &mut Queue, class: ErrorClass, failed: &Target) -> bool {
        if self.model.failure_policy == FailurePolicy::AlwaysAnswer {
            queue.prefer(class);
            return queue.has_more();
        }
        let window = |target: &Target| match target.info.max_input_tokens {
            0 => None,
            tokens => Some(tokens),
        };
        let is_larger = |index: usize| {
            let other = self.model.targets.get(index).and_then(|target| window(target));
            other.zip(window(failed)).is_some_and(|(other, failed)| other > failed)
        };
        match class {
            ErrorClass::ContextLength => queue.turn_to(class, is_larger),
            // Another deployment may be there.
            ErrorClass::NotFound => queue.has_more(),
            class => queue.turn_to(class, |_| false),
        }
    }
}

/// Why another try may help.
pub(crate) struct Again {
    kind: FailureKind,
    after_ms: Option<u64>,
}

/// Kinds of failures that another try may mend.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FailureKind {
    /// An upstream status.
    Status(u16),
    /// A time limit before the first byte.
    Timeout,
    /// No connection, or it broke before the first byte.
    Connect,
    /// Trying the same target again cannot help; another one may.
    Final,
}

fn worth_it(on: &[RetryOn], again: &Again, class: ErrorClass) -> bool {
    on.iter().any(|rule| match (rule, again.kind) {
        (RetryOn::Class(wanted), _) => *wanted == class,
        (RetryOn::Status429, FailureKind::Status(status)) => status == 429,
        (RetryOn::Status5xx, FailureKind::Status(status)) => status >= 500,
        (RetryOn::Status(wanted), FailureKind::Status(status)) => *wanted == status,
        (RetryOn::Timeout, FailureKind::Timeout) | (RetryOn::Connect, FailureKind::Connect) => true,
        _ => false,
    })
}

impl Exchange {
    /// What goes on to the caller.
    fn answered(
        mut self,
        target: Arc<Target>,
        sent: Sent,
        response: UpstreamResponse,
        output_bound: u64,
    ) -> Attempted {
        let details = &mut self.ticket.record.details;
        details.connect_us = response.timing.connect_us;
        if !sent.dropped.is_empty() {
            details.dropped.clone_from(&sent.dropped);
        }
        Attempted::Answer(Box::new(Answered {
            model_name: Arc::clone(&self.model.name),
            ticket: self.ticket,
            live: self.live,
            call: self.call,
            target,
            sent,
            response,
            output_bound,
            deadline: self.deadline,
        }))
    }

    /// The target cannot count.
    fn counted(self, target: Arc<Target>) -> Counted {
        let model_name = Arc::clone(&self.model.name);
        Counted { ticket: self.ticket, call: self.call, target, model_name }
    }

    /// What is left when nothing worked.
    fn give_up(self, last: Option<Failure>) -> Failed {
        let failure = last.unwrap_or_else(|| Failure::Refusal {
            refusal: Refusal::new(
                ErrorCode::UpstreamTimeout,
                "the request's time was up before a target answered",
            ),
            target: None,
        });
        Failed { ticket: self.ticket, model_name: Arc::clone(&self.model.name), failure }
    }
}

/// Milliseconds as microseconds.
fn micros(ms: u64) -> i64 {
    i64::try_from(ms.saturating_mul(1000)).unwrap_or(i64::MAX)
}
