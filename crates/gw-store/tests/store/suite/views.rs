//! Saved views.

use super::Store;
use gw_model::{AccountId, Level};
use gw_store::types::{StoredView, ViewId};

fn view(number: u128) -> StoredView {
    StoredView {
        id: ViewId(number),
        owner: "master".to_owned(),
        place: None,
        name: "failures".to_owned(),
        filters: "{\"outcome\":\"upstream_error\"}".to_owned(),
        created_at: 5,
        updated_at: 5,
        revision: 1,
    }
}

pub(crate) fn views_are_kept_and_changed_in_turn(store: &impl Store) {
    let place = Some(AccountId { level: Level::Organization, number: 9 });
    let (one, other) = (view(2), StoredView { place, ..view(1) });
    store.create_view(&one).unwrap();
    store.create_view(&other).unwrap();
    assert_eq!(store.views().unwrap(), [other.clone(), one.clone()]);
    assert_eq!(store.view(one.id).unwrap(), Some(one.clone()));
    assert_eq!(store.view(ViewId(7)).unwrap(), None);
    let changed = StoredView {
        place,
        name: "a \u{0} b".replace('\u{0}', "x"),
        filters: "{}".to_owned(),
        updated_at: 6,
        revision: 2,
        ..one.clone()
    };
    assert!(store.update_view(&changed).unwrap());
    assert!(!store.update_view(&changed).unwrap(), "somebody else was faster");
    assert_eq!(store.view(one.id).unwrap(), Some(changed));
    assert!(store.delete_view(one.id).unwrap());
    assert!(!store.delete_view(one.id).unwrap());
    assert_eq!(store.views().unwrap(), [other]);
}
