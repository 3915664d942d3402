//! The ticket of a call that goes on for as long as its caller likes: a session is settled response by response.
//! What is settled becomes spending at once; what is under way stays held, and the journal knows the sum of both, so
//! that a process that dies charges no less than was used.

use super::{Open, Ticket, amounts};
use gw_model::{ErrorCode, Level, NanoUsd, Refusal, Usage, UsageSource};
use gw_store::memory::{Amounts, HoldRefused, KeyEntry, Link};
use std::sync::Arc;

/// What a session has used so far, and what is held besides.
#[derive(Debug, Default)]
pub(super) struct Ongoing {
    usage: Usage,
    cost: NanoUsd,
    stated: bool,
    estimated: bool,
    held: Amounts,
    /// The largest sum that the journal knows.
    announced: NanoUsd,
}

/// Largest size of one response.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Size {
    /// Tokens in.
    pub(crate) input: u64,
    /// Tokens out.
    pub(crate) output: u64,
}

/// What a part of a session used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Part {
    pub(crate) usage: Usage,
    pub(crate) source: UsageSource,
    pub(crate) cost: NanoUsd,
}

impl Ongoing {
    /// All that was used, and where the figures come from.
    pub(super) const fn total(&self) -> (Usage, UsageSource, NanoUsd) {
        let source = match (self.estimated, self.stated) {
            (true, _) => UsageSource::Estimated,
            (false, true) => UsageSource::Upstream,
            (false, false) => UsageSource::None,
        };
        (self.usage, source, self.cost)
    }

    /// Tokens and money that are settled already.
    pub(super) const fn settled(&self) -> Amounts {
        amounts(&self.usage, self.cost)
    }

    fn add(&mut self, part: &Part) {
        let (sum, more) = (&mut self.usage, &part.usage);
        for (mine, theirs) in [
            (&mut sum.input_tokens, more.input_tokens),
            (&mut sum.output_tokens, more.output_tokens),
            (&mut sum.cached_tokens, more.cached_tokens),
            (&mut sum.audio_input_tokens, more.audio_input_tokens),
            (&mut sum.audio_output_tokens, more.audio_output_tokens),
        ] {
            *mine = mine.saturating_add(theirs);
        }
        let media = &mut sum.media;
        media.input_ms = media.input_ms.saturating_add(more.media.input_ms);
        media.image_input_tokens = media.image_input_tokens.saturating_add(more.media.image_input_tokens);
        self.cost = self.cost.plus(part.cost);
        self.stated |= part.source == UsageSource::Upstream;
        self.estimated |= part.source == UsageSource::Estimated;
    }
}

impl Ticket {
    /// From now on the call is settled part by part. Its hold is for the first response.
    pub(crate) fn begin_session(&mut self) {
        let held = Amounts { input: self.input_tokens, output: self.output_bound, cost: NanoUsd::ZERO };
        let announced = self.hold_cost;
        self.open.ongoing = Some(Box::new(Ongoing { held, announced, ..Ongoing::default() }));
    }
}

impl Open {
    /// Holds what that many responses may use, as far as it is not held yet: all of the money, and of the tokens what
    /// is left of the key's limit.
    pub(crate) fn cover(&mut self, size: Size, responses: u64) -> Result<(), HoldRefused> {
        let bound = self.bound(size, responses);
        self.check_later()?;
        // What is called holds for the target of the session alone, the caller's accounts for the dearest of the plan: so
        // each is measured by what it holds itself.
        let called = self.extend_quota(|quota| quota.cover(bound))?;
        if let Err(refused) = self.cover_own(bound) {
            self.shrink_quota(called.as_ref());
            return Err(refused);
        }
        self.announce_session()
    }

    fn cover_own(&mut self, bound: Amounts) -> Result<(), HoldRefused> {
        let Some(ongoing) = &self.ongoing else { return Ok(()) };
        let held = Amounts { cost: self.hold_cost, ..ongoing.held };
        let more = bound.minus(&held);
        if more.is_none() {
            return Ok(());
        }
        let taken =
            if self.chain.holds() { self.chain.extend_within(self.worker.now(), more)? } else { more };
        self.ask_later(taken)?;
        let Some(ongoing) = &mut self.ongoing else { return Ok(()) };
        ongoing.held = ongoing.held.plus(&taken);
        self.hold_cost = self.hold_cost.plus(more.cost);
        Ok(())
    }

    /// Hears whether what responses under way hold is held where all gateways count together.
    pub(crate) fn check_held(&mut self) -> Result<(), HoldRefused> {
        self.check_later()
    }

    /// Settles a part; what that many responses under way may use stays held. Errors: the journal could not be told.
    pub(crate) fn settle_part(&mut self, part: &Part, size: Size, responses: u64) -> Result<(), HoldRefused> {
        let keep = self.bound(size, responses);
        let Some(ongoing) = &mut self.ongoing else { return Ok(()) };
        ongoing.add(part);
        if let Some(quota) = self.attempt.as_mut().and_then(|attempt| attempt.quota.as_mut()) {
            quota.settle_part(keep, amounts(&part.usage, part.cost));
        }
        let overrun = self.chain.settle_part(self.worker.now(), keep, amounts(&part.usage, part.cost));
        self.worker.gateway().metrics.note_overrun(overrun);
        self.tell_part(keep, amounts(&part.usage, part.cost));
        let Some(ongoing) = &mut self.ongoing else { return Ok(()) };
        ongoing.held = ongoing.held.min(&keep);
        self.input_tokens = ongoing.usage.input_tokens;
        self.hold_cost = self.hold_cost.min(keep.cost);
        self.announce_session()
    }

    /// May the key go on? Asked now and then for as long as the session lasts, of the key as it is now.
    pub(crate) fn check_session(&mut self) -> Result<(), Refusal> {
        self.check_key()?;
        let Some(held) = &self.key else { return Ok(()) };
        let now = self.worker.now();
        let Some(entry) = self.worker.gateway().keys.get(held.id) else { return Ok(()) };
        crate::authenticate::check(&self.worker.gateway().keys, &entry, now)?;
        self.renew_key(&entry);
        let is_priced = self.attempt.as_ref().is_some_and(|a| a.target.info.prices.prices_tokens());
        let spent = self.chain.budget_views(now).into_iter().find(|(_, view)| view.spent >= view.limit);
        match spent {
            Some((holder, view)) if is_priced => Err(Refusal::new(
                ErrorCode::BudgetExceeded,
                format!("the budget of {holder} of ${} is spent", view.limit),
            )),
            _ => Ok(()),
        }
    }

    /// Goes on under the key as it is now: what begins from here on obeys its new limits.
    fn renew_key(&mut self, entry: &Arc<KeyEntry>) {
        let Some(held) = self.key.as_mut().filter(|held| !Arc::ptr_eq(held, entry)) else { return };
        *held = Arc::clone(entry);
        // Whom the caller named stays.
        let is_guest =
            |link: &&Link| matches!(link.id.level, Level::Customer | Level::Tag) || link.id.level.is_called();
        let guests: Vec<Link> = self.chain.links().filter(is_guest).cloned().collect();
        // Limits of some models go on counting what is called, by the names that it was let in with.
        let (asked, model) = (self.record.model.clone(), self.model.clone());
        let names = [&*asked, model.as_ref().map_or(&*asked, |model| &*model.name)];
        let now = self.worker.now();
        self.chain.renew(now, entry.links().chain(guests), &names);
        self.note_accounts();
        if let Some(ongoing) = &mut self.ongoing {
            ongoing.held = Amounts::default();
        }
    }

    /// Tokens and money that so many responses may use.
    fn bound(&self, size: Size, responses: u64) -> Amounts {
        let Some(attempt) = &self.attempt else { return Amounts::default() };
        let one = attempt.target.info.prices.bound(size.input, size.output, self.tier);
        Amounts {
            input: size.input.saturating_mul(responses),
            output: size.output.saturating_mul(responses),
            cost: NanoUsd(one.0.saturating_mul(responses)),
        }
    }

    /// Tells the journal what is used and held together, when it knows of less.
    fn announce_session(&mut self) -> Result<(), HoldRefused> {
        let Some(ongoing) = &self.ongoing else { return Ok(()) };
        let sum = ongoing.cost.plus(self.hold_cost);
        if sum <= ongoing.announced {
            return Ok(());
        }
        self.announce_extension(sum)?;
        if let Some(ongoing) = &mut self.ongoing {
            ongoing.announced = sum;
        }
        Ok(())
    }
}
