//! Models in the process that guardrails ask: their weights are read when a configuration names them, kept as long as the
//! next one names the same, and asked by the request path. It must not know what a finding leads to.

use super::embeddings::Reading;
use gw_config::ConfigErrors;
use gw_config::compile::LocalModelFolder;
use gw_pipeline::Gateway;

/// Reads the models of a configuration. Errors: the first that can not be used, or has no such label, at its place.
pub(crate) fn load(folders: &[LocalModelFolder], reading: Reading) -> Result<Loaded, ConfigErrors> {
    read_all(folders, reading)
}

/// Has the gateway ask these models and no others.
pub(crate) fn serve(loaded: Loaded, gateway: &Gateway) {
    put_in_force(loaded, gateway);
}

#[cfg(not(feature = "embed"))]
mod host {
    //! For a program without models.

    use super::{ConfigErrors, Gateway, LocalModelFolder, Reading};

    /// Nothing.
    #[derive(Debug)]
    pub(crate) struct Loaded;

    pub(super) fn read_all(folders: &[LocalModelFolder], _reading: Reading) -> Result<Loaded, ConfigErrors> {
        match folders.first() {
            Some(folder) => Err(folder.refused("this program was built without the feature 'embed'")),
            None => Ok(Loaded),
        }
    }

    pub(super) const fn put_in_force(_loaded: Loaded, _gateway: &Gateway) {}
}

#[cfg(feature = "embed")]
mod host;

pub(crate) use host::Loaded;
use host::{put_in_force, read_all};
