//! Tests of segments.

use super::{MAX_SEGMENT_BYTES, Segments, next};
use std::cell::Cell;

thread_local! {
    static VISITED: Cell<usize> = const { Cell::new(0) };
}

/// Notes how many bytes were looked at to find where a segment ends.
pub(super) fn note_visited(bytes: usize) {
    VISITED.set(VISITED.get() + bytes);
}

/// Texts that have no blank, or nothing else, for long.
fn long(bytes: usize) -> Vec<(&'static str, String)> {
    ["a", "A1", "ab+/9Q", " ", "a.", "-", "，", "电", "1 ", "\t \n", "=", "-----BEGIN "]
        .into_iter()
        .map(|piece| (piece, piece.repeat(bytes / piece.len())))
        .collect()
}

#[test]
fn no_text_is_looked_at_more_often_than_its_length_allows() {
    for (piece, text) in long(256 << 10) {
        VISITED.set(0);
        Segments::default().visit(text.as_bytes(), 0, true, &mut Vec::new(), |_, _| {});
        let most = text.len() * 3 + MAX_SEGMENT_BYTES;
        assert!(VISITED.get() <= most, "{piece:?}: {} bytes of {}", VISITED.get(), text.len());
    }
}

#[test]
fn a_segment_is_known_by_so_much_of_the_text_as_it_may_have() {
    for (piece, text) in long(32 << 10) {
        if piece.starts_with("-----") {
            continue;
        }
        let mut most = MAX_SEGMENT_BYTES + 64;
        while !text.is_char_boundary(most) {
            most += 1;
        }
        let known = next(&text.as_bytes()[..most], 0, false).map(|found| found.range);
        assert_eq!(known, next(text.as_bytes(), 0, true).map(|found| found.range), "{piece:?}");
    }
}
