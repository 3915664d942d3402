//! Targets that have no place: waiting for one when nothing else is left, within the limits of the model's queue and of
//! the call's own time. It must not try anything itself.

use super::exchange::Exchange;
use super::queue::Queue;
use super::{Failure, micros};
use crate::waiting::{Ask, Shed, ShedReason, Turn, Waiting};
use gw_model::routing::{FailurePolicy, QueuePolicy};
use gw_model::{ErrorCode, KeyId, Micros, Refusal, SubCallRole};
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

/// Targets that a refusal names.
const MAX_NAMED: usize = 3;

/// How a wait ended.
enum Waited {
    /// With a place, which the exchange has, at this target.
    Place(usize),
    /// A target is back sooner that wanted to be left alone.
    Back(usize),
    /// Without.
    Shed(Shed),
}

impl Exchange {
    /// Waits for whatever is left. True when a target is to be tried; otherwise `last` or `refused` says what the caller is
    /// to hear, unless something did before.
    pub(super) async fn wait(
        &mut self,
        queue: &mut Queue,
        last: &mut Option<Failure>,
        refused: &mut Option<Refusal>,
    ) -> bool {
        if queue.full().is_empty() {
            return self.wait_for_parked(queue, last).await;
        }
        match self.wait_for_place(queue).await {
            Waited::Place(target) => {
                queue.has_place(target);
                true
            }
            Waited::Back(target) => {
                queue.resume(target);
                true
            }
            Waited::Shed(shed) => {
                self.note_shed(shed.reason);
                *refused = Some(self.overloaded(queue, shed));
                queue.forget_full();
                // What is taken for down does not become better by what is too much elsewhere.
                if self.model.failure_policy != FailurePolicy::AlwaysAnswer {
                    queue.forget_put_off();
                }
                queue.has_more() || self.wait_for_parked(queue, last).await
            }
        }
    }

    async fn wait_for_place(&mut self, queue: &Queue) -> Waited {
        let now = self.ticket.worker().now();
        let policy = self.queue_policy();
        // All waits of a call count together.
        let waited = Micros::try_from(self.ticket.waited_us).unwrap_or(Micros::MAX);
        let give_up_at = now.saturating_add(micros(policy.max_wait_ms)).saturating_sub(waited);
        let entered = self.enter(queue, policy, now);
        let mut waiting = match entered {
            Ok(waiting) => waiting,
            Err(shed) => return Waited::Shed(shed),
        };
        let back = self.first_back(queue).filter(|(until, target)| {
            *until < give_up_at && self.short_pause_ms(*target, *until, now).is_some()
        });
        let until = give_up_at.min(self.deadline).min(back.map_or(Micros::MAX, |(until, _)| until));
        let left = Duration::from_micros(u64::try_from(until - now).unwrap_or(0));
        let turn = tokio::time::timeout(left, waiting.turn()).await;
        self.note_wait(now);
        match (turn, back) {
            (Ok(Turn::Yours(slot)), _) => {
                let is_there = |target: &&usize| {
                    self.model.deployment(**target).is_some_and(|deployment| slot.is_at(deployment))
                };
                let found = queue.full().iter().find(is_there).copied();
                self.slot = Some(slot);
                found.map_or(Waited::Shed(waiting_for_nothing()), Waited::Place)
            }
            (Ok(Turn::GiveWay), _) => {
                Waited::Shed(Shed { reason: ShedReason::Displaced, retry_after_seconds: 1 })
            }
            (Err(_), Some((_, target))) => Waited::Back(target),
            (Err(_), None) => {
                Waited::Shed(Shed { reason: ShedReason::WaitedTooLong, retry_after_seconds: 1 })
            }
        }
    }

    fn enter(&self, queue: &Queue, policy: QueuePolicy, now: Micros) -> Result<Waiting, Shed> {
        let spot =
            |target: &usize| Some((Arc::clone(self.model.deployment(*target)?), self.most_at(*target)?));
        let ask = Ask {
            model: &self.model.name,
            queue: policy,
            priority: self.ticket.priority,
            key: self.ticket.record.key.unwrap_or(KeyId::MASTER),
            deployments: queue.full().iter().filter_map(spot).collect(),
            left_us: u64::try_from(self.deadline - now).unwrap_or(0),
        };
        let Some((first, _)) = ask.deployments.first() else { return Err(waiting_for_nothing()) };
        first.room().enter(&ask)
    }

    /// Nobody waits for what a copy is to be made of.
    fn queue_policy(&self) -> QueuePolicy {
        let is_copy = self.ticket.record.parent.is_some_and(|parent| parent.role == SubCallRole::Mirror);
        if is_copy { QueuePolicy { max_waiting: 0, ..self.model.queue } } else { self.model.queue }
    }

    /// Most requests that may be at a target at the same time.
    pub(super) fn most_at(&self, target: usize) -> Option<u32> {
        self.model.targets.get(target)?.capacity?.max_parallel
    }

    fn note_wait(&mut self, since: Micros) {
        let worker = self.ticket.worker();
        let waited_us = u64::try_from(worker.now() - since).unwrap_or(0);
        worker.gateway().metrics.note_wait(&self.model.name, waited_us);
        self.ticket.waited_us = self.ticket.waited_us.saturating_add(waited_us);
    }

    fn note_shed(&mut self, reason: ShedReason) {
        let metrics = &self.ticket.worker().gateway().metrics;
        metrics.note_shed(reason.as_str(), self.ticket.priority);
        if self.ticket.record.error_detail.is_empty() {
            self.ticket.record.error_detail = format!("overloaded: {}", reason.as_str());
        }
    }

    fn overloaded(&self, queue: &Queue, shed: Shed) -> Refusal {
        let mut text = format!("all targets of the model '{}' are full", self.model.name);
        for (at, target) in queue.full().iter().take(MAX_NAMED).enumerate() {
            let Some(found) = self.model.targets.get(*target) else { continue };
            let most = self.most_at(*target).unwrap_or(0);
            let before = if at == 0 { " (" } else { ", " };
            // A text takes everything.
            let _ = write!(text, "{before}{}/{}: {most} at the same time", found.provider.name, found.model);
        }
        if queue.full().len() > MAX_NAMED {
            text.push_str(" and others");
        }
        text.push_str("), and ");
        let policy = self.queue_policy();
        let why = match shed.reason {
            ShedReason::QueueFull if policy.max_waiting == 0 => "no call waits for it".to_owned(),
            ShedReason::QueueFull => format!("its queue is full ({} wait)", policy.max_waiting),
            ShedReason::Displaced => "its queue is full, and calls of higher priority came".to_owned(),
            ShedReason::WaitedTooLong => "this call's turn did not come in time".to_owned(),
            ShedReason::WouldWaitTooLong => {
                format!("this call's turn would not come within {} ms", policy.max_wait_ms)
            }
            ShedReason::Deadline => "this call's time would be up before its turn".to_owned(),
        };
        text.push_str(&why);
        let seconds = shed.retry_after_seconds;
        let _ = write!(text, "; try again in {seconds} s");
        Refusal::new(ErrorCode::Overloaded, text).retry_after(seconds)
    }
}

/// There is no place that could be waited for; cannot be, since only targets with places are full.
const fn waiting_for_nothing() -> Shed {
    Shed { reason: ShedReason::QueueFull, retry_after_seconds: 1 }
}
