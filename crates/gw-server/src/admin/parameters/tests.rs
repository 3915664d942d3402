//! What is taken of queries, and what is refused with which field.

use super::*;
use crate::admin::openapi::operations;

fn asked(path: &str, query: &str) -> Result<(), ApiError> {
    check_query(operation("get", path).unwrap(), query)
}

/// The field at fault; empty where none is named.
#[track_caller]
fn fault(path: &str, query: &str) -> String {
    let error = asked(path, query).expect_err(query);
    error.field().unwrap_or_default().to_owned()
}

#[test]
fn what_is_known_passes() {
    for query in [
        "",
        "limit=1000&cursor=",
        "from=2026-11-01&to=2026-11-02T00%3A00%3A00Z",
        "outcome=success&include=subcalls&model=a%2Fb+c",
        "model=%E2%82%AC&",
    ] {
        assert!(asked("/api/v1/logs", query).is_ok(), "{query}");
    }
}

#[test]
fn what_is_wrong_names_its_field() {
    for (query, field) in [
        ("lmit=5", "lmit"),
        ("limit=0", "limit"),
        ("limit=-1", "limit"),
        ("limit=1001", "limit"),
        ("limit=", "limit"),
        ("limit=99999999999999999999999", "limit"),
        ("limit=5&limit=5", "limit"),
        ("from=yesterday", "from"),
        ("to=2026-13-01", "to"),
        ("from=2026-11-02&to=2026-11-01", "from"),
        ("outcome=good", "outcome"),
        ("model=a%00b", "model"),
        ("model=%ff", "model"),
        ("model=%zz", "model"),
        ("model=%e", "model"),
        ("%6dode=a", "mode"),
        ("%ff=a", ""),
    ] {
        assert_eq!(fault("/api/v1/logs", query), field, "{query}");
    }
    assert_eq!(fault("/api/v1/logs", &format!("model={}", "x".repeat(257))), "model");
    assert_eq!(fault("/api/v1/keys", "managed_by=me"), "managed_by");
    assert_eq!(fault("/api/v1/export", "ids=yes"), "ids");
    assert_eq!(fault("/api/v1/audit/export", "format=yaml"), "format");
    assert_eq!(fault("/api/v1/me", "limit=5"), "limit");
}

#[test]
fn every_operation_refuses_what_it_does_not_know_but_those_that_lead_elsewhere() {
    for operation in operations() {
        let refuses = check_query(operation, "no_such_parameter=1").is_err();
        assert_eq!(refuses, !operation.is_redirect(), "{} {}", operation.method, operation.path);
    }
}

#[test]
fn what_has_no_value_is_taken_out() {
    let of = |uri: &str| filled(&uri.parse().unwrap()).map(|uri| uri.to_string());
    assert_eq!(of("/logs"), None);
    assert_eq!(of("/logs?model=a&limit=1"), None);
    assert_eq!(of("/logs?model=&limit=1&from").as_deref(), Some("/logs?limit=1"));
    assert_eq!(of("/logs?model=").as_deref(), Some("/logs?"));
}
