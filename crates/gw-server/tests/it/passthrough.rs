//! `/passthrough/{provider}/...`: bytes untouched both ways, no way out of the provider's address, the caller's
//! credential stays here, and the key's policy, limits and budget hold.

use super::support::gateway::nanos;
use super::support::scripted::{Scripted, Step, stream};
use super::support::{Answer, Call, Gateway, MASTER, Upstream, chat, chat_stream, raw};
use http::Method;
use serde_json::json;

/// The gateway, and a key that may use pass-through besides the usual.
async fn set_up(upstream: &Upstream, policy: serde_json::Value) -> (Gateway, String) {
    let gateway = Gateway::start(&upstream.providers()).await;
    let mut body = json!({"name": "passing", "endpoints": ["chat", "passthrough"]});
    for (name, value) in policy.as_object().unwrap() {
        body[name] = value.clone();
    }
    let (_, key) = gateway.make_key(&body).await;
    (gateway, key)
}

fn echoed(answer: &Answer) -> (&str, &str) {
    (answer.header("x-echo-method").unwrap_or(""), answer.header("x-echo-target").unwrap_or(""))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bytes_method_path_and_query_go_through_untouched() {
    let upstream = Upstream::start().await;
    let (gateway, key) = set_up(&upstream, json!({})).await;
    let body = b"\x00\xff not JSON \r\n{\"a\":1, \"a\":2}".to_vec();
    for method in [Method::POST, Method::PUT, Method::PATCH, Method::DELETE] {
        let call = Call::new(method.clone(), "/passthrough/up/v1/echo/a%2Fb%20c?x=%2F&x&key=gw-hidden&y=1")
            .header("content-type", "application/x-odd; a=b")
            .header("x-custom", "kept")
            .header("x-api-key", &key)
            .body(body.clone());
        let answer = gateway.send(call).await;
        assert_eq!(answer.ok().body, body);
        assert_eq!(echoed(&answer), (method.as_str(), "/v1/echo/a%2Fb%20c?x=%2F&x&y=1"));
        assert_eq!(answer.header("content-type"), Some("application/x-odd; a=b"));
        assert_eq!(answer.header("x-gatewright-provider"), Some("up"));
        assert_eq!(answer.header("x-gatewright-attempts"), Some("1"));
        assert!(answer.header("x-upstream-request-id").is_some());
        let record = gateway.record(&answer.request_id()).await;
        assert_eq!(record["format"], "passthrough");
        assert_eq!(record["provider"], "up");
        assert_eq!(record["outcome"], "success");
        assert_eq!(record["usage_source"], "none");
        assert!(!record.to_string().contains("hidden"));
    }
    let seen = upstream.emulator().requests(1).pop().unwrap();
    assert_eq!(seen.headers["authorization"], "Bearer upstream-secret-1");
    assert_eq!(seen.headers["x-custom"], "kept");
    assert!(!seen.headers.contains_key("x-api-key"));
    let head = gateway.send(Call::new(Method::HEAD, "/passthrough/up/v1/echo").key(&key)).await;
    assert_eq!((head.status.as_u16(), head.body.len()), (200, 0));
    assert!(!gateway.log().contains(&key));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_version_stands_once_and_is_not_needed() {
    let upstream = Upstream::start().await;
    let (gateway, key) = set_up(&upstream, json!({})).await;
    for (path, wanted) in [
        ("/passthrough/up/v1/echo/x", "/v1/echo/x"),
        ("/passthrough/up/echo/x", "/v1/echo/x"),
        ("/passthrough/up/v1beta/echo/x", "/v1beta/echo/x"),
        ("/passthrough/claude/v1/echo/x", "/v1/echo/x"),
        ("/passthrough/claude/echo/x", "/echo/x"),
        ("/passthrough/%75p/echo", "/v1/echo"),
    ] {
        let answer = gateway.send(Call::get(path).key(&key)).await;
        assert_eq!(echoed(answer.ok()), ("GET", wanted), "{path}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_keys_that_name_it_may_pass_through() {
    let upstream = Upstream::start().await;
    let gateway = Gateway::start(&upstream.providers()).await;
    let (_, plain) = gateway.make_key(&json!({"name": "plain", "models": ["*"]})).await;
    let (_, chatty) =
        gateway.make_key(&json!({"name": "chatty", "models": ["*"], "endpoints": ["chat"]})).await;
    for key in [&plain, &chatty] {
        for path in
            ["/passthrough/up/v1/echo", "/passthrough/nobody/v1/echo", "/passthrough/up/v1/chat/completions"]
        {
            let call = Call::post(path, chat("chat-model", "hi").to_string()).key(key);
            gateway.send(call).await.refused(403, "endpoint_not_allowed");
        }
    }
    gateway.send(Call::get("/passthrough/up/v1/echo")).await.refused(401, "invalid_api_key");
    gateway.send(Call::get("/passthrough/up/v1/echo").key(MASTER)).await.ok();
    gateway.send(Call::get("/passthrough/nobody/x").key(MASTER)).await.refused(404, "not_found");
    assert_eq!(upstream.stats().requests, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_path_leaves_the_providers_address() {
    let upstream = Upstream::start().await;
    let (gateway, key) = set_up(&upstream, json!({})).await;
    for path in [
        "/passthrough/up/../x",
        "/passthrough/up/v1/../../x",
        "/passthrough/up/%2e%2e/x",
        "/passthrough/up/v1/%2E%2e%2fx",
        "/passthrough/up/%252e%252e/x",
        "/passthrough/up/..%3b/x",
        "/passthrough/up//evil.example/x",
        "/passthrough/up/%2f%2fevil.example/x",
        "/passthrough/up/a%5c..%5cb",
        "/passthrough/up/a%0d%0ahost:%20evil.example",
        "/passthrough/up/a%00",
    ] {
        gateway.send(Call::get(path).key(&key)).await.refused(400, "invalid_request");
    }
    for path in
        ["/passthrough/up@evil.example/x", "/passthrough/..%2Fup/x", "/passthrough/http:%2F%2Fevil.example/x"]
    {
        gateway.send(Call::get(path).key(&key)).await.refused(404, "not_found");
    }
    assert_eq!(upstream.stats().requests, 0);
    let at = gateway.send(Call::get("/passthrough/up/echo/@evil.example/x").key(&key)).await;
    assert_eq!(echoed(at.ok()).1, "/v1/echo/@evil.example/x");
    // The host of an absolute target, or of a header, is nobody's.
    let head = format!(
        "GET http://evil.example/passthrough/up/echo/x HTTP/1.1\r\nhost: evil.example\r\nx-forwarded-host: e\r\n\
         authorization: Bearer {key}\r\nconnection: close\r\n\r\n"
    );
    let answer = raw::exchange(gateway.addr, head.as_bytes()).await;
    assert_eq!(raw::status(&answer), 200, "{answer}");
    let seen = upstream.emulator().requests(1).pop().unwrap();
    assert_eq!(seen.path, "/v1/echo/x");
    assert_eq!(seen.headers["host"], upstream.url().trim_start_matches("http://"));
    assert!(!seen.headers.contains_key("x-forwarded-host"));
    let backslash = format!(
        "GET /passthrough/up/a\\..\\b HTTP/1.1\r\nhost: h\r\nauthorization: Bearer {key}\r\nconnection: close\r\n\r\n"
    );
    assert_eq!(raw::status(&raw::exchange(gateway.addr, backslash.as_bytes()).await), 400);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn upgrades_are_not_carried() {
    let upstream = Upstream::start().await;
    let (gateway, key) = set_up(&upstream, json!({})).await;
    let call = Call::get("/passthrough/up/v1/realtime?model=m")
        .key(&key)
        .header("connection", "Upgrade")
        .header("upgrade", "websocket")
        .header("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==")
        .header("sec-websocket-version", "13");
    gateway.send(call).await.refused(501, "not_implemented");
    assert_eq!(upstream.stats().requests, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn known_formats_are_metered_and_priced() {
    let upstream = Upstream::start().await;
    let policy = json!({"budget": {"limit_usd": 1, "period": "day"}, "limits": {"tpm": 100_000}});
    let (gateway, key) = set_up(&upstream, policy).await;
    let messages =
        json!({"model": "chat-model", "max_tokens": 50, "messages": [{"role": "user", "content": "hi"}]});
    let mut streamed = messages.clone();
    streamed["stream"] = true.into();
    let cases = [
        ("/passthrough/up/v1/chat/completions", chat("chat-model", "hi")),
        ("/passthrough/up/chat/completions", chat_stream("chat-model", "hi")),
        ("/passthrough/claude/v1/messages", messages),
        ("/passthrough/claude/v1/messages", streamed),
    ];
    for (path, body) in cases {
        let before = upstream.stats();
        let call = Call::post(path, body.to_string()).header("anthropic-version", "2023-06-01").key(&key);
        let answer = gateway.send(call).await;
        assert_eq!(answer.ok().header("x-gatewright-upstream-model"), Some("chat-model"));
        assert!(answer.header("x-ratelimit-limit-tokens").is_some());
        assert_eq!(upstream.last_body(), body.to_string(), "{path}");
        let after = upstream.stats();
        let billed = (
            after.billed_input_tokens - before.billed_input_tokens,
            after.billed_output_tokens - before.billed_output_tokens,
        );
        let record = gateway.record(&answer.request_id()).await;
        assert_eq!(record["model"], "chat-model");
        // A chat stream says nothing of its usage unless it is asked to, and the body stays as it is.
        if record["usage_source"] == "upstream" {
            assert_eq!(
                (record["input_tokens"].as_u64(), record["output_tokens"].as_u64()),
                (Some(billed.0), Some(billed.1))
            );
            let cost = i128::from(billed.0 * 100_000 + billed.1 * 200_000);
            assert_eq!(nanos(record["cost_usd"].as_str().unwrap()), cost);
            if let Some(header) = answer.header("x-gatewright-cost-usd") {
                assert_eq!(nanos(header), cost);
            }
        } else {
            assert_eq!(
                (record["usage_source"].as_str(), path.contains("/up/chat")),
                (Some("estimated"), true)
            );
            assert!(record["output_tokens"].as_u64().unwrap() >= billed.1 / 2, "{record}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_can_not_be_priced_is_refused_under_a_hard_budget() {
    let upstream = Upstream::start().await;
    let policy = json!({"budget": {"limit_usd": "0.01", "period": "day"}});
    let (gateway, key) = set_up(&upstream, policy).await;
    let body = chat("chat-model", "hi").to_string();
    for (method, path, body) in [
        (Method::POST, "/passthrough/up/v1/echo", body.clone()),
        (Method::GET, "/passthrough/up/v1/echo", String::new()),
        (Method::POST, "/passthrough/up/v1/chat/completions", chat("unpriced", "hi").to_string()),
        (Method::POST, "/passthrough/up/v1/fine_tuning/jobs", body),
    ] {
        let call = Call::post(path, body).method(method).key(&key);
        gateway.send(call).await.refused(402, "budget_exceeded");
    }
    let packed = Call::post("/passthrough/up/v1/chat/completions", chat("chat-model", "hi").to_string());
    gateway.send(packed.header("content-encoding", "gzip").key(&key)).await.refused(402, "budget_exceeded");
    let unread = Call::post("/passthrough/up/v1/chat/completions", "{\"model\":\"chat-model\"").key(&key);
    gateway.send(unread).await.refused(400, "invalid_request");
    let dear =
        json!({"model": "chat-model", "max_tokens": 1000, "messages": [{"role": "user", "content": "hi"}]});
    let call = Call::post("/passthrough/up/v1/chat/completions", dear.to_string()).key(&key);
    gateway.send(call).await.refused(402, "budget_exceeded");
    assert_eq!(upstream.stats().requests, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn models_and_limits_of_the_key_hold() {
    let upstream = Upstream::start().await;
    let policy = json!({"models": ["up/chat-model"], "limits": {"rpm": 3}});
    let (gateway, key) = set_up(&upstream, policy).await;
    let send = async |path: &str, model: &str| {
        gateway.send(Call::post(path, chat(model, "hi").to_string()).key(&key)).await
    };
    send("/passthrough/up/v1/chat/completions", "quick").await.refused(403, "model_not_allowed");
    send("/passthrough/claude/v1/messages", "chat-model").await.refused(403, "model_not_allowed");
    send("/passthrough/up/v1/echo", "quick").await.refused(403, "model_not_allowed");
    let twice = "{\"model\":\"chat-model\",\"model\":\"quick\"}";
    let call = Call::post("/passthrough/up/v1/echo", twice).key(&key);
    gateway.send(call).await.refused(400, "invalid_request");
    for _ in 0..3 {
        send("/passthrough/up/v1/chat/completions", "chat-model").await.ok();
    }
    let over = send("/passthrough/up/v1/chat/completions", "chat-model").await;
    over.refused(429, "rate_limit_exceeded");
    assert!(over.header("retry-after").is_some());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn streams_flow_as_they_come() {
    let first =
        b"event: odd\ndata: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n\n: comment\n\n".to_vec();
    let rest =
        b"data: {\"choices\":[{\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":4}}\n\ndata: x".to_vec();
    let whole = [first.clone(), rest.clone()].concat();
    let upstream = Scripted::start(move |_| {
        let mut steps = stream(&first);
        steps.extend([Step::Wait, Step::Send(rest.clone())]);
        steps
    })
    .await;
    let gateway = Gateway::start(&upstream.provider()).await;
    for path in ["/passthrough/up/v1/anything", "/passthrough/up/v1/chat/completions"] {
        let body = chat_stream("chat-model", "hi").to_string();
        let mut open = Call::post(path, body).key(MASTER).open(gateway.addr).await;
        let seen = open.until(": comment\n\n").await;
        upstream.release();
        let id = open.headers["x-request-id"].to_str().unwrap().to_owned();
        let answer = open.rest().await;
        assert_eq!([seen.as_bytes(), &answer.body].concat(), whole, "{path}");
        let record = gateway.record(&id).await;
        assert_eq!(
            (record["input_tokens"].as_u64(), record["output_tokens"].as_u64()),
            (Some(3), Some(4)),
            "{record}"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn statuses_pass_and_our_credentials_trouble_does_not() {
    let upstream = Upstream::start().await;
    let (gateway, key) = set_up(&upstream, json!({})).await;
    for status in [201, 202, 302, 304, 400, 404, 405, 409, 418, 429, 500, 503] {
        let call = Call::post(&format!("/passthrough/up/v1/echo/status/{status}"), "{\"x\":1}").key(&key);
        let before = upstream.stats().requests;
        let answer = gateway.send(call).await;
        assert_eq!(answer.status.as_u16(), status);
        assert_eq!(answer.text(), if status == 304 { "" } else { "{\"x\":1}" }, "{status}");
        assert_eq!(upstream.stats().requests, before + 1, "a POST is sent once: {status}");
    }
    for status in [401, 402, 403] {
        let call =
            Call::post(&format!("/passthrough/up/v1/echo/status/{status}"), "the upstream's words").key(&key);
        let answer = gateway.send(call).await;
        answer.refused(502, "upstream_error");
        assert!(!answer.text().contains("words"));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn requests_to_aws_are_signed_over_what_is_sent() {
    let upstream = Upstream::start().await;
    let config = format!(
        "providers:\n  bedrock: {{ base_url: \"{}\", region: us-east-1, aws_access_key_id: AKIDEXAMPLE, \
         aws_secret_access_key: aws-secret-1 }}\n",
        upstream.url()
    );
    let gateway = Gateway::start(&config).await;
    let call = Call::new(Method::PUT, "/passthrough/bedrock/echo/a%3Ab?z=1&a=2")
        .key(MASTER)
        .header("x-amz-date", "20200101T000000Z")
        .body("{}");
    let answer = gateway.send(call).await;
    assert_eq!(echoed(answer.ok()), ("PUT", "/echo/a%3Ab?z=1&a=2"));
    let seen = upstream.emulator().requests(1).pop().unwrap();
    let signature = seen.headers["authorization"].to_str().unwrap();
    assert!(signature.starts_with("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/"), "{signature}");
    assert_ne!(seen.headers["x-amz-date"], "20200101T000000Z");
    let claim = gw_providers::aws::Claim::read(&seen.headers, now_us()).unwrap();
    let parts = gw_providers::aws::RequestParts {
        method: "PUT",
        path: &seen.path,
        query: &seen.query,
        host: "",
        headers: &seen.headers,
    };
    let hash = gw_providers::aws::body_hash(std::slice::from_ref(&seen.body));
    claim.check(&parts, &hash, &gw_model::Secret::new("aws-secret-1".to_owned())).unwrap();
}

fn now_us() -> i64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    i64::try_from(now.as_micros()).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_made_behind_a_path_is_its_makers() {
    let upstream = Upstream::start().await;
    let (gateway, key) = set_up(&upstream, json!({})).await;
    let policy = json!({"name": "other", "endpoints": ["passthrough", "chat"]});
    let (_, other) = gateway.make_key(&policy).await;
    // The echo answers as any provider's own shape of things would.
    let make =
        Call::post("/passthrough/claude/v1/echo", "{\"id\":\"msgbatch_1\",\"type\":\"message_batch\"}");
    gateway.send(make.key(&key)).await.ok();
    for path in ["/passthrough/claude/v1/echo/msgbatch_1", "/passthrough/claude/v1/echo/msgbatch%5F1/results"]
    {
        gateway.send(Call::get(path).key(&key)).await.ok();
        gateway.send(Call::get(path).key(&other)).await.refused(404, "not_found");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn native_streams_are_exact_and_metered() {
    let upstream = Upstream::start().await;
    let url = upstream.url();
    let config = format!(
        "providers:\n  gemini: {{ base_url: \"{url}\", api_key: k }}\n  \
         bedrock: {{ base_url: \"{url}\", region: us-east-1, api_key: k }}\n"
    );
    let gateway = Gateway::start(&config).await;
    let contents = json!({"contents": [{"role": "user", "parts": [{"text": "hello there"}]}]}).to_string();
    let messages = json!({"messages": [{"role": "user", "content": [{"text": "hello there"}]}]}).to_string();
    for (provider, path, body) in [
        ("gemini", "/v1beta/models/g:generateContent", &contents),
        ("gemini", "/v1beta/models/g:streamGenerateContent?alt=sse", &contents),
        ("gemini", "/v1beta/models/g:streamGenerateContent", &contents),
        ("bedrock", "/model/some.model-v1%3A0/converse", &messages),
        ("bedrock", "/model/some.model-v1%3A0/converse-stream", &messages),
    ] {
        let direct = Call::post(path, body.clone()).key("any");
        let direct = direct.send(url.trim_start_matches("http://").parse().unwrap()).await;
        let before = upstream.stats();
        let answer = gateway
            .send(Call::post(&format!("/passthrough/{provider}{path}"), body.clone()).key(MASTER))
            .await;
        assert_eq!(answer.ok().body.len(), direct.body.len(), "{path}");
        assert_eq!(answer.header("content-type"), direct.header("content-type"));
        let after = upstream.stats();
        let record = gateway.record(&answer.request_id()).await;
        assert_eq!(record["usage_source"], "upstream", "{path}: {record}");
        let billed = (
            after.billed_input_tokens - before.billed_input_tokens,
            after.billed_output_tokens - before.billed_output_tokens,
        );
        let recorded = (record["input_tokens"].as_u64(), record["output_tokens"].as_u64());
        assert_eq!(recorded, (Some(billed.0), Some(billed.1)), "{path}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn broken_answers_and_leaving_callers_are_recorded() {
    let upstream = Upstream::start().await;
    let (gateway, key) = set_up(&upstream, json!({})).await;
    let body = chat_stream("chat-model", "hi").to_string();
    let path = "/passthrough/up/v1/chat/completions";
    upstream.faults("chat-model", "frames=20;cut-after-frames=5", Some(1));
    let answer = gateway.send(Call::post(path, body.clone()).key(&key)).await;
    assert!(answer.text().ends_with("\n\n") && answer.text().contains("upstream_error"), "{}", answer.text());
    let record = gateway.record(&answer.request_id()).await;
    assert_eq!((&record["outcome"], &record["usage_source"]), (&json!("stream_cut"), &json!("estimated")));
    assert!(record["output_tokens"].as_u64().unwrap() > 0, "{record}");

    let mut whole = chat("chat-model", "hi");
    whole["max_tokens"] = 4000.into();
    upstream.faults("chat-model", "huge=3000000;cut-after-bytes=2000000", Some(1));
    let open = Call::post(path, whole.to_string()).key(&key).open(gateway.addr).await;
    let id = open.headers["x-request-id"].to_str().unwrap().to_owned();
    open.try_rest().await.expect_err("it has no end");
    assert_eq!(gateway.record(&id).await["outcome"], "stream_cut");

    upstream.faults("chat-model", "frames=20;stall-after-frames=5", Some(1));
    let mut open = Call::post(path, body).key(&key).open(gateway.addr).await;
    open.until("data: ").await;
    let id = open.headers["x-request-id"].to_str().unwrap().to_owned();
    drop(open);
    let record = gateway.record(&id).await;
    assert_eq!(record["outcome"], "client_disconnect");
    upstream.has_no_stream_within(std::time::Duration::from_secs(5)).await;
    gateway.metric_becomes("gatewright_open_streams", 0.0, std::time::Duration::from_secs(5)).await;
    gateway.metric_becomes("gatewright_open_reservations", 0.0, std::time::Duration::from_secs(5)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_reads_are_tried_again() {
    let upstream = Upstream::start().await;
    let (gateway, key) = set_up(&upstream, json!({})).await;
    let path = "/passthrough/up/v1/echo";
    for (method, requests) in [(Method::GET, 2), (Method::PUT, 2), (Method::POST, 1), (Method::PATCH, 1)] {
        let before = upstream.stats().requests;
        upstream.faults("*", "status=503", Some(1));
        let answer = gateway.send(Call::new(method.clone(), path).key(&key)).await;
        assert_eq!(answer.status.as_u16(), if requests == 2 { 200 } else { 503 }, "{method}");
        assert_eq!(upstream.stats().requests - before, requests, "{method}");
        upstream.faults("*", "disconnect", Some(1));
        let answer = gateway.send(Call::new(method.clone(), path).key(&key)).await;
        if requests == 1 {
            answer.refused(502, "upstream_error");
        } else {
            answer.ok();
        }
        upstream.faults("*", "", None);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_that_outgrows_its_budget_is_cut() {
    let upstream = Upstream::start().await;
    let policy = json!({"budget": {"limit_usd": "0.05", "period": "day"}});
    let (gateway, key) = set_up(&upstream, policy).await;
    upstream.faults("chat-model", "output-tokens=2000;ignore-max-tokens", None);
    let body = chat_stream("chat-model", "hi").to_string();
    let answer = gateway.send(Call::post("/passthrough/up/v1/chat/completions", body).key(&key)).await;
    assert_eq!(answer.status, 200);
    assert!(answer.text().contains("budget_exceeded"), "{}", answer.text());
    let record = gateway.record(&answer.request_id()).await;
    assert_eq!(
        (&record["outcome"], &record["error_code"]),
        (&json!("stream_cut"), &json!("budget_exceeded"))
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn large_bodies_flow_both_ways() {
    let upstream = Upstream::start().await;
    let (gateway, key) = set_up(&upstream, json!({})).await;
    let bytes: Vec<u8> = (0..9_000_000u32).map(|n| u8::try_from(n % 251).unwrap()).collect();
    for content_type in ["application/octet-stream", "application/json"] {
        let call = Call::new(Method::POST, "/passthrough/up/v1/echo").header("content-type", content_type);
        let answer = gateway.send(call.key(&key).body(bytes.clone())).await;
        assert!(answer.ok().body == bytes, "{content_type}");
        assert_eq!(answer.header("content-length"), Some("9000000"));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn responses_made_behind_a_path_have_an_owner() {
    let upstream = Upstream::start().await;
    let (gateway, key) = set_up(&upstream, json!({})).await;
    let policy = json!({"name": "other", "endpoints": ["passthrough", "chat"]});
    let (_, other) = gateway.make_key(&policy).await;
    let path = "/passthrough/up/v1/responses";
    for stream in [false, true] {
        let body = json!({"model": "chat-model", "input": "hello", "stream": stream});
        let answer = gateway.send(Call::post(path, body.to_string()).key(&key)).await;
        let text = answer.ok().text();
        let id: String = text[text.find("resp_").unwrap()..].chars().take_while(|c| *c != '"').collect();
        for (who, status) in [(&other, 404), (&key, 200)] {
            let found = gateway.send(Call::get(&format!("{path}/{id}")).key(who)).await;
            assert_eq!(found.status, status, "{}", found.text());
            let next = json!({"model": "chat-model", "input": "again", "previous_response_id": id});
            let next = gateway.send(Call::post(path, next.to_string()).key(who)).await;
            assert_eq!(next.status, status, "{}", next.text());
        }
    }
}
