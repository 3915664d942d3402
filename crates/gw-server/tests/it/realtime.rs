//! Sessions over a WebSocket: frames byte for byte, the handshake, what may not slip past policy, and endings. What
//! they cost stands in `realtime_money.rs`.

use super::support::websocket::{BINARY, CLOSE, Far, PING, PONG, TEXT, connect, frame, open, through};
use super::support::{Call, Gateway, KEY, MASTER, Upstream, eventually};
use rustix::process::Signal;
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

const MASK: Option<[u8; 4]> = Some([0xa1, 0x02, 0xf3, 0x44]);

/// Everything that frames can be: lengths of every form, fragments with control frames between, empty and binary ones.
fn script(mask: Option<[u8; 4]>) -> Vec<u8> {
    let long: Vec<u8> = (0..300_000).map(|i| u8::try_from(i % 251).unwrap()).collect();
    let sound = json!({"type": "input_audio_buffer.append", "audio": "A".repeat(150_000)}).to_string();
    let parts: &[(bool, u8, &[u8])] = &[
        (true, TEXT, b"no event at all"),
        (true, TEXT, br#"{ "type" : "x.y",  "event_id":"1" , "n" : 1e0 }"#),
        (true, TEXT, b""),
        (false, TEXT, br#"{"type":"in"#),
        (true, PING, b"between"),
        (false, 0, b""),
        (false, 0, b"put\xc3"),
        (true, PONG, b"not asked for"),
        (true, 0, b"\xa4\"}"),
        (true, BINARY, &long[..126]),
        (true, TEXT, sound.as_bytes()),
        (false, BINARY, &long[..65_536]),
        (true, PING, b""),
        (true, 0, &long),
        (true, TEXT, br#"{"type":"last"}"#),
    ];
    parts.iter().flat_map(|(fin, opcode, payload)| frame(*fin, *opcode, payload, mask)).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn frames_travel_byte_for_byte() {
    let far = Far::start().await;
    let gateway = Gateway::start(&far.provider()).await;
    let (mut near, mut far) = through(gateway.addr, &far, "up/rt", MASTER).await;
    assert!(far.head.starts_with("GET /v1/realtime?model=rt HTTP/1.1\r\n"), "{}", far.head);
    assert_eq!(far.header("authorization"), Some("Bearer upstream-secret-1"));
    assert_eq!(far.header("sec-websocket-extensions"), None);
    assert_eq!(near.header("x-gatewright-provider"), Some("up"));
    assert_eq!(near.header("x-upstream-request-id"), Some("far-1"));
    let (asked, said) = (script(MASK), script(None));
    for step in [1 << 20, 1 << 14, 997] {
        for piece in asked.chunks(step) {
            near.send_raw(piece).await;
        }
        far.expect_raw(&asked).await;
        for piece in said.chunks(step) {
            far.send_raw(piece).await;
        }
        near.expect_raw(&said).await;
    }
    let goodbye = frame(true, CLOSE, b"\x0f\xa1see you", MASK);
    near.send_raw(&goodbye).await;
    far.expect_raw(&goodbye).await;
    let answer = frame(true, CLOSE, b"\x0f\xa1", None);
    far.send_raw(&answer).await;
    near.expect_raw(&answer).await;
    assert_eq!(near.try_frame().await, None);
    assert_eq!(far.try_frame().await, None);
    let record = gateway.record(&near.request_id()).await;
    assert_eq!((&record["outcome"], &record["status"]), (&"success".into(), &101.into()), "{record}");
    assert_eq!((&record["usage_source"], &record["cost_usd"]), (&"none".into(), &"0".into()), "{record}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_ping_within_a_held_message_is_answered() {
    let far = Far::start().await;
    let gateway = Gateway::start(&far.provider()).await;
    let (mut near, mut far) = through(gateway.addr, &far, "up/rt", MASTER).await;
    near.send_raw(&frame(false, TEXT, b"{\"type\":", MASK)).await;
    near.send_raw(&frame(true, PING, b"well?", MASK)).await;
    assert_eq!(far.frame().await.payload, b"well?");
    far.send_raw(&frame(true, PONG, b"well?", None)).await;
    assert_eq!(near.frame().await.opcode, PONG);
    near.send_raw(&frame(true, 0, b"\"x\"}", MASK)).await;
    let begun = far.frame().await;
    assert_eq!((begun.fin, begun.payload.as_slice()), (false, &b"{\"type\":"[..]));
    assert!(far.frame().await.fin);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_providers_goodbye_is_passed_on() {
    let far = Far::start().await;
    let gateway = Gateway::start(&far.provider()).await;
    for (code, outcome) in
        [(1000_u16, "success"), (1001, "success"), (1011, "upstream_error"), (4001, "upstream_error")]
    {
        let (mut near, mut far) = through(gateway.addr, &far, "up/rt", MASTER).await;
        let goodbye = frame(true, CLOSE, &[&code.to_be_bytes()[..], b"expired"].concat(), None);
        far.send_raw(&goodbye).await;
        near.expect_raw(&goodbye).await;
        let answer = frame(true, CLOSE, &code.to_be_bytes(), MASK);
        near.send_raw(&answer).await;
        far.expect_raw(&answer).await;
        assert_eq!((near.try_frame().await, far.try_frame().await), (None, None));
        assert_eq!(gateway.record(&near.request_id()).await["outcome"], outcome, "{code}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_upstream_that_dies_is_an_error() {
    let far = Far::start().await;
    let gateway = Gateway::start(&far.provider()).await;
    // Also in the midst of a message: then no event can be said, and no frame in the midst of one.
    let begun = frame(false, TEXT, b"{\"type\":", None);
    let cut = frame(true, TEXT, &[b'x'; 200], None)[..100].to_vec();
    for (said, has_error, code) in
        [(&b""[..], true, Some(1011)), (&begun, false, Some(1011)), (&cut, false, None)]
    {
        let (mut near, mut far) = through(gateway.addr, &far, "up/rt", MASTER).await;
        far.send_raw(said).await;
        drop(far);
        let (error, closed) = near.ending().await;
        assert_eq!((error.is_some(), closed), (has_error, code), "{said:?}");
        assert!(error.is_none_or(|error| error["code"] == "upstream_error"));
        let record = gateway.record(&near.request_id()).await;
        assert_eq!(
            (&record["outcome"], &record["error_code"]),
            (&"stream_cut".into(), &"upstream_error".into())
        );
    }
    // An upstream that breaks the rules.
    let (mut near, mut far) = through(gateway.addr, &far, "up/rt", MASTER).await;
    far.send_raw(&frame(true, TEXT, b"masked", MASK)).await;
    assert_eq!(near.ending().await.1, Some(1011));
    assert_eq!(far.try_frame().await.map(|frame| frame.opcode), Some(CLOSE));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_breaks_the_rules_is_told() {
    let far = Far::start().await;
    let limits = "settings: { realtime: { max_message_bytes: 4096 } }\n";
    let gateway = Gateway::start(&format!("{}{limits}", far.provider())).await;
    let two: Vec<u8> =
        [(false, TEXT), (true, 0)].into_iter().flat_map(|(f, o)| frame(f, o, &[b'x'; 3000], MASK)).collect();
    let cases = [
        (frame(true, TEXT, b"not masked", None), 1002),
        (frame(true, 0, b"of nothing", MASK), 1002),
        (frame(true, 3, b"", MASK), 1002),
        (frame(true, TEXT, &[b'x'; 5000], MASK), 1009),
        (two, 1009),
    ];
    for (bytes, code) in cases {
        let (mut near, mut far) = through(gateway.addr, &far, "up/rt", MASTER).await;
        near.send_raw(&bytes).await;
        let (error, closed) = near.ending().await;
        assert!(error.is_some() && closed == Some(code), "{error:?} {closed:?}");
        assert_eq!(far.frame().await.opcode, CLOSE, "nothing of it went on");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_model_does_not_slip_past() {
    let upstream = Far::start().await;
    let models = "models:\n  prod: { targets: [{ provider: up, model: rt }] }\n  other: { targets: [{ provider: up, model: dear }] }\n";
    let keys = format!("keys:\n  - {{ name: one, key: {KEY}, models: [prod] }}\n");
    let gateway = Gateway::start(&format!("{}{models}{keys}", upstream.provider())).await;
    let (mut near, mut far) = through(gateway.addr, &upstream, "prod", KEY).await;
    let update =
        |model: &str| json!({"type": "session.update", "event_id": "mine", "session": {"model": model}});
    for (event, code, param) in [
        (update("dear"), "model_not_allowed", "session.model"),
        (update("other"), "model_not_allowed", "session.model"),
        (
            json!({"type": "response.create", "response": {"model": "dear"}}),
            "model_not_allowed",
            "response.model",
        ),
        (json!({"type": "response.create", "model": "up/dear"}), "model_not_allowed", "model"),
    ] {
        near.say(&event).await;
        let error = near.event("error").await["error"].clone();
        assert_eq!((&error["code"], &error["param"]), (&code.into(), &param.into()), "{event}");
        assert_eq!(error["event_id"], event.get("event_id").cloned().unwrap_or(Value::Null));
    }
    let hidden = [
        r#"{"type":"input_audio_buffer.append","type":"session.update","session":{"model":"dear"}}"#,
        r#"{"type":"session.update","session":{"model":"rt","model":"dear"}}"#,
        r#"{"type":"session.\u0075pdate","session":{"m\u006fdel":"dear"}}"#,
        "{\"type\":\"session.update\",\"session\":{\"model\":\"dear\"},}",
    ];
    for text in hidden {
        for opcode in [TEXT, BINARY] {
            near.send_raw(&frame(false, opcode, &text.as_bytes()[..20], MASK)).await;
            near.send_raw(&frame(true, 0, &text.as_bytes()[20..], MASK)).await;
            near.event("error").await;
        }
    }
    // Nothing of all that went on. The model's own name does, and the alias becomes it.
    let same = frame(true, TEXT, update("rt").to_string().as_bytes(), MASK);
    near.send_raw(&same).await;
    far.expect_raw(&same).await;
    near.say(&update("prod")).await;
    let renamed = far.frame().await;
    assert_eq!((renamed.fin, renamed.json()), (true, update("rt")));
    near.close(1000).await;
    let (mut near, mut far) = through(gateway.addr, &upstream, "prod", MASTER).await;
    near.say(&update("other")).await;
    assert_eq!(near.event("error").await["error"]["code"], "invalid_request");
    drop(near);
    assert_eq!(far.frame().await.opcode, CLOSE);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn refusals_come_before_the_upgrade() {
    let upstream = Upstream::start().await;
    let keys = format!(
        "keys:\n  - {{ name: one, key: {KEY}, endpoints: [realtime], models: [\"up/*\"], limits: {{ rpm: 2, max_parallel: 1 }} }}\n  \
         - {{ name: chats, key: gw-chatsChatsChatsChatsChatsChatsChatsChatsChat, endpoints: [chat] }}\n"
    );
    let gateway = Gateway::start(&format!("{}{keys}", upstream.providers())).await;
    let ask =
        async |path: &str, extra: &str| connect(gateway.addr, path, extra).await.map(|_| ()).unwrap_err();
    let bearer = |key: &str| format!("authorization: Bearer {key}\r\n");
    let chats = bearer("gw-chatsChatsChatsChatsChatsChatsChatsChatsChat");
    let path = "/v1/realtime?model=up/chat-model";
    for (path, extra, status, code) in [
        (path, String::new(), 401, "invalid_api_key"),
        (path, bearer("gw-unknown"), 401, "invalid_api_key"),
        (path, chats, 403, "endpoint_not_allowed"),
        ("/v1/realtime?model=claude/chat-model", bearer(KEY), 403, "model_not_allowed"),
        ("/v1/realtime?model=claude/chat-model", bearer(MASTER), 400, "invalid_request"),
        ("/v1/realtime?model=nothing-like-it", bearer(MASTER), 404, "model_not_found"),
        ("/v1/realtime", bearer(MASTER), 400, "invalid_request"),
        ("/v1/realtime?model=up/chat-model&call_id=rtc_1", bearer(MASTER), 400, "unsupported_parameter"),
        ("/v1/realtime?model=up/fault-401", bearer(MASTER), 502, "upstream_error"),
        ("/v1/realtime?model=up/fault-503", bearer(MASTER), 502, "upstream_error"),
        ("/v1/realtime?model=up/fault-404", bearer(MASTER), 404, "upstream_error"),
    ] {
        let refusal = ask(path, &extra).await;
        assert!(refusal.starts_with(&format!("HTTP/1.1 {status} ")), "{path} {extra}: {refusal}");
        assert!(refusal.contains(&format!("x-gatewright-error: {code}\r\n")), "{refusal}");
        assert!(refusal.contains("{\"error\":{\"message\":"), "{refusal}");
        assert!(!refusal.contains("upstream-secret"), "{refusal}");
    }
    // A session takes one request and one parallel slot, for as long as it is open.
    let first = open(gateway.addr, "up/chat-model", KEY).await;
    assert!(ask(path, &bearer(KEY)).await.contains("concurrency_limit_exceeded"));
    first.close(1000).await;
    gateway.metric_becomes("gatewright_open_sessions", 0.0, Duration::from_secs(2)).await;
    open(gateway.addr, "up/chat-model", KEY).await.close(1000).await;
    assert!(ask(path, &bearer(KEY)).await.contains("rate_limit_exceeded"));
    // No WebSocket, and ways past the gateway.
    gateway.send(Call::get(path).key(MASTER)).await.refused(400, "invalid_request");
    gateway.send(Call::post(path, "{}").key(MASTER)).await.refused(405, "method_not_allowed");
    for other in ["client_secrets", "sessions", "calls", "transcription_sessions"] {
        let answer = gateway.send(Call::post(&format!("/v1/realtime/{other}"), "{}").key(MASTER)).await;
        assert!(
            answer.refused(501, "not_implemented").text().contains("/v1/realtime?model="),
            "{}",
            answer.text()
        );
    }
    gateway.metric_becomes("gatewright_open_reservations", 0.0, Duration::from_secs(2)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_way_in_opens_a_session() {
    let upstream = Upstream::start().await;
    let azure = "  az: { kind: azure-openai, endpoint: \"URL\", api_key: k, api_version: \"2025-04-01-preview\" }\n  \
                 az-v1: { kind: azure-openai, endpoint: \"URL\", api_key: k, api_version: v1 }\n  demo: { kind: emulator }\n"
        .replace("URL", &upstream.url());
    let models = "models:\n  prod: { targets: [{ provider: up, model: fault-503 }, { provider: up, model: chat-model }], retry: { attempts: 1 } }\n";
    let gateway = Gateway::start(&format!("{}{azure}{models}", upstream.providers())).await;
    let bearer = format!("authorization: Bearer {MASTER}\r\n");
    let in_protocol = format!(
        "sec-websocket-protocol: realtime, openai-insecure-api-key.{MASTER}, openai-beta.realtime-v1\r\norigin: https://x.example\r\n"
    );
    for (path, extra, sent) in [
        ("/v1/realtime?model=up/chat-model", &*bearer, "/v1/realtime model=chat-model"),
        ("/realtime?model=up%2Fchat-model", &bearer, "/v1/realtime model=chat-model"),
        ("/openai/v1/realtime?model=prod", &bearer, "/v1/realtime model=chat-model"),
        (
            "/openai/realtime?api-version=x&deployment=prod",
            &format!("api-key: {MASTER}\r\n"),
            "/v1/realtime model=chat-model",
        ),
        ("/openai/deployments/prod/realtime?api-version=x", &bearer, "/v1/realtime model=chat-model"),
        ("/v1/realtime?model=prod", &in_protocol, "/v1/realtime model=chat-model"),
        (
            "/v1/realtime?model=az/my-rt",
            &bearer,
            "/openai/realtime api-version=2025-04-01-preview&deployment=my-rt",
        ),
        ("/v1/realtime?model=az-v1/my-rt", &bearer, "/openai/v1/realtime model=my-rt"),
        ("/v1/realtime?model=demo/chat", &bearer, ""),
    ] {
        let mut near =
            connect(gateway.addr, path, extra).await.unwrap_or_else(|refusal| panic!("{path}: {refusal}"));
        near.event("session.created").await;
        let protocol = near.header("sec-websocket-protocol").map(ToOwned::to_owned);
        assert_eq!(protocol.as_deref(), extra.contains("protocol").then_some("realtime"), "{path}");
        assert_eq!(near.close(1000).await, Some(1000));
        if !sent.is_empty() {
            let seen = upstream.emulator().requests(1).pop().unwrap();
            assert_eq!(format!("{} {}", seen.path, seen.query), sent, "{path}");
            assert!(!format!("{:?}", seen.headers).contains(MASTER), "{:?}", seen.headers);
        }
    }
    assert!(!gateway.log().contains(MASTER), "the key is not logged");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_revoked_key_is_cut_within_a_second() {
    let upstream = Upstream::start().await;
    upstream.faults("chat-model", "frames=2000;frame-delay=20;ignore-max-tokens", None);
    let gateway = Gateway::start(&upstream.providers()).await;
    for (idle, change) in [(true, "delete"), (false, "delete"), (true, "expire"), (true, "budget")] {
        let policy =
            json!({"name": format!("{change} {idle}"), "budget": {"limit_usd": "5", "period": "total"}});
        let (id, key) = gateway.make_key(&policy).await;
        let mut near = open(gateway.addr, "up/chat-model", &key).await;
        near.event("session.created").await;
        let cost = if change == "budget" { "quick" } else { "chat-model" };
        if !idle {
            near.say(&json!({"type": "response.create", "response": {"output_modalities": ["text"]}})).await;
            near.event("response.output_text.delta").await;
        }
        if change == "budget" {
            let body = super::support::chat(&format!("up/{cost}"), "hi");
            gateway.send(Call::chat(&body).key(&key)).await.ok();
        }
        let path = format!("/api/v1/keys/{id}");
        let answer = match change {
            "delete" => gateway.admin(http::Method::DELETE, &path, None).await,
            "expire" => {
                gateway
                    .admin(http::Method::PATCH, &path, Some(&json!({"expires_at": "2020-01-01T00:00:00Z"})))
                    .await
            }
            _ => {
                let budget = json!({"budget": {"limit_usd": "0.000001", "period": "total"}});
                gateway.admin(http::Method::PATCH, &path, Some(&budget)).await
            }
        };
        assert!(answer.status.is_success(), "{}", answer.text());
        let since = Instant::now();
        let (error, code) = near.ending().await;
        let wanted = if change == "budget" { "budget_exceeded" } else { "invalid_api_key" };
        assert_eq!((&error.expect("an error event")["code"], code), (&wanted.into(), Some(1008)), "{change}");
        assert!(since.elapsed() < Duration::from_millis(1500), "{:?}", since.elapsed());
        upstream.has_no_stream_within(Duration::from_secs(1)).await;
        let record = gateway.record(&near.request_id()).await;
        assert_eq!(
            (&record["outcome"], &record["error_code"]),
            (&"stream_cut".into(), &wanted.into()),
            "{record}"
        );
        assert_eq!(record["cost_usd"] == "0", idle, "what was said is charged: {record}");
    }
    gateway.metric_becomes("gatewright_open_reservations", 0.0, Duration::from_secs(2)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_taken_from_a_key_ends_its_session() {
    let upstream = Upstream::start().await;
    let gateway = Gateway::start(&upstream.providers()).await;
    let (id, key) = gateway.make_key(&json!({"name": "changing", "endpoints": ["realtime", "chat"]})).await;
    let path = format!("/api/v1/keys/{id}");
    for (narrowed, change, wanted) in [
        (json!({"models": ["up/quick"]}), json!({"models": ["*"]}), "model_not_allowed"),
        (json!({"endpoints": ["chat"]}), json!({"endpoints": ["realtime"]}), "endpoint_not_allowed"),
    ] {
        let mut near = open(gateway.addr, "up/chat-model", &key).await;
        near.event("session.created").await;
        // What leaves it the model changes nothing.
        let wider = json!({"models": ["up/chat-*", "other"]});
        gateway.admin(http::Method::PATCH, &path, Some(&wider)).await.ok();
        let since = Instant::now();
        while since.elapsed() < Duration::from_millis(1200) {
            near.say(&json!({"type": "response.create", "response": {"output_modalities": ["text"]}})).await;
            near.event("response.done").await;
        }
        gateway.admin(http::Method::PATCH, &path, Some(&narrowed)).await.ok();
        let since = Instant::now();
        let (error, code) = near.ending().await;
        assert_eq!((&error.expect("an error event")["code"], code), (&wanted.into(), Some(1008)));
        assert!(since.elapsed() < Duration::from_millis(1500), "{:?}", since.elapsed());
        let record = gateway.record(&near.request_id()).await;
        assert_eq!(
            (&record["outcome"], &record["error_code"]),
            (&"stream_cut".into(), &wanted.into()),
            "{record}"
        );
        upstream.has_no_stream_within(Duration::from_secs(1)).await;
        gateway.admin(http::Method::PATCH, &path, Some(&change)).await.ok();
    }
    gateway.metric_becomes("gatewright_open_reservations", 0.0, Duration::from_secs(2)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_sessions_at_once_leave_nothing_behind() {
    let upstream = Upstream::start().await;
    upstream.faults("chat-model", "frames=5;frame-delay=2", None);
    let keys =
        format!("keys:\n  - {{ name: many, key: {KEY}, budget: {{ limit_usd: 100000, period: total }} }}\n");
    let gateway = Gateway::start(&format!("{}{keys}", upstream.providers())).await;
    let mut set = JoinSet::new();
    for n in 0..120 {
        let addr = gateway.addr;
        set.spawn(async move {
            let mut near = open(addr, "up/chat-model", KEY).await;
            near.say(&json!({"type": "response.create", "response": {"output_modalities": ["text"]}})).await;
            near.event("response.output_text.delta").await;
            // A third stays to the end, a third leaves, a third says goodbye.
            match n % 3 {
                0 => {
                    near.event("response.done").await;
                    near.close(1000).await;
                }
                1 => drop(near),
                _ => drop(near.close(1000).await),
            }
        });
    }
    set.join_all().await;
    gateway.metric_becomes("gatewright_open_reservations", 0.0, Duration::from_secs(5)).await;
    gateway.metric_becomes("gatewright_open_sessions", 0.0, Duration::from_secs(2)).await;
    gateway.metric_becomes("gatewright_upstream_requests_in_flight", 0.0, Duration::from_secs(2)).await;
    upstream.is_quiet_within(Duration::from_secs(2)).await;
    assert_eq!(gateway.records_of("success", 80).await.len(), 80);
    let left = gateway.records_of("client_disconnect", 40).await;
    assert_eq!(left.len(), 40);
    assert!(left.iter().all(|row| row["cost_usd"] != "0"), "what was said is charged");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_that_stops_slows_the_speaker_down() {
    let upstream = Far::start().await;
    let limits = "settings: { realtime: { buffer_bytes: 65536 } }\n";
    let gateway = Gateway::start(&format!("{}{limits}", upstream.provider())).await;
    let (mut near, mut far) = through(gateway.addr, &upstream, "up/rt", MASTER).await;
    let piece = frame(true, BINARY, &[7; 60_000], None);
    let mut sent = 0_usize;
    // Some megabytes fit into the system's buffers, and no more.
    while tokio::time::timeout(Duration::from_millis(700), far.send_raw(&piece)).await.is_ok() {
        sent += 1;
        assert!(sent < 2000, "all of it was taken in though nobody reads");
    }
    for _ in 0..sent {
        near.expect_raw(&piece).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn silence_and_age_end_a_session() {
    let upstream = Far::start().await;
    let limits = "settings: { realtime: { idle_ms: 400, max_session_ms: 3000 } }\n";
    let gateway = Gateway::start(&format!("{}{limits}", upstream.provider())).await;
    // Both sides answer pings, which are the gateway's own: no pong reaches the other side.
    let (mut near, mut far) = through(gateway.addr, &upstream, "up/rt", MASTER).await;
    let far_end = tokio::spawn(async move {
        let mut seen = Vec::new();
        while let Some(ping) = far.try_frame().await {
            seen.push(ping.opcode);
            if ping.opcode == PING {
                far.send_raw(&frame(true, PONG, &ping.payload, None)).await;
            }
        }
        seen
    });
    let mut pings = 0;
    let error = loop {
        let next = near.frame().await;
        match next.opcode {
            PING => near.send_raw(&frame(true, PONG, &next.payload, MASK)).await,
            opcode => {
                assert_eq!(opcode, TEXT);
                break next.json();
            }
        }
        pings += 1;
    };
    assert!(pings >= 3 && error["error"]["code"] == "request_timeout", "{pings} {error}");
    assert_eq!(near.ending().await.1, Some(1001));
    let seen = far_end.await.unwrap();
    assert!(seen.iter().filter(|opcode| **opcode == PING).count() >= 3 && !seen.contains(&PONG), "{seen:?}");
    // A client that is silent is gone.
    let (mut near, mut far) = through(gateway.addr, &upstream, "up/rt", MASTER).await;
    loop {
        let ping = far.frame().await;
        if ping.opcode == CLOSE {
            break;
        }
        far.send_raw(&frame(true, PONG, &ping.payload, None)).await;
    }
    while near.try_frame().await.is_some() {}
    assert_eq!(gateway.record(&near.request_id()).await["outcome"], "client_disconnect");
    // So is an upstream.
    let (mut near, _far) = through(gateway.addr, &upstream, "up/rt", MASTER).await;
    let code = loop {
        let next = near.frame().await;
        match next.opcode {
            PING => near.send_raw(&frame(true, PONG, &next.payload, MASK)).await,
            CLOSE => break next.close_code(),
            _ => assert_eq!(next.json()["error"]["code"], "upstream_error"),
        }
    };
    assert_eq!(code, 1011);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stopping_gateway_says_goodbye() {
    let upstream = Upstream::start().await;
    let mut gateway = Gateway::start(&format!("shutdown_grace_seconds: 1\n{}", upstream.providers())).await;
    let mut near = open(gateway.addr, "up/chat-model", MASTER).await;
    near.event("session.created").await;
    gateway.signal(Signal::TERM);
    // Within the grace it goes on.
    near.say(&json!({"type": "response.create", "response": {"output_modalities": ["text"]}})).await;
    near.event("response.done").await;
    let (error, code) = near.ending().await;
    assert_eq!((error, code), (None, Some(1001)));
    assert_eq!(gateway.exit(Duration::from_secs(5)).await.code(), Some(0));
    let id = near.request_id();
    let gateway = gateway.restart().await;
    let record = gateway.record(&id).await;
    assert_eq!(record["outcome"], "shutdown");
    assert_ne!(record["cost_usd"], "0");
    eventually("no open stream", async || (upstream.stats().open_streams == 0).then_some(())).await;
}
