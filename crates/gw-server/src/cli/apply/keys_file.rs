//! The file that keys are written to when they are made: a JSON object a line, readable for its owner alone, on the disk
//! before the gateway hears of the keys. It must not print one.

use gw_model::Secret;
use serde_json::{Value, json};
use std::collections::HashSet;
use std::fs::{File, OpenOptions, Permissions};
use std::io::{Read, Seek, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// Owner only.
const MODE: u32 = 0o600;

/// See the module.
#[derive(Debug)]
pub(super) struct KeysFile {
    path: PathBuf,
    file: File,
    /// How long it was before.
    before: u64,
}

impl KeysFile {
    /// Writes keys behind those that stand there. Errors: what is wrong, in words.
    pub(super) fn append(path: &Path, keys: &[(String, Secret)]) -> Result<Self, String> {
        let failed = |error| {
            format!("{}: keys cannot be written there: {error}; name another --keys-file", path.display())
        };
        let mut options = OpenOptions::new();
        options.read(true).append(true).create(true).mode(MODE);
        let mut file = options.open(path).map_err(failed)?;
        // One that was there may be open to others.
        file.set_permissions(Permissions::from_mode(MODE)).map_err(failed)?;
        let before = file.metadata().map_err(failed)?.len();
        let mut text = String::new();
        for (name, key) in keys {
            text.push_str(&json!({ "name": name, "key": key.expose() }).to_string());
            text.push('\n');
        }
        file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(failed)?;
        Ok(Self { path: path.to_owned(), file, before })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Of the keys that were added, keeps those of these names.
    pub(super) fn keep(mut self, names: &HashSet<String>) -> Result<(), String> {
        let path = self.path.clone();
        let failed = |error: std::io::Error| {
            format!("{}: keys that were not made stand there too: {error}", path.display())
        };
        let mut added = String::new();
        self.file.seek(std::io::SeekFrom::Start(self.before)).map_err(failed)?;
        self.file.read_to_string(&mut added).map_err(failed)?;
        let is_made = |line: &&str| {
            let entry = serde_json::from_str::<Value>(line).unwrap_or_default();
            entry["name"].as_str().is_some_and(|name| names.contains(name))
        };
        let kept: String = added.lines().filter(is_made).flat_map(|line| [line, "\n"]).collect();
        self.file.set_len(self.before).map_err(failed)?;
        self.file.write_all(kept.as_bytes()).and_then(|()| self.file.sync_all()).map_err(failed)
    }
}

#[cfg(test)]
mod tests;
