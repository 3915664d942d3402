//! TLS: trust in a configured authority, client certificates, protocol negotiation, truncation.

use crate::support::{OK, Peer, TIMEOUTS, client, destination, post, read_all, read_request, run};
use bytes::Bytes;
use gw_model::snapshot::ConnectOptions;
use gw_upstream::{BodyError, Destination, SendErrorKind};
use http::Response;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::RootCertStore;
use rustls::server::{ServerConfig, WebPkiClientVerifier};
use rustls_pki_types::PrivateKeyDer;
use std::path::Path;
use std::sync::Arc;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

/// An authority, its files, and certificates made by it.
pub(crate) struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
    files: TempDir,
}

impl Authority {
    pub(crate) fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let files = tempfile::tempdir().unwrap();
        std::fs::write(files.path().join("ca.pem"), issuer.pem()).unwrap();
        let client = Self::leaf(&issuer, "client");
        std::fs::write(files.path().join("client.pem"), client.0.pem()).unwrap();
        std::fs::write(files.path().join("client.key"), client.1.serialize_pem()).unwrap();
        Self { issuer, files }
    }

    fn leaf(issuer: &CertifiedIssuer<'static, KeyPair>, name: &str) -> (rcgen::Certificate, KeyPair) {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        (params.signed_by(&key, issuer).unwrap(), key)
    }

    fn path(&self, name: &str) -> Option<Arc<str>> {
        let path: &Path = &self.files.path().join(name);
        Some(path.to_str().unwrap().into())
    }

    pub(crate) fn options(&self) -> ConnectOptions {
        ConnectOptions { ca_file: self.path("ca.pem"), ..ConnectOptions::default() }
    }

    pub(crate) fn acceptor(&self, host: &str, protocols: &[&str], wants_client: bool) -> TlsAcceptor {
        let (certificate, key) = Self::leaf(&self.issuer, host);
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut roots = RootCertStore::empty();
        roots.add(self.issuer.der().clone()).unwrap();
        let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .unwrap();
        let builder = if wants_client {
            let verifier =
                WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build().unwrap();
            builder.with_client_cert_verifier(verifier)
        } else {
            builder.with_no_client_auth()
        };
        let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        let mut config = builder.with_single_cert(vec![certificate.der().clone()], key).unwrap();
        config.alpn_protocols = protocols.iter().map(|p| p.as_bytes().to_vec()).collect();
        TlsAcceptor::from(Arc::new(config))
    }
}

fn https(peer: &Peer, options: &ConnectOptions) -> Destination {
    destination(&format!("https://localhost:{}", peer.port()), options)
}

async fn answer_once(peer: &Peer, acceptor: &TlsAcceptor, answer: &[u8]) -> TlsStream<TcpStream> {
    let mut stream = acceptor.accept(peer.accept().await).await.unwrap();
    read_request(&mut stream).await.unwrap();
    stream.write_all(answer).await.unwrap();
    stream.flush().await.unwrap();
    stream
}

#[test]
fn a_configured_authority_is_trusted_and_the_connection_reused() {
    run(async {
        let authority = Authority::new();
        let acceptor = authority.acceptor("localhost", &["http/1.1"], false);
        let peer = Peer::new().await;
        let (client, dest) = (client(), https(&peer, &authority.options()));
        let server = async {
            let mut stream = answer_once(&peer, &acceptor, OK).await;
            let (head, _) = read_request(&mut stream).await.unwrap();
            assert!(head.contains(&format!("host: localhost:{}\r\n", peer.port())));
            stream.write_all(OK).await.unwrap();
            stream.flush().await.unwrap();
            stream.read_u8().await.unwrap_err();
        };
        let asking = async {
            for i in 0..2 {
                let mut response = client.send(&dest, &post("x"), TIMEOUTS).await.unwrap();
                assert_eq!(response.timing.reused, i > 0);
                assert_eq!(read_all(&mut response.body).await.unwrap(), b"ok");
            }
            assert_eq!(client.stats().open, 1);
            drop(client);
        };
        tokio::join!(server, asking);
    });
}

#[test]
fn strangers_are_not_trusted() {
    run(async {
        let authority = Authority::new();
        for (host, options) in
            [("localhost", ConnectOptions::default()), ("other.example", authority.options())]
        {
            let acceptor = authority.acceptor(host, &[], false);
            let peer = Peer::new().await;
            let (client, dest) = (client(), https(&peer, &options));
            let server = async { acceptor.accept(peer.accept().await).await.is_err() };
            let req = post("x");
            let (refused, result) = tokio::join!(server, client.send(&dest, &req, TIMEOUTS));
            let e = result.unwrap_err();
            assert!(refused);
            assert_eq!(e.kind(), SendErrorKind::Tls, "{host}");
            assert!(!e.request_was_sent() && !e.retryable_same_target());
            assert_eq!(client.stats().open, 0);
        }
    });
}

#[test]
fn client_certificates() {
    run(async {
        let authority = Authority::new();
        let acceptor = authority.acceptor("localhost", &["http/1.1"], true);
        let peer = Peer::new().await;
        let client = client();
        let options = ConnectOptions {
            client_cert_file: authority.path("client.pem"),
            client_key_file: authority.path("client.key"),
            ..authority.options()
        };
        let (dest, req) = (https(&peer, &options), post("x"));
        let (stream, response) =
            tokio::join!(answer_once(&peer, &acceptor, OK), client.send(&dest, &req, TIMEOUTS));
        assert_eq!(response.unwrap().status, 200);
        assert_eq!(stream.get_ref().1.peer_certificates().unwrap().len(), 1);
    });
}

#[test]
fn http2_is_negotiated_and_shared_from_the_first_burst_on() {
    run(async {
        let authority = Authority::new();
        let acceptor = authority.acceptor("localhost", &["h2", "http/1.1"], false);
        let peer = Peer::new().await;
        let (client, dest) = (client(), https(&peer, &authority.options()));
        let server = async {
            let stream = acceptor.accept(peer.accept().await).await.unwrap();
            let mut connection = h2::server::handshake(stream).await.unwrap();
            while let Some(Ok((_, mut respond))) = connection.accept().await {
                let mut stream = respond.send_response(Response::new(()), false).unwrap();
                stream.send_data(Bytes::from("two"), true).unwrap();
            }
        };
        let asking = async {
            let req = post("x");
            let (a, b) = tokio::join!(client.send(&dest, &req, TIMEOUTS), client.send(&dest, &req, TIMEOUTS));
            for response in [a, b] {
                let mut response = response.unwrap();
                assert_eq!(read_all(&mut response.body).await.unwrap(), b"two");
            }
            assert_eq!(client.stats().open, 1);
        };
        tokio::select! { () = server => {}, () = asking => {} }
    });
}

#[test]
fn ready_records_come_as_one_piece() {
    run(async {
        let authority = Authority::new();
        let acceptor = authority.acceptor("localhost", &["http/1.1"], false);
        let peer = Peer::new().await;
        let (client, dest) = (client(), https(&peer, &authority.options()));
        let server = async {
            let mut stream =
                answer_once(&peer, &acceptor, b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n").await;
            for _ in 0..50 {
                // Each write is a record of its own.
                stream.write_all(b"a\r\n0123456789\r\n").await.unwrap();
            }
            stream.flush().await.unwrap();
            stream
        };
        let req = post("x");
        let (mut stream, response) = tokio::join!(server, client.send(&dest, &req, TIMEOUTS));
        let mut response = response.unwrap();
        let mut total = 0;
        let mut pieces = 0;
        while total < 500 {
            total += response.body.next().await.unwrap().unwrap().len();
            pieces += 1;
        }
        assert!(pieces <= 3, "{pieces} pieces");
        stream.write_all(b"0\r\n\r\n").await.unwrap();
        assert!(response.body.next().await.is_none());
        assert_eq!(client.stats().idle, 1);
    });
}

#[test]
fn a_truncated_body_is_not_taken_for_a_whole_one() {
    run(async {
        let authority = Authority::new();
        let acceptor = authority.acceptor("localhost", &["http/1.1"], false);
        let peer = Peer::new().await;
        let (client, dest) = (client(), https(&peer, &authority.options()));
        let req = post("x");
        // Until the end of the connection, once without and once with the TLS message that says so.
        for clean in [false, true] {
            let server = async {
                let mut stream = answer_once(&peer, &acceptor, b"HTTP/1.1 200 OK\r\n\r\nabc").await;
                if clean {
                    stream.shutdown().await.unwrap();
                }
            };
            let (_, response) = tokio::join!(server, client.send(&dest, &req, TIMEOUTS));
            let result = read_all(&mut response.unwrap().body).await;
            if clean {
                assert_eq!(result.unwrap(), b"abc");
            } else {
                assert!(matches!(result, Err(BodyError::Cut(_))));
            }
        }
    });
}
