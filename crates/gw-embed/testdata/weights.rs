//! Where tests look for real weights (`docs/guides/local-models.md`), for the tests of every crate that uses some.
#![expect(clippy::print_stderr, reason = "a test that skips says so")]

use std::path::PathBuf;

/// The folder of real weights: `embed-model` is what `GATEWRIGHT_EMBED_MODEL` names, else what was installed. Says visibly when
/// there is none.
pub(crate) fn folder(name: &str) -> Option<PathBuf> {
    let variable = format!("GATEWRIGHT_{}", name.to_ascii_uppercase().replace('-', "_"));
    let named = std::env::var_os(variable).map(PathBuf::from);
    let installed = || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../target").join(name);
    let folder = named.unwrap_or_else(installed);
    if folder.join("model.safetensors").exists() {
        return Some(folder);
    }
    eprintln!("skipped: no weights in {name}; `cargo xtask check --only weights` installs them");
    None
}
