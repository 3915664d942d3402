//! The dashboard at `/ui`: its built files, with the headers that keep foreign scripts, frames and addresses out of it. It knows no
//! API and no session: the page asks `/api/v1` as any client does. It must not read a body or a credential.

mod assets;
#[cfg(test)]
mod tests;

use assets::Asset;
use bytes::Bytes;
use gw_pipeline::{Reply, ReplyBody};
use http::header::{self, HeaderName};
use http::{HeaderMap, HeaderValue, Method, StatusCode};

/// Nothing comes from elsewhere, nothing is inline, nothing frames the page and no form leaves it.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; \
     connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/// What every answer carries.
static HEADERS: [(HeaderName, &str); 7] = [
    (header::CONTENT_SECURITY_POLICY, POLICY),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (
        HeaderName::from_static("permissions-policy"),
        "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    ),
];

/// A year: names of such files change with their content.
const FOR_EVER: &str = "public, max-age=31536000, immutable";
/// Asked for each time, and answered with 304 while it is the same.
const EACH_TIME: &str = "no-cache";

/// Answers a request below `/ui`; `path` is the whole path.
pub(crate) fn serve(method: &Method, path: &str, headers: &HeaderMap) -> Reply {
    if !matches!(*method, Method::GET | Method::HEAD) {
        let mut reply = text(StatusCode::METHOD_NOT_ALLOWED, "the dashboard takes GET and HEAD only\n");
        reply.headers_mut().insert(header::ALLOW, HeaderValue::from_static("GET, HEAD"));
        return reply;
    }
    match assets::find(path.strip_prefix("/ui").unwrap_or(path)) {
        Some(asset) => file(asset, *method == Method::HEAD, headers),
        None => text(
            StatusCode::NOT_FOUND,
            "this file is not part of this version of the dashboard; reload the page\n",
        ),
    }
}

fn file(asset: &'static Asset, head_only: bool, asked: &HeaderMap) -> Reply {
    let packed = asset.gzip.filter(|_| takes_gzip(asked));
    let same = asked.get(header::IF_NONE_MATCH).is_some_and(|tags| names(tags, asset.etag));
    let bytes = packed.unwrap_or(asset.bytes);
    let body = if same || head_only { Bytes::new() } else { Bytes::from_static(bytes) };
    let mut reply = Reply::new(ReplyBody::whole(body));
    guard(reply.headers_mut());
    let headers = reply.headers_mut();
    headers.insert(header::ETAG, HeaderValue::from_static(asset.etag));
    let keep = if asset.is_immutable() { FOR_EVER } else { EACH_TIME };
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(keep));
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    if same {
        *reply.status_mut() = StatusCode::NOT_MODIFIED;
        return reply;
    }
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(asset.content_type()));
    if packed.is_some() {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    if head_only {
        headers.insert(header::CONTENT_LENGTH, HeaderValue::from(bytes.len()));
    }
    reply
}

/// Is gzip among what the caller reads? A weight of zero says no.
fn takes_gzip(asked: &HeaderMap) -> bool {
    let lists = asked.get_all(header::ACCEPT_ENCODING).into_iter().filter_map(|list| list.to_str().ok());
    lists.flat_map(|list| list.split(',')).any(|coding| {
        let mut parts = coding.split(';').map(str::trim);
        let name = parts.next().unwrap_or_default();
        let refused = parts
            .filter_map(|part| part.strip_prefix("q="))
            .any(|weight| weight.trim().parse::<f32>().is_ok_and(|weight| weight <= 0.0));
        name.eq_ignore_ascii_case("gzip") && !refused
    })
}

fn names(tags: &HeaderValue, etag: &str) -> bool {
    let tags = tags.to_str().unwrap_or_default();
    tags.split(',').map(str::trim).any(|tag| tag == "*" || tag.strip_prefix("W/").unwrap_or(tag) == etag)
}

fn text(status: StatusCode, text: &'static str) -> Reply {
    let mut reply = Reply::new(ReplyBody::whole(text));
    *reply.status_mut() = status;
    guard(reply.headers_mut());
    reply.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    reply
}

fn guard(headers: &mut HeaderMap) {
    for (name, value) in &HEADERS {
        headers.insert(name.clone(), HeaderValue::from_static(value));
    }
}
