//! Base URLs of providers and proxies, checked before anything connects.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// For URLs without a usable host and port.
const NO_HOST: &str = "has no host, or a port that is none: write https://host or https://host:port";

/// A checked URL: no slash at the end of its path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct BaseUrl {
    pub(super) text: String,
    pub(super) host: String,
}

/// Checks an `http://` or `https://` URL with a host and without user or fragment.
pub(super) fn parse(text: &str) -> Result<BaseUrl, String> {
    let text = text.trim();
    let Some(rest) = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://")) else {
        return Err(match text.split_once("://") {
            Some((scheme, _)) => format!("must begin with https:// or http://, not {scheme}://"),
            None => "must begin with https:// or http://".to_owned(),
        });
    };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or("");
    if authority.is_empty() || authority.starts_with(':') {
        return Err(NO_HOST.to_owned());
    }
    if authority.contains('@') {
        return Err("may not hold a user or password: use 'api_key' or 'headers'".to_owned());
    }
    if rest.contains('#') {
        return Err("may not hold '#'".to_owned());
    }
    let uri: http::Uri = text.parse().map_err(|_| "is not a valid URL".to_owned())?;
    let host = uri.host().unwrap_or("").trim_matches(['[', ']']).to_ascii_lowercase();
    // A port that is not a number passes the parser above and is then read as none.
    let has_port = authority.rsplit_once(']').map_or(authority, |(_, after)| after).contains(':');
    if host.is_empty() || (has_port && uri.port_u16().is_none_or(|port| port == 0)) {
        return Err(NO_HOST.to_owned());
    }
    let text = match text.split_once('?') {
        Some((path, query)) => format!("{}?{query}", path.trim_end_matches('/')),
        None => text.trim_end_matches('/').to_owned(),
    };
    Ok(BaseUrl { text, host })
}

/// True when a URL leads to the address that we listen on.
pub(super) fn reaches(url: &str, listen: SocketAddr) -> bool {
    let Ok(uri) = url.parse::<http::Uri>() else { return false };
    let port = uri.port_u16().unwrap_or(if uri.scheme_str() == Some("https") { 443 } else { 80 });
    let host = uri.host().unwrap_or("").trim_matches(['[', ']']);
    let local = |ip: IpAddr| ip == listen.ip() || (listen.ip().is_unspecified() && ip.is_loopback());
    let same_host = match host.parse::<IpAddr>() {
        Ok(ip) => local(ip) || ip.is_unspecified(),
        Err(_) => {
            host.eq_ignore_ascii_case("localhost")
                && (local(Ipv4Addr::LOCALHOST.into()) || local(Ipv6Addr::LOCALHOST.into()))
        }
    };
    same_host && port == listen.port()
}

/// True for addresses that only the machine's own cloud should reach; a provider there is either a mistake
/// or an attempt to read the machine's credentials.
pub(super) fn is_link_local(host: &str) -> bool {
    const METADATA_NAMES: [&str; 2] = ["metadata.google.internal", "metadata.goog"];
    /// Alibaba Cloud's metadata service.
    const ALIBABA: Ipv4Addr = Ipv4Addr::new(100, 100, 100, 200);
    /// AWS's metadata service on IPv6.
    const AWS_V6: Ipv6Addr = Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254);
    let v4 = |ip: Ipv4Addr| ip.is_link_local() || ip == ALIBABA;
    match host.parse::<IpAddr>() {
        Ok(IpAddr::V4(ip)) => v4(ip),
        Ok(IpAddr::V6(ip)) => {
            ip.is_unicast_link_local() || ip == AWS_V6 || ip.to_ipv4_mapped().is_some_and(v4)
        }
        Err(_) => METADATA_NAMES.contains(&host.trim_end_matches('.')),
    }
}
