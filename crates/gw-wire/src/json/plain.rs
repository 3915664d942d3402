//! Finds where the plain part of a string ends. Serves the cursor; it is the innermost loop of this crate.

/// How many bytes from the start of `bytes` are neither a quote, a backslash nor a control character.
/// Most strings are short and are looked at a word at a time; long ones (texts, base64 media) are gone
/// through in blocks that the compiler turns into vector instructions.
#[inline]
pub(super) fn plain_length(bytes: &[u8]) -> usize {
    const SHORT: usize = 32;
    let mut length = 0;
    while length < SHORT {
        let Some(word) = bytes.get(length..).and_then(<[u8]>::first_chunk) else {
            let rest = bytes.get(length..).unwrap_or_default();
            return length + rest.iter().position(|&b| is_special(b)).unwrap_or(rest.len());
        };
        let special = special_bytes(u64::from_le_bytes(*word));
        if special != 0 {
            return length + (special.trailing_zeros() / 8) as usize;
        }
        length += 8;
    }
    length + plain_length_long(bytes.get(length..).unwrap_or_default())
}

/// The high bit of each byte that is special. Above the lowest such byte others may be marked wrongly, as the
/// subtractions borrow; only the lowest is used.
#[inline]
const fn special_bytes(word: u64) -> u64 {
    const ONES: u64 = 0x0101_0101_0101_0101;
    let quotes = word ^ (ONES * b'"' as u64);
    let backslashes = word ^ (ONES * b'\\' as u64);
    let controls = word.wrapping_sub(ONES * 0x20) & !word;
    let quotes = quotes.wrapping_sub(ONES) & !quotes;
    let backslashes = backslashes.wrapping_sub(ONES) & !backslashes;
    (quotes | backslashes | controls) & (ONES * 0x80)
}

fn plain_length_long(bytes: &[u8]) -> usize {
    const BLOCK: usize = 64;
    let mut length = 0;
    for block in bytes.chunks_exact(BLOCK) {
        if block.iter().fold(false, |any, &b| any | is_special(b)) {
            break;
        }
        length += BLOCK;
    }
    let rest = bytes.get(length..).unwrap_or_default();
    length + rest.iter().position(|&b| is_special(b)).unwrap_or(rest.len())
}

#[inline]
const fn is_special(byte: u8) -> bool {
    (byte == b'"') | (byte == b'\\') | (byte < 0x20)
}
