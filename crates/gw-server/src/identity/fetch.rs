//! Documents of identity providers, fetched with the client that speaks to providers of models: its TLS, proxies and
//! forbidden addresses hold here too. It must not know what a document means.

use super::sign_in::Failed;
use crate::credentials::exchange::Exchange;
use bytes::Bytes;
use gw_model::snapshot::ConnectOptions;
use gw_providers::token::{TokenError, TokenRequest};
use http::Method;
use http::header::{ACCEPT, AUTHORIZATION, HeaderMap, HeaderValue};

const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// The document at an address. Errors are words for the operator.
pub(super) async fn document(
    exchange: &Exchange,
    url: &str,
    ca_file: Option<&str>,
) -> Result<Vec<u8>, String> {
    let mut headers = HeaderMap::new();
    headers.insert(ACCEPT, JSON);
    let asked = ask(exchange, Method::GET, url, (headers, Bytes::new()), ca_file).await;
    asked.map_err(|error| told(url, error))
}

/// The answer to a form. A refusal is told apart from whatever else may go wrong.
pub(super) async fn form(
    exchange: &Exchange,
    url: &str,
    mut headers: HeaderMap,
    body: String,
    ca_file: Option<&str>,
) -> Result<Vec<u8>, Failed> {
    headers.insert(ACCEPT, JSON);
    let asked = ask(exchange, Method::POST, url, (headers, body.into()), ca_file).await;
    asked.map_err(|error| match error {
        TokenError::Refused { status: 400..=499, .. } => Failed::Refused(told(url, error)),
        error => Failed::Unavailable(told(url, error)),
    })
}

/// What is answered to whoever has that token.
pub(super) async fn with_bearer(
    exchange: &Exchange,
    url: &str,
    bearer: HeaderValue,
    ca_file: Option<&str>,
) -> Result<Vec<u8>, Failed> {
    let mut headers = HeaderMap::new();
    headers.insert(ACCEPT, JSON);
    headers.insert(AUTHORIZATION, bearer);
    let asked = ask(exchange, Method::GET, url, (headers, Bytes::new()), ca_file).await;
    asked.map_err(|error| Failed::Unavailable(told(url, error)))
}

async fn ask(
    exchange: &Exchange,
    method: Method,
    url: &str,
    (headers, body): (HeaderMap, Bytes),
    ca_file: Option<&str>,
) -> Result<Vec<u8>, TokenError> {
    let request = TokenRequest { method, url: url.to_owned(), headers, body, is_local: false };
    let options = ConnectOptions { ca_file: ca_file.map(Into::into), ..ConnectOptions::default() };
    exchange.ask(request, &options).await
}

fn told(url: &str, error: TokenError) -> String {
    match error {
        TokenError::Unreachable { detail } => format!("{url} cannot be reached: {detail}"),
        TokenError::Refused { status, .. } => format!("{url} answered {status}"),
        TokenError::Malformed { .. } => format!("{url} is no address, or its answer is too large"),
        other => format!("{url}: {other}"),
    }
}
