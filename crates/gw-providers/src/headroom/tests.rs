//! Tests of [`super`]. The headers are those of recorded replies, where the line says so.
use super::{Headroom, Room, headroom};
use http::{HeaderMap, HeaderName, HeaderValue};

const NOW: i64 = 1_787_150_050_000_000; // 2026-08-19T14:34:10Z

fn read(list: &[(&'static str, &str)]) -> Headroom {
    let pair = |(name, value): &(&'static str, &str)| {
        (HeaderName::from_static(name), HeaderValue::from_str(value).unwrap())
    };
    headroom(&list.iter().map(pair).collect(), NOW)
}

const fn room(limit: u64, remaining: u64, reset_ms: Option<u64>) -> Option<Room> {
    Some(Room { limit: Some(limit), remaining, reset_ms })
}

#[test]
fn openai_and_those_like_it() {
    // Recorded: OpenAI.
    let openai = read(&[
        ("x-ratelimit-limit-requests", "400"),
        ("x-ratelimit-limit-tokens", "200000"),
        ("x-ratelimit-remaining-requests", "399"),
        ("x-ratelimit-remaining-tokens", "199993"),
        ("x-ratelimit-reset-requests", "150ms"),
        ("x-ratelimit-reset-tokens", "6m0s"),
    ]);
    assert_eq!(openai.requests, room(400, 399, Some(150)));
    assert_eq!(openai.tokens, room(200_000, 199_993, Some(360_000)));
    // Recorded: Azure, which has seconds and more headers.
    let azure = read(&[
        ("x-ratelimit-remaining-requests", "249"),
        ("x-ratelimit-reset-requests", "0"),
        ("x-ratelimit-limit-requests", "250"),
        ("x-ratelimit-renewalperiod-requests", "60"),
        ("x-ratelimit-abusepenalty-active", "False"),
    ]);
    assert_eq!(azure, Headroom { requests: room(250, 249, Some(0)), tokens: None });
    // Groq's documentation.
    let groq = read(&[
        ("x-ratelimit-limit-requests", "14400"),
        ("x-ratelimit-remaining-requests", "14370"),
        ("x-ratelimit-reset-requests", "2m59.56s"),
        ("x-ratelimit-reset-tokens", "7.66s"),
    ]);
    assert_eq!(groq, Headroom { requests: room(14_400, 14_370, Some(179_560)), tokens: None });
    // Recorded: xAI, without resets.
    let xai = read(&[("x-ratelimit-limit-tokens", "10000000"), ("x-ratelimit-remaining-tokens", "10000000")]);
    assert_eq!(xai, Headroom { requests: None, tokens: room(10_000_000, 10_000_000, None) });
}

#[test]
fn anthropic_states_dates_and_the_tightest_of_its_limits_counts() {
    // Recorded.
    let found = read(&[
        ("anthropic-ratelimit-input-tokens-limit", "10000000"),
        ("anthropic-ratelimit-input-tokens-remaining", "9999000"),
        ("anthropic-ratelimit-input-tokens-reset", "2026-08-19T14:34:19Z"),
        ("anthropic-ratelimit-output-tokens-limit", "2000000"),
        ("anthropic-ratelimit-output-tokens-remaining", "2000000"),
        ("anthropic-ratelimit-output-tokens-reset", "2026-08-19T14:34:12Z"),
        ("anthropic-ratelimit-requests-limit", "10000"),
        ("anthropic-ratelimit-requests-remaining", "9999"),
        ("anthropic-ratelimit-requests-reset", "2026-08-19T14:34:09Z"),
        ("anthropic-ratelimit-tokens-limit", "12000000"),
        ("anthropic-ratelimit-tokens-remaining", "11999000"),
        ("anthropic-ratelimit-tokens-reset", "2026-08-19T14:34:19Z"),
    ]);
    assert_eq!(found.requests, room(10_000, 9_999, Some(0)), "it has been reset since");
    assert_eq!(found.tokens, room(2_000_000, 2_000_000, Some(2_000)));
}

#[test]
fn mistral_and_cerebras_name_windows() {
    // Recorded: Mistral.
    let mistral = read(&[
        ("x-ratelimit-limit-tokens-minute", "1500000"),
        ("x-ratelimit-remaining-tokens-minute", "1499781"),
        ("x-ratelimit-tokens-query-cost", "129"),
        ("x-ratelimit-limit-req-minute", "120"),
        ("x-ratelimit-remaining-req-minute", "118"),
    ]);
    assert_eq!(mistral.requests, room(120, 118, None));
    assert_eq!(mistral.tokens, room(1_500_000, 1_499_781, None));
    // Mistral's older names.
    let older = read(&[
        ("ratelimitbysize-limit", "500000"),
        ("ratelimitbysize-remaining", "499928"),
        ("ratelimitbysize-reset", "29"),
        ("ratelimitbysize-query-cost", "72"),
        ("x-ratelimitbysize-limit-month", "10000000000"),
        ("x-ratelimitbysize-remaining-month", "120"),
    ]);
    assert_eq!(older, Headroom { requests: None, tokens: room(10_000_000_000, 120, None) });
    let cerebras = read(&[
        ("x-ratelimit-limit-requests-day", "14400"),
        ("x-ratelimit-remaining-requests-day", "3"),
        ("x-ratelimit-reset-requests-day", "33011.382867"),
        ("x-ratelimit-remaining-tokens-minute", "9"),
    ]);
    assert_eq!(cerebras.requests, room(14_400, 3, Some(33_011_383)));
    assert_eq!(cerebras.tokens, Some(Room { limit: None, remaining: 9, reset_ms: None }));
    // Recorded: limits on pages, characters and audio are none of requests or tokens.
    let pages = read(&[
        ("x-ratelimit-limit-ocr-pages-minute", "1250"),
        ("x-ratelimit-remaining-ocr-pages-minute", "1"),
        ("x-ratelimit-remaining-audio-seconds-minute", "7"),
        ("x-ratelimit-remaining-input-characters-minute", "2"),
    ]);
    assert_eq!(pages, Headroom::default());
}

#[test]
fn general_names() {
    let in_a_minute = (NOW / 1000 + 60_000).to_string();
    let openrouter = read(&[
        ("x-ratelimit-limit", "20"),
        ("x-ratelimit-remaining", "0"),
        ("x-ratelimit-reset", &in_a_minute),
    ]);
    assert_eq!(openrouter, Headroom { requests: room(20, 0, Some(60_000)), tokens: None });
    let in_two_seconds = (NOW / 1_000_000 + 2).to_string();
    let dated = read(&[("ratelimit-remaining", "5"), ("ratelimit-reset", &in_two_seconds)]);
    assert_eq!(dated.requests, Some(Room { limit: None, remaining: 5, reset_ms: Some(2_000) }));
    let draft = read(&[
        ("ratelimit-limit", "100, 100;w=60"),
        ("ratelimit-remaining", "50"),
        ("ratelimit-reset", "50"),
    ]);
    assert_eq!(draft.requests, room(100, 50, Some(50_000)));
    let together = read(&[
        ("x-ratelimit-limit", "10"),
        ("x-ratelimit-remaining", "9"),
        ("x-tokenlimit-limit", "3000"),
        ("x-tokenlimit-remaining", "2000"),
    ]);
    assert_eq!(together, Headroom { requests: room(10, 9, None), tokens: room(3_000, 2_000, None) });
}

#[test]
fn what_cannot_be_read_is_left_out() {
    assert_eq!(read(&[("content-type", "application/json"), ("retry-after", "3")]), Headroom::default());
    for bad in ["", "-1", "many", "99999999999999999999999", "\u{b5}", "."] {
        let found = read(&[("x-ratelimit-remaining-requests", bad)]);
        assert_eq!(found, Headroom::default(), "{bad}");
        let list = [("x-ratelimit-remaining-tokens", "7"), ("x-ratelimit-reset-tokens", bad)];
        let tokens = read(&list).tokens.unwrap();
        let reset = tokens.reset_ms;
        assert!(reset.is_none() || bad.len() > 20, "{bad}: {reset:?}");
    }
    for bad in ["2026-13-45T99:00:00Z", "T", "1x", "h", "5m5", "18446744073709551615h", "1.5.5s", "\u{fffd}s"]
    {
        let mut headers = HeaderMap::new();
        headers.insert("x-ratelimit-remaining", HeaderValue::from_static("7"));
        headers.insert("x-ratelimit-reset", HeaderValue::from_bytes(bad.as_bytes()).unwrap());
        let found = headroom(&headers, i64::MAX).requests.unwrap();
        assert!(found.reset_ms.is_none() || bad == "5m5", "{bad}: {found:?}");
    }
}
