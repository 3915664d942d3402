//! Many threads at once: nobody is ever seen above a bound.
use super::*;

#[test]
fn two_hundred_threads_never_overspend_a_budget() {
    let key = key();
    let rules = budgeted(100_000_000, Period::Total);
    let (settled, refused) = (AtomicU64::new(0), AtomicU64::new(0));
    std::thread::scope(|scope| {
        for thread in 0..200u64 {
            let (key, rules, settled, refused) = (&key, &rules, &settled, &refused);
            scope.spawn(move || {
                let mut rng = fastrand::Rng::with_seed(thread);
                for _ in 0..50 {
                    let amount = rng.u64(1..100_000);
                    let mut call = key.call(rules);
                    match call.reserve(NOW, used(0, amount)) {
                        Ok(()) => {
                            let actual = rng.u64(0..=amount);
                            assert_eq!(call.settle(NOW, used(0, actual)), NanoUsd::ZERO);
                            settled.fetch_add(actual, Ordering::Relaxed);
                        }
                        Err(_) => drop(refused.fetch_add(1, Ordering::Relaxed)),
                    }
                }
            });
        }
    });
    let view = key.budget(&rules, NOW);
    assert_eq!(view.spent, NanoUsd(settled.load(Ordering::Relaxed)));
    assert!(view.spent <= view.limit && view.reserved == NanoUsd::ZERO);
    assert!(refused.load(Ordering::Relaxed) > 0, "the budget was meant to run out");
}

/// Calls of all shapes at once, through a key of their own and a team that all share: refused by either limit,
/// extended, settled below and at their hold.
#[test]
fn two_hundred_threads_are_never_seen_above_a_shared_budget() {
    const LIMIT: u64 = 100_000_000;
    let keys: Vec<Party> = (0..10).map(|number| Party::new(Level::Key, number)).collect();
    let (team, organization) = (Party::new(Level::Team, 1), Party::new(Level::Organization, 1));
    let own = budgeted(LIMIT / 4, Period::Total);
    let limits = Limits { tpm: Some(200_000), max_parallel: Some(150), ..Limits::default() };
    let shared = rules(&limits, &[Budget::new(NanoUsd(LIMIT), Period::Total)]);
    let all = budgeted(LIMIT * 2, Period::Total);
    let (settled, refused, ended) = (AtomicU64::new(0), AtomicU64::new(0), AtomicU64::new(0));
    let call = |rng: &mut fastrand::Rng| {
        let key = &keys[rng.usize(0..keys.len())];
        // In any order: they are locked in one.
        let mut links = [organization.link(&all), key.link(&own), team.link(&shared)];
        rng.shuffle(&mut links);
        let mut call = Chain::new(links);
        if call.admit(NOW).is_err() {
            return false;
        }
        let amount = rng.u64(1..LIMIT / 100);
        let held = call.reserve(NOW, used(rng.u64(1..2000), amount)).map(|()| {
            for _ in 0..rng.u32(0..3) {
                // Refused or not, what is held is what is settled.
                let _ = call.extend(NOW, used(rng.u64(0..100), rng.u64(0..10_000)));
            }
            std::thread::yield_now();
            let held = call.held();
            let actual = if rng.bool() { held.cost.0 } else { rng.u64(0..=held.cost.0) };
            let tokens = rng.u64(0..=held.tokens() / 10);
            assert_eq!(call.settle(NOW, used(tokens, actual)), NanoUsd::ZERO);
            settled.fetch_add(actual, Ordering::Relaxed);
        });
        call.leave();
        held.is_ok()
    };
    std::thread::scope(|scope| {
        for thread in 0..200u64 {
            let (call, refused, ended) = (&call, &refused, &ended);
            scope.spawn(move || {
                let mut rng = fastrand::Rng::with_seed(thread);
                let misses = (0..50).filter(|_| !call(&mut rng)).count();
                refused.fetch_add(misses as u64, Ordering::Relaxed);
                ended.fetch_add(1, Ordering::Release);
            });
        }
        while ended.load(Ordering::Acquire) < 200 {
            let view = team.budget(&shared, NOW);
            let sum = view.spent.0 + view.reserved.0;
            assert!(sum <= LIMIT, "{sum} nano-dollars are spent or held");
            std::thread::yield_now();
        }
    });
    let view = team.budget(&shared, NOW);
    assert_eq!((view.spent.0, view.reserved), (settled.load(Ordering::Relaxed), NanoUsd::ZERO));
    assert!(view.spent.0 <= LIMIT && view.spent.0 > LIMIT / 2);
    assert!(refused.load(Ordering::Relaxed) > 0 && team.tally.parallel() == 0);
    let by_keys: u64 = keys.iter().map(|key| key.budget(&own, NOW).spent.0).sum();
    assert_eq!((by_keys, organization.budget(&all, NOW).spent.0), (view.spent.0, view.spent.0));
}
