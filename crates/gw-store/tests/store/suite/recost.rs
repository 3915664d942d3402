//! Suite: past calls that are to cost something else, and the prices that were in force.

use super::Store;
use super::sample::{HOUR, NOON, attempt, fold, record};
use gw_model::limits::Period;
use gw_model::{AccountId, FemtoUsd, KeyId, Level, NanoUsd, PriceLine, Record, ServiceTier, Unit};
use gw_store::analytics::{RollupBy, RollupQuery, Span};
use gw_store::types::{
    GroupBy, JobState, LogFilter, PastAttempt, PricePage, Recost, Repriced, SpendingOf, StoredRecosting,
    UsageFilter, Written,
};

const TEAM: AccountId = AccountId { level: Level::Team, number: 7 };

fn job(id: u128, revision: i64) -> StoredRecosting {
    StoredRecosting {
        id,
        state: JobState::Running,
        node: 3,
        touched_at: NOON,
        revision,
        job: format!("{{\"revision\":{revision}}}"),
    }
}

/// Three calls of a team; the second had two attempts, the third is of no key.
fn calls() -> Vec<Record> {
    let mut calls: Vec<Record> = (1..=3).map(record).collect();
    for call in &mut calls {
        call.accounts = vec![TEAM];
        call.team_id = None;
        let line = PriceLine { attempt: 0, unit: Unit::Input, count: 10, price: FemtoUsd(10_000_000) };
        call.details.prices = vec![line];
    }
    calls[1].attempts.insert(0, attempt("beta", 40));
    calls[2].key = None;
    calls[2].attempts[0].usage.service_tier = Some(ServiceTier::Flex);
    calls[2].attempts[0].usage.cache_write_1h_tokens = 3;
    calls
}

/// Every attempt of `alpha` is to cost so much.
fn to_cost(store: &impl Store, cost: u64) -> Vec<Recost> {
    let rows = store.logs(&LogFilter::default()).unwrap().rows;
    let recost = |row: gw_store::types::LogRow| {
        let attempts = PastAttempt::all_of(&row).unwrap();
        let alpha = attempts.iter().enumerate().filter(|(_, one)| one.provider == "alpha");
        let repriced = alpha.map(|(number, _)| Repriced {
            attempt: number,
            cost: NanoUsd(cost),
            lines: vec![PriceLine {
                attempt: u8::try_from(number).unwrap(),
                unit: Unit::Output,
                count: 20,
                price: FemtoUsd(cost * 50_000),
            }],
        });
        Recost { repriced: repriced.collect(), attempts: attempts.clone(), row }
    };
    rows.into_iter().map(recost).collect()
}

/// What all reports say that it cost.
fn told(store: &impl Store) -> Vec<i64> {
    let mut all = Vec::new();
    let records = store.logs(&LogFilter::default()).unwrap().rows;
    all.push(i64::try_from(records.iter().map(|row| row.cost.0).sum::<u64>()).unwrap());
    for by in [GroupBy::Provider, GroupBy::Model, GroupBy::Day, GroupBy::Team] {
        let filter = UsageFilter { group_by: by, ..UsageFilter::default() };
        let rows = store.usage(&filter).unwrap();
        all.push(i64::try_from(rows.iter().map(|row| row.cost.0).sum::<u64>()).unwrap());
    }
    for span in Span::ALL {
        for by in [None, Some(RollupBy::Team), Some(RollupBy::Provider), Some(RollupBy::Outcome)] {
            let query =
                RollupQuery { group_by: by, ..RollupQuery::over(*span, NOON - 12 * HOUR, NOON + 12 * HOUR) };
            all.push(store.rollups(&query).unwrap().iter().map(|row| row.sums.cost).sum());
        }
    }
    all
}

/// What budgets are restored to: of the key and of the team, ever, and in a stretch that ends within an hour.
fn settled(store: &impl Store) -> [u64; 6] {
    let key = AccountId { level: Level::Key, number: 1 };
    let of = |account| SpendingOf { account, from: NOON - HOUR, until: NOON + HOUR / 2, cut: NOON - HOUR };
    let stretches = store.spending(&[of(key), of(TEAM)]).unwrap();
    let sum = |at: usize| stretches[at].pieces.iter().map(|(_, cost)| cost.0).sum::<u64>();
    let by_account = store.accounts_spent(Some(TEAM), NOON).unwrap();
    let of_key = store.spent_of(KeyId(1), NOON).unwrap();
    assert_eq!(of_key.day, of_key.total, "{:?}", Period::Day);
    [of_key.total.0, by_account[0].1.total.0, by_account[0].1.day.0, sum(0), sum(1), stretches[1].total.0]
}

pub(crate) fn past_calls_cost_something_else_everywhere_but_in_budgets(store: &impl Store) {
    fold(store, &calls());
    assert!(told(store).iter().all(|cost| *cost == 340), "{:?}", told(store));
    let before = settled(store);
    assert_eq!(before, [240, 340, 340, 240, 340, 340]);
    let waiting = StoredRecosting { state: JobState::Waiting, ..job(5, 1) };
    assert!(store.add_recosting(&waiting).unwrap());
    // More at first, less afterwards.
    for (revision, (cost, all)) in (2..).zip([(150, 490), (3, 49)]) {
        assert_eq!(store.recost(&job(5, revision), &to_cost(store, cost)).unwrap(), Written::Done);
        assert!(told(store).iter().all(|cost| *cost == all), "{all}: {:?}", told(store));
        assert_eq!(settled(store), before);
    }
    assert_eq!(store.recosting(5).unwrap(), Some(job(5, 3)));
    let rows = store.logs(&LogFilter::default()).unwrap().rows;
    let former = store.former_cost(rows[0].request_id).unwrap().unwrap();
    assert_eq!((former.recosting, former.before, former.charged), (5, NanoUsd(150), NanoUsd(100)));
    assert_eq!(rows[0].details.prices.len(), 1, "{:?}", rows[0].details.prices);
    assert_eq!(rows[0].details.prices[0].unit, Unit::Output);
    let two = PastAttempt::all_of(&rows[1]).unwrap();
    assert_eq!(two.iter().map(|one| one.cost.0).collect::<Vec<_>>(), [40, 3]);
    // What an attempt consumed is known as exactly as before.
    let odd = PastAttempt::all_of(&rows[0]).unwrap();
    assert_eq!(odd[0].usage.service_tier, Some(ServiceTier::Flex));
    assert_eq!((odd[0].usage.cache_write_1h_tokens, odd[0].usage.cache_write_tokens), (3, 0));
    // Calls that come meanwhile count as ever, and no roll-up that is gone comes again.
    fold(store, &[record(9)]);
    assert!(told(store).iter().take(5).all(|cost| *cost == 149), "{:?}", told(store));
    store.sum_up(true).unwrap();
    while store.remove_rollups(Span::Minute, NOON + HOUR).unwrap() > 0 {}
    assert_eq!(store.recost(&job(5, 4), &to_cost(store, 8)).unwrap(), Written::Done);
    // One by one: whole hours are read from the sums of hours.
    let minutes = RollupQuery { by_time: true, ..RollupQuery::over(Span::Minute, NOON - HOUR, NOON + HOUR) };
    assert!(store.rollups(&minutes).unwrap().iter().all(|row| row.sums.cost == 0));
}

pub(crate) fn a_recosting_that_is_late_changes_nothing(store: &impl Store) {
    fold(store, &calls());
    assert!(store.add_recosting(&StoredRecosting { state: JobState::Waiting, ..job(5, 1) }).unwrap());
    assert!(!store.add_recosting(&job(6, 1)).unwrap(), "one at a time");
    assert_eq!(store.open_recosting().unwrap().map(|open| open.id), Some(5));
    let (before, page) = (told(store), to_cost(store, 150));
    // Its row was changed since.
    assert_eq!(store.recost(&job(5, 1), &page).unwrap(), Written::Lost);
    assert_eq!(told(store), before);
    assert_eq!(store.recost(&job(5, 2), &page).unwrap(), Written::Done);
    let after = told(store);
    // The same once more: nothing is counted twice.
    assert_eq!(store.recost(&job(5, 2), &page).unwrap(), Written::Outdated);
    assert_eq!(store.recost(&job(5, 3), &page).unwrap(), Written::Outdated);
    assert_eq!(told(store), after);
    assert_eq!(store.recost(&job(5, 3), &[]).unwrap(), Written::Done, "how far it is may change alone");
    assert!(store.change_recosting(&StoredRecosting { state: JobState::Done, ..job(5, 4) }).unwrap());
    assert!(store.add_recosting(&job(6, 1)).unwrap());
    let ids = |before| store.recostings(before, 10).unwrap().iter().map(|one| one.id).collect::<Vec<_>>();
    assert_eq!((ids(None), ids(Some(6))), (vec![6, 5], vec![5]));
    assert_eq!(store.remove_recostings(NOON + 1, 10).unwrap(), 1);
    assert_eq!(ids(None), [6]);
    // What a record cost before goes with it.
    let id = page[0].row.request_id;
    assert!(store.former_cost(id).unwrap().is_some());
    while store.remove_records(NOON + HOUR, 10).unwrap() > 0 {}
    assert!(store.former_cost(id).unwrap().is_none());
}

pub(crate) fn prices_are_kept_where_they_change(store: &impl Store) {
    let page = |since: i64, says: &str| PricePage {
        since,
        digest: says.as_bytes().to_vec(),
        source: says.to_owned(),
        content: says.as_bytes().to_vec(),
    };
    assert!(store.add_price_page("catalogue", &page(10, "one"), 3).unwrap());
    assert!(!store.add_price_page("catalogue", &page(11, "one"), 3).unwrap(), "the same");
    assert!(store.add_price_page("configuration", &page(11, "one"), 3).unwrap(), "of another book");
    assert!(store.add_price_page("catalogue", &page(20, "two"), 3).unwrap());
    assert!(store.add_price_page("catalogue", &page(15, "three"), 3).unwrap(), "a clock may be set back");
    assert_eq!(
        store.price_pages("catalogue").unwrap(),
        [page(10, "one"), page(20, "two"), page(21, "three")]
    );
    assert!(store.add_price_page("catalogue", &page(30, "one"), 3).unwrap());
    let known: Vec<i64> = store.price_pages("catalogue").unwrap().iter().map(|page| page.since).collect();
    assert_eq!(known, [20, 21, 30], "the oldest beyond a number is forgotten");
    assert_eq!(store.price_pages("configuration").unwrap(), [page(11, "one")]);
}
