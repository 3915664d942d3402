//! Tests of [`super`]: `replies.tsv` holds replies as providers send them, with the class of each.
use super::{class, class_of};
use ErrorClass as C;
use gw_model::ErrorClass;
use gw_model::catalog::ProviderKind::{
    self, Anthropic, AzureOpenAi, Bedrock, Cohere, Gemini, OpenAiCompatible as Compatible, Vertex,
};
use http::{HeaderMap, HeaderValue};

const REPLIES: &str = include_str!("replies.tsv");

fn kind(name: &str) -> ProviderKind {
    match name {
        "anthropic" => Anthropic,
        "azure" => AzureOpenAi,
        "bedrock" => Bedrock,
        "cohere" => Cohere,
        "compatible" => Compatible,
        "gemini" => Gemini,
        "vertex" => Vertex,
        _ => panic!("no provider '{name}'"),
    }
}

#[test]
fn replies_have_the_class_of_the_table() {
    let mut wrong = Vec::new();
    let mut seen = std::collections::HashSet::new();
    for line in REPLIES.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let [provider, _origin, status, wanted, body] =
            line.splitn(5, '\t').collect::<Vec<_>>().try_into().expect(line);
        let wanted: ErrorClass = wanted.parse().expect(line);
        let found = class(status.parse().expect(line), &HeaderMap::new(), body.as_bytes(), kind(provider));
        if found != wanted {
            wrong.push(format!("{found}: {line}"));
        }
        seen.insert(wanted);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    // No provider answers that it was not reached.
    assert_eq!(seen.len(), C::ALL.len() - 1, "{seen:?}");
}

#[test]
fn bedrock_names_errors_in_a_header() {
    let with = |kind: &str, status| {
        let mut headers = HeaderMap::new();
        headers.insert("x-amzn-errortype", HeaderValue::from_str(kind).unwrap());
        class(status, &headers, br#"{"message":"No."}"#, Bedrock)
    };
    assert_eq!(with("ModelNotReadyException:http://internal.amazon.com/coral/", 429), C::Overloaded);
    assert_eq!(with("ThrottlingException", 429), C::RateLimited);
    assert_eq!(with("ServiceQuotaExceededException", 400), C::QuotaExhausted);
    assert_eq!(with("ServiceUnavailableException", 503), C::Overloaded);
    // Of a stream.
    assert_eq!(with("throttlingException", 200), C::RateLimited);
    assert_eq!(with("serviceUnavailableException", 200), C::Overloaded);
    assert_eq!(with("modelStreamErrorException", 200), C::ServerError);
}

#[test]
fn statuses_alone() {
    let of = |status| class(status, &HeaderMap::new(), b"", Compatible);
    let cases: &[(&[u16], ErrorClass)] = &[
        (&[400, 404, 405, 409, 410, 415, 422, 451], C::BadRequest),
        (&[401, 403], C::Auth),
        (&[402], C::QuotaExhausted),
        (&[408, 504, 522, 524], C::Timeout),
        (&[413], C::ContextLength),
        (&[429], C::RateLimited),
        (&[503, 529], C::Overloaded),
        (&[500, 501, 502, 520, 599], C::ServerError),
        (&[101, 302, 700], C::Malformed),
    ];
    for (statuses, wanted) in cases {
        for status in *statuses {
            assert_eq!(of(*status), *wanted, "{status}");
        }
    }
    let page = b"<html><title>404 model not found</title></html>";
    assert_eq!(class(404, &HeaderMap::new(), page, Compatible), C::BadRequest, "no word of the API's");
}

#[test]
fn words_of_the_catalogue_say_that_the_key_is_bad() {
    // Recorded: xAI.
    let body = br#"{"code":"invalid-argument","error":"Incorrect API key provided."}"#;
    let mut provider = crate::testing::provider(Compatible, "http://h/v1");
    assert_eq!(class_of(&provider, 400, &HeaderMap::new(), body), C::BadRequest);
    provider.quirks.bad_key_words = Some("Incorrect API key provided".into());
    assert_eq!(class_of(&provider, 400, &HeaderMap::new(), body), C::Auth);
}

#[test]
fn nothing_in_a_body_makes_it_fail() {
    let kinds = [Compatible, AzureOpenAi, Anthropic, Gemini, Vertex, Cohere, Bedrock, ProviderKind::Emulator];
    let long = format!(r#"{{"error":{{"message":"{}"}}}}"#, "é".repeat(5_000));
    let bodies: [&[u8]; 7] =
        [b"", b"{", b"[[[", b"\xff\xfe", br#"{"error":[]}"#, br#"{"error":{"code":1e99}}"#, long.as_bytes()];
    for (kind, body) in kinds.iter().flat_map(|kind| bodies.iter().map(move |body| (kind, body))) {
        for status in [101, 200, 302, 400, 403, 404, 429, 500, 503, 599, 700] {
            let _ = class(status, &HeaderMap::new(), body, *kind);
        }
    }
}
