//! The ticket of a call in flight: whatever must be given back or written down when the call ends, in one
//! place. A ticket that is dropped without an ending settles itself as a client disconnect (or shutdown),
//! so no path can lose a record, a hold or a parallel slot. It must not decide anything about a call.

mod begun;
mod beside;
mod details;
mod errand;
mod estimates;
mod family;
mod holds;
mod named;
mod owned;
pub(crate) mod quota;
pub(crate) mod race;
pub(crate) mod session;
mod shared;
pub(crate) mod stake;
mod times;
pub(crate) mod tolls;
mod traced;
mod unwritten;
mod watched;
pub(crate) mod way;

use crate::cache::Lead;
use crate::credentials::Pins;
use crate::errand::Errand;
use crate::files::Claims;
use crate::guard::Guarded;
use crate::health::Visit;
use crate::inbound::CallerContext;
use crate::metrics::Ending;
use crate::reserve::hold_refusal;
use crate::saturation::InFlight;
use crate::worker::Worker;
use beside::Beside;
pub(crate) use beside::disabled;
use family::Family;
use gw_model::catalog::ModelInfo;
use gw_model::snapshot::{Model, Target};
use gw_model::trace::SpanId;
use gw_model::{
    AttemptId, AttemptRecord, AttemptTimes, ErrorClass, ErrorCode, Media, Micros, NanoUsd, Outcome, Priority,
    Record, Refusal, ServiceTier, Trace, Usage, UsageSource, WireFormat,
};
use gw_store::answers::AnswerKey;
use gw_store::journal::{Intent, JournalError, Taken};
use gw_store::memory::{Amounts, Chain, KeyEntry, LimitExceeded, LimitsView, Link};
use gw_wire::openai_responses::stored::Made;
use quota::Quota;
use session::Ongoing;
use shared::Shared;
use std::net::IpAddr;
use std::rc::Rc;
use std::sync::Arc;
use tolls::Tolls;
pub(crate) use unwritten::journal_refusal;

/// How many bytes of an unread answer count as a token, on the safe side.
const BYTES_PER_TOKEN: u64 = 4;

/// A refusal on its way out, with the ticket that will record it.
pub(crate) struct Rejected {
    pub(crate) ticket: Ticket,
    pub(crate) refusal: Refusal,
}

/// A try that has been announced in the journal and not yet settled.
struct OpenAttempt {
    target: Arc<Target>,
    started: Micros,
    /// What is known of its times so far.
    times: AttemptTimes,
    /// The request at its deployment, where that is watched.
    visit: Option<Visit>,
    /// What it takes of limits that count tries: of its deployment and provider, and of its callers.
    quota: Option<Box<Quota>>,
    /// What the provider's reply was judged to be, when it was an error.
    class: Option<ErrorClass>,
    /// Its span, where the call is traced.
    span: Option<SpanId>,
    /// What its whole answer says that it used, once that is known.
    stated: Option<Usage>,
}

/// What an ended call cost, for headers.
pub(crate) struct Settled {
    pub(crate) cost: NanoUsd,
    /// What it would have cost, had the answer not been there already.
    pub(crate) saved: Option<NanoUsd>,
}

/// An answer that was there already.
pub(crate) struct Hit {
    pub(crate) key: AnswerKey,
    /// How old it is.
    pub(crate) age_us: Micros,
    /// How similar the request was that it answers, where that was not the same.
    pub(crate) similarity: Option<f32>,
    /// Who gave it.
    pub(crate) target: Arc<Target>,
}

/// See the module.
pub(crate) struct Ticket {
    open: Box<Open>,
}

/// The ticket's content; stages write into `record` what they learn.
pub(crate) struct Open {
    worker: Rc<Worker>,
    pub(crate) record: Record,
    key: Option<Arc<KeyEntry>>,
    model: Option<Arc<Model>>,
    /// The model's name stands for something.
    is_named: bool,
    /// The accounts that the call counts for, and what is taken from them.
    chain: Chain,
    /// The customer and the tags among them.
    named: Beside,
    hold_cost: NanoUsd,
    /// Most that may be held.
    cap: Option<NanoUsd>,
    /// What is taken where all gateways count together.
    shared: Option<Box<Shared>>,
    /// Set where there are sub-calls.
    family: Option<Rc<Family>>,
    /// Budgets within a dynamic route that the call passed.
    tolls: Tolls,
    attempt: Option<OpenAttempt>,
    /// It fetches an answer for others too.
    pub(crate) lead: Option<Box<Lead>>,
    /// The answer was there already.
    pub(crate) hit: Option<Box<Hit>>,
    /// What a session has used so far.
    ongoing: Option<Box<Ongoing>>,
    pub(crate) input_tokens: u64,
    /// The ids of the answer, when the provider stores it.
    pub(crate) made: Option<Made>,
    /// What is known of the files and batches that the call is about.
    pub(crate) claims: Option<Box<Claims>>,
    /// The credential that the latest try carried, when it has a name.
    pub(crate) credential: Option<Arc<str>>,
    /// Its place among the calls of the process, where those are counted.
    pub(crate) in_flight: Option<InFlight>,
    /// How much the call matters.
    pub(crate) priority: Priority,
    /// How long it waited for places at targets.
    pub(crate) waited_us: u64,
    /// How long its caller waits at most, in milliseconds from its arrival.
    pub(crate) timeout_ms: Option<u64>,
    /// Where it comes from.
    from: Option<IpAddr>,
    /// What the caller says about itself.
    pub(crate) context: CallerContext,
    /// The credentials that the call must use for what it names.
    pub(crate) pins: Pins,
    /// What guardrails know of the call, where some look at it.
    pub(crate) guarded: Option<Box<Guarded>>,
    /// What images, speech and recordings of the call may come to.
    pub(crate) media: Media,
    /// Output tokens that are held: no estimate may go above what could have been asked for.
    output_bound: u64,
    /// Bytes of a whole answer that have come so far.
    pub(crate) seen_bytes: u64,
    tier: ServiceTier,
    /// Searches that a ranking is held for.
    searches: u64,
    /// Input tokens that the open try has used already, whatever becomes of it.
    spent_tokens: u64,
    /// The number of the next try.
    number: u8,
    /// Held by other tickets of the same request, as far as the journal must know here.
    beside: NanoUsd,
    /// What tries in the record used whose holds were settled by themselves.
    apart: Amounts,
    /// One of several tickets of its request: the record's space is set aside already.
    is_fork: bool,
    /// Intents that the journal has taken, each with space for the record.
    announced: u32,
    ended: bool,
    /// When the cache was asked, where the call is traced.
    pub(crate) cache_asked_at: Option<Micros>,
    /// What is noted for telemetry.
    pub(crate) trace: Option<Box<Trace>>,
    /// The ways that the plan has through a dynamic route.
    ways: Vec<String>,
    /// Whoever wants to hear what it came to.
    errand: Option<Arc<Errand>>,
}

impl std::ops::Deref for Ticket {
    type Target = Open;
    fn deref(&self) -> &Open {
        &self.open
    }
}

impl std::ops::DerefMut for Ticket {
    fn deref_mut(&mut self) -> &mut Open {
        &mut self.open
    }
}

impl std::fmt::Debug for Ticket {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ticket").field("id", &self.record.id).finish_non_exhaustive()
    }
}

impl Ticket {
    /// Opens a ticket: the call now exists and will leave a record.
    pub(crate) fn open(worker: &Rc<Worker>, format: WireFormat) -> Self {
        let now = worker.now();
        let record = begun::record(now, worker.random_u128(), format);
        let open = Open {
            worker: Rc::clone(worker),
            record,
            key: None,
            model: None,
            is_named: false,
            chain: Chain::default(),
            named: Beside::new(),
            hold_cost: NanoUsd::ZERO,
            cap: None,
            shared: None,
            family: None,
            tolls: Tolls::default(),
            attempt: None,
            lead: None,
            hit: None,
            ongoing: None,
            input_tokens: 0,
            made: None,
            claims: None,
            credential: None,
            in_flight: None,
            priority: Priority::default(),
            waited_us: 0,
            timeout_ms: None,
            from: None,
            context: CallerContext::default(),
            pins: Pins::default(),
            guarded: None,
            media: Media::default(),
            output_bound: 0,
            seen_bytes: 0,
            tier: ServiceTier::Standard,
            searches: 0,
            spent_tokens: 0,
            number: 0,
            beside: NanoUsd::ZERO,
            apart: Amounts::default(),
            is_fork: false,
            announced: 0,
            ended: false,
            cache_asked_at: None,
            trace: None,
            ways: Vec::new(),
            errand: None,
        };
        Self { open: Box::new(open) }
    }

    /// Turns the ticket into a rejection.
    pub(crate) const fn reject(self, refusal: Refusal) -> Rejected {
        Rejected { ticket: self, refusal }
    }

    /// Ends a call that the gateway refuses.
    pub(crate) fn refused(mut self, code: ErrorCode) {
        code.as_str().clone_into(&mut self.record.error_code);
        self.finish(Outcome::Refused, code.status());
    }

    /// Ends the call: settles the hold, gives back the slot, writes the record. `status` is the caller's.
    pub(crate) fn finish(mut self, outcome: Outcome, status: u16) -> Settled {
        self.open.end(outcome, status);
        self.open.settled()
    }

    /// As [`Self::finish`], where the answer can wait until others have their records too.
    pub(crate) async fn finish_among_others(mut self, outcome: Outcome, status: u16) -> Settled {
        if let Some(taken) = self.open.take_record(outcome, status) {
            let written = self.open.worker.writing(taken).await;
            self.open.note_record(written);
        }
        self.open.settled()
    }
}

impl Open {
    fn settled(&self) -> Settled {
        let has_saved = self.hit.is_some() || self.record.saved != NanoUsd::ZERO;
        Settled { cost: self.total_cost(), saved: has_saved.then_some(self.record.saved) }
    }

    /// Tries so far, the open one included.
    pub(crate) fn tries(&self) -> usize {
        self.record.attempts.len() + usize::from(self.attempt.is_some())
    }

    /// What the call cost, with those that it started for its answer.
    fn total_cost(&self) -> NanoUsd {
        self.record.cost().plus(self.cost_of_sub_calls())
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        if self.open.ended {
            return;
        }
        let outcome =
            if self.worker().gateway().is_stopping() { Outcome::Shutdown } else { Outcome::ClientDisconnect };
        // What was seen of a whole answer before the caller left is charged too.
        self.close_abandoned("abandoned");
        let status = self.record.status;
        self.open.end(outcome, status);
    }
}

impl Open {
    /// The worker that runs the call.
    pub(crate) const fn worker(&self) -> &Rc<Worker> {
        &self.worker
    }

    /// The key that called; `None` for the master key.
    pub(crate) const fn key(&self) -> Option<&Arc<KeyEntry>> {
        self.key.as_ref()
    }

    pub(crate) fn set_key(&mut self, entry: Arc<KeyEntry>) {
        self.chain = Chain::new(entry.links());
        self.key = Some(entry);
    }

    /// The accounts that the call counts for.
    pub(crate) const fn chain(&self) -> &Chain {
        &self.chain
    }

    /// The only credential that may be used at a target: the one with which what the call names was made, else the
    /// target's, else the key's.
    pub(crate) fn bound_credential<'a>(&'a self, target: &'a Target) -> Option<&'a str> {
        let provider = &target.provider.name;
        let of_key = || self.key.as_ref()?.policy.credentials.get(&**provider).map(String::as_str);
        self.pins.at(provider).or(target.credential.as_deref()).or_else(of_key)
    }

    /// Takes one request and one parallel slot from all limits that count calls of a model with these names.
    /// `called`: what is called has limits of its own.
    pub(crate) fn take_limits(&mut self, names: &[&str], called: Option<Link>) -> Result<(), LimitExceeded> {
        if let Some(called) = called {
            self.chain.push(called);
        }
        if self.chain.is_empty() {
            return Ok(());
        }
        self.chain.set_model(names);
        self.chain.set_priority(self.priority);
        self.chain.admit(self.worker.now())
    }

    /// What the journal is told of the try that is under way or about to be.
    fn intent<'a>(&'a self, target: &'a Target, hold: NanoUsd) -> Intent<'a> {
        let record = &self.record;
        // The open try has its number already.
        let number = if self.attempt.is_some() { self.number.saturating_sub(1) } else { self.number };
        Intent {
            attempt: AttemptId { request: record.id, attempt: number },
            time: record.time,
            key: record.key,
            team_id: record.team_id.as_deref(),
            hold: hold.plus(self.beside),
            format: record.format,
            model: &record.model,
            provider: &target.provider.name,
            upstream_model: &target.model,
            stream: record.stream,
            input_tokens: self.input_tokens,
            parent: record.parent,
            accounts: &record.accounts,
        }
    }

    /// What is left of the tightest limits, for headers.
    pub(crate) fn limits_view(&self) -> Option<LimitsView> {
        self.chain.limits_view(self.worker.now())
    }

    /// Announces a try in the journal, before the upstream hears of it.
    pub(crate) async fn open_attempt(
        &mut self,
        target: &Arc<Target>,
        visit: Option<Visit>,
        mut quota: Option<Box<Quota>>,
    ) -> Result<(), Refusal> {
        let worker = Rc::clone(&self.worker);
        let refused = |error| Err(journal_refusal(&worker, &error));
        self.note_accounts();
        let taken = worker
            .journal()
            .take_intent(&self.intent(target, self.hold_cost), self.announced == 0 && !self.is_fork);
        let taken = match taken {
            Ok(taken) => taken,
            Err(error) => return refused(error),
        };
        // Space is set aside for the record, which gives it back.
        self.announced += 1;
        self.number = self.number.saturating_add(1);
        if let Err(error) = worker.writing(taken).await {
            return refused(error);
        }
        worker.gateway().note_journal(None);
        self.enter_tolls(target);
        let started = worker.now();
        if let Some(quota) = &mut quota {
            quota.note_sent();
        }
        self.attempt = Some(OpenAttempt {
            target: Arc::clone(target),
            started,
            times: self.times_from(started, target),
            visit,
            quota,
            class: None,
            stated: None,
            span: self.try_span(),
        });
        worker.gateway().metrics.in_flight.inc();
        Ok(())
    }

    /// Notes the accounts that the call counts for. A bare key has none but itself, which takes no memory.
    fn note_accounts(&mut self) {
        self.record.accounts.clear();
        self.record.accounts.extend(self.chain.accounts());
    }

    /// Notes what a part of the open try has used.
    pub(crate) const fn note_spent(&mut self, input_tokens: u64) {
        self.spent_tokens = self.spent_tokens.saturating_add(input_tokens);
    }

    /// Settles the open try: what came of it and what it consumed. Does nothing when none is open.
    pub(crate) fn close_attempt(
        &mut self,
        status: u16,
        reason: &str,
        mut usage: Usage,
        mut source: UsageSource,
    ) {
        let Some(mut attempt) = self.attempt.take() else { return self.note_saved(&usage) };
        if self.record.format.counts().is_some() {
            // Counted tokens are not consumed.
            (usage, source) = (Usage::default(), UsageSource::None);
        }
        if source == UsageSource::Estimated {
            usage.searches = self.searches;
        }
        let spent = std::mem::take(&mut self.spent_tokens);
        if source == UsageSource::None && spent > 0 {
            (usage.input_tokens, source) = (spent, UsageSource::Upstream);
        }
        self.worker.gateway().metrics.in_flight.dec();
        let (usage, source, cost) = match (&self.ongoing, source) {
            // A session's parts were priced as they came.
            (Some(ongoing), _) => ongoing.total(),
            (None, UsageSource::None) => (usage, source, NanoUsd::ZERO),
            (None, UsageSource::Upstream | UsageSource::Estimated) => {
                let tier = self.tier;
                // A tier that was asked for is charged where the upstream names none; the record says so.
                if tier != ServiceTier::Standard {
                    usage.service_tier = usage.service_tier.or(Some(tier));
                }
                self.note_prices(&attempt.target, &usage, tier);
                (usage, source, price(&attempt.target.info, &usage, tier))
            }
        };
        if let Some(visit) = attempt.visit.take() {
            self.judge(visit, attempt.class, reason, usage.total_tokens());
        }
        if let Some(mut quota) = attempt.quota.take() {
            let is_served = attempt.class.is_none() && reason != race::HEDGED;
            quota.note_used(amounts(&usage, cost), is_served);
        }
        self.charge_tolls(&attempt.target, cost);
        self.note_try(&attempt);
        self.note_region(&attempt.target);
        self.note_way(&attempt.target);
        self.record.details.times.push(attempt.times);
        let duration_us = u64::try_from(self.worker.now() - attempt.started).unwrap_or(0);
        self.record.attempts.push(AttemptRecord {
            provider: attempt.target.provider.name.to_string(),
            upstream_model: attempt.target.model.to_string(),
            status,
            reason: reason.to_owned(),
            duration_us,
            usage,
            usage_source: source,
            cost,
        });
    }

    /// Ends the call and writes its record.
    fn end(&mut self, outcome: Outcome, status: u16) {
        if let Some(taken) = self.take_record(outcome, status) {
            let written = self.worker.journal().written(taken);
            self.note_record(written);
        }
    }

    /// Notes a record that could not be written.
    fn note_record(&self, written: Result<(), JournalError>) {
        let Err(error) = written else { return };
        self.worker.gateway().metrics.records_lost.inc();
        tracing::error!(request_id = %self.record.id, %error, "a record could not be written to the journal");
    }

    /// The one place where a call ends; its record is then taken down, and to be written before the caller has all.
    fn take_record(&mut self, outcome: Outcome, status: u16) -> Option<Taken> {
        self.ended = true;
        let now = self.worker.now();
        let lead = self.lead.take();
        let is_left = lead.as_ref().is_some_and(|lead| lead.is_left());
        let is_good = outcome == Outcome::Success;
        // Others got the answer, and the caller paid for it without waiting.
        let outcome = if is_good && is_left { Outcome::ClientDisconnect } else { outcome };
        self.record.outcome = outcome;
        self.record.status = status;
        self.record.total_us = u64::try_from(now - self.record.time).unwrap_or(0);
        self.note_accounts();
        if let Some(lead) = lead.filter(|lead| is_good || lead.is_whole()) {
            lead.land(&self.record);
        }
        let gateway = self.worker.gateway();
        if let Some(refused) = self.chain.shadow() {
            gateway.metrics.shadow_refusals.inc();
            if self.record.error_detail.is_empty() {
                self.record.error_detail = format!("shadow: {}", hold_refusal(refused).message);
            }
        }
        self.note_guardrails();
        let used = self.settle_hold();
        if self.worker.gateway().shared.is_some() {
            self.tell_end(used, outcome != Outcome::Refused);
        }
        if outcome == Outcome::Refused {
            self.chain.give_request_back();
        }
        self.chain.leave();
        self.settle_tolls(now);
        if let Some(made) = self.made.take() {
            self.own(&made);
        }
        self.leave_family();
        self.tell_errand();
        self.note_details();
        self.note_end(now);
        self.note_name();
        let taken = self.worker.journal().take_record(&self.record, self.announced);
        self.worker.count(&Ending { record: &self.record, model: self.labelled() });
        self.hand_over();
        taken.map_err(|error| self.note_record(Err(error))).ok()
    }
}

/// What a usage is to limits and budgets.
pub(crate) const fn amounts(usage: &Usage, cost: NanoUsd) -> Amounts {
    Amounts { input: usage.input_tokens, output: usage.output_tokens, cost }
}

/// What a usage costs at a target; nothing when its price is unknown.
fn price(info: &ModelInfo, usage: &Usage, tier: ServiceTier) -> NanoUsd {
    info.prices.cost(usage, tier)
}
