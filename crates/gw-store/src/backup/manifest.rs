//! The list of a backup's files with their checksums, and the check of a backup against it.

use super::MANIFEST_FILE;
use crate::error::StoreError;
use crate::keys::hex;
use crate::sqlite::{DATABASE_FILE, check_file};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::Read;
use std::path::{Component, Path};

const KIND: &str = "gatewright backup";
const VERSION: u32 = 1;

/// What a backup holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    kind: String,
    version: u32,
    /// Its files.
    pub files: Vec<ManifestFile>,
}

/// One file of a backup.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ManifestFile {
    /// Path within the backup, with `/`.
    pub path: String,
    /// Length.
    pub bytes: u64,
    /// SHA-256 of the content, hexadecimal.
    pub sha256: String,
}

impl Manifest {
    /// Of files that are in place.
    pub(super) fn of(dir: &Path, paths: &[String]) -> Result<Self, StoreError> {
        let files = paths.iter().map(|path| describe(dir, path)).collect::<Result<_, _>>()?;
        Ok(Self { kind: KIND.to_owned(), version: VERSION, files })
    }

    /// Length of all files together.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.files.iter().fold(0, |sum, file| sum.saturating_add(file.bytes))
    }

    fn read(dir: &Path) -> Result<Self, StoreError> {
        let path = dir.join(MANIFEST_FILE);
        let text = std::fs::read_to_string(&path).map_err(StoreError::io("read", &path))?;
        let bad = |reason: &str| StoreError::BadBackup { path: dir.to_owned(), reason: reason.to_owned() };
        let manifest: Self = serde_json::from_str(&text).map_err(|_| bad("its manifest can not be read"))?;
        if manifest.kind != KIND || manifest.version != VERSION {
            return Err(bad("its manifest is of a kind or version that this program does not know"));
        }
        let inside = |file: &ManifestFile| {
            Path::new(&file.path).components().all(|part| matches!(part, Component::Normal(_)))
        };
        if !manifest.files.iter().all(inside) {
            return Err(bad("its manifest names a file outside of it"));
        }
        Ok(manifest)
    }
}

/// Checks a backup: every file there with its checksum, and the database sound.
pub fn verify(dir: &Path) -> Result<Manifest, StoreError> {
    let manifest = Manifest::read(dir)?;
    for expected in &manifest.files {
        if describe(dir, &expected.path)? != *expected {
            let reason = format!("{} is not as it was written", expected.path);
            return Err(StoreError::BadBackup { path: dir.to_owned(), reason });
        }
    }
    if !manifest.files.iter().any(|file| file.path == DATABASE_FILE) {
        let reason = "it has no database".to_owned();
        return Err(StoreError::BadBackup { path: dir.to_owned(), reason });
    }
    check_file(&dir.join(DATABASE_FILE)).map_err(|what| StoreError::BadBackup {
        path: dir.to_owned(),
        reason: format!("its database: {what}"),
    })?;
    Ok(manifest)
}

fn describe(dir: &Path, path: &str) -> Result<ManifestFile, StoreError> {
    let full = dir.join(path);
    let failed = || StoreError::io("read", &full);
    let mut file = File::open(&full).map_err(failed())?;
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 64 << 10];
    let mut bytes = 0;
    loop {
        let read = file.read(&mut buffer).map_err(failed())?;
        if read == 0 {
            break;
        }
        hash.update(buffer.get(..read).unwrap_or_default());
        bytes += read as u64;
    }
    Ok(ManifestFile { path: path.to_owned(), bytes, sha256: hex(&hash.finalize()) })
}
