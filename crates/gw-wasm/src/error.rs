//! Why a plugin can not be used, and why it gave no answer. Serves logs and the operator; it must not hold a text that was
//! asked about.

use std::fmt;

/// Why a file is no plugin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LoadError {
    /// It is no component.
    NotAComponent(String),
    /// It wants something that plugins do not get.
    Imports(String),
    /// It does not export `judge` as `wit/guardrail.wit` has it.
    Exports(String),
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAComponent(why) => write!(f, "it is no component of WebAssembly: {why}"),
            Self::Imports(name) => write!(f, "it imports '{name}', and plugins get no imports"),
            Self::Exports(why) => write!(f, "it does not fit the world gatewright:guardrail@1.0.0: {why}"),
        }
    }
}

impl std::error::Error for LoadError {}

/// Why a plugin gave no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunError {
    /// Its time was over.
    OutOfTime,
    /// Its work was.
    OutOfFuel,
    /// It wanted more memory than it may have.
    OutOfMemory,
    /// It broke off.
    Trapped,
    /// Its answer is none.
    Malformed,
}

impl fmt::Display for RunError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::OutOfTime => "its time was over",
            Self::OutOfFuel => "it took too much work",
            Self::OutOfMemory => "it took too much memory",
            Self::Trapped => "it broke off",
            Self::Malformed => "its answer is none",
        })
    }
}

impl std::error::Error for RunError {}
