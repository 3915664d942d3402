//! What can fail: loading a model, and having a text read. Texts name the file and the way out; they hold no
//! part of what was to be read.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// A model folder that cannot be used.
#[derive(Debug)]
pub struct LoadError {
    /// The file, or the folder where no file is to blame.
    pub path: PathBuf,
    /// What is wrong with it.
    pub reason: LoadReason,
}

/// Why a file of a model folder cannot be used.
#[derive(Debug)]
pub enum LoadReason {
    /// It cannot be read.
    Read(io::Error),
    /// It is not the JSON that it should be.
    Json(serde_json::Error),
    /// It is larger than any model that this is meant for.
    TooLarge {
        /// The limit.
        max_bytes: u64,
    },
    /// It contradicts itself or its format.
    Malformed(String),
    /// It is sound but asks for something that is not done here.
    Unsupported(String),
    /// It lacks a tensor.
    MissingTensor(String),
    /// A tensor has another shape than the configuration says.
    Shape {
        /// The tensor.
        tensor: String,
        /// What the configuration asks for.
        expected: Vec<usize>,
        /// What the file has.
        found: Vec<usize>,
    },
}

impl LoadReason {
    pub(crate) fn at(self, path: &Path) -> LoadError {
        LoadError { path: path.to_owned(), reason: self }
    }
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "model {}: {}", self.path.display(), self.reason)
    }
}

impl fmt::Display for LoadReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Read(e) => write!(f, "cannot be read: {e}"),
            Self::Json(e) => write!(f, "is not the JSON it should be: {e}"),
            Self::TooLarge { max_bytes } => write!(f, "is larger than {max_bytes} bytes"),
            Self::Malformed(what) => write!(f, "is malformed: {what}"),
            Self::Unsupported(what) => write!(f, "is not supported: {what}"),
            Self::MissingTensor(name) => write!(f, "has no tensor '{name}'"),
            Self::Shape { tensor, expected, found } => {
                write!(f, "tensor '{tensor}' has shape {found:?}, config.json asks for {expected:?}")
            }
        }
    }
}

impl std::error::Error for LoadError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.reason {
            LoadReason::Read(e) => Some(e),
            LoadReason::Json(e) => Some(e),
            _ => None,
        }
    }
}

/// A text that got no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PoolError {
    /// The queue is full: nothing was queued.
    Busy,
    /// The time was over before the answer was there.
    TimedOut,
    /// The text is longer than the pool takes.
    TooLong {
        /// The limit.
        max_bytes: usize,
    },
    /// The model's numbers came out as none: its weights are no good.
    Garbled,
    /// The pool has been stopped.
    Stopped,
}

impl fmt::Display for PoolError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Busy => f.write_str("the queue of the model is full"),
            Self::TimedOut => f.write_str("no answer of the model within the time allowed"),
            Self::TooLong { max_bytes } => write!(f, "the text is longer than {max_bytes} bytes"),
            Self::Garbled => f.write_str("the model's numbers came out as none"),
            Self::Stopped => f.write_str("the model has been stopped"),
        }
    }
}

impl std::error::Error for PoolError {}
