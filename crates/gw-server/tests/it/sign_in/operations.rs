//! Every operation below `/api/v1/auth`, as the committed document lists them: for whom it is.

use super::gateway;
use crate::operations::documented;
use crate::support::{Call, KEY, MASTER};
use http::Method;

/// For whoever is not signed in, with what an empty request is answered there.
const PUBLIC: [(&str, &str, u16); 5] = [
    ("GET", "auth/methods", 200),
    ("POST", "auth/sign-in", 400),
    ("POST", "auth/password/redeem", 400),
    ("GET", "auth/oidc/{name}/start", 404),
    ("GET", "auth/oidc/{name}/callback", 404),
];

/// For whoever is signed in.
const OWN: [(&str, &str); 8] = [
    ("GET", "auth/session"),
    ("POST", "auth/sign-out"),
    ("GET", "auth/sessions"),
    ("DELETE", "auth/sessions/{id}"),
    ("POST", "auth/password"),
    ("POST", "auth/totp"),
    ("POST", "auth/totp/confirm"),
    ("DELETE", "auth/totp"),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_operation_is_for_everybody_or_for_whoever_is_signed_in() {
    let gateway = gateway().await;
    let mut listed = 0;
    for (method, path) in documented().into_iter().filter(|(_, path)| path.starts_with("auth/")) {
        let is = |known: &&(&str, &str)| **known == (method.as_str(), path.as_str());
        let public = PUBLIC.iter().find(|(known, at, _)| (*known, *at) == (method.as_str(), path.as_str()));
        assert!(public.is_some() != OWN.iter().any(|known| is(&known)), "{method} {path} stands in one list");
        listed += 1;
        let path = format!("/api/v1/{}", path.replace("{id}", "sess_00000000000000000000000000000001"));
        let call = || Call::new(method.parse::<Method>().unwrap(), &path).body("{}");
        for call in [call(), call().key(MASTER), call().key(KEY)] {
            let answer = gateway.send(call).await;
            match public {
                Some((_, _, status)) => assert_eq!(answer.status, *status, "{}", answer.text()),
                None => drop(answer.refused(401, "not_signed_in")),
            }
        }
    }
    assert_eq!(listed, PUBLIC.len() + OWN.len());
    let nothing = gateway.send(Call::get("/api/v1/auth/nothing")).await;
    nothing.refused(404, "not_found");
    gateway.send(Call::get("/api/v1/auth/sign-in")).await.refused(405, "method_not_allowed");
    // None of this is worth an entry.
    let refused = gateway.rows("/api/v1/audit?action=admin.refused").await;
    assert_eq!(refused, Vec::<serde_json::Value>::new());
}
