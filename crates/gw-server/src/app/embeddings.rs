//! The model for embeddings in the process: its weights are loaded when a configuration names them, kept as long as the
//! next one names the same, and given to the request path. It must not know a route.

use gw_config::ConfigErrors;
use gw_config::compile::LocalEmbeddings;
use gw_pipeline::Embedding;
use std::sync::Arc;

/// A model that is loaded, and what it was loaded for.
#[derive(Clone)]
pub(crate) struct Loaded {
    configured: LocalEmbeddings,
    pub(crate) embedding: Arc<dyn Embedding>,
}

/// When the weights are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reading {
    /// Now: takes some tenths of a second, and any fault of theirs is an error.
    Now,
    /// Behind the caller's back: faults that only the weights themselves have are logged, and routes go by their policy.
    Later,
}

/// The model that a configuration names; the one there is, when that is still the same. Errors: a folder that cannot be
/// used, at its place.
pub(crate) fn load(
    wanted: Option<&LocalEmbeddings>,
    before: Option<&Loaded>,
    reading: Reading,
) -> Result<Option<Loaded>, ConfigErrors> {
    let Some(wanted) = wanted else { return Ok(None) };
    if let Some(before) = before.filter(|before| before.configured.is_same_model(wanted)) {
        return Ok(Some(before.clone()));
    }
    let embedding = start(wanted, reading).map_err(|why| wanted.refused(&why))?;
    Ok(Some(Loaded { configured: wanted.clone(), embedding }))
}

/// Only what is loaded goes on: what is dropped ends its threads.
pub(crate) fn of(loaded: Option<&Loaded>) -> Option<Arc<dyn Embedding>> {
    loaded.map(|loaded| Arc::clone(&loaded.embedding))
}

#[cfg(not(feature = "embed"))]
fn start(_wanted: &LocalEmbeddings, _reading: Reading) -> Result<Arc<dyn Embedding>, String> {
    Err("this program was built without the feature 'embed'; name a provider's model under 'semantic'"
        .to_owned())
}

#[cfg(feature = "embed")]
use local::start;

#[cfg(feature = "embed")]
mod local {
    //! The implementation by gw-embed.

    use super::{LocalEmbeddings, Reading};
    use gw_embed::{Embedder, Model, PoolError, PoolSettings, Precision};
    use gw_pipeline::{Embedded, Embedding, Unembedded, Vector};
    use std::sync::Arc;
    use std::time::Duration;
    use tokio::sync::watch;

    /// Nothing while the weights are being read.
    #[derive(Debug)]
    struct Local {
        name: String,
        embedder: watch::Receiver<Option<Embedder>>,
    }

    pub(super) fn start(wanted: &LocalEmbeddings, reading: Reading) -> Result<Arc<dyn Embedding>, String> {
        let (done, embedder_of) = watch::channel(None);
        let precision = if wanted.int8 { "int8" } else { "f32" };
        let name = format!("{precision} {}", wanted.model_dir.display());
        let local = Local { name, embedder: embedder_of };
        if reading == Reading::Now {
            done.send_replace(Some(embedder(wanted)?));
            return Ok(Arc::new(local));
        }
        Model::check(&wanted.model_dir).map_err(|error| error.to_string())?;
        let wanted = wanted.clone();
        let read = move || match embedder(&wanted) {
            Ok(embedder) => drop(done.send_replace(Some(embedder))),
            Err(error) => tracing::error!(%error, "the weights under 'embeddings' cannot be used"),
        };
        // Nobody waits for it: a process that ends meanwhile has nothing to save.
        let thread = std::thread::Builder::new().name("embed-load".to_owned()).spawn(read);
        thread.map_err(|error| format!("its thread cannot be started: {error}"))?;
        Ok(Arc::new(local))
    }

    fn embedder(wanted: &LocalEmbeddings) -> Result<Embedder, String> {
        let precision = if wanted.int8 { Precision::Int8 } else { Precision::F32 };
        let model = Model::load(&wanted.model_dir, precision).map_err(|error| error.to_string())?;
        let settings = PoolSettings {
            threads: wanted.threads,
            queue: wanted.queue,
            cache_bytes: wanted.cache_bytes,
            ..PoolSettings::default()
        };
        Embedder::start(Arc::new(model), settings)
            .map_err(|error| format!("its threads cannot be started: {error}"))
    }

    impl Embedding for Local {
        fn name(&self) -> &str {
            &self.name
        }

        fn cached(&self, text: &str) -> Option<Vector> {
            self.embedder.borrow().as_ref()?.cached(text)
        }

        /// One after the other: parts of a prompt must not take the places of other prompts in the queue.
        fn embed<'a>(&'a self, texts: &'a [&'a str], within: Duration) -> Embedded<'a> {
            Box::pin(async move {
                let all = async {
                    let mut local = self.embedder.clone();
                    let read = local.wait_for(Option::is_some).await.map(|read| read.clone());
                    let Ok(Some(embedder)) = read else { return Err(Unembedded::Failed) };
                    let mut vectors = Vec::with_capacity(texts.len());
                    for text in texts {
                        vectors.push(embedder.read(text, within).await.map_err(|error| why(&error))?);
                    }
                    Ok(vectors)
                };
                tokio::time::timeout(within, all).await.unwrap_or(Err(Unembedded::TimedOut))
            })
        }
    }

    const fn why(error: &PoolError) -> Unembedded {
        match error {
            PoolError::Busy => Unembedded::Busy,
            PoolError::TimedOut => Unembedded::TimedOut,
            PoolError::TooLong { .. } | PoolError::Garbled | PoolError::Stopped => Unembedded::Failed,
        }
    }
}
