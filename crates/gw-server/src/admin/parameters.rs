//! The query of every request, checked against what the document says of its operation before a handler sees it: nothing that
//! is misspelt is taken for something that was not asked. It must not know what a parameter means.

use super::error::ApiError;
use super::openapi::parameters::{Kind, MAX_TEXT, kind};
use super::openapi::{Operation, operation};
use super::query::time;
use axum::extract::{MatchedPath, Request};
use axum::http::{Method, Uri};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use std::collections::BTreeMap;

/// Lets requests on whose query is one of their operation; parameters without a value are taken out of it.
pub(super) async fn only_known(mut request: Request, next: Next) -> Response {
    if let Err(error) = check(&request) {
        return error.into_response();
    }
    if let Some(filled) = filled(request.uri()) {
        *request.uri_mut() = filled;
    }
    next.run(request).await
}

/// The address without parameters that have no value; none where it has no such.
fn filled(uri: &Uri) -> Option<Uri> {
    let query = uri.query()?;
    let has_value = |pair: &&str| pair.split_once('=').is_some_and(|(_, value)| !value.is_empty());
    if query.split('&').all(|pair| has_value(&pair)) {
        return None;
    }
    let query: Vec<&str> = query.split('&').filter(has_value).collect();
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = format!("{}?{}", uri.path(), query.join("&")).parse().ok();
    Uri::from_parts(parts).ok()
}

fn check(request: &Request) -> Result<(), ApiError> {
    if decoded(request.uri().path()).is_none_or(|path| path.chars().any(char::is_control)) {
        let text = "the path has an escape that is not UTF-8, or a character of control: write ids as they were answered";
        return Err(ApiError::malformed(text));
    }
    let method = match *request.method() {
        Method::HEAD => "get".to_owned(),
        ref method => method.as_str().to_ascii_lowercase(),
    };
    let path = request.extensions().get::<MatchedPath>();
    // Some operations stand where others have an id. What is nowhere is answered as that.
    let named = || operation(&method, &format!("/api/v1{}", request.uri().path()));
    let found = path.and_then(|path| operation(&method, path.as_str()).or_else(named));
    let Some(found) = found else { return Ok(()) };
    check_query(found, request.uri().query().unwrap_or_default())
}

/// Checks a query as it stands in an address. Errors: the parameter at fault.
fn check_query(operation: &Operation, query: &str) -> Result<(), ApiError> {
    // Identity providers send somebody back with what they like.
    if operation.is_redirect() {
        return Ok(());
    }
    let mut given: Vec<(String, String)> = Vec::new();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let Some(name) = decoded(&name.replace('+', " ")) else {
            return Err(ApiError::malformed("the name of a parameter has an escape that is not UTF-8"));
        };
        if !operation.query.contains(&name.as_str()) {
            return Err(unknown(operation, name));
        }
        if given.iter().any(|(known, _)| *known == name) {
            let text = format!("the parameter '{name}' is given twice: give it once");
            return Err(ApiError::invalid(name, text));
        }
        let Some(value) = decoded(&value.replace('+', " ")) else {
            let text = format!("'{name}' has an escape that is not UTF-8");
            return Err(ApiError::invalid(name, text));
        };
        check_value(&kind(operation, &name), &name, &value)?;
        given.push((name, value));
    }
    check_order(&given)
}

/// Checks parameters that are kept for a list, as they would be checked when it is asked for. What page of it is no part of
/// them. Errors: the one at fault.
pub(super) fn check_saved(path: &str, given: &BTreeMap<String, String>) -> Result<(), ApiError> {
    let Some(found) = operation("get", path) else { return Ok(()) };
    for (name, value) in given {
        if !found.query.contains(&name.as_str()) || matches!(name.as_str(), "limit" | "cursor") {
            return Err(unknown(found, name.clone()));
        }
        check_value(&kind(found, name), name, value)?;
    }
    Ok(())
}

fn unknown(operation: &Operation, name: String) -> ApiError {
    let name: String = name.chars().filter(|c| !c.is_control()).take(MAX_TEXT).collect();
    let there = match operation.query {
        [] => "this operation takes none".to_owned(),
        names => format!("there are {}", names.join(", ")),
    };
    let text = format!("there is no parameter '{name}'; {there}");
    ApiError::invalid(name, text)
}

fn check_value(kind: &Kind, name: &str, value: &str) -> Result<(), ApiError> {
    let wrong = |text: String| Err(ApiError::invalid(name.to_owned(), text));
    if value.chars().count() > MAX_TEXT {
        return wrong(format!("'{name}' must have at most {MAX_TEXT} characters"));
    }
    if value.chars().any(char::is_control) {
        return wrong(format!("'{name}' must not have characters of control"));
    }
    match kind {
        Kind::Whole(most) => match value.parse::<usize>() {
            Ok(number) if (1..=*most).contains(&number) => Ok(()),
            _ => wrong(format!("'{name}' must be a whole number from 1 to {most}")),
        },
        Kind::Flag if !matches!(value, "true" | "false") => wrong(format!("'{name}' must be true or false")),
        Kind::OneOf(names) if !value.is_empty() && !names.contains(&value) => {
            wrong(format!("'{name}' must be one of {}", names.join(", ")))
        }
        Kind::Time => time(name, Some(value)).map(drop),
        Kind::Flag | Kind::OneOf(_) | Kind::Text => Ok(()),
    }
}

/// A stretch of time that ends before it begins has nothing in it, and is hardly what was meant.
fn check_order(given: &[(String, String)]) -> Result<(), ApiError> {
    let of = |name: &str| given.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
    match (time("from", of("from"))?, time("to", of("to"))?) {
        (Some(from), Some(to)) if from > to => {
            Err(ApiError::invalid("from", "'from' must not be after 'to'"))
        }
        _ => Ok(()),
    }
}

/// A text without its escapes; none where one of them is no byte, or all together are not UTF-8.
fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let mut digit = || char::from(rest.next()?).to_digit(16);
        let (high, low) = (digit()?, digit()?);
        bytes.push(u8::try_from(high * 16 + low).ok()?);
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests;
