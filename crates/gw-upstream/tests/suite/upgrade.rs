//! Upgrades: a connection of its own over HTTP/1.1, tunnelled through proxies, and handed over with what came along.

use crate::proxy::tunnel;
use crate::support::{OK, Peer, TIMEOUTS, client, get, read_all, read_request, run, until};
use crate::tls::Authority;
use gw_model::snapshot::ConnectOptions;
use gw_upstream::{Destination, ProxyEnv, SendErrorKind, UpstreamRequest};
use http::HeaderValue;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

const SWITCHED: &[u8] = b"HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: Upgrade\r\n\
    sec-websocket-accept: proof\r\n\r\n\x81\x02hi";

fn asking() -> UpstreamRequest {
    let mut request = get();
    request.headers.insert("sec-websocket-key", HeaderValue::from_static("k"));
    request.headers.insert("upgrade", HeaderValue::from_static("h2c"));
    request
}

#[test]
fn the_connection_is_handed_over_with_what_came_along() {
    run(async {
        let (peer, client) = (Peer::new().await, client());
        let (dest, request) = (peer.destination(), asking());
        let server = async {
            let mut stream = peer.accept().await;
            let (head, _) = read_request(&mut stream).await.unwrap();
            assert_eq!(head.matches("upgrade: ").count(), 1, "{head}");
            assert!(head.contains("connection: Upgrade\r\nupgrade: websocket\r\n"), "{head}");
            assert!(head.contains("sec-websocket-key: k\r\n"), "{head}");
            stream.write_all(SWITCHED).await.unwrap();
            stream
        };
        let (mut stream, response) = tokio::join!(server, client.upgrade(&dest, &request, TIMEOUTS));
        let response = response.unwrap();
        assert_eq!(
            (response.status.as_u16(), &response.headers["sec-websocket-accept"]),
            (101, &HeaderValue::from_static("proof"))
        );
        let mut socket = response.body.into_socket().unwrap();
        let mut seen = [0; 4];
        socket.read_exact(&mut seen).await.unwrap();
        assert_eq!(&seen, b"\x81\x02hi");
        socket.write_all(b"ping").await.unwrap();
        stream.read_exact(&mut seen).await.unwrap();
        stream.write_all(b"pong").await.unwrap();
        socket.read_exact(&mut seen).await.unwrap();
        assert_eq!((client.stats().in_flight, client.stats().open, &seen), (1, 1, b"pong"));
        drop(socket);
        assert_eq!(stream.read(&mut seen).await.unwrap(), 0, "closed with the socket");
        until(&client, |stats| stats.in_flight == 0 && stats.open == 0 && stats.idle == 0).await;
    });
}

#[test]
fn a_refusal_is_an_answer_and_its_connection_is_not_kept() {
    run(async {
        let (peer, client) = (Peer::new().await, client());
        let (dest, request) = (peer.destination(), asking());
        let server = async {
            let mut stream = peer.accept().await;
            read_request(&mut stream).await.unwrap();
            stream.write_all(OK).await.unwrap();
            stream
        };
        let (_stream, response) = tokio::join!(server, client.upgrade(&dest, &request, TIMEOUTS));
        let mut response = response.unwrap();
        assert_eq!(read_all(&mut response.body).await.unwrap(), b"ok");
        assert!(response.body.into_socket().is_none());
        until(&client, |stats| stats.open == 0).await;
        // A request that did not ask for it gets no other protocol.
        let server = async {
            let mut stream = peer.accept().await;
            read_request(&mut stream).await.unwrap();
            stream.write_all(SWITCHED).await.unwrap();
            stream
        };
        let plain = get();
        let (_stream, refused) = tokio::join!(server, client.send(&dest, &plain, TIMEOUTS));
        assert!(matches!(refused.unwrap_err().kind(), SendErrorKind::Protocol(_)));
    });
}

#[test]
fn an_upgrade_is_never_http2_and_passes_proxies_in_a_tunnel() {
    run(async {
        let authority = Authority::new();
        // The peer would prefer HTTP/2, and is not offered it.
        let acceptor = authority.acceptor("provider.example", &["h2", "http/1.1"], false);
        let (peer, proxy, client) = (Peer::new().await, Peer::new().await, client());
        let url = format!("http://127.0.0.1:{}", proxy.port());
        let options = ConnectOptions { proxy: Some(url.as_str().into()), ..authority.options() };
        for base in ["https://provider.example/v1", "http://provider.example/v1"] {
            let (dest, _) = Destination::parse(base, &options, &ProxyEnv::default()).unwrap();
            let request = asking();
            let proxying = async { tunnel(proxy.accept().await, peer.port()).await };
            let server = async {
                let stream = peer.accept().await;
                if !dest.is_tls() {
                    let mut stream = stream;
                    let (head, _) = read_request(&mut stream).await.unwrap();
                    stream.write_all(SWITCHED).await.unwrap();
                    return head;
                }
                let mut stream = acceptor.accept(stream).await.unwrap();
                assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"http/1.1"[..]));
                let (head, _) = read_request(&mut stream).await.unwrap();
                stream.write_all(SWITCHED).await.unwrap();
                stream.flush().await.unwrap();
                head
            };
            let (asked, head, response) =
                tokio::join!(proxying, server, client.upgrade(&dest, &request, TIMEOUTS));
            assert!(asked.starts_with("CONNECT provider.example:"), "{asked}");
            assert!(head.starts_with("GET /v1/x?y=1 HTTP/1.1\r\n"), "{head}");
            assert!(response.unwrap().body.into_socket().is_some());
        }
    });
}
