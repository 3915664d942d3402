//! Signs the requests of providers that want signatures in place of a key. Serves `prepare`. It must not read a
//! clock: the time comes with the request.

use super::provider::PrepareError;
use crate::aws::{self, BEDROCK_SERVICE, Credentials, PathStyle, RequestParts, Scope};
use bytes::Bytes;
use gw_model::clock::Micros;
use gw_model::refusal::{ErrorCode, Refusal};
use gw_model::snapshot::{AwsCredentials, Provider};
use http::header::{self, HeaderMap};
use http::uri::{Authority, PathAndQuery, Scheme};
use std::sync::Arc;

/// Signs for one provider.
#[derive(Clone, Debug)]
pub(super) struct Signer {
    credentials: AwsCredentials,
    region: Arc<str>,
    /// The `host` header that the transport writes: without a port that is the scheme's usual one.
    host: String,
}

impl Signer {
    /// A signer when the provider has credentials to sign with.
    pub(super) fn new(
        provider: &Provider,
        scheme: &Scheme,
        authority: &Authority,
    ) -> Result<Option<Self>, PrepareError> {
        let Some(credentials) = provider.aws.clone() else { return Ok(None) };
        let region = provider.region.clone().filter(|region| !region.is_empty());
        let region = region.ok_or(PrepareError::Region)?;
        let usual = if *scheme == Scheme::HTTPS { 443 } else { 80 };
        let host = authority.host().to_ascii_lowercase();
        let host = match authority.port_u16() {
            Some(port) if port != usual => format!("{host}:{port}"),
            _ => host,
        };
        Ok(Some(Self { credentials, region, host }))
    }

    /// Adds the signature of a POST to `headers`, for the provider's host or for `other_host`. Only what nobody on the way has a reason to change is signed.
    pub(super) fn sign(
        &self,
        path: &PathAndQuery,
        other_host: Option<&str>,
        headers: &mut HeaderMap,
        body: &[Bytes],
        now: Micros,
    ) -> Result<(), Refusal> {
        let mut signed = HeaderMap::with_capacity(1);
        if let Some(content_type) = headers.get(header::CONTENT_TYPE) {
            signed.insert(header::CONTENT_TYPE, content_type.clone());
        }
        let parts = RequestParts {
            method: "POST",
            path: path.path(),
            query: path.query().unwrap_or_default(),
            host: other_host.unwrap_or(&self.host),
            headers: &signed,
        };
        let credentials = Credentials {
            access_key_id: &self.credentials.access_key_id,
            secret_access_key: &self.credentials.secret_access_key,
            session_token: self.credentials.session_token.as_ref(),
        };
        let scope = Scope {
            region: &self.region,
            service: BEDROCK_SERVICE,
            now,
            path_style: PathStyle::Normalized,
            states_body_hash: false,
        };
        let made = aws::sign(&parts, &aws::body_hash(body), &credentials, &scope);
        // The configuration checks what goes into the headers, so this is a fault of ours.
        let made =
            made.ok_or_else(|| Refusal::new(ErrorCode::Internal, "the request could not be signed"))?;
        made.set(headers);
        Ok(())
    }
}
