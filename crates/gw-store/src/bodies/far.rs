//! What a store knows of object storage that takes segments of bodies on: how a piece of one is read there. What is sent there
//! and removed there, [`crate::traits::SegmentStore`] says. It must not know how such storage is spoken to.

use std::fmt;

/// Object storage in which segments of bodies stand. Blocks; each call ends within a limit of the storage's own.
pub trait FarBodies: Send + Sync + fmt::Debug {
    /// So many bytes of a segment from one on, or fewer where it ends before; `None` where there is no such segment.
    ///
    /// # Errors
    /// The storage cannot be asked, or does not say.
    fn read(&self, segment: &str, start: u64, length: usize) -> Result<Option<Vec<u8>>, FarError>;
}

/// Why object storage was of no use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FarError(pub String);

impl fmt::Display for FarError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for FarError {}
