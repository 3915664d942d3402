//! Schedules and buckets, and what is wrong with them.

use crate::compile::ExportSettings;
use crate::compile::tests::{faults, ok};

fn exports(text: &str) -> ExportSettings {
    (*ok(text).exports).clone()
}

#[test]
fn a_schedule_is_read_with_its_filter() {
    let settings = exports(
        "exports:\n  directory: /srv/exports\n  s3: { bucket: logs, prefix: /gw/, endpoint: 'http://127.0.0.1:9000' }\n  \
         schedules:\n    hourly: { every: hour, to: s3, filter: { model: chat, outcome: success } }\n",
    );
    let s3 = settings.s3.unwrap();
    assert_eq!((s3.endpoint.as_str(), s3.prefix.as_str()), ("http://127.0.0.1:9000", "gw/"));
    let [one] = settings.schedules.as_slice() else { panic!("one schedule") };
    assert!(one.is_hourly && one.is_parquet && one.to_s3 && !one.with_bodies);
    assert_eq!(one.filter.len(), 2);
    assert_eq!(exports("").retention_days, 30);
}

#[test]
fn what_cannot_be_is_named() {
    let of = faults;
    assert!(of("exports: { schedules: { a: { to: s3 } } }").contains("say which bucket"));
    assert!(of("exports: { schedules: { a: { filter: { modell: x } } } }").contains("no filter 'modell'"));
    assert!(of("exports: { schedules: { a/b: {} } }").contains("names of schedules"));
    assert!(of("exports: { s3: { bucket: B } }").contains("'bucket' must be"));
    assert!(
        of("exports: { s3: { bucket: abc, endpoint: 'http://h/path' } }").contains("may not hold a path")
    );
    assert!(of("exports: { s3: { bucket: abc, access_key_id: a } }").contains("go together"));
}
