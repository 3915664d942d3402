//! Drives the client alone, for profilers: `profile URL CONCURRENCY REQUESTS` posts a small chat request over
//! and over and prints the requests per second. CPU time is best read with `time` or `perf stat`.
#![expect(clippy::print_stdout, reason = "a tool for the console")]

use bytes::Bytes;
use gw_model::snapshot::ConnectOptions;
use gw_upstream::{Destination, PhaseTimeouts, ProxyEnv, Upstream, UpstreamConfig, UpstreamRequest};
use http::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use std::cell::Cell;
use std::error::Error;
use std::rc::Rc;
use std::time::Instant;
use tokio::task::LocalSet;

const BODY: &[u8] = br#"{"model":"m","messages":[{"role":"user","content":"Say hello to the world."}]}"#;

fn main() -> Result<(), Box<dyn Error>> {
    let mut args = std::env::args().skip(1);
    let url = args.next().unwrap_or_else(|| "http://127.0.0.1:8080/v1".into());
    let concurrency: usize = args.next().map_or(Ok(64), |a| a.parse())?;
    let requests: usize = args.next().map_or(Ok(100_000), |a| a.parse())?;
    let (dest, base) = Destination::parse(&url, &ConnectOptions::default(), &ProxyEnv::default())?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let started = Instant::now();
    let bytes = LocalSet::new().block_on(&runtime, run(dest, base, concurrency, requests));
    let seconds = started.elapsed().as_secs_f64();
    println!("{:.0} requests/s, {bytes} bytes", requests as f64 / seconds);
    Ok(())
}

async fn run(dest: Destination, base: String, concurrency: usize, requests: usize) -> usize {
    let client = Upstream::new(UpstreamConfig::default());
    let left = Rc::new(Cell::new(requests));
    let bytes = Rc::new(Cell::new(0));
    let mut tasks = Vec::new();
    for _ in 0..concurrency {
        let (client, dest, base) = (Rc::clone(&client), dest.clone(), base.clone());
        let (left, bytes) = (Rc::clone(&left), Rc::clone(&bytes));
        tasks.push(tokio::task::spawn_local(async move {
            while left.get() > 0 {
                left.set(left.get() - 1);
                match one(&client, &dest, &base).await {
                    Ok(n) => bytes.set(bytes.get() + n),
                    Err(e) => println!("{e}: {:?}", e.source()),
                }
            }
        }));
    }
    for task in tasks {
        let _ = task.await;
    }
    bytes.get()
}

async fn one(client: &Upstream, dest: &Destination, base: &str) -> Result<usize, Box<dyn Error>> {
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    let req = UpstreamRequest {
        method: http::Method::POST,
        path_and_query: format!("{base}/chat/completions"),
        headers,
        body: vec![Bytes::from_static(BODY)],
    };
    let timeouts = PhaseTimeouts { connect_ms: 5_000, first_byte_ms: 120_000, idle_ms: 60_000 };
    let mut response = client.send(dest, &req, timeouts).await?;
    let mut total = 0;
    while let Some(piece) = response.body.next().await {
        total += piece?.len();
    }
    Ok(total)
}
