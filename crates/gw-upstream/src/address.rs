//! Which addresses may never be an upstream unless allowed by name: link-local ones, metadata services of
//! clouds, unspecified and multicast addresses. Applied to resolved addresses, so that a name cannot hide one.

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

/// True when the address is refused. Loopback and private networks are not.
pub(crate) fn is_forbidden(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => is_forbidden_v4(v4),
        IpAddr::V6(v6) => is_forbidden_v6(v6),
    }
}

fn is_forbidden_v4(a: Ipv4Addr) -> bool {
    // 0.0.0.0/8 means "this host" to many systems.
    a.octets()[0] == 0
        || a.is_link_local()
        || a.is_multicast()
        || a.is_broadcast()
        || SERVICES_V4.contains(&a)
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
}

/// True for the machine itself, private networks and what is set apart for them.
pub(crate) fn is_private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => is_private_v4(v4),
        IpAddr::V6(v6) => {
            let first = v6.segments()[0];
            v6.is_loopback()
                || (first & 0xfe00) == 0xfc00
                || (first & 0xffc0) == 0xfec0
                || embedded_v4(v6).is_some_and(is_private_v4)
        }
    }
}

fn is_private_v4(a: Ipv4Addr) -> bool {
    let [first, second, ..] = a.octets();
    a.is_loopback()
        || a.is_private()
        // Carriers' networks, protocol assignments, benchmarks, and what is kept for later.
        || (first == 100 && (64..128).contains(&second))
        || (first == 192 && second == 0)
        || (first == 198 && (18..20).contains(&second))
        || first >= 240
}

/// The IPv4 address that an IPv6 address stands for: mapped, compatible, NAT64 or 6to4.
fn embedded_v4(a: Ipv6Addr) -> Option<Ipv4Addr> {
    let s = a.segments();
    let join = |high: u16, low: u16| Ipv4Addr::from((u32::from(high) << 16) | u32::from(low));
    match s {
        [0, 0, 0, 0, 0, 0 | 0xffff, high, low] => Some(join(high, low)),
        [0, 0, 0, 0, 0xffff, 0, high, low] => Some(join(high, low)),
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] => Some(join(high, low)),
        [0x2002, high, low, ..] => Some(join(high, low)),
        _ => None,
    }
}
