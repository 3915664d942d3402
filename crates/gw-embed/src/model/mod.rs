//! Models: read from a folder of Hugging Face's layout, checked as a whole when they are loaded, and pure from
//! then on: texts in; vectors, or what the texts are or have in them, out. They must not start a thread or keep a text.

mod bert;
mod classes;
mod config;
mod entities;
mod head;
mod labels;
mod safetensors;
mod windows;
mod wordpiece;

pub use classes::ClassModel;
pub use entities::{Entity, EntityModel, Labelled, joined};
pub use windows::Reading;
pub(crate) use windows::Step;

use crate::error::{LoadError, LoadReason};
use crate::kernel::{add_rows, normalise};
use bert::Bert;
use config::Config;
use safetensors::Tensors;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use wordpiece::WordPiece;

/// Tokens of a text that a vector is made of, the two marks around it included; the rest has no influence. The models are
/// trained on no more.
pub const MAX_TOKENS: usize = 256;

/// How weights are kept and multiplied.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Precision {
    /// As the file has them.
    #[default]
    F32,
    /// In 8 bits: a quarter of the memory.
    Int8,
}

/// A model for embeddings.
#[derive(Debug)]
pub struct Model {
    tokens: WordPiece,
    bert: Bert,
    max_tokens: usize,
}

impl Model {
    /// Reads `config.json`, `tokenizer.json` and `model.safetensors` of a folder.
    pub fn load(folder: &Path, precision: Precision) -> Result<Self, LoadError> {
        let (config, tokens, mut tensors) = open(folder)?;
        let bert = Bert::load(&mut tensors, &config, precision)?;
        Ok(Self { tokens, bert, max_tokens: MAX_TOKENS.min(config.max_position_embeddings) })
    }

    /// Looks whether the files of a folder are there and are what they should be, without reading the weights: quick,
    /// but [`Self::load`] has the last word.
    pub fn check(folder: &Path) -> Result<(), LoadError> {
        open(folder).map(|_| ())
    }

    /// Numbers per vector.
    #[must_use]
    pub fn dimensions(&self) -> usize {
        self.bert.hidden()
    }

    /// How many tokens of a text are read, the marks around it included.
    #[must_use]
    pub fn count_tokens(&self, text: &str) -> usize {
        self.tokens.encode(text, self.max_tokens).len()
    }

    /// A vector of length 1 per text, in order. Takes as long as it takes: call it where that is allowed.
    #[must_use]
    pub fn embed(&self, texts: &[&str]) -> Vec<Vec<f32>> {
        let tokens: Vec<Vec<u32>> = texts.iter().map(|text| self.begin(text)).collect();
        self.vectors(&tokens)
    }

    pub(crate) fn begin(&self, text: &str) -> Vec<u32> {
        self.tokens.encode(text, self.max_tokens)
    }

    pub(crate) fn vectors(&self, tokens: &[Vec<u32>]) -> Vec<Vec<f32>> {
        let rows = self.bert.encode(tokens);
        let mut rest = rows.as_slice();
        let mean = |text: &Vec<u32>| {
            let (rows, after) = rest.split_at(rest.len().min(text.len() * self.dimensions()));
            rest = after;
            let mut vector = add_rows(rows, self.dimensions());
            normalise(&mut vector);
            vector
        };
        tokens.iter().map(mean).collect()
    }
}

/// The files of a folder, but for the weights themselves.
fn open(folder: &Path) -> Result<(Config, WordPiece, Tensors), LoadError> {
    let config = Config::load(folder)?;
    let tokens = WordPiece::load(&folder.join("tokenizer.json"))?;
    if tokens.size() > config.vocab_size {
        let what = format!("it knows tokens up to {}, the model {}", tokens.size(), config.vocab_size);
        return Err(LoadReason::Malformed(what).at(&folder.join("tokenizer.json")));
    }
    let tensors = Tensors::open(&folder.join("model.safetensors"))?;
    Ok((config, tokens, tensors))
}

/// Opens a file, and nothing that only looks like one: a pipe would be waited for.
fn open_file(path: &Path) -> io::Result<File> {
    if !std::fs::metadata(path)?.is_file() {
        return Err(io::Error::other("it is no file"));
    }
    File::open(path)
}

/// A whole file of at most so many bytes.
fn read(path: &Path, max_bytes: u64) -> Result<Vec<u8>, LoadError> {
    let file = open_file(path).map_err(|e| LoadReason::Read(e).at(path))?;
    let mut bytes = Vec::new();
    #[expect(clippy::disallowed_methods, reason = "the limit is in `take`")]
    file.take(max_bytes + 1).read_to_end(&mut bytes).map_err(|e| LoadReason::Read(e).at(path))?;
    if bytes.len() as u64 > max_bytes {
        return Err(LoadReason::TooLarge { max_bytes }.at(path));
    }
    Ok(bytes)
}

#[cfg(test)]
pub(crate) mod tests;
