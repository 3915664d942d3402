//! Which parts of a prompt are embedded. What a prompt asks for stands at its beginning or its end, and what is
//! pasted into it stands between and is longer; a vector of the whole is mostly one of the paste. So the first
//! words are embedded beside the whole, and the last ones too where a prompt is long. The whole itself is cut in
//! the middle, because models read some 200 words and time grows with them. It must not look into conversations:
//! the caller gives the last message of the user, since earlier ones are often about something else.

use std::borrow::Cow;

/// Words of the opening and of the closing.
const EDGE_WORDS: usize = 14;
/// The same in bytes, for scripts without spaces.
const EDGE_BYTES: usize = 160;
/// From this many words on, the closing counts too.
const LONG_WORDS: usize = 60;
/// What is kept of a longer prompt's beginning and end.
const HEAD_BYTES: usize = 800;
const TAIL_BYTES: usize = 400;

/// The whole, then the opening and the closing, if they are not the whole. Nothing for a prompt without a word.
#[must_use]
pub fn excerpts(prompt: &str) -> Vec<Cow<'_, str>> {
    let prompt = prompt.trim();
    if prompt.is_empty() {
        return Vec::new();
    }
    let whole = if prompt.len() > HEAD_BYTES + TAIL_BYTES {
        Cow::Owned(format!("{} {}", head(prompt, HEAD_BYTES), tail(prompt, TAIL_BYTES)))
    } else {
        Cow::Borrowed(prompt)
    };
    // Bytes first: a prompt may be long and have no space.
    let opening = first_words(head(prompt, EDGE_BYTES));
    let mut parts = vec![whole];
    if opening.len() < prompt.len() {
        parts.push(Cow::Borrowed(opening));
    }
    if prompt.len() > HEAD_BYTES + TAIL_BYTES || prompt.split_whitespace().nth(LONG_WORDS).is_some() {
        parts.push(Cow::Borrowed(last_words(tail(prompt, EDGE_BYTES))));
    }
    parts
}

fn first_words(text: &str) -> &str {
    // Where a word ends: at a space after something else.
    let is_end = |(end, c): &(usize, char)| {
        c.is_whitespace() && text[..*end].chars().next_back().is_some_and(|c| !c.is_whitespace())
    };
    text.char_indices().filter(is_end).nth(EDGE_WORDS - 1).map_or(text, |(end, _)| &text[..end])
}

fn last_words(text: &str) -> &str {
    let is_start = |(start, c): &(usize, char)| {
        !c.is_whitespace() && text[..*start].chars().next_back().is_none_or(char::is_whitespace)
    };
    text.char_indices().rev().filter(is_start).nth(EDGE_WORDS - 1).map_or(text, |(start, _)| &text[start..])
}

/// At most so many bytes, up to the end of a character.
fn head(text: &str, bytes: usize) -> &str {
    &text[..text.floor_char_boundary(bytes)]
}

fn tail(text: &str, bytes: usize) -> &str {
    &text[text.ceil_char_boundary(text.len().saturating_sub(bytes))..]
}
