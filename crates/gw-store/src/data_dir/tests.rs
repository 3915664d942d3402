//! Tests of [`super`].
use super::*;
use std::os::unix::fs::PermissionsExt;

#[test]
fn each_run_has_a_number_and_the_node_stays_the_same() {
    let temp = tempfile::tempdir().unwrap();
    let path = temp.path().join("a/b");
    let (node, first) = {
        let dir = DataDir::open(&path).unwrap();
        assert!(dir.journal().is_dir());
        (dir.node(), dir.generation())
    };
    let dir = DataDir::open(&path).unwrap();
    assert_eq!((dir.node(), dir.generation()), (node, first + 1));
    let mode = std::fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o077, 0, "others may not read it");
}

#[test]
fn a_second_process_is_told_who_has_it_and_what_to_do() {
    let temp = tempfile::tempdir().unwrap();
    let held = DataDir::open(temp.path()).unwrap();
    let error = DataDir::open(temp.path()).unwrap_err();
    assert!(matches!(error, StoreError::InUse { .. }));
    assert!(error.to_string().contains("--data-dir"), "{error}");
    drop(held);
    assert!(DataDir::open(temp.path()).is_ok());
}

#[test]
fn a_directory_that_can_not_be_made_is_an_error_with_its_path() {
    let temp = tempfile::tempdir().unwrap();
    let file = temp.path().join("file");
    std::fs::write(&file, "").unwrap();
    let error = DataDir::open(&file.join("data")).unwrap_err();
    assert!(error.to_string().contains("file/data"), "{error}");
}
