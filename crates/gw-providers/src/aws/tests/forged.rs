//! What must not be accepted.

use super::*;
use crate::aws::verify::is_signed;

const BODY: &str = r#"{"messages":[]}"#;
const PATH: &str = "/model/m%3A0/converse";
const FIFTEEN_MINUTES: Micros = 15 * 60 * 1_000_000;

fn parts(headers: &HeaderMap) -> RequestParts<'_> {
    RequestParts { method: "POST", path: PATH, query: "", host: "gateway.example", headers }
}

fn sent() -> HeaderMap {
    let headers = headers_of(&[("content-type", "application/json")]);
    signed(&parts(&headers), BODY, None, &scope(BEDROCK_SERVICE))
}

fn outcome(parts: &RequestParts<'_>, body: &str, now: Micros) -> Result<(), VerifyError> {
    verify(parts, &hash(body), now, lookup).map(drop)
}

/// The outcome with the authorization altered.
fn with_authorization(alter: impl Fn(&str) -> String) -> Result<(), VerifyError> {
    let mut headers = sent();
    let altered = alter(headers["authorization"].to_str().unwrap());
    headers.insert("authorization", HeaderValue::from_str(&altered).unwrap());
    outcome(&parts(&headers), BODY, NOW)
}

#[test]
fn a_request_is_what_was_signed() {
    let headers = sent();
    let good = parts(&headers);
    assert_eq!(outcome(&good, BODY, NOW), Ok(()));
    let claim = verify(&good, &hash(BODY), NOW, lookup).unwrap();
    assert_eq!((claim.region, claim.service), ("us-east-1", "bedrock"));
    assert!(!format!("{claim:?}").contains(claim.access_key_id));

    let wrong = Err(VerifyError::Signature);
    assert_eq!(outcome(&good, "{}", NOW), wrong);
    assert_eq!(outcome(&RequestParts { method: "PUT", ..good }, BODY, NOW), wrong);
    assert_eq!(outcome(&RequestParts { path: "/model/n%3A0/converse", ..good }, BODY, NOW), wrong);
    assert_eq!(outcome(&RequestParts { query: "a=b", ..good }, BODY, NOW), wrong);
    assert_eq!(outcome(&RequestParts { host: "elsewhere.example", ..good }, BODY, NOW), wrong);
    let mut other = headers.clone();
    other.insert("content-type", HeaderValue::from_static("text/plain"));
    assert_eq!(outcome(&parts(&other), BODY, NOW), wrong);
    // What was not signed may come and go.
    other = headers.clone();
    other.insert("x-forwarded-for", HeaderValue::from_static("10.0.0.1"));
    assert_eq!(outcome(&parts(&other), BODY, NOW), Ok(()));
}

/// As AWS's SDK for JavaScript signs over HTTP/2, which has no `host`.
#[test]
fn an_authority_is_a_host() {
    let signature = "f864f9cde6f06a62eeded74918d52972574780607f470817af9f6e64941132f7";
    let mut headers = headers_of(&[
        ("content-type", "application/json"),
        ("x-amz-date", "20150830T123600Z"),
        ("x-amz-content-sha256", "5e4ce7b36ba37b78a5d5f9fd08e6b7b54ba6879d651aa46ec9e1d6fa24ebe30a"),
    ]);
    let authorization = format!(
        "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/bedrock/aws4_request, \
         SignedHeaders=:authority;content-type;x-amz-content-sha256;x-amz-date, Signature={signature}"
    );
    headers.insert("authorization", HeaderValue::from_str(&authorization).unwrap());
    let good = parts(&headers);
    assert_eq!(outcome(&good, BODY, NOW), Ok(()));
    let elsewhere = RequestParts { host: "elsewhere.example", ..good };
    assert_eq!(outcome(&elsewhere, BODY, NOW), Err(VerifyError::Signature));
    let unbound = authorization.replace(":authority;", "");
    headers.insert("authorization", HeaderValue::from_str(&unbound).unwrap());
    assert_eq!(outcome(&parts(&headers), BODY, NOW), Err(VerifyError::Malformed));
}

#[test]
fn time_runs_out() {
    let headers = sent();
    assert_eq!(outcome(&parts(&headers), BODY, NOW + FIFTEEN_MINUTES), Ok(()));
    assert_eq!(outcome(&parts(&headers), BODY, NOW - FIFTEEN_MINUTES), Ok(()));
    assert_eq!(outcome(&parts(&headers), BODY, NOW + FIFTEEN_MINUTES + 1), Err(VerifyError::Skewed));
    assert_eq!(outcome(&parts(&headers), BODY, NOW - FIFTEEN_MINUTES - 1), Err(VerifyError::Skewed));
    assert_eq!(outcome(&parts(&headers), BODY, Micros::MIN), Err(VerifyError::Skewed));
    let other_day = with_authorization(|text| text.replace("/20150830/", "/20150831/"));
    assert_eq!(other_day, Err(VerifyError::Skewed));
    let mut redated = headers.clone();
    redated.insert("x-amz-date", HeaderValue::from_static("20150830T123700Z"));
    assert_eq!(outcome(&parts(&redated), BODY, NOW), Err(VerifyError::Signature));
    redated.append("x-amz-date", HeaderValue::from_static("20150830T123600Z"));
    assert_eq!(outcome(&parts(&redated), BODY, NOW), Err(VerifyError::Malformed));
}

#[test]
fn a_body_must_be_signed() {
    let headers = headers_of(&[]);
    let scope = Scope { states_body_hash: true, ..scope(BEDROCK_SERVICE) };
    let stated = signed(&parts(&headers), BODY, None, &scope);
    assert_eq!(outcome(&parts(&stated), BODY, NOW), Ok(()));
    assert_eq!(outcome(&parts(&stated), "{}", NOW), Err(VerifyError::Body));
    for unsigned in ["UNSIGNED-PAYLOAD", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD", ""] {
        let mut headers = stated.clone();
        headers.insert("x-amz-content-sha256", HeaderValue::from_static(unsigned));
        assert_eq!(outcome(&parts(&headers), BODY, NOW), Err(VerifyError::Body), "{unsigned}");
    }
}

#[test]
fn a_signature_names_a_known_key_and_its_scope() {
    let unknown = with_authorization(|text| text.replace("AKIDEXAMPLE", "AKIDOTHER"));
    assert_eq!(unknown, Err(VerifyError::UnknownKey));
    for (from, to) in [("us-east-1", "us-west-2"), ("bedrock", "sts")] {
        assert_eq!(with_authorization(|text| text.replace(from, to)), Err(VerifyError::Signature), "{from}");
    }
    let nobodys =
        verify(&parts(&sent()), &hash(BODY), NOW, |_| Some(Secret::new("other".to_owned()))).map(drop);
    assert_eq!(nobodys, Err(VerifyError::Signature));
}

#[test]
fn what_cannot_be_read_is_refused() {
    type Alter = fn(&str) -> String;
    let alterations: [Alter; 12] = [
        |_| "AWS4-HMAC-SHA256 ".to_owned(),
        |_| "AWS4-HMAC-SHA256 Credential, SignedHeaders, Signature".to_owned(),
        |text| text.replace("/aws4_request", ""),
        |text| text.replace("/aws4_request", "/aws5_request"),
        |text| text.replace("AKIDEXAMPLE/20150830/us-east-1/", ""),
        |text| text.replace("content-type;host;", "host;content-type;"),
        |text| text.replace("content-type;host;", "Content-Type;host;"),
        |text| text.replace("host;", "host;host;"),
        |text| text.replace("host;", ""),
        |text| text.replace(";x-amz-date", ""),
        |text| format!("{text}0"),
        |text| format!("{text}, Signature=00"),
    ];
    for (index, alter) in alterations.iter().enumerate() {
        assert_eq!(with_authorization(alter), Err(VerifyError::Malformed), "alteration {index}");
    }
    let many = (0..200).map(|n| format!("a{n:03};")).collect::<String>();
    let many = with_authorization(|text| text.replace("SignedHeaders=", &format!("SignedHeaders={many}")));
    assert_eq!(many, Err(VerifyError::Malformed));
    let mut headers = sent();
    headers.insert("x-amz-date", HeaderValue::from_static("yesterday"));
    assert_eq!(outcome(&parts(&headers), BODY, NOW), Err(VerifyError::Malformed));
}

#[test]
fn other_credentials_are_none_of_ours() {
    for other in
        ["Bearer AWS4-HMAC-SHA256", "AWS4-HMAC-SHA256x Credential=", "AWS4-ECDSA-P256-SHA256 Credential=a"]
    {
        let mut headers = HeaderMap::new();
        headers.insert("authorization", HeaderValue::from_static(other));
        assert!(!is_signed(&headers), "{other}");
        assert_eq!(outcome(&parts(&headers), BODY, NOW), Err(VerifyError::Missing));
    }
    assert_eq!(outcome(&parts(&HeaderMap::new()), BODY, NOW), Err(VerifyError::Missing));
    assert!(is_signed(&sent()));
}
