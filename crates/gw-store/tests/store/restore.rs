//! What accounts have spent is known again after a start, and to budgets that are added while the gateway runs.

use crate::open_sqlite;
use crate::suite::Store;
use crate::suite::sample::{DAY, HOUR, NOON, attempt, fold, pending, record};
use gw_model::limits::{Budget, Limits, Period, TimeZone};
use gw_model::{AccountId, AccountPolicy, KeyId, KeyPolicy, KeyTerms, Level, NanoUsd, Record};
use gw_store::memory::{Amounts, Chain, KeySource, KeyTable, NewAccount, Rules, Tally};
use gw_store::restore::{Party, restore_account, restore_budgets, restore_windows};
use gw_store::traits::Ledger;
use proptest::prelude::*;
use std::sync::Arc;

const TEAM: AccountId = AccountId { level: Level::Team, number: 5 };
const ORGANIZATION: AccountId = AccountId { level: Level::Organization, number: 9 };
/// Half past something: no window begins with an hour.
const NOW: i64 = NOON + 31 * 60_000_000 + 7;

fn budget(period: Period, zone: Option<&str>) -> Budget {
    let time_zone = zone.map(|name| TimeZone::from_name(name).unwrap());
    Budget { time_zone, ..Budget::new(NanoUsd(1 << 50), period) }
}

/// Windows of every kind.
fn budgets() -> Vec<Budget> {
    vec![
        budget(Period::Day, None),
        budget(Period::Month, None),
        budget(Period::Total, None),
        budget(Period::Day, Some("Asia/Kolkata")),
        budget(Period::Week, Some("America/New_York")),
        budget(Period::Rolling(5_400), None),
        budget(Period::Rolling(86_400), None),
        budget(Period::Rolling(10 * 86_400), None),
    ]
}

fn rules(budgets: &[Budget]) -> Arc<Rules> {
    Arc::new(Rules::new(&Limits::default(), budgets.to_vec()))
}

/// A call of key 1 that counts for two accounts.
fn call(number: u32, end: i64, lasted: i64, cost: u64) -> Record {
    let mut one = record(number);
    one.id = gw_model::RequestId::new(end - lasted, u128::from(number));
    (one.time, one.total_us) = (end - lasted, u64::try_from(lasted).unwrap());
    one.attempts = vec![attempt("alpha", cost)];
    one.accounts = vec![TEAM, ORGANIZATION];
    one
}

/// A table with the key and the accounts, as at a start.
fn table(budgets: &[Budget]) -> KeyTable {
    let table = KeyTable::new(vec![gw_model::Secret::new("pepper".to_owned())]);
    for (id, parent) in [(ORGANIZATION, None), (TEAM, Some(ORGANIZATION))] {
        let policy = AccountPolicy { budgets: budgets.to_vec(), ..AccountPolicy::default() };
        let new = NewAccount { id, name: "it".into(), parent, policy, plan: None, disabled: false };
        assert!(table.accounts.upsert(new).is_some());
    }
    let policy = KeyPolicy {
        name: "app".to_owned(),
        terms: KeyTerms { team_id: Some(TEAM.to_string()), budgets: budgets.to_vec(), ..KeyTerms::default() },
        ..KeyPolicy::default()
    };
    table.upsert(KeyId(1), [1; 32], policy, false, KeySource::Api);
    table
}

fn restored(store: &dyn Ledger, now: i64) -> Vec<Vec<u64>> {
    let table = table(&budgets());
    restore_budgets(store, &table, now).unwrap();
    let entry = table.get(KeyId(1)).unwrap();
    let links: Vec<_> = entry.links().collect();
    assert_eq!(links.len(), 3);
    // Twice is once.
    restore_budgets(store, &table, now).unwrap();
    links.iter().map(|link| spent(&link.tally, &link.rules, now)).collect()
}

fn spent(tally: &Tally, rules: &Rules, now: i64) -> Vec<u64> {
    tally.budget_views(rules, now).iter().map(|view| view.spent.0).collect()
}

/// The least and the most that each budget may say, counted by hand. Rolling windows count their oldest part whole.
fn expected(records: &[Record], now: i64) -> Vec<(u64, u64)> {
    let since = |from: i64| -> u64 {
        let ended = |one: &&Record| one.time + i64::try_from(one.total_us).unwrap() >= from;
        records.iter().filter(ended).map(|one| one.cost().0).sum()
    };
    let one = |budget: &Budget| {
        let start = budget.period.window(now, budget.time_zone.as_ref()).0;
        match budget.period {
            Period::Rolling(seconds) => {
                (since(start), since(start - i64::from(seconds) * 1_000_000 / 60 - HOUR))
            }
            _ => (since(start), since(start)),
        }
    };
    budgets().iter().map(one).collect()
}

fn assert_within(told: &[u64], expected: &[(u64, u64)]) {
    let fits = told.iter().zip(expected).all(|(told, (least, most))| (least..=most).contains(&told));
    assert!(fits && told.len() == expected.len(), "{told:?} is not within {expected:?}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    /// Calls of up to an hour: those that lasted longer may count later than they ended.
    #[test]
    fn all_windows_of_all_accounts_are_known_again(
        calls in proptest::collection::vec((0i64..12 * 24 * 60, 0i64..60, 1u64..1000), 1..60),
        lost in 0usize..4,
    ) {
        let dir = tempfile::tempdir().unwrap();
        let store = open_sqlite(dir.path());
        let minute = 60_000_000;
        let mut records: Vec<Record> = (0u32..).zip(&calls).map(|(number, (before, lasted, cost))| {
            call(number, NOW - before * minute - 1, lasted * minute, *cost)
        }).collect();
        let (written_off, ended) = records.split_at_mut(lost.min(calls.len()));
        fold(&store, ended);
        for one in written_off {
            store.fold(&mut |batch| batch.lost(&pending(one, &[900])).map(drop)).unwrap();
            (one.total_us, one.attempts[0].cost) = (0, NanoUsd(900));
        }
        let expected = expected(&records, NOW);
        for told in restored(&store, NOW) {
            assert_within(&told, &expected);
        }
    }
}

/// The same with calls all over two weeks, one of them written off.
pub(crate) fn windows_of_every_kind_are_restored(store: &impl Store) {
    let minute = 60_000_000;
    let at = |number: u32| i64::from(number).pow(2) * 7 * minute;
    let mut records: Vec<Record> =
        (1..50).map(|n| call(n, NOW - at(n) - 1, i64::from(n) * minute, 1 << (n % 20))).collect();
    fold(store, &records[1..]);
    let one = &mut records[0];
    store.fold(&mut |batch| batch.lost(&pending(one, &[900])).map(drop)).unwrap();
    (one.total_us, one.attempts[0].cost) = (0, NanoUsd(900));
    for told in restored(store, NOW) {
        assert_within(&told, &expected(&records, NOW));
    }
}

pub(crate) fn a_call_that_lasted_for_hours_is_not_forgotten(store: &impl Store) {
    // It ended in the first hour of the rolling windows of 90 minutes, and another one in the hour of now.
    let records = [call(1, NOW - 80 * 60_000_000, 9 * HOUR, 70), call(2, NOW - 60_000_000, 5 * HOUR, 8)];
    fold(store, &records);
    for told in restored(store, NOW) {
        assert_eq!(told, [78; 8]);
    }
}

pub(crate) fn many_accounts_are_read_at_once(store: &impl Store) {
    let party = |number| Party {
        id: AccountId { level: if number % 2 == 0 { Level::Key } else { Level::User }, number },
        tally: Arc::default(),
        rules: rules(&budgets()),
    };
    let parties: Vec<Party> = (0..40).map(party).collect();
    let records = (0u32..).zip(&parties).map(|(number, party)| {
        let mut one = call(number, NOW - 3 * HOUR, 1000, 100 + u64::from(number));
        one.key = (party.id.level == Level::Key).then_some(KeyId(party.id.number));
        one.accounts = if one.key.is_some() { Vec::new() } else { vec![party.id] };
        one
    });
    fold(store, &records.collect::<Vec<_>>());
    restore_windows(store, &parties, NOW).unwrap();
    for (number, party) in (0..).zip(&parties) {
        // Sums of the calendar in UTC are restored by somebody else, but for that of all time; three hours ago is outside of 90 minutes.
        let cost = 100 + number;
        assert_eq!(spent(&party.tally, &party.rules, NOW), [0, 0, cost, cost, cost, 0, cost, cost]);
    }
}

pub(crate) fn a_budget_that_is_added_knows_what_was_spent_before_folded_or_not(store: &impl Store) {
    let party = |budgets: &[Budget], tally: &Arc<Tally>| Party {
        id: TEAM,
        tally: Arc::clone(tally),
        rules: rules(budgets),
    };
    fold(store, &[call(1, NOW - 2 * DAY, 1000, 30), call(2, NOW - HOUR, 1000, 5)]);
    let tally: Arc<Tally> = Arc::default();
    let plain = party(&[budget(Period::Total, None)], &tally);
    restore_account(store, &plain, NOW).unwrap();
    assert_eq!(spent(&tally, &plain.rules, NOW), [35]);
    let spend = |at: i64, cost: u64| {
        let link = gw_store::memory::Link {
            id: TEAM,
            holder: gw_store::memory::Holder::default(),
            tally: Arc::clone(&tally),
            rules: Arc::clone(&plain.rules),
            generation: 1,
        };
        assert_eq!(Chain::new([link]).charge(at, Amounts::cost(NanoUsd(cost))).0, cost);
    };
    // One call is in the store, one only in memory.
    spend(NOW + 10, 200);
    fold(store, &[call(3, NOW + 10, 1000, 200)]);
    spend(NOW + 20, 1000);
    let all = party(&budgets(), &tally);
    restore_account(store, &all, NOW + 30).unwrap();
    let day = 1205;
    assert_eq!(spent(&tally, &all.rules, NOW + 30), [day, 1235, 1235, day, 1235, day, day, 1235]);
    // Nothing is counted twice when it reaches the store, or when the rules are put in force again.
    fold(store, &[call(4, NOW + 20, 1000, 1000)]);
    spend(NOW + 40, 1);
    restore_account(store, &all, NOW + 50).unwrap();
    assert_eq!(spent(&tally, &all.rules, NOW + 50)[3..], [day + 1, 1236, day + 1, day + 1, 1236]);
}
