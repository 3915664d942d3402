//! A file's text to [`Settings`]: syntax, variables, types and unknown keys. What needs the catalogue is
//! checked when the settings are compiled.

use crate::document::{Kind, Node, parse};
use crate::env::Env;
use crate::errors::{ConfigErrors, Faults};
use crate::listed;
use crate::settings::otlp::OtelEnv;
use crate::settings::{FileSettings, Files, Settings};
use crate::shape::{Reader, Shape};
use std::sync::Arc;

/// A configuration file, read.
#[derive(Clone, Copy, Debug)]
pub struct Source<'a> {
    /// Its name as the user gave it; errors begin with it.
    pub name: &'a str,
    /// Its text.
    pub text: &'a str,
}

/// Reads a configuration. Providers come from the file only, never from the environment besides; for a
/// start without a file see [`Settings::from_environment`].
///
/// # Errors
/// Every fault that was found, each with its place.
pub fn load(source: Source<'_>, env: &dyn Env) -> Result<Settings, ConfigErrors> {
    load_with(source, env, &[])
}

/// The same, with values in the place of defaults: the file goes before them.
///
/// # Errors
/// As above, and what is wrong with these values.
pub fn load_with(
    source: Source<'_>,
    env: &dyn Env,
    stored: &[listed::Stored],
) -> Result<Settings, ConfigErrors> {
    let name: Arc<str> = source.name.into();
    let mut faults = Faults::default();
    let text = source.text.strip_prefix('\u{feff}').unwrap_or(source.text);
    let Some(mut root) = parse(text, Some(env), &mut faults) else {
        return faults.finish(&name, None);
    };
    if let Some(message) = foreign(&root) {
        let mut faults = Faults::default();
        faults.add(message.0, message.1);
        return faults.finish(&name, None);
    }
    listed::put(&mut root, stored);
    let file = FileSettings::read(&root, &mut Reader::new(&mut faults));
    let settings = file.map(|file| Settings {
        source: Arc::clone(&name),
        file,
        demo: false,
        files: Files::new(),
        otel: OtelEnv::default(),
        given: listed::given(root),
    });
    faults.finish(&name, settings)
}

/// A configuration of another program gets one clear message instead of a list of unknown keys.
fn foreign(root: &Node) -> Option<(crate::place::Place, &'static str)> {
    let Kind::Map(entries) = &root.kind else { return None };
    let (key, _) = entries.iter().find(|(key, _)| key.text == "model_list")?;
    Some((
        key.place,
        "this is a LiteLLM configuration (it has 'model_list'), which this version does not load: \
         write 'providers' and 'models' instead",
    ))
}

#[cfg(test)]
mod tests;
