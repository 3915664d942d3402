//! Proxy settings: URLs, credentials, selection and bypass rules.

use super::*;

fn env(pairs: &[(&str, &str)]) -> ProxyEnv {
    ProxyEnv::from_vars(|name| pairs.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_owned()))
}

#[test]
fn urls() {
    let p = Proxy::parse("http://proxy.example:3128/").unwrap();
    assert_eq!((p.tls, p.host.as_str(), p.port, p.authorization), (false, "proxy.example", 3128, None));
    let p = Proxy::parse("https://us%40er:p%3Aw@[::1]").unwrap();
    assert_eq!((p.tls, p.host.as_str(), p.port), (true, "::1", 443));
    assert_eq!(p.authorization.as_deref(), Some("Basic dXNAZXI6cDp3"));
    assert_eq!(Proxy::parse("proxy:8080").unwrap().port, 8080);
    assert_eq!(Proxy::parse("socks5://x:1"), Err(ProxyError::Scheme));
    assert_eq!(Proxy::parse("http://x:y"), Err(ProxyError::Port));
    assert_eq!(Proxy::parse("http://"), Err(ProxyError::Host));
    assert_eq!(Proxy::parse("http://a b"), Err(ProxyError::Host));
    assert_eq!(Proxy::parse("http://u%zz@h"), Err(ProxyError::Credentials));
}

#[test]
fn base64_vectors() {
    for (plain, coded) in [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg==")] {
        assert_eq!(base64(plain.as_bytes()), coded);
    }
}

#[test]
fn selection() {
    let env =
        env(&[("HTTPS_PROXY", "http://up:1"), ("https_proxy", "http://low:1"), ("HTTP_PROXY", "http://p:1")]);
    let host = |own: Option<&str>, tls| env.select(own, tls, "api.example", 443).unwrap().map(|p| p.host);
    assert_eq!(host(None, true).as_deref(), Some("low"));
    assert_eq!(host(None, false).as_deref(), Some("p"));
    assert_eq!(host(Some("http://own:1"), true).as_deref(), Some("own"));
    assert_eq!(host(Some(""), true), None);
    assert_eq!(env.select(None, false, "127.0.0.1", 80).unwrap(), None);
    assert_eq!(env.select(None, false, "localhost", 80).unwrap(), None);
}

#[test]
fn bypass() {
    let env = env(&[
        ("HTTP_PROXY", "http://p:1"),
        ("NO_PROXY", "example.com, .corp.example,10.0.0.0/8,192.168.1.5,other:8080, fd00::/8 ,[fd01::1]:80"),
    ]);
    let direct = |host, port| env.select(None, false, host, port).unwrap().is_none();
    assert!(direct("example.com", 80));
    assert!(direct("api.example.com", 80));
    assert!(direct("x.corp.example", 80));
    assert!(direct("10.2.3.4", 80));
    assert!(direct("192.168.1.5", 80));
    assert!(direct("other", 8080));
    assert!(direct("fd00::7", 80));
    assert!(!direct("other", 80));
    assert!(!direct("notexample.com", 80));
    assert!(!direct("11.0.0.1", 80));
    assert!(!direct("192.168.1.50", 80));
}

#[test]
fn debug_hides_passwords() {
    let env = env(&[("HTTP_PROXY", "http://u:secret@p:1")]);
    let proxy = env.select(None, false, "example.com", 80).unwrap().unwrap();
    assert!(!format!("{env:?} {proxy:?}").contains("secret"));
    assert!(!format!("{proxy:?}").contains("Basic"));
}
