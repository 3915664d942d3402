//! Faults over a socket: each one does what its description says, and clients that leave are noticed.

use crate::client::{Answer, chat, eventually, get, open, post, send, send_h2};
use gw_emulator::{Emulator, EmulatorConfig, FAULT_NAMES, Running};
use http_body_util::BodyExt;
use serde_json::{Value, json};

async fn start() -> Running {
    Emulator::default().spawn_on_free_port().await.expect("started")
}

fn request(faults: &str, stream: bool) -> http::Request<http_body_util::Full<bytes::Bytes>> {
    let mut body = chat("m", "hello there, this is a longer text");
    body["stream"] = json!(stream);
    let mut request = post("/v1/chat/completions", &body);
    request.headers_mut().remove("anthropic-version");
    request.headers_mut().insert("x-emulate", faults.parse().expect("header"));
    request
}

async fn ask(emulator: &Running, faults: &str, stream: bool) -> Answer {
    send(emulator.address(), request(faults, stream)).await
}

#[tokio::test]
async fn statuses_and_unknown_faults() {
    let emulator = start().await;
    let limited = ask(&emulator, "status=429; retry-after=2", true).await;
    assert_eq!(
        (limited.status.as_u16(), &limited.headers["retry-after"]),
        (429, &"2".parse().expect("header"))
    );
    assert_eq!(limited.json()["error"]["code"], "rate_limit_exceeded");
    let by_model = send(emulator.address(), post("/v1/chat/completions", &chat("fault-503", "x"))).await;
    assert_eq!(by_model.status, 503);
    let unknown = send(emulator.address(), post("/v1/chat/completions", &chat("fault-typo", "x"))).await;
    assert_eq!(unknown.status, 400);
    assert!(FAULT_NAMES.iter().all(|fault| unknown.text().contains(fault.name)));
    assert_eq!(emulator.emulator().stats().billed_input_tokens, 0, "refusals cost nothing");
}

#[tokio::test]
async fn flaky_callers_succeed_in_the_end() {
    let emulator = start().await;
    let mut seen = Vec::new();
    for _ in 0..4 {
        seen.push(
            send(emulator.address(), post("/v1/chat/completions", &chat("fault-flaky-2", "x")))
                .await
                .status
                .as_u16(),
        );
    }
    assert_eq!(seen, [503, 503, 200, 200]);
}

#[tokio::test]
async fn cuts_break_streams_and_whole_answers() {
    let emulator = start().await;
    let whole = ask(&emulator, "", false).await;
    for faults in ["cut-after-frames=4", "cut-after-frames=4;reset"] {
        let stream = ask(&emulator, faults, true).await;
        assert!(stream.broken, "{faults}");
        assert_eq!(stream.data().len(), 4, "{faults}");
    }
    let half = ask(&emulator, "cut", false).await;
    assert!(half.broken && half.body.len() == whole.body.len() / 2, "{}", half.body.len());
    assert_eq!(ask(&emulator, "cut-after-bytes=10", false).await.body.len(), 10);
    let mut faulty = request("cut-after-frames=4", true);
    faulty.headers_mut().remove("host");
    let stream = send_h2(emulator.address(), faulty).await;
    assert!(stream.broken && stream.data().len() == 4);
    let none = open(emulator.address(), request("disconnect", false)).await;
    assert!(none.is_err());
    assert_eq!(emulator.emulator().stats().client_disconnects, 0, "the emulator broke these off itself");
}

#[tokio::test]
async fn clients_that_leave_are_noticed() {
    let emulator = start().await;
    let stats = || emulator.emulator().stats();
    for (faults, stream) in
        [("hang", false), ("latency=60000", false), ("stall=2", true), ("frame-delay=60000", true)]
    {
        let before = stats();
        let mut pending = Box::pin(open(emulator.address(), request(faults, stream)));
        if stream {
            let mut response = pending.await.expect("a head");
            assert!(response.body_mut().frame().await.is_some_and(|frame| frame.is_ok()));
            assert_eq!((stats().open_connections, stats().open_streams), (1, 1), "{faults}");
        } else {
            let arrived = eventually("arrived", || stats().requests == before.requests + 1);
            tokio::select! {
                biased;
                () = arrived => {}
                _ = &mut pending => panic!("{faults} must not answer"),
            }
            assert_eq!(stats().open_connections, 1, "{faults}");
            drop(pending);
        }
        eventually(faults, || {
            let now = stats();
            now.open_connections == 0
                && now.open_streams == 0
                && now.client_disconnects == before.client_disconnects + 1
        })
        .await;
    }
}

#[tokio::test]
async fn clients_that_leave_over_http2_are_noticed() {
    let emulator = start().await;
    let mut faulty = request("stall=2", true);
    faulty.headers_mut().remove("host");
    *faulty.uri_mut() = format!("{}/v1/chat/completions", emulator.url()).parse().expect("URI");
    let stream = tokio::net::TcpStream::connect(emulator.address()).await.expect("connected");
    let io = hyper_util::rt::TokioIo::new(stream);
    let (mut sender, connection) =
        hyper::client::conn::http2::handshake(hyper_util::rt::TokioExecutor::new(), io)
            .await
            .expect("handshake");
    tokio::spawn(connection);
    let response = sender.send_request(faulty).await.expect("a head");
    assert_eq!(emulator.emulator().stats().open_streams, 1);
    drop(response);
    eventually("the stream ends", || emulator.emulator().stats().open_streams == 0).await;
    assert_eq!(emulator.emulator().stats().open_connections, 1, "the connection goes on");
}

#[tokio::test]
async fn bodies_are_bounded() {
    let mut config = EmulatorConfig::default();
    config.max_body_bytes = 10;
    let emulator = Emulator::new(config).spawn_on_free_port().await.expect("started");
    let answer = ask(&emulator, "", false).await;
    assert_eq!((answer.status.as_u16(), emulator.emulator().stats().requests), (413, 1));
    assert_eq!(answer.json()["error"]["type"], "invalid_request_error");
}

#[tokio::test]
async fn content_is_spoiled_as_asked() {
    let emulator = start().await;
    let broken = |text: &str| serde_json::from_str::<Value>(text).is_err();
    assert!(broken(ask(&emulator, "malformed-json", false).await.text()));
    let stream = ask(&emulator, "malformed-json", true).await;
    assert_eq!(stream.data().iter().filter(|data| broken(data)).count(), 2, "one frame and [DONE]");
    assert!(std::str::from_utf8(&ask(&emulator, "malformed-sse", true).await.body).is_err());
    let error = ask(&emulator, "error-after-frames=2", true).await;
    assert_eq!((error.events().len(), error.broken), (3, false));
    assert_eq!(error.events()[2]["error"]["type"], "server_error");
    let end = ask(&emulator, "end-after-frames=2", true).await;
    assert_eq!((end.data().len(), end.broken), (2, false));
    assert!(ask(&emulator, "crlf;comments", true).await.text().contains(": emulated\r\n\r\ndata: "));
}

#[tokio::test]
async fn sizes_and_usage_are_changed_as_asked() {
    let emulator = start().await;
    assert!(ask(&emulator, "huge=3000000", false).await.body.len() > 3_000_000);
    let frames = ask(&emulator, "frames=37", true).await.events();
    assert_eq!(
        frames
            .iter()
            .filter(|e| e["choices"][0]["delta"]["content"].as_str().is_some_and(|t| !t.is_empty()))
            .count(),
        37
    );
    let tokens = ask(&emulator, "output-tokens=1234", false).await.json();
    assert_eq!(tokens["usage"]["completion_tokens"], 1234);
    assert!(ask(&emulator, "no-usage", false).await.json().get("usage").is_none());
    let wrong = ask(&emulator, "wrong-usage;output-tokens=5", false).await.json();
    assert_eq!(wrong["usage"]["completion_tokens"], 50);
    assert_eq!(ask(&emulator, "wrong-usage=text", false).await.json()["usage"]["total_tokens"], "many");
    let reasoning = ask(&emulator, "reasoning-tokens=9;output-tokens=5", false).await.json();
    assert_eq!(reasoning["usage"]["completion_tokens"], 14);
    assert_eq!(
        ask(&emulator, "finish=content_filter", false).await.json()["choices"][0]["finish_reason"],
        "content_filter"
    );
}

#[tokio::test]
async fn a_drip_arrives_byte_by_byte_and_complete() {
    let emulator = start().await;
    let whole = ask(&emulator, "text=abc", false).await;
    for faults in ["text=abc;slow-drip=0", "text=abc;chunk-bytes=1", "text=abc;chunk-bytes=7"] {
        let answer = ask(&emulator, faults, false).await;
        assert_eq!(answer.body.len(), whole.body.len(), "{faults}");
        assert_eq!(answer.json()["choices"][0]["message"]["content"], "abc");
    }
    assert_eq!(ask(&emulator, "chunk-bytes=3", true).await.data().last(), Some(&"[DONE]"));
}

#[tokio::test]
async fn control_endpoints_set_faults_and_tell_what_was_seen() {
    let emulator = start().await;
    let set = post("/emulator/faults", &json!({"model": "chat", "fault": "status=418", "times": 1}));
    assert_eq!(send(emulator.address(), set).await.status, 200);
    for expected in [418, 200] {
        assert_eq!(
            send(emulator.address(), post("/v1/chat/completions", &chat("chat", "x"))).await.status,
            expected
        );
    }
    let wrong = post("/emulator/faults", &json!({"model": "chat", "fault": "nonsense"}));
    assert_eq!(send(emulator.address(), wrong).await.status, 400);
    eventually("closed", || emulator.emulator().stats().open_connections == 0).await;
    let stats = send(emulator.address(), get("/emulator/stats")).await.json();
    assert_eq!((&stats["requests"], &stats["open_connections"]), (&json!(2), &json!(0)));
    assert_eq!(stats["by_status"], json!({"200": 1, "418": 1}));
    assert_eq!(stats["last_request"]["headers"]["content-type"], "application/json");
    let last = send(emulator.address(), get("/emulator/requests?last=1")).await.json();
    assert_eq!(last["requests"][0]["body"].as_str(), Some(chat("chat", "x").to_string().as_str()));
    assert_eq!(emulator.emulator().requests(9).len(), 2);
    let mut reset = get("/emulator/reset");
    *reset.method_mut() = http::Method::POST;
    send(emulator.address(), reset).await;
    assert_eq!(emulator.emulator().stats().requests, 0);
    emulator.stop().await;
}

#[tokio::test]
async fn an_account_without_credit_and_a_share_of_the_requests() {
    let emulator = start().await;
    let broke = ask(&emulator, "quota", false).await;
    assert_eq!(broke.status, 429);
    assert_eq!(broke.json()["error"]["code"], "insufficient_quota");
    assert_eq!(broke.json()["error"]["type"], "insufficient_quota");

    let set = async |share: Value| {
        let body = json!({"model": "*", "fault": "status=503", "share": share});
        send(emulator.address(), post("/emulator/faults", &body)).await
    };
    for wrong in [json!(0), json!(1.5), json!("half")] {
        assert_eq!(set(wrong).await.status, 400);
    }
    let listed = set(json!(0.5)).await.json();
    assert_eq!(listed["standing"][0]["share"], 0.5);
    let mut failed = 0;
    for _ in 0..40 {
        failed += u32::from(ask(&emulator, "", false).await.status == 503);
    }
    assert!((10..=30).contains(&failed), "{failed} of 40");
}

#[tokio::test]
async fn what_requests_got_is_recorded() {
    let emulator = start().await;
    ask(&emulator, "status=503", false).await;
    ask(&emulator, "", false).await;
    ask(&emulator, "", true).await;
    assert!(ask(&emulator, "cut-after-frames=4", true).await.broken);
    eventually("endings are noted", || {
        let seen = emulator.emulator().requests(4);
        seen[1].answer.whole && seen[2].answer.whole && seen[3].answer.output_tokens > 0
    })
    .await;
    let whole = emulator.emulator().requests(4);
    let seen: Vec<(u16, bool)> = whole.iter().map(|r| (r.answer.status, r.answer.whole)).collect();
    assert_eq!(seen, [(503, false), (200, true), (200, true), (200, false)]);
    assert!(whole.windows(2).all(|two| two[0].serial < two[1].serial));
    assert!(whole.windows(2).all(|two| two[0].arrived_us <= two[1].arrived_us));
    let (one, stream, cut) = (&whole[1].answer, &whole[2].answer, &whole[3].answer);
    assert_eq!(whole[0].answer.input_tokens, 0);
    assert_eq!((one.input_tokens, one.output_tokens), (stream.input_tokens, stream.output_tokens));
    assert!(cut.input_tokens == one.input_tokens && cut.output_tokens < one.output_tokens);
    for fault in ["error-after-frames=0", "end-after-frames=2"] {
        ask(&emulator, fault, true).await;
        eventually("it has its tokens", || emulator.emulator().stats().open_streams == 0).await;
        let seen = emulator.emulator().requests(1).pop().expect("one");
        assert_eq!(
            (seen.answer.status, seen.answer.whole),
            (200, false),
            "{fault}: its end is clean, and yet"
        );
    }
    let listed = send(emulator.address(), get("/emulator/requests?last=1")).await.json();
    assert!(listed["now_us"].as_u64() >= listed["requests"][0]["arrived_us"].as_u64(), "{listed}");
    assert_eq!(listed["requests"][0]["answer"]["status"], 200);
}
