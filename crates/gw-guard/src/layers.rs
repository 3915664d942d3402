//! Replacements of a text, and then of what these left, as replacements of the text: guardrails that come one after the
//! other look at what the one before left, and a stream's pieces stand where they stood at first. Serves streams. It must
//! not look for anything.

use crate::flow::{Edit, apply};

/// A replacement of either sort, by its place between the two.
struct Between<'a> {
    start: usize,
    end: usize,
    /// By how much the text grew here before.
    grown: isize,
    /// What stands there in the end, where that is new.
    later: Option<&'a Edit>,
}

/// What `first` and then `second` replace, in the text that `first` is about. `between` is what `first` left of it. Both are in
/// the order of their places and do not overlap; so is what comes of them.
#[must_use]
pub fn compose(first: &[Edit], second: &[Edit], between: &str) -> Vec<Edit> {
    let mut all = Vec::with_capacity(first.len() + second.len());
    let mut grown = 0;
    for edit in first {
        let start = edit.start.saturating_add_signed(grown);
        let more = signed(edit.with.len()) - signed(edit.end - edit.start);
        all.push(Between { start, end: start + edit.with.len(), grown: more, later: None });
        grown += more;
    }
    all.extend(second.iter().map(|edit| Between {
        start: edit.start,
        end: edit.end,
        grown: 0,
        later: Some(edit),
    }));
    // What was left out stands before what begins there.
    all.sort_by_key(|edit| (edit.start, edit.later.is_some()));
    let (mut out, mut before) = (Vec::new(), 0);
    let mut rest = all.into_iter().peekable();
    while let Some(edit) = rest.next() {
        let Between { start, mut end, mut grown, later } = edit;
        let mut new: Vec<&Edit> = later.into_iter().collect();
        while let Some(next) = rest.next_if(|next| next.start < end) {
            end = end.max(next.end);
            grown += next.grown;
            new.extend(next.later);
        }
        let piece = between.get(start..end).unwrap_or_default();
        let with = apply(piece, start, end, new.into_iter()).unwrap_or_else(|| piece.to_owned());
        let from = start.saturating_add_signed(-before);
        before += grown;
        out.push(Edit { start: from, end: end.saturating_add_signed(-before), with });
    }
    out
}

/// No text has so many bytes that it would not fit.
fn signed(bytes: usize) -> isize {
    isize::try_from(bytes).unwrap_or(isize::MAX)
}

#[cfg(test)]
mod tests;
