//! Exports of records, as stored. Plain data.

use super::jobs::{JobState, StoredJob};

/// How far an export is.
pub type ExportState = JobState;

/// An export: what is to be written where, and what came of it.
pub type StoredExport = StoredJob;
