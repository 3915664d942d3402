//! Arguments of a task: `--name value`, `--flag`, and words. Enough for this tool; it must not grow
//! into an option parser.

use std::path::PathBuf;

/// What stands behind the task's name, not yet taken.
pub(crate) struct Args(Vec<String>);

impl Args {
    /// The process's arguments.
    pub(crate) fn from_env() -> Self {
        Self(std::env::args().skip(1).collect())
    }

    /// Takes the first word.
    pub(crate) fn next(&mut self) -> Option<String> {
        if self.0.is_empty() { None } else { Some(self.0.remove(0)) }
    }

    /// Takes `--name`, true when it is there.
    pub(crate) fn flag(&mut self, name: &str) -> bool {
        let before = self.0.len();
        self.0.retain(|arg| arg != name);
        self.0.len() != before
    }

    /// Takes `--name value`, or `--name=value`.
    pub(crate) fn value(&mut self, name: &str) -> Result<Option<String>, String> {
        let inline = format!("{name}=");
        if let Some(at) = self.0.iter().position(|arg| arg.starts_with(&inline)) {
            return Ok(Some(self.0.remove(at)[inline.len()..].to_owned()));
        }
        let Some(at) = self.0.iter().position(|arg| arg == name) else { return Ok(None) };
        if at + 1 >= self.0.len() {
            return Err(format!("{name} takes a value"));
        }
        let value = self.0.remove(at + 1);
        self.0.remove(at);
        Ok(Some(value))
    }

    /// Takes `--name value`, which must be there.
    pub(crate) fn required(&mut self, name: &str) -> Result<String, String> {
        self.value(name)?.ok_or_else(|| format!("{name} is missing"))
    }

    /// Whatever is left, for another program.
    pub(crate) fn rest(self) -> Vec<String> {
        self.0
    }

    /// Everything must have been taken.
    pub(crate) fn finish(self) -> Result<(), String> {
        match self.0.first() {
            None => Ok(()),
            Some(arg) => Err(format!("unexpected argument `{arg}`")),
        }
    }
}

/// The workspace's root: the folder above this crate.
pub(crate) fn root() -> PathBuf {
    let built_in = || PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let here = std::env::var_os("CARGO_MANIFEST_DIR").map_or_else(built_in, PathBuf::from);
    here.parent().map_or_else(|| here.clone(), PathBuf::from)
}
