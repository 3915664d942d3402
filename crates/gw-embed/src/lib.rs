//! Small models in the process, each a BERT (MiniLM class) read from a folder of weights: a [`Model`] makes the vectors that a
//! semantic route or a semantic cache compares; an [`EntityModel`] finds names and places in a text, and a [`ClassModel`]
//! says what a text is, both for guardrails. A [`Pool`] runs one of them on threads of its own behind a
//! bounded queue and a cache, so that no request thread computes. It must not know a route, a tenant or a
//! configuration file, fetch weights, or open a socket. `docs/decisions/0008-own-bert.md` says why the
//! arithmetic is our own.
#![forbid(unsafe_code)]

mod error;
mod kernel;
mod model;
mod pool;

pub use error::{LoadError, LoadReason, PoolError};
pub use model::{ClassModel, Entity, EntityModel, Labelled, MAX_TOKENS, Model, Precision, Reading, joined};
pub use pool::{Embedder, Pool, PoolSettings, Reader, Vector};
