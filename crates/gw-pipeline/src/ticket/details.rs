//! What a record says besides the ending: gathered as the call goes on, and put together when it ends. It must not decide
//! anything.

mod metadata;

use super::{Open, price};
use gw_model::snapshot::Target;
use gw_model::{Parameters, PriceLine, ServiceTier, Usage};
use std::net::IpAddr;

impl Open {
    /// Where the call comes from.
    pub(crate) const fn note_client(&mut self, from: Option<IpAddr>) {
        self.from = from;
    }

    /// Microseconds since the call arrived.
    pub(crate) fn elapsed_us(&self) -> u64 {
        u64::try_from(self.worker.now() - self.record.time).unwrap_or(0)
    }

    /// Notes the first byte sent to the caller, once.
    pub(crate) fn note_first_byte(&mut self) {
        if self.record.first_byte_us.is_none() {
            self.record.first_byte_us = Some(self.elapsed_us());
        }
    }

    /// Notes what the try that ends now was charged at. Call it before the try is in the record.
    pub(super) fn note_prices(&mut self, target: &Target, usage: &Usage, tier: ServiceTier) {
        let attempt = u8::try_from(self.record.attempts.len()).unwrap_or(u8::MAX);
        let prices = &mut self.record.details.prices;
        target.info.prices.each_line(usage, tier, |unit, count, price| {
            prices.push(PriceLine { attempt, unit, count, price });
        });
    }

    /// Where the try went that ends now.
    pub(super) fn note_region(&mut self, target: &Target) {
        match (&target.provider.region, &mut self.record.details.region) {
            (None, None) => {}
            (now, region) => *region = now.as_deref().map(str::to_owned),
        }
    }

    /// Takes over what a fork's tries were charged at. They stand behind `at` tries of this ticket, before the others.
    pub(super) fn take_prices(&mut self, fork: &mut Self, at: usize) {
        let [at, count] = [at, fork.record.attempts.len()].map(|n| u8::try_from(n).unwrap_or(u8::MAX));
        let own = &mut self.record.details.prices;
        for line in own.iter_mut().filter(|line| line.attempt >= at) {
            line.attempt = line.attempt.saturating_add(count);
        }
        let theirs = std::mem::take(&mut fork.record.details.prices);
        own.extend(
            theirs.into_iter().map(|line| PriceLine { attempt: line.attempt.saturating_add(at), ..line }),
        );
    }

    /// What an answer that was there already would have cost.
    pub(super) fn note_saved(&mut self, usage: &Usage) {
        if let Some(hit) = &self.hit {
            self.record.saved = price(&hit.target.info, usage, self.tier);
            self.worker.gateway().metrics.note_saved(self.record.saved);
        }
    }

    /// What vectors would have cost that were there already, beside those that were asked for.
    pub(crate) fn note_reused(&mut self, target: &Target, tokens: u64) {
        let usage = Usage { input_tokens: tokens, ..Usage::default() };
        self.record.saved = price(&target.info, &usage, self.tier);
        self.worker.gateway().metrics.note_saved(self.record.saved);
    }

    /// Puts into the record what the caller said of itself, and how the call was held up. Nothing reads the context after.
    pub(super) fn note_details(&mut self) {
        let kept = self.worker.gateway().client_ip();
        let client_ip = self.from.and_then(|from| kept.of(from));
        if self.is_unlogged() {
            self.record.details.user_agent = None;
            self.record.details.parameters = Parameters::default();
            // Which guardrails acted is kept, as reports need it, and not where and why.
            self.record.details.findings.clear();
            self.record.details.waited_us = self.waited_us;
            self.record.error_detail.clear();
            return;
        }
        let open = &mut *self;
        let (context, details) = (&mut open.context, &mut open.record.details);
        if context.user_agent.is_some() {
            details.user_agent = context.user_agent.take();
        }
        details.session = context.session.take();
        details.tags = context.tags.take();
        details.metadata = context.metadata.take().and_then(metadata::fitting);
        details.client_ip = client_ip;
        details.waited_us = open.waited_us;
        details.trace_id = open.trace.as_ref().map(|trace| trace.id).or(context.trace_id);
    }
}
