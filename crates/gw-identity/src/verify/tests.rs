//! Tokens made here, good and forged. Whatever comes, the answer is a refusal and never a panic.

use super::{Expected, verify};
use crate::algorithm::Algorithm;
use crate::claims::Claims;
use crate::keys::KeySet;
use crate::refused::Refused;
use crate::token::{Token, looks_like};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as B64;
use ring::rand::SystemRandom;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, EcdsaSigningAlgorithm,
    Ed25519KeyPair, KeyPair, RSA_PKCS1_SHA256, RSA_PSS_SHA512, RsaEncoding, RsaKeyPair,
};
use serde_json::{Value, json};

const NOW: i64 = 1_800_000_000;
const RSA_PRIVATE: &str = include_str!("../../testdata/rsa-private.pem");
const RSA_PUBLIC: &str = include_str!("../../testdata/rsa-public.pem");

fn expected<'a>(audiences: &'a [String]) -> Expected<'a> {
    Expected {
        issuer: "https://id.example",
        audiences,
        algorithms: Algorithm::ALL,
        leeway_seconds: 60,
        max_age_seconds: None,
        nonce: None,
    }
}

fn check(token: &str, keys: &KeySet) -> Result<Claims, Refused> {
    let audiences = ["gateway".to_owned()];
    verify(Token::read(token, 16_384)?, keys, &expected(&audiences), NOW)
}

fn good() -> Value {
    json!({ "iss": "https://id.example", "aud": "gateway", "sub": "u1", "exp": NOW + 300 })
}

fn unsigned(head: &Value, claims: &Value) -> String {
    format!("{}.{}", B64.encode(head.to_string()), B64.encode(claims.to_string()))
}

struct Curve {
    pair: EcdsaKeyPair,
    name: &'static str,
    algorithm: &'static str,
}

impl Curve {
    fn new(how: &'static EcdsaSigningAlgorithm, name: &'static str, algorithm: &'static str) -> Self {
        let random = SystemRandom::new();
        let der = EcdsaKeyPair::generate_pkcs8(how, &random).unwrap();
        Self { pair: EcdsaKeyPair::from_pkcs8(how, der.as_ref(), &random).unwrap(), name, algorithm }
    }

    fn p256() -> Self {
        Self::new(&ECDSA_P256_SHA256_FIXED_SIGNING, "P-256", "ES256")
    }

    fn jwk(&self, id: &str) -> Value {
        let point = &self.pair.public_key().as_ref()[1..];
        let (x, y) = point.split_at(point.len() / 2);
        json!({ "kty": "EC", "crv": self.name, "kid": id, "x": B64.encode(x), "y": B64.encode(y) })
    }

    fn sign(&self, id: &str, claims: &Value) -> String {
        self.sign_with(&json!({ "alg": self.algorithm, "kid": id, "typ": "JWT" }), claims)
    }

    fn sign_with(&self, head: &Value, claims: &Value) -> String {
        let text = unsigned(head, claims);
        let signature = self.pair.sign(&SystemRandom::new(), text.as_bytes()).unwrap();
        format!("{text}.{}", B64.encode(signature.as_ref()))
    }
}

fn set(keys: &[Value]) -> KeySet {
    KeySet::read(&json!({ "keys": keys }).to_string()).unwrap()
}

fn sign_rsa(algorithm: &str, how: &'static dyn RsaEncoding) -> String {
    let text: String = RSA_PRIVATE.lines().filter(|line| !line.starts_with('-')).collect();
    let der = base64::engine::general_purpose::STANDARD.decode(text).unwrap();
    let pair = RsaKeyPair::from_pkcs8(&der).unwrap();
    let text = unsigned(&json!({ "alg": algorithm, "kid": "any" }), &good());
    let mut signature = vec![0; pair.public().modulus_len()];
    pair.sign(how, &SystemRandom::new(), text.as_bytes(), &mut signature).unwrap();
    format!("{text}.{}", B64.encode(signature))
}

#[test]
fn takes_every_kind_of_key() {
    for curve in [Curve::p256(), Curve::new(&ECDSA_P384_SHA384_FIXED_SIGNING, "P-384", "ES384")] {
        let token = curve.sign("a", &good());
        assert!(looks_like(&token));
        assert_eq!(check(&token, &set(&[curve.jwk("a")])).unwrap().text("sub").as_deref(), Some("u1"));
    }
    let rsa = KeySet::read(RSA_PUBLIC).unwrap();
    assert!(check(&sign_rsa("RS256", &RSA_PKCS1_SHA256), &rsa).is_ok());
    assert!(check(&sign_rsa("PS512", &RSA_PSS_SHA512), &rsa).is_ok());
    assert_eq!(check(&sign_rsa("RS512", &RSA_PKCS1_SHA256), &rsa), Err(Refused::Signature));
    let random = SystemRandom::new();
    let pair = Ed25519KeyPair::from_pkcs8(Ed25519KeyPair::generate_pkcs8(&random).unwrap().as_ref()).unwrap();
    let text = unsigned(&json!({ "alg": "EdDSA" }), &good());
    let token = format!("{text}.{}", B64.encode(pair.sign(text.as_bytes())));
    let x = B64.encode(pair.public_key().as_ref());
    assert!(check(&token, &set(&[json!({ "kty": "OKP", "crv": "Ed25519", "x": x })])).is_ok());
}

#[test]
fn refuses_what_is_not_signed_by_the_issuer() {
    let (ours, theirs) = (Curve::p256(), Curve::p256());
    let keys = set(&[ours.jwk("a")]);
    assert_eq!(check(&theirs.sign("a", &good()), &keys), Err(Refused::Signature));
    assert_eq!(check(&theirs.sign("b", &good()), &keys), Err(Refused::UnknownKey { id: "b".into() }));
    // Other claims under the signature of these.
    let token = ours.sign("a", &good());
    let (_, signature) = token.rsplit_once('.').unwrap();
    let mut claims = good();
    claims["sub"] = json!("admin");
    let forged = format!("{}.{signature}", unsigned(&json!({ "alg": "ES256", "kid": "a" }), &claims));
    assert_eq!(check(&forged, &keys), Err(Refused::Signature));
    // No signature at all, and one made with the public key as a shared secret.
    for (algorithm, signature) in [("none", ""), ("None", ""), ("HS256", "c2VjcmV0")] {
        let token = format!("{}.{signature}", unsigned(&json!({ "alg": algorithm, "kid": "a" }), &good()));
        assert_eq!(check(&token, &keys), Err(Refused::Algorithm { name: algorithm.to_owned() }));
    }
    for signature in ["", "AAAA", "AAAA=", "!"] {
        let token = format!("{}.{signature}", unsigned(&json!({ "alg": "ES256", "kid": "a" }), &good()));
        assert!(check(&token, &keys).is_err(), "{signature}");
    }
    // A key of one kind under the name of another's algorithm.
    let token = ours.sign_with(&json!({ "alg": "RS256", "kid": "a" }), &good());
    assert_eq!(check(&token, &keys), Err(Refused::UnknownKey { id: "a".into() }));
    let critical = ours.sign_with(&json!({ "alg": "ES256", "kid": "a", "crit": ["x"] }), &good());
    assert!(matches!(check(&critical, &keys), Err(Refused::Malformed(_))));
}

#[test]
fn asks_for_issuer_audience_and_time() {
    let curve = Curve::p256();
    let keys = set(&[curve.jwk("a")]);
    let with = |name: &str, value: Value| {
        let mut claims = good();
        claims[name] = value;
        check(&curve.sign("a", &claims), &keys).map(|_| ())
    };
    for (name, value, wanted) in [
        ("iss", json!("https://id.example/"), Err(Refused::Issuer)),
        ("iss", Value::Null, Err(Refused::Issuer)),
        ("aud", json!("other"), Err(Refused::Audience)),
        ("aud", json!([]), Err(Refused::Audience)),
        ("aud", json!(["other", "gateway"]), Ok(())),
        ("exp", json!(NOW - 59), Ok(())),
        ("exp", json!(NOW - 60), Err(Refused::Expired)),
        ("exp", json!(i64::MIN), Err(Refused::Expired)),
        ("exp", json!(i64::MAX), Ok(())),
        ("exp", json!(NOW as f64 + 0.5), Ok(())),
        ("exp", json!("soon"), Err(Refused::NoEnd)),
        ("exp", Value::Null, Err(Refused::NoEnd)),
        ("nbf", json!(NOW + 60), Ok(())),
        ("nbf", json!(NOW + 61), Err(Refused::NotYet)),
        ("nbf", json!("later"), Err(Refused::NotYet)),
    ] {
        assert_eq!(with(name, value.clone()), wanted, "{name} {value}");
    }
}

#[test]
fn asks_for_age_and_sign_in_where_wanted() {
    let curve = Curve::p256();
    let keys = set(&[curve.jwk("a")]);
    let audiences = ["gateway".to_owned()];
    let wanted = Expected { max_age_seconds: Some(600), nonce: Some("n1"), ..expected(&audiences) };
    let with = |iat: Value, nonce: &str| {
        let mut claims = good();
        (claims["iat"], claims["nonce"]) = (iat, json!(nonce));
        let token = curve.sign("a", &claims);
        verify(Token::read(&token, 16_384).unwrap(), &keys, &wanted, NOW).map(|_| ())
    };
    assert_eq!(with(json!(NOW - 659), "n1"), Ok(()));
    assert_eq!(with(json!(NOW - 660), "n1"), Err(Refused::TooOld));
    assert_eq!(with(json!(NOW + 61), "n1"), Err(Refused::NotYet));
    assert_eq!(with(Value::Null, "n1"), Err(Refused::TooOld));
    assert_eq!(with(json!(NOW), "n2"), Err(Refused::Nonce));
}

#[test]
fn only_accepted_algorithms_pass() {
    let curve = Curve::p256();
    let audiences = ["gateway".to_owned()];
    let only = Expected { algorithms: &[Algorithm::Rs256], ..expected(&audiences) };
    let token = curve.sign("a", &good());
    let found = verify(Token::read(&token, 16_384).unwrap(), &set(&[curve.jwk("a")]), &only, NOW);
    assert_eq!(found, Err(Refused::Algorithm { name: "ES256".into() }));
}

#[test]
fn a_token_without_a_key_id_is_tried_with_all_that_fit() {
    let (a, b) = (Curve::p256(), Curve::p256());
    let token = b.sign_with(&json!({ "alg": "ES256" }), &good());
    assert!(check(&token, &set(&[a.jwk("a"), b.jwk("b")])).is_ok());
}

#[test]
fn broken_tokens_are_refused() {
    let curve = Curve::p256();
    let keys = set(&[curve.jwk("a")]);
    let token = curve.sign("a", &good());
    for end in 0..token.len() {
        assert!(check(&token[..end], &keys).is_err(), "{end}");
    }
    for at in 0..token.len() {
        let mut bytes = token.clone().into_bytes();
        bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
        let changed = String::from_utf8(bytes).unwrap();
        // The last character of a part may hold bits that mean nothing; those are refused too.
        assert!(check(&changed, &keys).is_err(), "{at}");
    }
    assert_eq!(check(&"x".repeat(16_385), &keys), Err(Refused::TooLarge { max_bytes: 16_384 }));
    for text in ["", ".", "..", "...", "eyJ.eyJ.eyJ", "a.b", "e30.e30.", "e30.W10.AA", "\u{e4}.\u{e4}.\u{e4}"]
    {
        assert!(check(text, &keys).is_err(), "{text}");
    }
    let deep = "[".repeat(10_000);
    let text = format!("{}.{}.AA", B64.encode(r#"{"alg":"ES256"}"#), B64.encode(format!("{{\"a\":{deep}")));
    assert!(matches!(check(&text, &keys), Err(Refused::Malformed(_) | Refused::TooLarge { .. })));
}
