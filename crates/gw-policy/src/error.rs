//! Why a text is no condition. For people who write the configuration; it must name the place and the way out.

use std::fmt;

/// What is wrong with a condition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CompileError {
    /// What is wrong.
    pub message: String,
    /// The character of the text where it is wrong, from 1.
    pub column: u32,
}

impl CompileError {
    pub(crate) fn new(column: u32, message: impl Into<String>) -> Self {
        Self { message: message.into(), column }
    }
}

impl fmt::Display for CompileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, at character {}", self.message, self.column)
    }
}

impl std::error::Error for CompileError {}
