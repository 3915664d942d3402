//! Objects beside running workers: what is put is seen at once and is there after a restart, a failed write is
//! told, contents can not be read in the file, and expired ones go.

use crate::suite::objects::object;
use crate::suite::sample::{DAY, NOON};
use gw_model::{Clock, KeyId, Micros, Secret};
use gw_store::objects::{
    Object, ObjectError, ObjectKind, ObjectList, ObjectSettings, ObjectWrite, Objects, Sealer,
};
use gw_store::traits::ObjectStore;
use gw_store::{SqliteStore, StoreError};
use std::future::Future;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

struct Fixed;

impl Clock for Fixed {
    fn now(&self) -> Micros {
        NOON
    }
}

/// A store that refuses writes while it is told to.
struct Failing(SqliteStore, AtomicBool);

impl ObjectStore for Failing {
    fn write_objects(&self, writes: &[ObjectWrite<'_>]) -> Result<(), StoreError> {
        if self.1.load(Ordering::Relaxed) {
            return Err(StoreError::Damaged { what: "nothing, this is a test" });
        }
        self.0.write_objects(writes)
    }
    fn object(&self, kind: ObjectKind, id: &str) -> Result<Option<Object>, StoreError> {
        self.0.object(kind, id)
    }
    fn objects_named(&self, ids: &[String]) -> Result<Vec<Object>, StoreError> {
        self.0.objects_named(ids)
    }
    fn object_state(&self, kind: ObjectKind, id: &str) -> Result<Option<Vec<u8>>, StoreError> {
        self.0.object_state(kind, id)
    }
    fn objects(&self, list: &ObjectList) -> Result<Vec<Object>, StoreError> {
        self.0.objects(list)
    }
    fn remove_expired(&self, now: Micros, limit: usize) -> Result<usize, StoreError> {
        self.0.remove_expired(now, limit)
    }
}

fn start(store: Arc<dyn ObjectStore>, key: &str) -> Objects {
    let settings = ObjectSettings { sweep_interval: Duration::from_millis(20), ..ObjectSettings::default() };
    let sealer = Sealer::new(&[Secret::new(key.to_owned())]);
    Objects::start(store, sealer, Arc::new(Fixed), &settings).unwrap()
}

fn open(dir: &Path) -> Objects {
    start(Arc::new(crate::open_sqlite(dir)), "one encryption key")
}

fn wait<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

fn find(objects: &Objects, kind: ObjectKind, id: &str, who: u128) -> Option<Arc<Object>> {
    wait(objects.find(kind, id, KeyId(who), NOON)).unwrap()
}

/// Which of three ids something has, whatever it is.
fn named(objects: &Objects) -> Vec<String> {
    let ids = ["file-1", "nobodys", "resp-1"].map(str::to_owned).to_vec();
    let mut found: Vec<String> =
        wait(objects.named(ids, NOON)).unwrap().iter().map(|object| object.id.clone()).collect();
    found.sort();
    found
}

#[test]
fn what_is_put_is_its_owners_at_once_and_after_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let objects = open(dir.path());
    wait(objects.put(object(ObjectKind::File, "file-1", 7))).unwrap();
    objects.note(object(ObjectKind::Response, "resp-1", 7));
    for _ in 0..2 {
        assert!(find(&objects, ObjectKind::File, "file-1", 7).is_some());
        assert!(find(&objects, ObjectKind::File, "file-1", 0).is_some(), "the master key sees all");
        assert!(find(&objects, ObjectKind::File, "file-1", 8).is_none(), "another key's");
        assert!(find(&objects, ObjectKind::Batch, "file-1", 7).is_none(), "another kind");
    }
    assert!(find(&objects, ObjectKind::Response, "resp-1", 7).is_some(), "noted");
    assert_eq!(named(&objects), ["file-1", "resp-1"]);
    drop(objects);
    let objects = open(dir.path());
    assert!(find(&objects, ObjectKind::File, "file-1", 7).is_some());
    assert!(find(&objects, ObjectKind::File, "file-1", 8).is_none());
    assert!(find(&objects, ObjectKind::Response, "resp-1", 7).is_none(), "its journal was never folded");
    assert_eq!(named(&objects), ["file-1"]);
    wait(objects.remove(ObjectKind::File, "file-1")).unwrap();
    assert!(named(&objects).is_empty());
    assert!(find(&objects, ObjectKind::File, "file-1", 7).is_none());
    drop(objects);
    assert!(find(&open(dir.path()), ObjectKind::File, "file-1", 7).is_none());
}

#[test]
fn contents_are_sealed_and_belong_to_their_object() {
    const MARKER: &str = "a text that must not be found";
    let dir = tempfile::tempdir().unwrap();
    let objects = open(dir.path());
    let made = Arc::new(Object { provider: String::new(), ..object(ObjectKind::Response, "resp-1", 7) });
    wait(objects.put_with_state((*made).clone(), MARKER.repeat(3000).into_bytes())).unwrap();
    assert_eq!(wait(objects.state(&made)).unwrap().unwrap(), MARKER.repeat(3000).into_bytes());
    let thief = Arc::new(Object { owner: KeyId(8), ..(*made).clone() });
    assert!(wait(objects.state(&thief)).is_err(), "the owner is authenticated");
    let absent = Arc::new(object(ObjectKind::Response, "resp-2", 7));
    assert_eq!(wait(objects.state(&absent)).unwrap(), None);
    drop(objects);
    let files = std::fs::read_dir(dir.path()).unwrap().map(|entry| entry.unwrap().path());
    for file in files.filter(|path| path.is_file()) {
        let bytes = std::fs::read(&file).unwrap();
        let found = bytes.windows(MARKER.len()).any(|window| window == MARKER.as_bytes());
        assert!(!found, "{} shows the content", file.display());
    }
    let other = start(Arc::new(crate::open_sqlite(dir.path())), "another encryption key");
    assert!(wait(other.state(&made)).is_err());
}

#[test]
fn a_failed_write_is_told_and_owns_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let store = Arc::new(Failing(crate::open_sqlite(dir.path()), AtomicBool::new(true)));
    let objects = start(Arc::clone(&store) as Arc<dyn ObjectStore>, "one encryption key");
    let error = wait(objects.put(object(ObjectKind::File, "file-1", 7))).unwrap_err();
    assert_eq!(error.code().as_str(), "storage_full");
    assert!(find(&objects, ObjectKind::File, "file-1", 7).is_none());
    store.1.store(false, Ordering::Relaxed);
    wait(objects.put(object(ObjectKind::File, "file-1", 7))).unwrap();
    assert!(find(&objects, ObjectKind::File, "file-1", 7).is_some());
    objects.finish();
    let closed = wait(objects.put(object(ObjectKind::File, "file-2", 7)));
    assert!(matches!(closed, Err(ObjectError::Closed)));
}

/// However many wait, it is for the lock once, behind the write that waited for it already; and never one by one.
#[test]
fn a_locked_database_fails_what_waits_together() {
    const WRITES: usize = 600;
    let dir = tempfile::tempdir().unwrap();
    let store: Arc<dyn ObjectStore> = Arc::new(crate::open_sqlite(dir.path()));
    let settings = ObjectSettings::default();
    let objects = Arc::new(Objects::start(store, Sealer::new(&[]), Arc::new(Fixed), &settings).unwrap());
    let other = rusqlite::Connection::open(dir.path().join("gatewright.db")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let put_all = async || {
        let mut all = tokio::task::JoinSet::new();
        for number in 0..WRITES {
            let objects = Arc::clone(&objects);
            all.spawn(
                async move { objects.put(object(ObjectKind::File, &format!("file-{number}"), 7)).await },
            );
        }
        all.join_all().await
    };
    let begun = Instant::now();
    let results = wait(put_all());
    // The lock is waited for by the first writes, by what came meanwhile, and perhaps by the sweep before.
    assert!(begun.elapsed() < Duration::from_secs(40), "{:?}", begun.elapsed());
    for result in results {
        let ObjectError::Store(error) = result.unwrap_err() else { panic!("another error") };
        assert!(error.is_locked(), "{error}");
    }
    assert!(find(&objects, ObjectKind::File, "file-1", 7).is_none());
    other.execute_batch("ROLLBACK").unwrap();
    assert!(wait(put_all()).iter().all(Result::is_ok));
    assert!(find(&objects, ObjectKind::File, "file-599", 7).is_some());
}

#[test]
fn too_much_at_once_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let settings = ObjectSettings { queue_writes: 0, ..ObjectSettings::default() };
    let store: Arc<dyn ObjectStore> = Arc::new(crate::open_sqlite(dir.path()));
    let objects = Objects::start(store, Sealer::new(&[]), Arc::new(Fixed), &settings).unwrap();
    let busy = wait(objects.put(object(ObjectKind::File, "file-1", 7))).unwrap_err();
    assert_eq!(busy.code().as_str(), "overloaded");
    assert!(find(&objects, ObjectKind::File, "file-1", 7).is_none());
}

#[test]
fn expired_objects_are_nobodys_and_are_removed() {
    let dir = tempfile::tempdir().unwrap();
    let objects = open(dir.path());
    let made = object(ObjectKind::Response, "resp-1", 7);
    wait(objects.put_with_state(Object { expires: Some(NOON - DAY), ..made }, b"state".to_vec())).unwrap();
    assert!(find(&objects, ObjectKind::Response, "resp-1", 7).is_none());
    let store = crate::open_sqlite(dir.path());
    let deadline = Instant::now() + Duration::from_secs(10);
    while store.object_state(ObjectKind::Response, "resp-1").unwrap().is_some() {
        assert!(Instant::now() < deadline, "it was not removed");
        std::thread::yield_now();
    }
}

#[test]
fn the_memory_is_bounded_and_the_database_knows_the_rest() {
    let dir = tempfile::tempdir().unwrap();
    let settings = ObjectSettings { memory_entries: 16, ..ObjectSettings::default() };
    let store: Arc<dyn ObjectStore> = Arc::new(crate::open_sqlite(dir.path()));
    let objects = Objects::start(store, Sealer::new(&[]), Arc::new(Fixed), &settings).unwrap();
    for number in 0..100 {
        wait(objects.put(object(ObjectKind::Response, &format!("resp-{number}"), 7))).unwrap();
    }
    for number in 0..100 {
        assert!(find(&objects, ObjectKind::Response, &format!("resp-{number}"), 7).is_some(), "{number}");
    }
}

#[test]
fn however_many_are_expired_they_all_go() {
    let dir = tempfile::tempdir().unwrap();
    let store = crate::open_sqlite(dir.path());
    let expired = |number: i64| {
        let made = object(ObjectKind::Item, &format!("item-{number}"), 7);
        Object { expires: Some(NOON - DAY - number), ..made }
    };
    let all: Vec<Object> = (0..1700).map(expired).collect();
    let writes: Vec<_> = all.iter().map(|object| ObjectWrite::Put { object, state: None }).collect();
    store.write_objects(&writes).unwrap();
    let sealer = Sealer::new(&[]);
    let store = Arc::new(store);
    let shared = Arc::clone(&store) as Arc<dyn ObjectStore>;
    // The next round would come too late.
    let settings = ObjectSettings { sweep_interval: Duration::from_secs(3600), ..ObjectSettings::default() };
    let objects = Objects::start(shared, sealer, Arc::new(Fixed), &settings).unwrap();
    let deadline = Instant::now() + Duration::from_secs(20);
    while all.iter().any(|object| store.object(object.kind, &object.id).unwrap().is_some()) {
        assert!(Instant::now() < deadline, "they were not removed");
        std::thread::yield_now();
    }
    objects.finish();
}
