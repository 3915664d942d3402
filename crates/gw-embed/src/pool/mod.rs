//! Where embeddings are computed while requests wait elsewhere: threads of its own, a queue that refuses when it
//! is full, small batches, and a cache in front, so that a text that was seen before touches neither. It must
//! not compute on the caller's thread, and not know what vectors are for.

mod cache;
mod queue;

use crate::error::EmbedError;
use crate::model::Model;
use cache::Cache;
use parking_lot::Mutex;
use queue::{Job, Queue};
use std::io;
use std::sync::Arc;
use std::thread::{Builder, JoinHandle};
use std::time::Duration;
use tokio::sync::oneshot;

/// A vector of length 1, shared with the cache.
pub type Vector = Arc<[f32]>;

/// Sizes of a pool. A setting of 0 counts as 1, but for the cache's, which is then off.
#[derive(Clone, Copy, Debug)]
pub struct PoolSettings {
    /// Threads that compute.
    pub threads: usize,
    /// Texts that may wait.
    pub queue: usize,
    /// Texts that one pass through the model takes at most.
    pub batch: usize,
    /// Longest text that is taken.
    pub max_text_bytes: usize,
    /// What the cache may hold.
    pub cache_bytes: usize,
}

impl Default for PoolSettings {
    fn default() -> Self {
        Self { threads: 1, queue: 256, batch: 4, max_text_bytes: 64 << 10, cache_bytes: 16 << 20 }
    }
}

/// A model behind its threads. Copies share them; when the last one goes, so do the threads.
#[derive(Clone, Debug)]
pub struct Embedder {
    owner: Arc<Owner>,
}

#[derive(Debug)]
struct Owner {
    shared: Arc<Shared>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

/// What threads hold.
#[derive(Debug)]
struct Shared {
    model: Arc<Model>,
    queue: Queue,
    cache: Mutex<Cache>,
    batch: usize,
    max_text_bytes: usize,
}

impl Embedder {
    /// Starts the threads.
    pub fn start(model: Arc<Model>, settings: PoolSettings) -> io::Result<Self> {
        let shared = Arc::new(Shared {
            model,
            queue: Queue::new(settings.queue.max(1)),
            cache: Mutex::new(Cache::new(settings.cache_bytes)),
            batch: settings.batch.max(1),
            max_text_bytes: settings.max_text_bytes.max(1),
        });
        let owner = Arc::new(Owner { shared: Arc::clone(&shared), threads: Mutex::default() });
        for number in 0..settings.threads.max(1) {
            let shared = Arc::clone(&shared);
            let name = format!("embed-{number}");
            // If one cannot be started, the owner's end stops those before it.
            let thread = Builder::new().name(name).spawn(move || shared.work())?;
            owner.threads.lock().push(thread);
        }
        Ok(Self { owner })
    }

    /// Numbers per vector.
    #[must_use]
    pub fn dimensions(&self) -> usize {
        self.owner.shared.model.dimensions()
    }

    /// The vector of a text that is in the cache.
    #[must_use]
    pub fn cached(&self, text: &str) -> Option<Vector> {
        self.owner.shared.cache.lock().get(text)
    }

    /// The vector of a text, from the cache or from a thread. Needs a runtime with a timer. A caller that gives
    /// up takes its text out of what is computed.
    pub async fn embed(&self, text: &str, within: Duration) -> Result<Vector, EmbedError> {
        let shared = &self.owner.shared;
        if text.len() > shared.max_text_bytes {
            return Err(EmbedError::TooLong { max_bytes: shared.max_text_bytes });
        }
        if let Some(vector) = self.cached(text) {
            return Ok(vector);
        }
        let (answer, vector) = oneshot::channel();
        shared.queue.push(Job { text: text.into(), answer })?;
        answered(vector, within).await
    }

    /// Ends the threads and waits for them, a batch at most. What waits in the queue gets
    /// [`EmbedError::Stopped`], and so does whatever comes later.
    pub fn stop(&self) {
        self.owner.stop();
    }
}

/// What a thread answers, if it does in time.
async fn answered(vector: oneshot::Receiver<Vector>, within: Duration) -> Result<Vector, EmbedError> {
    match tokio::time::timeout(within, vector).await {
        Ok(Ok(vector)) => Ok(vector),
        Ok(Err(_)) => Err(EmbedError::Stopped),
        Err(_) => Err(EmbedError::TimedOut),
    }
}

impl Owner {
    fn stop(&self) {
        self.shared.queue.close();
        let threads = std::mem::take(&mut *self.threads.lock());
        for thread in threads {
            // It only fails for a thread that panicked, and then there is nothing left to end.
            drop(thread.join());
        }
    }
}

impl Drop for Owner {
    /// Without waiting: the last copy may go on a thread that must not block.
    fn drop(&mut self) {
        self.shared.queue.close();
    }
}

impl Shared {
    /// What a thread does until the queue is closed.
    fn work(&self) {
        while let Some(jobs) = self.queue.pull(self.batch) {
            let jobs: Vec<Job> = jobs.into_iter().filter_map(|job| self.known(job)).collect();
            let texts: Vec<&str> = jobs.iter().map(|job| &*job.text).collect();
            let vectors = if texts.is_empty() { Vec::new() } else { self.model.embed(&texts) };
            for (Job { text, answer }, vector) in jobs.into_iter().zip(vectors) {
                let vector = Vector::from(vector);
                self.cache.lock().put(text, Arc::clone(&vector));
                // Who gave up meanwhile finds it in the cache the next time.
                drop(answer.send(vector));
            }
        }
    }

    /// Answers what has become known while it waited; gives back the rest, but for what nobody waits for.
    fn known(&self, job: Job) -> Option<Job> {
        if job.answer.is_closed() {
            return None;
        }
        match self.cache.lock().get(&job.text) {
            Some(vector) => {
                drop(job.answer.send(vector));
                None
            }
            None => Some(job),
        }
    }
}

#[cfg(test)]
mod tests;
