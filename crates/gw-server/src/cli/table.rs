//! Tables for people: columns as wide as their widest cell.

use super::output;
use serde_json::Value;

/// Prints the members `columns` of each object in `rows`.
pub(crate) fn print(columns: &[&str], rows: &[Value]) {
    let cells: Vec<Vec<String>> =
        rows.iter().map(|row| columns.iter().map(|c| cell(row.get(*c))).collect()).collect();
    let width = |at: usize, name: &str| {
        let widest = cells.iter().filter_map(|row| row.get(at)).map(|c| c.chars().count()).max();
        widest.unwrap_or(0).max(name.len())
    };
    let widths: Vec<usize> = columns.iter().enumerate().map(|(at, name)| width(at, name)).collect();
    let line = |cells: &mut dyn Iterator<Item = &str>| {
        let padded: Vec<String> = cells.zip(&widths).map(|(c, w)| format!("{c:<w$}")).collect();
        output::line(padded.join("  ").trim_end());
    };
    line(&mut columns.iter().copied());
    for row in &cells {
        line(&mut row.iter().map(String::as_str));
    }
    if cells.is_empty() {
        output::note("(nothing)");
    }
}

fn cell(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => "-".to_owned(),
        Some(Value::String(text)) => output::printable(text),
        Some(Value::Array(items)) => items.iter().map(|i| cell(Some(i))).collect::<Vec<_>>().join(","),
        Some(other) => output::printable(&other.to_string()),
    }
}

#[cfg(test)]
mod tests;
