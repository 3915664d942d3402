//! Tests of [`super`].
use super::*;
use std::collections::HashSet;
use std::os::unix::fs::PermissionsExt;

#[test]
fn virtual_keys_have_the_promised_shape_and_differ() {
    let keys: HashSet<String> = (0..200).map(|_| generate_key().unwrap().expose().to_owned()).collect();
    assert_eq!(keys.len(), 200);
    for key in &keys {
        let random = key.strip_prefix("gw-").unwrap();
        assert!(random.len() == 43 && random.bytes().all(|b| b.is_ascii_alphanumeric()), "{key}");
    }
    let used: HashSet<char> = keys.iter().flat_map(|k| k.chars().skip(3)).collect();
    assert_eq!(used.len(), 62);
}

#[test]
fn only_the_ends_of_a_key_are_shown() {
    let key = Secret::new("gw-ABCDEFGHIJKLMNOPQRSTUVWXYZ".to_owned());
    assert_eq!(shown_parts(&key), ("gw-ABCDE".to_owned(), "WXYZ".to_owned()));
    assert_eq!(shown_parts(&Secret::new("short".to_owned())), (String::new(), String::new()));
}

#[test]
fn key_files_are_made_once_and_closed_to_others() {
    let temp = tempfile::tempdir().unwrap();
    let made = master_key(temp.path()).unwrap();
    assert!(made.is_new);
    let found = master_key(temp.path()).unwrap();
    assert_eq!(found, FoundKey { key: made.key, is_new: false });
    let keys = encryption_keys(temp.path()).unwrap();
    assert_eq!(keys, encryption_keys(temp.path()).unwrap());
    for file in [MASTER_FILE, ENCRYPTION_FILE] {
        let mode = std::fs::metadata(temp.path().join(file)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{file}");
    }
    std::fs::write(temp.path().join(ENCRYPTION_FILE), "0123456789abcdef\nfedcba9876543210\n").unwrap();
    assert_eq!(encryption_keys(temp.path()).unwrap().len(), 2);
    std::fs::write(temp.path().join(MASTER_FILE), "\n").unwrap();
    assert!(matches!(master_key(temp.path()), Err(StoreError::BadKeyFile { .. })));
}

#[test]
fn derived_keys_depend_on_key_and_purpose_and_file_ids_on_the_name() {
    let (a, b) = (Secret::new("a".repeat(64)), Secret::new("b".repeat(64)));
    assert_eq!(pepper(&a), pepper(&a));
    assert_ne!(pepper(&a), pepper(&b));
    assert_ne!(derive(&a, "x"), derive(&a, "y"));
    assert_eq!(pepper(&a).expose().len(), 64);
    assert_eq!(file_key_id("app"), file_key_id("app"));
    assert_ne!(file_key_id("app"), file_key_id("app2"));
    assert_ne!(generate_key_id().unwrap(), generate_key_id().unwrap());
}
