//! What of a browser matters here: it shows its cookie, and its pages send what they were told to.

use crate::support::{Answer, Call};
use http::Method;
use serde_json::Value;
use std::net::SocketAddr;

const COOKIE: &str = "gatewright_session=";

#[derive(Clone, Debug)]
pub(super) struct Browser {
    addr: SocketAddr,
    pub(super) cookie: String,
    pub(super) csrf: String,
    /// What it was told when it signed in.
    pub(super) session: Value,
}

impl Browser {
    /// After it was answered so.
    pub(super) fn of(addr: SocketAddr, answer: &Answer) -> Self {
        let session = answer.json();
        let csrf = session["csrf_token"].as_str().unwrap().to_owned();
        Self { addr, cookie: cookie_of(answer), csrf, session }
    }

    /// One that was given its cookie so, and asks who is signed in.
    pub(super) async fn after(addr: SocketAddr, answer: &Answer) -> Self {
        let cookie = cookie_of(answer);
        let shown = Call::get("/api/v1/auth/session").header("cookie", &cookie).send(addr).await;
        shown.ok();
        let session = shown.json();
        let csrf = session["csrf_token"].as_str().unwrap().to_owned();
        Self { addr, cookie, csrf, session }
    }

    /// The same browser at another gateway.
    pub(super) fn at(&self, addr: SocketAddr) -> Self {
        Self { addr, ..self.clone() }
    }

    /// A page of its that sends this.
    pub(super) fn sending(&self, csrf: &str) -> Self {
        Self { csrf: csrf.to_owned(), ..self.clone() }
    }

    fn call(&self, method: Method, path: &str, body: &Value) -> Call {
        let text = if body.is_null() { String::new() } else { body.to_string() };
        Call::post(&format!("/api/v1/{path}"), text).method(method).header("cookie", &self.cookie)
    }

    /// As a page of ours asks.
    pub(super) async fn ask(&self, method: Method, path: &str, body: Value) -> Answer {
        self.call(method, path, &body).header("x-gatewright-csrf", &self.csrf).send(self.addr).await
    }

    /// As another page has it ask.
    pub(super) async fn ask_bare(&self, method: Method, path: &str, body: Value) -> Answer {
        self.call(method, path, &body).send(self.addr).await
    }

    pub(super) async fn get(&self, path: &str) -> Answer {
        self.ask(Method::GET, path, Value::Null).await
    }

    /// Is it signed in?
    pub(super) async fn is_in(&self) -> bool {
        let answer = self.get("auth/session").await;
        if answer.status != 200 {
            answer.refused(401, "not_signed_in");
        }
        answer.status == 200
    }
}

/// The cookie that an answer sets, as it is sent back.
pub(super) fn cookie_of(answer: &Answer) -> String {
    let lines = answer.headers.get_all("set-cookie").iter().map(|line| line.to_str().unwrap());
    let line = lines.into_iter().find(|line| line.starts_with(COOKIE)).expect("a cookie");
    assert!(line.contains("HttpOnly") && line.contains("SameSite=Lax") && line.contains("Path=/;"), "{line}");
    line.split(';').next().unwrap().to_owned()
}
