//! `${VAR}`, `${VAR:-default}` and `$$` in a parsed text. What a variable holds is a value, never syntax,
//! and is not looked at again for further references.

use crate::env::Env;

/// Fills in variables. `Ok(None)` when there was nothing to fill in; the error is a list of messages.
pub(super) fn interpolate(text: &str, env: &dyn Env) -> Result<Option<String>, Vec<String>> {
    if !text.contains('$') {
        return Ok(None);
    }
    let (mut out, mut wrong, mut rest) = (String::with_capacity(text.len()), Vec::new(), text);
    while let Some(at) = rest.find('$') {
        out.push_str(&rest[..at]);
        let after = &rest[at + 1..];
        if let Some(after) = after.strip_prefix('$') {
            out.push('$');
            rest = after;
        } else if let Some(inner) = after.strip_prefix('{') {
            let Some(end) = inner.find('}') else {
                wrong
                    .push("'${' is not closed: write ${NAME} or ${NAME:-default}, or $$ for a dollar".into());
                rest = "";
                continue;
            };
            match reference(&inner[..end], env) {
                Ok(value) => out.push_str(&value),
                Err(message) => wrong.push(message),
            }
            rest = &inner[end + 1..];
        } else {
            wrong.push("a single '$' means nothing: write $$ for a dollar, ${NAME} for a variable".into());
            rest = after;
        }
    }
    out.push_str(rest);
    if wrong.is_empty() { Ok(Some(out)) } else { Err(wrong) }
}

/// The value of `NAME` or `NAME:-default`.
fn reference(inner: &str, env: &dyn Env) -> Result<String, String> {
    let (name, default) = match inner.split_once(":-") {
        Some((name, default)) => (name, Some(default)),
        None => (inner, None),
    };
    if !is_name(name) {
        return Err(format!("'${{{inner}}}' is not a variable: write ${{NAME}} or ${{NAME:-default}}"));
    }
    match default {
        Some(default) if default.contains("${") => {
            Err(format!("the default of '{name}' may not hold another variable"))
        }
        // As in a shell, `:-` also replaces an empty value.
        Some(default) => Ok(env.var(name).filter(|v| !v.is_empty()).unwrap_or_else(|| default.to_owned())),
        None => env.var(name).ok_or_else(|| {
            format!("environment variable '{name}' is not set: set it, or write ${{{name}:-default}}")
        }),
    }
}

fn is_name(name: &str) -> bool {
    let mut bytes = name.bytes();
    bytes.next().is_some_and(|b| b.is_ascii_alphabetic() || b == b'_')
        && bytes.all(|b| b.is_ascii_alphanumeric() || b == b'_')
}
