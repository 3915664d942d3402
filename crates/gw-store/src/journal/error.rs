//! What can go wrong with a journal. Text for people names the path and the way out.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// A journal operation that failed.
#[derive(Debug)]
pub enum JournalError {
    /// The preallocated space cannot hold the calls in flight plus one, and the disk has no more.
    Full {
        /// The journal's directory.
        path: PathBuf,
        /// Bytes that are free in it.
        free_bytes: u64,
    },
    /// A system call failed.
    Io {
        /// What was tried, as in "create", "write".
        operation: &'static str,
        /// On what.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// A file in the journal's directory is not a segment of a version that this program can read.
    NotASegment {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// A record could not be encoded.
    Encode(postcard::Error),
}

impl JournalError {
    pub(super) fn io(operation: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { operation, path, source }
    }
}

impl fmt::Display for JournalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Full { path, free_bytes } => write!(
                f,
                "no space is left for the journal in {} ({free_bytes} bytes of it are free, all promised to \
                 calls in flight); free space on that disk, or move the data directory",
                path.display()
            ),
            Self::Io { operation, path, source } => {
                write!(f, "can not {operation} {}: {source}", path.display())
            }
            Self::NotASegment { path, reason } => {
                write!(f, "{} is not a journal segment: {reason}", path.display())
            }
            Self::Encode(source) => write!(f, "a journal entry can not be encoded: {source}"),
        }
    }
}

impl std::error::Error for JournalError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io { source, .. } => Some(source),
            Self::Encode(source) => Some(source),
            Self::Full { .. } | Self::NotASegment { .. } => None,
        }
    }
}
