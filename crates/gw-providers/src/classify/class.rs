//! The class of a failure, from status, headers and the first bytes of the body. Serves the verdict and whatever
//! goes by classes (health, fallbacks, records). It must not decide what to do about it.

use super::body::{self, Said};
use gw_model::ErrorClass;
use gw_model::catalog::ProviderKind;
use gw_model::snapshot::Provider;
use http::HeaderMap;

/// What kind of failure a reply is.
///
/// A status of 2xx stands for an error inside an answer: `body_head` is then the event's JSON, and of Bedrock's
/// exceptions the payload, with the exception's name as the header `x-amzn-errortype`. What is no error at all is
/// [`ErrorClass::Malformed`]: an answer that cannot be read.
#[must_use]
pub fn class(status: u16, headers: &HeaderMap, body_head: &[u8], kind: ProviderKind) -> ErrorClass {
    let said = Said::read(headers, body_head, kind);
    match (status, said.status) {
        (400, _) if body::is_key_error(body_head, kind) => ErrorClass::Auth,
        (403, _) if body::is_policy(body_head) => ErrorClass::ContentPolicy,
        (200..=299, _) if said.blocks_prompt => ErrorClass::ContentPolicy,
        (200..=299, _) if !said.is_error => ErrorClass::Malformed,
        (200..=299, Some(stated)) => by_status(stated, &said, kind),
        (200..=299, None) => by_name(&said),
        _ => by_status(status, &said, kind),
    }
}

/// As [`class`], with what the catalogue knows of the provider.
#[must_use]
pub fn class_of(provider: &Provider, status: u16, headers: &HeaderMap, body_head: &[u8]) -> ErrorClass {
    let words = provider.quirks.bad_key_words.as_deref().filter(|_| status == 400);
    match words {
        Some(words) if memchr::memmem::find(body_head, words.as_bytes()).is_some() => ErrorClass::Auth,
        _ => class(status, headers, body_head, provider.kind),
    }
}

fn by_status(status: u16, said: &Said, kind: ProviderKind) -> ErrorClass {
    match status {
        401 => ErrorClass::Auth,
        402 => ErrorClass::QuotaExhausted,
        403 if said.has_no_credit() => ErrorClass::QuotaExhausted,
        403 if said.named() == Some(ErrorClass::NotFound) => ErrorClass::NotFound,
        403 => ErrorClass::Auth,
        // 522 and 524 are Cloudflare's, which stands before many providers.
        408 | 504 | 522 | 524 => ErrorClass::Timeout,
        413 => ErrorClass::ContextLength,
        // Bedrock: the model failed while it worked on the request.
        424 => ErrorClass::ServerError,
        429 => limited(said),
        // 498 is Groq's word for a tier without capacity.
        498 | 503 | 529 => ErrorClass::Overloaded,
        400..=499 => refused(said, kind),
        500..=599 if said.is_overloaded() => ErrorClass::Overloaded,
        // Some servers of open models answer so.
        500..=599 if said.is_too_long() => ErrorClass::ContextLength,
        500..=599 => ErrorClass::ServerError,
        _ => ErrorClass::Malformed,
    }
}

fn limited(said: &Said) -> ErrorClass {
    if said.is_out_of_quota() {
        ErrorClass::QuotaExhausted
    } else if said.can_never_pass() {
        ErrorClass::ContextLength
    } else if said.is_overloaded() {
        ErrorClass::Overloaded
    } else {
        ErrorClass::RateLimited
    }
}

/// The other 4xx. Where a provider does not use to say so with 400, what a message says about the gateway's account
/// may as well be the caller's own text.
fn refused(said: &Said, kind: ProviderKind) -> ErrorClass {
    let by_code = said.named() == Some(ErrorClass::QuotaExhausted);
    if by_code || (kind == ProviderKind::Anthropic && said.has_no_credit()) {
        ErrorClass::QuotaExhausted
    } else if said.is_too_long() {
        ErrorClass::ContextLength
    } else if said.is_against_policy() {
        ErrorClass::ContentPolicy
    } else if said.misses_model() {
        ErrorClass::NotFound
    } else {
        ErrorClass::BadRequest
    }
}

/// Without any status: what the error calls itself, then what it says.
fn by_name(said: &Said) -> ErrorClass {
    match said.named() {
        // These hold for many faults.
        None | Some(ErrorClass::BadRequest | ErrorClass::Auth) if said.is_too_long() => {
            ErrorClass::ContextLength
        }
        None | Some(ErrorClass::BadRequest) if said.is_against_policy() => ErrorClass::ContentPolicy,
        None if said.misses_model() => ErrorClass::NotFound,
        None if said.is_overloaded() => ErrorClass::Overloaded,
        named => named.unwrap_or(ErrorClass::ServerError),
    }
}

#[cfg(test)]
mod tests;
