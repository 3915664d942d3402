//! Web hooks and what takes the same as Slack's: one request, over the client that speaks to providers, so that its TLS, proxies
//! and forbidden addresses hold here too. A web hook's request is signed as those of guardrails are.

use super::{Fault, Letter};
use bytes::Bytes;
use gw_alerts::channel::Reach;
use gw_alerts::render::{slack, webhook};
use gw_alerts::{Channel, Way};
use gw_guard::signature;
use gw_model::snapshot::ConnectOptions;
use gw_model::{Micros, Secret};
use gw_upstream::{Destination, PhaseTimeouts, ProxyEnv, SendErrorKind, Upstream, UpstreamRequest};
use http::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER, USER_AGENT};
use http::{Method, StatusCode};

const SECOND: Micros = 1_000_000;

pub(super) async fn send(upstream: &Upstream, channel: &Channel, letter: &Letter) -> Result<(), Fault> {
    let mut headers = HeaderMap::new();
    headers.insert(USER_AGENT, HeaderValue::from_static(concat!("gatewright/", env!("CARGO_PKG_VERSION"))));
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    let (url, body) = match &channel.way {
        Way::Webhook { url, secret, headers: more } => {
            let body = webhook::body(&letter.notice, &letter.event_id, letter.at);
            for (name, value) in more {
                put(&mut headers, name, value.expose());
            }
            sign(&mut headers, secret.as_ref(), letter, &body);
            (url, body)
        }
        Way::Slack { url } => (url, slack::body(&letter.notice)),
        Way::Email { .. } => return Err(Fault::last("it is no web hook")),
    };
    let (destination, path) = destination(url, &channel.reach)?;
    let request = UpstreamRequest {
        method: Method::POST,
        path_and_query: path,
        headers,
        body: vec![Bytes::from(body)],
    };
    let ms = channel.timeout_ms;
    let phases = PhaseTimeouts { connect_ms: ms, first_byte_ms: ms, idle_ms: ms };
    let sent = upstream.send(&destination, &request, phases).await;
    let response = sent.map_err(|error| match error.kind() {
        SendErrorKind::ForbiddenAddress | SendErrorKind::InvalidRequest => Fault::last(error.to_string()),
        _ => Fault::again(error.to_string()),
    })?;
    judge(response.status, &response.headers)
}

/// Where an address leads to, and the path there.
pub(crate) fn destination(url: &Secret, reach: &Reach) -> Result<(Destination, String), Fault> {
    let text = url.expose();
    let start = text.find("://").map_or(0, |at| at + 3);
    let end = text.get(start..).and_then(|rest| rest.find(['/', '?'])).map_or(text.len(), |at| start + at);
    let (origin, path) = text.split_at_checked(end).unwrap_or((text, ""));
    let proxies = ProxyEnv::from_vars(|name| std::env::var(name).ok());
    let (destination, _) = Destination::parse(origin, &options(reach), &proxies)
        .map_err(|error| Fault::last(format!("the address is of no use: {error}")))?;
    let path = match path {
        "" => "/".to_owned(),
        path if path.starts_with('?') => format!("/{path}"),
        path => path.to_owned(),
    };
    Ok((destination, path))
}

/// What holds for connections of a channel. A proxy would resolve names itself, where nobody could look at what they lead to.
pub(super) fn options(reach: &Reach) -> ConnectOptions {
    ConnectOptions {
        ca_file: reach.ca_file.as_deref().map(Into::into),
        allow_link_local: reach.allow_link_local,
        only_public: reach.only_public,
        proxy: reach.only_public.then(|| "".into()),
        ..ConnectOptions::default()
    }
}

/// The id is that of the event: whoever gets it twice can tell.
fn sign(headers: &mut HeaderMap, secret: Option<&Secret>, letter: &Letter, body: &[u8]) {
    let at = letter.now.div_euclid(SECOND).to_string();
    put(headers, "webhook-id", &letter.event_id);
    put(headers, "webhook-timestamp", &at);
    if let Some(secret) = secret {
        put(headers, "webhook-signature", &signature::sign(secret, &letter.event_id, &at, body));
    }
}

fn put(headers: &mut HeaderMap, name: &str, value: &str) {
    if let (Ok(name), Ok(mut value)) = (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_str(value))
    {
        value.set_sensitive(true);
        headers.insert(name, value);
    }
}

fn judge(status: StatusCode, headers: &HeaderMap) -> Result<(), Fault> {
    if status.is_success() {
        return Ok(());
    }
    let said = format!("status {}", status.as_u16());
    let seconds = headers.get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.trim().parse::<i64>().ok());
    let after = seconds.filter(|seconds| *seconds >= 0).map(|seconds| seconds.saturating_mul(SECOND));
    match status.as_u16() {
        408 | 409 | 425 | 429 | 500..=599 => Err(Fault { after, ..Fault::again(said) }),
        _ => Err(Fault::last(said)),
    }
}
