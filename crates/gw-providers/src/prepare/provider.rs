//! What can be worked out once for a provider.

use super::headers;
use super::url::{self, Path};
use crate::catalog::{StreamUsage, catalog};
use gw_model::call::Call;
use gw_model::format::WireFormat;
use gw_model::refusal::{ErrorCode, Refusal};
use gw_model::snapshot::Provider;
use http::HeaderMap;
use http::uri::{Authority, PathAndQuery, Scheme, Uri};
use std::fmt;

/// Why a provider's settings cannot make a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PrepareError {
    /// The base URL is no `http` or `https` URL with a host.
    BaseUrl(String),
    /// A header's name or value, or the key, holds what no header can.
    Header(String),
}

impl fmt::Display for PrepareError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BaseUrl(url) => {
                write!(
                    f,
                    "`{url}` is not a base URL; write `https://host/v1` in the form of the provider's SDK"
                )
            }
            Self::Header(name) => write!(f, "header `{name}` has a name or value that cannot be sent"),
        }
    }
}

impl std::error::Error for PrepareError {}

/// A provider with everything precomputed that does not depend on the call. Made once per snapshot.
#[derive(Clone, Debug)]
pub struct PreparedProvider {
    scheme: Scheme,
    authority: Authority,
    paths: Vec<(WireFormat, ReadyPath)>,
    headers: HeaderMap,
    stream_usage: StreamUsage,
}

#[derive(Clone, Debug)]
enum ReadyPath {
    Whole(PathAndQuery),
    Around(String, String),
}

impl PreparedProvider {
    /// Prepares a provider.
    ///
    /// # Errors
    /// See [`PrepareError`].
    pub fn new(provider: &Provider) -> Result<Self, PrepareError> {
        let bad_url = || PrepareError::BaseUrl(provider.base_url.to_string());
        let uri: Uri = provider.base_url.parse().map_err(|_| bad_url())?;
        let mut parts = uri.into_parts();
        let scheme = parts.scheme.take().filter(|s| *s == Scheme::HTTP || *s == Scheme::HTTPS);
        let (scheme, authority) = scheme.zip(parts.authority.take()).ok_or_else(bad_url)?;
        // Credentials in a URL would end up in logs; the key has a setting of its own.
        if authority.as_str().contains('@') {
            return Err(PrepareError::BaseUrl(format!("{scheme}://{}", authority.host())));
        }
        let base = parts.path_and_query.as_ref();
        let path = base.map_or("", PathAndQuery::path).trim_end_matches('/');
        let query = base.and_then(PathAndQuery::query).unwrap_or_default();
        let version = provider.api_version.as_deref();
        let mut paths = Vec::with_capacity(provider.formats.len());
        for format in &provider.formats {
            let ready = match url::path(provider.kind, path, query, *format, version) {
                Path::Whole(text) => ReadyPath::Whole(text.parse().map_err(|_| bad_url())?),
                Path::Around(before, after) => ReadyPath::Around(before, after),
            };
            paths.push((*format, ready));
        }
        let headers = headers::fixed(provider).map_err(PrepareError::Header)?;
        let stream_usage = catalog().stream_usage(authority.as_str());
        Ok(Self { scheme, authority, paths, headers, stream_usage })
    }

    /// `http` or `https`.
    #[must_use]
    pub const fn scheme(&self) -> &Scheme {
        &self.scheme
    }

    /// Host, and port when the base URL names one.
    #[must_use]
    pub const fn authority(&self) -> &Authority {
        &self.authority
    }

    /// What every request carries.
    pub(super) const fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// The path for a format and model.
    pub(super) fn path(&self, format: WireFormat, model: &str) -> Result<PathAndQuery, Refusal> {
        let refuse = |text: String| Refusal::new(ErrorCode::InvalidRequest, text).param("model");
        match self.paths.iter().find(|(known, _)| *known == format) {
            Some((_, ReadyPath::Whole(path))) => Ok(path.clone()),
            Some((_, ReadyPath::Around(before, after))) => {
                // A segment of dots would climb out of the deployment's path.
                if model.is_empty() || model.bytes().all(|b| b == b'.') {
                    return Err(refuse(format!("`{model}` cannot be a deployment's name.")));
                }
                let text = [before, &*url::segment(model), after].concat();
                text.parse().map_err(|_| refuse(format!("`{model}` cannot be a deployment's name.")))
            }
            None => Err(refuse(format!(
                "The provider of this model does not take `{}` requests. Choose another model or endpoint.",
                format.as_str()
            ))),
        }
    }

    /// True when a stream in that format carries usage only if the request asks for it. Translated
    /// requests are to be written with the question; in forwarded ones [`super::prepare`] splices it in.
    #[must_use]
    pub fn asks_for_usage(&self, upstream: WireFormat) -> bool {
        matches!(upstream, WireFormat::OpenAiChat | WireFormat::OpenAiCompletions)
            && self.stream_usage == StreamUsage::OnRequest
    }

    /// True when usage must be spliced into the caller's own body.
    pub(super) fn injects_usage(&self, call: &Call, upstream: WireFormat) -> bool {
        call.format == upstream
            && call.facts.stream
            && !call.facts.include_usage
            && self.asks_for_usage(upstream)
    }
}
