//! Segments of bodies on their way to object storage, there, and on their way out of it, in both databases: what a node asks, what
//! becomes of it, and what readers find meanwhile. Besides: files of bodies where the database is PostgreSQL.

use crate::postgres::server::Postgres;
use crate::suite::sample::{DAY, NOON, fold, record};
use crate::suite::search;
use gw_model::{AccountId, Level, Record, RequestId, Secret};
use gw_store::bodies::{BodyFiling, FarBodies, FarError};
use gw_store::postgres::PostgresSettings;
use gw_store::traits::{Database, RecordStore, SegmentStore};
use gw_store::types::{FarSegment, KeptPart, LogFilter, LogRow, SealedBodies, Unread, Whose};
use gw_store::{PostgresStore, SqliteStore, transfer};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

const SECOND: i64 = 1_000_000;
const OWNER: AccountId = AccountId { level: Level::Organization, number: 1 };

/// Object storage in memory.
#[derive(Debug, Default)]
struct Room {
    objects: Mutex<BTreeMap<String, Vec<u8>>>,
    is_away: Mutex<bool>,
}

impl FarBodies for Room {
    fn read(&self, segment: &str, start: u64, length: usize) -> Result<Option<Vec<u8>>, FarError> {
        if *self.is_away.lock().unwrap() {
            return Err(FarError("away".to_owned()));
        }
        let objects = self.objects.lock().unwrap();
        let start = usize::try_from(start).unwrap();
        Ok(objects.get(segment).map(|all| all[start.min(all.len())..all.len().min(start + length)].to_vec()))
    }
}

fn filing(dir: &Path, room: &Arc<Room>) -> BodyFiling {
    let far: Arc<dyn FarBodies> = Arc::<Room>::clone(room);
    let dir = dir.join("bodies");
    BodyFiling { dir, segment_bytes: Some(1 << 20), far: Some(far), spool_bytes: Some(4 << 20) }
}

fn sqlite(dir: &Path, room: &Arc<Room>) -> SqliteStore {
    let store = crate::open_sqlite(dir);
    store.file_bodies(filing(dir, room));
    store
}

fn postgres(url: &str, dir: &Path, node: u64) -> PostgresStore {
    let keys = [Secret::new("an encryption key of a test".to_owned())];
    let settings = PostgresSettings { node, ..PostgresSettings::default() };
    PostgresStore::open(&Secret::new(url.to_owned()), settings, &keys, dir).unwrap()
}

fn sealed(record: &Record, expires: i64) -> SealedBodies {
    let text = format!("what was said in {}", record.id);
    SealedBodies { request: record.id, expires, sealed: [&[1], text.as_bytes()].concat() }
}

/// Six calls, of which the first two are of an organization; the first three expire a day before the others.
fn filled(store: &impl Database) -> Vec<Record> {
    let mut all: Vec<Record> = (1..=6).map(record).collect();
    all[0].accounts = vec![OWNER];
    all[1].accounts = vec![OWNER];
    fold(store, &all);
    let bodies: Vec<SealedBodies> =
        (1..).zip(&all).map(|(at, one)| sealed(one, NOON + DAY * if at > 3 { 2 } else { 1 })).collect();
    store.write_bodies(&bodies).unwrap();
    all
}

fn rows(store: &impl Database) -> Vec<LogRow> {
    let filter = LogFilter { with_bodies: true, limit: 1_000, ..LogFilter::default() };
    let mut rows = store.logs(&filter).unwrap().rows;
    rows.reverse();
    rows
}

/// The calls whose bodies are read, by their places.
fn read(store: &impl Database) -> Vec<usize> {
    let rows = rows(store);
    let with = rows.iter().enumerate().filter(|(_, row)| row.bodies.is_some());
    with.map(|(at, row)| {
        let text = format!("what was said in {}", row.request_id);
        assert_eq!(row.bodies.as_deref().unwrap()[1..], *text.as_bytes());
        at
    })
    .collect()
}

fn files(dir: &Path) -> usize {
    std::fs::read_dir(dir.join("bodies")).map_or(0, Iterator::count)
}

/// Sends what is to be sent; how many segments it were.
fn send(store: &impl Database, room: &Room, now: i64) -> usize {
    let waiting = store.segments_to_send(now, 10 * SECOND).unwrap();
    for local in &waiting {
        let content = std::fs::read(&local.path).unwrap();
        room.objects.lock().unwrap().insert(local.segment.name(), content);
        assert!(store.segment_sent(local.segment).unwrap());
    }
    waiting.len()
}

fn names(segments: &[FarSegment]) -> Vec<String> {
    segments.iter().map(|segment| segment.name()).collect()
}

fn segments_go_there_and_out_again(store: &impl Database, dir: &Path, room: &Room) {
    let all = filled(store);
    assert_eq!(send(store, room, NOON), 0, "they are written to");
    assert_eq!(send(store, room, NOON + 9 * SECOND), 0);
    assert_eq!((send(store, room, NOON + 10 * SECOND), files(dir)), (2, 0), "one for each hour");
    assert_eq!(read(store), [0, 1, 2, 3, 4, 5]);
    // What comes later goes to others.
    store.write_bodies(&[sealed(&all[5], NOON + 2 * DAY)]).unwrap();
    assert_eq!((files(dir), read(store).len()), (1, 6));
    // A storage that is away is said to be, and nothing is an error.
    *room.is_away.lock().unwrap() = true;
    let unread: Vec<Option<Unread>> = rows(store).iter().map(|row| row.unread).collect();
    assert_eq!((&unread[..5], unread[5]), (&[Some(Unread::Away); 5][..], None));
    *room.is_away.lock().unwrap() = false;
    let early = rewritten(store, dir, room, &all);
    assert_eq!(read(store), [2, 3, 4, 5]);
    // The hour of the first has come.
    assert_eq!(store.remove_expired_bodies(NOON + DAY - 1, 100).unwrap(), 0);
    assert_eq!(store.remove_expired_bodies(NOON + DAY, 100).unwrap(), 1);
    assert_eq!(store.remove_expired_bodies(NOON + DAY, 100).unwrap(), 0);
    let over = store.segments_to_remove(10).unwrap();
    assert_eq!(names(&over), [early.name()]);
    room.objects.lock().unwrap().remove(&over[0].name());
    store.segment_removed(over[0]).unwrap();
    assert!(store.segments_to_remove(10).unwrap().is_empty());
    assert_eq!(read(store), [3, 4, 5]);
    // One that is sent too late is not wanted any more.
    let waiting = {
        store.segments_to_send(NOON + DAY, 0).unwrap();
        store.segments_to_send(NOON + DAY + SECOND, 0).unwrap()
    };
    assert_eq!(waiting.len(), 1);
    assert_eq!(store.remove_expired_bodies(NOON + 3 * DAY, 100).unwrap(), 3);
    assert!(!store.segment_sent(waiting[0].segment).unwrap());
    assert_eq!(files(dir), 0);
    // Without its object, a body is none.
    room.objects.lock().unwrap().clear();
    assert!(rows(store).iter().all(|row| row.bodies.is_none() && row.unread.is_none()));
}

/// The bodies of an organization go early, from the segment that is given.
fn rewritten(store: &impl Database, dir: &Path, room: &Room, all: &[Record]) -> FarSegment {
    let bound = all[5].time + SECOND;
    store.sweep(KeptPart::Bodies, &Whose::Of(OWNER), RequestId(0), bound, 100).unwrap();
    assert_eq!(read(store), [2, 3, 4, 5], "they are not read any more");
    let wanted = store.segments_to_rewrite(10).unwrap();
    assert_eq!(wanted.len(), 1);
    let rewrite = store.begin_rewrite(wanted[0], NOON, NOON + SECOND).unwrap().unwrap();
    let (name, copy) = (wanted[0].name(), dir.join("copy"));
    let object = room.objects.lock().unwrap()[&name].clone();
    let holds = |bytes: &[u8], at: usize| {
        let text = sealed(&all[at], 0).sealed;
        bytes.windows(text.len()).any(|window| window == text)
    };
    assert!(holds(&object, 0) && holds(&object, 1) && holds(&object, 2));
    std::fs::write(&copy, &object).unwrap();
    rewrite.overwrite(&copy).unwrap();
    let object = std::fs::read(&copy).unwrap();
    assert!(!holds(&object, 0) && !holds(&object, 1) && holds(&object, 2));
    room.objects.lock().unwrap().insert(name, object);
    assert!(store.end_rewrite(&rewrite).unwrap(), "the rest is still wanted");
    assert!(store.segments_to_rewrite(10).unwrap().is_empty());
    wanted[0]
}

#[test]
fn segments_go_to_object_storage_and_out_again() {
    let (dir, room) = (tempfile::tempdir().unwrap(), Arc::<Room>::default());
    segments_go_there_and_out_again(&sqlite(dir.path(), &room), dir.path(), &room);
    let Some(server) = Postgres::start() else { return };
    let (dir, room) = (tempfile::tempdir().unwrap(), Arc::<Room>::default());
    let store = postgres(&server.database("segments"), dir.path(), 7);
    store.file_bodies(filing(dir.path(), &room));
    segments_go_there_and_out_again(&store, dir.path(), &room);
}

/// A segment of which all goes early is removed, and one that is not sent yet is overwritten before it is.
fn all_of_a_segment_goes_early(store: &impl Database, room: &Room) {
    let all = filled(store);
    let bound = all[5].time + SECOND;
    // It is open: noted, and overwritten at the latest when it is sent.
    store.sweep(KeptPart::Bodies, &Whose::Of(OWNER), RequestId(0), bound, 100).unwrap();
    send(store, room, NOON);
    assert_eq!(send(store, room, NOON + 20 * SECOND), 2);
    let text = sealed(&all[0], 0).sealed;
    let objects = room.objects.lock().unwrap().clone();
    assert!(!objects.values().any(|object| object.windows(text.len()).any(|window| window == text)));
    assert!(store.segments_to_rewrite(10).unwrap().is_empty(), "it is done");
    store.sweep(KeptPart::Bodies, &Whose::NotOf(vec![OWNER]), RequestId(0), bound, 100).unwrap();
    let wanted = store.segments_to_rewrite(10).unwrap();
    assert_eq!(wanted.len(), 2);
    for segment in wanted {
        assert_eq!(store.begin_rewrite(segment, NOON, NOON + SECOND).unwrap(), None);
    }
    assert_eq!(store.segments_to_remove(10).unwrap().len(), 2);
}

#[test]
fn a_segment_of_which_nothing_is_left_is_removed() {
    let (dir, room) = (tempfile::tempdir().unwrap(), Arc::<Room>::default());
    all_of_a_segment_goes_early(&sqlite(dir.path(), &room), &room);
    let Some(server) = Postgres::start() else { return };
    let dir = tempfile::tempdir().unwrap();
    let (room, store) = (Arc::<Room>::default(), postgres(&server.database("nothing_left"), dir.path(), 7));
    store.file_bodies(filing(dir.path(), &room));
    all_of_a_segment_goes_early(&store, &room);
}

#[test]
fn what_is_not_sent_yet_is_sent_after_a_restart_and_what_waits_is_bounded() {
    let (dir, room) = (tempfile::tempdir().unwrap(), Arc::<Room>::default());
    let store = sqlite(dir.path(), &room);
    let all = filled(&store);
    drop(store);
    let store = sqlite(dir.path(), &room);
    assert_eq!(
        store.segments_to_send(NOON, 10 * SECOND).unwrap().len(),
        2,
        "nothing is written to them any more"
    );
    let held = store.segment_bytes_here();
    assert!(held > 0);
    let large = SealedBodies { sealed: vec![1; 4 << 20], ..sealed(&all[0], NOON + DAY) };
    let refused = store.write_bodies(&[large]).unwrap_err();
    assert!(refused.to_string().contains("wait for the object storage"), "{refused}");
    assert_eq!(store.segment_bytes_here(), held);
    store.write_bodies(&[sealed(&all[0], NOON + DAY)]).unwrap();
    assert_eq!(send(&store, &room, NOON), 2);
    assert_eq!(read(&store), [0, 1, 2, 3, 4, 5]);
    // Whoever sends nothing any more reads what is there all the same.
    drop(store);
    let store = crate::open_sqlite(dir.path());
    let quiet = BodyFiling { segment_bytes: None, spool_bytes: None, ..filing(dir.path(), &room) };
    store.file_bodies(quiet);
    assert_eq!(read(&store).len(), 6);
    assert!(store.segments_to_send(NOON + DAY, 0).unwrap().is_empty());
}

#[test]
fn nodes_see_what_others_sent_and_say_who_has_the_rest() {
    let Some(server) = Postgres::start() else { return };
    let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (url, room) = (server.database("two"), Arc::<Room>::default());
    let here = postgres(&url, one.path(), 7);
    here.file_bodies(filing(one.path(), &room));
    let there = postgres(&url, other.path(), 9);
    there.file_bodies(filing(other.path(), &room));
    let all = filled(&here);
    there.write_bodies(&[sealed(&all[5], NOON + 2 * DAY)]).unwrap();
    let unread = |store: &PostgresStore| rows(store).iter().map(|row| row.unread).collect::<Vec<_>>();
    assert_eq!((read(&here), read(&there)), (vec![0, 1, 2, 3, 4], vec![5]));
    assert_eq!(unread(&here)[5], Some(Unread::Elsewhere(9)));
    assert_eq!(unread(&there)[..5], [Some(Unread::Elsewhere(7)); 5]);
    send(&here, &room, NOON);
    assert_eq!(send(&here, &room, NOON + 20 * SECOND), 2, "its own");
    assert_eq!(read(&there), [0, 1, 2, 3, 4, 5]);
    // Only one of them writes a segment anew at a time, until it had its time.
    let bound = all[5].time + SECOND;
    there.sweep(KeptPart::Bodies, &Whose::Of(OWNER), RequestId(0), bound, 100).unwrap();
    let wanted = here.segments_to_rewrite(10).unwrap();
    let late = here.begin_rewrite(wanted[0], NOON, NOON + SECOND).unwrap().unwrap();
    assert_eq!(there.begin_rewrite(wanted[0], NOON, NOON + SECOND).unwrap(), None);
    let rewrite = there.begin_rewrite(wanted[0], NOON + 2 * SECOND, NOON + DAY).unwrap().unwrap();
    // Whoever is late ends nothing, and takes it from nobody.
    assert!(here.end_rewrite(&late).unwrap() && here.end_rewrite(&late.given_up()).unwrap());
    assert_eq!(here.begin_rewrite(wanted[0], NOON + 3 * SECOND, NOON + DAY).unwrap(), None);
    assert_eq!(here.segments_to_rewrite(10).unwrap(), wanted);
    assert!(there.end_rewrite(&rewrite.given_up()).unwrap(), "others may try");
    let rewrite = here.begin_rewrite(wanted[0], NOON + 3 * SECOND, NOON + DAY).unwrap().unwrap();
    // Its hour comes meanwhile: what is put then is to be removed.
    here.remove_expired_bodies(NOON + 3 * DAY, 100).unwrap();
    assert!(!here.end_rewrite(&rewrite).unwrap());
}

/// What is in the storage, and was not noted, is found there; what is nowhere stays as it is.
fn what_is_missing_here_is_known(store: &impl Database, dir: &Path, room: &Room) {
    let all = filled(store);
    assert!(store.segments_missing().unwrap().is_empty());
    let waiting = {
        store.segments_to_send(NOON, 0).unwrap();
        store.segments_to_send(NOON + SECOND, 0).unwrap()
    };
    assert_eq!(waiting.len(), 2);
    for local in &waiting {
        let content = std::fs::read(&local.path).unwrap();
        room.objects.lock().unwrap().insert(local.segment.name(), content);
    }
    std::fs::remove_dir_all(dir.join("bodies")).unwrap();
    assert_eq!(names(&store.segments_missing().unwrap()).len(), 2);
    assert!(store.segment_sent(waiting[0].segment).unwrap());
    assert_eq!(names(&store.segments_missing().unwrap()), [waiting[1].segment.name()]);
    // What is to go early is overwritten there from now on.
    let bound = all[5].time + SECOND;
    store.sweep(KeptPart::Bodies, &Whose::Of(OWNER), RequestId(0), bound, 100).unwrap();
    assert_eq!(names(&store.segments_to_rewrite(10).unwrap()), [waiting[0].segment.name()]);
}

#[test]
fn segments_that_are_not_here_any_more_are_known() {
    let (dir, room) = (tempfile::tempdir().unwrap(), Arc::<Room>::default());
    what_is_missing_here_is_known(&sqlite(dir.path(), &room), dir.path(), &room);
    let Some(server) = Postgres::start() else { return };
    let (dir, room) = (tempfile::tempdir().unwrap(), Arc::<Room>::default());
    let store = postgres(&server.database("missing"), dir.path(), 7);
    store.file_bodies(filing(dir.path(), &room));
    what_is_missing_here_is_known(&store, dir.path(), &room);
}

/// Object storage that is slow, and in which somebody else wants to use the database meanwhile.
#[derive(Debug, Default)]
struct SlowRoom {
    room: Arc<Room>,
    store: Mutex<std::sync::Weak<PostgresStore>>,
}

impl FarBodies for SlowRoom {
    fn read(&self, segment: &str, start: u64, length: usize) -> Result<Option<Vec<u8>>, FarError> {
        std::thread::sleep(Duration::from_millis(30));
        if let Some(store) = self.store.lock().unwrap().upgrade() {
            store.segments_to_remove(1).unwrap();
        }
        self.room.read(segment, start, length)
    }
}

/// A search through bodies that takes long says how far it came, and goes on from there.
fn slow_bodies_are_read_a_few_at_a_time(store: &impl Database) {
    let filter = LogFilter { with_bodies: true, limit: 1_000, ..LogFilter::default() };
    let (mut filter, mut found) = (filter, Vec::new());
    for pages in 1.. {
        let page = store.search(&filter, Some(Duration::from_millis(1)), &mut |_| true).unwrap();
        found.extend(page.rows.iter().filter(|row| row.bodies.is_some()).map(|row| row.request_id));
        let Some(next) = page.next else {
            assert!(pages >= 6, "{pages}");
            break;
        };
        filter.before = Some(next);
    }
    assert_eq!(found.len(), 6);
}

#[test]
fn whoever_reads_from_a_slow_storage_holds_no_connection_and_stops_in_time() {
    let dir = tempfile::tempdir().unwrap();
    let slow =
        |room: &Arc<Room>| Arc::new(SlowRoom { room: Arc::<Room>::clone(room), store: Mutex::default() });
    let room = Arc::<Room>::default();
    let store = crate::open_sqlite(dir.path());
    store.file_bodies(BodyFiling { far: Some(slow(&room)), ..filing(dir.path(), &room) });
    filled(&store);
    send(&store, &room, NOON);
    send(&store, &room, NOON + 20 * SECOND);
    slow_bodies_are_read_a_few_at_a_time(&store);
    let Some(server) = Postgres::start() else { return };
    let dir = tempfile::tempdir().unwrap();
    let keys = [Secret::new("an encryption key of a test".to_owned())];
    let settings = PostgresSettings { node: 7, max_connections: 1 };
    let url = Secret::new(server.database("slow"));
    let store = Arc::new(PostgresStore::open(&url, settings, &keys, dir.path()).unwrap());
    let room = Arc::<Room>::default();
    let slow = slow(&room);
    *slow.store.lock().unwrap() = Arc::downgrade(&store);
    store.file_bodies(BodyFiling { far: Some(slow), ..filing(dir.path(), &room) });
    filled(&*store);
    send(&*store, &room, NOON);
    assert_eq!(send(&*store, &room, NOON + 20 * SECOND), 2);
    slow_bodies_are_read_a_few_at_a_time(&*store);
}

#[test]
fn what_goes_early_from_files_of_a_node_that_is_gone_is_overwritten_by_others() {
    let Some(server) = Postgres::start() else { return };
    let dir = tempfile::tempdir().unwrap();
    let (url, room) = (server.database("gone"), Arc::<Room>::default());
    let gone = postgres(&url, dir.path(), 7);
    gone.file_bodies(filing(dir.path(), &room));
    let all = filled(&gone);
    let here = postgres(&url, dir.path(), 9);
    here.file_bodies(filing(dir.path(), &room));
    let bound = all[5].time + SECOND;
    here.sweep(KeptPart::Bodies, &Whose::Of(OWNER), RequestId(0), bound, 100).unwrap();
    here.remove_expired_bodies(NOON, 100).unwrap();
    let text = sealed(&all[0], 0).sealed;
    for file in std::fs::read_dir(dir.path().join("bodies")).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        assert!(!bytes.windows(text.len()).any(|window| window == text));
    }
    // Its node sends them without it when it is back.
    assert_eq!(gone.segments_to_send(NOON + 20 * SECOND, SECOND).unwrap().len(), 0);
    assert_eq!(gone.segments_to_send(NOON + 40 * SECOND, SECOND).unwrap().len(), 2);
}

#[test]
fn who_moves_to_another_database_finds_what_is_in_object_storage() {
    let Some(server) = Postgres::start() else { return };
    let (dir, room) = (tempfile::tempdir().unwrap(), Arc::<Room>::default());
    let store = sqlite(dir.path(), &room);
    let all = filled(&store);
    send(&store, &room, NOON);
    assert_eq!(send(&store, &room, NOON + 20 * SECOND), 2);
    store.write_bodies(&[sealed(&all[5], NOON + 2 * DAY)]).unwrap();
    drop(store);
    let url = server.database("taken_along");
    let secret = Secret::new("an encryption key of a test".to_owned());
    transfer::to_postgres(dir.path(), &Secret::new(url.clone()), Some(vec![secret]), false).unwrap();
    let target = postgres(&url, dir.path(), 7);
    target.file_bodies(filing(dir.path(), &room));
    assert_eq!(read(&target), [0, 1, 2, 3, 4, 5]);
    target.write_bodies(&[sealed(&all[0], NOON + 2 * DAY)]).unwrap();
    send(&target, &room, NOON);
    assert_eq!(send(&target, &room, NOON + 20 * SECOND), 1);
    let objects = room.objects.lock().unwrap().len();
    assert_eq!((objects, read(&target).len()), (3, 6), "none has another's number");
}

#[test]
fn files_beside_postgresql_do_what_the_suite_asks_and_what_goes_early_is_erased() {
    let Some(server) = Postgres::start() else { return };
    let cases: [fn(&PostgresStore); 4] = [
        |store| search::bodies_stand_beside_their_records_for_a_time(store),
        |store| search::pages_with_bodies_are_bounded_by_bytes(store),
        |store| search::old_records_go_and_sums_stay(store),
        |store| search::what_is_old_goes_by_whose_it_is(store),
    ];
    for (number, case) in cases.into_iter().enumerate() {
        let dir = tempfile::tempdir().unwrap();
        let store = postgres(&server.database(&format!("files_{number}")), dir.path(), 7);
        store.file_bodies(BodyFiling::in_files(dir.path().join("bodies"), Some(1 << 20)));
        case(&store);
        assert!(files(dir.path()) > 0, "{number}");
    }
    let dir = tempfile::tempdir().unwrap();
    let store = postgres(&server.database("erased"), dir.path(), 7);
    store.file_bodies(BodyFiling::in_files(dir.path().join("bodies"), Some(1 << 20)));
    let all = filled(&store);
    let is_on_disk = |at: usize| {
        let text = sealed(&all[at], 0).sealed;
        std::fs::read_dir(dir.path().join("bodies")).unwrap().any(|file| {
            let bytes = std::fs::read(file.unwrap().path()).unwrap();
            bytes.windows(text.len()).any(|window| window == text)
        })
    };
    assert!(is_on_disk(0) && is_on_disk(2));
    let bound = all[5].time + SECOND;
    store.sweep(KeptPart::Bodies, &Whose::Of(OWNER), RequestId(0), bound, 100).unwrap();
    // The next look of its node.
    store.remove_expired_bodies(NOON, 100).unwrap();
    assert!(!is_on_disk(0) && !is_on_disk(1) && is_on_disk(2));
    store.remove_records(all[3].time, 100).unwrap();
    store.remove_expired_bodies(NOON, 100).unwrap();
    assert!(!is_on_disk(2) && is_on_disk(5));
    assert_eq!(store.remove_expired_bodies(NOON + 3 * DAY, 100).unwrap(), 3);
    assert_eq!(files(dir.path()), 0);
}
