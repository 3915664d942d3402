//! Callers that sign their requests (AWS SDKs on Bedrock's paths) instead of showing their key: access key id and
//! secret are both their virtual key. Serves authenticate, which learns who is said to have signed, and receive,
//! which checks the signature once the body is there. It must not say which part of a signature was wrong beyond
//! what helps an honest caller, and never logs a header.

use bytes::Bytes;
use gw_model::{ErrorCode, Micros, Refusal, Secret};
use gw_providers::aws::{self, Claim, RequestParts, VerifyError};
use http::{HeaderMap, Method, Uri};

/// The head of a signed request, as it came.
#[derive(Clone)]
pub struct SignedHead {
    /// Method.
    pub method: Method,
    /// Path and query as sent, and the host where the protocol has it there.
    pub uri: Uri,
    /// All headers.
    pub headers: HeaderMap,
}

impl std::fmt::Debug for SignedHead {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SignedHead(***)")
    }
}

impl SignedHead {
    /// The head of a request that carries a signature; `None` when it carries none.
    #[must_use]
    pub fn of(method: &Method, uri: &Uri, headers: &HeaderMap) -> Option<Box<Self>> {
        aws::verify::is_signed(headers)
            .then(|| Box::new(Self { method: method.clone(), uri: uri.clone(), headers: headers.clone() }))
    }

    /// Who is said to have signed. Errors: 403 `invalid_signature`.
    pub(crate) fn access_key_id(&self, now: Micros) -> Result<&str, Refusal> {
        Claim::read(&self.headers, now).map(|claim| claim.access_key_id).map_err(refusal)
    }

    /// Is the signature the one of the access key over this body? `now` is the time of the request's arrival.
    /// Errors: 403 `invalid_signature`.
    pub(crate) fn check(&self, body: &Bytes, now: Micros) -> Result<(), Refusal> {
        let claim = Claim::read(&self.headers, now).map_err(refusal)?;
        let parts = RequestParts {
            method: self.method.as_str(),
            path: self.uri.path(),
            query: self.uri.query().unwrap_or_default(),
            host: self.uri.authority().map_or("", http::uri::Authority::as_str),
            headers: &self.headers,
        };
        let secret = Secret::new(claim.access_key_id.to_owned());
        claim.check(&parts, &aws::body_hash(std::slice::from_ref(body)), &secret).map_err(refusal)
    }
}

fn refusal(error: VerifyError) -> Refusal {
    let text = match error {
        VerifyError::Skewed => "the AWS signature's time is more than 15 minutes off; check the clock",
        VerifyError::Missing | VerifyError::Malformed => "the request's AWS signature can not be read",
        VerifyError::UnknownKey | VerifyError::Body | VerifyError::Signature => {
            "the AWS signature is not valid; access key id and secret access key must both be your Gatewright key"
        }
    };
    Refusal::new(ErrorCode::InvalidSignature, text)
}
