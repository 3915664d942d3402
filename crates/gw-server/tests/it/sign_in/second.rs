//! The second factor: enrolled, wanted, replaced by recovery codes, removed.

use super::browser::Browser;
use super::{PASSWORD, by_password, gateway, link, person, redeem, sign_in, try_sign_in};
use crate::support::{Answer, Gateway};
use http::Method;
use ring::hmac;
use serde_json::{Value, json};
use std::time::SystemTime;

/// An authenticator app.
struct App(Vec<u8>);

impl App {
    /// That was shown this secret.
    fn of(shown: &Value) -> Self {
        let text = shown["secret"].as_str().unwrap();
        let uri = shown["otpauth_uri"].as_str().unwrap();
        assert!(uri.starts_with("otpauth://totp/Gatewright:ada%40example.com?secret="), "{uri}");
        assert!(uri.contains(text));
        let (mut bits, mut count, mut bytes) = (0_u32, 0, Vec::new());
        for letter in text.bytes() {
            let value = if letter.is_ascii_digit() { letter - b'2' + 26 } else { letter - b'A' };
            (bits, count) = ((bits << 5) | u32::from(value), count + 5);
            if count >= 8 {
                count -= 8;
                bytes.push((bits >> count) as u8);
            }
        }
        assert_eq!(bytes.len(), 20);
        Self(bytes)
    }

    /// What it shows so many steps from now.
    fn code(&self, later: u64) -> String {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
        let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &self.0);
        let tag = hmac::sign(&key, &(now / 30 + later).to_be_bytes());
        let at = usize::from(tag.as_ref()[19] & 15);
        let four: [u8; 4] = tag.as_ref()[at..at + 4].try_into().unwrap();
        format!("{:06}", (u32::from_be_bytes(four) & 0x7fff_ffff) % 1_000_000)
    }
}

async fn with_code(gateway: &Gateway, code: &str) -> Answer {
    let mut body = by_password("ada");
    body["code"] = code.into();
    try_sign_in(gateway, body).await
}

async fn enrolled(ada: &Browser) -> (App, Vec<String>) {
    let app = App::of(&ada.ask(Method::POST, "auth/totp", Value::Null).await.ok().json());
    let confirm = async |code: &str| ada.ask(Method::POST, "auth/totp/confirm", json!({"code": code})).await;
    confirm("000000x").await.refused(400, "invalid_request");
    let codes = confirm(&app.code(0)).await.ok().json();
    let codes = codes["recovery_codes"].as_array().unwrap().iter();
    (app, codes.map(|code| code.as_str().unwrap().to_owned()).collect())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_code_is_wanted_beside_the_password_and_is_good_once() {
    let gateway = gateway().await;
    let user = person(&gateway, "ada", json!({})).await;
    let ada = sign_in(&gateway, by_password("ada")).await;
    ada.ask(Method::POST, "auth/totp/confirm", json!({"code": "123456"})).await.refused(409, "conflict");
    // Not confirmed is not there.
    ada.ask(Method::POST, "auth/totp", Value::Null).await.ok();
    sign_in(&gateway, by_password("ada")).await;
    let (app, codes) = enrolled(&ada).await;
    assert_eq!(codes.len(), 10);
    ada.ask(Method::POST, "auth/totp", Value::Null).await.refused(409, "conflict");
    let session = ada.get("auth/session").await.json();
    assert_eq!((&session["totp_enabled"], &session["recovery_codes_left"]), (&json!(true), &json!(10)));

    try_sign_in(&gateway, by_password("ada")).await.refused(401, "totp_required");
    let wrong = json!({"email": "ada@example.com", "password": "wrong wrong wrong", "code": app.code(1)});
    try_sign_in(&gateway, wrong).await.refused(401, "invalid_credentials");
    with_code(&gateway, "000000").await.refused(401, "invalid_credentials");
    let code = app.code(1);
    let (first, second) = tokio::join!(with_code(&gateway, &code), with_code(&gateway, &code));
    let mut statuses = [first.status.as_u16(), second.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 401], "a code is good once, also at the same time");
    with_code(&gateway, &code).await.refused(401, "invalid_credentials");
    // A recovery code stands in for it, however it is typed, once.
    let typed = codes[3].to_lowercase().replace('-', " ");
    with_code(&gateway, &typed).await.ok();
    with_code(&gateway, &codes[3]).await.refused(401, "invalid_credentials");
    assert_eq!(ada.get("auth/session").await.json()["recovery_codes_left"], 9);

    let stored = std::fs::read(gateway.folder().join("data/gatewright.db")).unwrap();
    assert!(!stored.windows(20).any(|window| window == app.0), "the secret is sealed");
    let remove = async |body: Value| ada.ask(Method::DELETE, "auth/totp", body).await;
    remove(json!({})).await.refused(400, "invalid_request");
    remove(json!({"code": "000000"})).await.refused(400, "invalid_request");
    assert_eq!(remove(json!({"password": PASSWORD})).await.status, 204);
    sign_in(&gateway, by_password("ada")).await;
    remove(json!({"password": PASSWORD})).await.refused(404, "not_found");
    let actions: Vec<Value> = gateway.rows(&format!("/api/v1/audit?actor=user:{user}&kind=user")).await;
    let actions: Vec<&str> = actions.iter().map(|entry| entry["action"].as_str().unwrap()).collect();
    assert_eq!(actions, ["user.totp_disable", "user.totp_enable", "user.password_set"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_lost_the_app_is_helped_by_a_link() {
    let gateway = gateway().await;
    let user = person(&gateway, "ada", json!({})).await;
    enrolled(&sign_in(&gateway, by_password("ada")).await).await;
    let plain = link(&gateway, &user, json!({})).await;
    redeem(&gateway, &plain, PASSWORD).await.ok();
    try_sign_in(&gateway, by_password("ada")).await.refused(401, "totp_required");
    let reset = link(&gateway, &user, json!({"reset_totp": true})).await;
    redeem(&gateway, &reset, PASSWORD).await.ok();
    assert_eq!(sign_in(&gateway, by_password("ada")).await.session["totp_enabled"], false);
}
