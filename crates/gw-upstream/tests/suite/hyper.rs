//! Against a server that others wrote: many concurrent requests, keep-alive, both framings.

use crate::support::{Peer, TIMEOUTS, client, post, read_all, run};
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::{Body, Frame, Incoming, SizeHint};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use std::convert::Infallible;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

/// A body that does not tell its length, so that it is sent in chunks when asked to.
struct Unsized(Full<Bytes>, bool);

impl Body for Unsized {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Pin::new(&mut self.0).poll_frame(cx)
    }

    fn size_hint(&self) -> SizeHint {
        if self.1 { SizeHint::default() } else { self.0.size_hint() }
    }
}

async fn echo(request: Request<Incoming>) -> Result<Response<Unsized>, hyper::Error> {
    let body = request.into_body().collect().await?.to_bytes();
    let chunked = body.len() % 2 == 0;
    Ok(Response::new(Unsized(Full::new(body), chunked)))
}

#[test]
fn many_requests() {
    run(async {
        let peer = Peer::new().await;
        let (client, dest) = (client(), peer.destination());
        let server = async {
            loop {
                let stream = TokioIo::new(peer.accept().await);
                tokio::task::spawn_local(async move {
                    let _ = hyper::server::conn::http1::Builder::new()
                        .serve_connection(stream, service_fn(echo))
                        .await;
                });
            }
        };
        let asking = async {
            let mut tasks = Vec::new();
            for task in 0..16_usize {
                let (client, dest) = (Rc::clone(&client), dest.clone());
                tasks.push(tokio::task::spawn_local(async move {
                    for round in 0..40 {
                        let length = (task * 40 + round) * 157;
                        let sent = vec![b'a' + u8::try_from(task).unwrap(); length];
                        let mut response = client.send(&dest, &post(sent.clone()), TIMEOUTS).await.unwrap();
                        assert!(
                            read_all(&mut response.body).await.unwrap() == sent,
                            "the body came back changed"
                        );
                    }
                }));
            }
            for task in tasks {
                task.await.unwrap();
            }
            let stats = client.stats();
            assert_eq!((stats.in_flight, stats.idle), (0, stats.open));
            assert!(stats.open <= 16, "{stats:?}");
        };
        tokio::select! { () = server => {}, () = asking => {} }
    });
}
