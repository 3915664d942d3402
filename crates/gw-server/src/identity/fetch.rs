//! Documents of identity providers, fetched with the client that speaks to providers of models: its TLS, proxies and
//! forbidden addresses hold here too. It must not know what a document means.

use crate::credentials::exchange::Exchange;
use bytes::Bytes;
use gw_model::snapshot::ConnectOptions;
use gw_providers::token::{TokenError, TokenRequest};
use http::Method;
use http::header::{ACCEPT, HeaderMap, HeaderValue};

/// The document at an address. Errors are words for the operator.
pub(super) async fn document(
    exchange: &Exchange,
    url: &str,
    ca_file: Option<&str>,
) -> Result<Vec<u8>, String> {
    let mut headers = HeaderMap::new();
    headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
    let request = TokenRequest {
        method: Method::GET,
        url: url.to_owned(),
        headers,
        body: Bytes::new(),
        is_local: false,
    };
    let options = ConnectOptions { ca_file: ca_file.map(Into::into), ..ConnectOptions::default() };
    exchange.ask(request, &options).await.map_err(|error| match error {
        TokenError::Unreachable { detail } => format!("{url} cannot be reached: {detail}"),
        TokenError::Refused { status, .. } => format!("{url} answered {status}"),
        TokenError::Malformed { .. } => format!("{url} is no address, or its answer is too large"),
        other => format!("{url}: {other}"),
    })
}
