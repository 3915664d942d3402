//! What can be worked out once for a provider.

use super::signing::Signer;
use super::url::{self, Path};
use super::{agents, headers};
use crate::catalog::{StreamUsage, catalog};
use crate::hosted;
use gw_model::call::Call;
use gw_model::catalog::{AuthScheme, ProviderKind};
use gw_model::format::{Api, WireFormat};
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
    /// Requests are to be signed, and there is no region to sign for.
    Region,
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
            Self::Region => f.write_str("requests to AWS are signed for a region; name it"),
        }
    }
}

impl std::error::Error for PrepareError {}

/// A provider with everything precomputed that does not depend on the call. Made once per snapshot.
#[derive(Clone, Debug)]
pub struct PreparedProvider {
    scheme: Scheme,
    authority: Authority,
    /// The base URL's path, without a slash at its end.
    base_path: String,
    paths: Vec<(WireFormat, ReadyPath)>,
    headers: HeaderMap,
    /// For OpenAI's formats, where they take the credential elsewhere.
    openai_headers: Option<HeaderMap>,
    stream_usage: StreamUsage,
    signer: Option<Signer>,
    agents: Option<String>,
}

#[derive(Clone, Debug)]
enum ReadyPath {
    Whole(PathAndQuery),
    Around {
        before: String,
        whole: String,
        stream: String,
    },
    /// Vertex AI: the model decides more than a segment.
    Vertex {
        root: String,
        query: String,
    },
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
                Path::Around { before, whole, stream } => ReadyPath::Around { before, whole, stream },
                Path::Vertex { root, query } => ReadyPath::Vertex { root, query },
            };
            paths.push((*format, ready));
        }
        let headers = headers::fixed(provider, &provider.auth).map_err(PrepareError::Header)?;
        let openai_headers = match provider.kind {
            ProviderKind::Gemini => Some(headers::fixed(provider, &AuthScheme::Bearer)),
            _ => None,
        };
        let openai_headers = openai_headers.transpose().map_err(PrepareError::Header)?;
        let stream_usage = match catalog().stream_usage(authority.as_str()) {
            StreamUsage::OnRequest => catalog().stream_usage(&provider.price_key),
            always @ StreamUsage::Always => always,
        };
        let signer = Signer::new(provider, &scheme, &authority)?;
        let agents = agents::authority(provider.kind, authority.as_str());
        let base_path = path.to_owned();
        Ok(Self {
            scheme,
            authority,
            base_path,
            paths,
            headers,
            openai_headers,
            stream_usage,
            signer,
            agents,
        })
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

    /// What every request in that format carries.
    pub(super) fn headers(&self, format: WireFormat) -> &HeaderMap {
        match &self.openai_headers {
            Some(headers) if format.api() == Api::OpenAi => headers,
            _ => &self.headers,
        }
    }

    /// Host (and port) of requests in that format, where it is another one than the base URL's.
    #[must_use]
    pub fn other_authority(&self, format: WireFormat) -> Option<&str> {
        self.agents.as_deref().filter(|_| agents::serve(format))
    }

    /// The base URL's path, without a slash at its end.
    pub(super) fn base_path(&self) -> &str {
        &self.base_path
    }

    /// What every request to that path carries.
    pub(super) fn raw_headers(&self, path: &str) -> &HeaderMap {
        match &self.openai_headers {
            Some(headers) if path.contains("/openai/") => headers,
            _ => &self.headers,
        }
    }

    /// Signs requests, where the provider wants that.
    pub(super) const fn signer(&self) -> Option<&Signer> {
        self.signer.as_ref()
    }

    /// The path for a format and model.
    pub(super) fn path(
        &self,
        format: WireFormat,
        model: &str,
        is_stream: bool,
    ) -> Result<PathAndQuery, Refusal> {
        let refuse = |text: String| Refusal::new(ErrorCode::InvalidRequest, text).param("model");
        match self.paths.iter().find(|(known, _)| *known == format) {
            Some((_, ReadyPath::Whole(path))) => Ok(path.clone()),
            Some((_, ReadyPath::Around { before, whole, stream })) => {
                // Google's own lists name its models so.
                let name = match format.api() {
                    Api::Gemini => model.strip_prefix("models/").unwrap_or(model),
                    _ => model,
                };
                // A segment of dots would climb out of the path.
                if name.is_empty() || name.bytes().all(|b| b == b'.') {
                    return Err(refuse(format!("`{model}` cannot be the name of a model in a URL.")));
                }
                let after = if is_stream { stream } else { whole };
                let text = [before, &*url::segment(name), after].concat();
                text.parse().map_err(|_| refuse(format!("`{model}` cannot be the name of a model in a URL.")))
            }
            Some((_, ReadyPath::Vertex { root, query })) => {
                let name = model.rsplit('/').next().unwrap_or_default();
                if name.bytes().all(|b| matches!(b, b'.' | b'@')) {
                    return Err(refuse(format!("`{model}` cannot be the name of a model in a URL.")));
                }
                let segment = |name: &str| url::segment(name).into_owned();
                let text = hosted::vertex_path(root, query, format, model, is_stream, segment);
                text.parse().map_err(|_| refuse(format!("`{model}` cannot be the name of a model in a URL.")))
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

    /// True when the provider answers with an error to the question for usage, which it states unasked.
    pub(super) fn refuses_usage_question(&self, upstream: WireFormat) -> bool {
        matches!(upstream, WireFormat::OpenAiChat | WireFormat::OpenAiCompletions)
            && self.stream_usage == StreamUsage::Always
    }

    /// True when usage must be spliced into the caller's own body.
    pub(super) fn injects_usage(&self, call: &Call, upstream: WireFormat) -> bool {
        call.format == upstream
            && call.facts.stream
            && !call.facts.include_usage
            && self.asks_for_usage(upstream)
    }
}
