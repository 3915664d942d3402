//! Tests of [`super`].
use super::*;

#[test]
fn ids_are_found_however_they_are_written() {
    let cases: [(&str, &[&str]); 18] = [
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
        (r#"{"training_file":"file-1","validation_file":"file-2"}"#, &["file-1", "file-2"]),
        (r#"{"data_source":{"source":{"id":"file-1","type":"file_id"}}}"#, &["file-1"]),
        (r#"{"source":{"type":"stored","id":"x"},"file_id":"file-1"}"#, &["file-1"]),
        (
            r#"{"parts":[{"fileData":{"fileUri":"https://generativelanguage.googleapis.com/v1beta/files/abc"}}]}"#,
            &["files/abc"],
        ),
        (r#"{"file_data":{"file_uri":"files/abc"}}"#, &["files/abc"]),
        (r#"{"fileData":{"fileUri":"https://example.com/files/abc"}}"#, &[]),
        (r#"{"file_id":null,"x":{"file_id":7}}"#, &[]),
    ];
    for (body, wanted) in cases {
        assert_eq!(file_ids(body.as_bytes()), wanted, "{body}");
    }
    assert!(!may_refer("{\"text\":\"caf\\u00e9 \\u003c\"}".as_bytes()));
}

#[test]
fn every_string_may_be_an_id() {
    let found = |body: &str| {
        let mut found = BTreeSet::new();
        assert_eq!(strings(body.as_bytes(), 0, 100, &mut found), body.len());
        found.into_iter().collect::<Vec<_>>()
    };
    assert_eq!(
        found(r#"{"anything":["file-1",{"x":"vs\u005f123"}],"text":"no id \" at all-1"}"#),
        ["file-1", "vs_123"]
    );
    assert_eq!(found(r#"{"a":"role","b":"assistant","c":"gpt 4 turbo-1","d":7}"#), Vec::<String>::new());
    assert_eq!(
        found(r#"["https://g.example/v1beta/files/abc:download?alt=media"]"#),
        [
            "abc",
            "abc:download",
            "files/abc",
            "files/abc:download",
            "https://g.example/v1beta/files/abc:download?alt=media"
        ]
    );
    assert!(found("\"open").is_empty() && found("\"open\\").is_empty());
}

#[test]
fn no_more_strings_are_taken_than_wanted() {
    let all: Vec<String> = (0..1000).map(|number| format!("\"id-{number:04}\"")).collect();
    let body = format!("[{}]", all.join(","));
    let (mut at, mut parts) = (0, Vec::new());
    while at < body.len() {
        let mut found = BTreeSet::new();
        at = strings(body.as_bytes(), at, 300, &mut found);
        parts.push(found.len());
    }
    assert_eq!(parts, [300, 300, 300, 100]);
    let mut full = BTreeSet::from(["id".to_owned()]);
    assert_eq!((strings(body.as_bytes(), 7, 1, &mut full), full.len()), (7, 1));
}

#[test]
fn what_only_ends_like_a_files_id_is_none() {
    for name in ["file_id", "input_file_id", "mask-file_ids", "training_file"] {
        assert!(names_file(name), "{name}");
    }
    for name in ["profile_id", "user_profile_id", "profile_ids", "file_id_2", "file"] {
        assert!(!names_file(name), "{name}");
    }
    assert!(file_ids(br#"{"profile_id":"p-1","user_profile_id":"p-2"}"#).is_empty());
}

#[test]
fn only_addresses_of_uploads_are_uploads() {
    for uri in [
        "files/abc",
        "https://generativelanguage.googleapis.com/v1beta/files/abc",
        "HTTPS://Eu-Generativelanguage.Googleapis.com:443/v1/files/abc?alt=media",
    ] {
        assert_eq!(uploaded(uri).as_deref(), Some("files/abc"), "{uri}");
    }
    for uri in [
        "https://api.example.com/v1/files/report.pdf",
        "gs://bucket/v1/files/a.pdf",
        "https://storage.googleapis.com/bucket/v1/files/a.pdf",
        "https://googleapis.com.example.com/v1/files/a.pdf",
        "https://example.com/files/abc",
        "files/",
        "files/a/b",
        "/v1/files/abc",
    ] {
        assert_eq!(uploaded(uri), None, "{uri}");
    }
}

#[test]
fn whatever_may_name_a_kept_thing_is_looked_at() {
    for body in [
        r#"{"tools":[{"fileSearch":{"fileSearchStoreNames":["fileSearchStores/s-1"]}}]}"#,
        r#"{"tools":[{"file_search":{"file_search_store_names":["fileSearchStores/s-1"]}}]}"#,
        r#"{"tools":[{"type":"code_interpreter","container":"cntr_1"}]}"#,
    ] {
        assert!(may_refer(body.as_bytes()), "{body}");
    }
}
