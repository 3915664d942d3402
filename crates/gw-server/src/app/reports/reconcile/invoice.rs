//! An invoice as CSV (RFC 4180; commas, semicolons or tabs), summed up by day and model. What cannot be read of it is said, line
//! by line.

use super::amount::{Amount, Form, count, dollars};
use super::{Amounts, Kind, Line};
use gw_model::time;
use std::collections::BTreeMap;
use std::fmt;

/// Most lines of an invoice, and how many that cannot be read are told of.
const MAX_LINES: usize = 200_000;
const MAX_TOLD: usize = 20;

const DAY: i64 = 86_400_000_000;

/// Which column says what. Where nothing is said of it, the column is called as what it says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Columns {
    pub(crate) day: Option<String>,
    pub(crate) model: Option<String>,
    pub(crate) amounts: BTreeMap<Kind, String>,
    /// Input tokens are told without those that were read from a cache.
    pub(crate) input_excludes_cached: bool,
    /// What the gateway calls a model that the invoice calls otherwise.
    pub(crate) models: BTreeMap<String, String>,
    /// How numbers are written; found out where it is not said.
    pub(crate) form: Option<Form>,
}

/// See the module.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Invoice {
    pub(crate) lines: BTreeMap<Line, Amounts>,
    /// What it has amounts of.
    pub(crate) kinds: Vec<Kind>,
    pub(crate) has_models: bool,
    pub(crate) read: usize,
    pub(crate) unread: usize,
    /// Numbers of lines that cannot be read, and why; the first of them.
    pub(crate) told: Vec<(usize, String)>,
}

/// Why it cannot be read at all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum InvoiceError {
    /// There is nothing in it.
    Empty,
    /// A text is not closed, or there are too many lines.
    Form(String),
    /// There is no such column.
    Column {
        /// What it would say.
        of: &'static str,
        /// Its name.
        name: String,
        /// Those that there are.
        there: String,
    },
    /// Two columns have that name.
    Twice {
        /// What they would say.
        of: &'static str,
        /// Their name.
        name: String,
    },
    /// It has no amounts.
    NoAmounts(String),
    /// None of its lines can be read.
    NoLine(String),
}

impl fmt::Display for InvoiceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("the invoice has no lines"),
            Self::Form(text) => f.write_str(text),
            Self::Column { of, name, there } => {
                write!(
                    f,
                    "the invoice has no column '{name}' for '{of}'; name it in 'columns': there are {there}"
                )
            }
            Self::Twice { of, name } => write!(
                f,
                "the invoice has two columns '{name}' for '{of}'; rename one, or name another in 'columns'"
            ),
            Self::NoAmounts(there) => write!(
                f,
                "the invoice has no column of amounts: name 'cost_usd', 'input_tokens', 'output_tokens' or 'cached_tokens' in \
                 'columns'; there are {there}"
            ),
            Self::NoLine(why) => write!(f, "no line of the invoice can be read: {why}"),
        }
    }
}

impl Invoice {
    /// Reads one.
    pub(crate) fn read(text: &str, columns: &Columns) -> Result<Self, InvoiceError> {
        let (separator, rows) = rows(text)?;
        let ((_, head), rows) = rows.split_first().ok_or(InvoiceError::Empty)?;
        let mut places = Places::of(head, columns)?;
        places.form = columns.form.or_else(|| places.settled(separator, rows));
        let mut invoice = Self {
            kinds: places.amounts.iter().map(|(kind, _)| *kind).collect(),
            has_models: places.model.is_some(),
            ..Self::default()
        };
        for (number, row) in rows {
            match places.line(row, columns) {
                Ok((line, amounts)) => {
                    invoice.read += 1;
                    let sums = invoice.lines.entry(line).or_default();
                    for (kind, amount) in amounts {
                        *sums.entry(kind).or_default() += amount;
                    }
                }
                Err(why) => {
                    invoice.unread += 1;
                    if invoice.told.len() < MAX_TOLD {
                        invoice.told.push((*number, why));
                    }
                }
            }
        }
        match (invoice.read, invoice.told.first()) {
            (0, None) => Err(InvoiceError::Empty),
            (0, Some((number, why))) => Err(InvoiceError::NoLine(format!("line {number}: {why}"))),
            _ => Ok(invoice),
        }
    }

    /// Only what is of these days, from the first up to but not including the other.
    pub(crate) fn between(mut self, first: i64, end: i64) -> Self {
        self.lines.retain(|(day, _), _| (first..end).contains(day));
        self
    }

    /// From its first day to the end of its last, in microseconds.
    pub(crate) fn span(&self) -> (i64, i64) {
        let days = self.lines.keys().map(|(day, _)| *day);
        let (first, last) = (days.clone().min().unwrap_or(0), days.max().unwrap_or(0));
        (first * DAY, (last + 1) * DAY)
    }
}

/// Where the columns stand, and how numbers are written, as far as that is known.
struct Places {
    width: usize,
    form: Option<Form>,
    day: usize,
    model: Option<usize>,
    amounts: Vec<(Kind, usize)>,
}

impl Places {
    fn of(head: &[String], columns: &Columns) -> Result<Self, InvoiceError> {
        let there = || head.iter().map(|name| format!("'{name}'")).collect::<Vec<_>>().join(", ");
        let find = |of: &'static str, name: &str| {
            let mut found = head.iter().enumerate().filter(|(_, column)| is_called(column, name));
            match (found.next(), found.next()) {
                (_, Some(_)) => Err(InvoiceError::Twice { of, name: name.to_owned() }),
                (first, None) => Ok(first.map(|(at, _)| at)),
            }
        };
        let named = |of: &'static str, name: &str| {
            let missing = || InvoiceError::Column { of, name: name.to_owned(), there: there() };
            find(of, name)?.ok_or_else(missing)
        };
        let day = named("day", columns.day.as_deref().unwrap_or("day"))?;
        let model = match &columns.model {
            Some(name) => Some(named("model", name)?),
            None => find("model", "model")?,
        };
        let mut amounts = Vec::new();
        for kind in Kind::ALL {
            let at = match columns.amounts.get(&kind) {
                Some(name) => Some(named(kind.as_str(), name)?),
                None => find(kind.as_str(), kind.as_str())?,
            };
            amounts.extend(at.map(|at| (kind, at)));
        }
        match amounts.is_empty() {
            true => Err(InvoiceError::NoAmounts(there())),
            false => Ok(Self { width: head.len(), form: None, day, model, amounts }),
        }
    }

    /// How the invoice writes numbers. Commas that separate cells are no decimals; else the numbers say it that can be read in
    /// one way only, unless they say both.
    fn settled(&self, separator: char, rows: &[Row]) -> Option<Form> {
        if separator == ',' {
            return Some(Form::Point);
        }
        let cells = rows.iter().flat_map(|(_, row)| {
            self.amounts.iter().filter_map(|(kind, at)| Some((*kind, row.get(*at)?.as_str())))
        });
        let (mut points, mut commas) = (false, false);
        for (kind, cell) in cells {
            let read = |form| amount(kind, cell, form).is_some();
            match (read(Form::Point), read(Form::Comma)) {
                (true, false) => points = true,
                (false, true) => commas = true,
                _ => {}
            }
        }
        match (points, commas) {
            (true, false) => Some(Form::Point),
            (false, true) => Some(Form::Comma),
            _ => None,
        }
    }

    /// What a row says. Errors: why it cannot be read.
    fn line(&self, row: &[String], columns: &Columns) -> Result<(Line, Vec<(Kind, Amount)>), String> {
        if row.iter().skip(self.width).any(|cell| !cell.trim().is_empty()) {
            return Err(format!("it has more cells than the {} columns", self.width));
        }
        let cell = |at: usize| row.get(at).map_or("", |cell| cell.trim());
        let day = day(cell(self.day)).ok_or_else(|| format!("'{}' is no day", shown(cell(self.day))))?;
        let model = self.model.map_or("", cell);
        let model = columns.models.get(model).map_or(model, String::as_str);
        let mut amounts = Vec::new();
        for (kind, at) in &self.amounts {
            amounts.push((*kind, self.amount(*kind, cell(*at))?));
        }
        if columns.input_excludes_cached {
            let cached =
                amounts.iter().find(|(kind, _)| *kind == Kind::Cached).map_or(0, |(_, amount)| *amount);
            for (_, input) in amounts.iter_mut().filter(|(kind, _)| *kind == Kind::Input) {
                *input += cached;
            }
        }
        Ok(((day, model.to_owned()), amounts))
    }

    /// What a cell says. Errors: why it cannot be read.
    fn amount(&self, kind: Kind, text: &str) -> Result<Amount, String> {
        if text.is_empty() {
            return Ok(0);
        }
        let no_amount = || format!("'{}' is no amount", shown(text));
        if let Some(form) = self.form {
            return amount(kind, text, form).ok_or_else(no_amount);
        }
        match (amount(kind, text, Form::Point), amount(kind, text, Form::Comma)) {
            (Some(one), Some(other)) if one != other => {
                Err(format!("'{}' may have a decimal or thousands: say 'decimal', '.' or ','", shown(text)))
            }
            (one, other) => one.or(other).ok_or_else(no_amount),
        }
    }
}

fn is_called(column: &str, name: &str) -> bool {
    column.trim().eq_ignore_ascii_case(name.trim())
}

fn amount(kind: Kind, text: &str, form: Form) -> Option<Amount> {
    match kind {
        Kind::Cost => dollars(text, form),
        _ => count(text, form),
    }
}

/// A part of a text, for people.
fn shown(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(40).collect()
}

/// `2026-11-01`, or with a time behind it, by what UTC has it then; UTC where it names no offset. Or seconds since 1970.
fn day(text: &str) -> Option<i64> {
    if text.len() >= 9 && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return text.parse::<i64>().ok().filter(|seconds| *seconds < 100_000_000_000).map(|s| s / 86_400);
    }
    let without_zone = || time::parse(&format!("{}Z", text.strip_suffix("UTC").unwrap_or(text).trim_end()));
    time::parse(text).or_else(without_zone).map(|at| at.div_euclid(DAY))
}

/// A row with the number of its line.
type Row = (usize, Vec<String>);

/// What separates cells, and the rows; blank ones are passed over.
fn rows(text: &str) -> Result<(char, Vec<Row>), InvoiceError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let first = text.lines().next().unwrap_or_default();
    // What stands within quotes separates nothing.
    let often = |separator: &char| {
        first.split('"').step_by(2).map(|part| part.matches(*separator).count()).sum::<usize>()
    };
    let separator = [',', ';', '\t'].into_iter().rev().max_by_key(often).unwrap_or(',');
    let (mut rows, mut row, mut cell) = (Vec::new(), Vec::new(), String::new());
    let (mut number, mut begun, mut is_quoted) = (1, 1, false);
    let mut characters = text.chars().peekable();
    while let Some(c) = characters.next() {
        if c == '\n' {
            number += 1;
        }
        match c {
            '"' if is_quoted && characters.peek() == Some(&'"') => {
                characters.next();
                cell.push('"');
            }
            '"' if is_quoted => is_quoted = false,
            '"' if cell.is_empty() => is_quoted = true,
            _ if is_quoted => cell.push(c),
            '\r' => {}
            '\n' => {
                row.push(std::mem::take(&mut cell));
                end(&mut rows, begun, std::mem::take(&mut row))?;
                begun = number;
            }
            _ if c == separator => row.push(std::mem::take(&mut cell)),
            _ => cell.push(c),
        }
    }
    if is_quoted {
        return Err(InvoiceError::Form(format!("a text that begins in line {begun} is not closed")));
    }
    row.push(cell);
    end(&mut rows, begun, row)?;
    Ok((separator, rows))
}

fn end(rows: &mut Vec<Row>, number: usize, row: Vec<String>) -> Result<(), InvoiceError> {
    if row.iter().all(|cell| cell.trim().is_empty()) {
        return Ok(());
    }
    if rows.len() > MAX_LINES {
        return Err(InvoiceError::Form(format!(
            "the invoice has more than {MAX_LINES} lines: give it in parts"
        )));
    }
    rows.push((number, row));
    Ok(())
}
