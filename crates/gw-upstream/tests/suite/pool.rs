//! Reuse of connections: when it happens, when it must not, and what becomes of dead ones.

use crate::support::{OK, Peer, TIMEOUTS, client, play, post, read_all, read_request, run, until};
use gw_upstream::{SendErrorKind, Upstream, UpstreamConfig};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

#[test]
fn complete_answers_leave_the_connection_for_the_next() {
    run(async {
        let peer = Peer::new().await;
        let (client, dest) = (client(), peer.destination());
        let answers: [&[u8]; 4] = [
            OK,
            b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n",
            b"HTTP/1.1 204 No Content\r\n\r\n",
            OK,
        ];
        let asking = async {
            for i in 0..4 {
                let mut response = client.send(&dest, &post("x"), TIMEOUTS).await.unwrap();
                assert_eq!(response.timing.reused, i > 0);
                assert_eq!(response.timing.connect_us.is_none(), i > 0);
                read_all(&mut response.body).await.unwrap();
                assert_eq!(client.stats(), gw_upstream::Stats { in_flight: 0, idle: 1, open: 1 });
            }
            drop(client);
        };
        tokio::join!(play(&peer, &answers), asking);
    });
}

#[test]
fn some_answers_end_the_connection() {
    run(async {
        let answers: [&[u8]; 6] = [
            b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\nok",
            b"HTTP/1.0 200 OK\r\ncontent-length: 2\r\n\r\nok",
            b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nokHTTP/1.1 200 OK\r\n",
            b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\nx",
            b"HTTP/1.1 204 No Content\r\n\r\nx",
            b"HTTP/1.1 200 OK\r\nkeep-alive: timeout=1\r\ncontent-length: 2\r\n\r\nok",
        ];
        for answer in answers {
            let peer = Peer::new().await;
            let (client, dest) = (client(), peer.destination());
            let asking = async {
                let mut response = client.send(&dest, &post("x"), TIMEOUTS).await.unwrap();
                read_all(&mut response.body).await.unwrap();
                let stats = client.stats();
                assert_eq!((stats.idle, stats.open), (0, 0), "{}", answer.escape_ascii());
            };
            let script = [answer];
            tokio::join!(play(&peer, &script), asking);
        }
    });
}

#[test]
fn the_connection_used_last_comes_first() {
    run(async {
        let peer = Peer::new().await;
        let (client, dest) = (client(), peer.destination());
        let req = post("x");
        let server = async {
            let (mut a, mut b) = (peer.accept().await, peer.accept().await);
            read_request(&mut a).await.unwrap();
            read_request(&mut b).await.unwrap();
            b.write_all(OK).await.unwrap();
            until(&client, |s| s.idle == 1).await;
            a.write_all(OK).await.unwrap();
            read_request(&mut a).await.unwrap();
            a.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nfirst").await.unwrap();
            (a, b)
        };
        let asking = async {
            let (first, second) =
                tokio::join!(client.send(&dest, &req, TIMEOUTS), client.send(&dest, &req, TIMEOUTS));
            drop((first.unwrap(), second.unwrap()));
            assert_eq!(client.stats().idle, 2);
            let mut third = client.send(&dest, &req, TIMEOUTS).await.unwrap();
            assert_eq!(read_all(&mut third.body).await.unwrap(), b"first");
        };
        let _streams = tokio::join!(server, asking);
    });
}

#[test]
fn a_closed_idle_connection_is_replaced() {
    run(async {
        let peer = Peer::new().await;
        let (client, dest) = (client(), peer.destination());
        let server = async {
            let mut stream = peer.accept().await;
            read_request(&mut stream).await.unwrap();
            stream.write_all(OK).await.unwrap();
            drop(stream);
            play(&peer, &[OK]).await;
        };
        let asking = async {
            client.send(&dest, &post("x"), TIMEOUTS).await.unwrap();
            assert_eq!(client.stats().idle, 1);
            // The end of the connection may be seen before or after the next request is written.
            let response = client.send(&dest, &post("x"), TIMEOUTS).await.unwrap();
            assert!(!response.timing.reused);
            drop(client);
        };
        tokio::join!(server, asking);
    });
}

#[test]
fn a_connection_that_dies_with_the_request_is_replaced_once() {
    run(async {
        let peer = Peer::new().await;
        let (client, dest) = (client(), peer.destination());
        let server = async {
            let mut stream = peer.accept().await;
            read_request(&mut stream).await.unwrap();
            stream.write_all(OK).await.unwrap();
            // Reads the second request and goes away without a word; so does the next connection.
            read_request(&mut stream).await.unwrap();
            drop(stream);
            let mut stream = peer.accept().await;
            read_request(&mut stream).await.unwrap();
            drop(stream);
            peer.no_one_waits().await;
        };
        let asking = async {
            client.send(&dest, &post("x"), TIMEOUTS).await.unwrap();
            let e = client.send(&dest, &post("x"), TIMEOUTS).await.unwrap_err();
            assert_eq!(e.kind(), SendErrorKind::Broken);
            assert!(e.request_was_sent() && e.retryable_same_target() && e.is_connect());
        };
        tokio::join!(server, asking);
        assert_eq!(client.stats().open, 0);
    });
}

#[test]
fn a_reused_connection_that_breaks_within_the_answer_is_not_retried() {
    run(async {
        let peer = Peer::new().await;
        let (client, dest) = (client(), peer.destination());
        let server = async {
            let mut stream = peer.accept().await;
            read_request(&mut stream).await.unwrap();
            stream.write_all(OK).await.unwrap();
            read_request(&mut stream).await.unwrap();
            stream.write_all(b"HTTP/1.1 2").await.unwrap();
            drop(stream);
            peer.no_one_waits().await;
        };
        let asking = async {
            client.send(&dest, &post("x"), TIMEOUTS).await.unwrap();
            let e = client.send(&dest, &post("x"), TIMEOUTS).await.unwrap_err();
            assert_eq!(e.kind(), SendErrorKind::HeadCut);
        };
        tokio::join!(server, asking);
    });
}

#[test]
fn unsolicited_bytes_on_an_idle_connection_are_never_an_answer() {
    run(async {
        let peer = Peer::new().await;
        let (client, dest) = (client(), peer.destination());
        let server = async {
            let mut stream = peer.accept().await;
            read_request(&mut stream).await.unwrap();
            stream.write_all(OK).await.unwrap();
            tokio::task::yield_now().await;
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nevil").await.unwrap();
            stream.read_u8().await.unwrap_err();
            play(&peer, &[OK]).await;
        };
        let asking = async {
            client.send(&dest, &post("x"), TIMEOUTS).await.unwrap();
            // Lets the unsolicited bytes arrive.
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
            let mut response = client.send(&dest, &post("x"), TIMEOUTS).await.unwrap();
            assert_eq!(read_all(&mut response.body).await.unwrap(), b"ok");
            drop(client);
        };
        tokio::join!(server, asking);
    });
}

#[test]
fn limits() {
    run(async {
        let peer = Peer::new().await;
        let other = Peer::new().await;
        let config = UpstreamConfig { max_connections: 1, ..UpstreamConfig::default() };
        let client = Upstream::new(config);
        let (dest, second) = (peer.destination(), other.destination());
        let serve = async {
            let mut stream = peer.accept().await;
            read_request(&mut stream).await.unwrap();
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n").await.unwrap();
            stream
        };
        let req = post("x");
        let (mut stream, response) = tokio::join!(serve, client.send(&dest, &req, TIMEOUTS));
        let e = client.send(&second, &req, TIMEOUTS).await.unwrap_err();
        assert_eq!(e.kind(), SendErrorKind::TooManyConnections);
        stream.write_all(b"ok").await.unwrap();
        read_all(&mut response.unwrap().body).await.unwrap();
        assert_eq!(client.stats().idle, 1);
        // An idle connection makes room.
        let (_, response) = tokio::join!(play(&other, &[OK]), async {
            client.send(&second, &req, TIMEOUTS).await.unwrap();
            let stats = client.stats();
            drop(client);
            stats
        });
        assert_eq!((response.idle, response.open), (1, 1));
        stream.read_u8().await.unwrap_err();
    });
}

#[test]
fn idle_connections_are_closed_in_time() {
    run(async {
        let peer = Peer::new().await;
        let client = Upstream::new(UpstreamConfig { idle_timeout_ms: 1, ..UpstreamConfig::default() });
        let dest = peer.destination();
        let asking = async {
            client.send(&dest, &post("x"), TIMEOUTS).await.unwrap();
            assert_eq!(client.stats().idle, 1);
            until(&client, |s| s.open == 0 && s.idle == 0).await;
        };
        tokio::join!(play(&peer, &[OK]), asking);
    });
}
