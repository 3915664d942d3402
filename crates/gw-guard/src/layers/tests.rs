//! Two layers of replacements come to what one after the other come to, whole or in pieces.

use super::*;

fn edit(start: usize, end: usize, with: &str) -> Edit {
    Edit { start, end, with: with.to_owned() }
}

fn applied(text: &str, edits: &[Edit]) -> String {
    apply(text, 0, text.len(), edits.iter()).unwrap_or_else(|| text.to_owned())
}

/// Checks that both ways lead to the same; gives it.
fn check(text: &str, first: &[Edit], second: &[Edit]) -> (String, Vec<Edit>) {
    let between = applied(text, first);
    let expected = applied(&between, second);
    let both = compose(first, second, &between);
    assert_eq!(applied(text, &both), expected, "{both:?}");
    for pair in both.windows(2) {
        assert!(pair[0].end <= pair[1].start, "{both:?}");
    }
    // In pieces as a stream's.
    for size in 1..=text.len() {
        let mut whole = String::new();
        let mut start = 0;
        while start < text.len() {
            let end = (start + size).min(text.len());
            let piece = &text[start..end];
            whole += &apply(piece, start, end, both.iter()).unwrap_or_else(|| piece.to_owned());
            start = end;
        }
        assert_eq!(whole, expected, "in pieces of {size}: {both:?}");
    }
    (expected, both)
}

#[test]
fn what_one_leaves_the_next_replaces() {
    let text = "call Jane Doe at 0123";
    let first = [edit(5, 13, "[PERSON]")];
    let (after, both) = check(text, &first, &[edit(17, 21, "[PHONE]")]);
    assert_eq!(after, "call [PERSON] at [PHONE]");
    assert_eq!(both.len(), 2);
    let longer = [edit(5, 13, "somebody of ours")];
    assert_eq!(check(text, &longer, &[edit(25, 29, "#")]).0, "call somebody of ours at #");
    // In what the first put there, across its edges, and all of it.
    assert_eq!(check(text, &longer, &[edit(14, 16, "at")]).0, "call somebody at ours at 0123");
    assert_eq!(check(text, &longer, &[edit(0, 13, "ask")]).0, "ask of ours at 0123");
    assert_eq!(check(text, &longer, &[edit(17, 24, "X")]).0, "call somebody of X 0123");
    assert_eq!(check(text, &longer, &[edit(0, 29, "")]).0, "");
    // What was left out.
    let gone = [edit(5, 13, ""), edit(17, 21, "")];
    assert_eq!(check(text, &gone, &[edit(0, 5, "ring "), edit(5, 9, "!")]).0, "ring !");
    assert_eq!(check(text, &gone, &[edit(4, 6, "_")]).0, "call_at ");
    assert_eq!(check(text, &[], &[edit(0, 4, "ring")]).0, "ring Jane Doe at 0123");
    assert_eq!(check(text, &first, &[]).0, "call [PERSON] at 0123");
}

#[test]
fn any_two_layers_are_one() {
    let text = "abcdefghijkl";
    let mut seed = 7_u64;
    let mut draw = |most: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        usize::try_from(seed >> 33).unwrap() % (most + 1)
    };
    let mut layer = |length: usize| {
        let (mut edits, mut at) = (Vec::new(), 0);
        while at < length {
            let start = at + draw(3);
            let end = start + 1 + draw(2);
            if end > length {
                break;
            }
            edits.push(edit(start, end, &"ZYXW"[..draw(4)]));
            at = end;
        }
        edits
    };
    for _ in 0..2_000 {
        let first = layer(text.len());
        let second = layer(applied(text, &first).len());
        check(text, &first, &second);
    }
}
