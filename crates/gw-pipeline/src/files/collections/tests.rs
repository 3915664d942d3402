//! Tests of [`super`].
use super::*;

fn place(method: &str, path: &str) -> Place {
    Place::of(&RawLine { method: method.into(), path: path.into(), ..RawLine::default() }).unwrap()
}

#[test]
fn what_is_done_in_a_collection_is_no_id() {
    for (method, path) in [
        ("POST", "/v1/videos/generations"),
        ("POST", "/v1/videos/edits"),
        ("POST", "/v1/videos/extensions"),
        ("POST", "/v1/videos/characters"),
        ("POST", "/v1/files/upload"),
        ("GET", "/v1/datasets/usage"),
        ("POST", "/v1/responses/compact"),
    ] {
        assert!(place(method, path).is_all(), "{path}");
    }
    assert!(!place("DELETE", "/v1/datasets/usage").is_all());
    assert!(!place("GET", "/v1/files/file_x").is_all());
}

#[test]
fn what_may_be_made_unseen_needs_no_known_owner() {
    for path in [
        "/v1/conversations/conv_1",
        "/v1beta/batches/x",
        "/v1beta/files/x:download",
        "/v1/files/file_x/content",
        "/v1/finetuning/finetuned-models/u-1",
        "/v1/videos/video_1/content",
        "/v1/datasets/u-1",
    ] {
        assert!(place("GET", path).owned().is_empty(), "{path}");
    }
    let owned = place("POST", "/v1beta/cachedContents/c:do").owned();
    assert_eq!(owned, ["c:do", "c", "cachedContents/c"]);
}
