//! Proxies: tunnels, absolute-form requests, credentials, refusals.

use crate::support::{OK, Peer, TIMEOUTS, client, post, read_all, read_request, run};
use crate::tls::Authority;
use gw_model::snapshot::ConnectOptions;
use gw_upstream::{Destination, ProxyEnv, SendErrorKind};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, copy_bidirectional};
use tokio::net::TcpStream;

/// Takes one CONNECT and joins the two sides; gives back what was asked.
pub(crate) async fn tunnel(mut client: impl AsyncRead + AsyncWrite + Unpin + 'static, to: u16) -> String {
    let (head, _) = read_request(&mut client).await.unwrap();
    let mut server = TcpStream::connect(("127.0.0.1", to)).await.unwrap();
    client.write_all(b"HTTP/1.1 200 Connection established\r\nvia: x\r\n\r\n").await.unwrap();
    tokio::task::spawn_local(async move { copy_bidirectional(&mut client, &mut server).await });
    head
}

#[test]
fn https_goes_through_a_tunnel() {
    run(async {
        let authority = Authority::new();
        let acceptor = authority.acceptor("provider.example", &["http/1.1"], false);
        let outer = authority.acceptor("localhost", &[], false);
        let (peer, proxy, client) = (Peer::new().await, Peer::new().await, client());
        for proxy_tls in [false, true] {
            let scheme = if proxy_tls { "https" } else { "http" };
            let url = format!("{scheme}://user:pass@localhost:{}", proxy.port());
            let options = ConnectOptions { proxy: Some(url.as_str().into()), ..authority.options() };
            // The name is the proxy's to resolve.
            let (dest, _) =
                Destination::parse("https://provider.example/v1", &options, &ProxyEnv::default()).unwrap();
            let server = async {
                let mut stream = acceptor.accept(peer.accept().await).await.unwrap();
                let (head, _) = read_request(&mut stream).await.unwrap();
                stream.write_all(OK).await.unwrap();
                stream.flush().await.unwrap();
                assert!(head.starts_with("POST /v1/x?y=1 HTTP/1.1\r\nhost: provider.example\r\n"));
                assert!(!head.contains("proxy"));
                stream
            };
            let proxying = async {
                let stream = proxy.accept().await;
                let head = if proxy_tls {
                    tunnel(outer.accept(stream).await.unwrap(), peer.port()).await
                } else {
                    tunnel(stream, peer.port()).await
                };
                assert_eq!(
                    head,
                    "CONNECT provider.example:443 HTTP/1.1\r\nhost: provider.example:443\r\n\
                     proxy-authorization: Basic dXNlcjpwYXNz\r\n\r\n"
                );
            };
            let req = post("x");
            let (_stream, (), response) = tokio::join!(server, proxying, client.send(&dest, &req, TIMEOUTS));
            assert_eq!(read_all(&mut response.unwrap().body).await.unwrap(), b"ok");
        }
        assert_eq!(client.stats().open, 2);
    });
}

#[test]
fn plain_requests_are_forwarded_in_absolute_form() {
    run(async {
        let (proxy, client) = (Peer::new().await, client());
        let url = format!("http://u:p@127.0.0.1:{}", proxy.port());
        let env = ProxyEnv::from_vars(|name| (name == "HTTP_PROXY").then(|| url.clone()));
        let (dest, _) =
            Destination::parse("http://provider.example:81", &ConnectOptions::default(), &env).unwrap();
        let proxying = async {
            let mut stream = proxy.accept().await;
            let (head, body) = read_request(&mut stream).await.unwrap();
            stream.write_all(OK).await.unwrap();
            assert_eq!(
                head,
                "POST http://provider.example:81/v1/x?y=1 HTTP/1.1\r\nhost: provider.example:81\r\n\
                 proxy-authorization: Basic dTpw\r\ncontent-length: 1\r\n\r\n"
            );
            assert_eq!(body, b"x");
        };
        let req = post("x");
        let ((), response) = tokio::join!(proxying, client.send(&dest, &req, TIMEOUTS));
        assert_eq!(response.unwrap().status, 200);
    });
}

#[test]
fn a_proxy_that_refuses_or_babbles() {
    run(async {
        let authority = Authority::new();
        for answer in [
            &b"HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n"[..],
            b"HTTP/1.1 200 OK\r\n\r\nsurplus",
            b"nonsense\r\n\r\n",
            b"HTTP/1.1 200",
        ] {
            let (proxy, client) = (Peer::new().await, client());
            let options = ConnectOptions { proxy: Some(proxy.url().into()), ..authority.options() };
            let (dest, _) =
                Destination::parse("https://provider.example", &options, &ProxyEnv::default()).unwrap();
            let proxying = async {
                let mut stream = proxy.accept().await;
                read_request(&mut stream).await.unwrap();
                stream.write_all(answer).await.unwrap();
            };
            let req = post("x");
            let ((), result) = tokio::join!(proxying, client.send(&dest, &req, TIMEOUTS));
            let e = result.unwrap_err();
            assert_eq!(e.kind(), SendErrorKind::Proxy, "{}", answer.escape_ascii());
            assert!(!e.request_was_sent());
        }
    });
}

#[test]
fn forbidden_literals_are_refused_before_the_proxy_sees_them() {
    run(async {
        let (proxy, client) = (Peer::new().await, client());
        let options = ConnectOptions { proxy: Some(proxy.url().into()), ..ConnectOptions::default() };
        let (dest, _) =
            Destination::parse("http://169.254.169.254/latest", &options, &ProxyEnv::default()).unwrap();
        let e = client.send(&dest, &post("x"), TIMEOUTS).await.unwrap_err();
        assert_eq!(e.kind(), SendErrorKind::ForbiddenAddress);
        proxy.no_one_waits().await;
    });
}
