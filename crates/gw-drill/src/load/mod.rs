//! The load of a drill: calls at a fixed rate, whatever becomes of the earlier ones, each with a text of its own that
//! its answer must repeat. It must not know which targets are faulty.

mod answer;
mod prompt;
#[cfg(test)]
mod tests;

use crate::clock::Clock;
use crate::scenario::Load;
use crate::wire::{Reply, Server};
use answer::judge;
pub(crate) use answer::{Ending, WrongAnswer};
use gw_model::Priority;
pub(crate) use prompt::Prompts;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;

/// Longest wait for one answer.
const PATIENCE: Duration = Duration::from_secs(60);

/// Most calls under way; further ones are not made and count as failed.
const MAX_UNDER_WAY: usize = 4096;

/// What a caller wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wish {
    /// A whole answer.
    Whole,
    /// A stream.
    Stream,
    /// Something that no target can give: the request is wrong.
    Bad,
}

/// A call and what its caller saw.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    /// Its number.
    pub(crate) number: usize,
    /// When it went out, in microseconds of the run.
    pub(crate) sent_us: u64,
    /// How long it took to its end.
    pub(crate) took_us: u64,
    pub(crate) wish: Wish,
    pub(crate) priority: Priority,
    pub(crate) ending: Ending,
    /// The gateway's id of it, when there was an answer.
    pub(crate) request_id: Option<String>,
}

impl Call {
    fn unsent(number: usize, sent_us: u64, (wish, priority): (Wish, Priority)) -> Self {
        let ending = Ending::Failed(format!("not sent: {MAX_UNDER_WAY} were under way"));
        Self { number, sent_us, took_us: 0, wish, priority, ending, request_id: None }
    }
}

/// Whom the load asks for what.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    /// Asked in turns.
    pub(crate) gateways: Vec<Server>,
    pub(crate) prompts: Prompts,
    pub(crate) clock: Clock,
}

impl Caller {
    /// Makes one call.
    pub(crate) async fn call(&self, number: usize, (wish, priority): (Wish, Priority)) -> Call {
        let body = self.prompts.body(number, wish);
        let sent_us = self.clock.now_us();
        let exchange = async {
            let gateway = turn(&self.gateways, number).ok_or("there is no gateway")?;
            let gateway = match priority {
                Priority::Normal => gateway,
                other => &gateway.with_priority(other),
            };
            gateway.exchange(http::Method::POST, "/v1/chat/completions", body).await
        };
        let reply = match tokio::time::timeout(PATIENCE, exchange).await {
            Ok(Ok(reply)) => Ok(reply),
            Ok(Err(error)) => Err(format!("no answer: {error}")),
            Err(_) => Err(format!("no end after {} seconds", PATIENCE.as_secs())),
        };
        let took_us = self.clock.now_us().saturating_sub(sent_us);
        let id = |reply: &Reply| reply.header("x-request-id").to_owned();
        let request_id = reply.as_ref().ok().map(id).filter(|id| !id.is_empty());
        let ending = match &reply {
            Ok(reply) => judge(&self.prompts, number, wish, reply),
            Err(why) => Ending::Failed(why.clone()),
        };
        Call { number, sent_us, took_us, wish, priority, ending, request_id }
    }

    /// Makes the calls of a load, the n-th at its time, and gives them in the order of their numbers once all have
    /// ended.
    pub(crate) async fn run(self, load: Load) -> Vec<Call> {
        let caller = Arc::new(self);
        let mut under_way = JoinSet::new();
        let mut calls = Vec::new();
        for number in 0..count(load) {
            caller.clock.until(due_us(number, load)).await;
            if under_way.len() >= MAX_UNDER_WAY {
                calls.push(Call::unsent(number, caller.clock.now_us(), wish(number, load)));
                continue;
            }
            let caller = Arc::clone(&caller);
            under_way.spawn(async move { caller.call(number, wish(number, load)).await });
            while let Some(Ok(call)) = under_way.try_join_next() {
                calls.push(call);
            }
        }
        while let Some(ended) = under_way.join_next().await {
            calls.extend(ended);
        }
        calls.sort_by_key(|call: &Call| call.number);
        calls
    }
}

/// Whose turn the n-th call is.
pub(crate) fn turn(gateways: &[Server], number: usize) -> Option<&Server> {
    gateways.get(number.checked_rem(gateways.len())?)
}

/// How many calls a load makes.
pub(crate) fn count(load: Load) -> usize {
    let exact = (load.seconds * f64::from(load.requests_per_second)).round();
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "at most 600 s at 1000/s")]
    let count = exact as usize;
    count
}

fn due_us(number: usize, load: Load) -> u64 {
    let number = u64::try_from(number).unwrap_or(u64::MAX);
    number.saturating_mul(1_000_000) / u64::from(load.requests_per_second.max(1))
}

/// What the n-th call wants and how much it matters: shares are kept to over any stretch, and in no step with the
/// targets' turns.
fn wish(number: usize, load: Load) -> (Wish, Priority) {
    let drawn = |salt: u64| {
        let mixed = (u64::try_from(number).unwrap_or(0) + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15 ^ salt);
        f64::from(u32::try_from(mixed >> 32).unwrap_or(0)) / f64::from(u32::MAX)
    };
    let wish = match () {
        () if drawn(0) < load.bad_requests => Wish::Bad,
        () if drawn(0x00d1_b54a_32d1_92ed) < load.streams => Wish::Stream,
        () => Wish::Whole,
    };
    let rank = drawn(0x0a24_baed_4963_ee40);
    let priority = match () {
        () if rank < load.high => Priority::High,
        () if rank < load.high + load.low => Priority::Low,
        () => Priority::Normal,
    };
    (wish, priority)
}
