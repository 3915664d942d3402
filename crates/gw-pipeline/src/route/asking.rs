//! The request and the deployments as the strategies see them. It must not order anything.

use super::meaning::Meaning;
use super::order::{Asked, Fitness};
use super::passing::Passing;
use super::subject::{Caller, Gathered};
use super::task::Signs;
use crate::health::Standing;
use crate::lineup::Lineup;
use crate::ticket::stake::Stake;
use crate::worker::Worker;
use gw_model::limits::{Budget, LimitUnit};
use gw_model::policy::Condition;
use gw_model::routing::{Auto, Gate, GateBy, GateLimit, GateUnit, HealthPolicy, StickyBy, stable_hash};
use gw_model::snapshot::Target;
use gw_model::{Call, Earlier, Micros, ServiceTier, Unit, WireFormat};
use gw_store::memory::{Amounts, Chain, Counter, Gates, Rate};
use smallvec::SmallVec;
use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

/// See [`Asked`].
pub(super) struct Asking<'a> {
    pub(super) call: &'a Call,
    pub(super) caller: Caller<'a>,
    /// Not every provider may be called.
    pub(super) by_provider: bool,
    /// Not every region may be gone to.
    pub(super) by_region: bool,
    pub(super) model: &'a Lineup,
    pub(super) meaning: &'a Meaning,
    /// What the request looks like; looked for where a strategy asks.
    pub(super) signs: Signs,
    /// Output tokens of a request that does not bound them.
    pub(super) reserve_output: u64,
    /// What the model's conditions are asked about; `None` without conditions.
    pub(super) gathered: Option<Gathered<'a>>,
    /// What was told of conditions so far: strategies ask more than once.
    pub(super) told: RefCell<SmallVec<[(usize, bool); 8]>>,
    /// Counters of gates.
    pub(super) gates: &'a Gates,
    /// Who counts there; `None` where a request is only thought of.
    pub(super) worker: Option<&'a Rc<Worker>>,
    /// What was found at gates so far: an order may be made again.
    pub(super) passing: RefCell<Passing>,
    pub(super) now: Micros,
}

impl Asked for Asking<'_> {
    fn allows(&self, target: &Target) -> bool {
        let call = self.call;
        // What goes on as it is needs no format.
        let speaks = call.raw.is_some() || can_do(target, call.format);
        let holder = match call.facts.earlier.as_deref() {
            Some(Earlier::AtProvider(holder)) => Some(holder),
            _ => None,
        };
        let is_free = !self.by_provider || self.caller.allows_provider(&target.provider.name);
        let is_near = !self.by_region || self.caller.allows_region(target.provider.region.as_deref());
        speaks && is_free && is_near && holder.is_none_or(|holder| goes_on(target, call, holder))
    }

    fn suits(&self, target: &Target) -> bool {
        let (facts, info) = (&self.call.facts, &target.info);
        let fits = info.max_input_tokens == 0 || facts.input_tokens <= u64::from(info.max_input_tokens);
        fits && facts.asks.and(info.lacks).is_empty()
    }

    fn cost(&self, target: usize) -> Option<u128> {
        let facts = &self.call.facts;
        let output = facts.max_output_tokens.unwrap_or(self.reserve_output);
        let cost = |input: u64, of_output: u64| {
            u128::from(input) * u128::from(facts.input_tokens) + u128::from(of_output) * u128::from(output)
        };
        if let Some(flat) = self.model.flat_price(target) {
            return Some(cost(flat.input, flat.output));
        }
        let prices = &self.model.targets.get(target)?.info.prices;
        if !prices.prices_tokens() {
            return None;
        }
        let tier = facts.service_tier.unwrap_or(ServiceTier::Standard);
        let rate = |unit| prices.rate(unit, tier, facts.input_tokens).map_or(0, |rate| rate.0);
        Some(cost(rate(Unit::Input), rate(Unit::Output)))
    }

    fn holds(&self, condition: &Arc<dyn Condition>) -> bool {
        let address = Arc::as_ptr(condition).addr();
        let known = self.told.borrow().iter().find(|(known, _)| *known == address).map(|(_, holds)| *holds);
        if let Some(holds) = known {
            return holds;
        }
        let Some(gathered) = &self.gathered else { return false };
        let holds = condition.holds(&gathered.subject()).unwrap_or_else(|error| {
            self.model.complain(condition.source(), error, self.now);
            false
        });
        self.told.borrow_mut().push((address, holds));
        holds
    }

    fn passes(&self, gate: &Gate, takes: bool) -> bool {
        let counter = self.counter(gate);
        let (unit, max, per_seconds, sharing) = match gate.limit {
            GateLimit::Rate { unit, max, per_seconds, sharing } => (unit, max, per_seconds, sharing),
            GateLimit::Budget { limit, period } => {
                return self.has_money(counter, &Budget::new(limit, period));
            }
        };
        let tokens = Amounts { input: self.call.facts.input_tokens, ..Amounts::default() };
        let (unit, amounts, units) = match unit {
            GateUnit::Requests => (LimitUnit::Requests, Amounts::default(), 1),
            GateUnit::Tokens => (LimitUnit::InputTokens, tokens, tokens.input),
        };
        let rate = Rate { unit, max, per_seconds, sharing };
        let mut passing = self.passing.borrow_mut();
        if let Some(known) = passing.known(counter, takes) {
            return known;
        }
        let Some(worker) = self.worker.filter(|_| takes) else {
            return self.gates.has_room(counter, rate, self.now, units);
        };
        let Some(link) = self.gates.link(counter, rate, self.now) else { return false };
        let Ok(stake) = Stake::here(worker, Chain::new([link]), amounts) else { return false };
        passing.pass(counter, stake);
        true
    }

    fn sticky(&self, by: &[StickyBy]) -> Option<u64> {
        let context = self.caller.context;
        by.iter().find_map(|by| {
            let kind = [*by as u8];
            let named = |name: &Option<String>| Some(stable_hash([&kind[..], name.as_ref()?.as_bytes()]));
            match by {
                StickyBy::Key => self.caller.key.map(|key| stable_hash([&kind[..], &key.id.0.to_le_bytes()])),
                StickyBy::User => named(&self.call.facts.user),
                StickyBy::Customer => named(&context.customer),
                StickyBy::Session => named(&context.session),
                StickyBy::Prefix => {
                    let opening = gw_wire::facts::opening(self.call.format, self.call.full())?;
                    Some(stable_hash(
                        std::iter::once(&kind[..]).chain(opening.iter().map(|part| part.as_bytes())),
                    ))
                }
            }
        })
    }

    fn semantic(&self, group: u16) -> Option<usize> {
        self.meaning.member(group)
    }

    fn class(&self, group: u16, auto: &Auto) -> usize {
        self.class_and_why(group, auto).0
    }
}

impl Asking<'_> {
    /// Whose counter the request is counted by.
    pub(super) fn counter(&self, gate: &Gate) -> Counter {
        let (context, facts) = (self.caller.context, &self.call.facts);
        let named = |name: &Option<String>| name.as_ref().map_or(0, |name| stable_hash([name.as_bytes()]));
        let subject = match gate.by {
            GateBy::Route => 0,
            GateBy::Key => self.caller.key.map_or(0, |key| stable_hash([&key.id.0.to_le_bytes()[..]])),
            GateBy::User => named(&facts.user),
            GateBy::Customer => named(&context.customer),
            GateBy::Session => named(&context.session),
            GateBy::Team => self.caller.key.map_or(0, |key| named(&key.policy.team_id)),
        };
        Counter { gate: gate.counter, subject }
    }

    /// Is anything left of a budget?
    fn has_money(&self, counter: Counter, budget: &Budget) -> bool {
        let view = self.gates.purses.view(counter, budget, self.now);
        let mut passing = self.passing.borrow_mut();
        if !passing.budgets.iter().any(|(gate, _)| *gate == counter.gate) {
            passing.budgets.push((counter.gate, view));
        }
        view.spent.plus(view.reserved) < view.limit && !passing.closed.contains(&counter)
    }

    /// From now on the request does not pass there: its order is made again.
    pub(super) fn close(&self, counter: Counter) {
        let mut passing = self.passing.borrow_mut();
        passing.closed.push(counter);
        passing.turn_back();
    }

    /// The class, and what says so. What the prompt means comes first: the configuration says what to compare it with.
    pub(super) fn class_and_why(&self, group: u16, auto: &Auto) -> (usize, &'static str) {
        if let Some(class) = self.meaning.member(group).filter(|class| *class < auto.classes.len()) {
            return (class, "its last message is like an utterance of the class");
        }
        let (task, why) = self.signs.task(self.call.facts.input_tokens, auto.long_context_tokens);
        (task.class(), why)
    }
}

fn can_do(target: &Target, format: WireFormat) -> bool {
    let provider = &target.provider;
    gw_providers::upstream_format(provider, &target.model, format).is_some()
        || gw_providers::counts_here(provider, format)
}

/// Can the target go on from an answer that this provider stores?
fn goes_on(target: &Target, call: &Call, holder: &str) -> bool {
    let provider = &target.provider;
    let is_passed_on = || {
        call.raw.is_some()
            || gw_providers::upstream_format(provider, &target.model, call.format) == Some(call.format)
    };
    // What is only counted may be counted here.
    *provider.name == *holder && (call.format.counts().is_some() || is_passed_on())
}

/// See [`Fitness`].
pub(super) struct State<'a> {
    pub(super) model: &'a Lineup,
    pub(super) policy: &'a HealthPolicy,
    /// What the request would add to a deployment's traffic.
    pub(super) tokens: u64,
    pub(super) now: Micros,
}

impl Fitness for State<'_> {
    fn standing(&self, target: usize) -> Standing {
        let capacity = self.model.targets.get(target).and_then(|target| target.capacity.as_ref());
        let standing = self.model.deployment(target).map_or(Standing::Tripped, |deployment| {
            deployment.standing(self.policy, capacity, self.tokens, self.now)
        });
        match self.model.outliers() {
            None => standing,
            Some(outliers) => outliers.standing(target, standing, self.policy, self.now),
        }
    }

    fn in_flight(&self, target: usize) -> u32 {
        self.model.deployment(target).map_or(u32::MAX, |deployment| deployment.in_flight())
    }

    fn latency_us(&self, target: usize) -> u64 {
        self.model.deployment(target).map_or(0, |deployment| deployment.latency_us(self.now))
    }

    fn headroom(&self, target: usize) -> u32 {
        let capacity = self.model.targets.get(target).and_then(|target| target.capacity.as_ref());
        let deployment = self.model.deployment(target);
        deployment.map_or(0, |deployment| deployment.headroom(capacity, self.tokens, self.now))
    }
}
