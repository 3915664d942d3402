//! Signing and verification: AWS's published vectors, a Bedrock path, and forgeries.

mod forged;
mod vectors;

use super::*;
use gw_model::Secret;
use gw_model::clock::Micros;
use http::{HeaderMap, HeaderName, HeaderValue};
use vectors::VECTORS;

/// 2015-08-30T12:36:00Z, the moment of all vectors.
pub(super) const NOW: Micros = 1_440_938_160_000_000;
const ACCESS_KEY_ID: &str = "AKIDEXAMPLE";
const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
const HOST: &str = "example.amazonaws.com";

pub(super) fn secret() -> Secret {
    Secret::new(SECRET.to_owned())
}

/// The secret of the one key that there is.
pub(super) fn lookup(access_key_id: &str) -> Option<Secret> {
    (access_key_id == ACCESS_KEY_ID).then(secret)
}

pub(super) fn hash(body: &str) -> [u8; 32] {
    body_hash(&[bytes::Bytes::copy_from_slice(body.as_bytes())])
}

pub(super) const fn scope(service: &str) -> Scope<'_> {
    Scope {
        region: "us-east-1",
        service,
        now: NOW,
        path_style: PathStyle::Normalized,
        states_body_hash: false,
    }
}

pub(super) fn headers_of(headers: &[(&'static str, &'static str)]) -> HeaderMap {
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        map.append(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    map
}

/// Signs, and returns the headers that go out.
pub(super) fn signed(
    parts: &RequestParts<'_>,
    body: &str,
    token: Option<&Secret>,
    scope: &Scope<'_>,
) -> HeaderMap {
    let secret = secret();
    let credentials =
        Credentials { access_key_id: ACCESS_KEY_ID, secret_access_key: &secret, session_token: token };
    let added = sign(parts, &hash(body), &credentials, scope).unwrap();
    let mut headers = parts.headers.clone();
    added.set(&mut headers);
    headers
}

fn text(headers: &HeaderMap) -> &str {
    headers["authorization"].to_str().unwrap()
}

#[test]
fn published_vectors_are_signed_and_verified() {
    for vector in VECTORS {
        let headers = headers_of(vector.headers);
        let parts = RequestParts {
            method: vector.method,
            path: vector.path,
            query: vector.query,
            host: HOST,
            headers: &headers,
        };
        let token = vector.token.map(|token| Secret::new(token.to_owned()));
        let scope =
            Scope { path_style: vector.style, states_body_hash: vector.states_body_hash, ..scope("service") };
        let sent = signed(&parts, vector.body, token.as_ref(), &scope);
        let signature = text(&sent).rsplit("Signature=").next();
        assert_eq!(signature, Some(vector.signature), "{}", vector.name);
        if vector.style == PathStyle::Normalized {
            let parts = RequestParts { headers: &sent, ..parts };
            let claim = verify(&parts, &hash(vector.body), NOW, lookup);
            assert_eq!(claim.map(|claim| claim.service), Ok("service"), "{}", vector.name);
        }
    }
}

#[test]
fn the_whole_header_is_as_published() {
    let headers = headers_of(&[("my-header1", "value1")]);
    let parts = RequestParts { method: "POST", path: "/", query: "", host: HOST, headers: &headers };
    let sent = signed(&parts, "", None, &scope("service"));
    assert_eq!(
        text(&sent),
        "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, \
         SignedHeaders=host;my-header1;x-amz-date, \
         Signature=c5410059b04c1ee005303aed430f6e6645f61f4dc9e1461ec8f8916fdf18852c"
    );
    assert_eq!(sent["x-amz-date"], "20150830T123600Z");
    assert!(sent["authorization"].is_sensitive());
}

#[test]
fn the_signing_key_is_as_published() {
    let key = SigningKey::derive(&secret(), "20150830", "us-east-1", "iam");
    assert_eq!(format!("{key:?}"), "SigningKey(***)");
    // The documentation's example: the signature of a request to IAM, from its string to sign.
    let text = "AWS4-HMAC-SHA256\n20150830T123600Z\n20150830/us-east-1/iam/aws4_request\n\
                f536975d06c0309214f805bb90ccff089219ecd68b2577efef23edd43b7e1a59";
    let signature = key.sign(text);
    let expected = "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7";
    assert_eq!(canonical::hex(&signature), expected);
    assert_eq!(canonical::unhex(expected), Some(signature));
    assert!(key.is_signature(text, &signature) && !key.is_signature("", &signature));
}

/// A model's colon is `%3A` on the wire and `%253A` in what is signed. The signature is what botocore makes.
#[test]
fn an_encoded_path_is_encoded_again() {
    let headers = headers_of(&[("content-type", "application/json")]);
    let path = "/model/us.anthropic.claude-sonnet-4-5-20250929-v1%3A0/converse";
    let parts = RequestParts {
        method: "POST",
        path,
        query: "",
        host: "bedrock-runtime.us-east-1.amazonaws.com",
        headers: &headers,
    };
    let canonical = canonical::request(&parts, &["host"], "-", PathStyle::Normalized);
    assert_eq!(
        canonical.lines().nth(1),
        Some("/model/us.anthropic.claude-sonnet-4-5-20250929-v1%253A0/converse")
    );
    let token = Secret::new("a-session-token".to_owned());
    let sent = signed(&parts, r#"{"messages":[]}"#, Some(&token), &scope(BEDROCK_SERVICE));
    assert_eq!(
        text(&sent),
        "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/bedrock/aws4_request, \
         SignedHeaders=content-type;host;x-amz-date;x-amz-security-token, \
         Signature=ff52a53354dcebdb9529675981440bc7cbdcab6d4c7c01da4284d72528833de8"
    );
    assert_eq!(sent["x-amz-security-token"], "a-session-token");
    // The same path with a plain colon is another path on the wire, and signed once encoded.
    let plain = RequestParts { path: "/model/a:0/converse", ..parts };
    let canonical = canonical::request(&plain, &["host"], "-", PathStyle::Normalized);
    assert_eq!(canonical.lines().nth(1), Some("/model/a%3A0/converse"));
}

#[test]
fn headers_that_proxies_change_are_not_signed() {
    let headers = headers_of(&[
        ("user-agent", "x/1"),
        ("connection", "close"),
        ("authorization", "Bearer old"),
        ("x-amz-date", "19990101T000000Z"),
        ("x-amz-security-token", "old"),
        ("x-custom", "kept"),
    ]);
    let parts = RequestParts { method: "GET", path: "/", query: "", host: HOST, headers: &headers };
    let sent = signed(&parts, "", None, &scope("service"));
    assert!(text(&sent).contains("SignedHeaders=host;x-amz-date;x-custom,"), "{}", text(&sent));
    assert_eq!(sent["x-amz-date"], "20150830T123600Z");
    assert!(!sent.contains_key("x-amz-security-token"));
    assert_eq!(sent.get_all("authorization").iter().count(), 1);
}

#[test]
fn queries_are_sorted_and_encoded_once() {
    let headers = HeaderMap::new();
    let query = "b=2&a=%2f&a=/&c&%7Ed=x%zz&e=a+b&";
    let parts = RequestParts { method: "GET", path: "", query, host: HOST, headers: &headers };
    let canonical = canonical::request(&parts, &[], "-", PathStyle::AsIs);
    let mut lines = canonical.lines().skip(1);
    assert_eq!(lines.next(), Some("/"));
    assert_eq!(lines.next(), Some("a=%2F&a=%2F&b=2&c=&e=a%2Bb&~d=x%25zz"));
}

#[test]
fn dates_are_read_strictly() {
    assert_eq!(AmzDate::at(NOW + 999_999).as_str(), "20150830T123600Z");
    assert_eq!(AmzDate::parse("20150830T123600Z").unwrap().micros(), Some(NOW));
    assert_eq!(AmzDate::parse("20150830T123600Z").unwrap().day(), "20150830");
    for wrong in
        ["", "20150830T123600", "20150230T123600Z", "20150830T253600Z", "2015-08-30T1236Z", "２０15083Z"]
    {
        assert_eq!(AmzDate::parse(wrong), None, "{wrong}");
    }
}
