//! Suite: what the fold relies on.

use super::Store;
use super::sample::{DAY, NOON, attempt, fold, fold_into, intent, pending, record};
use gw_model::snapshot::Quota;
use gw_model::{KeyId, NanoUsd, Outcome, RequestId};
use gw_store::StoreError;
use gw_store::journal::{Frame, Journal, JournalSettings, SegmentId, SegmentReader, list_segments};
use gw_store::memory::SpentByPeriod;
use gw_store::traits::Reports;
use gw_store::types::{Folded, GroupBy, LogFilter, UsageFilter, UsageRow, Watermark};

fn total(store: &impl Reports) -> UsageRow {
    let filter = UsageFilter { group_by: GroupBy::Team, ..UsageFilter::default() };
    store.usage(&filter).unwrap().pop().unwrap_or_default()
}

fn spent(store: &impl Store) -> u64 {
    store.spent_of(KeyId(1), NOON).unwrap().total.0
}

fn rows(store: &impl Store) -> usize {
    store.logs(&LogFilter::default()).unwrap().rows.len()
}

pub(crate) fn a_record_counts_once_however_often_it_comes(store: &impl Store) {
    assert_eq!(fold(store, &[record(1), record(2), record(1)]), 2);
    assert_eq!(fold(store, &[record(2), record(3)]), 1);
    let sum = total(store);
    assert_eq!((sum.requests, sum.errors, sum.input_tokens, sum.output_tokens), (3, 0, 30, 60));
    assert_eq!((sum.cost, spent(store), rows(store)), (NanoUsd(300), 300, 3));
}

pub(crate) fn keys_of_several_hours_are_folded_at_once(store: &impl Store) {
    let hour = 3_600_000_000;
    let all: Vec<_> = (0..6)
        .map(|number| {
            let mut call = record(number + 1);
            call.time = NOON + i64::from(number / 2) * hour;
            call.id = RequestId::new(call.time, u128::from(number) + 1);
            call.key = Some(KeyId(1 + u128::from(number % 2)));
            call
        })
        .collect();
    assert_eq!(fold(store, &all), 6);
    for key in [KeyId(1), KeyId(2)] {
        assert_eq!(store.spent_of(key, NOON + 3 * hour).unwrap().total, NanoUsd(300), "{key}");
    }
}

/// A provider can say anything.
pub(crate) fn sums_that_nothing_holds_stay_at_the_most(store: &impl Store) {
    for number in 1..=3 {
        let mut call = record(number);
        call.accounts = vec![gw_model::AccountId { level: gw_model::Level::Team, number: 1 }];
        for attempt in &mut call.attempts {
            attempt.cost = NanoUsd(u64::MAX / 3);
            attempt.usage.input_tokens = u64::MAX / 3;
        }
        assert_eq!(fold(store, &[call]), 1);
        store.sum_up(true).unwrap();
    }
    assert_eq!(fold(store, &[record(4)]), 1);
    assert_eq!(spent(store), i64::MAX as u64);
    assert_eq!(store.accounts_spent(None, NOON).unwrap()[0].1.total, NanoUsd(i64::MAX as u64));
    assert_eq!(store.spent(NOON).unwrap()[0].1.total, NanoUsd(i64::MAX as u64));
}

pub(crate) fn a_failed_batch_leaves_nothing(store: &impl Store) {
    let result = store.fold(&mut |batch| {
        fold_into(batch, &[record(1)])?;
        Err(StoreError::Damaged { what: "a test" })
    });
    assert!(result.is_err());
    assert_eq!((rows(store), spent(store), total(store).requests), (0, 0, 0));
    assert_eq!(fold(store, &[record(1)]), 1);
}

pub(crate) fn a_lost_call_is_charged_at_its_hold(store: &impl Store) {
    let folded = store.fold(&mut |batch| {
        batch.lost(&pending(&record(1), &[900, 900]))?;
        batch.lost(&pending(&record(1), &[900]))
    });
    assert_eq!(folded.unwrap(), Folded { records: 0, lost: 1 });
    let page = store.logs(&LogFilter::default()).unwrap();
    let [row] = page.rows.as_slice() else { panic!("one row") };
    assert_eq!((row.outcome, row.cost, row.attempts, row.status), (Outcome::Lost, NanoUsd(900), 2, 0));
    assert_eq!((spent(store), total(store).errors), (900, 1));
}

pub(crate) fn the_truth_corrects_a_lost_call(store: &impl Store) {
    store.fold(&mut |batch| batch.lost(&pending(&record(1), &[900]))).unwrap();
    assert_eq!(fold(store, &[record(1)]), 1);
    assert_eq!(fold(store, &[record(1)]), 0, "once only");
    let sum = total(store);
    assert_eq!((sum.requests, sum.errors, sum.cost, sum.output_tokens), (1, 0, NanoUsd(100), 20));
    assert_eq!(spent(store), 100);
    let row = store.logs(&LogFilter::default()).unwrap().rows.remove(0);
    assert_eq!((row.outcome, row.cost), (Outcome::Success, NanoUsd(100)));
    // And a call with a record is not written off.
    let folded = store.fold(&mut |batch| batch.lost(&pending(&record(1), &[900]))).unwrap();
    assert_eq!((folded, spent(store)), (Folded::default(), 100));
}

pub(crate) fn the_truth_with_more_attempts_corrects_too(store: &impl Store) {
    store.fold(&mut |batch| batch.lost(&pending(&record(1), &[900, 900]))).unwrap();
    let mut truth = record(1);
    truth.attempts = vec![attempt("alpha", 7), attempt("beta", 20), attempt("alpha", 300)];
    truth.total_us = u64::try_from(DAY).unwrap();
    assert_eq!(fold(store, &[truth]), 1);
    assert_eq!((spent(store), total(store).cost), (327, NanoUsd(327)));
    // It ended a day later, and that is when it counts.
    assert_eq!(store.spent_of(KeyId(1), NOON).unwrap().day, NanoUsd(327));
    assert_eq!(store.spent_of(KeyId(1), NOON + DAY).unwrap().day, NanoUsd(327));
    assert_eq!(store.spent_of(KeyId(1), NOON + 2 * DAY).unwrap().day, NanoUsd(0));
    // Each attempt counts for what it called, and nothing is left of what was written off.
    let called = |id| store.accounts_spent(Some(id), NOON).unwrap().pop().map(|(_, spent)| spent.total.0);
    assert_eq!(called(Quota::of_provider("alpha")), Some(307));
    assert_eq!(called(Quota::of_deployment("alpha", "alpha-large")), Some(307));
    assert_eq!(called(Quota::of_provider("beta")), Some(20));
    assert_eq!(called(Quota::of_model("chat")), Some(327));
    assert_eq!(called(Quota::of_provider("gamma")), None);
}

pub(crate) fn spending_is_kept_by_calendar_window(store: &impl Store) {
    // Today, Wednesday, the 1st of the month, and the month before.
    for (number, days) in [(1, 0), (2, 2), (3, 29), (4, 40)] {
        let mut past = record(number);
        past.time -= days * DAY;
        past.id = RequestId::new(past.time, u128::from(number));
        past.attempts[0].cost = NanoUsd(10u64.pow(number));
        fold(store, &[past]);
    }
    let mut other = record(9);
    other.key = Some(KeyId(2));
    let mut unknown = record(10);
    unknown.key = None;
    fold(store, &[other, unknown]);
    // Yesterday nothing; in the week before nothing; in the month before what is 40 days old.
    let before = [NanoUsd::ZERO, NanoUsd::ZERO, NanoUsd(10_000)];
    let (day, week, month, total) = (NanoUsd(10), NanoUsd(110), NanoUsd(1110), NanoUsd(11_110));
    let expected = SpentByPeriod { day, week, month, total, before };
    assert_eq!(store.spent_of(KeyId(1), NOON + 1).unwrap(), expected);
    let mut all = store.spent(NOON + 1).unwrap();
    all.sort_by_key(|(key, _)| *key);
    assert_eq!(all.len(), 2);
    assert_eq!((all[0], all[1].1.total), ((KeyId(1), expected), NanoUsd(100)));
}

pub(crate) fn open_calls_and_watermarks_are_kept(store: &impl Store) {
    let segment = SegmentId { generation: 3, worker: 1, sequence: 7 };
    let later = segment.next();
    store
        .fold(&mut |batch| {
            batch.advance(5, segment, 100)?;
            batch.advance(5, later, 64)?;
            batch.advance(6, segment, 1)
        })
        .unwrap();
    assert_eq!(store.watermarks(5).unwrap(), [Watermark { segment: later, offset: 64 }]);
    store.fold(&mut |batch| batch.forget_chain(5, segment)).unwrap();
    assert!(store.watermarks(5).unwrap().is_empty() && store.watermarks(6).unwrap().len() == 1);
    assert!(store.pending(5).unwrap().is_empty());
    store.sync().unwrap();
}

pub(crate) fn concurrent_batches_all_count(store: &impl Store) {
    std::thread::scope(|scope| {
        for thread in 0..4 {
            scope.spawn(move || {
                for number in 0..25 {
                    // Each record comes from two threads.
                    fold(store, &[record(thread / 2 * 100 + number)]);
                }
            });
        }
    });
    assert_eq!((rows(store), spent(store)), (50, 5000));
}

pub(crate) fn intents_of_open_calls_are_kept_at_their_largest_hold(store: &impl Store) {
    let dir = tempfile::tempdir().unwrap();
    let mut journal = Journal::open(dir.path(), 0, &JournalSettings::default()).unwrap();
    let (first, second) = (record(1), record(2));
    for (of, number, hold) in [(&first, 0, 900), (&first, 1, 800), (&first, 1, 700), (&second, 0, 600)] {
        journal.intent(&intent(of, number, hold), true).unwrap();
    }
    drop(journal);
    let keep = || {
        store.fold(&mut |batch| {
            for id in list_segments(dir.path()).unwrap() {
                let mut reader = SegmentReader::open(dir.path(), id).unwrap();
                reader.read(&mut Vec::new(), usize::MAX, |frame, _| match frame {
                    Frame::Intent(intent) => batch.keep_pending(5, &intent),
                    _ => Ok::<_, StoreError>(()),
                })?;
            }
            Ok(())
        })
    };
    keep().unwrap();
    keep().unwrap();
    let kept: Vec<_> = store.pending(5).unwrap().iter().map(|i| (i.request, i.attempt, i.hold)).collect();
    assert_eq!(kept, [(first.id.0, 0, 900), (first.id.0, 1, 800), (second.id.0, 0, 600)]);
    assert!(store.pending(6).unwrap().is_empty(), "another node's are its own");
    store.fold(&mut |batch| batch.drop_pending(5, first.id.0)).unwrap();
    assert_eq!(store.pending(5).unwrap().len(), 1);
}

/// Callers choose model names, and providers their errors.
pub(crate) fn texts_may_hold_anything(store: &impl Store) {
    let mut odd = record(1);
    odd.model = "a\0b'); DROP TABLE records; --\u{1f600}".to_owned();
    odd.customer = Some("\0".to_owned());
    odd.error_detail = "\u{fffd}\0\\x00\n".to_owned();
    odd.attempts.insert(0, attempt("be\0ta", 7));
    let mut long = record(2);
    let words =
        |n: usize| (0..n).map(|i| char::from(b'!' + u8::try_from(i * 7 % 90).unwrap())).collect::<String>();
    long.model = words(5000);
    (long.customer, long.team_id) = (Some(words(4000)), Some(words(3000)));
    long.attempts[0].provider = words(2000);
    assert_eq!(fold(store, &[odd, long, record(3)]), 3);
    assert_eq!((rows(store), spent(store)), (3, 307));
    let filter = UsageFilter { group_by: GroupBy::Model, ..UsageFilter::default() };
    assert_eq!(store.usage(&filter).unwrap().len(), 3);
}
