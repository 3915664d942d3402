//! Plugins of guardrails: components of WebAssembly (`wit/guardrail.wit`) that are asked about texts. Serves `gw-server`,
//! which has the files and the threads. A plugin gets no imports: it sees its question and nothing else. It must not be run
//! without bounds of work, memory and time, nor on a thread that serves requests.
#![forbid(unsafe_code)]

mod convert;
mod engine;
mod error;
mod limits;
mod ticker;

pub use engine::{Bounds, Engine, Plugin};
pub use error::{LoadError, RunError};

/// A question to a plugin.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Question {
    /// Name of the guardrail.
    pub guardrail: String,
    /// `request` or `response`.
    pub side: &'static str,
    /// The model as the caller names it.
    pub model: String,
    /// What the guardrail's configuration tells the plugin, as JSON.
    pub settings: String,
    /// Speakers (`system`, `user`, `assistant`, `tool`, `definition`) and what they say.
    pub texts: Vec<(&'static str, String)>,
}

/// A plugin's answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The verdict.
    pub verdict: Verdict,
    /// What was found.
    pub findings: Vec<Finding>,
}

/// A plugin's verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing is wrong.
    Allow,
    /// To be written down.
    Flag,
    /// The findings are to be replaced.
    Replace,
    /// The call is to be stopped.
    Block,
}

/// One finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Which text.
    pub text: u32,
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
    /// What it is.
    pub kind: String,
    /// What is to stand in its place.
    pub replacement: Option<String>,
}
