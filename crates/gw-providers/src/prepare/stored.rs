//! Requests about an answer that the provider stores: below the path of OpenAI's Responses, which stays as the
//! provider's base URL and API version have it. It must not let an id or a parameter lead elsewhere.

use super::provider::PreparedProvider;
use super::{UpstreamParts, headers, url};
use bytes::Bytes;
use gw_model::catalog::ProviderKind;
use gw_model::format::WireFormat;
use gw_model::refusal::{ErrorCode, Refusal};
use http::Method;

/// Parameters that mean something there.
const PARAMETERS: &[&str] = &[
    "after",
    "before",
    "include",
    "include[]",
    "include_obfuscation",
    "limit",
    "order",
    "starting_after",
    "stream",
];

/// What a request is built from.
#[derive(Debug)]
pub struct StoredInput<'a> {
    /// `GET`, `DELETE` or `POST`.
    pub method: Method,
    /// The answer's id.
    pub id: &'a str,
    /// What stands behind the id: empty, `/cancel`, `/input_items`.
    pub below: &'static str,
    /// The caller's query, decoded.
    pub query: &'a [(String, String)],
    /// Headers of the caller that may go upstream.
    pub forward_headers: &'a [(&'static str, Bytes)],
}

/// Builds the request.
///
/// # Errors
/// `invalid_request` when the id can not stand in a path, or the provider stores no answers.
pub fn prepare_stored(
    prepared: &PreparedProvider,
    input: &StoredInput<'_>,
) -> Result<UpstreamParts, Refusal> {
    let format = WireFormat::OpenAiResponses;
    if prepared.signer().is_some() {
        // Bedrock, which stores no answers.
        return Err(Refusal::new(ErrorCode::InvalidRequest, "this provider stores no responses"));
    }
    let base = prepared.path(format, "", false)?;
    let bad_id = || Refusal::new(ErrorCode::InvalidRequest, "this id can not stand in a path");
    if input.id.is_empty() || input.id.bytes().all(|b| b == b'.') {
        return Err(bad_id());
    }
    let mut path = format!("{}/{}{}", base.path(), url::segment(input.id), input.below);
    let mut separator = '?';
    if let Some(query) = base.query() {
        path.push('?');
        path.push_str(query);
        separator = '&';
    }
    for (name, value) in input.query.iter().filter(|(name, _)| PARAMETERS.contains(&name.as_str())) {
        path.push(separator);
        path.push_str(&url::segment(name));
        path.push('=');
        path.push_str(&url::segment(value));
        separator = '&';
    }
    let path_and_query = path.parse().map_err(|_| bad_id())?;
    let headers = headers::build(
        prepared.headers(format),
        input.forward_headers,
        format,
        ProviderKind::OpenAiCompatible,
        false,
    );
    Ok(UpstreamParts {
        method: input.method.clone(),
        path_and_query,
        headers,
        body: Vec::new(),
        hide_usage: false,
    })
}
