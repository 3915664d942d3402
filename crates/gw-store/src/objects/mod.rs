//! Whose an object is that outlives its request: a provider's (a file, a batch, a stored response) or one that the
//! gateway itself keeps for want of such a provider. Serves every stage and endpoint that takes an id from a
//! caller. It must not decide what a caller is told, and nothing in it blocks a worker.
//!
//! How to use [`Objects`], which all workers share:
//!
//! - Something was made upstream: build an [`Object`], `objects.put(object).await?`, and only then answer the
//!   caller. It is seen by every worker from the call on; when the future is ready it is on disk. An error means
//!   that it is *not* owned: refuse the request with [`ObjectError::code`] (503 `storage_full` or `overloaded`).
//! - A caller names an id: `objects.find(kind, id, who, now).await?` gives it if it is `who`'s (everything is the
//!   master key's to see), else `None`, which is a 404 whether it is somebody else's or nobody's. The object names
//!   the provider that has to be asked.
//! - A list: `objects.list(ObjectList { .. }).await?`, newest first, in pages. Responses are not listed.
//! - It was deleted upstream: `objects.remove(kind, id).await?`.
//! - Something of the gateway's own: [`Objects::put_with_state`], [`Objects::state`]; sealed before it is written.
//! - A request that a journal stands for anyway: [`crate::journal::Journal::owned`] and [`Objects::note`] in place of
//!   `put`, which costs no wait. At present: stored responses.
//!
//! An object lives until `expires`, or until it is removed. It stays its key's when the key is revoked. What was
//! put survives the end of the process; files, batches and uploads are forced to disk as well.

mod error;
mod object;
mod queue;
mod seal;
mod settings;
mod view;
mod writer;

pub use error::ObjectError;
pub use object::{Object, ObjectKind, ObjectList, ObjectWrite};
pub use seal::Sealer;
pub use settings::ObjectSettings;

use crate::error::StoreError;
use crate::traits::ObjectStore;
use gw_model::{Clock, KeyId, Micros};
use queue::{Queue, Task};
use std::sync::Arc;
use view::{Seen, View};
use writer::Writer;

/// See the module.
pub struct Objects {
    store: Arc<dyn ObjectStore>,
    sealer: Arc<Sealer>,
    view: Arc<View>,
    queue: Arc<Queue>,
    writer: Writer,
}

impl std::fmt::Debug for Objects {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Objects").finish_non_exhaustive()
    }
}

impl Objects {
    /// Starts the thread that writes. Errors: the system refuses it.
    pub fn start(
        store: Arc<dyn ObjectStore>,
        sealer: Sealer,
        clock: Arc<dyn Clock>,
        settings: &ObjectSettings,
    ) -> Result<Self, StoreError> {
        let sealer = Arc::new(sealer);
        let view = Arc::new(View::new(settings.memory_entries));
        let queue = Arc::new(Queue::new(settings));
        let writer = Writer::start(
            Arc::clone(&queue),
            Arc::clone(&store),
            Arc::clone(&sealer),
            clock,
            settings.sweep_interval,
        )?;
        Ok(Self { store, sealer, view, queue, writer })
    }

    /// Writes down whose an object is; one of the same kind and id is replaced. Errors: it is not owned.
    pub async fn put(&self, object: Object) -> Result<(), ObjectError> {
        self.write(object, None).await
    }

    /// The same for an object that the gateway keeps itself, with its content. Errors: it is not kept.
    pub async fn put_with_state(&self, object: Object, state: Vec<u8>) -> Result<(), ObjectError> {
        self.write(object, Some(state)).await
    }

    async fn write(&self, object: Object, state: Option<Vec<u8>>) -> Result<(), ObjectError> {
        let object = Arc::new(object);
        let written = self.queue.push(Task::Put { object: Arc::clone(&object), state })?;
        self.view.insert(Arc::clone(&object));
        let result = match written.await {
            Ok(result) => result,
            Err(_) => Err(ObjectError::Closed),
        };
        if result.is_err() {
            self.view.forget(object.kind, &object.id);
        }
        result
    }

    /// Makes an object known to all workers whose ownership is written to a journal.
    pub fn note(&self, object: Object) {
        self.view.insert(Arc::new(object));
    }

    /// The object of that id, if it is `who`'s. Errors: the store can not be read.
    pub async fn find(
        &self,
        kind: ObjectKind,
        id: &str,
        who: KeyId,
        now: Micros,
    ) -> Result<Option<Arc<Object>>, ObjectError> {
        let found = match self.view.get(kind, id) {
            Seen::Object(object) => Some(object),
            Seen::Removed => None,
            Seen::Unknown => self.load(kind, id).await?,
        };
        Ok(found.filter(|object| object.is_of(who) && !object.is_expired(now)))
    }

    async fn load(&self, kind: ObjectKind, id: &str) -> Result<Option<Arc<Object>>, ObjectError> {
        let (store, id) = (Arc::clone(&self.store), id.to_owned());
        let found = blocking(move || store.object(kind, &id)).await?.map(Arc::new);
        if let Some(object) = &found {
            self.view.insert_loaded(object);
        }
        Ok(found)
    }

    /// Everything that has one of these ids, whatever it is and whoever's: for ids of which only the text is known.
    /// Errors: the store can not be read.
    pub async fn named(&self, ids: Vec<String>, now: Micros) -> Result<Vec<Arc<Object>>, ObjectError> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let (store, view) = (Arc::clone(&self.store), Arc::clone(&self.view));
        let found = blocking(move || {
            let mut found = view.named(&ids);
            for object in store.objects_named(&ids)? {
                // What is in memory is newer, and a removal there may not be on disk yet.
                if let Seen::Unknown = view.get(object.kind, &object.id) {
                    let object = Arc::new(object);
                    view.insert_loaded(&object);
                    found.push(object);
                }
            }
            Ok(found)
        })
        .await?;
        Ok(found.into_iter().filter(|object| !object.is_expired(now)).collect())
    }

    /// A page of what a key, or everybody, owns of a kind. Errors: the store can not be read.
    pub async fn list(&self, list: ObjectList) -> Result<Vec<Object>, ObjectError> {
        let store = Arc::clone(&self.store);
        blocking(move || store.objects(&list)).await
    }

    /// The content of an object that the gateway keeps itself; `None` when there is none. Ask [`Self::find`] first:
    /// this does not look whose it is. Errors: the store can not be read, or the content not opened.
    pub async fn state(&self, object: &Arc<Object>) -> Result<Option<Vec<u8>>, ObjectError> {
        let (store, sealer) = (Arc::clone(&self.store), Arc::clone(&self.sealer));
        let object = Arc::clone(object);
        blocking(move || match store.object_state(object.kind, &object.id)? {
            Some(sealed) => sealer.open(&object, &sealed).map(Some),
            None => Ok(None),
        })
        .await
    }

    /// Forgets an object and its content. Errors: it may still stand there after a restart.
    pub async fn remove(&self, kind: ObjectKind, id: &str) -> Result<(), ObjectError> {
        self.view.remove(kind, id);
        let written = self.queue.push(Task::Remove { kind, id: id.to_owned() })?;
        written.await.unwrap_or(Err(ObjectError::Closed))
    }

    /// Writes what is queued and ends the thread. Later writes are refused.
    pub fn finish(&self) {
        self.queue.close();
        self.writer.join();
    }
}

impl Drop for Objects {
    fn drop(&mut self) {
        self.finish();
    }
}

/// Runs what waits for the disk off the worker.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, ObjectError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result.map_err(|error| ObjectError::Store(Arc::new(error))),
        Err(_) => Err(ObjectError::Closed),
    }
}

#[cfg(test)]
mod tests;
