//! From a text to token numbers, as BERT's uncased models were trained: the text is cleaned, stripped of accents
//! and case, split at spaces and punctuation, and each word cut into the longest known pieces. Nothing in a
//! text is taken for a mark such as `[SEP]`. It must not read more of a text than the tokens asked for need.

use super::read;
use crate::error::{LoadError, LoadReason};
use ahash::AHashMap;
use serde::Deserialize;
use std::collections::HashMap;
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
        let room = max_tokens.saturating_sub(1);
        let mut tokens = vec![self.start];
        let mut word = Word::default();
        for c in text.chars() {
            if tokens.len() >= room {
                break;
            }
            self.push(c, &mut word, &mut tokens);
        }
        self.flush(&mut word, &mut tokens);
        tokens.truncate(room);
        tokens.push(self.end);
        tokens
    }

    /// Takes one more character of the text.
    fn push(&self, c: char, word: &mut Word, tokens: &mut Vec<u32>) {
        if c.is_whitespace() {
            return self.flush(word, tokens);
        }
        if c == char::REPLACEMENT_CHARACTER || c.general_category_group() == GeneralCategoryGroup::Other {
            return;
        }
        let alone = self.split_han && is_han(c);
        if alone {
            self.flush(word, tokens);
        }
        let cased = |c: char, word: &mut Word, tokens: &mut Vec<u32>| {
            if self.lowercase {
                c.to_lowercase().for_each(|c| self.add(c, word, tokens));
            } else {
                self.add(c, word, tokens);
            }
        };
        if self.strip_accents {
            decompose_canonical(c, |part| {
                if part.general_category() != GeneralCategory::NonspacingMark {
                    cased(part, word, tokens);
                }
            });
        } else {
            cased(c, word, tokens);
        }
        if alone {
            self.flush(word, tokens);
        }
    }

    /// Takes a character as the vocabulary has it.
    fn add(&self, c: char, word: &mut Word, tokens: &mut Vec<u32>) {
        let is_mark =
            c.is_ascii_punctuation() || c.general_category_group() == GeneralCategoryGroup::Punctuation;
        if is_mark {
            self.flush(word, tokens);
        }
        word.push(c);
        if is_mark {
            self.flush(word, tokens);
        }
    }

    /// Cuts the word into pieces.
    fn flush(&self, word: &mut Word, tokens: &mut Vec<u32>) {
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
        word.text.clear();
        word.chars = 0;
    }
}

/// A word as far as it has been read; of a longer one than vocabularies have, only that it is longer.
#[derive(Default)]
struct Word {
    text: String,
    chars: usize,
}

impl Word {
    fn push(&mut self, c: char) {
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
