//! When what happened in each try, as the record has it. It must read no clock of its own on the way of a call.

use super::Open;
use gw_model::snapshot::Target;
use gw_model::{AttemptTimes, Clock, Micros};

fn between(from: Micros, to: Micros) -> u64 {
    u64::try_from(to.saturating_sub(from)).unwrap_or(0)
}

impl Open {
    /// The times of a try that begins.
    pub(super) fn times_from(&self, started: Micros, target: &Target) -> AttemptTimes {
        AttemptTimes {
            start_us: between(self.record.time, started),
            region: target.provider.region.as_deref().map(str::to_owned),
            ..AttemptTimes::default()
        }
    }

    /// The head of an answer to the open try is there.
    pub(crate) fn note_head(&mut self, connect_us: Option<u64>) {
        let now = self.worker.now();
        if let Some(attempt) = &mut self.attempt {
            attempt.times.connect_us = connect_us;
            attempt.times.first_byte_us = Some(between(attempt.started, now));
        }
    }

    /// Takes over the times of a fork's tries. They stand behind `at` tries of this ticket, before the others. Call it before its tries
    /// are taken over.
    pub(super) fn take_times(&mut self, fork: &mut Self, at: usize) {
        let theirs = std::mem::take(&mut fork.record.details.times);
        let own = &mut self.record.details.times;
        let at = at.min(own.len());
        own.splice(at..at, theirs);
    }

    /// The request ends now.
    pub(super) fn note_end(&mut self, now: Micros) {
        let record = &mut self.record;
        if record.details.times.len() != record.attempts.len() {
            // Tries that were not made here have no times.
            record.details.times.clear();
        }
        let (Some(times), Some(last)) = (record.details.times.last(), record.attempts.last()) else { return };
        let ended = times.start_us.saturating_add(last.duration_us);
        record.details.after_us = between(record.time, now).saturating_sub(ended);
    }

    /// The clock, for what takes less than a turn.
    pub(crate) fn clock_now(&self) -> Micros {
        self.worker.gateway().clock.now()
    }

    /// Guardrails looked at the request from then on until now.
    pub(crate) fn note_guardrails_from(&mut self, began: Micros) {
        let took = between(began, self.clock_now());
        let details = &mut self.record.details;
        details.guardrails_us = details.guardrails_us.saturating_add(took);
    }

    /// The answer waited for guardrails from then on until now.
    pub(crate) fn note_answer_guardrails_from(&mut self, began: Micros) {
        let took = between(began, self.clock_now());
        let details = &mut self.record.details;
        details.answer_guardrails_us = details.answer_guardrails_us.saturating_add(took);
    }
}
