//! Whom a proxy speaks for, and who only says so.

use super::{FORWARDED_FOR, address};
use http::HeaderMap;

fn client(peer: &str, headers: &[&str], trusted: &[&str]) -> String {
    let mut map = HeaderMap::new();
    for value in headers {
        map.append(FORWARDED_FOR, value.parse().unwrap());
    }
    let trusted: Vec<_> = trusted.iter().map(|block| block.parse().unwrap()).collect();
    address(peer.parse().unwrap(), &map, &trusted).to_string()
}

#[test]
fn only_a_trusted_proxy_is_believed_and_only_the_last_it_does_not_trust() {
    let proxies = ["10.0.0.0/8", "fd00::/8"];
    for (peer, headers, trusted, expected) in [
        ("203.0.113.9", &["192.0.2.1"][..], &[][..], "203.0.113.9"),
        ("203.0.113.9", &["192.0.2.1"], &proxies, "203.0.113.9"),
        ("10.0.0.1", &["192.0.2.1"], &proxies, "192.0.2.1"),
        ("10.0.0.1", &[], &proxies, "10.0.0.1"),
        // What the client wrote itself stands before what the proxy wrote.
        ("10.0.0.1", &["192.0.2.1, 203.0.113.9"], &proxies, "203.0.113.9"),
        ("10.0.0.1", &["192.0.2.1", "203.0.113.9"], &proxies, "203.0.113.9"),
        ("10.0.0.1", &["192.0.2.1, 203.0.113.9, 10.0.0.2"], &proxies, "203.0.113.9"),
        ("10.0.0.1", &["10.0.0.3, 10.0.0.2"], &proxies, "10.0.0.3"),
        // What is no address is not passed over.
        ("10.0.0.1", &["192.0.2.1, unknown"], &proxies, "10.0.0.1"),
        ("10.0.0.1", &["192.0.2.1, , 10.0.0.2"], &proxies, "10.0.0.2"),
        ("10.0.0.1", &["203.0.113.9:4711"], &proxies, "203.0.113.9"),
        ("10.0.0.1", &["[2001:db8::1]:4711"], &proxies, "2001:db8::1"),
        ("10.0.0.1", &["[2001:db8::1]"], &proxies, "2001:db8::1"),
        ("::ffff:10.0.0.1", &["::ffff:192.0.2.1"], &proxies, "192.0.2.1"),
        ("fd00::1", &["2001:db8::7"], &proxies, "2001:db8::7"),
    ] {
        assert_eq!(client(peer, headers, trusted), expected, "{peer} {headers:?}");
    }
}
