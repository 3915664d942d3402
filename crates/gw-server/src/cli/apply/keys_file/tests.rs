//! Tests of [`super`].
use super::*;

fn keys(names: &[&str]) -> Vec<(String, Secret)> {
    names.iter().map(|name| ((*name).to_owned(), Secret::new(format!("gw-{name}")))).collect()
}

#[test]
fn keys_are_added_for_the_owner_alone_and_those_that_were_not_made_go_again() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("keys.jsonl");
    std::fs::write(&path, "{\"name\":\"old\",\"key\":\"gw-old\"}\n").unwrap();
    std::fs::set_permissions(&path, Permissions::from_mode(0o644)).unwrap();
    let file = KeysFile::append(&path, &keys(&["a", "b", "c"])).unwrap();
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(std::fs::read_to_string(&path).unwrap().lines().count(), 4);
    file.keep(&["b".to_owned()].into()).unwrap();
    let text = std::fs::read_to_string(&path).unwrap();
    assert_eq!(text, "{\"name\":\"old\",\"key\":\"gw-old\"}\n{\"name\":\"b\",\"key\":\"gw-b\"}\n");
    let nowhere = KeysFile::append(&dir.path().join("no/such"), &keys(&["a"])).unwrap_err();
    assert!(nowhere.contains("--keys-file"), "{nowhere}");
}
