//! Text embeddings in the process: what a semantic route or a semantic cache compares. A [`Model`] is a small
//! BERT (MiniLM class) read from a folder of weights; an [`Embedder`] runs it on threads of its own behind a
//! bounded queue and a cache, so that no request thread computes. It must not know a route, a tenant or a
//! configuration file, fetch weights, or open a socket. `docs/decisions/0008-own-bert.md` says why the
//! arithmetic is our own.
#![forbid(unsafe_code)]

mod error;
mod kernel;
mod model;
mod pool;

pub use error::{EmbedError, LoadError, LoadReason};
pub use model::{MAX_TOKENS, Model, Precision};
pub use pool::{Embedder, PoolSettings, Vector};
