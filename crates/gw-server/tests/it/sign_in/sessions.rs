//! Sessions: what another site's page can not do, how they are listed, and what ends them.

use super::browser::cookie_of;
use super::{Browser, by_password, gateway, made, person, sign_in, try_sign_in};
use crate::support::{Call, Gateway, MASTER, Upstream, eventually};
use http::Method;
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_other_page_writes_with_a_session() {
    let gateway = gateway().await;
    person(&gateway, "ada", json!({"gateway_role": "owner"})).await;
    let ada = sign_in(&gateway, by_password("ada")).await;
    ada.ask_bare(Method::GET, "teams", Value::Null).await.ok();
    for (method, path) in [
        (Method::POST, "teams"),
        (Method::DELETE, "teams/team_00000000000000000000000000000001"),
        (Method::POST, "auth/sign-out"),
        (Method::POST, "auth/password"),
        (Method::POST, "audit/verify"),
    ] {
        ada.ask_bare(method.clone(), path, json!({"name": "x"})).await.refused(403, "csrf_token_invalid");
        let other = ada.sending(&"x".repeat(43));
        other.ask(method, path, json!({"name": "x"})).await.refused(403, "csrf_token_invalid");
    }
    // Each session has its own.
    let second = sign_in(&gateway, by_password("ada")).await;
    assert_ne!(second.csrf, ada.csrf);
    let mixed = ada.sending(&second.csrf);
    mixed.ask(Method::POST, "teams", json!({"name": "x"})).await.refused(403, "csrf_token_invalid");
    assert_eq!(ada.ask(Method::POST, "teams", json!({"name": "x"})).await.status, 201);
    // A page of another site signs nobody in, so that nobody works in another's name without knowing.
    let body = by_password("ada").to_string();
    let strange = Call::post("/api/v1/auth/sign-in", body).header("sec-fetch-site", "cross-site");
    gateway.send(strange).await.refused(403, "cross_site");
    // A key in the request is what counts, and needs no more than that.
    let both = Call::post("/api/v1/teams", json!({"name": "y"}).to_string()).key(MASTER);
    let both = gateway.send(both.header("cookie", &ada.cookie)).await;
    assert_eq!(both.status, 201);
    let wrong = Call::get("/api/v1/teams").key("gw-wrong").header("cookie", &ada.cookie);
    gateway.send(wrong).await.refused(401, "invalid_api_key");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cookies_fit_the_connection() {
    let gateway = gateway().await;
    person(&gateway, "ada", json!({})).await;
    let ask = async |name: &str, value: &str| {
        let call = Call::post("/api/v1/auth/sign-in", by_password("ada").to_string());
        gateway.send(call.header(name, value)).await
    };
    let plain = ask("accept", "*/*").await;
    assert!(!plain.ok().header("set-cookie").unwrap().contains("Secure"));
    let behind = ask("x-forwarded-proto", "https").await;
    let line = behind.ok().header("set-cookie").unwrap().to_owned();
    assert!(line.starts_with("__Host-gatewright_session=") && line.ends_with("; Secure"), "{line}");
    let shown = line.split(';').next().unwrap();
    let call = |cookie: &str| Call::get("/api/v1/auth/session").header("cookie", cookie);
    gateway.send(call(shown).header("x-forwarded-proto", "https")).await.ok();
    // What a plain page could have set does not count there.
    let unhosted = shown.trim_start_matches("__Host-");
    let strange = call(unhosted).header("x-forwarded-proto", "https");
    gateway.send(strange).await.refused(401, "not_signed_in");
    gateway.send(call("gatewright_session=")).await.refused(401, "not_signed_in");
    gateway.send(call("gatewright_session=gws-nobody")).await.refused(401, "not_signed_in");
    gateway.send(call(&cookie_of(&plain))).await.ok();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn own_sessions_are_listed_bounded_and_ended() {
    let upstream = Upstream::start().await;
    let settings = "auth: { sessions: { per_person: 3 } }\n";
    let gateway = Gateway::start(&format!("{}{settings}", upstream.providers())).await;
    person(&gateway, "ada", json!({})).await;
    person(&gateway, "bob", json!({})).await;
    let bob = sign_in(&gateway, by_password("bob")).await;
    let first = sign_in(&gateway, by_password("ada")).await;
    let (second, third) =
        (sign_in(&gateway, by_password("ada")).await, sign_in(&gateway, by_password("ada")).await);
    assert!(first.is_in().await);
    let fourth = sign_in(&gateway, by_password("ada")).await;
    assert!(!first.is_in().await, "the oldest ends");
    let listed = third.get("auth/sessions").await.ok().json();
    let listed = listed["data"].as_array().unwrap();
    let ids: Vec<&Value> = listed.iter().map(|session| &session["id"]).collect();
    assert_eq!(ids, [&fourth.session["id"], &third.session["id"], &second.session["id"]]);
    let current: Vec<bool> = listed.iter().map(|session| session["current"].as_bool().unwrap()).collect();
    assert_eq!(current, [false, true, false]);
    assert!(listed.iter().all(|one| one["address"] == "127.0.0.1" && one["via"] == "password"));
    let end = async |who: &Browser, which: &Browser| {
        let id = which.session["id"].as_str().unwrap();
        who.ask(Method::DELETE, &format!("auth/sessions/{id}"), Value::Null).await
    };
    end(&bob, &second).await.refused(404, "not_found");
    bob.ask(Method::DELETE, "auth/sessions/nonsense", Value::Null).await.refused(404, "not_found");
    assert_eq!(end(&third, &second).await.status, 204);
    assert!(!second.is_in().await && third.is_in().await);
    let own = end(&third, &third).await;
    assert!(own.header("set-cookie").unwrap().contains("Max-Age=0"));
    assert!(!third.is_in().await && fourth.is_in().await && bob.is_in().await);
    let entries = gateway.rows("/api/v1/audit?kind=session&limit=100").await;
    let count = |action: &str| entries.iter().filter(|entry| entry["action"] == action).count();
    assert_eq!((count("session.create"), count("session.delete")), (5, 2));
    assert!(entries.iter().all(|entry| entry["actor"].as_str().unwrap().starts_with("user:user_")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_disabled_or_deleted_is_signed_in_nowhere() {
    let gateway = gateway().await;
    let user = person(&gateway, "ada", json!({"gateway_role": "viewer"})).await;
    let path = format!("/api/v1/users/{user}");
    let ada = sign_in(&gateway, by_password("ada")).await;
    assert_eq!(ada.session["permissions"]["teams:read"], "all");
    // What he may is what he is now.
    gateway.admin(Method::PATCH, &path, Some(&json!({"gateway_role": null}))).await.ok();
    ada.get("teams").await.refused(403, "permission_denied");
    let set = async |is: bool| {
        gateway.admin(Method::PATCH, &path, Some(&json!({"disabled": is}))).await.ok();
    };
    set(true).await;
    assert!(!ada.is_in().await);
    try_sign_in(&gateway, by_password("ada")).await.refused(401, "invalid_credentials");
    set(false).await;
    assert!(!ada.is_in().await, "it does not come back");
    let again = sign_in(&gateway, by_password("ada")).await;
    assert_eq!(gateway.admin(Method::DELETE, &path, None).await.status, 204);
    assert!(!again.is_in().await);
    try_sign_in(&gateway, by_password("ada")).await.refused(401, "invalid_credentials");
    // A document disables as well.
    let user = person(&gateway, "bob", json!({})).await;
    let bob = sign_in(&gateway, by_password("bob")).await;
    let text = "users: [{ name: bob, email: bob@example.com, disabled: true }]";
    let document = json!({"files": [{"name": "a.yaml", "text": text}], "take_over": true});
    let applied = gateway
        .admin(Method::POST, "/api/v1/apply?take_over=true", Some(&json!({"files": document["files"]})))
        .await;
    assert!(applied.status.is_success(), "{}", applied.text());
    let shown = gateway.admin(Method::GET, &format!("/api/v1/users/{user}"), None).await.json();
    assert_eq!(shown["disabled"], true, "{}", applied.text());
    assert!(!bob.is_in().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sessions_end_by_themselves_and_survive_a_restart() {
    let gateway = gateway().await;
    person(&gateway, "ada", json!({})).await;
    let ada = sign_in(&gateway, by_password("ada")).await;
    let team = made(&gateway, "teams", json!({"name": "core"})).await;
    assert!(team.starts_with("team_"));
    let gateway = gateway.restart().await;
    let ada = ada.at(gateway.addr);
    assert!(ada.is_in().await);
    // The shortest that can be set is a minute: it is over by then, as of the time when it began.
    let file = gateway.folder().join("data/gatewright.db");
    let database = rusqlite::Connection::open(file).unwrap();
    database.busy_timeout(std::time::Duration::from_secs(10)).unwrap();
    let later = |what: &str| database.execute(&format!("UPDATE sessions SET {what}"), []).unwrap();
    later("used_at = used_at - 43100 * 1000000");
    assert!(ada.is_in().await, "and that is use");
    later("used_at = used_at - 43201 * 1000000");
    assert!(!ada.is_in().await, "it was not used for long");
    let again = sign_in(&gateway, by_password("ada")).await;
    later("created_at = created_at - 604801 * 1000000");
    assert!(!again.is_in().await, "it began long ago");
    let again = sign_in(&gateway, by_password("ada")).await;
    let left: i64 = database.query_row("SELECT COUNT(*) FROM sessions", [], |row| row.get(0)).unwrap();
    assert!(left <= 2, "what is over is removed");
    eventually("it is in", async || again.is_in().await.then_some(())).await;
}
