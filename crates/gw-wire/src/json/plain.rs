//! Finds where the plain part of a string ends. Serves the cursor; it is the innermost loop of this crate.

/// How many bytes from the start of `bytes` are neither a quote, a backslash nor a control character.
/// Most strings are short (names) and told at the place of the call; long ones (texts, base64 media) are gone
/// through in blocks that the compiler turns into vector instructions.
#[inline(always)]
pub(super) fn plain_length(bytes: &[u8]) -> usize {
    let Some((words, _)) = bytes.split_first_chunk::<16>() else { return plain_length_by_word(bytes, 0) };
    let words = u128::from_le_bytes(*words);
    #[expect(clippy::cast_possible_truncation, reason = "the halves")]
    let (first, second) = (words as u64, (words >> 64) as u64);
    let special = special_bytes(first);
    if special != 0 {
        return (special.trailing_zeros() / 8) as usize;
    }
    let special = special_bytes(second);
    if special != 0 {
        return 8 + (special.trailing_zeros() / 8) as usize;
    }
    plain_length_long(bytes)
}

/// The high bit of each byte that is special. Above the lowest such byte others may be marked wrongly, as the
/// subtractions borrow; only the lowest is used.
#[inline]
const fn special_bytes(word: u64) -> u64 {
    const ONES: u64 = 0x0101_0101_0101_0101;
    let quotes = (word ^ (ONES * b'"' as u64)).wrapping_sub(ONES);
    let backslashes = (word ^ (ONES * b'\\' as u64)).wrapping_sub(ONES);
    let controls = word.wrapping_sub(ONES * 0x20);
    // A byte of ASCII has its high bit set only where one of the subtractions borrowed.
    (quotes | backslashes | controls) & !word & (ONES * 0x80)
}

/// Where the first words are plain.
#[inline(never)]
fn plain_length_long(bytes: &[u8]) -> usize {
    const BLOCK: usize = 32;
    let mut length = 16;
    for block in bytes.get(length..).unwrap_or_default().chunks_exact(BLOCK) {
        if block.iter().fold(false, |any, &b| any | is_special(b)) {
            break;
        }
        length += BLOCK;
    }
    plain_length_by_word(bytes, length)
}

/// As [`plain_length`], when all before `length` is plain.
#[inline(never)]
fn plain_length_by_word(bytes: &[u8], mut length: usize) -> usize {
    let mut rest = bytes.get(length..).unwrap_or_default();
    while let Some((word, behind)) = rest.split_first_chunk() {
        let special = special_bytes(u64::from_le_bytes(*word));
        if special != 0 {
            return length + (special.trailing_zeros() / 8) as usize;
        }
        length += 8;
        rest = behind;
    }
    length + rest.iter().position(|&b| is_special(b)).unwrap_or(rest.len())
}

#[inline]
const fn is_special(byte: u8) -> bool {
    (byte == b'"') | (byte == b'\\') | (byte < 0x20)
}
