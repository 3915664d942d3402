//! What texts hide in codings: base64, base32, hex, binary, Morse, percent signs, escapes, single letters apart. Serves
//! the search for injections. What does not read as text when it is decoded is nobody's order.

use super::lexicon::words_within;
use super::normalise::tag;

use std::borrow::Cow;

/// Most bytes that are decoded of one text.
const MAX_DECODED_BYTES: usize = 256 << 10;

/// Appends what the text says in codings, a line each.
pub(super) fn decoded(text: &str, out: &mut String) {
    runs(text, out);
    groups(text, out);
    signs(text, out);
    tags(text, out);
    apart(text, out);
}

fn add(bytes: &[u8], out: &mut String) {
    if out.len() + bytes.len() > MAX_DECODED_BYTES {
        return;
    }
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let letters = text.bytes().filter(|b| b.is_ascii_alphabetic() || *b == b' ' || *b >= 0x80).count();
    let odd = text.chars().filter(|c| c.is_control() && !c.is_whitespace()).count();
    if text.len() >= 6 && letters * 10 >= text.len() * 7 && odd == 0 {
        out.push_str(text);
        out.push('\n');
    }
}

/// What bytes may be part of.
const HEX: u8 = 1;
const BITS: u8 = 2;
const MORSE: u8 = 4;
const BASE64: u8 = 8;
/// Of a run of letters and digits.
const RUN: u8 = 16;
/// Between words.
const GAP: u8 = 32;
/// Between letters that stand apart.
const APART: u8 = 64;
/// Seldom within a word, and often in base64.
const ODD: u8 = 128;

const CLASSES: [u8; 256] = {
    let mut table = [0; 256];
    let mut at = 0;
    while at < 256 {
        let byte = at as u8;
        let mut class = 0;
        if byte.is_ascii_hexdigit() {
            class |= HEX;
        }
        if matches!(byte, b'0' | b'1') {
            class |= BITS;
        }
        if matches!(byte, b'.' | b'-' | b'/') {
            class |= MORSE;
        }
        if base64_value(byte).is_some() || byte == b'=' {
            class |= BASE64;
        }
        if byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'-' | b'_' | b'=') {
            class |= RUN;
        }
        if matches!(byte, b' ' | b'\n' | b'\t' | b',' | b'\r') {
            class |= GAP;
        }
        if matches!(byte, b' ' | b'.' | b'-' | b'_' | b'\n') {
            class |= APART;
        }
        if byte.is_ascii_uppercase() || byte.is_ascii_digit() || matches!(byte, b'+' | b'/' | b'=') {
            class |= ODD;
        }
        table[at] = class;
        at += 1;
    }
    table
};

const fn is_of(byte: u8, class: u8) -> bool {
    CLASSES[byte as usize] & class != 0
}

/// Words that are codes by themselves.
fn runs(text: &str, out: &mut String) {
    for bytes in text.as_bytes().split(|byte| !is_of(*byte, RUN)).filter(|run| run.len() >= 16) {
        if bytes.iter().all(u8::is_ascii_hexdigit) {
            add(&hex(bytes), out);
        }
        if bytes.iter().all(|b| matches!(b, b'0' | b'1')) {
            add(&binary(bytes), out);
        }
        add(&radix(bytes, 6, base64_value), out);
        if bytes.iter().all(|b| b.is_ascii_uppercase() || matches!(b, b'2'..=b'7' | b'=')) {
            add(&radix(bytes, 5, base32_value), out);
        }
    }
}

/// Codes written in groups: hex by bytes, binary, Morse, base64 in lines.
fn groups(text: &str, out: &mut String) {
    let (mut hexes, mut bits, mut morses, mut lines) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let words = text.as_bytes().split(|byte| is_of(*byte, GAP)).filter(|word| !word.is_empty());
    for word in words.chain([&[][..]]) {
        let class = word.iter().fold(u8::MAX, |all, byte| all & CLASSES[usize::from(*byte)]);
        let class = if word.is_empty() { 0 } else { class };
        let length = word.len();
        let digits = bare(word);
        let is_hex = (2..=8).contains(&digits.len())
            && digits.len().is_multiple_of(2)
            && (class & HEX != 0 || digits.len() < length && digits.iter().all(u8::is_ascii_hexdigit));
        if let Some(run) = taken(&mut hexes, 6, is_hex, digits) {
            add(&hex(&run.concat()), out);
        }
        if let Some(run) = taken(&mut bits, 4, class & BITS != 0 && (7..=8).contains(&length), word) {
            let byte = |word: &&[u8]| word.iter().fold(0u8, |sum, bit| sum << 1 | (bit & 1));
            add(&run.iter().map(byte).collect::<Vec<u8>>(), out);
        }
        if let Some(run) = taken(&mut morses, 6, class & MORSE != 0 && length <= 7, word) {
            let letters: String = run.iter().map(|word| morse(word)).collect();
            add(letters.as_bytes(), out);
        }
        if let Some(run) = taken(&mut lines, 3, class & BASE64 != 0 && length >= 4, word) {
            // Words of a sentence are none.
            let is_odd = |word: &&[u8]| word.iter().skip(1).any(|byte| is_of(*byte, ODD));
            if run.iter().any(is_odd) {
                add(&radix(&run.concat(), 6, base64_value), out);
            }
        }
    }
}

/// The digits of a word without the mark in front of them.
fn bare(word: &[u8]) -> &[u8] {
    word.strip_prefix(b"0x").or_else(|| word.strip_prefix(b"\\x")).unwrap_or(word)
}

/// Puts a word that is part of a run to it; gives the run that has ended if it is long enough.
fn taken<'a>(run: &mut Vec<&'a [u8]>, least: usize, is_part: bool, word: &'a [u8]) -> Option<Vec<&'a [u8]>> {
    if is_part {
        run.push(word);
        return None;
    }
    if run.len() >= least {
        return Some(std::mem::take(run));
    }
    run.clear();
    None
}

/// Percent signs, escapes and entities within words.
fn signs(text: &str, out: &mut String) {
    // Pages are mostly signs, and text all the same.
    if memchr::memchr(b'&', text.as_bytes()).is_some()
        && text.contains("&#")
        && out.len() + text.len() <= MAX_DECODED_BYTES
    {
        out.push_str(&entities(text));
        out.push('\n');
    }
    if text.matches('%').take(4).count() >= 4 {
        add(&unescaped(text.replace("% ", "%").as_bytes(), b"%", 2), out);
    }
    if memchr::memchr(b'\\', text.as_bytes()).is_none() {
        return;
    }
    if text.matches("\\x").take(4).count() >= 4 {
        add(&unescaped(text.as_bytes(), b"\\x", 2), out);
    }
    if text.matches("\\u").take(4).count() >= 4 {
        add(&unescaped(text.as_bytes(), b"\\u", 4), out);
    }
}

/// A text with its escapes undone; blanks between two escapes are left out.
fn unescaped(text: &[u8], mark: &[u8], digits: usize) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut at = 0;
    while at < text.len() {
        let rest = &text[at..];
        let code = rest.strip_prefix(mark).and_then(|rest| rest.get(..digits));
        let value = code.and_then(|code| u32::from_str_radix(std::str::from_utf8(code).ok()?, 16).ok());
        match value {
            Some(value) => {
                match u8::try_from(value) {
                    Ok(byte) => out.push(byte),
                    Err(_) => out.extend(char::from_u32(value).unwrap_or(' ').to_string().bytes()),
                }
                at += mark.len() + digits;
                let blanks = text[at..].iter().take_while(|b| **b == b' ').count();
                if blanks > 0 && text[at + blanks..].starts_with(mark) {
                    at += blanks;
                }
            }
            None => {
                out.push(rest[0]);
                at += 1;
            }
        }
    }
    out
}

/// A text with its numbered entities undone.
fn entities(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for (at, piece) in text.split("&#").enumerate() {
        let (digits, radix) = match piece.strip_prefix(['x', 'X']) {
            Some(digits) => (digits, 16),
            None => (piece, 10),
        };
        let length = digits.bytes().take(8).take_while(|byte| char::from(*byte).is_digit(radix)).count();
        let (code, behind) = digits.split_at(length);
        match u32::from_str_radix(code, radix).ok().and_then(char::from_u32) {
            Some(letter) if at > 0 => {
                out.push(letter);
                out.push_str(behind.strip_prefix(';').unwrap_or(behind));
            }
            _ => out.push_str(piece),
        }
    }
    out
}

/// Appends what stands between quotation marks, put together, where there are several.
pub(super) fn combined(text: &str, out: &mut String) {
    for mark in ['"', '\''] {
        let pieces: Vec<&str> = text.split(mark).skip(1).step_by(2).collect();
        if pieces.len() > 1 {
            add(pieces.concat().as_bytes(), out);
        }
    }
}

/// Tag characters, which no one sees.
fn tags(text: &str, out: &mut String) {
    // All begin with the same two bytes.
    if !text.is_ascii() && memchr::memmem::find(text.as_bytes(), b"\xf3\xa0").is_some() {
        let hidden: String = text.chars().filter_map(tag).collect();
        add(hidden.as_bytes(), out);
    }
}

/// Letters with a sign between them: put together, and taken apart into words that matter.
fn apart(text: &str, out: &mut String) {
    if !has_letters_apart(text.as_bytes()) {
        return;
    }
    let mut letters = String::new();
    let mut pieces = Vec::new();
    for word in text.split([' ', '.', '-', '_', '\n']) {
        let mut characters = word.chars();
        match (characters.next(), characters.next()) {
            (Some(only), None) => letters.push(only.to_ascii_lowercase()),
            // Two signs are a gap between words.
            (None, _) => letters.push(' '),
            _ if letters.trim().len() >= 6 => pieces.push(std::mem::take(&mut letters)),
            _ => letters.clear(),
        }
    }
    pieces.push(letters);
    for piece in pieces.iter().map(|piece| piece.trim()).filter(|piece| piece.len() >= 6) {
        if piece.contains(' ') {
            add(piece.as_bytes(), out);
        } else {
            for word in words_within(piece) {
                out.push_str(word);
                out.push(' ');
            }
            out.push('\n');
        }
    }
    // Single words may be written so among others.
    let together: String = text.split_inclusive(char::is_whitespace).map(without_signs).collect();
    if together.len() < text.len() {
        add(together.as_bytes(), out);
    }
}

/// A word without the signs between its letters, if there is one between all of them.
fn without_signs(word: &str) -> Cow<'_, str> {
    let Some(sign) = word.chars().nth(1).filter(|sign| matches!(sign, '.' | '-' | '_' | '*' | '/' | '~'))
    else {
        return Cow::Borrowed(word);
    };
    let is_apart = |(at, c): (usize, char)| if at % 2 == 0 { c.is_alphanumeric() } else { c == sign };
    let letters = word.trim_end().trim_end_matches(['.', ',', ':', '!', '?']);
    if letters.len() < 7 || !letters.chars().enumerate().all(is_apart) {
        return Cow::Borrowed(word);
    }
    Cow::Owned(word.chars().filter(|c| *c != sign).collect())
}

/// Do at least six letters in a row stand alone?
fn has_letters_apart(text: &[u8]) -> bool {
    let mut alone = 0;
    for word in text.split(|byte| is_of(*byte, APART)) {
        let is_letter = match word {
            [] => continue,
            [_] => true,
            [first, rest @ ..] => *first >= 0xc0 && rest.len() < 4 && rest.iter().all(|b| b & 0xc0 == 0x80),
        };
        alone = if is_letter { alone + 1 } else { 0 };
        if alone == 6 {
            return true;
        }
    }
    false
}

fn hex(digits: &[u8]) -> Vec<u8> {
    let value = |b: u8| char::from(b).to_digit(16).unwrap_or(0) as u8;
    digits.chunks_exact(2).map(|pair| value(pair[0]) << 4 | value(pair[1])).collect()
}

fn binary(bits: &[u8]) -> Vec<u8> {
    bits.chunks_exact(8).map(|byte| byte.iter().fold(0u8, |sum, bit| sum << 1 | (bit & 1))).collect()
}

const fn base64_value(byte: u8) -> Option<u8> {
    Some(match byte {
        b'A'..=b'Z' => byte - b'A',
        b'a'..=b'z' => byte - b'a' + 26,
        b'0'..=b'9' => byte - b'0' + 52,
        b'+' | b'-' => 62,
        b'/' | b'_' => 63,
        _ => return None,
    })
}

const fn base32_value(byte: u8) -> Option<u8> {
    Some(match byte {
        b'A'..=b'Z' => byte - b'A',
        b'2'..=b'7' => byte - b'2' + 26,
        _ => return None,
    })
}

/// Text of digits with so many bits each.
fn radix(text: &[u8], bits: u32, value: impl Fn(u8) -> Option<u8>) -> Vec<u8> {
    let (mut buffer, mut held) = (0u32, 0);
    let mut out = Vec::with_capacity(text.len());
    for byte in text {
        let Some(value) = value(*byte) else { continue };
        buffer = buffer << bits | u32::from(value);
        held += bits;
        if held >= 8 {
            held -= 8;
            out.push((buffer >> held) as u8);
            buffer &= (1 << held) - 1;
        }
    }
    out
}

/// The letter of a code of dots and dashes; a stroke is a gap.
fn morse(code: &[u8]) -> char {
    const CODES: &[&str; 26] = &[
        ".-", "-...", "-.-.", "-..", ".", "..-.", "--.", "....", "..", ".---", "-.-", ".-..", "--", "-.",
        "---", ".--.", "--.-", ".-.", "...", "-", "..-", "...-", ".--", "-..-", "-.--", "--..",
    ];
    let at = CODES.iter().position(|known| known.as_bytes() == code);
    at.map_or(' ', |at| char::from(b'a' + at as u8))
}
