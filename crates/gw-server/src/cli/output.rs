//! What commands print: results to stdout, everything else to stderr. The only module that prints.

use std::fmt::Display;
use std::io::Write;
use std::process::ExitCode;

/// Prints a line to stdout. A closed pipe is nobody's fault.
pub(crate) fn line(text: impl Display) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{text}");
    let _ = out.flush();
}

/// Prints a line to stderr.
pub(crate) fn note(text: impl Display) {
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}

/// Prints an error with its causes to stderr; the result is the exit code.
pub(crate) fn fail(error: &dyn std::error::Error, code: u8) -> ExitCode {
    let mut text = format!("gatewright: {error}");
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    note(text);
    ExitCode::from(code)
}
