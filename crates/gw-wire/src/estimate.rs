//! How many tokens a request has, without a tokenizer: conservative, so that holds and limits are not
//! undercut. Serves facts (input) and metering (output that the upstream did not count). It must not be
//! preferred to a figure that the upstream states.
//!
//! Text is weighed by classes of bytes. Media count by a bound of their own, because a provider counts
//! pixels, pages and seconds, not bytes of base64:
//! an image [`IMAGE_TOKENS`]; a document [`DOCUMENT_BASE_TOKENS`] and one for each 16 bytes of base64
//! (a URL or stored file, whose size is unknown, [`DOCUMENT_UNKNOWN_TOKENS`]); a document that is text, or packed
//! text, one for each 3 bytes of base64; audio [`AUDIO_BASE_TOKENS`] and one for each 64 bytes of base64; a film
//! [`VIDEO_BASE_TOKENS`] and one for each 32. They are recognised by their place in the content of a message
//! only, so that text cannot pass itself off as media. Reasoning that only the provider can read counts one token
//! for each 4 bytes.
//!
//! What providers add to a prompt (instructions for tools and schemas, chat templates) is counted by
//! constants above what recorded exchanges of many providers show.

pub mod audio;
mod walk;

pub use walk::{input_tokens, stated_tokens};

/// Tokens of an image: above what current models charge for their largest scaled size.
pub const IMAGE_TOKENS: u64 = 5_000;
/// Tokens of an inline document, before its size counts.
pub const DOCUMENT_BASE_TOKENS: u64 = 5_000;
/// Tokens of a document whose size is unknown.
pub const DOCUMENT_UNKNOWN_TOKENS: u64 = 20_000;
/// Tokens of an audio clip, before its size counts.
pub const AUDIO_BASE_TOKENS: u64 = 1_000;
/// Tokens of a film, before its size counts.
pub const VIDEO_BASE_TOKENS: u64 = 5_000;
/// Tokens of a film whose size is unknown: about three minutes at one picture a second.
pub const VIDEO_UNKNOWN_TOKENS: u64 = 60_000;
/// Tokens of what the provider stores and puts before the prompt (earlier turns, stored prompts, cached content):
/// usual amounts, as there is no bound.
pub const STORED_CONTEXT_TOKENS: u64 = 20_000;
/// Tokens of one stored item that a request refers to.
pub const STORED_ITEM_TOKENS: u64 = 2_000;
/// Tokens that a provider adds for each message (role, separators).
pub const MESSAGE_TOKENS: u64 = 6;
/// Tokens that a provider adds for each request: reply priming, and the instructions that some models' chat
/// templates begin with (about 60).
pub const REQUEST_TOKENS: u64 = 64;
/// Tokens that some providers of Responses put before each prompt, besides [`REQUEST_TOKENS`] (up to 130 seen).
pub const RESPONSES_TOKENS: u64 = 160;
/// Tokens of Cohere's own instructions, which it counts as input (up to 500 seen, 650 more with tools).
pub const COHERE_TOKENS: u64 = 750;
/// Tokens of the instructions for tools that models on Bedrock get, besides [`TOOL_USE_TOKENS`] (up to 140 seen).
pub const CONVERSE_TOOL_TOKENS: u64 = 200;
/// Tokens of the instructions that a provider adds when a request has tools (up to 530 seen).
pub const TOOL_USE_TOKENS: u64 = 600;
/// Tokens that a provider adds for each tool, besides its definition.
pub const TOOL_TOKENS: u64 = 24;
/// Tokens that a tool run by the provider may bring into the prompt (search results, pages, files): usual
/// amounts, as there is no bound.
pub const SERVER_TOOL_TOKENS: u64 = 15_000;
/// Tokens of the instructions that a provider adds for answers after a schema, or with citations.
pub const FORMAT_TOKENS: u64 = 600;

// Weights in hundredths of a token for each byte. English text has about 4.5 letters and one space for
// each 1.3 tokens; digits and punctuation often stand alone; capitals break words apart; other scripts take
// two to four bytes for a character and about one token for each.
const LOWER: u64 = 30;
const UPPER: u64 = 60;
const DIGIT: u64 = 100;
const SPACE: u64 = 25;
const PUNCTUATION: u64 = 100;
const NON_ASCII: u64 = 50;
/// A `\uXXXX` escape in a JSON string: one unit of UTF-16, up to three bytes of UTF-8.
const ESCAPED_UNIT: u64 = 150;
/// Any other escape stands for one character.
const ESCAPED_CHARACTER: u64 = 100;

/// Tokens of plain text, rounded up.
#[must_use]
pub fn text_tokens(text: &[u8]) -> u64 {
    weigh(text).div_ceil(100)
}

/// Tokens of the text between the quotes of a JSON string, escapes read as what they stand for; rounded up.
#[must_use]
pub fn json_string_tokens(raw: &[u8]) -> u64 {
    weigh_json_string(raw).div_ceil(100)
}

/// Hundredths of a token of text between the quotes of a JSON string.
fn weigh_json_string(raw: &[u8]) -> u64 {
    let mut sum = 0;
    let mut rest = raw;
    while let Some(at) = memchr::memchr(b'\\', rest) {
        sum += weigh(rest.get(..at).unwrap_or_default());
        let (weight, length) = match rest.get(at + 1) {
            Some(b'u') => (ESCAPED_UNIT, 6),
            Some(b'n' | b't' | b'r') => (SPACE, 2),
            _ => (ESCAPED_CHARACTER, 2),
        };
        sum += weight;
        rest = rest.get(at + length..).unwrap_or_default();
    }
    sum + weigh(rest)
}

/// Hundredths of a token of plain text. Counts classes in blocks small enough for byte-wide counters, which
/// the compiler turns into vector instructions.
fn weigh(text: &[u8]) -> u64 {
    const BLOCK: usize = 192;
    const SHORT: usize = 24;
    if text.len() < SHORT {
        return text.iter().map(|&byte| WEIGHTS[usize::from(byte)]).sum();
    }
    let mut sum = 0;
    for block in text.chunks(BLOCK) {
        let (mut lower, mut upper, mut digit, mut space, mut high) = (0u8, 0u8, 0u8, 0u8, 0u8);
        for &byte in block {
            lower += u8::from(byte.wrapping_sub(b'a') < 26);
            upper += u8::from(byte.wrapping_sub(b'A') < 26);
            digit += u8::from(byte.wrapping_sub(b'0') < 10);
            space += u8::from((byte == b' ') | (byte == b'\n') | (byte == b'\t') | (byte == b'\r'));
            high += u8::from(byte >= 0x80);
        }
        let [lower, upper, digit, space, high] = [lower, upper, digit, space, high].map(u64::from);
        let other = block.len() as u64 - lower - upper - digit - space - high;
        sum += lower * LOWER
            + upper * UPPER
            + digit * DIGIT
            + space * SPACE
            + high * NON_ASCII
            + other * PUNCTUATION;
    }
    sum
}

/// The weight of each byte: pieces of a stream are too short for counting by blocks to pay off.
const WEIGHTS: [u64; 256] = {
    let mut weights = [PUNCTUATION; 256];
    let mut byte = 0;
    while byte < 256 {
        #[expect(clippy::cast_possible_truncation, reason = "below 256")]
        let class = byte as u8;
        weights[byte] = match class {
            b'a'..=b'z' => LOWER,
            b'A'..=b'Z' => UPPER,
            b'0'..=b'9' => DIGIT,
            b' ' | b'\n' | b'\t' | b'\r' => SPACE,
            0x80.. => NON_ASCII,
            _ => PUNCTUATION,
        };
        byte += 1;
    }
    weights
};

#[cfg(test)]
mod tests;
