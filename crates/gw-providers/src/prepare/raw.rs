//! Upstream requests of calls that name a path in place of a model: method, path, query and body go on as they are,
//! below the provider's base URL and with its credential. It must not let a path leave the base URL.

use super::UpstreamParts;
use super::headers;
use super::provider::PreparedProvider;
use crate::recognise::decoded;
use bytes::Bytes;
use gw_model::RawLine;
use gw_model::clock::Micros;
use gw_model::refusal::{ErrorCode, Refusal};
use http::Method;

/// How often a path is decoded in the search for dot segments: servers behind proxies decode twice.
const DECODINGS: usize = 3;

/// Builds the request. The path has passed [`check_path`].
///
/// # Errors
/// `invalid_request` when method, path or query cannot stand in a request line.
pub fn prepare_raw(
    raw: &RawLine,
    body: &Bytes,
    prepared: &PreparedProvider,
    now: Micros,
) -> Result<UpstreamParts, Refusal> {
    check_path(&raw.path)?;
    let refuse =
        |what: &str| Refusal::new(ErrorCode::InvalidRequest, format!("the {what} can not be sent on"));
    let method = Method::from_bytes(raw.method.as_bytes()).map_err(|_| refuse("method"))?;
    let mut target = join(prepared.base_path(), &raw.path);
    if !raw.query.is_empty() {
        target.push('?');
        target.push_str(&raw.query);
    }
    if !target.bytes().all(|byte| (0x21..=0x7e).contains(&byte)) {
        return Err(refuse("path or query"));
    }
    let path_and_query: http::uri::PathAndQuery = target.parse().map_err(|_| refuse("path or query"))?;
    let mut map = headers::raw(prepared.raw_headers(&raw.path), &raw.headers);
    let body = if body.is_empty() { Vec::new() } else { vec![body.clone()] };
    if let Some(signer) = prepared.signer() {
        signer.sign(&method, &path_and_query, None, &mut map, &body, now)?;
    }
    Ok(UpstreamParts { method, path_and_query, headers: map, body, hide_usage: false })
}

/// Refuses paths that another server could read as leading elsewhere: dot segments in any encoding, backslashes,
/// control bytes, and empty segments.
///
/// # Errors
/// `invalid_request`.
pub fn check_path(path: &str) -> Result<(), Refusal> {
    let refuse = |what: &str| {
        let text = format!("the path behind the provider's name must not have {what}");
        Err(Refusal::new(ErrorCode::InvalidRequest, text))
    };
    if !path.starts_with('/') {
        return refuse("a beginning other than '/'");
    }
    let mut text = path.to_owned();
    for _ in 0..=DECODINGS {
        if text.bytes().any(|byte| byte < 0x20 || byte == 0x7f) {
            return refuse("control characters");
        }
        if text.contains('\\') {
            return refuse("backslashes");
        }
        if text.starts_with("//") || text.contains("//") {
            return refuse("empty segments");
        }
        // Some servers cut parameters off a segment before they resolve it.
        let name = |segment: &str| segment.split(';').next().unwrap_or_default().trim().to_owned();
        if text.split('/').any(|segment| matches!(&*name(segment), "." | "..")) {
            return refuse("dot segments");
        }
        let next = decoded(&text);
        if next == text {
            break;
        }
        text = next;
    }
    Ok(())
}

/// The path below a base URL's own path. What `base` ends with and `path` begins with stands once (`/v1` and
/// `/v1/files`), and a version in `path` takes the place of the one that `base` ends with.
fn join(base: &str, path: &str) -> String {
    let base = base.trim_end_matches('/');
    let mut ends = base.match_indices('/').map(|(at, _)| at);
    let overlap = ends.find(|at| {
        let end = base.get(*at..).unwrap_or_default();
        path.strip_prefix(end).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    });
    if let Some(at) = overlap {
        return [base.get(..at).unwrap_or_default(), path].concat();
    }
    let first = path.split('/').nth(1).unwrap_or_default();
    match base.rsplit_once('/') {
        Some((before, last)) if is_version(last) && is_version(first) => [before, path].concat(),
        _ => [base, path].concat(),
    }
}

/// `v1`, `v1beta`, `v2.1`.
fn is_version(segment: &str) -> bool {
    segment.strip_prefix('v').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
}

#[cfg(test)]
mod tests;
