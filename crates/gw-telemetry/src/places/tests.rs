//! Hosts and ports of base URLs.

use super::*;

#[test]
fn addresses_of_urls() {
    for (url, expected) in [
        ("https://api.openai.com/v1", Some(("api.openai.com", 443))),
        ("http://127.0.0.1:8080/v1", Some(("127.0.0.1", 8080))),
        ("http://localhost", Some(("localhost", 80))),
        ("https://[::1]:9000/x", Some(("::1", 9000))),
        ("https://[2001:db8::1]", Some(("2001:db8::1", 443))),
        ("https://host:none/", None),
        ("https://", None),
        ("in process", None),
    ] {
        assert_eq!(address(url), expected, "{url}");
    }
}

#[test]
fn who_is_gone_keeps_its_name() {
    assert_eq!(Places::default().get("old"), Place { system: "old".into(), address: None });
}
