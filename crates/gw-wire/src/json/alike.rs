//! Checks the syntax of texts of which each is much like the one before, as the frames of a stream are: what stood there
//! before need not be gone through again. It must not come to another result than [`is_json`].
//!
//! The last text that was gone through is the model. Where another text differed from it in a value, any value may
//! stand; everything else has to be the same. A text of that kind is JSON because the model is.

use super::check::is_json;
use super::cursor::{Cursor, DEPTH_CEILING};
use std::ops::Range;

/// Longest model. A text of this size can not be nested too deep to be gone through.
const MAX_MODEL_BYTES: usize = DEPTH_CEILING;

/// Values of a model that may differ.
const MAX_GAPS: usize = 6;

/// After so many texts in a row that were not like their model, none is made any more.
const MAX_MISSES: u8 = 16;

/// See the module.
#[derive(Clone, Debug, Default)]
pub(crate) struct Alike {
    model: Vec<u8>,
    /// Where the model's values that may differ stand, in order.
    gaps: Vec<Range<usize>>,
    misses: u8,
}

impl Alike {
    /// As [`is_json`].
    pub(crate) fn is_json(&mut self, text: &[u8]) -> bool {
        if !self.model.is_empty() && self.compare(text).is_ok() {
            self.misses = 0;
            return true;
        }
        let is_json = is_json(text);
        if is_json && self.misses < MAX_MISSES {
            self.misses += 1;
            self.learn(text);
        }
        is_json
    }

    /// Makes room in the model for what the text has in other ways, or takes it for a new one.
    fn learn(&mut self, text: &[u8]) {
        while let Err(Some(at)) = self.compare(text) {
            let gap = scalar_at(&self.model, at).filter(|_| self.gaps.len() < MAX_GAPS);
            let Some(gap) = gap else { break };
            let place = self.gaps.partition_point(|other| other.start < gap.start);
            let overlaps = |other: &Range<usize>| other.start < gap.end && gap.start < other.end;
            if self.gaps.iter().any(overlaps) {
                break;
            }
            self.gaps.insert(place, gap);
        }
        if self.compare(text).is_err() {
            self.gaps.clear();
            self.model.clear();
            if text.len() <= MAX_MODEL_BYTES {
                self.model.extend_from_slice(text);
            }
        }
    }

    /// Is the text like the model? The error is where in the model it is not, unless that is within a gap.
    fn compare(&self, text: &[u8]) -> Result<(), Option<usize>> {
        let (mut rest, mut from) = (text, 0);
        for gap in &self.gaps {
            let same = self.model.get(from..gap.start).unwrap_or_default();
            rest = rest.strip_prefix(same).ok_or_else(|| Some(from + difference(same, rest)))?;
            let mut cursor = Cursor::new(rest, 0, DEPTH_CEILING);
            cursor.skip_value().map_err(|_| None)?;
            let (value, behind) = rest.split_at_checked(cursor.offset()).ok_or(None)?;
            std::str::from_utf8(value).map_err(|_| None)?;
            (rest, from) = (behind, gap.end);
        }
        let same = self.model.get(from..).unwrap_or_default();
        if rest == same { Ok(()) } else { Err(Some(from + difference(same, rest))) }
    }
}

fn difference(one: &[u8], other: &[u8]) -> usize {
    one.iter().zip(other).take_while(|(a, b)| a == b).count()
}

/// The string, number or literal of `model`, which is JSON, that `at` is in or, since a number may go on, right behind.
/// None for what is no value of its own: brackets, names.
fn scalar_at(model: &[u8], at: usize) -> Option<Range<usize>> {
    let mut start = 0;
    while start <= at {
        let rest = model.get(start..)?;
        let length = match rest.first()? {
            b'"' => {
                let mut cursor = Cursor::new(model, start, DEPTH_CEILING);
                let (span, _) = cursor.string().ok()?;
                if at < span.end {
                    let behind = model.get(span.end..).unwrap_or_default().trim_ascii_start();
                    return (!behind.starts_with(b":")).then_some(span.start..span.end);
                }
                span.end - span.start
            }
            b'-' | b'0'..=b'9' | b't' | b'f' | b'n' => {
                let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.');
                let length = rest.iter().take_while(|byte| is_part(byte)).count();
                if at <= start + length {
                    return Some(start..start + length);
                }
                length
            }
            _ => 1,
        };
        start += length;
    }
    None
}

#[cfg(test)]
mod tests;
