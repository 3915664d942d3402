//! Futures that run at the same time on one worker. Serves whoever asks several at once. It must not spawn.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::Poll;

struct Part<F: Future> {
    future: Pin<Box<F>>,
    output: Option<F::Output>,
}

/// What all of them come to, in their order.
pub(super) async fn together<F: Future>(all: impl IntoIterator<Item = F>) -> Vec<F::Output> {
    let part = |future| Part { future: Box::pin(future), output: None };
    let mut open: Vec<Part<F>> = all.into_iter().map(part).collect();
    poll_fn(|cx| {
        let mut is_over = true;
        for part in open.iter_mut().filter(|part| part.output.is_none()) {
            match part.future.as_mut().poll(cx) {
                Poll::Ready(done) => part.output = Some(done),
                Poll::Pending => is_over = false,
            }
        }
        if is_over { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    open.into_iter().filter_map(|part| part.output).collect()
}
