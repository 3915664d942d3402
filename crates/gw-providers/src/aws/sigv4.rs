//! Signs requests to AWS. Serves `prepare`. It must not change a request beyond the headers it returns.

use super::canonical::{self, PathStyle, RequestParts};
use super::credential::{Credentials, SigningKey};
use super::date::AmzDate;
use gw_model::clock::Micros;
use http::header::{AUTHORIZATION, HOST};
use http::{HeaderMap, HeaderName, HeaderValue};
use sha2::{Digest, Sha256};

pub(super) const ALGORITHM: &str = "AWS4-HMAC-SHA256";
pub(super) const X_AMZ_DATE: HeaderName = HeaderName::from_static("x-amz-date");
const X_AMZ_SECURITY_TOKEN: HeaderName = HeaderName::from_static("x-amz-security-token");
pub(super) const X_AMZ_CONTENT_SHA256: HeaderName = HeaderName::from_static("x-amz-content-sha256");

/// Headers that are never signed: what stands between here and there may change them.
const UNSIGNED: &[&str] = &[
    "authorization",
    "connection",
    "expect",
    "te",
    "transfer-encoding",
    "user-agent",
    "x-amz-content-sha256",
    "x-amz-date",
    "x-amz-security-token",
    "x-amzn-trace-id",
];

/// Where and when a signature is good.
#[derive(Clone, Copy, Debug)]
pub struct Scope<'a> {
    /// `us-east-1`.
    pub region: &'a str,
    /// The service's signing name, such as [`super::BEDROCK_SERVICE`].
    pub service: &'a str,
    /// Microseconds since the epoch.
    pub now: Micros,
    /// How the service wants paths.
    pub path_style: PathStyle,
    /// Send the body's hash in a header as well; few services demand it.
    pub states_body_hash: bool,
}

/// The headers to add to a request, credential marked sensitive.
#[derive(Clone, Debug)]
pub struct SignedHeaders {
    /// `authorization`.
    pub authorization: HeaderValue,
    /// `x-amz-date`.
    pub x_amz_date: HeaderValue,
    /// `x-amz-security-token`, with temporary credentials.
    pub x_amz_security_token: Option<HeaderValue>,
    /// `x-amz-content-sha256`, where the scope asks for it.
    pub x_amz_content_sha256: Option<HeaderValue>,
}

impl SignedHeaders {
    /// Sets the headers, in place of any that are there.
    pub fn set(self, headers: &mut HeaderMap) {
        headers.insert(AUTHORIZATION, self.authorization);
        headers.insert(X_AMZ_DATE, self.x_amz_date);
        let optional = [
            (X_AMZ_SECURITY_TOKEN, self.x_amz_security_token),
            (X_AMZ_CONTENT_SHA256, self.x_amz_content_sha256),
        ];
        for (name, value) in optional {
            match value {
                Some(value) => headers.insert(name, value),
                None => headers.remove(name),
            };
        }
    }
}

/// Signs a request with every header of `parts` (but those that proxies change), the host and the date.
/// `body_hash` is the SHA-256 of the body, see [`super::body_hash`]. `None` when a credential or the region
/// cannot stand in a header.
#[must_use]
pub fn sign(
    parts: &RequestParts<'_>,
    body_hash: &[u8; 32],
    credentials: &Credentials<'_>,
    scope: &Scope<'_>,
) -> Option<SignedHeaders> {
    let date = AmzDate::at(scope.now);
    let payload_hash = canonical::hex(body_hash);
    let sensitive = |text: &str| {
        let mut value = HeaderValue::from_str(text).ok()?;
        value.set_sensitive(true);
        Some(value)
    };
    let x_amz_date = HeaderValue::from_str(date.as_str()).ok()?;
    let x_amz_security_token = match credentials.session_token {
        Some(token) => Some(sensitive(token.expose())?),
        None => None,
    };
    let x_amz_content_sha256 =
        if scope.states_body_hash { Some(HeaderValue::from_str(&payload_hash).ok()?) } else { None };

    let mut headers = parts.headers.clone();
    headers.insert(X_AMZ_DATE, x_amz_date.clone());
    let added =
        [(X_AMZ_SECURITY_TOKEN, &x_amz_security_token), (X_AMZ_CONTENT_SHA256, &x_amz_content_sha256)];
    let mut signed: Vec<&str> =
        parts.headers.keys().map(HeaderName::as_str).filter(|name| !UNSIGNED.contains(name)).collect();
    signed.push("x-amz-date");
    for (name, value) in &added {
        if let Some(value) = value {
            headers.insert(name.clone(), (*value).clone());
            signed.push(name.as_str());
        }
    }
    if !parts.headers.contains_key(HOST) {
        signed.push("host");
    }
    signed.sort_unstable();

    let parts = RequestParts { headers: &headers, ..*parts };
    let canonical = canonical::request(&parts, &signed, &payload_hash, scope.path_style);
    let scope_text = credential_scope(date.day(), scope.region, scope.service);
    let text = string_to_sign(&date, &scope_text, &canonical);
    let key = SigningKey::derive(credentials.secret_access_key, date.day(), scope.region, scope.service);
    let mut authorization =
        format!("{ALGORITHM} Credential={}/{scope_text}, SignedHeaders=", credentials.access_key_id);
    canonical::names(&signed, &mut authorization);
    authorization.push_str(", Signature=");
    authorization.push_str(&canonical::hex(&key.sign(&text)));
    let authorization = sensitive(&authorization)?;
    Some(SignedHeaders { authorization, x_amz_date, x_amz_security_token, x_amz_content_sha256 })
}

/// `20150830/us-east-1/service/aws4_request`.
pub(super) fn credential_scope(day: &str, region: &str, service: &str) -> String {
    format!("{day}/{region}/{service}/aws4_request")
}

/// The text whose signature counts.
pub(super) fn string_to_sign(date: &AmzDate, scope: &str, canonical: &str) -> String {
    let hash = canonical::hex(&Sha256::digest(canonical.as_bytes()));
    format!("{ALGORITHM}\n{}\n{scope}\n{hash}", date.as_str())
}
