//! The cookie with which a browser shows a session. Where the connection is encrypted it can not be set or read by anything else
//! than this very host (`__Host-`). Pure.

use axum::http::header::{COOKIE, HOST};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Uri};
use std::net::IpAddr;

const PLAIN: &str = "gatewright_session";
const HOST_ONLY: &str = "__Host-gatewright_session";
const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// How a browser reaches the gateway.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reached {
    /// Host and port, as it says; empty where it says nothing.
    pub(crate) authority: String,
    /// Over TLS, here or at a proxy before.
    pub(crate) is_encrypted: bool,
}

impl Reached {
    /// By a request's head. `has_tls`: whether this gateway listens with TLS. Who says falsely that a proxy encrypts only
    /// spares himself a cookie.
    pub(crate) fn of(uri: &Uri, headers: &HeaderMap, has_tls: bool) -> Self {
        let host = headers.get(HOST).and_then(|host| host.to_str().ok());
        let authority = uri.authority().map(|authority| authority.as_str()).or(host).unwrap_or_default();
        let forwarded =
            headers.get(FORWARDED_PROTO).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let first = forwarded.split(',').next().unwrap_or_default().trim();
        Self { authority: authority.to_owned(), is_encrypted: has_tls || first.eq_ignore_ascii_case("https") }
    }

    /// Are cookies for encrypted connections only? Not where a browser speaks to its own machine.
    pub(crate) fn is_secure(&self) -> bool {
        self.is_encrypted || !self.is_loopback()
    }

    /// Where the gateway is, by what the browser says.
    pub(crate) fn origin(&self) -> String {
        format!("{}://{}", if self.is_encrypted { "https" } else { "http" }, self.authority)
    }

    fn is_loopback(&self) -> bool {
        let authority = self.authority.as_str();
        let host = match authority.strip_prefix('[') {
            Some(rest) => rest.split(']').next().unwrap_or_default(),
            None => authority.split(':').next().unwrap_or_default(),
        };
        host.eq_ignore_ascii_case("localhost") || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
    }

    const fn name(&self, is_secure: bool) -> &'static str {
        if is_secure { HOST_ONLY } else { PLAIN }
    }

    /// What the browser shows.
    pub(crate) fn token<'h>(&self, headers: &'h HeaderMap) -> Option<&'h str> {
        find(headers, self.name(self.is_secure()))
    }

    /// Has the browser show that from now on.
    pub(crate) fn keep(&self, token: &str, seconds: u64) -> Option<HeaderValue> {
        self.line(self.name(self.is_secure()), token, "/", seconds)
    }

    /// Has the browser forget it.
    pub(crate) fn forget(&self) -> Option<HeaderValue> {
        self.line(self.name(self.is_secure()), "", "/", 0)
    }

    /// A line of `Set-Cookie`; only this gateway gets the value, and no script.
    pub(crate) fn line(&self, name: &str, value: &str, path: &str, seconds: u64) -> Option<HeaderValue> {
        let secure = if self.is_secure() { "; Secure" } else { "" };
        let text = format!("{name}={value}; Path={path}; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}");
        HeaderValue::from_str(&text).ok()
    }
}

/// The value of a cookie.
pub(crate) fn find<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    let lines = headers.get_all(COOKIE).into_iter().filter_map(|line| line.to_str().ok());
    let cookies = lines.flat_map(|line| line.split(';'));
    let mut named = cookies.filter_map(|cookie| cookie.trim().split_once('='));
    named.find(|(known, _)| *known == name).map(|(_, value)| value)
}

#[cfg(test)]
mod tests;
