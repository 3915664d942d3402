//! Dynamic routes: drafts, what is in force, and the way back.

use super::Store;
use super::sample::NOON;
use gw_store::StoreError;
use gw_store::types::{MAX_VERSIONS, RouteDraft, StoredRoute, VersionState};

fn draft(document: &str) -> RouteDraft {
    RouteDraft { document: document.to_owned(), author: "ada".to_owned(), note: "a note".to_owned() }
}

/// Number, state and document of each version, newest first.
fn versions(route: &StoredRoute) -> Vec<(i64, &'static str, &str)> {
    route.versions.iter().map(|v| (v.number, v.state.as_str(), v.document.as_str())).collect()
}

pub(crate) fn a_route_has_a_draft_and_one_version_in_force(store: &impl Store) {
    let made = store.create_route("route_1", "chat", &draft("one"), NOON).unwrap();
    assert_eq!((made.revision, versions(&made)), (1, vec![(1, "draft", "one")]));
    let saved = store.save_draft("route_1", &draft("two"), None, NOON + 1).unwrap().unwrap();
    assert_eq!((saved.revision, versions(&saved)), (2, vec![(1, "draft", "two")]));
    let out = store.publish_route("route_1", 1, None, NOON + 2).unwrap().unwrap();
    assert_eq!(versions(&out), [(1, "published", "two")]);
    assert_eq!(out.in_state(VersionState::Published).unwrap().published_at, Some(NOON + 2));

    store.save_draft("route_1", &draft("three"), None, NOON + 3).unwrap();
    let out = store.publish_route("route_1", 2, None, NOON + 4).unwrap().unwrap();
    assert_eq!(versions(&out), [(2, "published", "three"), (1, "archived", "two")]);
    assert_eq!(out.before().map(|version| version.number), Some(1));
    let back = store.publish_route("route_1", 1, None, NOON + 5).unwrap().unwrap();
    assert_eq!(versions(&back), [(2, "archived", "three"), (1, "published", "two")]);
    assert_eq!(back.before().map(|version| version.number), Some(2), "and forth");
    assert_eq!(store.route("route_1").unwrap().as_ref(), Some(&back));
    assert_eq!(store.routes().unwrap(), [back]);

    assert_eq!(store.publish_route("route_1", 9, None, NOON).unwrap(), None);
    assert_eq!(store.publish_route("route_9", 1, None, NOON).unwrap(), None);
    assert_eq!(store.save_draft("route_9", &draft("x"), None, NOON).unwrap(), None);
    assert!(store.delete_route("route_1", None).unwrap() && !store.delete_route("route_1", None).unwrap());
    assert_eq!(store.route("route_1").unwrap(), None);
    store.create_route("route_2", "chat", &draft("anew"), NOON).unwrap();
}

pub(crate) fn route_names_are_unique_and_outdated_changes_are_refused(store: &impl Store) {
    store.create_route("route_1", "chat", &draft("one"), NOON).unwrap();
    let twice = store.create_route("route_2", "chat", &draft("one"), NOON).unwrap_err();
    assert!(matches!(twice, StoreError::NameTaken { name } if name == "chat"));
    store.save_draft("route_1", &draft("two"), Some(1), NOON).unwrap().unwrap();
    for outdated in [
        store.save_draft("route_1", &draft("three"), Some(1), NOON).unwrap_err(),
        store.publish_route("route_1", 1, Some(1), NOON).unwrap_err(),
        store.delete_route("route_1", Some(1)).unwrap_err(),
    ] {
        assert!(matches!(outdated, StoreError::Changed { revision: 2 }), "{outdated}");
    }
    assert_eq!(versions(&store.route("route_1").unwrap().unwrap()), [(1, "draft", "two")]);
}

pub(crate) fn versions_of_a_route_are_bounded(store: &impl Store) {
    store.create_route("route_1", "chat", &draft("0"), NOON).unwrap();
    let rounds = i64::try_from(MAX_VERSIONS).unwrap() + 10;
    for number in 1..=rounds {
        store.publish_route("route_1", number, None, NOON + number).unwrap().unwrap();
        store.save_draft("route_1", &draft(&number.to_string()), None, NOON + number).unwrap();
    }
    let route = store.route("route_1").unwrap().unwrap();
    assert_eq!(route.versions.len(), MAX_VERSIONS);
    assert_eq!(route.in_state(VersionState::Published).map(|version| version.number), Some(rounds));
    assert_eq!(route.before().map(|version| version.number), Some(rounds - 1), "the oldest went");
}
