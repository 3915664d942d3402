//! Calls that go to a provider's own path as they are: puts together their head, without what is the caller's own
//! (credentials, cookies, and what the way here has added). It must not choose a host: the provider's name does.

use crate::listen::body::ClientBody;
use crate::site::Site;
use crate::{context, credential, trace};
use bytes::Bytes;
use gw_model::{ErrorCode, ObjectAsk, RawLine, Refusal, WireFormat};
use gw_pipeline::{CallerContext, Inbound, PathFacts, Reply, refusal_reply, run};
use http::header::{self, HeaderMap, HeaderName};
use http::request::Parts;
use http::{Method, Request};
use hyper::body::Incoming;
use std::net::IpAddr;
use std::rc::Rc;
use std::time::Duration;

/// Headers that stay here: credentials of any scheme, which account of the provider's to use, what concerns one
/// connection, what proxies add, what would lead a server to another path or method than the one that was judged.
const NOT_SENT: [&str; 43] = [
    "accept-encoding",
    "api-key",
    "authorization",
    "baggage",
    "chatgpt-account-id",
    "connection",
    "content-length",
    "cookie",
    "expect",
    "forwarded",
    "host",
    "http2-settings",
    "keep-alive",
    "ocp-apim-subscription-key",
    "openai-organization",
    "openai-project",
    "origin",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "referer",
    "te",
    "trailer",
    "transfer-encoding",
    "true-client-ip",
    "upgrade",
    "via",
    "x-amz-content-sha256",
    "x-amz-date",
    "x-amz-security-token",
    "x-amz-target",
    "x-api-key",
    "x-client-ip",
    "x-forwarded",
    "x-goog-api-key",
    "x-goog-user-project",
    "x-http-method",
    "x-http-method-override",
    "x-method-override",
    "x-original-url",
    "x-real-ip",
    "x-rewrite-url",
    "x-stainless-helper-method",
];

/// The same, by how they begin.
const NOT_SENT_PREFIXES: [&str; 6] =
    ["x-gatewright-", "x-portkey-", "x-litellm-", "x-forwarded-", "cf-", "sec-"];

/// `/passthrough/{provider}/{path}`, any method.
pub(super) async fn passthrough(
    site: &Rc<Site>,
    from: IpAddr,
    (provider, path): (String, String),
    request: Request<Incoming>,
) -> Reply {
    let format = WireFormat::Passthrough;
    let (head, incoming) = request.into_parts();
    if let Some(refusal) = not_carried(&head) {
        return refusal_reply(format, &refusal, None);
    }
    let line = RawLine {
        provider,
        method: head.method.as_str().to_owned(),
        // What looks like a file or a batch there is one: it has an owner like any other.
        object: asked(head.method.as_str(), &below_version(&path)).and_then(Result::ok),
        path,
        query: without(head.uri.query().unwrap_or_default(), &["key"]),
        headers: sent(&head.headers),
        ..RawLine::default()
    };
    call(site, from, (format, line), &head, incoming).await
}

/// `/v1/files...`, `/v1/batches...`.
pub(super) async fn objects(site: &Rc<Site>, from: IpAddr, path: &str, request: Request<Incoming>) -> Reply {
    let format = if path.starts_with("files") { WireFormat::OpenAiFiles } else { WireFormat::OpenAiBatches };
    let (head, incoming) = request.into_parts();
    let ask = match asked(head.method.as_str(), path) {
        Some(Ok(ask)) => ask,
        Some(Err(allowed)) => return crate::dispatch::method_not_allowed(format, allowed),
        None => return crate::dispatch::not_found(format, "there is nothing at this path"),
    };
    let query = head.uri.query().unwrap_or_default();
    let named = head.headers.get("x-gatewright-provider").and_then(|value| value.to_str().ok());
    let line = RawLine {
        provider: named.map(ToOwned::to_owned).or_else(|| parameter(query, "provider")).unwrap_or_default(),
        method: head.method.as_str().to_owned(),
        path: format!("/{path}"),
        query: without(query, &["key", "provider", "api-version"]),
        headers: sent(&head.headers),
        object: Some(ask),
        ..RawLine::default()
    };
    call(site, from, (format, line), &head, incoming).await
}

/// What a path that begins with `files` or `batches` asks for, its ids decoded.
fn asked(method: &str, path: &str) -> Option<Result<ObjectAsk, &'static str>> {
    let segments: Vec<String> = path.split('/').map(crate::paths::decoded).collect();
    // An encoded slash would be a path of its own to some servers.
    if segments.iter().any(|segment| segment.contains('/')) {
        return None;
    }
    ObjectAsk::of(method, &segments.join("/"))
}

/// A provider's path without what may stand in front of `files` and `batches`: a version, and whatever base URLs begin
/// with. Servers take an encoded letter for the letter.
fn below_version(path: &str) -> String {
    let segments: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
    let plain = |at: usize| segments.get(at).map(|segment| crate::paths::decoded(segment));
    let is_root = |at: usize| {
        let before = at.checked_sub(1).and_then(plain);
        before.is_none_or(|before| matches!(&*before, "v1" | "openai"))
    };
    let is_ours = |at: &usize| matches!(plain(*at).as_deref(), Some("files" | "batches")) && is_root(*at);
    let start = (0..segments.len()).find(is_ours).unwrap_or(0);
    segments.get(start..).unwrap_or_default().join("/")
}

/// Runs a call whose line is ready.
async fn call(
    site: &Rc<Site>,
    from: IpAddr,
    (format, line): (WireFormat, RawLine),
    head: &Parts,
    incoming: Incoming,
) -> Reply {
    let timeout = Duration::from_millis(site.parts.limits.body_read_timeout_ms);
    let trace = trace::brought(site.worker.gateway(), &head.headers);
    let inbound = Inbound {
        format,
        from: Some(from),
        credential: credential::find(&head.headers, head.uri.query()),
        signed: None,
        path: PathFacts::default(),
        context: CallerContext { trace, ..context::caller(&head.headers, false) },
        forward_headers: Vec::new(),
        raw: Some(Box::new(line)),
        errand: None,
        body: ClientBody { incoming, timeout },
    };
    run(&site.worker, inbound).await
}

/// What this gateway does not carry to a provider's path.
fn not_carried(head: &Parts) -> Option<Refusal> {
    if head.method == Method::CONNECT || head.headers.contains_key(header::UPGRADE) {
        let text = "connections are not upgraded on this path; WebSockets are served at '/v1/realtime' only";
        return Some(Refusal::new(ErrorCode::NotImplemented, text));
    }
    let refused = head.method == Method::TRACE;
    refused.then(|| Refusal::new(ErrorCode::MethodNotAllowed, "TRACE is not passed on"))
}

/// The caller's headers that go along.
fn sent(headers: &HeaderMap) -> Vec<(String, Bytes)> {
    let listed: Vec<String> = headers
        .get_all(header::CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(|name| name.trim().to_ascii_lowercase())
        .collect();
    let stays = |name: &HeaderName| {
        let name = name.as_str();
        NOT_SENT.contains(&name)
            || NOT_SENT_PREFIXES.iter().any(|prefix| name.starts_with(prefix))
            || listed.iter().any(|other| other == name)
    };
    let kept = headers.iter().filter(|(name, _)| !stays(name));
    kept.map(|(name, value)| (name.as_str().to_owned(), Bytes::copy_from_slice(value.as_bytes()))).collect()
}

/// The query without these parameters, however their names are written: `key` is where Google's clients have their
/// credential.
fn without(query: &str, names: &[&str]) -> String {
    let is_named = |pair: &&str| {
        let name = crate::paths::decoded(pair.split('=').next().unwrap_or_default());
        names.iter().any(|known| known.eq_ignore_ascii_case(&name))
    };
    if !query.split('&').any(|pair| is_named(&pair)) {
        return query.to_owned();
    }
    query.split('&').filter(|pair| !is_named(pair)).collect::<Vec<_>>().join("&")
}

/// The value of a parameter, decoded.
fn parameter(query: &str, name: &str) -> Option<String> {
    let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    pairs.filter(|(found, _)| *found == name).map(|(_, value)| crate::paths::decoded(value)).next()
}

#[cfg(test)]
mod tests;
