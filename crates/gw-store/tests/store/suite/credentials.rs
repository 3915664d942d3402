//! Suite: credentials of providers.

use super::Store;
use super::sample::NOON;
use gw_store::StoreError;
use gw_store::types::StoredCredential;

fn credential(name: &str, sealed: &[u8]) -> StoredCredential {
    StoredCredential {
        name: name.to_owned(),
        sealed: sealed.to_vec(),
        last4: "1234".to_owned(),
        description: "of the east".to_owned(),
        created_at: NOON,
        updated_at: NOON,
    }
}

pub(crate) fn credentials_are_kept_sealed_under_their_names(store: &impl Store) {
    let (west, east) = (credential("west", &[0, 255, 7]), credential("East", &[]));
    store.create_credential(&west).unwrap();
    store.create_credential(&east).unwrap();
    let twice = store.create_credential(&credential("west", &[1])).unwrap_err();
    assert!(matches!(twice, StoreError::NameTaken { name } if name == "west"));
    assert_eq!(store.credentials().unwrap(), [east.clone(), west.clone()], "in the order of bytes");

    let changed = StoredCredential { sealed: vec![9], last4: "9876".to_owned(), ..west };
    assert!(store.update_credential(&changed, NOON + 5).unwrap());
    assert!(!store.update_credential(&credential("north", &[]), NOON).unwrap());
    assert!(!store.update_credential(&changed, NOON + 6).unwrap(), "it was changed since it was read");
    assert!(!store.delete_credential("East", NOON + 1).unwrap(), "so was that one");
    let delete = || store.delete_credential("East", NOON).unwrap();
    assert!(delete() && !delete());
    assert_eq!(store.credentials().unwrap(), [StoredCredential { updated_at: NOON + 5, ..changed }]);
}
