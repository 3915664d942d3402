//! Blocks of addresses, as `192.0.2.0/24`, `2001:db8::/32`, or one address alone. Serves key policies and trusted proxies.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

/// A block of addresses; the bits behind the prefix are zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Network {
    address: IpAddr,
    bits: u8,
}

/// Why a text is no block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NetworkError {
    /// The address is none.
    Address,
    /// The length of the prefix is none.
    Prefix,
    /// The address has bits behind the prefix, so that it is not clear what is meant.
    HostBits {
        /// The block that the address is in.
        block: Network,
    },
}

impl fmt::Display for NetworkError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address => {
                f.write_str("is no address: write for example 192.0.2.7, 192.0.2.0/24 or 2001:db8::/32")
            }
            Self::Prefix => {
                f.write_str("has a wrong length behind '/': write 0 to 32 for IPv4, 0 to 128 for IPv6")
            }
            Self::HostBits { block } => {
                write!(f, "is an address within a block: write {block} for the whole block")
            }
        }
    }
}

impl std::error::Error for NetworkError {}

impl Network {
    /// Is the address in the block? One of IPv4 that is written as IPv6 (`::ffff:192.0.2.7`) counts as the former.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.address, address.to_canonical()) {
            (IpAddr::V4(block), IpAddr::V4(one)) => u32::from(block) == u32::from(one) & mask32(self.bits),
            (IpAddr::V6(block), IpAddr::V6(one)) => u128::from(block) == u128::from(one) & mask128(self.bits),
            _ => false,
        }
    }
}

fn mask32(bits: u8) -> u32 {
    u32::MAX.checked_shl(32_u32.saturating_sub(bits.into())).unwrap_or(0)
}

fn mask128(bits: u8) -> u128 {
    u128::MAX.checked_shl(128_u32.saturating_sub(bits.into())).unwrap_or(0)
}

impl FromStr for Network {
    type Err = NetworkError;

    fn from_str(text: &str) -> Result<Self, NetworkError> {
        let (address, bits) = match text.split_once('/') {
            None => (text, None),
            Some((address, bits)) => (address, Some(bits)),
        };
        let given: IpAddr = address.parse().map_err(|_| NetworkError::Address)?;
        let mut address = given.to_canonical();
        let most = if given.is_ipv4() { 32 } else { 128 };
        let digits = |bits: &&str| bits.bytes().all(|b| b.is_ascii_digit()) && bits.len() <= 3;
        let mut bits = match bits {
            None => most,
            Some(bits) => {
                let bits = Some(bits).filter(digits).and_then(|bits| bits.parse::<u8>().ok());
                bits.filter(|bits| *bits <= most).ok_or(NetworkError::Prefix)?
            }
        };
        if given.is_ipv6() && address.is_ipv4() {
            match bits.checked_sub(96) {
                Some(left) => bits = left,
                // Wider than the block of mapped addresses: it is one of IPv6.
                None => address = given,
            }
        }
        let block = match address {
            IpAddr::V4(one) => IpAddr::V4((u32::from(one) & mask32(bits)).into()),
            IpAddr::V6(one) => IpAddr::V6((u128::from(one) & mask128(bits)).into()),
        };
        let network = Self { address: block, bits };
        if block == address { Ok(network) } else { Err(NetworkError::HostBits { block: network }) }
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let most = if self.address.is_ipv4() { 32 } else { 128 };
        match self.bits == most {
            true => write!(f, "{}", self.address),
            false => write!(f, "{}/{}", self.address, self.bits),
        }
    }
}

impl Serialize for Network {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Network {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(from)?;
        text.parse().map_err(|error| serde::de::Error::custom(format!("'{text}' {error}")))
    }
}

#[cfg(test)]
mod tests;
