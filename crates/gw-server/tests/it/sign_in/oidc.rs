//! Signing in at an identity provider that says whatever a test has it say.

use super::browser::Browser;
use super::{made, try_sign_in};
use crate::identity::issuer::{Signer, answer};
use crate::support::scripted::Scripted;
use crate::support::{Answer, Call, Gateway, Upstream};
use http::Method;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};

/// What the provider says; tests change it.
struct Says {
    signer: Signer,
    /// Claims of the next token; the nonce of the sign-in where it is null.
    claims: Value,
    userinfo: Value,
    token_status: &'static str,
    nonce: String,
}

struct Idp {
    server: Scripted,
    says: Arc<Mutex<Says>>,
}

impl Idp {
    async fn start() -> Self {
        let signer = Signer::new("first");
        let keys = json!({ "keys": [signer.jwk()] });
        let says = Says {
            signer,
            claims: json!({}),
            userinfo: json!({}),
            token_status: "200 OK",
            nonce: String::new(),
        };
        let says = Arc::new(Mutex::new(says));
        let saying = Arc::clone(&says);
        let server = Scripted::by_request(move |_, seen| {
            let base = format!("http://{}", seen.header("host").unwrap_or_default());
            let says = saying.lock().unwrap();
            match seen.path.as_str() {
                "/.well-known/openid-configuration" => answer(
                    "200 OK",
                    &json!({
                        "issuer": base, "jwks_uri": format!("{base}/keys"),
                        "authorization_endpoint": format!("{base}/authorize"), "token_endpoint": format!("{base}/token"),
                        "userinfo_endpoint": format!("{base}/me"), "end_session_endpoint": format!("{base}/end"),
                    }),
                ),
                "/keys" => answer("200 OK", &keys),
                "/token" => {
                    let mut claims = says.claims.clone();
                    if claims["nonce"].is_null() {
                        claims["nonce"] = says.nonce.clone().into();
                    }
                    let token = json!({ "id_token": says.signer.sign(&claims), "access_token": "opaque", "token_type": "Bearer" });
                    answer(says.token_status, &token)
                }
                "/me" => answer("200 OK", &says.userinfo),
                _ => answer("404 Not Found", &json!({})),
            }
        });
        Self { server: server.await, says }
    }

    fn config(&self, more: &str) -> String {
        format!(
            "auth: {{ oidc: [ {{ name: corp, label: 'Corp login', issuer: '{}', client_id: us, client_secret: 's:3', {more} }} ] }}\n",
            self.server.url()
        )
    }

    /// What it says of the next person.
    fn say(&self, subject: &str, more: Value) {
        let mut claims = json!({
            "iss": self.server.url(), "aud": "us", "sub": subject, "exp": crate::identity::now() + 300,
            "email": format!("{subject}@example.com"), "email_verified": true, "name": subject, "groups": [],
        });
        for (name, value) in more.as_object().unwrap() {
            claims[name] = value.clone();
        }
        claims.as_object_mut().unwrap().retain(|name, value| name == "nonce" || !value.is_null());
        self.says.lock().unwrap().claims = claims;
    }
}

async fn gateway(idp: &Idp, more: &str) -> Gateway {
    let upstream = Upstream::start().await;
    Gateway::start(&format!("{}{}", upstream.providers(), idp.config(more))).await
}

/// A browser on its way.
struct Away {
    cookie: String,
    query: HashMap<String, String>,
}

fn decoded(text: &str) -> String {
    text.replace("%3A", ":").replace("%2F", "/").replace("%20", " ")
}

async fn start(gateway: &Gateway, idp: &Idp) -> Away {
    let sent = gateway.send(Call::get("/api/v1/auth/oidc/corp/start?return_to=/ui/keys?x=1")).await;
    assert_eq!(sent.status, 303, "{}", sent.text());
    let (place, query) = sent.header("location").unwrap().split_once('?').unwrap();
    assert_eq!(place, format!("{}/authorize", idp.server.url()));
    let members = query.split('&').map(|one| one.split_once('=').unwrap());
    let query: HashMap<String, String> =
        members.map(|(name, value)| (name.to_owned(), decoded(value))).collect();
    idp.says.lock().unwrap().nonce = query["nonce"].clone();
    let cookie = sent.header("set-cookie").unwrap();
    assert!(
        cookie.starts_with("gatewright_oidc_")
            && cookie.contains("HttpOnly")
            && cookie.contains("SameSite=Lax")
    );
    Away { cookie: cookie.split(';').next().unwrap().to_owned(), query }
}

async fn back(gateway: &Gateway, away: &Away, query: &str) -> Answer {
    let path = format!("/api/v1/auth/oidc/corp/callback?{query}");
    gateway.send(Call::get(&path).header("cookie", &away.cookie)).await
}

/// The whole way: what the gateway answers at its end.
async fn whole(gateway: &Gateway, idp: &Idp) -> Answer {
    let away = start(gateway, idp).await;
    back(gateway, &away, &format!("code=c1&state={}", away.query["state"])).await
}

#[track_caller]
fn turned_away(answer: &Answer, code: &str) {
    let to = answer.header("location").unwrap_or_else(|| panic!("{}", answer.text()));
    assert_eq!((answer.status.as_u16(), to), (303, format!("/ui/sign-in?error={code}").as_str()));
    let cookies = answer.headers.get_all("set-cookie").iter();
    assert!(
        cookies
            .map(|cookie| cookie.to_str().unwrap())
            .all(|cookie| !cookie.starts_with("gatewright_session"))
    );
}

/// Whoever came in.
async fn came(gateway: &Gateway, answer: &Answer) -> Browser {
    assert_eq!(
        (answer.status.as_u16(), answer.header("location")),
        (303, Some("/ui/keys?x=1")),
        "{}",
        answer.text()
    );
    Browser::after(gateway.addr, answer).await
}

const GROUPS: &str = "create_users: true, groups: { admins: { role: admin, organization: acme }, staff: { role: member, \
                      organization: acme, team: core }, ops: { role: auditor }, leads: { role: admin, organization: acme, project: search }, \
                      nowhere: { role: owner, team: none }, gone: { role: owner, team: core, project: none } }";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_comes_back_is_made_and_has_the_roles_of_his_groups_each_time_anew() {
    let idp = Idp::start().await;
    let gateway = gateway(&idp, GROUPS).await;
    let methods = gateway.send(Call::get("/api/v1/auth/methods")).await.json();
    let shown =
        json!([{"name": "corp", "label": "Corp login", "start_path": "/api/v1/auth/oidc/corp/start"}]);
    assert_eq!(methods["oidc"], shown);
    let organization = made(&gateway, "organizations", json!({"name": "acme"})).await;
    let team = made(&gateway, "teams", json!({"name": "core", "organization_id": organization})).await;
    let other = made(&gateway, "teams", json!({"name": "other"})).await;
    let search = made(&gateway, "projects", json!({"name": "search", "team_id": team})).await;
    made(&gateway, "projects", json!({"name": "search", "team_id": other})).await;

    let away = start(&gateway, &idp).await;
    let callback = format!("http://{}/api/v1/auth/oidc/corp/callback", gateway.addr);
    assert_eq!(away.query["redirect_uri"], callback);
    assert_eq!(
        (away.query["scope"].as_str(), away.query["code_challenge_method"].as_str()),
        ("openid profile email", "S256")
    );
    idp.say("ann", json!({"groups": ["admins", "staff", "leads", "nowhere", "gone", "x"]}));
    let answer = back(&gateway, &away, &format!("code=c1&state={}", away.query["state"])).await;
    let ann = came(&gateway, &answer).await;
    let asked = idp.server.all().into_iter().find(|seen| seen.path == "/token").unwrap();
    assert!(asked.body.contains("code=c1") && asked.body.contains("code_verifier="), "{}", asked.body);
    assert_eq!(asked.header("authorization"), Some("Basic dXM6cyUzQTM="));
    let session = &ann.session;
    assert_eq!(
        (&session["via"], &session["provider"], &session["user"]["email"]),
        (&json!("oidc"), &json!("corp"), &json!("ann@example.com"))
    );
    let role =
        |role: &str, kind: &str, id: Option<&str>| json!({"role": role, "scope_kind": kind, "scope_id": id});
    let (admin, member) =
        (role("admin", "organization", Some(&organization)), role("member", "team", Some(&team)));
    let lead = role("admin", "project", Some(&search));
    let roles = session["roles"].as_array().unwrap();
    assert!(
        roles.len() == 3 && [&admin, &member, &lead].iter().all(|role| roles.contains(role)),
        "{roles:?}"
    );
    ann.get("teams").await.ok();

    // What was given otherwise stays; what a group gave goes with it.
    let user = session["user"]["id"].as_str().unwrap().to_owned();
    let mut memberships = vec![json!({"account_id": other, "role": "viewer"})];
    memberships.push(json!({"account_id": organization, "role": "owner"}));
    let patch = json!({"memberships": memberships});
    gateway.admin(Method::PATCH, &format!("/api/v1/users/{user}"), Some(&patch)).await.ok();
    idp.say("ann", json!({"groups": ["ops"], "email": "renamed@example.com"}));
    let again = came(&gateway, &whole(&gateway, &idp).await).await;
    assert_eq!(again.session["user"]["id"], user, "he is known by what the provider calls him");
    let roles = again.session["roles"].as_array().unwrap();
    let (viewer, auditor) = (role("viewer", "team", Some(&other)), role("auditor", "gateway", None));
    assert!(roles.len() == 2 && roles.contains(&viewer) && roles.contains(&auditor), "{roles:?}");

    let out = again.ask(Method::POST, "auth/sign-out", Value::Null).await.ok().json();
    let to = out["redirect_to"].as_str().unwrap();
    assert!(
        to.starts_with(&format!(
            "{}/end?client_id=us&post_logout_redirect_uri=http%3A%2F%2F127.0.0.1",
            idp.server.url()
        )),
        "{to}"
    );
    assert!(to.contains("%2Fui%2Fsign-in&id_token_hint=eyJ"), "{to}");
    assert!(!again.is_in().await && ann.is_in().await);
    let entries = gateway.rows(&format!("/api/v1/audit?id={user}")).await;
    let actions: Vec<&str> = entries.iter().map(|entry| entry["action"].as_str().unwrap()).collect();
    assert_eq!(actions, ["user.update", "user.update", "user.update", "user.create"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tokens_that_are_not_for_this_sign_in_are_refused() {
    let idp = Idp::start().await;
    let gateway = gateway(&idp, "create_users: true").await;
    let forged = Signer::new("first");
    for (what, more) in [
        ("expired", json!({"exp": crate::identity::now() - 300})),
        ("another nonce", json!({"nonce": "another"})),
        ("another audience", json!({"aud": "them"})),
        ("made for another", json!({"aud": ["us", "them"], "azp": "them"})),
        ("made for several, and nobody", json!({"aud": ["us", "them"]})),
        ("another issuer", json!({"iss": "https://evil.example"})),
        ("no person", json!({"sub": null})),
        ("no end", json!({"exp": null})),
    ] {
        idp.say("eve", more);
        let answer = whole(&gateway, &idp).await;
        assert_eq!(answer.header("location"), Some("/ui/sign-in?error=token_refused"), "{what}");
        turned_away(&answer, "token_refused");
    }
    idp.say("eve", json!({}));
    let right = std::mem::replace(&mut idp.says.lock().unwrap().signer, forged);
    turned_away(&whole(&gateway, &idp).await, "token_refused");
    idp.says.lock().unwrap().signer = right;
    idp.says.lock().unwrap().token_status = "400 Bad Request";
    turned_away(&whole(&gateway, &idp).await, "token_refused");
    idp.says.lock().unwrap().token_status = "500 Oops";
    turned_away(&whole(&gateway, &idp).await, "provider_unavailable");
    idp.says.lock().unwrap().token_status = "200 OK";

    // Only the browser that was sent comes back, once, and from there.
    let away = start(&gateway, &idp).await;
    let query = format!("code=c1&state={}", away.query["state"]);
    turned_away(&back(&gateway, &away, "code=c1&state=another").await, "state_mismatch");
    turned_away(&back(&gateway, &away, "code=c1").await, "state_mismatch");
    let stranger = Away { cookie: "a=b".to_owned(), query: HashMap::new() };
    turned_away(&back(&gateway, &stranger, &query).await, "state_mismatch");
    turned_away(
        &back(&gateway, &away, &format!("{query}&iss=https%3A%2F%2Fevil.example")).await,
        "token_refused",
    );
    turned_away(
        &back(&gateway, &away, &format!("error=access_denied&state={}", away.query["state"])).await,
        "access_denied",
    );
    turned_away(
        &back(&gateway, &away, &format!("error=x&state={}", away.query["state"])).await,
        "provider_refused",
    );
    assert_eq!(gateway.rows("/api/v1/users").await, Vec::<Value>::new(), "nobody was made");
    came(&gateway, &back(&gateway, &away, &query).await).await;
    let entries = gateway.rows("/api/v1/audit?action=session.refused").await;
    assert!(
        entries.len() >= 10 && entries.iter().all(|entry| entry["after"]["wrong"] == "oidc"),
        "{entries:?}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_people_who_are_wanted_come_in() {
    let idp = Idp::start().await;
    let gateway = gateway(&idp, "allowed_email_domains: [Example.com]").await;
    let come = async |more: Value| {
        idp.say("ada", more);
        whole(&gateway, &idp).await
    };
    turned_away(&come(json!({})).await, "not_provisioned");
    idp.says.lock().unwrap().userinfo = json!({"sub": "ada"});
    turned_away(&come(json!({"email": null})).await, "email_missing");
    turned_away(&come(json!({"email_verified": false})).await, "email_not_verified");
    turned_away(&come(json!({"email_verified": null})).await, "email_not_verified");
    turned_away(&come(json!({"email": "ada@example.com.evil.example"})).await, "email_domain");
    // Somebody who was made is known by the address, then by what the provider calls him.
    let user = made(&gateway, "users", json!({"name": "Ada", "email": "ada@example.com"})).await;
    let ada = came(&gateway, &come(json!({"email": "ADA@example.com"})).await).await;
    assert_eq!((&ada.session["user"]["id"], &ada.session["has_password"]), (&json!(user), &json!(false)));
    ada.ask(Method::POST, "auth/totp", Value::Null).await.refused(409, "conflict");
    came(&gateway, &come(json!({"email": "ada.lovelace@example.com"})).await).await;
    let password = json!({"email": "ada@example.com", "password": "whatever it may be"});
    try_sign_in(&gateway, password).await.refused(401, "invalid_credentials");
    // What the token does not say is asked for.
    idp.says.lock().unwrap().userinfo =
        json!({"sub": "ada", "email": "ada@example.com", "email_verified": true});
    came(&gateway, &come(json!({"email": null, "email_verified": null})).await).await;
    idp.says.lock().unwrap().userinfo =
        json!({"sub": "eve", "email": "ada@example.com", "email_verified": true});
    turned_away(&come(json!({"email": null, "email_verified": null})).await, "token_refused");
    let patch = json!({"disabled": true});
    gateway.admin(Method::PATCH, &format!("/api/v1/users/{user}"), Some(&patch)).await.ok();
    assert!(!ada.is_in().await);
    turned_away(&come(json!({})).await, "account_disabled");

    gateway.send(Call::get("/api/v1/auth/oidc/none/start")).await.refused(404, "not_found");
    for to in ["//evil.example/", "https://evil.example", "/api/v1/keys", "/ui/%5Cevil", "/uix"] {
        let path = format!("/api/v1/auth/oidc/corp/start?return_to={to}");
        gateway.send(Call::get(&path)).await.refused(400, "invalid_request");
    }
}
