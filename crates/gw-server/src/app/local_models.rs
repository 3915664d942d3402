//! Models in the process that guardrails ask: their weights are read when a configuration names them, kept as long as the
//! next one names the same, and asked by the request path. It must not know what a finding leads to.

use super::embeddings::Reading;
use gw_config::ConfigErrors;
use gw_config::compile::LocalModelFolder;
use gw_pipeline::Gateway;

/// Reads the models of a configuration. Errors: the first that can not be used, or has no such label, at its place.
pub(crate) fn load(folders: &[LocalModelFolder], reading: Reading) -> Result<(), ConfigErrors> {
    folders.iter().try_for_each(|folder| read(folder, reading))
}

/// Has the gateway ask these models and no others.
pub(crate) fn serve(folders: &[LocalModelFolder], gateway: &Gateway) {
    put_in_force(folders, gateway);
}

#[cfg(not(feature = "embed"))]
fn read(folder: &LocalModelFolder, _reading: Reading) -> Result<(), ConfigErrors> {
    Err(folder.refused("this program was built without the feature 'embed'"))
}

#[cfg(not(feature = "embed"))]
const fn put_in_force(_folders: &[LocalModelFolder], _gateway: &Gateway) {}

#[cfg(feature = "embed")]
use host::{put_in_force, read};

#[cfg(feature = "embed")]
mod host;
