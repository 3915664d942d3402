//! Tests of [`super`].
use super::*;
use crate::testing::provider;
use gw_model::catalog::{AuthScheme, ProviderKind};
use gw_model::secret::Secret;
use gw_model::snapshot::AwsCredentials;

fn line(method: &str, path: &str, query: &str) -> RawLine {
    RawLine {
        method: method.to_owned(),
        path: path.to_owned(),
        query: query.to_owned(),
        ..RawLine::default()
    }
}

#[test]
fn a_version_stands_once() {
    let cases = [
        ("/v1", "/v1/files", "/v1/files"),
        ("/v1", "/files", "/v1/files"),
        ("/v1", "/v1", "/v1"),
        ("/v1", "/v2/rerank", "/v2/rerank"),
        ("/v1", "/v1beta/x", "/v1beta/x"),
        ("/v1", "/v10/x", "/v10/x"),
        ("", "/v1/messages", "/v1/messages"),
        ("/", "/v1/messages", "/v1/messages"),
        ("/openai/v1", "/v1/files", "/openai/v1/files"),
        ("/openai/v1", "/openai/v1/files", "/openai/v1/files"),
        ("/openai/v1", "/files", "/openai/v1/files"),
        ("/tenant/a/v1", "/v2/x", "/tenant/a/v2/x"),
        ("/anthropic", "/v1/messages", "/anthropic/v1/messages"),
        ("/anthropic", "/anthropicx", "/anthropic/anthropicx"),
        ("/api/paas/v4", "/chat/completions", "/api/paas/v4/chat/completions"),
    ];
    for (base, path, wanted) in cases {
        assert_eq!(join(base, path), wanted, "{base} {path}");
    }
}

#[test]
fn paths_that_lead_elsewhere_are_refused() {
    for bad in [
        "",
        "files",
        "/..",
        "/v1/../x",
        "/v1/./x",
        "/%2e%2e/x",
        "/%2E%2e/x",
        "/.%2e/x",
        "/%252e%252e/x",
        "/a%2f..%2fb",
        "/a%2F%2e%2e",
        "/..;a=b/x",
        "/%2e%2e%3bx/y",
        "//evil.example/x",
        "/v1//x",
        "/%2fevil.example",
        "/a%2f%2fb",
        "/a\\b",
        "/a%5cb",
        "/a%5C..%5Cb",
        "/a%00b",
        "/a%0d%0aHost:%20evil",
        "/a%7f",
    ] {
        let refusal = check_path(bad).unwrap_err();
        assert_eq!(refusal.code, ErrorCode::InvalidRequest, "{bad}");
    }
    for good in
        ["/", "/v1/files/", "/v1/models/claude@2024:rawPredict", "/v1/a%2Fb", "/a..b/...", "/@evil.example/x"]
    {
        check_path(good).unwrap_or_else(|refusal| panic!("{good}: {refusal:?}"));
    }
}

#[test]
fn method_query_and_body_go_on_and_the_credential_is_ours() {
    let prepared = PreparedProvider::new(&provider(ProviderKind::OpenAiCompatible, "https://h/v1")).unwrap();
    let mut raw = line("PATCH", "/v1/things/%7Bx%7D", "a=1&b=%20");
    raw.headers = vec![
        ("content-type".to_owned(), Bytes::from_static(b"text/csv")),
        ("accept".to_owned(), Bytes::from_static(b"*/*")),
        ("x-other".to_owned(), Bytes::from_static(b"1")),
        ("authorization".to_owned(), Bytes::from_static(b"Bearer stolen")),
        ("x-bad".to_owned(), Bytes::from_static(b"a\nb")),
    ];
    let body = Bytes::from_static(b"a,b\n");
    let parts = prepare_raw(&raw, &body, &prepared, 0).unwrap();
    assert_eq!(parts.method, Method::PATCH);
    assert_eq!(parts.path_and_query, "/v1/things/%7Bx%7D?a=1&b=%20");
    assert_eq!(parts.body, [body]);
    assert_eq!(parts.headers["content-type"], "text/csv");
    assert_eq!(parts.headers["accept"], "*/*");
    assert_eq!(parts.headers["x-other"], "1");
    assert_eq!(parts.headers["authorization"], "Bearer sk-secret");
    assert_eq!(parts.headers.get_all("authorization").iter().count(), 1);
    assert!(!parts.headers.contains_key("x-bad"));
    let get = prepare_raw(&line("GET", "/files", ""), &Bytes::new(), &prepared, 0).unwrap();
    assert!(get.body.is_empty() && !get.headers.contains_key("content-type"));
}

#[test]
fn every_scheme_adds_its_credential() {
    let mut named = provider(ProviderKind::Anthropic, "https://h");
    named.auth = AuthScheme::Header("x-api-key".into());
    let prepared = PreparedProvider::new(&named).unwrap();
    let parts = prepare_raw(&line("GET", "/v1/models", ""), &Bytes::new(), &prepared, 0).unwrap();
    assert_eq!(parts.headers["x-api-key"], "sk-secret");

    let mut google = provider(ProviderKind::Gemini, "https://h");
    google.auth = AuthScheme::Header("x-goog-api-key".into());
    let prepared = PreparedProvider::new(&google).unwrap();
    let native = prepare_raw(&line("GET", "/v1beta/files", ""), &Bytes::new(), &prepared, 0).unwrap();
    assert!(native.headers.contains_key("x-goog-api-key") && !native.headers.contains_key("authorization"));
    let path = "/v1beta/openai/chat/completions";
    let openai = prepare_raw(&line("POST", path, ""), &Bytes::new(), &prepared, 0).unwrap();
    assert_eq!(openai.headers["authorization"], "Bearer sk-secret");
}

#[test]
fn signatures_are_over_method_and_path() {
    let mut bedrock = provider(ProviderKind::Bedrock, "https://bedrock-runtime.us-east-1.amazonaws.com");
    bedrock.api_key = None;
    bedrock.region = Some("us-east-1".into());
    bedrock.aws = Some(AwsCredentials {
        access_key_id: "AKIDEXAMPLE".into(),
        secret_access_key: Secret::new("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY".to_owned()),
        session_token: None,
    });
    let prepared = PreparedProvider::new(&bedrock).unwrap();
    let signature = |method: &str, path: &str, query: &str| {
        let parts = prepare_raw(&line(method, path, query), &Bytes::new(), &prepared, 0).unwrap();
        parts.headers["authorization"].to_str().unwrap().to_owned()
    };
    let get = signature("GET", "/model/a%3A0/x", "b=1&a=2");
    assert!(get.starts_with("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/"), "{get}");
    assert_ne!(get, signature("POST", "/model/a%3A0/x", "b=1&a=2"));
    assert_ne!(get, signature("GET", "/model/a%3A0/y", "b=1&a=2"));
    assert_ne!(get, signature("GET", "/model/a%3A0/x", "b=1"));
}
