//! HTTP/1.1 against scripts: requests as they stand on the wire, framings, cuts, limits and cancellation.

use crate::support::{OK, Peer, TIMEOUTS, client, get, play, post, read_all, read_request, run, until};
use bytes::Bytes;
use gw_upstream::{BodyError, PhaseTimeouts, ProtocolError, SendErrorKind, UpstreamRequest};
use http::{HeaderValue, Method};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// One request, one scripted answer, then the end of the connection.
async fn ask(answer: &'static [u8], req: UpstreamRequest) -> Result<Vec<u8>, String> {
    let peer = Peer::new().await;
    let client = client();
    let (dest, timeouts) = (peer.destination(), TIMEOUTS);
    let server = async {
        let mut stream = peer.accept().await;
        read_request(&mut stream).await.unwrap();
        stream.write_all(answer).await.unwrap();
    };
    let asking = async {
        let mut response = client.send(&dest, &req, timeouts).await.map_err(|e| format!("{:?}", e.kind()))?;
        read_all(&mut response.body).await.map_err(|e| format!("{e:?}"))
    };
    tokio::join!(server, asking).1
}

#[test]
fn request_on_the_wire() {
    run(async {
        let peer = Peer::new().await;
        let (client, dest) = (client(), peer.destination());
        let mut req = post("");
        req.body = vec![Bytes::from("{\"a\":"), Bytes::new(), Bytes::from("1}")];
        req.headers.append("x-a", HeaderValue::from_static("1"));
        req.headers.append("x-a", HeaderValue::from_static("2"));
        for own in ["host", "content-length", "transfer-encoding", "connection", "te", "expect"] {
            req.headers.insert(own, HeaderValue::from_static("evil"));
        }
        let server = async {
            let mut stream = peer.accept().await;
            let request = read_request(&mut stream).await.unwrap();
            stream.write_all(OK).await.unwrap();
            request
        };
        let ((head, body), response) = tokio::join!(server, client.send(&dest, &req, TIMEOUTS));
        let port = peer.port();
        assert_eq!(
            head,
            format!(
                "POST /v1/x?y=1 HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\nx-a: 1\r\nx-a: 2\r\ncontent-length: 7\r\n\r\n"
            )
        );
        assert_eq!(body, b"{\"a\":1}");
        let mut response = response.unwrap();
        assert_eq!(response.status, 200);
        assert!(response.timing.connect_us.is_some() && !response.timing.reused);
        assert_eq!(response.body.next().await.unwrap().unwrap(), "ok");
        assert!(response.body.is_end() && response.body.next().await.is_none());
    });
}

#[test]
fn large_bodies_both_ways() {
    run(async {
        let peer = Peer::new().await;
        let (client, dest) = (client(), peer.destination());
        let pieces: Vec<Bytes> = (0..40_u8).map(|i| Bytes::from(vec![i; 100_000 + usize::from(i)])).collect();
        let whole = pieces.concat();
        let req = UpstreamRequest { body: pieces, ..post("") };
        let server = async {
            let mut stream = peer.accept().await;
            for _ in 0..2 {
                let (_, body) = read_request(&mut stream).await.unwrap();
                let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", body.len());
                stream.write_all(head.as_bytes()).await.unwrap();
                stream.write_all(&body).await.unwrap();
            }
        };
        let asking = async {
            for _ in 0..2 {
                let mut response = client.send(&dest, &req, TIMEOUTS).await.unwrap();
                let body = read_all(&mut response.body).await.unwrap();
                assert!(body == whole, "the body came back changed");
            }
        };
        tokio::join!(server, asking);
    });
}

#[test]
fn answers_split_at_every_byte() {
    const ANSWER: &[u8] = b"HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\nHTTP/1.1 200 OK\r\n\
        transfer-encoding: chunked\r\n\r\n5\r\nhello\r\n6;x=y\r\n world\r\n0\r\nx-t: 1\r\n\r\n";
    run(async {
        let peer = Peer::new().await;
        let (client, dest) = (client(), peer.destination());
        let server = async {
            let mut stream = peer.accept().await;
            for split in 0..ANSWER.len() {
                read_request(&mut stream).await.unwrap();
                stream.write_all(&ANSWER[..split]).await.unwrap();
                // Lets the client read the first part on its own.
                for _ in 0..4 {
                    tokio::task::yield_now().await;
                }
                stream.write_all(&ANSWER[split..]).await.unwrap();
            }
        };
        let asking = async {
            for split in 0..ANSWER.len() {
                let mut response = client.send(&dest, &post("x"), TIMEOUTS).await.unwrap();
                assert_eq!(read_all(&mut response.body).await.unwrap(), b"hello world", "split at {split}");
            }
            assert_eq!(client.stats().open, 1);
        };
        tokio::join!(server, asking);
    });
}

#[test]
fn ready_chunks_come_as_one_piece() {
    run(async {
        let peer = Peer::new().await;
        let (client, dest) = (client(), peer.destination());
        let frames: String = (0..50).map(|i| format!("14\r\ndata: frame {i:06}\n\n\r\n")).collect();
        let server = async {
            let mut stream = peer.accept().await;
            read_request(&mut stream).await.unwrap();
            stream.write_all(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n").await.unwrap();
            stream.read_u8().await.unwrap_err();
        };
        let asking = async {
            let response = client.send(&dest, &post("x"), TIMEOUTS).await.unwrap();
            assert!(!response.body.is_end());
        };
        tokio::join!(server, asking);
        let answer = format!("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n{frames}0\r\n\r\n");
        let script: [&[u8]; 1] = [answer.as_bytes()];
        let asking = async {
            let mut response = client.send(&dest, &post("x"), TIMEOUTS).await.unwrap();
            let piece = response.body.next().await.unwrap().unwrap();
            assert_eq!(piece.len(), 50 * 20);
            assert!(response.body.is_end());
            drop(client);
        };
        tokio::join!(play(&peer, &script), asking);
    });
}

#[test]
fn framings() {
    run(async {
        let until_close: &[u8] = b"HTTP/1.1 200 OK\r\n\r\nto the end";
        assert_eq!(ask(until_close, post("x")).await.unwrap(), b"to the end");
        assert_eq!(ask(b"HTTP/1.1 204 No Content\r\n\r\n", post("x")).await.unwrap(), b"");
        assert_eq!(ask(b"HTTP/1.0 200 OK\r\ncontent-length: 2\r\n\r\nok", post("x")).await.unwrap(), b"ok");
        let head = UpstreamRequest { method: Method::HEAD, ..get() };
        assert_eq!(ask(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n", head).await.unwrap(), b"");
    });
}

#[test]
fn cuts_and_nonsense() {
    run(async {
        for (answer, want) in [
            (&b""[..], "Broken"),
            (b"HTTP/1.1 200 OK\r\ncontent-le", "HeadCut"),
            (b"HTTP/1.1 100 Continue\r\n\r\n", "HeadCut"),
            (b"HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\n\r\n", "Protocol(Interim)"),
            (b"nonsense\r\n\r\n", "Protocol(Head)"),
            (
                b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nx",
                "Protocol(ContentLength)",
            ),
            (
                b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n",
                "Protocol(ConflictingLengths)",
            ),
            (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n", "Protocol(Chunk)"),
            (b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nabc", "Cut(Some(Kind(UnexpectedEof)))"),
            (
                b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n",
                "Cut(Some(Kind(UnexpectedEof)))",
            ),
        ] {
            let got = ask(answer, post("x")).await.unwrap_err();
            assert_eq!(got, want, "{}", answer.escape_ascii());
        }
    });
}

#[test]
fn bad_chunk_after_the_head() {
    run(async {
        let peer = Peer::new().await;
        let (client, dest) = (client(), peer.destination());
        let server = async {
            let mut stream = peer.accept().await;
            read_request(&mut stream).await.unwrap();
            let head = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\na\r\n";
            stream.write_all(head).await.unwrap();
            stream
        };
        let (mut stream, response) = tokio::join!(server, async {
            let mut response = client.send(&dest, &post("x"), TIMEOUTS).await.unwrap();
            assert_eq!(response.body.next().await.unwrap().unwrap(), "a");
            response
        });
        stream.write_all(b"1 \r\n").await.unwrap();
        let mut response = response;
        let e = response.body.next().await.unwrap().unwrap_err();
        assert!(matches!(e, BodyError::Protocol(ProtocolError::Chunk)));
        assert!(response.body.next().await.is_none());
        assert_eq!(client.stats().open, 0);
    });
}

#[test]
fn head_limits() {
    run(async {
        let peer = Peer::new().await;
        let (client, dest) = (client(), peer.destination());
        let server = async {
            let mut stream = peer.accept().await;
            read_request(&mut stream).await.unwrap();
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n").await;
            while stream.write_all(b"x-padding: 0123456789012345678901234567890123456789\r\n").await.is_ok() {
            }
        };
        let asking = async {
            let e = client.send(&dest, &post("x"), TIMEOUTS).await.unwrap_err();
            assert_eq!(e.kind(), SendErrorKind::Protocol(ProtocolError::HeadTooLarge));
            assert!(!e.retryable_same_target() && e.request_was_sent());
        };
        tokio::join!(server, asking);
        assert_eq!(client.stats().open, 0);
    });
}

#[test]
fn time_limits() {
    run(async {
        let peer = Peer::new().await;
        let (client, dest) = (client(), peer.destination());
        let tight = PhaseTimeouts { first_byte_ms: 30, idle_ms: 30, ..TIMEOUTS };
        let e = client.send(&dest, &post("x"), tight).await.unwrap_err();
        assert_eq!(e.kind(), SendErrorKind::FirstByteTimeout);
        assert!(e.is_timeout() && e.request_was_sent());
        drop(peer.accept().await);
        let server = async {
            let mut stream = peer.accept().await;
            read_request(&mut stream).await.unwrap();
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nabc").await.unwrap();
            stream.read_u8().await.unwrap_err();
        };
        let asking = async {
            let mut response = client.send(&dest, &post("x"), tight).await.unwrap();
            assert_eq!(response.body.next().await.unwrap().unwrap(), "abc");
            let e = response.body.next().await.unwrap().unwrap_err();
            assert!(matches!(e, BodyError::IdleTimeout));
        };
        tokio::join!(server, asking);
        assert_eq!((client.stats().open, client.stats().in_flight), (0, 0));
    });
}

#[test]
fn a_slow_reader_is_no_idle_upstream() {
    run(async {
        let peer = Peer::new().await;
        let (client, dest) = (client(), peer.destination());
        let tight = PhaseTimeouts { idle_ms: 40, ..TIMEOUTS };
        let server = async {
            let mut stream = peer.accept().await;
            read_request(&mut stream).await.unwrap();
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n").await.unwrap();
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
            stream.write_all(b"a").await.unwrap();
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
            stream.write_all(b"b").await.unwrap();
        };
        let asking = async {
            let mut response = client.send(&dest, &post("x"), tight).await.unwrap();
            assert_eq!(response.body.next().await.unwrap().unwrap(), "a");
            // The reader is away for longer than the limit; the limit counts from its return.
            tokio::time::sleep(std::time::Duration::from_millis(80)).await;
            assert_eq!(response.body.next().await.unwrap().unwrap(), "b");
        };
        tokio::join!(server, asking);
    });
}

#[test]
fn an_early_refusal_of_a_large_request_is_seen() {
    run(async {
        let peer = Peer::new().await;
        let (client, dest) = (client(), peer.destination());
        let server = async {
            let mut stream = peer.accept().await;
            let mut some = [0_u8; 1024];
            assert!(stream.read(&mut some).await.unwrap() > 0);
            stream.write_all(b"HTTP/1.1 413 Too Large\r\ncontent-length: 3\r\n\r\nbig").await.unwrap();
            stream
        };
        let asking = async {
            let mut response = client.send(&dest, &post(vec![0; 20 << 20]), TIMEOUTS).await.unwrap();
            assert_eq!(response.status, 413);
            assert_eq!(read_all(&mut response.body).await.unwrap(), b"big");
            // The rest of the request was never sent: the connection is of no more use.
            assert_eq!(client.stats().open, 0);
        };
        tokio::join!(server, asking);
    });
}

#[test]
fn dropping_closes_the_socket() {
    run(async {
        let peer = Peer::new().await;
        let (client, dest) = (client(), peer.destination());
        // While the head is awaited.
        let server = async {
            let mut stream = peer.accept().await;
            read_request(&mut stream).await.unwrap();
            stream
        };
        let req = post("x");
        let mut sending = Box::pin(client.send(&dest, &req, TIMEOUTS));
        let mut stream = tokio::select! {
            stream = server => stream,
            _ = &mut sending => unreachable!(),
        };
        assert_eq!((client.stats().in_flight, client.stats().open), (1, 1));
        drop(sending);
        stream.read_u8().await.unwrap_err();
        assert_eq!((client.stats().in_flight, client.stats().open), (0, 0));
        // In the middle of the body.
        let server = async {
            let mut stream = peer.accept().await;
            read_request(&mut stream).await.unwrap();
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nabc").await.unwrap();
            stream
        };
        let req = post("x");
        let (mut stream, response) = tokio::join!(server, client.send(&dest, &req, TIMEOUTS));
        let mut response = response.unwrap();
        assert_eq!(response.body.next().await.unwrap().unwrap(), "abc");
        drop(response);
        stream.read_u8().await.unwrap_err();
        until(&client, |s| s.in_flight == 0 && s.open == 0).await;
    });
}

#[test]
fn requests_that_cannot_be_written() {
    run(async {
        let peer = Peer::new().await;
        let (client, dest) = (client(), peer.destination());
        for path in ["", "v1", "/a b", "/a\r\nx: y", "/é"] {
            let req = UpstreamRequest { path_and_query: path.into(), ..post("x") };
            let e = client.send(&dest, &req, TIMEOUTS).await.unwrap_err();
            assert_eq!(e.kind(), SendErrorKind::InvalidRequest, "{path:?}");
            assert!(!e.request_was_sent());
        }
        assert_eq!(client.stats().open, 0);
    });
}
