//! Tests of [`super`].

use super::*;
use std::future::poll_fn;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Wake;

const SHORT: Duration = Duration::from_millis(5);
const LONG: Duration = Duration::from_secs(20);

#[derive(Default)]
struct Count(AtomicUsize);

impl Wake for Count {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

#[tokio::test]
async fn fires_for_whoever_polled_last() {
    let count = Arc::new(Count::default());
    let former = Waker::from(Arc::clone(&count));
    let mut timer = Timer::default();
    assert!(timer.poll(&mut Context::from_waker(&former)).is_pending());
    assert!(!timer.is_set());
    for _ in 0..2 {
        timer.set(SHORT);
        for _ in 0..3 {
            assert!(timer.poll(&mut Context::from_waker(&former)).is_pending());
        }
        assert!(tokio::time::timeout(LONG, poll_fn(|cx| timer.poll(cx))).await.is_ok());
    }
    assert_eq!(count.0.load(Ordering::Relaxed), 0);
}

#[tokio::test]
async fn a_task_without_budget_is_not_taken_for_armed() {
    let mut timer = Timer::default();
    timer.set(SHORT);
    let fired = poll_fn(|cx| {
        // The runtime gives a task so much, and then answers `Pending` to whatever it asks.
        while std::pin::pin!(tokio::task::consume_budget()).poll(cx).is_ready() {}
        timer.poll(cx)
    });
    // Woken at once again and again, it is never given the time; it must not believe that it will be woken.
    assert!(tokio::time::timeout(SHORT, fired).await.is_err());
    assert!(tokio::time::timeout(LONG, poll_fn(|cx| timer.poll(cx))).await.is_ok());
}
