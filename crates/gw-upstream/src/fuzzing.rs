//! Entry points for fuzzers: each takes any bytes and panics only when the code under test breaks its word.
//! Not part of the request path.

use crate::codec::{Chunked, parse};

/// Feeds `data` to the chunked decoder at once, byte by byte and in two halves; all must agree.
///
/// # Panics
/// When they do not.
pub fn chunked(data: &[u8]) {
    let run = |step: usize| {
        let mut decoder = Chunked::new();
        let mut out = Vec::new();
        let mut used = 0;
        for piece in data.chunks(step.max(1)) {
            match decoder.decode(piece, &mut out) {
                Ok(n) => used += n,
                Err(e) => return Err((e, out)),
            }
            if decoder.is_done() {
                break;
            }
        }
        Ok((used, decoder.is_done(), out))
    };
    let whole = run(data.len());
    assert_eq!(whole, run(1), "byte by byte differs");
    assert_eq!(whole, run(data.len() / 2), "halves differ");
    if let Ok((used, done, out)) = whole {
        assert!(used <= data.len() && out.len() <= used, "more out than in");
        assert!(done || used == data.len(), "input left before the end");
    }
}

/// Parses `data` as the head of an answer; a head that is complete must not depend on what follows it.
///
/// # Panics
/// When it does.
pub fn head(data: &[u8]) {
    if let Ok(Some(head)) = parse(data, false) {
        assert!(head.len <= data.len(), "longer than the input");
        let again = parse(&data[..head.len], false);
        let same = matches!(again, Ok(Some(h)) if h.framing == head.framing && h.headers == head.headers);
        assert!(same, "the head depends on what follows it");
    }
}
