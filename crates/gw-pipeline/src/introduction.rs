//! Tokens of identity providers as the request path asks for them. Whoever can check one implements [`Introducer`]; the
//! request path must not check a token itself, nor fetch a key.

use gw_model::Refusal;
use gw_store::memory::KeyEntry;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

/// A caller to come: from then on its token is found in the key table.
pub type Introduction = Pin<Box<dyn Future<Output = Result<Arc<KeyEntry>, Refusal>> + Send>>;

/// Finds out whose a token is, off the threads that serve requests.
pub trait Introducer: Send + Sync + fmt::Debug {
    /// Begins to find out whose a credential is that nobody knows. `None`: it is no token, or no tokens are accepted.
    fn introduce(&self, presented: &str) -> Option<Introduction>;
}
