//! Signing in at a packaged provider, by its own pages: forms are filled in and sent as a browser does.

use super::browser::Browser;
use super::made;
use crate::identity::provider::Provider;
use crate::support::{Answer, Call, Gateway, Upstream};
use http::Method;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::net::SocketAddr;

/// Steps that a way may have.
const MAX_STEPS: usize = 20;

/// A person's browser: it keeps cookies by host and port, follows redirects and fills in forms.
struct Person {
    login: &'static str,
    jars: BTreeMap<SocketAddr, BTreeMap<String, String>>,
}

/// An address taken apart.
fn place(url: &str, at: SocketAddr) -> (SocketAddr, String) {
    match url.strip_prefix("http://") {
        Some(rest) => {
            let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
            (host.parse().unwrap(), format!("/{path}"))
        }
        None => (at, url.to_owned()),
    }
}

impl Person {
    async fn send(&mut self, addr: SocketAddr, call: Call) -> Answer {
        let jar = self.jars.entry(addr).or_default();
        let cookies: Vec<String> = jar.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let answer = call.header("cookie", &cookies.join("; ")).send(addr).await;
        for line in answer.headers.get_all("set-cookie") {
            let (name, rest) = line.to_str().unwrap().split_once('=').unwrap();
            let value = rest.split(';').next().unwrap();
            match value.is_empty() {
                true => drop(jar.remove(name)),
                false => drop(jar.insert(name.to_owned(), value.to_owned())),
            }
        }
        answer
    }

    /// Goes from there until a page of the gateway; gives its path and what it answered before.
    async fn walk(&mut self, gateway: SocketAddr, url: &str) -> (String, Answer) {
        let (mut addr, mut path) = place(url, gateway);
        let mut call = Call::get(&path);
        for _ in 0..MAX_STEPS {
            let answer = self.send(addr, call).await;
            if let Some(to) = answer.header("location").map(str::to_owned) {
                (addr, path) = place(&to, addr);
                if addr == gateway && path.starts_with("/ui") {
                    return (path, answer);
                }
                call = Call::get(&path);
                continue;
            }
            let page = answer.ok().text();
            let action = page.split("action=\"").nth(1).unwrap_or_else(|| panic!("no form: {page}"));
            (addr, path) = place(action.split('"').next().unwrap(), addr);
            let prompt = if page.contains("value=\"login\"") { "login" } else { "consent" };
            let body = format!("prompt={prompt}&login={}&password=x", self.login);
            call = Call::new(Method::POST, &path).body(body);
            call = call.header("content-type", "application/x-www-form-urlencoded");
        }
        panic!("the way has no end: {path}");
    }
}

async fn sign_in(gateway: &Gateway, login: &'static str) -> (String, Answer) {
    let mut person = Person { login, jars: BTreeMap::new() };
    let start = "/api/v1/auth/oidc/idp/start?return_to=/ui/keys";
    person.walk(gateway.addr, start).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn people_sign_in_at_a_real_provider() {
    // Of programs of people's own machines it takes any port.
    let callback = "http://127.0.0.1/api/v1/auth/oidc/idp/callback";
    let Some(provider) = Provider::start(&[callback, "http://127.0.0.1/ui/sign-in"]).await else { return };
    let upstream = Upstream::start().await;
    let gateway = Gateway::start(&format!(
        "{}auth:\n  oidc:\n    - name: idp\n      issuer: {}\n      client_id: gatewright\n      client_secret: gatewright-secret\n      \
         scopes: [openid, profile, email, groups]\n      create_users: true\n      groups:\n        admins: {{ role: owner }}\n        \
         staff: {{ role: member, team: core }}\n",
        upstream.providers(),
        provider.issuer()
    ))
    .await;
    let team = made(&gateway, "teams", json!({"name": "core"})).await;
    let (page, answer) = sign_in(&gateway, "ann").await;
    assert_eq!(page, "/ui/keys");
    let ann = Browser::after(gateway.addr, &answer).await;
    assert_eq!(
        (&ann.session["user"]["name"], &ann.session["user"]["email"]),
        (&json!("Ann"), &json!("ann@example.com"))
    );
    let roles = ann.session["roles"].as_array().unwrap();
    let member = json!({"role": "member", "scope_kind": "team", "scope_id": team});
    assert!(
        roles.contains(&member)
            && roles.contains(&json!({"role": "owner", "scope_kind": "gateway", "scope_id": null})),
        "{roles:?}"
    );
    assert_eq!(ann.ask(Method::POST, "teams", json!({"name": "made by ann"})).await.status, 201);

    let (_, answer) = sign_in(&gateway, "bob").await;
    let session = Browser::after(gateway.addr, &answer).await.session;
    assert_eq!(session["roles"], json!([member]));
    let (_, answer) = sign_in(&gateway, "eve").await;
    let session = Browser::after(gateway.addr, &answer).await.session;
    assert_eq!((&session["roles"], &session["permissions"]), (&json!([]), &json!({})));

    // Signing out leads to the provider, which knows who it is.
    let out = ann.ask(Method::POST, "auth/sign-out", Value::Null).await.ok().json();
    assert!(!ann.is_in().await);
    let (addr, path) = place(out["redirect_to"].as_str().unwrap(), gateway.addr);
    assert_eq!(addr, provider.addr);
    let page = Call::get(&path).send(addr).await;
    assert!(page.status == 200 && page.text().contains("form"), "{} {}", page.status, page.text());
}
