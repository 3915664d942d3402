//! The shelf gives what was put there, also to the next process, and a damaged file holds nobody up.

use super::purges::{MAX_PURGES, Purges};
use super::{DiskSettings, IsGone, NoReply, Shelf};
use crate::answers::similar::{Index, RoomKey, Turn};
use crate::answers::{Answer, AnswerKey, Labels, Purge};
use bytes::Bytes;
use gw_model::{Clock, Micros, Secret, WireFormat};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::sync::mpsc;

#[derive(Debug)]
struct Still;

impl Clock for Still {
    fn now(&self) -> Micros {
        1_000_000
    }
}

const ROOM: RoomKey = RoomKey([7; 32]);

fn key(number: u8) -> AnswerKey {
    AnswerKey([number; 32])
}

fn answer(body: &str, model: &str, until: Micros) -> Arc<Answer> {
    Arc::new(Answer {
        body: Bytes::copy_from_slice(body.as_bytes()),
        format: WireFormat::OpenAiChat,
        content_type: "application/json".to_owned(),
        status: 200,
        provider: "up".into(),
        upstream_model: "m".into(),
        tool_names: vec![("a".to_owned(), "b".to_owned())],
        dropped: vec!["seed".to_owned()],
        labels: Labels { model: model.into(), key: None, accounts: Vec::new(), tags: vec!["t".to_owned()] },
        stored_at: 10,
        fresh_until: 20,
        until,
    })
}

fn turn(text: &str) -> Turn {
    Turn { room: ROOM, text: text.into(), vector: vec![0.6, 0.8].into() }
}

struct Opened {
    shelf: Shelf,
    index: Arc<Index>,
}

fn open(folder: &Path, secret: &str, max_bytes: u64) -> Opened {
    let index = Arc::new(Index::new(1_000, 1 << 20));
    let within = Duration::from_secs(60);
    let settings = DiskSettings { path: folder.join("answers.db"), max_bytes, within };
    let keys = [Secret::new(secret.to_owned())];
    let shelf = Shelf::on_disk(settings, &keys, Arc::clone(&index), Arc::new(Still)).unwrap();
    Opened { shelf, index }
}

#[tokio::test]
async fn what_is_kept_outlives_the_process() {
    let folder = tempfile::tempdir().unwrap();
    let first = open(folder.path(), "secret", 1 << 20);
    let kept = answer("a secret answer", "m", 2_000_000);
    first.shelf.put(key(1), &kept, Some(&turn("a secret question")));
    first.shelf.put(key(2), &answer("old", "m", 999_999), None);
    assert_eq!(first.shelf.get(key(1)).await.unwrap().as_ref(), Some(&*kept));
    assert_eq!(first.shelf.get(key(2)).await, Ok(None), "too old");
    assert_eq!(first.shelf.get(key(3)).await, Ok(None));
    drop(first);
    let second = open(folder.path(), "secret", 1 << 20);
    assert_eq!(second.shelf.get(key(1)).await.unwrap().as_ref(), Some(&*kept));
    let near = second.index.nearest(&ROOM, &[0.6, 0.8], 0.9, 9);
    assert_eq!((near.len(), near[0].key, &*near[0].text), (1, key(1), "a secret question"));
    // Nothing is to be read in the file, and another key opens nothing.
    for name in ["answers.db", "answers.db-wal"] {
        let bytes = std::fs::read(folder.path().join(name)).unwrap_or_default();
        assert_eq!(memchr_of(&bytes, b"secret"), None, "{name}");
    }
    drop(second);
    let other = open(folder.path(), "another", 1 << 20);
    assert_eq!(other.shelf.get(key(1)).await, Ok(None));
    assert_eq!(other.index.totals().0, 0);
}

#[tokio::test]
async fn all_that_was_put_can_be_waited_for() {
    let folder = tempfile::tempdir().unwrap();
    let first = open(folder.path(), "secret", 64 << 20);
    for number in 0..200 {
        first.shelf.put(key(number), &answer(&"x".repeat(20_000), "m", 2_000_000), None);
    }
    assert!(first.shelf.flush(Duration::from_secs(60)).await);
    let file = rusqlite::Connection::open(folder.path().join("answers.db")).unwrap();
    let kept: i64 = file.query_row("SELECT COUNT(*) FROM answers", [], |row| row.get(0)).unwrap();
    assert_eq!(kept, 200);
}

/// Until the thread of a shelf that was dropped has closed its file.
fn is_closed(file: &Path) {
    let log = file.with_extension("db-wal");
    let deadline = std::time::Instant::now() + Duration::from_secs(60);
    while log.exists() {
        assert!(std::time::Instant::now() < deadline, "the file is still open");
        std::thread::yield_now();
    }
}

fn memchr_of(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|window| window == wanted)
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_bounded_and_purged() {
    let folder = tempfile::tempdir().unwrap();
    let Opened { shelf, .. } = open(folder.path(), "secret", 100_000);
    for number in 0..40 {
        shelf.put(key(number), &answer(&"x".repeat(5_000), "m", 2_000_000), None);
    }
    shelf.put(key(99), &answer("y", "other", 2_000_000), None);
    assert!(shelf.get(key(99)).await.unwrap().is_some());
    let there = |purge: Purge| {
        let shelf = shelf.clone();
        tokio::task::spawn_blocking(move || shelf.purge(&purge))
    };
    let purged = there(Purge { model: Some("other".to_owned()), ..Purge::default() }).await.unwrap().unwrap();
    assert_eq!((purged.keys, purged.is_pending), (vec![key(99)], false));
    let rest = there(Purge::default()).await.unwrap().unwrap().keys;
    assert!(!rest.is_empty() && rest.len() < 20, "{}", rest.len());
    assert_eq!(shelf.get(key(99)).await, Ok(None));
}

#[tokio::test]
async fn a_damaged_file_begins_anew() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("answers.db");
    std::fs::write(&file, b"this is no database at all, however long one looks at it").unwrap();
    let Opened { shelf, .. } = open(folder.path(), "secret", 1 << 20);
    let kept = answer("a", "m", 2_000_000);
    shelf.put(key(1), &kept, None);
    assert_eq!(shelf.get(key(1)).await.unwrap().as_ref(), Some(&*kept));
    drop(shelf);
    // In the middle of the file.
    let other = folder.path().join("other");
    std::fs::create_dir(&other).unwrap();
    let Opened { shelf, .. } = open(&other, "secret", 1 << 20);
    shelf.put(key(1), &answer(&"x".repeat(100_000), "m", 2_000_000), Some(&turn("t")));
    assert!(shelf.get(key(1)).await.unwrap().is_some());
    drop(shelf);
    let file = other.join("answers.db");
    is_closed(&file);
    let mut bytes = std::fs::read(&file).unwrap();
    bytes.iter_mut().skip(100).for_each(|byte| *byte = 0x5a);
    std::fs::write(&file, bytes).unwrap();
    let Opened { shelf, .. } = open(&other, "secret", 1 << 20);
    shelf.put(key(2), &kept, None);
    assert_eq!(shelf.get(key(2)).await.unwrap().as_ref(), Some(&*kept));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_thrown_away_before_it_was_written_is_not_written() {
    let folder = tempfile::tempdir().unwrap();
    let Opened { shelf, .. } = open(folder.path(), "secret", 1 << 20);
    let gone = Arc::new(std::sync::atomic::AtomicBool::new(false));
    let is_gone = |gone: &Arc<std::sync::atomic::AtomicBool>| -> IsGone {
        let gone = Arc::clone(gone);
        Box::new(move || gone.load(Ordering::SeqCst))
    };
    shelf.put_unless(key(1), &answer("a", "m", 2_000_000), None, is_gone(&gone));
    assert!(shelf.get(key(1)).await.unwrap().is_some());
    // Somebody decided to keep it; then the purge came and was through; then it was put.
    gone.store(true, Ordering::SeqCst);
    let purging = shelf.clone();
    tokio::task::spawn_blocking(move || purging.purge(&Purge::default())).await.unwrap().unwrap();
    shelf.put_unless(key(1), &answer("a", "m", 2_000_000), None, is_gone(&gone));
    assert!(shelf.flush(Duration::from_secs(60)).await);
    assert_eq!(shelf.get(key(1)).await, Ok(None));
    drop(shelf);
    is_closed(&folder.path().join("answers.db"));
    let file = rusqlite::Connection::open(folder.path().join("answers.db")).unwrap();
    let kept: i64 = file.query_row("SELECT COUNT(*) FROM answers", [], |row| row.get(0)).unwrap();
    assert_eq!(kept, 0);
}

#[tokio::test]
async fn nobody_waits_for_ever() {
    // Orders that nobody takes.
    let (orders, _incoming) = mpsc::channel(1);
    let within = Duration::from_millis(1);
    let shelf = Shelf { orders, waiting_bytes: Arc::default(), purges: Arc::default(), within };
    assert_eq!(shelf.get(key(1)).await, Err(NoReply), "none answers in time");
    assert_eq!(shelf.get(key(1)).await, Err(NoReply), "too many wait already");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_file_does_not_let_go_is_not_given_and_goes_later() {
    let folder = tempfile::tempdir().unwrap();
    let Opened { shelf, .. } = open(folder.path(), "secret", 1 << 20);
    shelf.put(key(1), &answer("a", "m", 2_000_000), None);
    shelf.put(key(2), &answer("b", "other", 2_000_000), None);
    assert!(shelf.get(key(1)).await.unwrap().is_some());
    // Another process writes and does not end.
    let file = folder.path().join("answers.db");
    let other = rusqlite::Connection::open(&file).unwrap();
    other.execute_batch("BEGIN IMMEDIATE; UPDATE answers SET bytes = bytes;").unwrap();
    let purging = shelf.clone();
    let purge = Purge { model: Some("m".to_owned()), ..Purge::default() };
    let purged = tokio::task::spawn_blocking(move || purging.purge(&purge)).await.unwrap().unwrap();
    assert_eq!((purged.is_pending, shelf.pending_purges()), (true, 1));
    assert_eq!(shelf.get(key(1)).await, Ok(None), "it is still in the file");
    assert!(shelf.get(key(2)).await.unwrap().is_some());
    other.execute_batch("ROLLBACK").unwrap();
    let deadline = std::time::Instant::now() + Duration::from_secs(60);
    while shelf.pending_purges() > 0 {
        assert!(std::time::Instant::now() < deadline, "it is never tried again");
        assert_eq!(shelf.get(key(1)).await, Ok(None));
    }
    let left: i64 = other.query_row("SELECT COUNT(*) FROM answers", [], |row| row.get(0)).unwrap();
    assert_eq!(left, 1);
}

#[test]
fn purges_that_wait_are_bounded_and_take_rather_too_much() {
    let purges = Purges::default();
    let of = |number: usize| Purge { model: Some(format!("m{number}")), ..Purge::default() };
    for number in 0..MAX_PURGES {
        purges.owe(number as Micros, of(number));
    }
    let old = answer("a", "m7", 2_000_000);
    assert!(purges.takes(&key(1), &old) && !purges.takes(&key(1), &answer("a", "n", 2_000_000)));
    let before = purges.owed();
    purges.owe(MAX_PURGES as Micros, of(MAX_PURGES));
    assert_eq!(purges.pending(), 1);
    assert!(purges.takes(&key(1), &answer("a", "n", 2_000_000)), "all that old are gone");
    // What was on its way when they became one leaves that one.
    purges.done(&before, true);
    assert_eq!(purges.pending(), 1);
    purges.done(&purges.owed(), true);
    assert_eq!(purges.pending(), 0);
    assert!(purges.takes(&key(1), &old), "those that are through are remembered");
}

#[test]
fn no_purge_that_is_through_is_forgotten_for_later_ones() {
    let purges = Purges::default();
    purges.remember(1_000_000_000, Purge::default());
    for number in 0..2 * MAX_PURGES {
        let of = Purge { model: Some(format!("m{number}")), ..Purge::default() };
        purges.remember(1_000_000_000 + number as Micros, of);
    }
    assert!(purges.takes(&key(1), &answer("a", "n", 2_000_000)), "it went with all that old");
    let last = format!("m{}", 2 * MAX_PURGES - 1);
    assert!(purges.takes(&key(1), &answer("a", &last, 2_000_000)));
}
