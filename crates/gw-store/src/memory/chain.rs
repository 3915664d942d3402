//! All accounts that a call counts for: the key, and whatever stands above and beside it. Serves admit,
//! reserve and settle: something is taken from all of them or from none. It must not decide which they are.
//!
//! All accounts are locked at once, always in the order of [`gw_model::Level`], so that no two calls can wait
//! for each other, and what is checked is still true when it is taken.

pub(super) mod claim;
pub(super) mod lend;
pub(super) mod recent;

use super::amounts::Amounts;
use super::budget::BudgetView;
use super::refused::{HoldRefused, LimitExceeded};
use super::rules::{Holder, Rules};
use super::tally::{Counters, Finding, Tally, Terms};
use super::views::LimitsView;
use gw_model::limits::{Budget, LimitUnit};
use gw_model::{AccountId, Level, Micros, NanoUsd, Priority};
use parking_lot::MutexGuard;
use smallvec::SmallVec;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

/// Holds that are not settled yet, of all calls in the process.
static OPEN_RESERVATIONS: AtomicI64 = AtomicI64::new(0);

/// How many holds are not settled yet, in the whole process.
#[must_use]
pub fn open_reservations() -> i64 {
    OPEN_RESERVATIONS.load(Ordering::Relaxed)
}

/// Most accounts of one call: the key, a user, a customer, some tags, and three levels above.
pub const MAX_LINKS: usize = 16;

/// One account, as a call sees it.
#[derive(Clone, Debug)]
pub struct Link {
    /// Whose it is.
    pub id: AccountId,
    /// For messages.
    pub holder: Holder,
    /// Its counters.
    pub tally: Arc<Tally>,
    /// What is counted.
    pub rules: Arc<Rules>,
    /// Grows with each change of the rules.
    pub generation: u64,
}

/// An account's part in a call.
#[derive(Debug)]
struct Part {
    link: Link,
    mask: u32,
    priority: Priority,
    /// A try counts here, of a call that counts elsewhere: not its money under budgets, nor that it runs.
    is_try: bool,
    /// When its request was taken, by the account's time.
    admitted_at: Micros,
    /// The same of each piece of the hold.
    held_at: [Micros; PIECES],
}

impl Part {
    fn terms(&self) -> Terms<'_> {
        let Self { link, mask, priority, is_try, .. } = self;
        let (mask, priority, is_try) = (*mask, *priority, *is_try);
        Terms { rules: &link.rules, mask, holder: &link.holder, priority, is_try }
    }

    /// The budgets that count the call here.
    fn budgets(&self) -> &[Budget] {
        if self.is_try { &[] } else { self.link.rules.budgets() }
    }
}

/// Pieces of a hold of which it is known when they were taken: the first, and the latest extensions. Where one more comes, the
/// extension that is oldest is forgotten: extensions are mostly asked for when what came before is used up.
pub(super) const PIECES: usize = 4;

/// What is held in every account.
#[derive(Clone, Copy, Debug, Default)]
struct Held {
    all: Amounts,
    /// In the order in which they were taken; what is not in them has nothing to give back.
    pieces: [Amounts; PIECES],
    /// How many there are.
    count: u8,
}

impl Held {
    /// A hold of one piece.
    const fn first(amounts: Amounts) -> Self {
        let mut pieces = [Amounts { input: 0, output: 0, cost: NanoUsd::ZERO }; PIECES];
        pieces[0] = amounts;
        Self { all: amounts, pieces, count: 1 }
    }

    /// Makes room for a piece behind the others: its place, and whether the oldest extension makes room for it.
    fn next(&mut self, piece: Amounts) -> (usize, bool) {
        let (at, is_full) = match usize::from(self.count) {
            PIECES.. => (PIECES - 1, true),
            at => (at, false),
        };
        if is_full {
            self.pieces.copy_within(2.., 1);
        } else {
            self.count += 1;
        }
        self.pieces[at] = piece;
        (at, is_full)
    }

    /// What stays when so much of it is no longer held: the latest pieces go first, the others stay as they are.
    fn without(mut self, less: &Amounts) -> Self {
        self.all = self.all.minus(less);
        let mut less = *less;
        for piece in self.pieces.iter_mut().rev() {
            let of_piece = less.min(piece);
            (*piece, less) = (piece.minus(&of_piece), less.minus(&of_piece));
        }
        while self.count > 1 && self.pieces[usize::from(self.count) - 1] == Amounts::default() {
            self.count -= 1;
        }
        self
    }
}

/// Accounts that are locked, in the order of the parts.
type Locked<'a> = SmallVec<[MutexGuard<'a, Counters>; 8]>;

/// See the module. Whoever drops it while something is held loses that: tickets settle first.
#[derive(Debug, Default)]
pub struct Chain {
    parts: SmallVec<[Part; 1]>,
    held: Option<Held>,
    is_inside: bool,
    has_request: bool,
    /// The first thing that would have refused the call, were it in force.
    shadow: Option<Box<HoldRefused>>,
    /// What all gateways together have left, as it was said last.
    left: Option<LimitsView>,
}

impl Chain {
    /// One that counts for those accounts, in any order; each once.
    pub fn new(links: impl IntoIterator<Item = Link>) -> Self {
        let links = links.into_iter();
        let mut chain = Self::default();
        let least = links.size_hint().0;
        if least > 1 {
            // With a customer and some tags it still need not grow.
            chain.parts.reserve_exact(MAX_LINKS.min(least + 3));
        }
        links.for_each(|link| chain.push(link));
        chain
    }

    /// Adds an account, before anything is taken.
    pub fn push(&mut self, link: Link) {
        let Err(at) = self.parts.binary_search_by_key(&link.id, |part| part.link.id) else { return };
        if self.parts.len() < MAX_LINKS && !self.is_inside && self.held.is_none() {
            let part = Part {
                mask: link.rules.mask_of_calls(),
                link,
                priority: Priority::High,
                is_try: false,
                admitted_at: 0,
                held_at: [0; PIECES],
            };
            self.parts.insert(at, part);
        }
    }

    /// One that counts for the same accounts, for another call; nothing is taken.
    #[must_use]
    pub fn sibling(&self) -> Self {
        let same = |part: &Part| Part { link: part.link.clone(), mask: part.mask, ..*part };
        Self { parts: self.parts.iter().map(same).collect(), ..Self::default() }
    }

    /// Does any account limit tries at some providers?
    #[must_use]
    pub fn counts_tries(&self) -> bool {
        self.links().any(|link| link.rules.counts_tries())
    }

    /// What counts a try of this call at a target of that provider, of a model with these names: limits of the same
    /// accounts that are of tries. Nothing is taken. `None` where none is.
    #[must_use]
    pub fn of_try(&self, provider: &str, names: &[&str]) -> Option<Self> {
        let counting = |part: &Part| {
            let mask = part.link.rules.mask_of_try(provider, names);
            (mask != 0).then(|| Part { link: part.link.clone(), mask, is_try: true, ..*part })
        };
        let parts: SmallVec<[Part; 1]> = self.parts.iter().filter_map(counting).collect();
        (!parts.is_empty()).then(|| Self { parts, ..Self::default() })
    }

    /// True when there is no account: nothing is limited.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    /// The accounts, in the order of their levels.
    pub fn links(&self) -> impl ExactSizeIterator<Item = &Link> {
        self.parts.iter().map(|part| &part.link)
    }

    /// The accounts above and beside the key, of who calls.
    pub fn accounts(&self) -> impl Iterator<Item = AccountId> {
        self.links().map(|link| link.id).filter(|id| id.level != Level::Key && !id.level.is_called())
    }

    /// The budgets that could refuse the call.
    pub fn budgets(&self) -> impl Iterator<Item = &Budget> {
        self.parts.iter().flat_map(Part::budgets).filter(|budget| !budget.shadow)
    }

    /// What would have refused the call, were it in force.
    #[must_use]
    pub fn shadow(&self) -> Option<&HoldRefused> {
        self.shadow.as_deref()
    }

    /// Which limits count calls of a model with those names. Without it, all do.
    pub fn set_model(&mut self, names: &[&str]) {
        for part in &mut self.parts {
            part.mask = part.link.rules.mask(names);
        }
    }

    /// How much the call matters: without it, nothing is kept from it.
    pub fn set_priority(&mut self, priority: Priority) {
        for part in &mut self.parts {
            part.priority = priority;
        }
    }

    /// Takes one request and one parallel slot everywhere, or nothing. Also refuses when not one token is left.
    ///
    /// # Errors
    /// The limit that takes longest to let a request through.
    pub fn admit(&mut self, now: Micros) -> Result<(), LimitExceeded> {
        let Self { parts, shadow, .. } = self;
        let mut locked = lock(parts);
        let mut refused: Option<LimitExceeded> = None;
        for (part, counters) in parts.iter().zip(&mut locked) {
            counters.align(&part.link.rules, part.link.generation);
            let now = counters.now(now);
            counters.check_admit(part.terms(), now, |Finding { refusal, shadow: is_shadow }| {
                if is_shadow {
                    shadow.get_or_insert_with(|| Box::new(HoldRefused::Limit(refusal)));
                } else if refused.as_ref().is_none_or(|r| r.retry_after_us < refusal.retry_after_us) {
                    refused = Some(refusal);
                }
            });
        }
        if let Some(refused) = refused {
            return Err(refused);
        }
        let times: SmallVec<[Micros; 8]> = locked
            .iter_mut()
            .zip(parts.iter())
            .map(|(counters, part)| {
                let now = counters.now(now);
                counters.take_request(part.terms(), now);
                now
            })
            .collect();
        drop(locked);
        for (part, at) in parts.iter_mut().zip(times) {
            part.admitted_at = at;
        }
        (self.is_inside, self.has_request) = (true, true);
        Ok(())
    }

    /// Gives the request back when a later stage refused the call; the parallel slot stays taken.
    pub fn give_request_back(&mut self) {
        if std::mem::take(&mut self.has_request) {
            each(&self.parts, |part, counters| counters.give_request_back(part.terms(), part.admitted_at));
        }
    }

    /// Gives the parallel slot back.
    pub fn leave(&mut self) {
        if std::mem::take(&mut self.is_inside) {
            each(&self.parts, |part, counters| counters.leave(part.terms()));
        }
    }

    /// True while something is held.
    #[must_use]
    pub const fn holds(&self) -> bool {
        self.held.is_some()
    }

    /// What is held.
    #[must_use]
    pub fn held(&self) -> Amounts {
        self.held.map_or_else(Amounts::default, |held| held.all)
    }

    /// Holds tokens and money everywhere, or nothing.
    ///
    /// # Errors
    /// What has not that much left.
    pub fn reserve(&mut self, now: Micros, amounts: Amounts) -> Result<(), HoldRefused> {
        let times = self.take(now, &amounts)?;
        for (part, at) in self.parts.iter_mut().zip(times) {
            part.held_at[0] = at;
        }
        OPEN_RESERVATIONS.fetch_add(1, Ordering::Relaxed);
        self.held = Some(Held::first(amounts));
        Ok(())
    }

    /// Takes over what a sibling holds. What it held itself is settled before.
    pub fn take_over(&mut self, sibling: &mut Self) {
        for (mine, theirs) in self.parts.iter_mut().zip(&sibling.parts) {
            mine.held_at = theirs.held_at;
        }
        self.held = sibling.held.take();
    }

    /// Holds more for the same call, or leaves the hold as it was. Without a hold it does nothing.
    ///
    /// # Errors
    /// As [`Self::reserve`].
    pub fn extend(&mut self, now: Micros, more: Amounts) -> Result<(), HoldRefused> {
        if self.held.is_none() {
            return Ok(());
        }
        let times = self.take(now, &more)?;
        let Some(held) = &mut self.held else { return Ok(()) };
        held.all = held.all.plus(&more);
        // An extension of money alone leaves the tokens before it to be given back.
        if more.tokens() > 0 {
            let (place, is_full) = held.next(more);
            for (part, at) in self.parts.iter_mut().zip(times) {
                if is_full {
                    part.held_at.copy_within(2.., 1);
                }
                part.held_at[place] = at;
            }
        }
        Ok(())
    }

    /// As [`Self::extend`], for what mostly uses far less than it may: as many tokens are taken as are left, if any
    /// is. Returns what was taken.
    ///
    /// # Errors
    /// As [`Self::reserve`].
    pub fn extend_within(&mut self, now: Micros, more: Amounts) -> Result<Amounts, HoldRefused> {
        let mut within = more;
        each(&self.parts, |part, counters| {
            let now = counters.now(now);
            within = counters.within(part.terms(), now, within);
        });
        // Between the two somebody else may take it; then this is refused, and nothing is lost.
        self.extend(now, within)?;
        Ok(within)
    }

    /// Gives so much of the hold back, of its latest piece first: what it was taken for does not come.
    pub fn give_back(&mut self, now: Micros, less: Amounts) {
        let Some(held) = self.held else { return };
        let less = less.min(&held.all);
        self.level(now, &held, &less, &Amounts::default());
        self.held = Some(held.without(&less));
    }

    /// Turns a part of the hold into what was used, for a call that goes on: `keep` stays held, the rest was for
    /// `used`. What stays was taken when it was taken. Returns by how much the cost is above that rest.
    pub fn settle_part(&mut self, now: Micros, keep: Amounts, used: Amounts) -> NanoUsd {
        let Some(held) = self.held else { return NanoUsd::ZERO };
        let keep = keep.min(&held.all);
        let freed = held.all.minus(&keep);
        self.level(now, &held, &freed, &used);
        self.held = Some(held.without(&freed));
        self.overrun(freed.cost, used.cost)
    }

    /// Turns the hold into what was used, in the windows of now. Tokens that were held and not used go back to when
    /// they were taken. Returns by how much the cost is above the hold.
    pub fn settle(&mut self, now: Micros, used: Amounts) -> NanoUsd {
        let Some(held) = self.held.take() else { return NanoUsd::ZERO };
        OPEN_RESERVATIONS.fetch_sub(1, Ordering::Relaxed);
        self.level(now, &held, &held.all, &used);
        self.overrun(held.all.cost, used.cost)
    }

    /// Charges what was used without a hold: it is known afterwards only.
    pub fn charge(&mut self, now: Micros, used: Amounts) -> NanoUsd {
        self.level(now, &Held::default(), &Amounts::default(), &used);
        self.overrun(NanoUsd::ZERO, used.cost)
    }

    /// Goes on under the accounts as they are now, for a model with those names. Tokens that are held go back: what follows
    /// is held anew. Money stays held, in the accounts of now.
    pub fn renew(&mut self, now: Micros, links: impl IntoIterator<Item = Link>, names: &[&str]) {
        let mut renewed = Self::new(links);
        renewed.set_model(names);
        renewed.set_priority(self.parts.first().map_or(Priority::High, |part| part.priority));
        let held = self.held.take();
        let money = Amounts::cost(held.map_or(NanoUsd::ZERO, |held| held.all.cost));
        // Money is held and the place taken there before they are given back here: nobody takes them in between.
        each(&renewed.parts, |part, counters| counters.hold_money(part.terms(), money.cost));
        if let Some(held) = held {
            self.level(now, &held, &held.all, &Amounts::default());
            renewed.held = Some(Held::first(money));
        }
        renewed.is_inside = self.is_inside;
        for part in &mut renewed.parts {
            let tally = Arc::clone(&part.link.tally);
            let mut counters = tally.lock();
            let now = counters.now(now);
            counters.align(&part.link.rules, part.link.generation);
            counters.charge(part.terms(), now, &money);
            if renewed.is_inside {
                counters.enter(part.terms());
            }
            part.held_at[0] = now;
        }
        self.leave();
        *self = renewed;
    }

    /// What is left of the tightest limits of requests and of tokens; `None` without any.
    #[must_use]
    pub fn limits_view(&self, now: Micros) -> Option<LimitsView> {
        if self.links().all(|link| link.rules.limits.is_empty()) {
            return None;
        }
        let mut view = LimitsView::default();
        each(&self.parts, |part, counters| {
            let now = counters.now(now);
            counters.remaining(part.terms(), now, |unit, left| {
                let place = if unit == LimitUnit::Requests { &mut view.requests } else { &mut view.tokens };
                if place.is_none_or(|known| left.remaining < known.remaining) {
                    *place = Some(left);
                }
            });
        });
        if let Some(left) = &self.left {
            view = view.least(left);
        }
        (view != LimitsView::default()).then_some(view)
    }

    /// Where the budgets stand that could refuse the call.
    #[must_use]
    pub fn budget_views(&self, now: Micros) -> SmallVec<[(Holder, BudgetView); 2]> {
        let mut views = SmallVec::new();
        for part in self.parts.iter().filter(|part| !part.budgets().is_empty()) {
            let mut counters = part.link.tally.lock();
            let now = counters.now(now);
            for budget in part.budgets().iter().filter(|budget| !budget.shadow) {
                views.push((part.link.holder.clone(), counters.purse().view(budget, now)));
            }
        }
        views
    }

    /// Takes that much everywhere, or nothing. Returns when, by each account's time.
    fn take(&mut self, now: Micros, amounts: &Amounts) -> Result<SmallVec<[Micros; 8]>, HoldRefused> {
        let Self { parts, shadow, held, .. } = self;
        let mut locked = lock(parts);
        let mut refused = None;
        for (part, counters) in parts.iter().zip(&mut locked) {
            counters.align(&part.link.rules, part.link.generation);
            let now = counters.now(now);
            counters.check_hold(part.terms(), now, amounts, held.is_none(), |found| {
                if found.shadow {
                    shadow.get_or_insert_with(|| Box::new(found.refusal));
                } else if refused.is_none() {
                    refused = Some(found.refusal);
                }
            });
            if let Some(refused) = refused {
                return Err(refused);
            }
        }
        let taken = locked.iter_mut().zip(parts.iter()).map(|(counters, part)| {
            let now = counters.now(now);
            counters.take_hold(part.terms(), now, amounts);
            now
        });
        Ok(taken.collect())
    }

    fn level(&mut self, now: Micros, held: &Held, freed: &Amounts, used: &Amounts) {
        each(&self.parts, |part, counters| {
            let now = counters.now(now);
            if !part.is_try {
                counters.settle_cost(now, freed.cost, used.cost);
            }
            let pieces = held.pieces.iter().zip(part.held_at).rev();
            counters.level(part.terms(), now, (freed, used), pieces);
        });
    }

    fn overrun(&self, held: NanoUsd, used: NanoUsd) -> NanoUsd {
        if self.budgets().next().is_some() { used.minus(held) } else { NanoUsd::ZERO }
    }
}

/// Locks all, in the order in which everybody does.
fn lock(parts: &[Part]) -> Locked<'_> {
    parts.iter().map(|part| part.link.tally.lock()).collect()
}

/// Does something at one account after the other: for what can not be refused.
fn each(parts: &[Part], mut act: impl FnMut(&Part, &mut Counters)) {
    for part in parts {
        act(part, &mut part.link.tally.lock());
    }
}

#[cfg(test)]
pub(super) mod tests;
