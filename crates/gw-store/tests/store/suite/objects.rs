//! Objects: whose they are, in pages, until they expire.

use super::Store;
use super::sample::{DAY, NOON, record};
use gw_model::KeyId;
use gw_store::fold::{FoldSettings, replay};
use gw_store::journal::{Journal, JournalSettings, Owned};
use gw_store::objects::{Object, ObjectKind, ObjectList, ObjectWrite};

pub(crate) fn object(kind: ObjectKind, id: &str, owner: u128) -> Object {
    Object {
        kind,
        id: id.to_owned(),
        provider: "openai".to_owned(),
        credential: "east".to_owned(),
        owner: KeyId(owner),
        model: "chat".to_owned(),
        detail: String::new(),
        created: NOON,
        expires: None,
    }
}

/// A response of key 7, as a journal says it.
pub(crate) fn owned(id: &str) -> Owned<'_> {
    Owned {
        kind: ObjectKind::Response.code(),
        id,
        provider: "openai",
        owner: KeyId(7),
        model: "chat",
        detail: "12",
        created: NOON,
        expires: Some(NOON + DAY),
        credential: "east",
    }
}

fn put(store: &impl Store, object: &Object, state: Option<&[u8]>) {
    store.write_objects(&[ObjectWrite::Put { object, state }]).unwrap();
}

pub(crate) fn an_object_comes_back_and_the_last_word_counts(store: &impl Store) {
    let file = Object { detail: "{\"purpose\":\"batch\"}".to_owned(), ..object(ObjectKind::File, "id-1", 7) };
    let response = Object { expires: Some(NOON + DAY), ..object(ObjectKind::Response, "id-1", 8) };
    put(store, &file, None);
    put(store, &response, Some(b"sealed"));
    assert_eq!(store.object(ObjectKind::File, "id-1").unwrap().as_ref(), Some(&file));
    assert_eq!(store.object(ObjectKind::Response, "id-1").unwrap().as_ref(), Some(&response));
    assert_eq!(store.object_state(ObjectKind::Response, "id-1").unwrap().as_deref(), Some(&b"sealed"[..]));
    assert_eq!(store.object_state(ObjectKind::File, "id-1").unwrap(), None);

    let other = object(ObjectKind::File, "id-1", 9);
    put(store, &other, None);
    assert_eq!(store.object(ObjectKind::File, "id-1").unwrap(), Some(other));
    store.write_objects(&[ObjectWrite::Remove { kind: ObjectKind::Response, id: "id-1" }]).unwrap();
    assert_eq!(store.object(ObjectKind::Response, "id-1").unwrap(), None);
    assert_eq!(store.object_state(ObjectKind::Response, "id-1").unwrap(), None);
    assert!(store.object(ObjectKind::File, "id-1").unwrap().is_some(), "another kind is another object");
}

pub(crate) fn objects_are_listed_in_pages_by_owner(store: &impl Store) {
    for number in 0..10 {
        let id = format!("file-{number}");
        let made = object(ObjectKind::File, &id, number % 2);
        put(store, &Object { created: NOON + i64::try_from(number / 4).unwrap(), ..made }, None);
    }
    put(store, &Object { expires: Some(NOON), ..object(ObjectKind::File, "gone", 1) }, None);
    put(store, &object(ObjectKind::Batch, "batch-1", 1), None);
    let page = |owner: Option<u128>, after: Option<&str>, oldest_first: bool, limit: usize| -> Vec<String> {
        let list = ObjectList {
            kind: ObjectKind::File,
            owner: owner.map(KeyId),
            after: after.map(str::to_owned),
            oldest_first,
            now: NOON + 1,
            limit,
        };
        store.objects(&list).unwrap().into_iter().map(|object| object.id).collect()
    };
    assert_eq!(page(Some(1), None, false, 2), ["file-9", "file-7"]);
    assert_eq!(page(Some(1), Some("file-7"), false, 9), ["file-5", "file-3", "file-1"]);
    assert_eq!(page(Some(1), Some("file-3"), true, 9), ["file-5", "file-7", "file-9"]);
    assert_eq!(page(Some(1), Some("nothing"), true, 9), [""; 0]);
    assert_eq!(page(None, None, true, 99).len(), 10);
    assert_eq!(page(Some(5), None, true, 99), [""; 0]);
}

pub(crate) fn expired_objects_go_with_their_contents(store: &impl Store) {
    for number in 0..5 {
        let made = object(ObjectKind::Response, &format!("resp-{number}"), 1);
        put(store, &Object { expires: Some(NOON + number * DAY), ..made }, Some(b"sealed"));
    }
    put(store, &object(ObjectKind::File, "kept", 1), None);
    assert_eq!(store.remove_expired(NOON - 1, 9).unwrap(), 0);
    assert_eq!(store.remove_expired(NOON + 2 * DAY, 2).unwrap(), 2, "no more than asked for");
    assert_eq!(store.remove_expired(NOON + 2 * DAY, 2).unwrap(), 1);
    for number in 0..5 {
        let id = format!("resp-{number}");
        let is_there = store.object(ObjectKind::Response, &id).unwrap().is_some();
        assert_eq!(is_there, number > 2, "{id}");
        assert_eq!(store.object_state(ObjectKind::Response, &id).unwrap().is_some(), is_there);
    }
    assert!(store.object(ObjectKind::File, "kept").unwrap().is_some());
}

pub(crate) fn a_journal_says_whose_an_object_is(store: &impl Store) {
    let dir = tempfile::tempdir().unwrap();
    let settings = JournalSettings { segment_bytes: 64 << 10, ..JournalSettings::default() };
    let mut journal = Journal::open(dir.path(), 0, &settings).unwrap();
    journal.owned([owned("resp_1"), owned("resp_2")].into_iter()).unwrap();
    journal.record(&record(1), 0).unwrap();
    drop(journal);
    let fold = FoldSettings { generation: settings.generation + 1, ..FoldSettings::default() };
    replay(dir.path(), store, &fold).unwrap();
    let detail = "12".to_owned();
    let wanted = Object { detail, expires: Some(NOON + DAY), ..object(ObjectKind::Response, "resp_1", 7) };
    assert_eq!(store.object(ObjectKind::Response, "resp_1").unwrap(), Some(wanted));
    assert!(store.object(ObjectKind::Response, "resp_2").unwrap().is_some());
}
