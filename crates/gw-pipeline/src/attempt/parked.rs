//! Deployments whose providers asked for a pause, before the call or of the call itself: noting it, and waiting for one
//! when nothing else is left and the pause is short. It must not try anything itself.

use super::exchange::{Exchange, TryFailure};
use super::queue::Queue;
use super::{Failure, micros, worth_it};
use gw_model::snapshot::Target;
use gw_model::{ErrorClass, ErrorCode, Micros, Refusal};

/// Pause after a reply that asks for less traffic and does not say how long, in milliseconds.
const UNSTATED_PAUSE_MS: u64 = 1_000;

/// How long a deployment goes behind others whose only credential was refused, in milliseconds.
const REFUSED_OUT_MS: u64 = 30_000;

/// How far requests are spread that waited for the same moment, in milliseconds.
const SPREAD_MS: u64 = 100;

impl Exchange {
    /// A reply that asks for less traffic parks the deployment, once no other credential of it is left to try.
    pub(super) fn note_pause(&self, index: usize, target: &Target, failed: &TryFailure) {
        // What only this call is bound to says nothing of the others that the deployment has.
        if self.ticket.bound_credential(target) != target.credential.as_deref() || self.call.raw.is_some() {
            return;
        }
        let Some(deployment) = self.model.deployment(index) else { return };
        let now = self.ticket.worker().now();
        let asked = failed.again.as_ref().and_then(|again| again.after_ms);
        let pause_ms = match (failed.class, asked) {
            (ErrorClass::RateLimited, asked) => asked.unwrap_or(UNSTATED_PAUSE_MS),
            (ErrorClass::Overloaded | ErrorClass::ServerError, Some(asked)) => asked,
            // It will not be better in a second; but nothing says that it is not, so it may still be asked last.
            (ErrorClass::Auth | ErrorClass::QuotaExhausted, _) => {
                return deployment.take_out(REFUSED_OUT_MS, now);
            }
            _ => return,
        };
        deployment.park(pause_ms, &self.live.snapshot.health, now);
    }

    /// Waits for the first deployment to come back, when that is soon. True when it is to be tried; otherwise `last` says
    /// what the caller is to hear, unless something did before.
    pub(super) async fn wait_for_parked(&self, queue: &mut Queue, last: &mut Option<Failure>) -> bool {
        let Some((until, target)) = self.first_back(queue) else { return false };
        let now = self.ticket.worker().now();
        if let Some(pause_ms) = self.short_pause_ms(target, until, now) {
            let spread = if pause_ms == 0 { 0 } else { self.ticket.worker().random_u64() % SPREAD_MS };
            self.pause(pause_ms + spread).await;
            queue.resume(target);
            return true;
        }
        if last.is_none() {
            *last = Some(Failure::Refusal {
                refusal: paused(queue.parked_until().unwrap_or(until), now),
                target: None,
            });
        }
        false
    }
}

impl Exchange {
    /// The target that is back first of those that want to be left alone.
    pub(super) fn first_back(&self, queue: &Queue) -> Option<(Micros, usize)> {
        queue.first_back(|index| self.model.deployment(index).map(|deployment| deployment.parked_until()))
    }

    /// Milliseconds until then, where that is not too long to wait for.
    pub(super) fn short_pause_ms(&self, target: usize, until: Micros, now: Micros) -> Option<u64> {
        let pause_ms = u64::try_from(until - now).unwrap_or(0).div_ceil(1000);
        let retry = self.model.targets.get(target).map(|target| self.model.retry_at(target));
        let longest_ms = retry.map_or(0, |retry| retry.max_backoff_ms);
        (pause_ms <= longest_ms && pause_ms + SPREAD_MS < self.remaining_ms()).then_some(pause_ms)
    }

    /// When a target is to be tried again that asked for less traffic; `None` when it is not worth it.
    pub(super) fn back_at(&self, index: usize, failed: &TryFailure, attempt: u32) -> Option<Micros> {
        let target = self.model.targets.get(index)?;
        let (retry, again) = (self.model.retry_at(target), failed.again.as_ref()?);
        let is_worth_it = attempt < retry.attempts && worth_it(&retry.on, again, failed.class);
        if failed.class != ErrorClass::RateLimited || !is_worth_it {
            return None;
        }
        let now = self.ticket.worker().now();
        let until = now.saturating_add(micros(again.after_ms.unwrap_or(UNSTATED_PAUSE_MS)));
        self.short_pause_ms(index, until, now).map(|_| until)
    }
}

fn paused(until: Micros, now: Micros) -> Refusal {
    let seconds = u32::try_from((until - now).max(0).div_euclid(micros(1000)) + 1).unwrap_or(u32::MAX);
    let text = format!(
        "every target of this model was asked by its provider to pause; the first is back in {seconds} s"
    );
    Refusal::new(ErrorCode::RateLimitExceeded, text).retry_after(seconds)
}
