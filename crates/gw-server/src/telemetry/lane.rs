//! The way of one kind of telemetry to its collector: gathers what comes, and sends it in batches, one after the other. What comes while too
//! much waits is dropped and counted. It must not hold up whoever puts something in.

use super::send::Sender;
use gw_model::telemetry::{Batching, Signal};
use gw_pipeline::{Dropped, TelemetryMetrics};
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;
use std::time::Duration;
use tokio::sync::Notify;
use tokio::task::AbortHandle;

/// Most bytes that wait, and most of one request: collectors refuse larger ones.
const MAX_WAITING_BYTES: usize = 64 << 20;
const MAX_BATCH_BYTES: usize = 2 << 20;

/// How often is looked whether a lane is empty.
const LOOK_EVERY: Duration = Duration::from_millis(10);

/// What is in a lane.
struct Queue<T> {
    /// With what each takes.
    waiting: RefCell<VecDeque<(usize, T)>>,
    bytes: Cell<usize>,
    batching: Batching,
    /// There is a batch, or nothing more will come.
    wake: Notify,
    is_leaving: Cell<bool>,
    /// How many are on their way.
    sending: Cell<u64>,
}

/// See the module. Whoever drops it ends the sending.
pub(super) struct Lane<T> {
    queue: Rc<Queue<T>>,
    signal: Signal,
    metrics: TelemetryMetrics,
    task: AbortHandle,
    weigh: fn(&T) -> usize,
}

/// Makes a request of a batch, encoded.
pub(super) type Encode<T> = Box<dyn Fn(Vec<T>) -> Vec<u8>>;

impl<T: 'static> Lane<T> {
    /// One that sends by itself, on the thread's own task set.
    #[expect(clippy::disallowed_methods, reason = "the thread's own task set; dropping this ends the task")]
    pub(super) fn open(
        signal: Signal,
        batching: Batching,
        sender: Sender,
        metrics: TelemetryMetrics,
        encode: Encode<T>,
        weigh: fn(&T) -> usize,
    ) -> Self {
        let queue = Rc::new(Queue {
            waiting: RefCell::default(),
            bytes: Cell::new(0),
            batching,
            wake: Notify::new(),
            is_leaving: Cell::new(false),
            sending: Cell::new(0),
        });
        let task = tokio::task::spawn_local(carry(Rc::clone(&queue), sender, encode)).abort_handle();
        Self { queue, signal, metrics, task, weigh }
    }

    /// Puts something in, or drops it.
    pub(super) fn put(&self, item: T) {
        let weight = (self.weigh)(&item);
        let bytes = self.queue.bytes.get().saturating_add(weight);
        let mut waiting = self.queue.waiting.borrow_mut();
        if waiting.len() >= self.queue.batching.max_queue || bytes > MAX_WAITING_BYTES {
            drop(waiting);
            return self.metrics.note_dropped(self.signal, Dropped::QueueFull, 1);
        }
        waiting.push_back((weight, item));
        self.queue.bytes.set(bytes);
        if waiting.len() >= self.queue.batching.max_batch || bytes >= MAX_BATCH_BYTES {
            self.queue.wake.notify_one();
        }
    }

    /// Sends what is left, and waits for that; to be dropped when it took too long.
    pub(super) async fn flush(&self) {
        self.queue.is_leaving.set(true);
        self.queue.wake.notify_one();
        while self.queue.sending.get() > 0 || !self.queue.waiting.borrow().is_empty() {
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }
}

impl<T> Drop for Lane<T> {
    fn drop(&mut self) {
        self.task.abort();
        let left = self.queue.waiting.borrow().len() as u64 + self.queue.sending.get();
        if left > 0 {
            self.metrics.note_dropped(self.signal, Dropped::Shutdown, left);
        }
    }
}

async fn carry<T>(queue: Rc<Queue<T>>, sender: Sender, encode: Encode<T>) {
    let interval = Duration::from_millis(queue.batching.interval_ms);
    loop {
        // Whichever comes first: a batch, or its time.
        let _ = tokio::time::timeout(interval, queue.wake.notified()).await;
        loop {
            let batch = queue.batch();
            if batch.is_empty() {
                break;
            }
            let count = batch.len() as u64;
            queue.sending.set(count);
            sender.send(count, encode(batch)).await;
            queue.sending.set(0);
            // What is no batch yet has its time.
            let is_batch = queue.waiting.borrow().len() >= queue.batching.max_batch
                || queue.bytes.get() >= MAX_BATCH_BYTES;
            if !queue.is_leaving.get() && !is_batch {
                break;
            }
        }
    }
}

impl<T> Queue<T> {
    fn batch(&self) -> Vec<T> {
        let mut waiting = self.waiting.borrow_mut();
        let mut bytes = 0_usize;
        let mut fits = |at: usize, weight: usize| {
            bytes = bytes.saturating_add(weight);
            at == 0 || (at < self.batching.max_batch && bytes <= MAX_BATCH_BYTES)
        };
        let count = waiting.iter().enumerate().take_while(|(at, (weight, _))| fits(*at, *weight)).count();
        let taken = waiting.drain(..count);
        let (mut left, mut batch) = (self.bytes.get(), Vec::with_capacity(count));
        for (weight, item) in taken {
            left = left.saturating_sub(weight);
            batch.push(item);
        }
        self.bytes.set(left);
        batch
    }
}
