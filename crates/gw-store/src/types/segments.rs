//! Segments of bodies on their way to object storage, and there. Plain data.

use crate::bodies::segments::{Place, SegmentName, overwrite};
use gw_model::Micros;
use std::path::{Path, PathBuf};

/// A segment, as object storage has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FarSegment(pub(crate) SegmentName);

impl FarSegment {
    /// The object's name.
    #[must_use]
    pub fn name(self) -> String {
        self.0.file()
    }

    /// The segment of an object's name; `None` for what is none.
    #[must_use]
    pub fn of(name: &str) -> Option<Self> {
        SegmentName::parse(name).map(Self)
    }

    /// When all that is in it may go.
    #[must_use]
    pub fn expires(self) -> Micros {
        self.0.expires()
    }
}

/// A segment that is to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocalSegment {
    /// What it will be there.
    pub segment: FarSegment,
    /// Its file.
    pub path: PathBuf,
}

/// A segment in object storage of which some is to go early.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rewrite {
    /// Which.
    pub segment: FarSegment,
    /// Until when it is this node's to do.
    pub until: Micros,
    pub(crate) places: Vec<Place>,
}

impl Rewrite {
    /// The same of which nothing is done.
    #[must_use]
    pub const fn given_up(&self) -> Self {
        Self { segment: self.segment, until: self.until, places: Vec::new() }
    }

    /// Overwrites what is to go in a copy of the segment.
    ///
    /// # Errors
    /// The file does not take it.
    pub fn overwrite(&self, copy: &Path) -> std::io::Result<()> {
        overwrite(copy, &self.places)
    }
}
