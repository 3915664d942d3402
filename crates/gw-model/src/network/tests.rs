//! What is a block, and what is in it.

use super::{Network, NetworkError};

fn contains(block: &str, address: &str) -> bool {
    block.parse::<Network>().unwrap().contains(address.parse().unwrap())
}

#[test]
fn addresses_are_in_their_blocks_only() {
    for (block, inside, outside) in [
        ("192.0.2.0/24", "192.0.2.255", "192.0.3.0"),
        ("192.0.2.7", "192.0.2.7", "192.0.2.8"),
        ("0.0.0.0/0", "203.0.113.9", "2001:db8::1"),
        ("2001:db8::/32", "2001:db8:ffff::1", "2001:db9::"),
        ("::1", "::1", "::2"),
        ("::/0", "2001:db8::1", "192.0.2.1"),
        ("10.0.0.0/9", "10.127.255.255", "10.128.0.0"),
        ("192.0.2.0/24", "::ffff:192.0.2.9", "::192.0.2.9"),
        ("::ffff:192.0.2.0/120", "192.0.2.200", "192.0.3.1"),
    ] {
        assert!(contains(block, inside), "{block} {inside}");
        assert!(!contains(block, outside), "{block} {outside}");
    }
}

#[test]
fn what_is_no_block_is_said_to_be_none() {
    let error = |text: &str| text.parse::<Network>().unwrap_err();
    for text in ["", "localhost", "192.0.2", "192.0.2.0 /24", "1.2.3.4:80", "/8", "[::1]", "fe80::1%eth0"] {
        assert_eq!(error(text), NetworkError::Address, "{text}");
    }
    for text in ["192.0.2.0/33", "192.0.2.0/", "192.0.2.0/-1", "192.0.2.0/+8", "::/129", "::/0128"] {
        assert_eq!(error(text), NetworkError::Prefix, "{text}");
    }
    assert!(error("192.0.2.7/24").to_string().contains("192.0.2.0/24"));
}

#[test]
fn a_block_is_stored_as_it_is_written() {
    for text in ["192.0.2.0/24", "192.0.2.7", "2001:db8::/32", "::1", "0.0.0.0/0"] {
        let block: Network = serde_json::from_str(&format!("\"{text}\"")).unwrap();
        assert_eq!(serde_json::to_string(&block).unwrap(), format!("\"{text}\""));
    }
    assert!(serde_json::from_str::<Network>("\"x\"").is_err());
}
