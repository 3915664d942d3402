//! The emulator's token rule, used for counting, for cutting at `max_tokens` and for splitting text
//! into stream frames. It is a fixed rule, not a model's tokenizer, and must stay deterministic.
//!
//! Rule: a run of up to four non-blank characters is one token; the blanks in front of it belong to
//! it; blanks at the very end of a text are one token of their own. So `"You said: hello"` is
//! `You`, ` said`, `:`, ` hell`, `o`: five tokens.

/// Non-blank characters that make up one token.
const CHARS_PER_TOKEN: usize = 4;

/// Tokens charged for every image, whatever its size.
pub(crate) const IMAGE_TOKENS: u64 = 85;

/// Tokens charged for the frame around each message (role and separators).
pub(crate) const MESSAGE_TOKENS: u64 = 4;

/// The tokens of a text, in order; joined they are the text again.
pub(crate) fn pieces(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let (piece, tail) = rest.split_at(piece_end(rest));
        rest = tail;
        Some(piece)
    })
}

/// Number of tokens in a text.
pub(crate) fn count(text: &str) -> u64 {
    pieces(text).count() as u64
}

/// The longest prefix of `text` of at most `limit` tokens, and how many tokens it has.
pub(crate) fn prefix(text: &str, limit: u64) -> (&str, u64) {
    let (mut end, mut tokens) = (0, 0);
    for piece in pieces(text) {
        if tokens == limit {
            break;
        }
        end += piece.len();
        tokens += 1;
    }
    (&text[..end], tokens)
}

/// The text in `frames` groups of tokens as even as can be (fewer when there are fewer tokens), each
/// with its token count. `None` gives one token per group.
pub(crate) fn groups(text: &str, frames: Option<u64>) -> Vec<(&str, u64)> {
    let Some(frames) = frames else {
        return pieces(text).map(|piece| (piece, 1)).collect();
    };
    let total = count(text);
    let frames = frames.clamp(1, total.max(1));
    let mut groups = Vec::with_capacity(usize::try_from(frames).unwrap_or(0));
    let mut rest = text;
    for index in 0..frames {
        // Even shares without drift: the share is the difference of two running quotas.
        let share = (total * (index + 1)) / frames - (total * index) / frames;
        let (head, tokens) = prefix(rest, share);
        rest = &rest[head.len()..];
        if !head.is_empty() {
            groups.push((head, tokens));
        }
    }
    groups
}

fn piece_end(text: &str) -> usize {
    let mut taken = 0;
    for (at, c) in text.char_indices() {
        if c.is_whitespace() {
            if taken > 0 {
                return at;
            }
        } else {
            taken += 1;
            if taken == CHARS_PER_TOKEN {
                return at + c.len_utf8();
            }
        }
    }
    text.len()
}

#[cfg(test)]
mod tests;
