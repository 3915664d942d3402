//! Where models read texts while requests wait elsewhere: threads of its own, a queue that refuses when it
//! is full, small batches, and a cache in front, so that a text that was seen before touches neither. It must
//! not compute on the caller's thread, and not know what answers are for.

mod cache;
mod queue;

use crate::error::PoolError;
use crate::model::{ClassModel, EntityModel, Labelled, Model, Reading, Step};
use cache::Cache;
use parking_lot::Mutex;
use queue::{Job, Queue};
use std::fmt;
use std::io;
use std::sync::Arc;
use std::thread::{Builder, JoinHandle};
use std::time::Duration;
use tokio::sync::oneshot;

/// Numbers, shared with the cache: of embeddings, a vector of length 1.
pub type Vector = Arc<[f32]>;

/// What a pool has its texts read by.
pub trait Reader: fmt::Debug + Send + Sync + 'static {
    /// What is said of a text.
    type Answer: Clone + fmt::Debug + Send + Sync + 'static;
    /// A text that is being read.
    type Work: fmt::Debug + Send + 'static;

    /// Gets a text ready.
    fn begin(&self, text: &str) -> Self::Work;

    /// Reads on, no more than a model reads at once. For each, `None` where there is more to read.
    fn go_on(&self, works: &mut [Self::Work]) -> Vec<Option<Result<Self::Answer, PoolError>>>;

    /// What an answer takes in memory.
    fn bytes(answer: &Self::Answer) -> usize;
}

impl Reader for Model {
    type Answer = Vector;
    type Work = Vec<u32>;

    fn begin(&self, text: &str) -> Vec<u32> {
        Self::begin(self, text)
    }

    fn go_on(&self, works: &mut [Vec<u32>]) -> Vec<Option<Result<Vector, PoolError>>> {
        self.vectors(works).into_iter().map(|vector| Some(Ok(vector.into()))).collect()
    }

    fn bytes(answer: &Vector) -> usize {
        size_of_val(&**answer)
    }
}

impl Reader for EntityModel {
    type Answer = Arc<[Labelled]>;
    type Work = Reading<Vec<Labelled>>;

    fn begin(&self, text: &str) -> Self::Work {
        Self::begin(self, text)
    }

    fn go_on(&self, works: &mut [Self::Work]) -> Vec<Option<Result<Self::Answer, PoolError>>> {
        works.iter_mut().map(|work| answer_of(Self::go_on(self, work))).collect()
    }

    fn bytes(answer: &Self::Answer) -> usize {
        size_of_val(&**answer)
    }
}

impl Reader for ClassModel {
    type Answer = Vector;
    type Work = Reading<Vec<f32>>;

    fn begin(&self, text: &str) -> Self::Work {
        Self::begin(self, text)
    }

    fn go_on(&self, works: &mut [Self::Work]) -> Vec<Option<Result<Vector, PoolError>>> {
        works.iter_mut().map(|work| answer_of(Self::go_on(self, work))).collect()
    }

    fn bytes(answer: &Vector) -> usize {
        size_of_val(&**answer)
    }
}

fn answer_of<T>(step: Step<Vec<T>>) -> Option<Result<Arc<[T]>, PoolError>> {
    match step {
        Step::More => None,
        Step::Done(found) => Some(Ok(found.into())),
        Step::Garbled => Some(Err(PoolError::Garbled)),
    }
}

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
#[derive(Debug)]
pub struct Pool<M: Reader> {
    owner: Arc<Owner<M>>,
}

impl<M: Reader> Clone for Pool<M> {
    fn clone(&self) -> Self {
        Self { owner: Arc::clone(&self.owner) }
    }
}

/// A model for embeddings behind its threads.
pub type Embedder = Pool<Model>;

#[derive(Debug)]
struct Owner<M: Reader> {
    shared: Arc<Shared<M>>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

/// What threads hold.
#[derive(Debug)]
struct Shared<M: Reader> {
    model: Arc<M>,
    queue: Queue<M::Work, M::Answer>,
    cache: Mutex<Cache<M::Answer>>,
    batch: usize,
    max_text_bytes: usize,
}

impl<M: Reader> Pool<M> {
    /// Starts the threads.
    pub fn start(model: Arc<M>, settings: PoolSettings) -> io::Result<Self> {
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
            let name = format!("model-{number}");
            // If one cannot be started, the owner's end stops those before it.
            let thread = Builder::new().name(name).spawn(move || shared.work())?;
            owner.threads.lock().push(thread);
        }
        Ok(Self { owner })
    }

    /// The model.
    #[must_use]
    pub fn model(&self) -> &M {
        &self.owner.shared.model
    }

    /// What is said of a text that is in the cache.
    #[must_use]
    pub fn cached(&self, text: &str) -> Option<M::Answer> {
        self.owner.shared.cache.lock().get(text)
    }

    /// What is said of a text, from the cache or from a thread. Needs a runtime with a timer. A caller that gives
    /// up takes its text out of what is computed.
    ///
    /// # Errors
    /// The text is too long, the queue is full, the time is over, or the pool was stopped.
    pub async fn read(&self, text: &str, within: Duration) -> Result<M::Answer, PoolError> {
        let shared = &self.owner.shared;
        if text.len() > shared.max_text_bytes {
            return Err(PoolError::TooLong { max_bytes: shared.max_text_bytes });
        }
        if let Some(answer) = self.cached(text) {
            return Ok(answer);
        }
        let (answer, answer_of) = oneshot::channel();
        shared.queue.push(Job { text: text.into(), work: None, answer })?;
        answered(answer_of, within).await
    }

    /// Ends the threads and waits for them, a batch at most. What waits in the queue gets
    /// [`PoolError::Stopped`], and so does whatever comes later.
    pub fn stop(&self) {
        self.owner.stop();
    }
}

/// What a thread answers, if it does in time.
async fn answered<T>(
    answer: oneshot::Receiver<Result<T, PoolError>>,
    within: Duration,
) -> Result<T, PoolError> {
    match tokio::time::timeout(within, answer).await {
        Ok(Ok(answer)) => answer,
        Ok(Err(_)) => Err(PoolError::Stopped),
        Err(_) => Err(PoolError::TimedOut),
    }
}

impl<M: Reader> Owner<M> {
    fn stop(&self) {
        self.shared.queue.close();
        let threads = std::mem::take(&mut *self.threads.lock());
        for thread in threads {
            // It only fails for a thread that panicked, and then there is nothing left to end.
            drop(thread.join());
        }
    }
}

impl<M: Reader> Drop for Owner<M> {
    /// Without waiting: the last copy may go on a thread that must not block.
    fn drop(&mut self) {
        self.shared.queue.close();
    }
}

impl<M: Reader> Shared<M> {
    /// What a thread does until the queue is closed. A text that is not read to its end waits behind the others, so that a
    /// long one holds up nobody.
    fn work(&self) {
        while let Some(jobs) = self.queue.pull(self.batch) {
            let (mut jobs, mut works) = (jobs, Vec::new());
            jobs.retain_mut(|job| {
                let is_wanted = self.is_wanted(job);
                if is_wanted {
                    works.push(job.work.take().unwrap_or_else(|| self.model.begin(&job.text)));
                }
                is_wanted
            });
            let answers = if works.is_empty() { Vec::new() } else { self.model.go_on(&mut works) };
            for ((mut job, work), answer) in jobs.into_iter().zip(works).zip(answers) {
                let Some(answer) = answer else {
                    job.work = Some(work);
                    self.queue.put_back(job);
                    continue;
                };
                if let Ok(answer) = &answer {
                    self.cache.lock().put(job.text, answer.clone(), M::bytes(answer));
                }
                // Who gave up meanwhile finds it in the cache the next time.
                drop(job.answer.send(answer));
            }
        }
    }

    /// Does anybody wait for it that is not answered with what has become known meanwhile?
    fn is_wanted(&self, job: &mut Job<M::Work, M::Answer>) -> bool {
        if job.answer.is_closed() {
            return false;
        }
        let Some(known) = self.cache.lock().get(&job.text) else { return true };
        let (gone, _) = oneshot::channel();
        drop(std::mem::replace(&mut job.answer, gone).send(Ok(known)));
        false
    }
}

#[cfg(test)]
mod tests;
