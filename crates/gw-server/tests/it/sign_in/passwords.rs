//! Passwords: links to choose them, what is refused and how often, and changing them.

use super::{PASSWORD, by_password, gateway, link, made, person, redeem, sign_in, try_sign_in};
use crate::support::gateway::run;
use crate::support::{Call, Gateway, MASTER, Upstream, eventually};
use http::Method;
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_chooses_a_password_by_a_link_and_signs_in() {
    let gateway = gateway().await;
    let methods = gateway.send(Call::get("/api/v1/auth/methods")).await.ok().json();
    assert_eq!(methods, json!({"password": true, "key": true, "oidc": []}));
    let user = made(&gateway, "users", json!({"name": "Ada", "email": "ada@example.com"})).await;
    try_sign_in(&gateway, by_password("ada")).await.refused(401, "invalid_credentials");
    let first = link(&gateway, &user, json!({})).await;
    let token = link(&gateway, &user, json!({})).await;
    for (token, new, field) in [
        (first.as_str(), PASSWORD, "token"),
        ("gwl-nothing", PASSWORD, "token"),
        (&token, "too short", "new"),
        (&token, "aaaaaaaaaaaaaaaa", "new"),
        (&token, "Ada@Example.com", "new"),
        (&token, &"x1".repeat(129), "new"),
    ] {
        let answer = redeem(&gateway, token, new).await;
        assert_eq!((answer.status.as_u16(), &answer.json()["error"]["field"]), (400, &json!(field)), "{new}");
    }
    assert_eq!(redeem(&gateway, &token, PASSWORD).await.ok().json()["email"], "ada@example.com");
    assert_eq!(redeem(&gateway, &token, PASSWORD).await.status, 400, "a link is good once");

    let ada = sign_in(&gateway, json!({"email": " ADA@example.com ", "password": PASSWORD})).await;
    let session = ada.get("auth/session").await;
    assert_eq!(session.header("cache-control"), Some("no-store"));
    let session = session.ok().json();
    assert_eq!(session, ada.session);
    assert_eq!(session["user"], json!({"id": user, "name": "Ada", "email": "ada@example.com"}));
    assert_eq!(
        (&session["via"], &session["roles"], &session["permissions"]),
        (&json!("password"), &json!([]), &json!({}))
    );
    assert_eq!((&session["totp_enabled"], &session["has_password"]), (&json!(false), &json!(true)));
    assert_eq!(ada.get("me").await.ok().json()["actor"], format!("user:{user}"));

    // What is stored is neither the password nor what the browser shows.
    let shown = ada.cookie.split_once('=').unwrap().1;
    for file in ["gatewright.db", "gatewright.db-wal"] {
        let stored = std::fs::read(gateway.folder().join("data").join(file)).unwrap_or_default();
        for secret in [PASSWORD, shown, token.as_str()] {
            assert!(!stored.windows(secret.len()).any(|window| window == secret.as_bytes()), "{file}");
        }
    }
    let out = ada.ask(Method::POST, "auth/sign-out", Value::Null).await;
    assert_eq!(out.ok().json(), json!({"redirect_to": null}));
    assert!(out.header("set-cookie").unwrap().contains("Max-Age=0"));
    assert!(!ada.is_in().await);
    assert_eq!(ada.get("me").await.status, 401);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_is_refused_learns_nothing_and_not_too_often() {
    let upstream = Upstream::start().await;
    let limits =
        "auth: { sign_in: { failures_per_account: 4, failures_per_address: 12, window_seconds: 86400 } }\n";
    let gateway = Gateway::start(&format!("{}{limits}", upstream.providers())).await;
    let user = person(&gateway, "ada", json!({})).await;
    let wrong = |name: &str| json!({"email": format!("{name}@example.com"), "password": "wrong wrong wrong"});
    let known = try_sign_in(&gateway, wrong("ada")).await;
    let unknown = try_sign_in(&gateway, wrong("nobody")).await;
    known.refused(401, "invalid_credentials");
    assert_eq!((known.status, known.text()), (unknown.status, unknown.text()));
    assert!(known.header("set-cookie").is_none());
    // Who comes in begins anew.
    sign_in(&gateway, by_password("ada")).await;
    for _ in 0..4 {
        try_sign_in(&gateway, wrong("ada")).await.refused(401, "invalid_credentials");
    }
    let refused = try_sign_in(&gateway, by_password("ada")).await;
    refused.refused(429, "rate_limit_exceeded");
    assert!(refused.header("retry-after").unwrap().parse::<u64>().unwrap() > 60);
    // A person who is not known is refused as often, and so is a whole address.
    for _ in 0..3 {
        try_sign_in(&gateway, wrong("nobody")).await.refused(401, "invalid_credentials");
    }
    try_sign_in(&gateway, wrong("nobody")).await.refused(429, "rate_limit_exceeded");
    let mut statuses = Vec::new();
    for number in 0..6 {
        statuses.push(try_sign_in(&gateway, wrong(&format!("other{number}"))).await.status.as_u16());
    }
    assert!(statuses.ends_with(&[429]), "{statuses:?}");
    // It stands in the log, with the name of users only.
    let entries = gateway.rows("/api/v1/audit?action=session.refused").await;
    let of_ada = entries.iter().filter(|entry| entry["id"] == user.as_str()).count();
    assert_eq!(of_ada, 5, "{entries:?}");
    assert!(entries.iter().all(|entry| entry["name"] == "" || entry["name"] == "ada@example.com"));
    assert!(entries.iter().all(|entry| entry["outcome"] == "refused" && entry["address"] == "127.0.0.1"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_password_is_changed_by_whoever_knows_it_and_ends_other_sessions() {
    let gateway = gateway().await;
    person(&gateway, "ada", json!({})).await;
    let (here, there) =
        (sign_in(&gateway, by_password("ada")).await, sign_in(&gateway, by_password("ada")).await);
    let change = |current: &str, new: &str| json!({"current": current, "new": new});
    for (current, new, field) in
        [("wrong wrong wrong", "another good one", "current"), (PASSWORD, "short", "new")]
    {
        let refused = here.ask(Method::POST, "auth/password", change(current, new)).await;
        assert_eq!((refused.status.as_u16(), &refused.json()["error"]["field"]), (400, &json!(field)));
    }
    assert!(there.is_in().await);
    let done = here.ask(Method::POST, "auth/password", change(PASSWORD, "another good one")).await;
    assert_eq!(done.status, 204, "{}", done.text());
    assert!(here.is_in().await && !there.is_in().await);
    try_sign_in(&gateway, by_password("ada")).await.refused(401, "invalid_credentials");
    sign_in(&gateway, json!({"email": "ada@example.com", "password": "another good one"})).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_whoever_may_act_as_a_person_gives_it_a_link() {
    let gateway = gateway().await;
    let team = made(&gateway, "teams", json!({"name": "core"})).await;
    let at = |role: &str| json!({"memberships": [{"account_id": team, "role": role}]});
    let owner = person(&gateway, "olga", at("owner")).await;
    let member = person(&gateway, "mia", at("member")).await;
    person(&gateway, "adam", at("admin")).await;
    let adam = sign_in(&gateway, by_password("adam")).await;
    let mia = sign_in(&gateway, by_password("mia")).await;
    let ask = async |who: &super::Browser, user: &str| {
        who.ask(Method::POST, &format!("users/{user}/password-link"), json!({})).await
    };
    assert_eq!(ask(&adam, &member).await.status, 201);
    ask(&adam, &owner).await.refused(403, "permission_denied");
    ask(&mia, &owner).await.refused(404, "not_found");
    ask(&mia, &member).await.refused(403, "permission_denied");
    let other = made(&gateway, "teams", json!({"name": "other"})).await;
    let stranger = json!({"memberships": [{"account_id": other, "role": "viewer"}]});
    let stranger = person(&gateway, "sam", stranger).await;
    ask(&adam, &stranger).await.refused(404, "not_found");
    // Whoever has no password any more uses a link; sessions before it are over.
    let token = link(&gateway, &member, json!({})).await;
    assert!(mia.is_in().await);
    redeem(&gateway, &token, "yet another one").await.ok();
    assert!(!mia.is_in().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn passwords_may_be_turned_off_and_are_set_by_the_command_line() {
    let gateway = gateway().await;
    let user = made(&gateway, "users", json!({"name": "Ada", "email": "ada@example.com"})).await;
    let url = format!("http://{}", gateway.addr);
    let (status, out, errors) =
        run(&["users", "password-link", "ada@example.com", "--url", &url, "--key", MASTER]).await;
    assert_eq!(status, 0, "{errors}");
    let token = out.split_once("token=").unwrap().1.split_whitespace().next().unwrap();
    redeem(&gateway, token, PASSWORD).await.ok();
    let (status, out, errors) = run(&["users", "list", "--json", "--url", &url, "--key", MASTER]).await;
    assert!(status == 0 && out.contains(&user), "{errors}");
    let (status, _, errors) = run(&["users", "set-password", &user, "--url", &url, "--key", MASTER]).await;
    assert!(status == 2 && errors.contains("stdin"), "{errors}");
    let ada = sign_in(&gateway, by_password("ada")).await;
    let config = std::fs::read_to_string(gateway.config_file()).unwrap();
    gateway.write_config(&format!("{config}auth: {{ sign_in: {{ passwords: false }} }}\n"));
    eventually("passwords are off", async || {
        let methods = gateway.send(Call::get("/api/v1/auth/methods")).await.json();
        (methods["password"] == false).then_some(())
    })
    .await;
    try_sign_in(&gateway, by_password("ada")).await.refused(401, "invalid_credentials");
    let path = format!("/api/v1/users/{user}/password-link");
    gateway.admin(Method::POST, &path, None).await.refused(409, "conflict");
    assert!(ada.is_in().await, "whoever is in stays in");
}
