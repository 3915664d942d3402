//! Where requests go: scheme, host, port and how to connect, parsed once per provider. Equal destinations are
//! one object, so that providers and configuration revisions share connections. No sockets here.

#[cfg(test)]
mod tests;

use crate::proxy::{Proxy, ProxyEnv, ProxyError, is_host};
use crate::tls::{TlsError, TlsFiles, client_config, proxy_config};
use gw_model::snapshot::ConnectOptions;
use http::Uri;
use http::uri::Authority;
use rustls::client::ClientConfig;
use rustls_pki_types::ServerName;
use std::error::Error;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};

/// Why a base URL or its connect options are of no use.
#[derive(Debug)]
pub enum DestinationError {
    /// Not an absolute URL.
    Url,
    /// Neither `http` nor `https`.
    Scheme,
    /// No host, or one that is no name or address.
    Host,
    /// User, password, query or fragment in the URL.
    Surplus,
    /// The proxy's setting.
    Proxy(ProxyError),
    /// Certificates or keys.
    Tls(TlsError),
}

impl fmt::Display for DestinationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Url => f.write_str("not a URL such as https://api.example.com/v1"),
            Self::Scheme => f.write_str("the URL must begin with http:// or https://"),
            Self::Host => f.write_str("the URL has no valid host"),
            Self::Surplus => f.write_str("the URL must have no user, password, query or fragment"),
            Self::Proxy(e) => e.fmt(f),
            Self::Tls(e) => e.fmt(f),
        }
    }
}

impl Error for DestinationError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Proxy(e) => Some(e),
            Self::Tls(e) => Some(e),
            _ => None,
        }
    }
}

/// TLS towards the provider or its proxy.
#[derive(Debug)]
pub(crate) struct Tls {
    pub(crate) name: ServerName<'static>,
    pub(crate) config: Arc<ClientConfig>,
}

impl Tls {
    /// The same for a protocol that is not HTTP, of which servers are told nothing.
    pub(crate) fn without_http(&self) -> Self {
        let mut config = ClientConfig::clone(&self.config);
        config.alpn_protocols.clear();
        Self { name: self.name.clone(), config: Arc::new(config) }
    }

    /// The same without HTTP/2: an upgrade is a matter of HTTP/1.1.
    pub(crate) fn http1_only(&self) -> Self {
        let mut config = ClientConfig::clone(&self.config);
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Self { name: self.name.clone(), config: Arc::new(config) }
    }
}

/// What two equal destinations agree in.
#[derive(Debug, PartialEq, Eq)]
struct Key {
    tls: bool,
    host: String,
    port: u16,
    proxy: Option<Proxy>,
    options: ConnectOptions,
    files: TlsFiles,
}

#[derive(Debug)]
pub(crate) struct Inner {
    id: u64,
    key: Key,
    /// Value of the `host` header.
    pub(crate) authority: String,
    /// The same for HTTP/2.
    pub(crate) uri_authority: Authority,
    /// `http://authority`, written in front of the path when a proxy forwards plain requests.
    pub(crate) absolute: Option<String>,
    pub(crate) tls: Option<Tls>,
    pub(crate) proxy_tls: Option<Tls>,
}

/// A destination. Cloning is cheap.
#[derive(Clone, Debug)]
pub struct Destination(Arc<Inner>);

static KNOWN: Mutex<Vec<Weak<Inner>>> = Mutex::new(Vec::new());
static NEXT_ID: AtomicU64 = AtomicU64::new(1);

impl Destination {
    /// Parses a provider's base URL. The second value is the URL's path without a trailing slash, to be put in
    /// front of each request's path. Reads the certificate files that the options name; when their content has
    /// changed, the result is a new destination with connections of its own.
    ///
    /// # Errors
    /// When the URL, the proxy or a certificate file is of no use.
    pub fn parse(
        base_url: &str,
        options: &ConnectOptions,
        env: &ProxyEnv,
    ) -> Result<(Self, String), DestinationError> {
        if base_url.contains(['?', '#']) {
            return Err(DestinationError::Surplus);
        }
        let uri: Uri = base_url.trim().parse().map_err(|_| DestinationError::Url)?;
        let tls = match uri.scheme_str() {
            Some("https") => true,
            Some("http") => false,
            Some(_) => return Err(DestinationError::Scheme),
            None => return Err(DestinationError::Url),
        };
        let authority = uri.authority().ok_or(DestinationError::Host)?;
        if authority.as_str().contains('@') {
            return Err(DestinationError::Surplus);
        }
        let host = authority.host().trim_start_matches('[').trim_end_matches(']').to_ascii_lowercase();
        let has_port = authority.as_str().len() > authority.host().len();
        if !is_host(&host) || (has_port && authority.port_u16().is_none()) {
            return Err(DestinationError::Host);
        }
        let port = authority.port_u16().unwrap_or(if tls { 443 } else { 80 });
        let proxy =
            env.select(options.proxy.as_deref(), tls, &host, port).map_err(DestinationError::Proxy)?;
        let files = TlsFiles::read(options).map_err(DestinationError::Tls)?;
        let key = Key { tls, host, port, proxy, options: options.clone(), files };
        Ok((Self::known_or_new(key)?, uri.path().trim_end_matches('/').to_owned()))
    }

    fn known_or_new(key: Key) -> Result<Self, DestinationError> {
        let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
        known.retain(|weak| weak.strong_count() > 0);
        if let Some(same) = known.iter().filter_map(Weak::upgrade).find(|d| d.key == key) {
            return Ok(Self(same));
        }
        let inner = Arc::new(Inner::new(key)?);
        known.push(Arc::downgrade(&inner));
        Ok(Self(inner))
    }

    /// Identifies the destination within this process.
    #[must_use]
    pub fn id(&self) -> u64 {
        self.0.id
    }

    /// The host as the URL names it, lower-case, without brackets.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.0.key.host
    }

    /// The port.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.0.key.port
    }

    /// The connection is encrypted.
    #[must_use]
    pub fn is_tls(&self) -> bool {
        self.0.key.tls
    }

    pub(crate) fn inner(&self) -> &Inner {
        &self.0
    }
}

impl Inner {
    fn new(key: Key) -> Result<Self, DestinationError> {
        let bracketed = if key.host.contains(':') { format!("[{}]", key.host) } else { key.host.clone() };
        let is_default_port = key.port == if key.tls { 443 } else { 80 };
        let authority = if is_default_port { bracketed } else { format!("{bracketed}:{}", key.port) };
        let tls = if key.tls {
            let config = client_config(&key.files).map_err(DestinationError::Tls)?;
            Some(Tls { name: server_name(&key.host)?, config })
        } else {
            None
        };
        let proxy_tls = match &key.proxy {
            Some(proxy) if proxy.tls => {
                let config = proxy_config(&key.files).map_err(DestinationError::Tls)?;
                Some(Tls { name: server_name(&proxy.host)?, config })
            }
            _ => None,
        };
        let forwards = key.proxy.is_some() && !key.tls && !key.options.http2_prior_knowledge;
        let absolute = forwards.then(|| format!("http://{authority}"));
        let uri_authority = Authority::try_from(authority.as_str()).map_err(|_| DestinationError::Host)?;
        let id = NEXT_ID.fetch_add(1, Ordering::Relaxed);
        Ok(Self { id, key, authority, uri_authority, absolute, tls, proxy_tls })
    }

    pub(crate) const fn id(&self) -> u64 {
        self.id
    }

    pub(crate) fn host(&self) -> &str {
        &self.key.host
    }

    pub(crate) fn port(&self) -> u16 {
        self.key.port
    }

    pub(crate) fn proxy(&self) -> Option<&Proxy> {
        self.key.proxy.as_ref()
    }

    pub(crate) fn allows_link_local(&self) -> bool {
        self.key.options.allow_link_local
    }

    pub(crate) fn wants_public(&self) -> bool {
        self.key.options.only_public
    }

    pub(crate) fn prior_knowledge(&self) -> bool {
        self.key.options.http2_prior_knowledge && !self.key.tls
    }

    /// Requests may end up on a shared HTTP/2 connection.
    pub(crate) fn may_be_http2(&self) -> bool {
        self.key.tls || self.prior_knowledge()
    }
}

fn server_name(host: &str) -> Result<ServerName<'static>, DestinationError> {
    ServerName::try_from(host.to_owned()).map_err(|_| DestinationError::Host)
}
