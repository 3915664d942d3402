//! What prices were in force from when on, as stored: texts, packed. Plain data.

use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;
use gw_model::Micros;
use sha2::{Digest, Sha256};
use std::io::{Read, Write};

/// Largest text of a page, in bytes.
const MAX_TEXT: u64 = 64 << 20;

/// All prices of a book (the built-in catalogue, or what a configuration says), as they were from a time on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PricePage {
    /// From then on, until the next page of its book.
    pub since: Micros,
    /// Tells whether two pages say the same.
    pub digest: Vec<u8>,
    /// Where it comes from, for people.
    pub source: String,
    /// What it says, which the store does not read.
    pub content: Vec<u8>,
}

impl PricePage {
    /// A page that says this.
    #[must_use]
    pub fn new(since: Micros, source: String, text: &str) -> Self {
        let digest = Sha256::digest(text.as_bytes()).to_vec();
        let mut packed = DeflateEncoder::new(Vec::new(), Compression::default());
        // What is written to memory does not fail.
        let content = packed.write_all(text.as_bytes()).and_then(|()| packed.finish()).unwrap_or_default();
        Self { since, digest, source, content }
    }

    /// What it says; `None` where that cannot be read.
    #[must_use]
    pub fn text(&self) -> Option<String> {
        let mut text = String::new();
        DeflateDecoder::new(self.content.as_slice()).take(MAX_TEXT).read_to_string(&mut text).ok()?;
        Some(text)
    }
}
