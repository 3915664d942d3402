//! HTTP/2 with prior knowledge against a real server.

use crate::support::{Peer, TIMEOUTS, client, destination, post, read_all, run, until};
use bytes::Bytes;
use gw_model::snapshot::ConnectOptions;
use gw_upstream::{BodyError, Destination, PhaseTimeouts, SendErrorKind, Upstream, UpstreamConfig};
use h2::server::{self, SendResponse};
use h2::{Reason, RecvStream, SendStream};
use http::{Request, Response};
use std::future::poll_fn;
use tokio::net::TcpStream;

type Connection = server::Connection<TcpStream, Bytes>;

fn options() -> ConnectOptions {
    ConnectOptions { http2_prior_knowledge: true, ..ConnectOptions::default() }
}

fn h2_destination(peer: &Peer) -> Destination {
    destination(&peer.url(), &options())
}

/// Answers with the request's body, in frames of a few bytes when `small`.
async fn echo(request: Request<RecvStream>, mut respond: SendResponse<Bytes>, small: bool) {
    let mut body = request.into_body();
    let mut all = Vec::new();
    while let Some(data) = body.data().await {
        let data = data.unwrap();
        body.flow_control().release_capacity(data.len()).unwrap();
        all.extend_from_slice(&data);
    }
    let mut stream = respond.send_response(Response::new(()), false).unwrap();
    let size = if small { 7 } else { 1 << 20 };
    for part in all.chunks(size) {
        stream.send_data(Bytes::copy_from_slice(part), false).unwrap();
    }
    stream.send_data(Bytes::new(), true).unwrap();
}

async fn serve_echo(peer: &Peer, small: bool) {
    loop {
        let stream = peer.accept().await;
        tokio::task::spawn_local(async move {
            let mut connection = server::handshake(stream).await.unwrap();
            while let Some(Ok((request, respond))) = connection.accept().await {
                tokio::task::spawn_local(echo(request, respond, small));
            }
        });
    }
}

/// Accepts a connection and its first stream, and drives the connection on in the background.
async fn first_stream(peer: &Peer) -> (Request<RecvStream>, SendResponse<Bytes>) {
    let mut connection: Connection = server::handshake(peer.accept().await).await.unwrap();
    let first = connection.accept().await.unwrap().unwrap();
    tokio::task::spawn_local(async move { while let Some(Ok(_)) = connection.accept().await {} });
    first
}

/// Sends and gets the client's answer together with the server's end of its stream.
async fn open_stream(
    peer: &Peer,
    client: &Upstream,
    timeouts: PhaseTimeouts,
) -> (gw_upstream::UpstreamResponse, SendStream<Bytes>) {
    let server = async {
        let (_, mut respond) = first_stream(peer).await;
        respond.send_response(Response::new(()), false).unwrap()
    };
    let (dest, req) = (h2_destination(peer), post("x"));
    let (stream, response) = tokio::join!(server, client.send(&dest, &req, timeouts));
    (response.unwrap(), stream)
}

#[test]
fn streams_share_a_connection() {
    run(async {
        let peer = Peer::new().await;
        let (client, dest) = (client(), h2_destination(&peer));
        let asking = async {
            let req = post("x".repeat(1000));
            let (a, b, c) = tokio::join!(
                client.send(&dest, &req, TIMEOUTS),
                client.send(&dest, &req, TIMEOUTS),
                client.send(&dest, &req, TIMEOUTS)
            );
            for response in [a, b, c] {
                let mut response = response.unwrap();
                assert_eq!(response.status, 200);
                assert_eq!(read_all(&mut response.body).await.unwrap(), "x".repeat(1000).as_bytes());
            }
            let response = client.send(&dest, &req, TIMEOUTS).await.unwrap();
            assert!(response.timing.reused && response.timing.connect_us.is_none());
            assert_eq!((client.stats().open, client.stats().in_flight), (1, 1));
        };
        tokio::select! { () = serve_echo(&peer, true) => {}, () = asking => {} }
        until(&client, |s| s.in_flight == 0).await;
    });
}

#[test]
fn large_bodies_both_ways() {
    run(async {
        let peer = Peer::new().await;
        let (client, dest) = (client(), h2_destination(&peer));
        let asking = async {
            let whole: Vec<u8> =
                (0..3_000_000_u32).map(|i| i.to_le_bytes()[0] ^ i.to_le_bytes()[1]).collect();
            let mut response = client.send(&dest, &post(whole.clone()), TIMEOUTS).await.unwrap();
            assert!(read_all(&mut response.body).await.unwrap() == whole, "the body came back changed");
        };
        tokio::select! { () = serve_echo(&peer, false) => {}, () = asking => {} }
    });
}

#[test]
fn a_full_connection_gets_a_second() {
    run(async {
        let peer = Peer::new().await;
        let dest = h2_destination(&peer);
        let config = UpstreamConfig { max_streams_per_connection: 1, ..UpstreamConfig::default() };
        let client = Upstream::new(config);
        let asking = async {
            let first = client.send(&dest, &post("a"), TIMEOUTS).await.unwrap();
            let second = client.send(&dest, &post("b"), TIMEOUTS).await.unwrap();
            assert_eq!(client.stats().open, 2);
            drop((first, second));
            let third = client.send(&dest, &post("c"), TIMEOUTS).await.unwrap();
            assert!(third.timing.reused);
        };
        tokio::select! { () = serve_echo(&peer, false) => {}, () = asking => {} }
    });
}

#[test]
fn dropping_resets_the_stream() {
    run(async {
        let peer = Peer::new().await;
        let client = client();
        let (response, mut stream) = open_stream(&peer, &client, TIMEOUTS).await;
        drop(response);
        let reason = poll_fn(|cx| stream.poll_reset(cx)).await.unwrap();
        assert_eq!(reason, Reason::CANCEL);
        assert_eq!((client.stats().in_flight, client.stats().open), (0, 1));
    });
}

#[test]
fn dropping_a_send_resets_the_stream() {
    run(async {
        let peer = Peer::new().await;
        let (client, dest, req) = (client(), h2_destination(&peer), post("x"));
        let mut sending = Box::pin(client.send(&dest, &req, TIMEOUTS));
        let (_, mut respond) = tokio::select! {
            stream = first_stream(&peer) => stream,
            _ = &mut sending => unreachable!(),
        };
        drop(sending);
        assert_eq!(poll_fn(|cx| respond.poll_reset(cx)).await.unwrap(), Reason::CANCEL);
        assert_eq!(client.stats().in_flight, 0);
    });
}

#[test]
fn a_reset_or_cut_body_is_cut() {
    run(async {
        let peer = Peer::new().await;
        let client = client();
        let (mut response, mut stream) = open_stream(&peer, &client, TIMEOUTS).await;
        stream.send_data(Bytes::from("abc"), false).unwrap();
        assert_eq!(response.body.next().await.unwrap().unwrap(), "abc");
        stream.send_reset(Reason::INTERNAL_ERROR);
        assert!(matches!(response.body.next().await, Some(Err(BodyError::Cut(_)))));
        assert!(response.body.next().await.is_none());
        assert_eq!(client.stats().in_flight, 0);
    });
}

#[test]
fn time_limits() {
    run(async {
        let peer = Peer::new().await;
        // Retired connections are let go with the idle ones.
        let client = Upstream::new(UpstreamConfig { idle_timeout_ms: 400, ..UpstreamConfig::default() });
        let tight = PhaseTimeouts { first_byte_ms: 30, idle_ms: 30, ..TIMEOUTS };
        let (mut response, _stream) =
            open_stream(&peer, &client, PhaseTimeouts { first_byte_ms: 5_000, ..tight }).await;
        assert!(matches!(response.body.next().await, Some(Err(BodyError::IdleTimeout))));
        // A connection that was silent takes no more streams.
        let (dest, req) = (h2_destination(&peer), post("x"));
        let (_stream, result) = tokio::join!(first_stream(&peer), client.send(&dest, &req, tight));
        assert_eq!(result.unwrap_err().kind(), SendErrorKind::FirstByteTimeout);
        until(&client, |s| s.open == 0).await;
    });
}

#[test]
fn a_dead_connection_is_replaced() {
    run(async {
        let peer = Peer::new().await;
        let (client, dest) = (client(), h2_destination(&peer));
        let req = post("x");
        let server = async {
            let mut connection: Connection = server::handshake(peer.accept().await).await.unwrap();
            let (request, respond) = connection.accept().await.unwrap().unwrap();
            tokio::task::spawn_local(echo(request, respond, false));
            // Reads the second request and goes away without a word.
            let second = connection.accept().await;
            drop((second, connection));
            serve_echo(&peer, false).await;
        };
        let asking = async {
            let mut response = client.send(&dest, &req, TIMEOUTS).await.unwrap();
            read_all(&mut response.body).await.unwrap();
            let mut response = client.send(&dest, &req, TIMEOUTS).await.unwrap();
            assert!(!response.timing.reused);
            assert_eq!(read_all(&mut response.body).await.unwrap(), b"x");
        };
        tokio::select! { () = server => {}, () = asking => {} }
    });
}
