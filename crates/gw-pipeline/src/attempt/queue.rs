//! The targets that are still to be tried, in their order: the plan's, then those of other models that the failure
//! leads to; when nobody else is left those that are full, then those that are taken for down, then those that want to be
//! left alone for a moment. It must not try anything itself.

use crate::route::{Order, Route};
use gw_model::ErrorClass;
use gw_model::Micros;
use smallvec::SmallVec;

/// A target whose turn it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Step {
    /// Index into the model's targets.
    pub(super) target: usize,
    /// It is tried though it is taken for down: nothing else is left.
    pub(super) is_forced: bool,
}

/// See the module.
#[derive(Debug)]
pub(super) struct Queue {
    route: Route,
    at: usize,
    /// Passed over, since they are taken for down.
    put_off: Order,
    forced: usize,
    /// Passed over, since they have no place.
    full: Order,
    /// Asked for a pause when they were tried, and are worth another try then.
    paused: SmallVec<[(Micros, usize); 2]>,
    /// The default fallbacks have been taken in, or are not to be.
    is_extended: bool,
}

impl Queue {
    pub(super) fn new(route: Route) -> Self {
        Self {
            route,
            at: 0,
            put_off: Order::new(),
            forced: 0,
            full: Order::new(),
            paused: SmallVec::new(),
            is_extended: false,
        }
    }

    pub(super) fn next(&mut self) -> Option<Step> {
        if self.at >= self.route.order.len() && !self.is_extended {
            self.is_extended = true;
            if let Some(others) = &mut self.route.fallbacks {
                let more = std::mem::take(&mut others.default);
                self.extend(&more);
            }
        }
        if let Some(target) = self.route.order.get(self.at) {
            self.at += 1;
            return Some(Step { target: *target, is_forced: false });
        }
        // A place that is to be had soon is better than a target that is down.
        if !self.full.is_empty() {
            return None;
        }
        let target = *self.put_off.get(self.forced)?;
        self.forced += 1;
        Some(Step { target, is_forced: true })
    }

    /// Whether another target could still take the request.
    pub(super) fn has_more(&self) -> bool {
        let fallbacks = self.route.fallbacks.as_ref().filter(|_| !self.is_extended);
        self.at < self.route.order.len()
            || self.forced < self.put_off.len()
            || !self.full.is_empty()
            || fallbacks.is_some_and(|others| !others.default.is_empty())
    }

    /// The target is taken for down: it is tried when nothing else is left.
    pub(super) fn put_off(&mut self, target: usize) {
        self.put_off.push(target);
    }

    /// The target has no place: one is waited for when nothing else is left.
    pub(super) fn note_full(&mut self, target: usize) {
        self.full.push(target);
    }

    /// Those that have no place.
    pub(super) fn full(&self) -> &[usize] {
        &self.full
    }

    /// There is a place at the target: it is to be tried next. The others may still be waited for when it fails.
    pub(super) fn has_place(&mut self, target: usize) {
        self.full.retain(|full| *full != target);
        self.push(target);
    }

    /// No place is waited for any more.
    pub(super) fn forget_full(&mut self) {
        self.full.clear();
    }

    /// Those that are taken for down are not tried after all.
    pub(super) fn forget_put_off(&mut self) {
        self.put_off.clear();
        self.forced = 0;
    }

    /// The target wants to be left alone until then, and is worth another try afterwards.
    pub(super) fn pause(&mut self, target: usize, until: Micros) {
        self.paused.push((until, target));
    }

    /// Is any target to be tried again after a pause?
    pub(super) fn has_paused(&self) -> bool {
        !self.paused.is_empty()
    }

    /// The target that is back first of those that want to be left alone. `until` says of those of the plan when that is.
    pub(super) fn first_back(&self, until: impl Fn(usize) -> Option<Micros>) -> Option<(Micros, usize)> {
        let of_plan = self.route.parked.iter().filter_map(|target| Some((until(*target)?, *target)));
        self.paused.iter().copied().chain(of_plan).min()
    }

    /// A target that wanted to be left alone is to be tried next.
    pub(super) fn resume(&mut self, target: usize) {
        self.paused.retain(|(_, paused)| *paused != target);
        self.route.parked.retain(|parked| *parked != target);
        self.push(target);
    }

    /// What the configuration names for such a failure comes next, and then what is left.
    pub(super) fn prefer(&mut self, class: ErrorClass) {
        let named = self.named(class);
        let fresh: Order = named.into_iter().filter(|target| !self.route.order.contains(target)).collect();
        self.route.ready += fresh.len();
        self.route.order.insert_many(self.at, fresh);
    }

    fn named(&mut self, class: ErrorClass) -> Order {
        let Some(others) = &mut self.route.fallbacks else { return Order::new() };
        match class {
            ErrorClass::ContextLength => std::mem::take(&mut others.context_window),
            ErrorClass::ContentPolicy => std::mem::take(&mut others.content_policy),
            _ => Order::new(),
        }
    }

    /// The request itself does not suit the models so far: only those that the configuration names for that, or of
    /// which `may_do` is true, are left. False when there are none.
    pub(super) fn turn_to(&mut self, class: ErrorClass, may_do: impl Fn(usize) -> bool) -> bool {
        let named = self.named(class);
        let rest: Order = self.route.order.iter().skip(self.at).copied().collect();
        self.route.order.truncate(self.at);
        self.put_off.clear();
        self.forced = 0;
        self.route.parked.clear();
        self.paused.clear();
        self.is_extended = true;
        let full = std::mem::take(&mut self.full);
        match named.is_empty() {
            true => self.route.order.extend(rest.into_iter().chain(full).filter(|target| may_do(*target))),
            false => self.extend(&named),
        }
        self.at < self.route.order.len()
    }

    /// When the first of those is back.
    pub(super) const fn parked_until(&self) -> Option<Micros> {
        self.route.parked_until
    }

    /// A target that may be asked besides the one at hand: the next that nothing is known against. It is not tried again.
    pub(super) fn rival(&mut self, suits: impl Fn(usize) -> bool) -> Option<usize> {
        let ready = self.route.ready.min(self.route.order.len());
        let place = (self.at..ready)
            .find(|place| self.route.order.get(*place).is_some_and(|target| suits(*target)))?;
        self.route.ready -= 1;
        Some(self.route.order.remove(place))
    }

    /// Might there be such a target?
    pub(super) fn has_rival(&self) -> bool {
        self.at < self.route.ready.min(self.route.order.len())
    }

    /// A rival that was no longer waited for may be tried as if it had not been asked.
    pub(super) fn give_back(&mut self, target: usize) {
        self.route.order.insert(self.at, target);
        self.route.ready += 1;
    }

    /// A target that is to be tried next.
    pub(super) fn push(&mut self, target: usize) {
        self.route.order.push(target);
    }

    fn extend(&mut self, more: &[usize]) {
        for target in more {
            if !self.route.order.contains(target) {
                self.route.order.push(*target);
            }
        }
    }
}
