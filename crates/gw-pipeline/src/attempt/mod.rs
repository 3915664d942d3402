//! Eighth stage, and the only one that talks to providers: tries the plan's targets in order, each as often
//! as the model's retry policy says, until one answers. Nothing is retried once the caller has a byte.

mod backoff;
mod exchange;
mod handshake;
pub(crate) mod held;
mod pages;
mod parts;

use crate::live::Live;
use crate::reserve::Funded;
use crate::ticket::{Rejected, Ticket};
use bytes::Bytes;
use exchange::{Exchange, Tried};
pub(crate) use exchange::{Sent, read_head};
use gw_model::snapshot::{RetryOn, Target};
use gw_model::{Call, ErrorCode, Refusal, WireFormat};
use gw_upstream::UpstreamResponse;
pub(crate) use pages::another_page;
use std::sync::Arc;

/// Tries of one request over all its targets; a plan cannot ask for more.
const MAX_TRIES: usize = 32;

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
    pub(crate) call: Call,
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
    pub(crate) call: Call,
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
    let Funded { ticket, live, call, model, order, output_bound, enforce_output, .. } = funded;
    let deadline = ticket.record.time.saturating_add(micros(model.timeouts.total_ms));
    let mut exchange = Exchange { ticket, live, call, enforce_output, deadline, model };
    let mut last = None;
    let mut unfit = None;
    'targets: for (position, index) in order.iter().enumerate() {
        let Some(target) = exchange.model.targets.get(*index).map(Arc::clone) else { continue };
        let others_left = position + 1 < order.len();
        let mut hand = match exchange.deal(&target) {
            Ok(hand) => hand,
            Err(refusal) => {
                unfit.get_or_insert(refusal);
                continue;
            }
        };
        let mut attempt = 1;
        while attempt <= exchange.model.retry.attempts.max(1) {
            if exchange.ticket.record.attempts.len() >= MAX_TRIES || exchange.remaining_ms() == 0 {
                break 'targets;
            }
            let failed = match exchange.attempt(&target, &hand).await {
                Tried::Rejected(refusal) => return Err(exchange.ticket.reject(refusal)),
                Tried::Unready(refusal) => {
                    unfit.get_or_insert(refusal);
                    if hand.advance() {
                        continue;
                    }
                    break;
                }
                Tried::Unfit(refusal) => {
                    unfit.get_or_insert(refusal);
                    break;
                }
                Tried::Counted => return Ok(Attempted::Count(Box::new(exchange.counted(target)))),
                Tried::Answered { sent, mut response } => {
                    match exchange.lost(&target, &sent, &mut response, others_left).await {
                        Some(failed) => failed,
                        None => return Ok(exchange.answered(target, sent, response, output_bound)),
                    }
                }
                Tried::Failed(failed) => failed,
            };
            let (again, blames_credential) = (failed.again, failed.blames_credential);
            last = Some(failed.failure);
            // Without money for another try, this one was the last.
            let again = again.filter(|_| exchange.ticket.hold_another().is_ok());
            let Some(again) = again else { break 'targets };
            // Another credential of the same target needs no pause, and is no second try of the first.
            if blames_credential && hand.advance() {
                continue;
            }
            let try_again =
                attempt < exchange.model.retry.attempts && worth_it(&exchange.model.retry.on, &again);
            let Some(wait_ms) = backoff::wait_ms(&exchange, attempt, again.after_ms, others_left) else {
                break;
            };
            if !try_again {
                break;
            }
            exchange.pause(wait_ms).await;
            hand.restart();
            attempt += 1;
        }
    }
    match (last, unfit) {
        // No target could even be asked: the request itself is at fault.
        (None, Some(refusal)) => Err(exchange.ticket.reject(refusal)),
        (last, _) => Ok(Attempted::Failure(Box::new(exchange.give_up(last)))),
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

fn worth_it(on: &[RetryOn], again: &Again) -> bool {
    on.iter().any(|rule| match (rule, again.kind) {
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
        self,
        target: Arc<Target>,
        sent: Sent,
        response: UpstreamResponse,
        output_bound: u64,
    ) -> Attempted {
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
