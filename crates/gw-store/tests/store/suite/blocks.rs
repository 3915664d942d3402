//! Suite: providers and models that the API manages.

use super::Store;
use super::sample::NOON;
use gw_store::StoreError;
use gw_store::types::StoredBlock;

fn block(kind: &str, name: &str) -> StoredBlock {
    StoredBlock {
        kind: kind.to_owned(),
        name: name.to_owned(),
        document: r#"{"kind":"openai"}"#.to_owned(),
        sealed: Some(vec![0, 255, 7]),
        created_at: NOON,
        updated_at: NOON,
        revision: 1,
    }
}

pub(crate) fn blocks_of_the_configuration_are_kept_by_kind_and_name(store: &impl Store) {
    let (model, east, west) = (block("model", "east"), block("provider", "east"), block("provider", "West"));
    for one in [&east, &west, &model] {
        store.create_block(one).unwrap();
    }
    let twice = store.create_block(&block("provider", "east")).unwrap_err();
    assert!(matches!(twice, StoreError::NameTaken { name } if name == "east"));
    assert_eq!(store.blocks().unwrap(), [model.clone(), west.clone(), east.clone()], "in the order of bytes");

    let changed = StoredBlock { sealed: None, updated_at: NOON + 5, revision: 2, ..east };
    assert!(store.update_block(&changed).unwrap());
    assert!(!store.update_block(&changed).unwrap(), "somebody else was first");
    assert!(!store.update_block(&StoredBlock { revision: 2, ..block("provider", "north") }).unwrap());
    assert!(!store.delete_block("provider", "West", Some(99)).unwrap(), "it changed since");
    assert!(store.delete_block("provider", "West", None).unwrap());
    assert!(!store.delete_block("provider", "West", None).unwrap());
    assert_eq!(store.blocks().unwrap(), [model, changed]);
}
