//! What commands print: results to stdout, everything else to stderr. The only module that prints.

use std::fmt::Display;
use std::io::{IsTerminal, Write};
use std::process::ExitCode;

/// Prints a line to stdout. A closed pipe is nobody's fault. What a terminal would act on is left out where there is one; a
/// file or a program gets the text as it is.
pub(crate) fn line(text: impl Display) {
    let mut out = std::io::stdout().lock();
    let _ = match out.is_terminal() {
        true => writeln!(out, "{}", lines(&text.to_string())),
        false => writeln!(out, "{text}"),
    };
    let _ = out.flush();
}

/// Prints a line to stderr, for people: without what a terminal would act on.
pub(crate) fn note(text: impl Display) {
    let _ = writeln!(std::io::stderr().lock(), "{}", lines(&text.to_string()));
}

/// A text of one line without what terminals act on: callers choose the names of models, customers and sessions.
pub(crate) fn printable(text: &str) -> String {
    text.chars().filter(|c| !is_acted_on(*c)).collect()
}

/// The same of several lines.
fn lines(text: &str) -> String {
    text.chars().filter(|c| matches!(c, '\n' | '\t') || !is_acted_on(*c)).collect()
}

/// Does a terminal do something at it, or write what follows in another direction?
fn is_acted_on(c: char) -> bool {
    c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
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
