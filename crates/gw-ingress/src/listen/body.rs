//! Reads a client's body whole, within size and time.

use bytes::{Bytes, BytesMut};
use gw_model::{ErrorCode, Refusal};
use gw_pipeline::BodySource;
use http_body::Body;
use hyper::body::Incoming;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;

/// The most that is set aside for a body before any of it has come, whatever its client announces.
const MAX_UPFRONT: usize = 1 << 20;

/// A client's body with its time limit.
pub(crate) struct ClientBody {
    pub(crate) incoming: Incoming,
    /// For the whole body.
    pub(crate) timeout: Duration,
}

impl BodySource for ClientBody {
    async fn read(mut self, max_bytes: usize) -> Result<Bytes, Refusal> {
        let announced = usize::try_from(self.incoming.size_hint().lower()).unwrap_or(usize::MAX);
        if announced > max_bytes {
            return Err(too_large(max_bytes));
        }
        // A small body comes with its head: no timer is armed for what is there already.
        let first = poll_fn(|cx| Poll::Ready(Pin::new(&mut self.incoming).poll_frame(cx))).await;
        let head = match first {
            Poll::Ready(None) => return Ok(Bytes::new()),
            Poll::Ready(Some(Ok(frame))) => {
                let data = frame.into_data().unwrap_or_default();
                if self.incoming.is_end_stream() {
                    return if data.len() > max_bytes { Err(too_large(max_bytes)) } else { Ok(data) };
                }
                data
            }
            Poll::Ready(Some(Err(_))) => return Err(broke_off()),
            Poll::Pending => Bytes::new(),
        };
        match tokio::time::timeout(self.timeout, collect(&mut self.incoming, head, announced, max_bytes))
            .await
        {
            Ok(result) => result,
            Err(_) => {
                Err(Refusal::new(ErrorCode::RequestTimeout, "the request body took too long to arrive"))
            }
        }
    }
}

async fn collect(
    body: &mut Incoming,
    head: Bytes,
    announced: usize,
    max_bytes: usize,
) -> Result<Bytes, Refusal> {
    let mut whole = BytesMut::with_capacity(announced.clamp(head.len(), MAX_UPFRONT.max(head.len())));
    whole.extend_from_slice(&head);
    drop(head);
    while let Some(frame) = poll_fn(|cx| Pin::new(&mut *body).poll_frame(cx)).await {
        let Ok(data) = frame.map_err(|_| broke_off())?.into_data() else { continue };
        if whole.len() + data.len() > max_bytes {
            return Err(too_large(max_bytes));
        }
        if whole.capacity() - whole.len() < data.len() {
            // Once a megabyte has come, the announced length is believed.
            whole.reserve(announced.saturating_sub(whole.len()).max(data.len()));
        }
        whole.extend_from_slice(&data);
    }
    Ok(whole.freeze())
}

fn too_large(max_bytes: usize) -> Refusal {
    Refusal::new(
        ErrorCode::RequestTooLarge,
        format!("the request body is larger than {max_bytes} bytes, the limit of this gateway"),
    )
}

fn broke_off() -> Refusal {
    Refusal::new(ErrorCode::InvalidRequest, "the request body broke off")
}
