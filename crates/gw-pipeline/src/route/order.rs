//! Puts a model's targets into the order in which they are tried: what the strategies prefer, and within that first
//! whoever is fit. Pure: the state of deployments, the seed and the turns come in through the scene. It must not send
//! or count anything.

use super::strategies;
use crate::health::Standing;
use gw_model::Micros;
use gw_model::policy::Condition;
use gw_model::routing::{Auto, Destination, End, FailurePolicy, Gate, GateLimit, Group, Member, StickyBy};
use gw_model::snapshot::{Model, Target};
use smallvec::SmallVec;
use std::cell::RefCell;
use std::sync::Arc;

/// Targets in the order to try them, as indexes into [`Model::targets`].
pub(crate) type Order = SmallVec<[usize; 8]>;

/// Targets of a nested group that are looked at to compare the group with its neighbours.
const MAX_COMPARED: usize = 16;

/// How deployments fare, as far as strategies ask.
pub(crate) trait Fitness {
    /// How the target may be used now.
    fn standing(&self, target: usize) -> Standing;
    /// Requests that are there.
    fn in_flight(&self, target: usize) -> u32;
    /// Expected time to first byte in microseconds; 0 when nothing is known.
    fn latency_us(&self, target: usize) -> u64;
    /// What is left of its capacity, in thousandths.
    fn headroom(&self, target: usize) -> u32;
}

/// What the request is like, as far as strategies ask.
pub(crate) trait Asked {
    /// Can the target do it at all?
    fn allows(&self, target: &Target) -> bool;
    /// Does the prompt fit, and is nothing asked that the model is known to lack?
    fn suits(&self, target: &Target) -> bool;
    /// What the request may cost there, in femto-dollars; `None` when no price is known.
    fn cost(&self, target: usize) -> Option<u128>;
    /// Does the condition hold for the request? What cannot be told does not hold.
    fn holds(&self, condition: &Arc<dyn Condition>) -> bool;
    /// Does the request stay within the gate's limit? With `takes`, it is counted when it does.
    fn passes(&self, gate: &Gate, takes: bool) -> bool;
    /// A number that is the same for all requests that stick together; `None` when it has nothing of the kind.
    fn sticky(&self, by: &[StickyBy]) -> Option<u64>;
    /// The member that the prompt is meant for, of a semantic group by its id; `None` when nobody knows.
    fn semantic(&self, group: u16) -> Option<usize>;
    /// The request's class of tasks, among those of a group of strategy `auto`.
    fn class(&self, group: u16, auto: &Auto) -> usize;
}

/// Everything that an order depends on.
pub(crate) struct Scene<'a> {
    pub(crate) model: &'a Model,
    pub(crate) fitness: &'a dyn Fitness,
    pub(crate) asked: &'a dyn Asked,
    /// Decides every draw.
    pub(crate) seed: u64,
    /// How often a group, by its id, has been asked before.
    pub(crate) turn: &'a dyn Fn(u16) -> u64,
    /// Gates count the request.
    pub(crate) takes: bool,
    /// Where it is written down how the order came about.
    pub(crate) trace: Option<&'a RefCell<Trace>>,
}

/// How an order came about.
#[derive(Debug, Default)]
pub(crate) struct Trace {
    /// The way through a dynamic route.
    pub(crate) steps: Vec<Taken>,
    /// What groups of strategy `auto` compared.
    pub(crate) judged: Vec<Judged>,
}

/// How a group of strategy `auto` saw its members.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judged {
    /// The group, by its id.
    pub group: u16,
    /// The request's class of tasks.
    pub class: usize,
    /// Of each member whose condition holds.
    pub scores: Vec<Score>,
}

/// What a member comes to; all in thousandths.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Score {
    /// Which.
    pub member: usize,
    /// Can it do the request, as far as is known?
    pub suits: bool,
    /// How good it is at the class.
    pub quality: u32,
    /// The least that the request costs anywhere, against what it costs there.
    pub cost: u32,
    /// How soon it answers.
    pub latency: u32,
    /// All of them, by their weights.
    pub total: u32,
}

/// A step of the way through a dynamic route.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taken {
    /// The node.
    pub node: Arc<str>,
    /// Which of its members was taken.
    pub member: usize,
    /// A target stands before it: it is gone to when that fails.
    pub is_next: bool,
}

impl Scene<'_> {
    pub(super) fn rng(&self, group: &Group) -> fastrand::Rng {
        fastrand::Rng::with_seed(self.seed ^ (u64::from(group.id) << 48))
    }

    /// May the member be asked at all?
    pub(super) fn holds(&self, member: &Member) -> bool {
        member.when.as_ref().is_none_or(|condition| self.asked.holds(condition))
    }

    /// The least `value` among the targets that a member stands for.
    pub(super) fn least<T: Ord + Copy>(&self, member: &Member, value: &dyn Fn(usize) -> T) -> Option<T> {
        let mut least = None;
        let mut left = MAX_COMPARED;
        self.walk(member, &mut left, &mut |target| {
            let new = value(target);
            least = Some(least.map_or(new, |old: T| old.min(new)));
        });
        least
    }

    fn walk(&self, member: &Member, left: &mut usize, visit: &mut dyn FnMut(usize)) {
        match &member.to {
            Destination::Target(target) if *left > 0 => {
                *left -= 1;
                visit(*target);
            }
            Destination::Target(_) | Destination::End(_) => {}
            Destination::Group(group) => {
                for member in group.members.iter().filter(|member| self.holds(member)) {
                    self.walk(member, left, visit);
                }
            }
        }
    }
}

/// Targets in their order, and those of them that nothing should be sent to yet.
#[derive(Debug, Default)]
pub(crate) struct Ordered {
    /// Each at most once, all of the model and able to do the request.
    pub(crate) order: Order,
    /// How many of those, the first ones, nothing is known against.
    pub(crate) ready: usize,
    /// When the earliest comes back of those that were left out since their providers asked for a pause.
    pub(crate) parked_until: Option<Micros>,
    /// Those, in the strategies' order.
    pub(crate) parked: Order,
    /// The conditions let some target be asked, whatever became of it.
    pub(crate) reached: bool,
    /// The route ended before it came to a target.
    pub(crate) end: Option<Arc<End>>,
    /// Gates with a budget that were passed, each with the targets behind it.
    pub(crate) passed: Vec<Passed>,
}

/// A gate with a budget.
#[derive(Debug)]
pub(crate) struct Passed {
    pub(crate) gate: Arc<Gate>,
    /// A target stands before it, which may do.
    pub(crate) is_next: bool,
    /// Those of the order and of the parked that were come to by it.
    pub(crate) targets: Order,
}

/// The order of a group's targets: at most `most`, fit ones first.
pub(crate) fn order(group: &Group, scene: &Scene<'_>, most: usize) -> Ordered {
    let mut picking = Picking::new(scene, most);
    picking.group(group, false);
    picking.finish()
}

struct Picking<'s> {
    scene: &'s Scene<'s>,
    most: usize,
    rng: fastrand::Rng,
    seen: SmallVec<[u64; 2]>,
    fit: Order,
    /// Those whose time to take more has not come: they stand behind the fit ones.
    later: Order,
    full: Order,
    /// Those of weight 0: while any other is there they get nothing.
    spare: Order,
    ejected: Order,
    tripped: Order,
    parked: Order,
    parked_until: Option<Micros>,
    /// Of the first target, where only its kin may follow.
    family: Option<Arc<str>>,
    reached: bool,
    end: Option<Arc<End>>,
    passed: Vec<Passed>,
    /// Those of them that lead to what comes now.
    open: SmallVec<[usize; 2]>,
}

impl<'s> Picking<'s> {
    fn new(scene: &'s Scene<'s>, most: usize) -> Self {
        Self {
            scene,
            most,
            rng: fastrand::Rng::with_seed(scene.seed.rotate_left(32)),
            seen: smallvec::smallvec![0; scene.model.targets.len().div_ceil(64)],
            fit: Order::new(),
            later: Order::new(),
            full: Order::new(),
            spare: Order::new(),
            ejected: Order::new(),
            tripped: Order::new(),
            parked: Order::new(),
            parked_until: None,
            family: None,
            reached: false,
            end: None,
            passed: Vec::new(),
            open: SmallVec::new(),
        }
    }

    /// Goes through a group as its strategy orders it. True when there are enough.
    fn group(&mut self, group: &Group, is_spare: bool) -> bool {
        let scene = self.scene;
        let mut is_enough = false;
        strategies::visit(group, scene, &mut |index| {
            let Some(member) = group.members.get(index) else { return false };
            let passes = |gate: &Arc<Gate>| scene.asked.passes(gate, scene.takes && !self.is_next());
            if !member.gate.as_ref().is_none_or(passes) {
                return false;
            }
            if let Some(node) = &group.node {
                self.note(node, index);
            }
            let open = self.open.len();
            self.pay(member);
            let is_spare = is_spare || member.weight == 0;
            is_enough = match &member.to {
                Destination::Target(target) => self.offer(*target, is_spare),
                Destination::Group(inner) => self.group(inner, is_spare),
                Destination::End(end) => self.end(end),
            };
            self.open.truncate(open);
            is_enough || group.exclusive
        });
        is_enough
    }

    /// Whether a target stands before what comes now.
    fn is_next(&self) -> bool {
        [&self.fit, &self.later, &self.full, &self.spare, &self.ejected, &self.tripped, &self.parked]
            .iter()
            .any(|list| !list.is_empty())
    }

    /// Notes a gate whose budget counts what comes behind it.
    fn pay(&mut self, member: &Member) {
        let Some(gate) = &member.gate else { return };
        if matches!(gate.limit, GateLimit::Budget { .. }) {
            self.open.push(self.passed.len());
            let (gate, is_next) = (Arc::clone(gate), self.is_next());
            self.passed.push(Passed { gate, is_next, targets: Order::new() });
        }
    }

    fn note(&self, node: &Arc<str>, member: usize) {
        if let Some(trace) = self.scene.trace {
            trace.borrow_mut().steps.push(Taken { node: Arc::clone(node), member, is_next: self.is_next() });
        }
    }

    fn end(&mut self, end: &Arc<End>) -> bool {
        if !end.node.is_empty() {
            self.note(&end.node, 0);
        }
        if !self.is_next() {
            self.end = Some(Arc::clone(end));
        }
        true
    }

    /// Where a lesser model is worse than none, only targets as good as the first that the strategy chose, however that
    /// one fares.
    fn is_kin(&mut self, index: usize) -> bool {
        let model = self.scene.model;
        if model.failure_policy != FailurePolicy::FailClosed {
            return true;
        }
        let Some(target) = model.targets.get(index) else { return false };
        *self.family.get_or_insert_with(|| Arc::clone(&target.family)) == target.family
    }

    fn offer(&mut self, index: usize, is_spare: bool) -> bool {
        self.reached = true;
        let (word, bit) = (index / 64, 1u64 << (index % 64));
        if self.seen.get(word).is_none_or(|seen| seen & bit != 0) {
            return false;
        }
        let allowed =
            self.scene.model.targets.get(index).is_some_and(|target| self.scene.asked.allows(target));
        if !allowed || !self.is_kin(index) {
            return false;
        }
        let standing = self.scene.fitness.standing(index);
        let could_serve = matches!(standing, Standing::Fit | Standing::Due | Standing::Warming(_));
        if is_spare && could_serve {
            // It may come again with a weight, elsewhere in the tree.
            if self.spare.len() < self.most && !self.spare.contains(&index) {
                self.spare.push(index);
                self.charge_for(index);
            }
            return false;
        }
        if let Some(seen) = self.seen.get_mut(word) {
            *seen |= bit;
        }
        let rest = match standing {
            Standing::Fit | Standing::Due => &mut self.fit,
            Standing::Warming(permille) if self.rng.u32(..1000) < permille => &mut self.fit,
            Standing::Warming(_) => &mut self.later,
            Standing::Full => &mut self.full,
            Standing::Ejected => &mut self.ejected,
            Standing::Tripped => &mut self.tripped,
            Standing::Parked { until } => {
                self.parked_until = Some(self.parked_until.map_or(until, |soonest| soonest.min(until)));
                &mut self.parked
            }
        };
        if rest.len() < self.most {
            rest.push(index);
            self.charge_for(index);
        }
        self.fit.len() >= self.most
    }

    /// What is tried at that target counts in the budgets of all gates that are open.
    fn charge_for(&mut self, index: usize) {
        for at in &self.open {
            if let Some(passed) = self.passed.get_mut(*at)
                && !passed.targets.contains(&index)
            {
                passed.targets.push(index);
            }
        }
    }

    fn finish(self) -> Ordered {
        let Self { most, fit: mut order, later, mut spare, full, ejected, tripped, .. } = self;
        let Self { parked_until, parked, reached, end, passed, .. } = self;
        order.extend(later);
        let ready = order.len().min(most);
        spare.retain(|index| !order.contains(index));
        for rest in [spare, full, ejected, tripped] {
            order.extend(rest);
        }
        order.truncate(most);
        Ordered { order, ready, parked_until, parked, reached, end, passed }
    }
}
