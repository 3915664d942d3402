//! The dashboard's files and headers, without a socket.

use super::serve;
use gw_pipeline::ReplyBody;
use http::header::{self, HeaderMap};
use http::{HeaderValue, Method, StatusCode};

fn asking(name: header::HeaderName, value: &'static str) -> HeaderMap {
    HeaderMap::from_iter([(name, HeaderValue::from_static(value))])
}

fn whole(body: ReplyBody) -> Vec<u8> {
    match body {
        ReplyBody::Whole(bytes) => bytes.map(|bytes| bytes.to_vec()).unwrap_or_default(),
        _ => Vec::new(),
    }
}

fn page() -> String {
    String::from_utf8(whole(serve(&Method::GET, "/ui", &HeaderMap::new()).into_body())).unwrap()
}

/// A script that the page names.
fn script() -> String {
    let page = page();
    let from = page.find("/ui/assets/").unwrap();
    page[from..].split('"').next().unwrap().to_owned()
}

#[test]
fn every_view_starts_from_the_page() {
    let page = page();
    assert!(page.contains("<div id=\"root\">"), "{page}");
    for path in ["/ui/", "/ui/requests", "/ui/keys/key_1", "/ui/a.b/c"] {
        let reply = serve(&Method::GET, path, &HeaderMap::new());
        assert_eq!(reply.status(), StatusCode::OK, "{path}");
        assert_eq!(reply.headers()[header::CACHE_CONTROL], "no-cache", "{path}");
        assert_eq!(whole(reply.into_body()), page.as_bytes(), "{path}");
    }
}

#[test]
fn nothing_is_inline_and_nothing_comes_from_elsewhere() {
    let page = page();
    for part in page.split("<script").skip(1) {
        let (head, rest) = part.split_once('>').unwrap();
        assert!(head.contains(" src=\"/ui/"), "{head}");
        assert!(rest.starts_with("</script>"), "{rest}");
    }
    assert!(!page.contains("<style") && !page.contains(" style=") && !page.contains("http"), "{page}");
    let reply = serve(&Method::GET, "/ui", &HeaderMap::new());
    let policy = reply.headers()[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
    assert!(policy.contains("script-src 'self'") && !policy.contains("unsafe"), "{policy}");
    for (name, value) in [
        ("x-frame-options", "DENY"),
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "no-referrer"),
    ] {
        assert_eq!(reply.headers()[name], value);
    }
}

#[test]
fn hashed_files_are_kept_for_ever_and_come_packed() {
    let path = script();
    let plain = serve(&Method::GET, &path, &HeaderMap::new());
    assert_eq!(plain.status(), StatusCode::OK);
    assert_eq!(plain.headers()[header::CONTENT_TYPE], "text/javascript; charset=utf-8");
    assert!(plain.headers()[header::CACHE_CONTROL].to_str().unwrap().contains("immutable"));
    assert!(!plain.headers().contains_key(header::CONTENT_ENCODING));
    let packed = serve(&Method::GET, &path, &asking(header::ACCEPT_ENCODING, "br;q=1.0, gzip;q=0.8"));
    assert_eq!(packed.headers()[header::CONTENT_ENCODING], "gzip");
    let (plain, packed) = (whole(plain.into_body()), whole(packed.into_body()));
    assert!(packed.starts_with(&[0x1f, 0x8b]) && packed.len() < plain.len() / 2);
    let refused = serve(&Method::GET, &path, &asking(header::ACCEPT_ENCODING, "gzip;q=0, br"));
    assert_eq!(whole(refused.into_body()), plain);
}

#[test]
fn what_the_browser_has_is_not_sent_again() {
    let first = serve(&Method::GET, "/ui", &HeaderMap::new());
    let etag = first.headers()[header::ETAG].clone();
    let headers = HeaderMap::from_iter([(header::IF_NONE_MATCH, etag)]);
    let again = serve(&Method::GET, "/ui", &headers);
    assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
    assert!(again.headers().contains_key(header::CONTENT_SECURITY_POLICY));
    assert!(whole(again.into_body()).is_empty());
    let other = serve(&Method::GET, "/ui", &asking(header::IF_NONE_MATCH, "\"0\", W/\"1\""));
    assert_eq!(other.status(), StatusCode::OK);
}

#[test]
fn files_of_another_build_are_not_found_and_nothing_is_written() {
    for path in ["/ui/assets/index-old.js", "/ui/assets/", "/ui/assets/../index.html"] {
        let reply = serve(&Method::GET, path, &HeaderMap::new());
        assert_eq!(reply.status(), StatusCode::NOT_FOUND, "{path}");
        assert!(reply.headers().contains_key(header::CONTENT_SECURITY_POLICY));
    }
    let reply = serve(&Method::POST, "/ui", &HeaderMap::new());
    assert_eq!(reply.status(), StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(reply.headers()[header::ALLOW], "GET, HEAD");
    let head = serve(&Method::HEAD, "/ui", &HeaderMap::new());
    assert_eq!(head.headers()[header::CONTENT_LENGTH].to_str().unwrap(), page().len().to_string());
    assert!(whole(head.into_body()).is_empty());
}
