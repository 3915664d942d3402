//! Where a request comes from: whoever is connected, or whoever a trusted proxy says it speaks for. Nobody else is believed.

use gw_model::Network;
use http::header::{HeaderMap, HeaderName};
use std::net::{IpAddr, SocketAddr};

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The client's address. Each proxy adds whom it heard from at the end, so the list is read from there, and the first that is
/// no trusted proxy is the client; what stands before it anybody may have written. What is no address ends the reading: then
/// the last proxy that could be told counts.
pub(crate) fn address(peer: IpAddr, headers: &HeaderMap, trusted: &[Network]) -> IpAddr {
    let mut client = peer.to_canonical();
    let is_trusted = |address: IpAddr| trusted.iter().any(|block| block.contains(address));
    // Usually there is none, and no header is looked up.
    if trusted.is_empty() || !is_trusted(client) {
        return client;
    }
    for value in headers.get_all(FORWARDED_FOR).into_iter().rev() {
        let Ok(text) = value.to_str() else { return client };
        for one in text.rsplit(',') {
            let Some(address) = parse(one.trim()) else { return client };
            client = address;
            if !is_trusted(client) {
                return client;
            }
        }
    }
    client
}

/// An address, with a port or not, as proxies write them.
fn parse(text: &str) -> Option<IpAddr> {
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    let with_port = || text.parse::<SocketAddr>().ok().map(|address| address.ip());
    bare.parse::<IpAddr>().ok().or_else(with_port).map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests;
