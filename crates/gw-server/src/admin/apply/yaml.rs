//! Writes a document as YAML that reads back as the same: blocks and lists, texts quoted where they could be taken for
//! anything else, and `$` doubled, since `${NAME}` in a document is a variable. Also as JSON, which is YAML too.

use crate::admin::error::ApiError;
use serde_json::Value;
use std::fmt::Write;

/// The text of a document.
pub(super) fn write(document: &Value) -> Result<String, ApiError> {
    let mut out = String::new();
    block(&mut out, document, 0).map_err(|error| ApiError::internal(&error))?;
    Ok(out)
}

/// The same as JSON.
pub(super) fn write_json(document: &Value) -> String {
    let mut out = String::new();
    for c in escaped(document).to_string().chars() {
        match u32::from(c) {
            // JSON takes them as they are, YAML does not, or as ends of lines.
            code @ (0x7f..=0x9f | 0x2028 | 0x2029 | 0xfeff | 0xfffe | 0xffff) => {
                out.push_str(&format!("\\u{code:04x}"));
            }
            _ => out.push(c),
        }
    }
    out
}

/// With dollars as documents have them.
fn escaped(value: &Value) -> Value {
    match value {
        Value::String(text) => text.replace('$', "$$").into(),
        Value::Array(items) => items.iter().map(escaped).collect(),
        Value::Object(members) => {
            Value::Object(members.iter().map(|(name, value)| (escaped_key(name), escaped(value))).collect())
        }
        other => other.clone(),
    }
}

/// In keys a dollar is a dollar, but before a brace.
fn escaped_key(name: &str) -> String {
    name.replace("${", "$${")
}

/// A value that begins on a line of its own.
fn block(out: &mut String, value: &Value, depth: usize) -> std::fmt::Result {
    match value {
        Value::Object(members) => {
            for (at, (name, value)) in members.iter().enumerate() {
                if at > 0 {
                    indent(out, depth)?;
                }
                member(out, name, value, depth)?;
            }
            Ok(())
        }
        Value::Array(items) => {
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    indent(out, depth)?;
                }
                out.push_str("- ");
                match item {
                    Value::Object(members) if !members.is_empty() => block(out, item, depth + 1)?,
                    item => {
                        flow(out, item)?;
                        out.push('\n');
                    }
                }
            }
            Ok(())
        }
        scalar => {
            flow(out, scalar)?;
            out.push('\n');
            Ok(())
        }
    }
}

fn indent(out: &mut String, depth: usize) -> std::fmt::Result {
    write!(out, "{:width$}", "", width = depth * 2)
}

fn member(out: &mut String, name: &str, value: &Value, depth: usize) -> std::fmt::Result {
    key(out, name)?;
    out.push(':');
    let is_block = match value {
        Value::Object(members) => !members.is_empty(),
        Value::Array(items) => items.iter().any(Value::is_object),
        _ => false,
    };
    if is_block {
        out.push('\n');
        indent(out, depth + 1)?;
        return block(out, value, depth + 1);
    }
    out.push(' ');
    flow(out, value)?;
    out.push('\n');
    Ok(())
}

/// A value within its line.
fn flow(out: &mut String, value: &Value) -> std::fmt::Result {
    match value {
        Value::String(text) => scalar(out, text, true),
        Value::Array(items) => {
            out.push('[');
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    out.push_str(", ");
                }
                flow(out, item)?;
            }
            out.push(']');
            Ok(())
        }
        Value::Object(members) => {
            out.push('{');
            for (at, (name, value)) in members.iter().enumerate() {
                if at > 0 {
                    out.push_str(", ");
                }
                key(out, name)?;
                out.push_str(": ");
                flow(out, value)?;
            }
            out.push('}');
            Ok(())
        }
        other => write!(out, "{other}"),
    }
}

fn key(out: &mut String, name: &str) -> std::fmt::Result {
    scalar(out, &escaped_key(name), false)
}

fn scalar(out: &mut String, text: &str, is_value: bool) -> std::fmt::Result {
    if is_plain(text) {
        out.push_str(text);
        return Ok(());
    }
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '$' if is_value => out.push_str("$$"),
            c if needs_escape(c) => match u32::from(c) {
                code @ 0..=0xffff => write!(out, "\\u{code:04X}")?,
                code => write!(out, "\\U{code:08X}")?,
            },
            c => out.push(c),
        }
    }
    out.push('"');
    Ok(())
}

/// Neither a letter nor a sign that every reader takes as it stands.
fn needs_escape(c: char) -> bool {
    !(c.is_ascii_graphic() || c == ' ' || c.is_alphanumeric())
}

/// A text that cannot be taken for a number, a flag, null, or a part of the form.
fn is_plain(text: &str) -> bool {
    let mut bytes = text.bytes();
    let starts = bytes.next().is_some_and(|byte| byte.is_ascii_alphabetic());
    let goes_on = bytes.all(|byte| byte.is_ascii_alphanumeric() || b"_-./@+".contains(&byte));
    let is_word = ["true", "false", "null", "yes", "no", "on", "off", "y", "n", "inf", "nan"]
        .iter()
        .any(|word| text.eq_ignore_ascii_case(word));
    starts && goes_on && !is_word
}

#[cfg(test)]
mod tests;
