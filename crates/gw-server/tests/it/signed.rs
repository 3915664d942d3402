//! Callers with AWS's SDKs: access key id and secret are the virtual key, and the signature is checked.

use super::support::scripted::{Scripted, Step};
use super::support::speaking::{self, Format};
use super::support::{Answer, Call, Gateway, KEY};
use gw_model::Secret;
use gw_providers::aws::{self, Credentials, PathStyle, RequestParts, Scope};
use std::time::{SystemTime, UNIX_EPOCH};

const PATH: &str = "/model/bedrock%2Fanthropic.claude-v1%3A0/converse";

async fn set_up() -> (Scripted, Gateway) {
    let answer = speaking::head("200 OK", "application/json", "", &speaking::whole(Format::Converse));
    let upstream = Scripted::start(move |_| vec![Step::Send(answer.clone().into_bytes())]).await;
    let config = format!(
        "providers:\n  bedrock: {{ endpoint: \"{}\", api_key: token }}\nkeys:\n  - {{ name: caller, key: {KEY} }}\n",
        upstream.url()
    );
    let gateway = Gateway::start(&config).await;
    (upstream, gateway)
}

fn now_us() -> i64 {
    i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_micros()).unwrap()
}

/// Signs a call as an SDK does.
fn signed(gateway: &Gateway, call: Call, id: &str, secret: &str, now: i64, states_body: bool) -> Call {
    let host = gateway.addr.to_string();
    let (method, path, headers, body) = call.parts();
    let secret = Secret::new(secret.to_owned());
    let credentials = Credentials { access_key_id: id, secret_access_key: &secret, session_token: None };
    let parts = RequestParts { method: method.as_str(), path, query: "", host: &host, headers };
    let scope = Scope {
        region: "us-east-1",
        service: "bedrock",
        now,
        path_style: PathStyle::Normalized,
        states_body_hash: states_body,
    };
    let made = aws::sign(&parts, &aws::body_hash(std::slice::from_ref(body)), &credentials, &scope).unwrap();
    let mut call = call.clone();
    let text = |value: &http::HeaderValue| value.to_str().unwrap().to_owned();
    if let Some(hash) = &made.x_amz_content_sha256 {
        call = call.header("x-amz-content-sha256", &text(hash));
    }
    call.header("authorization", &text(&made.authorization)).header("x-amz-date", &text(&made.x_amz_date))
}

fn call() -> Call {
    Call::post(PATH, Format::Converse.body("", false).to_string())
}

#[track_caller]
fn refused(answer: &Answer, status: u16, code: &str, kind: &str) {
    assert_eq!((answer.status.as_u16(), answer.code()), (status, code), "{}", answer.text());
    assert_eq!(answer.header("x-amzn-errortype"), Some(kind), "{}", answer.text());
    assert!(answer.json()["message"].is_string() && !answer.text().contains(KEY), "{}", answer.text());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_good_signature_is_the_key() {
    let (upstream, gateway) = set_up().await;
    for states_body in [false, true] {
        let answer = gateway.send(signed(&gateway, call(), KEY, KEY, now_us(), states_body)).await;
        assert_eq!(answer.ok().text(), speaking::whole(Format::Converse));
        let record = gateway.record(&answer.request_id()).await;
        assert!(record["key_id"].is_string(), "{record}");
    }
    let seen = upstream.last();
    assert_eq!(seen.path, "/model/anthropic.claude-v1%3A0/converse");
    assert_eq!(seen.header("authorization"), Some("Bearer token"));
    assert!(seen.header("x-amz-date").is_none() && !seen.head.contains(KEY), "{}", seen.head);
    assert!(!gateway.log().contains(KEY));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bad_signature_is_refused_as_bedrock_would() {
    let (_upstream, gateway) = set_up().await;
    let sign = |call: Call, id: &str, secret: &str, now: i64| signed(&gateway, call, id, secret, now, false);
    let other = Format::Converse.body("", false).to_string().replace("hi", "ho");
    let large = format!("{{\"messages\":[],\"x\":\"{}\"}}", "a".repeat(300 << 10));
    let now = now_us();
    let cases = [
        sign(call(), KEY, "gw-anotherSecret", now),
        sign(call(), KEY, KEY, now).body(other),
        sign(call(), KEY, KEY, now).body(large),
        sign(call(), KEY, KEY, now - 3_600_000_000),
        call().header("authorization", "AWS4-HMAC-SHA256 nonsense"),
        call().header("authorization", &format!("AWS4-HMAC-SHA256 Credential={KEY}/x/y/z/aws4_request")),
    ];
    for call in cases {
        let answer = gateway.send(call).await;
        refused(&answer, 403, "invalid_signature", "InvalidSignatureException");
    }
    let stranger = gateway.send(sign(call(), "gw-stranger", "gw-stranger", now)).await;
    refused(&stranger, 401, "invalid_api_key", "UnrecognizedClientException");
    // Only Bedrock's paths know signatures.
    let elsewhere = Call::post("/v1/chat/completions", Format::Chat.body("bedrock/m", false).to_string());
    let answer = gateway.send(sign(elsewhere, KEY, KEY, now)).await;
    assert_eq!((answer.status.as_u16(), answer.code()), (401, "invalid_api_key"), "{}", answer.text());
    assert!(!gateway.log().contains(KEY));
}
