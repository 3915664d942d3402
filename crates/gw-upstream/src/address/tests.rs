//! Tables of refused and allowed addresses.

use super::is_forbidden;

#[test]
fn refused() {
    for text in [
        "169.254.169.254",
        "169.254.0.1",
        "100.100.100.200",
        "168.63.129.16",
        "0.0.0.0",
        "0.1.2.3",
        "224.0.0.1",
        "255.255.255.255",
        "::",
        "fe80::1",
        "febf::1",
        "ff02::1",
        "fd00:ec2::254",
        "::ffff:169.254.169.254",
        "::ffff:0.0.0.0",
        "::169.254.169.254",
        "::ffff:0:169.254.169.254",
        "64:ff9b::a9fe:a9fe",
        "2002:a9fe:a9fe::1",
    ] {
        assert!(is_forbidden(text.parse().unwrap()), "{text}");
    }
}

#[test]
fn allowed() {
    for text in [
        "127.0.0.1",
        "10.0.0.1",
        "192.168.1.1",
        "172.16.0.1",
        "100.64.0.1",
        "1.1.1.1",
        "::1",
        "fd00::1",
        "2606:4700::1",
        "::ffff:127.0.0.1",
        "64:ff9b::101:101",
    ] {
        assert!(!is_forbidden(text.parse().unwrap()), "{text}");
    }
}
