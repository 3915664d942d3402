//! Addresses to listen on.

use crate::document::Node;
use crate::shape::{Reader, Shape, shown};
use serde_json::{Value, json};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

/// An address and a port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Listen(pub SocketAddr);

/// Parses `ADDRESS:PORT`, for the configuration and for `--listen`: an IPv4 address, an IPv6 address in
/// brackets, or `localhost`. Port 0 lets the system choose.
///
/// # Errors
/// A message that says what to write.
pub fn parse_listen(text: &str) -> Result<SocketAddr, String> {
    let text = text.trim();
    let wrong = |why: &str| {
        format!(
            "'{}' is not an address to listen on: {why}, for example 127.0.0.1:4000 or [::1]:4000",
            shown(text)
        )
    };
    if let Ok(address) = text.parse::<SocketAddr>() {
        return Ok(address);
    }
    if text.parse::<IpAddr>().is_ok() {
        return Err(wrong("add a port"));
    }
    match text.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|b| b.is_ascii_digit()) => match port.parse::<u16>() {
            Err(_) => Err(wrong("the port must be a number from 0 to 65535")),
            Ok(port) if host == "localhost" => Ok(SocketAddr::new(Ipv4Addr::LOCALHOST.into(), port)),
            Ok(_) if host.is_empty() => {
                Err(wrong("write 0.0.0.0 or [::] before the port for all interfaces"))
            }
            Ok(_) => Err(wrong("write an IP address and a port")),
        },
        _ => Err(wrong("write an IP address and a port")),
    }
}

impl From<&str> for Listen {
    /// For defaults in code; what does not parse becomes the default address.
    fn from(text: &str) -> Self {
        Self(parse_listen(text).unwrap_or_else(|_| SocketAddr::new(Ipv4Addr::LOCALHOST.into(), 4000)))
    }
}

impl Shape for Listen {
    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        let scalar = reader.scalar(node, "an address and port such as 127.0.0.1:4000")?;
        match parse_listen(&scalar.text) {
            Ok(address) => Some(Self(address)),
            Err(message) => {
                reader.faults.add(node.place, message);
                None
            }
        }
    }

    fn schema() -> Value {
        json!({ "type": "string" })
    }
}
