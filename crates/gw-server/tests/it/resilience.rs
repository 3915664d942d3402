//! Deployments that fail: who is left alone and for how long, where requests go meanwhile, and how traffic comes back.

use super::support::scripted::{Scripted, Step};
use super::support::{Answer, Call, Gateway, MASTER, Upstream, chat, chat_stream, eventually_within, sse};
use std::time::Duration;

/// A gateway with these aliases (indented YAML) and, where given, other settings of health.
async fn set_up(models: &str, health: &str) -> (Upstream, Gateway) {
    let upstream = Upstream::start().await;
    let config = format!("{}models:\n{models}{health}", upstream.providers());
    let gateway = Gateway::start(&config).await;
    (upstream, gateway)
}

async fn ask(gateway: &Gateway, model: &str) -> Answer {
    gateway.send(Call::chat(&chat(model, "hi")).key(MASTER)).await
}

fn served_by(answer: &Answer) -> String {
    answer.header("x-gatewright-upstream-model").unwrap_or("-").to_owned()
}

const PAIR: &str = "  pair:\n    targets: [{ provider: up, model: first }, { provider: up, model: second }]\n    \
                    retry: { attempts: 1 }\n    timeout: { first_byte_ms: 300, first_token_ms: 300 }\n";

fn attempts(answer: &Answer) -> &str {
    answer.header("x-gatewright-attempts").unwrap_or("-")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_target_that_fails_again_and_again_is_left_alone_until_a_probe_brings_it_back() {
    let health = "health: { consecutive_failures: 3, open_ms: 700, max_open_ms: 700, slow_start_ms: 0 }\n";
    let (upstream, gateway) = set_up(PAIR, health).await;
    upstream.faults("first", "status=500", None);
    for _ in 0..3 {
        assert_eq!(attempts(&ask(&gateway, "pair").await), "2");
    }
    for _ in 0..5 {
        let answer = ask(&gateway, "pair").await;
        assert_eq!((attempts(&answer), served_by(&answer).as_str()), ("1", "second"));
    }
    assert_eq!(gateway.metric("gatewright_deployment_down").await, 1.0);
    assert_eq!(gateway.metric("gatewright_deployment_trips_total").await, 1.0);
    upstream.faults("first", "", None);
    eventually_within(Duration::from_secs(3), "the probe brings it back", async || {
        (served_by(&ask(&gateway, "pair").await) == "first").then_some(())
    })
    .await;
    assert_eq!(served_by(&ask(&gateway, "pair").await), "first");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_target_of_weight_0_takes_nothing_while_another_comes_back_slowly() {
    let models = "  drained:\n    strategy: weighted\n    retry: { attempts: 1 }\n    targets:\n      \
                  - { provider: up, model: first, weight: 1 }\n      - { provider: up, model: second, weight: 0 }\n";
    let health =
        "health: { consecutive_failures: 2, open_ms: 300, max_open_ms: 300, slow_start_ms: 60000 }\n";
    let (upstream, gateway) = set_up(models, health).await;
    upstream.faults("first", "status=500", None);
    for _ in 0..3 {
        assert_eq!(served_by(&ask(&gateway, "drained").await), "second", "nobody else is left");
    }
    upstream.faults("first", "", None);
    eventually_within(Duration::from_secs(3), "the probe brings it back", async || {
        (served_by(&ask(&gateway, "drained").await) == "first").then_some(())
    })
    .await;
    for _ in 0..20 {
        assert_eq!(served_by(&ask(&gateway, "drained").await), "first");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn callers_own_mistakes_open_no_breaker() {
    let (upstream, gateway) = set_up(PAIR, "health: { consecutive_failures: 2 }\n").await;
    for status in [400, 404, 413, 422] {
        upstream.faults("first", &format!("status={status}"), None);
        for _ in 0..5 {
            assert_eq!(ask(&gateway, "pair").await.status, status);
        }
    }
    upstream.faults("first", "", None);
    assert_eq!(served_by(&ask(&gateway, "pair").await), "first");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_asks_for_a_pause_gets_it_and_callers_learn_when_nobody_is_left() {
    let (upstream, gateway) = set_up(PAIR, "").await;
    upstream.faults("first", "status=429;retry-after=40", Some(1));
    let answer = ask(&gateway, "pair").await;
    assert_eq!((attempts(&answer), served_by(&answer).as_str()), ("2", "second"));
    assert_eq!(answer.header("x-gatewright-failed-attempts"), Some("up=429"));
    let before = upstream.stats().requests;
    for _ in 0..4 {
        assert_eq!(served_by(&ask(&gateway, "pair").await), "second");
    }
    assert_eq!(upstream.stats().requests, before + 4, "nobody asked the first");
    upstream.faults("second", "status=429;retry-after=60", Some(1));
    let answer = ask(&gateway, "pair").await;
    assert_eq!(answer.status, 429, "the last word of a provider: {}", answer.text());
    let before = upstream.stats().requests;
    let answer = ask(&gateway, "pair").await;
    answer.refused(429, "rate_limit_exceeded");
    let seconds: u64 = answer.header("retry-after").unwrap().parse().unwrap();
    assert!((35..=40).contains(&seconds), "the first that is back: {seconds}");
    assert_eq!(upstream.stats().requests, before);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_short_pause_is_waited_for() {
    let (upstream, gateway) = set_up(&PAIR.replace("attempts: 1", "attempts: 2"), "").await;
    for model in ["first", "second"] {
        upstream.faults(model, "status=429;retry-after=1", Some(1));
    }
    // One request waits at the last target; another that comes meanwhile waits for the first to be back.
    let (one, other) = tokio::join!(ask(&gateway, "pair"), async {
        upstream.has_asked(2).await;
        ask(&gateway, "pair").await
    });
    one.ok();
    other.ok();
    assert_eq!(upstream.stats().requests, 4);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_without_a_first_token_goes_to_the_next_target_in_every_format() {
    let models = "  a: { targets: [{ provider: up, model: first }, { provider: up, model: second }], timeout: { first_token_ms: 300 } }\n  \
                  b: { targets: [{ provider: claude, model: first }, { provider: up, model: second }], timeout: { first_token_ms: 300 } }\n";
    let (upstream, gateway) = set_up(models, "").await;
    for fault in ["stall-after-frames=0", "stall-after-frames=1", "cut-after-frames=0", "cut-after-frames=1"]
    {
        upstream.faults("first", fault, None);
        for model in ["a", "b"] {
            for call in [Call::chat(&chat_stream(model, "hi")), Call::messages(&chat_stream(model, "hi"))] {
                let answer = gateway.send(call.key(MASTER)).await;
                let case = format!("{fault} {model}: {}", answer.text());
                assert_eq!((answer.status.as_u16(), served_by(&answer).as_str()), (200, "second"), "{case}");
                assert!(sse::error(&answer.body).is_none(), "{case}");
                let record = gateway.record(&answer.request_id()).await;
                assert_eq!(record["outcome"], "success", "{case}: {record}");
            }
        }
    }
    upstream.has_no_stream_within(Duration::from_secs(2)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn other_models_take_over_by_what_went_wrong() {
    let models = "
  small:
    targets: [{ provider: up, model: small }]
    retry: { attempts: 1 }
    fallbacks: { default: [spare], context_window: [large], content_policy: [bold] }
  spare: { targets: [{ provider: up, model: spare }] }
  large: { targets: [{ provider: up, model: large }] }
  bold: { targets: [{ provider: up, model: bold }] }
";
    let refusal = |code: &str| {
        let body =
            format!(r#"{{"error":{{"message":"no","type":"invalid_request_error","code":"{code}"}}}}"#);
        let head = format!(
            "HTTP/1.1 400 Bad Request\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        move |_| vec![Step::Send(head.clone().into_bytes())]
    };
    for (code, wanted) in [
        ("context_length_exceeded", "large"),
        ("content_policy_violation", "bold"),
        ("unknown_parameter", "-"),
    ] {
        let refusing = Scripted::start(refusal(code)).await;
        let upstream = Upstream::start().await;
        let config = format!(
            "{}{}models:{}",
            refusing.provider().replace("  up:", "  refusing:"),
            upstream.providers().replace("providers:\n", ""),
            models.replace("provider: up, model: small", "provider: refusing, model: small"),
        );
        let gateway = Gateway::start(&config).await;
        let answer = ask(&gateway, "small").await;
        match wanted {
            "-" => assert_eq!(answer.status, 400, "{}", answer.text()),
            wanted => assert_eq!(served_by(&answer), wanted, "{}", answer.text()),
        }
    }
    let (upstream, gateway) = set_up(models, "").await;
    upstream.faults("small", "status=500", None);
    assert_eq!(served_by(&ask(&gateway, "small").await), "spare");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn failure_policies_are_kept() {
    let models = "
  closed:
    failure_policy: fail-closed
    targets: [{ provider: up, model: best }, { provider: claude, model: best }, { provider: up, model: lesser }]
    retry: { attempts: 1 }
  always:
    failure_policy: always-answer
    targets: [{ provider: up, model: picky }, { provider: up, model: second }]
    retry: { attempts: 1 }
";
    let (upstream, gateway) = set_up(models, "").await;
    upstream.faults("best", "status=500", None);
    let answer = ask(&gateway, "closed").await;
    assert_eq!(
        (answer.status.as_u16(), attempts(&answer)),
        (502, "2"),
        "never the lesser: {}",
        answer.text()
    );
    upstream.faults("picky", "status=400", None);
    assert_eq!(served_by(&ask(&gateway, "always").await), "second");
    // Even while both want a pause.
    for model in ["picky", "second"] {
        upstream.faults(model, "status=429;retry-after=50", Some(1));
    }
    ask(&gateway, "always").await;
    upstream.faults("picky", "", None);
    assert_eq!(served_by(&ask(&gateway, "always").await), "picky");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lesser_model_does_not_take_over_while_the_first_is_away() {
    let models = "
  parked: { failure_policy: fail-closed, targets: [{ provider: up, model: best }, { provider: up, model: lesser }] }
  full:
    failure_policy: fail-closed
    targets: [{ provider: up, model: small, capacity: { rpm: 1 } }, { provider: up, model: lesser }]
";
    let (upstream, gateway) = set_up(models, "").await;
    upstream.faults("best", "status=429;retry-after=30", Some(1));
    assert_eq!(ask(&gateway, "parked").await.status, 429);
    ask(&gateway, "parked").await.refused(429, "rate_limit_exceeded");
    for _ in 0..3 {
        assert_eq!(served_by(&ask(&gateway, "full").await), "small");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_head_without_a_token_closes_no_breaker() {
    let health = "health: { consecutive_failures: 2, open_ms: 300, max_open_ms: 300 }\n";
    let (upstream, gateway) = set_up(PAIR, health).await;
    upstream.faults("first", "stall-after-frames=0", None);
    let stream = async || gateway.send(Call::chat(&chat_stream("pair", "hi")).key(MASTER)).await;
    for _ in 0..2 {
        assert_eq!(attempts(&stream().await), "2");
    }
    // From now on only one request at a time finds out, every 300 ms.
    let started = std::time::Instant::now();
    let mut probes = 0;
    while started.elapsed() < Duration::from_millis(1500) {
        probes += u32::from(attempts(&stream().await) == "2");
    }
    assert!((1..=4).contains(&probes), "{probes}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_target_spills_over() {
    let models = "
  azure:
    strategy: priority
    targets:
      - { provider: up, model: near, capacity: { rpm: 3 } }
      - { provider: up, model: far, priority: 2 }
";
    let (_upstream, gateway) = set_up(models, "").await;
    let mut served = Vec::new();
    for _ in 0..6 {
        served.push(served_by(&ask(&gateway, "azure").await));
    }
    // A minute may end in between, and then less than three count.
    assert_eq!(served[..3], ["near", "near", "near"]);
    assert!(served[3..].iter().filter(|model| **model == "far").count() >= 2, "{served:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_belongs_together_stays_together() {
    let targets: String = (0..8).map(|i| format!("{{ provider: up, model: m{i} }}, ")).collect();
    let models = format!("  stick: {{ strategy: sticky, targets: [{targets}] }}\n");
    let (_upstream, gateway) = set_up(&models, "").await;
    let ask = async |session: &str, text: &str| {
        let call = Call::chat(&chat("stick", text)).key(MASTER);
        let call = if session.is_empty() { call } else { call.header("x-gatewright-session", session) };
        served_by(&gateway.send(call).await)
    };
    let mut seen = std::collections::BTreeSet::new();
    for session in 0..20 {
        let first = ask(&format!("s{session}"), "hi").await;
        assert_eq!(ask(&format!("s{session}"), "something else").await, first);
        seen.insert(first);
    }
    assert!(seen.len() > 3, "{seen:?}");
    let opening = ask("", "how a conversation begins").await;
    assert_eq!(ask("", "how a conversation begins").await, opening);
}

/// Two targets and two tries at each.
const TWICE: &str = "  pair:\n    targets: [{ provider: up, model: first }, { provider: up, model: second }]\n    \
                     retry: { attempts: 2, max_backoff_ms: 3000 }\n";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn when_all_want_a_short_pause_the_first_that_is_back_is_asked_again() {
    let (upstream, gateway) = set_up(TWICE, "").await;
    upstream.faults("first", "status=429;retry-after=2", Some(1));
    upstream.faults("second", "status=429;retry-after=1", Some(1));
    let since = std::time::Instant::now();
    let answer = ask(&gateway, "pair").await;
    assert_eq!((attempts(&answer), served_by(&answer).as_str()), ("3", "second"), "{}", answer.text());
    assert!(since.elapsed() >= Duration::from_millis(990), "{:?}", since.elapsed());
    // One that still wants a pause has had its tries, and the other is waited for.
    let (upstream, gateway) = set_up(TWICE, "").await;
    upstream.faults("first", "status=429;retry-after=2", Some(1));
    upstream.faults("second", "status=429;retry-after=1", None);
    let answer = ask(&gateway, "pair").await;
    assert_eq!((attempts(&answer), served_by(&answer).as_str()), ("4", "first"), "{}", answer.text());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_long_pause_or_one_that_is_worth_no_other_try_is_told_to_the_caller_at_once() {
    let (upstream, gateway) = set_up(TWICE, "").await;
    for model in ["first", "second"] {
        upstream.faults(model, "status=429;retry-after=4", None);
    }
    let since = std::time::Instant::now();
    let answer = ask(&gateway, "pair").await;
    assert_eq!((answer.status.as_u16(), attempts(&answer)), (429, "2"));
    assert!(since.elapsed() < Duration::from_secs(3));
    let (upstream, gateway) = set_up(PAIR, "").await;
    for model in ["first", "second"] {
        upstream.faults(model, "status=429;retry-after=1", None);
    }
    let answer = ask(&gateway, "pair").await;
    assert_eq!((answer.status.as_u16(), attempts(&answer)), (429, "2"), "one try each");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_caller_in_a_hurry_is_not_kept_waiting_for_a_pause() {
    let (upstream, gateway) = set_up(TWICE, "").await;
    for model in ["first", "second"] {
        upstream.faults(model, "status=429;retry-after=1", Some(1));
    }
    let call = Call::chat(&chat("pair", "hi")).key(MASTER).header("x-gatewright-timeout-ms", "600");
    let since = std::time::Instant::now();
    let answer = gateway.send(call).await;
    assert_eq!((answer.status.as_u16(), attempts(&answer)), (429, "2"));
    assert!(since.elapsed() < Duration::from_millis(1_000));
}
