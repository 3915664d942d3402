//! Tests of judging answers, and of what a load asks for.
use super::*;
use http::{HeaderMap, StatusCode};
use serde_json::{Value, json};

const MODEL: &str = "drill";

fn prompts() -> Prompts {
    Prompts::new("ab12", MODEL)
}

fn reply(status: u16, body: impl Into<bytes::Bytes>) -> Reply {
    let mut headers = HeaderMap::new();
    headers.insert("x-gatewright-model", MODEL.parse().expect("a header"));
    headers.insert("x-gatewright-upstream-model", "model-of-east".parse().expect("a header"));
    let status = StatusCode::from_u16(status).expect("a status");
    Reply { status, headers, body: body.into(), is_broken: false }
}

fn whole(text: &str, model: &str) -> Reply {
    let choice = json!({ "message": { "content": text }, "finish_reason": "stop" });
    reply(200, json!({ "model": model, "choices": [choice] }).to_string())
}

/// A stream of these words, and what comes after them.
fn stream(words: &[&str], end: &[&str]) -> Reply {
    let event = |word: &&str| {
        format!(
            "data: {}\n\n",
            json!({ "model": "model-of-east", "choices": [{ "delta": { "content": word } }] })
        )
    };
    let mut text: String = words.iter().map(event).collect();
    text.extend(end.iter().map(|data| format!("data: {data}\n\n")));
    reply(200, text)
}

const STOP: &str = r#"{"choices":[{"delta":{},"finish_reason":"stop"}]}"#;

#[test]
fn whole_answers_are_good_or_wrong() {
    let expected = prompts().expected(7);
    let (half, other) = (&expected[..expected.len() / 2], prompts().expected(8));
    let judged = |reply: Reply| judge(&prompts(), 7, Wish::Whole, &reply);
    assert_eq!(judged(whole(&expected, "model-of-east")), Ending::Good);
    assert_eq!(judged(whole(&expected, MODEL)), Ending::Good);
    for (reply, wrong) in [
        (whole(half, "model-of-east"), WrongAnswer::Truncated),
        (whole("", "model-of-east"), WrongAnswer::Truncated),
        (whole(&other, "model-of-east"), WrongAnswer::Swapped),
        (whole("something else", "model-of-east"), WrongAnswer::Malformed),
        (whole(&expected, "model-of-west"), WrongAnswer::WrongModel),
        (reply(200, "{\"choices\": [{"), WrongAnswer::Malformed),
    ] {
        assert_eq!(judged(reply), Ending::Wrong(wrong));
    }
    assert_eq!(judged(reply(502, "")), Ending::Failed("502".to_owned()));
    let broken = Reply { is_broken: true, ..whole(&expected, "model-of-east") };
    assert_eq!(judged(broken), Ending::Failed("broken off".to_owned()));
}

#[test]
fn streams_must_end_as_they_should_or_in_an_error() {
    let expected = prompts().expected(7);
    let (first, rest) = expected.split_at(30);
    let judged = |reply: Reply| judge(&prompts(), 7, Wish::Stream, &reply);
    assert_eq!(judged(stream(&[first, rest], &[STOP, "[DONE]"])), Ending::Good);
    let error = json!({ "error": { "code": "upstream_error" } }).to_string();
    assert_eq!(judged(stream(&[first], &[&error])), Ending::Failed("error event upstream_error".to_owned()));
    for (reply, wrong) in [
        (stream(&[first], &[STOP, "[DONE]"]), WrongAnswer::Truncated),
        (stream(&[first], &[]), WrongAnswer::Truncated),
        (stream(&[first, rest], &["[DONE]"]), WrongAnswer::Unfinished),
        (stream(&[first, rest], &[STOP]), WrongAnswer::Unfinished),
        (stream(&[], &[]), WrongAnswer::Unfinished),
        (stream(&[first], &["{"]), WrongAnswer::Malformed),
    ] {
        assert_eq!(judged(reply), Ending::Wrong(wrong));
    }
}

#[test]
fn a_bad_request_wants_its_400() {
    let judged = |reply: Reply| judge(&prompts(), 7, Wish::Bad, &reply);
    assert_eq!(judged(reply(400, "")), Ending::Good);
    assert_eq!(judged(whole("x", MODEL)), Ending::Wrong(WrongAnswer::Accepted));
    assert!(matches!(judged(reply(503, "")), Ending::Failed(_)));
}

#[test]
fn every_text_has_a_number_of_its_own() {
    for wish in [Wish::Whole, Wish::Stream, Wish::Bad] {
        let body = prompts().body(123, wish);
        let text = std::str::from_utf8(&body).expect("UTF-8");
        assert_eq!(prompts().number(text), Some(123));
        assert_eq!(Prompts::new("cd34", MODEL).number(text), None, "another run's");
        let value: Value = serde_json::from_slice(&body).expect("JSON");
        assert_eq!(value["stream"] == true, wish == Wish::Stream);
    }
}

#[test]
fn a_load_has_its_rate_and_shares() {
    let load =
        Load { requests_per_second: 50, seconds: 20.0, streams: 0.5, bad_requests: 0.2, high: 0.1, low: 0.3 };
    assert_eq!(count(load), 1000);
    assert_eq!(due_us(75, load), 1_500_000);
    let wishes: Vec<(Wish, Priority)> = (0..1000).map(|number| wish(number, load)).collect();
    let of = |asked: Wish| wishes.iter().filter(|(wish, _)| *wish == asked).count();
    let matter = |asked: Priority| wishes.iter().filter(|(_, priority)| *priority == asked).count();
    assert!((80..=120).contains(&matter(Priority::High)), "{}", matter(Priority::High));
    assert!((260..=340).contains(&matter(Priority::Low)), "{}", matter(Priority::Low));
    assert!((170..=230).contains(&of(Wish::Bad)), "{}", of(Wish::Bad));
    assert!((350..=450).contains(&of(Wish::Stream)), "{}", of(Wish::Stream));
}
