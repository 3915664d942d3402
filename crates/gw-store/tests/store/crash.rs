//! A process that dies at any moment: what is replayed, what is written off, what is counted twice (nothing).

use crate::suite::sample::{DAY, NOON, intent, record};
use gw_model::limits::{Budget, Period};
use gw_model::{KeyId, KeyPolicy, KeyTerms, NanoUsd, Outcome, Record, Toll};
use gw_store::fold::{FoldSettings, ReplayReport, replay, restore_tolls};
use gw_store::journal::{Journal, JournalSettings, list_segments};
use gw_store::memory::{Amounts, Chain, Counter, Gates, KeySource, KeyTable};
use gw_store::restore::restore_budgets;
use gw_store::traits::{Ledger, Reports};
use gw_store::types::{LogFilter, LogRow};
use gw_store::{DataDir, SqliteStore};
use std::fs::OpenOptions;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

/// One run of a process on a data directory.
struct Run {
    dir: DataDir,
    store: SqliteStore,
}

impl Run {
    fn start(path: &Path) -> Self {
        let dir = DataDir::open(path).unwrap();
        let store = crate::open_sqlite(path);
        Self { dir, store }
    }

    fn journal(&self, worker: u16) -> Journal {
        let settings = JournalSettings {
            node: self.dir.node(),
            generation: self.dir.generation(),
            segment_bytes: 64 << 10,
            reserve_bytes: 64 << 10,
            ..JournalSettings::default()
        };
        Journal::open(&self.dir.journal(), worker, &settings).unwrap()
    }

    fn replay(&self) -> ReplayReport {
        let settings = FoldSettings {
            node: self.dir.node(),
            generation: self.dir.generation(),
            ..FoldSettings::default()
        };
        replay(&self.dir.journal(), &self.store, &settings).unwrap()
    }

    fn spent(&self) -> u64 {
        self.store.spent_of(KeyId(1), NOON + DAY).unwrap().total.0
    }

    fn rows(&self) -> Vec<LogRow> {
        self.store.logs(&LogFilter { limit: 1000, ..LogFilter::default() }).unwrap().rows
    }

    fn segments(&self) -> Vec<PathBuf> {
        let dir = self.dir.journal();
        list_segments(&dir).unwrap().into_iter().map(|id| id.path(&dir)).collect()
    }
}

/// A call from intent to record.
fn call(journal: &mut Journal, record: &Record) {
    journal.intent(&intent(record, 0, 900), true).unwrap();
    journal.record(record, 1).unwrap();
}

/// A killed process runs no destructor.
fn kill(journal: Journal) {
    std::mem::forget(journal);
}

#[test]
fn what_a_killed_process_wrote_is_replayed_once() {
    let temp = tempfile::tempdir().unwrap();
    {
        let run = Run::start(temp.path());
        for worker in 0..3u16 {
            let mut journal = run.journal(worker);
            for number in 0..300 {
                call(&mut journal, &record(u32::from(worker) * 300 + number));
            }
            kill(journal);
        }
    }
    let run = Run::start(temp.path());
    let report = run.replay();
    assert_eq!((report.records, report.lost, report.torn_segments, report.corrupt_bytes), (900, 0, 0, 0));
    assert_eq!((run.rows().len(), run.spent()), (900, 90_000));
    assert!(run.segments().is_empty(), "what is folded is removed");
    assert_eq!(run.replay(), ReplayReport::default());
    assert_eq!(run.spent(), 90_000);
}

#[test]
fn replaying_the_same_files_again_adds_nothing() {
    let temp = tempfile::tempdir().unwrap();
    let saved = tempfile::tempdir().unwrap();
    {
        let run = Run::start(temp.path());
        let mut journal = run.journal(0);
        for number in 0..500 {
            call(&mut journal, &record(number));
        }
        journal.intent(&intent(&record(777), 0, 900), true).unwrap();
        kill(journal);
        for path in run.segments() {
            std::fs::copy(&path, saved.path().join(path.file_name().unwrap())).unwrap();
        }
    }
    let run = Run::start(temp.path());
    assert_eq!((run.replay().records, run.spent()), (500, 50_900));
    for file in std::fs::read_dir(saved.path()).unwrap().flatten() {
        std::fs::copy(file.path(), run.dir.journal().join(file.file_name())).unwrap();
    }
    let report = run.replay();
    assert_eq!((report.records, report.lost), (0, 0));
    assert_eq!((run.rows().len(), run.spent()), (501, 50_900));
}

#[test]
fn calls_under_way_are_charged_at_their_hold_until_the_truth_turns_up() {
    let temp = tempfile::tempdir().unwrap();
    {
        let run = Run::start(temp.path());
        let mut journal = run.journal(0);
        call(&mut journal, &record(1));
        journal.intent(&intent(&record(2), 0, 900), true).unwrap();
        journal.intent(&intent(&record(3), 0, 900), true).unwrap();
        journal.intent(&intent(&record(3), 1, 900), false).unwrap();
        kill(journal);
    }
    let run = Run::start(temp.path());
    let report = run.replay();
    assert_eq!((report.records, report.lost), (1, 2));
    assert_eq!(run.spent(), 100 + 900 + 900, "one hold a call, however many attempts");
    let lost: Vec<_> = run.rows().into_iter().filter(|row| row.outcome == Outcome::Lost).collect();
    assert_eq!((lost.len(), lost[0].attempts, lost[1].attempts), (2, 2, 1));
    // Another worker's file, found late, has the record after all.
    let mut journal = run.journal(9);
    journal.record(&record(2), 0).unwrap();
    kill(journal);
    let next = FoldSettings {
        node: run.dir.node(),
        generation: run.dir.generation() + 1,
        ..FoldSettings::default()
    };
    assert_eq!(replay(&run.dir.journal(), &run.store, &next).unwrap().records, 1);
    assert_eq!(run.spent(), 100 + 100 + 900);
}

#[test]
fn a_hold_that_grew_is_charged_at_its_largest_and_settled_once() {
    let temp = tempfile::tempdir().unwrap();
    {
        let run = Run::start(temp.path());
        let mut journal = run.journal(0);
        // Grew and ended; grew at the second attempt and never ended; grew, with the entries out of order.
        journal.intent(&intent(&record(1), 0, 900), true).unwrap();
        journal.extended(&intent(&record(1), 0, 1900)).unwrap();
        journal.record(&record(1), 1).unwrap();
        journal.intent(&intent(&record(2), 0, 900), true).unwrap();
        journal.intent(&intent(&record(2), 1, 900), false).unwrap();
        journal.extended(&intent(&record(2), 1, 1900)).unwrap();
        journal.extended(&intent(&record(2), 1, 2900)).unwrap();
        journal.intent(&intent(&record(3), 0, 5000), true).unwrap();
        journal.extended(&intent(&record(3), 0, 4000)).unwrap();
        kill(journal);
    }
    let run = Run::start(temp.path());
    let report = run.replay();
    assert_eq!((report.records, report.lost), (1, 2));
    assert_eq!(run.spent(), 100 + 2900 + 5000);
    assert_eq!(run.rows().len(), 3);
    let attempts: Vec<_> = run.rows().into_iter().map(|row| row.attempts).collect();
    assert_eq!(attempts, [1, 2, 1], "an extension is no attempt");
    assert_eq!((run.replay(), run.spent()), (ReplayReport::default(), 8000));
    // The truth about a grown call takes its place whole.
    let mut journal = run.journal(9);
    journal.record(&record(2), 0).unwrap();
    kill(journal);
    let next = FoldSettings {
        node: run.dir.node(),
        generation: run.dir.generation() + 1,
        ..FoldSettings::default()
    };
    assert_eq!(replay(&run.dir.journal(), &run.store, &next).unwrap().records, 1);
    assert_eq!(run.spent(), 100 + 100 + 5000);
}

#[test]
fn a_torn_tail_is_tolerated_wherever_it_is_cut() {
    for cut in [1, 5, 9, 40, 100] {
        let temp = tempfile::tempdir().unwrap();
        {
            let run = Run::start(temp.path());
            let mut journal = run.journal(0);
            for number in 0..10 {
                call(&mut journal, &record(number));
            }
            let before = journal.position().1;
            call(&mut journal, &record(10));
            let (id, end) = journal.position();
            kill(journal);
            // The last `cut` bytes never reached the disk.
            assert!(end - cut > before);
            let file = OpenOptions::new().write(true).open(id.path(&run.dir.journal())).unwrap();
            file.write_all_at(&vec![0; usize::try_from(cut).unwrap()], end - cut).unwrap();
        }
        let run = Run::start(temp.path());
        let report = run.replay();
        assert_eq!((report.records, report.lost, report.torn_segments), (10, 1, 1), "cut {cut}: {report:?}");
        assert_eq!(report.corrupt_bytes, 0);
        assert_eq!(run.spent(), 1000 + 900, "the cut call is charged at its hold");
    }
}

#[test]
fn damage_in_the_midst_costs_what_it_hit_and_is_reported() {
    let temp = tempfile::tempdir().unwrap();
    {
        let run = Run::start(temp.path());
        let mut journal = run.journal(0);
        let mut ends = Vec::new();
        for number in 0..100 {
            journal.record(&record(number), 0).unwrap();
            ends.push(journal.position().1);
        }
        let id = journal.position().0;
        kill(journal);
        let file = OpenOptions::new().write(true).open(id.path(&run.dir.journal())).unwrap();
        file.write_all_at(&[0xFF; 8], ends[10] + 20).unwrap();
        // And a stretch that reads as if nothing was ever written.
        let hole = usize::try_from(ends[52] - ends[50]).unwrap();
        file.write_all_at(&vec![0; hole], ends[50]).unwrap();
        std::fs::write(run.dir.journal().join("0000000000000001-0007-000000000000.seg"), "rubbish").unwrap();
    }
    let run = Run::start(temp.path());
    let report = run.replay();
    assert_eq!((report.records, report.lost, report.torn_segments), (97, 0, 0), "{report:?}");
    assert!(report.corrupt_bytes > 100 && report.corrupt_bytes < 1000);
    assert_eq!(report.set_aside.len(), 2);
    assert_eq!(run.rows().len(), 97);
    assert!(run.segments().is_empty());
}

#[test]
fn a_segment_that_was_being_made_is_removed() {
    let temp = tempfile::tempdir().unwrap();
    let run = Run::start(temp.path());
    for (name, bytes) in
        [("0000000000000000-0007-000000000000.seg", 0), ("0000000000000000-0007-000000000001.seg", 100)]
    {
        std::fs::write(run.dir.journal().join(name), vec![0; bytes]).unwrap();
    }
    assert_eq!(run.replay().set_aside.len(), 0);
    assert!(run.segments().is_empty());
}

#[test]
fn budgets_stand_where_they_stood_before_the_crash() {
    let temp = tempfile::tempdir().unwrap();
    {
        let run = Run::start(temp.path());
        let mut journal = run.journal(0);
        for number in 0..7 {
            call(&mut journal, &record(number));
        }
        kill(journal);
    }
    let run = Run::start(temp.path());
    run.replay();
    let keys = KeyTable::new(Vec::new());
    let budgets = vec![Budget::new(NanoUsd(1000), Period::Month)];
    let policy = KeyPolicy { terms: KeyTerms { budgets, ..KeyTerms::default() }, ..KeyPolicy::default() };
    let entry = keys.upsert(KeyId(1), [1; 32], policy, false, KeySource::Api);
    restore_budgets(&run.store, &keys, NOON + 1).unwrap();
    assert_eq!(entry.tally.budget_views(&entry.rules, NOON + 1)[0].spent, NanoUsd(700));
    let mut call = Chain::new([entry.link()]);
    assert!(call.reserve(NOON + 1, Amounts::cost(NanoUsd(301))).is_err());
}

#[test]
fn budgets_of_routes_stand_where_they_stood_and_count_once() {
    let temp = tempfile::tempdir().unwrap();
    let counter = Counter { gate: u64::MAX - 1, subject: 7 };
    {
        let run = Run::start(temp.path());
        let mut journal = run.journal(0);
        for number in 0..7 {
            let toll = Toll { counter: counter.gate, subject: counter.subject, cost: NanoUsd(60) };
            call(&mut journal, &Record { tolls: vec![toll], ..record(number) });
        }
        kill(journal);
    }
    let run = Run::start(temp.path());
    run.replay();
    run.replay();
    let gates = Gates::default();
    restore_tolls(&run.store, &gates, NOON + 1, &|_| None).unwrap();
    let spent = |period, now| {
        let budget = Budget::new(NanoUsd(1000), period);
        gates.purses.view(counter, &budget, now).spent
    };
    for period in [Period::Day, Period::Week, Period::Month, Period::Total] {
        assert_eq!(spent(period, NOON + 1), NanoUsd(420), "{period:?}");
    }
    // Months later only what counts for ever is there.
    let later = NOON + 100 * DAY;
    let gates = Gates::default();
    restore_tolls(&run.store, &gates, later, &|_| Some(Period::Total)).unwrap();
    let view = |period| gates.purses.view(counter, &Budget::new(NanoUsd(1000), period), later);
    assert_eq!((view(Period::Month).spent, view(Period::Total).spent), (NanoUsd(0), NanoUsd(420)));
    let month = Gates::default();
    restore_tolls(&run.store, &month, later, &|_| Some(Period::Month)).unwrap();
    let budget = Budget::new(NanoUsd(1000), Period::Total);
    assert_eq!(
        month.purses.view(counter, &budget, later).spent,
        NanoUsd(0),
        "nobody asks for it: no place is taken"
    );
}
