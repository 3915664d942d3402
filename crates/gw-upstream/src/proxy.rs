//! Forward proxies: which one a destination goes through, from its own setting or from the environment.

#[cfg(test)]
mod tests;

use std::error::Error;
use std::fmt;
use std::net::IpAddr;

/// Why a proxy setting is of no use. The text of the setting is not shown: it may hold a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProxyError {
    /// Not `http://` or `https://`.
    Scheme,
    /// No host, or characters that a host cannot have.
    Host,
    /// A port that is none.
    Port,
    /// A malformed user or password.
    Credentials,
}

impl fmt::Display for ProxyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Scheme => "a proxy must be http:// or https://",
            Self::Host => "the proxy has no valid host",
            Self::Port => "the proxy has no valid port",
            Self::Credentials => "the proxy's user or password is malformed",
        })
    }
}

impl Error for ProxyError {}

/// A proxy, parsed.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct Proxy {
    /// The connection to the proxy itself is encrypted.
    pub(crate) tls: bool,
    /// Name or address, without brackets.
    pub(crate) host: String,
    pub(crate) port: u16,
    /// Value of `proxy-authorization`.
    pub(crate) authorization: Option<String>,
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}

impl Proxy {
    pub(crate) fn parse(url: &str) -> Result<Self, ProxyError> {
        let (tls, rest) = match url.split_once("://") {
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("http") => (false, rest),
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("https") => (true, rest),
            Some(_) => return Err(ProxyError::Scheme),
            // The usual shorthand `host:port`.
            None => (false, url),
        };
        let authority = rest.trim_end_matches('/');
        let (user, host) = authority.rsplit_once('@').map_or((None, authority), |(u, h)| (Some(u), h));
        let authorization = user.map(basic).transpose()?;
        let (host, port) = split_port(host).ok_or(ProxyError::Port)?;
        if !is_host(host) {
            return Err(ProxyError::Host);
        }
        let port = port.unwrap_or(if tls { 443 } else { 80 });
        Ok(Self { tls, host: host.to_ascii_lowercase(), port, authorization })
    }
}

/// Proxy settings of the process, read once at start.
#[derive(Clone, Default)]
pub struct ProxyEnv {
    http: Option<String>,
    https: Option<String>,
    bypass: Vec<String>,
}

impl fmt::Debug for ProxyEnv {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The settings may hold passwords.
        f.debug_struct("ProxyEnv").field("bypass", &self.bypass).finish_non_exhaustive()
    }
}

impl ProxyEnv {
    /// Reads `http_proxy`, `https_proxy` and `no_proxy` by way of `get`; the lower-case name wins over the
    /// upper-case one, and empty values count as absent.
    pub fn from_vars(get: impl Fn(&str) -> Option<String>) -> Self {
        let read = |name: &str| {
            let found = get(name).filter(|v| !v.trim().is_empty());
            found.or_else(|| get(&name.to_ascii_uppercase()).filter(|v| !v.trim().is_empty()))
        };
        let bypass = read("no_proxy").unwrap_or_default();
        let bypass =
            bypass.split(',').map(|e| e.trim().to_ascii_lowercase()).filter(|e| !e.is_empty()).collect();
        Self { http: read("http_proxy"), https: read("https_proxy"), bypass }
    }

    /// The proxy for a destination. `own` is the destination's setting; empty text there means none.
    pub(crate) fn select(
        &self,
        own: Option<&str>,
        tls: bool,
        host: &str,
        port: u16,
    ) -> Result<Option<Proxy>, ProxyError> {
        match own.map(str::trim) {
            Some("") => Ok(None),
            Some(url) => Proxy::parse(url).map(Some),
            None if self.bypasses(host, port) => Ok(None),
            None => {
                let url = if tls { &self.https } else { &self.http };
                url.as_deref().map(|u| Proxy::parse(u.trim())).transpose()
            }
        }
    }

    /// Loopback is never proxied; else entries are `*`, a name (with its subdomains), an address or a network,
    /// each with an optional port.
    fn bypasses(&self, host: &str, port: u16) -> bool {
        let address = host.parse::<IpAddr>().ok();
        if host == "localhost" || address.is_some_and(|a| a.is_loopback()) {
            return true;
        }
        self.bypass.iter().any(|entry| {
            if entry == "*" {
                return true;
            }
            if let (Some(address), Some((network, bits))) = (address, entry.split_once('/')) {
                return in_network(address, network, bits);
            }
            let Some((name, only_port)) = split_port(entry) else { return false };
            if only_port.is_some_and(|p| p != port) {
                return false;
            }
            let name = name.trim_start_matches("*.").trim_start_matches('.');
            let is_subdomain = || host.strip_suffix(name).is_some_and(|front| front.ends_with('.'));
            address.map_or_else(
                || !name.is_empty() && (host == name || is_subdomain()),
                |a| name.parse() == Ok(a),
            )
        })
    }
}

fn in_network(address: IpAddr, network: &str, bits: &str) -> bool {
    let Ok(bits) = bits.parse::<u32>() else { return false };
    match (address, network.parse::<IpAddr>()) {
        (IpAddr::V4(a), Ok(IpAddr::V4(n))) if bits <= 32 => {
            let mask = u32::MAX.checked_shl(32 - bits).unwrap_or(0);
            a.to_bits() & mask == n.to_bits() & mask
        }
        (IpAddr::V6(a), Ok(IpAddr::V6(n))) if bits <= 128 => {
            let mask = u128::MAX.checked_shl(128 - bits).unwrap_or(0);
            a.to_bits() & mask == n.to_bits() & mask
        }
        _ => false,
    }
}

/// `host`, `host:port`, `[v6]`, `[v6]:port` or a bare IPv6 address. `None` when the port is malformed.
fn split_port(text: &str) -> Option<(&str, Option<u16>)> {
    if let Some(rest) = text.strip_prefix('[') {
        let (host, rest) = rest.split_once(']')?;
        return match rest.strip_prefix(':') {
            Some(port) => Some((host, Some(port.parse().ok()?))),
            None => rest.is_empty().then_some((host, None)),
        };
    }
    match text.split_once(':') {
        Some((host, port)) if !port.contains(':') => Some((host, Some(port.parse().ok()?))),
        _ => Some((text, None)),
    }
}

/// True for names and addresses that can stand in a `host` header.
pub(crate) fn is_host(host: &str) -> bool {
    !host.is_empty()
        && (host.parse::<IpAddr>().is_ok()
            || host.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_')))
}

/// `Basic` credentials from the percent-encoded user part of a URL.
fn basic(user: &str) -> Result<String, ProxyError> {
    let mut plain = Vec::with_capacity(user.len() + 1);
    let mut rest = user.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let hex = |b: Option<u8>| b.and_then(|b| char::from(b).to_digit(16));
            let (Some(high), Some(low)) = (hex(rest.next()), hex(rest.next())) else {
                return Err(ProxyError::Credentials);
            };
            plain.extend(u8::try_from(high * 16 + low));
        } else {
            plain.push(byte);
        }
    }
    if !user.contains(':') {
        plain.push(b':');
    }
    Ok(format!("Basic {}", base64(&plain)))
}

fn base64(input: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::with_capacity(input.len().div_ceil(3) * 4);
    for group in input.chunks(3) {
        let bits = group.iter().fold(0_u32, |bits, b| (bits << 8) | u32::from(*b)) << (8 * (3 - group.len()));
        for place in 0..4 {
            let index = (bits >> (18 - 6 * place)) & 63;
            out.push(if place <= group.len() { char::from(ALPHABET[index as usize]) } else { '=' });
        }
    }
    out
}
