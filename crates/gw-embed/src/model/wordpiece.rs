//! From a text to token numbers, as BERT's uncased models were trained: the text is cleaned, stripped of accents
//! and case, split at spaces and punctuation, and each word cut into the longest known pieces. Nothing in a
//! text is taken for a mark such as `[SEP]`. It must not read more of a text than the tokens asked for need.

use super::read;
use crate::error::{LoadError, LoadReason};
use ahash::AHashMap;
use serde::Deserialize;
use std::collections::HashMap;
use std::ops::Range;
use std::path::Path;
use unicode_normalization::char::decompose_canonical;
use unicode_properties::{GeneralCategory, GeneralCategoryGroup, UnicodeGeneralCategory};

const MAX_BYTES: u64 = 32 << 20;
/// Vocabularies count a longer word as unknown.
const MAX_WORD_CHARS: usize = 100;

#[derive(Debug)]
pub(super) struct WordPiece {
    /// Pieces that begin a word.
    first: AHashMap<Box<str>, u32>,
    /// Pieces that go on with one.
    next: AHashMap<Box<str>, u32>,
    /// The longest piece in bytes.
    longest: usize,
    size: usize,
    start: u32,
    end: u32,
    unknown: u32,
    max_word_chars: usize,
    lowercase: bool,
    strip_accents: bool,
    split_han: bool,
}

/// The parts of `tokenizer.json` that count.
#[derive(Deserialize)]
struct File {
    normalizer: Option<Normalizer>,
    model: Vocabulary,
}

#[derive(Deserialize)]
struct Normalizer {
    r#type: String,
    #[serde(default = "yes")]
    handle_chinese_chars: bool,
    strip_accents: Option<bool>,
    #[serde(default = "yes")]
    lowercase: bool,
}

fn yes() -> bool {
    true
}

#[derive(Deserialize)]
struct Vocabulary {
    r#type: String,
    unk_token: String,
    continuing_subword_prefix: String,
    #[serde(default = "max_word_chars")]
    max_input_chars_per_word: usize,
    vocab: HashMap<Box<str>, u32>,
}

fn max_word_chars() -> usize {
    MAX_WORD_CHARS
}

impl WordPiece {
    pub(super) fn load(path: &Path) -> Result<Self, LoadError> {
        let file: File =
            serde_json::from_slice(&read(path, MAX_BYTES)?).map_err(|e| LoadReason::Json(e).at(path))?;
        Self::new(file).map_err(|reason| reason.at(path))
    }

    fn new(file: File) -> Result<Self, LoadReason> {
        let File { normalizer, model } = file;
        let Some(normalizer) = normalizer.filter(|n| n.r#type == "BertNormalizer") else {
            return Err(LoadReason::Unsupported("a normalizer other than BertNormalizer".to_owned()));
        };
        if model.r#type != "WordPiece" {
            return Err(LoadReason::Unsupported(format!("the tokenizer '{}'", model.r#type)));
        }
        let token = |name: &str| {
            let found = model.vocab.get(name).copied();
            found.ok_or_else(|| LoadReason::Malformed(format!("the vocabulary has no '{name}'")))
        };
        let (start, end, unknown) = (token("[CLS]")?, token("[SEP]")?, token(&model.unk_token)?);
        let size = model.vocab.values().max().map_or(0, |id| *id as usize + 1);
        let longest = model.vocab.keys().map(|piece| piece.len()).max().unwrap_or_default();
        let (mut first, mut next) = (AHashMap::new(), AHashMap::new());
        for (piece, id) in model.vocab {
            match piece.strip_prefix(model.continuing_subword_prefix.as_str()) {
                Some(rest) if !rest.is_empty() => next.insert(rest.into(), id),
                _ => first.insert(piece, id),
            };
        }
        Ok(Self {
            first,
            next,
            longest,
            size,
            start,
            end,
            unknown,
            max_word_chars: model.max_input_chars_per_word.min(MAX_WORD_CHARS),
            lowercase: normalizer.lowercase,
            strip_accents: normalizer.strip_accents.unwrap_or(normalizer.lowercase),
            split_han: normalizer.handle_chinese_chars,
        })
    }

    /// One more than the largest token number.
    pub(super) fn size(&self) -> usize {
        self.size
    }

    /// At most so many tokens, with the mark before and after; the end of a longer text is left out.
    pub(super) fn encode(&self, text: &str, max_tokens: usize) -> Vec<u32> {
        let room = max_tokens.saturating_sub(2);
        let mut cut = self.read(text, room, false);
        cut.tokens.truncate(room);
        self.marked(&cut.tokens)
    }

    /// Tokens with the mark before and after.
    pub(super) fn marked(&self, tokens: &[u32]) -> Vec<u32> {
        let mut marked = Vec::with_capacity(tokens.len() + 2);
        marked.push(self.start);
        marked.extend_from_slice(tokens);
        marked.push(self.end);
        marked
    }

    /// The words of a text and their tokens, without marks. Other than the models were trained with, nothing between two
    /// words joins them to one that nobody knows: signs and what looks like a blank stand alone, long words are cut, and
    /// letters that nobody sees are read.
    pub(super) fn cut(&self, text: &str) -> Cut {
        self.read(text, usize::MAX, true)
    }

    /// A text is read until it has so many tokens, and to the end of the word.
    fn read(&self, text: &str, most: usize, is_strict: bool) -> Cut {
        let (mut cut, mut word) = (Cut { is_strict, ..Cut::default() }, Word::default());
        for (at, c) in text.char_indices() {
            if cut.tokens.len() >= most {
                break;
            }
            word.here = at..at + c.len_utf8();
            self.push(c, &mut word, &mut cut);
        }
        self.flush(&mut word, &mut cut);
        cut
    }

    /// Takes one more character of the text.
    fn push(&self, c: char, word: &mut Word, cut: &mut Cut) {
        let c = if cut.is_strict { seen(c) } else { c };
        if c.is_whitespace() {
            return self.flush(word, cut);
        }
        if c == char::REPLACEMENT_CHARACTER || c.general_category_group() == GeneralCategoryGroup::Other {
            return;
        }
        let is_sign = cut.is_strict && c.general_category_group() == GeneralCategoryGroup::Symbol;
        let alone = is_sign || self.split_han && is_han(c);
        if alone {
            self.flush(word, cut);
        }
        let cased = |c: char, word: &mut Word, cut: &mut Cut| {
            if self.lowercase {
                c.to_lowercase().for_each(|c| self.add(c, word, cut));
            } else {
                self.add(c, word, cut);
            }
        };
        if self.strip_accents {
            // What is left out of a word's end belongs to it.
            if word.chars > 0 && c.general_category() == GeneralCategory::NonspacingMark {
                word.bytes.end = word.here.end;
            }
            decompose_canonical(c, |part| {
                if part.general_category() != GeneralCategory::NonspacingMark {
                    cased(part, word, cut);
                }
            });
        } else {
            cased(c, word, cut);
        }
        if alone {
            self.flush(word, cut);
        }
    }

    /// Takes a character as the vocabulary has it.
    fn add(&self, c: char, word: &mut Word, cut: &mut Cut) {
        let is_mark =
            c.is_ascii_punctuation() || c.general_category_group() == GeneralCategoryGroup::Punctuation;
        if is_mark || cut.is_strict && word.chars >= self.max_word_chars {
            self.flush(word, cut);
        }
        word.push(c);
        if is_mark {
            self.flush(word, cut);
        }
    }

    /// Cuts the word into pieces.
    fn flush(&self, word: &mut Word, cut: &mut Cut) {
        let tokens = &mut cut.tokens;
        let before = tokens.len();
        if word.chars > self.max_word_chars {
            tokens.push(self.unknown);
        } else {
            let mut rest = word.text.as_str();
            while !rest.is_empty() {
                let pieces = if rest.len() == word.text.len() { &self.first } else { &self.next };
                let ends = (1..=rest.len().min(self.longest)).rev().filter(|end| rest.is_char_boundary(*end));
                let found = ends.map(|end| rest.split_at(end)).find_map(|(piece, after)| {
                    let id = pieces.get(piece)?;
                    Some((*id, after))
                });
                let Some((id, after)) = found else {
                    // One unknown piece makes the whole word unknown.
                    tokens.truncate(before);
                    tokens.push(self.unknown);
                    break;
                };
                tokens.push(id);
                rest = after;
            }
        }
        if word.chars > 0 {
            cut.words.push(CutWord { bytes: word.bytes.clone(), tokens: before..cut.tokens.len() });
        }
        word.text.clear();
        word.chars = 0;
    }
}

/// What a reader takes a character for: what is drawn as nothing is a blank, and an invisible letter is that letter.
fn seen(c: char) -> char {
    match c {
        '\u{115f}' | '\u{1160}' | '\u{2800}' | '\u{3164}' | '\u{ffa0}' | '\u{fffd}' => ' ',
        // Marks that nobody sees: left out, as other such characters are.
        '\u{34f}' | '\u{180b}'..='\u{180f}' | '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}' => {
            '\u{200b}'
        }
        '\u{e0020}'..='\u{e007e}' => char::from_u32(u32::from(c) - 0xe_0000).unwrap_or(c),
        // Drawn as a box or as whatever a font has there.
        _ if matches!(c.general_category(), GeneralCategory::PrivateUse | GeneralCategory::Unassigned) => ' ',
        _ => c,
    }
}

/// A text in words.
#[derive(Debug, Default)]
pub(super) struct Cut {
    is_strict: bool,
    pub(super) tokens: Vec<u32>,
    pub(super) words: Vec<CutWord>,
}

/// One of them.
#[derive(Debug)]
pub(super) struct CutWord {
    /// Where it stands in the text.
    pub(super) bytes: Range<usize>,
    /// Its tokens.
    pub(super) tokens: Range<usize>,
}

/// A word as far as it has been read; of a longer one than vocabularies have, only that it is longer.
#[derive(Default)]
struct Word {
    text: String,
    chars: usize,
    /// Where it stands in the text.
    bytes: Range<usize>,
    /// Where the character stands that is being read.
    here: Range<usize>,
}

impl Word {
    fn push(&mut self, c: char) {
        if self.chars == 0 {
            self.bytes.start = self.here.start;
        }
        self.bytes.end = self.here.end;
        self.chars += 1;
        if self.chars <= MAX_WORD_CHARS {
            self.text.push(c);
        }
    }
}

/// Characters that are words of their own, in the blocks that BERT's vocabularies were built with.
fn is_han(c: char) -> bool {
    matches!(u32::from(c),
        0x4E00..=0x9FFF | 0x3400..=0x4DBF | 0x20000..=0x2A6DF | 0x2A700..=0x2B73F | 0x2B740..=0x2B81F
        | 0x2B920..=0x2CEAF | 0xF900..=0xFAFF | 0x2F800..=0x2FA1F)
}
