//! Datasets and what is in them.

use super::Store;
use gw_model::{AccountId, Level, RequestId, Secret};
use gw_store::datasets::ItemSealer;
use gw_store::types::{DatasetId, ItemChanges, ItemId, PageSize, StoredDataset, StoredItem};

fn dataset(number: u128) -> StoredDataset {
    StoredDataset {
        id: DatasetId(number),
        owner: "master".to_owned(),
        place: None,
        origins: "[]".to_owned(),
        name: "good ones".to_owned(),
        description: String::new(),
        created_at: 5,
        updated_at: 5,
        revision: 1,
    }
}

fn item(number: u128, source: Option<u128>) -> StoredItem {
    StoredItem {
        id: ItemId(number),
        source: source.map(RequestId),
        created_at: 6,
        updated_at: 6,
        sealed: vec![1, 2, 3],
    }
}

fn changes(write: &[StoredItem], remove: &[u128]) -> ItemChanges {
    ItemChanges {
        write: write.to_vec(),
        remove: remove.iter().copied().map(ItemId).collect(),
        origins: None,
        most: 3,
        most_bytes: 12,
        now: 9,
    }
}

pub(crate) fn datasets_are_kept_with_their_items(store: &impl Store) {
    let one = dataset(2);
    let other = StoredDataset {
        place: Some(AccountId { level: Level::Organization, number: 9 }),
        description: "for the release".to_owned(),
        ..dataset(1)
    };
    for new in [&one, &other] {
        store.create_dataset(new).unwrap();
    }
    assert_eq!(store.datasets().unwrap(), [(other.clone(), 0), (one.clone(), 0)]);
    let renamed = StoredDataset { name: "best ones".to_owned(), revision: 2, ..one.clone() };
    assert!(store.update_dataset(&renamed).unwrap());
    assert!(!store.update_dataset(&renamed).unwrap(), "somebody else was faster");
    let items = [item(1, Some(7)), item(2, None), item(3, Some(5))];
    let origins = "[[\"org_1\"]]".to_owned();
    let added = ItemChanges { origins: Some((one.origins.clone(), origins.clone())), ..changes(&items, &[]) };
    assert!(store.change_items(one.id, &added).unwrap());
    assert!(
        !store.change_items(one.id, &added).unwrap(),
        "somebody else said meanwhile whose calls they are"
    );
    assert!(store.change_items(one.id, &changes(&[], &[])).unwrap(), "whose calls they are stays");
    assert!(!store.change_items(DatasetId(99), &changes(&items, &[])).unwrap(), "there is no such dataset");
    assert!(!store.change_items(one.id, &changes(&[item(4, None)], &[])).unwrap(), "it is full");
    assert_eq!(store.items(one.id, None, PageSize::rows(10)).unwrap(), items);
    assert_eq!(store.items(one.id, Some(ItemId(1)), PageSize::rows(1)).unwrap(), [items[1].clone()]);
    // Each has three bytes: a page ends with the one that fills it, and has one whatever that is like.
    for (bytes, expected) in [(1, 1), (3, 1), (4, 2), (9, 3)] {
        let page = PageSize { rows: 10, bytes };
        assert_eq!(store.items(one.id, None, page).unwrap(), items[..expected], "{bytes} bytes");
    }
    let large = StoredItem { sealed: vec![0; 7], ..item(2, None) };
    assert!(!store.change_items(one.id, &changes(&[large], &[])).unwrap(), "13 bytes are too many");
    assert!(store.items(other.id, None, PageSize::rows(10)).unwrap().is_empty());
    assert_eq!(store.item_sources(one.id).unwrap(), [RequestId(5), RequestId(7)]);
    assert_eq!(
        store.dataset(one.id).unwrap(),
        Some((StoredDataset { updated_at: 9, origins, ..renamed }, 3))
    );
    // One goes, one comes, one is replaced.
    let replaced = StoredItem { sealed: vec![9], updated_at: 9, ..item(2, None) };
    let written = [replaced.clone(), item(8, None)];
    assert!(store.change_items(one.id, &changes(&written, &[1])).unwrap());
    assert_eq!(
        store.items(one.id, None, PageSize::rows(10)).unwrap(),
        [replaced, item(3, Some(5)), item(8, None)]
    );
    assert!(store.delete_dataset(one.id).unwrap());
    assert!(!store.delete_dataset(one.id).unwrap());
    assert!(store.items(one.id, None, PageSize::rows(10)).unwrap().is_empty());
    assert_eq!(store.datasets().unwrap(), [(other, 0)]);
}

#[test]
fn a_sealed_item_is_opened_where_it_belongs_alone() {
    let keys = [Secret::new("new".to_owned()), Secret::new("old".to_owned())];
    let (sealer, before) = (ItemSealer::new(&keys), ItemSealer::new(&keys[1..]));
    let (dataset, item) = (DatasetId(1), ItemId(2));
    let text = "what was said ".repeat(100);
    let sealed = before.seal(dataset, item, &text).unwrap();
    assert!(sealed.len() < text.len(), "it is compressed");
    assert_eq!(sealer.open(dataset, item, &sealed).unwrap(), text);
    assert!(sealer.open(DatasetId(2), item, &sealed).is_err());
    assert!(sealer.open(dataset, ItemId(3), &sealed).is_err());
    let strange = ItemSealer::new(&[Secret::new("another".to_owned())]);
    assert!(strange.open(dataset, item, &sealed).is_err());
}
