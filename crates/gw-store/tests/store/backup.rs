//! Backups taken beside a running process, and what a restored directory holds.

use crate::suite::objects::{object, owned};
use crate::suite::sample::{NOON, fold, intent, record};
use gw_model::KeyId;
use gw_store::backup::{backup, restore, verify};
use gw_store::fold::{FoldSettings, replay};
use gw_store::journal::{Journal, JournalSettings};
use gw_store::objects::{ObjectKind, ObjectWrite};
use gw_store::traits::{Ledger, ObjectStore};
use gw_store::{DataDir, SqliteStore, StoreError, keys};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// A data directory in use: ten records folded, five in the journal, and an open call.
fn busy(path: &Path) -> (DataDir, SqliteStore, Journal) {
    let dir = DataDir::open(path).unwrap();
    let store = crate::open_sqlite(path);
    keys::master_key(path).unwrap();
    keys::encryption_keys(path).unwrap();
    fold(&store, &(0..10).map(record).collect::<Vec<_>>());
    let settings = JournalSettings {
        node: dir.node(),
        generation: dir.generation(),
        segment_bytes: 64 << 10,
        ..JournalSettings::default()
    };
    let mut journal = Journal::open(&dir.journal(), 0, &settings).unwrap();
    for number in 10..15 {
        journal.record(&record(number), 0).unwrap();
    }
    journal.intent(&intent(&record(99), 0, 900), true).unwrap();
    (dir, store, journal)
}

#[test]
fn a_database_elsewhere_is_saved_from_there_and_postgresql_is_left_to_its_own_programs() {
    let temp = tempfile::tempdir().unwrap();
    let (data, target) = (temp.path().join("data"), temp.path().join("backup"));
    let dir = DataDir::open(&data).unwrap();
    let place = temp.path().join("elsewhere.db");
    drop(SqliteStore::open(&place).unwrap());
    assert!(backup(&data, &target, false).is_err(), "there is none in the directory");
    dir.note_database(Some(&place)).unwrap();
    assert!(backup(&data, &target, true).unwrap().files.iter().any(|file| file.path == "gatewright.db"));
    dir.note_database(Some(Path::new(gw_store::data_dir::IN_POSTGRES))).unwrap();
    let error = backup(&data, &target, true).unwrap_err();
    assert!(
        matches!(error, StoreError::InPostgres { .. }) && error.to_string().contains("pg_dump"),
        "{error}"
    );
    dir.note_database(None).unwrap();
    drop(crate::open_sqlite(&data));
    backup(&data, &target, true).unwrap();
}

#[test]
fn a_backup_of_a_busy_directory_restores_to_all_that_was_written() {
    let temp = tempfile::tempdir().unwrap();
    let (data, target, other) =
        (temp.path().join("data"), temp.path().join("backup"), temp.path().join("other"));
    let mut held = busy(&data);
    let kept = object(ObjectKind::Response, "resp-1", 7);
    held.1.write_objects(&[ObjectWrite::Put { object: &kept, state: Some(b"sealed") }]).unwrap();
    held.2.owned([owned("resp-2")].into_iter()).unwrap();
    let manifest = backup(&data, &target, false).unwrap();
    assert_eq!(verify(&target).unwrap(), manifest);
    for file in &manifest.files {
        let mode = std::fs::metadata(target.join(&file.path)).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{}", file.path);
    }
    assert!(!target.join("gatewright.db-wal").exists());

    restore(&target, &other, false).unwrap();
    let dir = DataDir::open(&other).unwrap();
    assert_eq!((dir.node(), dir.generation()), (held.0.node(), held.0.generation() + 1));
    assert_eq!(keys::master_key(&other).unwrap(), keys::master_key(&data).unwrap());
    assert_eq!(keys::encryption_keys(&other).unwrap(), keys::encryption_keys(&data).unwrap());
    let store = crate::open_sqlite(&other);
    let settings = FoldSettings { node: dir.node(), generation: dir.generation(), ..FoldSettings::default() };
    let report = replay(&dir.journal(), &store, &settings).unwrap();
    assert_eq!((report.records, report.lost), (5, 1));
    assert_eq!(store.spent_of(KeyId(1), NOON).unwrap().total.0, 15 * 100 + 900);
    assert_eq!(store.object(ObjectKind::Response, "resp-1").unwrap(), Some(kept));
    assert_eq!(store.object_state(ObjectKind::Response, "resp-1").unwrap().as_deref(), Some(&b"sealed"[..]));
    assert_eq!(
        store.object(ObjectKind::Response, "resp-2").unwrap().unwrap().owner,
        KeyId(7),
        "from the journal"
    );
}

#[test]
fn nothing_is_written_over_unless_forced() {
    let temp = tempfile::tempdir().unwrap();
    let (data, target) = (temp.path().join("data"), temp.path().join("backup"));
    let held = busy(&data);
    backup(&data, &target, false).unwrap();
    assert!(matches!(backup(&data, &target, false), Err(StoreError::NotEmpty { .. })));
    backup(&data, &target, true).unwrap();
    // Force never removes a directory that is no backup.
    let photos = temp.path().join("photos");
    std::fs::create_dir(&photos).unwrap();
    std::fs::write(photos.join("cat.jpg"), "meow").unwrap();
    assert!(matches!(backup(&data, &photos, true), Err(StoreError::NotEmpty { .. })));

    assert!(matches!(restore(&target, &data, true), Err(StoreError::InUse { .. })));
    drop(held);
    assert!(matches!(restore(&target, &data, false), Err(StoreError::NotEmpty { .. })));
    fold(&crate::open_sqlite(&data), &[record(500)]);
    restore(&target, &data, true).unwrap();
    let store = crate::open_sqlite(&data);
    assert_eq!(store.spent_of(KeyId(1), NOON).unwrap().total.0, 1000, "the later record is gone");
}

#[test]
fn a_backup_that_is_not_whole_is_refused_with_the_file_at_fault() {
    let temp = tempfile::tempdir().unwrap();
    let (data, target, other) =
        (temp.path().join("data"), temp.path().join("backup"), temp.path().join("other"));
    drop(busy(&data));
    backup(&data, &target, false).unwrap();
    std::fs::write(target.join("encryption.key"), "changed").unwrap();
    let error = restore(&target, &other, false).unwrap_err();
    assert!(error.to_string().contains("encryption.key"), "{error}");
    assert!(!other.exists(), "nothing was touched");
    std::fs::remove_file(target.join("manifest.json")).unwrap();
    assert!(verify(&target).is_err());
    assert!(backup(&temp.path().join("nowhere"), &temp.path().join("x"), false).is_err());
}
