//! The environment as a parameter, so that loading a configuration is a pure function and tests need not
//! change the process.

use std::collections::{BTreeMap, HashMap};

/// Looks up environment variables.
pub trait Env {
    /// The variable's value; `None` when it is not set or not Unicode.
    fn var(&self, name: &str) -> Option<String>;

    /// The variable's value when it is set and not blank.
    fn filled(&self, name: &str) -> Option<String> {
        self.var(name).filter(|value| !value.trim().is_empty())
    }
}

/// The environment of this process.
#[derive(Clone, Copy, Debug, Default)]
pub struct ProcessEnv;

impl Env for ProcessEnv {
    fn var(&self, name: &str) -> Option<String> {
        std::env::var(name).ok()
    }
}

impl Env for BTreeMap<String, String> {
    fn var(&self, name: &str) -> Option<String> {
        self.get(name).cloned()
    }
}

impl<S: std::hash::BuildHasher> Env for HashMap<String, String, S> {
    fn var(&self, name: &str) -> Option<String> {
        self.get(name).cloned()
    }
}
