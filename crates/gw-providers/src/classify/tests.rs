//! Tests of [`super`]: one table of replies, as providers send them.
use super::{Verdict, classify};
use gw_model::catalog::ProviderKind::{self, Anthropic, AzureOpenAi, Gemini, OpenAiCompatible};
use http::{HeaderMap, HeaderName, HeaderValue};

fn headers(list: &[(&'static str, &str)]) -> HeaderMap {
    let pair = |(name, value): &(&'static str, &str)| {
        (HeaderName::from_static(name), HeaderValue::from_str(value).unwrap())
    };
    list.iter().map(pair).collect()
}

fn retry(after_ms: Option<u64>, reason: &'static str) -> Verdict {
    Verdict::Retry { after_ms, reason }
}

/// Google says in the body when to come back.
const RETRY_INFO: &str = r#"{"error":{"code":429,"message":"slow down","status":"RESOURCE_EXHAUSTED","details":[{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"34.07s"}]}}"#;

#[test]
fn replies_get_the_verdict_of_the_contract() {
    const QUOTA: &str = r#"{"error":{"code":"insufficient_quota","type":"insufficient_quota"}}"#;
    const CREDIT: &str = r#"{"type":"error","error":{"type":"invalid_request_error","message":"Your credit balance is too low to access the Anthropic API."}}"#;
    let date = "Sat, 21 Nov 2026 10:00:00 GMT";
    // Kind, status, headers, body, verdict.
    type Case<'a> = (ProviderKind, u16, &'a [(&'static str, &'a str)], &'a str, Verdict);
    let cases: &[Case<'_>] = &[
        (OpenAiCompatible, 200, &[], "", Verdict::Done),
        (OpenAiCompatible, 429, &[("retry-after", "2")], "", retry(Some(2_000), "429")),
        (OpenAiCompatible, 429, &[("retry-after", "0.25")], "", retry(Some(250), "429")),
        (
            OpenAiCompatible,
            429,
            &[("retry-after-ms", "40"), ("retry-after", "9")],
            "",
            retry(Some(40), "429"),
        ),
        (
            AzureOpenAi,
            429,
            &[("date", date), ("retry-after", "Sat, 21 Nov 2026 10:00:07 GMT")],
            "",
            retry(Some(7_000), "429"),
        ),
        (
            AzureOpenAi,
            503,
            &[("date", date), ("retry-after", "Sat, 21 Nov 2026 09:00:00 GMT")],
            "",
            retry(Some(0), "5xx"),
        ),
        (AzureOpenAi, 503, &[("retry-after", "Sat, 21 Nov 2026 10:00:07 GMT")], "", retry(None, "5xx")),
        (AzureOpenAi, 503, &[("retry-after", "soon")], "", retry(None, "5xx")),
        (AzureOpenAi, 503, &[("retry-after", "-1")], "", retry(None, "5xx")),
        (Gemini, 429, &[], RETRY_INFO, retry(Some(35_000), "429")),
        (OpenAiCompatible, 429, &[], QUOTA, Verdict::Next { reason: "quota" }),
        (OpenAiCompatible, 500, &[], "", retry(None, "5xx")),
        (OpenAiCompatible, 500, &[("x-should-retry", "false")], "", Verdict::Next { reason: "5xx" }),
        (OpenAiCompatible, 501, &[], "", Verdict::Next { reason: "5xx" }),
        (Anthropic, 529, &[], "", retry(None, "5xx")),
        (Anthropic, 400, &[], CREDIT, Verdict::OurCredential),
        (OpenAiCompatible, 400, &[], CREDIT, Verdict::Refuse { pass_status: 400 }),
        (OpenAiCompatible, 408, &[], "", retry(None, "timeout")),
        (OpenAiCompatible, 307, &[], "", Verdict::Next { reason: "redirect" }),
        (OpenAiCompatible, 405, &[], "", Verdict::Next { reason: "status" }),
        (OpenAiCompatible, 101, &[], "", Verdict::Next { reason: "status" }),
    ];
    for (kind, status, list, body, wanted) in cases {
        let verdict = classify(*status, &headers(list), body.as_bytes(), *kind);
        assert_eq!(verdict, *wanted, "{kind:?} {status} {list:?}");
    }
    let invalid = br#"{"error":{"code":400,"message":"API key not valid. Please pass a valid API key."}}"#;
    let google = |body: &[u8]| classify(400, &HeaderMap::new(), body, ProviderKind::Gemini);
    assert_eq!(google(invalid), Verdict::OurCredential);
    assert_eq!(google(b"{}"), Verdict::Refuse { pass_status: 400 });
    let xai = br#"{"code":"invalid-argument","error":"Incorrect API key provided. You can obtain one."}"#;
    let mut provider = crate::testing::provider(OpenAiCompatible, "http://h/v1");
    let of = |provider: &_| super::classify_of(provider, 400, &HeaderMap::new(), xai);
    assert_eq!(of(&provider), Verdict::Refuse { pass_status: 400 });
    provider.quirks.bad_key_words = Some("Incorrect API key provided".into());
    assert_eq!(of(&provider), Verdict::OurCredential);
    let policy = br#"{"code":"x","error":"Content violates usage guidelines. Failed check: A"}"#;
    let verdict = classify(403, &HeaderMap::new(), policy, OpenAiCompatible);
    assert_eq!(verdict, Verdict::Refuse { pass_status: 400 });
    assert_eq!(classify(400, &HeaderMap::new(), invalid, ProviderKind::Vertex), Verdict::OurCredential);
    for status in [401, 402, 403] {
        assert_eq!(classify(status, &HeaderMap::new(), b"", Anthropic), Verdict::OurCredential);
    }
    for status in [400, 404, 409, 413, 422] {
        let verdict = classify(status, &HeaderMap::new(), b"", OpenAiCompatible);
        assert_eq!(verdict, Verdict::Refuse { pass_status: status });
    }
}

#[test]
fn what_a_body_says_of_the_account_or_of_limits_changes_the_verdict() {
    let of = |kind, status, body: &str| classify(status, &HeaderMap::new(), body.as_bytes(), kind);
    let hard_limit =
        r#"{"error":{"code":"billing_hard_limit_reached","message":"Billing hard limit has been reached."}}"#;
    assert_eq!(of(OpenAiCompatible, 400, hard_limit), Verdict::OurCredential);
    let usage = r#"{"type":"error","error":{"type":"invalid_request_error","message":"You have reached your specified API usage limits."}}"#;
    assert_eq!(of(Anthropic, 400, usage), Verdict::OurCredential);
    // A caller that gets a text of its own into the message does not take the credential away from others.
    let echo = r#"{"type":"error","error":{"type":"invalid_request_error","message":"tools.0.name: 'credit balance is too low'"}}"#;
    assert_eq!(of(Anthropic, 400, echo), Verdict::Refuse { pass_status: 400 });
    let daily = r#"{"error":{"code":429,"message":"Quota exceeded.","status":"RESOURCE_EXHAUSTED","details":[{"violations":[{"quotaId":"GenerateRequestsPerDayPerProject"}]}]}}"#;
    assert_eq!(of(Gemini, 429, daily), Verdict::Next { reason: "quota" });
    let too_large = r#"{"error":{"message":"Request too large for m on tokens per min (TPM): Limit 1, Requested 2.","code":"rate_limit_exceeded"}}"#;
    assert_eq!(of(OpenAiCompatible, 429, too_large), Verdict::Next { reason: "429" });
    // Whatever the class, these are the caller's to hear.
    let too_long = r#"{"error":{"message":"Too long.","code":"context_length_exceeded"}}"#;
    assert_eq!(of(OpenAiCompatible, 400, too_long), Verdict::Refuse { pass_status: 400 });
    let no_model = r#"{"error":{"message":"No.","code":"model_not_found"}}"#;
    assert_eq!(of(OpenAiCompatible, 404, no_model), Verdict::Refuse { pass_status: 404 });
}

#[test]
fn every_verdict_but_a_good_answer_has_a_word_for_the_record() {
    for status in (100..600).filter(|s| !(200..300).contains(s)) {
        assert!(!classify(status, &HeaderMap::new(), b"", OpenAiCompatible).reason().is_empty(), "{status}");
    }
}
