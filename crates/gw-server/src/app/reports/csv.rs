//! Tables as CSV (RFC 4180) that a spreadsheet opens without running anything: a cell that it would take for a formula begins
//! with an apostrophe. Pure.

/// Characters with which spreadsheets let a formula begin.
const BEGINS_FORMULA: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];

/// The table, a line for each row and one of names before.
pub(crate) fn csv(names: &[&str], rows: &[Vec<String>]) -> String {
    let mut text = String::new();
    push_line(&mut text, names.iter().copied());
    text.push_str(&lines(rows));
    text
}

/// Lines of a table without that of the names, for one that is sent in pieces.
pub(crate) fn lines(rows: &[Vec<String>]) -> String {
    let mut text = String::new();
    for row in rows {
        push_line(&mut text, row.iter().map(String::as_str));
    }
    text
}

fn push_line<'a>(text: &mut String, cells: impl Iterator<Item = &'a str>) {
    for (at, cell) in cells.enumerate() {
        if at > 0 {
            text.push(',');
        }
        push_cell(text, cell);
    }
    text.push_str("\r\n");
}

fn push_cell(text: &mut String, cell: &str) {
    // Some skip what is blank before they look.
    let begins = cell.trim_start_matches([' ', '\n', '\u{a0}']).starts_with(BEGINS_FORMULA);
    let is_formula = begins && !is_number(cell);
    let is_quoted = is_formula || cell.contains([',', '"', '\r', '\n', ';', '\t']);
    if is_quoted {
        text.push('"');
    }
    if is_formula {
        text.push('\'');
    }
    for character in cell.chars() {
        if character == '"' {
            text.push('"');
        }
        text.push(character);
    }
    if is_quoted {
        text.push('"');
    }
}

/// Is it a plain number, as `-3.5`? It is what it says, and sums are made of it.
fn is_number(cell: &str) -> bool {
    let text = cell.strip_prefix('-').unwrap_or(cell);
    let (whole, places) = text.split_once('.').unwrap_or((text, "0"));
    [whole, places].iter().all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests;
