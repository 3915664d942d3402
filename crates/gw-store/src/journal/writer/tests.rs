//! Tests of [`super`].
use super::super::frame::tests::{sample_intent, sample_record};
use super::super::{Frame, Quota, ReadEnd, SegmentReader};
use super::*;
use gw_model::RequestId;
use std::collections::HashSet;

const SEGMENT: u64 = 64 << 10;

fn settings(quota_segments: u64) -> JournalSettings {
    JournalSettings {
        segment_bytes: SEGMENT,
        reserve_bytes: SEGMENT,
        quota: Some(Quota::new(quota_segments * SEGMENT)),
        ..JournalSettings::default()
    }
}

/// All entries of a directory, as (is a record, request).
fn entries(dir: &Path) -> Vec<(bool, u128)> {
    let mut found = Vec::new();
    for id in list_segments(dir).unwrap() {
        let mut reader = SegmentReader::open(dir, id).unwrap();
        let end = reader
            .read(&mut Vec::new(), usize::MAX, |frame, _| {
                match frame {
                    Frame::Intent(intent) => found.push((false, intent.request)),
                    Frame::Record(record) => found.push((true, record.id)),
                    Frame::Owned(owned) => found.push((false, owned.owner.0)),
                    Frame::Unknown { .. } => panic!("unknown entry"),
                }
                Ok::<(), JournalError>(())
            })
            .unwrap();
        assert_eq!(end, ReadEnd::End);
    }
    found
}

fn record(id: u128) -> Record {
    Record { id: RequestId(id), ..sample_record() }
}

#[test]
fn entries_go_on_from_segment_to_segment_and_survive_without_a_goodbye() {
    let dir = tempfile::tempdir().unwrap();
    let mut journal = Journal::open(dir.path(), 3, &settings(1000)).unwrap();
    let mut expected = Vec::new();
    for id in 0..2000u128 {
        journal.intent(&sample_intent(id), true).unwrap();
        journal.record(&record(id), 1).unwrap();
        expected.extend([(false, id), (true, id)]);
    }
    assert!(journal.position().0.sequence > 3);
    // A process that is killed runs no destructor.
    std::mem::forget(journal);
    assert_eq!(entries(dir.path()), expected);
}

#[test]
fn unused_segments_are_removed_at_the_end_and_a_second_journal_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    for id in 0..3u128 {
        let mut journal = Journal::open(dir.path(), 0, &settings(1000)).unwrap();
        journal.record(&record(id), 0).unwrap();
    }
    assert_eq!(list_segments(dir.path()).unwrap().len(), 3);
    assert_eq!(entries(dir.path()), [(true, 0), (true, 1), (true, 2)]);
}

#[test]
fn a_full_disk_refuses_new_calls_and_never_a_record_of_a_running_one() {
    let dir = tempfile::tempdir().unwrap();
    let mut journal = Journal::open(dir.path(), 0, &settings(4)).unwrap();
    let mut largest = record(0);
    largest.model = "m".repeat(300);
    largest.error_detail = "d".repeat(2000);
    largest.error_code = "e".repeat(100);
    largest.cache = "c".repeat(100);
    largest.customer = Some("c".repeat(300));
    largest.team_id = Some("t".repeat(300));
    largest.attempts[0].provider = "p".repeat(300);
    largest.attempts[0].upstream_model = "u".repeat(300);
    largest.attempts[0].reason = "r".repeat(300);
    largest.attempts[0].cost = gw_model::NanoUsd(u64::MAX);
    let mut running = Vec::new();
    let error = loop {
        let id = running.len() as u128;
        match journal.intent(&sample_intent(id), true) {
            Ok(()) => running.push(id),
            Err(error) => break error,
        }
    };
    assert!(matches!(error, JournalError::Full { .. }), "{error}");
    assert!(error.to_string().contains(&dir.path().display().to_string()));
    assert!(running.len() > 12, "{}", running.len());
    for id in &running {
        largest.id = RequestId(*id);
        journal.record(&largest, 1).unwrap();
    }
    let settled: HashSet<_> = entries(dir.path()).into_iter().filter(|(is_record, _)| *is_record).collect();
    assert_eq!(settled.len(), running.len());
    // Refusals have no space set aside: theirs may fail, and a disk with space again takes new calls.
    journal.quota_for_tests().grant(10 * SEGMENT);
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(10);
    while journal.intent(&sample_intent(u128::MAX), true).is_err() {
        assert!(std::time::Instant::now() < deadline, "it never took calls again");
        std::thread::yield_now();
    }
}

#[test]
fn retries_set_space_aside_for_themselves() {
    let dir = tempfile::tempdir().unwrap();
    let mut journal = Journal::open(dir.path(), 0, &settings(100)).unwrap();
    let before = journal.promised;
    for attempt in 0..3u8 {
        let mut intent = sample_intent(1);
        intent.attempt.attempt = attempt;
        journal.intent(&intent, attempt == 0).unwrap();
    }
    assert!(journal.promised > before);
    let mut ended = record(1);
    ended.attempts = vec![ended.attempts[0].clone(), ended.attempts[0].clone(), ended.attempts[0].clone()];
    journal.record(&ended, 3).unwrap();
    assert_eq!(journal.promised, before);
}

#[test]
fn extensions_promise_nothing_more_and_are_refused_on_a_full_disk() {
    let dir = tempfile::tempdir().unwrap();
    let mut journal = Journal::open(dir.path(), 0, &settings(4)).unwrap();
    let before = journal.promised;
    journal.intent(&sample_intent(1), true).unwrap();
    let promised = journal.promised;
    let mut extensions = 0;
    let error = loop {
        match journal.extended(&sample_intent(1)) {
            Ok(()) => extensions += 1,
            Err(error) => break error,
        }
    };
    assert!(matches!(error, JournalError::Full { .. }) && extensions > 50, "{error}, {extensions}");
    assert_eq!(journal.promised, promised);
    journal.record(&record(1), 1).unwrap();
    assert_eq!(journal.promised, before);
}

#[test]
fn a_directory_that_is_not_there_is_an_error_that_names_it() {
    let dir = tempfile::tempdir().unwrap();
    let missing = dir.path().join("missing");
    let error = Journal::open(&missing, 0, &settings(4)).unwrap_err();
    assert!(error.to_string().contains("missing"), "{error}");
}

impl Journal {
    fn quota_for_tests(&self) -> Quota {
        self.keeper.quota().unwrap()
    }
}

#[test]
fn owned_objects_are_written_in_pieces_and_the_first_however_full_the_disk_is() {
    let dir = tempfile::tempdir().unwrap();
    let (id, model) = ("i".repeat(256), "m".repeat(256));
    let owned = |owner: u128| Owned {
        kind: 6,
        id: &id,
        provider: "p",
        owner: gw_model::KeyId(owner),
        model: &model,
        detail: "",
        created: 0,
        expires: None,
        credential: "",
    };
    let mut journal = Journal::open(dir.path(), 0, &settings(4)).unwrap();
    journal.intent(&sample_intent(1), true).unwrap();
    journal.owned((10..74).map(owned)).unwrap();
    journal.record(&record(1), 1).unwrap();
    journal.owned(std::iter::empty()).unwrap();
    let wanted = (10..74).map(|owner| (false, owner));
    let all: Vec<_> = std::iter::once((false, 1)).chain(wanted).chain([(true, 1)]).collect();
    assert_eq!(entries(dir.path()), all);

    // The disk fills up with calls in flight; what was promised to each still holds.
    let dir = tempfile::tempdir().unwrap();
    let mut journal = Journal::open(dir.path(), 0, &settings(2)).unwrap();
    let mut open = 0;
    while journal.intent(&sample_intent(open), true).is_ok() {
        open += 1;
    }
    assert!(open > 5, "{open}");
    for request in 0..open {
        let more = (0..19).map(|number| owned(2000 + 20 * request + number));
        let full = journal.owned(std::iter::once(owned(1000 + request)).chain(more));
        assert!(request > 0 || matches!(full, Err(JournalError::Full { .. })));
        journal.record(&record(request), 1).unwrap();
    }
    let found: HashSet<_> = entries(dir.path()).into_iter().collect();
    for request in 0..open {
        assert!(found.contains(&(false, 1000 + request)) && found.contains(&(true, request)), "{request}");
    }
    assert!(!found.contains(&(false, 2000)));
}

#[test]
fn entries_that_are_taken_go_to_the_file_with_one_write() {
    let dir = tempfile::tempdir().unwrap();
    let mut journal = Journal::open(dir.path(), 0, &settings(1000)).unwrap();
    let start = journal.position();
    let first = journal.take_intent(&sample_intent(1), true).unwrap();
    let second = journal.take_intent(&sample_intent(2), true).unwrap();
    let third = journal.take_record(&record(1), 1).unwrap();
    assert_eq!((journal.position(), journal.waiting(), entries(dir.path()).len()), (start, 3, 0));
    journal.written(second).unwrap();
    let expected = [(false, 1), (false, 2), (true, 1)];
    assert_eq!((journal.writes(), journal.waiting(), entries(dir.path())), (1, 0, expected.to_vec()));
    journal.written(first).unwrap();
    journal.written(third).unwrap();
    assert_eq!(journal.writes(), 1);
}

#[test]
fn all_whose_entries_were_in_a_failed_write_hear_of_it() {
    let dir = tempfile::tempdir().unwrap();
    let mut journal = Journal::open(dir.path(), 0, &settings(1000)).unwrap();
    let good = std::mem::replace(&mut journal.file, Arc::new(File::open(dir.path()).unwrap()));
    let start = journal.position();
    let first = journal.take_intent(&sample_intent(1), true).unwrap();
    let second = journal.take_intent(&sample_intent(2), true).unwrap();
    journal.written(first).unwrap_err();
    journal.file = good;
    journal.written(second).unwrap_err();
    // Nobody can tell what stands in a file that can not be read: what comes later goes elsewhere.
    assert_eq!(journal.position(), start);
    journal.intent(&sample_intent(3), true).unwrap();
    assert_eq!(journal.position().0, start.0.next());
    assert_eq!(entries(dir.path()), [(false, 3)]);
}

/// Reads on where it stopped, as the fold does while the journal is written.
struct Follower<'a> {
    dir: &'a Path,
    reader: SegmentReader,
    found: Vec<u128>,
}

impl<'a> Follower<'a> {
    fn new(dir: &'a Path) -> Self {
        let first = list_segments(dir).unwrap()[0];
        Self { dir, reader: SegmentReader::open(dir, first).unwrap(), found: Vec::new() }
    }

    fn read(&mut self) -> ReadEnd {
        loop {
            let found = &mut self.found;
            let end = self.reader.read(&mut Vec::new(), usize::MAX, |frame, _| {
                if let Frame::Record(record) = frame {
                    found.push(record.id);
                }
                Ok::<(), JournalError>(())
            });
            let end = end.unwrap();
            match SegmentReader::open(self.dir, self.reader.info().id.next()) {
                Ok(next) if end == ReadEnd::End && next.has_more().unwrap() => self.reader = next,
                _ => return end,
            }
        }
    }
}

/// The bytes of a record as the tests here write it.
fn record_bytes() -> usize {
    let mut buffer = Vec::new();
    encode_record(&mut buffer, &record(1000)).unwrap();
    buffer.len()
}

#[test]
fn a_write_that_fails_midway_costs_what_does_not_stand_and_nothing_later() {
    let one = record_bytes();
    for reaches in [0, 1, one - 1, one, one + 7, 24 * one, 24 * one + 9, 31 * one - 1, 31 * one] {
        let dir = tempfile::tempdir().unwrap();
        let mut journal = Journal::open(dir.path(), 0, &settings(1000)).unwrap();
        let mut follower = Follower::new(dir.path());
        journal.record(&record(1000), 0).unwrap();
        let batch: Vec<_> = (1001..1032).map(|id| journal.take_record(&record(id), 0).unwrap()).collect();
        journal.fails_after = Some(reaches);
        let written: Vec<_> = batch.into_iter().map(|taken| journal.written(taken).is_ok()).collect();
        let mut expected: Vec<u128> = (1000..1032).collect();
        expected.truncate(1 + reaches / one);
        // Its callers are told the truth, and a reader finds no piece of an entry.
        assert_eq!(written.iter().filter(|written| **written).count(), reaches / one);
        assert!(written.is_sorted_by(|one, next| one >= next));
        assert_eq!((follower.read(), &follower.found), (ReadEnd::End, &expected), "{reaches}");
        for id in 2000..2070 {
            journal.record(&record(id), 0).unwrap();
            assert_eq!(follower.read(), ReadEnd::End);
            expected.push(id);
        }
        assert_eq!(follower.found, expected, "{reaches}");
        assert_eq!(journal.position().0.sequence, u64::from(reaches % one > 0), "{reaches}");
    }
}

#[test]
fn an_entry_of_a_good_write_is_good_whatever_failed_afterwards() {
    let dir = tempfile::tempdir().unwrap();
    let mut journal = Journal::open(dir.path(), 0, &settings(1000)).unwrap();
    let first = journal.take_record(&record(1), 0).unwrap();
    journal.record(&record(2), 0).unwrap();
    journal.fails_after = Some(9);
    journal.record(&record(3), 0).unwrap_err();
    journal.written(first).unwrap();
}

#[test]
fn a_segment_that_a_piece_ended_is_not_written_to_though_there_is_no_other() {
    let dir = tempfile::tempdir().unwrap();
    let mut journal = Journal::open(dir.path(), 0, &settings(2)).unwrap();
    let mut written = 0;
    for fails in [true, false, true] {
        journal.fails_after = fails.then_some(9);
        written += u32::from(journal.record(&record(written.into()), 0).is_ok());
    }
    // The second segment is ended too, and the quota gives no third.
    for _ in 0..3 {
        let full = journal.intent(&sample_intent(100), true).unwrap_err();
        assert!(matches!(full, JournalError::Full { .. }), "{full}");
        assert!(matches!(journal.record(&record(100), 1), Err(JournalError::Full { .. })));
    }
    assert_eq!((journal.free_bytes(), journal.promised), (0, 0));
    assert_eq!(entries(dir.path()), [(true, 0)]);
    journal.quota_for_tests().grant(10 * SEGMENT);
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(10);
    while journal.intent(&sample_intent(101), true).is_err() {
        assert!(std::time::Instant::now() < deadline, "it never took calls again");
        std::thread::yield_now();
    }
    journal.record(&record(101), 1).unwrap();
    assert_eq!(entries(dir.path()), [(true, 0), (false, 101), (true, 101)]);
}

#[test]
fn what_was_promised_is_given_back_though_an_intent_failed_or_was_given_up() {
    let dir = tempfile::tempdir().unwrap();
    let mut journal = Journal::open(dir.path(), 0, &settings(1000)).unwrap();
    // The first try is announced; the second's intent fails, or its call ends while it waits.
    for fails_after in [Some(0), Some(9), None] {
        journal.intent(&sample_intent(1), true).unwrap();
        let retry = journal.take_intent(&sample_intent(1), false).unwrap();
        journal.fails_after = fails_after;
        assert_eq!(journal.written(retry).is_err(), fails_after.is_some());
        let one_try = record(1);
        assert_eq!(one_try.attempts.len(), 1);
        journal.record(&one_try, 2).unwrap();
        assert_eq!(journal.promised, 0);
    }
    // Nor does a record keep it that is refused.
    journal.intent(&sample_intent(1), true).unwrap();
    journal.fails_after = Some(0);
    journal.record(&record(1), 1).unwrap_err();
    assert_eq!(journal.promised, 0);
}

#[test]
fn what_is_taken_is_written_before_the_next_segment_and_at_the_end() {
    let dir = tempfile::tempdir().unwrap();
    let mut journal = Journal::open(dir.path(), 0, &settings(1000)).unwrap();
    let mut expected = Vec::new();
    for id in 0..1000u128 {
        let _ = journal.take_intent(&sample_intent(id), true).unwrap();
        let _ = journal.take_record(&record(id), 1).unwrap();
        expected.extend([(false, id), (true, id)]);
    }
    assert!(journal.position().0.sequence > 1);
    drop(journal);
    assert_eq!(entries(dir.path()), expected);
}
