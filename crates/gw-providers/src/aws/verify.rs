//! Checks requests that callers signed. Serves ingress: the access key that a signature names is looked up,
//! and its secret must have made the signature. It must not say which part of a signature was wrong.
//!
//! [`Claim::read`] needs no body, [`Claim::check`] needs its hash: a caller is known by name before the body is
//! read, and believed after it.

use super::canonical::{self, PathStyle, RequestParts};
use super::credential::SigningKey;
use super::date::AmzDate;
use super::sigv4::{ALGORITHM, X_AMZ_CONTENT_SHA256, X_AMZ_DATE, credential_scope, string_to_sign};
use gw_model::Secret;
use gw_model::clock::Micros;
use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderValue};
use std::fmt;

/// How far a signature's time may lie from ours.
const MAX_SKEW_MICROS: u64 = 15 * 60 * 1_000_000;
/// More signed headers than any client has.
const MAX_SIGNED_HEADERS: usize = 64;

/// Why a signature is not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VerifyError {
    /// There is no `authorization` of this kind.
    Missing,
    /// It cannot be read, or lacks something.
    Malformed,
    /// Its time lies too far from ours, or on another day than it says.
    Skewed,
    /// Nobody has that access key.
    UnknownKey,
    /// The body's hash is not signed, or is another one.
    Body,
    /// The signature is wrong.
    Signature,
}

impl fmt::Display for VerifyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Missing => "the request has no AWS4-HMAC-SHA256 signature",
            Self::Malformed => "the request's AWS signature cannot be read",
            Self::Skewed => "the AWS signature's time is more than 15 minutes off: check the clock",
            Self::UnknownKey => "the access key id is not known",
            Self::Body => "the body is not the one that was signed",
            Self::Signature => "the AWS signature is not the one of this secret and request",
        })
    }
}

impl std::error::Error for VerifyError {}

/// What a request says of its signature. Not to be believed before [`Claim::check`].
#[derive(Clone, PartialEq, Eq)]
pub struct Claim<'a> {
    /// Who is said to have signed.
    pub access_key_id: &'a str,
    /// For which region.
    pub region: &'a str,
    /// For which service.
    pub service: &'a str,
    day: &'a str,
    signed: Vec<&'a str>,
    signature: [u8; 32],
    date: AmzDate,
}

impl fmt::Debug for Claim<'_> {
    /// Without the access key id, which is a credential to callers of the gateway.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Claim")
            .field("region", &self.region)
            .field("service", &self.service)
            .finish_non_exhaustive()
    }
}

/// Whether a request carries a signature of this kind, good or not.
#[must_use]
pub fn is_signed(headers: &HeaderMap) -> bool {
    authorization(headers).is_some()
}

fn authorization(headers: &HeaderMap) -> Option<&str> {
    let rest = headers.get(AUTHORIZATION)?.to_str().ok()?.strip_prefix(ALGORITHM)?;
    rest.starts_with([' ', '\t']).then_some(rest)
}

impl<'a> Claim<'a> {
    /// Reads the signature and checks its time against `now`.
    ///
    /// # Errors
    /// There is none, it cannot be read, or its time is off.
    pub fn read(headers: &'a HeaderMap, now: Micros) -> Result<Self, VerifyError> {
        let text = authorization(headers).ok_or(VerifyError::Missing)?;
        let (mut credential, mut signed, mut signature) = (None, None, None);
        for part in text.split(',') {
            let (name, value) = part.trim().split_once('=').ok_or(VerifyError::Malformed)?;
            let place = match name {
                "Credential" => &mut credential,
                "SignedHeaders" => &mut signed,
                "Signature" => &mut signature,
                _ => return Err(VerifyError::Malformed),
            };
            if place.replace(value).is_some() {
                return Err(VerifyError::Malformed);
            }
        }
        let (Some(credential), Some(signed), Some(signature)) = (credential, signed, signature) else {
            return Err(VerifyError::Malformed);
        };
        // From the right: an access key id may hold slashes, the rest may not.
        let mut words = credential.rsplitn(5, '/');
        let (Some("aws4_request"), Some(service), Some(region), Some(day), Some(access_key_id)) =
            (words.next(), words.next(), words.next(), words.next(), words.next())
        else {
            return Err(VerifyError::Malformed);
        };
        let signed = signed_headers(signed).ok_or(VerifyError::Malformed)?;
        let signature = canonical::unhex(signature).ok_or(VerifyError::Malformed)?;
        let date = only(headers, &X_AMZ_DATE).and_then(|value| AmzDate::parse(value.to_str().ok()?));
        let date = date.ok_or(VerifyError::Malformed)?;
        let is_near = date.micros().is_some_and(|then| then.abs_diff(now) <= MAX_SKEW_MICROS);
        if !is_near || date.day() != day {
            return Err(VerifyError::Skewed);
        }
        Ok(Self { access_key_id, region, service, day, signed, signature, date })
    }

    /// Checks the signature over `parts` (whose headers are those that the claim was read from) and the hash of
    /// the body.
    ///
    /// # Errors
    /// The body or the signature is another one.
    pub fn check(
        &self,
        parts: &RequestParts<'_>,
        body_hash: &[u8; 32],
        secret: &Secret,
    ) -> Result<(), VerifyError> {
        let payload_hash = canonical::hex(body_hash);
        // A body that is left unsigned, or signed in chunks, could be exchanged for another.
        let stated = parts.headers.get_all(X_AMZ_CONTENT_SHA256);
        if stated.iter().any(|stated| !stated.as_bytes().eq_ignore_ascii_case(payload_hash.as_bytes())) {
            return Err(VerifyError::Body);
        }
        let canonical = canonical::request(parts, &self.signed, &payload_hash, PathStyle::Normalized);
        let scope = credential_scope(self.day, self.region, self.service);
        let text = string_to_sign(&self.date, &scope, &canonical);
        let key = SigningKey::derive(secret, self.day, self.region, self.service);
        if key.is_signature(&text, &self.signature) { Ok(()) } else { Err(VerifyError::Signature) }
    }
}

/// Reads and checks a signature at once; `lookup` finds the secret of an access key id.
///
/// # Errors
/// The request is not signed, or not by who it says.
pub fn verify<'a>(
    parts: &RequestParts<'a>,
    body_hash: &[u8; 32],
    now: Micros,
    lookup: impl FnOnce(&str) -> Option<Secret>,
) -> Result<Claim<'a>, VerifyError> {
    let claim = Claim::read(parts.headers, now)?;
    let secret = lookup(claim.access_key_id).ok_or(VerifyError::UnknownKey)?;
    claim.check(parts, body_hash, &secret)?;
    Ok(claim)
}

/// The names of signed headers: lower case, sorted, each once, and among them the host and the date, without
/// which a signature would be good elsewhere or for ever.
fn signed_headers(text: &str) -> Option<Vec<&str>> {
    let names: Vec<&str> = text.split(';').take(MAX_SIGNED_HEADERS + 1).collect();
    let is_sorted = names.is_sorted_by(|a, b| a < b);
    let is_lower = !names.iter().any(|name| name.is_empty() || name.bytes().any(|b| b.is_ascii_uppercase()));
    let has_host = ["host", canonical::AUTHORITY].iter().any(|name| names.contains(name));
    let is_bound = has_host && names.contains(&X_AMZ_DATE.as_str());
    (names.len() <= MAX_SIGNED_HEADERS && is_sorted && is_lower && is_bound).then_some(names)
}

/// A header that stands there once.
fn only<'a>(headers: &'a HeaderMap, name: &http::HeaderName) -> Option<&'a HeaderValue> {
    let mut values = headers.get_all(name).iter();
    values.next().filter(|_| values.next().is_none())
}
