//! Pairs of turns from a file: JSON in lines, or CSV. Serves `cache calibrate`. Faults are told with their line.

use serde::Deserialize;
use std::path::Path;

/// Largest file, in bytes.
const MAX_BYTES: u64 = 64 << 20;

/// Two turns, and whether they ask for the same.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Pair {
    /// Where it stands.
    pub(super) line: usize,
    pub(super) a: String,
    pub(super) b: String,
    pub(super) same: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    a: String,
    b: String,
    same: Flag,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Flag {
    Word(bool),
    Number(u8),
}

/// Reads them. Errors: text for people, with the file and the line.
pub(super) fn read(path: &Path) -> Result<Vec<Pair>, String> {
    let name = path.display();
    let failed = |error: std::io::Error| format!("{name}: {error}");
    if std::fs::metadata(path).map_err(failed)?.len() > MAX_BYTES {
        return Err(format!("{name}: is larger than {MAX_BYTES} bytes"));
    }
    let text = std::fs::read_to_string(path).map_err(failed)?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let pairs = if text.trim_start().starts_with('{') { json_lines(text) } else { csv(text) };
    let pairs = pairs.map_err(|(line, why)| format!("{name}:{line}: {why}"))?;
    if pairs.is_empty() {
        return Err(format!("{name}: has no pair"));
    }
    Ok(pairs)
}

type Fault = (usize, String);

fn json_lines(text: &str) -> Result<Vec<Pair>, Fault> {
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    let pair = |(at, line): (usize, &str)| {
        let wrong = |why: String| (at + 1, why);
        let Written { a, b, same } =
            serde_json::from_str(line).map_err(|error| wrong(format!("is no pair: {error}")))?;
        let same = match same {
            Flag::Word(same) => same,
            Flag::Number(number @ (0 | 1)) => number == 1,
            Flag::Number(_) => return Err(wrong("'same' is true or false, 1 or 0".to_owned())),
        };
        Ok(Pair { line: at + 1, a, b, same })
    };
    lines.map(pair).collect()
}

fn csv(text: &str) -> Result<Vec<Pair>, Fault> {
    let mut rows = rows(text)?.into_iter();
    let (_, head) = rows.next().unwrap_or_default();
    let column = |name: &str| {
        let found = head.iter().position(|title| title.trim().eq_ignore_ascii_case(name));
        found.ok_or_else(|| (1, format!("has no column '{name}': the first line names a, b and same")))
    };
    let (a, b, same) = (column("a")?, column("b")?, column("same")?);
    let pair = |(line, row): (usize, Vec<String>)| {
        let cell = |at: usize| row.get(at).cloned().ok_or_else(|| (line, "has too few columns".to_owned()));
        let same = match cell(same)?.trim().to_ascii_lowercase().as_str() {
            "1" | "true" | "yes" => true,
            "0" | "false" | "no" => false,
            other => return Err((line, format!("'same' is true or false, 1 or 0, not '{other}'"))),
        };
        Ok(Pair { line, a: cell(a)?, b: cell(b)?, same })
    };
    rows.map(pair).collect()
}

/// Rows with the lines that they begin in. Cells in quotes may hold commas, line ends and doubled quotes.
fn rows(text: &str) -> Result<Vec<(usize, Vec<String>)>, Fault> {
    let (mut rows, mut row, mut cell) = (Vec::new(), Vec::new(), String::new());
    let (mut line, mut start, mut quoted) = (1, 1, None);
    let mut chars = text.chars().peekable();
    while let Some(letter) = chars.next() {
        line += usize::from(letter == '\n');
        match letter {
            '"' if quoted.is_some() && chars.peek() == Some(&'"') => {
                chars.next();
                cell.push('"');
            }
            '"' if quoted.is_some() => quoted = None,
            '"' if cell.is_empty() => quoted = Some(line),
            _ if quoted.is_some() => cell.push(letter),
            ',' => row.push(std::mem::take(&mut cell)),
            '\r' if chars.peek() == Some(&'\n') => {}
            '\n' => {
                row.push(std::mem::take(&mut cell));
                if row.len() > 1 || row.iter().any(|cell| !cell.trim().is_empty()) {
                    rows.push((start, std::mem::take(&mut row)));
                }
                row.clear();
                start = line;
            }
            _ => cell.push(letter),
        }
    }
    if let Some(line) = quoted {
        return Err((line, "a quote is not closed".to_owned()));
    }
    if !cell.is_empty() || !row.is_empty() {
        row.push(cell);
        rows.push((start, row));
    }
    Ok(rows)
}

#[cfg(test)]
mod tests;
