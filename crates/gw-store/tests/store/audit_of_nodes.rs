//! The audit log that several nodes share: one chain, whoever writes, and nothing half done when the server goes away.

use crate::postgres::server::Postgres;
use crate::suite::audit::{draft, seal, verify, write};
use crate::suite::sample::NOON;
use gw_model::{KeyId, KeyPolicy, Secret};
use gw_store::audit::{AuditFault, AuditFilter, FaultKind};
use gw_store::postgres::{PostgresSettings, PostgresStore};
use gw_store::traits::{AuditLog, Directory};
use gw_store::types::NewKey;
use std::path::Path;
use std::time::{Duration, Instant};

fn open(url: &str, dir: &Path) -> PostgresStore {
    let keys = [Secret::new("an encryption key of the tests".to_owned())];
    PostgresStore::open(&Secret::new(url.to_owned()), PostgresSettings::default(), &keys, dir).unwrap()
}

fn new_key(id: u8) -> NewKey {
    NewKey {
        id: KeyId(u128::from(id)),
        digest: [id; 32],
        pepper: 1,
        prefix: String::new(),
        last4: String::new(),
        policy: KeyPolicy { name: format!("key {id}"), ..KeyPolicy::default() },
    }
}

fn found(store: &PostgresStore) -> Option<AuditFault> {
    verify(store, &seal(), None).fault
}

#[test]
fn nodes_write_one_chain_beside_other_changes() {
    let Some(server) = Postgres::start() else { return };
    let url = server.database("chain");
    let dir = tempfile::tempdir().unwrap();
    std::thread::scope(|scope| {
        for node in 0..3u8 {
            let (url, dir) = (&url, dir.path());
            scope.spawn(move || {
                let store = open(url, dir);
                std::thread::scope(|scope| {
                    for thread in 0..2u8 {
                        let store = &store;
                        scope.spawn(move || {
                            for n in 0..10 {
                                let id = 1 + node * 40 + thread * 20 + n;
                                let made = store.audited(&seal(), &draft("made", NOON), &mut |control| {
                                    control.create_key(&new_key(id), NOON).map(|_| true)
                                });
                                assert!(made.unwrap());
                                // Beside it, a change without an entry.
                                store.create_key(&new_key(id + 10), NOON).unwrap();
                            }
                        });
                    }
                });
            });
        }
    });
    let store = open(&url, dir.path());
    let report = verify(&store, &seal(), None);
    assert_eq!((report.entries, report.last.unwrap().0, report.fault), (60, 60, None));
    assert_eq!(store.keys(None, 1000).unwrap().len(), 120);
}

#[test]
fn what_is_altered_in_the_tables_is_found_and_located() {
    let Some(server) = Postgres::start() else { return };
    let url = server.database("altered");
    let dir = tempfile::tempdir().unwrap();
    let store = open(&url, dir.path());
    for n in 0..6 {
        write(&store, &draft(&format!("thing {n}"), NOON + n));
    }
    let at = |kind, number| Some((kind, Some(number)));
    let cases = [
        ("UPDATE gatewright.audit SET name = name || 'x' WHERE number = 3", at(FaultKind::Altered, 3)),
        ("UPDATE gatewright.audit SET hash = 'x' WHERE number = 2", at(FaultKind::Altered, 2)),
        ("DELETE FROM gatewright.audit WHERE number = 1", at(FaultKind::Missing, 1)),
    ];
    assert_eq!(found(&store), None);
    for (sql, expected) in cases {
        server.sql("altered", sql);
        assert_eq!(found(&store).map(|fault| (fault.kind, fault.number)), expected, "{sql}");
    }
    server.sql("altered", "UPDATE gatewright.audit_head SET hash = 'x'");
    // The end cannot be trusted: what follows is begun anew, in the open.
    write(&store, &draft("later", NOON + 50));
    let page = store.audit_page(&AuditFilter { limit: 2, ..AuditFilter::default() }).unwrap();
    let actions: Vec<&str> = page.rows.iter().map(|(entry, _)| entry.action.as_str()).collect();
    assert_eq!(actions, ["key.update", "audit.break"]);
    assert_eq!(store.prune_audit(&seal(), NOON + 49, NOON + 60, 100).unwrap(), 0);
}

#[test]
fn a_server_that_goes_away_within_a_change_keeps_nothing_of_it() {
    let Some(mut server) = Postgres::start() else { return };
    let url = server.database("within");
    let dir = tempfile::tempdir().unwrap();
    let store = open(&url, dir.path());
    write(&store, &draft("before", NOON));
    let gone = store.audited(&seal(), &draft("lost", NOON), &mut |control| {
        control.create_key(&new_key(1), NOON)?;
        server.kill();
        // Whoever takes no notice of an error keeps nothing either.
        assert!(control.create_key(&new_key(2), NOON).is_err());
        Ok(true)
    });
    assert!(gone.unwrap_err().is_unavailable());
    let error = store.audited(&seal(), &draft("away", NOON), &mut |_| Ok(true)).unwrap_err();
    assert!(error.is_unavailable(), "{error}");
    server.back();
    let deadline = Instant::now() + Duration::from_secs(20);
    while store.audited(&seal(), &draft("after", NOON + 1), &mut |_| Ok(true)).is_err() {
        assert!(Instant::now() < deadline);
        std::thread::yield_now();
    }
    assert_eq!(store.keys(None, 10).unwrap().len(), 0);
    let report = verify(&store, &seal(), None);
    assert_eq!((report.entries, report.fault), (2, None));
    // No connection was lost to the pool: as many as there may be work at once.
    std::thread::scope(|scope| {
        for n in 0..12 {
            let store = &store;
            scope.spawn(move || write(store, &draft("all", NOON + 2 + n)));
        }
    });
    assert_eq!(found(&store), None);
}
