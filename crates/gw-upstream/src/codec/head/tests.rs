//! Heads: framing rules, persistence rules, and everything that is refused.

use super::*;

fn head(text: &str) -> Result<Head, ProtocolError> {
    parse(text.as_bytes(), false).map(|h| h.expect("complete"))
}

#[test]
fn plain_answer() {
    let h = head(
        "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\ncontent-length: 5\r\nX-A: 1\r\nX-A: 2\r\n\r\nhello",
    )
    .unwrap();
    assert_eq!(h.status, 200);
    assert_eq!(h.framing, Framing::Length(5));
    assert!(h.keep_alive);
    assert_eq!(h.headers["content-type"], "text/plain");
    assert_eq!(h.headers.get_all("x-a").iter().count(), 2);
    assert_eq!(h.headers["content-length"], "5");
}

#[test]
fn incomplete_at_every_byte() {
    let text = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
    for end in 0..text.len() {
        assert!(parse(&text[..end], false).unwrap().is_none(), "{end}");
    }
    assert_eq!(parse(text, false).unwrap().unwrap().len, text.len());
}

#[test]
fn framing() {
    for (head_text, want) in [
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n", Framing::Chunked),
        ("HTTP/1.1 200 OK\r\n\r\n", Framing::UntilClose),
        ("HTTP/1.1 204 No Content\r\n\r\n", Framing::Empty),
        ("HTTP/1.1 304 Not Modified\r\ncontent-length: 7\r\n\r\n", Framing::Empty),
        ("HTTP/1.1 100 Continue\r\n\r\n", Framing::Empty),
        ("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n", Framing::Empty),
        ("HTTP/1.1 200 OK\r\ncontent-length: 3\r\ncontent-length: 3\r\n\r\n", Framing::Length(3)),
    ] {
        assert_eq!(head(head_text).unwrap().framing, want, "{head_text}");
    }
    let to_head = parse(b"HTTP/1.1 200 OK\r\ncontent-length: 7\r\n\r\n", true).unwrap().unwrap();
    assert_eq!(to_head.framing, Framing::Empty);
}

#[test]
fn persistence() {
    for (head_text, want) in [
        ("HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\n", true),
        ("HTTP/1.1 200 OK\r\ncontent-length: 1\r\nconnection: x, Close\r\n\r\n", false),
        ("HTTP/1.0 200 OK\r\ncontent-length: 1\r\n\r\n", false),
        ("HTTP/1.0 200 OK\r\ncontent-length: 1\r\nconnection: keep-alive\r\n\r\n", true),
        ("HTTP/1.1 200 OK\r\n\r\n", false),
    ] {
        assert_eq!(head(head_text).unwrap().keep_alive, want, "{head_text}");
    }
    let h = head("HTTP/1.1 200 OK\r\nkeep-alive: timeout=5, max=10\r\ncontent-length: 1\r\n\r\n").unwrap();
    assert_eq!(h.keep_for, Some(Duration::from_secs(5)));
}

#[test]
fn connection_level_headers_stay_here() {
    let h = head(
        "HTTP/1.1 200 OK\r\nconnection: keep-alive, x-hop\r\nx-hop: 1\r\nkeep-alive: timeout=5\r\n\
         transfer-encoding: chunked\r\ntrailer: x\r\nupgrade: h2c\r\nx-end: 1\r\n\r\n",
    )
    .unwrap();
    assert_eq!(h.headers.len(), 1);
    assert_eq!(h.headers["x-end"], "1");
}

#[test]
fn refusals() {
    use ProtocolError as E;
    for (head_text, want) in [
        ("HTTP/1.1 200 OK\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n", E::ConflictingLengths),
        ("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ncontent-length: 1\r\n\r\n", E::ConflictingLengths),
        ("HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n", E::ContentLength),
        ("HTTP/1.1 200 OK\r\ncontent-length: 1, 1\r\n\r\n", E::ContentLength),
        ("HTTP/1.1 200 OK\r\ncontent-length: +1\r\n\r\n", E::ContentLength),
        ("HTTP/1.1 200 OK\r\ncontent-length: \r\n\r\n", E::ContentLength),
        ("HTTP/1.1 200 OK\r\ncontent-length: 99999999999999999999\r\n\r\n", E::ContentLength),
        ("HTTP/1.1 200 OK\r\ntransfer-encoding: gzip, chunked\r\n\r\n", E::TransferEncoding),
        (
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ntransfer-encoding: chunked\r\n\r\n",
            E::TransferEncoding,
        ),
        ("HTTP/1.1 200 OK\r\ntransfer-encoding: identity\r\n\r\n", E::TransferEncoding),
        ("HTTP/1.0 200 OK\r\ntransfer-encoding: chunked\r\n\r\n", E::TransferEncoding),
        ("HTTP/1.1 200 OK\r\nx: 1\r\n folded\r\n\r\n", E::Head),
        ("HTTP/1.1 200 OK\r\nx : 1\r\n\r\n", E::Head),
        ("HTTP/1.1 200 OK\r\nx: a\0b\r\n\r\n", E::Head),
        ("HTTP/2.0 200 OK\r\n\r\n", E::Head),
        ("HTTP/1.1 20 OK\r\n\r\n", E::Head),
        ("ICY 200 OK\r\n\r\n", E::Head),
    ] {
        assert_eq!(head(head_text).map(|h| h.framing), Err(want), "{head_text}");
    }
}

#[test]
fn limits() {
    let many = format!("HTTP/1.1 200 OK\r\n{}\r\n", "a: b\r\n".repeat(MAX_HEADERS + 1));
    assert_eq!(head(&many).map(|h| h.len), Err(ProtocolError::HeadTooLarge));
    let long = format!("HTTP/1.1 200 OK\r\na: {}\r\n\r\n", "x".repeat(MAX_HEAD_BYTES));
    assert_eq!(parse(long.as_bytes(), false).map(|h| h.is_some()), Err(ProtocolError::HeadTooLarge));
}
