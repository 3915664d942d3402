//! The files of a document, and the variables that they name. It must not know what they mean.

use std::collections::BTreeSet;
use std::io::Read;
use std::path::{Path, PathBuf};

/// Most bytes of all files together.
const MAX_BYTES: u64 = 64 << 20;

/// Files by their names as they were given.
#[derive(Debug, Default)]
pub(super) struct Files {
    pub(super) all: Vec<(String, String)>,
}

impl Files {
    /// Reads them; of folders, the files that end in `.yaml` or `.yml`, by name. Errors: what is wrong, in words.
    pub(super) fn read(paths: &[PathBuf]) -> Result<Self, String> {
        let mut files = Self::default();
        let mut left = MAX_BYTES;
        for path in paths {
            if path.is_dir() {
                let found = in_folder(path)?;
                if found.is_empty() {
                    return Err(format!("{}: there is no .yaml or .yml file in this folder", path.display()));
                }
                for file in found {
                    files.add(&file, &mut left)?;
                }
            } else {
                files.add(path, &mut left)?;
            }
        }
        Ok(files)
    }

    fn add(&mut self, path: &Path, left: &mut u64) -> Result<(), String> {
        let shown =
            if path.as_os_str() == "-" { "standard input".to_owned() } else { path.display().to_string() };
        let mut bytes = Vec::new();
        let most = *left + 1;
        #[expect(clippy::disallowed_methods, reason = "limited by `take`")]
        let read = match path.as_os_str() == "-" {
            true => std::io::stdin().lock().take(most).read_to_end(&mut bytes),
            false => std::fs::File::open(path).and_then(|file| file.take(most).read_to_end(&mut bytes)),
        };
        let length = read.map_err(|error| format!("{shown}: cannot be read: {error}"))? as u64;
        if length > *left {
            return Err(format!(
                "{shown}: the documents are larger than {} MiB; apply them in parts",
                MAX_BYTES >> 20
            ));
        }
        *left -= length;
        let text = String::from_utf8(bytes).map_err(|_| format!("{shown}: this is no UTF-8 text"))?;
        self.all.push((shown, text));
        Ok(())
    }

    /// Names that stand as `${NAME}` or `${NAME:-...}` somewhere.
    pub(super) fn variables(&self) -> BTreeSet<String> {
        let mut names = BTreeSet::new();
        for (_, text) in &self.all {
            for rest in text.split("${").skip(1) {
                let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(rest.len());
                if end > 0 {
                    names.insert(rest[..end].to_owned());
                }
            }
        }
        names
    }
}

fn in_folder(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let shown = folder.display();
    let entries = std::fs::read_dir(folder).map_err(|error| format!("{shown}: cannot be read: {error}"))?;
    let mut found = Vec::new();
    for entry in entries {
        let path = entry.map_err(|error| format!("{shown}: cannot be read: {error}"))?.path();
        let is_document = path.extension().is_some_and(|end| end == "yaml" || end == "yml");
        if is_document && path.is_file() {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

#[cfg(test)]
mod tests;
