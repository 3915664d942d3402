//! Tests of [`super`].
use super::*;

#[test]
fn paths_say_what_is_asked() {
    use ObjectAsk as A;
    let id = || "file-1".to_owned();
    let cases = [
        ("POST", "files", A::CreateFile),
        ("GET", "files/", A::ListFiles),
        ("GET", "files/file-1", A::File(id())),
        ("DELETE", "files/file-1", A::DeleteFile(id())),
        ("GET", "files/file-1/content", A::FileContent(id())),
        ("POST", "batches", A::CreateBatch),
        ("GET", "batches", A::ListBatches),
        ("GET", "batches/file-1", A::Batch(id())),
        ("POST", "batches/file-1/cancel", A::CancelBatch(id())),
    ];
    for (method, path, wanted) in cases {
        let found = ObjectAsk::of(method, path);
        assert_eq!(found, Some(Ok(wanted.clone())), "{method} {path}");
        assert_eq!(wanted.path(), format!("/{}", path.trim_end_matches('/')));
    }
    for (method, path, allowed) in [
        ("PUT", "files", "GET, POST"),
        ("HEAD", "files/x", "GET, DELETE"),
        ("POST", "files/x/content", "GET"),
        ("DELETE", "batches/x", "GET"),
        ("GET", "batches/x/cancel", "POST"),
    ] {
        assert_eq!(ObjectAsk::of(method, path), Some(Err(allowed)), "{method} {path}");
    }
    for nothing in
        ["", "models", "files//content", "files/x/y", "files/x/content/z", "batches/x/results", "filesx"]
    {
        assert_eq!(ObjectAsk::of("GET", nothing), None, "{nothing}");
    }
}

#[test]
fn ids_are_encoded_again() {
    assert_eq!(ObjectAsk::File("a/b?c".to_owned()).path(), "/files/a%2Fb%3Fc");
    assert_eq!(ObjectAsk::Batch("..".to_owned()).path(), "/batches/..");
}
