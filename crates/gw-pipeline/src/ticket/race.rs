//! Tickets of one request that asks two targets at once. The further ones are forks of the request's own: each holds and
//! announces what its try may cost, and none leaves a record. In the end all come together in the request's ticket: those
//! that lost are settled and stand among its tries, and the one that won takes the place of its open try. It must not
//! decide who won.

use super::{BYTES_PER_TOKEN, Open, Ticket, amounts};
use gw_model::{NanoUsd, Usage, UsageSource};
use gw_store::memory::Amounts;

/// The reason, in records, of a try that another one outpaced.
pub(crate) const HEDGED: &str = "hedged";

/// What the tries of a fork are numbered from, times its number: the journal tells tries of a request by numbers, and
/// takes the largest for the latest.
const NUMBERS: u8 = 64;

impl Ticket {
    /// A ticket for a try beside the open one; `lane` is its number among those of this race, from 1. It is nothing until
    /// [`Open::wake`] is called.
    pub(crate) fn fork(&self, lane: u8) -> Self {
        let mut fork = Self::open(&self.worker, self.record.format);
        let (open, request) = (&mut *fork.open, &self.record);
        open.ended = true;
        open.record.id = request.id;
        open.record.time = request.time;
        open.record.key = request.key;
        open.record.team_id.clone_from(&request.team_id);
        open.record.model.clone_from(&request.model);
        open.record.stream = request.stream;
        open.record.parent = request.parent;
        open.key.clone_from(&self.key);
        open.chain = self.chain.sibling();
        open.pins.clone_from(&self.pins);
        open.is_fork = true;
        open.trace = self.trace_of_fork();
        open.number = self.forks().saturating_add(lane).saturating_mul(NUMBERS);
        // After a crash the latest try stands for all that was under way.
        open.beside = self.beside.plus(self.hold_cost);
        fork
    }
}

impl Open {
    /// May it hold no more than a share of its request's money?
    pub(crate) const fn is_capped(&self) -> bool {
        self.cap.is_some()
    }

    /// From now on the fork has something to settle.
    pub(crate) const fn wake(&mut self) {
        self.ended = false;
    }

    /// How many forks it had that came to something.
    pub(crate) const fn forks(&self) -> u8 {
        self.number / NUMBERS
    }

    /// More is held by other forks.
    pub(crate) const fn note_beside(&mut self, held: NanoUsd) {
        self.beside = self.beside.plus(held);
    }

    /// Money that is held.
    pub(crate) const fn held_cost(&self) -> NanoUsd {
        self.hold_cost
    }

    /// Output tokens that are held.
    pub(crate) const fn held_output(&self) -> u64 {
        self.output_bound
    }

    /// Notes what the whole answer of the open try says that it used: the caller may leave before it is settled.
    pub(crate) const fn note_stated(&mut self, usage: Option<Usage>) {
        if let Some(attempt) = &mut self.attempt {
            attempt.stated = usage;
        }
    }

    /// Settles the open try of somebody who is no longer waited for, by what its answer says, or by what was seen of it.
    pub(super) fn close_abandoned(&mut self, reason: &str) {
        if let Some(mut usage) = self.attempt.as_mut().and_then(|attempt| attempt.stated.take()) {
            self.add_request_media(&mut usage);
            return self.close_attempt(0, reason, usage, UsageSource::Upstream);
        }
        let output_tokens = self.estimated_output(self.seen_bytes.div_ceil(BYTES_PER_TOKEN));
        let estimate = self.estimated_usage(output_tokens);
        self.close_attempt(0, reason, estimate, UsageSource::Estimated);
    }

    /// Takes in a fork that did not win: what it has under way ends for this reason.
    pub(crate) fn absorb(&mut self, mut fork: Ticket, reason: &str) {
        if fork.ended {
            return;
        }
        fork.ended = true;
        fork.close_abandoned(reason);
        let used = fork.settle_hold();
        fork.tell_end(used, false);
        self.set_apart(&fork.used());
        self.take_over_notes(&mut fork);
        // The last try is the one that decided.
        let tries = &self.record.attempts;
        let end = if self.attempt.is_some() { tries.len() } else { tries.len().saturating_sub(1) };
        self.take_prices(&mut fork, end);
        self.take_times(&mut fork, end);
        let theirs = std::mem::take(&mut fork.record.attempts);
        let behind = self.record.attempts.len() - end;
        self.record.attempts.splice(end..end, theirs);
        self.take_over_tries(&mut fork, behind);
    }

    /// A fork won: the open try of this ticket ends, and the fork's takes its place with what is held for it.
    pub(crate) fn yield_to(&mut self, mut fork: Ticket, reason: &str) {
        fork.ended = true;
        self.close_abandoned(reason);
        let used = self.settle_hold();
        self.tell_part(Amounts::default(), used);
        let used = self.used().minus(&self.apart);
        self.set_apart(&used);
        self.take_over_notes(&mut fork);
        let open = &mut *fork.open;
        self.take_prices(open, self.record.attempts.len());
        self.take_times(open, self.record.attempts.len());
        self.record.attempts.append(&mut open.record.attempts);
        self.take_over_tries(open, 0);
        self.chain.take_over(&mut open.chain);
        self.join_shared(open);
        self.hold_cost = open.hold_cost;
        self.attempt = open.attempt.take();
        self.credential = open.credential.take();
        self.output_bound = open.output_bound;
        self.seen_bytes = open.seen_bytes;
        self.spent_tokens = open.spent_tokens;
    }

    fn take_over_notes(&mut self, fork: &mut Open) {
        self.announced = self.announced.saturating_add(fork.announced);
        self.number = self.number.max(fork.number);
        if !fork.record.error_detail.is_empty() {
            self.record.error_detail = std::mem::take(&mut fork.record.error_detail);
        }
    }

    /// Notes what tries used whose holds were settled by themselves.
    const fn set_apart(&mut self, used: &Amounts) {
        self.apart = self.apart.plus(used);
        self.beside = self.apart.cost;
    }

    /// What all tries used that have ended.
    fn used(&self) -> Amounts {
        let attempts = self.record.attempts.iter();
        attempts.fold(Amounts::default(), |sum, attempt| sum.plus(&amounts(&attempt.usage, attempt.cost)))
    }

    /// Gives back what is held, less what the tries used that it was for; which is returned.
    pub(super) fn settle_hold(&mut self) -> Amounts {
        if !self.chain.holds() {
            return Amounts::default();
        }
        let settled = self.ongoing.as_ref().map_or_else(Amounts::default, |ongoing| ongoing.settled());
        let used = self.used().minus(&settled).minus(&self.apart);
        let overrun = self.chain.settle(self.worker.now(), used);
        self.worker.gateway().metrics.note_overrun(overrun);
        used
    }
}
