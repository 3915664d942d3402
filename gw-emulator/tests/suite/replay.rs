//! Playing recorded exchanges: exact bytes, status and headers, in any pieces. Own samples always;
//! the recorded ones when they are there.

use std::path::PathBuf;

use crate::client::{post, send};
use gw_emulator::replay::{Exchange, Replay};
use gw_emulator::{Emulator, Running};
use serde_json::json;

async fn start(replay: Replay) -> Running {
    let emulator = Emulator::default();
    emulator.set_replay(Some(replay));
    emulator.spawn_on_free_port().await.expect("started")
}

fn samples() -> Vec<Exchange> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/samples");
    ["stream.json", "error.json"].map(|name| Exchange::load(folder.join(name)).expect(name)).into()
}

#[tokio::test]
async fn recorded_bytes_come_back_exactly() {
    for chunk_bytes in [1, 7, 100_000] {
        let emulator = start(Replay::new(samples()).chunk_bytes(chunk_bytes)).await;
        let expected = samples();
        let stream = send(emulator.address(), post("/v1/chat/completions", &json!({}))).await;
        assert_eq!(stream.body, expected[0].body);
        assert_eq!(stream.headers["openai-version"], "2020-10-01");
        let error = send(emulator.address(), post("/v1/messages?beta=true", &json!({}))).await;
        assert_eq!((error.status, &error.body), (expected[1].status, &expected[1].body));
        assert!(!error.headers.contains_key("request-id"), "no header of ours");
        let other =
            send(emulator.address(), post("/v1/embeddings", &json!({"model": "m", "input": "x"}))).await;
        assert_eq!(other.status, 200, "what is not recorded is answered as usual");
    }
}

#[tokio::test]
async fn an_exchange_can_be_named_and_play_anywhere() {
    let emulator = start(Replay::new(samples())).await;
    let mut request = post("/v1/whatever", &json!({}));
    request.headers_mut().insert("x-emulate", "exchange=error".parse().expect("header"));
    assert_eq!(send(emulator.address(), request).await.status, 404);
    emulator.emulator().set_replay(Some(Replay::new(samples().into_iter().take(1)).any_path()));
    let mut request = post("/elsewhere", &json!({}));
    request.headers_mut().insert("x-emulate", "cut-after-bytes=5".parse().expect("header"));
    let answer = send(emulator.address(), request).await;
    assert_eq!((answer.body.as_ref(), answer.broken), (&samples()[0].body[..5], true));
}

#[tokio::test]
async fn every_recorded_exchange_plays() {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared/fixtures");
    let root = std::env::var_os("GATEWRIGHT_FIXTURES").map_or(root, PathBuf::from).join("recorded");
    let mut played = 0;
    for provider in ["openai", "anthropic", "azure", "google", "bedrock", "cohere"] {
        let Ok(folder) = std::fs::read_dir(root.join(provider)) else { continue };
        for entry in folder {
            let path = entry.expect("entry").path();
            let exchange = Exchange::load(&path).expect("loads");
            let emulator = start(Replay::new([exchange.clone()]).chunk_bytes(4096).any_path()).await;
            let answer = send(emulator.address(), post("/", &json!({}))).await;
            assert_eq!(
                (answer.status, &answer.body),
                (exchange.status, &exchange.body),
                "{}",
                path.display()
            );
            played += 1;
        }
    }
    if played == 0 {
        eprintln!("SKIPPED: no recorded exchanges under {}; own samples were played", root.display());
    }
}
