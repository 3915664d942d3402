//! Backup of a data directory while it is in use, and its restoration. Serves the command line. A backup is
//! a directory: the database as one file, what the journal holds, files of bodies, the key files, and a manifest
//! with the checksum of each. It holds secrets, as the data directory does.

mod manifest;
mod restore;
mod save;

pub use manifest::{Manifest, ManifestFile, verify};
pub use restore::restore;
pub use save::backup;

use crate::keys::{ENCRYPTION_FILE, MASTER_FILE};

const MANIFEST_FILE: &str = "manifest.json";
const JOURNAL_DIR: &str = "journal";
/// Small files of a data directory that belong to a backup, when they are there.
const SMALL_FILES: [&str; 4] = [ENCRYPTION_FILE, MASTER_FILE, "node", "generation"];
