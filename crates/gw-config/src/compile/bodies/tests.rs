//! Where bodies are kept, and what cannot be.

use super::BodyUpload;
use crate::compile::tests::{faults, ok};

const POSTGRES: &str = "database_url: 'postgres://u@h/d'\n";

#[test]
fn bodies_stand_in_files_unless_nodes_may_share_the_database() {
    let bodies = |text: &str| ok(text).store.bodies;
    let sized = |text: &str| bodies(text).segment_bytes;
    assert_eq!([sized(""), sized("records: { bodies_in: files }\n")], [Some(64 << 20); 2]);
    assert_eq!(sized("records: { body_segment_bytes: 1048576 }\n"), Some(1 << 20));
    assert_eq!([sized("records: { bodies_in: database }\n"), sized(POSTGRES)], [None; 2]);
    let asked =
        bodies(&format!("{POSTGRES}records: {{ bodies_in: files, bodies_directory: /mnt/bodies }}\n"));
    assert_eq!(asked.segment_bytes, Some(64 << 20));
    assert_eq!((asked.directory, asked.s3, asked.upload), (Some("/mnt/bodies".into()), None, None));
}

#[test]
fn bodies_stand_in_object_storage_where_that_is_asked_for() {
    let s3 = "s3: { bucket: bodies, prefix: gw/, endpoint: 'http://127.0.0.1:9000' }";
    for database in ["", POSTGRES] {
        let text = format!("{database}records: {{ bodies_in: s3, body_upload_seconds: 5, {s3} }}\n");
        let bodies = ok(&text).store.bodies;
        assert_eq!(bodies.upload, Some(BodyUpload { after_seconds: 5, spool_bytes: 1 << 30 }));
        assert_eq!(bodies.segment_bytes, Some(64 << 20));
        assert_eq!(bodies.s3.map(|s3| (s3.bucket, s3.prefix)), Some(("bodies".to_owned(), "gw/".to_owned())));
    }
    // What stands there is read for as long as it is said where.
    let before = ok(&format!("records: {{ bodies_in: database, {s3} }}\n")).store.bodies;
    assert!(before.s3.is_some() && before.upload.is_none() && before.segment_bytes.is_none());
}

#[test]
fn what_cannot_be_is_named_with_its_place() {
    let found = faults("records: { bodies_in: s3 }");
    assert!(found.starts_with("f.yaml:1:23: 'bodies_in: s3' needs 'records.s3'"), "{found}");
    let found = faults("records: { bodies_directory: /mnt }");
    assert!(found.starts_with("f.yaml:1:30: 'bodies_directory' needs a database in PostgreSQL"), "{found}");
    let found = faults("records: { s3: { bucket: B } }");
    assert!(found.starts_with("f.yaml:1:26: 'bucket' must be"), "{found}");
    let found = faults("records: { s3: { bucket: abc, endpoint: 'http://h/path' } }");
    assert!(found.contains("f.yaml:1:41: 'endpoint' may not hold a path"), "{found}");
    assert!(faults("records: { s3: { bucket: abc, secret_access_key: x } }").contains("go together"));
    assert!(faults("records: { body_upload_seconds: 0 }").contains("f.yaml:1:33: "));
    let small = "body_spool_bytes: 33554432";
    let found = faults(&format!("records: {{ bodies_in: s3, s3: {{ bucket: abc }}, {small} }}"));
    assert!(found.starts_with("f.yaml:1:66: 'body_spool_bytes' is below 'body_segment_bytes'"), "{found}");
    // It says nothing where nothing is sent.
    ok(&format!("records: {{ {small} }}\n"));
}
