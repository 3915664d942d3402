//! Makes a connection: addresses, the check of them, TCP, the proxy's tunnel, TLS. The caller sets the time
//! limit around all of it.

mod race;
mod tunnel;

use crate::address::{is_forbidden, is_private};
use crate::destination::{Inner, Tls};
use crate::error::{SendError, SendErrorKind};
use crate::resolve::Resolver;
use crate::transport::Transport;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// Silence after which the system probes a connection, so that a dead peer is noticed behind quiet streams.
const KEEPALIVE: Duration = Duration::from_secs(45);

/// A new connection and what is spoken on it.
pub(crate) struct Dialed {
    pub(crate) transport: Transport,
    pub(crate) http2: bool,
}

/// What a connection is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Requests, in whichever version of HTTP the peer prefers.
    Requests,
    /// One upgrade: HTTP/1.1, and a tunnel through any proxy, which could not forward what follows.
    Upgrade,
}

/// Connects to a destination, through its proxy if it has one.
pub(crate) async fn dial(resolver: &Resolver, to: &Inner, purpose: Purpose) -> Result<Dialed, SendError> {
    let upgrade = purpose == Purpose::Upgrade;
    let transport = match to.proxy() {
        None => Transport::Plain(connect(resolver, to, to.host(), to.port()).await?),
        Some(proxy) => {
            // The proxy resolves names itself; what can be seen here is checked here.
            if let Ok(literal) = to.host().parse::<IpAddr>() {
                check(literal, to)?;
            }
            // The proxy's own address is held to the same rules.
            let stream = connect(resolver, to, &proxy.host, proxy.port).await?;
            let mut transport = match &to.proxy_tls {
                Some(tls) => Transport::Tls(Box::new(handshake(tls, stream).await?)),
                None => Transport::Plain(stream),
            };
            if to.absolute.is_none() || upgrade {
                tunnel::open(&mut transport, to, proxy).await?;
            }
            transport
        }
    };
    let Some(tls) = &to.tls else {
        return Ok(Dialed { transport, http2: to.prior_knowledge() && !upgrade });
    };
    let http1;
    let tls = if upgrade {
        http1 = tls.http1_only();
        &http1
    } else {
        tls
    };
    Ok(match transport {
        Transport::Plain(stream) => {
            let stream = handshake(tls, stream).await?;
            let http2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
            Dialed { transport: Transport::Tls(Box::new(stream)), http2 }
        }
        Transport::Tls(outer) => {
            let stream = handshake(tls, *outer).await?;
            let http2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
            Dialed { transport: Transport::Nested(Box::new(stream)), http2 }
        }
        // There are two layers at most: the proxy's and the provider's.
        nested @ Transport::Nested(_) => Dialed { transport: nested, http2: false },
    })
}

async fn connect(resolver: &Resolver, to: &Inner, host: &str, port: u16) -> Result<TcpStream, SendError> {
    let found = resolver.lookup(host).await.map_err(|e| SendError::with(SendErrorKind::Resolve, e))?;
    let allowed: Vec<SocketAddr> =
        found.iter().filter(|a| check(**a, to).is_ok()).map(|a| SocketAddr::new(*a, port)).collect();
    if allowed.is_empty() {
        return Err(SendError::new(SendErrorKind::ForbiddenAddress));
    }
    let stream = race::connect_any(&allowed).await.map_err(|e| {
        // The name may have moved.
        resolver.forget(host);
        SendError::with(SendErrorKind::Connect, e)
    })?;
    // Neither option is worth failing a connection that stands.
    let _ = stream.set_nodelay(true);
    let probe = socket2::TcpKeepalive::new().with_time(KEEPALIVE).with_interval(KEEPALIVE / 3);
    let _ = socket2::SockRef::from(&stream).set_tcp_keepalive(&probe);
    Ok(stream)
}

fn check(address: IpAddr, to: &Inner) -> Result<(), SendError> {
    if is_forbidden(address) && !to.allows_link_local() {
        return Err(SendError::new(SendErrorKind::ForbiddenAddress));
    }
    if to.wants_public() && is_private(address) {
        return Err(SendError::new(SendErrorKind::ForbiddenAddress));
    }
    Ok(())
}

/// Connects for a protocol that is not HTTP, past any proxy.
pub(crate) async fn open(resolver: &Resolver, to: &Inner) -> Result<TcpStream, SendError> {
    connect(resolver, to, to.host(), to.port()).await
}

/// Makes such a connection an encrypted one. Errors: also where the destination has no TLS.
pub(crate) async fn encrypt(to: &Inner, stream: TcpStream) -> Result<TlsStream<TcpStream>, SendError> {
    let tls = to.tls.as_ref().ok_or_else(|| SendError::new(SendErrorKind::InvalidRequest))?;
    handshake(&tls.without_http(), stream).await
}

async fn handshake<S>(tls: &Tls, stream: S) -> Result<TlsStream<S>, SendError>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let connector = TlsConnector::from(Arc::clone(&tls.config));
    connector.connect(tls.name.clone(), stream).await.map_err(|e| SendError::with(SendErrorKind::Tls, e))
}
