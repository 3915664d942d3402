//! Answers outside the memory of the process: what is kept goes there too, and what the memory has not is asked for there.
//! A thread of its own reads and writes; whoever asks waits for a bounded time, and goes on without. Serves the cache
//! stage. It must not decide who may have an answer.

mod disk;
mod purges;
mod remote;

pub use disk::DiskSettings;
pub use remote::{OnPurge, RemoteSettings};

use super::form::AnswerSeal;
use super::similar::{Index, Turn};
use super::{Answer, AnswerKey, Purge};
use crate::redis::RedisError;
use disk::Disk;
use gw_model::{Clock, Secret};
use purges::Purges;
use remote::Remote;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};

/// Orders that may wait; one more is not carried out.
const MAX_WAITING: usize = 1024;

/// Bytes of answers that may wait to be written.
const MAX_WAITING_BYTES: u64 = 64 << 20;

/// How often it is looked whether all is written, when that is waited for.
const LOOK_EVERY: Duration = Duration::from_millis(5);

/// Nobody knows whether there is an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoReply;

/// What came of a purge.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Purged {
    /// Answers that are gone, as far as they are known.
    pub keys: Vec<AnswerKey>,
    /// Nothing that it takes is given any more, but the store does not answer: it is told as soon as it does, unless the
    /// process ends before.
    pub is_pending: bool,
}

/// Was an answer thrown away before it was written?
pub type IsGone = Box<dyn Fn() -> bool + Send>;

enum Order {
    Get(AnswerKey, oneshot::Sender<Option<Answer>>),
    Put(AnswerKey, Arc<Answer>, Option<Turn>, IsGone),
    Purge(Purge, oneshot::Sender<Purged>),
}

/// See the module. Copies share it; the thread ends with the last.
#[derive(Clone)]
pub struct Shelf {
    orders: mpsc::Sender<Order>,
    waiting_bytes: Arc<AtomicU64>,
    purges: Arc<Purges>,
    within: Duration,
}

impl std::fmt::Debug for Shelf {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shelf").field("within", &self.within).finish_non_exhaustive()
    }
}

impl Shelf {
    /// On disk. What is damaged there is thrown away. Turns go into `index` as soon as they are read.
    ///
    /// # Errors
    /// There is no thread for it.
    pub fn on_disk(
        settings: DiskSettings,
        encryption_keys: &[Secret],
        index: Arc<Index>,
        clock: Arc<dyn Clock>,
    ) -> io::Result<Self> {
        let (orders, incoming) = mpsc::channel(MAX_WAITING);
        let waiting_bytes = Arc::new(AtomicU64::new(0));
        let within = settings.within;
        let seal = AnswerSeal::new(encryption_keys);
        let (waiting, purges) = (Arc::clone(&waiting_bytes), Arc::<Purges>::default());
        let owed = Arc::clone(&purges);
        let work = move || {
            let mut disk = Disk::open(settings, seal, clock, owed);
            disk.read_turns(&index);
            serve(&mut disk, incoming, &waiting);
        };
        std::thread::Builder::new().name("answers".to_owned()).spawn(work)?;
        Ok(Self { orders, waiting_bytes, purges, within })
    }

    /// In Redis, for all gateways together. Turns of theirs go into `index`; what they throw away is told to `on_purge`.
    ///
    /// # Errors
    /// The address cannot be used, or there is no thread for it.
    pub fn in_redis(
        settings: RemoteSettings,
        encryption_keys: &[Secret],
        index: Arc<Index>,
        clock: Arc<dyn Clock>,
        on_purge: OnPurge,
    ) -> Result<Self, RedisError> {
        let (orders, incoming) = mpsc::channel(MAX_WAITING);
        let waiting_bytes = Arc::new(AtomicU64::new(0));
        let within = settings.within;
        let seal = AnswerSeal::new(encryption_keys);
        let remote = Arc::new(Remote::new(settings, seal, index, clock, on_purge)?);
        let purges = Arc::clone(remote.purges());
        let waiting = Arc::clone(&waiting_bytes);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(RedisError::System)?;
        let work = move || {
            let put = move |answer: &Answer| {
                waiting.fetch_sub(answer.size() as u64, Ordering::Relaxed);
            };
            let tasks = tokio::task::LocalSet::new();
            tasks.block_on(&runtime, remote.serve(incoming, Arc::new(put)));
        };
        std::thread::Builder::new().name("answers".to_owned()).spawn(work).map_err(RedisError::System)?;
        Ok(Self { orders, waiting_bytes, purges, within })
    }

    /// The answer with that key, if there is one.
    ///
    /// # Errors
    /// It is not known in time.
    pub async fn get(&self, key: AnswerKey) -> Result<Option<Answer>, NoReply> {
        let (reply, answer) = oneshot::channel();
        self.orders.try_send(Order::Get(key, reply)).map_err(|_| NoReply)?;
        match tokio::time::timeout(self.within, answer).await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(_)) | Err(_) => Err(NoReply),
        }
    }

    /// Keeps an answer, with the turn by which others find it. Where too much waits already, it is not kept.
    pub fn put(&self, key: AnswerKey, answer: &Arc<Answer>, turn: Option<&Turn>) {
        self.put_unless(key, answer, turn, Box::new(|| false));
    }

    /// The same, unless it `is_gone` when it is its turn: a purge that was told before this was may be carried out before it.
    pub fn put_unless(&self, key: AnswerKey, answer: &Arc<Answer>, turn: Option<&Turn>, is_gone: IsGone) {
        let bytes = answer.size() as u64;
        if self.waiting_bytes.fetch_add(bytes, Ordering::Relaxed) + bytes > MAX_WAITING_BYTES
            || self.orders.try_send(Order::Put(key, Arc::clone(answer), turn.cloned(), is_gone)).is_err()
        {
            self.waiting_bytes.fetch_sub(bytes, Ordering::Relaxed);
            tracing::debug!("an answer is not kept on disk: too many wait");
        }
    }

    /// Waits until all that was put is written, at most so long. False: some of it is not.
    pub async fn flush(&self, within: Duration) -> bool {
        let written = async {
            while self.waiting_bytes.load(Ordering::Relaxed) > 0 && !self.orders.is_closed() {
                tokio::time::sleep(LOOK_EVERY).await;
            }
        };
        let is_over = tokio::time::timeout(within, written).await.is_ok();
        is_over && self.waiting_bytes.load(Ordering::Relaxed) == 0
    }

    /// Throws answers away. To be called where waiting is allowed.
    ///
    /// # Errors
    /// Nobody carries it out any more: it is lost.
    pub fn purge(&self, purge: &Purge) -> Result<Purged, NoReply> {
        let (reply, purged) = oneshot::channel();
        self.orders.blocking_send(Order::Purge(purge.clone(), reply)).map_err(|_| NoReply)?;
        match purged.blocking_recv() {
            Ok(purged) => Ok(purged),
            Err(_) if self.orders.is_closed() => Err(NoReply),
            // It was taken in, and the connection broke before it was through.
            Err(_) => Ok(Purged { keys: Vec::new(), is_pending: true }),
        }
    }

    /// Purges that are not carried out yet, since the store does not answer.
    #[must_use]
    pub fn pending_purges(&self) -> usize {
        self.purges.pending()
    }
}

fn serve(disk: &mut Disk, mut orders: mpsc::Receiver<Order>, waiting_bytes: &AtomicU64) {
    while let Some(order) = orders.blocking_recv() {
        disk.catch_up();
        match order {
            // Nobody waits for it any more.
            Order::Get(_, reply) if reply.is_closed() => {}
            Order::Get(key, reply) => drop(reply.send(disk.get(&key))),
            Order::Put(key, answer, turn, is_gone) => {
                if !is_gone() {
                    disk.put(&key, &answer, turn.as_ref());
                }
                waiting_bytes.fetch_sub(answer.size() as u64, Ordering::Relaxed);
            }
            Order::Purge(purge, reply) => drop(reply.send(disk.purge(purge))),
        }
    }
    // Whatever starts next knows nothing of what was to be thrown away.
    disk.carry_out();
}

#[cfg(test)]
mod tests;
