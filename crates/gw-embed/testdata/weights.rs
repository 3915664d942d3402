//! Where tests look for real weights (`docs/guides/embeddings-in-process.md`), for the tests of every crate that uses some.
#![expect(clippy::print_stderr, reason = "a test that skips says so")]

use std::path::PathBuf;

/// The folder of real weights; says visibly when there is none.
pub(crate) fn folder() -> Option<PathBuf> {
    let named = std::env::var_os("GATEWRIGHT_EMBED_MODEL").map(PathBuf::from);
    let installed = || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../target/embed-model");
    let folder = named.unwrap_or_else(installed);
    if folder.join("model.safetensors").exists() {
        return Some(folder);
    }
    eprintln!("skipped: no weights; `cargo xtask check --only weights` installs them");
    None
}
