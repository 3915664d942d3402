//! Tests of [`super`].
use super::*;

#[test]
fn folders_are_read_by_name_and_variables_are_found() {
    let dir = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(dir.path().join(name), text).unwrap();
    write("b.yaml", "keys: [{ name: b, key: ${B_KEY} }]");
    write("a.yml", "x: ${A_1:-${no}} $${NOT} ${}");
    write("c.txt", "${C}");
    let files = Files::read(&[dir.path().to_owned()]).unwrap();
    let names: Vec<&str> = files.all.iter().map(|(name, _)| name.rsplit('/').next().unwrap()).collect();
    assert_eq!(names, ["a.yml", "b.yaml"]);
    // More than are wanted do no harm.
    assert!(files.variables().is_superset(&["A_1".to_owned(), "B_KEY".to_owned()].into()));
    assert!(!files.variables().contains("C"));
    let missing = Files::read(&[dir.path().join("none.yaml")]).unwrap_err();
    assert!(missing.contains("none.yaml: cannot be read"), "{missing}");
    let empty = tempfile::tempdir().unwrap();
    assert!(Files::read(&[empty.path().to_owned()]).unwrap_err().contains("no .yaml"));
}
