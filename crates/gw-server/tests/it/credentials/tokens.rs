//! The life of a token: asked for once, renewed before its end, kept through an outage, and an honest refusal when
//! there is none.

use super::{TokenServer, answering, file, service_account};
use crate::support::speaking::Format;
use crate::support::{Answer, Call, Gateway, MASTER, chat, eventually};
use http::Method;
use serde_json::Value;
use std::time::Duration;

const BODY: &str = r#"{"contents":[{"parts":[{"text":"hi"}]}]}"#;

async fn ask(gateway: &Gateway) -> Answer {
    gateway.send(Call::post("/v1beta/models/v%2Fgemini-x:generateContent", BODY).key(MASTER)).await
}

fn config(upstream: &str, file: &str) -> String {
    format!(
        "providers:\n  v: {{ kind: vertex, base_url: \"{upstream}\", project: p, location: us-central1, \
         credentials_file: \"{file}\" }}\n"
    )
}

async fn credential(gateway: &Gateway) -> Value {
    let providers = gateway.admin(Method::GET, "/api/v1/providers", None).await.ok().json();
    let all = providers["data"].as_array().unwrap();
    all.iter().find(|provider| provider["name"] == "v").unwrap()["credentials"][0].clone()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_calls_ask_once_and_the_token_is_renewed_before_its_end() {
    let tokens = TokenServer::oauth(1).await;
    let upstream = answering(Format::Gemini).await;
    let (_folder, path) = file(&service_account(&tokens.url()));
    let gateway = Gateway::start(&config(&upstream.url(), &path)).await;
    let calls: Vec<_> = (0..20).map(|_| ask(&gateway)).collect();
    for answer in futures(calls).await {
        answer.ok();
    }
    let seen = upstream.last();
    assert_eq!(
        seen.path,
        "/v1/projects/p/locations/us-central1/publishers/google/models/gemini-x:generateContent"
    );
    // The first token lives two seconds; the second comes after one, without a call.
    eventually("a second token", async || (tokens.asked() == 2).then_some(())).await;
    eventually("calls carry it", async || {
        ask(&gateway).await.ok();
        (upstream.last().header("authorization") == Some("Bearer token-2")).then_some(())
    })
    .await;
    for _ in 0..5 {
        ask(&gateway).await.ok();
    }
    assert_eq!(tokens.asked(), 2, "the second one lives an hour");
    let shown = credential(&gateway).await;
    assert_eq!((&shown["source"], &shown["ready"]), (&"google_file".into(), &true.into()), "{shown}");
    assert!(shown["expires_at"].is_string() && !shown.to_string().contains("token-2"), "{shown}");
    // A reload that leaves the credential as it is keeps its token.
    gateway.write_config(&format!("{}direct_models: true\n", config(&upstream.url(), &path)));
    gateway.metric_becomes("gatewright_config_reloads_total", 1.0, Duration::from_secs(10)).await;
    ask(&gateway).await.ok();
    assert_eq!(tokens.asked(), 2);
    assert!(!gateway.log().contains("token-2") && !gateway.log().contains("PRIVATE"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_last_good_token_counts_until_its_end_and_then_the_next_target_is_tried() {
    let tokens = TokenServer::oauth(1).await;
    let upstream = answering(Format::Gemini).await;
    let other = answering(Format::Chat).await;
    let (_folder, path) = file(&service_account(&tokens.url()));
    let more = format!(
        "  other: {{ kind: openai-compatible, base_url: \"{}/v1\", api_key: k }}\n\
         models:\n  both: {{ targets: [{{ provider: v, model: gemini-x }}, {{ provider: other, model: m }}] }}\n",
        other.url()
    );
    let gateway = Gateway::start(&(config(&upstream.url(), &path) + &more)).await;
    ask(&gateway).await.ok();
    tokens.break_down(true);
    eventually("a renewal fails", async || (tokens.asked() > 1).then_some(())).await;
    let answer = eventually("the token's end", async || {
        let answer = ask(&gateway).await;
        (answer.status != 200).then_some(answer)
    })
    .await;
    assert_eq!((answer.status.as_u16(), answer.code()), (503, "no_healthy_target"), "{}", answer.text());
    assert!(answer.header("retry-after").is_some());
    let text = answer.text();
    assert!(text.contains("'v'") && text.contains("answered 503") && !text.contains("inner words"), "{text}");
    let answer = gateway.send(Call::chat(&chat("both", "hi")).key(MASTER)).await;
    assert_eq!(answer.ok().header("x-gatewright-provider"), Some("other"));
    let shown = credential(&gateway).await;
    assert_eq!(shown["ready"], false, "{shown}");
    assert!(shown["last_error"].as_str().unwrap().contains("inner words"), "{shown}");
    assert!(gateway.metric("gatewright_credential_refreshes_total").await >= 2.0);
    tokens.break_down(false);
    eventually("it recovers by itself", async || (ask(&gateway).await.status == 200).then_some(())).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_first_token_the_cause_is_named_at_once() {
    let upstream = answering(Format::Gemini).await;
    let gateway = Gateway::start(&config(&upstream.url(), "/no/such/file.json")).await;
    let answer = ask(&gateway).await;
    assert_eq!((answer.status.as_u16(), answer.code()), (503, "no_healthy_target"), "{}", answer.text());
    assert!(answer.text().contains("file of its credential cannot be read"), "{}", answer.text());
    assert!(!answer.text().contains("/no/such"), "{}", answer.text());
    assert!(credential(&gateway).await["last_error"].as_str().unwrap().contains("/no/such/file.json"));
}

async fn futures<F: Future<Output = Answer>>(all: Vec<F>) -> Vec<Answer> {
    let mut all: Vec<_> = all.into_iter().map(Box::pin).collect();
    let mut done = Vec::new();
    std::future::poll_fn(|cx| {
        let mut index = 0;
        while let Some(one) = all.get_mut(index) {
            match one.as_mut().poll(cx) {
                std::task::Poll::Ready(answer) => {
                    done.push(answer);
                    drop(all.remove(index));
                }
                std::task::Poll::Pending => index += 1,
            }
        }
        if all.is_empty() { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
    })
    .await;
    done
}
