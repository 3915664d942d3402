//! Moving an installation from SQLite to PostgreSQL: whole or not at all, and the source stays as it is.

use crate::postgres::server::Postgres;
use crate::suite::audit;
use crate::suite::sample::{DAY, NOON, attempt, fold, intent, pending, record};
use gw_model::{AccountId, KeyId, KeyPolicy, Level, Membership, Role, Secret};
use gw_store::journal::{Frame, Journal, JournalSettings, SegmentId, SegmentReader, list_segments};
use gw_store::objects::{Object, ObjectKind, ObjectWrite};
use gw_store::postgres::{PostgresSettings, PostgresStore};
use gw_store::traits::{Database, Directory, Ledger};
use gw_store::types::{
    AccountLabel, AccountProfile, GroupBy, LogFilter, NewKey, RouteDraft, SealedBodies, StoredCredential,
    UsageFilter,
};
use gw_store::{DataDir, StoreError, transfer};
use std::path::Path;

const TEAM: AccountId = AccountId { level: Level::Team, number: 6 };
const USER: AccountId = AccountId { level: Level::User, number: 7 };
const SECRET: &str = "an encryption key of a test";

fn key(id: u8, name: &str) -> NewKey {
    NewKey {
        id: KeyId(id.into()),
        digest: [id; 32],
        pepper: 1,
        prefix: "gw-ABCDE".to_owned(),
        last4: "WXYZ".to_owned(),
        policy: KeyPolicy { name: name.to_owned(), ..KeyPolicy::default() },
    }
}

/// Some of everything.
fn furnish(store: &impl Database) {
    for n in 0..3 {
        audit::write(store, &audit::draft(&format!("thing {n}"), NOON + n));
    }
    store.create_key(&key(1, "app"), NOON).unwrap();
    store.create_key(&key(2, "gone"), NOON).unwrap();
    let mut beside = key(4, "app");
    beside.policy.terms.team_id = Some("label".to_owned());
    store.create_key(&beside, NOON).unwrap();
    let given = Membership { account: TEAM, role: Role::Member, given_by: Some("scim".into()) };
    let user = AccountProfile {
        name: "Ada".to_owned(),
        email: Some("ada@example.com".to_owned()),
        memberships: vec![given],
        ..AccountProfile::default()
    };
    let team = AccountProfile { name: "core".to_owned(), ..AccountProfile::default() };
    store.create_account(TEAM, None, &team, NOON).unwrap();
    store.create_account(USER, None, &user, NOON).unwrap();
    store.revoke_key(KeyId(2), NOON + 1).unwrap();
    let draft = RouteDraft { document: "{}".to_owned(), author: "ada".to_owned(), note: String::new() };
    store.create_route("route_1", "chat", &draft, NOON).unwrap();
    store.publish_route("route_1", 1, None, NOON).unwrap();
    store.save_draft("route_1", &draft, None, NOON).unwrap();
    let (name, last4, description) = ("east".to_owned(), "1234".to_owned(), "of the east".to_owned());
    let sealed = vec![0, 255, 1];
    let credential =
        StoredCredential { name, sealed, last4, description, created_at: NOON, updated_at: NOON };
    store.create_credential(&credential).unwrap();
    let object = Object {
        kind: ObjectKind::File,
        id: "file-1".to_owned(),
        provider: "openai".to_owned(),
        credential: "east".to_owned(),
        owner: KeyId(1),
        model: String::new(),
        detail: "12".to_owned(),
        created: NOON,
        expires: Some(NOON + DAY),
    };
    store.write_objects(&[ObjectWrite::Put { object: &object, state: Some(b"sealed") }]).unwrap();
    let mut odd = record(900);
    odd.attempts.insert(0, attempt("be\0ta", 7));
    odd.key = None;
    let (team, name) = (AccountId { level: Level::Team, number: 5 }, "core".to_owned());
    odd.accounts = vec![team];
    store.label_accounts(&[AccountLabel { id: team, name }]).unwrap();
    fold(store, &(0..500).map(record).chain([odd]).collect::<Vec<_>>());
    store.fold(&mut |batch| batch.lost(&pending(&record(901), &[900]))).unwrap();
    let bodies = (0..40).map(|number| SealedBodies {
        request: record(number).id,
        expires: NOON + DAY,
        sealed: vec![1; 500],
    });
    store.write_bodies(&bodies.collect::<Vec<_>>()).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let mut journal = Journal::open(dir.path(), 0, &JournalSettings::default()).unwrap();
    journal.intent(&intent(&record(902), 0, 4321), true).unwrap();
    drop(journal);
    store
        .fold(&mut |batch| {
            batch.advance(u64::MAX, SegmentId { generation: 3, worker: 1, sequence: 7 }, 99)?;
            let id = list_segments(dir.path()).unwrap()[0];
            let mut reader = SegmentReader::open(dir.path(), id).unwrap();
            reader.read(&mut Vec::new(), usize::MAX, |frame, _| match frame {
                Frame::Intent(intent) => batch.keep_pending(u64::MAX, &intent),
                _ => Ok::<_, StoreError>(()),
            })?;
            Ok(())
        })
        .unwrap();
}

/// All that can be asked, as text.
fn told(store: &impl Database) -> String {
    let usage = |group_by| store.usage(&UsageFilter { group_by, ..UsageFilter::default() }).unwrap();
    let mut of_accounts = store.accounts_spent(None, NOON).unwrap();
    of_accounts.sort_unstable_by_key(|(id, _)| *id);
    let mut spent = store.spent(NOON).unwrap();
    spent.sort_by_key(|(key, _)| *key);
    let logs = store.logs(&LogFilter { limit: 1000, with_bodies: true, ..LogFilter::default() }).unwrap();
    let text = format!(
        "{:?}\n{:?}\n{:?}\n{:?}\n{:?}\n{:?}\n{:?}\n{:?}\n{:?}\n{:?}\n{:?}\n{:?}\n{:?}\n{:?}",
        (store.keys_of(&[KeyId(1), KeyId(2), KeyId(4)]).unwrap(), store.account(USER).unwrap()),
        store.changes_after(0, 100).unwrap(),
        store.routes().unwrap(),
        store.credentials().unwrap(),
        store.objects_named(&["file-1".to_owned()]).unwrap(),
        store.object_state(ObjectKind::File, "file-1").unwrap(),
        GroupBy::ALL.iter().map(|by| usage(*by)).collect::<Vec<_>>(),
        spent,
        of_accounts,
        store.watermarks(u64::MAX).unwrap(),
        store.pending(u64::MAX).unwrap(),
        store.revision().unwrap(),
        logs,
        audit::verify(store, &audit::seal(), None),
    );
    // The one character that PostgreSQL takes in no text.
    text.replace("\\0", "\u{fffd}").replace("\\u0000", "\u{fffd}")
}

fn files(dir: &Path) -> Vec<(String, Vec<u8>)> {
    let mut all: Vec<_> = std::fs::read_dir(dir)
        .unwrap()
        .flatten()
        // Whoever reads a database makes files beside it that hold nothing.
        .filter(|entry| entry.metadata().is_ok_and(|file| file.is_file()))
        .filter(|entry| !entry.path().to_string_lossy().ends_with("-shm") && !is_empty_log(&entry.path()))
        .map(|entry| (entry.file_name().to_string_lossy().into_owned(), std::fs::read(entry.path()).unwrap()))
        .collect();
    all.sort();
    all
}

fn is_empty_log(path: &Path) -> bool {
    path.to_string_lossy().ends_with("-wal") && path.metadata().is_ok_and(|file| file.len() == 0)
}

#[test]
fn what_sqlite_told_postgresql_tells_and_the_source_stays_as_it_is() {
    let Some(server) = Postgres::start() else { return };
    let temp = tempfile::tempdir().unwrap();
    let dir = temp.path();
    let url = Secret::new(server.database("moved"));
    let secret = || Some(vec![Secret::new(SECRET.to_owned())]);
    let running = DataDir::open(dir).unwrap();
    let store = crate::open_sqlite(dir);
    store.keep_bodies_in(dir.join("bodies"), Some(1 << 20));
    furnish(&store);
    assert_eq!(std::fs::read_dir(dir.join("bodies")).unwrap().count(), 1);
    let expected = told(&store);
    let error = transfer::to_postgres(dir, &url, secret(), false).unwrap_err();
    assert!(matches!(error, StoreError::InUse { .. }), "{error}");
    drop((store, running));
    let before = files(dir);
    let moved = transfer::to_postgres(dir, &url, secret(), false).unwrap();
    assert!(moved.rows.contains(&("records", 502)) && moved.rows.contains(&("keys", 3)), "{moved:?}");
    let after = files(dir);
    let names = |files: &[(String, Vec<u8>)]| files.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
    assert_eq!(names(&after), names(&before));
    assert!(after == before, "a file is not as it was");

    let open = || {
        let keys = [Secret::new(SECRET.to_owned())];
        PostgresStore::open(&url, PostgresSettings::default(), &keys, dir).unwrap()
    };
    let target = open();
    let found = told(&target);
    for (found, expected) in found.lines().zip(expected.lines()) {
        assert_eq!(found, expected);
    }
    let made = target.create_key(&key(3, "next"), NOON).unwrap();
    assert!(made.revision > 3, "revisions go on: {}", made.revision);

    let error = transfer::to_postgres(dir, &url, secret(), false).unwrap_err();
    assert!(matches!(error, StoreError::DatabaseNotEmpty), "{error}");
    assert!(target.key(KeyId(3)).unwrap().is_some(), "nothing was touched");
    // Another installation takes its place, with another encryption key.
    transfer::to_postgres(dir, &url, Some(vec![Secret::new("another key altogether".to_owned())]), true)
        .unwrap();
    assert!(target.key(KeyId(3)).unwrap().is_none());
    let keys = [Secret::new("another key altogether".to_owned())];
    let again = PostgresStore::open(&url, PostgresSettings::default(), &keys, dir).unwrap();
    assert_eq!(told(&again), found);
}

#[test]
fn what_cannot_be_moved_whole_is_not_moved() {
    let Some(server) = Postgres::start() else { return };
    let temp = tempfile::tempdir().unwrap();
    let dir = temp.path();
    let url = Secret::new(server.database("half"));
    let secret = || Some(vec![Secret::new(SECRET.to_owned())]);
    assert!(transfer::to_postgres(dir, &url, secret(), false).is_err(), "there is nothing");
    furnish(&crate::open_sqlite(dir));
    let two =
        Some(vec![Secret::new(SECRET.to_owned()), Secret::new("the one before, of that length".to_owned())]);
    let error = transfer::to_postgres(dir, &url, two, true).unwrap_err();
    assert!(matches!(error, StoreError::KeysPending) && error.is_configuration(), "{error}");
    assert!(transfer::to_postgres(dir, &url, None, false).is_err(), "there is no encryption key");
    assert!(!dir.join("encryption.key").exists());
    let keys = [Secret::new(SECRET.to_owned())];
    let target = PostgresStore::open(&url, PostgresSettings::default(), &keys, dir).unwrap();
    server.sql("half", "ALTER TABLE gatewright.route_versions ADD CHECK (number < 2)");
    let error = transfer::to_postgres(dir, &url, secret(), false).unwrap_err();
    assert!(matches!(error, StoreError::Postgres { .. }), "{error}");
    assert!(target.keys(None, 10).unwrap().is_empty() && target.spent(NOON).unwrap().is_empty());
    let nowhere = Secret::new("postgres://u:geheim@127.0.0.1:1/d".to_owned());
    let error = transfer::to_postgres(dir, &nowhere, secret(), false).unwrap_err().to_string();
    assert!(error.contains("PostgreSQL") && !error.contains("geheim"), "{error}");
}
