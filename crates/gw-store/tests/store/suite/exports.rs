//! Exports are changed in turn, listed, and forgotten once they are over.

use super::Store;
use gw_store::types::{ExportState, StoredExport};

fn export(id: u128, state: ExportState, touched_at: i64) -> StoredExport {
    StoredExport { id, state, node: u64::MAX - 3, touched_at, revision: 1, job: format!("{{\"id\":{id}}}") }
}

pub(crate) fn exports_are_changed_in_turn_and_forgotten_when_they_are_over(store: &impl Store) {
    let first = export(1 << 100, ExportState::Waiting, 10);
    assert!(store.add_export(&first).unwrap());
    assert!(!store.add_export(&export(first.id, ExportState::Done, 11)).unwrap(), "it is there once");
    assert!(store.add_export(&export(2 << 100, ExportState::Done, 20)).unwrap());
    assert_eq!(store.open_exports(10).unwrap(), std::slice::from_ref(&first));
    let running = StoredExport { state: ExportState::Running, revision: 2, ..first.clone() };
    assert!(store.change_export(&running).unwrap());
    assert!(!store.change_export(&running).unwrap(), "whoever is second has lost");
    assert_eq!(store.export(first.id).unwrap(), Some(running.clone()));
    let ids = |before| store.exports(before, 10).unwrap().iter().map(|one| one.id).collect::<Vec<_>>();
    assert_eq!(ids(None), [2 << 100, 1 << 100]);
    assert_eq!(ids(Some(2 << 100)), [1 << 100]);
    assert_eq!(store.exports(None, 1).unwrap().len(), 1);
    assert!(store.remove_exports(20, 10).unwrap().is_empty(), "what is not over stays, and what is not old");
    let gone = store.remove_exports(21, 10).unwrap();
    assert_eq!(gone.iter().map(|one| one.id).collect::<Vec<_>>(), [2 << 100]);
    assert_eq!(store.open_exports(10).unwrap(), [running]);
    assert_eq!(store.export(2 << 100).unwrap(), None);
}
