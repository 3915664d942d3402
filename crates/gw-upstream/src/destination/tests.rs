//! Base URLs: what is accepted, what is refused, and that equal ones are one.

use super::*;

fn parse(url: &str) -> Result<(Destination, String), DestinationError> {
    Destination::parse(url, &ConnectOptions::default(), &ProxyEnv::default())
}

#[test]
fn accepted() {
    for (url, authority, path, port) in [
        ("https://api.openai.com/v1", "api.openai.com", "/v1", 443),
        ("https://api.anthropic.com", "api.anthropic.com", "", 443),
        ("http://127.0.0.1:8080/v1/", "127.0.0.1:8080", "/v1", 8080),
        ("http://[::1]:8080", "[::1]:8080", "", 8080),
        ("http://HOST_a:80/x/y", "host_a", "/x/y", 80),
        ("HTTPS://example.com:443/", "example.com", "", 443),
    ] {
        let (d, base) = parse(url).unwrap_or_else(|e| panic!("{url}: {e}"));
        assert_eq!((d.inner().authority.as_str(), base.as_str(), d.port()), (authority, path, port), "{url}");
    }
}

#[test]
fn refused() {
    for url in [
        "",
        "api.openai.com/v1",
        "/v1",
        "ftp://x/",
        "http://user:pw@x/",
        "http://user@x",
        "http://x/?a=b",
        "http://x/#a",
        "http://",
        "http://x:99999/",
        "http://x:/",
        "http://a b/",
        "http://[::1/",
        "http://exa%6dple/",
    ] {
        assert!(parse(url).is_err(), "{url}");
    }
}

#[test]
fn equal_ones_are_one() {
    let a = parse("http://same.example/v1").unwrap().0;
    let b = parse("http://same.example:80/v2").unwrap().0;
    assert_eq!(a.id(), b.id());
    let options = ConnectOptions { allow_link_local: true, ..ConnectOptions::default() };
    let c = Destination::parse("http://same.example/v1", &options, &ProxyEnv::default()).unwrap().0;
    assert_ne!(a.id(), c.id());
}

#[test]
fn files_must_exist_and_match() {
    let missing = ConnectOptions { ca_file: Some("/nonexistent/ca.pem".into()), ..ConnectOptions::default() };
    let e = Destination::parse("https://x", &missing, &ProxyEnv::default()).unwrap_err();
    assert!(matches!(e, DestinationError::Tls(TlsError::File { .. })));
    let half = ConnectOptions { client_cert_file: Some("/x".into()), ..ConnectOptions::default() };
    let e = Destination::parse("https://x", &half, &ProxyEnv::default()).unwrap_err();
    assert!(matches!(e, DestinationError::Tls(TlsError::Incomplete)));
}
