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
    let same_host = match address(host) {
        Some(ip) => local(ip) || ip.is_unspecified(),
        None => {
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
    match address(host) {
        Some(IpAddr::V4(ip)) => v4(ip),
        Some(IpAddr::V6(ip)) => {
            ip.is_unicast_link_local() || ip == AWS_V6 || ip.to_ipv4_mapped().is_some_and(v4)
        }
        None => METADATA_NAMES.contains(&host.trim_end_matches('.')),
    }
}

/// The address that a host is, if it is no name. Resolvers take more spellings of an IPv4 address than four
/// decimal numbers, such as `2852039166`, `0xA9FEA9FE` or `0251.0376.43518`; they are read as the URL standard does.
fn address(host: &str) -> Option<IpAddr> {
    if let Ok(ip) = host.parse::<IpAddr>() {
        return Some(ip);
    }
    let host = host.strip_suffix('.').unwrap_or(host);
    let mut numbers = Vec::with_capacity(4);
    for part in host.split('.') {
        if numbers.len() == 4 {
            return None;
        }
        numbers.push(number(part)?);
    }
    // The last number fills all the octets that the others leave.
    let (last, others) = numbers.split_last()?;
    let mut value = *last;
    if value >> (8 * (4 - others.len())) != 0 {
        return None;
    }
    for (at, octet) in others.iter().enumerate() {
        value |= u64::from(u8::try_from(*octet).ok()?) << (8 * (3 - at));
    }
    u32::try_from(value).ok().map(|value| Ipv4Addr::from(value).into())
}

/// A part of an IPv4 address: decimal, octal after `0`, hexadecimal after `0x`.
fn number(part: &str) -> Option<u64> {
    let hex = part.strip_prefix("0x").or_else(|| part.strip_prefix("0X"));
    let (digits, radix) = match (hex, part.strip_prefix('0')) {
        (Some(""), _) => return Some(0),
        (Some(digits), _) => (digits, 16),
        (None, Some(digits)) if !digits.is_empty() => (digits, 8),
        _ => (part, 10),
    };
    let is_number = digits.bytes().all(|b| b.is_ascii_alphanumeric());
    is_number.then(|| u64::from_str_radix(digits, radix).ok()).flatten()
}
