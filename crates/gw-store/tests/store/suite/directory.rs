//! Suite: virtual keys and changes.

use super::Store;
use super::sample::NOON;
use gw_model::{KeyId, KeyPolicy, KeyTerms};
use gw_store::StoreError;
use gw_store::types::{KeyUpdate, NewKey};

fn policy(name: &str) -> KeyPolicy {
    let terms = KeyTerms { models: vec!["*".to_owned()], ..KeyTerms::default() };
    KeyPolicy { name: name.to_owned(), terms, ..KeyPolicy::default() }
}

fn new_key(id: u8, name: &str) -> NewKey {
    NewKey {
        id: KeyId(u128::from(id)),
        digest: [id; 32],
        pepper: 1,
        prefix: "gw-ABCDE".to_owned(),
        last4: "WXYZ".to_owned(),
        policy: policy(name),
    }
}

fn rename(name: &str) -> KeyUpdate {
    KeyUpdate { policy: policy(name), if_revision: None }
}

pub(crate) fn keys_are_created_found_changed_and_revoked(store: &impl Store) {
    let made = store.create_key(&new_key(1, "app"), NOON).unwrap();
    assert_eq!((made.id, made.digest, made.last4.as_str()), (KeyId(1), [1; 32], "WXYZ"));
    assert_eq!((made.created_at, made.updated_at, made.revoked_at), (NOON, NOON, None));
    assert_eq!(store.key(KeyId(1)).unwrap().as_ref(), Some(&made));
    assert_eq!(store.key(KeyId(2)).unwrap(), None);

    let changed = store.update_key(KeyId(1), &rename("app-2"), NOON + 5).unwrap().unwrap();
    assert_eq!(
        (changed.policy.name.as_str(), changed.created_at, changed.updated_at),
        ("app-2", NOON, NOON + 5)
    );
    assert!(changed.revision > made.revision);
    assert_eq!(store.update_key(KeyId(9), &rename("x"), NOON).unwrap(), None);

    assert!(store.revoke_key(KeyId(1), NOON + 9).unwrap());
    assert!(!store.revoke_key(KeyId(1), NOON + 10).unwrap());
    assert_eq!(store.key(KeyId(1)).unwrap().unwrap().revoked_at, Some(NOON + 9));
    assert_eq!(store.update_key(KeyId(1), &rename("x"), NOON).unwrap(), None);
    assert!(store.keys(None, 10).unwrap().is_empty());
}

pub(crate) fn names_are_unique_among_keys_in_force(store: &impl Store) {
    store.create_key(&new_key(1, "app"), NOON).unwrap();
    let error = store.create_key(&new_key(2, "app"), NOON).unwrap_err();
    assert!(matches!(&error, StoreError::NameTaken { name } if name == "app"), "{error}");
    store.create_key(&new_key(2, "web"), NOON).unwrap();
    assert!(matches!(store.update_key(KeyId(2), &rename("app"), NOON), Err(StoreError::NameTaken { .. })));
    store.revoke_key(KeyId(1), NOON).unwrap();
    assert!(store.update_key(KeyId(2), &rename("app"), NOON).unwrap().is_some());
    // Each owner has names of its own; the nearest counts.
    let owned = |id: u8, team: Option<&str>, project: Option<&str>, user: Option<&str>| {
        let mut key = new_key(id, "app");
        let text = |name: Option<&str>, prefix: &str| {
            name.map(|name| match name.strip_prefix("label ") {
                Some(_) => name.to_owned(),
                None => format!("{prefix}_{name:0>32}"),
            })
        };
        key.policy.terms.team_id = text(team, "team");
        key.policy.terms.project_id = text(project, "proj");
        key.policy.user_id = text(user, "user");
        key
    };
    let is_taken = |key: NewKey| match store.create_key(&key, NOON) {
        Ok(_) => false,
        Err(StoreError::NameTaken { name }) => name == "app",
        Err(other) => panic!("{other}"),
    };
    assert!(is_taken(owned(3, None, None, None)));
    assert!(!is_taken(owned(3, Some("a"), None, None)));
    assert!(is_taken(owned(4, Some("a"), None, Some("e"))));
    assert!(!is_taken(owned(4, None, None, Some("e"))));
    assert!(!is_taken(owned(5, Some("a"), Some("d"), Some("e"))));
    assert!(is_taken(owned(6, Some("b"), Some("d"), None)));
    // Labels count where there is nothing else: two tenants may have the same.
    assert!(!is_taken(owned(7, Some("c"), Some("label web"), None)));
    assert!(!is_taken(owned(8, Some("f"), Some("label web"), None)));
    assert!(is_taken(owned(9, Some("f"), Some("label x"), None)));
    assert!(!is_taken(owned(9, None, Some("label web"), None)));
    // Also where it is moved to.
    let into = |key: NewKey| KeyUpdate { policy: key.policy, if_revision: None };
    let there = into(owned(4, Some("a"), Some("d"), None));
    assert!(matches!(store.update_key(KeyId(4), &there, NOON), Err(StoreError::NameTaken { .. })));
    assert!(store.update_key(KeyId(4), &into(owned(4, Some("b"), None, None)), NOON).unwrap().is_some());
    assert!(is_taken(owned(6, Some("b"), None, None)) && !is_taken(owned(6, None, None, Some("e"))));
}

pub(crate) fn changes_have_growing_revisions_and_failed_ones_leave_none(store: &impl Store) {
    assert_eq!(store.revision().unwrap(), 0);
    let first = store.create_key(&new_key(1, "app"), NOON).unwrap().revision;
    assert!(store.create_key(&new_key(2, "app"), NOON).is_err());
    let second = store.create_key(&new_key(3, "web"), NOON + 1).unwrap().revision;
    store.revoke_key(KeyId(1), NOON + 2).unwrap();
    assert!(!store.revoke_key(KeyId(1), NOON + 3).unwrap());
    let changes = store.changes_after(0, 100).unwrap();
    let ids: Vec<_> = changes.iter().map(|c| c.id.clone()).collect();
    assert_eq!(ids, [KeyId(1).to_string(), KeyId(3).to_string(), KeyId(1).to_string()]);
    assert!(changes.is_sorted_by_key(|c| c.revision));
    assert_eq!(changes[2].revision, store.revision().unwrap());
    assert_eq!(store.changes_after(first, 100).unwrap()[0].revision, second);
    assert_eq!(store.changes_after(0, 1).unwrap().len(), 1);
}

pub(crate) fn keys_are_listed_in_pages(store: &impl Store) {
    for id in 1..=25 {
        store.create_key(&new_key(id, &format!("key {id}")), NOON).unwrap();
    }
    let mut seen = Vec::new();
    while let Some(page) = Some(store.keys(seen.last().copied(), 10).unwrap()).filter(|p| !p.is_empty()) {
        seen.extend(page.iter().map(|key| key.id));
    }
    assert_eq!(seen, (1..=25).map(KeyId).collect::<Vec<_>>());
}

pub(crate) fn a_change_of_an_outdated_revision_is_refused(store: &impl Store) {
    let made = store.create_key(&new_key(1, "app"), NOON).unwrap();
    let update = KeyUpdate { policy: policy("b"), if_revision: Some(made.revision) };
    let changed = store.update_key(KeyId(1), &update, NOON).unwrap().unwrap();
    let error = store.update_key(KeyId(1), &update, NOON).unwrap_err();
    assert!(matches!(error, StoreError::Changed { revision } if revision == changed.revision));
}
