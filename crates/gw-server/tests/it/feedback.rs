//! What applications say about their own calls, with the keys that made them: it is found with the record, another key's calls are
//! as if they were not there, and a call that has just ended is not missed.

use super::support::postgres::Postgres;
use super::support::{Answer, Call, Gateway, MASTER, Upstream, chat};
use http::Method;
use serde_json::{Value, json};

async fn say(gateway: &Gateway, key: &str, said: &Value) -> Answer {
    gateway.send(Call::post("/v1/feedback", said.to_string()).key(key)).await
}

async fn called(gateway: &Gateway, key: &str) -> String {
    gateway.send(Call::chat(&chat("up/chat-model", "hi")).key(key)).await.request_id()
}

async fn key(gateway: &Gateway, name: &str) -> (String, String) {
    gateway.make_key(&json!({ "name": name })).await
}

fn told(all: &[Value]) -> Vec<(String, Value, Value)> {
    let one = |said: &Value| {
        (said["author"].as_str().unwrap().to_owned(), said["score"].clone(), said["label"].clone())
    };
    all.iter().map(one).collect()
}

async fn an_application_speaks_of_its_calls(config: &str) {
    let environment = [("GATEWRIGHT_ENCRYPTION_KEY", "an encryption key for tests only")];
    let gateway = Gateway::start_with(config, &environment).await;
    let (id, own) = key(&gateway, "own").await;
    let (_, other) = key(&gateway, "other").await;
    // At once after the answer: the record is on its way.
    let request = called(&gateway, &own).await;
    let made = say(&gateway, &own, &json!({"request_id": request, "score": 1, "comment": "good"})).await;
    assert_eq!(made.status, 201, "{}", made.text());
    assert_eq!(made.json()["author"], format!("key:{id}"));
    // The same author's word takes the place of the former one, another's stands beside it.
    let again = say(&gateway, &own, &json!({"request_id": request, "score": -1, "label": "bad"})).await;
    assert_eq!((again.status.as_u16(), &again.json()["comment"]), (200, &Value::Null));
    assert_eq!(again.json()["id"], made.json()["id"]);
    let user = json!({"request_id": request, "author": "user-17", "score": 1});
    assert_eq!(say(&gateway, &own, &user).await.status, 201);
    assert_eq!(say(&gateway, &own, &user).await.status, 200);
    let path = format!("/api/v1/logs/{request}/feedback");
    let expected = [
        (format!("key:{id}"), json!(-1), json!("bad")),
        (format!("key:{id}/user-17"), json!(1), Value::Null),
    ];
    assert_eq!(told(&gateway.rows(&path).await), expected);
    assert_eq!(gateway.rows("/api/v1/logs?feedback=bad&max_score=-1").await.len(), 1);
    // Another key's call, one that never was, and one that was long ago, if it was.
    let foreign = say(&gateway, &other, &json!({"request_id": request, "score": 1})).await;
    let foreign = (foreign.status.as_u16(), foreign.header("x-gatewright-error"), foreign.json());
    assert_eq!((foreign.0, foreign.1), (404, Some("not_found")), "{}", foreign.2);
    let last = if request.ends_with('0') { '1' } else { '0' };
    let made_up = format!("{}{last}", &request[..request.len() - 1]);
    let never = say(&gateway, &other, &json!({"request_id": made_up, "score": 1})).await;
    let text = |value: &Value| value["error"]["message"].as_str().unwrap().to_owned();
    assert_eq!(text(&never.json()).replace(&made_up, &request), text(&foreign.2));
    assert_eq!(never.header("retry-after"), Some("1"));
    let old = "0123456789abcdef0123456789abcdef";
    let old = say(&gateway, &own, &json!({"request_id": old, "score": 1})).await;
    assert_eq!((old.status.as_u16(), old.header("retry-after")), (404, None));
    // The master key may speak of any call.
    let master = say(&gateway, MASTER, &json!({"request_id": request, "label": "seen"})).await;
    assert_eq!((master.status.as_u16(), &master.json()["author"]), (201, &json!("master")));
    // It is no call: there is one record, and nothing was counted.
    assert_eq!(gateway.rows("/api/v1/logs").await.len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn applications_speak_of_their_calls() {
    let upstream = Upstream::start().await;
    an_application_speaks_of_its_calls(&upstream.providers()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn applications_speak_of_their_calls_in_postgresql() {
    let Some(server) = Postgres::start() else { return };
    let upstream = Upstream::start().await;
    let config = format!("{}database_url: {}\n", upstream.providers(), server.database("feedback_of_keys"));
    an_application_speaks_of_its_calls(&config).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_no_feedback_is_refused_in_the_callers_format() {
    let upstream = Upstream::start().await;
    let gateway = Gateway::start(&upstream.providers()).await;
    let (_, own) = key(&gateway, "own").await;
    let request = called(&gateway, &own).await;
    let long = json!({"request_id": request, "comment": "é".repeat(4_000)});
    assert_eq!(say(&gateway, &own, &long).await.status, 201);
    for (wrong, param) in [
        (json!({"request_id": request}), "score"),
        (json!({"request_id": request, "score": 1.5}), "score"),
        (json!({"request_id": request, "score": i64::MIN}), "score"),
        (json!({"request_id": request, "label": "x".repeat(101)}), "label"),
        (json!({"request_id": request, "comment": "é".repeat(4_001)}), "comment"),
        (json!({"request_id": request, "score": 1, "author": "x".repeat(101)}), "author"),
        (json!({"request_id": "chatcmpl-7", "score": 1}), "request_id"),
        (json!({"score": 1}), "request_id"),
        (json!({"request_id": request, "score": 1, "weight": 1}), "weight"),
    ] {
        let answer = say(&gateway, &own, &wrong).await;
        let code = answer.header("x-gatewright-error");
        assert_eq!((answer.status.as_u16(), code), (400, Some("invalid_request")), "{wrong}");
        assert_eq!(answer.json()["error"]["param"], param, "{wrong}: {}", answer.text());
    }
    let nobody = say(&gateway, "gw-nobody", &json!({"request_id": request, "score": 1})).await;
    assert_eq!(nobody.status, 401);
    let large = json!({"request_id": request, "comment": "x".repeat(70_000)});
    assert_eq!(say(&gateway, &own, &large).await.status, 413);
    let read = gateway.send(Call::post("/v1/feedback", String::new()).method(Method::GET).key(&own)).await;
    assert_eq!((read.status.as_u16(), read.header("allow")), (405, Some("POST")));
    let said = json!({"request_id": request}).to_string();
    let call = Call::post("/v1/feedback", said).key(&own).header("anthropic-version", "2023-06-01");
    assert_eq!(gateway.send(call).await.json()["type"], "error");
}

/// A key that says very much is held back, and others are not.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_says_no_more_than_it_may() {
    let upstream = Upstream::start().await;
    let gateway = Gateway::start(&upstream.providers()).await;
    let (_, own) = key(&gateway, "own").await;
    let (_, other) = key(&gateway, "other").await;
    let mut refused = None;
    // Twice what is let in in a while, so that it does not matter when one begins.
    for _ in 0..201 {
        let answer = say(&gateway, &own, &json!({"score": 1})).await;
        if answer.status == 429 {
            refused = Some(answer);
            break;
        }
    }
    let refused = refused.unwrap();
    assert_eq!(refused.header("x-gatewright-error"), Some("rate_limit_exceeded"));
    assert!(refused.header("retry-after").unwrap().parse::<u32>().unwrap() <= 10);
    assert_eq!(say(&gateway, &other, &json!({"score": 1})).await.status, 400);
}
