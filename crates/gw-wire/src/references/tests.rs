//! Tests of [`super`].
use super::*;

#[test]
fn ids_are_found_however_they_are_written() {
    let cases: [(&str, &[&str]); 12] = [
        (r#"{"model":"m"}"#, &[]),
        (r#"{"text":"my file_id is file-1"}"#, &[]),
        (r#"{"file_id":"file-1"}"#, &["file-1"]),
        (r#"{"a":[{"b":{"type":"input_file","file_id":"file-1"}},{"file_id":"file-1"}]}"#, &["file-1"]),
        (r#"{"file_ids":["file-1","file-2"],"input_file_id":"file-3"}"#, &["file-1", "file-2", "file-3"]),
        (r#"{"a":{"f\u0069le\u005fid":"file\u002d1"}}"#, &["file-1"]),
        (r#"{"a":{"file\u005Fid":"file-1"}}"#, &["file-1"]),
        (r#"{"messages":[{"content":[{"type":"tool_use","input":{"file_id":"mine"}}]}]}"#, &[]),
        (
            r#"{"input":[{"type":"input_file","file_id":"file-1"}],"metadata":{"file_id":"mine"}}"#,
            &["file-1"],
        ),
        (r#"{"tools":[{"parameters":{"properties":{"file_id":{"const":"x"}}}}]}"#, &[]),
        (r#"{"content":[{"type":"document","source":{"type":"file","file_id":"file_1"}}]}"#, &["file_1"]),
        (r#"{"file_id":null,"x":{"file_id":7}}"#, &[]),
    ];
    for (body, wanted) in cases {
        assert_eq!(file_ids(body.as_bytes()), wanted, "{body}");
    }
    assert!(!may_refer("{\"text\":\"caf\\u00e9 \\u003c\"}".as_bytes()));
}
