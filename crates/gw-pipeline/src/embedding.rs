//! Text embeddings as the request path asks for them. Whoever has a model in the process implements [`Embedding`]; the
//! request path must not compute a vector, nor know how one is made.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

/// A text's vector.
pub type Vector = Arc<[f32]>;

/// Vectors to come.
pub type Embedded<'a> = Pin<Box<dyn Future<Output = Result<Vec<Vector>, Unembedded>> + Send + 'a>>;

/// Makes vectors off the threads that serve requests.
pub trait Embedding: Send + Sync + fmt::Debug {
    /// What tells its vectors from those of other models.
    fn name(&self) -> &str;

    /// The vector of a text that was seen before, at once.
    fn cached(&self, text: &str) -> Option<Vector>;

    /// The vectors of texts, in order, within that time. What is dropped half-way is not computed.
    fn embed<'a>(&'a self, texts: &'a [&'a str], within: Duration) -> Embedded<'a>;
}

/// Why there is no vector.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unembedded {
    /// Too many texts wait already.
    Busy,
    /// The time was over.
    TimedOut,
    /// The model cannot do it, or answers with what is no vector.
    Failed,
}

impl Unembedded {
    /// The word in metrics and logs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Busy => "busy",
            Self::TimedOut => "timeout",
            Self::Failed => "failed",
        }
    }
}

impl fmt::Display for Unembedded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Busy => "too many texts wait for their embeddings",
            Self::TimedOut => "no embedding within the time allowed",
            Self::Failed => "the model for embeddings failed",
        })
    }
}

impl std::error::Error for Unembedded {}
