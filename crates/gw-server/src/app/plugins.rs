//! Plugins of guardrails: their files are read when a configuration names them, read anew when they change, and asked by
//! the request path. It must not know what a verdict leads to.

use gw_config::ConfigErrors;
use gw_config::compile::PluginFile;
use gw_pipeline::Gateway;

/// Reads the plugins of a configuration. Errors: the first that can not be used, at its place.
pub(crate) fn load(files: &[PluginFile]) -> Result<(), ConfigErrors> {
    files.iter().try_for_each(|file| check(&file.file).map_err(|why| file.refused(&why)))
}

/// Has the gateway ask plugins, once it has any.
pub(crate) fn serve(files: &[PluginFile], gateway: &Gateway) {
    if !files.is_empty() {
        put_in_force(gateway);
    }
}

#[cfg(not(feature = "wasm"))]
fn check(_file: &str) -> Result<(), String> {
    Err("this program was built without the feature 'wasm'; use a web hook, or build it with '--features wasm'".to_owned())
}

#[cfg(not(feature = "wasm"))]
const fn put_in_force(_gateway: &Gateway) {}

#[cfg(feature = "wasm")]
use host::{check, put_in_force};

#[cfg(feature = "wasm")]
mod host;
