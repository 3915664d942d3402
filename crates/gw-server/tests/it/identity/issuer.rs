//! An issuer of tokens whose keys are made in the test: discovery, keys that change, outages.

use crate::support::scripted::{Scripted, Step};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as B64;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use serde_json::{Value, json};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

/// A key pair with its id.
pub(crate) struct Signer {
    id: String,
    pair: EcdsaKeyPair,
}

impl Signer {
    pub(crate) fn new(id: &str) -> Self {
        let random = SystemRandom::new();
        let der = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).unwrap();
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, der.as_ref(), &random).unwrap();
        Self { id: id.to_owned(), pair }
    }

    pub(crate) fn jwk(&self) -> Value {
        let (x, y) = self.pair.public_key().as_ref()[1..].split_at(32);
        json!({ "kty": "EC", "crv": "P-256", "kid": self.id, "x": B64.encode(x), "y": B64.encode(y) })
    }

    pub(crate) fn sign(&self, claims: &Value) -> String {
        let head = json!({ "alg": "ES256", "kid": self.id });
        let text = format!("{}.{}", B64.encode(head.to_string()), B64.encode(claims.to_string()));
        let signature = self.pair.sign(&SystemRandom::new(), text.as_bytes()).unwrap();
        format!("{text}.{}", B64.encode(signature.as_ref()))
    }
}

/// See the module.
pub(super) struct Issuer {
    server: Scripted,
    keys: Arc<Mutex<Vec<Value>>>,
    is_down: Arc<AtomicBool>,
    pub(super) signer: Signer,
}

impl Issuer {
    pub(super) async fn start() -> Self {
        let signer = Signer::new("first");
        let keys = Arc::new(Mutex::new(vec![signer.jwk()]));
        let is_down = Arc::new(AtomicBool::new(false));
        let (served, down) = (Arc::clone(&keys), Arc::clone(&is_down));
        let server = Scripted::by_request(move |_, seen| {
            let base = format!("http://{}", seen.header("host").unwrap_or_default());
            let document = match seen.path.as_str() {
                _ if down.load(Ordering::SeqCst) => return answer("503 Service Unavailable", &json!({})),
                "/.well-known/openid-configuration" => {
                    json!({ "issuer": base, "jwks_uri": format!("{base}/keys") })
                }
                "/keys" => json!({ "keys": *served.lock().unwrap() }),
                _ => return answer("404 Not Found", &json!({})),
            };
            answer("200 OK", &document)
        });
        Self { server: server.await, keys, is_down, signer }
    }

    /// What stands in `iss`.
    pub(super) fn name(&self) -> String {
        self.server.url()
    }

    /// How often the keys were read.
    pub(super) fn reads(&self) -> usize {
        self.server.all().iter().filter(|seen| seen.path == "/keys").count()
    }

    pub(super) fn publish(&self, keys: Vec<Value>) {
        *self.keys.lock().unwrap() = keys;
    }

    pub(super) fn set_down(&self, is_down: bool) {
        self.is_down.store(is_down, Ordering::SeqCst);
    }

    pub(super) fn sign(&self, claims: &Value) -> String {
        self.signer.sign(claims)
    }
}

/// An answer of JSON.
pub(crate) fn answer(status: &str, body: &Value) -> Vec<Step> {
    let body = body.to_string();
    let head = format!(
        "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        body.len()
    );
    vec![Step::Send(format!("{head}{body}").into_bytes())]
}
