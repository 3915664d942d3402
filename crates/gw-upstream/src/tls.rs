//! TLS settings towards providers: the public authorities plus a configured file, and an optional client
//! certificate. Reads files when a destination is built, never on the request path.

use gw_model::snapshot::ConnectOptions;
use rustls::client::ClientConfig;
use rustls::{RootCertStore, crypto};
use rustls_pki_types::pem::{self, PemObject};
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use std::error::Error;
use std::fmt;
use std::sync::{Arc, OnceLock};

/// Why TLS could not be set up.
#[derive(Debug)]
pub enum TlsError {
    /// A file cannot be read or is not PEM.
    File {
        /// Its path, as configured.
        path: Arc<str>,
        /// The cause.
        source: pem::Error,
    },
    /// A file holds no certificate.
    Empty {
        /// Its path, as configured.
        path: Arc<str>,
    },
    /// A client certificate without a key, or the reverse.
    Incomplete,
    /// A certificate or key that cannot be used.
    Unusable(rustls::Error),
}

impl fmt::Display for TlsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { path, .. } => write!(f, "cannot read PEM from {path}"),
            Self::Empty { path } => write!(f, "no certificate in {path}"),
            Self::Incomplete => f.write_str("a client certificate needs both its file and its key file"),
            Self::Unusable(_) => f.write_str("the certificate or key cannot be used"),
        }
    }
}

impl Error for TlsError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::File { source, .. } => Some(source),
            Self::Unusable(source) => Some(source),
            Self::Empty { .. } | Self::Incomplete => None,
        }
    }
}

/// The files that the options name, read.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct TlsFiles {
    authorities: Vec<CertificateDer<'static>>,
    client: Option<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>)>,
}

impl TlsFiles {
    pub(crate) fn read(options: &ConnectOptions) -> Result<Self, TlsError> {
        let authorities = options.ca_file.as_ref().map_or_else(|| Ok(Vec::new()), certificates)?;
        let client = match (&options.client_cert_file, &options.client_key_file) {
            (None, None) => None,
            (Some(chain), Some(key)) => {
                let read = PrivateKeyDer::from_pem_file(key.as_ref())
                    .map_err(|source| TlsError::File { path: Arc::clone(key), source })?;
                Some((certificates(chain)?, read))
            }
            _ => return Err(TlsError::Incomplete),
        };
        Ok(Self { authorities, client })
    }

    fn is_empty(&self) -> bool {
        self.authorities.is_empty() && self.client.is_none()
    }
}

fn certificates(path: &Arc<str>) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let all: Result<Vec<_>, _> = CertificateDer::pem_file_iter(path.as_ref()).and_then(Iterator::collect);
    match all {
        Ok(list) if list.is_empty() => Err(TlsError::Empty { path: Arc::clone(path) }),
        Ok(list) => Ok(list),
        Err(source) => Err(TlsError::File { path: Arc::clone(path), source }),
    }
}

/// A client configuration that offers HTTP/2 and HTTP/1.1. Destinations without files share one.
pub(crate) fn client_config(files: &TlsFiles) -> Result<Arc<ClientConfig>, TlsError> {
    static COMMON: OnceLock<Arc<ClientConfig>> = OnceLock::new();
    if !files.is_empty() {
        return build(files, true);
    }
    if let Some(common) = COMMON.get() {
        return Ok(Arc::clone(common));
    }
    let built = build(files, true)?;
    Ok(Arc::clone(COMMON.get_or_init(|| built)))
}

/// A client configuration towards a proxy: no protocol is negotiated.
pub(crate) fn proxy_config(files: &TlsFiles) -> Result<Arc<ClientConfig>, TlsError> {
    build(files, false)
}

fn build(files: &TlsFiles, negotiate: bool) -> Result<Arc<ClientConfig>, TlsError> {
    let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    for authority in &files.authorities {
        roots.add(authority.clone()).map_err(TlsError::Unusable)?;
    }
    let builder = ClientConfig::builder_with_provider(Arc::new(crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(TlsError::Unusable)?
        .with_root_certificates(roots);
    // A proxy is not the party that the client certificate is for.
    let mut config = match &files.client {
        Some((chain, key)) if negotiate => {
            builder.with_client_auth_cert(chain.clone(), key.clone_key()).map_err(TlsError::Unusable)?
        }
        _ => builder.with_no_client_auth(),
    };
    if negotiate {
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    }
    Ok(Arc::new(config))
}
