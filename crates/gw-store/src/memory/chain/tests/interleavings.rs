//! Small programs in every order in which their threads can take locks: no order loses, doubles or overspends
//! anything, or lets everybody wait.
use super::turns::explore;
use super::*;

/// Two keys of a team of an organization, under the same rules.
struct Parties {
    keys: [Party; 2],
    team: Party,
    organization: Party,
    rules: Arc<Rules>,
    /// What calls have settled, and how many were refused.
    settled: AtomicU64,
    refused: AtomicU64,
}

const LIMIT: u64 = 100;

fn parties(limits: &Limits) -> Arc<Parties> {
    Arc::new(Parties {
        keys: [1, 2].map(|number| Party::new(Level::Key, number)),
        team: Party::new(Level::Team, 1),
        organization: Party::new(Level::Organization, 1),
        rules: rules(limits, &[Budget::new(NanoUsd(LIMIT), Period::Total)]),
        settled: AtomicU64::new(0),
        refused: AtomicU64::new(0),
    })
}

impl Parties {
    fn call(&self, parties: &[&Party]) -> Chain {
        Chain::new(parties.iter().map(|party| party.link(&self.rules)))
    }

    /// Holds, and settles what was used, within the hold or not.
    fn spend(&self, mut call: Chain, hold: u64, actual: u64) {
        if call.reserve(NOW, used(0, hold)).is_err() {
            self.refused.fetch_add(1, Ordering::SeqCst);
            return;
        }
        call.settle(NOW, used(0, actual));
        self.settled.fetch_add(actual, Ordering::SeqCst);
    }

    fn all(&self) -> [&Party; 4] {
        [&self.keys[0], &self.keys[1], &self.team, &self.organization]
    }

    fn spent(&self, party: &Party) -> u64 {
        party.budget(&self.rules, NOW).spent.0
    }
}

/// Runs threads in every order; how many there were.
fn every_order(
    limits: &Limits,
    threads: &[fn(&Parties)],
    check: fn(&Parties),
    at_end: fn(&Parties),
) -> Result<usize, &'static str> {
    explore(|| parties(limits), threads, check, at_end)
}

/// Whoever is not under way must be within all bounds.
fn within(parties: &Parties) {
    for party in parties.all() {
        if let Some(mut counters) = party.tally.try_lock() {
            let view = counters.purse().view(&parties.rules.budgets()[0], NOW);
            assert!(view.spent.plus(view.reserved).0 <= LIMIT, "{view:?}");
        }
    }
}

/// All that was held is settled, nobody is inside, and the accounts that all share know all of it.
fn nothing_is_left(parties: &Parties) {
    for party in parties.all() {
        let view = party.budget(&parties.rules, NOW);
        assert_eq!((view.reserved, party.tally.parallel()), (NanoUsd::ZERO, 0));
    }
    let settled = parties.settled.load(Ordering::SeqCst);
    assert_eq!((parties.spent(&parties.team), parties.spent(&parties.organization)), (settled, settled));
    assert_eq!(parties.keys.iter().map(|key| parties.spent(key)).sum::<u64>(), settled);
}

#[test]
fn two_calls_hold_in_three_accounts_all_or_nothing() {
    let orders = every_order(
        &Limits::default(),
        &[
            |all| all.spend(all.call(&[&all.keys[0], &all.team, &all.organization]), 60, 50),
            |all| all.spend(all.call(&[&all.organization, &all.team, &all.keys[1]]), 60, 60),
        ],
        within,
        |all| {
            nothing_is_left(all);
            // Both fit only if one of them did not fit while the other held more than it used.
            assert!(all.refused.load(Ordering::SeqCst) == 1, "60 and 50 or 60 are too much");
        },
    );
    let orders = orders.unwrap();
    assert!(orders > 20, "{orders} orders");
}

#[test]
fn three_calls_share_one_budget() {
    let orders = every_order(
        &Limits::default(),
        &[
            |all| all.spend(all.call(&[&all.team, &all.organization]), 40, 40),
            |all| all.spend(all.call(&[&all.team]), 40, 30),
            |all| all.spend(all.call(&[&all.team]), 30, 30),
        ],
        within,
        |all| {
            let view = all.team.budget(&all.rules, NOW);
            assert_eq!((view.spent.0, view.reserved.0), (all.settled.load(Ordering::SeqCst), 0));
            assert!(all.refused.load(Ordering::SeqCst) <= 1, "at least two of three fit in any order");
        },
    );
    assert!(orders.unwrap() > 100);
}

/// A call as a whole: admitted, held, extended, settled in parts, ended.
fn whole_call(all: &Parties, key: &Party) {
    let mut call = all.call(&[key, &all.team]);
    if call.admit(NOW).is_err() {
        all.refused.fetch_add(1, Ordering::SeqCst);
        return;
    }
    if call.reserve(NOW, used(5, 30)).is_ok() {
        let more = if call.extend(NOW, used(5, 20)).is_ok() { 20 } else { 0 };
        call.settle(NOW, used(7, 30 + more));
        all.settled.fetch_add(30 + more, Ordering::SeqCst);
    }
    call.leave();
}

#[test]
fn whole_calls_take_turns_in_a_parallel_slot() {
    let limits = Limits { max_parallel: Some(1), rpm: Some(10), tpm: Some(100), ..Limits::default() };
    let orders = every_order(
        &limits,
        &[|all| whole_call(all, &all.keys[0]), |all| whole_call(all, &all.keys[1])],
        |all| {
            within(all);
            assert!(all.team.tally.try_lock().is_none_or(|counters| counters.running() <= 1));
        },
        |all| {
            let view = all.team.budget(&all.rules, NOW);
            assert_eq!((view.spent.0, view.reserved.0), (all.settled.load(Ordering::SeqCst), 0));
            assert_eq!(all.team.tally.parallel(), 0);
            let admitted = 2 - all.refused.load(Ordering::SeqCst);
            assert_eq!(all.team.tokens_left(&all.rules, NOW), 100 - 7 * admitted);
        },
    );
    assert!(orders.unwrap() > 50);
}

#[test]
fn a_session_changes_its_accounts_while_another_call_spends() {
    let orders = every_order(
        &Limits::default(),
        &[
            |all| {
                let mut call = all.call(&[&all.keys[0], &all.team]);
                if call.reserve(NOW, used(0, 50)).is_ok() {
                    let links = [all.keys[0].link(&all.rules), all.team.link(&all.rules)];
                    call.renew(NOW, links, &["chat"]);
                    call.settle(NOW, used(0, 50));
                    all.settled.fetch_add(50, Ordering::SeqCst);
                }
            },
            |all| all.spend(all.call(&[&all.team]), 50, 50),
        ],
        |_| (),
        |all| {
            let view = all.team.budget(&all.rules, NOW);
            assert_eq!((view.spent.0, view.reserved.0), (all.settled.load(Ordering::SeqCst), 0));
            assert!(view.spent.0 <= LIMIT);
        },
    );
    assert!(orders.unwrap() > 10);
}

/// The scheduler finds what it is there to find: a budget that is looked at first and held in later.
#[test]
#[should_panic(expected = "overspent")]
fn a_look_before_the_hold_is_found() {
    let look = |all: &Parties| {
        if all.spent(&all.team) + 60 <= LIMIT {
            let mut counters = all.team.tally.lock();
            counters.settle_cost(NOW, NanoUsd::ZERO, NanoUsd(60));
        }
    };
    let end = |all: &Parties| assert!(all.spent(&all.team) <= LIMIT, "overspent");
    let _ = every_order(&Limits::default(), &[look, look], |_| (), end);
}

/// And two threads that lock in different orders.
#[test]
fn locks_in_different_orders_are_found() {
    let found = every_order(
        &Limits::default(),
        &[
            |all| drop((all.team.tally.lock(), all.organization.tally.lock())),
            |all| drop((all.organization.tally.lock(), all.team.tally.lock())),
        ],
        |_| (),
        |_| (),
    );
    assert_eq!(found, Err("every thread waits for another"));
}

fn come_and_go(all: &Parties, key: &Party, priority: Priority) {
    let mut call = all.call(&[key, &all.team]);
    call.set_priority(priority);
    match call.admit(NOW) {
        Ok(()) => call.leave(),
        // Those of lower priorities are refused while less than what is kept for others would be left.
        Err(_) if priority < Priority::High => {}
        Err(_) => drop(all.refused.fetch_add(1, Ordering::SeqCst)),
    }
}

#[test]
fn no_order_gives_away_what_is_kept_for_higher_priorities() {
    let reserve = Reserve { normal: 0, high: 50 };
    let limits = Limits { max_parallel: Some(2), reserve, ..Limits::default() };
    let low: fn(&Parties) = |all| come_and_go(all, &all.keys[0], Priority::Low);
    let normal: fn(&Parties) = |all| come_and_go(all, &all.keys[1], Priority::Normal);
    let high: fn(&Parties) = |all| come_and_go(all, &all.keys[1], Priority::High);
    let orders = explore(|| parties(&limits), &[low, normal], |all| inside(all, 1), nobody);
    assert!(orders.unwrap() > 2);
    let orders = explore(
        || parties(&limits),
        &[low, high],
        |all| inside(all, 2),
        |all| {
            nobody(all);
            assert_eq!(all.refused.load(Ordering::SeqCst), 0, "there is room for those of high priority");
        },
    );
    assert!(orders.unwrap() > 2);
}

fn inside(all: &Parties, most: u32) {
    assert!(all.team.tally.try_lock().is_none_or(|counters| counters.running() <= most));
}

fn nobody(all: &Parties) {
    assert_eq!(all.team.tally.parallel(), 0);
}
