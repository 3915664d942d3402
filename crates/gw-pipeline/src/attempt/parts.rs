//! A call that goes out in parts, where the target takes one input at a time: all but the last part are sent here, a
//! few side by side, and their answers kept for the translation. The last one goes the way of every call. It must not
//! try a part again: the whole try failed.

use super::exchange::{Exchange, Sent, Tried, TryFailure, refusal};
use super::{Again, FailureKind};
use crate::live::ProviderEndpoint;
use bytes::Bytes;
use gw_model::snapshot::Target;
use gw_model::{ErrorClass, ErrorCode, Refusal, Usage, UsageSource};
use gw_upstream::{
    Destination, PhaseTimeouts, SendError, Upstream, UpstreamBody, UpstreamRequest, UpstreamResponse,
};
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

/// Parts of one call that are under way at the same time.
const AT_ONCE: usize = 8;

/// What came of one part.
enum Part {
    Answer(Bytes),
    /// Another status than success.
    Status(UpstreamResponse),
    NotSent(SendError),
    /// The answer broke off, was too large or too late.
    Cut(u16),
}

impl Exchange {
    /// Sends the parts of a call that go before its last one, and keeps their answers.
    pub(super) async fn earlier(
        &mut self,
        target: &Arc<Target>,
        endpoint: &ProviderEndpoint,
        sent: &mut Sent,
        requests: &[UpstreamRequest],
    ) -> Result<(), Tried> {
        let upstream = std::rc::Rc::clone(&self.ticket.worker().upstream);
        let destination = endpoint.destination(sent.format);
        let max_bytes = self.live.snapshot.settings.max_translated_bytes / AT_ONCE;
        for requests in requests.chunks(AT_ONCE) {
            let (phases, left) = (self.phases(target), Duration::from_millis(self.remaining_ms()));
            let sending =
                requests.iter().map(|one| send(&upstream, destination, one, phases, left, max_bytes));
            let mut failed = None;
            for part in side_by_side(sending).await {
                match part {
                    Part::Answer(body) => {
                        let used = gw_wire::usage::from_whole(sent.format, &body).unwrap_or_default();
                        self.ticket.note_spent(used.input_tokens);
                        sent.earlier.push(body);
                    }
                    other => failed = failed.or(Some(other)),
                }
            }
            if let Some(part) = failed {
                return Err(self.failed_part(target, sent, part).await);
            }
        }
        Ok(())
    }

    async fn failed_part(&mut self, target: &Arc<Target>, sent: &Sent, part: Part) -> Tried {
        let status = match part {
            Part::Status(response) => return self.failed_status(target, sent.format, response).await,
            Part::NotSent(error) => return Tried::Failed(self.not_sent(target, &error)),
            Part::Cut(status) => status,
            Part::Answer(_) => 200,
        };
        self.ticket.close_attempt(status, "cut", Usage::default(), UsageSource::None);
        let refused = Refusal::new(ErrorCode::UpstreamError, "a part of the provider's answer broke off");
        let again = Some(Again { kind: FailureKind::Final, after_ms: None });
        Tried::Failed(TryFailure {
            failure: refusal(target, refused),
            class: ErrorClass::Connection,
            again,
            blames_credential: false,
        })
    }
}

async fn send(
    upstream: &Upstream,
    destination: &Destination,
    request: &UpstreamRequest,
    phases: PhaseTimeouts,
    left: Duration,
    max_bytes: usize,
) -> Part {
    let response = match upstream.send(destination, request, phases).await {
        Ok(response) if response.status.is_success() => response,
        Ok(response) => return Part::Status(response),
        Err(error) => return Part::NotSent(error),
    };
    let status = response.status.as_u16();
    let read = tokio::time::timeout(left, read_whole(response.body, max_bytes)).await;
    read.ok().flatten().map_or(Part::Cut(status), Part::Answer)
}

/// Reads a body of at most `limit` bytes. `None` when it is larger or breaks off.
async fn read_whole(mut body: UpstreamBody, limit: usize) -> Option<Bytes> {
    let mut whole = Vec::new();
    while let Some(piece) = body.next().await {
        whole.extend_from_slice(&piece.ok()?);
        if whole.len() > limit {
            return None;
        }
    }
    Some(whole.into())
}

/// A future on its way, and then what it gave.
struct Running<F: Future> {
    future: Pin<Box<F>>,
    output: Option<F::Output>,
}

/// Runs futures of this worker to their ends; what they give, in their order.
async fn side_by_side<F: Future>(futures: impl Iterator<Item = F>) -> Vec<F::Output> {
    let start = |future| Running { future: Box::pin(future), output: None };
    let mut running: Vec<Running<F>> = futures.map(start).collect();
    poll_fn(|cx| {
        let mut is_done = true;
        for one in running.iter_mut().filter(|one| one.output.is_none()) {
            match one.future.as_mut().poll(cx) {
                Poll::Ready(value) => one.output = Some(value),
                Poll::Pending => is_done = false,
            }
        }
        if is_done { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    running.into_iter().filter_map(|one| one.output).collect()
}
