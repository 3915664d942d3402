//! Which addresses may never be an upstream unless allowed by name: link-local ones, metadata services of
//! clouds, unspecified and multicast addresses; and which are not of the public internet, as IANA's registries of special-purpose
//! addresses (2025) have them. Applied to resolved addresses, so that a name cannot hide one.

#[cfg(test)]
mod tests;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Metadata and host services of clouds that are not link-local.
const SERVICES_V4: [Ipv4Addr; 3] = [
    // Alibaba Cloud, Oracle Cloud (first generation), Azure's host service.
    Ipv4Addr::new(100, 100, 100, 200),
    Ipv4Addr::new(192, 0, 0, 192),
    Ipv4Addr::new(168, 63, 129, 16),
];
const SERVICES_V6: [Ipv6Addr; 2] = [
    // AWS, Google Cloud.
    Ipv6Addr::new(0xfd00, 0x0ec2, 0, 0, 0, 0, 0, 0x0254),
    Ipv6Addr::new(0xfd20, 0x00ce, 0, 0, 0, 0, 0, 0x0254),
];

/// IPv4 that is not globally reachable, or of which nobody can be a host: address and length of the prefix.
const SPECIAL_V4: [(Ipv4Addr, u32); 15] = [
    // This network, private, shared by carriers, loopback, link-local, private.
    (Ipv4Addr::new(0, 0, 0, 0), 8),
    (Ipv4Addr::new(10, 0, 0, 0), 8),
    (Ipv4Addr::new(100, 64, 0, 0), 10),
    (Ipv4Addr::new(127, 0, 0, 0), 8),
    (Ipv4Addr::new(169, 254, 0, 0), 16),
    (Ipv4Addr::new(172, 16, 0, 0), 12),
    // Protocol assignments, documentation, relays of 6to4, private, benchmarks, documentation twice.
    (Ipv4Addr::new(192, 0, 0, 0), 24),
    (Ipv4Addr::new(192, 0, 2, 0), 24),
    (Ipv4Addr::new(192, 88, 99, 0), 24),
    (Ipv4Addr::new(192, 168, 0, 0), 16),
    (Ipv4Addr::new(198, 18, 0, 0), 15),
    (Ipv4Addr::new(198, 51, 100, 0), 24),
    (Ipv4Addr::new(203, 0, 113, 0), 24),
    // Multicast; kept for later, and broadcast.
    (Ipv4Addr::new(224, 0, 0, 0), 4),
    (Ipv4Addr::new(240, 0, 0, 0), 4),
];

/// The same of IPv6, within what is given out as global unicast: what lies outside of that is not public at all.
const SPECIAL_V6: [(Ipv6Addr, u32); 3] = [
    // Protocol assignments (Teredo, benchmarks, ORCHID and others), documentation twice.
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23),
    (Ipv6Addr::new(0x2001, 0x0db8, 0, 0, 0, 0, 0, 0), 32),
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20),
];

const GLOBAL_UNICAST: (Ipv6Addr, u32) = (Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0), 3);

/// NAT64 within one network. Where in it an IPv4 address stands is that network's to say.
const LOCAL_NAT64: (Ipv6Addr, u32) = (Ipv6Addr::new(0x64, 0xff9b, 1, 0, 0, 0, 0, 0), 48);

/// True when the address is refused. Loopback and private networks are not.
pub(crate) fn is_forbidden(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => is_forbidden_v4(v4),
        IpAddr::V6(v6) => is_forbidden_v6(v6),
    }
}

fn is_forbidden_v4(a: Ipv4Addr) -> bool {
    // 0.0.0.0/8 means "this host" to many systems.
    a.octets()[0] == 0 || a.is_multicast() || a.is_broadcast() || is_service(a)
}

/// Link-local addresses, where clouds have their metadata, and those that are elsewhere.
fn is_service(a: Ipv4Addr) -> bool {
    a.is_link_local() || SERVICES_V4.contains(&a)
}

fn is_forbidden_v6(a: Ipv6Addr) -> bool {
    if a == Ipv6Addr::LOCALHOST {
        return false;
    }
    a.is_unspecified()
        || a.is_multicast()
        || a.is_unicast_link_local()
        || SERVICES_V6.contains(&a)
        || embedded_v4(a).is_some_and(is_forbidden_v4)
        || (is_within_v6(a, LOCAL_NAT64) && locally_embedded_v4(a).into_iter().any(is_service))
}

/// True for what is not of the public internet: the machine itself, private networks, and what is set apart.
pub(crate) fn is_private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => is_private_v4(v4),
        IpAddr::V6(v6) => {
            let stands_for = embedded_v4(v6);
            let is_global = is_within_v6(v6, GLOBAL_UNICAST)
                && !SPECIAL_V6.into_iter().any(|prefix| is_within_v6(v6, prefix));
            stands_for.map_or(!is_global, |v4| is_private_v4(v4) || !(is_global || is_translated(v6)))
        }
    }
}

fn is_private_v4(a: Ipv4Addr) -> bool {
    SPECIAL_V4.into_iter().any(|(prefix, length)| (a.to_bits() ^ prefix.to_bits()) >> (32 - length) == 0)
}

fn is_within_v6(a: Ipv6Addr, (prefix, length): (Ipv6Addr, u32)) -> bool {
    (a.to_bits() ^ prefix.to_bits()) >> (128 - length) == 0
}

/// True for prefixes that say nothing but that an IPv4 address follows: mapped, compatible, translated and NAT64.
fn is_translated(a: Ipv6Addr) -> bool {
    matches!(
        a.segments(),
        [0, 0, 0, 0, 0, 0 | 0xffff, ..] | [0, 0, 0, 0, 0xffff, 0, ..] | [0x64, 0xff9b, 0, 0, 0, 0, ..]
    )
}

/// The IPv4 address that an IPv6 address stands for: mapped, compatible, translated, NAT64, 6to4 or ISATAP.
fn embedded_v4(a: Ipv6Addr) -> Option<Ipv4Addr> {
    let join = |high: u16, low: u16| Ipv4Addr::from((u32::from(high) << 16) | u32::from(low));
    match a.segments() {
        [.., high, low] if is_translated(a) => Some(join(high, low)),
        [0x2002, high, low, ..] => Some(join(high, low)),
        [.., 0 | 0x0200, 0x5efe, high, low] => Some(join(high, low)),
        _ => None,
    }
}

/// What an address of a NAT64 prefix of 48, 56, 64 or 96 bits may stand for (RFC 6052; its ninth octet is none of it).
fn locally_embedded_v4(a: Ipv6Addr) -> [Ipv4Addr; 4] {
    let o = a.octets();
    [
        Ipv4Addr::new(o[6], o[7], o[9], o[10]),
        Ipv4Addr::new(o[7], o[9], o[10], o[11]),
        Ipv4Addr::new(o[9], o[10], o[11], o[12]),
        Ipv4Addr::new(o[12], o[13], o[14], o[15]),
    ]
}
