//! Edits spliced into the original bytes. Serves same-format forwarding: what is not edited stays byte for
//! byte. It must not copy large bodies.

use bytes::Bytes;
use gw_model::Span;

/// Pieces of less than this many bytes in all are merged into one buffer: one write is cheaper than several.
pub const MERGE_BELOW_BYTES: usize = 64 << 10;

/// One replacement. An empty span inserts, an empty replacement deletes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// What is replaced.
    pub span: Span,
    /// By what.
    pub replacement: Bytes,
}

impl Edit {
    /// Replaces what stands in `span`.
    #[must_use]
    pub const fn replace(span: Span, replacement: Bytes) -> Self {
        Self { span, replacement }
    }

    /// Inserts at an offset.
    #[must_use]
    pub const fn insert(at: usize, text: Bytes) -> Self {
        Self { span: Span { start: at, end: at }, replacement: text }
    }
}

/// Applies `edits` to `body`. They are sorted by place; of two that overlap the later one is left out, as
/// are those outside the body. Without edits the answer is `body` itself. Small results are one buffer,
/// large ones are slices of `body` with the replacements between them.
#[must_use]
pub fn apply(body: &Bytes, edits: &mut [Edit]) -> Vec<Bytes> {
    if edits.is_empty() {
        return vec![body.clone()];
    }
    edits.sort_by_key(|e| (e.span.start, e.span.end));
    let total = body.len() + edits.iter().map(|e| e.replacement.len()).sum::<usize>();
    if total < MERGE_BELOW_BYTES {
        let mut merged = Vec::with_capacity(total);
        walk(body.len(), edits, |piece| match piece {
            Piece::Kept(start, end) => merged.extend_from_slice(body.get(start..end).unwrap_or_default()),
            Piece::New(text) => merged.extend_from_slice(text),
        });
        return vec![Bytes::from(merged)];
    }
    let mut pieces = Vec::with_capacity(edits.len() * 2 + 1);
    walk(body.len(), edits, |piece| match piece {
        Piece::Kept(start, end) => pieces.push(body.slice(start..end)),
        Piece::New(text) => pieces.push(text.clone()),
    });
    pieces
}

enum Piece<'a> {
    Kept(usize, usize),
    New(&'a Bytes),
}

fn walk(length: usize, edits: &[Edit], mut emit: impl FnMut(Piece<'_>)) {
    let mut at = 0;
    for edit in edits {
        let Span { start, end } = edit.span;
        if start < at || end < start || end > length {
            continue;
        }
        if at < start {
            emit(Piece::Kept(at, start));
        }
        if !edit.replacement.is_empty() {
            emit(Piece::New(&edit.replacement));
        }
        at = end;
    }
    if at < length {
        emit(Piece::Kept(at, length));
    }
}
