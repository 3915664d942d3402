//! Binary search in the embedded text of models. Lines are sorted by price key and name; the header
//! explains the short codes. Only the pages that a search touches are ever loaded.

use super::line::{self, Codes};
use gw_model::catalog::ModelInfo;
use std::cmp::Ordering;

/// The text, and what its header says.
pub(crate) struct Table {
    header: &'static str,
    body: &'static str,
    codes: Codes,
}

impl Table {
    /// Splits header (`#` lines) from body.
    pub(crate) fn new(text: &'static str) -> Self {
        let mut end = 0;
        for line in text.split_inclusive('\n').take_while(|line| line.starts_with('#')) {
            end += line.len();
        }
        let (header, body) = text.split_at(end);
        Self { header, body, codes: Codes::from_header(header) }
    }

    /// The line that names the source.
    pub(crate) fn source(&self) -> &'static str {
        let line = self.header.lines().find(|line| line.starts_with("# Source:"));
        line.unwrap_or_default().trim_start_matches("# ")
    }

    /// The facts of one model.
    pub(crate) fn model(&self, price_key: &str, model: &str) -> Option<ModelInfo> {
        let at = self.lower_bound(price_key, model);
        let line = self.line_at(at);
        (line::name(line) == Some((price_key, model))).then(|| self.codes.parse(line))
    }

    /// The names of all models of a price key, sorted.
    pub(crate) fn names(&self, price_key: &str) -> Vec<&'static str> {
        let start = self.lower_bound(price_key, "");
        let lines = self.body.get(start..).unwrap_or_default().lines().map_while(line::name);
        lines.take_while(|(key, _)| *key == price_key).map(|(_, model)| model).collect()
    }

    /// Every line's price key and model, in order.
    #[cfg(test)]
    pub(crate) fn all(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        self.body.lines().filter_map(line::name)
    }

    /// Offset of the first line that is not below the given name.
    fn lower_bound(&self, price_key: &str, model: &str) -> usize {
        let bytes = self.body.as_bytes();
        let (mut low, mut high) = (0, bytes.len());
        while low < high {
            let middle = low + (high - low) / 2;
            let start = memchr::memrchr(b'\n', &bytes[low..middle]).map_or(low, |at| low + at + 1);
            let line = self.line_at(start);
            match line::name(line).map_or(Ordering::Less, |found| found.cmp(&(price_key, model))) {
                Ordering::Less => low = start + line.len() + 1,
                Ordering::Equal | Ordering::Greater => high = start,
            }
        }
        low
    }

    /// The line that starts at `start`, without its end.
    fn line_at(&self, start: usize) -> &'static str {
        let rest = self.body.get(start..).unwrap_or_default();
        rest.split_once('\n').map_or(rest, |(line, _)| line)
    }
}
