//! Which cookie, for which connection.

use super::*;

fn reached(host: &'static str, forwarded: Option<&'static str>, has_tls: bool) -> Reached {
    let mut headers = HeaderMap::new();
    headers.insert(HOST, HeaderValue::from_static(host));
    if let Some(forwarded) = forwarded {
        headers.insert(FORWARDED_PROTO, HeaderValue::from_static(forwarded));
    }
    Reached::of(&Uri::from_static("/api"), &headers, has_tls)
}

#[test]
fn cookies_are_for_encrypted_connections_but_on_the_own_machine() {
    for (host, forwarded, tls, secure) in [
        ("127.0.0.1:4000", None, false, false),
        ("localhost:4000", None, false, false),
        ("[::1]:4000", None, false, false),
        ("127.0.0.1:4000", Some("https"), false, true),
        ("127.0.0.1:4000", None, true, true),
        ("gateway.example.com", None, false, true),
        ("localhost.example.com", None, false, true),
        ("192.0.2.7:4000", Some("http"), false, true),
        ("", None, false, true),
    ] {
        assert_eq!(reached(host, forwarded, tls).is_secure(), secure, "{host} {forwarded:?} {tls}");
    }
}

#[test]
fn the_line_says_who_may_see_it() {
    let plain = reached("127.0.0.1:4000", None, false);
    let line = plain.keep("gws-x", 60).unwrap();
    assert_eq!(line, "gatewright_session=gws-x; Path=/; Max-Age=60; HttpOnly; SameSite=Lax");
    let secure = reached("gateway.example.com", Some("https, http"), false);
    assert_eq!(
        secure.keep("gws-x", 60).unwrap(),
        "__Host-gatewright_session=gws-x; Path=/; Max-Age=60; HttpOnly; SameSite=Lax; Secure"
    );
    assert_eq!(secure.origin(), "https://gateway.example.com");
    let mut headers = HeaderMap::new();
    headers.append(COOKIE, HeaderValue::from_static("a=b; gatewright_session=1"));
    headers.append(COOKIE, HeaderValue::from_static("__Host-gatewright_session=2"));
    assert_eq!((plain.token(&headers), secure.token(&headers)), (Some("1"), Some("2")));
}
