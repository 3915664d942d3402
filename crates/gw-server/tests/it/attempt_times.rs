//! When each try was: what a record says of its start, its first byte and its end, of one try and of several.

use super::support::{Call, Gateway, MASTER, Upstream, chat};
use http::Method;
use serde_json::Value;

fn us(value: &Value, name: &str) -> u64 {
    value[name].as_u64().unwrap_or_else(|| panic!("{name}: {value}"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_record_tells_when_each_of_its_tries_was() {
    let upstream = Upstream::start().await;
    let config = "models:\n  pair:\n    targets: [{ provider: up, model: first }, { provider: up, model: second }]\n    retry: { attempts: 1 }\n";
    let gateway = Gateway::start(&format!("{}{config}", upstream.providers())).await;
    upstream.faults("first", "status=503;latency=150", None);
    upstream.faults("second", "latency=100", None);
    let ask = async |model: &str| {
        let answer = gateway.send(Call::chat(&chat(model, "hi")).key(MASTER)).await;
        answer.ok();
        let id = answer.request_id();
        gateway.record(&id).await;
        gateway.admin(Method::GET, &format!("/api/v1/logs/{id}"), None).await.ok().json()
    };
    let record = ask("pair").await;
    let [first, second] = record["tries"].as_array().unwrap().as_slice() else { panic!("{record}") };
    assert!(us(first, "duration_us") >= 150_000 && us(first, "first_byte_us") >= 150_000, "{record}");
    assert!(us(second, "start_us") >= us(first, "start_us") + us(first, "duration_us"), "{record}");
    assert!(us(second, "first_byte_us") >= 100_000, "{record}");
    assert!(us(second, "first_byte_us") <= us(second, "duration_us"), "{record}");
    let total_us = record["total_ms"].as_f64().unwrap() * 1000.0;
    #[expect(clippy::cast_precision_loss, reason = "microseconds of a test")]
    let end = (us(second, "start_us") + us(second, "duration_us")) as f64;
    assert!(end <= total_us + 1.0, "{record}");
    assert!(us(first, "connect_us") <= us(first, "first_byte_us"), "the first call connects: {record}");
    assert!(second["region"].is_null(), "{record}");

    // Of an only try the row itself tells, save for its times.
    let record = ask("up/second").await;
    let [only] = record["tries"].as_array().unwrap().as_slice() else { panic!("{record}") };
    assert!(us(only, "first_byte_us") >= 100_000, "{record}");
    assert!(us(only, "first_byte_us") <= us(only, "duration_us"), "{record}");
    #[expect(clippy::cast_precision_loss, reason = "microseconds of a test")]
    let end = (us(only, "start_us") + us(only, "duration_us")) as f64;
    assert!(end <= record["total_ms"].as_f64().unwrap() * 1000.0 + 1.0, "{record}");
}
