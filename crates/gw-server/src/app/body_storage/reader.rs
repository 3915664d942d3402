//! Reads pieces of segments of bodies from object storage, for threads that may wait. A thread of its own asks the storage, a few
//! things at a time. Where the storage failed it is not asked for a moment: whoever looks through many bodies hears so at once.

use super::blocks::{Blocks, around, cut};
use super::{SECTION, key_of};
use crate::app::bucket::{Bucket, S3Error};
use bytes::Bytes;
use gw_config::compile::S3Settings;
use gw_model::{Clock, Micros};
use gw_store::bodies::{FarBodies, FarError};
use parking_lot::Mutex;
use std::fmt;
use std::io;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::runtime::Builder;
use tokio::sync::Notify;
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::task::{JoinSet, LocalSet};

/// Longest wait for a piece, where the settings do not say less: a person may wait for it.
const LONGEST: Duration = Duration::from_secs(10);
/// What is asked at the same time, and what may wait for that.
const AT_ONCE: usize = 16;
const WAITING: usize = 64;
/// How long after a failure a piece is asked for once more.
const AGAIN: Duration = Duration::from_millis(200);
/// How long a storage that failed is left alone.
const REST_US: Micros = 5_000_000;
/// Pieces above that are read alone, and not remembered.
const LARGE: usize = 1 << 20;

/// Why there is nothing after all that time.
const LATE: &str = "the object storage does not answer in time";

/// A piece that somebody waits for.
struct Ask {
    segment: String,
    start: u64,
    length: usize,
    answer: SyncSender<Result<Option<Vec<u8>>, FarError>>,
}

/// Why the storage is left alone, and until when.
#[derive(Debug, Default)]
struct Rest {
    until: Micros,
    why: String,
}

/// See the module.
pub(super) struct Reader {
    asks: Mutex<Option<Sender<Ask>>>,
    blocks: Mutex<Blocks>,
    rest: Mutex<Option<Rest>>,
    clock: Arc<dyn Clock>,
    limit: Duration,
    stop: Arc<Notify>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl fmt::Debug for Reader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reader").finish_non_exhaustive()
    }
}

impl Reader {
    /// Errors: the system refuses the thread.
    pub(super) fn start(settings: &S3Settings, clock: Arc<dyn Clock>) -> io::Result<Self> {
        let (asks, asked) = channel(WAITING);
        let limit = LONGEST.min(Duration::from_millis(settings.timeout_ms));
        let runtime = Builder::new_current_thread().enable_all().max_blocking_threads(1).build()?;
        let (settings, for_bucket) = (settings.clone(), Arc::clone(&clock));
        let stop = Arc::<Notify>::default();
        let stopped = Arc::clone(&stop);
        let thread = std::thread::Builder::new().name("body reader".to_owned()).spawn(move || {
            let local = LocalSet::new();
            local.block_on(&runtime, async {
                let bucket = Bucket::new(&settings, SECTION, for_bucket);
                if let Err(error) = &bucket {
                    tracing::error!(%error, "bodies of calls cannot be read from the object storage");
                }
                tokio::select! {
                    () = serve(bucket.map(Rc::new), asked, limit) => {}
                    () = stopped.notified() => {}
                }
            });
            drop(local);
            runtime.shutdown_background();
        })?;
        Ok(Self {
            asks: Mutex::new(Some(asks)),
            blocks: Mutex::default(),
            rest: Mutex::default(),
            clock,
            limit,
            stop,
            thread: Mutex::new(Some(thread)),
        })
    }

    /// Ends the thread. What is asked later is refused, and whoever waits hears so at once.
    pub(super) fn close(&self) {
        drop(self.asks.lock().take());
        self.stop.notify_one();
        if self.thread.lock().take().is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("the thread that reads bodies ended in a panic");
        }
    }

    /// A segment is another one, or is gone.
    pub(super) fn forget(&self, segment: &str) {
        self.blocks.lock().forget(segment);
    }

    fn ask(&self, segment: &str, start: u64, length: usize) -> Result<Option<Vec<u8>>, FarError> {
        if let Some(rest) = self.rest.lock().as_ref().filter(|rest| self.clock.now() < rest.until) {
            return Err(FarError(rest.why.clone()));
        }
        let (answer, answered) = sync_channel(1);
        let ask = Ask { segment: segment.to_owned(), start, length, answer };
        let taken = match self.asks.lock().as_ref() {
            Some(asks) => asks.try_send(ask).is_ok(),
            None => false,
        };
        if !taken {
            // That says nothing of the storage.
            return Err(FarError("too much is read from the object storage at this moment".to_owned()));
        }
        // It may wait for others before it is asked.
        let found = match answered.recv_timeout(self.limit * 2) {
            Ok(found) => found,
            Err(RecvTimeoutError::Timeout) => Err(FarError(LATE.to_owned())),
            // That says nothing of the storage either.
            Err(RecvTimeoutError::Disconnected) => {
                return Err(FarError("nothing is read from the object storage any more".to_owned()));
            }
        };
        self.note(&found);
        found
    }

    /// Says once that the storage is away, and once that it is back.
    fn note(&self, found: &Result<Option<Vec<u8>>, FarError>) {
        let mut rest = self.rest.lock();
        match found {
            Err(FarError(why)) => {
                let until = self.clock.now().saturating_add(REST_US);
                if rest.replace(Rest { until, why: why.clone() }).is_none() {
                    tracing::warn!(why, "bodies of calls cannot be read from the object storage");
                }
            }
            Ok(_) => {
                if rest.take().is_some() {
                    tracing::info!("bodies of calls are read from the object storage again");
                }
            }
        }
    }
}

impl FarBodies for Reader {
    fn read(&self, segment: &str, start: u64, length: usize) -> Result<Option<Vec<u8>>, FarError> {
        if length > LARGE {
            return self.ask(segment, start, length);
        }
        if let Some(found) = self.blocks.lock().find(segment, start, length) {
            return Ok(Some(found));
        }
        let (from, bytes) = around(start, length);
        let Some(read) = self.ask(segment, from, bytes)? else { return Ok(None) };
        let read = Bytes::from(read);
        self.blocks.lock().add(segment, from, &read);
        Ok(Some(cut(&read, start - from, length).to_vec()))
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        self.close();
    }
}

/// Answers until nobody can ask any more.
async fn serve(bucket: Result<Rc<Bucket>, S3Error>, mut asked: Receiver<Ask>, limit: Duration) {
    let mut under_way = JoinSet::new();
    while let Some(ask) = asked.recv().await {
        while under_way.try_join_next().is_some() {}
        if under_way.len() >= AT_ONCE {
            let _ = under_way.join_next().await;
        }
        match &bucket {
            Ok(bucket) => drop(under_way.spawn_local(answer(Rc::clone(bucket), ask, limit))),
            // Whoever asked may have left.
            Err(error) => drop(ask.answer.send(Err(FarError(error.to_string())))),
        }
    }
}

async fn answer(bucket: Rc<Bucket>, ask: Ask, limit: Duration) {
    let key = key_of(&ask.segment);
    let read = async {
        // One failure among thousands of reads is what every storage has.
        if let Ok(found) = bucket.get(&key, ask.start, ask.length).await {
            return Ok(found);
        }
        tokio::time::sleep(AGAIN).await;
        bucket.get(&key, ask.start, ask.length).await
    };
    let found = match tokio::time::timeout(limit, read).await {
        Ok(found) => found.map_err(|error| FarError(error.to_string())),
        Err(_) => Err(FarError(LATE.to_owned())),
    };
    // Whoever asked may have left.
    let _ = ask.answer.send(found);
}

#[cfg(test)]
mod tests;
